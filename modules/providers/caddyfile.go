package providers

import (
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// UnmarshalCaddyfile reads the block. Syntax:
//
//	provider <name> openai_compatible {
//	    base_url <url>
//	    api_key <key>…                # may be repeated
//	    vendor <name>
//	    no_stream_options
//	    header <name> <value>         # may be repeated
//	}
func (p *OpenAICompatible) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return parseBlock(d, append(p.options(openAIStyle),
		option{"vendor", func(d *caddyfile.Dispenser) error {
			if err := once(d, "vendor", &p.VendorName); err != nil {
				return err
			}
			return located(d, checkVendor(p.VendorName))
		}},
		toggle("no_stream_options", &p.NoStreamOptions),
	))
}

// UnmarshalCaddyfile reads the block. Syntax:
//
//	provider <name> anthropic {
//	    api_key <key>…                # may be repeated
//	    base_url <url>
//	    header <name> <value>         # may be repeated
//	}
func (p *Anthropic) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return parseBlock(d, p.options(anthropicStyle))
}

// UnmarshalCaddyfile reads the block. Syntax:
//
//	provider <name> gemini {
//	    api_key <key>…                # may be repeated
//	    base_url <url>
//	    header <name> <value>         # may be repeated
//	}
func (p *Gemini) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return parseBlock(d, p.options(geminiStyle))
}

// UnmarshalCaddyfile reads the block. Syntax:
//
//	provider <name> ollama {
//	    base_url <url>
//	    api_key <key>…                # may be repeated
//	    header <name> <value>         # may be repeated
//	}
func (p *Ollama) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return parseBlock(d, p.options(ollamaStyle))
}

// UnmarshalCaddyfile reads the block. Syntax:
//
//	provider <name> cohere {
//	    api_key <key>…                # may be repeated
//	    base_url <url>
//	    header <name> <value>         # may be repeated
//	}
func (p *Cohere) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return parseBlock(d, p.options(cohereStyle))
}

// UnmarshalCaddyfile reads the block. Syntax:
//
//	provider <name> azure_openai {
//	    base_url <url>
//	    api_key <key>…                # may be repeated
//	    api_version <date>
//	    no_stream_options
//	    header <name> <value>         # may be repeated
//	}
func (p *AzureOpenAI) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return parseBlock(d, append(p.options(azureStyle),
		option{"api_version", func(d *caddyfile.Dispenser) error {
			if err := once(d, "api_version", &p.APIVersion); err != nil {
				return err
			}
			if strings.Contains(p.APIVersion, "{") {
				return nil // known when it is provisioned
			}
			return located(d, checkAPIVersion(p.APIVersion))
		}},
		toggle("no_stream_options", &p.NoStreamOptions),
	))
}

// UnmarshalCaddyfile reads the block. Syntax:
//
//	provider <name> bedrock {
//	    region <region>
//	    api_key <key>…                # may be repeated; or:
//	    access_key_id <id>
//	    secret_access_key <key>
//	    session_token <token>
//	    base_url <url>
//	    header <name> <value>         # may be repeated
//	}
func (p *Bedrock) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return parseBlock(d, append(p.options(bedrockStyle),
		option{"region", func(d *caddyfile.Dispenser) error {
			if err := once(d, "region", &p.Region); err != nil {
				return err
			}
			if strings.Contains(p.Region, "{") {
				return nil // known when it is provisioned
			}
			return located(d, checkRegion("region", p.Region))
		}},
		word("access_key_id", &p.AccessKeyID),
		word("secret_access_key", &p.SecretAccessKey),
		word("session_token", &p.SessionToken),
	))
}

// UnmarshalCaddyfile reads the block. Syntax:
//
//	provider <name> vertex {
//	    project <id>
//	    location <location>
//	    credentials_file <path>
//	    base_url <url>
//	    header <name> <value>         # may be repeated
//	}
func (p *Vertex) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return parseBlock(d, p.options())
}

// UnmarshalCaddyfile reads the block. Syntax:
//
//	provider <name> vertex_anthropic {
//	    project <id>
//	    location <location>
//	    credentials_file <path>
//	    base_url <url>
//	    header <name> <value>         # may be repeated
//	}
func (p *VertexAnthropic) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return parseBlock(d, p.options())
}

// options are those of both.
func (p *VertexAccount) options() []option {
	part := func(name string, to *string) option {
		return option{name, func(d *caddyfile.Dispenser) error {
			if err := once(d, name, to); err != nil {
				return err
			}
			if strings.Contains(*to, "{") {
				return nil // known when it is provisioned
			}
			return located(d, checkGoogle(name, *to))
		}}
	}
	own := []option{part("project", &p.Project), part("location", &p.Location), word("credentials_file", &p.CredentialsFile)}
	return append(own, slices.DeleteFunc(p.Account.options(vertexStyle), func(o option) bool { return o.name == "api_key" })...)
}

// UnmarshalCaddyfile reads the block. Syntax:
//
//	provider <name> simulator {
//	    latency <duration>
//	    delay <duration>
//	}
func (p *Simulator) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	return parseBlock(d, []option{
		{"latency", func(d *caddyfile.Dispenser) error { return onceDuration(d, "latency", &p.Latency) }},
		{"delay", func(d *caddyfile.Dispenser) error { return onceDuration(d, "delay", &p.Delay) }},
	})
}
