package openai

import (
	"bytes"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// skim walks an answer, or one chunk of a streamed one, without decoding it. It
// finds what has to be edited and what the ledger needs; nothing of it reaches
// the facts until note is called, so that a text which turns out to be broken
// leaves no trace.
type skim struct {
	b []byte
	c rawjson.Cursor
	// model is the public name, quoted; hideUsage takes the usage away.
	model     []byte
	hideUsage bool
	// chunk is set for chunks of a stream.
	chunk bool

	// edits are what to do to b, in order.
	edits []rawjson.Edit
	// id and upstream are the texts of the id and the model.
	id, upstream []byte
	// prefix is the length of what stands up to the model's value, if nothing
	// but names and times comes before it.
	prefix int

	// answered is set when there is a list of choices; choices is its length.
	answered bool
	choices  int
	// first is the native finish reason of choice 0, other that of any.
	first, other []byte
	calls        bool
	content      bool
	size         int64
	// text is where the text stands that a caller can see, if there is one
	// only; inCall is set where it belongs to a tool call. padding is where a
	// text stands that means nothing and differs in each chunk.
	text, padding rawjson.Span
	inCall        bool

	usage             usage
	hasUsage, inUsage bool

	// failure is the error that stands in the answer, lifted is set when it
	// stood in a choice. complaint is set when there is a message or a detail,
	// as in errors without that key.
	failure   []byte
	lifted    bool
	complaint bool
	// filtered is set when a prompt's filter results are there.
	filtered bool
}

// reset prepares for another text.
func (s *skim) reset(b []byte) {
	*s = skim{b: b, c: rawjson.Check(b), model: s.model, hideUsage: s.hideUsage, chunk: s.chunk, edits: s.edits[:0]}
}

// begin enters the object; it is false when there is none.
func (s *skim) begin() bool { return s.c.Kind() == rawjson.Object && s.c.Object() }

// walk goes through the members that are ahead; end is where the one before
// them ends, or 0.
func (s *skim) walk(end int) error {
	open := s.c.Offset()
	plain := true // so far
	for s.c.NextField() {
		switch string(s.c.Key()) {
		case "id":
			if text, ok := s.c.Text(); ok {
				s.id = text
			}
		case "object", "created", "system_fingerprint", "service_tier":
			s.c.Skip()
		case "obfuscation", "p":
			if s.c.Kind() == rawjson.String {
				s.padding.Start = s.c.Offset() + 1
				s.c.Skip()
				s.padding.End = s.c.Offset() - 1
			} else {
				s.c.Skip()
			}
		case "model":
			start := s.c.Offset()
			if text, ok := s.c.Text(); ok {
				s.upstream = text
			}
			s.edits = append(s.edits, rawjson.Edit{Start: start, End: s.c.Offset(), New: s.model})
			if plain && len(s.edits) == 1 {
				s.prefix = s.c.Offset()
			}
		case "choices":
			plain = false
			s.readChoices()
		case "usage":
			plain = false
			if s.usage.read(&s.c) {
				s.hasUsage, s.inUsage = true, true
			}
			if s.hideUsage {
				s.remove(open, end)
				continue // what comes next follows the member before
			}
		case "x_groq":
			plain = false
			s.readGroq()
		case "error":
			plain = false
			if v := s.c.Value(); saysSomething(v) {
				s.failure = v
			}
		case "message", "detail":
			plain = false
			s.complaint = saysSomething(s.c.Value()) || s.complaint
		case "prompt_filter_results":
			plain = false
			s.filtered = true
			s.c.Skip()
		default:
			s.c.Skip()
		}
		end = s.c.Offset()
	}
	return s.c.Close()
}

// remove takes away the member that was just read, and a comma with it: the one
// before it if the object keeps a member there, else the one behind it.
func (s *skim) remove(open, end int) {
	start, stop := end, s.c.Offset()
	if end == 0 {
		start = open
		if rest := bytes.TrimLeft(s.b[stop:], " \t\r\n"); len(rest) > 0 && rest[0] == ',' {
			stop = len(s.b) - len(rest) + 1
		}
	}
	if n := len(s.edits); n > 0 { // perhaps another one that was taken away
		start = max(start, s.edits[n-1].End)
	}
	s.edits = append(s.edits, rawjson.Edit{Start: start, End: stop})
}

// readGroq reads Groq's own usage, which stands there at times alone.
func (s *skim) readGroq() {
	if !s.c.Object() {
		return
	}
	for s.c.NextField() {
		if string(s.c.Key()) == "usage" && !s.inUsage {
			s.hasUsage = s.usage.read(&s.c) || s.hasUsage
		} else {
			s.c.Skip()
		}
	}
}

// note puts what was found into the facts.
func (s *skim) note(f *llm.AnswerFacts, calls *bool) {
	if f.ID == "" && len(s.id) > 0 {
		f.ID = string(rawjson.Unquote(s.id, nil))
	}
	if f.Model == "" && len(s.upstream) > 0 {
		f.Model = string(rawjson.Unquote(s.upstream, nil))
	}
	f.Content = f.Content || s.content
	f.OutputBytes += s.size
	s.noteUsage(f)
	*calls = *calls || s.calls
	native := s.first
	if native == nil && f.NativeFinish == "" {
		native = s.other
	}
	if native != nil && string(native) != f.NativeFinish {
		f.NativeFinish = string(rawjson.Unquote(native, nil))
	}
	if s.first != nil || s.other != nil {
		f.Finish = finishOf(f.NativeFinish, *calls)
	}
}

// noteUsage puts the usage into the facts; a later one replaces it, for none is
// ever added up.
func (s *skim) noteUsage(f *llm.AnswerFacts) {
	if s.hasUsage {
		f.Usage, f.HasUsage = s.usage.split(), true
	}
}

// fault returns the error that the text carries instead of an answer, or nil.
func (s *skim) fault() *llm.Error {
	switch {
	case s.failure != nil && (s.lifted || s.choices > 0):
		return llm.ParseError(200, nil, append(append([]byte(`{"error":`), s.failure...), '}'))
	case s.failure != nil, !s.answered && s.complaint:
		return llm.ParseError(200, nil, s.b)
	}
	return nil
}
