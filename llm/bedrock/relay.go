package bedrock

import (
	"bytes"
	"io"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// relay passes a stream of frames through.
type relay struct {
	frame frame
	skim  skim
	facts llm.AnswerFacts
	// calls and stopped are set once the stream has said so.
	calls, stopped bool
}

// NewRelay begins to pass a stream through. Its events are frames, as
// [Dialect.NewSplitter] cuts them; they go out as they come, for they name no
// model. Usage is part of every stream and is never hidden.
func (Dialect) NewRelay(llm.RelayOptions) llm.Relay { return &relay{} }

// Facts tells what the stream has said so far.
func (r *relay) Facts() *llm.AnswerFacts { return &r.facts }

// Event appends what the caller is to see of one frame.
func (r *relay) Event(dst, raw []byte) ([]byte, error) {
	f, s := &r.frame, &r.skim
	if err := f.parse(raw); err != nil {
		return dst, damaged(raw, err)
	}
	if f.kind != kindEvent {
		return dst, f.error()
	}
	payload, err := s.look(f.payload, &r.facts)
	if err != nil {
		return dst, badOutput("malformed", "the provider sent an event that is not valid JSON", err)
	}
	r.calls = r.calls || s.calls
	s.note(&r.facts)
	if string(f.name) == "messageStop" {
		native := string(rawjson.Unquote(s.native, nil))
		if err := unsaid(native); err != nil && !r.facts.Content {
			return dst, err
		}
		r.stopped = true
		r.facts.Finish, r.facts.NativeFinish = finishOf(native, r.calls), native
	}
	if &payload[0] != &f.payload[0] { // it was repaired
		return reframe(dst, f.headers, payload), nil
	}
	return append(dst, raw...), nil
}

// damaged is the error for what is no whole frame: text in the place of a
// stream, or a frame that was cut off or altered.
func damaged(raw []byte, err error) *llm.Error {
	switch {
	case len(raw) > 0 && raw[0] == '{':
		return unanswered(bytes.TrimSpace(raw))
	case len(raw) > 0 && raw[0] >= ' ':
		return badOutput("malformed", "the provider sent something else than a stream", err)
	case cutOff(raw):
		return badOutput("truncated", "the provider's stream was cut off", err)
	}
	return badOutput("malformed", "the provider sent a frame that is damaged", err)
}

// Done tells whether the stream has stopped and told its usage, which comes last.
func (r *relay) Done() bool { return r.stopped && r.facts.HasUsage }

// End appends nothing: the last frames of a stream say that they are.
func (r *relay) End(dst []byte) ([]byte, error) {
	if !r.stopped {
		return dst, io.ErrUnexpectedEOF
	}
	return dst, nil
}

// Interface guard.
var _ llm.Relay = (*relay)(nil)
