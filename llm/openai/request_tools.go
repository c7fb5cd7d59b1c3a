package openai

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
	n := 0
	for i := range e.r.Tools {
		t := &e.r.Tools[i]
		switch {
		case t.Hosted != nil && (t.Issuer != llm.IssuerOpenAI || !e.vendor.own):
			e.drop(llm.FieldHostedTool)
			continue
		case t.Hosted == nil && allowed != nil && !slices.Contains(allowed, t.Name):
			continue
		}
		if n == 0 {
			e.key("tools")
			e.raw("[")
		} else {
			e.raw(",")
		}
		n++
		if t.Hosted != nil {
			e.value(t.Hosted)
		} else {
			e.function(t)
		}
	}
	if n == 0 {
		return
	}
	e.raw("]")
	e.toolChoice(allowed != nil)
	e.boolField("parallel_tool_calls", e.r.ParallelTools)
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

func (e *requestEncoder) function(t *llm.Tool) {
	e.raw(`{"type":"function","function":{"name":`)
	e.str(e.toolName(t.Name))
	e.stringField("description", t.Description)
	e.parameters(t)
	e.boolField("strict", t.Strict)
	e.raw("}")
	e.cache(t.Cache)
	e.raw("}")
}

// parameters writes a tool's schema. OpenAI takes a function without one;
// servers whose templates expect it do not. A schema must be an object's, even
// where the caller did not say so.
func (e *requestEncoder) parameters(t *llm.Tool) {
	if len(t.Parameters) == 0 {
		if !e.vendor.own {
			e.raw(`,"parameters":{"type":"object","properties":{}}`)
		}
		return
	}
	e.key("parameters")
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
	var top map[string]json.RawMessage
	if json.Unmarshal(schema, &top) != nil || top == nil {
		return true
	}
	for _, key := range []string{"type", "$ref", "anyOf", "oneOf", "allOf"} {
		if _, ok := top[key]; ok {
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
	c := e.r.ToolChoice
	if c == nil {
		return
	}
	required := "required"
	if e.vendor.mistral {
		required = "any"
	}
	mode := string(c.Mode)
	if c.Mode == llm.ToolRequired {
		mode = required
	}
	e.key("tool_choice")
	switch {
	case len(c.Names) == 0 || narrowed || c.Mode == llm.ToolNone:
		e.str(mode)
	case e.forced():
		e.namedTool(c.Names[0])
	default:
		e.raw(`{"type":"allowed_tools","allowed_tools":{"mode":`)
		e.str(mode)
		e.raw(`,"tools":[`)
		for i, name := range c.Names {
			if i > 0 {
				e.raw(",")
			}
			e.namedTool(name)
		}
		e.raw("]}}")
	}
}

// namedTool writes a reference to a tool, which is a custom one unless it is
// among the functions.
func (e *requestEncoder) namedTool(name string) {
	kind := "function"
	if e.vendor.own && !slices.ContainsFunc(e.r.Tools, func(t llm.Tool) bool { return t.Hosted == nil && t.Name == name }) {
		kind = "custom"
	}
	e.raw(`{"type":"` + kind + `","` + kind + `":{"name":`)
	e.str(e.toolName(name))
	e.raw("}}")
}

// cache writes a cache hint, where the target takes it.
func (e *requestEncoder) cache(c *llm.CacheHint) {
	switch {
	case c == nil:
	case e.vendor.cache:
		e.raw(`,"cache_control":{"type":"ephemeral"`)
		e.stringField("ttl", c.TTL)
		e.raw("}")
	case e.t.Vendor == "openai":
		e.drop(llm.FieldCacheControl)
	}
}
