package aigateway

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/sse"
)

const (
	// maxEvent bounds one event of a stream; an image in base64 is one.
	maxEvent = 32 << 20
	// maxHeld bounds what may come before the first content.
	maxHeld = 1 << 20
	// writeAt is how much gathers while more is at hand.
	writeAt = 16 << 10
	// linger is how long a complete stream may take to end, so that its
	// connection can be used again.
	linger = 100 * time.Millisecond
)

// stream brings a streamed answer to the caller. Nothing is sent before the
// first content, so that until then a failure can still become another
// attempt, or an honest status.
func (x *exchange) stream(a *attempt, answer *llm.Answer) *llm.Error {
	x.out = x.out[:0]
	if a.pass != nil && streamed(a.pass, answer.Header.Get("Content-Type")) {
		return x.relay(a, answer)
	}
	// A whole answer to a streamed request is turned into a stream.
	return x.translate(a, answer)
}

// streamed reports whether an answer of a content type is a stream of the
// dialect, where none is taken for one.
func streamed(pass llm.Passthrough, contentType string) bool {
	if contentType == "" {
		return true
	}
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	kind = strings.TrimSpace(kind)
	if _, ok := pass.(llm.Splitting); ok {
		return kind == "application/x-ndjson" || kind == "application/vnd.amazon.eventstream"
	}
	return kind == "text/event-stream"
}

// split cuts a stream of the dialect into events.
func split(pass llm.Passthrough, body io.Reader) llm.Splitter {
	if s, ok := pass.(llm.Splitting); ok {
		return s.NewSplitter(body, maxEvent)
	}
	return serverSent{sse.NewReader(body, maxEvent)}
}

// serverSent is the splitter of most dialects.
type serverSent struct{ *sse.Reader }

func (s serverSent) Next() ([]byte, error) {
	e, err := s.Reader.Next()
	return e.Raw, err
}

// relay passes a stream of the caller's own dialect through.
func (x *exchange) relay(a *attempt, answer *llm.Answer) *llm.Error {
	relay := a.pass.NewRelay(llm.RelayOptions{Model: x.in.Model, HideUsage: !x.in.IncludeUsage, N: x.in.N})
	facts := relay.Facts()
	contentType := contentStream
	if _, ok := a.pass.(llm.Splitting); ok {
		contentType = []string{x.front.NewStreamEncoder(x.view()).ContentType()}
	}
	events := split(a.pass, x.source(a, answer))
	defer events.Release()
	for {
		raw, err := events.Next()
		if err == io.EOF { //nolint:errorlint // the end itself; a failure may wrap it
			break
		}
		if err != nil {
			if x.complete {
				break // what breaks behind the end is of no interest
			}
			if errors.Is(err, sse.ErrTooLarge) {
				err = errAnswerTooLarge
			}
			return x.broken(a, facts, x.cause(a, err))
		}
		if x.complete {
			continue
		}
		before := len(x.out)
		if x.out, err = relay.Event(x.out, raw); err != nil {
			return x.broken(a, facts, asError(err))
		}
		x.collect(x.out[before:])
		done := relay.Done()
		if !done || !x.committed { // the end must not go out here
			if err := x.gathered(a, facts, contentType); err != nil {
				return err
			}
		}
		if done {
			if !x.committed {
				break
			}
			// The source sends the end before it reads on, so the record comes
			// first.
			x.settle(a, facts)
			timer := time.AfterFunc(linger, func() { a.watch.cancel(context.Canceled) })
			defer timer.Stop()
		}
	}
	out, err := relay.End(x.out)
	if err != nil {
		return x.broken(a, facts, x.cause(a, err))
	}
	x.out = out
	return x.finish(a, facts, contentType)
}

// gathered looks at what has gathered for the caller: the first content commits
// the answer, and much of it goes on its way.
func (x *exchange) gathered(a *attempt, f *llm.AnswerFacts, contentType []string) *llm.Error {
	switch {
	case !x.committed && f.Content:
		x.firstContent(a)
		a.watch.event()
		x.begin(a, contentType)
	case !x.committed && len(x.out) > maxHeld:
		return errAnswerTooLarge
	case x.committed && len(x.out) >= writeAt:
		a.watch.pause()
		err := x.write()
		a.watch.event()
		if err != nil {
			return x.broken(a, f, x.left())
		}
	}
	return nil
}

