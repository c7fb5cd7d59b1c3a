package egress

import (
	"io"
	"net/http"
	"sync/atomic"

	"github.com/fairwaygw/fairway/llm"
)

// exchange is one call: what it holds until it is over, and its answer.
type exchange struct {
	client *Client
	upload upload
	answer llm.Answer
	body   io.ReadCloser
	over   atomic.Bool
}

// answered makes the answer. Its body is the exchange itself.
func (x *exchange) answered(r *http.Response) *llm.Answer {
	x.answer = llm.Answer{Status: r.StatusCode, Header: r.Header, Length: r.ContentLength, Body: x}
	x.body = r.Body
	if encoding := r.Header["Content-Encoding"]; len(encoding) > 0 {
		x.body = decoded(r.Body, r.StatusCode, encoding)
		x.answer.Length = -1
		r.Header.Del("Content-Encoding")
		r.Header.Del("Content-Length")
	}
	return &x.answer
}

func (x *exchange) Read(p []byte) (int, error) { return x.body.Read(p) }

// Ready implements [llm.ReadyReader].
func (x *exchange) Ready() bool {
	b, ok := x.body.(*plainBody)
	return ok && b.ready()
}

func (x *exchange) Close() error {
	err := x.body.Close()
	x.end()
	return err
}

// end gives everything back, once.
func (x *exchange) end() {
	if !x.over.Swap(true) {
		x.upload.end()
		x.client.ended()
	}
}
