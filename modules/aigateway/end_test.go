package aigateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/anthropic"
)

func init() { caddy.RegisterModule(new(scriptedAnthropic)) }

// scriptedAnthropic is scripted in Anthropic's dialect.
type scriptedAnthropic struct{ scripted }

func (*scriptedAnthropic) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "fairway.providers.scripted_anthropic", New: func() caddy.Module { return new(scriptedAnthropic) }}
}
func (*scriptedAnthropic) Dialect() llm.Dialect { return anthropic.Dialect{} }

const bothConfig = `{"providers":{"test":{"type":"scripted"},"claude":{"type":"scripted_anthropic"}},"expose":["test/*","claude/*"]}`

const (
	claudeStart = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":10,\"output_tokens\":1}}}\n\n" +
		"event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
	claudeEnd = "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n" +
		"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":5}}\n\n" +
		"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
)

func claudeText(text string) string {
	return "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" + text + "\"}}\n\n"
}

// pipeBody is an answer's body that a test writes to, and that ends with the
// attempt.
func pipeBody(ctx context.Context) (io.ReadCloser, io.Writer) {
	r, w := io.Pipe()
	context.AfterFunc(ctx, func() { w.CloseWithError(context.Cause(ctx)) })
	return r, w
}

func askClaude(t *testing.T, model string) *http.Request {
	t.Helper()
	return request(t, http.MethodPost, "/v1/messages", `{"model":"`+model+`","max_tokens":9,"messages":[{"role":"user","content":"a"}],"stream":true}`)
}

// TestNothingAfterTheEnd holds that a stream which has said all is complete
// whatever happens to its connection afterwards, and does not wait for it.
func TestNothingAfterTheEnd(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]error{"silence": nil, "reset": io.ErrUnexpectedEOF} {
		for _, provider := range []string{"test", "claude"} {
			t.Run(provider+" "+name, func(t *testing.T) {
				t.Parallel()
				s := newSite(t, bothConfig)
				model := "after-" + provider + "-" + name
				text := chunk("all") + last
				r := request(t, http.MethodPost, "/v1/chat/completions", ask("test/"+model, `"stream":true`))
				if provider == "claude" {
					text = claudeStart + claudeText("all") + claudeEnd
					r = askClaude(t, "claude/"+model)
				}
				play(model, func(ctx context.Context, _ *llm.Outgoing) (*llm.Answer, error) {
					body, w := pipeBody(ctx)
					go func() {
						_, _ = io.WriteString(w, text)
						if after != nil {
							_ = w.(*io.PipeWriter).CloseWithError(after)
						}
					}()
					return events(body), nil
				})
				begun := time.Now()
				got := s.do(t, r).Body.String()
				if took := time.Since(begun); took > 10*time.Second {
					t.Errorf("it took %s", took)
				}
				if strings.Contains(got, "error") || !strings.Contains(got, map[string]string{"test": "[DONE]", "claude": "message_stop"}[provider]) {
					t.Errorf("the caller was sent %s", got)
				}
				if r := s.records(t); len(r) != 1 || r[0].Status != 200 || r[0].Class != "" {
					t.Errorf("the records are %+v", r)
				}
			})
		}
	}
}

// leaving is a caller who goes away as soon as it has seen a word.
type leaving struct {
	*wire
	word  string
	leave context.CancelFunc
}

func (l *leaving) FlushError() error {
	if strings.Contains(l.held, l.word) {
		l.leave()
	}
	return l.wire.FlushError()
}

// TestRecordBeforeTheEnd holds that the record of a stream is closed before the
// caller has its last event: one that leaves upon it has had all.
func TestRecordBeforeTheEnd(t *testing.T) {
	t.Parallel()
	s := newSite(t, bothConfig)
	play("stop", func(ctx context.Context, _ *llm.Outgoing) (*llm.Answer, error) {
		body, w := pipeBody(ctx)
		go func() { _, _ = io.WriteString(w, claudeStart+claudeText("all")+claudeEnd) }()
		return events(body), nil
	})
	r := askClaude(t, "claude/stop")
	ctx, leave := context.WithCancel(r.Context())
	if err := s.ServeHTTP(&leaving{newWire(), "message_stop", leave}, r.WithContext(ctx), nil); err != nil {
		t.Fatal(err)
	}
	if r := s.records(t); len(r) != 1 || r[0].Status != 200 || r[0].Usage.Output != 5 || r[0].Usage.Estimated {
		t.Errorf("the records are %+v", r)
	}
}

