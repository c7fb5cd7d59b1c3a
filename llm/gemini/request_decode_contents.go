package gemini

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// decodedCall is a tool call that a result may answer.
type decodedCall struct {
	id, name string
	answered bool
}

// system reads what the system says; its role means nothing.
func (d *requestDecoder) system(v json.RawMessage) *llm.Error {
	parts, _, err := partsOf(v)
	if err != nil {
		return err
	}
	m := llm.Message{Role: llm.RoleSystem}
	for i, v := range parts {
		w, err := readPart(v)
		if err != nil {
			return within("parts", i, err)
		}
		if p, ok := w.neutral(); ok {
			m.Parts = append(m.Parts, p)
		}
	}
	if len(m.Parts) > 0 {
		d.r.Messages = append([]llm.Message{m}, d.r.Messages...)
	}
	return nil
}

// partsOf reads a content, which may be a plain text. The role is empty where
// none is given.
func partsOf(v json.RawMessage) (parts []json.RawMessage, role string, err *llm.Error) {
	if rawjson.KindOf(v) == rawjson.String {
		return []json.RawMessage{v}, "", nil
	}
	list, err := fieldsOf(v)
	if err != nil {
		return nil, "", err
	}
	for _, m := range list {
		switch m.name {
		case "parts":
			parts = listOf(m.value)
		case "role":
			if role, err = textOf(m.value); err != nil {
				return nil, "", under(m.name, err)
			}
		}
	}
	return parts, role, nil
}

// contents reads the conversation: a list of contents, or one.
func (d *requestDecoder) contents(v json.RawMessage) *llm.Error {
	list := listOf(v)
	if len(list) == 0 {
		return llm.Invalid("contents", "invalid_value", "there must be at least one content")
	}
	for i, c := range list {
		if err := d.content(c, i); err != nil {
			return within("contents", i, err)
		}
	}
	return nil
}

func (d *requestDecoder) content(v json.RawMessage, at int) *llm.Error {
	parts, role, err := partsOf(v)
	if err != nil {
		return err
	}
	switch role {
	case roleUser, "", "function", "tool":
		return d.user(parts)
	case roleModel, "assistant":
		return d.model(parts, at)
	case "system":
		return d.system(v)
	}
	return llm.Invalid("role", "invalid_value", "must be user or model")
}

// user reads what a user says, and what the tools gave back, which the dialect
// has the user say.
func (d *requestDecoder) user(parts []json.RawMessage) *llm.Error {
	m := llm.Message{Role: llm.RoleUser}
	flush := func(next llm.Role) {
		if len(m.Parts) > 0 {
			d.r.Messages = append(d.r.Messages, m)
		}
		m = llm.Message{Role: next}
	}
	for i, v := range parts {
		w, err := readPart(v)
		if err == nil && w.response != nil {
			if m.Role != llm.RoleTool {
				flush(llm.RoleTool)
			}
			var p llm.Part
			if p, err = d.result(w.response); err == nil {
				m.Parts = append(m.Parts, p)
			} else {
				err = under("functionResponse", err)
			}
		}
		if err != nil {
			return within("parts", i, err)
		}
		if p, ok := w.neutral(); ok {
			if m.Role != llm.RoleUser {
				flush(llm.RoleUser)
			}
			m.Parts = append(m.Parts, p)
		}
	}
	if len(m.Parts) > 0 || len(parts) == 0 {
		d.r.Messages = append(d.r.Messages, m)
	}
	return nil
}

// model reads what the model said. Calls that have no id get one, always the
// same for the same conversation.
func (d *requestDecoder) model(parts []json.RawMessage, at int) *llm.Error {
	m := llm.Message{Role: llm.RoleAssistant}
	for i, v := range parts {
		w, err := readPart(v)
		if err == nil && w.kind == partCall {
			if w.call.id == "" {
				call := &llm.ToolCall{Name: w.call.name}
				w.call.id = inventedID("contents["+strconv.Itoa(at)+"]", 0, i, call)
			}
			d.calls = append(d.calls, decodedCall{id: w.call.id, name: w.call.name})
			if w.call.name == "" {
				err = missing("functionCall.name")
			}
		}
		if err != nil {
			return within("parts", i, err)
		}
		if p, ok := w.neutral(); ok {
			m.Parts = append(m.Parts, p)
		}
	}
	d.r.Messages = append(d.r.Messages, m)
	return nil
}

