package gemini

import (
	"slices"

	"github.com/fairwaygw/fairway/llm/rawjson"
)

// complete makes a schema one that Google accepts: every value has a kind,
// lists say of what, and nothing is demanded that is not described.
func (s *schema) complete() {
	if s.kind == "" && len(s.anyOf) == 0 {
		switch {
		case len(s.properties) > 0:
			s.kind = kindObject
		case s.items != nil:
			s.kind = kindArray
		default:
			s.kind = kindString
		}
	}
	if s.kind != "" && slices.ContainsFunc(s.anyOf, func(a *schema) bool { return a.kind == "" && len(a.anyOf) == 0 }) {
		s.anyOf = nil // conditions on a value of one kind, which the subset cannot say
	}
	if s.kind == kindNull {
		s.kind, s.nullable = kindString, true
	}
	switch {
	case s.kind != kindArray:
		s.items = nil
	case s.items == nil:
		s.items = &schema{kind: kindString}
	}
	if s.kind != kindObject {
		s.properties = nil
	}
	if s.kind != kindString || len(s.anyOf) > 0 {
		s.enum = nil
	}
	if !slices.Contains(formats[s.kind], s.format) {
		s.format = ""
	}
	s.properties = unique(s.properties, func(p property) string { return p.name })
	s.limits = unique(s.limits, func(m member) string { return m.name })
	s.required = slices.DeleteFunc(unique(s.required, func(name string) string { return name }), func(name string) bool {
		return !slices.ContainsFunc(s.properties, func(p property) bool { return p.name == name })
	})
	for _, p := range s.properties {
		p.complete()
	}
	for _, a := range s.anyOf {
		a.complete()
	}
	if s.items != nil {
		s.items.complete()
	}
}

// unique keeps the first of those that have the same name.
func unique[T any](list []T, name func(T) string) []T {
	seen := make(map[string]bool, len(list))
	return slices.DeleteFunc(list, func(t T) bool {
		n := name(t)
		if seen[n] {
			return true
		}
		seen[n] = true
		return false
	})
}

// append appends the schema, its members always in the same order.
func (s *schema) append(dst []byte) []byte {
	w := schemaWriter{dst}
	w.schema(s)
	return w.dst
}

type schemaWriter struct{ dst []byte }

func (w *schemaWriter) raw(text string) { w.dst = append(w.dst, text...) }

func (w *schemaWriter) key(name string) {
	if w.dst[len(w.dst)-1] != '{' {
		w.raw(",")
	}
	w.dst = rawjson.AppendQuote(w.dst, name)
	w.raw(":")
}

func (w *schemaWriter) text(name, value string) {
	if value != "" {
		w.key(name)
		w.dst = rawjson.AppendQuote(w.dst, value)
	}
}

func (w *schemaWriter) texts(name string, list []string) {
	if len(list) == 0 {
		return
	}
	w.key(name)
	for i, v := range list {
		w.raw([]string{"[", ","}[min(i, 1)])
		w.dst = rawjson.AppendQuote(w.dst, v)
	}
	w.raw("]")
}

func (w *schemaWriter) schema(s *schema) {
	w.raw("{")
	w.text("type", s.kind)
	w.text("format", s.format)
	w.text("title", s.title)
	w.text("description", s.description)
	if s.nullable {
		w.key("nullable")
		w.raw("true")
	}
	w.texts("enum", s.enum)
	w.text("pattern", s.pattern)
	for _, m := range s.limits {
		w.key(m.name)
		w.dst = append(w.dst, m.value...)
	}
	if len(s.properties) > 0 {
		w.key("properties")
		w.raw("{")
		for _, p := range s.properties {
			w.key(p.name)
			w.schema(p.schema)
		}
		w.raw("}")
	}
	w.texts("required", s.required)
	if s.items != nil {
		w.key("items")
		w.schema(s.items)
	}
	if len(s.anyOf) > 0 {
		w.key("anyOf")
		for i, a := range s.anyOf {
			w.raw([]string{"[", ","}[min(i, 1)])
			w.schema(a)
		}
		w.raw("]")
	}
	w.raw("}")
}
