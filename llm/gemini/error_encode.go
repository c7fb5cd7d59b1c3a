package gemini

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// statuses are Google's words for HTTP statuses
// (https://cloud.google.com/apis/design/errors#handling_errors).
var statuses = map[int]string{
	400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ABORTED",
	429: "RESOURCE_EXHAUSTED", 499: "CANCELLED", 500: "INTERNAL", 501: "UNIMPLEMENTED", 502: "INTERNAL",
	503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED", 529: "UNAVAILABLE",
}

func statusOf(code int) string {
	if s, ok := statuses[code]; ok {
		return s
	}
	switch {
	case code >= 400 && code < 500:
		return "INVALID_ARGUMENT"
	case code >= 500:
		return "INTERNAL"
	}
	return "UNKNOWN"
}

// AppendError appends the body of an error answer. Its details name the reason,
// the place in the request, and how long to wait, where these are known.
func (Dialect) AppendError(dst []byte, e *llm.Error) []byte {
	if e == nil {
		e = &llm.Error{}
	}
	code := e.Status
	if code == 0 {
		code = 500
	}
	dst = strconv.AppendInt(append(dst, `{"error":{"code":`...), int64(code), 10)
	message := e.Message
	if message == "" {
		message = statusOf(code)
	}
	if e.Param != "" {
		message = e.Param + ": " + message
	}
	dst = rawjson.AppendQuote(append(dst, `,"message":`...), message)
	dst = append(append(append(dst, `,"status":"`...), statusOf(code)...), '"')
	dst = appendDetails(dst, e)
	return append(dst, "}}"...)
}

func appendDetails(dst []byte, e *llm.Error) []byte {
	open := false
	detail := func(kind string) {
		if open {
			dst = append(dst, ',')
		} else {
			dst = append(dst, `,"details":[`...)
		}
		open = true
		dst = append(append(append(dst, `{"@type":"type.googleapis.com/google.rpc.`...), kind...), '"')
	}
	if e.Code != "" {
		detail("ErrorInfo")
		dst = rawjson.AppendQuote(append(dst, `,"reason":`...), e.Code)
		dst = append(dst, `,"domain":"fairway"}`...)
	}
	if e.Param != "" {
		detail("BadRequest")
		dst = rawjson.AppendQuote(append(dst, `,"fieldViolations":[{"field":`...), e.Param)
		dst = rawjson.AppendQuote(append(dst, `,"description":`...), e.Message)
		dst = append(dst, "}]}"...)
	}
	if e.RetryAfter > 0 {
		detail("RetryInfo")
		dst = append(dst, `,"retryDelay":"`...)
		dst = append(strconv.AppendFloat(dst, e.RetryAfter.Seconds(), 'f', -1, 64), `s"}`...)
	}
	if open {
		dst = append(dst, ']')
	}
	return dst
}
