package gateway

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/llm"
)

// table is all that can be called by a configuration, with what one catalog
// knows of it. A newer catalog makes another table; calls in flight keep theirs.
type table struct {
	// routes are the models by name, exposed the patterns under which others
	// are callable as provider/model.
	routes  map[string]*Route
	exposed []*exposure
	// accounts are the providers that are callable beside their models.
	accounts map[string]*Route
	models   ModelList
	builder  routeBuilder
}

// newTable makes the table for a catalog. before is the table that it replaces,
// if any.
func (a *App) newTable(c *catalog.Catalog, before *table) (*table, error) {
	t := &table{routes: make(map[string]*Route, len(a.Config.Models)+len(a.Expose)), accounts: map[string]*Route{}}
	t.builder = routeBuilder{app: a, catalog: c, providers: a.providers, targets: map[string]*Target{}, before: before}
	b := &t.builder
	for _, name := range slices.Sorted(maps.Keys(a.Config.Models)) {
		r, err := b.model(name)
		if err != nil {
			return nil, fmt.Errorf("models.%s: %w", name, err)
		}
		t.routes[name] = r
	}
	for i, pattern := range a.Expose {
		prefix, open := strings.CutSuffix(pattern, "*")
		provider, _, _ := strings.Cut(pattern, "/")
		if open {
			t.exposed = append(t.exposed, newExposure(a, b, pattern, prefix, provider))
			continue
		}
		if _, ok := t.routes[pattern]; ok {
			continue // a model of that name says more
		}
		target, err := b.target(pattern)
		if err != nil {
			return nil, fmt.Errorf("expose[%d]: %w", i, err)
		}
		t.routes[pattern] = single(pattern, target)
	}
	if before != nil {
		for name := range before.accounts {
			t.useAccount(name)
		}
	}
	t.listModels(a.providers)
	return t, nil
}

// resolve finds what stands behind a name, nil for nothing.
func (t *table) resolve(name string) *Route {
	if r, ok := t.routes[name]; ok {
		return r
	}
	for _, x := range t.exposed {
		if x.matches(name) {
			return x.route(name)
		}
	}
	return nil
}

// known is the target of a name, if the table has it already.
func (t *table) known(name string) *Target {
	if t == nil {
		return nil
	}
	if known, ok := t.builder.targets[name]; ok {
		return known
	}
	for _, x := range t.exposed {
		if r, ok := x.routes.Load(name); ok {
			return r.(*Route).targets[0]
		}
	}
	return nil
}

// listModels makes the list of all that can be called.
func (t *table) listModels(providers map[string]llm.Provider) {
	owners := map[string]string{}
	for name, r := range t.routes {
		owners[name] = r.targets[0].provider
	}
	for _, x := range t.exposed {
		for _, model := range t.builder.knownModels(providers[x.provider]) {
			if name := x.provider + "/" + model; x.matches(name) && owners[name] == "" {
				owners[name] = x.provider
			}
		}
	}
	t.models = make(ModelList, 0, len(owners))
	for name, owner := range owners {
		t.models = append(t.models, Model{Name: name, Owner: owner, Since: started})
	}
	slices.SortFunc(t.models, func(x, y Model) int { return strings.Compare(x.Name, y.Name) })
}

// renew puts what a newer catalog knows in force.
func (a *App) renew(e *Engine) {
	a.opening.Lock()
	defer a.opening.Unlock()
	c, before := e.catalog.Catalog(), a.table.Load()
	if a.cleaned || a.engine.Load() != e || before.builder.catalog == c {
		return
	}
	t, err := a.newTable(c, before)
	if err == nil {
		err = a.adopt(e, t)
	}
	if err != nil {
		a.logger.Error("putting a newer catalog in force", zap.Error(err))
	}
}

// adopt gives a table its states, and puts it in force. It needs opening.
func (a *App) adopt(e *Engine, t *table) error {
	if err := e.states.adopt(a, t); err != nil {
		return err
	}
	a.warnOfEndings(t)
	t.builder.before = nil // it would keep all tables before alive
	a.table.Store(t)
	return nil
}
