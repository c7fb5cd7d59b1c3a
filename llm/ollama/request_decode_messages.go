package ollama

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// decodedCall is a tool call that a result may answer.
type decodedCall struct {
	id, name string
	answered bool
}

// roleOf is the neutral role of a role's name, or empty. Ollama does not care
// for case.
func roleOf(name string) llm.Role {
	switch strings.ToLower(name) {
	case "system":
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

// wireMessage is what a message says.
type wireMessage struct {
	role                         llm.Role
	content, thinking            string
	images, toolCalls            []byte
	toolName, name, answeredCall string
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
			w.content, err = str(f, key)
		case "thinking":
			w.thinking, err = str(f, key)
		case "images":
			w.images = f
		case "tool_calls":
			w.toolCalls = f
		case "tool_name":
			w.toolName, err = str(f, key)
		case "name": // of clients that know OpenAI's tools better
			w.name, err = str(f, key)
		case "tool_call_id":
			w.answeredCall, err = str(f, key)
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

// parts are what a message consists of: thoughts, text, images and calls, or a
// tool's result. Empty text is no part.
func (d *requestDecoder) parts(w *wireMessage) ([]llm.Part, *llm.Error) {
	var parts []llm.Part
	if w.thinking != "" && w.role == llm.RoleAssistant {
		parts = append(parts, llm.Part{Kind: llm.PartReasoning, Text: w.thinking})
	}
	if w.content != "" {
		parts = append(parts, llm.Part{Kind: llm.PartText, Text: w.content})
	}
	images, err := readImages(w.images)
	if err != nil {
		return nil, err
	}
	parts = append(parts, images...)
	switch w.role {
	case llm.RoleTool:
		return d.toolResult(w, parts)
	case llm.RoleAssistant:
		return d.toolCalls(w.toolCalls, parts)
	}
	return parts, nil
}

// toolCalls reads earlier calls. Those that have no id get one, always the same
// for the same conversation.
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
		if i == 0 {
			d.calls = d.calls[:0]
		}
		if call.ID == "" {
			call.ID = inventedID("messages["+strconv.Itoa(len(d.r.Messages))+"]", i, call.Name, "")
		}
		if d.names == nil {
			d.names = map[string]string{}
		}
		d.names[call.ID] = call.Name
		d.calls = append(d.calls, decodedCall{id: call.ID, name: call.Name})
		parts = append(parts, llm.Part{Kind: llm.PartToolCall, Call: call})
	}
	return parts, nil
}

func toolCall(v []byte) (*llm.ToolCall, *llm.Error) {
	id, err := str(member(v, "id"), "id")
	if err != nil {
		return nil, err
	}
	function := member(v, "function")
	name, err := nonEmpty(member(function, "name"), "name")
	if err != nil {
		return nil, under("function", err)
	}
	args := member(function, "arguments")
	call := &llm.ToolCall{ID: id, Name: name}
	switch rawjson.KindOf(args) {
	case rawjson.Object:
		call.Arguments = string(args)
	case rawjson.String: // as OpenAI has them
		call.Arguments = text(args)
	case rawjson.Null, rawjson.None:
		call.Arguments = "{}"
	default:
		return nil, wrongType("function.arguments", "an object")
	}
	return call, nil
}

// inventedID makes an id for a tool call that has none, from where it stands.
// The same call always gets the same id.
func inventedID(place string, index int, name, arguments string) string {
	b := append([]byte(place), 0)
	b = strconv.AppendInt(b, int64(index), 10)
	b = append(append(b, 0), name...)
	b = append(append(b, 0), arguments...)
	sum := sha256.Sum256(b)
	return "call_" + hex.EncodeToString(sum[:12])
}

// toolResult reads what a tool gave back. It answers the call with its id or,
// where it gives none, the first one of its name that nothing has answered yet;
// without a name too, as in old clients, the first one.
func (d *requestDecoder) toolResult(w *wireMessage, parts []llm.Part) ([]llm.Part, *llm.Error) {
	r := &llm.ToolResult{CallID: w.answeredCall, Name: w.toolName, Parts: parts}
	if r.Name == "" {
		r.Name = w.name
	}
	if r.CallID == "" {
		for i := range d.calls {
			if c := &d.calls[i]; !c.answered && (r.Name == "" || r.Name == c.name) {
				c.answered = true
				r.CallID = c.id
				break
			}
		}
	}
	name, ok := d.names[r.CallID]
	if !ok {
		at := "tool_name"
		if w.answeredCall != "" {
			at = "tool_call_id"
		}
		return nil, llm.Invalid(at, codeValue, "no earlier assistant message has a tool call that this answers")
	}
	r.Name = name
	for i := range d.calls {
		if d.calls[i].id == r.CallID {
			d.calls[i].answered = true
		}
	}
	return []llm.Part{{Kind: llm.PartToolResult, Result: r}}, nil
}

// tools reads the tools, all of which are functions.
func (d *requestDecoder) tools(v []byte) *llm.Error {
	const at = "tools"
	if err := list(v, at); err != nil {
		return err
	}
	for i, e := range elements(v) {
		t, err := tool(member(e, "function"))
		if err != nil {
			return within(at, i, under("function", err))
		}
		d.r.Tools = append(d.r.Tools, t)
	}
	return nil
}

func tool(v []byte) (t llm.Tool, err *llm.Error) {
	for key, m := range members(v) {
		switch key {
		case "name":
			t.Name, err = str(m, key)
		case "description":
			t.Description, err = str(m, key)
		case "parameters":
			t.Parameters, err = object(m, key)
		}
		if err != nil {
			return t, err
		}
	}
	if t.Name == "" {
		return t, missing("name")
	}
	return t, nil
}
