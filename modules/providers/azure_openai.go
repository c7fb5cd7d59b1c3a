package providers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/fairwaygw/fairway/llm"
)

func init() { caddy.RegisterModule(new(AzureOpenAI)) }

// AzureOpenAI is a resource of OpenAI's models at Azure. A model is named by its
// deployment. The base URL is the resource's endpoint, without a path, such as
// https://name.openai.azure.com.
//
// The key is one of the resource's; tokens of Entra ID are not supported.
type AzureOpenAI struct {
	Account

	// APIVersion is for resources that are to be called by dated versions,
	// such as 2024-10-21, at the path of a deployment
	// (/openai/deployments/<name>/chat/completions). Default: none, which is
	// the version that goes without dates (/openai/v1/chat/completions).
	// Placeholders are resolved when the configuration is provisioned.
	APIVersion string `json:"api_version,omitempty"`

	// NoStreamOptions is for versions that refuse stream_options, which those
	// before 2024-09-01-preview do.
	NoStreamOptions bool `json:"no_stream_options,omitempty"`

	query string
}

// CaddyModule returns the module's information.
func (*AzureOpenAI) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "fairway.providers.azure_openai", New: func() caddy.Module { return new(AzureOpenAI) }}
}

// Provision resolves the configuration.
func (p *AzureOpenAI) Provision(ctx caddy.Context) error {
	if p.APIVersion != "" {
		version, err := caddy.NewReplacer().ReplaceOrErr(p.APIVersion, true, true)
		if err != nil {
			return err
		}
		if err := checkAPIVersion(version); err != nil {
			return err
		}
		p.query = url.Values{"api-version": {version}}.Encode()
	}
	if err := p.provision(ctx, azureStyle); err != nil {
		return err
	}
	p.operations = operationURLs(p.base, azureOperations())
	return nil
}

// Where chat completions are: at one place for all models, or at each
// deployment's own.
const (
	azureChat        = "/openai/v1/chat/completions"
	azureV1          = "/openai/v1"
	azureDeployments = "/openai/deployments/"
)

// azureOperations are what Azure has beside chat, at the place for all models.
func azureOperations() map[llm.Operation]string {
	paths := map[llm.Operation]string{}
	for _, op := range []llm.Operation{llm.OpEmbeddings, llm.OpImages, llm.OpImageEdits, llm.OpSpeech, llm.OpTranscriptions, llm.OpTranslations} {
		paths[op] = azureV1 + openAIOperations[op]
	}
	return paths
}

var azureStyle = vendorStyle{
	path:  azureChat,
	added: []string{"/chat/completions", "/openai", "/openai/v1", "/openai/deployments"},
	sign:  func(h http.Header, key string) { h["Api-Key"] = []string{key} },
}

var apiVersion = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(-preview)?$`)

func checkAPIVersion(version string) error {
	if !apiVersion.MatchString(version) {
		return errors.New("api_version: must be a date such as 2024-10-21 or 2025-04-01-preview; leave it out for the version without dates")
	}
	return nil
}

// Dialect is chat completions.
func (p *AzureOpenAI) Dialect() llm.Dialect { return chatDialect(p.NoStreamOptions) }

// Vendor is "azure".
func (*AzureOpenAI) Vendor() string { return "azure" }

// RefusesStreamOptions is as configured.
func (p *AzureOpenAI) RefusesStreamOptions() bool { return p.NoStreamOptions }

// Send makes one attempt.
func (p *AzureOpenAI) Send(ctx context.Context, o *llm.Outgoing) (*llm.Answer, error) {
	if p.query == "" {
		return p.send(ctx, o, nil)
	}
	what := "/chat/completions"
	if o.Operation != llm.OpChat {
		// The parts of the path are the same at OpenAI and at both of Azure's places.
		if what = openAIOperations[o.Operation]; what == "" || p.operations[o.Operation] == nil {
			return nil, unsupported(o.Operation)
		}
	}
	u, err := p.at(azureDeployments, o.Model, what)
	if err != nil {
		return nil, err
	}
	u.RawQuery = p.query
	return p.send(ctx, o, u)
}

// Missing is an option that nothing stands for and that is not set; empty when
// there is none.
func (p *AzureOpenAI) Missing() string {
	if p.BaseURL == "" {
		return "base_url"
	}
	return ""
}

// Interface guards.
var (
	_ llm.Provider             = (*AzureOpenAI)(nil)
	_ llm.Describer            = (*AzureOpenAI)(nil)
	_ llm.StreamOptionsRefuser = (*AzureOpenAI)(nil)
	_ llm.Identifier           = (*AzureOpenAI)(nil)
	_ caddy.Provisioner        = (*AzureOpenAI)(nil)
	_ caddy.CleanerUpper       = (*AzureOpenAI)(nil)
	_ caddyfile.Unmarshaler    = (*AzureOpenAI)(nil)
)
