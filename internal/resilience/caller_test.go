package resilience

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fairwaygw/fairway/llm"
)

// checkForCaller holds what is true of everything that a caller sees.
func checkForCaller(t *testing.T, e *llm.Error) {
	t.Helper()
	before := *e
	out := ForCaller(e)
	switch {
	case *e != before:
		t.Errorf("%+v was changed", before)
	case out.Status < 400 || out.Status > 599:
		t.Errorf("%+v becomes status %d", e, out.Status)
	case out.Type == "" || out.Message == "":
		t.Errorf("%+v becomes %+v", e, out)
	case out.Err != nil:
		t.Errorf("%+v keeps its cause", e)
	case strings.ContainsAny(out.Message, "\n\r"):
		t.Errorf("message of more than one line: %q", out.Message)
	case out.Status == http.StatusUnauthorized && out.Class != llm.ClassGateway:
		t.Errorf("%+v blames the caller's key", e)
	}
	// What has been through it once stays as it is.
	if diff := cmp.Diff(out, ForCaller(out)); diff != "" {
		t.Errorf("a second time differs: %s", diff)
	}
}

func TestForCaller(t *testing.T) {
	t.Parallel()
	const secret = "the provider says sk-abcdefghijklmnop of org-secretive"
	tests := []struct {
		class llm.Class
		want  llm.Error
	}{
		{llm.ClassClientCancel, llm.Error{Status: 499, Type: "api_error", Code: "client_closed_request"}},
		{llm.ClassTransport, llm.Error{Status: 502, Type: "api_error", Code: "upstream_unreachable"}},
		{llm.ClassTimeout, llm.Error{Status: 504, Type: "timeout_error", Code: "upstream_timeout"}},
		{llm.ClassQuota, llm.Error{Status: 429, Type: "insufficient_quota", Code: "provider_quota", RetryAfter: 3 * time.Second}},
		{llm.ClassRateLimit, llm.Error{Status: 429, Type: "rate_limit_error", Code: "rate_limit_exceeded", RetryAfter: 3 * time.Second}},
		{llm.ClassOverloaded, llm.Error{Status: 503, Type: "api_error", Code: "overloaded", RetryAfter: 3 * time.Second}},
		{llm.ClassCredential, llm.Error{Status: 502, Type: "api_error", Code: "upstream_auth"}},
		{llm.ClassRegion, llm.Error{Status: 502, Type: "api_error", Code: "upstream_region"}},
		{llm.ClassModelAccess, llm.Error{Status: 404, Type: "not_found", Code: "model_not_available"}},
		{llm.ClassBadOutput, llm.Error{Status: 502, Type: "api_error", Code: "upstream_bad_response"}},
		{llm.ClassServer, llm.Error{Status: 502, Type: "api_error", Code: "upstream_error"}},
		{llm.ClassUnknown, llm.Error{Status: 502, Type: "api_error", Code: "upstream_error"}},
		{llm.Class(200), llm.Error{Status: 502, Type: "api_error", Code: "upstream_error"}},
	}
	for _, tt := range tests {
		t.Run(tt.class.String(), func(t *testing.T) {
			t.Parallel()
			e := &llm.Error{
				Status: 418, Class: tt.class, Type: "theirs", Code: "theirs", Message: secret, Param: "theirs",
				RetryAfter: 3 * time.Second, Reason: "dns", RequestID: "req_1", Err: errors.New(secret),
			}
			checkForCaller(t, e)
			got := ForCaller(e)
			if strings.Contains(got.Error(), "secret") || strings.Contains(got.Error(), "sk-") {
				t.Errorf("the provider's text is shown: %v", got)
			}
			tt.want.Class, tt.want.Reason, tt.want.RequestID = tt.class, "dns", "req_1"
			if diff := cmp.Diff(&tt.want, got, cmpopts.IgnoreFields(llm.Error{}, "Message")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestForCallerKeepsWhatTheCallerCanMend(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		in, want llm.Error
	}{
		{
			"caller's fault",
			llm.Error{Status: 422, Class: llm.ClassCallerFault, Type: "validation", Code: "bad_value", Message: "too hot for\nsk-abcdefghijklmnop", Param: "temperature"},
			llm.Error{Status: 422, Type: "invalid_request_error", Code: "bad_value", Message: "too hot for [redacted]", Param: "temperature"},
		},
		{
			"caller's fault inside an answer",
			llm.Error{Status: 200, Type: "invalid_request_error", Message: "no"},
			llm.Error{Status: 400, Type: "invalid_request_error", Message: "no"},
		},
		{
			"caller's fault under a server's status",
			llm.Error{Status: 500, Class: llm.ClassCallerFault, Message: "image input is not supported"},
			llm.Error{Status: 400, Type: "invalid_request_error", Message: "image input is not supported"},
		},
		{
			"caller's fault with the status of a key",
			llm.Error{Status: 401, Class: llm.ClassCallerFault, Message: "no"},
			llm.Error{Status: 400, Type: "invalid_request_error", Message: "no"},
		},
		{
			"context",
			llm.Error{Status: 413, Class: llm.ClassContextWindow, Code: "other", Message: "prompt is too long: 9 > 8", Param: "messages"},
			llm.Error{Status: 400, Type: "invalid_request_error", Code: "context_length_exceeded", Message: "prompt is too long: 9 > 8", Param: "messages"},
		},
		{
			"policy",
			llm.Error{Status: 403, Class: llm.ClassContentPolicy, Message: "response was blocked"},
			llm.Error{Status: 400, Type: "invalid_request_error", Code: "content_filter", Message: "response was blocked"},
		},
		{
			"policy without a word",
			llm.Error{Status: 403, Class: llm.ClassContentPolicy},
			llm.Error{Status: 400, Type: "invalid_request_error", Code: "content_filter", Message: "the provider did not accept the request"},
		},
		{
			"our own",
			llm.Error{Status: 404, Class: llm.ClassGateway, Type: "invalid_request_error", Code: "model_not_found", Message: "no such model", Param: "model", RetryAfter: time.Second},
			llm.Error{Status: 404, Type: "invalid_request_error", Code: "model_not_found", Message: "no such model", Param: "model", RetryAfter: time.Second},
		},
		{
			"our own without a word",
			llm.Error{Class: llm.ClassGateway},
			llm.Error{Status: 500, Type: "api_error", Message: "the gateway could not handle the call"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			checkForCaller(t, &tt.in)
			tt.want.Class = Classify(&tt.in)
			if diff := cmp.Diff(&tt.want, ForCaller(&tt.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if ForCaller(nil) != nil {
		t.Error("nil is an error")
	}
}
