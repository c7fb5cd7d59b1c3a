package providers

import (
	"context"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/gemini"
)

func init() { caddy.RegisterModule(new(Gemini)) }

// Gemini is an account at Google's Gemini API. Its base URL has no version;
// the default is https://generativelanguage.googleapis.com.
type Gemini struct {
	Account
}

// CaddyModule returns the module's information.
func (*Gemini) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "fairway.providers.gemini", New: func() caddy.Module { return new(Gemini) }}
}

// Provision resolves the configuration.
func (p *Gemini) Provision(ctx caddy.Context) error { return p.provision(ctx, geminiStyle) }

var geminiStyle = vendorStyle{
	base:  "https://generativelanguage.googleapis.com",
	path:  geminiModels,
	added: []string{"/v1beta", "/v1", "/models", "/messages", "/chat/completions"},
	// A key in the URL would end up in the logs of everything on the way.
	sign: func(h http.Header, key string) { h["X-Goog-Api-Key"] = []string{key} },
}

// geminiModels is where the models are, after the base URL.
const geminiModels = "/v1beta/models/"

// Dialect is generateContent.
func (*Gemini) Dialect() llm.Dialect { return gemini.Dialect{} }

// Vendor is "google".
func (*Gemini) Vendor() string { return "google" }

// Send makes one attempt.
func (p *Gemini) Send(ctx context.Context, o *llm.Outgoing) (*llm.Answer, error) {
	method, query := geminiMethod(o)
	name := strings.TrimPrefix(o.Model, "models/")
	u, err := p.at(geminiModels, name, method)
	if err != nil {
		return nil, err
	}
	u.RawQuery = query
	return p.send(ctx, o, u)
}

// Interface guards.
var (
	_ llm.Provider          = (*Gemini)(nil)
	_ llm.Describer         = (*Gemini)(nil)
	_ caddy.Provisioner     = (*Gemini)(nil)
	_ caddy.CleanerUpper    = (*Gemini)(nil)
	_ caddyfile.Unmarshaler = (*Gemini)(nil)
)
