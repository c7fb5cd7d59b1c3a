package providers

import (
	"context"
	"net/http"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/anthropic"
)

func init() { caddy.RegisterModule(new(Anthropic)) }

// Anthropic is an account at Anthropic, or at a server that speaks its
// Messages API. Its base URL has no version; the default is
// https://api.anthropic.com.
type Anthropic struct {
	Account
}

// CaddyModule returns the module's information.
func (*Anthropic) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "fairway.providers.anthropic", New: func() caddy.Module { return new(Anthropic) }}
}

// Provision resolves the configuration.
func (p *Anthropic) Provision(ctx caddy.Context) error {
	if err := p.provision(ctx, anthropicStyle); err != nil {
		return err
	}
	p.operations = operationURLs(p.base, anthropicOperations)
	return nil
}

var anthropicStyle = vendorStyle{
	base:   "https://api.anthropic.com",
	path:   "/v1/messages",
	added:  []string{"/messages", "/chat/completions", "/v1", "/v1beta", "/models"},
	sign:   func(h http.Header, key string) { h["X-Api-Key"] = []string{key} },
	header: http.Header{"Anthropic-Version": {"2023-06-01"}},
}

// Dialect is Messages.
func (*Anthropic) Dialect() llm.Dialect { return anthropic.Dialect{} }

// Vendor is "anthropic".
func (*Anthropic) Vendor() string { return "anthropic" }

// Send makes one attempt.
func (p *Anthropic) Send(ctx context.Context, o *llm.Outgoing) (*llm.Answer, error) {
	return p.send(ctx, o, nil)
}

// Interface guards.
var (
	_ llm.Provider          = (*Anthropic)(nil)
	_ llm.Describer         = (*Anthropic)(nil)
	_ caddy.Provisioner     = (*Anthropic)(nil)
	_ caddy.CleanerUpper    = (*Anthropic)(nil)
	_ caddyfile.Unmarshaler = (*Anthropic)(nil)
)
