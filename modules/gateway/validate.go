package gateway

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/caddyserver/caddy/v2"

	"github.com/fairwaygw/fairway/internal/spelling"
)

// Problem is one mistake in a configuration.
type Problem struct {
	// Path is the place, as in "models.fast.targets[0].target".
	Path    string
	Message string
	// Related is the path of the other place that it has to do with, or empty.
	Related string
}

func (p Problem) Error() string { return p.Path + ": " + p.Message }

// The strategies that pick among a model's targets.
const (
	StrategyWeighted     = "weighted"
	StrategyFirst        = "first"
	StrategyLeastLatency = "least_latency"
	StrategyLeastCost    = "least_cost"
	StrategyLeastBusy    = "least_busy"
)

// Strategies lists the strategies by name.
var Strategies = []string{StrategyFirst, StrategyWeighted, StrategyLeastLatency, StrategyLeastCost, StrategyLeastBusy}

// Problems lists the mistakes that can be seen without provisioning, in a
// stable order. The Caddyfile adapter and Provision both report the first.
func (c *Config) Problems() []Problem {
	v := &validator{config: c}
	v.store()
	v.shared()
	v.providers()
	for _, name := range slices.Sorted(maps.Keys(c.Models)) {
		v.model(name, c.Models[name])
	}
	v.cycles()
	v.expose()
	v.breaker()
	v.responseState()
	v.catalog()
	for _, target := range slices.Sorted(maps.Keys(c.Prices)) {
		v.price(target, c.Prices[target])
	}
	return v.problems
}

type validator struct {
	config   *Config
	problems []Problem
}

func (v *validator) add(path, format string, args ...any) {
	v.problems = append(v.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

func (v *validator) store() {
	if s := v.config.Store; s != nil && s.Driver != "sqlite" {
		v.add("store.driver", "unknown store %q; this build has: sqlite", s.Driver)
	}
}

func (v *validator) shared() {
	switch s := v.config.Shared; {
	case s == nil:
	case s.Driver != "redis":
		v.add("shared.driver", "unknown server %q; this build has: redis", s.Driver)
	case s.URL == "":
		v.add("shared.url", "is missing")
	}
}

// leastResponseRetention is less than any conversation pauses.
const leastResponseRetention = time.Minute

func (v *validator) responseState() {
	if d := time.Duration(v.config.ResponseRetention); d > 0 && d < leastResponseRetention {
		v.add("response_retention", "answers are kept for %s; allowed: %s and more", d, leastResponseRetention)
	}
}

func (v *validator) catalog() {
	c := v.config.Catalog
	if c == nil {
		return
	}
	switch {
	case c.File == "" && c.URL == "":
		v.add("catalog", "catalog names no source; give a file or a url")
	case c.File != "" && c.URL != "":
		v.problems = append(v.problems, Problem{"catalog.url", "catalog has a file and a url; give one", "catalog.file"})
	case c.URL != "" && !strings.Contains(c.URL, "{"): // else it is looked at when it is resolved
		if err := checkURL(c.URL); err != nil {
			v.add("catalog.url", "url: %v", err)
		}
	}
	if c.Refresh >= 0 {
		v.duration("catalog.refresh", c.Refresh, time.Minute, 365*24*time.Hour)
	}
	v.duration("catalog.timeout", c.Timeout, time.Second, 10*time.Minute)
	if c.MaxSize != 0 && (c.MaxSize < LeastCatalogSize || c.MaxSize > MostCatalogSize) {
		v.add("catalog.max_size", "max_size %d is out of range; allowed: 1KiB to 256MiB", c.MaxSize)
	}
	v.count("catalog.max_loss", c.MaxLoss, 100)
	if c.MaxPriceChange != 0 && (c.MaxPriceChange < 2 || c.MaxPriceChange > 1000) {
		v.add("catalog.max_price_change", "max_price_change %d is out of range; allowed: 2 to 1000", c.MaxPriceChange)
	}
}

func (v *validator) providers() {
	folded := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(v.config.ProvidersRaw)) {
		path := "providers." + name
		if why := badName(name, "/"); why != "" {
			v.add(path, "provider name %q %s", name, why)
		}
		if other, ok := folded[strings.ToLower(name)]; ok {
			v.problems = append(v.problems, Problem{path, fmt.Sprintf("provider %q and provider %q differ only in case", name, other), "providers." + other})
		}
		folded[strings.ToLower(name)] = name
	}
	folded = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(v.config.Models)) {
		if other, ok := folded[strings.ToLower(name)]; ok {
			v.problems = append(v.problems, Problem{"models." + name, fmt.Sprintf("model %q and model %q differ only in case", name, other), "models." + other})
		}
		folded[strings.ToLower(name)] = name
	}
}

