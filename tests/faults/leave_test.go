package faults

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// leave is how long a provider may go on after the caller has left.
const leave = 500 * time.Millisecond

// TestCallersThatLeave holds that nobody works for a caller that is gone, and
// that the record says so.
func TestCallersThatLeave(t *testing.T) {
	t.Parallel()
	g, up := start(t, "expose oai/* claude/* gem/*")
	for _, provider := range []string{"oai", "claude", "gem"} {
		t.Run(provider+" before an answer", func(t *testing.T) {
			t.Parallel()
			model := "early-" + provider
			up.On(model, fairwaytest.Hold())
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			done := make(chan struct{})
			go func() {
				defer close(done)
				if r, err := g.Open(ctx, http.MethodPost, "/v1/chat/completions", fairwaytest.Ask(provider+"/"+model)); err == nil {
					_ = r.Body.Close()
				}
			}()
			fairwaytest.Eventually(t, 5*time.Second, "the request", func() bool { return len(up.Requests(model)) == 1 })
			cancel()
			gone(t, up.Last(t, model))
			<-done
			record(t, g, provider+"/"+model)
		})
		t.Run(provider+" in a stream", func(t *testing.T) {
			t.Parallel()
			model := "late-" + provider
			first := map[string]string{
				"oai":    "data: " + fairwaytest.Chunk(`{"role":"assistant","content":"fi"}`, "") + "\n\n",
				"claude": cut(fairwaytest.AnthropicEvents("fi", "ne"), "event: content_block_stop"),
				"gem":    strings.ReplaceAll(fairwaytest.GeminiEvents("fi"), `"finishReason":"STOP",`, ""),
			}[provider]
			up.On(model, func(c *fairwaytest.Conn, r *fairwaytest.Received) {
				c.Head(http.StatusOK, "Content-Type", "text/event-stream")
				c.Chunk(first)
				c.Hold(r)
			})
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			r, err := g.Open(ctx, http.MethodPost, "/v1/chat/completions", fairwaytest.AskStream(provider+"/"+model))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			if line, err := bufio.NewReader(r.Body).ReadString('\n'); err != nil || !strings.HasPrefix(line, "data:") {
				t.Fatalf("%q, %v", line, err)
			}
			cancel()
			gone(t, up.Last(t, model))
			got := record(t, g, provider+"/"+model)
			if got.Usage.Output == 0 || got.Usage.Input == 0 {
				t.Errorf("what was used is not in the record: %+v", got.Usage)
			}
		})
	}
}

func gone(t *testing.T, r *fairwaytest.Received) {
	t.Helper()
	left := time.Now()
	select {
	case <-r.Gone():
		if took := time.Since(left); took > leave {
			t.Errorf("the provider was let go after %s", took)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the provider was never let go")
	}
}

// record waits for the record of the one call of a model.
func record(t *testing.T, g *fairwaytest.Gateway, model string) fairwaytest.Record {
	t.Helper()
	var found fairwaytest.Record
	fairwaytest.Eventually(t, 10*time.Second, "the record", func() bool {
		for _, r := range g.AllRecords(t) {
			if r.Model == model {
				found = r
				return true
			}
		}
		return false
	})
	if found.Status != 499 || found.Class != "client_cancel" {
		t.Errorf("the record has status %d and class %q, want 499, client_cancel", found.Status, found.Class)
	}
	return found
}

// TestCallersThatLeaveWhileSending holds that half a request reaches nobody.
func TestCallersThatLeaveWhileSending(t *testing.T) {
	t.Parallel()
	g, up := start(t, "expose oai/* claude/* gem/*")
	conn, err := net.Dial("tcp", g.Address())
	if err != nil {
		t.Fatal(err)
	}
	body := fairwaytest.Ask("oai/good")
	if _, err := fmt.Fprintf(conn, "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", g.Key, len(body)+1, body); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	// A later call is a sign that the earlier one is over.
	if a := g.Chat(t, fairwaytest.Ask("oai/good")); a.Status != 200 {
		t.Errorf("status %d", a.Status)
	}
	if n := len(up.All()); n != 1 {
		t.Errorf("%d requests reached the provider, want 1", n)
	}
}

// TestSlowReaders holds that a stream waits for its reader instead of piling up
// in memory.
func TestSlowReaders(t *testing.T) {
	t.Parallel()
	g, up := start(t, "expose oai/* claude/* gem/*")
	var sent atomic.Int64
	piece := "data: " + fairwaytest.Chunk(`{"content":"`+strings.Repeat("a", 64<<10)+`"}`, "") + "\n\n"
	const pieces = 4000 // 256 MB
	up.On("flood", func(c *fairwaytest.Conn, r *fairwaytest.Received) {
		c.Head(http.StatusOK, "Content-Type", "text/event-stream")
		for range pieces {
			select {
			case <-r.Gone():
				c.Close()
				return
			default:
			}
			c.Chunk(piece)
			sent.Add(int64(len(piece)))
		}
		c.End()
	})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, err := g.Open(ctx, http.MethodPost, "/v1/chat/completions", fairwaytest.AskStream("oai/flood"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if _, err := io.ReadFull(r.Body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	// The flood stops when every buffer on the way is full.
	last, since := int64(-1), time.Now()
	fairwaytest.Eventually(t, 30*time.Second, "the provider is held back", func() bool {
		if now := sent.Load(); now != last {
			last, since = now, time.Now()
		}
		return time.Since(since) > 500*time.Millisecond
	})
	if last > 64<<20 {
		t.Errorf("%d MB were taken from the provider for a caller that does not read", last>>20)
	}
	t.Logf("%d kB on the way", last>>10)
}
