package providers

import (
	"context"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/anthropic"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

func init() { caddy.RegisterModule(new(VertexAnthropic)) }

// VertexAnthropic is Anthropic's models at Vertex AI. For Google's there see
// vertex.
type VertexAnthropic struct {
	VertexAccount
}

// CaddyModule returns the module's information.
func (*VertexAnthropic) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "fairway.providers.vertex_anthropic", New: func() caddy.Module { return new(VertexAnthropic) }}
}

// Provision resolves the configuration.
func (p *VertexAnthropic) Provision(ctx caddy.Context) error { return p.provision(ctx, "anthropic") }

// Dialect is Messages.
func (*VertexAnthropic) Dialect() llm.Dialect { return anthropic.Dialect{} }

// Vendor is "google-vertex".
func (*VertexAnthropic) Vendor() string { return "google-vertex" }

// Send makes one attempt.
func (p *VertexAnthropic) Send(ctx context.Context, o *llm.Outgoing) (*llm.Answer, error) {
	method := ":rawPredict"
	if o.Stream {
		method = ":streamRawPredict"
	}
	body, err := forVertex(o.Body)
	if err != nil {
		return nil, err
	}
	edited := *o
	edited.Body = body
	return p.call(ctx, &edited, o.Model, method, "")
}

// forVertex makes Messages what Vertex AI takes: the model stands in the URL
// only, and the version in the body
// (https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai).
func forVertex(body []byte) ([]byte, error) {
	const version = `{"anthropic_version":"vertex-2023-10-16"`
	dst := make([]byte, 0, len(body)+len(version))
	dst = append(dst, version...)
	c := rawjson.Check(body)
	object := c.Object()
	for object && c.NextField() {
		key := string(c.Key())
		value := c.Value()
		if key == "model" || key == "anthropic_version" {
			continue
		}
		dst = rawjson.AppendQuote(append(dst, ','), key)
		dst = append(dst, ':')
		dst = append(dst, value...)
	}
	if !object || c.Close() != nil {
		return nil, llm.Invalid("", "invalid_json", "the request is not valid JSON")
	}
	return append(dst, '}'), nil
}

// Interface guards.
var (
	_ llm.Provider          = (*VertexAnthropic)(nil)
	_ llm.Describer         = (*VertexAnthropic)(nil)
	_ llm.Identifier        = (*VertexAnthropic)(nil)
	_ caddy.Provisioner     = (*VertexAnthropic)(nil)
	_ caddy.CleanerUpper    = (*VertexAnthropic)(nil)
	_ caddyfile.Unmarshaler = (*VertexAnthropic)(nil)
)
