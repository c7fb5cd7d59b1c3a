package egress

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// scripted is a server whose connections say one thing after another, each in
// answer to a request. It counts its connections.
func scripted(t *testing.T, answers ...string) (address string, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	return "http://" + serve(t, func(c net.Conn) {
		connections.Add(1)
		for _, answer := range answers {
			request(c)
			if _, err := io.WriteString(c, answer); err != nil {
				return
			}
		}
		_, _ = io.Copy(io.Discard, c)
	}), connections
}

const (
	whole   = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"
)

// What a server says before it was asked must not answer the next call.
func TestPlainConnectionsThatAreUsedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		again  bool
	}{
		"length":           {whole, true},
		"chunks":           {chunked, true},
		"nothing":          {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
		"no content":       {"HTTP/1.1 204 No Content\r\n\r\n", true},
		"interim":          {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + whole, true},
		"told to close":    {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", false},
		"HTTP/1.0":         {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", false},
		"a second answer":  {whole + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", false},
		"after the chunks": {chunked + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", false},
	} {
		t.Run(name, func(t *testing.T) {
			url, connections := scripted(t, c.answer, c.answer)
			client := newClient("", newDialer())
			defer client.closeIdle()
			template := NewTemplate(address(t, url), nil)
			for range 2 {
				a, err := client.Send(t.Context(), template, Request{Body: []byte("{}\n\n")})
				if got := text(t, a, err); got != "ok" && got != "" {
					t.Errorf("got %q", got)
				}
			}
			if n := connections.Load(); (n == 1) != c.again {
				t.Errorf("%d connections", n)
			}
		})
	}
}

// A late answer of the call before arrives while the connection is idle.
func TestPlainConnectionThatSpokeWhileIdle(t *testing.T) {
	said := make(chan struct{})
	var connections atomic.Int64
	url := "http://" + serve(t, func(c net.Conn) {
		first := connections.Add(1) == 1
		request(c)
		_, _ = io.WriteString(c, whole)
		if first {
			time.Sleep(20 * time.Millisecond)
			_, _ = io.WriteString(c, strings.Replace(whole, "ok", "no", 1))
			close(said)
		}
		_, _ = io.Copy(io.Discard, c)
	})
	client := newClient("", newDialer())
	defer client.closeIdle()
	for range 2 {
		a, err := client.Send(t.Context(), NewTemplate(address(t, url), nil), Request{Body: []byte("{}\n\n")})
		if got := text(t, a, err); got != "ok" {
			t.Errorf("got %q", got)
		}
		<-said
		time.Sleep(5 * time.Millisecond)
	}
	if n := connections.Load(); n != 2 {
		t.Errorf("%d connections", n)
	}
}

func TestPlainCallThatWasLeftBefore(t *testing.T) {
	var calls atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer s.Close()
	c, template := open(t, s, nil)
	a, err := c.Send(t.Context(), template, Request{Body: []byte("{}")})
	_ = text(t, a, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 50 {
		if _, err := c.Send(ctx, template, Request{Body: []byte("{}")}); err == nil {
			t.Fatal("there was an answer")
		}
	}
	if n := calls.Load(); n != 1 {
		t.Errorf("%d calls arrived", n)
	}
}

func TestPlainAnswerThatComesEarly(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	}))
	defer s.Close()
	c, template := open(t, s, nil)
	for range 10 {
		a, err := c.Send(t.Context(), template, Request{Body: make([]byte, maxPlainBody)})
		if err != nil {
			if e := failed(t, err); e.Reason != reasonReset {
				t.Errorf("got %+v", e)
			}
			continue
		}
		if _ = text(t, a, nil); a.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("got %d", a.Status)
		}
	}
}

func TestPlainAnswerThatBreaksOff(t *testing.T) {
	for name, answer := range map[string]string{
		"length": "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok",
		"chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
		"chunk":  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\nok",
	} {
		url := "http://" + serve(t, func(c net.Conn) {
			request(c)
			_, _ = io.WriteString(c, answer)
		})
		client := newClient("", newDialer())
		a, err := client.Send(t.Context(), NewTemplate(address(t, url), nil), Request{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(a.Body); string(got) != "ok" || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
		_ = a.Body.Close()
	}
}

// An answer that is given up takes its connection along: the rest of it may
// be long in coming, and must not become the next answer.
func TestPlainAnswerThatIsGivenUp(t *testing.T) {
	s, n := counted(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte("x"), 100_000))
	})
	c, template := open(t, s, nil)
	for range 3 {
		a, err := c.Send(t.Context(), template, Request{Body: []byte("{}")})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = a.Body.Read(make([]byte, 10))
		_ = a.Body.Close()
		_ = a.Body.Close()
	}
	n.become(t, 3, 0)
	if n := c.active.Load(); n != 0 {
		t.Errorf("%d calls are active", n)
	}
}

// A reader that is told it would wait sends on what it has.
func TestPlainAnswerTellsWhetherItWaits(t *testing.T) {
	next := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, events := range []string{"data: 1234567890\n\ndata: 1234567890\n\n", "data: [DONE]\n\n"} {
			_, _ = io.WriteString(w, events)
			_ = http.NewResponseController(w).Flush()
			<-next
		}
	}))
	defer s.Close()
	c, template := open(t, s, nil)
	a, err := c.Send(t.Context(), template, Request{Body: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	ready := a.Body.(interface{ Ready() bool }).Ready
	half := make([]byte, 18)
	for range 2 {
		if _, err := io.ReadFull(a.Body, half); err != nil || string(half) != "data: 1234567890\n\n" {
			t.Fatalf("got %q, %v", half, err)
		}
	}
	if ready() {
		t.Error("there is nothing to read, and yet it is ready")
	}
	close(next)
	if rest, err := io.ReadAll(a.Body); string(rest) != "data: [DONE]\n\n" || err != nil || !ready() {
		t.Errorf("got %q, %v, ready %v", rest, err, ready())
	}
	_ = a.Body.Close()
}

func TestHostsThatGoThroughTheTransport(t *testing.T) {
	for host, direct := range map[string]bool{
		"10.0.0.7:8000": true, "localhost": true, "[::1]:80": true, "m.example.com": true,
		"[fe80::1%25eth0]:80": false, "bücher.example": false,
	} {
		if got := NewTemplate(address(t, "http://"+host+"/v1"), nil).direct; got != direct {
			t.Errorf("%s: %v", host, got)
		}
		if NewTemplate(address(t, "https://"+host+"/v1"), nil).direct {
			t.Errorf("https://%s is sent without TLS", host)
		}
	}
}
