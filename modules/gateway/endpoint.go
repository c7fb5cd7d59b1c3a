package gateway

import (
	"net/http"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/anthropic"
	"github.com/fairwaygw/fairway/llm/gemini"
	"github.com/fairwaygw/fairway/llm/openai"
)

// AIPaths are where the site shortcut mounts the AI gateway, as Caddy path
// patterns.
var AIPaths = []string{"/v1", "/v1/*", "/openai/*"}

// HealthPaths are where the site shortcut answers probes.
var HealthPaths = []string{"/livez", "/readyz", "/healthz"}

// Endpoint is one operation of a front dialect at a path.
type Endpoint struct {
	// Front is the dialect that the caller speaks there.
	Front     llm.Dialect
	Operation llm.Operation
	// Method is the only one allowed. GET includes HEAD.
	Method string
}

// OpModels lists models; it is answered here, not by a provider.
const OpModels llm.Operation = "models"

// The dialects that a caller's error can be written in.
var (
	frontOpenAI    llm.Dialect = openai.Dialect{}
	frontAnthropic llm.Dialect = anthropic.Dialect{}
	frontGemini    llm.Dialect = gemini.Dialect{}
)

var (
	chatEndpoint   = &Endpoint{frontOpenAI, llm.OpChat, http.MethodPost}
	modelsEndpoint = &Endpoint{frontOpenAI, OpModels, http.MethodGet}
)

// FindEndpoint finds what is served at a path. rest is what follows the
// endpoint's own path: a model's name after /v1/models/.
func FindEndpoint(path string) (e *Endpoint, rest string) {
	path = strings.TrimPrefix(path, "/openai")
	switch strings.TrimSuffix(path, "/") {
	case "/v1/chat/completions":
		return chatEndpoint, ""
	case "/v1/models":
		return modelsEndpoint, ""
	}
	if rest, ok := strings.CutPrefix(path, "/v1/models/"); ok && !strings.Contains(rest, ":") {
		return modelsEndpoint, rest
	}
	return nil, ""
}

// errorFront is the dialect that the caller of a path most likely speaks, for
// errors that come before, or in place of, an endpoint. It is nil outside the
// AI paths.
func errorFront(r *http.Request) llm.Front {
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, "/anthropic"), strings.Contains(path, "/v1/messages"), r.Header.Get("Anthropic-Version") != "":
		return frontAnthropic
	case strings.HasPrefix(path, "/v1beta"), strings.HasPrefix(path, "/google"), strings.Contains(path, "/models/") && strings.Contains(path, ":"):
		return frontGemini
	case path == "/v1", strings.HasPrefix(path, "/v1/"), strings.HasPrefix(path, "/openai"), strings.HasSuffix(path, "/chat/completions"):
		return frontOpenAI
	}
	return nil
}

// NotFound explains that nothing is served at a path, with a hint where the
// cause is a doubled or missing version in the client's base URL.
func NotFound(path string) *llm.Error {
	e := &llm.Error{Status: http.StatusNotFound, Class: llm.ClassGateway, Type: "invalid_request_error", Code: "unknown_url",
		Message: "nothing is served at this path"}
	if i := strings.Index(path, "/v1/v1"); i >= 0 {
		e.Message += "; the version stands twice: set the client's base URL to end in " + path[:i] + "/v1 for OpenAI's SDKs, or without /v1 for Anthropic's"
	} else if strings.HasSuffix(path, "/chat/completions") {
		e.Message += "; set the client's base URL to end in /v1"
	}
	return e
}
