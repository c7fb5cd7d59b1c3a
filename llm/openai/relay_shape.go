package openai

import (
	"bytes"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm/rawjson"
)

// shape is what a chunk looks like but for its text and its padding. A chunk of
// the same shape says the same as the one that it was learned from, except for
// those two.
type shape struct {
	// head goes up to the text; tail goes from its closing quote to the end,
	// or, where padded is set, to the text of the padding, which is the last
	// member.
	head, tail []byte
	padded     bool
	// outHead and outTail are what the caller is to see of them.
	outHead, outTail []byte
	// inCall is set where the text belongs to a tool call.
	inCall bool
}

// paddedEnd is what follows padding's closing quote.
const paddedEnd = "}"

// learn takes over the shape of a chunk that was walked, if it is one that may
// come again: it has one text and says nothing else.
func (p *shape) learn(s *skim) {
	if s.text.End == 0 || s.choices != 1 || s.other != nil || s.hasUsage || s.size != int64(rawjson.TextLen(s.text.Of(s.b))) ||
		s.calls && !s.inCall || s.content && s.text.Start == s.text.End {
		return
	}
	end := len(s.b)
	p.padded = s.padding.End > s.text.End && string(s.b[s.padding.End+1:]) == paddedEnd
	if p.padded {
		end = s.padding.Start
	}
	p.head = append(p.head[:0], s.b[:s.text.Start]...)
	p.tail = append(p.tail[:0], s.b[s.text.End:end]...)
	p.outHead = append(p.outHead[:0], "data: "...)
	p.outTail = p.outTail[:0]
	at := 0
	for _, e := range s.edits {
		if at <= s.text.Start && e.Start > s.text.Start {
			p.outHead = append(p.outHead, s.b[at:s.text.Start]...)
			at = s.text.End
		}
		if e.Start < s.text.Start {
			p.outHead = append(append(p.outHead, s.b[at:e.Start]...), e.New...)
		} else {
			p.outTail = append(append(p.outTail, s.b[at:e.Start]...), e.New...)
		}
		at = e.End
	}
	if at <= s.text.Start {
		p.outHead = append(p.outHead, s.b[at:s.text.Start]...)
		at = s.text.End
	}
	p.outTail = append(p.outTail, s.b[at:end]...)
	p.inCall = s.inCall
}

// match appends what the caller is to see of a chunk of this shape, and returns
// the chunk's text.
func (p *shape) match(dst, data []byte) (text, out []byte, ok bool) {
	if len(p.head) == 0 || !bytes.HasPrefix(data, p.head) {
		return nil, dst, false
	}
	end, wide, ok := rawjson.TextEnd(data, len(p.head))
	if !ok || !bytes.HasPrefix(data[end:], p.tail) {
		return nil, dst, false
	}
	text = data[len(p.head):end]
	rest := data[end+len(p.tail):]
	if p.padded {
		stop, widePadding, ok := rawjson.TextEnd(rest, 0)
		if !ok || widePadding || string(rest[stop+1:]) != paddedEnd {
			return nil, dst, false
		}
	} else if len(rest) > 0 {
		return nil, dst, false
	}
	if wide && !utf8.Valid(text) {
		return nil, dst, false
	}
	dst = append(dst, p.outHead...)
	dst = append(dst, text...)
	dst = append(dst, p.outTail...)
	dst = append(dst, rest...)
	return text, append(dst, "\n\n"...), true
}
