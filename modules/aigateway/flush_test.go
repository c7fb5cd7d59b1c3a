package aigateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// body is an answer's body that a test writes, read by read; an empty one ends
// it.
type body struct {
	read func(n int) string
	n    int
	rest string
}

func (b *body) Read(p []byte) (int, error) {
	if b.rest == "" {
		if b.rest = b.read(b.n); b.rest == "" {
			return 0, io.EOF
		}
		b.n++
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func (*body) Close() error { return nil }

// readyBody is one that can tell whether more is at hand.
type readyBody struct {
	body
	ready func(n int) bool
}

func (b *readyBody) Ready() bool { return b.rest != "" || b.ready(b.n) }

func events(body io.ReadCloser) *llm.Answer {
	return &llm.Answer{Status: 200, Header: http.Header{"Content-Type": {"text/event-stream"}}, Length: -1, Body: body}
}

// chunk is an event with a piece of text.
func chunk(text string) string {
	return `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"` + text + `"},"finish_reason":null}]}` + "\n\n"
}

// last is what ends a stream.
const last = `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"

// wire is a connection to a caller: it hands over what each flush sends.
type wire struct {
	header http.Header
	status int
	held   string
	sent   chan string
	err    error
}

func newWire() *wire { return &wire{header: http.Header{}, sent: make(chan string, 100)} }

func (w *wire) Header() http.Header { return w.header }
func (w *wire) WriteHeader(s int)   { w.status = s }
func (w *wire) Write(b []byte) (int, error) {
	w.held += string(b)
	return len(b), w.err
}

func (w *wire) FlushError() error {
	w.sent <- w.held
	w.held = ""
	return w.err
}

// said are the pieces of text in what was sent.
func said(sent string) (pieces string) {
	for _, part := range strings.Split(sent, `"content":"`)[1:] {
		text, _, _ := strings.Cut(part, `"`)
		pieces += text + " "
	}
	return strings.TrimSpace(pieces)
}

// TestNoEventWaitsForTheNext holds that what has come is sent before the
// gateway waits for more, and that what came together leaves together. The
// provider says nothing further before the caller has it.
func TestNoEventWaitsForTheNext(t *testing.T) {
	t.Parallel()
	for lane, model := range map[string]string{"passed": "", "translated": "claude"} {
		t.Run(lane, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, usualConfig)
			w := newWire()
			steps := []string{chunk("one") + chunk("two"), chunk("three"), chunk("four") + chunk("five") + last}
			want := []string{"one two", "three", "four five"}
			name := "flush-" + lane
			play(name, func(context.Context, *llm.Outgoing) (*llm.Answer, error) {
				return events(&body{read: func(n int) string {
					if n > 0 {
						if got := said(<-w.sent); got != want[n-1] {
							t.Errorf("before step %d %q was sent", n, got)
						}
					}
					if n == len(steps) {
						return ""
					}
					return steps[n]
				}}), nil
			})
			r := request(t, http.MethodPost, "/v1/chat/completions", ask("test/"+name, `"stream":true`))
			if model != "" {
				r = request(t, http.MethodPost, "/v1/messages", `{"model":"test/`+name+`","max_tokens":9,"messages":[{"role":"user","content":"a"}],"stream":true}`)
				for i := range want {
					want[i] = "" // other words, the same moments
				}
			}
			if err := s.ServeHTTP(w, r, nil); err != nil || w.status != 200 {
				t.Errorf("status %d: %v", w.status, err)
			}
			if end := map[string]string{"passed": "[DONE]", "translated": "message_stop"}[lane]; !strings.Contains(w.held, end) {
				t.Errorf("the end is %q", w.held)
			}
		})
	}
}

// TestWhatIsReadyIsReadFirst holds that events which are at hand do not make a
// packet each.
func TestWhatIsReadyIsReadFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t, usualConfig)
	const pieces = 50
	play("ready", func(context.Context, *llm.Outgoing) (*llm.Answer, error) {
		return events(&readyBody{body: body{read: func(n int) string {
			switch {
			case n < pieces:
				return chunk(strconv.Itoa(n))
			case n == pieces:
				return last
			}
			return ""
		}}, ready: func(n int) bool { return n%10 != 0 }}), nil
	})
	w := newWire()
	if err := s.ServeHTTP(w, request(t, http.MethodPost, "/v1/chat/completions", ask("test/ready", `"stream":true`)), nil); err != nil {
		t.Fatal(err)
	}
	close(w.sent)
	flushes, text := 0, ""
	for sent := range w.sent {
		flushes++
		text += said(sent) + " "
	}
	if flushes != pieces/10 || len(strings.Fields(text)) != pieces {
		t.Errorf("%d flushes sent %q", flushes, text)
	}
}

// TestNothingIsSentBeforeContent holds that a stream that fails before its
// first content becomes another attempt, of which alone the caller sees
// something.
func TestNothingIsSentBeforeContent(t *testing.T) {
	t.Parallel()
	s := newSite(t, `{"providers":{"test":{"type":"scripted"},"sim":{"type":"simulator"}},"models":{"m":{"targets":[{"target":"test/early"},{"target":"sim/echo"}],"strategy":"first"}}}`)
	play("early", func(context.Context, *llm.Outgoing) (*llm.Answer, error) {
		return events(&body{read: func(n int) string {
			return []string{": hello\n\n", `data: {"id":"early","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}` + "\n\n", `data: {"error":{"message":"no","type":"server_error"}}` + "\n\n"}[n]
		}}), nil
	})
	w := s.chat(t, "m", `"stream":true`)
	if text := w.Body.String(); w.Code != 200 || strings.Contains(text, "early") || said(text) == "" || !strings.HasSuffix(text, "data: [DONE]\n\n") || w.Header().Get("Fairway-Target") != "sim/echo" {
		t.Errorf("status %d: %v %s", w.Code, w.Header(), text)
	}
}

// TestCallersWhoseConnectionBreaks holds that the upstream is left as soon as
// nothing can be sent any more, and that the record says who went away.
func TestCallersWhoseConnectionBreaks(t *testing.T) {
	t.Parallel()
	s := newSite(t, usualConfig)
	reads := 0
	play("gone", func(context.Context, *llm.Outgoing) (*llm.Answer, error) {
		return events(&body{read: func(n int) string { reads = n; return chunk("more") }}), nil
	})
	w := newWire()
	w.err = errors.New("broken pipe")
	if err := s.ServeHTTP(w, request(t, http.MethodPost, "/v1/chat/completions", ask("test/gone", `"stream":true`)), nil); err != nil {
		t.Fatal(err)
	}
	if reads > 1 {
		t.Errorf("it was read on %d times", reads)
	}
	if r := s.records(t); len(r) != 1 || r[0].Status != 499 || r[0].Class != "client_cancel" {
		t.Errorf("the records are %+v", r)
	}
}
