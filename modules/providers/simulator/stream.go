package simulator

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// streamed is the answer as a stream of events.
func (a *answer) streamed(ctx context.Context) *llm.Answer {
	s := &stream{hangs: newHangs(ctx), answer: a, rest: a.content, faultAt: int64(a.behavior.after)}
	if a.behavior.after == unset {
		s.faultAt = 0
		if a.behavior.fault == faultTruncate {
			s.faultAt = a.count
		}
	}
	if a.behavior.delay == 0 {
		s.ready = make([]byte, 0, batch+batch/4)
	}
	s.head = append(a.appendHead(append(s.head, "data: "...), "chat.completion.chunk"), `{"index":`...)
	return &llm.Answer{Status: http.StatusOK, Header: header("text/event-stream; charset=utf-8", a.id), Length: -1, Body: s}
}

// stream is the body of a streamed answer. It makes events as they are read.
type stream struct {
	hangs
	*answer
	// head is what every chunk begins with, up to the index of its choice.
	head []byte
	// ready are events that were made, and not read yet from at on.
	ready []byte
	at    int
	// rest is the content that is not said yet; sent counts its pieces.
	rest string
	sent int64
	// faultAt is the number of pieces before the fault.
	faultAt int64
	state   state
	timer   *time.Timer
	err     error
}

// state is what comes next.
type state uint8

const (
	stateOpening state = iota
	stateContent
	stateEnd
	stateOver
)

// batch is how much is made at a time where nothing has to be waited for.
const batch = 8 << 10

func (s *stream) Read(p []byte) (int, error) {
	if s.at == len(s.ready) {
		if s.err != nil {
			return 0, s.err
		}
		s.ready, s.at = s.ready[:0], 0
		if s.err = s.advance(); len(s.ready) == 0 {
			return 0, s.err
		}
	}
	n := copy(p, s.ready[s.at:])
	s.at += n
	return n, nil
}

// Ready implements [llm.ReadyReader].
func (s *stream) Ready() bool {
	return s.at < len(s.ready) || s.state == stateOver || s.behavior.delay == 0 && s.behavior.fault == ""
}

// advance makes the next events. With an error it may have made some, which
// come before it.
func (s *stream) advance() error {
	for len(s.ready) < batch {
		if s.behavior.fault != "" && s.sent == s.faultAt && s.state != stateOver && (s.state == stateContent || s.faultAt == 0) {
			return s.breakOff()
		}
		switch s.state {
		case stateOpening:
			s.state = stateContent
			s.opening()
		case stateContent:
			if s.rest == "" {
				s.state = stateEnd
				continue
			}
			if s.behavior.delay > 0 && s.sent > 0 {
				if len(s.ready) > 0 {
					return nil // what is ready does not wait
				}
				if err := s.pause(); err != nil {
					return err
				}
			}
			s.piece()
		case stateEnd:
			s.state = stateOver
			s.end()
		case stateOver:
			return io.EOF
		}
	}
	return nil
}

// pause waits for as long as chunks are apart.
func (s *stream) pause() error {
	if s.timer == nil {
		s.timer = time.NewTimer(s.behavior.delay)
	} else {
		s.timer.Reset(s.behavior.delay)
	}
	select {
	case <-s.timer.C:
		return nil
	case <-s.ctx.Done():
		s.timer.Stop()
		return s.ctx.Err()
	case <-s.closed:
		s.timer.Stop()
		return http.ErrBodyReadAfterClose
	}
}

// breakOff does what the fault is.
func (s *stream) breakOff() error {
	s.state = stateOver
	switch s.behavior.fault {
	case faultReset:
		return errReset
	case faultStall:
		if len(s.ready) > 0 {
			s.state = stateContent // and again, once that is read
			return nil
		}
		return s.hang()
	case faultGarbage:
		s.ready = append(append(append(s.ready, "data: "...), garbage...), "\n\n"...)
	case faultError:
		s.ready = append(append(append(s.ready, "data: "...), inBand().body()...), "\n\n"...)
	}
	return io.EOF
}

// opening makes the chunks that begin each alternative.
func (s *stream) opening() {
	for i := range s.n {
		s.begin(i)
		if s.tool == nil {
			s.ready = append(s.ready, `,"delta":{"role":"assistant","content":"","refusal":null}`...)
		} else {
			s.ready = append(s.ready, `,"delta":{"role":"assistant","content":null,"refusal":null,"tool_calls":[{"index":0,`...)
			s.ready = append(s.appendCall(s.ready, i, ""), `}]}`...)
		}
		s.finishChunk("")
	}
}

// piece makes the chunks of the next piece.
func (s *stream) piece() {
	n := s.split(s.rest)
	piece := s.rest[:n]
	s.rest = s.rest[n:]
	s.sent++
	for i := range s.n {
		s.begin(i)
		switch {
		case s.tool == nil:
			s.ready = append(rawjson.AppendQuote(append(s.ready, `,"delta":{"content":`...), piece), '}')
		case s.tool.Type == "custom":
			s.ready = append(s.ready, `,"delta":{"tool_calls":[{"index":0,"custom":{"input":`...)
			s.ready = append(rawjson.AppendQuote(s.ready, piece), `}}]}`...)
		default:
			s.ready = append(s.ready, `,"delta":{"tool_calls":[{"index":0,"function":{"arguments":`...)
			s.ready = append(rawjson.AppendQuote(s.ready, piece), `}}]}`...)
		}
		s.finishChunk("")
	}
}

// end makes what closes the stream.
func (s *stream) end() {
	for i := range s.n {
		s.begin(i)
		s.ready = append(s.ready, `,"delta":{}`...)
		s.finishChunk(s.finish)
	}
	if s.usage {
		s.ready = append(s.ready, s.head[:len(s.head)-len(`{"index":`)]...)
		s.ready = append(s.ready, `],"usage":`...)
		s.ready = append(s.appendUsage(s.ready), "}\n\n"...)
	}
	s.ready = append(s.ready, "data: [DONE]\n\n"...)
}

// begin begins a chunk for one alternative.
func (s *stream) begin(choice int64) {
	s.ready = strconv.AppendInt(append(s.ready, s.head...), choice, 10)
}

// finishChunk ends a chunk.
func (s *stream) finishChunk(reason string) {
	s.ready = append(s.ready, `,"logprobs":null,"finish_reason":`...)
	if reason == "" {
		s.ready = append(s.ready, "null"...)
	} else {
		s.ready = append(append(append(s.ready, '"'), reason...), '"')
	}
	s.ready = append(s.ready, "}]}\n\n"...)
}