// wirePart is a part of a request: what an answer can hold, and a tool's result.
type wirePart struct {
	part
	response json.RawMessage
}

// readPart reads a part. A plain text stands for a part that has it.
func readPart(v json.RawMessage) (wirePart, *llm.Error) {
	w := wirePart{}
	if rawjson.KindOf(v) == rawjson.String {
		w.kind, w.text = partText, stringOf(v)
		return w, nil
	}
	list, err := fieldsOf(v)
	if err != nil {
		return w, err
	}
	thought, other := false, false
	for _, m := range list {
		switch m.name {
		case "text":
			w.kind = max(w.kind, partText)
			w.text, err = textOf(m.value)
		case "thought":
			var b *bool
			if b, err = booleanOf(m.value); err == nil {
				thought = *b
			}
		case "thoughtSignature":
			w.signature, err = textOf(m.value)
		case "inlineData":
			w.kind = partMedia
			err = w.inlineData(m.value)
		case "fileData":
			w.kind = partMedia
			err = w.fileData(m.value)
		case "functionCall":
			w.kind = partCall
			err = w.functionCall(m.value)
		case "functionResponse":
			w.kind, w.response = partNothing, m.value
		case "videoMetadata", "mediaResolution", "partMetadata", "mediaProcessing":
			// about the part, not what it is
		default:
			other = true
		}
		if err != nil {
			return w, under(m.name, err)
		}
	}
	switch {
	case w.response != nil:
	case other && (w.kind == partNothing || w.kind == partText && w.text == ""):
		w.kind, w.raw = partOpaque, bytes.Clone(v)
	case thought && w.kind == partText:
		w.kind = partThought
	case w.kind == partNothing && w.signature != "":
		w.kind = partText
	}
	return w, nil
}

// neutral is false for a part that says nothing, or is a tool's result.
func (w *wirePart) neutral() (llm.Part, bool) {
	return w.part.neutral(&answer{}, 0, 0)
}

func (w *wirePart) inlineData(v json.RawMessage) *llm.Error {
	list, err := fieldsOf(v)
	if err != nil {
		return err
	}
	for _, m := range list {
		switch m.name {
		case "mimeType":
			w.mime, err = textOf(m.value)
		case "data":
			w.data, err = base64Of(m.value)
		}
		if err != nil {
			return under(m.name, err)
		}
	}
	switch {
	case w.mime == "":
		return missing("mimeType")
	case w.data == "":
		return missing("data")
	}
	return nil
}

func (w *wirePart) fileData(v json.RawMessage) *llm.Error {
	list, err := fieldsOf(v)
	if err != nil {
		return err
	}
	for _, m := range list {
		switch m.name {
		case "mimeType":
			w.mime, err = textOf(m.value)
		case "fileUri":
			if w.uri, err = textOf(m.value); err == nil {
				err = checkURL(w.uri)
			}
		}
		if err != nil {
			return under(m.name, err)
		}
	}
	if w.uri == "" {
		return missing("fileUri")
	}
	if w.mime == "" {
		w.mime = mimeType(&llm.Media{URL: w.uri}, llm.PartDocument)
	}
	return nil
}

func (w *wirePart) functionCall(v json.RawMessage) *llm.Error {
	list, err := fieldsOf(v)
	if err != nil {
		return err
	}
	for _, m := range list {
		switch m.name {
		case "id":
			w.call.id, err = textOf(m.value)
		case "name":
			w.call.name, err = textOf(m.value)
		case "args":
			var args json.RawMessage
			args, err = objectOf(m.value)
			w.call.args = string(args)
		}
		if err != nil {
			return under(m.name, err)
		}
	}
	return nil
}
