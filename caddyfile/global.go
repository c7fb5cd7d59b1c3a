package caddyfile

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"

	"github.com/fairwaygw/fairway/internal/spelling"
	"github.com/fairwaygw/fairway/modules/gateway"
	"github.com/fairwaygw/fairway/modules/providers"
)

// parseGlobal reads the global option. Syntax:
//
//	fairway {
//	    store sqlite [<path>]
//	    shared redis <url>
//	    provider <preset> [{ … }]
//	    provider <name> <preset>|<type> [{ … }]
//	    model <name> {
//	        target <provider>/<model> [weight <n>]
//	        fallback <provider>/<model>|<model>…
//	        on_context_overflow <provider>/<model>|<model>…
//	        on_content_policy <provider>/<model>|<model>…
//	        strategy first|weighted|least_latency|least_cost|least_busy
//	        sticky
//	        retry <n> [within <duration>]
//	        timeout [connect <d>] [first_event <d>] [idle <d>] [total <d>]
//	        strict
//	    }
//	    expose <provider>/<model>|<provider>/*…
//	    price <provider>/<model> {
//	        input|output|cache_read|cache_write|reasoning <dollars for a million tokens>
//	        audio_input|audio_output|image_input|image_output <dollars for a million tokens>
//	        audio_minute <dollars>
//	    }
//	    catalog {
//	        file <path> | url <url>
//	        refresh <duration>|off
//	        timeout <duration>
//	        max_size <size>
//	        max_loss <n>%
//	        max_price_change <n>
//	    }
//	    circuit_breaker [window <d>] [min_calls <n>] [failure_rate <n>%] [consecutive <n>|off] [open_for <d>] [probes <n>]
//	    call_log [retain <d>|forever]
//	    response_state retain <d>|off
//	}
func parseGlobal(d *caddyfile.Dispenser, existing any) (any, error) {
	g := &global{Dispenser: d, places: map[string]caddyfile.Token{}}
	d.Next() // option name
	if existing != nil {
		return nil, d.Err("the global option fairway stands twice; put everything into one block")
	}
	if d.NextArg() {
		return nil, d.ArgErr()
	}
	for d.NextBlock(0) {
		name := d.Val()
		i := slices.IndexFunc(globalOptions, func(o option) bool { return o.name == name })
		if i < 0 {
			return nil, unknown(d, "fairway", name, optionNames(globalOptions))
		}
		if err := globalOptions[i].parse(g); err != nil {
			return nil, err
		}
	}
	for _, p := range g.config.Problems() {
		return nil, g.located(p)
	}
	value, err := json.Marshal(g.config)
	if err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	return httpcaddyfile.App{Name: "fairway", Value: value}, nil
}

// global is the option as it is read. places remembers where each part of the
// configuration stands, by its path, so that a mistake that only shows when
// all is read still names a line.
type global struct {
	*caddyfile.Dispenser
	config gateway.Config
	places map[string]caddyfile.Token
}

// mark remembers the current token as the place of a path.
func (g *global) mark(path string) { g.places[path] = g.Token() }

// located turns a problem into an error that names file and line, of both
// places when two are at odds.
func (g *global) located(p gateway.Problem) error {
	message := p.Message
	if related, ok := g.place(p.Related); ok && p.Related != "" {
		message += fmt.Sprintf(" (the other is at %s:%d)", related.File, related.Line)
	}
	if t, ok := g.place(p.Path); ok {
		return fmt.Errorf("%s, at %s:%d", message, t.File, t.Line)
	}
	return fmt.Errorf("%s: %s", p.Path, message)
}

// place finds the token of a path, or of the nearest part around it.
func (g *global) place(path string) (caddyfile.Token, bool) {
	for {
		if t, ok := g.places[path]; ok {
			return t, true
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return caddyfile.Token{}, false
		}
		path = path[:i]
	}
}

// option is a subdirective of the global option.
type option struct {
	name  string
	parse func(*global) error
}

var globalOptions = []option{
	{"store", (*global).store},
	{"shared", (*global).shared},
	{"provider", (*global).provider},
	{"model", (*global).model},
	{"expose", (*global).expose},
	{"price", (*global).price},
	{"catalog", (*global).catalog},
	{"circuit_breaker", (*global).breaker},
	{"call_log", (*global).callLog},
	{"response_state", (*global).responseState},
}

func optionNames(options []option) []string {
	var names []string
	for _, o := range options {
		names = append(names, o.name)
	}
	return names
}

func (g *global) store() error {
	if g.config.Store != nil {
		return g.twice("store", "store")
	}
	g.mark("store")
	if !g.NextArg() {
		return g.Err("store needs a driver; write: store sqlite [<path>]")
	}
	g.mark("store.driver")
	s := &gateway.StoreConfig{Driver: g.Val()}
	if g.NextArg() {
		s.Path = g.Val()
	}
	g.config.Store = s
	return g.lineEnd()
}

func (g *global) shared() error {
	if g.config.Shared != nil {
		return g.twice("shared", "shared")
	}
	g.mark("shared")
	args := g.RemainingArgs()
	if len(args) != 2 {
		return g.Err("write: shared redis <url>")
	}
	g.mark("shared.driver")
	g.config.Shared = &gateway.SharedConfig{Driver: args[0], URL: args[1]}
	return nil
}

// twice reports a second definition and names the first.
func (g *global) twice(path, what string) error {
	first := g.places[path]
	return g.Errf("%s is already set at %s:%d", what, first.File, first.Line)
}

// lineEnd refuses anything more on the line.
func (g *global) lineEnd() error {
	if g.NextArg() {
		return g.Errf("unexpected %q", g.Val())
	}
	return nil
}

