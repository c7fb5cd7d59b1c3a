package openai

import (
	"bytes"
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
		s.reset(nil) // keeps nothing of the answer alive
		skims.Put(s)
	}()
	s.model = rawjson.AppendQuote(s.model[:0], model)
	if err := s.whole(body); err != nil {
		return dst, badOutput("malformed", "the provider sent an answer that is not valid JSON", err)
	}
	if s.c.Wide() && !utf8.Valid(body) {
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
	if s.choices == 0 {
		return dst, badOutput("malformed", "the provider sent an answer without choices", nil)
	}
	calls := false
	s.note(facts, &calls)
	if facts.Finish == "" {
		facts.Finish = finishOf("", calls)
	}
	return rawjson.Splice(dst, body, s.edits), nil
}

// whole goes through a whole answer.
func (s *skim) whole(body []byte) error {
	s.reset(body)
	if s.begin() {
		return s.walk(0)
	}
	s.c.Skip()
	if err := s.c.Close(); err != nil {
		return err
	}
	return errNotObject
}

// EditRequest returns the body with the edits applied; the body itself where
// there are none. What proves another vendor's thoughts is taken away.
func (Dialect) EditRequest(dst, body []byte, in *llm.Inspection, e llm.RequestEdit) []byte {
	st := in.State.(*inspection)
	st.edits = st.edits[:0]
	if e.Model != "" && e.Model != in.Model {
		st.name = rawjson.AppendQuote(st.name[:0], e.Model)
		st.edit(st.model, st.name)
	}
	switch {
	case e.NoStreamOptions:
		st.removeStreamOptions()
	case e.IncludeUsage && in.Stream && !in.IncludeUsage:
		st.askForUsage(body)
	}
	if len(st.strange) > 0 {
		for _, at := range st.strange {
			st.edits = append(st.edits, rawjson.Edit{Start: at.Start, End: at.End})
		}
		slices.SortFunc(st.edits, func(a, b rawjson.Edit) int { return a.Start - b.Start })
	}
	if len(st.edits) == 0 {
		return body
	}
	return rawjson.Splice(dst, body, st.edits)
}

// edit adds an edit in its order; there are two at most.
func (st *inspection) edit(at rawjson.Span, text []byte) {
	e := rawjson.Edit{Start: at.Start, End: at.End, New: text}
	if n := len(st.edits); n > 0 && st.edits[n-1].Start > e.Start {
		st.edits = append(st.edits[:n-1], e, st.edits[n-1])
		return
	}
	st.edits = append(st.edits, e)
}

var (
	usageAsked  = []byte(`true`)
	usageMember = []byte(`"include_usage":true`)
	usageFirst  = []byte(`"include_usage":true,`)
	usageOption = []byte(`{"include_usage":true}`)
	usageField  = []byte(`,"stream_options":{"include_usage":true}`)
)

// askForUsage sets include_usage and leaves all else in stream_options alone.
func (st *inspection) askForUsage(body []byte) {
	o := st.streamOptions
	switch {
	case o.End == 0: // not there: it goes behind stream, which is
		st.edit(rawjson.Span{Start: st.stream.End, End: st.stream.End}, usageField)
	case rawjson.KindOf(o.Of(body)) != rawjson.Object: // null
		st.edit(o, usageOption)
	case st.includeUsage.End > 0:
		st.edit(st.includeUsage, usageAsked)
	default:
		at := rawjson.Span{Start: o.Start + 1, End: o.Start + 1}
		if len(bytes.TrimSpace(body[o.Start+1:o.End-1])) == 0 {
			st.edit(at, usageMember)
		} else {
			st.edit(at, usageFirst)
		}
	}
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
			st.edit(rawjson.Span{Start: st.index.Fields[i-1].Value.End, End: f.Value.End}, nil)
		default:
			st.edit(rawjson.Span{Start: f.Key.Start - 1, End: st.index.Fields[1].Key.Start - 1}, nil)
		}
	}
}

var _ llm.Passthrough = Dialect{}
