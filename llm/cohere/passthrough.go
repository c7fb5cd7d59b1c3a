package cohere

import (
	"bytes"
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

// EditResponse appends a whole answer, which names no model. Text that is not
// UTF-8 becomes U+FFFD.
func (Dialect) EditResponse(dst, body []byte, _ string, facts *llm.AnswerFacts) ([]byte, error) {
	if len(rawjson.TrimSpace(body)) == 0 {
		return dst, badOutput("empty", "the provider sent an empty answer", nil)
	}
	var s skim
	body, err := s.look(body, facts)
	if err != nil {
		return dst, badOutput("malformed", "the provider sent an answer that is not valid JSON", err)
	}
	if !s.message {
		return dst, unanswered(body)
	}
	s.note(facts)
	facts.NativeFinish = string(rawjson.Unquote(s.finish, nil))
	facts.Finish = finishOf(facts.NativeFinish, s.calls)
	if facts.Finish == llm.FinishError && !facts.Content {
		return dst, unsaid(facts.NativeFinish)
	}
	return append(dst, body...), nil
}

// skim walks an answer, or one event of a streamed one, without decoding it, to
// find what the ledger needs.
type skim struct {
	c rawjson.Cursor
	// kind is the type of an event.
	kind              pieceKind
	id, finish        []byte
	size              int64
	message           bool
	calls             bool
	usage             wireUsage
	failure, failType []byte
	// complaint is set when there is a text for a message, as in errors.
	complaint bool
}

// look goes through a text, which is repaired and returned.
func (s *skim) look(b []byte, facts *llm.AnswerFacts) ([]byte, error) {
	err := s.walk(b)
	if err == nil && s.c.Wide() && !utf8.Valid(b) {
		b = bytes.ToValidUTF8(b, []byte("\ufffd"))
		facts.Repaired = true
		err = s.walk(b)
	}
	return b, err
}

func (s *skim) walk(b []byte) error {
	*s = skim{c: rawjson.Check(b), kind: pieceOther}
	if s.c.Kind() != rawjson.Object {
		return errMalformed
	}
	for s.c.Object(); s.c.NextField(); {
		switch string(s.c.Key()) {
		case "type":
			text, _ := s.c.Text()
			s.kind = pieceKind(pieceKinds.Find(text))
		case "id":
			s.id, _ = s.c.Text()
		case "delta":
			s.walkDelta()
		default:
			s.member()
		}
	}
	return s.c.Close()
}

// walkDelta goes through what an event adds.
func (s *skim) walkDelta() {
	for ok := s.c.Object(); ok && s.c.NextField(); {
		switch string(s.c.Key()) {
		case "error":
			s.failure, _ = s.c.Text()
		case "error_type":
			s.failType, _ = s.c.Text()
		default:
			s.member()
		}
	}
}

// member goes through what answers and events have alike.
func (s *skim) member() {
	switch string(s.c.Key()) {
	case "message":
		s.complaint = s.c.Kind() == rawjson.String
		s.message = s.c.Kind() == rawjson.Object
		s.walkMessage()
	case "finish_reason":
		s.finish, _ = s.c.Text()
	case "usage":
		s.usage = readUsage(&s.c)
	default:
		s.c.Skip()
	}
}

func (s *skim) walkMessage() {
	for ok := s.c.Object(); ok && s.c.NextField(); {
		switch string(s.c.Key()) {
		case "content":
			s.walkContent()
		case "tool_plan":
			s.text()
		case "tool_calls":
			s.walkCalls()
		default:
			s.c.Skip()
		}
	}
}

func (s *skim) text() {
	text, _ := s.c.Text()
	s.size += int64(rawjson.TextLen(text))
}

// walkContent goes through a text, a block or a list of blocks.
func (s *skim) walkContent() {
	switch s.c.Kind() {
	case rawjson.Array:
		for s.c.Array(); s.c.NextItem(); {
			s.walkBlock()
		}
	case rawjson.Object:
		s.walkBlock()
	default:
		s.text()
	}
}

func (s *skim) walkBlock() {
	for ok := s.c.Object(); ok && s.c.NextField(); {
		switch string(s.c.Key()) {
		case "text", "thinking":
			s.text()
		default:
			s.c.Skip()
		}
	}
}

// walkCalls goes through a call or a list of calls.
func (s *skim) walkCalls() {
	if s.c.Kind() != rawjson.Array {
		s.walkCall()
		return
	}
	for s.c.Array(); s.c.NextItem(); {
		s.walkCall()
	}
}

func (s *skim) walkCall() {
	for ok := s.c.Object(); ok && s.c.NextField(); {
		if string(s.c.Key()) != "function" {
			s.c.Skip()
			continue
		}
		for ok := s.c.Object(); ok && s.c.NextField(); {
			switch string(s.c.Key()) {
			case "name":
				name, _ := s.c.Text()
				s.calls = s.calls || len(name) > 0
			case "arguments":
				s.text()
			default:
				s.c.Skip()
			}
		}
	}
}

// note puts what was found into the facts.
func (s *skim) note(f *llm.AnswerFacts) {
	if f.ID == "" && len(s.id) > 0 {
		f.ID = string(rawjson.Unquote(s.id, nil))
	}
	f.Content = f.Content || s.size > 0 || s.calls
	f.OutputBytes += s.size
	if u := s.usage.neutral(); u != nil {
		f.Usage, f.HasUsage = *u, true
	}
}
