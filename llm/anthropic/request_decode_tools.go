package anthropic

import (
	"bytes"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// tools reads the tools; an empty list is none.
func (d *requestDecoder) tools(v []byte) *llm.Error {
	if err := list(v, "tools"); err != nil {
		return err
	}
	for i, t := range elements(v) {
		tool, err := readTool(t)
		if err != nil {
			return within("tools", i, err)
		}
		d.r.Tools = append(d.r.Tools, tool)
	}
	return nil
}

// readTool reads a tool: one that the caller describes, or one that Anthropic
// knows.
func readTool(v []byte) (t llm.Tool, err *llm.Error) {
	if rawjson.KindOf(v) != rawjson.Object {
		return t, wrongType("", "an object")
	}
	kind, err := str(member(v, "type"), "type")
	if err != nil {
		return t, err
	}
	if kind != "" && kind != "custom" {
		return llm.Tool{Hosted: bytes.Clone(v), Issuer: llm.IssuerAnthropic}, nil
	}
	for key, m := range members(v) {
		switch key {
		case "name":
			t.Name, err = str(m, key)
		case "description":
			t.Description, err = str(m, key)
		case "input_schema":
			t.Parameters, err = object(m, key)
		case "strict":
			t.Strict, err = boolean(m, key)
		case "cache_control":
			t.Cache, err = cacheHint(m)
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

// toolChoice reads how free the model is to call tools.
func (d *requestDecoder) toolChoice(v []byte) *llm.Error {
	const at = "tool_choice"
	if isNull(v) {
		return nil
	}
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType(at, "an object")
	}
	kind, err := nonEmpty(member(v, "type"), at+".type")
	if err != nil {
		return err
	}
	c := new(llm.ToolChoice)
	switch kind {
	case "auto":
		c.Mode = llm.ToolAuto
	case "any":
		c.Mode = llm.ToolRequired
	case "none":
		c.Mode = llm.ToolNone
	case "tool":
		name, err := nonEmpty(member(v, "name"), at+".name")
		if err != nil {
			return err
		}
		c.Mode, c.Names = llm.ToolRequired, []string{name}
	default:
		return llm.Invalid(at+".type", "invalid_value", "must be auto, any, tool or none")
	}
	d.r.ToolChoice = c
	single, err := boolean(member(v, "disable_parallel_tool_use"), at+".disable_parallel_tool_use")
	if single != nil && *single {
		parallel := false
		d.r.ParallelTools = &parallel
	}
	return err
}
