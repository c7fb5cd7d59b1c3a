package openai

import (
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// piece takes a chunk that brings one choice a piece of text or of reasoning
// and nothing else, which nearly all chunks are. It is false, with nothing
// done, for any other chunk: those are read in full by chunk, which gives the
// same events for these, at several times the cost.
func (d *streamDecoder) piece(data []byte) bool {
	if !d.started {
		return false
	}
	p := textPiece{c: rawjson.Check(data)}
	if !p.read() || p.c.Close() != nil || p.c.Wide() && !utf8.Valid(data) {
		return false
	}
	c := d.find(p.index)
	if c == nil {
		return false
	}
	if p.reasoning != nil {
		c.thought = true
		d.emit(llm.Event{Kind: llm.EventReasoning, Choice: c.index, Text: text(p.reasoning)})
	}
	if p.content != nil {
		d.emit(llm.Event{Kind: llm.EventText, Choice: c.index, Text: text(p.content)})
	}
	return true
}

// textPiece is what such a chunk says. Its texts are JSON strings, nil when
// absent or empty.
type textPiece struct {
	c                  rawjson.Cursor
	index              int
	content, reasoning []byte
}

// null moves over a value and reports whether it is null.
func (p *textPiece) null() bool {
	null := p.c.Kind() == rawjson.Null
	p.c.Skip()
	return null
}

// read is false for a chunk with anything that it does not know.
func (p *textPiece) read() bool {
	found := false
	if !p.c.Object() {
		return false
	}
	for p.c.NextField() {
		switch string(p.c.Key()) {
		case "id", "object", "created", "model", "system_fingerprint", "service_tier", "obfuscation", "provider", "p":
			p.c.Skip()
		case "choices":
			if found || !p.choices() {
				return false
			}
			found = true
		default:
			if !p.null() {
				return false
			}
		}
	}
	return found
}

// choices reads a list of one choice.
func (p *textPiece) choices() bool {
	n := 0
	if !p.c.Array() {
		return false
	}
	for p.c.NextItem() {
		if n++; n > 1 || !p.choice() {
			return false
		}
	}
	return n == 1
}

func (p *textPiece) choice() bool {
	found := false
	if !p.c.Object() {
		return false
	}
	for p.c.NextField() {
		switch string(p.c.Key()) {
		case "index":
			n, ok := rawjson.Int(p.c.Value())
			if !ok || n < 0 || n >= maxChoices {
				return false
			}
			p.index = int(n)
		case "delta":
			if found || !p.delta() {
				return false
			}
			found = true
		case "content_filter_results", "token_ids", "seed":
			p.c.Skip()
		default:
			if !p.null() {
				return false
			}
		}
	}
	return found
}

func (p *textPiece) delta() bool {
	if !p.c.Object() {
		return false
	}
	for p.c.NextField() {
		switch string(p.c.Key()) {
		case "role", "channel":
			p.c.Skip()
		case "content":
			if p.content != nil || !p.text(&p.content) {
				return false
			}
		case "reasoning_content", "reasoning":
			if p.reasoning != nil || !p.text(&p.reasoning) { // some send it twice
				return false
			}
		default:
			switch v := p.c.Value(); string(v) {
			case "null", `""`, "[]":
			default:
				return false
			}
		}
	}
	return true
}

// text reads a text that may be null. One that is empty says nothing.
func (p *textPiece) text(dst *[]byte) bool {
	switch p.c.Kind() {
	case rawjson.Null:
		p.c.Skip()
		return true
	case rawjson.String:
	default:
		return false
	}
	if v := p.c.Value(); len(v) > len(`""`) {
		*dst = v
	}
	return true
}
