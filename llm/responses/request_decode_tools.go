package responses

import (
	"bytes"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// tools reads the tools; an empty list is none. Those of a namespace become
// tools of their own, under its name.
func (d *requestDecoder) tools(v []byte, at, namespace string) *llm.Error {
	if err := list(v, at); err != nil {
		return err
	}
	for i, t := range elements(v) {
		if err := d.tool(t, namespace); err != nil {
			return within(at, i, err)
		}
	}
	return nil
}

func (d *requestDecoder) tool(v []byte, namespace string) *llm.Error {
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType("", "an object")
	}
	kind, err := nonEmpty(member(v, "type"), "type")
	if err != nil {
		return err
	}
	var t llm.Tool
	switch kind {
	case "function":
		t, err = readFunction(v)
		t.Name = qualified(namespace, t.Name)
	case "custom":
		t, err = neutralCustomTool(v)
	case "namespace":
		name, err := nonEmpty(member(v, "name"), "name")
		if err != nil {
			return err
		}
		return d.tools(member(v, "tools"), "tools", name)
	default:
		t = llm.Tool{Hosted: bytes.Clone(v), Issuer: issuerItems}
	}
	if err != nil {
		return err
	}
	d.r.Tools = append(d.r.Tools, t)
	return nil
}

// readFunction reads a function. Clients that know chat completions better nest
// it there.
func readFunction(v []byte) (t llm.Tool, err *llm.Error) {
	at := ""
	if nested := member(v, "function"); rawjson.KindOf(nested) == rawjson.Object {
		v, at = nested, "function"
	}
	for key, m := range members(v) {
		switch key {
		case "name":
			t.Name, err = str(m, key)
		case "description":
			t.Description, err = str(m, key)
		case "parameters":
			t.Parameters, err = object(m, key)
		case "strict":
			t.Strict, err = boolean(m, key)
		}
		if err != nil {
			break
		}
	}
	if err == nil && t.Name == "" {
		err = missing("name")
	}
	if err != nil && at != "" {
		err = under(at, err)
	}
	return t, err
}

// toolChoice reads how free the model is to call tools. A choice of a hosted
// tool has no neutral meaning.
func (d *requestDecoder) toolChoice(v []byte) *llm.Error {
	const at = "tool_choice"
	switch rawjson.KindOf(v) {
	case rawjson.Null, rawjson.None:
		return nil
	case rawjson.String:
		mode, err := toolMode(v, at)
		d.r.ToolChoice = &llm.ToolChoice{Mode: mode}
		return err
	case rawjson.Object:
	default:
		return wrongType(at, "a string or an object")
	}
	kind, err := nonEmpty(member(v, "type"), at+".type")
	if err != nil {
		return err
	}
	switch kind {
	case "function", "custom":
		name, err := toolReference(v)
		if err != nil {
			return under(at, err)
		}
		d.r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{name}}
	case "allowed_tools":
		c, err := allowedTools(v)
		if err != nil {
			return under(at, err)
		}
		if c == nil {
			d.keep(at, v)
		}
		d.r.ToolChoice = c
	default:
		d.keep(at, v)
	}
	return nil
}

func toolMode(v []byte, at string) (llm.ToolMode, *llm.Error) {
	s, err := str(v, at)
	if err != nil {
		return "", err
	}
	switch s {
	case "auto", "none", "required":
		return llm.ToolMode(s), nil
	}
	return "", llm.Invalid(at, codeValue, "must be auto, none or required, or an object")
}

// allowedTools reads a choice among some of the tools, which is nil where all
// of them are hosted. Chat completions nest it one level deeper.
func allowedTools(v []byte) (*llm.ToolChoice, *llm.Error) {
	if nested := member(v, "allowed_tools"); nested != nil {
		v = nested
	}
	c := &llm.ToolChoice{Mode: llm.ToolAuto}
	if mode := member(v, "mode"); !isNull(mode) {
		var err *llm.Error
		if c.Mode, err = toolMode(mode, "mode"); err != nil {
			return nil, err
		}
	}
	tools := member(v, "tools")
	if err := list(tools, "tools"); err != nil {
		return nil, err
	}
	n := 0
	for i, t := range elements(tools) {
		n++
		kind, err := str(member(t, "type"), "type")
		if err != nil {
			return nil, within("tools", i, err)
		}
		if kind != "function" && kind != "custom" {
			continue
		}
		name, err := toolReference(t)
		if err != nil {
			return nil, within("tools", i, err)
		}
		c.Names = append(c.Names, name)
	}
	if n == 0 {
		return nil, missing("tools")
	}
	if len(c.Names) == 0 {
		return nil, nil
	}
	return c, nil
}

// toolReference reads the name of a function or a custom tool.
func toolReference(v []byte) (string, *llm.Error) {
	for _, nest := range [...]string{"function", "custom"} {
		if nested := member(v, nest); rawjson.KindOf(nested) == rawjson.Object {
			v = nested
		}
	}
	name, err := nonEmpty(member(v, "name"), "name")
	if err != nil {
		return "", err
	}
	namespace, err := str(member(v, "namespace"), "namespace")
	return qualified(namespace, name), err
}
