package gateway

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func TestWriteError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method, target string
		header               http.Header
		err                  llm.Error
		want                 http.Header
		// body is a field of the body that tells its shape; empty for none.
		body string
	}{
		{
			"plain", "POST", "/v1/chat/completions", nil,
			llm.Error{Status: 400, Code: "x", Message: "m"},
			http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"private, no-store"}, "Vary": {"Authorization"}},
			"error",
		},
		{
			"another dialect", "POST", "/v1/messages", nil,
			llm.Error{Status: 400, Code: "x", Message: "m"},
			http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"private, no-store"}, "Vary": {"Authorization"}},
			"type",
		},
		{
			"no dialect", "GET", "/somewhere", nil,
			llm.Error{Status: 404, Code: "unknown_url", Message: "m"},
			http.Header{"Content-Type": {"application/problem+json"}, "Cache-Control": {"private, no-store"}, "Vary": {"Authorization"}},
			"request_id",
		},
		{
			"come back", "POST", "/v1/chat/completions", nil,
			llm.Error{Status: 429, Code: "x", RetryAfter: 1500 * time.Millisecond},
			http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"private, no-store"}, "Vary": {"Authorization"}, "Retry-After": {"2"}, "Retry-After-Ms": {"1500"}},
			"error",
		},
		{
			"who are you", "POST", "/v1/chat/completions", nil,
			llm.Error{Status: 401, Code: "x"},
			http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"private, no-store"}, "Vary": {"Authorization"}, "Www-Authenticate": {`Bearer realm="fairway"`}},
			"error",
		},
		{
			"a caller that waits", "POST", "/v1/chat/completions",
			http.Header{"Expect": {"100-continue"}},
			llm.Error{Status: 413, Code: "x"},
			http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"private, no-store"}, "Vary": {"Authorization"}, "Connection": {"close"}},
			"error",
		},
		{
			"head", "HEAD", "/v1/models", nil,
			llm.Error{Status: 404, Code: "x"},
			http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"private, no-store"}, "Vary": {"Authorization"}},
			"",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, r := httptest.NewRecorder(), httptest.NewRequest(c.method, c.target, nil)
			if c.header != nil {
				r.Header = c.header
			}
			w.Header().Set("X-Request-Id", "call_1")
			WriteError(w, r, nil, &c.err)
			h := w.Header()
			h.Del("X-Request-Id")
			if h.Get("Content-Length") == "" || c.body != "" && h.Get("Content-Length") == "0" {
				t.Errorf("the length is %q", h.Get("Content-Length"))
			}
			h.Del("Content-Length")
			if diff := cmp.Diff(c.want, h); diff != "" || w.Code != c.err.Status {
				t.Errorf("status %d: %s", w.Code, diff)
			}
			if c.body == "" {
				if w.Body.Len() > 0 {
					t.Errorf("the body is %s", w.Body)
				}
				return
			}
			var fields map[string]any
			if err := json.Unmarshal(w.Body.Bytes(), &fields); err != nil || fields[c.body] == nil {
				t.Errorf("(%v) the body is %s", err, w.Body)
			}
		})
	}
}
