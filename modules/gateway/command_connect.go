package gateway

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairwaygw/fairway/internal/spelling"
)

var connectCommand = &command{
	name: "connect", usage: "<client>", short: "Prints how a client is pointed at the gateway",
	long:  "Prints the exact configuration of an SDK or a command-line agent for this gateway: " + strings.Join(clientNames(), ", ") + ".",
	local: true, args: 1,
	flags: func(cmd *cobra.Command) {
		cmd.Flags().String("url", "http://localhost:8080", "the gateway's address, without a path")
		cmd.Flags().String("key", "$FAIRWAY_KEY", "a key of the gateway")
		cmd.Flags().String("model", "simulator/echo", "the model to use")
	},
	run: func(s *session) error {
		c := findClient(s.args[0])
		if c == nil {
			return usageError(fmt.Sprintf("no client %q; known: %s%s", s.args[0], strings.Join(clientNames(), ", "), spelling.Suggest(s.args[0], clientNames())))
		}
		u, err := url.Parse(s.flag("url"))
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			return usageError(fmt.Sprintf("--url %q is no address; write one such as https://ai.example.com", s.flag("url")))
		}
		_, err = fmt.Fprint(s.out, strings.NewReplacer(
			"{url}", u.Scheme+"://"+u.Host, "{key}", s.flag("key"), "{model}", s.flag("model"),
		).Replace(strings.TrimLeft(c.text, "\n")))
		return err
	},
}

// connection is how one client is configured.
type connection struct{ name, text string }

// connections are the clients, with the settings that each really reads. The
// base URLs differ: OpenAI's ends in the version, the others' do not.
var connections = []connection{
	{"openai", `
# Every OpenAI SDK reads these.
export OPENAI_BASE_URL={url}/v1
export OPENAI_API_KEY={key}
# then: client.chat.completions.create(model="{model}", …)
`},
	{"anthropic", `
# Every Anthropic SDK reads these.
export ANTHROPIC_BASE_URL={url}
export ANTHROPIC_API_KEY={key}
# then: client.messages.create(model="{model}", …)
`},
	{"google", `
# The Google Gen AI SDKs read these.
export GOOGLE_GEMINI_BASE_URL={url}
export GEMINI_API_KEY={key}
# then: ai.models.generateContent({model: "{model}", …})
`},
	{"ai-sdk", `
// Vercel AI SDK
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
const fairway = createOpenAICompatible({ name: "fairway", baseURL: "{url}/v1", apiKey: "{key}", includeUsage: true });
// then: generateText({ model: fairway("{model}"), … })
`},
	{"langchain", `
// LangChain
import { ChatOpenAI } from "@langchain/openai";
const model = new ChatOpenAI({ model: "{model}", apiKey: "{key}", configuration: { baseURL: "{url}/v1" } });
`},
	{"claude-code", `
export ANTHROPIC_BASE_URL={url}
export ANTHROPIC_AUTH_TOKEN={key}
claude --model {model}
`},
	{"codex", `
# ~/.codex/config.toml (it does not read OPENAI_BASE_URL)
model = "{model}"
model_provider = "fairway"

[model_providers.fairway]
name = "Fairway"
base_url = "{url}/v1"
env_key = "FAIRWAY_KEY"
wire_api = "responses"
# then: export FAIRWAY_KEY={key}
`},
	{"gemini-cli", `
# ~/.gemini/settings.json
{"security":{"auth":{"selectedType":"gemini-api-key"}}}
# then:
export GEMINI_API_KEY={key}
export GOOGLE_GEMINI_BASE_URL={url}
gemini -m {model}
`},
	{"opencode", `
// opencode.json
{
  "provider": {
    "fairway": {
      "npm": "@ai-sdk/openai-compatible",
      "name": "Fairway",
      "options": { "baseURL": "{url}/v1", "apiKey": "{key}" },
      "models": { "{model}": { "name": "{model}" } }
    }
  }
}
`},
	{"ollama", `
export OLLAMA_HOST={url}/ollama
# The client sends the key in a header: Authorization: Bearer {key}
`},
	{"curl", `
curl {url}/v1/chat/completions -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{"model":"{model}","messages":[{"role":"user","content":"Hello"}]}'
`},
}

func clientNames() []string {
	names := make([]string, 0, len(connections))
	for _, c := range connections {
		names = append(names, c.name)
	}
	return names
}

func findClient(name string) *connection {
	for i := range connections {
		if connections[i].name == name {
			return &connections[i]
		}
	}
	return nil
}
