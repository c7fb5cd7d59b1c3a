package gemini

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// result reads what a tool gave back. It answers the call with its id or, for
// most clients give none, the first of its name that nothing has answered yet.
func (d *requestDecoder) result(v json.RawMessage) (llm.Part, *llm.Error) {
	var p llm.Part
	list, err := fieldsOf(v)
	if err != nil {
		return p, err
	}
	r := &llm.ToolResult{}
	var media []llm.Part
	for _, m := range list {
		switch m.name {
		case "id":
			r.CallID, err = textOf(m.value)
		case "name":
			r.Name, err = textOf(m.value)
		case "response":
			err = readResponse(r, m.value)
		case "parts":
			media, err = resultMedia(m.value)
		}
		if err != nil {
			return p, under(m.name, err)
		}
	}
	r.Parts = append(r.Parts, media...)
	call := d.answered(r)
	if call == nil {
		return p, llm.Invalid("", "invalid_value", "this answers no functionCall before it")
	}
	call.answered = true
	r.CallID, r.Name = call.id, call.name
	return llm.Part{Kind: llm.PartToolResult, Result: r}, nil
}

// answered finds the call that a result answers.
func (d *requestDecoder) answered(r *llm.ToolResult) *decodedCall {
	var byName *decodedCall
	for i := len(d.calls) - 1; i >= 0; i-- {
		c := &d.calls[i]
		switch {
		case r.CallID != "" && c.id == r.CallID:
			return c
		case c.name == r.Name && !c.answered:
			byName = c
		}
	}
	return byName
}

// readResponse reads a result's object: a text under output or error, or else
// the object itself.
func readResponse(r *llm.ToolResult, v json.RawMessage) *llm.Error {
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType("an object")
	}
	text := string(v)
	if list, err := membersOf(v); err == nil && len(list) == 1 {
		only := list[0]
		r.IsError = only.name == "error"
		switch {
		case (r.IsError || only.name == "output") && rawjson.KindOf(only.value) == rawjson.String:
			text = stringOf(only.value)
		case r.IsError:
			text = string(only.value)
		}
	}
	r.Parts = []llm.Part{{Kind: llm.PartText, Text: text}}
	return nil
}

func resultMedia(v json.RawMessage) ([]llm.Part, *llm.Error) {
	var parts []llm.Part
	for i, e := range listOf(v) {
		w, err := readPart(e)
		if err != nil {
			return nil, within("", i, err)
		}
		if p, ok := w.neutral(); ok {
			parts = append(parts, p)
		}
	}
	return parts, nil
}

// tools reads the tools. What is no function runs at Google.
func (d *requestDecoder) tools(v json.RawMessage) *llm.Error {
	for i, e := range listOf(v) {
		list, err := fieldsOf(e)
		if err != nil {
			return within("", i, err)
		}
		for _, m := range list {
			if m.name != "functionDeclarations" {
				hosted := append(rawjson.AppendQuote([]byte{'{'}, m.name), ':')
				hosted = append(append(hosted, m.value...), '}')
				d.r.Tools = append(d.r.Tools, llm.Tool{Hosted: hosted, Issuer: llm.IssuerGoogle})
				continue
			}
			for j, f := range listOf(m.value) {
				t, err := functionOf(f)
				if err != nil {
					return within("", i, within(m.name, j, err))
				}
				d.r.Tools = append(d.r.Tools, t)
			}
		}
	}
	return nil
}

func functionOf(v json.RawMessage) (llm.Tool, *llm.Error) {
	var t llm.Tool
	list, err := fieldsOf(v)
	if err != nil {
		return t, err
	}
	var own json.RawMessage
	for _, m := range list {
		switch m.name {
		case "name":
			t.Name, err = textOf(m.value)
		case "description":
			t.Description, err = textOf(m.value)
		case "parameters":
			own, err = jsonSchema(m.value)
		case "parametersJsonSchema":
			t.Parameters, err = objectOf(m.value)
		}
		if err != nil {
			return t, under(m.name, err)
		}
	}
	if t.Parameters == nil {
		t.Parameters = own
	}
	if t.Name == "" {
		return t, missing("name")
	}
	return t, nil
}

// toolConfig reads what restricts the tools.
func (d *requestDecoder) toolConfig(v json.RawMessage) *llm.Error {
	list, err := fieldsOf(v)
	if err != nil {
		return err
	}
	const calling = "functionCallingConfig"
	for _, m := range list {
		if m.name == calling {
			if d.r.ToolChoice, err = toolChoiceOf(m.value); err != nil {
				return under(calling, err)
			}
		}
	}
	d.rest("toolConfig", slices.DeleteFunc(list, func(m member) bool { return m.name == calling }))
	return nil
}

func toolChoiceOf(v json.RawMessage) (*llm.ToolChoice, *llm.Error) {
	list, err := fieldsOf(v)
	if err != nil {
		return nil, err
	}
	c := &llm.ToolChoice{Mode: llm.ToolAuto}
	for _, m := range list {
		switch m.name {
		case "mode":
			c.Mode, err = toolModeOf(m.value)
		case "allowedFunctionNames":
			c.Names, err = textsOf(m.value)
		}
		if err != nil {
			return nil, under(m.name, err)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	return c, nil
}

func toolModeOf(v json.RawMessage) (llm.ToolMode, *llm.Error) {
	word, err := wordOf(v)
	if err != nil {
		return "", err
	}
	switch strings.ToUpper(word) {
	case "", "MODE_UNSPECIFIED", "AUTO", "VALIDATED", "0", "1":
		return llm.ToolAuto, nil
	case "ANY", "2":
		return llm.ToolRequired, nil
	case "NONE", "3":
		return llm.ToolNone, nil
	}
	return "", llm.Invalid("", "invalid_value", "must be AUTO, ANY, NONE or VALIDATED")
}
