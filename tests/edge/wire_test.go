package edge

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// wire is a connection on which a test writes HTTP by hand.
type wire struct {
	net.Conn
	in *bufio.Reader
}

func dial(t *testing.T, g *fairwaytest.Gateway) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", g.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return &wire{conn, bufio.NewReader(conn)}
}

func (w *wire) send(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

// answer reads one answer to a POST.
func (w *wire) answer(t *testing.T) (status int, body string) {
	t.Helper()
	r, err := http.ReadResponse(w.in, &http.Request{Method: http.MethodPost})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

// closed reports whether the gateway has closed the connection.
func (w *wire) closed() bool {
	_, err := w.in.ReadByte()
	return err != nil
}

// post is a request's head with the gateway's key; more are lines.
func post(g *fairwaytest.Gateway, more ...string) string {
	lines := append([]string{
		"POST /v1/chat/completions HTTP/1.1", "Host: " + g.Address(), "Authorization: Bearer " + g.Key, "Content-Type: application/json",
	}, more...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// TestAmbiguousLengths holds that no request is understood in two ways, which
// would let one caller smuggle a request into another's connection.
func TestAmbiguousLengths(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	ask := fairwaytest.Ask("up/ok")
	length := fmt.Sprintf("Content-Length: %d", len(ask))
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(ask), ask)
	for name, text := range map[string]string{
		"two lengths":                 post(g, length, "Content-Length: 5") + ask,
		"negative length":             post(g, "Content-Length: -5") + ask,
		"length with a sign":          post(g, fmt.Sprintf("Content-Length: +%d", len(ask))) + ask,
		"length in hexadecimal":       post(g, fmt.Sprintf("Content-Length: 0x%x", len(ask))) + ask,
		"unknown transfer encoding":   post(g, "Transfer-Encoding: gzip, chunked") + chunked,
		"chunk size with a prefix":    post(g, "Transfer-Encoding: chunked") + "0x" + chunked,
		"chunk size that is no size":  post(g, "Transfer-Encoding: chunked") + "zz\r\n" + ask + "\r\n0\r\n\r\n",
		"space before a colon":        post(g, "Transfer-Encoding : chunked") + chunked,
		"bare line feed in a header":  strings.Replace(post(g, "X-A: b\nContent-Length: 5", length), "b\n", "b\n", 1) + ask,
		"no host":                     strings.Replace(post(g, length), "Host: "+g.Address()+"\r\n", "", 1) + ask,
		"two hosts":                   post(g, length, "Host: evil.test") + ask,
		"line feed in a header value": post(g, length, "X-A: b\x00c") + ask,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := dial(t, g)
			w.send(t, text)
			status, _ := w.answer(t)
			if status != http.StatusBadRequest && status != http.StatusMethodNotAllowed && status != http.StatusNotImplemented {
				t.Fatalf("status %d, want 400", status)
			}
			if !w.closed() {
				t.Error("the connection goes on")
			}
		})
	}
	t.Cleanup(func() {
		if n := len(up.All()); n > 0 {
			t.Errorf("%d requests reached the provider", n)
		}
	})
}

// TestLengthBesideChunks holds that a request with both lengths is read by its
// chunks and is the last on its connection (RFC 9112, 6.1): net/http does not
// let a handler see the other length, so a handler cannot refuse it.
func TestLengthBesideChunks(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	ask := fairwaytest.Ask("up/ok")
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(ask), ask)
	smuggled := post(g, fmt.Sprintf("Content-Length: %d", len(ask))) + ask
	for _, head := range []string{
		post(g, fmt.Sprintf("Content-Length: %d", len(chunked)), "Transfer-Encoding: chunked"),
		post(g, "Transfer-Encoding:\r\n chunked"),
	} {
		w := dial(t, g)
		w.send(t, head+chunked+smuggled)
		if status, _ := w.answer(t); status != http.StatusOK {
			t.Errorf("status %d", status)
		}
		if !w.closed() {
			t.Error("the connection goes on")
		}
	}
	if n := len(up.All()); n != 2 {
		t.Errorf("%d requests reached the provider, want the 2 that were whole", n)
	}
}

