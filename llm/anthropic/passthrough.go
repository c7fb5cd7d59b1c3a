package anthropic

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

var errNotObject = errors.New("not a JSON object")

// skims are used again for whole answers, for the sake of their buffers.
var skims = sync.Pool{New: func() any { return new(skim) }}

// EditResponse appends a whole answer with its model renamed. An answer without
// a model gets none. Text that is not UTF-8 becomes U+FFFD.
func (Dialect) EditResponse(dst, body []byte, model string, facts *llm.AnswerFacts) ([]byte, error) {
	if len(rawjson.TrimSpace(body)) == 0 {
		return dst, badOutput("empty", "the provider sent an empty answer", nil)
	}
	s := skims.Get().(*skim)
	defer func() {
		s.reset(nil, usage{}) // keeps nothing of the answer alive
		skims.Put(s)
	}()
	s.model = appendString(s.model[:0], model)
	if err := s.whole(body); err != nil {
		return dst, badOutput("malformed", "the provider sent an answer that is not valid JSON", err)
	}
	if s.r.c.Wide() && !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte("\ufffd"))
		if err := s.whole(body); err != nil {
			return dst, badOutput("malformed", "the provider sent an answer that is not valid JSON", err)
		}
		facts.Repaired = true
	}
	switch {
	case s.failed():
		s.noteUsage(facts)
		return dst, llm.ParseError(200, nil, body)
	case !s.answered:
		return dst, unanswered(body)
	}
	s.note(facts)
	facts.Finish = finishOf(facts.NativeFinish, s.calls)
	return rawjson.Splice(dst, body, s.edits), nil
}

// whole goes through a whole answer.
func (s *skim) whole(body []byte) error {
	s.reset(body, usage{})
	if s.r.c.Kind() != rawjson.Object {
		s.r.skip()
		if err := s.r.c.Close(); err != nil {
			return err
		}
		return errNotObject
	}
	s.message()
	return s.r.c.Close()
}

// EditRequest returns the body with the edits applied; the body itself where
// there are none. Beside the model's name these are the thoughts that are marked
// as another vendor's, from an earlier answer that was translated: Anthropic
// refuses a call that has them. Its streams always tell usage.
func (Dialect) EditRequest(dst, body []byte, in *llm.Inspection, e llm.RequestEdit) []byte {
	st := in.State.(*inspection)
	st.edits = st.edits[:0]
	if e.Model != "" && e.Model != in.Model {
		st.name = appendString(st.name[:0], e.Model)
		st.edits = append(st.edits, rawjson.Edit{Start: st.model.Start, End: st.model.End, New: st.name})
	}
	for i := range st.strange {
		st.remove(body, &st.strange[i])
	}
	slices.SortFunc(st.edits, func(a, b rawjson.Edit) int { return cmp.Compare(a.Start, b.Start) })
	if len(st.edits) == 0 {
		return body
	}
	return rawjson.Splice(dst, body, st.edits)
}

var standIn = []byte(`{"type":"text","text":"` + placeholder + `"}`)

// remove takes blocks out of their message, together with a comma: the one
// behind them, or else the one before. A message needs something to remain.
func (st *inspection) remove(body []byte, s *strangeBlocks) {
	e := rawjson.Edit{Start: s.Start, End: s.End}
	rest := bytes.TrimLeft(body[s.End:], " \t\r\n")
	switch {
	case s.alone:
		e.New = standIn
	case rest[0] == ',':
		e.End = len(body) - len(rest) + 1
	default:
		e.Start = bytes.LastIndexByte(body[:s.Start], ',')
	}
	st.edits = append(st.edits, e)
}

// Interface guard.
var _ llm.Passthrough = Dialect{}
