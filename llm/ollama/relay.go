package ollama

import (
	"io"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// relay passes a stream of lines through.
type relay struct {
	skim  skim
	facts llm.AnswerFacts
	// calls and done are set once the stream has said so.
	calls, done bool
}

// NewRelay begins to pass a stream through. Its events are lines, as
// [Dialect.NewSplitter] cuts them. Usage is part of every stream and is never
// hidden.
func (Dialect) NewRelay(o llm.RelayOptions) llm.Relay {
	r := &relay{}
	r.skim.model = rawjson.AppendQuote(make([]byte, 0, len(o.Model)+2), o.Model)
	return r
}

// Facts tells what the stream has said so far.
func (r *relay) Facts() *llm.AnswerFacts { return &r.facts }

// Event appends what the caller is to see of one line. What comes after the
// last one is not passed on.
func (r *relay) Event(dst, raw []byte) ([]byte, error) {
	if r.done {
		return dst, nil
	}
	s := &r.skim
	line, err := s.look(raw, &r.facts)
	switch {
	case err != nil && raw[len(raw)-1] != '\n':
		return dst, badOutput("truncated", "the provider's stream was cut off", err)
	case err != nil:
		return dst, badOutput("malformed", "the provider sent a line that is not valid JSON", err)
	case s.failure != nil:
		return dst, s.fault()
	}
	s.calls = s.calls || r.calls
	r.calls, r.done = s.calls, s.done
	s.note(&r.facts)
	dst = rawjson.Splice(dst, line, s.edits)
	if dst[len(dst)-1] != '\n' {
		dst = append(dst, '\n')
	}
	return dst, nil
}

// Done tells whether the last line has come.
func (r *relay) Done() bool { return r.done }

// End appends nothing: the last line of a stream says that it is.
func (r *relay) End(dst []byte) ([]byte, error) {
	if !r.done {
		return dst, io.ErrUnexpectedEOF
	}
	return dst, nil
}

// Interface guard.
var _ llm.Relay = (*relay)(nil)
