package egress

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// Template is a request but for its body: where it goes and the headers that
// each call has, the credential among them. It is safe for concurrent use.
type Template struct {
	prepared *http.Request
	// line and fields are the head of a request as it is written, the first
	// with the host; direct is set where no proxy stands in between.
	line, fields []byte
	direct       bool
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
	t := &Template{prepared: &http.Request{
		Method: http.MethodPost, URL: u, Host: u.Host, Header: h,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}}
	if proxy, err := http.ProxyFromEnvironment(t.prepared); err == nil && proxy == nil && u.Scheme == "http" && isPlainHost(u.Host) {
		t.direct = true
		t.line = appendLine(nil, u)
		var fields bytes.Buffer
		_ = h.Write(&fields) // a buffer takes everything
		t.fields = fields.Bytes()
	}
	return t
}

// isPlainHost reports whether a host is dialed and written as it stands. Others
// have letters beyond ASCII, or a zone.
func isPlainHost(host string) bool {
	return strings.IndexFunc(host, func(r rune) bool { return r <= ' ' || r > '~' || r == '%' }) < 0
}

// appendLine appends the request line and the host.
func appendLine(dst []byte, u *url.URL) []byte {
	dst = append(dst, "POST "...)
	dst = append(dst, u.RequestURI()...)
	dst = append(dst, " HTTP/1.1\r\nHost: "...)
	dst = append(dst, u.Host...)
	return append(dst, "\r\n"...)
}

// appendHead appends the head of a request, its blank line included.
func (t *Template) appendHead(dst []byte, r Request) []byte {
	if r.URL != nil {
		dst = appendLine(dst, r.URL)
	} else {
		dst = append(dst, t.line...)
	}
	dst = append(dst, t.fields...)
	dst = appendPairs(dst, r.Header, false)
	dst = appendPairs(dst, r.Credential, true)
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(len(r.Body)), 10)
	return append(dst, "\r\n\r\n"...)
}

// appendPairs appends those of name, value pairs that are fit for a head.
func appendPairs(dst []byte, pairs []string, reserved bool) []byte {
	for i := 0; i+1 < len(pairs); i += 2 {
		name, value := textproto.CanonicalMIMEHeaderKey(pairs[i]), pairs[i+1]
		if !reserved && Reserved(name) || !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			continue
		}
		dst = append(dst, name...)
		dst = append(dst, ": "...)
		dst = append(dst, value...)
		dst = append(dst, "\r\n"...)
	}
	return dst
}

// request makes the request of one call.
func (t *Template) request(ctx context.Context, r Request, up *upload) *http.Request {
	request := t.prepared.WithContext(ctx)
	if r.URL != nil {
		request.URL, request.Host = r.URL, r.URL.Host
	}
	if len(r.Header) > 1 || len(r.Credential) > 1 {
		request.Header = withHeaders(request.Header, r.Header)
		for i := 0; i+1 < len(r.Credential); i += 2 {
			request.Header[textproto.CanonicalMIMEHeaderKey(r.Credential[i])] = []string{r.Credential[i+1]}
		}
	}
	if r.ContentType != "" {
		request.Header = maps.Clone(request.Header)
		request.Header["Content-Type"] = []string{r.ContentType}
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
		"X-Amz-Date", "X-Amz-Security-Token",
		"Host", "Content-Length", "Content-Type", "Content-Encoding", "Accept-Encoding", "Transfer-Encoding",
		"Connection", "Proxy-Connection", "Keep-Alive", "Upgrade", "Te", "Trailer", "Expect":
		return true
	}
	return false
}
