package gemini

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/llm/rawjson"
)

// schema is a schema in the subset of OpenAPI 3.0 that Google's models take
// which do not take JSON Schema
// (https://ai.google.dev/api/caching#Schema).
type schema struct {
	kind, format, title, description, pattern string
	nullable                                  bool
	enum                                      []string
	// words are allowed values that are not all strings; enumKind is what kind
	// the values are of.
	words      []string
	enumKind   string
	properties []property
	required   []string
	items      *schema
	anyOf      []*schema
	// limits are minItems and their like, as they came.
	limits []member
}

type property struct {
	name string
	*schema
}

// The kinds of values.
const (
	kindString  = "string"
	kindNumber  = "number"
	kindInteger = "integer"
	kindObject  = "object"
	kindArray   = "array"
	kindBoolean = "boolean"
	kindNull    = "null"
)

// limitNames are the keywords that mean the same in both kinds of schemas.
var limitNames = []string{
	"minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength", "minimum", "maximum",
}

// formats are the formats that the subset knows, by kind.
var formats = map[string][]string{
	kindString: {"enum", "date-time"}, kindNumber: {"float", "double"}, kindInteger: {"int32", "int64"},
}

const (
	// maxSchemaDepth and maxSchemaNodes bound what a schema may unfold to once
	// its references are written out. Beyond, a value may be anything.
	maxSchemaDepth = 32
	maxSchemaNodes = 4096
	// maxSameRef is how often a schema may stand within itself.
	maxSameRef = 2
)

// openAPISchema converts a JSON Schema. What the subset cannot say is left out,
// which makes a schema wider, never narrower.
func openAPISchema(raw json.RawMessage) *schema {
	c := schemaConverter{root: raw, nodes: maxSchemaNodes}
	s := c.convert(raw, 0)
	if s.kind == "" && len(s.anyOf) == 0 && s.items == nil {
		s.kind = kindObject
	}
	s.complete()
	return s
}

// schemaConverter converts one JSON Schema, whose references are written out.
type schemaConverter struct {
	root json.RawMessage
	// open are the references that are being written out.
	open  []string
	nodes int
}

func (c *schemaConverter) convert(raw json.RawMessage, depth int) *schema {
	s := new(schema)
	list, err := membersOf(raw)
	c.nodes--
	if err != nil || depth > maxSchemaDepth || c.nodes < 0 {
		return s
	}
	for _, m := range list {
		c.keyword(s, m, depth)
	}
	s.tellEnum()
	return s
}

// keyword takes one member of a JSON Schema.
func (c *schemaConverter) keyword(s *schema, m member, depth int) {
	switch m.name {
	case "type":
		s.setTypes(m.value)
	case "title":
		s.title = stringOf(m.value)
	case "description":
		s.description = stringOf(m.value)
	case "format":
		s.format = stringOf(m.value)
	case "pattern":
		s.pattern = stringOf(m.value)
	case "nullable":
		s.nullable = s.nullable || rawjson.True(m.value)
	case "enum":
		s.setEnum(elementsOf(m.value))
	case "const":
		s.setEnum([]json.RawMessage{m.value})
	case "required":
		for _, v := range elementsOf(m.value) {
			s.required = append(s.required, stringOf(v))
		}
	case "properties":
		list, _ := membersOf(m.value)
		for _, p := range list {
			s.properties = append(s.properties, property{p.name, c.convert(p.value, depth+1)})
		}
	case "items":
		s.items = c.convert(m.value, depth+1)
	case "prefixItems":
		if s.items == nil {
			s.items = c.alternatives(elementsOf(m.value), depth+1)
		}
	case "anyOf", "oneOf":
		s.merge(c.alternatives(elementsOf(m.value), depth+1))
	case "allOf":
		for _, v := range elementsOf(m.value) {
			s.merge(c.convert(v, depth+1))
		}
	case "$ref":
		s.merge(c.reference(stringOf(m.value), depth+1))
	default:
		if slices.Contains(limitNames, m.name) && rawjson.KindOf(m.value) == rawjson.Number {
			s.limits = append(s.limits, m)
		}
	}
}

