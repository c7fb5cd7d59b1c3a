package aigateway

import (
	"io"
	"net/http"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
)

// carried brings an answer of sound or pictures to the caller, as its type has
// it.
func (x *exchange) carried(a *attempt, c llm.Carrier, answer *llm.Answer) *llm.Error {
	kind := answer.Header.Get("Content-Type")
	switch c.Carriage(kind) {
	case llm.CarryWhole:
		return x.whole(a, answer)
	case llm.CarryEvents:
		x.out = x.out[:0]
		return x.relay(a, answer)
	case llm.CarryBytes:
		if kind == "" {
			kind = "application/octet-stream"
		}
		return x.pipe(a, answer, passed{filled: x.op == llm.OpSpeech, head: func() { x.beginFile(a, kind, answer.Length) }})
	case llm.CarryNone:
	}
	// Many servers say 200 and mean an error.
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxErrorBody))
	if err != nil && len(text) == 0 {
		return x.cause(a, err)
	}
	return llm.ParseError(answer.Status, answer.Header, text)
}

// passed is how an answer passes through as it comes.
type passed struct {
	// head commits the answer.
	head func()
	// t reads along; nil where there is nothing to be read.
	t *tap
	// filled is set where an answer without anything in it is none.
	filled bool
}

func (p *passed) see(b []byte) {
	if p.t != nil {
		p.t.see(b)
	}
}

func (p *passed) facts(finish llm.Finish) *llm.AnswerFacts {
	if p.t == nil {
		return &llm.AnswerFacts{Content: true, Finish: finish}
	}
	return p.t.facts()
}

// pipe passes an answer through as it comes. One that breaks off breaks the
// caller's connection: nothing else tells that a file is not whole.
func (x *exchange) pipe(a *attempt, answer *llm.Answer, p passed) *llm.Error {
	from := x.source(a, answer)
	chunk := make([]byte, writeAt)
	x.out = x.out[:0]
	for left := answer.Length; ; {
		n, err := from.Read(chunk)
		if n > 0 {
			x.out = append(x.out, chunk[:n]...)
			p.see(chunk[:n])
			if !x.committed {
				x.firstContent(a)
				a.watch.event()
				p.head()
			}
			if left -= int64(n); left == 0 {
				// The caller may take this for the end, so the record comes first.
				x.settle(a, p.facts(llm.FinishStop))
			}
			if len(x.out) >= writeAt {
				a.watch.pause()
				failed := x.write()
				a.watch.event()
				if failed != nil {
					x.unreachable, err = true, failed
				}
			}
		}
		switch {
		case err == nil:
			continue
		case x.complete:
			_, _ = x.w.Write(x.out) // a caller that is gone has its record all the same
			return nil
		case err != io.EOF: //nolint:errorlint // the end itself; a failure may wrap it
			return x.cut(a, p.facts(""), x.cause(a, err))
		case !x.committed && p.filled:
			return &llm.Error{
				Status: http.StatusBadGateway, Class: llm.ClassBadOutput, Type: "api_error", Code: "upstream_bad_response",
				Reason: "empty", Message: "the provider sent an empty answer",
			}
		case !x.committed: // a transcript of silence, for one
			p.head()
		}
		x.settle(a, p.facts(llm.FinishStop))
		_, _ = x.w.Write(x.out) // as above
		return nil
	}
}

// beginFile commits an answer that passes through as it comes.
func (x *exchange) beginFile(a *attempt, kind string, length int64) {
	x.committed = true
	h := x.header(a, a.record.RequestID)
	h["Content-Type"] = []string{kind}
	h["X-Content-Type-Options"] = noSniff
	h["X-Accel-Buffering"] = unbuffered
	if length >= 0 {
		h["Content-Length"] = []string{strconv.FormatInt(length, 10)}
	}
	x.w.WriteHeader(http.StatusOK)
}

var noSniff = []string{"nosniff"}

// cut ends an answer that broke off. Before the commit the error goes back, for
// another attempt; after it the connection has to end.
func (x *exchange) cut(a *attempt, f *llm.AnswerFacts, e *llm.Error) *llm.Error {
	if !x.committed {
		return e
	}
	x.account(a, f)
	x.call.Attempted(e.Class)
	x.settleBroken(e)
	x.severed = true
	return e
}
