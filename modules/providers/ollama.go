package providers

import (
	"context"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/ollama"
)

func init() { caddy.RegisterModule(new(Ollama)) }

// Ollama is a server that speaks Ollama's own API, /api/chat, which tells more
// than its imitation of OpenAI's. Its base URL has no path; the default is
// http://localhost:11434. It needs a key only where something in front of it
// wants one, as ollama.com does.
type Ollama struct {
	Account
}

// CaddyModule returns the module's information.
func (*Ollama) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "fairway.providers.ollama", New: func() caddy.Module { return new(Ollama) }}
}

// Provision resolves the configuration.
func (p *Ollama) Provision(ctx caddy.Context) error {
	if err := p.provision(ctx, ollamaStyle); err != nil {
		return err
	}
	p.operations = operationURLs(p.base, ollamaOperations)
	return nil
}

var ollamaStyle = vendorStyle{
	base:    "http://localhost:11434",
	path:    "/api/chat",
	added:   []string{"/api/chat", "/api/generate", "/api", "/v1"},
	keyless: true,
	sign:    bearer,
}

// Dialect is Ollama's own.
func (*Ollama) Dialect() llm.Dialect { return ollama.Dialect{} }

// Vendor is "ollama".
func (*Ollama) Vendor() string { return "ollama" }

// Send makes one attempt.
func (p *Ollama) Send(ctx context.Context, o *llm.Outgoing) (*llm.Answer, error) {
	return p.send(ctx, first(o, ollama.Embeddings), nil)
}

// Interface guards.
var (
	_ llm.Provider          = (*Ollama)(nil)
	_ llm.Describer         = (*Ollama)(nil)
	_ llm.Identifier        = (*Ollama)(nil)
	_ caddy.Provisioner     = (*Ollama)(nil)
	_ caddy.CleanerUpper    = (*Ollama)(nil)
	_ caddyfile.Unmarshaler = (*Ollama)(nil)
)
