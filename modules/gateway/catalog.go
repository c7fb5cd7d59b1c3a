package gateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/catalog/live"
	"github.com/fairwaygw/fairway/internal/catalog/source"
	"github.com/fairwaygw/fairway/internal/manage"
	"github.com/fairwaygw/fairway/internal/manage/api"
)

// Bounds of a catalog's size in bytes.
const (
	LeastCatalogSize = 1 << 10
	MostCatalogSize  = 256 << 20
)

// source is what the configuration says, with its placeholders resolved; nil is
// nowhere.
func (c *CatalogConfig) source() (*live.Config, error) {
	if c == nil {
		return nil, nil
	}
	s := &live.Config{
		Refresh: live.DefaultRefresh, Timeout: live.DefaultTimeout, MaxSize: live.DefaultMaxSize,
		MaxLoss: live.DefaultMaxLoss, MaxPriceChange: live.DefaultMaxPriceChange,
	}
	repl := caddy.NewReplacer()
	var err error
	if s.File, err = repl.ReplaceOrErr(c.File, true, true); err != nil {
		return nil, fmt.Errorf("catalog.file: %w", err)
	}
	if s.URL, err = repl.ReplaceOrErr(c.URL, true, true); err != nil {
		return nil, fmt.Errorf("catalog.url: %w", err)
	}
	if s.URL != "" {
		if err := checkURL(s.URL); err != nil {
			return nil, fmt.Errorf("catalog.url: %w", err)
		}
	}
	switch d := time.Duration(c.Refresh); {
	case d < 0:
		s.Refresh = 0
	case d > 0:
		s.Refresh = d
	}
	if c.Timeout > 0 {
		s.Timeout = time.Duration(c.Timeout)
	}
	if c.MaxSize > 0 {
		s.MaxSize = c.MaxSize
	}
	if c.MaxLoss > 0 {
		s.MaxLoss = c.MaxLoss
	}
	if c.MaxPriceChange > 0 {
		s.MaxPriceChange = int64(c.MaxPriceChange)
	}
	return s, nil
}

// checkURL refuses an address that cannot be read. The error does not repeat
// it, since it may have a secret.
func checkURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return errors.New("it is not well-formed")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("it must begin with http:// or https:// and name a host")
	}
	return nil
}

// catalogDir is where a store's catalogs are kept.
func catalogDir(store string) string { return filepath.Join(filepath.Dir(store), "catalog") }

// openCatalog opens what was kept of the catalog.
func (e *Engine) openCatalog() {
	e.apps.news = make(chan bool, 1)
	e.catalog = live.Open(live.Options{
		Dir: catalogDir(e.path), Logger: e.logger.Named("catalog"),
		Changed: func(*catalog.Catalog) { e.apps.tell(false) },
		Refreshed: func(o live.Outcome) {
			catalogRefreshes.WithLabelValues(string(o)).Inc()
			e.apps.tell(o == live.Changed || o == live.Refused)
		},
	})
}

// shapeBuiltin stands for the catalog that came with the build.
const shapeBuiltin source.Shape = "builtin"

// gaugeCatalog shows which catalog is in force, and how old it is.
func (e *Engine) gaugeCatalog() {
	s := e.catalog.Status()
	current := shapeBuiltin
	if s.Current != nil {
		current = s.Current.Shape
	}
	for _, shape := range [...]source.Shape{shapeBuiltin, source.Fairway, source.ModelsDev, source.LiteLLM} {
		in := 0.0
		if shape == current {
			in = 1
		}
		catalogInfo.WithLabelValues(string(shape)).Set(in)
	}
	catalogAge.Set(time.Since(s.Since).Seconds())
}

// apps are the configurations of an engine, in the order of their coming. The
// catalog tells of its changes while it is locked, and a configuration asks it
// while that is, so the news goes by a channel: true when much was read.
type apps struct {
	mu   sync.Mutex
	list []*App
	news chan bool
}

// tell tells that there may be a newer catalog.
func (l *apps) tell(much bool) {
	for {
		select {
		case l.news <- much:
			return
		case before := <-l.news: // not heard yet
			much = much || before
		}
	}
}

func (e *Engine) enter(a *App) {
	e.apps.mu.Lock()
	defer e.apps.mu.Unlock()
	e.apps.list = append(e.apps.list, a)
}

func (e *Engine) leave(a *App) {
	e.apps.mu.Lock()
	defer e.apps.mu.Unlock()
	e.apps.list = slices.DeleteFunc(e.apps.list, func(x *App) bool { return x == a })
}

// run tells the configurations of newer catalogs.
func (l *apps) run(ctx context.Context, e *Engine) {
	for {
		select {
		case <-ctx.Done():
			return
		case much := <-l.news:
			e.renew()
			if much {
				// A source is many megabytes when it is read, once a day.
				debug.FreeOSMemory()
			}
		}
	}
}

// renew puts the catalog in force for all configurations.
func (e *Engine) renew() {
	for _, a := range e.configurations() {
		a.renew(e)
	}
}

func (e *Engine) configurations() []*App {
	e.apps.mu.Lock()
	defer e.apps.mu.Unlock()
	return slices.Clone(e.apps.list)
}

// managedCatalog is the catalog as the management API works on it.
type managedCatalog struct{ e *Engine }

func (m managedCatalog) Catalog() *catalog.Catalog { return m.e.catalog.Catalog() }

func (m managedCatalog) Status() live.Status { return m.e.catalog.Status() }

func (m managedCatalog) Refresh(ctx context.Context, force bool) (live.Status, error) {
	defer m.e.renew() // the answer says that it is in force
	return m.e.catalog.Refresh(ctx, force)
}

func (m managedCatalog) Rollback() (live.Status, error) {
	defer m.e.renew()
	return m.e.catalog.Rollback()
}

// Target tells of a target in the newest configuration.
func (m managedCatalog) Target(name string) *api.CatalogTarget {
	list := m.e.configurations()
	if len(list) == 0 {
		return nil
	}
	return list[len(list)-1].describe(name)
}

// describe tells what a target costs, and by which names it is called.
func (a *App) describe(name string) *api.CatalogTarget {
	provider, model, _ := strings.Cut(name, "/")
	if a.providers[provider] == nil || model == "" {
		return nil
	}
	t := a.table.Load()
	target, err := t.builder.newTarget(name)
	if err != nil {
		return nil
	}
	d := &api.CatalogTarget{Target: name, Vendor: target.Vendor, Model: model}
	if p := a.Prices[name]; p != nil {
		rates := p.rates()
		d.Override = &rates
	}
	if target.Price != nil {
		d.Version = target.Price.Version
	}
	for _, route := range slices.Sorted(maps.Keys(t.routes)) {
		if slices.ContainsFunc(t.routes[route].targets, func(t *Target) bool { return t.Name == name }) {
			d.Models = append(d.Models, route)
		}
	}
	if slices.ContainsFunc(t.exposed, func(x *exposure) bool { return x.matches(name) }) && !slices.Contains(d.Models, name) {
		d.Models = append(d.Models, name)
	}
	return d
}

var _ manage.Catalog = managedCatalog{}
