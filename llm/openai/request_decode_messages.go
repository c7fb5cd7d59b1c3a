package openai

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// messages reads the conversation.
func (d *requestDecoder) messages(v []byte) error {
	if isNull(v) {
		return missing("messages")
	}
	if err := list(v, "messages"); err != nil {
		return err
	}
	for i, m := range elements(v) {
		if err := d.message(m); err != nil {
			return within("messages", i, err)
		}
	}
	if len(d.r.Messages) == 0 {
		return llm.Invalid("messages", "invalid_value", "there must be at least one message")
	}
	return nil
}

// wireMessage are the members of a message, unread.
type wireMessage struct {
	role                                         string
	content, toolCalls, functionCall             []byte
	toolCallID, refusal, audio, cache            []byte
	reasoningContent, reasoning, details, blocks []byte
}

func (d *requestDecoder) message(v []byte) *llm.Error {
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType("", "an object")
	}
	var w wireMessage
	var m llm.Message
	var err *llm.Error
	for key, f := range members(v) {
		switch key {
		case "role":
			w.role, err = str(f, key)
		case "name":
			m.Name, err = str(f, key)
		case "content":
			w.content = f
		case "tool_calls":
			w.toolCalls = f
		case "function_call":
			w.functionCall = f
		case "tool_call_id":
			w.toolCallID = f
		case "refusal":
			w.refusal = f
		case "audio":
			w.audio = f
		case "cache_control":
			w.cache = f
		case "reasoning_content":
			w.reasoningContent = f
		case "reasoning":
			w.reasoning = f
		case "reasoning_details":
			w.details = f
		case "thinking_blocks":
			w.blocks = f
		}
		if err != nil {
			return err
		}
	}
	switch w.role {
	case "":
		return missing("role")
	case "system", "developer":
		m.Role = llm.RoleSystem
		m.Parts, err = requiredContent(w.content, llm.RoleSystem)
	case "user":
		m.Role = llm.RoleUser
		m.Parts, err = requiredContent(w.content, llm.RoleUser)
	case "assistant":
		m.Role = llm.RoleAssistant
		m.Parts, err = d.assistant(&w)
	case "tool":
		m.Role = llm.RoleTool
		m.Parts, err = d.toolResult(&w, v, m.Name)
		m.Name = ""
	case "function":
		m.Role = llm.RoleTool
		m.Parts, err = d.functionResult(&w, m.Name)
		m.Name = ""
	default:
		return llm.Invalid("role", "invalid_value", "must be system, developer, user, assistant, tool or function")
	}
	if err != nil {
		return err
	}
	if err := cacheLast(m.Parts, w.cache); err != nil {
		return err
	}
	d.r.Messages = append(d.r.Messages, m)
	return nil
}

// cacheLast puts a message's cache hint on its last part.
func cacheLast(parts []llm.Part, v []byte) *llm.Error {
	hint, err := cacheHint(v)
	if err != nil || hint == nil || len(parts) == 0 {
		return err
	}
	if last := &parts[len(parts)-1]; last.Cache == nil {
		last.Cache = hint
	}
	return nil
}

// requiredContent reads content that must be there.
func requiredContent(v []byte, role llm.Role) ([]llm.Part, *llm.Error) {
	if isNull(v) {
		return nil, missing("content")
	}
	return readContent(v, role)
}

// readContent reads content: text or a list of parts. Empty text is no part.
func readContent(v []byte, role llm.Role) ([]llm.Part, *llm.Error) {
	switch rawjson.KindOf(v) {
	case rawjson.Null, rawjson.None:
		return nil, nil
	case rawjson.String:
		text, err := str(v, "content")
		if text == "" {
			return nil, err
		}
		return []llm.Part{{Kind: llm.PartText, Text: text}}, err
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
		parts = append(parts, p)
	}
	return parts, nil
}

