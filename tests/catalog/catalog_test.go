// Package catalog tests the catalog of models while the gateway runs.
package catalog

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// publisher serves a catalog that can be changed.
type publisher struct {
	*httptest.Server
	mu   sync.Mutex
	text string
}

func publish(t *testing.T, text string) *publisher {
	t.Helper()
	p := &publisher{text: text}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		_, _ = w.Write([]byte(p.text))
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *publisher) set(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = text
}

// house is a catalog of ours in which model m of the vendor house has a price.
func house(version, price string) string {
	return fmt.Sprintf(`{"vendors":[{"vendor":"house","version":%q,"source":"our own list","notice":"https://house.example/ends","models":[
		{"id":"m","context":1000,"price":{"input":%q,"output":%[2]q}},
		{"id":"set","context":1000,"price":{"input":%[2]q,"output":%[2]q}}]}]}`, version, price)
}

// rig is a gateway before one upstream that speaks for the vendor house.
type rig struct {
	*fairwaytest.Gateway
	up *fairwaytest.Upstream
}

func start(t *testing.T, source string) *rig {
	t.Helper()
	up := fairwaytest.NewUpstream(t)
	for _, model := range []string{"m", "set"} {
		up.On(model, fairwaytest.JSON(200, fairwaytest.Completion("hello")))
	}
	return &rig{up: up, Gateway: fairwaytest.Start(t, fairwaytest.Config{Fairway: `
provider p openai_compatible {
	base_url ` + up.URL + `/v1
	api_key sk-test
	vendor house
}
model fast {
	target p/m
}
expose p/*
price p/set {
	input 1
	output 1
}
catalog {
	` + source + `
}
`})}
}

// paid makes a call, and looks at what it cost and by which price. It uses 18
// tokens.
func (r *rig) paid(t *testing.T, model, cost, price string) {
	t.Helper()
	a := r.Chat(t, fairwaytest.Ask(model))
	if a.Status != 200 {
		t.Fatalf("status %d: %s", a.Status, a.Body)
	}
	record := r.Record(t, a.ID())
	got := "unknown"
	if record.Cost != nil {
		got = strings.Trim(record.Cost.String(), `"`)
	}
	if got != cost || record.Attempts[0].Price != price {
		t.Errorf("%s cost %s by %q, want %s by %q", model, got, record.Attempts[0].Price, cost, price)
	}
	if header := a.Header.Get("Fairway-Cost"); header != strings.TrimPrefix(cost, "unknown") {
		t.Errorf("the header says %q", header)
	}
}

func TestRefreshAndRollback(t *testing.T) {
	t.Parallel()
	p := publish(t, house("house/1", "1000"))
	source := "url " + p.URL + "/catalog.json?token=hush\n\trefresh off"
	r := start(t, source)
	r.paid(t, "fast", "unknown", "")
	out := r.Must(t, "models", "refresh")
	if !strings.Contains(out, "2 models of 1 vendors") {
		t.Errorf("the refresh says %s", out)
	}
	r.paid(t, "fast", "0.018", "house/1")
	r.paid(t, "p/m", "0.018", "house/1")
	set := r.Chat(t, fairwaytest.Ask("p/set"))
	if got := set.Header.Get("Fairway-Cost"); got != "0.000018" {
		t.Errorf("a price of the configuration does not win: %s", got)
	}
	// A model that callers may name freely is listed as the catalog knows it.
	if list := string(r.Call(t, http.MethodGet, "/v1/models", "").Body); !strings.Contains(list, `"p/set"`) {
		t.Errorf("the list of models is %s", list)
	}

	p.set(house("house/2", "2000"))
	r.Must(t, "models", "refresh", "--json")
	r.paid(t, "fast", "0.036", "house/2")

	// A thousandfold price is not believed, and nothing changes.
	p.set(house("house/3", "2"))
	bad := r.Manage(t, "models", "refresh")
	if bad.Code != 1 || !strings.Contains(bad.Stderr, "refusing the source: it changes 2 of 2 known prices beyond belief") {
		t.Errorf("exit status %d: %s", bad.Code, bad.Stderr)
	}
	r.paid(t, "fast", "0.036", "house/2")
	r.Must(t, "models", "refresh", "--force")
	r.paid(t, "fast", "0.000036", "house/3")

	// Back, and not forward again by itself.
	r.Must(t, "models", "rollback")
	r.paid(t, "fast", "0.036", "house/2")
	if again := r.Manage(t, "models", "refresh"); again.Code != 1 || !strings.Contains(again.Stderr, "rolled back") {
		t.Errorf("exit status %d: %s", again.Code, again.Stderr)
	}
	r.paid(t, "fast", "0.036", "house/2")

	// What is in force outlives a reload and a restart.
	if status, body, err := r.Reload(reload(r, "\n# reloaded")); err != nil || status != 200 {
		t.Fatalf("reload: %d %s %v", status, body, err)
	}
	r.paid(t, "fast", "0.036", "house/2")
	p.Close() // and needs no source
	r.Stop(t)
	if err := r.Launch(); err != nil {
		t.Fatal(err)
	}
	r.paid(t, "fast", "0.036", "house/2")
	if gone := r.Manage(t, "models", "refresh"); gone.Code != 1 || strings.Contains(gone.Stderr, "hush") {
		t.Errorf("exit status %d: %s", gone.Code, gone.Stderr)
	}
	r.paid(t, "fast", "0.036", "house/2")
	r.Must(t, "models", "rollback")
	r.paid(t, "fast", "0.018", "house/1")
	r.Must(t, "models", "rollback")
	r.paid(t, "fast", "unknown", "")
	if last := r.Manage(t, "models", "rollback"); last.Code != 1 || !strings.Contains(last.Stderr, "no catalog to go back to") {
		t.Errorf("exit status %d: %s", last.Code, last.Stderr)
	}
	if status := r.Must(t, "models", "status", "--json"); strings.Contains(status, "hush") {
		t.Errorf("the status shows the address's query: %s", status)
	}
}

