package openai

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// piece takes a chunk that brings one choice a piece of text or of reasoning
// and nothing else, which nearly all chunks are. It is false, with nothing
// done, for any other chunk: those are read in full by chunk, which gives the
// same events for these, at ten times the cost.
func (d *streamDecoder) piece(data []byte) bool {
	if !d.started || !json.Valid(data) || !utf8.Valid(data) {
		return false
	}
	var p textPiece
	if !p.read(data) {
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
	index              int
	content, reasoning []byte
}

// read is false for a chunk with anything that it does not know.
func (p *textPiece) read(data []byte) bool {
	var choices []byte
	for key, v := range rawMembers(data) {
		switch string(key) {
		case "id", "object", "created", "model", "system_fingerprint", "service_tier", "obfuscation", "provider", "p":
		case "choices":
			choices = v
		default:
			if !isNull(v) {
				return false
			}
		}
	}
	n := 0
	for _, v := range elements(choices) {
		if n++; n > 1 || !p.choice(v) {
			return false
		}
	}
	return n == 1
}

func (p *textPiece) choice(v []byte) bool {
	var delta []byte
	for key, m := range rawMembers(v) {
		switch string(key) {
		case "index":
			n, ok := rawjson.Int(m)
			if !ok || n < 0 || n >= maxChoices {
				return false
			}
			p.index = int(n)
		case "delta":
			delta = m
		case "content_filter_results", "token_ids", "seed":
		default:
			if !isNull(m) {
				return false
			}
		}
	}
	return rawjson.KindOf(delta) == rawjson.Object && p.delta(delta)
}

func (p *textPiece) delta(v []byte) bool {
	for key, m := range rawMembers(v) {
		kind := rawjson.KindOf(m)
		switch string(key) {
		case "role", "channel":
		case "content":
			if kind == rawjson.String && len(m) > 2 {
				p.content = m
			} else if kind != rawjson.String && kind != rawjson.Null {
				return false
			}
		case "reasoning_content", "reasoning":
			if kind == rawjson.String && len(m) > 2 {
				if p.reasoning != nil { // the same text twice
					return false
				}
				p.reasoning = m
			} else if kind != rawjson.String && kind != rawjson.Null {
				return false
			}
		default:
			if kind != rawjson.Null && string(m) != `""` && string(m) != "[]" {
				return false
			}
		}
	}
	return true
}
