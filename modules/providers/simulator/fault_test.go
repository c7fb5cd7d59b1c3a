package simulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/modules/providers/simulator"
)

func TestStatuses(t *testing.T) {
	for model, want := range map[string]llm.Error{
		"status-400":          {Status: 400, Type: "invalid_request_error"},
		"status-401":          {Status: 401, Type: "invalid_request_error", Code: "invalid_api_key"},
		"status-403":          {Status: 403, Type: "permission_error"},
		"status-429-retry-2s": {Status: 429, Type: "requests", Code: "rate_limit_exceeded", RetryAfter: 2 * time.Second},
		"status-500":          {Status: 500, Type: "server_error"},
		"status-503":          {Status: 503, Type: "server_error"},
		"status-529":          {Status: 529, Type: "server_error"},
	} {
		a, err := send(t.Context(), ask(model, "a", ""))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(a.Body)
		got := llm.ParseError(a.Status, a.Header, b)
		if got.Status != want.Status || got.Type != want.Type || got.Code != want.Code || got.RetryAfter != want.RetryAfter {
			t.Errorf("%s: got %+v", model, got)
		}
	}
	a, err := send(t.Context(), ask("echo", "a", `"simulate":{"status":302,"retry_after":"1500ms"}`))
	if err != nil || a.Status != 302 || a.Header.Get("Location") == "" || a.Header.Get("Retry-After") != "2" {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestFaults(t *testing.T) {
	const text = "one two three"
	for name, c := range map[string]struct {
		model, simulate string
		stream          bool
		content         string // of a stream
		says            string
		err             error
	}{
		"reset, whole":           {"reset", "", false, "", `{"id":`, syscall.ECONNRESET},
		"reset":                  {"reset", "", true, "", "", syscall.ECONNRESET},
		"reset in the middle":    {"reset-after-2", "", true, "one two", "", syscall.ECONNRESET},
		"reset by field":         {"echo", `{"fault":"reset","after":1}`, true, "one", "", syscall.ECONNRESET},
		"reset at the end":       {"reset-after-3", "", true, text, "", syscall.ECONNRESET},
		"truncate, whole":        {"truncate", "", false, "", `{"id":`, io.ErrUnexpectedEOF},
		"truncate":               {"truncate", "", true, text, "", nil},
		"truncate in the middle": {"truncate-after-1", "", true, "one", "", nil},
		"garbage, whole":         {"garbage", "", false, "", `{"id":"chatcmpl-garbage"`, nil},
		"garbage":                {"garbage-after-1", "", true, "one", "chatcmpl-garbage", nil},
		"error, whole":           {"error", "", false, "", `{"error":{`, nil},
		"error":                  {"error", "", true, "", `data: {"error":{`, nil},
		"error in the middle":    {"echo", `{"fault":"error_event","after":2}`, true, "one two", `data: {"error":{`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			fields := `"stream":` + map[bool]string{true: "true", false: "false"}[c.stream]
			if c.simulate != "" {
				fields += `,"simulate":` + c.simulate
			}
			status, got, err := read(t, ask(c.model, text, fields))
			if status != http.StatusOK || !errors.Is(err, c.err) || !strings.Contains(got, c.says) {
				t.Errorf("got %d %s, %v", status, got, err)
			}
			if strings.Contains(got, "[DONE]") || strings.Contains(got, `"finish_reason":"`) {
				t.Errorf("the answer is complete: %s", got)
			}
			if c.stream {
				var content said
				for event := range strings.SplitSeq(got, "\n\n") {
					var x chunk
					if json.Unmarshal([]byte(strings.TrimPrefix(event, "data: ")), &x) == nil {
						content.add(x)
					}
				}
				if content.Content != c.content {
					t.Errorf("got %q, want %q", content.Content, c.content)
				}
			} else if json.Valid([]byte(got)) && c.model != "error" {
				t.Errorf("the answer can be read: %s", got)
			}
		})
	}
}

func TestRefuse(t *testing.T) {
	var e *llm.Error
	if _, err := send(t.Context(), ask("refuse", "a", "")); !errors.As(err, &e) || e.Class != llm.ClassTransport {
		t.Errorf("got %v", err)
	}
}

func TestStallEndsWithTheCall(t *testing.T) {
	for _, fields := range []string{`"stream":true`, `"stream":false`} {
		for name, end := range map[string]func(cancel context.CancelFunc, body io.Closer){
			"cancel": func(cancel context.CancelFunc, _ io.Closer) { cancel() },
			"close":  func(_ context.CancelFunc, body io.Closer) { _ = body.Close() },
		} {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				a, err := send(ctx, ask("stall-after-1", "one two", fields))
				if err != nil {
					t.Fatal(err)
				}
				time.AfterFunc(time.Minute, func() { end(cancel, a.Body) })
				start := time.Now()
				got, err := io.ReadAll(a.Body)
				if err == nil || time.Since(start) != time.Minute || strings.Contains(string(got), "two") {
					t.Errorf("%s, %s: got %s, %v after %v", name, fields, got, err, time.Since(start))
				}
			})
		}
	}
}

func TestTiming(t *testing.T) {
	for name, c := range map[string]struct {
		simulator   simulator.Simulator
		model, more string
		first, last time.Duration
	}{
		"echo":              {simulator.Simulator{}, "echo", "", 0, 0},
		"slow":              {simulator.Simulator{}, "slow", "", time.Second, 1100 * time.Millisecond},
		"by name":           {simulator.Simulator{}, "echo-latency-200ms-delay-1.5s", "", 200 * time.Millisecond, 3200 * time.Millisecond},
		"by field":          {simulator.Simulator{}, "slow", `,"simulate":{"latency":"3s","delay":"0s"}`, 3 * time.Second, 3 * time.Second},
		"by configuration":  {simulator.Simulator{Latency: time.Second, Delay: time.Second}, "echo", "", time.Second, 3 * time.Second},
		"stronger by field": {simulator.Simulator{Latency: time.Second, Delay: time.Second}, "latency-2s", `,"simulate":{"delay":"2s"}`, 2 * time.Second, 6 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				a, err := c.simulator.Send(t.Context(), &llm.Outgoing{Body: []byte(ask(c.model, "one two three", `"stream":true`+c.more))})
				if err != nil {
					t.Fatal(err)
				}
				if d := time.Since(start); d != c.first {
					t.Errorf("it began after %v, want %v", d, c.first)
				}
				if _, err := io.ReadAll(a.Body); err != nil {
					t.Error(err)
				}
				if d := time.Since(start); d != c.last {
					t.Errorf("it ended after %v, want %v", d, c.last)
				}
			})
		})
	}
}

func TestDelayLetsWhatIsReadyPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, err := send(t.Context(), ask("delay-1s", "one two", `"stream":true`))
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 64<<10)
		n, _ := a.Body.Read(b)
		ready := a.Body.(llm.ReadyReader)
		if !strings.Contains(string(b[:n]), `"one"`) || ready.Ready() {
			t.Errorf("got %s, ready %v", b[:n], ready.Ready())
		}
		if n, _ = a.Body.Read(b[:1]); n != 1 || !ready.Ready() {
			t.Errorf("ready %v", ready.Ready())
		}
	})
}

func TestCallerLeavesWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var e *llm.Error
		if _, err := send(ctx, ask("latency-1m", "a", "")); !errors.As(err, &e) || e.Class != llm.ClassTimeout {
			t.Errorf("got %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		a, err := send(ctx, ask("delay-1m", "a b", `"stream":true`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(a.Body); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}
