package llm

import (
	"strings"
	"time"
)

// Class sorts failures by what follows from them: whether to try again, with
// which key or target, and what the caller sees.
type Class uint8

// The classes of failures. The zero value is not a failure.
const (
	ClassNone Class = iota
	// ClassClientCancel: the caller went away.
	ClassClientCancel
	// ClassTransport: nothing came back (dial, TLS, DNS, reset before headers).
	ClassTransport
	// ClassTimeout: a deadline passed, ours or the provider's (408, 504).
	ClassTimeout
	// ClassQuota: the account at the provider has no money left.
	ClassQuota
	// ClassRateLimit: the provider wants fewer calls.
	ClassRateLimit
	// ClassOverloaded: the provider is busy (503, 529).
	ClassOverloaded
	// ClassContextWindow: the prompt is too long for the model.
	ClassContextWindow
	// ClassContentPolicy: the provider's filter stopped the call.
	ClassContentPolicy
	// ClassCredential: the provider does not accept the key.
	ClassCredential
	// ClassRegion: the provider does not serve this place.
	ClassRegion
	// ClassModelAccess: the model does not exist or the key may not use it.
	ClassModelAccess
	// ClassCallerFault: the request is wrong.
	ClassCallerFault
	// ClassBadOutput: the provider answered 200 with something unusable.
	ClassBadOutput
	// ClassServer: the provider failed (500, 502).
	ClassServer
	// ClassUnknown: anything else.
	ClassUnknown
	// ClassGateway: refused or failed here; no provider was at fault.
	ClassGateway
)

var classNames = [...]string{
	"none", "client_cancel", "transport", "timeout", "quota", "rate_limit", "overloaded", "context_window",
	"content_policy", "credential", "region", "model_access", "caller_fault", "bad_output", "server", "unknown", "gateway",
}

func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return "unknown"
}

// Error is a failure in neutral form. As a front's error it is what the caller
// sees, so its Message must never hold a secret, a path or an upstream's page.
type Error struct {
	// Status is the HTTP status: the caller's on a front, the provider's when
	// it was read from an upstream.
	Status int
	Class  Class
	// Type and Code are in the words of the OpenAI dialect; other fronts map them.
	Type    string
	Code    string
	Message string
	// Param is the place in the request, as in "messages[2].content[0].type".
	Param string
	// RetryAfter is how long the provider wants to be left alone; 0: not said.
	RetryAfter time.Duration
	// Reason is a finer word for records: tls, dns, truncated, malformed, too_large.
	Reason string
	// RequestID is the provider's id of the failed call.
	RequestID string
	// Err is the cause, for logs only.
	Err error
}

func (e *Error) Error() string {
	s := e.Message
	if s == "" {
		s = e.Code
	}
	if e.Param != "" {
		s = e.Param + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Placed is a message of the error with its Param in front, for dialects whose
// clients show the message alone. A message that names the place stays as it is.
func (e *Error) Placed(message string) string {
	if e.Param == "" || e.Class != ClassCallerFault || names(message, e.Param) {
		return message
	}
	return e.Param + ": " + message
}

// names reports whether a text has a word, which is not a part of a longer one.
func names(text, word string) bool {
	for i := 0; ; {
		at := strings.Index(text[i:], word)
		if at < 0 {
			return false
		}
		end := i + at + len(word)
		if !endsInWord(text[:i+at]) && !beginsInWord(text[end:]) {
			return true
		}
		i = end
	}
}

func endsInWord(s string) bool   { return s != "" && inWord(s[len(s)-1]) }
func beginsInWord(s string) bool { return s != "" && inWord(s[0]) }

func inWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// Invalid makes the error for a request that is wrong at the given place.
func Invalid(param, code, message string) *Error {
	return &Error{Status: 400, Class: ClassCallerFault, Type: "invalid_request_error", Code: code, Message: message, Param: param}
}
