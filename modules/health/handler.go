// Package health answers probes.
package health

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/fairwaygw/fairway/modules/gateway"
)

func init() {
	caddy.RegisterModule(new(Handler))
}

// Handler answers health probes, without a key: `/livez` while the process
// runs, `/readyz` while calls can be served, and `/healthz` the same with the
// state of each part as JSON. Anything that is not well answers 503.
type Handler struct {
	app *gateway.App
}

// CaddyModule returns the Caddy module information.
func (*Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.fairway_health",
		New: func() caddy.Module { return new(Handler) },
	}
}

// Provision finds the app.
func (h *Handler) Provision(ctx caddy.Context) error {
	app, err := ctx.App("fairway")
	if err != nil {
		return fmt.Errorf("loading the fairway app: %w", err)
	}
	h.app = app.(*gateway.App)
	return nil
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, _ caddyhttp.Handler) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return nil
	}
	status, body := http.StatusOK, []byte("ok\n")
	contentType := "text/plain; charset=utf-8"
	if r.URL.Path != "/livez" {
		state := h.app.Health()
		if !state.Ready {
			status, body = http.StatusServiceUnavailable, []byte("not ready\n")
		}
		if r.URL.Path == "/healthz" {
			var err error
			if body, err = json.Marshal(state); err != nil {
				return caddyhttp.Error(http.StatusInternalServerError, err)
			}
			contentType = "application/json"
		}
	}
	if r.ProtoMajor == 1 && h.app.Draining() {
		w.Header().Set("Connection", "close")
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // a prober that is gone needs no answer
	}
	return nil
}

var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
)
