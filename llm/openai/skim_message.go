package openai

import (
	"bytes"

	"github.com/fairwaygw/fairway/llm/rawjson"
)

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
	var piece, whole int64 // the sizes of the text in each
	var pieces, wholes bool
	before := s.size
	for s.c.NextField() {
		switch string(s.c.Key()) {
		case "index":
			if n, ok := rawjson.Int(s.c.Value()); ok {
				index = int(n)
			}
		case "delta":
			piece, pieces = s.readMessage(), true
		case "message":
			whole, wholes = s.readMessage(), true
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
	// Perplexity has both everywhere: the whole text so far beside each piece.
	if pieces && wholes {
		s.size = before + piece
		if !s.chunk {
			s.size = before + whole
		}
	}
	if len(finish) > 0 {
		s.other = finish
		if index == 0 {
			s.first = finish
		}
	}
}

// readMessage reads a message or a piece of one, and returns how much text it
// has.
func (s *skim) readMessage() int64 {
	if !s.c.Object() {
		return 0
	}
	before := s.size
	var thoughts, details int64 // the same text, where both are there
	for s.c.NextField() {
		switch string(s.c.Key()) {
		case "content":
			s.readContent()
		case "role", "name", "id", "type", "index", "tool_call_id":
			s.c.Skip()
		case "refusal":
			s.readText()
		case "reasoning", "reasoning_content":
			thoughts = max(thoughts, s.apart((*skim).readText))
		case "reasoning_details":
			details = s.apart((*skim).readDetails)
		case "tool_calls":
			if s.c.Array() {
				for s.c.NextItem() {
					s.readCall()
				}
			}
		case "function_call":
			s.readCall()
		case "audio":
			s.readSound()
		default:
			// Images, annotations, blocks of thoughts, and what vendors may
			// think of next: whatever says something can be seen.
			s.content = holdsSomething(s.c.Value()) || s.content
		}
	}
	s.size += max(thoughts, details)
	return s.size - before
}

// apart reads something and returns its size instead of adding it.
func (s *skim) apart(read func(*skim)) int64 {
	before := s.size
	read(s)
	size := s.size - before
	s.size = before
	return size
}

// readText reads a string that a caller can see; what is none counts nothing.
func (s *skim) readText() {
	if s.c.Kind() != rawjson.String {
		s.c.Skip()
		return
	}
	start := s.c.Offset() + 1
	text, _ := s.c.Text()
	if len(text) > 0 {
		s.content = true
		s.size += int64(rawjson.TextLen(text))
	}
	if len(text) > 0 || s.text.End == 0 {
		s.text, s.inCall = rawjson.Span{Start: start, End: start + len(text)}, false
	}
}

// readContent reads text; or a list of parts, as Mistral's reasoning models send
// it; or an object, as Cloudflare sends structured output.
func (s *skim) readContent() {
	switch s.c.Kind() {
	case rawjson.Array:
	case rawjson.Object:
		if v := s.c.Value(); holdsSomething(v) {
			s.content = true
			s.size += int64(len(v))
		}
		return
	default:
		s.readText()
		return
	}
	for s.c.Array(); s.c.NextItem(); {
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

// readThinking reads text, or a list of parts with text.
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

// readDetails reads the list of thoughts of OpenRouter and Vercel.
func (s *skim) readDetails() {
	if !s.c.Array() {
		return
	}
	for s.c.NextItem() {
		if !s.c.Object() {
			continue
		}
		for s.c.NextField() {
			switch string(s.c.Key()) {
			case "text", "summary":
				s.readText()
			case "data", "signature":
				s.content = holdsSomething(s.c.Value()) || s.content
			default:
				s.c.Skip()
			}
		}
	}
}

// readSound reads a sound with its transcript, of which each may be empty.
func (s *skim) readSound() {
	if !s.c.Object() {
		return
	}
	for s.c.NextField() {
		switch string(s.c.Key()) {
		case "transcript":
			s.readText()
		case "data", "id":
			s.content = holdsSomething(s.c.Value()) || s.content
		default:
			s.c.Skip()
		}
	}
}

// readCall reads a tool call or a piece of one: of the current kind, where name
// and arguments are one level down, or of the old one.
func (s *skim) readCall() {
	if !s.c.Object() {
		return
	}
	for s.c.NextField() {
		switch string(s.c.Key()) {
		case "id":
			if text, _ := s.c.Text(); len(text) > 0 {
				s.calls, s.content = true, true
			}
		case "name", "arguments", "input":
			s.readCallText()
		case "function", "custom":
			if !s.c.Object() {
				continue
			}
			for s.c.NextField() {
				switch string(s.c.Key()) {
				case "name", "arguments", "input":
					s.readCallText()
				default:
					s.c.Skip()
				}
			}
		default:
			s.c.Skip()
		}
	}
}

// readCallText reads a name or arguments; some servers send the latter as an
// object.
func (s *skim) readCallText() {
	switch s.c.Kind() {
	case rawjson.String:
		before, start := s.size, s.c.Offset()+1
		s.readText()
		s.calls = s.calls || s.size > before
		s.inCall = s.inCall || s.text.Start == start
	case rawjson.Object, rawjson.Array:
		s.calls, s.content = true, true
		s.size += int64(len(s.c.Value()))
	default:
		s.c.Skip()
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
