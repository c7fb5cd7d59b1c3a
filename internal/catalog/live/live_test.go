package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/fairwaygw/fairway/internal/catalog"
)

// base is a catalog of two vendors: acme with twenty models, beta with one.
func base(t *testing.T) *catalog.Catalog {
	t.Helper()
	acme := catalog.File{Vendor: "acme", Version: "base/1", Notice: "https://acme.example/ends"}
	for i := range 20 {
		acme.Models = append(acme.Models, entry(i, "1"))
	}
	acme.Models[0].Efforts, acme.Models[0].RetiresAt, acme.Models[0].Deprecated = []string{"low"}, "2030-01-02", true
	beta := catalog.File{Vendor: "beta", Version: "base/1", Models: []catalog.Entry{entry(0, "5")}}
	files := fstest.MapFS{}
	for _, f := range []catalog.File{acme, beta} {
		text, err := f.Text()
		if err != nil {
			t.Fatal(err)
		}
		files[f.Vendor+".json"] = &fstest.MapFile{Data: text}
	}
	return catalog.Over(nil, files, []string{"acme", "beta"}, func(_ string, err error) { t.Error(err) })
}

func entry(i int, input string) catalog.Entry {
	e := catalog.Entry{ID: fmt.Sprintf("m-%02d", i), Context: 1000, Reasoning: i == 0, Price: &catalog.Rates{}}
	e.Price.Input, e.Price.Output = input, "2"
	return e
}

