package responses

import (
	"bytes"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

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
		s.reset(nil) // keeps nothing of the answer alive
		skims.Put(s)
	}()
	s.model = rawjson.AppendQuote(s.model[:0], model)
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
	if fault := s.fault(); fault != nil {
		s.noteUsage(facts)
		return dst, fault
	}
	s.note(facts)
	facts.Content = facts.Content || s.said
	facts.OutputBytes += s.size
	s.noteFinish(facts, s.calls)
	return rawjson.Splice(dst, body, s.edits), nil
}

// EditRequest returns the body with the edits applied; the body itself where
// there are none. Reasoning that another vendor issued is taken away, for no
// provider of this dialect takes it.
func (Dialect) EditRequest(dst, body []byte, in *llm.Inspection, e llm.RequestEdit) []byte {
	st := in.State.(*inspection)
	st.edits = st.edits[:0]
	if e.Model != "" && e.Model != in.Model {
		st.name = rawjson.AppendQuote(st.name[:0], e.Model)
		st.edits = append(st.edits, rawjson.Edit{Start: st.model.Start, End: st.model.End, New: st.name})
	}
	if e.NoStreamOptions {
		st.removeStreamOptions()
	}
	st.removeStrange(body)
	if len(st.edits) == 0 {
		return body
	}
	slices.SortFunc(st.edits, func(a, b rawjson.Edit) int { return a.Start - b.Start })
	return rawjson.Splice(dst, body, st.edits)
}

// removeStreamOptions takes the member away together with a comma. It is never
// the only one, for a request has a model.
func (st *inspection) removeStreamOptions() {
	if st.streamOptions.End == 0 {
		return
	}
	for i, f := range st.index.Fields {
		switch {
		case f.Value != st.streamOptions:
		case i > 0:
			st.edits = append(st.edits, rawjson.Edit{Start: st.index.Fields[i-1].Value.End, End: f.Value.End})
		default:
			st.edits = append(st.edits, rawjson.Edit{Start: f.Key.Start - 1, End: st.index.Fields[1].Key.Start - 1})
		}
	}
}

// removeStrange takes items away, run by run, each together with a comma: the
// one behind it, or that before it at the end of the list.
func (st *inspection) removeStrange(body []byte) {
	for i := 0; i < len(st.strange); {
		first := st.strange[i]
		last := first
		for i++; i < len(st.strange) && st.strange[i].at == last.at+1; i++ {
			last = st.strange[i]
		}
		edit := rawjson.Edit{Start: first.Start, End: last.End}
		switch {
		case last.at < st.count-1:
			edit.End += bytes.IndexByte(body[last.End:], ',') + 1
		case first.at > 0:
			edit.Start = bytes.LastIndexByte(body[:first.Start], ',')
		}
		st.edits = append(st.edits, edit)
	}
}

// Interface guard.
var _ llm.Passthrough = Dialect{}
