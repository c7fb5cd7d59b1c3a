package egress

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/fairwaygw/fairway/llm"
)

// maxWindow is the largest window of zstd that HTTP allows (RFC 9659).
const maxWindow = 8 << 20

// decoded undoes an encoding that nobody asked for. Some servers and the
// proxies in front of them compress whatever they are told.
func decoded(body io.ReadCloser, status int, encoding []string) io.ReadCloser {
	switch strings.ToLower(strings.Join(encoding, ", ")) {
	case "identity", "":
		return body
	case "gzip", "x-gzip":
		return &decoder{body: body, open: func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }}
	case "deflate":
		return &decoder{body: body, open: inflate}
	case "zstd":
		return &decoder{body: body, open: unzstd}
	}
	if status >= http.StatusBadRequest {
		// The status tells what went wrong well enough.
		return struct {
			io.Reader
			io.Closer
		}{http.NoBody, body}
	}
	return &decoder{body: body, open: func(io.Reader) (io.Reader, error) {
		return nil, &llm.Error{
			Status: http.StatusBadGateway, Class: llm.ClassBadOutput, Type: "api_error", Code: "upstream_bad_response",
			Reason: "malformed", Message: "the provider's answer has an encoding that it was not asked for",
		}
	}}
}

// inflate reads what goes by the name of deflate: zlib (RFC 9110, 8.4.1.2), or
// the bare format that some servers took it for.
func inflate(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	const deflate = 8 // the method in a zlib header, which is a multiple of 31
	if head, err := b.Peek(2); err == nil && head[0]&0xf == deflate && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(b)
	}
	return flate.NewReader(b), nil
}

func unzstd(r io.Reader) (io.Reader, error) {
	// With a concurrency of 1 there is no goroutine, and what has arrived is
	// decoded without waiting for more.
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
}

// decoder opens the encoding at the first read, because that reads the body.
type decoder struct {
	body    io.ReadCloser
	open    func(io.Reader) (io.Reader, error)
	decoded io.Reader
	err     error
}

func (d *decoder) Read(p []byte) (int, error) {
	if d.decoded == nil && d.err == nil {
		if d.decoded, d.err = d.open(d.body); d.err != nil {
			d.decoded = nil
		}
	}
	if d.err != nil {
		return 0, d.err
	}
	n, err := d.decoded.Read(p)
	if err != nil {
		d.err = err
	}
	return n, err
}

// Close leaves the decoder to the garbage collector: it has no goroutine, and
// a reader may still be in it.
func (d *decoder) Close() error { return d.body.Close() }
