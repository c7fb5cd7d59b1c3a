package responses

import (
	"bytes"
	"io"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
	"github.com/fairwaygw/fairway/llm/sse"
)

// relay passes a stream of events through. Most of them are alike but for a
// piece of text, so it remembers what the last one looked like, and looks at
// nothing else in the next.
type relay struct {
	skim  skim
	facts llm.AnswerFacts
	shape shape
	// head is what the event that the shape was learned from begins with.
	head []byte
	// joined holds the data of an event of several lines.
	joined []byte
	// searches counts the uses of the hosted search.
	searches int64
	// calls and finished are set once the stream has said so.
	calls, finished bool
}

// NewRelay begins to pass a stream through. What goes out is one named event for
// each that came in: comments are not passed on, nor the end marker that some
// servers send. Usage is part of every stream of this dialect and never hidden.
func (Dialect) NewRelay(o llm.RelayOptions) llm.Relay {
	r := &relay{}
	r.skim.model = rawjson.AppendQuote(make([]byte, 0, len(o.Model)+2), o.Model)
	return r
}

// Facts tells what the stream has said so far.
func (r *relay) Facts() *llm.AnswerFacts { return &r.facts }

// Event appends what the caller is to see of one event.
func (r *relay) Event(dst, raw []byte) ([]byte, error) {
	if r.finished {
		return dst, nil
	}
	if text, ok := r.matchRaw(raw); ok {
		if len(text) > 0 {
			r.text(int64(rawjson.TextLen(text)))
		}
		return append(dst, raw...), nil
	}
	var e sse.Event
	e, r.joined = sse.Parse(raw, r.joined)
	if text, ok := r.shape.match(e.Data); ok {
		if len(text) > 0 {
			r.text(int64(rawjson.TextLen(text)))
		}
		dst = append(append(dst, r.head...), e.Data...)
		return append(dst, "\n\n"...), nil
	}
	data := bytes.TrimSpace(e.Data)
	switch {
	case len(data) == 0:
		return dst, r.noData(&e)
	case string(data) == "[DONE]":
		return dst, nil
	}
	data = oneLine(data)
	if err := r.skim.event(data); err != nil {
		return dst, eventError(err, raw)
	}
	s := &r.skim
	if s.r.c.Wide() && !utf8.Valid(data) {
		data = bytes.ToValidUTF8(data, []byte("\ufffd"))
		if err := s.event(data); err != nil {
			return dst, eventError(err, raw)
		}
		r.facts.Repaired = true
	}
	kind := textOf(s.kind)
	if string(e.Name) == "error" || kind == "error" || kind == "response.failed" || s.failed() || kind == "" && s.complaint {
		s.noteUsage(&r.facts)
		return dst, llm.ParseError(200, nil, data)
	}
	r.note(kind)
	if !plainName(kind) {
		kind = string(e.Name)
	}
	r.head = r.head[:0]
	if kind != "" {
		r.head = append(append(append(r.head, "event: "...), kind...), '\n')
	}
	r.head = append(r.head, "data: "...)
	r.shape.forget()
	if len(s.edits) == 0 {
		r.shape.learn(data, &s.holes)
	}
	dst = rawjson.Splice(append(dst, r.head...), data, s.edits)
	return append(dst, "\n\n"...), nil
}

// matchRaw returns the text of an event that is framed as it goes out, and has
// the shape of the last one. A shape has no line breaks, so that there is one
// line of data.
func (r *relay) matchRaw(raw []byte) (text []byte, ok bool) {
	data, ok := bytes.CutPrefix(raw, r.head)
	if !ok || len(r.head) == 0 {
		return nil, false
	}
	if data, ok = bytes.CutSuffix(data, []byte("\n\n")); !ok {
		return nil, false
	}
	return r.shape.match(data)
}

// failed reports whether there is an error outside of an answer; answers have
// one that is null.
func (s *skim) failed() bool { return s.failure != nil && !s.answered }

// plainName reports whether a type can be the name of an event.
func plainName(kind string) bool {
	for i := 0; i < len(kind); i++ {
		if c := kind[i]; !alphanumeric(rune(c)) && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return kind != ""
}

// text notes a piece of text.
func (r *relay) text(size int64) {
	r.facts.Content = true
	r.facts.OutputBytes += size
}

// note puts what an event says into the facts.
func (r *relay) note(kind string) {
	s := &r.skim
	if s.piece > 0 {
		r.text(s.piece)
	}
	switch kind {
	case "response.output_item.added", "response.output_item.done":
		r.calls = r.calls || s.calls
		r.facts.Content = r.facts.Content || s.said
		if kind == "response.output_item.done" {
			r.searches += s.searched
		}
	case "response.completed", "response.incomplete", "response." + statusCanceled:
		r.finished = true
		r.calls = r.calls || s.calls
		r.facts.Content = r.facts.Content || s.said
		r.facts.OutputBytes = max(r.facts.OutputBytes, s.size)
		s.searched = max(s.searched, r.searches)
		if len(s.status) == 0 {
			s.status = s.kind[len("response."):]
		}
		s.noteFinish(&r.facts, r.calls)
	}
	if s.answered {
		s.note(&r.facts)
	}
}

// noData deals with an event without data: a comment or a ping, or the first
// piece of a body that is no stream at all.
func (r *relay) noData(e *sse.Event) error {
	if e.Data != nil || len(e.Raw) == 0 {
		return nil
	}
	switch e.Raw[0] {
	case '{':
		if s := &r.skim; s.whole(e.Raw) == nil {
			if fault := s.fault(); fault != nil {
				return fault
			}
		}
	case '<', '[':
	default:
		return nil
	}
	return badOutput("malformed", "the provider sent something else than a stream", nil)
}

// eventError is the error for an event that cannot be read. The last event of a
// body that was cut off lacks the blank line at its end.
func eventError(err error, raw []byte) *llm.Error {
	if last := raw[len(raw)-1]; last != '\n' && last != '\r' {
		return badOutput("truncated", "the provider's stream was cut off", err)
	}
	return badOutput("malformed", "the provider sent an event that is not valid JSON", err)
}

// Done tells whether the last event has come.
func (r *relay) Done() bool { return r.finished }

// End ends the stream, which its last event has done for the caller.
func (r *relay) End(dst []byte) ([]byte, error) {
	if !r.finished {
		return dst, io.ErrUnexpectedEOF
	}
	return dst, nil
}

// Interface guard.
var _ llm.Relay = (*relay)(nil)