func (g *global) provider() error {
	args := g.RemainingArgs()
	if len(args) == 0 || len(args) > 2 {
		return g.Err("write: provider <preset> or: provider <name> <preset or type>")
	}
	name := args[0]
	// Two names that differ only in case would be one to some callers.
	for other := range g.config.ProvidersRaw {
		if strings.EqualFold(other, name) {
			return g.twice("providers."+other, fmt.Sprintf("provider %q", other))
		}
	}
	g.mark("providers." + name)
	kind := args[len(args)-1]
	preset, isPreset := providers.Preset(kind)
	if isPreset {
		kind = preset.Type
	} else if len(args) == 1 {
		return g.Errf("provider %q is no preset, so it needs a type: provider %s <type> (types: %s)%s",
			name, name, strings.Join(providerTypes(), ", "), spelling.Suggest(name, presetNames()))
	}
	id := "fairway.providers." + kind
	if _, err := caddy.GetModule(id); err != nil {
		return g.Errf("unknown provider type %q; it is no preset either; types: %s%s",
			kind, strings.Join(providerTypes(), ", "), spelling.Suggest(kind, slices.Concat(presetNames(), providerTypes())))
	}
	guest, err := caddyfile.UnmarshalModule(g.Dispenser, id)
	if err != nil {
		return err
	}
	if m, ok := guest.(interface{ Missing() string }); ok {
		if option := m.Missing(); option != "" && (!isPreset || option == preset.Needs) {
			return g.Errf("provider %q of type %s needs the option %s", name, kind, option)
		}
	}
	raw := caddyconfig.JSONModuleObject(guest, "type", kind, nil)
	if isPreset {
		if raw, err = preset.Complete(raw); err != nil {
			return g.WrapErr(err)
		}
	}
	if g.config.ProvidersRaw == nil {
		g.config.ProvidersRaw = map[string]json.RawMessage{}
	}
	g.config.ProvidersRaw[name] = raw
	return nil
}

func presetNames() []string {
	var names []string
	for _, p := range providers.AllPresets() {
		names = append(names, p.Name)
	}
	return names
}

func providerTypes() []string {
	var names []string
	for _, m := range caddy.GetModules("fairway.providers") {
		names = append(names, m.ID.Name())
	}
	return names
}

func (g *global) expose() error {
	args := g.RemainingArgs()
	if len(args) == 0 {
		return g.ArgErr()
	}
	for _, a := range args {
		g.mark(fmt.Sprintf("expose[%d]", len(g.config.Expose)))
		g.config.Expose = append(g.config.Expose, a)
	}
	return nil
}

var priceFields = []string{
	"input", "output", "cache_read", "cache_write", "reasoning",
	"audio_input", "audio_output", "image_input", "image_output", "audio_minute",
}

func (g *global) price() error {
	if !g.NextArg() {
		return g.Err("write: price <provider>/<model> { input <dollars> output <dollars> }")
	}
	target := g.Val()
	path := "prices." + target
	if g.config.Prices[target] != nil {
		return g.twice(path, fmt.Sprintf("the price of %q", target))
	}
	g.mark(path)
	if err := g.lineEnd(); err != nil {
		return err
	}
	p := &gateway.PriceConfig{}
	fields := map[string]*string{
		"input": &p.Input, "output": &p.Output, "cache_read": &p.CacheRead, "cache_write": &p.CacheWrite, "reasoning": &p.Reasoning,
		"audio_input": &p.AudioInput, "audio_output": &p.AudioOutput, "image_input": &p.ImageInput, "image_output": &p.ImageOutput,
		"audio_minute": &p.AudioMinute,
	}
	for nesting := g.Nesting(); g.NextBlock(nesting); {
		name := g.Val()
		field, ok := fields[name]
		if !ok {
			return unknown(g.Dispenser, "price", name, priceFields)
		}
		if *field != "" {
			return g.twice(path+"."+name, name)
		}
		g.mark(path + "." + name)
		if !g.NextArg() {
			return g.ArgErr()
		}
		*field = strings.TrimPrefix(g.Val(), "$")
		if err := g.lineEnd(); err != nil {
			return err
		}
	}
	if g.config.Prices == nil {
		g.config.Prices = map[string]*gateway.PriceConfig{}
	}
	g.config.Prices[target] = p
	return nil
}

func (g *global) callLog() error {
	g.mark("call_retention")
	for g.NextArg() {
		if g.Val() != "retain" {
			return unknown(g.Dispenser, "call_log", g.Val(), []string{"retain"})
		}
		if !g.NextArg() {
			return g.ArgErr()
		}
		if g.Val() == "forever" {
			g.config.CallRetention = -1
			continue
		}
		d, err := duration(g.Dispenser, "retain")
		if err != nil {
			return err
		}
		if d == 0 {
			return g.Err("retain 0 would keep nothing; leave call_log out for the default of 30d")
		}
		g.config.CallRetention = d
	}
	return nil
}

func (g *global) responseState() error {
	if g.config.ResponseRetention != 0 {
		return g.twice("response_retention", "response_state")
	}
	g.mark("response_retention")
	if !g.NextArg() {
		return g.Err("write: response_state retain <duration> or: response_state off")
	}
	switch g.Val() {
	case "off":
		g.config.ResponseRetention = -1
		return g.lineEnd()
	case "retain":
	default:
		return unknown(g.Dispenser, "response_state", g.Val(), []string{"off", "retain"})
	}
	if !g.NextArg() {
		return g.ArgErr()
	}
	d, err := duration(g.Dispenser, "retain")
	if err != nil {
		return err
	}
	g.config.ResponseRetention = d
	if d == 0 {
		return g.Err("retain 0 would keep nothing; write: response_state off")
	}
	return g.lineEnd()
}
