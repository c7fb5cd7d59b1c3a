package fairwaytest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// callTime bounds a call, so that a gateway that hangs fails its test only.
const callTime = 60 * time.Second

// Answer is what a caller got.
type Answer struct {
	Status  int
	Header  http.Header
	Trailer http.Header
	Body    []byte
	// Err is why the body broke off, or nil.
	Err error
}

// APIError is an error in OpenAI's shape. Its fields are pointers where the
// shape has null.
type APIError struct {
	Message string
	Type    string
	Param   *string
	Code    *string
}

// Error reads the body as an error in OpenAI's shape, and fails the test when it
// is none.
func (a *Answer) Error(t testing.TB) APIError {
	t.Helper()
	var body struct{ Error *APIError }
	if err := json.Unmarshal(a.Body, &body); err != nil || body.Error == nil || body.Error.Message == "" {
		t.Fatalf("the answer (%d) is no error in OpenAI's shape (%v): %.500s", a.Status, err, a.Body)
	}
	return *body.Error
}

// CodeOf is the error's code, or empty.
func (e APIError) CodeOf() string {
	if e.Code == nil {
		return ""
	}
	return *e.Code
}

// ParamOf is the place that the error names, or empty.
func (e APIError) ParamOf() string {
	if e.Param == nil {
		return ""
	}
	return *e.Param
}

// JSON decodes the body, and fails the test when it is not JSON.
func (a *Answer) JSON(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, into); err != nil {
		t.Fatalf("the answer (%d) does not decode: %v: %.500s", a.Status, err, a.Body)
	}
}

// ID is the call's id.
func (a *Answer) ID() string { return a.Header.Get("X-Request-Id") }

// Open sends a request and returns when the answer's head is here. headers are
// name, value pairs. An Authorization that is not given is the gateway's key;
// one that is empty is none.
func (g *Gateway) Open(ctx context.Context, method, path, body string, headers ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, g.URL+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if g.Key != "" {
		r.Header.Set("Authorization", "Bearer "+g.Key)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		switch {
		case headers[i+1] == "":
			r.Header.Del(headers[i])
		case strings.EqualFold(headers[i], "Host"):
			r.Host = headers[i+1]
		default:
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	return g.client.Do(r)
}

// Call sends a request and reads the whole answer.
func (g *Gateway) Call(t testing.TB, method, path, body string, headers ...string) *Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	r, err := g.Open(ctx, method, path, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	a := &Answer{Status: r.StatusCode, Header: r.Header}
	a.Body, a.Err = io.ReadAll(r.Body)
	a.Trailer = r.Trailer
	return a
}

// Post sends a body to a path.
func (g *Gateway) Post(t testing.TB, path, body string, headers ...string) *Answer {
	t.Helper()
	return g.Call(t, http.MethodPost, path, body, headers...)
}

// Chat sends a chat completion.
func (g *Gateway) Chat(t testing.TB, body string, headers ...string) *Answer {
	t.Helper()
	return g.Post(t, "/v1/chat/completions", body, headers...)
}

// Ask is the smallest request for a model.
func Ask(model string) string {
	return `{"model":` + Quote(model) + `,"messages":[{"role":"user","content":"hello"}]}`
}

// AskStream is the smallest request for a stream from a model.
func AskStream(model string) string {
	return `{"model":` + Quote(model) + `,"messages":[{"role":"user","content":"hello"}],"stream":true}`
}

// AskStreamUsage also asks for usage at the end of the stream.
func AskStreamUsage(model string) string {
	return `{"model":` + Quote(model) + `,"messages":[{"role":"user","content":"hello"}],"stream":true,"stream_options":{"include_usage":true}}`
}

// Quote is a text as a JSON string.
func Quote(text string) string {
	b, _ := json.Marshal(text) // a string always encodes
	return string(b)
}
