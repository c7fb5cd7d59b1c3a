package gateway

import (
	"net/http"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/anthropic"
	"github.com/fairwaygw/fairway/llm/cohere"
	"github.com/fairwaygw/fairway/llm/gemini"
	"github.com/fairwaygw/fairway/llm/ollama"
	"github.com/fairwaygw/fairway/llm/openai"
	"github.com/fairwaygw/fairway/llm/responses"
)

// AIPaths are where the site shortcut mounts the AI gateway, as Caddy path
// patterns.
var AIPaths = []string{"/v1", "/v1/*", "/v1beta/*", "/v2/chat", "/v2/embed", "/v2/rerank", "/openai/*", "/anthropic/*", "/google/*", "/ollama/*", "/passthrough/*"}

// HealthPaths are where the site shortcut answers probes.
var HealthPaths = []string{"/livez", "/readyz", "/healthz"}

// Endpoint is one operation of a front dialect at a path.
type Endpoint struct {
	// Front is the dialect that the caller speaks there.
	Front     llm.Dialect
	Operation llm.Operation
	// Method is the only one allowed, unless empty. GET includes HEAD.
	Method string
	// InPath is set where the path names the model, and Stream where it says
	// that the answer is to be streamed.
	InPath, Stream bool
	// Form is set where the body is a form, which may hold files.
	Form bool
}

// Operations that are answered here, not by a provider.
const (
	// OpModels lists models.
	OpModels llm.Operation = "models"
	// OpResponse shows an answer that is kept, OpInputItems what was asked,
	// OpDeleteResponse deletes it, and OpCancelResponse would end one.
	OpResponse       llm.Operation = "response"
	OpInputItems     llm.Operation = "response_input_items"
	OpDeleteResponse llm.Operation = "delete_response"
	OpCancelResponse llm.Operation = "cancel_response"
)

// Kept reports whether the operation is on an answer that is kept here.
func (e *Endpoint) Kept() bool {
	switch e.Operation {
	case OpResponse, OpInputItems, OpDeleteResponse, OpCancelResponse:
		return true
	}
	return false
}

// The dialects of callers. A streamed answer of Google's is an array unless
// events are asked for.
var (
	frontOpenAI      llm.Dialect = openai.Dialect{}
	frontResponses   llm.Dialect = responses.Dialect{}
	frontAnthropic   llm.Dialect = anthropic.Dialect{}
	frontGemini      llm.Dialect = gemini.Dialect{}
	frontGeminiArray llm.Dialect = gemini.Array{}
	frontOllama      llm.Dialect = ollama.Dialect{}
	frontGenerate    llm.Dialect = ollama.Generate{}
	frontCohere      llm.Dialect = cohere.Dialect{}
)

func chat(front llm.Dialect) *Endpoint {
	return &Endpoint{Front: front, Operation: llm.OpChat, Method: http.MethodPost}
}

func operation(op llm.Operation) *Endpoint { return form(op, openai.Operation{Of: op}) }

// form is an operation beside chat in a dialect of its own.
func form(op llm.Operation, front llm.Dialect) *Endpoint {
	return &Endpoint{Front: front, Operation: op, Method: http.MethodPost}
}

// media is an operation on sound or pictures.
func media(op llm.Operation) *Endpoint { return form(op, openai.NewMedia(op)) }

// upload is one whose request is a form.
func upload(op llm.Operation) *Endpoint {
	return &Endpoint{Front: openai.NewForm(op), Operation: op, Method: http.MethodPost, Form: true}
}

func models(front llm.Dialect) *Endpoint {
	return &Endpoint{Front: front, Operation: OpModels, Method: http.MethodGet}
}

// endpoints are those at one path, below any of the prefixes.
var endpoints = map[string]*Endpoint{
	"/v1/chat/completions": chat(frontOpenAI),
	"/v1/responses":        chat(frontResponses),
	"/v1/messages":         chat(frontAnthropic),
	"/v2/chat":             chat(frontCohere),
	"/api/chat":            chat(frontOllama),
	"/api/generate":        chat(frontGenerate),

	"/v1/completions":            form(llm.OpCompletions, openai.Completions{}),
	"/v1/embeddings":             form(llm.OpEmbeddings, openai.Embeddings),
	"/api/embed":                 form(llm.OpEmbeddings, ollama.Embed),
	"/api/embeddings":            form(llm.OpEmbeddings, ollama.Embeddings),
	"/v1/embed":                  form(llm.OpEmbeddings, cohere.EmbedV1),
	"/v2/embed":                  form(llm.OpEmbeddings, cohere.Embed),
	"/v1/rerank":                 form(llm.OpRerank, openai.Rerank),
	"/v2/rerank":                 form(llm.OpRerank, cohere.Rerank),
	"/v1/responses/input_tokens": form(llm.OpCountTokens, responses.CountTokens),
	"/v1/messages/count_tokens":  form(llm.OpCountTokens, anthropic.CountTokens),

	"/v1/moderations":          operation(llm.OpModerations),
	"/v1/images/generations":   media(llm.OpImages),
	"/v1/images/edits":         upload(llm.OpImageEdits),
	"/v1/images/variations":    upload(llm.OpImageVariations),
	"/v1/audio/speech":         media(llm.OpSpeech),
	"/v1/audio/transcriptions": upload(llm.OpTranscriptions),
	"/v1/audio/translations":   upload(llm.OpTranslations),

	"/v1/models":     models(frontOpenAI),
	"/v1beta/models": models(frontGemini),
	"/api/tags":      models(frontOllama),
}