// source is an answer's body that sends the caller what has gathered, before it
// waits for more: events that came together leave together, and none waits for
// the next.
type source struct {
	x     *exchange
	watch *watchdog
	body  io.Reader
	// ready tells whether there is something to read without waiting; nil when
	// nobody knows.
	ready func() bool
}

func (x *exchange) source(a *attempt, answer *llm.Answer) io.Reader {
	s := &source{x: x, watch: a.watch, body: answer.Body}
	if r, ok := answer.Body.(llm.ReadyReader); ok {
		s.ready = r.Ready
	}
	return s
}

func (s *source) Read(p []byte) (int, error) {
	if s.x.committed && (s.ready == nil || !s.ready()) {
		if err := s.x.flush(s.watch); err != nil {
			s.x.unreachable = true // decoders make an error of their own of it
			return 0, s.x.left()
		}
	}
	n, err := s.body.Read(p)
	if n > 0 && s.x.committed {
		s.watch.event()
	}
	return n, err
}

// begin commits the answer: its head goes out with the next flush.
func (x *exchange) begin(a *attempt, contentType []string) {
	x.committed = true
	h := x.header(a, a.record.RequestID)
	h["Content-Type"] = contentType
	h["X-Accel-Buffering"] = unbuffered
	if a.target.Price != nil {
		h["Trailer"] = trailerCost
	}
	x.w.WriteHeader(http.StatusOK)
}

// write hands what has gathered to the server, which sends it when it is much.
func (x *exchange) write() error {
	if len(x.out) == 0 {
		return nil
	}
	_, err := x.w.Write(x.out)
	x.out = x.out[:0]
	x.unsent = true
	return err
}

// flush sends all that has gathered.
func (x *exchange) flush(watch *watchdog) error {
	if len(x.out) == 0 && !x.unsent {
		return nil
	}
	watch.pause()
	err := x.write()
	if err == nil {
		x.unsent = false
		err = http.NewResponseController(x.w).Flush()
	}
	watch.event()
	return err
}

// finish ends a stream that is complete. The record is written before the last
// bytes go out.
func (x *exchange) finish(a *attempt, f *llm.AnswerFacts, contentType []string) *llm.Error {
	if !x.committed {
		x.begin(a, contentType)
	}
	x.settle(a, f)
	if cost := x.call.Record().Cost; cost != nil && a.target.Price != nil {
		x.w.Header()["Fairway-Cost"] = []string{cost.String()}
	}
	// The handler's return flushes; a caller that is gone has its record all
	// the same.
	_, _ = x.w.Write(x.out)
	return nil
}

// settle closes the record of a stream that is complete, once.
func (x *exchange) settle(a *attempt, f *llm.AnswerFacts) {
	if x.complete {
		return
	}
	x.complete = true
	x.account(a, f)
	x.call.Attempted(x.failure)
	if x.past != nil {
		x.remember(a, x.past.collector.Answer())
	}
	x.call.Settle(max(x.status, http.StatusOK), x.failure, "")
}

// left is the error of a caller that went away.
func (x *exchange) left() *llm.Error {
	return &llm.Error{Status: resilience.StatusClientClosed, Class: llm.ClassClientCancel, Code: "client_closed_request", Message: "the caller went away"}
}

// broken ends a stream that failed. Before the commit the error goes back, for
// another attempt or an honest status; after it the caller is told in the
// stream, which then has no end mark.
func (x *exchange) broken(a *attempt, f *llm.AnswerFacts, e *llm.Error) *llm.Error {
	x.account(a, f)
	a.record.Usage = unfinished(a.record.Usage, f)
	if e.Class == llm.ClassNone {
		e.Class = resilience.Classify(e)
	}
	if !x.committed {
		return e
	}
	x.call.Attempted(e.Class)
	x.settleBroken(e)
	if e.Class != llm.ClassClientCancel {
		encoder := x.front.NewStreamEncoder(x.view())
		x.out = encoder.Append(x.out, &llm.Event{Kind: llm.EventError, Err: resilience.ForCaller(e)})
		_ = x.flush(a.watch) // a caller that is gone has its record all the same
	}
	return e
}
