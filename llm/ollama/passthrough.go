package ollama

import (
	"bytes"
	"sync"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// EditRequest returns the body with the model's name replaced; the body itself
// where that is not asked for. Usage is part of every stream.
func (Dialect) EditRequest(dst, body []byte, in *llm.Inspection, e llm.RequestEdit) []byte {
	if e.Model == "" || e.Model == in.Model {
		return body
	}
	st := in.State.(*inspection)
	st.name = rawjson.AppendQuote(st.name[:0], e.Model)
	return rawjson.Splice(dst, body, []rawjson.Edit{{Start: st.model.Start, End: st.model.End, New: st.name}})
}

// skims are used again for whole answers, for the sake of their buffers.
var skims = sync.Pool{New: func() any { return new(skim) }}

// EditResponse appends a whole answer with its model renamed. Text that is not
// UTF-8 becomes U+FFFD.
func (Dialect) EditResponse(dst, body []byte, model string, facts *llm.AnswerFacts) ([]byte, error) {
	if len(rawjson.TrimSpace(body)) == 0 {
		return dst, badOutput("empty", "the provider sent an empty answer", nil)
	}
	s := skims.Get().(*skim)
	defer func() {
		s.reset(nil) // keeps nothing of the answer alive
		skims.Put(s)
	}()
	s.model = rawjson.AppendQuote(s.model[:0], model)
	body, err := s.look(body, facts)
	switch {
	case err != nil:
		return dst, badOutput("malformed", "the provider sent an answer that is not valid JSON", err)
	case s.failure != nil:
		return dst, s.fault()
	case !s.message:
		return dst, badOutput("malformed", "the provider sent an answer without a message", nil)
	}
	s.done = true
	s.note(facts)
	return rawjson.Splice(dst, body, s.edits), nil
}

// skim walks an answer, or one line of a streamed one, without decoding it. It
// finds what has to be edited and what the ledger needs.
type skim struct {
	c rawjson.Cursor
	// model is the public name, quoted.
	model []byte
	// edits are what to do to the text, in order.
	edits []rawjson.Edit

	upstream, reason []byte
	size             int64
	message, done    bool
	calls            bool
	usage            wireUsage
	failure          []byte
}

// reset prepares for another text.
func (s *skim) reset(b []byte) {
	*s = skim{c: rawjson.Check(b), model: s.model, edits: s.edits[:0]}
}

// look goes through a text, which is repaired and returned.
func (s *skim) look(b []byte, facts *llm.AnswerFacts) ([]byte, error) {
	s.reset(b)
	err := s.walk()
	if err == nil && s.c.Wide() && !utf8.Valid(b) {
		b = bytes.ToValidUTF8(b, []byte("\ufffd"))
		facts.Repaired = true
		s.reset(b)
		err = s.walk()
	}
	return b, err
}

func (s *skim) walk() error {
	if s.c.Kind() != rawjson.Object {
		return errMalformed
	}
	for s.c.Object(); s.c.NextField(); {
		switch string(s.c.Key()) {
		case "model":
			s.upstream = s.rename()
		case "remote_model": // what a server that passes calls on says of the one behind it
			s.rename()
		case "message":
			s.walkMessage()
		case "done":
			s.done = rawjson.True(s.c.Value())
		case "done_reason":
			s.reason, _ = s.c.Text()
		case "prompt_eval_count":
			s.usage.prompt, s.usage.told = s.integer(), true
		case "eval_count":
			s.usage.output, s.usage.told = s.integer(), true
		case "error":
			if v := s.c.Value(); saysSomething(v) {
				s.failure = v
			}
		default:
			s.c.Skip()
		}
	}
	return s.c.Close()
}

// rename puts the public name in the place of the value ahead, and returns the
// text that stood there.
func (s *skim) rename() []byte {
	start := s.c.Offset()
	text, _ := s.c.Text()
	s.edits = append(s.edits, rawjson.Edit{Start: start, End: s.c.Offset(), New: s.model})
	return text
}

func (s *skim) integer() int64 {
	n, _ := rawjson.Int(s.c.Value())
	return n
}

func (s *skim) walkMessage() {
	s.message = s.message || s.c.Kind() == rawjson.Object
	if !s.c.Object() {
		return
	}
	for s.c.NextField() {
		switch string(s.c.Key()) {
		case "content", "thinking":
			text, _ := s.c.Text()
			s.size += int64(rawjson.TextLen(text))
		case "tool_calls":
			s.calls = s.walkList() || s.calls
		case "images":
			s.walkList()
		default:
			s.c.Skip()
		}
	}
}

// walkList counts the list ahead and reports whether it holds anything.
func (s *skim) walkList() bool {
	v := s.c.Value()
	if rawjson.KindOf(v) != rawjson.Array || len(bytes.TrimSpace(v[1:len(v)-1])) == 0 {
		return false
	}
	s.size += int64(len(v))
	return true
}

// note puts what was found into the facts.
func (s *skim) note(f *llm.AnswerFacts) {
	if f.Model == "" && len(s.upstream) > 0 {
		f.Model = string(rawjson.Unquote(s.upstream, nil))
	}
	f.Content = f.Content || s.size > 0
	f.OutputBytes += s.size
	if u := s.usage.neutral(); u != nil {
		f.Usage, f.HasUsage = *u, true
	}
	if s.done {
		f.NativeFinish = string(rawjson.Unquote(s.reason, nil))
		f.Finish = finishOf(f.NativeFinish, s.calls)
	}
}

// fault is the error that the text carries instead of an answer.
func (s *skim) fault() *llm.Error {
	return llm.ParseError(200, nil, append(append([]byte(`{"error":`), s.failure...), '}'))
}
