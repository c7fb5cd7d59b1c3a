package anthropic

import (
	"bytes"
	"encoding/json"

	"github.com/fairwaygw/fairway/llm/rawjson"
)

const emptySchema = `{"type":"object","properties":{}}`

// appendInputSchema appends the schema of a tool's input. It must say that it is
// an object's, even where the caller did not.
func appendInputSchema(dst []byte, schema json.RawMessage) []byte {
	schema = bytes.TrimSpace(schema)
	if rawjson.KindOf(schema) != rawjson.Object {
		return append(dst, emptySchema...)
	}
	if string(member(schema, "type")) == `"object"` {
		return append(dst, schema...)
	}
	dst = append(dst, `{"type":"object"`...)
	for key, v := range members(schema) {
		if key == "type" {
			continue
		}
		dst = append(appendString(append(dst, ','), key), ':')
		dst = append(dst, v...)
	}
	return append(dst, '}')
}

// objectSchema reports whether a schema is that of an object, as a tool's input
// has to be.
func objectSchema(schema json.RawMessage) bool {
	kind := member(bytes.TrimSpace(schema), "type")
	return kind == nil || string(kind) == `"object"`
}

// unenforced are the words of JSON Schema that Anthropic's structured output
// refuses
// (https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations).
var unenforced = rawjson.NewNames(
	"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
	"maxItems", "uniqueItems", "minProperties", "maxProperties", "patternProperties", "propertyNames",
	"contains", "minContains", "maxContains", "dependentRequired", "dependentSchemas", "if", "then", "else", "not",
)

// appendOutputSchema appends a schema for structured output: objects are closed,
// as Anthropic requires, and oneOf is anyOf, which it knows. lost is set when
// something was left out that restricts the answer further.
func appendOutputSchema(dst []byte, schema json.RawMessage) (_ []byte, lost bool) {
	s := schemaWriter{dst: dst}
	s.schema(bytes.TrimSpace(schema))
	return s.dst, s.lost
}

type schemaWriter struct {
	dst  []byte
	lost bool
}

// schema writes one schema; anything but an object is one as it is. The depth is
// bounded by what Inspect lets through.
func (s *schemaWriter) schema(v []byte) {
	if rawjson.KindOf(v) != rawjson.Object {
		s.dst = append(s.dst, v...)
		return
	}
	s.dst = append(s.dst, '{')
	object, branches := false, member(v, "anyOf") != nil
	for key, m := range members(v) {
		switch {
		case key == "additionalProperties":
			s.lost = s.lost || string(m) != "false"
			continue
		case unenforced.Find([]byte(key)) >= 0, key == "oneOf" && branches:
			s.lost = true
			continue
		case key == "minItems" && string(m) != "0" && string(m) != "1":
			s.lost = true
			continue
		case key == "oneOf":
			key = "anyOf"
		case key == "type":
			object = object || string(m) == `"object"` || rawjson.KindOf(m) == rawjson.Array && bytes.Contains(m, []byte(`"object"`))
		case key == "properties":
			object = true
		}
		s.key(key)
		s.value(key, m)
	}
	if object {
		s.key("additionalProperties")
		s.dst = append(s.dst, "false"...)
	}
	s.dst = append(s.dst, '}')
}

func (s *schemaWriter) key(name string) {
	if s.dst[len(s.dst)-1] != '{' {
		s.dst = append(s.dst, ',')
	}
	s.dst = append(appendString(s.dst, name), ':')
}

// value writes what a word of a schema holds, in which there may be schemas.
func (s *schemaWriter) value(key string, v []byte) {
	switch key {
	case "properties", "$defs", "definitions":
		if rawjson.KindOf(v) != rawjson.Object {
			break
		}
		s.dst = append(s.dst, '{')
		for name, m := range members(v) {
			s.key(name)
			s.schema(m)
		}
		s.dst = append(s.dst, '}')
		return
	case "items", "anyOf", "allOf", "prefixItems":
		if rawjson.KindOf(v) != rawjson.Array {
			s.schema(v)
			return
		}
		s.dst = append(s.dst, '[')
		for i, m := range elements(v) {
			if i > 0 {
				s.dst = append(s.dst, ',')
			}
			s.schema(m)
		}
		s.dst = append(s.dst, ']')
		return
	}
	s.dst = append(s.dst, v...)
}
