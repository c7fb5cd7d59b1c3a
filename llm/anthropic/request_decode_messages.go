package anthropic

import (
	"bytes"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// system reads what the system says first: text, or a list of texts.
func (d *requestDecoder) system(v []byte) error {
	parts, err := d.content(v, llm.RoleSystem, "system")
	if err != nil {
		return err
	}
	if len(parts) > 0 {
		d.r.Messages = append(d.r.Messages, llm.Message{Role: llm.RoleSystem, Parts: parts})
	}
	return nil
}

// messages reads the conversation.
func (d *requestDecoder) messages(v []byte) error {
	if isNull(v) {
		return missing("messages")
	}
	if err := list(v, "messages"); err != nil {
		return err
	}
	n := 0
	for i, m := range elements(v) {
		if err := d.message(m); err != nil {
			return within("messages", i, err)
		}
		n++
	}
	if n == 0 {
		return llm.Invalid("messages", "invalid_value", "there must be at least one message")
	}
	return nil
}

func (d *requestDecoder) message(v []byte) *llm.Error {
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType("", "an object")
	}
	var role string
	var content []byte
	for key, f := range members(v) {
		switch key {
		case "role":
			var err *llm.Error
			if role, err = str(f, key); err != nil {
				return err
			}
		case "content":
			content = f
		}
	}
	m := llm.Message{Role: llm.Role(role)}
	switch m.Role {
	case llm.RoleUser, llm.RoleAssistant, llm.RoleSystem:
	case "":
		return missing("role")
	default:
		return llm.Invalid("role", "invalid_value", "must be user, assistant or system")
	}
	if isNull(content) {
		return missing("content")
	}
	var err *llm.Error
	if m.Parts, err = d.content(content, m.Role, "content"); err != nil {
		return err
	}
	d.add(m)
	return nil
}

// add appends a message. A user's message may hold the results of tools, which
// are a message of their own in neutral form and come before the rest.
func (d *requestDecoder) add(m llm.Message) {
	results := llm.Message{Role: llm.RoleTool}
	var rest []llm.Part
	for _, p := range m.Parts {
		if p.Kind == llm.PartToolResult {
			results.Parts = append(results.Parts, p)
		} else {
			rest = append(rest, p)
		}
	}
	if len(results.Parts) > 0 {
		d.r.Messages = append(d.r.Messages, results)
		if len(rest) == 0 {
			return
		}
		m.Parts = rest
	}
	d.r.Messages = append(d.r.Messages, m)
}

