package bedrock

import (
	"bytes"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// toolConfig reads the tools and what restricts them.
func (d *requestDecoder) toolConfig(v []byte) (err *llm.Error) {
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType("", "an object")
	}
	tools := member(v, "tools")
	if err := list(tools, "tools"); err != nil {
		return err
	}
	for i, e := range elements(tools) {
		if err := d.tool(e); err != nil {
			return within("tools", i, err)
		}
	}
	if choice := member(v, "toolChoice"); !isNull(choice) {
		d.r.ToolChoice, err = toolChoice(choice)
	}
	return err
}

// tool reads a function, a cache point, which is a hint on the tool before it, or
// a tool that runs at Amazon.
func (d *requestDecoder) tool(v []byte) *llm.Error {
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType("", "an object")
	}
	if point := member(v, "cachePoint"); point != nil {
		if n := len(d.r.Tools); n > 0 {
			d.r.Tools[n-1].Cache = cacheHint(point)
		}
		return nil
	}
	spec := member(v, "toolSpec")
	if spec == nil {
		d.r.Tools = append(d.r.Tools, llm.Tool{Hosted: bytes.Clone(v), Issuer: issuer})
		return nil
	}
	var t llm.Tool
	for key, m := range members(spec) {
		var err *llm.Error
		switch key {
		case "name":
			t.Name, err = str(m, key)
		case "description":
			t.Description, err = str(m, key)
		case "inputSchema":
			t.Parameters, err = object(member(m, "json"), key+".json")
		case "strict":
			t.Strict, err = boolean(m, key)
		}
		if err != nil {
			return under("toolSpec", err)
		}
	}
	if t.Name == "" {
		return missing("toolSpec.name")
	}
	d.r.Tools = append(d.r.Tools, t)
	return nil
}

func toolChoice(v []byte) (*llm.ToolChoice, *llm.Error) {
	const at = "toolChoice"
	switch {
	case member(v, "auto") != nil:
		return &llm.ToolChoice{Mode: llm.ToolAuto}, nil
	case member(v, "any") != nil:
		return &llm.ToolChoice{Mode: llm.ToolRequired}, nil
	case member(v, "tool") != nil:
		name, err := nonEmpty(member(member(v, "tool"), "name"), at+".tool.name")
		return &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{name}}, err
	}
	return nil, llm.Invalid(at, codeValue, "must have auto, any or tool")
}
