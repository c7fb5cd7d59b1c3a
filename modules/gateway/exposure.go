package gateway

import (
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"github.com/fairwaygw/fairway/internal/resilience"
)

// exposure is a pattern under which a provider's models are callable by
// "provider/model". Callers choose the names, so nothing is kept for a model
// until it has answered, and in metrics all stand under the pattern.
type exposure struct {
	// pattern is "provider/prefix*", prefix all before the star.
	pattern, prefix, provider string
	app                       *App
	builder                   *routeBuilder
	meter                     *attemptMeter
	// label stands for all its models in metrics.
	label string

	// states and settings are there once the app is open.
	states   *states
	settings resilience.Settings

	routes sync.Map // name → *Route
	kept   atomic.Int64
}

// maxKept bounds the routes that are kept for a pattern.
const maxKept = 1024

func newExposure(a *App, b *routeBuilder, pattern, prefix, provider string) *exposure {
	_, label, _ := strings.Cut(pattern, "/")
	return &exposure{pattern: pattern, prefix: prefix, provider: provider, app: a, builder: b, meter: newAttemptMeter(provider, label), label: label}
}

// matches reports whether the pattern covers a name. The star also stands for
// nothing: "openai/gpt-5*" covers gpt-5 itself.
func (x *exposure) matches(name string) bool {
	return strings.HasPrefix(name, x.prefix) && len(name) > len(x.provider)+len("/") && sane(name)
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
// be made. A model that has not answered yet has no breaker: a made-up name
// could open no other's, and one of its own would be kept for nothing.
func (x *exposure) route(name string) *Route {
	if r, ok := x.routes.Load(name); ok {
		return r.(*Route)
	}
	r, err := x.newRoute(name)
	if err != nil {
		return nil
	}
	r.exposure = x
	if err := x.states.plan(x.app, r, x.settings, false); err != nil {
		return nil
	}
	return r
}

func (x *exposure) newRoute(name string) (*Route, error) {
	t, err := x.builder.newTarget(name)
	if err != nil {
		return nil, err
	}
	t.meter, t.label = x.meter, x.label
	return single(x.pattern, t), nil
}

// keep gives the model of a name a route that stays, with a breaker.
func (x *exposure) keep(name string) {
	if x.kept.Load() >= maxKept {
		return
	}
	r, err := x.newRoute(name)
	if err != nil {
		return
	}
	if err := x.states.plan(x.app, r, x.settings, true); err != nil {
		return
	}
	if _, loaded := x.routes.LoadOrStore(name, r); !loaded {
		x.kept.Add(1)
	}
}

// Answered tells that the model behind a route exists.
func (r *Route) Answered() {
	if x := r.exposure; x != nil {
		x.keep(r.targets[0].Name)
	}
}
