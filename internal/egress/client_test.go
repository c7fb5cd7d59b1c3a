package egress

import (
	"bytes"
	"context"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/llm"
)

// open makes a client that trusts a test server, and a template for it.
func open(t testing.TB, s *httptest.Server, header http.Header) (*Client, *Template) {
	t.Helper()
	d := newDialer()
	if s.Certificate() != nil {
		d.tls.RootCAs = x509.NewCertPool()
		d.tls.RootCAs.AddCert(s.Certificate())
	}
	c := newClient(t.Name(), d)
	t.Cleanup(c.transport.CloseIdleConnections)
	return c, NewTemplate(address(t, s.URL+"/v1/chat/completions"), header)
}

func address(t testing.TB, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// text reads an answer to its end.
func text(t testing.TB, a *llm.Answer, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// servers are one of each protocol.
func servers(t *testing.T, h http.Handler) map[string]*httptest.Server {
	t.Helper()
	plain := httptest.NewServer(h)
	secure := httptest.NewUnstartedServer(h)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	return map[string]*httptest.Server{"HTTP/1.1": plain, "HTTP/2.0": secure}
}

func TestRequestArrivesAsItIs(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Saw-Length", r.Header.Get("Content-Length"))
		w.Header().Set("Saw", r.Method+" "+r.Proto+" "+r.RequestURI+" "+r.Host)
		for name, values := range r.Header {
			w.Header()["Saw-"+name] = values
		}
		if int64(len(body)) != r.ContentLength {
			t.Errorf("length %d, body %d", r.ContentLength, len(body))
		}
		_, _ = w.Write(body)
	})
	for proto, s := range servers(t, handler) {
		c, template := open(t, s, http.Header{"Authorization": {"Bearer key"}})
		for _, size := range []int{0, 1, maxCopied, maxCopied + 1, 64 << 10, 1 << 20} {
			body := bytes.Repeat([]byte("x"), size)
			a, err := c.Send(t.Context(), template, Request{Body: body, Header: []string{
				"anthropic-beta", "one", "anthropic-beta", "two", "authorization", "Bearer other", "Cookie", "a=b", "odd",
			}})
			if got := text(t, a, err); got != string(body) {
				t.Errorf("%s, %d bytes: %d bytes arrived", proto, size, len(got))
			}
			want := "POST " + proto + " /v1/chat/completions " + strings.TrimPrefix(strings.TrimPrefix(s.URL, "https://"), "http://")
			if got := a.Header.Get("Saw"); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			for name, want := range map[string]string{
				"Authorization": "Bearer key", "Anthropic-Beta": "one two", "Cookie": "", "Content-Type": "application/json",
				"Accept-Encoding": "identity", "User-Agent": "fairway", "Expect": "", "Transfer-Encoding": "",
			} {
				if got := strings.Join(a.Header.Values("Saw-"+name), " "); got != want {
					t.Errorf("%s %s: got %q, want %q", proto, name, got, want)
				}
			}
		}
	}
}

func TestURLOfOneCall(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.RequestURI) }))
	defer s.Close()
	c, template := open(t, s, nil)
	a, err := c.Send(t.Context(), template, Request{URL: address(t, s.URL+"/a%2Fb?alt=sse")})
	if got := text(t, a, err); got != "/a%2Fb?alt=sse" {
		t.Errorf("got %s", got)
	}
	a, err = c.Send(t.Context(), template, Request{})
	if got := text(t, a, err); got != "/v1/chat/completions" {
		t.Errorf("the template has changed: %s", got)
	}
}

func TestRedirectIsAnAnswer(t *testing.T) {
	followed := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := httptest.NewServer(http.RedirectHandler(elsewhere.URL, status))
		c, template := open(t, s, nil)
		a, err := c.Send(t.Context(), template, Request{Body: []byte("{}")})
		if _ = text(t, a, err); a.Status != status || followed {
			t.Errorf("%d: got %d, followed %v", status, a.Status, followed)
		}
		s.Close()
	}
}

// All calls share the map of headers, so that this is a test only with -race.
func TestSharedHeaderIsOnlyRead(t *testing.T) {
	for _, s := range servers(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })) {
		c, template := open(t, s, http.Header{"Authorization": {"Bearer key"}})
		before := len(template.prepared.Header)
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				for range 20 {
					a, err := c.Send(context.Background(), template, Request{Body: bytes.Repeat([]byte("x"), i*1000)})
					if err != nil {
						t.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, a.Body)
					_ = a.Body.Close()
				}
			})
		}
		wg.Wait()
		if after := len(template.prepared.Header); after != before {
			t.Errorf("the header has %d fields, had %d", after, before)
		}
	}
}

// A server may answer before it has read the request, and the caller's buffer
// is another call's as soon as the answer is closed. With -race, a transport
// that still reads it is found.
func TestBodyIsNotReadAfterTheCall(t *testing.T) {
	for proto, s := range servers(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
	})) {
		c, template := open(t, s, nil)
		body := make([]byte, 4<<20)
		for range 20 {
			a, err := c.Send(t.Context(), template, Request{Body: body})
			if err == nil {
				err = a.Body.Close()
			}
			if err != nil && !strings.Contains(err.Error(), "closed") {
				t.Log(proto, err) // a server that reads nothing may also reset
			}
			clear(body)
		}
		for range 20 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			if a, err := c.Send(ctx, template, Request{Body: body}); err == nil {
				_ = a.Body.Close()
			}
			clear(body)
			cancel()
		}
	}
}

func TestCallerLeavesInTheMiddle(t *testing.T) {
	left := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, "data: 1\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		close(left)
	}))
	defer s.Close()
	c, template := open(t, s, nil)
	ctx, cancel := context.WithCancel(t.Context())
	a, err := c.Send(ctx, template, Request{Body: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	if a.Length != -1 {
		t.Errorf("length %d", a.Length)
	}
	b := make([]byte, 100)
	if n, err := a.Body.Read(b); string(b[:n]) != "data: 1\n\n" || err != nil {
		t.Errorf("got %q, %v", b[:n], err)
	}
	cancel()
	if _, err := a.Body.Read(b); err == nil {
		t.Error("the answer goes on")
	}
	_ = a.Body.Close()
	select {
	case <-left:
	case <-time.After(500 * time.Millisecond):
		t.Error("the server was not told in time")
	}
	if n := c.active.Load(); n != 0 {
		t.Errorf("%d calls are active", n)
	}
}

// A server may close a connection that nobody uses at any time.
func TestDeadIdleConnectionIsReplaced(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	}))
	defer s.Close()
	c, template := open(t, s, nil)
	for _, size := range []int{10, 100_000} {
		body := strings.Repeat("x", size)
		for range 20 {
			a, err := c.Send(t.Context(), template, Request{Body: []byte(body)})
			if got := text(t, a, err); got != body {
				t.Fatalf("%d bytes came back of %d", len(got), size)
			}
			s.CloseClientConnections()
			time.Sleep(5 * time.Millisecond) // it is idle, and the end has arrived
		}
	}
}
