package gemini

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// kindNumbers are Google's numbers for the kinds of values.
var kindNumbers = map[string]string{
	"1": kindString, "2": kindNumber, "3": kindInteger, "4": kindBoolean, "5": kindArray, "6": kindObject, "7": kindNull,
}

// jsonSchema converts a schema in Google's subset of OpenAPI's to JSON Schema.
func jsonSchema(v json.RawMessage) (json.RawMessage, *llm.Error) {
	if rawjson.KindOf(v) != rawjson.Object {
		return nil, wrongType("an object")
	}
	return appendJSONSchema(nil, v)
}

// appendJSONSchema appends a schema in JSON Schema's spelling.
func appendJSONSchema(dst []byte, v json.RawMessage) ([]byte, *llm.Error) {
	if rawjson.KindOf(v) != rawjson.Object {
		return append(dst, v...), nil
	}
	list, err := fieldsOf(v)
	if err != nil {
		return dst, err
	}
	nullable := slices.ContainsFunc(list, func(m member) bool { return m.name == "nullable" && rawjson.True(m.value) })
	list = slices.DeleteFunc(list, member.onlyOpenAPI)
	typed := slices.ContainsFunc(list, func(m member) bool { return m.name == "type" })
	dst = append(dst, '{')
	for _, m := range list {
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(rawjson.AppendQuote(dst, m.name), ':')
		if dst, err = appendKeyword(dst, m, nullable, typed); err != nil {
			return dst, under(m.name, err)
		}
	}
	return append(dst, '}'), nil
}

// onlyOpenAPI reports whether a keyword says nothing in JSON Schema.
func (m member) onlyOpenAPI() bool {
	switch m.name {
	case "nullable", "propertyOrdering":
		return true
	case "format":
		return stringOf(m.value) == "enum"
	case "type":
		return stringOf(m.value) == "TYPE_UNSPECIFIED"
	}
	return false
}

// appendKeyword appends the value of one keyword.
func appendKeyword(dst []byte, m member, nullable, typed bool) ([]byte, *llm.Error) {
	switch m.name {
	case "type":
		return appendType(dst, m.value, nullable)
	case "properties", "defs", "$defs":
		return appendSchemas(dst, m.value)
	case "items", "additionalProperties":
		return appendJSONSchema(dst, m.value)
	case "anyOf", "prefixItems":
		dst = append(dst, '[')
		for i, s := range elementsOf(m.value) {
			if i > 0 {
				dst = append(dst, ',')
			}
			var err *llm.Error
			if dst, err = appendJSONSchema(dst, s); err != nil {
				return dst, within("", i, err)
			}
		}
		if m.name == "anyOf" && nullable && !typed {
			dst = append(dst, `,{"type":"null"}`...)
		}
		return append(dst, ']'), nil
	case "enum":
		if nullable && rawjson.KindOf(m.value) == rawjson.Array && len(elementsOf(m.value)) > 0 {
			return append(append(dst, m.value[:len(m.value)-1]...), ",null]"...), nil
		}
	default:
		if slices.Contains(limitNames, m.name) && rawjson.KindOf(m.value) == rawjson.String {
			n, err := integerOf(m.value, 0) // numbers of 64 bits stand in quotes
			if err != nil {
				return dst, err
			}
			return appendNumber(dst, float64(*n)), nil
		}
	}
	return append(dst, m.value...), nil
}

// appendType appends a type in JSON Schema's spelling.
func appendType(dst []byte, v json.RawMessage, nullable bool) ([]byte, *llm.Error) {
	if rawjson.KindOf(v) == rawjson.Array { // JSON Schema already
		return append(dst, v...), nil
	}
	word, err := wordOf(v)
	if err != nil {
		return dst, err
	}
	kind := strings.ToLower(word)
	if own, ok := kindNumbers[word]; ok {
		kind = own
	}
	if !nullable || kind == kindNull {
		return rawjson.AppendQuote(dst, kind), nil
	}
	dst = rawjson.AppendQuote(append(dst, '['), kind)
	return append(dst, `,"null"]`...), nil
}

// appendSchemas appends schemas by name. The names are the caller's.
func appendSchemas(dst []byte, v json.RawMessage) ([]byte, *llm.Error) {
	list, failed := membersOf(v)
	if failed != nil || rawjson.KindOf(v) != rawjson.Object {
		return dst, wrongType("an object")
	}
	dst = append(dst, '{')
	for i, p := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(rawjson.AppendQuote(dst, p.name), ':')
		var err *llm.Error
		if dst, err = appendJSONSchema(dst, p.value); err != nil {
			return dst, under(p.name, err)
		}
	}
	return append(dst, '}'), nil
}
