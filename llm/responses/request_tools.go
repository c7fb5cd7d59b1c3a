package responses

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/fairwaygw/fairway/llm"
)

// tools writes the tools and what restricts them; nothing restricts where there
// are none.
func (e *requestEncoder) tools() {
	allowed := e.allowed()
	begun := len(e.dst)
	e.key("tools")
	e.raw("[")
	empty := len(e.dst)
	for i := range e.r.Tools {
		t := &e.r.Tools[i]
		switch {
		case t.Hosted != nil:
			e.hosted(empty, t)
		case allowed == nil || slices.Contains(allowed, t.Name):
			e.comma(empty)
			e.function(t)
		}
	}
	if len(e.dst) == empty {
		e.dst = e.dst[:begun]
		return
	}
	e.raw("]")
	e.toolChoice(allowed != nil)
	e.boolField("parallel_tool_calls", e.r.ParallelTools)
}

// hosted writes a tool that runs at the provider, or a custom tool.
func (e *requestEncoder) hosted(empty int, t *llm.Tool) {
	if t.Issuer == issuerItems {
		e.comma(empty)
		e.value(t.Hosted)
		return
	}
	if t.Issuer == llm.IssuerOpenAI && e.vendor.own {
		before := len(e.dst)
		e.comma(empty)
		var ok bool
		if e.dst, ok = appendCustomTool(e.dst, t.Hosted); ok {
			return
		}
		e.dst = e.dst[:before]
	}
	e.drop(llm.FieldHostedTool)
}

// allowed are the names of the tools that may be called, where the target
// cannot be told so: the others are left out instead. Nil is all.
func (e *requestEncoder) allowed() []string {
	c := e.r.ToolChoice
	if c == nil || e.vendor.own || len(c.Names) == 0 || c.Mode == llm.ToolNone || e.forced() {
		return nil
	}
	return c.Names
}

// forced reports whether one certain tool must be called.
func (e *requestEncoder) forced() bool {
	c := e.r.ToolChoice
	return c.Mode == llm.ToolRequired && len(c.Names) == 1
}

// function writes a function. Unlike elsewhere, functions of this dialect are
// strict unless they say that they are not.
func (e *requestEncoder) function(t *llm.Tool) {
	e.dropIf(llm.FieldCacheControl, t.Cache != nil)
	e.raw(`{"type":"function","name":`)
	e.str(e.toolName(t.Name))
	e.stringField("description", t.Description)
	e.parameters(t)
	if t.Strict != nil && *t.Strict {
		e.raw(`,"strict":true}`)
	} else {
		e.raw(`,"strict":false}`)
	}
}

// parameters writes a tool's schema, which must be an object's, even where the
// caller did not say so.
func (e *requestEncoder) parameters(t *llm.Tool) {
	e.key("parameters")
	if len(t.Parameters) == 0 {
		e.raw(`{"type":"object","properties":{}}`)
		return
	}
	if typed(t.Parameters) {
		e.value(t.Parameters)
		return
	}
	rest := bytes.TrimSpace(t.Parameters)[1:]
	e.raw(`{"type":"object"`)
	if !bytes.HasPrefix(bytes.TrimSpace(rest), []byte("}")) {
		e.raw(",")
	}
	e.value(rest)
}

// typed reports whether a schema says what type it is of, or is no object that
// could be completed.
func typed(schema json.RawMessage) bool {
	schema = bytes.TrimSpace(schema)
	if len(schema) == 0 || schema[0] != '{' {
		return true
	}
	for _, key := range [...]string{"type", "$ref", "anyOf", "oneOf", "allOf"} {
		if member(schema, key) != nil {
			return true
		}
	}
	return false
}

// toolName is a name as the target takes it, and remembers how to undo that.
func (e *requestEncoder) toolName(name string) string {
	own := toolName(name)
	if own != name {
		if e.out.ToolNames == nil {
			e.out.ToolNames = map[string]string{}
		}
		e.out.ToolNames[own] = name
	}
	return own
}

// toolChoice writes which tools are to be called. narrowed is set when the
// tools themselves say so already.
func (e *requestEncoder) toolChoice(narrowed bool) {
	const key = "tool_choice"
	c := e.r.ToolChoice
	if c == nil {
		if v, ok := e.r.Extra[key]; ok { // a hosted tool
			e.key(key)
			e.value(v)
			e.out.Extra = append(e.out.Extra, key)
		}
		return
	}
	e.key(key)
	switch {
	case len(c.Names) == 0 || narrowed || c.Mode == llm.ToolNone:
		e.str(string(c.Mode))
	case e.forced():
		e.namedTool(c.Names[0])
	default:
		e.raw(`{"type":"allowed_tools","mode":`)
		e.str(string(c.Mode))
		e.raw(`,"tools":[`)
		for i, name := range c.Names {
			if i > 0 {
				e.raw(",")
			}
			e.namedTool(name)
		}
		e.raw("]}")
	}
}

// namedTool writes a reference to a tool, which is a custom one unless it is
// among the functions.
func (e *requestEncoder) namedTool(name string) {
	kind := "function"
	if e.vendor.own && !slices.ContainsFunc(e.r.Tools, func(t llm.Tool) bool { return t.Hosted == nil && t.Name == name }) {
		kind = "custom"
	}
	e.raw(`{"type":"` + kind + `","name":`)
	e.str(e.toolName(name))
	e.raw("}")
}
