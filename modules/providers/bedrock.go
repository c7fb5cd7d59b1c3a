package providers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/bedrock"
)

func init() { caddy.RegisterModule(new(Bedrock)) }

// Bedrock is an account at Amazon Bedrock, called by Converse and
// ConverseStream. A model is named by its id, that of an inference profile, or
// an ARN.
//
// Calls carry one of Bedrock's API keys, or are signed with an access key
// (Signature Version 4). Where neither is configured, AWS_BEARER_TOKEN_BEDROCK
// is looked for, and then AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
// AWS_SESSION_TOKEN. Profiles of the AWS CLI and roles of machines are not
// looked for.
type Bedrock struct {
	Account

	// Region is where the models are, such as us-east-1. Placeholders are
	// resolved when the configuration is provisioned. Default: AWS_REGION, or
	// else AWS_DEFAULT_REGION, of the environment.
	Region string `json:"region,omitempty"`

	// AccessKeyID and SecretAccessKey sign the calls, in place of API keys.
	// Each may be {env.NAME} or {file./path}.
	AccessKeyID     string `json:"access_key_id,omitempty"`
	SecretAccessKey string `json:"secret_access_key,omitempty"`

	// SessionToken belongs to access keys that end by themselves.
	SessionToken string `json:"session_token,omitempty"`

	signer *awsSigner // nil with API keys
}

// CaddyModule returns the module's information.
func (*Bedrock) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "fairway.providers.bedrock", New: func() caddy.Module { return new(Bedrock) }}
}

// Provision resolves the configuration.
func (p *Bedrock) Provision(ctx caddy.Context) error {
	region, err := p.region()
	if err != nil {
		return err
	}
	style := bedrockStyle
	if region != "" {
		style.base = "https://bedrock-runtime." + region + ".amazonaws.com"
		if strings.HasPrefix(region, "cn-") {
			style.base += ".cn"
		}
	} else if p.BaseURL == "" {
		return errors.New("region is missing; write one such as us-east-1, or set AWS_REGION")
	}
	secrets, err := p.credentials(ctx.Logger())
	if err != nil {
		return err
	}
	switch {
	case secrets == nil && len(p.APIKeys) == 0:
		style.keys = []string{"{env." + bearerVariable + "}"}
	case secrets != nil && region == "":
		return errors.New("region is missing; calls are signed for one, such as us-east-1")
	case secrets != nil:
		style.keyless, style.secrets = true, []string{secrets.id, secrets.key, secrets.token}
		p.signer = newAWSSigner(*secrets, region, "bedrock")
	}
	return p.provision(ctx, style)
}

// bedrockModels is where the models are, after the base URL.
const bedrockModels = "/model/"

var bedrockStyle = vendorStyle{
	path:  bedrockModels,
	added: []string{"/model", "/v1"},
	sign:  bearer,
}

var awsRegion = regexp.MustCompile(`^[a-z]{2}(-[a-z]+){1,3}-\d{1,2}$`)

// region is the configured one or that of the environment; empty when there is
// none.
func (p *Bedrock) region() (string, error) {
	region, what := p.Region, "region"
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if region == "" {
			region, what = os.Getenv(name), name
		}
	}
	if p.Region != "" {
		var err error
		if region, err = caddy.NewReplacer().ReplaceOrErr(region, true, true); err != nil {
			return "", fmt.Errorf("region: %w", err)
		}
	}
	if region == "" {
		return "", nil
	}
	return region, checkRegion(what, region)
}

// checkRegion refuses what is no region: it becomes part of a host's name.
func checkRegion(what, region string) error {
	if !awsRegion.MatchString(region) {
		return fmt.Errorf("%s: %q is not a region; write one such as us-east-1", what, region)
	}
	return nil
}

// Dialect is Converse.
func (*Bedrock) Dialect() llm.Dialect { return bedrock.Dialect{} }

// Vendor is "amazon-bedrock".
func (*Bedrock) Vendor() string { return "amazon-bedrock" }

// Send makes one attempt.
func (p *Bedrock) Send(ctx context.Context, o *llm.Outgoing) (*llm.Answer, error) {
	method := "/converse"
	if o.Stream {
		method = "/converse-stream"
	}
	u, err := p.at(bedrockModels, o.Model, method)
	if err != nil {
		return nil, err
	}
	if p.signer == nil {
		return p.send(ctx, o, u)
	}
	signature, err := p.signer.sign(ctx, u, o.Body)
	if err != nil {
		return nil, err
	}
	return p.sendSigned(ctx, o, u, signature)
}

// Interface guards.
var (
	_ llm.Provider          = (*Bedrock)(nil)
	_ llm.Describer         = (*Bedrock)(nil)
	_ llm.Identifier        = (*Bedrock)(nil)
	_ caddy.Provisioner     = (*Bedrock)(nil)
	_ caddy.CleanerUpper    = (*Bedrock)(nil)
	_ caddyfile.Unmarshaler = (*Bedrock)(nil)
)
