package aigateway

import (
	"net/http"
	"strconv"

	"github.com/fairwaygw/fairway/internal/store"
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/responses"
	"github.com/fairwaygw/fairway/modules/gateway"
)

// kept answers about an answer that is kept.
func (h *Handler) kept(w http.ResponseWriter, r *http.Request, call *gateway.Call, e *gateway.Endpoint, id string) *llm.Error {
	if err := call.Admit(); err != nil {
		return err
	}
	o, found, err := call.Kept(r.Context(), store.ObjectResponse, id)
	if err != nil {
		return err
	}
	if !found {
		return gateway.KeptNotFound(id)
	}
	kept := responses.ReadKept(o.Body)
	var body []byte
	switch e.Operation {
	case gateway.OpResponse:
		if r.URL.Query().Get("stream") == "true" {
			return llm.Invalid("stream", "unsupported_parameter", "a kept answer is not streamed again")
		}
		body = kept.Response
	case gateway.OpInputItems:
		if body, err = inputItems(r, &kept, id); err != nil {
			return err
		}
	case gateway.OpDeleteResponse:
		var items []store.Object
		for item := range responses.Items(kept.Output()) {
			items = append(items, store.Object{Kind: store.ObjectItem, ID: item})
		}
		if err := call.Forget(r.Context(), store.ObjectResponse, id, items...); err != nil {
			return err
		}
		body = responses.Deleted(nil, id)
	default: // to cancel
		return llm.Invalid("response_id", "not_cancellable", "only an answer that is made in the background can be cancelled, and none is here")
	}
	answerJSON(w, r, body)
	return nil
}

const (
	defaultItems = 20
	mostItems    = 100
)

// inputItems lists what was said to the model in the turn.
func inputItems(r *http.Request, kept *responses.Kept, id string) ([]byte, *llm.Error) {
	q := r.URL.Query()
	limit := defaultItems
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostItems {
			return nil, llm.Invalid("limit", "invalid_value", "must be from 1 to "+strconv.Itoa(mostItems))
		}
		limit = n
	}
	order := q.Get("order")
	if order != "" && order != "asc" && order != "desc" {
		return nil, llm.Invalid("order", "invalid_value", "must be asc or desc")
	}
	return responses.Listed(nil, kept.Input, id, order != "asc", q.Get("after"), limit), nil
}

func answerJSON(w http.ResponseWriter, r *http.Request, body []byte) {
	h := w.Header()
	gateway.SetPrivate(h)
	h["Content-Type"] = contentJSON
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a caller that is gone needs no answer
	}
}