// What can be done with an answer that is kept, by what follows its id.
var (
	keptEndpoints = map[string]*Endpoint{
		"":            {Front: frontResponses, Operation: OpResponse, Method: http.MethodGet},
		"input_items": {Front: frontResponses, Operation: OpInputItems, Method: http.MethodGet},
		"cancel":      {Front: frontResponses, Operation: OpCancelResponse, Method: http.MethodPost},
	}
	deleteKept = &Endpoint{Front: frontResponses, Operation: OpDeleteResponse, Method: http.MethodDelete}
)

// findKept finds what is done with the answer that a path names.
func findKept(method, path string) (e *Endpoint, id string) {
	id, what, sub := strings.Cut(path, "/")
	if id == "" || sub && what == "" {
		return nil, ""
	}
	if method == http.MethodDelete && !sub {
		return deleteKept, id
	}
	return keptEndpoints[what], id
}

// What follows a model's name in Google's paths.
var (
	geminiWhole  = &Endpoint{Front: frontGemini, Operation: llm.OpChat, Method: http.MethodPost, InPath: true}
	geminiEvents = &Endpoint{Front: frontGemini, Operation: llm.OpChat, Method: http.MethodPost, InPath: true, Stream: true}
	geminiArray  = &Endpoint{Front: frontGeminiArray, Operation: llm.OpChat, Method: http.MethodPost, InPath: true, Stream: true}
)

// geminiForms are the operations beside chat that may follow a model's name.
var geminiForms = map[string]*Endpoint{
	"countTokens":        {Front: gemini.CountTokens, Operation: llm.OpCountTokens, Method: http.MethodPost, InPath: true},
	"embedContent":       {Front: gemini.EmbedContent, Operation: llm.OpEmbeddings, Method: http.MethodPost, InPath: true},
	"batchEmbedContents": {Front: gemini.BatchEmbedContents, Operation: llm.OpEmbeddings, Method: http.MethodPost, InPath: true},
}

// prefixes may stand before every path, so that each vendor's SDK has a base
// URL of its own.
var prefixes = [...]string{"/openai", "/anthropic", "/google", "/ollama"}

// FindEndpoint finds what is served at a request's path. model is the model
// that the path names, if it does, or the id of what is kept.
func FindEndpoint(r *http.Request) (e *Endpoint, model string) {
	path := strings.TrimSuffix(r.URL.Path, "/")
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(path, p); ok && strings.HasPrefix(rest, "/") {
			path = rest
			break
		}
	}
	if e := endpoints[path]; e != nil {
		return e, ""
	}
	if rest, ok := strings.CutPrefix(path, "/v1/responses/"); ok {
		return findKept(r.Method, rest)
	}
	if strings.HasPrefix(path, passthroughPrefix) {
		return passthrough, ""
	}
	name, ok := strings.CutPrefix(path, "/v1/models/")
	list := endpoints["/v1/models"]
	if !ok {
		if name, ok = strings.CutPrefix(path, "/v1beta/models/"); !ok {
			return nil, ""
		}
		list = endpoints["/v1beta/models"]
	}
	// A model's name may have a colon itself; what is done with it has none.
	i := strings.LastIndexByte(name, ':')
	if i < 0 {
		return list, name
	}
	switch name[i+1:] {
	case "generateContent":
		return geminiWhole, name[:i]
	case "streamGenerateContent":
		if r.URL.Query().Get("alt") == "sse" {
			return geminiEvents, name[:i]
		}
		return geminiArray, name[:i]
	}
	if e := geminiForms[name[i+1:]]; e != nil {
		return e, name[:i]
	}
	return list, name
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
	case strings.HasPrefix(path, "/ollama"):
		return frontOllama
	case strings.HasPrefix(path, "/v2/"):
		return frontCohere
	case path == "/v1", strings.HasPrefix(path, "/v1/"), strings.HasPrefix(path, "/openai"), strings.HasSuffix(path, "/chat/completions"):
		return frontOpenAI
	}
	return nil
}

// NotFound explains that nothing is served at a path, with a hint where the
// cause is a doubled or missing version in the client's base URL.
func NotFound(path string) *llm.Error {
	e := &llm.Error{
		Status: http.StatusNotFound, Class: llm.ClassGateway, Type: "invalid_request_error", Code: "unknown_url",
		Message: "nothing is served at this path",
	}
	if i := strings.Index(path, "/v1/v1"); i >= 0 {
		e.Message += "; the version stands twice: set the client's base URL to end in " + path[:i] + "/v1 for OpenAI's SDKs, or without /v1 for Anthropic's"
	} else if strings.HasSuffix(path, "/chat/completions") {
		e.Message += "; set the client's base URL to end in /v1"
	}
	return e
}
