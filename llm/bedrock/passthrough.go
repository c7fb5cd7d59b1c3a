package bedrock

import (
	"bytes"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// EditRequest returns the body: the model stands in the URL, and usage is part of
// every stream.
func (Dialect) EditRequest(_, body []byte, _ *llm.Inspection, _ llm.RequestEdit) []byte {
	return body
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
	facts.NativeFinish = string(rawjson.Unquote(s.native, nil))
	facts.Finish = finishOf(facts.NativeFinish, s.calls)
	if err := unsaid(facts.NativeFinish); err != nil && !facts.Content {
		return dst, err
	}
	return append(dst, body...), nil
}

// skim walks an answer, or one event of a streamed one, without decoding it, to
// find what the ledger needs.
type skim struct {
	c       rawjson.Cursor
	native  []byte
	size    int64
	message bool
	// content is set when there is a block that a caller can see, calls when one
	// is a call that the caller is to run.
	content, calls bool
	usage          wireUsage
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
	*s = skim{c: rawjson.Check(b)}
	if s.c.Kind() != rawjson.Object {
		return errMalformed
	}
	for s.c.Object(); s.c.NextField(); {
		switch string(s.c.Key()) {
		case "output":
			s.walkOutput()
		case "start", "delta":
			s.walkBlock()
		case "stopReason":
			s.native, _ = s.c.Text()
		case "usage":
			s.usage = readUsage(&s.c)
		default:
			s.c.Skip()
		}
	}
	return s.c.Close()
}

func (s *skim) walkOutput() {
	for ok := s.c.Object(); ok && s.c.NextField(); {
		if string(s.c.Key()) != "message" {
			s.c.Skip()
			continue
		}
		s.message = s.c.Kind() == rawjson.Object
		for ok := s.c.Object(); ok && s.c.NextField(); {
			if string(s.c.Key()) != "content" {
				s.c.Skip()
				continue
			}
			for ok := s.c.Array(); ok && s.c.NextItem(); {
				s.walkBlock()
			}
		}
	}
}

// walkBlock goes through a block, how one begins, or what is added to one.
func (s *skim) walkBlock() {
	for ok := s.c.Object(); ok && s.c.NextField(); {
		switch string(s.c.Key()) {
		case "text":
			text, _ := s.c.Text()
			s.add(rawjson.TextLen(text))
		case "toolUse":
			s.walkToolUse()
		case "reasoningContent":
			s.walkThought()
		case "citationsContent":
			s.add(len(s.c.Value()))
		case "citation", "cachePoint", "toolResult":
			s.c.Skip()
		default:
			s.add(len(s.c.Value()))
		}
	}
}

func (s *skim) add(size int) {
	s.content = s.content || size > 0
	s.size += int64(size)
}

func (s *skim) walkThought() {
	for ok := s.c.Object(); ok && s.c.NextField(); {
		switch string(s.c.Key()) {
		case "text":
			text, _ := s.c.Text()
			s.add(rawjson.TextLen(text))
		case "reasoningText":
			s.walkThought()
		case "redactedContent":
			s.add(len(s.c.Value()))
		default:
			s.c.Skip()
		}
	}
}

func (s *skim) walkToolUse() {
	named, own := false, false
	for ok := s.c.Object(); ok && s.c.NextField(); {
		switch string(s.c.Key()) {
		case "name":
			text, _ := s.c.Text()
			named = len(text) > 0
		case "type":
			text, _ := s.c.Text()
			own = rawjson.Is(text, serverToolUse)
		case "input":
			s.add(len(s.c.Value()))
		default:
			s.c.Skip()
		}
	}
	s.content = s.content || named
	s.calls = s.calls || named && !own
}

// note puts what was found into the facts.
func (s *skim) note(f *llm.AnswerFacts) {
	f.Content = f.Content || s.content
	f.OutputBytes += s.size
	if u := s.usage.neutral(); u != nil {
		f.Usage, f.HasUsage = *u, true
	}
}
