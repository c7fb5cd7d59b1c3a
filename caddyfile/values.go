package caddyfile

import (
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/fairwaygw/fairway/internal/spelling"
	"github.com/fairwaygw/fairway/modules/gateway"
)

// unknown reports a word that is none of the allowed ones.
func unknown(d *caddyfile.Dispenser, where, word string, allowed []string) error {
	return d.Errf("%s has no option %q; allowed: %s%s", where, word, strings.Join(allowed, ", "), spelling.Suggest(word, allowed))
}

// durationArg reads the next argument as a duration.
func durationArg(d *caddyfile.Dispenser, name string) (caddy.Duration, error) {
	if !d.NextArg() {
		return 0, d.Errf("%s needs a duration such as 500ms, 30s, 5m, 2h or 1d", name)
	}
	return duration(d, name)
}

// duration reads the current token as a duration.
func duration(d *caddyfile.Dispenser, name string) (caddy.Duration, error) {
	v, err := caddy.ParseDuration(d.Val())
	if err != nil || v < 0 {
		return 0, d.Errf("%s: %q is not a duration; write a number and a unit, such as 500ms, 30s, 5m, 2h or 1d", name, d.Val())
	}
	return caddy.Duration(v), nil
}

// number reads the next argument as a whole number within bounds.
func number(d *caddyfile.Dispenser, name string, least, most int) (int, error) {
	if !d.NextArg() {
		return 0, d.Errf("%s needs a number from %d to %d", name, least, most)
	}
	n, err := strconv.Atoi(d.Val())
	if err != nil || n < least || n > most {
		return 0, d.Errf("%s: %q is not a number from %d to %d", name, d.Val(), least, most)
	}
	return n, nil
}

// percent reads the next argument as a percentage such as 50%.
func percent(d *caddyfile.Dispenser, name string) (int, error) {
	if !d.NextArg() {
		return 0, d.Errf("%s needs a percentage from 1%% to 100%%", name)
	}
	digits, ok := strings.CutSuffix(d.Val(), "%")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 || n > 100 {
		return 0, d.Errf("%s: %q is not a percentage from 1%% to 100%%", name, d.Val())
	}
	return n, nil
}

// namedDuration is an option whose value is a duration.
type namedDuration struct {
	name string
	to   *caddy.Duration
}

// durations reads "name duration" pairs to the end of the line, or one a line
// in a block.
func (g *global) durations(where, path string, fields []namedDuration) error {
	return g.pairs(where, func(name string) (bool, error) {
		for _, f := range fields {
			if f.name != name {
				continue
			}
			if *f.to != 0 {
				return true, g.twice(path+"."+name, name)
			}
			g.mark(path + "." + name)
			v, err := durationArg(g.Dispenser, name)
			if err == nil && v == 0 {
				err = g.Errf("%s must be more than 0", name)
			}
			*f.to = v
			return true, err
		}
		return false, nil
	}, func() []string {
		var names []string
		for _, f := range fields {
			names = append(names, f.name)
		}
		return names
	}())
}

// pairs hands each option name, on the line or in the block that follows, to
// read, which reports whether it knows it.
func (g *global) pairs(where string, read func(name string) (bool, error), names []string) error {
	one := func() error {
		name := g.Val()
		known, err := read(name)
		if err == nil && !known {
			err = unknown(g.Dispenser, where, name, names)
		}
		return err
	}
	some := false
	for g.NextArg() {
		some = true
		if err := one(); err != nil {
			return err
		}
	}
	for nesting := g.Nesting(); g.NextBlock(nesting); {
		some = true
		if err := one(); err != nil {
			return err
		}
		if err := g.lineEnd(); err != nil {
			return err
		}
	}
	if !some {
		return g.Errf("%s says nothing; it takes: %s", where, strings.Join(names, ", "))
	}
	return nil
}

func (g *global) breaker() error {
	if g.config.Breaker != nil {
		return g.twice("circuit_breaker", "circuit_breaker")
	}
	g.mark("circuit_breaker")
	b := &gateway.BreakerConfig{}
	err := g.pairs("circuit_breaker", func(name string) (known bool, err error) {
		g.mark("circuit_breaker." + name)
		switch name {
		case "window":
			b.Window, err = durationArg(g.Dispenser, name)
			if err == nil && b.Window == 0 {
				err = g.Err("window: 0s is out of range; allowed: 1s to 1h0m0s")
			}
		case "open_for":
			b.OpenFor, err = durationArg(g.Dispenser, name)
			if err == nil && b.OpenFor == 0 {
				err = g.Err("open_for: 0s is out of range; allowed: 1s to 1h0m0s")
			}
		case "min_calls":
			b.MinCalls, err = number(g.Dispenser, name, 1, 1_000_000)
		case "probes":
			b.Probes, err = number(g.Dispenser, name, 1, 100)
		case "failure_rate":
			b.FailureRate, err = percent(g.Dispenser, name)
		case "consecutive":
			if g.NextArg() && g.Val() == "off" {
				b.Consecutive = -1
				break
			}
			g.Prev()
			if b.Consecutive, err = number(g.Dispenser, name, 1, 1000); err != nil {
				err = g.Errf("%s: write a number from 1 to 1000, or off", name)
			}
		default:
			return false, nil
		}
		return true, err
	}, []string{"window", "min_calls", "failure_rate", "consecutive", "open_for", "probes"})
	g.config.Breaker = b
	return err
}
