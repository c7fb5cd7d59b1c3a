package cohere

import (
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// roleOf is the neutral role of a role's name, or empty.
func roleOf(name string) llm.Role {
	switch name {
	case "system", "developer":
		return llm.RoleSystem
	case "user":
		return llm.RoleUser
	case "assistant":
		return llm.RoleAssistant
	case "tool":
		return llm.RoleTool
	}
	return ""
}

func badRole() *llm.Error {
	return llm.Invalid("role", codeValue, "must be system, user, assistant or tool")
}

// messages reads the conversation.
func (d *requestDecoder) messages(v []byte) *llm.Error {
	if err := list(v, "messages"); err != nil {
		return err
	}
	for i, m := range elements(v) {
		if err := d.message(m); err != nil {
			return within("messages", i, err)
		}
	}
	return nil
}

// wireMessage are the members of a message.
type wireMessage struct {
	role               llm.Role
	content, toolCalls []byte
	plan, toolCallID   string
}

func (d *requestDecoder) message(v []byte) *llm.Error {
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType("", "an object")
	}
	var w wireMessage
	for key, f := range members(v) {
		var err *llm.Error
		switch key {
		case "role":
			var name string
			if name, err = str(f, key); err == nil && name != "" {
				if w.role = roleOf(name); w.role == "" {
					err = badRole()
				}
			}
		case "content":
			w.content = f
		case "tool_plan":
			w.plan, err = str(f, key)
		case "tool_calls":
			w.toolCalls = f
		case "tool_call_id":
			w.toolCallID, err = str(f, key)
		}
		if err != nil {
			return err
		}
	}
	if w.role == "" {
		return missing("role")
	}
	parts, err := d.parts(&w)
	if err != nil {
		return err
	}
	d.r.Messages = append(d.r.Messages, llm.Message{Role: w.role, Parts: parts})
	return nil
}

// parts are what a message consists of: what it shows, the plan for its calls,
// and these; or a tool's result.
func (d *requestDecoder) parts(w *wireMessage) ([]llm.Part, *llm.Error) {
	parts, err := readContent(w.content, w.role)
	if err != nil {
		return nil, err
	}
	switch w.role {
	case llm.RoleTool:
		return d.toolResult(w, parts)
	case llm.RoleAssistant:
		if w.plan != "" {
			parts = append(parts, llm.Part{Kind: llm.PartReasoning, Text: w.plan})
		}
		return d.toolCalls(w.toolCalls, parts)
	}
	return parts, nil
}

// readContent reads content: text or a list of parts. Empty text is no part.
func readContent(v []byte, role llm.Role) ([]llm.Part, *llm.Error) {
	switch rawjson.KindOf(v) {
	case rawjson.Null, rawjson.None:
		return nil, nil
	case rawjson.String:
		if s := text(v); s != "" {
			return []llm.Part{{Kind: llm.PartText, Text: s}}, nil
		}
		return nil, nil
	case rawjson.Array:
	default:
		return nil, wrongType("content", "a string or a list of parts")
	}
	var parts []llm.Part
	for i, e := range elements(v) {
		p, err := readPart(e, role)
		if err != nil {
			return nil, within("content", i, err)
		}
		if p.Text != "" || p.Media != nil {
			parts = append(parts, p)
		}
	}
	return parts, nil
}

// readPart reads one part of content.
func readPart(v []byte, role llm.Role) (llm.Part, *llm.Error) {
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
		p.Text, err = str(member(v, kind), kind)
	case kind == "thinking" && role == llm.RoleAssistant:
		p.Kind = llm.PartReasoning
		p.Text, err = str(member(v, kind), kind)
	case kind == "image_url" && role == llm.RoleUser:
		p, err = readImage(member(v, kind))
	case kind == "document" && role == llm.RoleTool:
		p.Kind = llm.PartText
		p.Text, err = readDocument(member(v, kind))
	default:
		return p, llm.Invalid("type", codeValue, "this kind of content part cannot stand in a message of this role")
	}
	return p, err
}

// readImage reads an image by address: {"url":…}, or the address itself.
func readImage(v []byte) (llm.Part, *llm.Error) {
	at := "image_url"
	var detail string
	if rawjson.KindOf(v) == rawjson.Object {
		var err *llm.Error
		if detail, err = str(member(v, "detail"), at+".detail"); err != nil {
			return llm.Part{}, err
		}
		v, at = member(v, "url"), at+".url"
	}
	address, err := nonEmpty(v, at)
	if err != nil {
		return llm.Part{}, err
	}
	m, err := readImageURL(address)
	if err != nil {
		return llm.Part{}, under(at, err)
	}
	m.Detail = detail
	return llm.Part{Kind: llm.PartImage, Media: m}, nil
}

// readDocument reads what a tool found: the text of its data, which is an object
// or (as in Cohere's own examples) text.
func readDocument(v []byte) (string, *llm.Error) {
	data := member(v, "data")
	switch rawjson.KindOf(data) {
	case rawjson.String:
		return text(data), nil
	case rawjson.Object:
		return string(data), nil
	}
	return "", missing("document.data")
}

// toolCalls reads earlier calls.
func (d *requestDecoder) toolCalls(v []byte, parts []llm.Part) ([]llm.Part, *llm.Error) {
	const at = "tool_calls"
	if err := list(v, at); err != nil {
		return nil, err
	}
	for i, t := range elements(v) {
		call, err := toolCall(t)
		if err != nil {
			return nil, within(at, i, err)
		}
		if d.calls == nil {
			d.calls = map[string]string{}
		}
		d.calls[call.ID] = call.Name
		parts = append(parts, llm.Part{Kind: llm.PartToolCall, Call: call})
	}
	return parts, nil
}

func toolCall(v []byte) (*llm.ToolCall, *llm.Error) {
	id, err := nonEmpty(member(v, "id"), "id")
	if err != nil {
		return nil, err
	}
	function := member(v, "function")
	name, err := nonEmpty(member(function, "name"), "name")
	if err != nil {
		return nil, under("function", err)
	}
	call := &llm.ToolCall{ID: id, Name: name}
	if args := member(function, "arguments"); rawjson.KindOf(args) == rawjson.Object {
		call.Arguments = string(args)
	} else if call.Arguments, err = str(args, "function.arguments"); err != nil {
		return nil, err
	}
	return call, nil
}

// toolResult reads what a tool gave back, which must answer an earlier call.
func (d *requestDecoder) toolResult(w *wireMessage, parts []llm.Part) ([]llm.Part, *llm.Error) {
	if w.toolCallID == "" {
		return nil, missing("tool_call_id")
	}
	name, ok := d.calls[w.toolCallID]
	if !ok {
		return nil, llm.Invalid("tool_call_id", codeValue, "no earlier assistant message has a tool call with this id")
	}
	r := &llm.ToolResult{CallID: w.toolCallID, Name: name, Parts: parts}
	return []llm.Part{{Kind: llm.PartToolResult, Result: r}}, nil
}
