package simulator

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/fairwaygw/fairway/llm"
)

// fault is an error answer.
type fault struct {
	status     int
	kind, code string
	message    string
	param      string
	retryAfter time.Duration
}

// invalid is the answer to a request that is wrong at a place.
func invalid(param, message string) *fault {
	if param != "" {
		message = param + " " + message
	}
	return &fault{status: http.StatusBadRequest, kind: "invalid_request_error", code: "invalid_value", message: message, param: param}
}

// simulated is the answer that the caller asked for.
func simulated(status int, retryAfter time.Duration) *fault {
	f := &fault{status: status, kind: "invalid_request_error", message: "a simulated answer", retryAfter: retryAfter}
	switch {
	case status == http.StatusUnauthorized:
		f.code, f.message = "invalid_api_key", "a simulated refusal of the key"
	case status == http.StatusForbidden:
		f.kind, f.message = "permission_error", "a simulated refusal"
	case status == http.StatusNotFound:
		f.code, f.message = "model_not_found", "a simulated missing model"
	case status == http.StatusTooManyRequests:
		f.kind, f.code, f.message = "requests", "rate_limit_exceeded", "a simulated rate limit"
	case status == http.StatusServiceUnavailable || status == statusOverloaded:
		f.kind, f.message = "server_error", "a simulated overload"
	case status >= http.StatusInternalServerError:
		f.kind, f.message = "server_error", "a simulated failure"
	}
	return f
}

// statusOverloaded is Anthropic's.
const statusOverloaded = 529

// body is the error in OpenAI's shape.
func (f *fault) body() []byte {
	type nullable = *string
	value := func(s string) nullable {
		if s == "" {
			return nil
		}
		return &s
	}
	b, _ := json.Marshal(map[string]any{"error": struct { // strings always encode
		Message string   `json:"message"`
		Type    string   `json:"type"`
		Param   nullable `json:"param"`
		Code    nullable `json:"code"`
	}{f.message, f.kind, value(f.param), value(f.code)}})
	return b
}

func (f *fault) answer(id string) *llm.Answer {
	h := header("application/json", id)
	if f.retryAfter > 0 {
		h["Retry-After"] = []string{strconv.Itoa(int((f.retryAfter + time.Second - 1) / time.Second))}
		h["Retry-After-Ms"] = []string{strconv.FormatInt(f.retryAfter.Milliseconds(), 10)}
	}
	if f.status < http.StatusBadRequest { // a success without content, or a redirect
		if f.status >= http.StatusMultipleChoices {
			h["Location"] = []string{"https://elsewhere.invalid/"}
		}
		return &llm.Answer{Status: f.status, Header: h, Body: http.NoBody}
	}
	body := f.body()
	return &llm.Answer{Status: f.status, Header: h, Length: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body))}
}

func header(contentType, id string) http.Header {
	values := [2]string{contentType, "req_" + id}
	return http.Header{"Content-Type": values[0:1:1], "X-Request-Id": values[1:2:2]}
}
