package cohere

import (
	"net/http"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// AppendError appends the body of an error answer.
func (Dialect) AppendError(dst []byte, e *llm.Error) []byte {
	if e == nil {
		e = &llm.Error{}
	}
	dst = rawjson.AppendQuote(append(dst, `{"message":`...), errorMessage(e))
	if e.Code != "" {
		dst = rawjson.AppendQuote(append(dst, `,"error_type":`...), e.Code)
	}
	return append(dst, '}')
}

// errorMessage is never empty, and names the place.
func errorMessage(e *llm.Error) string {
	message := e.Message
	if message == "" {
		message = http.StatusText(e.Status)
	}
	if message == "" {
		message = "the call failed"
	}
	if e.Param != "" {
		message = e.Param + ": " + message
	}
	return message
}
