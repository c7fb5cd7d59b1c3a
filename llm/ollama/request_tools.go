package ollama

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// tools writes the tools. The dialect cannot say which are to be called: where
// none may be, there are none, and where some may be, there are no others. That
// one must be called cannot be said at all; servers hang on an attempt.
func (e *requestEncoder) tools() {
	c := e.r.ToolChoice
	if c != nil && c.Mode == llm.ToolNone {
		return
	}
	n := 0
	for i := range e.r.Tools {
		t := &e.r.Tools[i]
		switch {
		case t.Hosted != nil:
			e.drop(llm.FieldHostedTool)
			continue
		case c != nil && len(c.Names) > 0 && !slices.Contains(c.Names, t.Name):
			continue
		}
		if n == 0 {
			e.key("tools")
			e.raw("[")
		}
		n++
		e.item()
		e.function(t)
	}
	if n == 0 {
		return
	}
	e.raw("]")
	e.dropIf(llm.FieldToolChoice, c != nil && c.Mode == llm.ToolRequired)
	e.dropIf(llm.FieldParallelTools, e.r.ParallelTools != nil && !*e.r.ParallelTools)
}

func (e *requestEncoder) function(t *llm.Tool) {
	e.dropIf(llm.FieldToolStrict, t.Strict != nil && *t.Strict)
	e.dropIf(llm.FieldCacheControl, t.Cache != nil)
	e.raw(`{"type":"function","function":{"name":`)
	e.str(t.Name)
	e.stringField("description", t.Description)
	e.key("parameters")
	e.dst = appendObjectSchema(e.dst, t.Parameters)
	e.raw("}}")
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
