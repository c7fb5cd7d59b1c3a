package anthropic

import (
	"encoding/json"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// blockKind says what a content block of an answer is.
type blockKind uint8

const (
	// blockOpaque is of a kind that means something to Anthropic only: a tool
	// that runs there, its result, and what may come up next.
	blockOpaque blockKind = iota
	blockText
	blockThinking
	blockRedacted
	blockToolUse
)

func kindOfBlock(name string) blockKind {
	switch name {
	case "text":
		return blockText
	case "thinking":
		return blockThinking
	case "redacted_thinking":
		return blockRedacted
	case "tool_use":
		return blockToolUse
	}
	return blockOpaque
}

// block is a content block of an answer, or what a stream begins one with.
type block struct {
	kind blockKind
	// name is the block's type, and empty for what is no block.
	name      string
	text      string
	signature string
	// data is the encrypted reasoning, a JSON string.
	data     json.RawMessage
	id, tool string
	// input is a call's arguments, an object, or nil.
	input     json.RawMessage
	citations []llm.Citation
	// raw is the block as it came. It aliases the text read.
	raw json.RawMessage
}

// read reads a block.
func (b *block) read(r *reader) {
	r.c.Kind()
	start := r.c.Offset()
	for name := range r.fields {
		switch string(name) {
		case "type":
			b.name = r.str()
		case "text", "thinking":
			b.text = r.str()
		case "signature":
			b.signature = r.str()
		case "data":
			if v := r.raw(); rawjson.KindOf(v) == rawjson.String {
				b.data = v
			}
		case "id":
			b.id = r.str()
		case "name":
			b.tool = r.str()
		case "input":
			if v := r.raw(); rawjson.KindOf(v) == rawjson.Object {
				b.input = v
			}
		case "citations":
			for range r.items {
				if c, ok := readCitation(r); ok {
					b.citations = append(b.citations, c)
				}
			}
		default:
			r.skip()
		}
	}
	b.kind = kindOfBlock(b.name)
	if end := r.c.Offset(); start < end && end <= len(r.b) {
		b.raw = r.b[start:end]
	}
}

// readCitation reads what a piece of text rests on. Only what has an address
// means something outside of the call.
func readCitation(r *reader) (llm.Citation, bool) {
	var c llm.Citation
	for name := range r.fields {
		switch string(name) {
		case "url":
			c.URL = r.str()
		case "title":
			c.Title = r.str()
		default:
			r.skip()
		}
	}
	return c, c.URL != ""
}

// part is the block in neutral form; false for one that says nothing.
func (b *block) part() (llm.Part, bool) {
	switch b.kind {
	case blockText:
		return llm.Part{Kind: llm.PartText, Text: b.text, Citations: b.citations}, b.text != ""
	case blockThinking:
		return thought(b.text, b.signature), b.text != "" || b.signature != ""
	case blockRedacted:
		return llm.Part{Kind: llm.PartRedacted, Data: validRaw(b.data), Issuer: llm.IssuerAnthropic}, len(b.data) > 0
	case blockToolUse:
		return llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: b.id, Name: b.tool, Arguments: arguments(b.input)}}, b.tool != ""
	}
	return llm.Part{Kind: llm.PartOpaque, Data: validRaw(b.raw), Issuer: llm.IssuerAnthropic}, b.name != ""
}

// arguments are the arguments of a whole call.
func arguments(input json.RawMessage) string {
	if input == nil {
		return "{}"
	}
	return string(validRaw(input))
}

// thought is reasoning with what proves it, if anything does.
func thought(text, signature string) llm.Part {
	p := llm.Part{Kind: llm.PartReasoning, Text: text}
	if signature != "" {
		p.Signature, p.Issuer = signature, llm.IssuerAnthropic
	}
	return p
}
