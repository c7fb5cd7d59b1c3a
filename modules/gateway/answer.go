package gateway

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/fairwaygw/fairway/llm"
)

// WriteError answers with an error in the caller's own shape: the front's where
// one is given or the path tells it, else problem+json (RFC 9457).
func WriteError(w http.ResponseWriter, r *http.Request, front llm.Front, e *llm.Error) {
	if front == nil {
		front = errorFront(r)
	}
	h := w.Header()
	var body []byte
	if front != nil {
		h["Content-Type"] = jsonType
		body = front.AppendError(nil, e)
	} else {
		h["Content-Type"] = problemType
		body = problem(h.Get("X-Request-Id"), e)
	}
	SetPrivate(h)
	if r.Header.Get("Expect") != "" {
		// The caller waits to be told to go on, and is not: without this the
		// server would wait for the body first.
		h.Set("Connection", "close")
	}
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64(math.Ceil(e.RetryAfter.Seconds())), 10))
		h.Set("Retry-After-Ms", strconv.FormatInt(int64(e.RetryAfter/time.Millisecond), 10))
	}
	if e.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="fairway"`)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(e.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a caller that is gone needs no answer
	}
}

var (
	jsonType    = []string{"application/json"}
	problemType = []string{"application/problem+json"}
	noStore     = []string{"private, no-store"}
	varyKey     = []string{"Authorization"}
)

// SetPrivate keeps answers to one caller out of caches shared with others.
func SetPrivate(h http.Header) {
	h["Cache-Control"] = noStore
	h["Vary"] = append(varyKey[:1:1], h["Vary"]...)
}

// problemCodes are what codes that only clients of AI dialects know are called
// elsewhere.
var problemCodes = map[string]string{codeRateLimited: "rate-limited", codeBudgetSpent: "budget-exhausted"}

// problem is the body of an error outside the AI dialects.
func problem(requestID string, e *llm.Error) []byte {
	code := e.Code
	if other := problemCodes[code]; other != "" {
		code = other
	}
	b, err := json.Marshal(struct {
		Type      string `json:"type"`
		Title     string `json:"title"`
		Status    int    `json:"status"`
		Detail    string `json:"detail,omitempty"`
		Code      string `json:"code"`
		RequestID string `json:"request_id,omitempty"`
	}{"https://fairwaygw.github.io/problems/" + code, http.StatusText(e.Status), e.Status, e.Message, code, requestID})
	if err != nil {
		return nil
	}
	return b
}