// reload is the gateway's configuration with something more in it.
func reload(r *rig, more string) fairwaytest.Config {
	text := r.Caddyfile()
	_, block, _ := strings.Cut(text, "\tfairway {\n")
	block, _, _ = strings.Cut(block, "\n\t}\n}\n")
	return fairwaytest.Config{Fairway: block + more}
}

func TestByItself(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "prices.json")
	lite := `{"house/m": {"litellm_provider":"house","mode":"chat","max_input_tokens":1000,"input_cost_per_token":1e-3,"output_cost_per_token":1e-3}}`
	if err := os.WriteFile(file, []byte(lite), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, "file "+file)
	fairwaytest.Eventually(t, 10*time.Second, "the first refresh", func() bool {
		return r.Chat(t, fairwaytest.Ask("fast")).Header.Get("Fairway-Cost") == "0.018"
	})
	var status struct {
		Source  string
		Refresh int `json:"refresh_seconds"`
		Current struct {
			Shape   string
			Vendors []string
		}
	}
	_, body, err := r.AdminRequest(http.MethodGet, "/fairway/v1/model-catalog", "", "")
	if err != nil || json.Unmarshal([]byte(body), &status) != nil {
		t.Fatal(err, body)
	}
	if status.Source != file || status.Refresh != 86400 || status.Current.Shape != "litellm" || len(status.Current.Vendors) != 1 {
		t.Errorf("the status is %s", body)
	}
	if words := r.Must(t, "models", "status"); !strings.Contains(words, "looked at every 24h") || !strings.Contains(words, "1 models of 1 vendors") {
		t.Errorf("in words the status is %s", words)
	}
	_, metrics, err := r.AdminRequest(http.MethodGet, "/metrics", "", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`fairway_catalog_info{source="litellm"} 1`, `fairway_catalog_refreshes_total{outcome="changed"} 1`, "fairway_catalog_age_seconds "} {
		fairwaytest.Eventually(t, 5*time.Second, want, func() bool {
			if !strings.Contains(metrics, want) {
				_, metrics, _ = r.AdminRequest(http.MethodGet, "/metrics", "", "")
			}
			return strings.Contains(metrics, want)
		})
	}
	if strings.Contains(metrics, `source="builtin"} 1`) {
		t.Error("the metrics still show the built-in catalog")
	}
}

