package providers

import (
	"fmt"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/fairwaygw/fairway/internal/spelling"
)

// option is one line of a block. read finds the option's name as the current
// token; what it leaves on the line is an error.
type option struct {
	name string
	read func(*caddyfile.Dispenser) error
}

// toggle is an option without a value.
func toggle(name string, to *bool) option {
	return option{name, func(*caddyfile.Dispenser) error {
		*to = true
		return nil
	}}
}

// word is an option with one value.
func word(name string, to *string) option {
	return option{name, func(d *caddyfile.Dispenser) error { return once(d, name, to) }}
}

// options are those of every account.
func (a *Account) options(style vendorStyle) []option {
	return []option{
		{"api_key", func(d *caddyfile.Dispenser) error {
			keys := d.RemainingArgs()
			if len(keys) == 0 {
				return d.Err("api_key needs a value; write {env.NAME} or {file./path}")
			}
			a.APIKeys = append(a.APIKeys, keys...)
			return nil
		}},
		{"base_url", func(d *caddyfile.Dispenser) error {
			if err := once(d, "base_url", &a.BaseURL); err != nil {
				return err
			}
			if strings.Contains(a.BaseURL, "{") {
				return nil // known when it is provisioned
			}
			_, err := parseBaseURL(a.BaseURL, style.added)
			return located(d, err)
		}},
		{"header", func(d *caddyfile.Dispenser) error {
			var name, value string
			if !d.Args(&name, &value) {
				return d.Err("write: header <name> <value>")
			}
			if err := checkHeaderName(name); err != nil {
				return located(d, err)
			}
			for other := range a.Headers {
				if strings.EqualFold(other, name) {
					return d.Errf("header %s is already set", other)
				}
			}
			if a.Headers == nil {
				a.Headers = map[string]string{}
			}
			a.Headers[name] = value
			return nil
		}},
	}
}

// parseBlock reads a provider's block, which may be missing.
func parseBlock(d *caddyfile.Dispenser, options []option) error {
	d.Next() // the type, or the preset
	kind := d.Val()
	if d.NextArg() {
		return d.Errf("unexpected %q; options stand in a block, one a line", d.Val())
	}
	for d.NextBlock(0) {
		if err := parseOption(d, kind, options); err != nil {
			return err
		}
	}
	return nil
}

func parseOption(d *caddyfile.Dispenser, kind string, options []option) error {
	var names []string
	for _, o := range options {
		if o.name != d.Val() {
			names = append(names, o.name)
			continue
		}
		if err := o.read(d); err != nil {
			return err
		}
		if d.NextArg() {
			return d.Errf("unexpected %q after %s", d.Val(), o.name)
		}
		return nil
	}
	return d.Errf("provider %s has no option %q; allowed: %s%s", kind, d.Val(), strings.Join(names, ", "), spelling.Suggest(d.Val(), names))
}

// once reads the value of an option that can stand only once.
func once(d *caddyfile.Dispenser, name string, to *string) error {
	if *to != "" {
		return d.Errf("%s is already set", name)
	}
	if !d.NextArg() || d.Val() == "" {
		return d.Errf("%s needs a value", name)
	}
	*to = d.Val()
	return nil
}

// located adds file and line to an error, if it is one.
func located(d *caddyfile.Dispenser, err error) error {
	if err == nil {
		return nil
	}
	return d.Err(fmt.Sprint(err))
}

// onceDuration reads the duration of an option that can stand only once.
func onceDuration(d *caddyfile.Dispenser, name string, to *caddy.Duration) error {
	if *to != 0 {
		return d.Errf("%s is already set", name)
	}
	if !d.NextArg() {
		return d.Errf("%s needs a duration such as 200ms or 2s", name)
	}
	v, err := caddy.ParseDuration(d.Val())
	if err != nil || v < 0 {
		return d.Errf("%s: %q is not a duration; write a number and a unit, such as 200ms or 2s", name, d.Val())
	}
	*to = caddy.Duration(v)
	return nil
}
