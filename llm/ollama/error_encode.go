package ollama

import (
	"net/http"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// AppendError appends the body of an error answer, which is also the line of a
// stream that ends in one.
func (Dialect) AppendError(dst []byte, e *llm.Error) []byte {
	if e == nil {
		e = &llm.Error{}
	}
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
	return append(rawjson.AppendQuote(append(dst, `{"error":`...), message), '}')
}
