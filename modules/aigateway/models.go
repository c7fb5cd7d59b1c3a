package aigateway

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/modules/gateway"
)

// models answers GET /v1/models and GET /v1/models/{model}: what the caller may
// call, in OpenAI's shape, or in Anthropic's for clients that send its version.
func (h *Handler) models(w http.ResponseWriter, r *http.Request, name string) *llm.Error {
	anthropic := r.Header.Get("Anthropic-Version") != ""
	list := h.app.Models()
	var body any
	if name != "" {
		m, ok := h.app.FindModel(name)
		if !ok {
			return gateway.ModelNotFound(name)
		}
		body = modelEntry(m, anthropic)
	} else if anthropic {
		page, err := anthropicPage(r, list)
		if err != nil {
			return err
		}
		body = page
	} else {
		entries := make([]any, 0, len(list))
		for _, m := range list {
			entries = append(entries, modelEntry(m, false))
		}
		body = map[string]any{"object": "list", "data": entries}
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

// modelEntry is one model in OpenAI's shape (API reference, "The model
// object") or in Anthropic's ("Get a model").
func modelEntry(m gateway.Model, anthropic bool) any {
	if anthropic {
		return map[string]any{"type": "model", "id": m.Name, "display_name": m.Name, "created_at": m.Since.UTC().Format(time.RFC3339)}
	}
	return map[string]any{"id": m.Name, "object": "model", "created": m.Since.Unix(), "owned_by": m.Owner}
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
	from, to := 0, len(list)
	if id := query.Get("after_id"); id != "" {
		from = list.Index(id) + 1
	}
	if id := query.Get("before_id"); id != "" {
		if i := list.Index(id); i >= 0 {
			to = i
			from = max(from, to-limit)
		}
	}
	end := min(from+limit, to)
	entries := make([]any, 0, end-from)
	for _, m := range list[from:end] {
		entries = append(entries, modelEntry(m, true))
	}
	page := map[string]any{"data": entries, "has_more": end < to, "first_id": nil, "last_id": nil}
	if end > from {
		page["first_id"], page["last_id"] = list[from].Name, list[end-1].Name
	}
	return page, nil
}
