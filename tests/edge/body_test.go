package edge

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{Site: "fairway {\n\tmax_body 64KiB\n}"})
	const limit = 64 << 10
	fill := func(size int) string {
		const frame = `{"model":"up/ok","messages":[{"role":"user","content":""}]}`
		return strings.Replace(frame, `"content":""`, `"content":"`+strings.Repeat("a", size-len(frame))+`"`, 1)
	}
	t.Run("at the limit", func(t *testing.T) {
		t.Parallel()
		if a := g.Chat(t, fill(limit)); a.Status != 200 {
			t.Errorf("status %d, want 200: %.300s", a.Status, a.Body)
		}
	})
	t.Run("over the limit", func(t *testing.T) {
		t.Parallel()
		a := g.Chat(t, fill(limit+1))
		if a.Status != 413 {
			t.Fatalf("status %d, want 413: %.300s", a.Status, a.Body)
		}
		if e := a.Error(t); e.CodeOf() != "request_too_large" || !strings.Contains(e.Message, fmt.Sprint(limit)) {
			t.Errorf("the error does not name the limit: %+v", e)
		}
	})
	t.Run("a length over the limit", func(t *testing.T) {
		t.Parallel()
		// The length alone is enough: nothing of the body is waited for.
		w := dial(t, g)
		w.send(t, post(g, "Content-Length: 1000000000"))
		if status, _ := w.answer(t); status != 413 {
			t.Errorf("status %d, want 413", status)
		}
		if !w.closed() {
			t.Error("the connection goes on")
		}
	})
	t.Run("chunks over the limit", func(t *testing.T) {
		t.Parallel()
		w := dial(t, g)
		w.send(t, post(g, "Transfer-Encoding: chunked"))
		go func() {
			chunk := fmt.Sprintf("%x\r\n%s\r\n", 4096, strings.Repeat("a", 4096))
			for {
				if _, err := io.WriteString(w, chunk); err != nil {
					return
				}
			}
		}()
		if status, _ := w.answer(t); status != 413 {
			t.Errorf("status %d, want 413", status)
		}
	})
	t.Cleanup(func() {
		if n := len(up.Requests("ok")); n != 1 {
			t.Errorf("%d requests reached the provider, want 1", n)
		}
	})
}

// TestDefaultBodyLimit holds that pictures of the usual size pass without any
// configuration.
func TestDefaultBodyLimit(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	picture := strings.Repeat("QUFB", 20<<20/4)
	body := `{"model":"up/ok","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,` + picture + `"}}]}]}`
	if a := g.Chat(t, body); a.Status != 200 {
		t.Fatalf("20 MB: status %d: %.300s", a.Status, a.Body)
	}
	if got := up.Last(t, "ok"); !strings.Contains(string(got.Body), picture) {
		t.Error("the picture did not reach the provider as it was")
	}
	w := dial(t, g)
	w.send(t, post(g, fmt.Sprintf("Content-Length: %d", 33<<20)))
	if status, _ := w.answer(t); status != 413 {
		t.Errorf("33 MB: status %d, want 413", status)
	}
}

func TestBodiesThatDoNotArrive(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{})
	ask := fairwaytest.Ask("up/ok")
	t.Run("empty", func(t *testing.T) {
		t.Parallel()
		a := g.Chat(t, "", "Content-Type", "application/json")
		if a.Status != 400 {
			t.Fatalf("status %d, want 400", a.Status)
		}
		if e := a.Error(t); e.CodeOf() != "invalid_json" {
			t.Errorf("code %q", e.CodeOf())
		}
	})
	t.Run("cut off", func(t *testing.T) {
		t.Parallel()
		w := dial(t, g)
		w.send(t, post(g, fmt.Sprintf("Content-Length: %d", len(ask)+10))+ask)
		if err := w.Conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if status, _ := w.answer(t); status != 400 {
			t.Errorf("status %d, want 400", status)
		}
	})
	t.Run("stalled", func(t *testing.T) {
		t.Parallel()
		if testing.Short() {
			t.Skip("a stalled body takes half a minute")
		}
		w := dial(t, g)
		start := time.Now()
		w.send(t, post(g, fmt.Sprintf("Content-Length: %d", len(ask)+10))+ask)
		if status, _ := w.answer(t); status != 408 {
			t.Errorf("status %d, want 408", status)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it took %s", took)
		}
	})
	t.Cleanup(func() {
		if n := len(up.All()); n > 0 {
			t.Errorf("%d requests reached the provider", n)
		}
	})
}
