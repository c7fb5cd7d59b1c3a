package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/llm"
	_ "github.com/fairwaygw/fairway/modules/providers"
)

func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"fairway": func() {
		RegisterCommands()
		caddycmd.Main()
	}})
}

// tests are those of the package, and a look at what they leave running.
type tests struct{ *testing.M }

func (m tests) Run() int {
	code := m.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// configured reads a configuration. STORE in it stands for the path of a store.
func configured(t testing.TB, text, store string) *App {
	t.Helper()
	a := new(App)
	if err := json.Unmarshal([]byte(strings.ReplaceAll(text, "STORE", store)), a); err != nil {
		t.Fatal(err)
	}
	if a.Store == nil {
		a.Store = &StoreConfig{Driver: "sqlite", Path: store}
	}
	return a
}

// making is held while a context is made: Caddy then sets things that belong to
// the process.
var making sync.Mutex

// provision does what `validate` does.
func provision(t testing.TB, a *App) error {
	t.Helper()
	making.Lock()
	whole, err := caddy.ProvisionContext(&caddy.Config{Admin: &caddy.AdminConfig{Disabled: true}})
	making.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := caddy.NewContext(whole)
	t.Cleanup(cancel)
	err = a.Provision(ctx)
	a.logger = zap.NewNop()
	return err
}

// provisioned is an app that was not started.
func provisioned(t testing.TB, text, store string) *App {
	t.Helper()
	a := configured(t, text, store)
	if err := provision(t, a); err != nil {
		t.Fatal(err)
	}
	return a
}

// startedApp is an app that runs until the test ends, on a store of its own unless
// one is named.
func startedApp(t testing.TB, text string, store ...string) *App {
	t.Helper()
	if len(store) == 0 {
		store = []string{newStorePath(t)}
	}
	a := provisioned(t, text, store[0])
	if err := a.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cleanup(t, a) })
	return a
}

func newStorePath(t testing.TB) string { return filepath.Join(t.TempDir(), "fairway.db") }

// cleanup throws an app away, once.
func cleanup(t testing.TB, a *App) {
	t.Helper()
	if err := a.Stop(); err != nil {
		t.Error(err)
	}
	if err := a.Cleanup(); err != nil {
		t.Error(err)
	}
	a.engine.Store(nil) // a second time has nothing to give back
}

// begin begins a call of a request.
func begin(t testing.TB, a *App) (*Call, *httptest.ResponseRecorder, *http.Request) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/v1/chat/completions", nil)
	r = r.WithContext(context.WithValue(r.Context(), caddyhttp.VarsCtxKey, map[string]any{}))
	w := httptest.NewRecorder()
	c, begun := a.Begin(w, r)
	if !begun {
		t.Fatal("the call was begun before")
	}
	return c, w, r
}

// opened begins a call to a model.
func opened(t testing.TB, a *App, model string) (*Call, *Route) {
	t.Helper()
	c, _, _ := begin(t, a)
	route := a.Resolve(model)
	if route == nil {
		t.Fatalf("there is no model %q", model)
	}
	c.Open(frontOpenAI, llm.OpChat, route, &llm.Inspection{Model: model})
	return c, route
}

// stored waits for the record of a call in the store.
func stored(t testing.TB, a *App, id string) ledger.Record {
	t.Helper()
	e := a.engine.Load()
	if err := e.journal.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := e.store.Call(t.Context(), platform.Everywhere(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// eventually waits for what another goroutine does.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("waiting for %s: it took too long", what)
		}
	}
}
