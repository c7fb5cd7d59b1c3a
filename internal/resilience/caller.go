package resilience

import (
	"net/http"

	"github.com/fairwaygw/fairway/llm"
)

// StatusClientClosed is what records say of a caller that left. Nothing is
// sent with it.
const StatusClientClosed = 499

// view is what the caller sees of a class of failures.
type view struct {
	status     int
	kind, code string
	// message stands in place of the provider's, which may speak of its
	// account: projects, organizations, limits, prices. Where it is empty the
	// provider's own is kept, for the caller has to act on it.
	message string
	// wait keeps the provider's Retry-After.
	wait bool
}

// views is the table, by class.
var views = [...]view{
	llm.ClassClientCancel:  {status: StatusClientClosed, kind: "api_error", code: "client_closed_request", message: "the caller went away"},
	llm.ClassTransport:     {status: http.StatusBadGateway, kind: "api_error", code: "upstream_unreachable", message: "the provider could not be reached"},
	llm.ClassTimeout:       {status: http.StatusGatewayTimeout, kind: "timeout_error", code: "upstream_timeout", message: "the provider did not answer in time"},
	llm.ClassQuota:         {status: http.StatusTooManyRequests, kind: "insufficient_quota", code: "provider_quota", message: "the gateway's account at the provider has no budget left", wait: true},
	llm.ClassRateLimit:     {status: http.StatusTooManyRequests, kind: "rate_limit_error", code: "rate_limit_exceeded", message: "the provider's rate limit is reached", wait: true},
	llm.ClassOverloaded:    {status: http.StatusServiceUnavailable, kind: "api_error", code: "overloaded", message: "the provider is overloaded", wait: true},
	llm.ClassContextWindow: {status: http.StatusBadRequest, kind: "invalid_request_error", code: "context_length_exceeded"},
	llm.ClassContentPolicy: {status: http.StatusBadRequest, kind: "invalid_request_error", code: "content_filter"},
	llm.ClassCredential:    {status: http.StatusBadGateway, kind: "api_error", code: "upstream_auth", message: "the gateway's own credential was not accepted by the provider"},
	llm.ClassRegion:        {status: http.StatusBadGateway, kind: "api_error", code: "upstream_region", message: "the provider does not serve the gateway's region"},
	llm.ClassModelAccess:   {status: http.StatusNotFound, kind: "not_found", code: "model_not_available", message: "the model is not available at the provider"},
	llm.ClassBadOutput:     {status: http.StatusBadGateway, kind: "api_error", code: "upstream_bad_response", message: "the provider's answer could not be used"},
	llm.ClassServer:        {status: http.StatusBadGateway, kind: "api_error", code: "upstream_error", message: "the provider failed"},
	llm.ClassUnknown:       {status: http.StatusBadGateway, kind: "api_error", code: "upstream_error", message: "the provider failed in an unknown way"},
}

// ForCaller makes what the caller sees of a failure: status, type and code by
// its class, and a message without the provider's account. Where the request
// is at fault, the provider's own words stay, cleaned. Err does not, as it is
// for logs.
func ForCaller(e *llm.Error) *llm.Error {
	if e == nil {
		return nil
	}
	class := Classify(e)
	out := &llm.Error{Class: class, Reason: e.Reason, RequestID: e.RequestID}
	switch class {
	case llm.ClassCallerFault:
		out.Status = callerStatus(e.Status)
		out.Type = "invalid_request_error"
		out.Code, out.Param = e.Code, e.Param
		out.Message = ownWords(e, "the provider did not accept the request")
		return out
	case llm.ClassGateway:
		// Written here for the caller.
		out.Status, out.Type, out.Code, out.Param = e.Status, e.Type, e.Code, e.Param
		out.RetryAfter = e.RetryAfter
		out.Message = ownWords(e, "the gateway could not handle the call")
		if out.Status < http.StatusBadRequest {
			out.Status = http.StatusInternalServerError
		}
		if out.Type == "" && out.Status >= http.StatusInternalServerError {
			out.Type = "api_error"
		}
		return out
	}
	v := views[llm.ClassUnknown]
	if int(class) < len(views) {
		v = views[class]
	}
	out.Status, out.Type, out.Code, out.Message = v.status, v.kind, v.code, v.message
	if v.message == "" {
		out.Message, out.Param = ownWords(e, "the provider did not accept the request"), e.Param
	}
	if v.wait {
		out.RetryAfter = e.RetryAfter
	}
	return out
}

// callerStatus keeps a provider's status where it blames the caller, except the
// ones that say something about the caller's key at the gateway.
func callerStatus(status int) int {
	switch {
	case status < 400, status > 499, status == http.StatusUnauthorized, status == http.StatusForbidden,
		status == http.StatusPaymentRequired, status == http.StatusProxyAuthRequired:
		return http.StatusBadRequest
	}
	return status
}

func ownWords(e *llm.Error, otherwise string) string {
	if m := llm.CleanMessage(e.Message); m != "" {
		return m
	}
	return otherwise
}