// TestEnding looks at answers by a model whose end is announced: whole and
// streamed, and behind another front.
func TestEnding(t *testing.T) {
	t.Parallel()
	p := publish(t, `{"vendor":"house","version":"house/1","notice":"https://house.example/ends","models":[
		{"id":"m","deprecated_at":"2020-01-01","retires_at":"2021-01-01","successor":"set"},{"id":"set"}]}`)
	r := start(t, "url "+p.URL+"\n\trefresh off")
	if before := r.Chat(t, fairwaytest.Ask("fast")); before.Header.Get("Deprecation") != "" {
		t.Errorf("before the end is known: %v", before.Header)
	}
	r.Must(t, "models", "refresh")
	r.up.On("m", fairwaytest.JSON(200, fairwaytest.Completion("hello")), fairwaytest.SSE(fairwaytest.Completed("hel", "lo")...), fairwaytest.JSON(200, fairwaytest.Completion("hello")))
	messages := `{"model":"fast","max_tokens":9,"messages":[{"role":"user","content":"hello"}]}`
	for name, a := range map[string]*fairwaytest.Answer{
		"whole": r.Chat(t, fairwaytest.Ask("fast")), "streamed": r.Chat(t, fairwaytest.AskStream("fast")), "as messages": r.Post(t, "/anthropic/v1/messages", messages),
	} {
		for header, want := range map[string]string{
			"Deprecation": "@1577836800", "Sunset": "Fri, 01 Jan 2021 00:00:00 GMT",
			"Link": `<https://house.example/ends>; rel="deprecation"; type="text/html", <https://house.example/ends>; rel="sunset"; type="text/html"`,
		} {
			if got := a.Header.Get(header); a.Status != 200 || got != want {
				t.Errorf("%s: status %d, %s is %q", name, a.Status, header, got)
			}
		}
	}
	if other := r.Chat(t, fairwaytest.Ask("p/set")); other.Header.Get("Sunset") != "" || other.Header.Get("Link") != "" {
		t.Errorf("another model: %v", other.Header)
	}
	if list := r.Must(t, "models", "house/m"); !strings.Contains(list, "ended 2021-01-01") {
		t.Errorf("the list shows %s", list)
	}
	if x := r.Must(t, "models", "explain", "p/m"); !strings.Contains(x, "ended 2021-01-01, successor set, see https://house.example/ends") {
		t.Errorf("the explanation is %s", x)
	}
	fairwaytest.Eventually(t, 5*time.Second, "a warning in the log", func() bool {
		return strings.Contains(r.Log(), "a configured target has ended") && strings.Contains(r.Log(), `"target":"p/m"`)
	})
}

func TestExplain(t *testing.T) {
	t.Parallel()
	p := publish(t, house("house/1", "1000"))
	r := start(t, "url "+p.URL+"\n\trefresh off")
	r.Must(t, "models", "refresh")
	for name, want := range map[string][]string{
		"p/m":               {"fast, p/m", "house/m", "our own list", "input 1000, output 1000 (house/1)"},
		"p/set":             {"input 1, output 1, set by the configuration (override/"},
		"p/unheard-of":      {"the catalog does not know it", "unknown"},
		"house/m":           {"input 1000, output 1000 (house/1)"},
		"openai/gpt-5-mini": {"openai/gpt-5-mini", "models.dev (MIT)", "minimal, low, medium, high", "(models.dev/"},
	} {
		out := r.Must(t, "models", "explain", name)
		for _, text := range want {
			if !strings.Contains(out, text) {
				t.Errorf("%s: no %q in:\n%s", name, text, out)
			}
		}
	}
	if r := r.Manage(t, "models", "explain", "nobody/nothing"); r.Code != 1 || !strings.Contains(r.Stderr, "no such model") {
		t.Errorf("exit status %d: %s", r.Code, r.Stderr)
	}
	if out := r.Must(t, "models", "house/"); !strings.Contains(out, "house/set") || !strings.Contains(out, "house/1") {
		t.Errorf("the search shows %s", out)
	}
	var list struct{ Items []struct{ Vendor, ID string } }
	if err := json.Unmarshal([]byte(r.Must(t, "models", "list", "--json")), &list); err != nil || len(list.Items) < 3600 {
		t.Errorf("the whole list has %d models: %v", len(list.Items), err)
	}
	if out := r.Manage(t, "models", "--vendor", "nobody"); out.Code != 2 || !strings.Contains(out.Stderr, "no such vendor") {
		t.Errorf("exit status %d: %s", out.Code, out.Stderr)
	}
}

// Without a server and a store, the catalog is the one of the program.
func TestWithoutAServer(t *testing.T) {
	t.Parallel()
	g := fairwaytest.Prepare(t, fairwaytest.Config{})
	for _, args := range [][]string{{"models", "gpt-5-mini", "--vendor", "openai"}, {"models", "list", "openai/gpt-5-mini"}, {"models", "explain", "openai/gpt-5-mini"}} {
		out := g.Run(t, args...)
		if out.Code != 0 || !strings.Contains(out.Stdout, "openai/gpt-5-mini") {
			t.Errorf("%v: exit status %d: %s%s", args, out.Code, out.Stdout, out.Stderr)
		}
	}
	if out := g.Run(t, "models", "status"); out.Code != 0 || !strings.Contains(out.Stdout, "built in") {
		t.Errorf("exit status %d: %s%s", out.Code, out.Stdout, out.Stderr)
	}
	if out := g.Run(t, "models", "refresh"); out.Code != 1 || !strings.Contains(out.Stderr, "no store") {
		t.Errorf("exit status %d: %s%s", out.Code, out.Stdout, out.Stderr)
	}
}
