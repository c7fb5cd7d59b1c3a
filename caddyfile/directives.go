package caddyfile

import (
	"encoding/json"
	"slices"

	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/dustin/go-humanize"

	"github.com/fairwaygw/fairway/modules/aigateway"
	"github.com/fairwaygw/fairway/modules/gateway"
	"github.com/fairwaygw/fairway/modules/health"
	"github.com/fairwaygw/fairway/modules/subscription"
)

// parseSubscription reads the directive. Syntax:
//
//	subscription [<matcher>] [[<tenant>/]<api>] {
//	    query_key
//	}
func parseSubscription(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	s := new(subscription.Handler)
	h.Next() // directive name
	if h.NextArg() {
		s.API = h.Val()
		if err := s.Validate(); err != nil {
			return nil, h.WrapErr(err)
		}
		if h.NextArg() {
			return nil, h.Errf("subscription takes one API, and has %q beside it", h.Val())
		}
	}
	for h.NextBlock(0) {
		known, err := subscriptionOption(h.Dispenser, s)
		if err != nil {
			return nil, err
		}
		if !known {
			return nil, unknown(h.Dispenser, "subscription", h.Val(), []string{"query_key"})
		}
	}
	return s, nil
}

func subscriptionOption(d *caddyfile.Dispenser, s *subscription.Handler) (known bool, err error) {
	if d.Val() != "query_key" {
		return false, nil
	}
	s.QueryKey = true
	if d.NextArg() {
		err = d.ArgErr()
	}
	return true, err
}

// parseAIGateway reads the directive. Syntax:
//
//	ai_gateway [<matcher>] {
//	    public
//	    max_body <size>
//	    passthrough <provider>...
//	}
func parseAIGateway(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	g := new(aigateway.Handler)
	h.Next() // directive name
	if h.NextArg() {
		return nil, h.Errf("ai_gateway takes no argument, but has %q", h.Val())
	}
	for h.NextBlock(0) {
		known, err := aiGatewayOption(h.Dispenser, g)
		if err != nil {
			return nil, err
		}
		if !known {
			return nil, unknown(h.Dispenser, "ai_gateway", h.Val(), aiGatewayOptions)
		}
	}
	return g, nil
}

// aiGatewayOptions are those of the AI gateway.
var aiGatewayOptions = []string{"public", "max_body", "passthrough"}

func aiGatewayOption(d *caddyfile.Dispenser, g *aigateway.Handler) (known bool, err error) {
	switch d.Val() {
	case "public":
		g.Public = true
	case "max_body":
		if !d.NextArg() {
			return true, d.ArgErr()
		}
		size, err := humanize.ParseBytes(d.Val())
		if err != nil || size < aigateway.LeastMaxBody || size > aigateway.MostMaxBody {
			return true, d.Errf("max_body: %q is not a size from 1KiB to 1GiB, such as 512KiB, 32MiB or 1GB", d.Val())
		}
		g.MaxBody = int64(size)
	case "passthrough":
		names := d.RemainingArgs()
		if len(names) == 0 {
			return true, d.ArgErr()
		}
		for _, name := range names {
			if slices.Contains(g.Passthrough, name) {
				return true, d.Errf("passthrough: %s is there twice", name)
			}
			g.Passthrough = append(g.Passthrough, name)
		}
	default:
		return false, nil
	}
	if d.NextArg() {
		return true, d.ArgErr()
	}
	if g.Public && len(g.Passthrough) > 0 {
		return true, d.Err("passthrough cannot stand beside public, which would give the accounts to everybody")
	}
	return true, nil
}

// parseHealth reads the directive. Syntax:
//
//	fairway_health [<matcher>]
func parseHealth(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
	h.Next() // directive name
	if h.NextArg() {
		return nil, h.ArgErr()
	}
	for h.NextBlock(0) {
		return nil, h.Errf("fairway_health has no option %q", h.Val())
	}
	return new(health.Handler), nil
}

// parseShortcut reads the directive that mounts everything at its usual place.
// Syntax:
//
//	fairway {
//	    public
//	    max_body <size>
//	    passthrough <provider>...
//	    query_key
//	}
func parseShortcut(h httpcaddyfile.Helper) ([]httpcaddyfile.ConfigValue, error) {
	g, s := new(aigateway.Handler), new(subscription.Handler)
	h.Next() // directive name
	if h.NextArg() {
		return nil, h.Errf("fairway takes no argument, but has %q; mount the single handlers where paths differ", h.Val())
	}
	for h.NextBlock(0) {
		known, err := aiGatewayOption(h.Dispenser, g)
		if err == nil && !known {
			known, err = subscriptionOption(h.Dispenser, s)
		}
		if err != nil {
			return nil, err
		}
		if !known {
			return nil, unknown(h.Dispenser, "fairway", h.Val(), append(slices.Clip(aiGatewayOptions), "query_key"))
		}
	}
	guarded := []json.RawMessage{
		caddyconfig.JSONModuleObject(s, "handler", "subscription", nil),
		caddyconfig.JSONModuleObject(g, "handler", "ai_gateway", nil),
	}
	if g.Public {
		guarded = guarded[1:]
	}
	// Routes of the site's own list: a list of routes inside of one is compiled
	// anew for each request.
	route := func(paths []string, handlers ...json.RawMessage) httpcaddyfile.ConfigValue {
		return httpcaddyfile.ConfigValue{Class: "route", Value: caddyhttp.Route{
			MatcherSetsRaw: caddyhttp.RawMatcherSets{{"path": caddyconfig.JSON(paths, nil)}},
			HandlersRaw:    handlers,
			Terminal:       true,
		}}
	}
	return []httpcaddyfile.ConfigValue{
		route(gateway.AIPaths, guarded...),
		route(gateway.HealthPaths, caddyconfig.JSONModuleObject(new(health.Handler), "handler", "fairway_health", nil)),
	}, nil
}