func TestOldAndPipelinedRequests(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	ask := fairwaytest.Ask("up/ok")
	t.Run("HTTP/1.0", func(t *testing.T) {
		t.Parallel()
		w := dial(t, g)
		w.send(t, strings.Replace(post(g, fmt.Sprintf("Content-Length: %d", len(ask))), "HTTP/1.1", "HTTP/1.0", 1)+ask)
		if status, body := w.answer(t); status != 200 || !strings.Contains(body, "fine") {
			t.Errorf("status %d: %s", status, body)
		}
		if !w.closed() {
			t.Error("the connection goes on")
		}
	})
	t.Run("ten in a row", func(t *testing.T) {
		t.Parallel()
		w := dial(t, g)
		var b strings.Builder
		for i := range 10 {
			model := fmt.Sprintf("row-%d", i)
			up.On(model, fairwaytest.JSON(200, fairwaytest.Completion("answer "+model)))
			ask := fairwaytest.Ask("up/" + model)
			b.WriteString(post(g, fmt.Sprintf("Content-Length: %d", len(ask))) + ask)
		}
		w.send(t, b.String())
		for i := range 10 {
			if status, body := w.answer(t); status != 200 || !strings.Contains(body, fmt.Sprintf("answer row-%d\"", i)) {
				t.Fatalf("answer %d: status %d: %s", i, status, body)
			}
		}
	})
	t.Run("chunks without a length", func(t *testing.T) {
		t.Parallel()
		w := dial(t, g)
		w.send(t, post(g, "Transfer-Encoding: chunked"))
		for i := range len(ask) {
			w.send(t, "1\r\n"+ask[i:i+1]+"\r\n")
		}
		w.send(t, "0\r\n\r\n")
		if status, body := w.answer(t); status != 200 {
			t.Errorf("status %d: %s", status, body)
		}
	})
}

func TestExpectations(t *testing.T) {
	t.Parallel()
	g, _ := start(t, fairwaytest.Config{})
	ask := fairwaytest.Ask("up/ok")
	length := fmt.Sprintf("Content-Length: %d", len(ask))
	t.Run("continue", func(t *testing.T) {
		t.Parallel()
		w := dial(t, g)
		w.send(t, post(g, length, "Expect: 100-continue"))
		r, err := http.ReadResponse(w.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != http.StatusContinue {
			t.Fatalf("status %d, want 100", r.StatusCode)
		}
		w.send(t, ask)
		if status, body := w.answer(t); status != 200 {
			t.Errorf("status %d: %s", status, body)
		}
	})
	t.Run("unknown", func(t *testing.T) {
		t.Parallel()
		w := dial(t, g)
		w.send(t, post(g, length, "Expect: a-miracle"))
		if status, _ := w.answer(t); status != 417 {
			t.Errorf("status %d, want 417", status)
		}
	})
}

func TestLargeHeaders(t *testing.T) {
	t.Parallel()
	g, _ := start(t, fairwaytest.Config{})
	ask := fairwaytest.Ask("up/ok")
	length := fmt.Sprintf("Content-Length: %d", len(ask))
	many := make([]string, 0, 30_000)
	for i := range cap(many) {
		many = append(many, fmt.Sprintf("X-Header-%d: some value that takes room in the head", i))
	}
	for name, head := range map[string][]string{
		"one of 2 MB":  {length, "X-Large: " + strings.Repeat("a", 2<<20)},
		"30 000 small": append(many, length),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := dial(t, g)
			// The gateway may answer and close before all is written.
			_, _ = io.WriteString(w, post(g, head...)+ask)
			if status, _ := w.answer(t); status != 431 {
				t.Errorf("status %d, want 431", status)
			}
		})
	}
}
