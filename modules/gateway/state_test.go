package gateway

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/internal/routing"
	"github.com/fairwaygw/fairway/llm"
)

// breakerSeries are the values of the breakers' gauges of a provider, by model.
func breakerSeries(t *testing.T, provider string) map[string]resilience.State {
	t.Helper()
	registry := prometheus.NewRegistry()
	if err := registry.Register(breakerState); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := map[string]resilience.State{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["provider"] == provider {
				series[labels["model"]] = resilience.State(m.GetGauge().GetValue())
			}
		}
	}
	return series
}

// openBreaker opens the breaker of a target.
func openBreaker(t *testing.T, a *App, name string) {
	t.Helper()
	breaker(t, a, name).Open(time.Now())
}

func breaker(t *testing.T, a *App, name string) *resilience.Breaker {
	t.Helper()
	s := &a.engine.Load().states
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.breakers[name]
	if h == nil {
		t.Fatalf("%s has no breaker", name)
	}
	return h.state
}

// attempts are the targets at which a call would be tried, all failing.
func attempts(r *Route, class llm.Class) (list []string) {
	run := r.Plan().Start(time.Now(), routing.Need{}, func() float64 { return 0 })
	defer run.End()
	var failed *llm.Error
	for {
		pick, stop := run.Next(time.Now(), failed)
		if stop != nil {
			return list
		}
		list = append(list, fmt.Sprintf("%s %d", r.Target(pick.Target).Name, pick.Credential))
		failed = &llm.Error{Class: class, Status: 401}
	}
}

// TestStatesOutliveReloads holds that a configuration that comes takes over
// what the one before knew of the same targets and accounts, and that what
// nobody has any more is forgotten, with its series.
func TestStatesOutliveReloads(t *testing.T) {
	t.Parallel()
	const (
		before = `{"providers":{"st":{"type":"simulator"}},"models":{"m":{"targets":[{"target":"st/kept"}],"fallbacks":["st/dropped"]}}}`
		after  = `{"providers":{"st":{"type":"simulator"}},"models":{"other":{"targets":[{"target":"st/kept"},{"target":"st/fresh"}]}},"circuit_breaker":{"open_for":"1h"}}`
	)
	store := newStorePath(t)
	first := startedApp(t, before, store)
	openBreaker(t, first, "st/kept")
	openBreaker(t, first, "st/dropped")

	second := startedApp(t, after, store)
	if first.engine.Load() != second.engine.Load() {
		t.Fatal("there are two engines for one store")
	}
	want := map[string]resilience.State{"kept": resilience.Open, "dropped": resilience.Open, "fresh": resilience.Closed}
	if got := breakerSeries(t, "st"); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the series are %v", got)
	}
	cleanup(t, first)
	delete(want, "dropped")
	if got := breakerSeries(t, "st"); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("after the first has gone the series are %v", got)
	}
	if got := attempts(second.Resolve("other"), llm.ClassServer); len(got) == 0 || got[0] != "st/fresh 0" {
		t.Errorf("the attempts are %v", got)
	}
	// Once it is there again, it begins anew.
	third := startedApp(t, before, store)
	if s := breaker(t, third, "st/dropped").State(); s != resilience.Closed {
		t.Errorf("a breaker that nobody had is %s", s)
	}
	cleanup(t, second)
	cleanup(t, third)
	if got := breakerSeries(t, "st"); len(got) != 0 {
		t.Errorf("the series of nobody are %v", got)
	}
}

// TestCredentialsBelongToAccounts holds that keys that rest still do after a
// reload, unless the account is another.
func TestCredentialsBelongToAccounts(t *testing.T) {
	t.Parallel()
	config := func(address string, keys int) string {
		list := ""
		for i := range keys {
			list += fmt.Sprintf(`,"{env.PATH}%d"`, i)
		}
		return fmt.Sprintf(`{"providers":{"h":{"type":"openai_compatible","base_url":"http://%s/v1","api_keys":[%s]}},"models":{"m":{"targets":[{"target":"h/x"}]}}}`, address, list[1:])
	}
	store := newStorePath(t)
	first := startedApp(t, config("127.0.0.1:9", 1), store)
	holder := func(a *App) *resilience.Credentials {
		s := &a.engine.Load().states
		return s.keys(a, a.Resolve("m").targets[0])
	}
	holder(first).Failed(time.Now(), 0, "x", llm.ClassCredential, 0)
	for name, c := range map[string]struct {
		config string
		rests  int
	}{
		"the same":        {config("127.0.0.1:9", 1), 1},
		"another address": {config("127.0.0.2:9", 1), 0},
		"more keys":       {config("127.0.0.1:9", 2), 0},
	} {
		second := startedApp(t, c.config, store)
		if got := holder(second).Resting(time.Now()); len(got) != c.rests {
			t.Errorf("%s: the keys that rest are %v", name, got)
		}
		cleanup(t, second)
	}
	states := &first.engine.Load().states
	states.mu.Lock()
	defer states.mu.Unlock()
	if len(states.credentials) != 1 {
		t.Errorf("there are %d accounts", len(states.credentials))
	}
}

// TestBreakerGaugeShowsTheWorst holds that breakers which share a series are
// seen as the worst of them.
func TestBreakerGaugeShowsTheWorst(t *testing.T) {
	t.Parallel()
	const config = `{"providers":{"worst":{"type":"simulator"}},"expose":["worst/*"]}`
	a := startedApp(t, config)
	for _, name := range []string{"worst/a", "worst/b"} {
		a.Resolve(name).Answered()
	}
	show := func(want resilience.State) {
		t.Helper()
		if got := breakerSeries(t, "worst"); len(got) != 1 || got["*"] != want {
			t.Errorf("the series are %v, want %s", got, want)
		}
	}
	show(resilience.Closed)
	openBreaker(t, a, "worst/a")
	show(resilience.Open)
	openBreaker(t, a, "worst/b")
	breaker(t, a, "worst/a").Close(time.Now())
	show(resilience.Open)
	breaker(t, a, "worst/b").Close(time.Now())
	show(resilience.Closed)
	cleanup(t, a)
	if got := breakerSeries(t, "worst"); len(got) != 0 {
		t.Errorf("the series of nobody are %v", got)
	}
}

// TestSettingsFollowTheConfiguration holds that a breaker that is kept takes
// the settings of the configuration that comes.
func TestSettingsFollowTheConfiguration(t *testing.T) {
	t.Parallel()
	config := func(consecutive int) string {
		return fmt.Sprintf(`{"providers":{"set":{"type":"simulator"}},"models":{"m":{"targets":[{"target":"set/x"}]}},"circuit_breaker":{"consecutive":%d}}`, consecutive)
	}
	store := newStorePath(t)
	first := startedApp(t, config(100), store)
	b := breaker(t, first, "set/x")
	fail(b, 2)
	if b.State() != resilience.Closed {
		t.Fatal("the breaker opened")
	}
	second := startedApp(t, config(3), store)
	fail(b, 1)
	if b.State() != resilience.Open || breaker(t, second, "set/x") != b {
		t.Error("the new settings do not hold")
	}
}

// fail lets calls at a target fail.
func fail(b *resilience.Breaker, n int) {
	for range n {
		if p, ok := b.Allow(time.Now()); ok {
			p.Done(time.Now(), resilience.Failure)
		}
	}
}