// TestCallersWhoseConnectionBreaksInTranslation holds that no provider is blamed
// for what could not be sent to the caller.
func TestCallersWhoseConnectionBreaksInTranslation(t *testing.T) {
	t.Parallel()
	s := newSite(t, bothConfig)
	play("gone-translated", func(ctx context.Context, _ *llm.Outgoing) (*llm.Answer, error) {
		body, w := pipeBody(ctx)
		go func() { _, _ = io.WriteString(w, chunk("one")) }()
		return events(body), nil
	})
	w := newWire()
	w.err = errors.New("broken pipe")
	if err := s.ServeHTTP(w, askClaude(t, "test/gone-translated"), nil); err != nil {
		t.Fatal(err)
	}
	if r := s.records(t); len(r) != 1 || r[0].Status != 499 || r[0].Class != "client_cancel" {
		t.Errorf("the records are %+v", r)
	}
}

// TestUsageOfAStreamThatBrokeOff holds that what has passed counts, although
// the provider told of less at the beginning.
func TestUsageOfAStreamThatBrokeOff(t *testing.T) {
	t.Parallel()
	s := newSite(t, bothConfig)
	text := strings.Repeat("word ", 400)
	play("left", func(ctx context.Context, _ *llm.Outgoing) (*llm.Answer, error) {
		body, w := pipeBody(ctx)
		go func() { _, _ = io.WriteString(w, claudeStart+claudeText(text)) }()
		return events(body), nil
	})
	r := askClaude(t, "claude/left")
	ctx, leave := context.WithCancel(r.Context())
	if err := s.ServeHTTP(&leaving{newWire(), "word", leave}, r.WithContext(ctx), nil); err != nil {
		t.Fatal(err)
	}
	if r := s.records(t); len(r) != 1 || r[0].Status != 499 || r[0].Usage.Input != 10 || r[0].Usage.Output != 500 || !r[0].Usage.Estimated {
		t.Errorf("the records are %+v", r)
	}
}

// TestCallersThatLeaveEarly holds that one who is gone before the answer is
// sent no success.
func TestCallersThatLeaveEarly(t *testing.T) {
	t.Parallel()
	s := newSite(t, bothConfig)
	r := request(t, http.MethodPost, "/v1/chat/completions", ask("test/early-leave"))
	ctx, leave := context.WithCancel(r.Context())
	play("early-leave", func(ctx context.Context, _ *llm.Outgoing) (*llm.Answer, error) {
		leave()
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if w := s.do(t, r.WithContext(ctx)); w.Code != 499 || w.Body.Len() != 0 {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

// TestRequestIDsOfProviders holds that what is too long for an id is not passed
// on.
func TestRequestIDsOfProviders(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{"req_1": "req_1", strings.Repeat("x", 4000): ""} {
		if got := upstreamRequestID(http.Header{"X-Request-Id": {id}}); got != want {
			t.Errorf("got %.20s", got)
		}
	}
}

// TestWatchdogWaitsForTheCaller holds that a provider is not blamed for the time
// that its caller takes.
func TestWatchdogWaitsForTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		ctx, d := newWatchdog(t.Context(), begun, 10*time.Second, 10*time.Second, 90*time.Second)
		defer d.stop()
		d.event()
		d.pause()
		time.Sleep(45 * time.Second)
		if err := context.Cause(ctx); err != nil {
			t.Errorf("it ended in the pause: %v", err)
		}
		d.event()
		<-ctx.Done()
		if took := time.Since(begun); took != 55*time.Second {
			t.Errorf("it ended after %s", took)
		}
	})
}
