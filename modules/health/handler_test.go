package health

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newHandler is a handler of a gateway whose store is at a path.
func newHandler(t *testing.T, path string) *Handler {
	t.Helper()
	config, err := json.Marshal(map[string]any{"store": map[string]string{"driver": "sqlite", "path": path}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := caddy.ProvisionContext(&caddy.Config{Admin: &caddy.AdminConfig{Disabled: true}, AppsRaw: caddy.ModuleMap{"fairway": config}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := ctx.LoadModuleByID("http.handlers.fairway_health", json.RawMessage(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	h := m.(*Handler)
	t.Cleanup(func() {
		if err := h.app.Cleanup(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func TestProbes(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	well, ill := newHandler(t, filepath.Join(dir, "fairway.db")), newHandler(t, filepath.Join(file, "fairway.db"))
	const text, object = "text/plain; charset=utf-8", "application/json"
	for _, c := range []struct {
		name, method, path string
		h                  *Handler
		status             int
		body, contentType  string
	}{
		{"alive", "GET", "/livez", well, 200, "ok\n", text},
		{"ready", "GET", "/readyz", well, 200, "ok\n", text},
		{"in parts", "GET", "/healthz", well, 200, `{"ready":true,"parts":{"journal":"ok","store":"ok"}}`, object},
		{"head", "HEAD", "/readyz", well, 200, "", text},
		{"post", "POST", "/readyz", well, 405, "", ""},
		{"ill, and alive", "GET", "/livez", ill, 200, "ok\n", text},
		{"ill, and not ready", "GET", "/readyz", ill, 503, "not ready\n", text},
		{"ill in parts, which name no path", "GET", "/healthz", ill, 503, `{"ready":false,"parts":{"store":"cannot be opened"}}`, object},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			if err := c.h.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil), nil); err != nil {
				t.Fatal(err)
			}
			if w.Code != c.status || w.Body.String() != c.body || w.Header().Get("Content-Type") != c.contentType {
				t.Errorf("status %d: %v %q", w.Code, w.Header(), w.Body)
			}
			if c.status == http.StatusMethodNotAllowed {
				if w.Header().Get("Allow") != "GET, HEAD" {
					t.Errorf("the header is %v", w.Header())
				}
			} else if w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("the header is %v", w.Header())
			}
		})
	}
}
