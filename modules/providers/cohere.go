package providers

import (
	"context"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/cohere"
)

func init() { caddy.RegisterModule(new(Cohere)) }

// Cohere is an account at Cohere, or at a server that speaks its second chat
// API, /v2/chat. Its base URL has no version; the default is
// https://api.cohere.com.
type Cohere struct {
	Account
}

// CaddyModule returns the module's information.
func (*Cohere) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "fairway.providers.cohere", New: func() caddy.Module { return new(Cohere) }}
}

// Provision resolves the configuration.
func (p *Cohere) Provision(ctx caddy.Context) error {
	if err := p.provision(ctx, cohereStyle); err != nil {
		return err
	}
	p.operations = operationURLs(p.base, cohereOperations)
	return nil
}

var cohereStyle = vendorStyle{
	base:  "https://api.cohere.com",
	path:  "/v2/chat",
	added: []string{"/chat", "/v1", "/v2"},
	sign:  bearer,
}

// Dialect is Cohere's.
func (*Cohere) Dialect() llm.Dialect { return cohere.Dialect{} }

// Vendor is "cohere".
func (*Cohere) Vendor() string { return "cohere" }

// Send makes one attempt.
func (p *Cohere) Send(ctx context.Context, o *llm.Outgoing) (*llm.Answer, error) {
	return p.send(ctx, first(o, cohere.EmbedV1), nil)
}

// Interface guards.
var (
	_ llm.Provider          = (*Cohere)(nil)
	_ llm.Describer         = (*Cohere)(nil)
	_ llm.Identifier        = (*Cohere)(nil)
	_ caddy.Provisioner     = (*Cohere)(nil)
	_ caddy.CleanerUpper    = (*Cohere)(nil)
	_ caddyfile.Unmarshaler = (*Cohere)(nil)
)
