package providers

import (
	"context"
	"net/http"
	"net/url"

	"github.com/fairwaygw/fairway/internal/egress"
	"github.com/fairwaygw/fairway/llm"
)

// forward sends a caller's own request to a path below the base URL.
func (a *Account) forward(ctx context.Context, f *llm.Forwarded) (*llm.Answer, error) {
	if f.Credential < 0 || f.Credential >= len(a.templates) {
		return nil, noCredential()
	}
	path, err := url.PathUnescape(f.Path)
	if err != nil {
		return nil, llm.Invalid("", "invalid_path", "the path cannot be read")
	}
	u := *a.base
	u.Path, u.RawPath = a.base.Path+path, a.base.EscapedPath()+f.Path
	u.RawQuery = f.Query
	return a.client.Forward(ctx, a.templates[f.Credential], egress.Forward{
		Method: f.Method, URL: &u, Header: f.Header, Body: f.Body, Length: f.Length, Connect: f.Connect,
	})
}

func noCredential() *llm.Error {
	return &llm.Error{
		Status: http.StatusInternalServerError, Class: llm.ClassGateway, Type: "api_error", Code: "internal_error",
		Message: "there is no such credential",
	}
}

// Forward sends a caller's own request.
func (p *OpenAICompatible) Forward(ctx context.Context, f *llm.Forwarded) (*llm.Answer, error) {
	return p.forward(ctx, f)
}

// Forward sends a caller's own request, which has the version in its path or
// query.
func (p *AzureOpenAI) Forward(ctx context.Context, f *llm.Forwarded) (*llm.Answer, error) {
	return p.forward(ctx, f)
}

// Forward sends a caller's own request.
func (p *Anthropic) Forward(ctx context.Context, f *llm.Forwarded) (*llm.Answer, error) {
	return p.forward(ctx, f)
}

// Forward sends a caller's own request.
func (p *Gemini) Forward(ctx context.Context, f *llm.Forwarded) (*llm.Answer, error) {
	return p.forward(ctx, f)
}

// Forward sends a caller's own request.
func (p *Cohere) Forward(ctx context.Context, f *llm.Forwarded) (*llm.Answer, error) {
	return p.forward(ctx, f)
}

// Forward sends a caller's own request.
func (p *Ollama) Forward(ctx context.Context, f *llm.Forwarded) (*llm.Answer, error) {
	return p.forward(ctx, f)
}

// Interface guards.
var (
	_ llm.Forwarder = (*OpenAICompatible)(nil)
	_ llm.Forwarder = (*AzureOpenAI)(nil)
	_ llm.Forwarder = (*Anthropic)(nil)
	_ llm.Forwarder = (*Gemini)(nil)
	_ llm.Forwarder = (*Cohere)(nil)
	_ llm.Forwarder = (*Ollama)(nil)
)
