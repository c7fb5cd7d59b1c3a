package gateway

import (
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"github.com/fairwaygw/fairway/internal/resilience"
)

// exposure is a pattern under which a provider's models are callable by
// "provider/model". Callers choose the names, so little is kept for them: a
// route of its own, with a breaker, has only a model that has answered, and in
// metrics all stand under the pattern.
type exposure struct {
	// pattern is "provider/prefix*", prefix all before the star.
	pattern, prefix, provider string
	app                       *App
	builder                   *routeBuilder
	meter                     *attemptMeter

	// states and settings are there once the app is open.
	states   *states
	settings resilience.Settings
	// common is the state that models share which have not answered yet.
	common sync.Once
	shared *Route

	routes sync.Map // name → *Route
	kept   atomic.Int64
}

// maxKept bounds the routes that are kept for a pattern.
const maxKept = 1024

func newExposure(a *App, b *routeBuilder, pattern, prefix, provider string) (*exposure, error) {
	_, label, _ := strings.Cut(pattern, "/")
	x := &exposure{pattern: pattern, prefix: prefix, provider: provider, app: a, builder: b, meter: newAttemptMeter(provider, label)}
	t, err := b.newTarget(pattern)
	if err != nil {
		return nil, err
	}
	x.shared = single(pattern, t)
	return x, nil
}

func (x *exposure) matches(name string) bool {
	return len(name) > len(x.prefix) && strings.HasPrefix(name, x.prefix) && sane(name)
}

// sane tells a name that a provider may have given from one that is made to
// lead elsewhere.
func sane(name string) bool {
	if len(name) > 256 || strings.Contains(name, "..") || strings.Contains(name, "//") {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar || strings.ContainsRune(`?#%\`, r)
	})
}

// route finds or makes the route of a name that matches; nil when it cannot
// be made.
func (x *exposure) route(name string) *Route {
	if r, ok := x.routes.Load(name); ok {
		return r.(*Route)
	}
	t, err := x.builder.newTarget(name)
	if err != nil {
		return nil
	}
	t.meter = x.meter
	r := single(x.pattern, t)
	r.exposure = x
	x.common.Do(func() { err = x.states.plan(x.app, x.shared, x.settings) })
	if err != nil || x.shared.plan == nil {
		return nil
	}
	// The shared target stands under the same index.
	r.plan = x.shared.plan
	return r
}

// Answered tells that the model behind a route exists.
func (r *Route) Answered() {
	x := r.exposure
	if x == nil || x.kept.Load() >= maxKept {
		return
	}
	t := r.targets[0]
	own := single(x.pattern, t)
	if err := x.states.plan(x.app, own, x.settings); err != nil {
		return // the shared state goes on to serve
	}
	if _, loaded := x.routes.LoadOrStore(t.Name, own); !loaded {
		x.kept.Add(1)
	}
}
