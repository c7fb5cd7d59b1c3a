package egress

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/llm"
)

// serve runs a function for each connection to a listener.
func serve(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				f(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// request reads a request's header.
func request(conn net.Conn) {
	r := bufio.NewReader(conn)
	for {
		line, err := r.ReadString('\n')
		if err != nil || line == "\r\n" {
			return
		}
	}
}

func TestWhyNoAnswerCame(t *testing.T) {
	refused := func() string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().String()
	}()
	quiet := log.New(io.Discard, "", 0)
	selfSigned := httptest.NewUnstartedServer(http.NotFoundHandler())
	selfSigned.Config.ErrorLog = quiet
	selfSigned.StartTLS()
	defer selfSigned.Close()
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.Config.ErrorLog = quiet
	old.StartTLS()
	defer old.Close()
	silent := serve(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	page := func(answer string) string {
		return "http://" + serve(t, func(c net.Conn) {
			request(c)
			_, _ = io.WriteString(c, answer)
		})
	}

	for name, c := range map[string]struct{ url, reason string }{
		"refused":         {"http://" + refused, "dial"},
		"no such name":    {"http://fairway-test.invalid", "dns"},
		"no such name, 2": {"https://fairway-test.invalid", "dns"},
		"self-signed":     {selfSigned.URL, "tls"},
		"too old":         {old.URL, "tls"},
		"no TLS at all": {"https://" + serve(t, func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
			_, _ = io.Copy(io.Discard, c)
		}), "tls"},
		"silent handshake":   {"https://" + silent, "tls_timeout"},
		"closed handshake":   {"https://" + serve(t, func(net.Conn) {}), "tls"},
		"closed at once":     {"http://" + serve(t, func(net.Conn) {}), "reset"},
		"closed after":       {"http://" + serve(t, request), "reset"},
		"closed in a header": {page("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"), "reset"},
		"reset": {"http://" + serve(t, func(c net.Conn) {
			request(c)
			_ = c.(*net.TCPConn).SetLinger(0)
		}), "reset"},
		"not HTTP":         {page("220 mail.example.com ESMTP\r\n"), "protocol"},
		"no header at all": {page("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), "protocol"},
		"large headers":    {page("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 2<<20) + "\r\n\r\n"), "protocol"},
		"many 1xx":         {page(strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 60_000)), "protocol"},
	} {
		t.Run(name, func(t *testing.T) {
			client := newClient(t.Name(), newDialer())
			template := NewTemplate(address(t, c.url+"/v1/secret-path"), http.Header{"Authorization": {"Bearer secret-key"}})
			start := time.Now()
			bound := time.Minute // a slow machine must not be taken for a silent server
			if strings.HasSuffix(c.reason, "timeout") {
				bound = 300 * time.Millisecond
			}
			_, err := client.Send(t.Context(), template, Request{Body: []byte("{}"), Connect: bound})
			e := failed(t, err)
			if e.Class != llm.ClassTransport || e.Status != 502 || e.Type != "api_error" || e.Code != "upstream_unreachable" || e.Reason != c.reason {
				t.Errorf("got %+v (%v), want reason %s", *e, e.Err, c.reason)
			}
			u, _ := url.Parse(c.url)
			for _, secret := range []string{u.Hostname(), u.Port(), "secret"} {
				if secret != "" && strings.Contains(e.Message, secret) {
					t.Errorf("the message tells %q: %s", secret, e.Message)
				}
			}
			if strings.Contains(e.Error(), "secret") {
				t.Errorf("the error tells a secret: %v", e)
			}
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("took %v", d)
			}
			if n := client.active.Load(); n != 0 {
				t.Errorf("%d calls are active", n)
			}
		})
	}
}

func failed(t *testing.T, err error) *llm.Error {
	t.Helper()
	var e *llm.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v", err)
	}
	return e
}

func TestHeadersWithinTheLimit(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X", strings.Repeat("x", 900<<10))
	}))
	defer s.Close()
	c, template := open(t, s, nil)
	a, err := c.Send(t.Context(), template, Request{})
	if _ = text(t, a, err); len(a.Header.Get("X")) != 900<<10 {
		t.Error("the header is not whole")
	}
}

func TestProxyThatRefuses(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	proxy := address(t, s.URL)
	s.Close()
	c := newClient(t.Name(), newDialer())
	c.transport.Proxy = http.ProxyURL(proxy)
	_, err := c.Send(t.Context(), NewTemplate(address(t, "https://api.example.com/"), nil), Request{})
	if e := failed(t, err); e.Reason != reasonProxy || e.Class != llm.ClassTransport {
		t.Errorf("got %+v", e)
	}
}

func TestDeadlinesAndCallersThatLeave(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer s.Close()
	ours := &llm.Error{Class: llm.ClassTimeout, Reason: "first_event"}
	for name, c := range map[string]struct {
		ctx   func(context.Context) (context.Context, context.CancelFunc)
		class llm.Class
		is    *llm.Error
	}{
		"deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 20*time.Millisecond)
		}, llm.ClassTimeout, nil},
		"left": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(20*time.Millisecond, cancel)
			return ctx, cancel
		}, llm.ClassClientCancel, nil},
		"gone before": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, llm.ClassClientCancel, nil},
		"a cause of its own": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			time.AfterFunc(20*time.Millisecond, func() { cancel(fmt.Errorf("ending: %w", ours)) })
			return ctx, func() { cancel(nil) }
		}, llm.ClassTimeout, ours},
	} {
		t.Run(name, func(t *testing.T) {
			client, template := open(t, s, nil)
			ctx, cancel := c.ctx(t.Context())
			defer cancel()
			_, err := client.Send(ctx, template, Request{Body: []byte("{}")})
			e := failed(t, err)
			if e.Class != c.class || c.is != nil && e != c.is {
				t.Errorf("got %+v", e)
			}
		})
	}
}

// A connect timeout is not the caller's deadline: another target may be tried.
func TestConnectTimeout(t *testing.T) {
	d := newDialer()
	c := newClient(t.Name(), d)
	c.transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		// A name server that does not answer is the one thing that can be
		// made to hang everywhere.
		d.net.Resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		return d.dial(ctx, network, addr)
	}
	start := time.Now()
	_, err := c.Send(t.Context(), NewTemplate(address(t, "http://api.example.com/"), nil), Request{Connect: 50 * time.Millisecond})
	if e := failed(t, err); e.Class != llm.ClassTransport || e.Reason != reasonDNS && e.Reason != reasonDialTimeout {
		t.Errorf("got %+v", e)
	}
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("took %v", d)
	}
}
