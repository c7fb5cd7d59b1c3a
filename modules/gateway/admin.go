package gateway

import (
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/manage"
	"github.com/fairwaygw/fairway/internal/manage/api"
)

func init() {
	caddy.RegisterModule(new(Admin))
}

// Admin serves the management API below /fairway/v1 on Caddy's admin endpoint,
// which has no password: whoever reaches it is the operator.
//
// Caddy makes one for each configuration before any app is there, keeps the one
// of a configuration that failed, and never cleans up. So it holds nothing, and
// looks for the running app at each request.
type Admin struct{}

// CaddyModule returns the Caddy module information.
func (*Admin) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "admin.api.fairway", New: func() caddy.Module { return new(Admin) }}
}

// Routes are the paths of the management API.
func (a *Admin) Routes() []caddy.AdminRoute {
	return []caddy.AdminRoute{{Pattern: api.Prefix + "/", Handler: caddy.AdminHandlerFunc(a.serve)}}
}

func (*Admin) serve(w http.ResponseWriter, r *http.Request) error {
	ctx := caddy.ActiveContext()
	app, err := ctx.AppIfConfigured("fairway")
	if err != nil {
		return caddy.APIError{HTTPStatus: http.StatusServiceUnavailable, Err: err, Message: "the running configuration has no fairway app"}
	}
	e, err := app.(*App).open()
	if err == nil && !e.revive() { // a reload has thrown the configuration away meanwhile
		err = errClosed
	}
	if err != nil {
		return caddy.APIError{HTTPStatus: http.StatusServiceUnavailable, Err: err, Message: "the store cannot be opened"}
	}
	defer e.release()
	e.management.ServeHTTP(w, r)
	return nil
}

// newManagement makes the operator's management API.
func (e *Engine) newManagement(logger *zap.Logger) http.Handler {
	return manage.New(manage.Options{
		Store: e.store, Hasher: e.hasher, Snapshot: e.live, Catalog: managedCatalog{e}, Actor: manage.Operator, Logger: logger.Named("manage"),
	})
}

var _ caddy.AdminRouter = (*Admin)(nil)