// badName says what is wrong with a name of a provider or model, or nothing.
func badName(name, forbidden string) string {
	switch {
	case name == "":
		return "is empty"
	case len(name) > 200:
		return "is longer than 200 bytes"
	case strings.Contains(name, ".."):
		return `must not contain ".."`
	case strings.ContainsAny(name, forbidden+"*?#%\\\"'{}"):
		return "must not contain any of " + forbidden + `*?#%\"'{}`
	case strings.HasPrefix(name, "prompt:"):
		return `must not begin with "prompt:", which names prompts`
	}
	for _, r := range name {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == unicode.ReplacementChar {
			return "must not contain white space or control characters"
		}
	}
	return ""
}

func (v *validator) model(name string, m *ModelConfig) {
	path := "models." + name
	if why := badName(name, ""); why != "" {
		v.add(path, "model name %q %s", name, why)
	}
	if m == nil || len(m.Targets) == 0 {
		v.add(path, "model %q has no target; write: target <provider>/<model>", name)
		return
	}
	weight := 0
	for i, t := range m.Targets {
		at := fmt.Sprintf("%s.targets[%d]", path, i)
		v.target(at+".target", fmt.Sprintf("model %q", name), t.Target)
		w := 1
		if t.Weight != nil {
			w = *t.Weight
		}
		if w < 0 || w > 1_000_000 {
			v.add(at+".weight", "weight %d is out of range; allowed: 0 to 1000000", w)
		}
		weight += max(w, 0)
	}
	if weight == 0 {
		v.add(path, "model %q has only targets of weight 0", name)
	}
	for _, list := range m.successors() {
		for i, f := range list.names {
			at := fmt.Sprintf("%s.%s[%d]", path, list.field, i)
			if _, ok := v.config.Models[f]; !ok {
				v.target(at, fmt.Sprintf("model %q", name), f)
			}
		}
	}
	if m.Strategy != "" && !slices.Contains(Strategies, m.Strategy) {
		v.add(path+".strategy", "unknown strategy %q; allowed: %s", m.Strategy, strings.Join(Strategies, ", "))
	}
	if r := m.Retry; r != nil {
		if r.Retries != nil && (*r.Retries < 0 || *r.Retries > 10) {
			v.add(path+".retry.retries", "%d retries are out of range; allowed: 0 to 10", *r.Retries)
		}
		v.duration(path+".retry.within", r.Within, time.Second, 10*time.Minute)
	}
	if t := m.Timeout; t != nil {
		v.duration(path+".timeout.connect", t.Connect, time.Millisecond, time.Minute)
		v.duration(path+".timeout.first_event", t.FirstEvent, time.Millisecond, time.Hour)
		v.duration(path+".timeout.idle", t.Idle, time.Millisecond, time.Hour)
		v.duration(path+".timeout.total", t.Total, time.Millisecond, 24*time.Hour)
	}
}

// successors are the lists of what takes over for a model, with their names in
// the configuration.
func (m *ModelConfig) successors() []struct {
	field string
	names []string
} {
	return []struct {
		field string
		names []string
	}{{"fallbacks", m.Fallbacks}, {"on_context_overflow", m.OnContextOverflow}, {"on_content_policy", m.OnContentPolicy}}
}

// duration checks a duration that may be left out.
func (v *validator) duration(path string, d caddy.Duration, least, most time.Duration) {
	if d != 0 && (time.Duration(d) < least || time.Duration(d) > most) {
		v.add(path, "%s %s is out of range; allowed: %s to %s", path[strings.LastIndexByte(path, '.')+1:], time.Duration(d), least, most)
	}
}

// target checks a reference to "provider/model" from the thing named by from.
func (v *validator) target(path, from, target string) {
	provider, model, ok := strings.Cut(target, "/")
	switch {
	case !ok:
		v.add(path, "%s refers to %q, which is no model here, and not of the form <provider>/<model>%s", from, target,
			spelling.Suggest(target, slices.Collect(maps.Keys(v.config.Models))))
	case model == "":
		v.add(path, "%s refers to %q, which names no model; write <provider>/<model>", from, target)
	default:
		if _, ok := v.config.ProvidersRaw[provider]; !ok {
			v.add(path, "%s refers to provider %q (in %q), which is not configured%s", from, provider, target,
				spelling.Suggest(provider, slices.Collect(maps.Keys(v.config.ProvidersRaw))))
		}
		if strings.ContainsFunc(model, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
			v.add(path, "%s refers to %q, whose model has white space or control characters", from, target)
		}
	}
}

