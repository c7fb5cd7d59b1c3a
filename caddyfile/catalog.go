package caddyfile

import (
	"github.com/caddyserver/caddy/v2"
	"github.com/dustin/go-humanize"

	"github.com/fairwaygw/fairway/modules/gateway"
)

// catalog reads where newer facts about models are from.
func (g *global) catalog() error {
	if g.config.Catalog != nil {
		return g.twice("catalog", "catalog")
	}
	g.mark("catalog")
	c := &gateway.CatalogConfig{}
	g.config.Catalog = c
	seen := map[string]bool{}
	return g.pairs("catalog", func(name string) (known bool, err error) {
		if seen[name] {
			return true, g.twice("catalog."+name, name)
		}
		seen[name] = true
		g.mark("catalog." + name)
		switch name {
		case "file":
			c.File, err = g.word(name, "a path")
		case "url":
			c.URL, err = g.word(name, "an address")
		case "refresh":
			err = g.refresh(c)
		case "timeout":
			c.Timeout, err = durationArg(g.Dispenser, name)
			if err == nil && c.Timeout == 0 {
				err = g.Err("timeout: 0s is out of range; allowed: 1s to 10m0s")
			}
		case "max_size":
			err = g.catalogSize(c)
		case "max_loss":
			c.MaxLoss, err = percent(g.Dispenser, name)
		case "max_price_change":
			c.MaxPriceChange, err = number(g.Dispenser, name, 2, 1000)
		default:
			return false, nil
		}
		return true, err
	}, []string{"file", "url", "refresh", "timeout", "max_size", "max_loss", "max_price_change"})
}

// word reads the next argument as it is.
func (g *global) word(name, what string) (string, error) {
	if !g.NextArg() || g.Val() == "" {
		return "", g.Errf("%s needs %s", name, what)
	}
	return g.Val(), nil
}

func (g *global) refresh(c *gateway.CatalogConfig) error {
	if g.NextArg() && g.Val() == "off" {
		c.Refresh = -1
		return nil
	}
	g.Prev()
	var err error
	if c.Refresh, err = durationArg(g.Dispenser, "refresh"); err != nil {
		return g.Err("refresh: write a duration such as 24h, or off")
	}
	if c.Refresh == caddy.Duration(0) {
		return g.Err("refresh 0 would never stop; write off to refresh only when asked to")
	}
	return nil
}

func (g *global) catalogSize(c *gateway.CatalogConfig) error {
	if !g.NextArg() {
		return g.Err("max_size needs a size such as 32MiB")
	}
	size, err := humanize.ParseBytes(g.Val())
	if err != nil || size < gateway.LeastCatalogSize || size > gateway.MostCatalogSize {
		return g.Errf("max_size: %q is not a size from 1KiB to 256MiB", g.Val())
	}
	c.MaxSize = int64(size)
	return nil
}
