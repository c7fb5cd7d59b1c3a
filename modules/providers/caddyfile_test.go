package providers

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// parse reads a provider's block.
func parse(t *testing.T, kind, block string) (string, error) {
	t.Helper()
	info, err := caddy.GetModule("fairway.providers." + kind)
	if err != nil {
		t.Fatal(err)
	}
	m := info.New()
	err = m.(caddyfile.Unmarshaler).UnmarshalCaddyfile(caddyfile.NewTestDispenser(kind + " " + block))
	b, _ := json.Marshal(m)
	return string(b), err
}

func TestBlocks(t *testing.T) {
	for name, c := range map[string]struct{ kind, block, want string }{
		"nothing": {"anthropic", "", `{}`},
		"empty":   {"gemini", "{\n}", `{}`},
		"all": {"openai_compatible", `{
			base_url http://10.0.0.7:8000/v1
			api_key {env.A} {file./b}
			api_key c
			vendor vllm
			no_stream_options
			header x-team ai
			header X-Other "two words"
		}`, `{"api_keys":["{env.A}","{file./b}","c"],"base_url":"http://10.0.0.7:8000/v1","headers":{"X-Other":"two words","x-team":"ai"},"vendor":"vllm","no_stream_options":true}`},
		"placeholder": {"openai_compatible", "{\nbase_url {env.URL}\n}", `{"base_url":"{env.URL}"}`},
		"part of one": {"openai_compatible", "{\nbase_url http://{env.HOST}/v1\n}", `{"base_url":"http://{env.HOST}/v1"}`},
		"anthropic":   {"anthropic", "{\nbase_url https://example.com/anthropic/\n}", `{"base_url":"https://example.com/anthropic/"}`},
		"ollama":      {"ollama", "{\nbase_url http://10.0.0.7:11434\n}", `{"base_url":"http://10.0.0.7:11434"}`},
		"cohere":      {"cohere", "{\napi_key {env.A}\n}", `{"api_keys":["{env.A}"]}`},
		"azure": {"azure_openai", `{
			base_url https://x.openai.azure.com/
			api_version 2024-10-21
			no_stream_options
		}`, `{"base_url":"https://x.openai.azure.com/","api_version":"2024-10-21","no_stream_options":true}`},
		"bedrock": {"bedrock", `{
			region eu-west-1
			access_key_id {env.A}
			secret_access_key {file./b}
			session_token {env.C}
		}`, `{"region":"eu-west-1","access_key_id":"{env.A}","secret_access_key":"{file./b}","session_token":"{env.C}"}`},
		"vertex": {
			"vertex", "{\nproject p-1\nlocation {env.L}\ncredentials_file /run/secrets/google.json\n}",
			`{"project":"p-1","location":"{env.L}","credentials_file":"/run/secrets/google.json"}`,
		},
		"Claude at Vertex":              {"vertex_anthropic", "{\nlocation europe-west1\nheader X-Team a\n}", `{"headers":{"X-Team":"a"},"location":"europe-west1"}`},
		"a version that is known later": {"azure_openai", "{\napi_version {env.V}\n}", `{"api_version":"{env.V}"}`},
		"simulator":                     {"simulator", "{\nlatency 200ms\ndelay 1s\n}", `{"latency":200000000,"delay":1000000000}`},
	} {
		if got, err := parse(t, c.kind, c.block); err != nil || got != c.want {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
}

func TestBlocksThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ kind, block, err string }{
		"unknown option":      {"openai_compatible", "{\napi_kee x\n}", `no option "api_kee"; allowed: api_key, base_url, header, vendor, no_stream_options; did you mean "api_key"?`},
		"of another type":     {"gemini", "{\nvendor x\n}", "allowed: api_key, base_url, header"},
		"argument":            {"gemini", "x", `unexpected "x"`},
		"no key":              {"gemini", "{\napi_key\n}", "api_key needs a value"},
		"no URL":              {"gemini", "{\nbase_url\n}", "base_url needs a value"},
		"two URLs":            {"gemini", "{\nbase_url http://a\nbase_url http://b\n}", "base_url is already set"},
		"two on a line":       {"gemini", "{\nbase_url http://a http://b\n}", `unexpected "http://b" after base_url`},
		"flag with a value":   {"openai_compatible", "{\nno_stream_options yes\n}", `unexpected "yes"`},
		"vendor":              {"openai_compatible", "{\nvendor OpenAI\n}", "not a vendor's name"},
		"header":              {"gemini", "{\nheader X\n}", "header <name> <value>"},
		"header twice":        {"gemini", "{\nheader X a\nheader x b\n}", "header X is already set"},
		"header with a key":   {"gemini", "{\nheader X-Goog-Api-Key a\n}", "cannot be set"},
		"scheme":              {"gemini", "{\nbase_url htp://a\n}", "must begin with http:// or https://"},
		"no scheme":           {"gemini", "{\nbase_url api.example.com\n}", "must begin with"},
		"not a version":       {"azure_openai", "{\napi_version v1\n}", "must be a date"},
		"not a region":        {"bedrock", "{\nregion Frankfurt\n}", "is not a region"},
		"not a location":      {"vertex", "{\nlocation Belgium/..\n}", "is none of Google's"},
		"not a project":       {"vertex_anthropic", "{\nproject a/b\n}", "is none of Google's"},
		"a key for Vertex":    {"vertex", "{\napi_key x\n}", "allowed: project, location, credentials_file, base_url, header"},
		"half a key":          {"bedrock", "{\nsecret_access_key\n}", "secret_access_key needs a value"},
		"version twice":       {"azure_openai", "{\napi_version 2024-10-21\napi_version 2024-10-21\n}", "api_version is already set"},
		"path of Azure's":     {"azure_openai", "{\nbase_url https://x.openai.azure.com/openai/v1/\n}", "leave /openai/v1 out"},
		"path of Ollama's":    {"ollama", "{\nbase_url http://localhost:11434/v1\n}", "leave /v1 out"},
		"path of Cohere's":    {"cohere", "{\nbase_url https://api.cohere.com/v2\n}", "leave /v2 out"},
		"not a duration":      {"simulator", "{\nlatency 5\n}", "not a duration"},
		"a negative one":      {"simulator", "{\ndelay -1s\n}", "not a duration"},
		"none":                {"simulator", "{\ndelay\n}", "needs a duration"},
		"a key for simulator": {"simulator", "{\napi_key x\n}", "allowed: latency, delay"},
	} {
		_, err := parse(t, c.kind, c.block)
		if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), "Testfile:") {
			t.Errorf("%s: got %v, want %q", name, err, c.err)
		}
	}
}