// assistant reads what the model said: its thoughts, then what it showed, then
// its calls.
func (d *requestDecoder) assistant(w *wireMessage) ([]llm.Part, *llm.Error) {
	parts, err := thoughts(w)
	if err != nil {
		return nil, err
	}
	said, err := readContent(w.content, llm.RoleAssistant)
	if err != nil {
		return nil, err
	}
	parts = append(parts, said...)
	refusal, err := str(w.refusal, "refusal")
	if err != nil {
		return nil, err
	}
	if refusal != "" {
		parts = append(parts, llm.Part{Kind: llm.PartRefusal, Text: refusal})
	}
	if !isNull(w.audio) {
		id, err := nonEmpty(member(w.audio, "id"), "audio.id")
		if err != nil {
			return nil, err
		}
		parts = append(parts, llm.Part{Kind: llm.PartAudio, Media: &llm.Media{FileID: id}})
	}
	if err := list(w.toolCalls, "tool_calls"); err != nil {
		return nil, err
	}
	for i, t := range elements(w.toolCalls) {
		p, err := d.toolCall(t)
		if err != nil {
			return nil, within("tool_calls", i, err)
		}
		parts = append(parts, p)
	}
	if !isNull(w.functionCall) {
		p, err := d.function(w.functionCall, "")
		if err != nil {
			return nil, under("function_call", err)
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// thoughts reads earlier reasoning from the first of its names that is used.
// Blocks come first, for they hold what proves them.
func thoughts(w *wireMessage) ([]llm.Part, *llm.Error) {
	var parts []llm.Part
	for i, v := range elements(w.blocks) {
		b := thinkingBlock{}
		var err *llm.Error
		for key, f := range members(v) {
			switch key {
			case "type":
				b.Type, err = str(f, key)
			case "thinking":
				b.Thinking, err = str(f, key)
			case "signature":
				b.Signature, err = str(f, key)
			case "data":
				b.Data, err = str(f, key)
			}
			if err != nil {
				return nil, within("thinking_blocks", i, err)
			}
		}
		if p, ok := b.neutral(); ok {
			parts = append(parts, p)
		}
	}
	if parts != nil {
		return parts, nil
	}
	var m message
	var err *llm.Error
	if m.ReasoningContent, err = str(w.reasoningContent, "reasoning_content"); err != nil {
		return nil, err
	}
	if m.Reasoning, err = str(w.reasoning, "reasoning"); err != nil {
		return nil, err
	}
	for i, v := range elements(w.details) {
		r := reasoningDetail{}
		for key, f := range members(v) {
			switch key {
			case "type":
				r.Type, err = str(f, key)
			case "text":
				r.Text, err = str(f, key)
			case "summary":
				r.Summary, err = str(f, key)
			case "data":
				r.Data, err = str(f, key)
			case "signature":
				r.Signature, err = str(f, key)
			case "format":
				r.Format, err = str(f, key)
			}
			if err != nil {
				return nil, within("reasoning_details", i, err)
			}
		}
		m.ReasoningDetails = append(m.ReasoningDetails, r)
	}
	return m.reasoningParts(), nil
}

// toolCall reads an earlier call. A custom tool's input is free text, for which
// other vendors have no place, so it stays as it came.
func (d *requestDecoder) toolCall(v []byte) (llm.Part, *llm.Error) {
	id, err := nonEmpty(member(v, "id"), "id")
	if err != nil {
		return llm.Part{}, err
	}
	if custom := member(v, "custom"); !isNull(custom) {
		name, err := nonEmpty(member(custom, "name"), "custom.name")
		if err != nil {
			return llm.Part{}, err
		}
		d.remember(id, call{name: name, custom: true})
		return llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: bytes.Clone(v)}, nil
	}
	p, err := d.function(member(v, "function"), id)
	if err != nil {
		return p, under("function", err)
	}
	signature, err := str(member(member(member(v, "extra_content"), "google"), "thought_signature"), "extra_content.google.thought_signature")
	if signature != "" {
		p.Signature, p.Issuer = unmarked(signature), llm.IssuerGoogle
	}
	return p, err
}

// function reads a call of a function. The old form has no ids; one is made
// from the place in the conversation.
func (d *requestDecoder) function(v []byte, id string) (llm.Part, *llm.Error) {
	name, err := nonEmpty(member(v, "name"), "name")
	if err != nil {
		return llm.Part{}, err
	}
	if id == "" {
		sum := sha256.Sum256([]byte(strconv.Itoa(len(d.r.Messages)) + "\x00" + name))
		id = "call_" + hex.EncodeToString(sum[:12])
	}
	var arguments string
	if a := member(v, "arguments"); rawjson.KindOf(a) == rawjson.Object {
		arguments = string(a)
	} else if arguments, err = str(a, "arguments"); err != nil {
		return llm.Part{}, err
	}
	d.remember(id, call{name: name})
	return llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: id, Name: name, Arguments: arguments}}, nil
}

func (d *requestDecoder) remember(id string, c call) {
	if d.calls == nil {
		d.calls = map[string]call{}
	}
	d.calls[id] = c
}

// toolResult reads what a tool gave back. It must answer an earlier call: no
// vendor takes one that does not, and all say so in a way that is hard to read.
func (d *requestDecoder) toolResult(w *wireMessage, raw []byte, name string) ([]llm.Part, *llm.Error) {
	id, err := nonEmpty(w.toolCallID, "tool_call_id")
	if err != nil {
		return nil, err
	}
	of, ok := d.calls[id]
	switch {
	case !ok:
		return nil, llm.Invalid("tool_call_id", "invalid_value", "no earlier assistant message has a tool call with this id")
	case of.custom:
		return []llm.Part{{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: bytes.Clone(raw)}}, nil
	}
	parts, err := readContent(w.content, llm.RoleTool)
	if err != nil {
		return nil, err
	}
	return []llm.Part{{Kind: llm.PartToolResult, Result: &llm.ToolResult{CallID: id, Name: name, Parts: parts}}}, nil
}

// functionResult reads the old form of a tool's result, which answers the last
// call of that function.
func (d *requestDecoder) functionResult(w *wireMessage, name string) ([]llm.Part, *llm.Error) {
	if name == "" {
		return nil, missing("name")
	}
	id := ""
	for i := len(d.r.Messages) - 1; i >= 0 && id == ""; i-- {
		for _, p := range d.r.Messages[i].Parts {
			if p.Kind == llm.PartToolCall && p.Call.Name == name {
				id = p.Call.ID
			}
		}
	}
	if id == "" {
		return nil, llm.Invalid("name", "invalid_value", "no earlier assistant message calls this function")
	}
	parts, err := readContent(w.content, llm.RoleTool)
	if err != nil {
		return nil, err
	}
	return []llm.Part{{Kind: llm.PartToolResult, Result: &llm.ToolResult{CallID: id, Name: name, Parts: parts}}}, nil
}
