package anthropic

import (
	"net/http"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// errorTypes are Anthropic's types of errors by HTTP status
// (https://platform.claude.com/docs/en/api/errors).
var errorTypes = map[int]string{
	400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
	404: "not_found_error", 408: "timeout_error", 413: "request_too_large", 429: "rate_limit_error",
	500: "api_error", 502: "api_error", 503: "overloaded_error", 504: "timeout_error", 529: "overloaded_error",
}

func errorType(status int) string {
	if t, ok := errorTypes[status]; ok {
		return t
	}
	if status >= 400 && status < 500 {
		return "invalid_request_error"
	}
	return "api_error"
}

// AppendError appends the body of an error answer. The code is an addition to
// Anthropic's form, whose types alone say too little.
func (Dialect) AppendError(dst []byte, e *llm.Error) []byte {
	if e == nil {
		e = &llm.Error{}
	}
	dst = appendString(append(dst, `{"type":"error","error":{"type":`...), errorType(e.Status))
	message := errorMessage(e)
	if e.Param != "" {
		message = e.Param + ": " + message
	}
	dst = appendString(append(dst, `,"message":`...), message)
	if e.Code != "" {
		dst = appendString(append(dst, `,"code":`...), e.Code)
	}
	return append(dst, "}}"...)
}

// errorMessage is never empty, and never a page of a proxy that stands between
// here and the provider.
func errorMessage(e *llm.Error) string {
	m := strings.TrimSpace(e.Message)
	if m != "" && m[0] != '<' {
		return m
	}
	if text := http.StatusText(e.Status); text != "" {
		return text
	}
	return "the call failed"
}
