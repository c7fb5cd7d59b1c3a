package gateway

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/routing"
	"github.com/fairwaygw/fairway/llm"
)

// Target is a provider and a model at it.
type Target struct {
	// Name is "provider/model"; NameHeader is the same as a header's value.
	Name       string
	NameHeader []string
	Provider   llm.Provider
	// Model is the provider's own name for it.
	Model string
	// Vendor and Facts are what the catalog knows the model by, and of it.
	Vendor string
	Facts  llm.ModelFacts
	// Price is nil when it is unknown.
	Price *ledger.Price
	// Ending are the headers that tell of the model's end; nil when none is
	// announced.
	Ending          *Ending
	NoStreamOptions bool
	// RefusesStreamOptions is set once the provider has said so itself.
	RefusesStreamOptions atomic.Bool

	provider string
	// label stands for the model in metrics.
	label string
	meter *attemptMeter
	// account is set where no model is named; it knows those that answer.
	account *routeBuilder
}

// Route is what stands behind a model's name.
type Route struct {
	Strict  bool
	Timeout Timeouts

	label string
	// targets are in the order of the plan's indexes. The first len(weights)
	// are the model's own; fallbacks come next, then what takes over for prompts
	// that are too long, then for refused ones.
	targets  []*Target
	weights  []int
	overflow int // where each of the latter begins
	refused  int
	strategy string
	sticky   bool
	small    int64 // the smallest context window known, once the app is open
	retries  int
	within   time.Duration

	// exposure is where the route is from, if it was made for a call and is
	// not kept yet.
	exposure *exposure

	// plan is there once the app is open.
	plan   *routing.Plan
	meters sync.Map // front's name → *callMeter
}

// Timeouts bound the parts of an attempt.
type Timeouts struct {
	Connect, FirstEvent, Idle time.Duration
	// Total is for a whole answer, StreamTotal for a streamed one.
	Total, StreamTotal time.Duration
}

// timeouts are those of a model, with the defaults for what is left out.
func (m *ModelConfig) timeouts() Timeouts {
	t := Timeouts{Connect: 5 * time.Second, FirstEvent: time.Minute, Idle: 2 * time.Minute, Total: 10 * time.Minute, StreamTotal: 30 * time.Minute}
	if m == nil || m.Timeout == nil {
		return t
	}
	set := func(to *time.Duration, v time.Duration) {
		if v > 0 {
			*to = v
		}
	}
	set(&t.Connect, time.Duration(m.Timeout.Connect))
	set(&t.FirstEvent, time.Duration(m.Timeout.FirstEvent))
	set(&t.Idle, time.Duration(m.Timeout.Idle))
	set(&t.Total, time.Duration(m.Timeout.Total))
	set(&t.StreamTotal, time.Duration(m.Timeout.Total))
	return t
}

// Plan is how calls find a target; its indexes are those of [Route.Target].
func (r *Route) Plan() *routing.Plan { return r.plan }

// Target is one of the route's targets.
func (r *Route) Target(i int) *Target { return r.targets[i] }

// Account tells the provider's name, and its account from others under that name.
func (t *Target) Account() (provider, identity string) {
	if i, ok := t.Provider.(llm.Identifier); ok {
		identity = i.Identity()
	}
	return t.provider, identity
}

// At is the index of the first target at an account, or -1.
func (r *Route) At(provider, identity string) int {
	return slices.IndexFunc(r.targets, func(t *Target) bool {
		p, i := t.Account()
		return p == provider && i == identity
	})
}

// Resolve finds what stands behind a name, nil for nothing.
func (a *App) Resolve(name string) *Route { return a.table.Load().resolve(name) }

func (r *Route) meter(front string) *callMeter {
	if m, ok := r.meters.Load(front); ok {
		return m.(*callMeter)
	}
	m, _ := r.meters.LoadOrStore(front, newCallMeter(front, r.label))
	return m.(*callMeter)
}

// routeBuilder makes routes out of names.
type routeBuilder struct {
	app       *App
	catalog   *catalog.Catalog
	providers map[string]llm.Provider
	targets   map[string]*Target
	// before is the table that is being replaced, while it is.
	before *table
}

