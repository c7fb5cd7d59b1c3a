package responses

import (
	"bytes"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// items reads the conversation: text, which the user says, or a list.
func (d *requestDecoder) items(v []byte) error {
	switch rawjson.KindOf(v) {
	case rawjson.Null, rawjson.None:
		return nil
	case rawjson.String:
		if t := text(v); t != "" {
			d.r.Messages = append(d.r.Messages, llm.Message{Role: llm.RoleUser, Parts: []llm.Part{{Kind: llm.PartText, Text: t}}})
		}
		return nil
	case rawjson.Array:
	default:
		return wrongType("input", "a string or a list of items")
	}
	for i, item := range elements(v) {
		if err := d.item(item); err != nil {
			return within("input", i, err)
		}
	}
	return nil
}

// item reads one item. What the model made, be it text, thoughts or calls, is
// one message as long as nobody else says something.
func (d *requestDecoder) item(v []byte) *llm.Error {
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType("", "an object")
	}
	kind, err := str(member(v, "type"), "type")
	if err != nil {
		return err
	}
	switch kind {
	case "message", "":
		return d.message(v)
	case "reasoning":
		return d.thoughts(v)
	case "function_call":
		return d.functionCall(v)
	case "custom_tool_call":
		return d.customCall(v)
	case "function_call_output", "custom_tool_call_output":
		return d.callOutput(v)
	case "item_reference":
		return llm.Invalid("", "unsupported_parameter", "an item that a provider stores cannot be carried to another; send the item itself")
	case "additional_tools": // Codex
		return d.tools(member(v, "tools"), "tools", "")
	}
	part := llm.Part{Kind: llm.PartOpaque, Issuer: issuerItems, Data: bytes.Clone(v)}
	if strings.HasSuffix(kind, "_output") || kind == "mcp_approval_response" {
		d.r.Messages = append(d.r.Messages, llm.Message{Role: llm.RoleTool, Parts: []llm.Part{part}})
		return nil
	}
	d.said(part)
	return nil
}

// said adds to what the model says.
func (d *requestDecoder) said(parts ...llm.Part) {
	if n := len(d.r.Messages); n > 0 && d.r.Messages[n-1].Role == llm.RoleAssistant {
		m := &d.r.Messages[n-1]
		m.Parts = append(m.Parts, parts...)
		return
	}
	d.r.Messages = append(d.r.Messages, llm.Message{Role: llm.RoleAssistant, Parts: parts})
}

func (d *requestDecoder) message(v []byte) *llm.Error {
	role, err := nonEmpty(member(v, "role"), "role")
	if err != nil {
		return err
	}
	m := llm.Message{}
	switch role {
	case "system", "developer":
		m.Role = llm.RoleSystem
	case "user":
		m.Role = llm.RoleUser
	case "assistant":
		m.Role = llm.RoleAssistant
	default:
		return llm.Invalid("role", codeValue, "must be user, assistant, system or developer")
	}
	content := member(v, "content")
	if isNull(content) {
		return missing("content")
	}
	if m.Parts, err = readContent(content, m.Role, "content"); err != nil {
		return err
	}
	if m.Role == llm.RoleAssistant {
		d.said(m.Parts...)
		return nil
	}
	d.r.Messages = append(d.r.Messages, m)
	return nil
}

// thoughts reads an item of reasoning. Without text and without what proves it,
// it only refers to something that a provider stores, and says nothing.
func (d *requestDecoder) thoughts(v []byte) *llm.Error {
	encrypted, err := str(member(v, "encrypted_content"), "encrypted_content")
	if err != nil {
		return err
	}
	p := readEncrypted(encrypted)
	switch {
	case p.call:
		d.sign = p
		return nil
	case p.redacted:
		d.said(llm.Part{Kind: llm.PartRedacted, Issuer: p.issuer, Data: appendString(nil, p.signature)})
		return nil
	}
	t := paragraphs(member(v, "content"))
	if t == "" {
		t = paragraphs(member(v, "summary"))
	}
	if t != "" || p.signature != "" {
		d.said(llm.Part{Kind: llm.PartReasoning, Text: t, Signature: p.signature, Issuer: p.issuer})
	}
	return nil
}

// paragraphBreak is what stands between the parts of a summary.
const paragraphBreak = "\n\n"

// paragraphs is the text of a list of parts, or empty.
func paragraphs(v []byte) string {
	var b strings.Builder
	for _, e := range elements(v) {
		t := member(e, "text")
		if rawjson.KindOf(t) != rawjson.String {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(paragraphBreak)
		}
		b.WriteString(text(t))
	}
	return b.String()
}

// callRef reads the id of a call and its tool's name.
func callRef(v []byte) (id, name string, err *llm.Error) {
	if id, err = nonEmpty(member(v, "call_id"), "call_id"); err != nil {
		return "", "", err
	}
	if name, err = nonEmpty(member(v, "name"), "name"); err != nil {
		return "", "", err
	}
	namespace, err := str(member(v, "namespace"), "namespace")
	return id, qualified(namespace, name), err
}

func (d *requestDecoder) functionCall(v []byte) *llm.Error {
	id, name, err := callRef(v)
	if err != nil {
		return err
	}
	var arguments string
	if a := member(v, "arguments"); rawjson.KindOf(a) == rawjson.Object {
		arguments = string(a)
	} else if arguments, err = str(a, "arguments"); err != nil {
		return err
	}
	p := llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: id, Name: name, Arguments: arguments}}
	p.Signature, p.Issuer = d.sign.signature, d.sign.issuer
	d.sign = proof{}
	d.remember(id, false)
	d.said(p)
	return nil
}

func (d *requestDecoder) customCall(v []byte) *llm.Error {
	id, name, err := callRef(v)
	if err != nil {
		return err
	}
	input, err := str(member(v, "input"), "input")
	if err != nil {
		return err
	}
	c := customCall{id, name, input}
	d.remember(id, true)
	d.said(llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: c.neutral()})
	return nil
}

func (d *requestDecoder) remember(id string, custom bool) {
	if d.calls == nil {
		d.calls = map[string]bool{}
	}
	d.calls[id] = custom
}

// callOutput reads what a tool gave back. It must answer an earlier call, unless
// that may stand in the provider's store: no vendor takes one that does not.
func (d *requestDecoder) callOutput(v []byte) *llm.Error {
	id, err := nonEmpty(member(v, "call_id"), "call_id")
	if err != nil {
		return err
	}
	custom, ok := d.calls[id]
	if !ok && !d.continues() {
		return llm.Invalid("call_id", codeValue, "no earlier item is a call with this id")
	}
	output := member(v, "output")
	part := llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI}
	if custom {
		part.Data = neutralCustomResult(id, plainText(output))
	} else {
		parts, err := readContent(output, llm.RoleTool, "output")
		if err != nil {
			return err
		}
		part = llm.Part{Kind: llm.PartToolResult, Result: &llm.ToolResult{CallID: id, Parts: parts}}
	}
	d.r.Messages = append(d.r.Messages, llm.Message{Role: llm.RoleTool, Parts: []llm.Part{part}})
	return nil
}
