package aigateway

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/modules/gateway"
)

// models answers GET /v1/models and its like: what the caller may call, in the
// shape of the caller's dialect. OpenAI's path is also Anthropic's, whose
// clients send a version.
func (h *Handler) models(w http.ResponseWriter, r *http.Request, call *gateway.Call, e *gateway.Endpoint, name string) *llm.Error {
	shape := modelShapes[e.Front.Name()]
	if r.Header.Get("Anthropic-Version") != "" {
		shape = anthropicModels
	}
	list := h.app.Models().Only(call.MayCall)
	var body any
	if name != "" {
		m, ok := h.app.FindModel(name)
		if !ok || !call.MayCall(name) {
			return gateway.ModelNotFound(name)
		}
		body = shape.entry(m)
	} else {
		page, err := shape.list(r, list)
		if err != nil {
			return err
		}
		body = page
	}
	out, err := json.Marshal(body)
	if err != nil {
		return &llm.Error{Status: http.StatusInternalServerError, Class: llm.ClassGateway, Type: "api_error", Code: "internal_error", Message: "the list of models could not be written", Err: err}
	}
	header := w.Header()
	gateway.SetPrivate(header)
	header["Content-Type"] = contentJSON
	header.Set("Content-Length", strconv.Itoa(len(out)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(out) // a caller that is gone needs no answer
	}
	return nil
}

// modelShape is how a dialect lists models.
type modelShape struct {
	entry func(gateway.Model) any
	list  func(*http.Request, gateway.ModelList) (any, *llm.Error)
}

// modelShapes are the shapes by the front's name.
var modelShapes = map[string]modelShape{
	"openai": {openAIModel, wholeList("data", "object", "list", openAIModel)},
	"gemini": {geminiModel, wholeList("models", "", "", geminiModel)},
	"ollama": {ollamaModel, wholeList("models", "", "", ollamaModel)},
}

// openAIModel is "The model object" of OpenAI's API reference.
func openAIModel(m gateway.Model) any {
	return map[string]any{"id": m.Name, "object": "model", "created": m.Since.Unix(), "owned_by": m.Owner}
}

// geminiModel is a model of Gemini's models.list.
func geminiModel(m gateway.Model) any {
	return map[string]any{
		"name": "models/" + m.Name, "displayName": m.Name,
		"supportedGenerationMethods": []string{"generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents"},
	}
}

// ollamaModel is a model of "List Local Models" in Ollama's docs/api.md.
func ollamaModel(m gateway.Model) any {
	return map[string]any{
		"name": m.Name, "model": m.Name, "modified_at": m.Since.UTC().Format(time.RFC3339), "size": 0, "digest": "",
		"details": map[string]any{"format": "", "family": m.Owner, "families": []string{m.Owner}, "parameter_size": "", "quantization_level": ""},
	}
}

// wholeList is a list without pages: the models under a name, and perhaps one
// more field.
func wholeList(name, field, value string, entry func(gateway.Model) any) func(*http.Request, gateway.ModelList) (any, *llm.Error) {
	return func(_ *http.Request, list gateway.ModelList) (any, *llm.Error) {
		models := make([]any, 0, len(list))
		for _, m := range list {
			models = append(models, entry(m))
		}
		body := map[string]any{name: models}
		if field != "" {
			body[field] = value
		}
		return body, nil
	}
}

// anthropicModels is the shape of Anthropic's "List Models".
var anthropicModels = modelShape{anthropicModel, anthropicPage}

func anthropicModel(m gateway.Model) any {
	return map[string]any{"type": "model", "id": m.Name, "display_name": m.Name, "created_at": m.Since.UTC().Format(time.RFC3339)}
}

// anthropicPage is a page of Anthropic's list: limit (1 to 1000, default 20),
// after_id and before_id.
func anthropicPage(r *http.Request, list gateway.ModelList) (any, *llm.Error) {
	query := r.URL.Query()
	limit := 20
	if v := query.Get("limit"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 1000 {
			return nil, llm.Invalid("limit", "invalid_limit", "limit must be a number from 1 to 1000")
		}
		limit = n
	}
	from := 0
	if id := query.Get("after_id"); id != "" {
		from = list.After(id)
	}
	// More is asked for in one direction: towards the end, or back from
	// before_id.
	end := min(from+limit, len(list))
	more := end < len(list)
	if i := list.Index(query.Get("before_id")); i >= 0 {
		first := from
		from, end = max(first, i-limit), i
		more = from > first
	}
	models := make([]any, 0, max(end-from, 0))
	for _, m := range list[min(from, end):end] {
		models = append(models, anthropicModel(m))
	}
	page := map[string]any{"data": models, "has_more": more, "first_id": nil, "last_id": nil}
	if end > from {
		page["first_id"], page["last_id"] = list[from].Name, list[end-1].Name
	}
	return page, nil
}
