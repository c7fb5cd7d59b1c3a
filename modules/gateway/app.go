// Package gateway is the app that all sites share: its configuration, models,
// the engine that outlives a reload, the calls, and the commands.
package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/catalog/live"
	"github.com/fairwaygw/fairway/llm"
)

func init() {
	caddy.RegisterModule(new(App))
}

// Version is the version of this build, set by the linker.
var Version = "dev"

// App is what the handlers of all sites share: providers, models, and the
// engine that holds everything that outlives a reload.
//
// Nothing is opened while the configuration is provisioned, so that a
// configuration can be validated beside a server that runs. The store, the
// journal and the snapshot are opened at the start; a configuration whose store
// cannot be opened is refused.
type App struct {
	Config

	logger    *zap.Logger
	providers map[string]llm.Provider
	// table is what can be called. A newer catalog replaces it.
	table atomic.Pointer[table]
	// source is where newer facts about models are from; nil is nowhere.
	source *live.Config
	// warned are the targets whose end was logged.
	warned map[string]bool

	storePath string
	sharedURL string
	opening   sync.Mutex
	engine    atomic.Pointer[Engine]
	holds     holdings
	// cleaned is set when the app has given the engine back, or never will
	// have one.
	cleaned bool

	// draining is set when another configuration has taken over.
	draining atomic.Bool
}

// CaddyModule returns the Caddy module information.
func (*App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "fairway", New: func() caddy.Module { return new(App) }}
}

// Provision checks the configuration and loads the providers.
func (a *App) Provision(ctx caddy.Context) error {
	a.logger = ctx.Logger()
	for _, p := range a.Problems() {
		return p
	}
	path, err := storePath(a.Store)
	if err != nil {
		return err
	}
	a.storePath = path
	if a.sharedURL, err = a.Shared.options(); err != nil {
		return err
	}
	if err := registerMetrics(ctx.GetMetricsRegistry()); err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	if err := a.watchStop(ctx); err != nil {
		return err
	}
	if a.source, err = a.Catalog.source(); err != nil {
		return err
	}
	if a.providers, err = a.loadProviders(ctx); err != nil {
		return err
	}
	t, err := a.newTable(catalog.Builtin(), nil)
	if err != nil {
		return err
	}
	a.table.Store(t)
	a.warnOfEndings(t)
	return nil
}

// storePath is where the configured store is.
func storePath(s *StoreConfig) (string, error) {
	path := filepath.Join(caddy.AppDataDir(), "fairway", "fairway.db")
	if s != nil && s.Path != "" {
		var err error
		if path, err = caddy.NewReplacer().ReplaceOrErr(s.Path, true, true); err != nil {
			return "", fmt.Errorf("store.path: %w", err)
		}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("store.path: %w", err)
	}
	return path, nil
}

// loadProviders loads the guest modules.
func (a *App) loadProviders(ctx caddy.Context) (map[string]llm.Provider, error) {
	providers := map[string]llm.Provider{}
	if a.ProvidersRaw == nil {
		return providers, nil
	}
	guests, err := ctx.LoadModule(a, "ProvidersRaw")
	if err != nil {
		return nil, fmt.Errorf("loading providers: %w", err)
	}
	for name, guest := range guests.(map[string]any) {
		p, ok := guest.(llm.Provider)
		if !ok {
			return nil, fmt.Errorf("loading providers: %s: module %T is no provider", name, guest)
		}
		providers[name] = p
	}
	return providers, nil
}

// Start opens the engine, or takes the one that is running.
func (a *App) Start() error {
	setGCDefaults()
	_, err := a.open()
	return err
}

// Stop does nothing: calls in flight still need everything.
func (*App) Stop() error { return nil }

// Cleanup gives the engine back.
func (a *App) Cleanup() error {
	a.opening.Lock()
	defer a.opening.Unlock()
	e := a.engine.Load()
	if a.cleaned = true; e == nil {
		return nil
	}
	e.leave(a)
	e.states.drop(a)
	e.releaseNow()
	return nil
}

// open returns the engine, and opens it the first time. Caddy starts apps in no
// order, so a call may arrive before Start.
func (a *App) open() (*Engine, error) {
	if e := a.engine.Load(); e != nil {
		return e, nil
	}
	a.opening.Lock()
	defer a.opening.Unlock()
	if e := a.engine.Load(); e != nil {
		return e, nil
	}
	if a.cleaned {
		return nil, errClosed // nobody would give it back
	}
	e, err := takeEngine(a.storePath, a.logger)
	if err != nil {
		return nil, err
	}
	e.retention.Store(int64(a.retention()))
	e.counting.count(a.sharedURL, e.space, a.logger.Named("limits"))
	a.holds = newHoldings()
	// A catalog that comes into force from here on waits for opening.
	e.enter(a)
	e.catalog.Configure(a.source)
	t := a.table.Load()
	if c := e.catalog.Catalog(); c != t.builder.catalog {
		t, err = a.newTable(c, t)
	}
	if err == nil {
		err = a.adopt(e, t)
	}
	if err != nil {
		e.leave(a)
		e.states.drop(a)
		e.releaseNow()
		return nil, err
	}
	a.engine.Store(e)
	return e, nil
}

// errClosed is why a configuration that is gone serves no more calls.
var errClosed = errors.New("the configuration is no longer in force")

// retention is how long records are kept; 0 is for ever.
func (a *App) retention() time.Duration {
	switch d := time.Duration(a.CallRetention); {
	case d < 0:
		return 0
	case d == 0:
		return 30 * 24 * time.Hour
	default:
		return d
	}
}

// responseRetention is how long answers are kept; 0 is not at all.
func (a *App) responseRetention() time.Duration {
	switch d := time.Duration(a.ResponseRetention); {
	case d < 0:
		return 0
	case d == 0:
		return 30 * 24 * time.Hour
	default:
		return d
	}
}

// unavailable is the error of a gateway that cannot serve.
func unavailable(message string) *llm.Error {
	return &llm.Error{
		Status: http.StatusServiceUnavailable, Class: llm.ClassGateway, Type: "api_error", Code: "gateway_unavailable",
		Message: message, RetryAfter: time.Second,
	}
}

var (
	_ caddy.App          = (*App)(nil)
	_ caddy.Provisioner  = (*App)(nil)
	_ caddy.CleanerUpper = (*App)(nil)
)
