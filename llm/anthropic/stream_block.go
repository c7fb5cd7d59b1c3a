package anthropic

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// streamedBlock is a block that has begun.
type streamedBlock struct {
	// index is the stream's number of the block.
	index int
	kind  blockKind
	// n is the neutral index of a tool call, and output is set for the tool that
	// stands in for structured output.
	n      int
	output bool
	// args is set once a piece of a call's arguments has come; input are those
	// that the call began with.
	args  bool
	input json.RawMessage
	// raw is what an opaque block began with, and pieces and members are what
	// came later.
	raw     json.RawMessage
	pieces  strings.Builder
	members []blockMember
}

// find returns the open block of an index, or nil.
func (d *streamDecoder) find(index int) *streamedBlock {
	for _, b := range d.open {
		if b.index == index {
			return b
		}
	}
	return nil
}

// blockStart begins a block. Text and thoughts may stand in it already.
func (d *streamDecoder) blockStart(w *wireEvent) error {
	if w.block.name == "" {
		return nil
	}
	d.start(&answer{})
	if d.find(w.index) != nil { // whose end nobody told
		if err := d.blockStop(w.index); err != nil {
			return err
		}
	}
	s := &streamedBlock{index: w.index, kind: w.block.kind}
	b := &w.block
	switch b.kind {
	case blockText:
		if b.text != "" {
			d.emit(llm.Event{Kind: llm.EventText, Text: b.text})
		}
		d.cite(b.citations...)
	case blockThinking:
		if b.text != "" {
			d.emit(llm.Event{Kind: llm.EventReasoning, Text: b.text})
		}
		d.sign(b.signature)
	case blockRedacted:
		if len(b.data) > 0 {
			d.emit(llm.Event{Kind: llm.EventRedacted, Data: validRaw(b.data), Issuer: llm.IssuerAnthropic})
		}
	case blockToolUse:
		if b.tool == "" {
			return badOutput("malformed", "the provider sent a tool call without a name", nil)
		}
		s.input = bytes.Clone(b.input)
		d.callStart(s, b)
	case blockOpaque:
		s.raw = validRaw(b.raw)
	}
	d.open = append(d.open, s)
	return nil
}

// callStart announces a tool call.
func (d *streamDecoder) callStart(s *streamedBlock, b *block) {
	if d.options.OutputTool != "" && b.tool == d.options.OutputTool {
		s.output = true
		return
	}
	s.n = d.calls
	d.calls++
	id, name := b.id, b.tool
	if id == "" {
		id = inventedID(d.id, s.n, name)
	}
	if own, ok := d.options.ToolNames[name]; ok {
		name = own
	}
	d.emit(llm.Event{Kind: llm.EventToolStart, Index: s.n, ID: id, Name: name})
}

// blockDelta takes a piece of a block. Text and thoughts need no block to have
// begun: what they are they say themselves.
func (d *streamDecoder) blockDelta(data []byte, w *wireEvent) {
	p := &w.delta
	switch p.kind {
	case "text_delta", "thinking_delta":
		d.start(&answer{})
		kind := llm.EventText
		if p.kind == "thinking_delta" {
			kind = llm.EventReasoning
		}
		if p.text != "" {
			d.emit(llm.Event{Kind: kind, Text: p.text})
			d.shape.learn(data, p.at, kind)
		}
		return
	case "signature_delta":
		d.sign(p.signature)
		return
	case "citations_delta":
		if p.citation.URL != "" {
			d.cite(p.citation)
		}
		return
	}
	s := d.find(w.index)
	switch {
	case s == nil:
	case p.kind == "input_json_delta" && s.kind == blockToolUse:
		d.arguments(s, p.text)
	case p.kind == "input_json_delta":
		s.pieces.WriteString(p.text)
	case s.kind == blockOpaque: // compaction, and what may come up next
		for _, m := range p.other {
			s.members = append(s.members, blockMember{m.name, validRaw(m.value)})
		}
	}
}

// arguments passes on a piece of a call's arguments.
func (d *streamDecoder) arguments(s *streamedBlock, piece string) {
	if piece == "" {
		return
	}
	s.args = true
	e := llm.Event{Kind: llm.EventToolArguments, Index: s.n, Text: piece}
	if s.output {
		e = llm.Event{Kind: llm.EventText, Text: piece}
	}
	d.emit(e)
}

// blockStop ends a block: a call without arguments takes none.
func (d *streamDecoder) blockStop(index int) error {
	s := d.find(index)
	if s == nil {
		return nil
	}
	for i, b := range d.open {
		if b == s {
			d.open = append(d.open[:i], d.open[i+1:]...)
			break
		}
	}
	switch s.kind {
	case blockToolUse:
		if !s.args {
			d.arguments(s, arguments(s.input))
		}
		if !s.output {
			d.emit(llm.Event{Kind: llm.EventToolEnd, Index: s.n})
		}
	case blockOpaque:
		if input := s.pieces.String(); input != "" {
			if !isObject(input) {
				// It was cut off, or is what a later version of the API sends.
				input = string(appendInput(nil, input))
			}
			s.members = append(s.members, blockMember{"input", json.RawMessage(input)})
		}
		d.emit(llm.Event{Kind: llm.EventOpaque, Data: withMembers(s.raw, s.members), Issuer: llm.IssuerAnthropic})
	}
	return nil
}

// withMembers is an object with some of its members set anew.
func withMembers(object json.RawMessage, members []blockMember) json.RawMessage {
	if len(members) == 0 {
		return object
	}
	// Of two values of one member the later one counts.
	last := func(name string) (found json.RawMessage) {
		for _, m := range members {
			if m.name == name {
				found = m.value
			}
		}
		return found
	}
	dst := []byte{'{'}
	add := func(name string, value json.RawMessage) {
		if len(dst) > 1 {
			dst = append(dst, ',')
		}
		dst = append(append(appendString(dst, name), ':'), value...)
	}
	seen := map[string]bool{}
	c := rawjson.Check(object)
	for ok := c.Object(); ok && c.NextField(); {
		name, value := string(c.Key()), json.RawMessage(c.Value())
		if v := last(name); v != nil {
			value = v
		}
		if value == nil || seen[name] {
			continue
		}
		seen[name] = true
		add(name, value)
	}
	for _, m := range members {
		if !seen[m.name] {
			seen[m.name] = true
			add(m.name, last(m.name))
		}
	}
	return append(dst, '}')
}

// sign tells what proves the thoughts before it.
func (d *streamDecoder) sign(signature string) {
	if signature != "" {
		d.start(&answer{})
		d.emit(llm.Event{Kind: llm.EventSignature, Signature: signature, Issuer: llm.IssuerAnthropic})
	}
}

func (d *streamDecoder) cite(list ...llm.Citation) {
	for i := range list {
		d.start(&answer{})
		d.emit(llm.Event{Kind: llm.EventCitation, Citation: &list[i]})
	}
}