// cycles reports each model whose fallbacks lead back to itself.
func (v *validator) cycles() {
	const (
		unseen = iota
		onPath
		done
	)
	state := map[string]int{}
	var path []string
	var visit func(name string)
	visit = func(name string) {
		state[name] = onPath
		path = append(path, name)
		m := v.config.Models[name]
		for i, f := range m.Fallbacks {
			if v.config.Models[f] == nil {
				continue
			}
			switch state[f] {
			case unseen:
				visit(f)
			case onPath:
				cycle := append(slices.Clone(path[slices.Index(path, f):]), f)
				v.add(fmt.Sprintf("models.%s.fallbacks[%d]", name, i), "fallbacks go in a circle: %s", strings.Join(cycle, " → "))
			}
		}
		path = path[:len(path)-1]
		state[name] = done
	}
	for _, name := range slices.Sorted(maps.Keys(v.config.Models)) {
		if v.config.Models[name] != nil && state[name] == unseen {
			visit(name)
		}
	}
}

func (v *validator) expose() {
	for i, pattern := range v.config.Expose {
		at := fmt.Sprintf("expose[%d]", i)
		body := strings.TrimSuffix(pattern, "*")
		if strings.Contains(body, "*") {
			v.add(at, "%q: a * may stand only at the end", pattern)
			continue
		}
		provider, model, ok := strings.Cut(body, "/")
		if !ok || model == "" && body == pattern {
			v.add(at, "%q is not of the form <provider>/<model> or <provider>/*", pattern)
			continue
		}
		if _, ok := v.config.ProvidersRaw[provider]; !ok {
			v.add(at, "expose %q refers to provider %q, which is not configured%s", pattern, provider,
				spelling.Suggest(provider, slices.Collect(maps.Keys(v.config.ProvidersRaw))))
		}
	}
}

func (v *validator) breaker() {
	b := v.config.Breaker
	if b == nil {
		return
	}
	v.duration("circuit_breaker.window", b.Window, time.Second, time.Hour)
	v.duration("circuit_breaker.open_for", b.OpenFor, time.Second, time.Hour)
	v.count("circuit_breaker.min_calls", b.MinCalls, 1_000_000)
	v.count("circuit_breaker.failure_rate", b.FailureRate, 100)
	v.count("circuit_breaker.probes", b.Probes, 100)
	if b.Consecutive != -1 {
		v.count("circuit_breaker.consecutive", b.Consecutive, 1000)
	}
}

// count checks a number that may be left out, which 0 means.
func (v *validator) count(path string, n, most int) {
	if n != 0 && (n < 1 || n > most) {
		v.add(path, "%s %d is out of range; allowed: 1 to %d", path[strings.LastIndexByte(path, '.')+1:], n, most)
	}
}

func (v *validator) price(target string, p *PriceConfig) {
	path := "prices." + target
	v.target(path, "the price", target)
	if p == nil || *p == (PriceConfig{}) {
		v.add(path, "the price of %q says nothing; give input and output in dollars for a million tokens", target)
		return
	}
	for _, f := range []struct{ name, value string }{
		{"input", p.Input},
		{"output", p.Output},
		{"cache_read", p.CacheRead},
		{"cache_write", p.CacheWrite},
		{"reasoning", p.Reasoning},
		{"audio_input", p.AudioInput},
		{"audio_output", p.AudioOutput},
		{"image_input", p.ImageInput},
		{"image_output", p.ImageOutput},
		{"audio_minute", p.AudioMinute},
	} {
		if f.value == "" {
			continue
		}
		if !decimal(f.value) {
			v.add(path+"."+f.name, "%q is not a price; write dollars for a million tokens as a decimal such as 0.25, at most six places", f.value)
		}
	}
}

// decimal reports whether s is a plain decimal of at most six digits before
// and six after the point.
func decimal(s string) bool {
	whole, fraction, point := strings.Cut(s, ".")
	digits := func(s string) bool {
		return s != "" && len(s) <= 6 && strings.Trim(s, "0123456789") == ""
	}
	return digits(whole) && (!point || digits(fraction))
}
