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
	c := rawjson.Trust(v, 0)
	c.Array()
	for i := 0; c.NextItem(); i++ {
		var w wireItem
		w.read(&c, v)
		if err := d.item(&w); err != nil {
			return within("input", i, err)
		}
	}
	return nil
}

// wireItem are the members of an item, unread. Those of items that are kept as
// they came are not looked at.
type wireItem struct {
	// raw is nil where the item is no object.
	raw                       []byte
	kind, id, role, content   []byte
	callID, name, namespace   []byte
	arguments, input, output  []byte
	summary, encrypted, tools []byte
}

// read reads the item ahead, which stands in v.
func (w *wireItem) read(c *rawjson.Cursor, v []byte) {
	c.Kind() // moves to the value
	start := c.Offset()
	if !c.Object() {
		return
	}
	for c.NextField() {
		var dst *[]byte
		switch string(c.Key()) {
		case "type":
			dst = &w.kind
		case "id":
			dst = &w.id
		case "role":
			dst = &w.role
		case "content":
			dst = &w.content
		case "call_id":
			dst = &w.callID
		case "name":
			dst = &w.name
		case "namespace":
			dst = &w.namespace
		case "arguments":
			dst = &w.arguments
		case "input":
			dst = &w.input
		case "output":
			dst = &w.output
		case "summary":
			dst = &w.summary
		case "encrypted_content":
			dst = &w.encrypted
		case "tools":
			dst = &w.tools
		default:
			c.Skip()
			continue
		}
		*dst = c.Value()
	}
	if c.Err() == nil {
		w.raw = v[start:c.Offset()]
	}
}

// item reads one item. What the model made, be it text, thoughts or calls, is
// one message as long as nobody else says something.
func (d *requestDecoder) item(w *wireItem) *llm.Error {
	if w.raw == nil {
		return wrongType("", "an object")
	}
	kind, err := str(w.kind, "type")
	if err != nil {
		return err
	}
	switch kind {
	case "message", "":
		return d.message(w)
	case "reasoning":
		return d.thoughts(w)
	case "function_call":
		return d.functionCall(w)
	case "custom_tool_call":
		return d.customCall(w)
	case "function_call_output", "custom_tool_call_output":
		return d.callOutput(w)
	case "item_reference":
		return d.reference(w)
	case "additional_tools": // Codex
		return d.tools(w.tools, "tools", "")
	}
	part := llm.Part{Kind: llm.PartOpaque, Issuer: issuerItems, Data: bytes.Clone(w.raw)}
	if strings.HasSuffix(kind, "_output") || kind == "mcp_approval_response" {
		d.r.Messages = append(d.r.Messages, llm.Message{Role: llm.RoleTool, Parts: []llm.Part{part}})
		return nil
	}
	d.said(part)
	return nil
}

// reference reads an item that is kept elsewhere. Thoughts are left out, as they
// are where only their id is left of them.
func (d *requestDecoder) reference(w *wireItem) *llm.Error {
	id, err := str(w.id, "id")
	if err != nil {
		return err
	}
	if strings.HasPrefix(id, idReasoning) {
		return nil
	}
	return llm.Invalid("", "unsupported_parameter", "an item that a provider stores cannot be carried to another; send the item itself, which clients do when told not to store: \"store\": false")
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

func (d *requestDecoder) message(w *wireItem) *llm.Error {
	role, err := nonEmpty(w.role, "role")
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
	if isNull(w.content) {
		return missing("content")
	}
	if m.Parts, err = readContent(w.content, m.Role, "content"); err != nil {
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
func (d *requestDecoder) thoughts(w *wireItem) *llm.Error {
	encrypted, err := str(w.encrypted, "encrypted_content")
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
	t := paragraphs(w.content)
	if t == "" {
		t = paragraphs(w.summary)
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
func (w *wireItem) callRef() (id, name string, err *llm.Error) {
	if id, err = nonEmpty(w.callID, "call_id"); err != nil {
		return "", "", err
	}
	if name, err = nonEmpty(w.name, "name"); err != nil {
		return "", "", err
	}
	namespace, err := str(w.namespace, "namespace")
	return id, qualified(namespace, name), err
}

func (d *requestDecoder) functionCall(w *wireItem) *llm.Error {
	id, name, err := w.callRef()
	if err != nil {
		return err
	}
	var arguments string
	if rawjson.KindOf(w.arguments) == rawjson.Object {
		arguments = string(w.arguments)
	} else if arguments, err = str(w.arguments, "arguments"); err != nil {
		return err
	}
	p := llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: id, Name: name, Arguments: arguments}}
	p.Signature, p.Issuer = d.sign.signature, d.sign.issuer
	d.sign = proof{}
	d.remember(id, false)
	d.said(p)
	return nil
}

func (d *requestDecoder) customCall(w *wireItem) *llm.Error {
	id, name, err := w.callRef()
	if err != nil {
		return err
	}
	input, err := str(w.input, "input")
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
func (d *requestDecoder) callOutput(w *wireItem) *llm.Error {
	id, err := nonEmpty(w.callID, "call_id")
	if err != nil {
		return err
	}
	custom, ok := d.calls[id]
	if !ok && !d.continues() {
		return llm.Invalid("call_id", codeValue, "no earlier item is a call with this id")
	}
	part := llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI}
	if custom {
		part.Data = neutralCustomResult(id, plainText(w.output))
	} else {
		parts, err := readContent(w.output, llm.RoleTool, "output")
		if err != nil {
			return err
		}
		part = llm.Part{Kind: llm.PartToolResult, Result: &llm.ToolResult{CallID: id, Parts: parts}}
	}
	d.r.Messages = append(d.r.Messages, llm.Message{Role: llm.RoleTool, Parts: []llm.Part{part}})
	return nil
}