func (b *routeBuilder) model(name string) (*Route, error) {
	m := b.app.Config.Models[name]
	r := &Route{label: name, Strict: m.Strict, Timeout: m.timeouts(), strategy: m.Strategy, sticky: m.Sticky, retries: 2, within: 30 * time.Second}
	if m.Retry != nil {
		if m.Retry.Retries != nil {
			r.retries = *m.Retry.Retries
		}
		if m.Retry.Within > 0 {
			r.within = time.Duration(m.Retry.Within)
		}
	}
	for _, t := range m.Targets {
		weight := 1
		if t.Weight != nil {
			weight = *t.Weight
		}
		if weight == 0 {
			continue
		}
		target, err := b.target(t.Target)
		if err != nil {
			return nil, err
		}
		r.targets = append(r.targets, target)
		r.weights = append(r.weights, weight)
	}
	for _, list := range m.successors() {
		switch list.field {
		case "on_context_overflow":
			r.overflow = len(r.targets)
		case "on_content_policy":
			r.refused = len(r.targets)
		}
		successors, err := b.successors(list.names, nil)
		if err != nil {
			return nil, err
		}
		for _, t := range successors {
			// A target may take over for what it does not serve otherwise.
			if list.field != "fallbacks" || !slices.Contains(r.targets, t) {
				r.targets = append(r.targets, t)
			}
		}
	}
	if r.refused == 0 {
		r.refused = len(r.targets)
	}
	if n := len(r.targets); n > routing.MaxTargets {
		return nil, fmt.Errorf("there are %d targets and fallbacks; at most %d are possible", n, routing.MaxTargets)
	}
	return r, nil
}

// successors lists targets in order; a name of a model stands for its targets
// and then its own fallbacks. Circles were refused before.
func (b *routeBuilder) successors(of []string, list []*Target) ([]*Target, error) {
	for _, f := range of {
		names := []string{f}
		other := b.app.Config.Models[f]
		if other != nil {
			names = names[:0]
			for _, t := range other.Targets {
				if t.Weight == nil || *t.Weight > 0 {
					names = append(names, t.Target)
				}
			}
		}
		for _, name := range names {
			t, err := b.target(name)
			if err != nil {
				return nil, err
			}
			list = append(list, t)
		}
		if other != nil {
			var err error
			if list, err = b.successors(other.Fallbacks, list); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// target makes a target, one for each name.
func (b *routeBuilder) target(name string) (*Target, error) {
	if t, ok := b.targets[name]; ok {
		return t, nil
	}
	t, err := b.newTarget(name)
	if err != nil {
		return nil, err
	}
	t.meter = newAttemptMeter(t.provider, t.Model)
	b.targets[name] = t
	return t, nil
}

// newTarget makes a target that is not counted yet.
func (b *routeBuilder) newTarget(name string) (*Target, error) {
	provider, model, _ := strings.Cut(name, "/")
	t := &Target{Name: name, NameHeader: []string{name}, Provider: b.providers[provider], Model: model, provider: provider, label: model}
	if d, ok := t.Provider.(llm.Describer); ok {
		t.Vendor = d.Vendor()
		if m, ok := b.catalog.Lookup(t.Vendor, model); ok {
			t.Facts, t.Price, t.Ending = m.Facts(), m.Price(), endingOf(m)
		}
	}
	if s, ok := t.Provider.(llm.StreamOptionsRefuser); ok {
		t.NoStreamOptions = s.RefusesStreamOptions()
	}
	if old := b.before.known(name); old != nil && old.RefusesStreamOptions.Load() {
		t.RefusesStreamOptions.Store(true)
	}
	if p := b.app.Prices[name]; p != nil {
		price, err := ledger.NewOverride(p.rates())
		if err != nil {
			return nil, fmt.Errorf("prices.%s: %w", name, err)
		}
		t.Price = price
	}
	return t, nil
}

// single is the route of one target that is callable by its own name.
func single(label string, t *Target) *Route {
	return &Route{
		label: label, Timeout: (*ModelConfig)(nil).timeouts(), targets: []*Target{t}, weights: []int{1}, overflow: 1, refused: 1,
		retries: 2, within: 30 * time.Second,
	}
}

func (p *PriceConfig) rates() ledger.Rates {
	return ledger.Rates{
		Input: p.Input, Output: p.Output, CacheRead: p.CacheRead, CacheWrite: p.CacheWrite, Reasoning: p.Reasoning,
		AudioInput: p.AudioInput, AudioOutput: p.AudioOutput, ImageInput: p.ImageInput, ImageOutput: p.ImageOutput, AudioMinute: p.AudioMinute,
	}
}
