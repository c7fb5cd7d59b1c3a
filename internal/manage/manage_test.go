package manage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/secret"
	"github.com/fairwaygw/fairway/internal/snapshot"
	"github.com/fairwaygw/fairway/internal/store"
)

// world is the API with all that it works on.
type world struct {
	t       *testing.T
	store   *store.SQLite
	hasher  *secret.Hasher
	live    *snapshot.Live
	log     *observer.ObservedLogs
	options Options
	handler http.Handler
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "fairway.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := &world{t: t, store: s, hasher: secret.NewHasher([32]byte{1}), live: snapshot.New(s, snapshot.Options{})}
	if err := w.live.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zapcore.DebugLevel)
	w.log = logs
	w.options = Options{Store: s, Hasher: w.hasher, Snapshot: w.live, Scope: Operator, Logger: zap.New(core)}
	w.handler = New(w.options)
	return w
}

// send sends a request; a body is JSON unless a header says otherwise.
func (w *world) send(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	for name, want := range map[string]string{
		"Cache-Control": "private, no-store", "Vary": "Authorization", "X-Content-Type-Options": "nosniff",
	} {
		if got := rec.Header().Get(name); got != want {
			w.t.Errorf("%s %s: %s is %q, want %q", method, path, name, got, want)
		}
	}
	if rec.Header().Get("X-Request-Id") == "" {
		w.t.Errorf("%s %s: no X-Request-Id", method, path)
	}
	return rec
}

// get decodes an answer of a status.
func get[T any](w *world, resp *httptest.ResponseRecorder, status int) (v T) {
	w.t.Helper()
	body := resp.Body.Bytes()
	if resp.Code != status {
		w.t.Fatalf("status %d, want %d: %s", resp.Code, status, body)
	}
	want := "application/json"
	if status >= 400 {
		want = "application/problem+json"
	}
	if got := resp.Header().Get("Content-Type"); got != want {
		w.t.Errorf("Content-Type is %q, want %q", got, want)
	}
	if err := json.Unmarshal(body, &v); err != nil {
		w.t.Fatalf("%v: %s", err, body)
	}
	return v
}

// refused is the problem of an answer of a status.
func (w *world) refused(resp *httptest.ResponseRecorder, status int, code string) api.Problem {
	w.t.Helper()
	p := get[api.Problem](w, resp, status)
	if p.Status != status || p.Code != code || p.Type != "https://fairwaygw.github.io/problems/"+code || p.Title != http.StatusText(status) ||
		p.RequestID != resp.Header().Get("X-Request-Id") {
		w.t.Errorf("unexpected problem %+v, want code %s", p, code)
	}
	return p
}

func (w *world) newApplication(name string) api.Application {
	w.t.Helper()
	return get[api.Application](w, w.send("POST", "/fairway/v1/tenants/default/applications", fmt.Sprintf(`{"name":%q}`, name)), 201)
}

func TestLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tenants := get[api.List[api.Tenant]](w, w.send("GET", "/fairway/v1/tenants", ""), 200)
	if len(tenants.Items) != 1 || tenants.Items[0].Name != "default" {
		t.Fatal(tenants)
	}
	resp := w.send("POST", "/fairway/v1/tenants/"+tenants.Items[0].ID+"/applications", `{"name":"shop"}`)
	a := get[api.Application](w, resp, 201)
	if a.Name != "shop" || a.Tenant != tenants.Items[0].ID || time.Since(a.CreatedAt) > time.Minute {
		t.Error(a)
	}
	if got := resp.Header().Get("Location"); got != "/fairway/v1/applications/"+a.ID {
		t.Error("Location:", got)
	}
	if got := get[api.Application](w, w.send("GET", resp.Header().Get("Location"), ""), 200); got != a {
		t.Error(got)
	}
	p := w.refused(w.send("POST", "/fairway/v1/tenants/default/applications", `{"name":"SHOP"}`), 409, "already-exists")
	if p.Detail == "" {
		t.Error("no detail")
	}

	resp = w.send("POST", "/fairway/v1/applications/"+a.ID+"/keys", `{"name":"prod","expires_at":"2100-01-01T00:00:00+02:00"}`)
	k := get[api.Key](w, resp, 201)
	if !secret.Check(k.Secret) || k.Hint != secret.Hint(k.Secret) || k.State != "live" || k.Application != a.ID || k.Tenant != a.Tenant ||
		k.ExpiresAt == nil || k.ExpiresAt.Format(time.RFC3339) != "2099-12-31T22:00:00Z" || k.RevokedAt != nil {
		t.Errorf("%+v", k)
	}
	// The key works as soon as it is answered, and is shown this once.
	e, ok := w.live.Find(w.hasher.Hash(k.Secret))
	if !ok || e.Key() != k.ID || e.Application() != a.ID || e.State(time.Now()) != platform.KeyLive {
		t.Error("the key is not in the snapshot", e)
	}
	for _, path := range []string{resp.Header().Get("Location"), "/fairway/v1/applications/" + a.ID + "/keys"} {
		body := w.send("GET", path, "").Body.String()
		if strings.Contains(body, k.Secret[8:]) || strings.Contains(body, "secret") || !strings.Contains(body, k.ID) {
			t.Errorf("%s: %s", path, body)
		}
	}

	first := get[api.Key](w, w.send("POST", "/fairway/v1/keys/"+k.ID+"/revoke", ""), 200)
	if first.State != "revoked" || first.RevokedAt == nil || first.Secret != "" {
		t.Errorf("%+v", first)
	}
	if e, ok := w.live.Find(w.hasher.Hash(k.Secret)); !ok || e.State(time.Now()) != platform.KeyRevoked {
		t.Error("the key is not revoked in the snapshot", e)
	}
	again := get[api.Key](w, w.send("POST", "/fairway/v1/keys/"+k.ID+"/revoke", "{}"), 200)
	if !again.RevokedAt.Equal(*first.RevokedAt) {
		t.Error("revoking again changed the time")
	}
	for _, entry := range w.log.All() {
		if text := fmt.Sprint(entry.Message, entry.ContextMap()); strings.Contains(text, k.Secret[8:]) {
			t.Error("the log has the secret:", text)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var last api.Application
	for i := range 5 {
		last = w.newApplication(fmt.Sprint("app ", i))
	}
	path, names := "/fairway/v1/tenants/default/applications?limit=2", 0
	for next := path; next != ""; {
		l := get[api.List[api.Application]](w, w.send("GET", next, ""), 200)
		names += len(l.Items)
		if next = ""; l.Next != "" {
			next = path + "&cursor=" + l.Next
		}
	}
	if names != 5 {
		t.Error(names)
	}
	named := get[api.List[api.Application]](w, w.send("GET", "/fairway/v1/tenants/default/applications?name=APP%204", ""), 200)
	if len(named.Items) != 1 || named.Items[0] != last {
		t.Error(named)
	}
	if body := w.send("GET", "/fairway/v1/tenants/default/applications?name=none", "").Body.String(); body != `{"items":[]}` {
		t.Error(body)
	}
	for i := range 3 {
		get[api.Key](w, w.send("POST", "/fairway/v1/applications/"+last.ID+"/keys", fmt.Sprintf(`{"name":"key %d"}`, i)), 201)
	}
	if l := get[api.List[api.Key]](w, w.send("GET", "/fairway/v1/applications/"+last.ID+"/keys?limit=2", ""), 200); len(l.Items) != 2 || l.Next == "" {
		t.Error(l)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.newApplication("a")
	apps, keys := "/fairway/v1/tenants/default/applications", "/fairway/v1/applications/"+a.ID+"/keys"
	none := platform.NewApplicationID(time.Now())
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		code, field        string
	}{
		"no path":             {"GET", "/fairway/v1/nothing", "", 404, "not-found", ""},
		"no prefix":           {"GET", "/tenants", "", 404, "not-found", ""},
		"double slash":        {"GET", "/fairway/v1//tenants", "", 404, "not-found", ""},
		"dots":                {"GET", "/fairway/v1/x/../tenants", "", 404, "not-found", ""},
		"trailing slash":      {"GET", "/fairway/v1/tenants/", "", 404, "not-found", ""},
		"upper case":          {"GET", "/FAIRWAY/V1/TENANTS", "", 404, "not-found", ""},
		"no tenant":           {"GET", "/fairway/v1/tenants/acme/applications", "", 404, "not-found", ""},
		"no tenant, POST":     {"POST", "/fairway/v1/tenants/acme/applications", `{"name":"a"}`, 404, "not-found", ""},
		"no application":      {"GET", "/fairway/v1/applications/" + string(none), "", 404, "not-found", ""},
		"not an id":           {"GET", "/fairway/v1/applications/' OR 1=1--", "", 404, "not-found", ""},
		"a slash in an id":    {"GET", "/fairway/v1/applications/a%2fb", "", 404, "not-found", ""},
		"no application keys": {"GET", "/fairway/v1/applications/" + string(none) + "/keys", "", 404, "not-found", ""},
		"no application key":  {"POST", "/fairway/v1/applications/" + string(none) + "/keys", `{"name":"a"}`, 404, "not-found", ""},
		"no key":              {"GET", "/fairway/v1/keys/key_x", "", 404, "not-found", ""},
		"no key to revoke":    {"POST", "/fairway/v1/keys/key_x/revoke", "", 404, "not-found", ""},
		"no call":             {"GET", "/fairway/v1/calls/call_x", "", 404, "not-found", ""},
		"no tenant's calls":   {"GET", "/fairway/v1/calls?tenant=acme", "", 404, "not-found", ""},

		"no name":          {"POST", apps, `{}`, 400, "invalid-request", "name"},
		"no body":          {"POST", apps, ``, 400, "invalid-request", "name"},
		"null name":        {"POST", apps, `{"name":null}`, 400, "invalid-request", "name"},
		"number as name":   {"POST", apps, `{"name":1}`, 400, "invalid-request", "name"},
		"control in name":  {"POST", apps, `{"name":"a\u0000"}`, 400, "invalid-request", "name"},
		"lone surrogate":   {"POST", apps, `{"name":"a\ud800"}`, 400, "invalid-request", "name"},
		"long name":        {"POST", apps, `{"name":"` + strings.Repeat("a", 101) + `"}`, 400, "invalid-request", "name"},
		"name like an id":  {"POST", apps, `{"name":"` + a.ID + `"}`, 400, "invalid-request", "name"},
		"unknown fields":   {"POST", apps, `{"name":"b","tenant_id":"x","id":1}`, 400, "unknown-field", "tenant_id"},
		"other case":       {"POST", apps, `{"Name":"b"}`, 400, "unknown-field", "Name"},
		"twice":            {"POST", apps, `{"name":"b","name":"c"}`, 400, "invalid-json", ""},
		"escaped twice":    {"POST", apps, `{"name":"b","n\u0061me":"c"}`, 400, "invalid-json", ""},
		"list":             {"POST", apps, `[]`, 400, "invalid-json", ""},
		"cut off":          {"POST", apps, `{"name":"b"`, 400, "invalid-json", ""},
		"trailing comma":   {"POST", apps, `{"name":"b",}`, 400, "invalid-json", ""},
		"two documents":    {"POST", apps, `{"name":"b"}{}`, 400, "invalid-json", ""},
		"byte order mark":  {"POST", apps, "\ufeff" + `{"name":"b"}`, 400, "invalid-json", ""},
		"deep":             {"POST", apps, strings.Repeat(`{"name":`, 7000) + "1" + strings.Repeat(`}`, 7000), 400, "invalid-request", "name"},
		"too deep":         {"POST", apps, `{"name":` + strings.Repeat(`[`, 20000), 400, "invalid-json", ""},
		"large":            {"POST", apps, `{"name":"` + strings.Repeat("a", maxBody) + `"}`, 413, "request-too-large", ""},
		"past expiry":      {"POST", keys, `{"name":"k","expires_at":"2001-01-01T00:00:00Z"}`, 400, "invalid-request", "expires_at"},
		"year 1":           {"POST", keys, `{"name":"k","expires_at":"0001-01-01T00:00:00Z"}`, 400, "invalid-request", "expires_at"},
		"far expiry":       {"POST", keys, `{"name":"k","expires_at":"9999-12-31T00:00:00Z"}`, 400, "invalid-request", "expires_at"},
		"text as expiry":   {"POST", keys, `{"name":"k","expires_at":"soon"}`, 400, "invalid-request", "expires_at"},
		"own secret":       {"POST", keys, `{"name":"k","secret":"fwk_x","revoked_at":null}`, 400, "unknown-field", "secret"},
		"field in revoke":  {"POST", "/fairway/v1/keys/key_x/revoke", `{"at":1}`, 400, "unknown-field", "at"},
		"limit 0":          {"GET", apps + "?limit=0", "", 400, "invalid-request", "limit"},
		"limit text":       {"GET", apps + "?limit=1e3", "", 400, "invalid-request", "limit"},
		"limit high":       {"GET", "/fairway/v1/calls?limit=1001", "", 400, "invalid-request", "limit"},
		"cursor":           {"GET", apps + "?cursor=%27", "", 400, "invalid-request", "cursor"},
		"calls cursor":     {"GET", "/fairway/v1/calls?cursor=x", "", 400, "invalid-request", "cursor"},
		"since":            {"GET", "/fairway/v1/calls?since=-", "", 400, "invalid-request", "since"},
		"empty since":      {"GET", "/fairway/v1/calls?since=", "", 400, "invalid-request", "since"},
		"since and cursor": {"GET", "/fairway/v1/calls?since=now&cursor=1.1", "", 400, "invalid-request", "cursor"},
		"status":           {"GET", "/fairway/v1/calls?status=4x", "", 400, "invalid-request", "status"},
		"status 6xx":       {"GET", "/fairway/v1/calls?status=6xx", "", 400, "invalid-request", "status"},
		"from":             {"GET", "/fairway/v1/calls?from=yesterday", "", 400, "invalid-request", "from"},
		"until":            {"GET", "/fairway/v1/calls?until=0001-01-01T00:00:00Z", "", 400, "invalid-request", "until"},
		"parameter":        {"GET", "/fairway/v1/calls?sort=id&order=1", "", 400, "unknown-field", "order"},
		"parameter twice":  {"GET", "/fairway/v1/calls?model=a&model=b", "", 400, "invalid-request", "model"},
		"bad query":        {"GET", "/fairway/v1/calls?a=%zz", "", 400, "invalid-request", ""},
		"key in the query": {"POST", apps + "?name=x", `{"name":"b"}`, 400, "unknown-field", "name"},
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			w.t = t
			p := w.refused(w.send(c.method, strings.ReplaceAll(c.path, " ", "%20"), c.body), c.status, c.code)
			if p.Field != c.field || p.Detail == "" {
				t.Errorf("%+v, want field %q", p, c.field)
			}
		})
	}
	p := w.refused(w.send("POST", apps, `{"x":1,"name":"b","y":2}`), 400, "unknown-field")
	if p.Detail != `unknown fields: "x", "y"` {
		t.Error(p.Detail)
	}
	for _, media := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "multipart/form-data; boundary=x"} {
		w.refused(w.send("POST", apps, `{"name":"b"}`, "Content-Type", media), 415, "unsupported-media-type")
	}
	get[api.Application](w, w.send("POST", apps, `{"name":"c"}`, "Content-Type", "application/json; charset=utf-8"), 201)
	if l := get[api.List[api.Application]](w, w.send("GET", apps, ""), 200); len(l.Items) != 2 {
		t.Error("a request that was refused has made something:", l)
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for path, allow := range map[string]string{
		"/tenants": "GET, HEAD", "/tenants/default/applications": "GET, HEAD, POST", "/applications/x": "GET, HEAD",
		"/applications/x/keys": "GET, HEAD, POST", "/keys/x": "GET, HEAD", "/keys/x/revoke": "POST", "/calls": "GET, HEAD", "/calls/x": "GET, HEAD",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
			resp := w.send(method, "/fairway/v1"+path, "")
			if strings.Contains(allow, method) {
				if resp.Code == http.StatusMethodNotAllowed {
					t.Errorf("%s %s is refused", method, path)
				}
				continue
			}
			w.refused(resp, 405, "method-not-allowed")
			if got := resp.Header().Get("Allow"); got != allow {
				t.Errorf("%s %s: Allow is %q, want %q", method, path, got, allow)
			}
		}
	}
}