// content reads text or a list of blocks. Empty text is no part.
func (d *requestDecoder) content(v []byte, role llm.Role, at string) ([]llm.Part, *llm.Error) {
	switch rawjson.KindOf(v) {
	case rawjson.Null, rawjson.None:
		return nil, nil
	case rawjson.String:
		if t := text(v); t != "" {
			return []llm.Part{{Kind: llm.PartText, Text: t}}, nil
		}
		return nil, nil
	case rawjson.Array:
	default:
		return nil, wrongType(at, "a string or a list of blocks")
	}
	var parts []llm.Part
	// sign is the signature of the tool call to come.
	var sign llm.Part
	for i, e := range elements(v) {
		p, err := d.block(e, role)
		if err != nil {
			return nil, within(at, i, err)
		}
		if p.Kind == llm.PartReasoning && p.Signature != "" {
			var call bool
			if p.Signature, p.Issuer, call = readSignature(p.Signature); call {
				sign = p
				continue
			}
		}
		if p.Kind == llm.PartToolCall && sign.Signature != "" {
			p.Signature, p.Issuer = sign.Signature, sign.Issuer
			sign = llm.Part{}
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// block reads one content block.
func (d *requestDecoder) block(v []byte, role llm.Role) (llm.Part, *llm.Error) {
	if rawjson.KindOf(v) != rawjson.Object {
		return llm.Part{}, wrongType("", "an object")
	}
	kind, err := nonEmpty(member(v, "type"), "type")
	if err != nil {
		return llm.Part{}, err
	}
	var p llm.Part
	switch {
	case kind == "text":
		p.Kind = llm.PartText
		p.Text, err = textMember(v, "text")
	case kind == "image" && role != llm.RoleAssistant:
		p, err = readImage(member(v, "source"))
	case kind == "document" && role != llm.RoleAssistant:
		p, err = readDocument(v)
		d.documentExtras(v)
	case kind == "tool_use" && role == llm.RoleAssistant:
		p, err = d.toolUse(v)
	case kind == "tool_result" && role == llm.RoleUser:
		p, err = d.toolResult(v)
	case kind == "thinking" && role == llm.RoleAssistant:
		p.Kind = llm.PartReasoning
		if p.Text, err = str(member(v, "thinking"), "thinking"); err == nil {
			p.Signature, err = str(member(v, "signature"), "signature")
		}
	case kind == "redacted_thinking" && role == llm.RoleAssistant:
		p.Kind, p.Issuer = llm.PartRedacted, llm.IssuerAnthropic
		if _, err = nonEmpty(member(v, "data"), "data"); err == nil {
			p.Data = bytes.Clone(member(v, "data"))
		}
	case kind == "tool_use", kind == "tool_result", kind == "thinking", kind == "redacted_thinking":
		return p, llm.Invalid("type", "invalid_value", "this kind of block cannot stand in a message of this role")
	default:
		return llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerAnthropic, Data: bytes.Clone(v)}, nil
	}
	if err != nil {
		return p, err
	}
	p.Cache, err = cacheHint(member(v, "cache_control"))
	return p, err
}

func textMember(v []byte, key string) (string, *llm.Error) {
	t := member(v, key)
	if rawjson.KindOf(t) != rawjson.String {
		return "", wrongType(key, "a string")
	}
	return text(t), nil
}

// toolUse reads an earlier tool call.
func (d *requestDecoder) toolUse(v []byte) (llm.Part, *llm.Error) {
	id, err := nonEmpty(member(v, "id"), "id")
	if err != nil {
		return llm.Part{}, err
	}
	name, err := nonEmpty(member(v, "name"), "name")
	if err != nil {
		return llm.Part{}, err
	}
	input, err := object(member(v, "input"), "input")
	if err != nil {
		return llm.Part{}, err
	}
	if input == nil {
		return llm.Part{}, missing("input")
	}
	if d.calls == nil {
		d.calls = map[string]bool{}
	}
	d.calls[id] = true
	return llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: id, Name: name, Arguments: string(input)}}, nil
}

// toolResult reads what a tool gave back. It must answer an earlier call: no
// vendor takes one that does not.
func (d *requestDecoder) toolResult(v []byte) (llm.Part, *llm.Error) {
	id, err := nonEmpty(member(v, "tool_use_id"), "tool_use_id")
	if err != nil {
		return llm.Part{}, err
	}
	if !d.calls[id] {
		return llm.Part{}, llm.Invalid("tool_use_id", "invalid_value", "no earlier assistant message has a tool use with this id")
	}
	r := &llm.ToolResult{CallID: id}
	failed, err := boolean(member(v, "is_error"), "is_error")
	if err != nil {
		return llm.Part{}, err
	}
	r.IsError = failed != nil && *failed
	r.Parts, err = d.content(member(v, "content"), llm.RoleTool, "content")
	return llm.Part{Kind: llm.PartToolResult, Result: r}, err
}

// cacheHint reads a hint to cache the prompt.
func cacheHint(v []byte) (*llm.CacheHint, *llm.Error) {
	if isNull(v) {
		return nil, nil
	}
	if rawjson.KindOf(v) != rawjson.Object {
		return nil, wrongType("cache_control", "an object")
	}
	ttl, err := str(member(v, "ttl"), "cache_control.ttl")
	return &llm.CacheHint{TTL: ttl}, err
}
