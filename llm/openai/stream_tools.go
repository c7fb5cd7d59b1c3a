package openai

import (
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// streamedTool is a tool call that arrives in pieces.
type streamedTool struct {
	// upstream is the vendor's index, or noIndex.
	upstream int
	id, name string
	sign     string
	// n is the neutral index; valid once started.
	n              int
	started, ended bool
	custom         bool
	// held are arguments that came before the name, and all the input of a
	// custom tool.
	held strings.Builder
	args jsonProgress
}

const noIndex = -1

// tool takes one piece of a tool call.
func (d *streamDecoder) tool(c *streamedChoice, t *toolCall) {
	id := t.callID()
	if t.Function == nil && t.Custom == nil && id == "" {
		return
	}
	var name, piece string
	if t.Function != nil {
		name, piece = t.Function.Name, string(t.Function.Arguments)
	}
	if t.Custom != nil {
		name, piece = t.Custom.Name, t.Custom.Input
	}
	index := noIndex
	if t.Index != nil {
		index = *t.Index
	}
	s := c.find(index, id, name, piece)
	if s == nil {
		s = &streamedTool{upstream: index}
		c.tools = append(c.tools, s)
	}
	if s.id == "" {
		s.id = id
	}
	if s.name == "" {
		s.name = name
	}
	if sign := t.ExtraContent.signature(); sign != "" {
		s.sign = sign
	}
	s.custom = s.custom || t.Custom != nil
	if s.custom || s.name == "" {
		s.held.WriteString(piece)
		return
	}
	if !s.started {
		d.startTool(c, s)
	}
	d.arguments(c, s, piece)
}

// find returns the call that a piece belongs to, or nil for a new one. Some
// servers count no calls, and some give all of them the same index.
func (c *streamedChoice) find(index int, id, name, piece string) *streamedTool {
	for i := len(c.tools) - 1; i >= 0; i-- {
		s := c.tools[i]
		told := id != "" && s.id != "" // by id whether they are one
		switch {
		case index != noIndex && s.upstream != index:
		case told && id == s.id:
			return s
		case told && (index == noIndex || name != "" && s.name != ""):
		case name == "" || s.name == "":
			return s
		case name != s.name || s.args.complete() && piece != "":
			return nil
		default:
			return s
		}
	}
	return nil
}

// startTool announces a call whose name is known, with what has been held back.
// Earlier calls that are complete are closed, so that a front which can have
// only one block open need not wait for the end.
func (d *streamDecoder) startTool(c *streamedChoice, s *streamedTool) {
	for _, earlier := range c.tools {
		if earlier != s && earlier.started && earlier.args.complete() {
			d.endTool(c, earlier)
		}
	}
	s.started = true
	s.n = c.started
	c.started++
	if s.id == "" {
		s.id = inventedID(d.id, d.createdUnix, c.index, s.n, s.name)
	}
	name := s.name
	if own, ok := d.options.ToolNames[name]; ok {
		name = own
	}
	e := llm.Event{Kind: llm.EventToolStart, Choice: c.index, Index: s.n, ID: s.id, Name: name}
	if s.sign != "" {
		e.Signature, e.Issuer = s.sign, llm.IssuerGoogle
	}
	d.emit(e)
	if held := s.held.String(); held != "" {
		s.held.Reset()
		d.arguments(c, s, held)
	}
}

func (d *streamDecoder) arguments(c *streamedChoice, s *streamedTool, piece string) {
	if piece == "" || s.ended || s.args.complete() && strings.TrimSpace(piece) == "" {
		return
	}
	s.args.feed(piece)
	d.emit(llm.Event{Kind: llm.EventToolArguments, Choice: c.index, Index: s.n, Text: piece})
}

func (d *streamDecoder) endTool(c *streamedChoice, s *streamedTool) {
	if s.ended {
		return
	}
	s.ended = true
	d.emit(llm.Event{Kind: llm.EventToolEnd, Choice: c.index, Index: s.n})
}

// endTools closes the choice's calls. An answer that was cut off may leave a
// call half-made; in any other, a call without arguments takes none and a call
// without a name is a fault.
func (d *streamDecoder) endTools(c *streamedChoice, cut bool) *llm.Error {
	for _, s := range c.tools {
		switch {
		case s.custom:
			if s.name != "" {
				d.emit(llm.Event{
					Kind: llm.EventOpaque, Choice: c.index, Issuer: llm.IssuerOpenAI,
					Data: customData(s.id, s.name, s.held.String()),
				})
			}
		case s.started:
			if !s.args.begun() && !cut {
				d.arguments(c, s, "{}")
			}
			d.endTool(c, s)
		case !cut && s.held.Len() > 0:
			return badOutput("malformed", "the provider sent a tool call without a name", nil)
		}
	}
	return nil
}

// calls reports whether the choice called any tool.
func (c *streamedChoice) calls() bool {
	for _, s := range c.tools {
		if s.started || s.custom {
			return true
		}
	}
	return false
}

// jsonProgress follows JSON text that arrives in pieces, only as far as to tell
// where an object or a list ends.
type jsonProgress struct {
	depth              int
	any, quoted, slash bool
}

func (p *jsonProgress) feed(s string) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case p.slash:
			p.slash = false
		case p.quoted:
			p.slash = c == '\\'
			p.quoted = c != '"'
		case c == '"':
			p.any, p.quoted = true, true
		case c == '{' || c == '[':
			p.any = true
			p.depth++
		case c == '}' || c == ']':
			p.depth--
		case c != ' ' && c != '\n' && c != '\r' && c != '\t':
			p.any = true
		}
	}
}

func (p *jsonProgress) begun() bool { return p.any }

func (p *jsonProgress) complete() bool { return p.any && p.depth <= 0 && !p.quoted }
