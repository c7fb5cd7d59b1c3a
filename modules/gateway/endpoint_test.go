package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

func TestFindEndpoint(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]struct {
		// front is empty where nothing is.
		front, operation, method, model string
		stream                          bool
	}{
		"/v1/chat/completions":                          {"openai", "chat", "POST", "", false},
		"/v1/chat/completions/":                         {"openai", "chat", "POST", "", false},
		"/openai/v1/chat/completions":                   {"openai", "chat", "POST", "", false},
		"/anthropic/v1/chat/completions":                {"openai", "chat", "POST", "", false},
		"/v1/messages":                                  {"anthropic", "chat", "POST", "", false},
		"/anthropic/v1/messages":                        {"anthropic", "chat", "POST", "", false},
		"/v1/responses":                                 {"responses", "chat", "POST", "", false},
		"/v2/chat":                                      {"cohere", "chat", "POST", "", false},
		"/ollama/api/chat":                              {"ollama", "chat", "POST", "", false},
		"/api/generate":                                 {"ollama-generate", "chat", "POST", "", false},
		"/v1/models":                                    {"openai", "models", "GET", "", false},
		"/v1/models/sim/echo":                           {"openai", "models", "GET", "sim/echo", false},
		"/v1/models/house/qwen:7b":                      {"openai", "models", "GET", "house/qwen:7b", false},
		"/v1beta/models":                                {"gemini", "models", "GET", "", false},
		"/google/v1beta/models/a":                       {"gemini", "models", "GET", "a", false},
		"/ollama/api/tags":                              {"ollama", "models", "GET", "", false},
		"/v1beta/models/a:generateContent":              {"gemini", "chat", "POST", "a", false},
		"/v1/models/house/qwen:7b:generateContent":      {"gemini", "chat", "POST", "house/qwen:7b", false},
		"/google/v1beta/models/a:streamGenerateContent": {"gemini", "chat", "POST", "a", true},
		"/google/v1beta/models/a:streamGenerateContent?alt=sse":   {"gemini", "chat", "POST", "a", true},
		"/v1beta/models/sim/echo:streamGenerateContent?alt=other": {"gemini", "chat", "POST", "sim/echo", true},

		"/v1/completions":                              {"openai-completions", "completions", "POST", "", false},
		"/openai/v1/embeddings":                        {"openai-embeddings", "embeddings", "POST", "", false},
		"/ollama/api/embed":                            {"ollama-embed", "embeddings", "POST", "", false},
		"/api/embeddings":                              {"ollama-embeddings", "embeddings", "POST", "", false},
		"/v1/embed":                                    {"cohere-embed-v1", "embeddings", "POST", "", false},
		"/v1/responses/input_tokens":                   {"responses-count", "count_tokens", "POST", "", false},
		"/v2/embed":                                    {"cohere-embed", "embeddings", "POST", "", false},
		"/v1/rerank":                                   {"openai-rerank", "rerank", "POST", "", false},
		"/v2/rerank":                                   {"cohere-rerank", "rerank", "POST", "", false},
		"/v1/messages/count_tokens?beta=true":          {"anthropic-count", "count_tokens", "POST", "", false},
		"/anthropic/v1/messages/count_tokens":          {"anthropic-count", "count_tokens", "POST", "", false},
		"/v1beta/models/a:countTokens":                 {"gemini-count", "count_tokens", "POST", "a", false},
		"/v1/models/p/a:b:embedContent":                {"gemini-embed", "embeddings", "POST", "p/a:b", false},
		"/google/v1beta/models/p/a:batchEmbedContents": {"gemini-embed-batch", "embeddings", "POST", "p/a", false},

		"/": {}, "/v1": {}, "/v1/": {}, "/chat/completions": {}, "/v1/chat": {}, "/V1/chat/completions": {}, "/v1/v1/chat/completions": {},
		"/openai/openai/v1/models": {}, "/openaiv1/models": {}, "/v1/chat/completions//": {}, "/v2/models": {}, "/v1beta/tunedModels/a:generateContent": {},
	} {
		e, model := FindEndpoint(httptest.NewRequest(http.MethodGet, target, nil))
		switch {
		case e == nil:
			if want.front != "" {
				t.Errorf("%s: nothing is found", target)
			}
		case e.Front.Name() != want.front || string(e.Operation) != want.operation || e.Method != want.method || model != want.model || e.Stream != want.stream:
			t.Errorf("%s: got %s %s of %s, model %q, stream %v", target, e.Method, e.Operation, e.Front.Name(), model, e.Stream)
		case e.InPath != (strings.HasPrefix(want.front, "gemini") && want.operation != "models"):
			t.Errorf("%s: the model's name is in the path: %v", target, e.InPath)
		}
	}
	// Google's stream is an array unless events are asked for.
	events, _ := FindEndpoint(httptest.NewRequest(http.MethodPost, "/v1beta/models/a:streamGenerateContent?alt=sse", nil))
	array, _ := FindEndpoint(httptest.NewRequest(http.MethodPost, "/v1beta/models/a:streamGenerateContent", nil))
	for e, want := range map[*Endpoint]string{events: "text/event-stream", array: "application/json"} {
		if got := e.Front.NewStreamEncoder(llm.View{}).ContentType(); !strings.HasPrefix(got, want) {
			t.Errorf("the stream is %s, not %s", got, want)
		}
	}
}

