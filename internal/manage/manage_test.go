package manage

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
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
	checker *checker
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
	w.options = Options{Store: s, Hasher: w.hasher, Snapshot: w.live, Actor: Operator, Logger: zap.New(core)}
	w.handler = New(w.options)
	w.checker = newChecker(t)
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
	w.checker.check(r, rec)
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
	if got := get[api.Application](w, w.send("GET", resp.Header().Get("Location"), ""), 200); !reflect.DeepEqual(got, a) {
		t.Error(got)
	}
	p := w.refused(w.send("POST", "/fairway/v1/tenants/default/applications", `{"name":"SHOP"}`), 409, "already-exists")
	if !strings.Contains(p.Detail, `application "SHOP"`) {
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
	if len(named.Items) != 1 || !reflect.DeepEqual(named.Items[0], last) {
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
