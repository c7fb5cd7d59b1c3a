package aigateway

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/openai"
	"github.com/fairwaygw/fairway/modules/gateway"
	_ "github.com/fairwaygw/fairway/modules/providers"
)

func TestMain(m *testing.M) {
	caddy.RegisterModule(new(scripted))
	goleak.VerifyTestMain(m)
}

// scripted is a provider that does what a test says, by the model's name.
type scripted struct{}

type script = func(context.Context, *llm.Outgoing) (*llm.Answer, error)

var scripts sync.Map // model → script

// play says what the provider does when a model is called.
func play(model string, f script) { scripts.Store(model, f) }

func (*scripted) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "fairway.providers.scripted", New: func() caddy.Module { return new(scripted) }}
}
func (*scripted) Dialect() llm.Dialect { return openai.Dialect{} }
func (*scripted) Credentials() int     { return 1 }
func (*scripted) Send(ctx context.Context, o *llm.Outgoing) (*llm.Answer, error) {
	f, _ := scripts.Load(o.Model)
	return f.(script)(ctx, o)
}

// site is a gateway that serves everybody.
type site struct {
	*Handler
	app   *gateway.App
	logs  *observer.ObservedLogs
	store string
	once  sync.Once
}

const usualConfig = `{"providers":{"sim":{"type":"simulator"},"test":{"type":"scripted"}},"expose":["sim/*","test/*"],
	"models":{"once":{"targets":[{"target":"sim/status-503"}],"retry":{"retries":0}}}}`

// making is held while a context is made: Caddy then sets things that belong to
// the process.
var making sync.Mutex

// whole is the context of a configuration that was provisioned, not started.
func whole(t *testing.T, apps caddy.ModuleMap) caddy.Context {
	t.Helper()
	making.Lock()
	defer making.Unlock()
	ctx, err := caddy.ProvisionContext(&caddy.Config{Admin: &caddy.AdminConfig{Disabled: true}, AppsRaw: apps})
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}

func newSite(t *testing.T, config string) *site {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fairway.db")
	app := new(gateway.App)
	if err := json.Unmarshal([]byte(config), app); err != nil {
		t.Fatal(err)
	}
	app.Store = &gateway.StoreConfig{Driver: "sqlite", Path: path}
	ctx, cancel := caddy.NewContext(whole(t, nil))
	t.Cleanup(cancel)
	if err := app.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zap.DebugLevel)
	s := &site{Handler: &Handler{Public: true, MaxBody: defaultMaxBody, app: app, logger: zap.New(core)}, app: app, logs: logs, store: path}
	t.Cleanup(func() { s.end(t) })
	return s
}

func (s *site) end(t *testing.T) {
	s.once.Do(func() {
		if err := s.app.Cleanup(); err != nil {
			t.Error(err)
		}
	})
}

// records ends the site and returns the records of its calls.
func (s *site) records(t *testing.T) []ledger.Record {
	t.Helper()
	s.end(t)
	db, err := store.Open(t.Context(), store.Options{Path: s.store})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	calls, _, err := db.Calls(t.Context(), platform.Everywhere(), store.CallFilter{}, store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	return calls
}

// request is a request as Caddy hands it to a handler.
func request(t *testing.T, method, target, body string) *http.Request {
	t.Helper()
	var in io.Reader
	if body != "" {
		in = strings.NewReader(body)
	}
	r := httptest.NewRequestWithContext(context.WithValue(t.Context(), caddyhttp.VarsCtxKey, map[string]any{}), method, target, in)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// do serves a request.
func (s *site) do(t *testing.T, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	if err := s.ServeHTTP(w, r, nil); err != nil {
		t.Fatal(err)
	}
	return w
}

// ask is the body of a request to a model.
func ask(model string, fields ...string) string {
	return `{"model":"` + model + `","messages":[{"role":"user","content":"Hello there"}]` + strings.Join(append([]string{""}, fields...), ",") + `}`
}

func (s *site) chat(t *testing.T, model string, fields ...string) *httptest.ResponseRecorder {
	t.Helper()
	return s.do(t, request(t, http.MethodPost, "/v1/chat/completions", ask(model, fields...)))
}

// code is the code of an error in OpenAI's shape.
func code(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var body struct{ Error struct{ Code string } }
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return body.Error.Code
}
