package egress

import (
	"context"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
)

// Template is a request but for its body: where it goes and the headers that
// each call has, the credential among them. It is safe for concurrent use.
type Template struct {
	prepared *http.Request
}

// NewTemplate prepares POST requests of JSON to a URL. Neither the URL nor the
// header may be changed afterwards.
//
// All calls share one header map where they have no headers of their own:
// transports read a request's header, and never write it.
func NewTemplate(u *url.URL, header http.Header) *Template {
	h := http.Header{
		"Content-Type": {"application/json"},
		"User-Agent":   {"fairway"},
		// Without this header any encoding may come (RFC 9110, 12.5.3).
		// Decompression costs more than the bandwidth that it saves, and
		// holds events back.
		"Accept-Encoding": {"identity"},
	}
	maps.Copy(h, header)
	return &Template{prepared: &http.Request{
		Method: http.MethodPost, URL: u, Host: u.Host, Header: h,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}}
}

// request makes the request of one call.
func (t *Template) request(ctx context.Context, r Request, up *upload) *http.Request {
	request := t.prepared.WithContext(ctx)
	if r.URL != nil {
		request.URL, request.Host = r.URL, r.URL.Host
	}
	if len(r.Header) > 1 {
		request.Header = withHeaders(request.Header, r.Header)
	}
	request.ContentLength = int64(len(r.Body))
	if len(r.Body) > 0 {
		up.lend(r.Body)
		request.Body = up.open()
		request.GetBody = up.again
	}
	return request
}

// withHeaders adds name, value pairs to a copy of a header. They cannot change
// who calls or how the message is read.
func withHeaders(h http.Header, pairs []string) http.Header {
	h = maps.Clone(h)
	for i := 0; i+1 < len(pairs); i += 2 {
		name := textproto.CanonicalMIMEHeaderKey(pairs[i])
		if !Reserved(name) {
			h[name] = append(slices.Clip(h[name]), pairs[i+1])
		}
	}
	return h
}

// Reserved reports whether a header is not to be set by configuration or
// dialect: it carries a credential, or it belongs to the connection or the
// body.
func Reserved(name string) bool {
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "Authorization", "Proxy-Authorization", "X-Api-Key", "X-Goog-Api-Key", "Api-Key", "Cookie",
		"Host", "Content-Length", "Content-Type", "Content-Encoding", "Accept-Encoding", "Transfer-Encoding",
		"Connection", "Proxy-Connection", "Keep-Alive", "Upgrade", "Te", "Trailer", "Expect":
		return true
	}
	return false
}
