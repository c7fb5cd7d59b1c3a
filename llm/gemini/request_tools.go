package gemini

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// maxToolName is the length of the longest name that Google takes.
const maxToolName = 64

// tools writes the tools and what restricts them. The functions stand together
// where the first of them stood.
func (e *requestEncoder) tools() {
	allowed := e.allowed()
	functions := 0
	for i := range e.r.Tools {
		t := &e.r.Tools[i]
		switch {
		case t.Hosted == nil && functions == 0:
			functions = e.functions(e.r.Tools[i:], allowed)
		case t.Hosted == nil:
		case t.Issuer != llm.IssuerGoogle:
			e.drop(llm.FieldHostedTool)
		default:
			e.tool()
			e.value(t.Hosted)
		}
	}
	if e.listing {
		e.raw("]")
		e.listing = false
	}
	e.toolConfig(functions > 0, allowed != nil)
	e.dropIf(llm.FieldParallelTools, functions > 0 && e.r.ParallelTools != nil && !*e.r.ParallelTools)
}

// tool begins an entry of the list of tools.
func (e *requestEncoder) tool() {
	if !e.listing {
		e.key("tools")
		e.raw("[")
		e.listing = true
	}
	e.item()
}

// allowed are the names of the tools that may be called where none has to be:
// Google has no word for that, so the others are left out. Nil is all.
func (e *requestEncoder) allowed() []string {
	if c := e.r.ToolChoice; c != nil && c.Mode == llm.ToolAuto {
		return c.Names
	}
	return nil
}

// functions writes the functions among tools and returns their number.
func (e *requestEncoder) functions(tools []llm.Tool, allowed []string) int {
	n := 0
	for i := range tools {
		t := &tools[i]
		if t.Hosted != nil || allowed != nil && !slices.Contains(allowed, t.Name) {
			continue
		}
		if n == 0 {
			e.tool()
			e.raw(`{"functionDeclarations":[`)
		}
		n++
		e.item()
		e.function(t)
	}
	if n > 0 {
		e.raw("]}")
	}
	return n
}

func (e *requestEncoder) function(t *llm.Tool) {
	e.dropIf(llm.FieldToolStrict, t.Strict != nil && *t.Strict)
	e.dropIf(llm.FieldCacheControl, t.Cache != nil)
	e.raw(`{"name":`)
	e.str(e.toolName(t.Name))
	e.stringField("description", t.Description)
	switch {
	case !saysSomething(t.Parameters):
	case rawjson.KindOf(t.Parameters) != rawjson.Object:
		e.refuse("tools."+t.Name+".parameters", "invalid_type", "expected a JSON Schema")
	case e.family.jsonSchema():
		e.key("parametersJsonSchema")
		e.dst = appendObjectSchema(e.dst, t.Parameters)
	default:
		// Without parameters there must be no schema, not an empty one.
		if s := openAPISchema(t.Parameters); len(s.properties) > 0 {
			e.key("parameters")
			e.dst = s.append(e.dst)
		}
	}
	e.raw("}")
}

// toolName is a name as Google takes it: letters, digits and a few signs, a
// letter or underscore first. A name that had to be changed ends in a hash of
// the caller's, so that equal names stay equal and others do not become so.
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

func toolName(name string) string {
	valid := name != "" && len(name) <= maxToolName
	for i := 0; i < len(name) && valid; i++ {
		valid = nameByte(name[i], i == 0)
	}
	if valid {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	suffix := "_" + hex.EncodeToString(sum[:4])
	out := make([]byte, 0, maxToolName)
	if name == "" || !nameByte(name[0], true) && nameByte(name[0], false) {
		out = append(out, '_')
	}
	for i := 0; i < len(name) && len(out) < maxToolName-len(suffix); i++ {
		c := name[i]
		if !nameByte(c, len(out) == 0) {
			c = '_'
		}
		out = append(out, c)
	}
	return string(append(out, suffix...))
}

func nameByte(c byte, first bool) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		return true
	case c >= '0' && c <= '9', c == '.', c == ':', c == '-':
		return !first
	}
	return false
}

// toolConfig writes which functions are to be called. narrowed is set when the
// tools themselves say so already.
func (e *requestEncoder) toolConfig(functions, narrowed bool) {
	rest := e.leftover("toolConfig", "functionCallingConfig")
	c := e.r.ToolChoice
	if !functions {
		c = nil // Google refuses to restrict what is not there
	}
	if c == nil && len(rest) == 0 {
		return
	}
	e.key("toolConfig")
	e.raw("{")
	if c != nil {
		mode := map[llm.ToolMode]string{llm.ToolNone: "NONE", llm.ToolRequired: "ANY"}[c.Mode]
		if mode == "" {
			mode = "AUTO"
		}
		e.key("functionCallingConfig")
		e.raw(`{"mode":"` + mode + `"`)
		if c.Mode == llm.ToolRequired && !narrowed {
			names := make([]string, len(c.Names))
			for i, name := range c.Names {
				names[i] = e.toolName(name)
			}
			e.stringsField("allowedFunctionNames", names)
		}
		e.raw("}")
	}
	e.members(rest)
	e.raw("}")
}

// leftover are the members of an extra object which have no neutral meaning,
// as the front of this dialect keeps them. The ones that are given by name are
// not among them.
func (e *requestEncoder) leftover(name string, except ...string) []member {
	v, ok := e.r.Extra[name]
	if !ok {
		return nil
	}
	list, err := membersOf(v)
	if err != nil {
		return nil
	}
	list = slices.DeleteFunc(list, func(m member) bool {
		return slices.Contains(except, camel(m.name)) || !saysSomething(m.value)
	})
	e.out.Extra = append(e.out.Extra, name)
	return list
}

func (e *requestEncoder) members(list []member) {
	for _, m := range list {
		e.key(m.name)
		e.value(m.value)
	}
}