// reference converts what a reference points to. One that stands within itself
// is cut off.
func (c *schemaConverter) reference(ref string, depth int) *schema {
	same := 0
	for _, r := range c.open {
		if r == ref {
			same++
		}
	}
	target, ok := pointer(c.root, ref)
	if !ok || same >= maxSameRef {
		return &schema{kind: kindObject}
	}
	c.open = append(c.open, ref)
	s := c.convert(target, depth)
	c.open = c.open[:len(c.open)-1]
	return s
}

// pointer follows a JSON pointer within a document (RFC 6901), as "#/$defs/x".
func pointer(doc json.RawMessage, ref string) (json.RawMessage, bool) {
	path, ok := strings.CutPrefix(ref, "#")
	if !ok || path != "" && path[0] != '/' {
		return nil, false
	}
	for path != "" {
		var name string
		name, path, _ = strings.Cut(path[1:], "/")
		if path != "" {
			path = "/" + path
		}
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		list, err := membersOf(doc)
		at := slices.IndexFunc(list, func(m member) bool { return m.name == name })
		if err != nil || at < 0 {
			return nil, false
		}
		doc = list[at].value
	}
	return doc, true
}

// setTypes takes a type, or a list of them of which one may be null.
func (s *schema) setTypes(v json.RawMessage) {
	if rawjson.KindOf(v) == rawjson.String {
		s.setKinds([]string{stringOf(v)})
		return
	}
	var kinds []string
	for _, e := range elementsOf(v) {
		kinds = append(kinds, stringOf(e))
	}
	s.setKinds(kinds)
}

func (s *schema) setKinds(kinds []string) {
	var rest []string
	for _, k := range kinds {
		if k = strings.ToLower(k); k == kindNull {
			s.nullable = true
		} else {
			rest = append(rest, k)
		}
	}
	switch len(rest) {
	case 0:
		if s.nullable && s.kind == "" {
			s.kind = kindNull
		}
	case 1:
		s.kind = rest[0]
	default:
		for _, k := range rest {
			s.anyOf = append(s.anyOf, &schema{kind: k})
		}
	}
}

// setEnum takes the values that are allowed. The subset lists strings only, so
// that others are told in words.
func (s *schema) setEnum(values []json.RawMessage) {
	if len(values) == 0 {
		return
	}
	texts := true
	for _, v := range values {
		switch rawjson.KindOf(v) {
		case rawjson.Null:
			s.nullable = true
			continue
		case rawjson.String:
			s.enum = append(s.enum, stringOf(v))
		case rawjson.Number:
			texts = false
			s.enumKind = kindNumber
		case rawjson.Bool:
			texts = false
			s.enumKind = kindBoolean
		default:
			texts = false
		}
		s.words = append(s.words, string(v))
	}
	if texts {
		s.enumKind, s.words = kindString, nil
	} else {
		s.enum = nil
	}
}

// tellEnum settles what the allowed values say, once all keywords are read.
func (s *schema) tellEnum() {
	if s.kind == "" {
		s.kind = s.enumKind
	}
	if len(s.words) == 0 {
		return
	}
	said := "One of: " + strings.Join(s.words, ", ") + "."
	if s.description != "" {
		said = s.description + " " + said
	}
	s.description, s.words = said, nil
}

// alternatives converts schemas of which one holds. That it may be null is said
// apart from them.
func (c *schemaConverter) alternatives(list []json.RawMessage, depth int) *schema {
	s := new(schema)
	for _, v := range list {
		a := c.convert(v, depth)
		if a.kind == kindNull {
			s.nullable = true
			continue
		}
		s.anyOf = append(s.anyOf, a)
	}
	if len(s.anyOf) == 1 {
		one := *s.anyOf[0]
		one.nullable = one.nullable || s.nullable
		return &one
	}
	return s
}

// merge adds what another schema says of the same value.
func (s *schema) merge(o *schema) {
	for _, f := range []struct{ to, from *string }{
		{&s.kind, &o.kind}, {&s.format, &o.format}, {&s.title, &o.title}, {&s.description, &o.description}, {&s.pattern, &o.pattern},
	} {
		if *f.to == "" {
			*f.to = *f.from
		}
	}
	s.nullable = s.nullable || o.nullable
	s.properties = append(s.properties, o.properties...)
	s.required = append(s.required, o.required...)
	s.limits = append(s.limits, o.limits...)
	if s.items == nil {
		s.items = o.items
	}
	if len(s.enum) == 0 {
		s.enum = o.enum
	}
	if len(s.anyOf) == 0 {
		s.anyOf = o.anyOf
	}
}
