package instance

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm/rawjson"
)

// object is a JSON object in the order in which it was written. A value is one
// of these, a []any, string, json.Number, bool or nil.
type object struct {
	keys   []string
	values map[string]any
}

func newObject() *object { return &object{values: map[string]any{}} }

func (o *object) set(key string, v any) {
	if _, ok := o.values[key]; !ok {
		o.keys = append(o.keys, key)
	}
	o.values[key] = v
}

// orTrue is a schema under a key; without one, the schema that takes all.
func (o *object) orTrue(key string) any {
	if v, ok := o.values[key]; ok {
		return v
	}
	return true
}

// clone copies an object, but not what is in it.
func (o *object) clone() *object {
	c := &object{keys: slices.Clone(o.keys), values: make(map[string]any, len(o.values))}
	for k, v := range o.values {
		c.values[k] = v
	}
	return c
}

// maxDepth bounds how deep schemas are nested.
const maxDepth = 256

func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := decodeValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the schema")
	}
	switch v.(type) {
	case *object, bool:
		return v, nil
	}
	return nil, errors.New("a schema is an object, or true or false")
}

func decodeValue(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := t.(json.Delim)
	if !ok {
		return t, nil
	}
	if depth == maxDepth {
		return nil, errors.New("it is nested too deeply")
	}
	if delim == '[' {
		items := []any{}
		for d.More() {
			v, err := decodeValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			items = append(items, v)
		}
		_, err = d.Token()
		return items, err
	}
	o := newObject()
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := decodeValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		o.set(key.(string), v) // a decoder returns nothing else for a key
	}
	_, err = d.Token()
	return o, err
}

// encode appends a value as JSON.
func encode(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case json.Number:
		return append(b, v...)
	case string:
		return rawjson.AppendQuote(b, v)
	case []any:
		b = append(b, '[')
		for i, item := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = encode(b, item)
		}
		return append(b, ']')
	case *object:
		b = append(b, '{')
		for i, key := range v.keys {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(rawjson.AppendQuote(b, key), ':')
			b = encode(b, v.values[key])
		}
		return append(b, '}')
	}
	return b
}

// child is the part of a value that one step of a JSON pointer leads to
// (RFC 6901, and its section 6 for fragments).
func child(v any, step string) (any, bool) {
	step, err := url.PathUnescape(step)
	if err != nil {
		return nil, false
	}
	step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
	switch v := v.(type) {
	case *object:
		c, ok := v.values[step]
		return c, ok
	case []any:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(v) {
			return v[i], true
		}
	}
	return nil, false
}

// weight is how many parts a value has at its first level.
func weight(v any) int {
	switch v := v.(type) {
	case []any:
		return len(v)
	case *object:
		return len(v.keys)
	}
	return 0
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func texts(v any) []string {
	var out []string
	for _, item := range list(v) {
		if s, ok := item.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// typesOf are the types that a schema allows, null last. Where it names none,
// its other keywords do.
func typesOf(o *object) []string {
	var types []string
	switch t := o.values["type"].(type) {
	case string:
		return []string{t}
	case []any:
		for _, name := range texts(t) {
			if name != "null" {
				types = append(types, name)
			}
		}
		if len(types) < len(t) {
			types = append(types, "null")
		}
		return types
	}
	for _, hint := range typeHints {
		for _, keyword := range hint.keywords {
			if _, ok := o.values[keyword]; ok {
				return []string{hint.name}
			}
		}
	}
	return []string{"string"}
}

var typeHints = []struct {
	name     string
	keywords []string
}{
	{"object", []string{"properties", "required", "additionalProperties", "patternProperties", "minProperties", "propertyNames"}},
	{"array", []string{"items", "prefixItems", "minItems", "contains", "uniqueItems"}},
	{"string", []string{"pattern", "minLength", "maxLength", "format"}},
	{"number", []string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}},
}

// hasType reports whether a value is of one of the types.
func hasType(v any, types []string) bool {
	name := "null"
	switch v := v.(type) {
	case bool:
		name = "boolean"
	case string:
		name = "string"
	case []any:
		name = "array"
	case *object:
		name = "object"
	case json.Number:
		name = "number"
		if r, ok := rational(v); ok && r.IsInt() && slices.Contains(types, "integer") {
			return true
		}
	}
	return slices.Contains(types, name)
}
