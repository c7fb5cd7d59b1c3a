package openai

import (
	"net/http"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// AppendError appends the body of an error answer. All four keys of the error
// are always there, as OpenAI's own types require.
func (Dialect) AppendError(dst []byte, e *llm.Error) []byte {
	dst = appendString(append(dst, `{"error":{"message":`...), errorMessage(e))
	dst = appendString(append(dst, `,"type":`...), errorType(e))
	dst = appendStringOrNull(append(dst, `,"param":`...), e.Param)
	dst = appendStringOrNull(append(dst, `,"code":`...), e.Code)
	return append(dst, "}}"...)
}

// errorMessage is never empty, and never a page of a proxy that stands between
// here and the provider.
func errorMessage(e *llm.Error) string {
	m := strings.TrimSpace(e.Message)
	if m != "" && m[0] != '<' {
		return e.Placed(m)
	}
	if text := http.StatusText(e.Status); text != "" {
		return text
	}
	return "the call failed"
}

func errorType(e *llm.Error) string {
	switch {
	case e.Type != "":
		return e.Type
	case e.Status == http.StatusTooManyRequests:
		return "rate_limit_error"
	case e.Status >= 400 && e.Status < 500:
		return "invalid_request_error"
	}
	return "api_error"
}
