package gateway

import (
	"fmt"
	"slices"
	"testing"

	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/llm"
)

// TestExposedModelsAreKeptOnceTheyAnswered holds that a made-up name leaves
// nothing behind, and one that answered has a breaker of its own.
func TestExposedModelsAreKeptOnceTheyAnswered(t *testing.T) {
	t.Parallel()
	a := startedApp(t, `{"providers":{"x":{"type":"simulator"}},"expose":["x/*","x/e*","x/named"]}`)
	states := &a.engine.Load().states
	for i := range 100 {
		if a.Resolve(fmt.Sprintf("x/made-up-%d", i)) == nil {
			t.Fatal("it is not callable")
		}
	}
	if known := states.known(); !slices.Equal(known, []string{"x/named"}) {
		t.Errorf("the breakers are those of %v", known)
	}
	r := a.Resolve("x/echo")
	r.Answered()
	kept := a.Resolve("x/echo")
	if kept == r || kept != a.Resolve("x/echo") {
		t.Error("it is not kept")
	}
	kept.Answered() // once more is no matter
	if known := states.known(); !slices.Equal(known, []string{"x/echo", "x/named"}) {
		t.Errorf("the breakers are those of %v", known)
	}
	// What fails is shut off alone.
	openBreaker(t, a, "x/echo")
	if got := attempts(a.Resolve("x/echo"), llm.ClassCallerFault); len(got) != 0 {
		t.Errorf("it is tried: %v", got)
	}
	for _, name := range []string{"x/other", "x/named"} {
		if got := attempts(a.Resolve(name), llm.ClassCallerFault); len(got) != 1 {
			t.Errorf("%s is tried: %v", name, got)
		}
	}
}

// TestExposuresAreBounded holds that callers cannot make the gateway keep
// routes without end, and that one pattern does not use up another's room.
func TestExposuresAreBounded(t *testing.T) {
	t.Parallel()
	a := startedApp(t, `{"providers":{"many":{"type":"simulator"},"few":{"type":"simulator"}},"expose":["many/*","few/*"]}`)
	for i := range maxKept + 10 {
		a.Resolve(fmt.Sprintf("many/m%d", i)).Answered()
	}
	count := 0
	a.table.Load().exposed[0].routes.Range(func(any, any) bool { count++; return true })
	if n := len(a.engine.Load().states.known()); count != maxKept || n != maxKept {
		t.Errorf("%d routes and %d breakers are kept", count, n)
	}
	if a.Resolve("many/one-more") == nil {
		t.Error("what is not kept is not callable")
	}
	a.Resolve("few/m").Answered()
	if r := a.Resolve("few/m"); r.exposure != nil {
		t.Error("another pattern has no room")
	}
	if got := breakerSeries(t, "many"); len(got) != 1 {
		t.Errorf("the series are %v", got)
	}
}

// TestExposedModelsOutliveReloads holds that the breaker of a model that the
// configuration before came to know stays, under whatever pattern.
func TestExposedModelsOutliveReloads(t *testing.T) {
	t.Parallel()
	store := newStorePath(t)
	first := startedApp(t, `{"providers":{"live":{"type":"simulator"}},"expose":["live/*"]}`, store)
	for _, name := range []string{"live/a", "live/b"} {
		first.Resolve(name).Answered()
		openBreaker(t, first, name)
	}
	second := startedApp(t, `{"providers":{"live":{"type":"simulator"}},"models":{"m":{"targets":[{"target":"live/b"}]}},"expose":["live/a*"]}`, store)
	cleanup(t, first)
	for _, name := range []string{"live/a", "m"} {
		if got := attempts(second.Resolve(name), llm.ClassServer); len(got) != 0 {
			t.Errorf("%s is tried: %v", name, got)
		}
	}
	if r := second.Resolve("live/a"); r.exposure != nil {
		t.Error("the route is not kept")
	}
}

// TestCallsOfConfigurationsThatAreGone holds that a call in flight of one leaves
// nothing that nobody would give back, nor changes what others have.
func TestCallsOfConfigurationsThatAreGone(t *testing.T) {
	t.Parallel()
	const other = `{"providers":{"stay":{"type":"simulator"}},"models":{"m":{"targets":[{"target":"stay/x"}]}}}`
	store := newStorePath(t)
	first := startedApp(t, `{"providers":{"gone":{"type":"simulator"},"stay":{"type":"simulator"}},"expose":["gone/*","stay/*"],"circuit_breaker":{"consecutive":-1}}`, store)
	call, route := opened(t, first, "gone/echo")
	second := startedApp(t, other, store)
	engine := second.engine.Load()
	if err := first.Cleanup(); err != nil {
		t.Fatal(err)
	}
	route.Answered()
	first.Resolve("gone/new").Answered()
	first.Resolve("stay/x").Answered()
	call.End()
	if known := engine.states.known(); !slices.Equal(known, []string{"stay/x"}) {
		t.Errorf("the breakers are those of %v", known)
	}
	if n := len(engine.states.credentials); n != 1 {
		t.Errorf("there are %d accounts", n)
	}
	if got := breakerSeries(t, "gone"); len(got) != 0 {
		t.Errorf("the series are %v", got)
	}
	b := breaker(t, second, "stay/x")
	if fail(b, 5); b.State() != resilience.Open {
		t.Error("the settings are those of the configuration that is gone")
	}
	first.engine.Store(nil)
}