// acme is a source in models.dev's shape with models whose input has a price;
// an empty one is none.
func acme(prices ...string) string {
	var b strings.Builder
	b.WriteString(`{"acme":{"models":{`)
	for i, p := range prices {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"m-%02d":{"limit":{"context":2000,"output":10},"modalities":{"input":["text"],"output":["text"]}`, i)
		if p != "" {
			fmt.Fprintf(&b, `,"cost":{"input":%s,"output":2}`, p)
		}
		b.WriteByte('}')
	}
	b.WriteString(`}}}`)
	return b.String()
}

// prices is n times a price, but for some.
func prices(n int, p string, but map[int]string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = p
		if other, ok := but[i]; ok {
			all[i] = other
		}
	}
	return all
}

// server serves a text that can be changed.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	text     string
	tag      string
	requests []*http.Request
}

func serve(t *testing.T, text string) *server {
	t.Helper()
	s := &server{text: text, tag: `"1"`}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.requests = append(s.requests, r)
		w.Header().Set("ETag", s.tag)
		if r.Header.Get("If-None-Match") == s.tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte(s.text))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) set(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = text
	s.tag = fmt.Sprintf(`"%d"`, len(s.requests)+2)
}

func (s *server) config() *Config {
	return &Config{URL: s.URL + "/api.json?token=hush", Timeout: 10 * time.Second, MaxSize: 1 << 20, MaxLoss: 20, MaxPriceChange: 10}
}

func open(t *testing.T, dir string, c *Config) *Live {
	t.Helper()
	l := Open(Options{Dir: dir, Base: base(t)})
	l.Configure(c)
	return l
}

func (l *Live) input(t *testing.T, vendor, model string) string {
	t.Helper()
	m, ok := l.Catalog().Lookup(vendor, model)
	if !ok {
		return "no model"
	}
	if m.Price() == nil {
		return "unknown"
	}
	return m.Entry.Price.Input
}

func refresh(t *testing.T, l *Live, force bool, want Outcome) Status {
	t.Helper()
	s, err := l.Refresh(t.Context(), force)
	if s.Outcome != want {
		t.Fatalf("outcome %q (%v), want %q", s.Outcome, err, want)
	}
	if (err == nil) != (want == Changed || want == Unchanged) {
		t.Fatalf("outcome %q with error %v", want, err)
	}
	return s
}

func TestRefreshAndRestart(t *testing.T) {
	t.Parallel()
	src := serve(t, acme(prices(20, "3", nil)...))
	dir := t.TempDir()
	l := open(t, dir, src.config())
	if got := l.input(t, "acme", "m-01"); got != "1" {
		t.Fatalf("before the first refresh, the input costs %s", got)
	}
	s := refresh(t, l, false, Changed)
	if s.Current == nil || s.Current.Models != 20 || s.Current.Shape != "models.dev" || strings.Contains(fmt.Sprint(s, *s.Current), "hush") {
		t.Errorf("status %+v of %+v", s, s.Current)
	}
	for model, want := range map[string]string{"m-01": "3", "m-00": "3"} {
		if got := l.input(t, "acme", model); got != want {
			t.Errorf("%s costs %s, want %s", model, got, want)
		}
	}
	if got := l.input(t, "beta", "m-00"); got != "5" {
		t.Errorf("a vendor that the source lacks costs %s", got)
	}
	m, _ := l.Catalog().Lookup("acme", "m-00")
	if m.RetiresAt != "2030-01-02" || !m.Deprecated || m.Context != 2000 {
		t.Errorf("what is known of its end is %+v", m.Entry)
	}
	version := m.Price().Version
	if !strings.HasPrefix(version, "models.dev/"+time.Now().UTC().Format("2006-")) {
		t.Errorf("version %q", version)
	}
	refresh(t, l, false, Unchanged)
	if last := src.requests[len(src.requests)-1]; last.Header.Get("If-None-Match") != `"1"` {
		t.Errorf("the validator is not used: %v", last.Header)
	}
	// As a restart does.
	l = open(t, dir, src.config())
	if got := l.input(t, "acme", "m-01"); got != "3" {
		t.Errorf("after a restart, the input costs %s", got)
	}
	refresh(t, l, false, Unchanged)
	// Other bytes, equal facts: the price keeps its version.
	src.set(acme(prices(20, "3.0", nil)...))
	refresh(t, l, false, Changed)
	if m, _ := l.Catalog().Lookup("acme", "m-01"); m.Price().Version != version {
		t.Errorf("equal facts have version %q, before %q", m.Price().Version, version)
	}
	src.set(acme(prices(20, "3", map[int]string{7: "4"})...))
	refresh(t, l, false, Changed)
	if m, _ := l.Catalog().Lookup("acme", "m-01"); m.Price().Version == version {
		t.Error("other facts have the same version")
	}
	// Without a source, what came with the build holds.
	l.Configure(nil)
	if got := l.input(t, "acme", "m-01"); got != "1" {
		t.Errorf("without a source, the input costs %s", got)
	}
	if _, err := l.Refresh(t.Context(), true); !errors.Is(err, ErrNoSource) {
		t.Errorf("without a source, a refresh says %v", err)
	}
}

func TestRollback(t *testing.T) {
	t.Parallel()
	src := serve(t, acme(prices(20, "3", nil)...))
	dir := t.TempDir()
	l := open(t, dir, src.config())
	if _, err := l.Rollback(); !errors.Is(err, ErrNoPrevious) {
		t.Errorf("before the first refresh: %v", err)
	}
	refresh(t, l, false, Changed)
	src.set(acme(prices(20, "4", nil)...))
	refresh(t, l, false, Changed)
	s, err := l.Rollback()
	if err != nil || l.input(t, "acme", "m-01") != "3" || !s.RolledBack {
		t.Fatalf("after going back, %s: %v", l.input(t, "acme", "m-01"), err)
	}
	if s, err := l.Refresh(t.Context(), false); s.Outcome != Rejected && s.Outcome != Unchanged || l.input(t, "acme", "m-01") != "3" {
		t.Errorf("what was rolled back is taken: %s %v", s.Outcome, err)
	}
	l = open(t, dir, src.config())
	if got := l.input(t, "acme", "m-01"); got != "3" {
		t.Errorf("after a restart, %s", got)
	}
	// The server says the same with another validator: still rejected.
	src.set(acme(prices(20, "4", nil)...))
	if _, err := l.Refresh(t.Context(), false); !errors.Is(err, ErrRejected) {
		t.Errorf("the same content again: %v", err)
	}
	refresh(t, l, true, Changed)
	if got := l.input(t, "acme", "m-01"); got != "4" {
		t.Errorf("forced, %s", got)
	}
	for _, want := range []string{"3", "1"} {
		if _, err := l.Rollback(); err != nil || l.input(t, "acme", "m-01") != want {
			t.Errorf("going back leads to %s, want %s: %v", l.input(t, "acme", "m-01"), want, err)
		}
	}
	if _, err := l.Rollback(); !errors.Is(err, ErrNoPrevious) {
		t.Errorf("before the built-in catalog: %v", err)
	}
	// Only what can be gone back to is kept.
	for i := range 5 {
		src.set(acme(prices(20, fmt.Sprint(3+i), nil)...))
		refresh(t, l, true, Changed)
	}
	folders, err := filepath.Glob(filepath.Join(dir, "*", "acme.json"))
	if err != nil || len(folders) != maxHistory+1 {
		t.Errorf("%d generations are kept: %v", len(folders), err)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  string
		want  Outcome
		error string
		// inputs are prices of acme's models afterwards.
		inputs map[string]string
	}{
		"a few models less":  {acme(prices(17, "1", nil)...), Changed, "", map[string]string{"m-01": "1", "m-19": "no model"}},
		"too many less":      {acme(prices(15, "1", nil)...), Refused, "it lacks 5 of 19 known models", map[string]string{"m-19": "1"}},
		"most less":          {acme(prices(4, "9", nil)...), Refused, "it lacks 16 of 19 known models", map[string]string{"m-01": "1", "m-19": "1"}},
		"ten times as much":  {acme(prices(20, "1", map[int]string{3: "10"})...), Changed, "", map[string]string{"m-03": "10"}},
		"one price absurd":   {acme(prices(20, "2", map[int]string{3: "10.000001"})...), Changed, "", map[string]string{"m-03": "1", "m-04": "2"}},
		"one price too low":  {acme(prices(20, "2", map[int]string{3: "0.09"})...), Changed, "", map[string]string{"m-03": "1", "m-04": "2"}},
		"one is free":        {acme(prices(20, "2", map[int]string{3: "0"})...), Changed, "", map[string]string{"m-03": "1"}},
		"all a thousandfold": {acme(prices(20, "1000", nil)...), Refused, "it changes 20 of 20 known prices beyond belief; the first: acme.models.m-00.price: input goes from 1 to 1000 dollars", map[string]string{"m-01": "1"}},
		"no prices":          {acme(prices(20, "", nil)...), Refused, "it lacks 20 of 20 known prices", map[string]string{"m-01": "1"}},
		"one without price":  {acme(prices(20, "2", map[int]string{3: ""})...), Changed, "", map[string]string{"m-03": "unknown"}},
		"no catalog":         {`{"models":1}`, Refused, "neither in our own form", map[string]string{"m-01": "1"}},
		"a page":             {`<html>`, Refused, "reading the catalog", map[string]string{"m-01": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := open(t, t.TempDir(), serve(t, c.text).config())
			_, err := l.Refresh(t.Context(), false)
			if s := l.Status(); s.Outcome != c.want || (err != nil) != (c.error != "") || err != nil && !strings.Contains(err.Error(), c.error) {
				t.Errorf("%s: %v", s.Outcome, err)
			}
			for model, want := range c.inputs {
				if got := l.input(t, "acme", model); got != want {
					t.Errorf("%s costs %s, want %s", model, got, want)
				}
			}
		})
	}
	// Force takes what is hard to believe, not what cannot be true.
	src := serve(t, acme(prices(4, "1000", nil)...))
	l := open(t, t.TempDir(), src.config())
	s := refresh(t, l, true, Changed)
	if l.input(t, "acme", "m-01") != "1000" || l.input(t, "acme", "m-19") != "no model" || !s.Current.Forced || s.Current.HeldCount != 0 {
		t.Errorf("forced: %s, %s, %+v", l.input(t, "acme", "m-01"), l.input(t, "acme", "m-19"), s.Current)
	}
	src.set(acme(prices(4, "-1", nil)...))
	refresh(t, l, true, Refused)
	src.set(acme(prices(4, "1000", map[int]string{2: "-1"})...))
	if s := refresh(t, l, true, Changed); s.Current.RefusedCount != 1 || s.Current.Refused[0].String() != `acme.models.m-02: cost: input: "-1" is no price` {
		t.Errorf("a row that cannot be true: %+v", s.Current)
	}
}

// A vendor that loses most of its models is not believed, while the others are.
func TestOneVendorIsHeld(t *testing.T) {
	t.Parallel()
	const many = 100
	var b strings.Builder
	b.WriteString(`{"vendors":[{"vendor":"acme","version":"v2","models":[{"id":"m-01"}]},{"vendor":"big","version":"v2","models":[`)
	for i := range many {
		fmt.Fprintf(&b, `{"id":"b-%d"},`, i)
	}
	text := strings.TrimSuffix(b.String(), ",") + `]}]}`
	src := serve(t, text)
	c := src.config()
	c.MaxLoss = 100
	l := open(t, t.TempDir(), c)
	s := refresh(t, l, false, Changed)
	if l.input(t, "acme", "m-19") != "1" || s.Current.HeldCount != 1 || s.Current.Held[0].Path != "acme" || s.Current.Models != many+20 {
		t.Errorf("m-19 costs %s; %+v", l.input(t, "acme", "m-19"), s.Current)
	}
	if v, ok := l.Catalog().Vendor("big"); !ok || len(v.Models) != many || v.Version != "v2" {
		t.Errorf("the other vendor is %+v", v)
	}
	// A vendor that is gone from the source counts as lost, though the built-in
	// facts would stand in.
	c.MaxLoss = 20
	src.set(strings.Replace(text, `"big"`, `"new"`, 1))
	if _, err := l.Refresh(t.Context(), false); err == nil || !strings.Contains(err.Error(), "known models") {
		t.Errorf("a vendor is gone: %v", err)
	}
}

func TestLiteLLMSaysOnlySome(t *testing.T) {
	t.Parallel()
	l := open(t, t.TempDir(), serve(t, `{
		"acme/m-00": {"litellm_provider":"acme","mode":"chat","input_cost_per_token":3e-06,"output_cost_per_token":4e-06,"supports_vision":true},
		"acme/new": {"litellm_provider":"acme","mode":"embedding","max_input_tokens":7,"input_cost_per_token":1e-08}}`).config())
	refresh(t, l, false, Changed)
	m, _ := l.Catalog().Lookup("acme", "m-00")
	f := m.Facts()
	if m.Entry.Price.Input != "3" || f.ContextWindow != 1000 || !f.Reasoning || !f.ImageInput || len(f.Efforts) != 1 || m.RetiresAt == "" {
		t.Errorf("the model is %+v", m.Entry)
	}
	if l.input(t, "acme", "new") != "0.01" || l.input(t, "acme", "m-19") != "1" {
		t.Errorf("new costs %s, m-19 %s", l.input(t, "acme", "new"), l.input(t, "acme", "m-19"))
	}
}

func TestBoundsOfASource(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/gone", http.NotFound)
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/304", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(acme(prices(20, "3", nil)...))) })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(hang) })
	dir := t.TempDir()
	for name, c := range map[string]struct {
		config Config
		want   string
	}{
		"slow":        {Config{URL: s.URL + "/slow?hush", Timeout: 50 * time.Millisecond}, "deadline exceeded"},
		"gone":        {Config{URL: s.URL + "/gone?hush"}, "the answer is 404 Not Found"},
		"redirects":   {Config{URL: s.URL + "/round?hush"}, "redirects more than three times"},
		"not changed": {Config{URL: s.URL + "/304?hush"}, "the answer is 304"},
		"large":       {Config{URL: s.URL + "/large?hush", MaxSize: 100}, "more than 100 bytes"},
		"nobody":      {Config{URL: "http://hush@127.0.0.1:1/?hush"}, "connection refused"},
		"no file":     {Config{File: filepath.Join(dir, "none")}, "no such file"},
		"a folder":    {Config{File: dir}, "no regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := c.config
			config.MaxLoss, config.MaxPriceChange = 20, 10
			if config.Timeout == 0 {
				config.Timeout = time.Minute
			}
			if config.MaxSize == 0 {
				config.MaxSize = 1 << 20
			}
			l := open(t, t.TempDir(), &config)
			_, err := l.Refresh(t.Context(), false)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hush") {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if s := l.Status(); s.Outcome != Unreachable || s.Failure == "" || strings.Contains(fmt.Sprint(s), "hush") {
				t.Errorf("status %+v", s)
			}
		})
	}
}

func TestFileAndRun(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "api.json")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(acme(prices(20, "3", nil)...))
	changed := make(chan *catalog.Catalog, 8)
	outcomes := make(chan Outcome, 8)
	l := Open(Options{
		Dir: t.TempDir(), Base: base(t),
		Changed: func(c *catalog.Catalog) { changed <- c }, Refreshed: func(o Outcome) { outcomes <- o },
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); l.Run(ctx) }()
	// Nothing happens by itself unless it is to.
	c := Config{File: file, Timeout: time.Minute, MaxSize: 1 << 20, MaxLoss: 20, MaxPriceChange: 10}
	l.Configure(&c)
	refreshing := c
	refreshing.Refresh = time.Hour
	l.Configure(&refreshing)
	got := <-changed
	if m, _ := got.Lookup("acme", "m-01"); m.Entry.Price.Input != "3" || <-outcomes != Changed {
		t.Errorf("it came to cost %s", m.Entry.Price.Input)
	}
	// Another interval makes it due at once.
	write(acme(prices(20, "4", nil)...))
	other := c
	other.Refresh = time.Nanosecond
	l.Configure(&other)
	got = <-changed
	if m, _ := got.Lookup("acme", "m-01"); m.Entry.Price.Input != "4" {
		t.Errorf("it came to cost %s", m.Entry.Price.Input)
	}
	cancel()
	for {
		select {
		case <-outcomes:
			continue
		case <-done:
		}
		break
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	src := serve(t, acme(prices(20, "3", nil)...))
	kept := func(t *testing.T, dir string) string {
		t.Helper()
		files, _ := filepath.Glob(filepath.Join(dir, "*", "acme.json"))
		if len(files) != 1 {
			t.Fatal(files)
		}
		return files[0]
	}
	for name, damage := range map[string]func(t *testing.T, dir string) error{
		"a file of a vendor is gone":    func(t *testing.T, dir string) error { t.Helper(); return os.Remove(kept(t, dir)) },
		"a file of a vendor is cut off": func(t *testing.T, dir string) error { t.Helper(); return os.Truncate(kept(t, dir), 99) },
		"the state is cut off": func(_ *testing.T, dir string) error {
			return os.Truncate(filepath.Join(dir, stateFile), 40)
		},
		"the state is gone": func(_ *testing.T, dir string) error { return os.Remove(filepath.Join(dir, stateFile)) },
		"the state leads elsewhere": func(_ *testing.T, dir string) error {
			text := `{"current":"..","generations":{"..":{"id":"..","vendors":["acme"]}}}`
			return os.WriteFile(filepath.Join(dir, stateFile), []byte(text), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			refresh(t, open(t, dir, src.config()), false, Changed)
			if err := damage(t, dir); err != nil {
				t.Fatal(err)
			}
			l := open(t, dir, src.config())
			if got := l.input(t, "acme", "m-01"); got != "1" {
				t.Errorf("the built-in price does not stand in: %s", got)
			}
			// It mends at the next refresh, though the source is as before.
			refresh(t, l, false, Changed)
			if got := l.input(t, "acme", "m-01"); got != "3" {
				t.Errorf("it does not mend: %s", got)
			}
			refresh(t, l, false, Unchanged)
		})
	}
}

// What was kept before stands in for a generation that is not whole.
func TestDamageOfTheNewest(t *testing.T) {
	t.Parallel()
	src := serve(t, acme(prices(20, "3", nil)...))
	dir := t.TempDir()
	l := open(t, dir, src.config())
	refresh(t, l, false, Changed)
	src.set(acme(prices(20, "4", nil)...))
	s := refresh(t, l, false, Changed)
	if err := os.RemoveAll(filepath.Join(dir, s.Current.ID)); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir, src.config())
	if got := l.input(t, "acme", "m-01"); got != "3" || len(l.Status().Previous) != 0 {
		t.Errorf("%s is in force, before it %v", got, l.Status().Previous)
	}
	refresh(t, l, false, Changed)
	if got := l.input(t, "acme", "m-01"); got != "4" {
		t.Errorf("it does not mend: %s", got)
	}
}

// TestPublished refreshes the built-in catalog with a file as it is published:
// nothing is lost, and nothing hard to believe.
func TestPublished(t *testing.T) {
	t.Parallel()
	corpus := os.Getenv("FAIRWAY_CORPUS")
	if corpus == "" {
		corpus = "../../../../shared/corpus"
	}
	file := filepath.Join(corpus, "..", "data", "models.dev.json")
	if _, err := os.Stat(file); err != nil {
		t.Skipf("the published file is not here: %v", err)
	}
	l := Open(Options{Dir: t.TempDir()})
	l.Configure(&Config{File: file, Timeout: time.Minute, MaxSize: DefaultMaxSize, MaxLoss: DefaultMaxLoss, MaxPriceChange: DefaultMaxPriceChange})
	s := refresh(t, l, false, Changed)
	if s.Current.HeldCount > 0 || s.Current.RefusedCount > 0 || s.Current.Models < 5000 {
		t.Errorf("%+v", s.Current)
	}
	for _, name := range catalog.Builtin().Vendors() {
		old, _ := catalog.Builtin().Fresh().Vendor(name)
		now, _ := l.Catalog().Vendor(name)
		for _, m := range old.Models {
			if n, ok := now.Exact(m.ID); !ok || fmt.Sprint(m.Facts()) != fmt.Sprint(n.Facts()) {
				t.Errorf("%s/%s is %+v, was %+v", name, m.ID, n, m)
			}
		}
	}
}
