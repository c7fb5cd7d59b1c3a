package egress

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/fairwaygw/fairway/llm"
)

// Forward is a caller's own request, but for its credential.
type Forward struct {
	Method string
	URL    *url.URL
	// Header are the caller's headers that may pass. Those of the template win.
	Header http.Header
	// Body may be nil. Length is its length in bytes, or -1.
	Body   io.Reader
	Length int64
	// Connect bounds the connection, TLS included; 0: 5 seconds.
	Connect time.Duration
}

// Forward sends a caller's own request with the template's credential and
// headers. Its errors are those of [Client.Send].
func (c *Client) Forward(ctx context.Context, t *Template, f Forward) (*llm.Answer, error) {
	if f.Connect > 0 && f.Connect != defaultConnect {
		ctx = context.WithValue(ctx, connectKey{}, f.Connect)
	}
	x := &exchange{client: c}
	c.active.Add(1)
	response, err := c.transport.RoundTrip(t.forward(ctx, f)) //nolint:bodyclose // the answer has it, and its caller closes that
	if err != nil {
		x.end()
		return nil, failure(ctx, err)
	}
	return x.answered(response), nil
}

// forward makes the request of a caller's own. What a body is, only the caller
// knows.
func (t *Template) forward(ctx context.Context, f Forward) *http.Request {
	request := t.prepared.WithContext(ctx)
	request.Method, request.URL, request.Host = f.Method, f.URL, f.URL.Host
	header := maps.Clone(request.Header)
	header.Del("Content-Type")
	for name, values := range f.Header {
		if name == "Content-Type" || name == "Content-Encoding" || !Reserved(name) && header[name] == nil {
			header[name] = values
		}
	}
	request.Header = header
	if f.Body != nil && f.Length != 0 {
		request.Body, request.ContentLength = io.NopCloser(f.Body), f.Length
	}
	return request
}
