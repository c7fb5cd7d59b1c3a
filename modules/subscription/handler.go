// Package subscription is the handler that says who calls, and whether they may.
package subscription

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/modules/gateway"
)

func init() {
	caddy.RegisterModule(new(Handler))
}

// Handler finds the caller by the key in the request and lets nobody else
// through. The key may stand in `Authorization: Bearer`, `x-api-key`,
// `api-key` or `x-goog-api-key`; two different ones in one request are refused.
// An error has the shape of the dialect that is spoken at the path.
//
// With an API, the application must hold a live subscription to it, and the call
// is counted against its limits. Without one, the handler of the AI gateway finds
// the subscription by the model.
type Handler struct {
	// API is the API that calls are made to, as "name" of the tenant default or
	// "tenant/name".
	API string `json:"api,omitempty"`

	// QueryKey also accepts the key in the query parameter "key", as Google's
	// older clients send it. Off by default: addresses end up in logs.
	QueryKey bool `json:"query_key,omitempty"`

	app *gateway.App
}

// CaddyModule returns the Caddy module information.
func (*Handler) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.subscription",
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

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	call, begun := h.app.Begin(w, r)
	if begun {
		defer call.End()
	}
	secret, err := h.credential(r)
	if err == nil {
		err = call.Authenticate(secret)
	}
	if err == nil && h.API != "" {
		err = h.authorise(w, r, call)
	}
	if err != nil {
		gateway.Refused(err)
		gateway.WriteError(w, r, nil, err)
		return nil
	}
	defer call.Used()
	return next.ServeHTTP(w, r)
}

// authorise lets the call through by the application's subscription to the API.
func (h *Handler) authorise(w http.ResponseWriter, r *http.Request, call *gateway.Call) *llm.Error {
	tenant, name, ok := strings.Cut(h.API, "/")
	if !ok {
		tenant, name = "", h.API
	}
	if err := call.EntitleAPI(r, tenant, name); err != nil {
		return err
	}
	return call.Use(w.Header())
}

// Validate checks the name of the API.
func (h *Handler) Validate() error {
	if h.API == "" {
		return nil
	}
	tenant, name, ok := strings.Cut(h.API, "/")
	if !ok {
		tenant, name = platform.DefaultTenantName, h.API
	}
	for _, part := range []string{tenant, name} {
		if err := platform.CheckSlug("api", part); err != nil {
			return fmt.Errorf("%q: %w; write a name, or a tenant's and an API's name with a slash between", h.API, err)
		}
	}
	return nil
}

// carriers are the headers that hold nothing but a key.
var carriers = [...]string{"X-Api-Key", "Api-Key", "X-Goog-Api-Key"}

// credential finds the one key in a request, or none.
func (h *Handler) credential(r *http.Request) (string, *llm.Error) {
	found := ""
	conflict := false
	take := func(key string) {
		switch {
		case key == "" || key == found:
		case found == "":
			found = key
		default:
			conflict = true
		}
	}
	for _, v := range r.Header["Authorization"] {
		// The scheme is case-insensitive (RFC 9110, 11.1); one space follows.
		if len(v) > 7 && strings.EqualFold(v[:7], "Bearer ") {
			take(v[7:])
		} else if v != "" {
			take(" ") // a scheme that is no key is still a credential, and a wrong one
		}
	}
	for _, name := range carriers {
		for _, v := range r.Header[name] {
			take(v)
		}
	}
	if h.QueryKey && r.URL.RawQuery != "" {
		for _, v := range r.URL.Query()["key"] {
			take(v)
		}
	}
	if conflict {
		return "", &llm.Error{
			Status: http.StatusBadRequest, Class: llm.ClassGateway, Type: "invalid_request_error", Code: "conflicting-credentials",
			Message: "the request carries two different keys; send one",
		}
	}
	return found, nil
}

var (
	_ caddy.Provisioner           = (*Handler)(nil)
	_ caddy.Validator             = (*Handler)(nil)
	_ caddyhttp.MiddlewareHandler = (*Handler)(nil)
)
