package responses

import (
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// skim walks an answer, or one event of a streamed one, without decoding it. It
// finds what has to be edited and what the ledger needs; nothing of it reaches
// the facts until note is called, so that a text which turns out to be broken
// leaves no trace.
type skim struct {
	r reader
	// model is the public name, quoted.
	model []byte
	// edits are what to do to the text, in order.
	edits []rawjson.Edit

	// kind is the type of an event.
	kind []byte
	// What stands in the answer that the text is or holds; answered is set when
	// there is one, and listed when it has a list of items.
	id, upstream, status, reason []byte
	answered, listed             bool
	usage                        usage
	searches, searched           int64
	// calls is set when there are calls for the caller to run, said when there
	// is something else that a caller can see; size is how much text there is.
	calls, said bool
	size        int64
	// piece is the size of a piece of text, and holes are where it stands.
	piece int64
	holes holes
	// failure is the error that stands in the text, complaint is set when there
	// is a message or a detail, as in errors without that key.
	failure   []byte
	complaint bool
}

// reset prepares for another text.
func (s *skim) reset(b []byte) {
	*s = skim{model: s.model, edits: s.edits[:0]}
	s.r.read(b)
}

// whole goes through a whole answer.
func (s *skim) whole(body []byte) error {
	s.reset(body)
	return s.object(s.answer)
}

// event goes through an event of a stream.
func (s *skim) event(data []byte) error {
	s.reset(data)
	return s.object(s.members)
}

// object goes through the text, which must be an object.
func (s *skim) object(walk func()) error {
	object := s.r.c.Kind() == rawjson.Object
	walk()
	if err := s.r.c.Close(); err != nil {
		return err
	}
	if !object {
		return errMalformed
	}
	return nil
}

// members goes through the members of an event.
func (s *skim) members() {
	c := &s.r.c
	if !c.Object() {
		return
	}
	for c.NextField() {
		switch string(c.Key()) {
		case "type":
			s.kind, _ = c.Text()
		case "response":
			s.answer()
		case "item":
			s.item()
		case "delta":
			if c.Kind() != rawjson.String {
				c.Skip()
				continue
			}
			start := c.Offset() + 1
			text, _ := c.Text()
			s.piece = int64(rawjson.TextLen(text))
			s.holes.add(holeText, rawjson.Span{Start: start, End: start + len(text)})
		case "obfuscation":
			if c.Kind() != rawjson.String {
				c.Skip()
				continue
			}
			start := c.Offset() + 1
			text, _ := c.Text()
			s.holes.add(holePadding, rawjson.Span{Start: start, End: start + len(text)})
		case "sequence_number":
			c.Kind() // moves to the value
			start := c.Offset()
			if _, ok := rawjson.Int(c.Value()); ok {
				s.holes.add(holeNumber, rawjson.Span{Start: start, End: c.Offset()})
			}
		default:
			s.complaints()
		}
	}
}

// complaints reads a member that may be an error, or a part of one.
func (s *skim) complaints() {
	c := &s.r.c
	switch string(c.Key()) {
	case "error":
		if v := c.Value(); saysSomething(v) {
			s.failure = v
		}
	case "message", "detail":
		s.complaint = saysSomething(c.Value()) || s.complaint
	default:
		c.Skip()
	}
}

// answer goes through an answer.
func (s *skim) answer() {
	c := &s.r.c
	if !c.Object() {
		return
	}
	s.answered = true
	for c.NextField() {
		switch string(c.Key()) {
		case "id":
			s.id, _ = c.Text()
		case "model":
			start := c.Offset()
			if text, ok := c.Text(); ok {
				s.upstream = text
			}
			s.edits = append(s.edits, rawjson.Edit{Start: start, End: c.Offset(), New: s.model})
		case "status":
			s.status, _ = c.Text()
		case "incomplete_details":
			for ok := c.Object(); ok && c.NextField(); {
				if string(c.Key()) == "reason" {
					s.reason, _ = c.Text()
				} else {
					c.Skip()
				}
			}
		case "output":
			if c.Array() {
				s.listed = true
				for c.NextItem() {
					s.item()
				}
			}
		case "usage":
			s.usage.read(&s.r)
		case "tool_usage":
			var a answer
			a.readToolUsage(&s.r)
			s.searches = a.searches
		default:
			s.complaints()
		}
	}
}

// item goes through an item.
func (s *skim) item() {
	c := &s.r.c
	if !c.Object() {
		return
	}
	var kind, name []byte
	search, text := false, false
	for c.NextField() {
		switch string(c.Key()) {
		case "type":
			kind, _ = c.Text()
		case "name":
			name, _ = c.Text()
		case "content", "summary":
			text = s.parts() || text
		case "arguments", "input":
			s.size += s.textSize()
		case "action":
			for ok := c.Object(); ok && c.NextField(); {
				if string(c.Key()) == "type" {
					kind, _ := c.Text()
					search = rawjson.Is(kind, "search")
				} else {
					c.Skip()
				}
			}
		default:
			c.Skip()
		}
	}
	switch {
	case rawjson.Is(kind, itemCall), rawjson.Is(kind, itemCustom):
		s.calls, s.said = s.calls || len(name) > 0, s.said || len(name) > 0
	case rawjson.Is(kind, itemMessage), rawjson.Is(kind, itemReasoning):
		s.said = s.said || text
	case len(kind) > 0:
		s.said = true
	}
	if len(name) > 0 { // xAI, which has no action
		search = rawjson.Is(name, "web_search")
	}
	if search && rawjson.Is(kind, "web_search_call") {
		s.searched++
	}
}

// parts goes through the parts of an item, and reports whether there is text.
func (s *skim) parts() bool {
	c := &s.r.c
	before := s.size
	for ok := c.Array(); ok && c.NextItem(); {
		if !c.Object() {
			continue
		}
		for c.NextField() {
			switch string(c.Key()) {
			case "text", "refusal":
				s.size += s.textSize()
			default:
				c.Skip()
			}
		}
	}
	return s.size > before
}

// textSize reads a string and returns how long its text is.
func (s *skim) textSize() int64 {
	text, _ := s.r.c.Text()
	return int64(rawjson.TextLen(text))
}

// note puts what an answer is into the facts.
func (s *skim) note(f *llm.AnswerFacts) {
	if f.ID == "" && len(s.id) > 0 {
		f.ID = textOf(s.id)
	}
	if f.Model == "" && len(s.upstream) > 0 {
		f.Model = textOf(s.upstream)
	}
	s.noteUsage(f)
}

// noteUsage puts the usage into the facts; a later one replaces it.
func (s *skim) noteUsage(f *llm.AnswerFacts) {
	if u := s.usage.neutral(max(s.searches, s.searched)); u != nil {
		f.Usage, f.HasUsage = *u, true
	}
}

// noteFinish puts why the answer ended into the facts.
func (s *skim) noteFinish(f *llm.AnswerFacts, calls bool) {
	f.Finish, f.NativeFinish = finishOf(textOf(s.status), textOf(s.reason), calls)
}

// fault returns the error that a whole answer is, or nil.
func (s *skim) fault() *llm.Error {
	a := answer{status: textOf(s.status), failure: s.failure, complaint: s.complaint, listed: s.listed}
	if s.said || s.size > 0 {
		a.items = make([]item, 1)
	}
	return a.fault(s.r.b)
}
