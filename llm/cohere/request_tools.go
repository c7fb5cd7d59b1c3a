package cohere

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// tools writes the tools and what restricts them, and reports whether there are
// any. Cohere can be told to call some tool but not which, so where only some
// may be called there are no others.
func (e *requestEncoder) tools() bool {
	c := e.r.ToolChoice
	strict, loose := 0, 0
	for i := range e.r.Tools {
		t := &e.r.Tools[i]
		switch {
		case t.Hosted != nil:
			e.drop(llm.FieldHostedTool)
			continue
		case c != nil && c.Mode != llm.ToolNone && len(c.Names) > 0 && !slices.Contains(c.Names, t.Name):
			continue
		}
		if strict+loose == 0 {
			e.key("tools")
			e.raw("[")
		}
		if t.Strict != nil && *t.Strict {
			strict++
		} else {
			loose++
		}
		e.item()
		e.function(t)
	}
	if strict+loose == 0 {
		return false
	}
	e.raw("]")
	switch {
	case loose == 0:
		e.raw(`,"strict_tools":true`)
	case strict > 0: // it is for all or none
		e.drop(llm.FieldToolStrict)
	}
	if c != nil {
		switch c.Mode {
		case llm.ToolRequired:
			e.raw(`,"tool_choice":"REQUIRED"`)
		case llm.ToolNone:
			e.raw(`,"tool_choice":"NONE"`)
		}
	}
	e.dropIf(llm.FieldParallelTools, e.r.ParallelTools != nil && !*e.r.ParallelTools)
	return true
}

func (e *requestEncoder) function(t *llm.Tool) {
	e.dropIf(llm.FieldCacheControl, t.Cache != nil)
	e.raw(`{"type":"function","function":{"name":`)
	e.str(e.toolName(t.Name))
	e.stringField("description", t.Description)
	e.key("parameters")
	e.dst = appendObjectSchema(e.dst, t.Parameters)
	e.raw("}}")
}

// maxToolName is the length of the longest name that is sent.
const maxToolName = 64

// toolName is a name as Cohere takes it: letters, digits and underscores, no
// digit first. A name that had to be changed ends in a hash of the caller's, so
// that equal names stay equal and others do not become so.
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
	if name == "" || !nameByte(name[0], true) {
		out = append(out, '_')
	}
	for i := 0; i < len(name) && len(out) < maxToolName-len(suffix); i++ {
		c := name[i]
		if !nameByte(c, false) {
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
	case c >= '0' && c <= '9':
		return !first
	}
	return false
}

// isObject reports whether text, without space around it, is a JSON object.
func isObject(text string) bool {
	return strings.HasPrefix(text, "{") && json.Valid([]byte(text))
}

// appendObjectSchema appends a JSON Schema of a function's parameters, which
// must say that it is an object's even where the caller's does not, or where
// there is none.
func appendObjectSchema(dst []byte, schema json.RawMessage) []byte {
	if rawjson.KindOf(schema) != rawjson.Object {
		return append(dst, `{"type":"object","properties":{}}`...)
	}
	for _, name := range []string{"type", "$ref", "anyOf", "oneOf", "allOf"} {
		if member(schema, name) != nil {
			return append(dst, schema...)
		}
	}
	dst = append(dst, `{"type":"object"`...)
	rest := bytes.TrimSpace(schema[1:])
	if rest[0] != '}' {
		dst = append(dst, ',')
	}
	return append(dst, rest...)
}