// TestOtherTenant sends every request that has an id of another tenant.
func TestOtherTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.newApplication("theirs")
	k := get[api.Key](w, w.send("POST", "/fairway/v1/applications/"+a.ID+"/keys", `{"name":"k"}`), 201)
	rec := ledger.Record{ID: "call_1", Time: time.Now(), Tenant: a.Tenant, Application: a.ID, Key: k.ID, Status: 200}
	if err := w.store.Ingest(t.Context(), []ledger.Record{rec}, ledger.Checkpoint{}); err != nil {
		t.Fatal(err)
	}
	for name, scope := range map[string]func(*http.Request) platform.Scope{
		"other": func(*http.Request) platform.Scope { return platform.In(platform.NewTenantID(time.Now())) },
		"none":  nil,
	} {
		o := w.options
		o.Scope = scope
		theirs := *w
		theirs.handler = New(o)
		fill := strings.NewReplacer("{t}", "default", "/applications/{id}", "/applications/"+a.ID, "/keys/{id}", "/keys/"+k.ID, "/calls/{id}", "/calls/call_1")
		for pattern, methods := range new(server).routes() {
			for method := range methods {
				body := ""
				if method == "POST" && !strings.HasSuffix(pattern, "/revoke") {
					body = `{"name":"x"}`
				}
				resp := theirs.send(method, "/fairway/v1"+fill.Replace(pattern), body)
				if strings.Contains(pattern, "{") {
					theirs.refused(resp, 404, "not-found")
				} else if text := resp.Body.String(); resp.Code != http.StatusOK || text != `{"items":[]}` {
					t.Errorf("%s: %s %s answers %d %s", name, method, pattern, resp.Code, text)
				}
			}
		}
		for _, q := range []string{"application=" + a.ID, "key=" + k.ID, "since=start"} {
			if l := get[api.List[api.Call]](&theirs, theirs.send("GET", "/fairway/v1/calls?"+q, ""), 200); len(l.Items) != 0 {
				t.Errorf("%s: calls with %s: %v", name, q, l)
			}
		}
	}
	if got := get[api.Key](w, w.send("GET", "/fairway/v1/keys/"+k.ID, ""), 200); got.State != "live" {
		t.Error("another tenant revoked the key")
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	begin := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	put := func(n, status int, model string) {
		r := ledger.Record{
			ID: fmt.Sprint("call_", n), Time: begin.Add(time.Duration(n) * time.Minute), Tenant: string(platform.DefaultTenant),
			Application: "app_1", Key: "key_1", Model: model, Status: status,
		}
		if err := w.store.Ingest(t.Context(), []ledger.Record{r}, ledger.Checkpoint{}); err != nil {
			t.Fatal(err)
		}
	}
	list := func(query string) (ids string, next string) {
		t.Helper()
		l := get[api.List[api.Call]](w, w.send("GET", "/fairway/v1/calls?"+query, ""), 200)
		for _, r := range l.Items {
			ids += r.ID[len("call_"):]
		}
		return ids, l.Next
	}
	put(1, 200, "fast")
	put(3, 429, "fast")
	put(2, 502, "slow")
	for query, want := range map[string]string{
		"": "321", "status=429": "3", "status=5xx": "2", "status=2xx": "1", "model=slow": "2", "model=": "321", "application=app_1&key=key_1": "321",
		"application=app_2": "", "tenant=default": "321", "since=start": "132", "since=start&model=fast": "13",
		"from=2026-03-04T05:08:07Z": "32", "until=2026-03-04T05:08:07Z": "1", "from=2026-03-04T07:08:07%2B02:00&until=2026-03-04T05:09:07Z": "2",
	} {
		if got, _ := list(query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	got, next := list("limit=2")
	if rest, end := list("limit=2&cursor=" + next); got != "32" || rest != "1" || end != "" {
		t.Error(got, rest, end)
	}
	got, next = list("since=now")
	put(4, 200, "fast")
	after, last := list("since=" + next)
	if again, _ := list("since=" + last); got != "" || after != "4" || again != "" {
		t.Error(got, after, again)
	}
	if r := get[api.Call](w, w.send("GET", "/fairway/v1/calls/call_3", ""), 200); r.Status != 429 || r.Model != "fast" {
		t.Error(r)
	}
}

// broken is a store that fails.
type broken struct {
	store.Store
	err error
}

func (b broken) Tenant(context.Context, platform.Scope, string) (platform.Tenant, error) {
	if b.err == nil {
		panic("secret text")
	}
	return platform.Tenant{}, fmt.Errorf("finding tenant: %w (SQLITE: no such table /var/lib/x.db)", b.err)
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"panic":    {nil, 500, "internal-error"},
		"unknown":  {errors.New("SQL logic error"), 500, "internal-error"},
		"busy":     {store.ErrBusy, 503, "store-unavailable"},
		"full":     {store.ErrFull, 503, "store-unavailable"},
		"damaged":  {store.ErrDamaged, 503, "store-unavailable"},
		"replaced": {store.ErrReplaced, 503, "store-unavailable"},
		"slow":     {context.DeadlineExceeded, 503, "store-unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := w.options
			o.Store = broken{w.store, c.err}
			w.handler = New(o)
			resp := w.send("GET", "/fairway/v1/tenants/default/applications", "")
			p := w.refused(resp, c.status, c.code)
			for _, leak := range []string{"SQL", "/var", "secret text", "table"} {
				if strings.Contains(p.Detail, leak) {
					t.Error("the sender learns too much:", p.Detail)
				}
			}
			if got := resp.Header().Get("Retry-After"); (got != "") != (c.status == 503) {
				t.Error("Retry-After:", got)
			}
			if n := w.log.FilterLevelExact(zapcore.ErrorLevel).Len(); n != 1 {
				t.Errorf("%d lines in the log", n)
			}
		})
	}
}

