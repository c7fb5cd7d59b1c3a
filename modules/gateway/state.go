package gateway

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/internal/routing"
	"github.com/fairwaygw/fairway/llm"
)

// states are what is known of targets and providers from the calls so far. They
// belong to identities, not to configurations: one that keeps a target keeps
// its breaker, and one that keeps an account keeps which of its keys rest.
type states struct {
	mu          sync.Mutex
	breakers    map[string]*held[*resilience.Breaker]
	credentials map[string]*held[*resilience.Credentials]
	gauges      map[[2]string]*breakerGauge
	budget      resilience.Budget
}

// held is a state and how many configurations have it.
type held[T any] struct {
	state T
	load  routing.Load
	gauge *breakerGauge
	users int
}

// holdings are the states that a configuration has, to be given back once.
type holdings struct {
	breakers    map[string]*Target
	credentials map[string]bool
}

func newHoldings() holdings {
	return holdings{breakers: map[string]*Target{}, credentials: map[string]bool{}}
}

// adopt gives a table's targets their states, and its routes their plans.
func (s *states) adopt(a *App, t *table) error {
	settings := a.breakerSettings()
	for name, r := range t.routes {
		if err := s.plan(a, r, settings, true); err != nil {
			return fmt.Errorf("models.%s: %w", name, err)
		}
	}
	for name, r := range t.accounts {
		if err := s.plan(a, r, settings, false); err != nil {
			return fmt.Errorf("account %s: %w", name, err)
		}
	}
	for _, x := range t.exposed {
		x.states, x.settings = s, settings
	}
	for _, name := range s.known() {
		if t.routes[name] == nil {
			t.keepExposed(name)
		}
	}
	return nil
}

// known are the targets that have a breaker.
func (s *states) known() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.breakers))
}

// keepExposed keeps the breaker of a target that the configuration before has
// come to know under a pattern.
func (t *table) keepExposed(name string) {
	for _, x := range t.exposed {
		if x.matches(name) {
			x.keep(name)
			return
		}
	}
}

// plan makes a route's plan out of the states of its targets, with breakers or
// without.
func (s *states) plan(a *App, r *Route, settings resilience.Settings, breakers bool) error {
	c := routing.Config{Retries: r.retries, Within: r.within, Budget: &s.budget}
	c.Strategy, c.Sticky = strategies[r.strategy], r.sticky
	for i, t := range r.targets {
		target := t.routed(i)
		target.Credentials = s.keys(a, t)
		if breakers {
			target.Breaker, target.Load = s.breaker(a, t, settings)
		}
		switch {
		case i < len(r.weights):
			target.Weight = r.weights[i]
			c.Targets = append(c.Targets, target)
		case i < r.overflow:
			c.Fallbacks = append(c.Fallbacks, target)
		case i < r.refused:
			c.OnContext = append(c.OnContext, target)
		default:
			c.OnPolicy = append(c.OnPolicy, target)
		}
	}
	plan, err := routing.NewPlan(c)
	if err != nil {
		return err
	}
	r.plan, r.small = plan, r.smallest()
	return nil
}

// breaker is the breaker of a target, and how much it has to do.
func (s *states) breaker(a *App, t *Target, settings resilience.Settings) (*resilience.Breaker, *routing.Load) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.breakers[t.Name]
	if a.holds.breakers == nil {
		// A call in flight of a configuration that is gone: nobody would give
		// back what is made for it, and its settings hold no more.
		if h == nil {
			return resilience.NewBreaker(settings, nil), new(routing.Load)
		}
		return h.state, &h.load
	}
	if h == nil {
		gauge := s.gauge(t)
		gauge.count(resilience.Closed, 1)
		h = &held[*resilience.Breaker]{state: resilience.NewBreaker(settings, gauge.moved), gauge: gauge}
		if s.breakers == nil {
			s.breakers = map[string]*held[*resilience.Breaker]{}
		}
		s.breakers[t.Name] = h
	} else {
		h.state.Configure(time.Now(), settings)
	}
	if a.holds.breakers[t.Name] == nil {
		h.users++
		a.holds.breakers[t.Name] = t
	}
	return h.state, &h.load
}

// keys are the credentials of a target's provider.
func (s *states) keys(a *App, t *Target) *resilience.Credentials {
	id := fmt.Sprintf("%s %d", t.provider, t.Provider.Credentials())
	if i, ok := t.Provider.(llm.Identifier); ok {
		id += " " + i.Identity()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.credentials[id]
	if h == nil && a.holds.credentials == nil {
		return resilience.NewCredentials(t.Provider.Credentials())
	}
	if h == nil {
		h = &held[*resilience.Credentials]{state: resilience.NewCredentials(t.Provider.Credentials())}
		if s.credentials == nil {
			s.credentials = map[string]*held[*resilience.Credentials]{}
		}
		s.credentials[id] = h
	}
	if a.holds.credentials != nil && !a.holds.credentials[id] {
		h.users++
		a.holds.credentials[id] = true
	}
	return h.state
}

// drop gives back what the app has. Calls in flight keep the states alive that
// nobody else has any more.
func (s *states) drop(a *App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, t := range a.holds.breakers {
		if h := s.breakers[name]; h != nil {
			if h.users--; h.users <= 0 {
				delete(s.breakers, name)
				if h.gauge.count(h.state.State(), -1) == 0 {
					delete(s.gauges, [2]string{t.provider, t.label})
					breakerState.DeleteLabelValues(t.provider, t.label)
				}
			}
		}
	}
	for id := range a.holds.credentials {
		if h := s.credentials[id]; h != nil {
			if h.users--; h.users <= 0 {
				delete(s.credentials, id)
			}
		}
	}
	a.holds = holdings{} // a call in flight may still come to know a target
}

// gauge is the series that a target's breaker is seen in. It needs mu.
func (s *states) gauge(t *Target) *breakerGauge {
	key := [2]string{t.provider, t.label}
	g := s.gauges[key]
	if g == nil {
		g = &breakerGauge{gauge: breakerState.WithLabelValues(t.provider, t.label)}
		if s.gauges == nil {
			s.gauges = map[[2]string]*breakerGauge{}
		}
		s.gauges[key] = g
	}
	return g
}

// breakerSettings are the configured ones; what is left out has its default.
func (a *App) breakerSettings() resilience.Settings {
	b := a.Breaker
	if b == nil {
		return resilience.Settings{}
	}
	return resilience.Settings{
		Window: time.Duration(b.Window), MinCalls: b.MinCalls, FailureRate: b.FailureRate, Consecutive: b.Consecutive,
		OpenFor: time.Duration(b.OpenFor), Probes: b.Probes,
	}
}
