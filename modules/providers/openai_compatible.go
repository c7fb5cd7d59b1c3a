package providers

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/fairwaygw/fairway/llm"
)

func init() { caddy.RegisterModule(new(OpenAICompatible)) }

// OpenAICompatible is an account at OpenAI, at one of the vendors that took its
// API over, or at a server of open models. Its base URL ends in the version,
// such as https://api.openai.com/v1. A server that wants no key needs none.
type OpenAICompatible struct {
	Account

	// VendorName is who answers, by the name that the catalog of models has,
	// such as "openai", "mistral" or "deepseek". It decides about prices, and
	// about the fields in which vendors differ. Servers that people run
	// themselves have names too: "vllm", "llamacpp", "ollama". Default: none,
	// a plain server.
	VendorName string `json:"vendor,omitempty"`

	// NoStreamOptions is for servers that refuse stream_options. Their streams
	// may then tell no usage, and it is estimated.
	NoStreamOptions bool `json:"no_stream_options,omitempty"`

	// responses is where the Responses API is.
	responses *url.URL
}

// CaddyModule returns the module's information.
func (*OpenAICompatible) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "fairway.providers.openai_compatible", New: func() caddy.Module { return new(OpenAICompatible) }}
}

// Provision resolves the configuration.
func (p *OpenAICompatible) Provision(ctx caddy.Context) error {
	if err := checkVendor(p.VendorName); err != nil {
		return err
	}
	if err := p.provision(ctx, openAIStyle); err != nil {
		return err
	}
	p.operations = operationURLs(p.base, openAIOperations)
	p.responses = operationURLs(p.base, map[llm.Operation]string{llm.OpChat: "/responses"})[llm.OpChat]
	return nil
}

var openAIStyle = vendorStyle{
	version: true,
	path:    "/chat/completions",
	added:   []string{"/chat/completions", "/messages"},
	keyless: true,
	sign:    bearer,
}

// checkVendor refuses what cannot be a vendor's name.
func checkVendor(name string) error {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
	}
	if strings.IndexFunc(name, odd) >= 0 {
		return fmt.Errorf("vendor: %q is not a vendor's name; write it as the catalog does, such as openai or mistral", name)
	}
	return nil
}

// Dialect is chat completions.
func (p *OpenAICompatible) Dialect() llm.Dialect { return chatDialect(p.NoStreamOptions) }

// Vendor is the configured one.
func (p *OpenAICompatible) Vendor() string { return p.VendorName }

// RefusesStreamOptions is as configured.
func (p *OpenAICompatible) RefusesStreamOptions() bool { return p.NoStreamOptions }

// Send makes one attempt.
func (p *OpenAICompatible) Send(ctx context.Context, o *llm.Outgoing) (*llm.Answer, error) {
	if o.Operation == llm.OpChat && o.Dialect == dialectResponses {
		return p.send(ctx, o, p.responses)
	}
	return p.send(ctx, o, nil)
}

// Missing is an option that nothing stands for and that is not set; empty when
// there is none.
func (p *OpenAICompatible) Missing() string {
	if p.BaseURL == "" {
		return "base_url"
	}
	return ""
}

// Interface guards.
var (
	_ llm.Provider             = (*OpenAICompatible)(nil)
	_ llm.Describer            = (*OpenAICompatible)(nil)
	_ llm.StreamOptionsRefuser = (*OpenAICompatible)(nil)
	_ llm.Identifier           = (*OpenAICompatible)(nil)
	_ caddy.Provisioner        = (*OpenAICompatible)(nil)
	_ caddy.CleanerUpper       = (*OpenAICompatible)(nil)
	_ caddyfile.Unmarshaler    = (*OpenAICompatible)(nil)
)