func TestBaseURLs(t *testing.T) {
	for text, want := range map[string]string{
		"https://api.openai.com/v1":     "https://api.openai.com/v1",
		"https://api.openai.com/v1//":   "https://api.openai.com/v1",
		"http://10.0.0.7:8000":          "http://10.0.0.7:8000",
		"http://[::1]:8000/v1":          "http://[::1]:8000/v1",
		"HTTPS://x/v1":                  "https://x/v1",
		"https://x/a%2Fb/v1":            "https://x/a%2Fb/v1",
		"https://x/v1beta/openai":       "https://x/v1beta/openai",
		"":                              "",
		"x":                             "",
		"//x/v1":                        "",
		"htp://x":                       "",
		"unix:///run/x":                 "",
		"https://":                      "",
		"https:///v1":                   "",
		"https://:443/v1":               "",
		"https://user:secret@x/v1":      "",
		"https://secret@x/v1":           "",
		"https://x/v1?api-version=1":    "",
		"https://x/v1?":                 "",
		"https://x/v1#a":                "",
		"https://x/v1#":                 "",
		"https://x:0/v1":                "",
		"https://x:/v1":                 "",
		"https://x:70000/v1":            "",
		"https://x:secret/v1":           "",
		"https://x/../v1":               "",
		"https://x/%2e%2E/v1":           "",
		"https://x/v1/chat/completions": "",
		"https://x y/v1":                "",
		"https://x/v1\n":                "",
		"https://%zz/secret":            "",
	} {
		u, err := parseBaseURL(text, openAIStyle.added)
		switch {
		case want == "" && err == nil:
			t.Errorf("%q is taken for %s", text, u)
		case want == "" && (strings.Contains(err.Error(), "secret") || !strings.HasPrefix(err.Error(), "base_url: ")):
			t.Errorf("%q: got %v", text, err)
		case want != "" && (err != nil || u.String() != want):
			t.Errorf("%q: got %v, %v", text, u, err)
		}
	}
	for _, text := range []string{"https://x/v1", "https://x/a/v1beta", "https://x/v1/messages", "https://x/v1beta/models"} {
		if _, err := parseBaseURL(text, anthropicStyle.added); err == nil || !strings.Contains(err.Error(), "out; the path is added to each request") {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func TestPresets(t *testing.T) {
	for name, want := range map[string]string{
		"openai":    `{"api_keys":["{env.OPENAI_API_KEY}"],"base_url":"https://api.openai.com/v1","type":"openai_compatible","vendor":"openai"}`,
		"anthropic": `{"api_keys":["{env.ANTHROPIC_API_KEY}"],"base_url":"https://api.anthropic.com","type":"anthropic"}`,
		"gemini":    `{"api_keys":["{env.GEMINI_API_KEY}"],"base_url":"https://generativelanguage.googleapis.com","type":"gemini"}`,
		"simulator": `{"type":"simulator"}`,
		"cohere":    `{"api_keys":["{env.COHERE_API_KEY}"],"base_url":"https://api.cohere.com","type":"cohere"}`,
		"ollama":    `{"base_url":"http://localhost:11434","type":"ollama"}`,
		"mistral":   `{"api_keys":["{env.MISTRAL_API_KEY}"],"base_url":"https://api.mistral.ai/v1","no_stream_options":true,"type":"openai_compatible","vendor":"mistral"}`,
	} {
		p, ok := Preset(name)
		if !ok {
			t.Fatalf("there is no %s", name)
		}
		got, err := p.Complete(json.RawMessage(`{"type":"` + p.Type + `"}`))
		if err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
		// What a preset says can be provisioned, given the key.
		var fields map[string]json.RawMessage
		_ = json.Unmarshal(got, &fields)
		delete(fields, "type")
		config, _ := json.Marshal(fields)
		if p.KeyVariable != "" {
			t.Setenv(p.KeyVariable, "")
			if _, err := load(t, p.Type, string(config)); err == nil || !strings.Contains(err.Error(), p.KeyVariable) {
				t.Errorf("%s without a key: got %v", name, err)
			}
			t.Setenv(p.KeyVariable, "key")
		}
		if _, err := load(t, p.Type, string(config)); err != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, ok := Preset("openai_compatible"); ok {
		t.Error("a type is a preset")
	}
	p, _ := Preset("openai")
	given := `{"api_keys":["{env.B}"],"base_url":"http://x/v1","type":"openai_compatible","vendor":"azure"}`
	if got, err := p.Complete(json.RawMessage(given)); err != nil || string(got) != given {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := p.Complete(json.RawMessage(`[]`)); err == nil {
		t.Error("a list is completed")
	}
}
