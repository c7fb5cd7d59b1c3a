package openai

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

func readTool(v []byte) (llm.Tool, *llm.Error) {
	if rawjson.KindOf(v) != rawjson.Object {
		return llm.Tool{}, wrongType("", "an object")
	}
	kind, err := str(member(v, "type"), "type")
	if err != nil {
		return llm.Tool{}, err
	}
	fn := member(v, "function")
	switch {
	case kind == "function" || kind == "" && fn != nil: // Mistral's clients leave the type out
	case kind == "":
		return llm.Tool{}, missing("type")
	default:
		return llm.Tool{Hosted: bytes.Clone(v), Issuer: llm.IssuerOpenAI}, nil
	}
	t, err := readFunction(fn)
	if err != nil {
		return t, under("function", err)
	}
	if t.Cache == nil {
		t.Cache, err = cacheHint(member(v, "cache_control"))
	}
	return t, err
}

func readFunction(v []byte) (t llm.Tool, err *llm.Error) {
	if rawjson.KindOf(v) != rawjson.Object {
		return t, missing("")
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

// cacheHint reads Anthropic's hint, which this dialect's clients put wherever
// Anthropic has it.
func cacheHint(v []byte) (*llm.CacheHint, *llm.Error) {
	if isNull(v) {
		return nil, nil
	}
	if rawjson.KindOf(v) != rawjson.Object {
		return nil, wrongType("cache_control", "an object")
	}
	ttl, err := str(member(v, "ttl"), "cache_control.ttl")
	return &llm.CacheHint{TTL: ttl}, err
}

// toolChoice reads how free the model is to call tools.
func toolChoice(v []byte) (*llm.ToolChoice, *llm.Error) {
	const at = "tool_choice"
	switch rawjson.KindOf(v) {
	case rawjson.Null, rawjson.None:
		return nil, nil
	case rawjson.String:
		mode, err := toolMode(v, at)
		return &llm.ToolChoice{Mode: mode}, err
	case rawjson.Object:
	default:
		return nil, wrongType(at, "a string or an object")
	}
	kind, err := str(member(v, "type"), at+".type")
	if err != nil {
		return nil, err
	}
	if kind == "allowed_tools" {
		c, err := allowedTools(v)
		if err != nil {
			return nil, under(at, err)
		}
		return c, nil
	}
	name, err := toolReference(v)
	if err != nil {
		return nil, under(at, err)
	}
	return &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{name}}, nil
}

func toolMode(v []byte, at string) (llm.ToolMode, *llm.Error) {
	s, err := str(v, at)
	if err != nil {
		return "", err
	}
	switch s {
	case "auto", "none", "required":
		return llm.ToolMode(s), nil
	case "any": // Mistral's word
		return llm.ToolRequired, nil
	}
	return "", llm.Invalid(at, "invalid_value", "must be auto, none or required, or an object")
}

// allowedTools reads a choice among some of the tools. OpenAI nests it; its
// responses API, and clients that mix the two up, do not.
func allowedTools(v []byte) (*llm.ToolChoice, *llm.Error) {
	const at = "allowed_tools"
	in := v
	if nested := member(v, at); nested != nil {
		in = nested
	}
	c := &llm.ToolChoice{Mode: llm.ToolAuto}
	if mode := member(in, "mode"); !isNull(mode) {
		var err *llm.Error
		if c.Mode, err = toolMode(mode, "mode"); err != nil {
			return nil, under(at, err)
		}
	}
	for i, t := range elements(member(in, "tools")) {
		name, err := toolReference(t)
		if err != nil {
			return nil, under(at, within("tools", i, err))
		}
		c.Names = append(c.Names, name)
	}
	if len(c.Names) == 0 {
		return nil, under(at, missing("tools"))
	}
	return c, nil
}

// toolReference reads the name out of {"type":"function","function":{"name":…}}
// or the same for a custom tool.
func toolReference(v []byte) (string, *llm.Error) {
	kind, err := str(member(v, "type"), "type")
	if err != nil {
		return "", err
	}
	switch kind {
	case "function", "custom":
	case "":
		kind = "function"
	default:
		return "", llm.Invalid("type", "invalid_value", "must be function, custom or allowed_tools")
	}
	in := v
	if nested := member(v, kind); nested != nil {
		in = nested
	}
	name, err := nonEmpty(member(in, "name"), "name")
	if err != nil {
		return "", under(kind, err)
	}
	return name, nil
}

// legacyTools reads functions and function_call, which tools have replaced.
func (d *requestDecoder) legacyTools() error {
	if err := list(d.functions, "functions"); err != nil {
		return err
	}
	for i, f := range elements(d.functions) {
		t, err := readFunction(f)
		if err != nil {
			return within("functions", i, err)
		}
		d.r.Tools = append(d.r.Tools, t)
	}
	if d.r.ToolChoice != nil || isNull(d.functionCall) {
		return nil
	}
	if rawjson.KindOf(d.functionCall) == rawjson.Object {
		name, err := nonEmpty(member(d.functionCall, "name"), "function_call.name")
		if err != nil {
			return err
		}
		d.r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{name}}
		return nil
	}
	mode, err := toolMode(d.functionCall, "function_call")
	if err != nil {
		return err
	}
	d.r.ToolChoice = &llm.ToolChoice{Mode: mode}
	return nil
}
