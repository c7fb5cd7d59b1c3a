// Package manage is the management API: JSON over HTTP, by which the operator
// and the members of tenants, and all their tools, say who may do what and see
// what was done.
package manage

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/secret"
	"github.com/fairwaygw/fairway/internal/snapshot"
	"github.com/fairwaygw/fairway/internal/store"
)

// Snapshot is what must learn of changes.
type Snapshot interface {
	// Refresh puts all changes in force that were committed before.
	Refresh(ctx context.Context) error
	// Snapshot is what is in force.
	Snapshot() *snapshot.Snapshot
}

// Options say what the API works on.
type Options struct {
	Store  store.Store
	Hasher *secret.Hasher
	// Snapshot is told of each change before the change is answered, so that
	// it is in force then. It may be nil.
	Snapshot Snapshot
	// Catalog is what is known of models. Without it there is nothing at its
	// paths.
	Catalog Catalog
	// Actor is who sends a request: a [platform.ErrNotFound] when nobody who is
	// known. Without it nobody is. [Operator] may do everything.
	Actor func(*http.Request) (platform.Actor, error)
	// CheckSpec checks what only the gateway can know of a spec. It may be nil.
	CheckSpec func(platform.APIKind, *platform.Spec) error
	// Prefix is the path below which the API is. Default [api.Prefix].
	Prefix string
	// Logger gets changes and failures. Default: none.
	Logger *zap.Logger

	// now is the clock; tests put another one here.
	now func() time.Time
}

// server answers requests.
type server struct {
	tries tries
	Options
	mux *http.ServeMux
}

// handle answers a request, or returns the error to answer with.
type handle func(w http.ResponseWriter, r *http.Request) error

// New makes the API's handler.
func New(o Options) http.Handler {
	if o.Actor == nil {
		o.Actor = func(*http.Request) (platform.Actor, error) { return platform.Actor{}, platform.ErrNotFound }
	}
	if o.Prefix == "" {
		o.Prefix = api.Prefix
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.now == nil {
		o.now = time.Now
	}
	s := &server{Options: o, mux: http.NewServeMux()}
	byPath := map[string]map[string]handle{}
	for _, route := range s.routes() {
		if byPath[route.path] == nil {
			byPath[route.path] = map[string]handle{}
		}
		byPath[route.path][route.method] = s.admit(route.may, route.do)
	}
	for path, methods := range byPath {
		s.mux.Handle(o.Prefix+path, s.methods(methods))
	}
	s.mux.Handle("/", s.answer(func(http.ResponseWriter, *http.Request) error { return errNoPath }))
	return s
}

var errNoPath = api.NewProblem(http.StatusNotFound, api.CodeNotFound, "there is nothing at this path")

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "private, no-store")
	h.Add("Vary", "Authorization")
	h.Set("X-Content-Type-Options", "nosniff")
	if h.Get("X-Request-Id") == "" {
		h.Set("X-Request-Id", uuid.NewString())
	}
	// The mux would redirect a path with "//" or "..", and nobody means one.
	if p := r.URL.Path; p == "" || path.Clean(p) != p && path.Clean(p)+"/" != p {
		s.fail(w, r, errNoPath)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// methods answers by a request's method.
func (s *server) methods(methods map[string]handle) http.Handler {
	var allow []string
	handlers := make(map[string]http.Handler, len(methods)+1)
	for method, do := range methods {
		handlers[method] = s.answer(do)
		allow = append(allow, method)
		if method == http.MethodGet {
			handlers[http.MethodHead] = handlers[method]
			allow = append(allow, http.MethodHead)
		}
	}
	slices.Sort(allow)
	allowed := strings.Join(allow, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := handlers[r.Method]; h != nil {
			h.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Allow", allowed)
		s.fail(w, r, api.NewProblem(http.StatusMethodNotAllowed, api.CodeMethod, "allowed here: "+allowed))
	})
}

// answer makes errors and panics answers.
func (s *server) answer(do handle) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v) // somebody wants the connection closed
			}
			if v != nil {
				s.fail(w, r, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
			}
		}()
		if err := do(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// changed puts a change in force.
func (s *server) changed(r *http.Request, what string, fields ...zap.Field) {
	s.Logger.Info(what, append(fields, zap.String("remote", r.RemoteAddr))...)
	if s.Snapshot == nil {
		return
	}
	// The change is stored. What fails here is done a little later by whoever
	// keeps the snapshot up to date, so it is not the sender's business.
	if err := s.Snapshot.Refresh(r.Context()); err != nil {
		s.Logger.Warn("a change is not in force yet", zap.Error(err))
	}
}

// tenant finds the tenant in the path, by id or name.
func (s *server) tenant(r *http.Request) (platform.Tenant, error) {
	t, err := s.Store.Tenant(r.Context(), s.Scope(r), r.PathValue("t"))
	if err != nil {
		return t, about(err, "tenant", r.PathValue("t"))
	}
	return t, nil
}
