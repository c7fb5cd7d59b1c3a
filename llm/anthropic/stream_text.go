package anthropic

import (
	"bytes"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// textShape is what an event that brings a piece of text looks like but for that
// text. Nearly all events of a stream are alike, so the next one is compared
// with the last and not read.
type textShape struct {
	kind llm.EventKind
	// head goes up to the text and tail from its closing quote on.
	head, tail []byte
	// braces is set where the tail is nothing but closing brackets and padding,
	// of which Anthropic sends as much as it likes.
	braces bool
}

// learn takes over the shape of an event whose text stands at a span.
func (p *textShape) learn(data []byte, at rawjson.Span, kind llm.EventKind) {
	if at.End == 0 || kind == p.kind && bytes.Equal(data[:at.Start], p.head) && bytes.Equal(data[at.End:], p.tail) {
		return
	}
	p.kind = kind
	p.head = append(p.head[:0], data[:at.Start]...)
	p.tail = append(p.tail[:0], data[at.End:]...)
	p.braces = braces(p.tail) == 2
}

// braces counts the brackets of a tail that closes objects and does nothing
// else but end the event, or returns -1.
func braces(tail []byte) int {
	n := 0
	for i, c := range tail {
		switch {
		case i == 0 && c == '"', c == ' ':
		case n == 2 && (c == '\n' || c == '\r'):
		case c == '}':
			n++
		default:
			return -1
		}
	}
	return n
}

// match returns the text of an event of this shape.
func (p *textShape) match(data []byte) (text []byte, ok bool) {
	if len(p.head) == 0 || !bytes.HasPrefix(data, p.head) {
		return nil, false
	}
	end, wide, ok := rawjson.TextEnd(data, len(p.head))
	if !ok {
		return nil, false
	}
	text = data[len(p.head):end]
	if tail := data[end:]; !bytes.Equal(tail, p.tail) && (!p.braces || braces(tail) != 2) {
		return nil, false
	}
	return text, !wide || utf8.Valid(text)
}

// text takes an event that is like the last one but for its text. It is false,
// with nothing done, for any other.
func (d *streamDecoder) text(data []byte) bool {
	text, ok := d.shape.match(data)
	if !ok {
		return false
	}
	if len(text) > 0 {
		d.emit(llm.Event{Kind: d.shape.kind, Text: textOf(text)})
	}
	return len(text) > 0
}
