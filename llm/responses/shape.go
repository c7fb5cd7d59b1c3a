package responses

import (
	"bytes"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm/rawjson"
)

// holeKind says what stands in a hole.
type holeKind uint8

const (
	holeText    holeKind = iota + 1 // a piece of text
	holePadding                     // text that means nothing
	holeNumber                      // the event's number
)

// hole is a place where events differ that are otherwise alike. Those of texts
// lie between the quotes.
type hole struct {
	kind holeKind
	rawjson.Span
}

// holes are the holes of one event, in their order.
type holes struct {
	list [3]hole
	n    int
	// spoiled is set where there are more, or the same one twice.
	spoiled bool
}

func (h *holes) add(kind holeKind, at rawjson.Span) {
	for i := range h.n {
		h.spoiled = h.spoiled || h.list[i].kind == kind
	}
	if h.n == len(h.list) {
		h.spoiled = true
		return
	}
	h.list[h.n] = hole{kind, at}
	h.n++
}

// shape is what an event with a piece of text looks like but for that text, its
// padding and its number. Nearly all events of a stream are alike, so that the
// next one is compared with the last and not read.
type shape struct {
	kinds [3]holeKind
	n     int
	// parts are what stands before, between and behind the holes.
	parts [4][]byte
}

// learn takes over the shape of an event.
func (p *shape) learn(data []byte, h *holes) {
	p.n = 0
	if h.spoiled {
		return
	}
	at, text := 0, false
	for i := range h.n {
		p.kinds[i] = h.list[i].kind
		text = text || p.kinds[i] == holeText
		p.parts[i] = append(p.parts[i][:0], data[at:h.list[i].Start]...)
		at = h.list[i].End
	}
	if !text {
		return
	}
	p.parts[h.n] = append(p.parts[h.n][:0], data[at:]...)
	p.n = h.n
}

// forget makes the shape match nothing.
func (p *shape) forget() { p.n = 0 }

// match returns the text of an event of this shape, escapes and all.
func (p *shape) match(data []byte) (text []byte, ok bool) {
	if p.n == 0 {
		return nil, false
	}
	at := 0
	for i := range p.n {
		part := p.parts[i]
		if len(data)-at < len(part) || !bytes.Equal(data[at:at+len(part)], part) {
			return nil, false
		}
		at += len(part)
		if p.kinds[i] == holeNumber {
			end := at
			for end < len(data) && data[end]-'0' <= 9 {
				end++
			}
			if end == at || data[at] == '0' && end > at+1 {
				return nil, false
			}
			at = end
			continue
		}
		end, wide, ok := rawjson.TextEnd(data, at)
		if !ok || wide && !utf8.Valid(data[at:end]) {
			return nil, false
		}
		if p.kinds[i] == holeText {
			text = data[at:end]
		}
		at = end
	}
	return text, bytes.Equal(data[at:], p.parts[p.n])
}
