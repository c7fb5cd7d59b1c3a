package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/internal/manage/api"
)

// Dial makes a client for an address as Caddy writes them, "localhost:2019",
// "tcp/localhost:2019" or "unix//run/caddy.sock", or for the URL of a server.
// It does not connect yet.
func Dial(address string) (*Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil // the operator's endpoint is not behind one
	doer := &http.Client{
		Transport: transport, Timeout: time.Minute,
		// Whatever redirects is not the API.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if path, ok := strings.CutPrefix(address, "unix/"); ok {
		path, _, _ = strings.Cut(path, "|") // the mode that the socket is made with
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		}
		// There is no host; Caddy expects this one.
		return New("http://127.0.0.1"+api.Prefix, doer), nil
	}
	base := address
	if !strings.Contains(base, "://") {
		base = "http://" + strings.TrimPrefix(base, "tcp/")
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, fmt.Errorf("%q is no address; write one such as localhost:2019, unix//run/caddy.sock or https://host", address)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = api.Prefix
	}
	return New(u.String(), doer), nil
}

// InProcess makes a client for the API's handler in this process.
func InProcess(h http.Handler) *Client {
	return New("http://127.0.0.1"+api.Prefix, local{h})
}

// local answers requests by a handler.
type local struct{ handler http.Handler }

func (l local) Do(req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		req.Body = http.NoBody // as a server has it
	}
	req.RequestURI = req.URL.RequestURI()
	w := &answer{header: http.Header{}}
	l.handler.ServeHTTP(w, req)
	// A handler does not answer who is gone.
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	w.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)),
		StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: req,
	}, nil
}

// answer keeps what a handler writes.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}
