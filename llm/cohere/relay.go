package cohere

import (
	"bytes"
	"io"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
	"github.com/fairwaygw/fairway/llm/sse"
)

// relay passes a stream of events through.
type relay struct {
	skim  skim
	facts llm.AnswerFacts
	// joined holds the data of an event of several lines.
	joined []byte
	// calls and done are set once the stream has said so.
	calls, done bool
}

// NewRelay begins to pass a stream through. Events go out as they come, for they
// name no model; comments and the upstream's own end marker do not. Usage is
// part of every stream and is never hidden.
func (Dialect) NewRelay(llm.RelayOptions) llm.Relay { return &relay{} }

// Facts tells what the stream has said so far.
func (r *relay) Facts() *llm.AnswerFacts { return &r.facts }

// Event appends what the caller is to see of one event. What comes after the end
// of the message is not passed on.
func (r *relay) Event(dst, raw []byte) ([]byte, error) {
	if r.done {
		return dst, nil
	}
	var e sse.Event
	e, r.joined = sse.Parse(raw, r.joined)
	data := bytes.TrimSpace(e.Data)
	switch {
	case len(data) == 0:
		return dst, noData(&e)
	case string(data) == endMarker: // before the message's own end, which End tells
		return dst, nil
	}
	s := &r.skim
	if _, err := s.look(data, &r.facts); err != nil {
		if last := raw[len(raw)-1]; last != '\n' && last != '\r' {
			return dst, badOutput("truncated", "the provider's stream was cut off", err)
		}
		return dst, badOutput("malformed", "the provider sent an event that is not valid JSON", err)
	}
	if s.kind == pieceOther && s.complaint {
		return dst, llm.ParseError(200, nil, data)
	}
	r.calls = r.calls || s.calls
	s.note(&r.facts)
	if s.kind == pieceEnd {
		if err := r.end(); err != nil {
			return dst, err
		}
	}
	if !utf8.Valid(raw) {
		raw = bytes.ToValidUTF8(raw, []byte("\ufffd"))
	}
	dst = append(dst, bytes.TrimRight(raw, "\r\n")...)
	return append(dst, "\n\n"...), nil
}

// end notes how the message ends, which may be in failure.
func (r *relay) end() error {
	s, f := &r.skim, &r.facts
	native := string(rawjson.Unquote(s.finish, nil))
	finish := finishOf(native, r.calls)
	if len(s.failure) > 0 || finish == llm.FinishError && !f.Content {
		return failed(native, string(rawjson.Unquote(s.failure, nil)), string(rawjson.Unquote(s.failType, nil)))
	}
	r.done = true
	f.Finish, f.NativeFinish = finish, native
	return nil
}

// noData deals with an event without data: a comment, or the first piece of a
// body that is no stream at all.
func noData(e *sse.Event) error {
	if e.Data != nil || len(e.Raw) == 0 {
		return nil
	}
	switch e.Raw[0] {
	case '{':
		return unanswered(bytes.TrimSpace(e.Raw))
	case '<', '[':
		return badOutput("malformed", "the provider sent something else than a stream", nil)
	}
	return nil
}

// Done tells whether the end mark has come.
func (r *relay) Done() bool { return r.done }

// End appends the end marker.
func (r *relay) End(dst []byte) ([]byte, error) {
	if !r.done {
		return dst, io.ErrUnexpectedEOF
	}
	return append(dst, "data: "+endMarker+"\n\n"...), nil
}

// Interface guard.
var _ llm.Relay = (*relay)(nil)