// TestEveryEndpointIsMounted holds that the shortcut's patterns lead to what is
// served, but for Ollama's root, which belongs to the site.
func TestEveryEndpointIsMounted(t *testing.T) {
	t.Parallel()
	mounted := func(path string) bool {
		for _, pattern := range AIPaths {
			if prefix, open := strings.CutSuffix(pattern, "*"); open && strings.HasPrefix(path, prefix) || pattern == path {
				return true
			}
		}
		return false
	}
	for path := range endpoints {
		if got := mounted(path); got == strings.HasPrefix(path, "/api/") {
			t.Errorf("%s is mounted: %v", path, got)
		}
		for _, p := range prefixes {
			if !mounted(p + path) {
				t.Errorf("%s is not mounted", p+path)
			}
		}
	}
}

func TestNotFoundHints(t *testing.T) {
	t.Parallel()
	for path, hint := range map[string]string{
		"/v1/nothing":                    "",
		"/":                              "",
		"/v1/v1/chat/completions":        "set the client's base URL to end in /v1 for",
		"/openai/v1/v1/chat/completions": "set the client's base URL to end in /openai/v1 for",
		"/chat/completions":              "set the client's base URL to end in /v1",
	} {
		e := NotFound(path)
		if e.Status != 404 || e.Code != "unknown_url" || !strings.HasSuffix(e.Message, hint) && !strings.Contains(e.Message, hint) || hint == "" && e.Message != "nothing is served at this path" {
			t.Errorf("%s: got %s", path, e.Message)
		}
	}
}

func TestErrorsSpeakTheCallersDialect(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]llm.Front{
		"/v1": frontOpenAI, "/v1/nothing": frontOpenAI, "/openai/v1/x": frontOpenAI, "/chat/completions": frontOpenAI,
		"/v1/messages": frontAnthropic, "/anthropic/v1/x": frontAnthropic, "/v1/messages/count_tokens": frontAnthropic,
		"/v1beta/models": frontGemini, "/google/x": frontGemini, "/v1/models/a:generateContent": frontGemini,
		"/ollama/api/chat": frontOllama, "/v2/chat": frontCohere, "/v2/rerank": frontCohere, "/livez": nil, "/": nil, "/v10": nil,
	} {
		if got := errorFront(httptest.NewRequest(http.MethodPost, target, nil)); got != want {
			t.Errorf("%s: got %T", target, got)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/v1/models", nil)
	r.Header.Set("Anthropic-Version", "2023-06-01")
	if got := errorFront(r); got != frontAnthropic {
		t.Errorf("with Anthropic's header: got %T", got)
	}
}
