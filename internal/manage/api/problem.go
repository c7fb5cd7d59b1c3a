package api

import "net/http"

// Problem is the body of an error (RFC 9457).
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	// Detail is for people.
	Detail string `json:"detail,omitempty"`
	// Code is for programs, and does not change.
	Code string `json:"code"`
	// Field is the field or parameter that is wrong, if it is one.
	Field     string `json:"field,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// The codes of problems.
const (
	CodeInvalid      = "invalid-request"        // 400: a value breaks a rule
	CodeInvalidJSON  = "invalid-json"           // 400: the body is no JSON object
	CodeUnknown      = "unknown-field"          // 400: a field or parameter that does not exist
	CodeNotFound     = "not-found"              // 404
	CodeMethod       = "method-not-allowed"     // 405
	CodeExists       = "already-exists"         // 409: another has that name
	CodeNoCatalog    = "no-catalog-source"      // 409: the configuration names no source
	CodeNoPrevious   = "no-previous-catalog"    // 409: there is nothing to go back to
	CodeRefused      = "catalog-refused"        // 409: the source is not believed
	CodeTooLarge     = "request-too-large"      // 413
	CodeMediaType    = "unsupported-media-type" // 415: the body is not said to be JSON
	CodeUnauthorized = "invalid-credential"     // 401: nobody is signed in
	CodeForbidden    = "forbidden"              // 403: the role is missing
	CodeStale        = "stale"                  // 412: it has changed since it was read
	CodeInternal     = "internal-error"         // 500
	CodeSource       = "catalog-unreachable"    // 502: the source cannot be read
	CodeStore        = "store-unavailable"      // 503: the store cannot be used now
)

const problemTypes = "https://fairwaygw.github.io/problems/"

// NewProblem makes a problem.
func NewProblem(status int, code, detail string) *Problem {
	return &Problem{Type: problemTypes + code, Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

// Error is the detail, or the title where there is none.
func (p *Problem) Error() string {
	if p.Detail != "" {
		return p.Detail
	}
	return p.Title
}
