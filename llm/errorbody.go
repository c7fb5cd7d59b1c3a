package llm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ParseError reads what a provider says of a failure: status, headers (nil is
// fine) and body, in any of the shapes that vendors, the servers of open models
// and the proxies in front of them use. status is 200 for an error that came in
// the place of an answer; the body's own status then takes its place, if it has
// one.
//
// Type and Code are the vendor's own words, Code without a number that only
// repeats the status. Message is never empty; it is one line of at most 2 KiB
// without markup, control characters or secrets. Class is left to the
// classifier. RetryAfter is at most an hour.
func ParseError(status int, h http.Header, body []byte) *Error {
	return parseError(status, h, body, time.Now())
}

func parseError(status int, h http.Header, body []byte, now time.Time) *Error {
	var s complaint
	body = unframe(bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff"))))
	readable := s.body(body)
	if kind, _, _ := strings.Cut(h.Get("X-Amzn-Errortype"), ":"); kind != "" {
		s.kind = kind // Bedrock names the kind in a header, and appends a URL
	}
	if status < 400 && s.status != 0 {
		status = s.status
	}
	e := &Error{
		Status:    status,
		Type:      cleanWord(s.kind),
		Code:      cleanWord(s.code),
		Message:   CleanMessage(s.message),
		Param:     cleanWord(s.param),
		RequestID: requestID(h, s.requestID),
	}
	if e.Code == strconv.Itoa(status) {
		e.Code = ""
	}
	if e.Message == "" {
		e.Message = silence(status, body)
		if !readable && len(body) > 0 {
			e.Reason = "malformed"
		}
	}
	e.RetryAfter = retryAfter(status, h, &s, now)
	return e
}

// silence describes an error that does not describe itself.
func silence(status int, body []byte) string {
	what := "no message"
	switch {
	case isPage(body):
		what = "a web page"
	case len(body) > 0 && (body[0] == '{' || body[0] == '['):
		what = "a body without a message"
	case len(body) > 0:
		what = "a body that cannot be read"
	}
	if status < 400 {
		return "the provider reported an error with " + what
	}
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("the provider answered %d %s with %s", status, text, what)
	}
	return fmt.Sprintf("the provider answered with status %d and %s", status, what)
}

// unframe takes the first event's data out of an error that a server sent as a
// stream although its status is no 200.
func unframe(body []byte) []byte {
	if !bytes.HasPrefix(body, []byte("data:")) && !bytes.HasPrefix(body, []byte("event:")) {
		return body
	}
	for line := range bytes.Lines(body) {
		if data, ok := bytes.CutPrefix(line, []byte("data:")); ok {
			return bytes.TrimSpace(data)
		}
	}
	return body
}

// isPage reports whether a body is HTML or XML, which proxies send.
func isPage(body []byte) bool { return len(body) > 0 && body[0] == '<' }

// complaint gathers what an error says, the innermost part first: what is set
// is not set again.
type complaint struct {
	// status is the body's own HTTP status, 0 for none.
	status    int
	kind      string
	code      string
	message   string
	param     string
	requestID string
	// wait is how long the body says to wait, and header what it says that the
	// upstream's headers were.
	wait   time.Duration
	header http.Header
}

// maxErrorDepth bounds how far errors are followed into errors.
const maxErrorDepth = 5

// body reads a whole body and reports whether it is of a known form.
func (s *complaint) body(b []byte) bool {
	if len(b) == 0 || isPage(b) {
		return false
	}
	if json.Valid(b) {
		s.value(b, 0)
		return true
	}
	if b[0] == '{' || b[0] == '[' {
		return false
	}
	s.message = string(b)
	return true
}

// value reads an error that may be an object, an array of them, or text.
func (s *complaint) value(v []byte, depth int) {
	if depth > maxErrorDepth || len(v) == 0 {
		return
	}
	switch v[0] {
	case '{':
		s.object(v, depth)
	case '[':
		var list []json.RawMessage
		_ = json.Unmarshal(v, &list) // v is valid
		for _, item := range list {
			if s.message == "" {
				s.value(item, depth+1)
			}
		}
	case '"':
		s.text(text(v), depth)
	}
}

// text reads a message, which may be a whole error in itself: gateways pass
// on what they got as text.
func (s *complaint) text(t string, depth int) {
	t = strings.TrimSpace(t)
	if len(t) > 0 && (t[0] == '{' || t[0] == '[') && json.Valid([]byte(t)) {
		s.value([]byte(t), depth+1)
	}
	set(&s.message, t)
}

// errorObject has the members of every vendor's errors.
type errorObject struct {
	// Error is an object (OpenAI, Anthropic, Gemini, llama.cpp), text (Ollama,
	// xAI, Venice) or a list of texts; Errors a list of objects (Cloudflare).
	Error    json.RawMessage `json:"error"`
	Errors   json.RawMessage `json:"errors"`
	Response json.RawMessage `json:"response"` // of response.failed

	Message json.RawMessage `json:"message"` // Bedrock also writes Message
	Msg     json.RawMessage `json:"msg"`
	Title   json.RawMessage `json:"title"` // of problem+json
	// Detail is text (Mistral, Voyage), an object, or FastAPI's list of places.
	Detail json.RawMessage `json:"detail"`
	// Details is Google's list, or text (Azure).
	Details json.RawMessage `json:"details"`

	Type      json.RawMessage `json:"type"`
	AWSType   json.RawMessage `json:"__type"`
	ErrorType json.RawMessage `json:"error_type"` // Cohere
	Code      json.RawMessage `json:"code"`
	ErrorCode json.RawMessage `json:"error_code"` // Databricks
	Inner     struct {
		Code json.RawMessage `json:"code"`
	} `json:"innererror"` // Azure

	// Status is a number, or Google's word.
	Status        json.RawMessage `json:"status"`
	StatusCode    json.RawMessage `json:"status_code"`     // Groq
	APIMStatus    json.RawMessage `json:"statusCode"`      // Azure API Management
	RawStatusCode json.RawMessage `json:"raw_status_code"` // Mistral

	Param     json.RawMessage `json:"param"`
	RequestID json.RawMessage `json:"request_id"` // Anthropic
	ID        json.RawMessage `json:"id"`         // Cohere
	Metadata  json.RawMessage `json:"metadata"`   // OpenRouter
}

func (s *complaint) object(v []byte, depth int) {
	var o errorObject
	// Members of the wrong type are left out; the others are still read.
	_ = json.Unmarshal(v, &o)

	nested := false
	for _, inner := range [...]json.RawMessage{o.Error, o.Errors, o.Response} {
		s.value(inner, depth+1)
		nested = nested || len(inner) > 0 && inner[0] != '"' && string(inner) != "null"
	}
	s.value(o.Message, depth+1) // text, but FastAPI's detail at Mistral
	s.metadata(o.Metadata, depth)
	s.detail(o.Detail, depth)
	s.details(o.Details)
	set(&s.message, text(o.Msg))
	set(&s.message, text(o.Title))

	for _, v := range [...]json.RawMessage{o.StatusCode, o.APIMStatus, o.RawStatusCode, o.Status, o.Code, o.ErrorCode} {
		if n, err := strconv.Atoi(scalar(v)); err == nil && n >= 400 && n <= 599 && s.status == 0 {
			s.status = n
		}
	}
	set(&s.code, scalar(o.Code))
	set(&s.code, scalar(o.ErrorCode))
	if o.Inner.Code != nil {
		set(&s.code, scalar(o.Inner.Code))
	}
	set(&s.kind, awsKind(text(o.AWSType)))
	set(&s.kind, text(o.ErrorType))
	set(&s.kind, text(o.Status))
	if kind := text(o.Type); !nested && kind != "error" && !strings.Contains(kind, ":") {
		// What is around an error names the event, and a URL names no kind.
		set(&s.kind, kind)
	}
	set(&s.param, text(o.Param))
	set(&s.requestID, text(o.RequestID))
	if !nested && o.Type == nil {
		set(&s.requestID, text(o.ID))
	}
}

// awsKind takes the namespace off "com.amazon.coral.service#ThrottlingException".
func awsKind(t string) string { return t[strings.LastIndexByte(t, '#')+1:] }

// detail reads FastAPI's detail: text, an object, or a list of the places that
// are wrong.
func (s *complaint) detail(v json.RawMessage, depth int) {
	var places []struct {
		Loc []any  `json:"loc"`
		Msg string `json:"msg"`
	}
	if len(v) == 0 || v[0] != '[' || json.Unmarshal(v, &places) != nil {
		s.value(v, depth+1)
		return
	}
	var lines []string
	for _, p := range places[:min(len(places), 5)] {
		if p.Msg == "" {
			continue
		}
		if at := place(p.Loc); at != "" {
			set(&s.param, at)
			p.Msg = at + ": " + p.Msg
		}
		lines = append(lines, p.Msg)
	}
	set(&s.message, strings.Join(lines, "; "))
}

// place writes ["body","messages",0,"role"] as messages[0].role.
func place(loc []any) string {
	var b strings.Builder
	for i, step := range loc {
		switch step := step.(type) {
		case string:
			if i == 0 && step == "body" {
				continue
			}
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(step)
		case float64:
			fmt.Fprintf(&b, "[%.0f]", step)
		}
	}
	return b.String()
}

// details reads Google's details (google/rpc/error_details.proto): why, how
// long to wait, and which field was wrong.
func (s *complaint) details(v json.RawMessage) {
	set(&s.message, text(v))
	var list []json.RawMessage
	if json.Unmarshal(v, &list) != nil {
		return
	}
	for _, item := range list {
		var d struct {
			Reason          string `json:"reason"`
			RetryDelay      string `json:"retryDelay"`
			FieldViolations []struct {
				Field string `json:"field"`
			} `json:"fieldViolations"`
		}
		if json.Unmarshal(item, &d) != nil {
			continue
		}
		if d.Reason != "" {
			s.code = d.Reason // says more than the number beside it
		}
		if len(d.FieldViolations) > 0 {
			set(&s.param, d.FieldViolations[0].Field)
		}
		if s.wait == 0 {
			s.wait = duration(d.RetryDelay)
		}
	}
}

// metadata reads what OpenRouter passes on from the provider behind it.
func (s *complaint) metadata(v json.RawMessage, depth int) {
	var m struct {
		Raw     json.RawMessage            `json:"raw"`
		Headers map[string]json.RawMessage `json:"headers"`
	}
	if len(v) == 0 || json.Unmarshal(v, &m) != nil {
		return
	}
	var behind complaint
	behind.value(m.Raw, depth+1)
	if behind.message != "" && !strings.Contains(s.message, behind.message) {
		s.message = strings.TrimPrefix(s.message+": "+behind.message, ": ")
	}
	set(&s.kind, behind.kind)
	if s.wait == 0 {
		s.wait = behind.wait
	}
	for name, value := range m.Headers {
		if s.header == nil {
			s.header = http.Header{}
		}
		s.header.Set(name, scalar(value))
	}
}

// set sets what is not set yet.
func set(to *string, value string) {
	if *to == "" {
		*to = value
	}
}

// text is the text of a JSON string, and empty for any other value.
func text(v json.RawMessage) (t string) {
	if len(v) > 0 && v[0] == '"' {
		_ = json.Unmarshal(v, &t)
	}
	return t
}

// scalar is the text of a JSON string or number, and empty for any other value.
func scalar(v json.RawMessage) string {
	if len(v) > 0 && (v[0] == '-' || v[0] >= '0' && v[0] <= '9') {
		return string(v)
	}
	return text(v)
}

// requestIDHeaders are where vendors put the id of a call.
var requestIDHeaders = [...]string{
	"X-Request-Id", "Request-Id", "X-Amzn-Requestid", "Apim-Request-Id", "X-Ms-Request-Id",
	"Mistral-Correlation-Id", "X-Goog-Request-Id", "Cf-Ray",
}

func requestID(h http.Header, inBody string) string {
	for _, name := range requestIDHeaders {
		if id := cleanWord(h.Get(name)); id != "" {
			return id
		}
	}
	return cleanWord(inBody)
}