// stuck is a snapshot that cannot be refreshed.
type stuck struct{}

func (stuck) Refresh(context.Context) error { return errors.New("down") }

func TestStoredButNotYetInForce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options
	o.Snapshot = stuck{}
	w.handler = New(o)
	w.newApplication("a")
	if w.log.FilterLevelExact(zapcore.WarnLevel).Len() != 1 {
		t.Error("nothing in the log")
	}
	o.Snapshot = nil
	w.handler = New(o)
	w.newApplication("b")
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options
	o.Prefix = "/console/api/v1"
	w.handler = New(o)
	resp := w.send("POST", "/console/api/v1/tenants/default/applications", `{"name":"a"}`)
	get[api.Application](w, resp, 201)
	if got := resp.Header().Get("Location"); !strings.HasPrefix(got, "/console/api/v1/applications/app_") {
		t.Error(got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"name":"a","expires_at":"2027-01-01T00:00:00Z"}`)
	f.Add(`{"name":[{}],"x":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		var in, std api.NewKey
		err := decode([]byte(body), &in)
		if err == nil && json.Unmarshal([]byte(body), &std) != nil {
			t.Errorf("%q is taken, and encoding/json refuses it", body)
		}
		if err == nil && in.Name != std.Name {
			t.Errorf("%q is read differently", body)
		}
		if p := problemOf(err); err != nil && (p.Status < 400 || p.Status > 499) {
			t.Errorf("%q: %v", body, err)
		}
	})
}
