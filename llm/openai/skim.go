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
	*s = skim{b: b, c: rawjson.Check(b), model: s.model, hideUsage: s.hideUsage, edits: s.edits[:0]}
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
		case "object", "created", "system_fingerprint", "service_tier", "obfuscation", "p":
			s.c.Skip()
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

func (s *skim) readChoices() {
	if !s.c.Array() {
		return
	}
	s.answered = true
	for s.c.NextItem() {
		s.choices++
		if s.c.Object() {
			s.readChoice()
		}
	}
}

func (s *skim) readChoice() {
	index := 0
	var finish []byte
	var whole int64 // the size of a whole message
	pieces := false
	for s.c.NextField() {
		switch string(s.c.Key()) {
		case "index":
			if n, ok := rawjson.Int(s.c.Value()); ok {
				index = int(n)
			}
		case "delta":
			pieces = true
			s.readMessage()
		case "message":
			at := s.size
			s.readMessage()
			whole = s.size - at
		case "finish_reason":
			finish, _ = s.c.Text()
		case "text":
			s.readText()
		case "error":
			if v := s.c.Value(); saysSomething(v) && s.failure == nil {
				s.failure, s.lifted = v, true
			}
		default:
			s.c.Skip()
		}
	}
	if pieces { // Perplexity sends the whole message so far beside each piece
		s.size -= whole
	}
	if len(finish) > 0 {
		s.other = finish
		if index == 0 {
			s.first = finish
		}
	}
}

// readMessage reads a message or a piece of one.
func (s *skim) readMessage() {
	if !s.c.Object() {
		return
	}
	for s.c.NextField() {
		switch string(s.c.Key()) {
		case "content":
			if s.c.Kind() == rawjson.Array {
				s.readParts()
			} else {
				s.readText()
			}
		case "role", "name", "id", "type", "index", "tool_call_id":
			s.c.Skip()
		case "refusal", "reasoning", "reasoning_content":
			s.readText()
		case "tool_calls":
			s.readCalls()
		case "function_call":
			s.readCall()
		default:
			// Reasoning details, images, sound, annotations and what vendors
			// may think of next: whatever says something can be seen.
			s.content = holdsSomething(s.c.Value()) || s.content
		}
	}
}

// readText reads a string that a caller can see.
func (s *skim) readText() {
	text, _ := s.c.Text()
	if len(text) == 0 {
		return
	}
	s.content = true
	s.size += int64(rawjson.TextLen(text))
}

// readParts reads content that is a list, as Mistral's reasoning models send
// it: parts with text, and parts with a list of such.
func (s *skim) readParts() {
	if !s.c.Array() {
		return
	}
	for s.c.NextItem() {
		if !s.c.Object() {
			continue
		}
		for s.c.NextField() {
			switch string(s.c.Key()) {
			case "type":
				s.c.Skip()
			case "text":
				s.readText()
			case "thinking":
				s.readThinking()
			default:
				s.content = holdsSomething(s.c.Value()) || s.content
			}
		}
	}
}

func (s *skim) readThinking() {
	if s.c.Kind() == rawjson.String {
		s.readText()
		return
	}
	if !s.c.Array() {
		return
	}
	for s.c.NextItem() {
		if !s.c.Object() {
			continue
		}
		for s.c.NextField() {
			if string(s.c.Key()) == "text" {
				s.readText()
			} else {
				s.c.Skip()
			}
		}
	}
}

func (s *skim) readCalls() {
	if !s.c.Array() {
		return
	}
	for s.c.NextItem() {
		s.readCall()
	}
}

// readCall reads a tool call or a piece of one: of the current kind, where name
// and arguments are one level down, or of the old one.
func (s *skim) readCall() {
	if !s.c.Object() {
		return
	}
	s.calls, s.content = true, true
	for s.c.NextField() {
		switch string(s.c.Key()) {
		case "name", "arguments", "input":
			s.readText()
		case "function", "custom":
			if !s.c.Object() {
				continue
			}
			for s.c.NextField() {
				switch string(s.c.Key()) {
				case "name", "arguments", "input":
					s.readText()
				default:
					s.c.Skip()
				}
			}
		default:
			s.c.Skip()
		}
	}
}

// holdsSomething reports whether a value is more than null, false, nothing or a
// number.
func holdsSomething(v []byte) bool {
	switch rawjson.KindOf(v) {
	case rawjson.String:
		return len(v) > 2
	case rawjson.Array, rawjson.Object:
		return len(bytes.TrimSpace(v[1:len(v)-1])) > 0
	}
	return rawjson.True(v)
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
