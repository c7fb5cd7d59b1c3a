package providers

import (
	"context"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/gemini"
)

func init() { caddy.RegisterModule(new(Vertex)) }

// Vertex is Google's models at Vertex AI. For Anthropic's there see
// vertex_anthropic.
type Vertex struct {
	VertexAccount
}

// CaddyModule returns the module's information.
func (*Vertex) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "fairway.providers.vertex", New: func() caddy.Module { return new(Vertex) }}
}

// Provision resolves the configuration.
func (p *Vertex) Provision(ctx caddy.Context) error { return p.provision(ctx, "google") }

// Dialect is generateContent.
func (*Vertex) Dialect() llm.Dialect { return vertexGemini{} }

// vertexGemini is generateContent as Vertex AI knows it, by whichever name the
// catalog has the vendor.
type vertexGemini struct{ gemini.Dialect }

// AppendRequest is the dialect's, for Vertex AI.
func (d vertexGemini) AppendRequest(dst []byte, r *llm.Request, t llm.Target) (llm.Encoded, error) {
	t.Vendor = "vertex"
	return d.Dialect.AppendRequest(dst, r, t)
}

// Vendor is "google-vertex".
func (*Vertex) Vendor() string { return "google-vertex" }

// Send makes one attempt.
func (p *Vertex) Send(ctx context.Context, o *llm.Outgoing) (*llm.Answer, error) {
	method, query := geminiMethod(o)
	switch o.Operation {
	case llm.OpEmbeddings:
		method = ":predict"
	case llm.OpCountTokens:
		body, err := gemini.Unwrapped(o.Body)
		if err != nil {
			return nil, err
		}
		unwrapped := *o
		unwrapped.Body = body
		o = &unwrapped
	}
	return p.call(ctx, o, strings.TrimPrefix(o.Model, "models/"), method, query)
}

// Interface guards.
var (
	_ llm.Dialect           = vertexGemini{}
	_ llm.Provider          = (*Vertex)(nil)
	_ llm.Describer         = (*Vertex)(nil)
	_ llm.Identifier        = (*Vertex)(nil)
	_ caddy.Provisioner     = (*Vertex)(nil)
	_ caddy.CleanerUpper    = (*Vertex)(nil)
	_ caddyfile.Unmarshaler = (*Vertex)(nil)
)
