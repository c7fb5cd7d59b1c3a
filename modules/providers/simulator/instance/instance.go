// Package instance makes instances of JSON schemas: one valid value, always the
// same one for the same schema.
//
// It knows the keywords that occur in the parameters of tools and in structured
// output: type, properties, required, enum, const, bounds of every kind,
// multipleOf, format, pattern, items, prefixItems, contains, uniqueItems, $ref
// and $defs, allOf, anyOf, oneOf, if and then, in the spelling of any draft.
// "not" is not looked at, that exactly one of oneOf holds is not checked, and
// patterns beyond Go's regular expressions are not met.
package instance

import (
	"errors"
	"fmt"
	"strings"
)

// Append appends an instance of a schema. A schema that no value satisfies, or
// none of a reasonable size, is an error.
func Append(dst, schema []byte) ([]byte, error) {
	if len(schema) > maxSchema {
		return dst, errors.New("it is too large")
	}
	root, err := decode(schema)
	if err != nil {
		return dst, fmt.Errorf("reading the schema: %w", err)
	}
	m := &maker{root: root, budget: maxSteps}
	v, err := m.value(root, place{})
	if err != nil {
		return dst, err
	}
	return encode(dst, v), nil
}

// The limits of an instance. A schema comes from a caller.
const (
	// maxSchema bounds the schema, in bytes.
	maxSchema = 256 << 10
	// maxSteps bounds the work, about in values that are made or tried.
	maxSteps = 20_000
	// perStep is how many bytes, or parts of a schema, are one step.
	perStep = 32
	// maxText bounds one string, in characters.
	maxText = 1 << 16
	// maxOptional is the depth below which only required properties are made.
	maxOptional = 4
)

var (
	errNone      = errors.New("no value satisfies it")
	errRecursion = errors.New("it refers to itself without an end")
	errLarge     = errors.New("its instances are too large")
	errReference = errors.New("it refers to what it does not have")
)

// maker makes one instance.
type maker struct {
	root   any
	budget int
}

// place is where a value stands.
type place struct {
	depth int
	// variant asks for a value that is unlike those of other variants.
	variant int
	// refs are the references that lead here. None is followed twice: the
	// smallest instance never needs that.
	refs []string
}

// spend reports whether there is budget left for steps and what is counted in
// smaller parts.
func (m *maker) spend(steps, parts int) error {
	if m.budget -= steps + parts/perStep; m.budget < 0 {
		return errLarge
	}
	return nil
}

func (p place) below(variant int) place {
	p.depth++
	p.variant = variant
	return p
}

// value makes a value for a schema.
func (m *maker) value(schema any, p place) (any, error) {
	if err := m.spend(1, 0); err != nil {
		return nil, err
	}
	f := flat{object: newObject()}
	if err := m.collect(&f, schema, &p); err != nil {
		return nil, err
	}
	return m.chosen(f, p)
}

// flat is a schema whose references are followed and whose parts are merged.
type flat struct {
	object *object
	// choices are the lists of which one each has to hold.
	choices [][]any
}

// collect merges a schema into f.
func (m *maker) collect(f *flat, schema any, p *place) error {
	o, ok := schema.(*object)
	if !ok {
		if schema == false {
			return errNone
		}
		return nil
	}
	if err := m.spend(1, len(o.keys)+len(f.object.keys)); err != nil {
		return err
	}
	for _, key := range o.keys {
		v := o.values[key]
		switch key {
		case "$ref", "$dynamicRef", "$recursiveRef":
			if err := m.follow(f, v, p); err != nil {
				return err
			}
		case "allOf":
			for _, part := range list(v) {
				if err := m.collect(f, part, p); err != nil {
					return err
				}
			}
		case "anyOf", "oneOf":
			f.choices = append(f.choices, nullsLast(list(v)))
		case "if":
			f.choices = append(f.choices, conditional(o))
		default:
			if err := m.spend(0, weight(v)); err != nil {
				return err
			}
			if err := f.object.merge(key, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// conditional are the two ways to satisfy if, then and else.
func conditional(o *object) []any {
	both := newObject()
	both.set("allOf", []any{o.values["if"], o.orTrue("then")})
	return []any{both, o.orTrue("else")}
}

// follow merges what a reference stands for.
func (m *maker) follow(f *flat, ref any, p *place) error {
	name, _ := ref.(string)
	for _, active := range p.refs {
		if active == name {
			return errRecursion
		}
	}
	target, ok := lookUp(m.root, name)
	if !ok {
		return errReference
	}
	// The list is shared by other branches; it is never changed in place.
	p.refs = append(p.refs[:len(p.refs):len(p.refs)], name)
	return m.collect(f, target, p)
}

// lookUp finds what a JSON pointer in a fragment points to.
func lookUp(root any, ref string) (any, bool) {
	pointer, ok := strings.CutPrefix(ref, "#")
	if !ok || pointer != "" && pointer[0] != '/' {
		return nil, false
	}
	at := root
	for pointer != "" {
		var step string
		step, pointer, ok = strings.Cut(pointer[1:], "/")
		if ok {
			pointer = "/" + pointer
		}
		if at, ok = child(at, step); !ok {
			return nil, false
		}
	}
	return at, true
}

// nullsLast moves what can only be null behind the rest.
func nullsLast(branches []any) []any {
	var first, last []any
	for _, b := range branches {
		if o, ok := b.(*object); ok && o.values["type"] == "null" {
			last = append(last, b)
		} else {
			first = append(first, b)
		}
	}
	return append(first, last...)
}

// chosen makes a value for the first of the choices that has one.
func (m *maker) chosen(f flat, p place) (any, error) {
	if len(f.choices) == 0 {
		return m.plain(f.object, p)
	}
	err := errNone
	branches := f.choices[0]
	for i := range branches {
		if err := m.spend(1, len(f.object.keys)); err != nil {
			return nil, err
		}
		g := flat{object: f.object.clone(), choices: f.choices[1:len(f.choices):len(f.choices)]}
		q := p
		var v any
		if err = m.collect(&g, branches[(i+p.variant)%len(branches)], &q); err == nil {
			v, err = m.chosen(g, q)
		}
		if err == nil || errors.Is(err, errLarge) {
			return v, err
		}
	}
	return nil, err
}

// plain makes a value for a schema without references and choices.
func (m *maker) plain(o *object, p place) (any, error) {
	if v, ok := o.values["const"]; ok {
		return v, m.spend(0, len(encode(nil, v)))
	}
	if values, ok := o.values["enum"]; ok {
		v, err := fromEnum(list(values), o, p.variant)
		if err == nil {
			err = m.spend(0, len(encode(nil, v))+len(list(values)))
		}
		return v, err
	}
	types := typesOf(o)
	err := errNone
	for _, name := range types {
		var v any
		if v, err = m.typed(name, o, p); err == nil || errors.Is(err, errLarge) {
			return v, err
		}
	}
	return nil, err
}

func (m *maker) typed(name string, o *object, p place) (any, error) {
	switch name {
	case "null":
		return nil, nil
	case "boolean":
		return p.variant%2 == 0, nil
	case "integer", "number":
		return numberOf(o, name == "integer", p.variant)
	case "string":
		return m.text(o, p.variant)
	case "array":
		return m.array(o, p)
	case "object":
		return m.object(o, p)
	}
	return nil, errNone
}

// fromEnum picks a value that is of the right type. Null comes last.
func fromEnum(values []any, o *object, variant int) (any, error) {
	var fit []any
	for _, v := range values {
		if o.values["type"] == nil || hasType(v, typesOf(o)) {
			fit = append(fit, v)
		}
	}
	if len(fit) == 0 {
		return nil, errNone
	}
	for range fit {
		if v := fit[variant%len(fit)]; v != nil {
			return v, nil
		}
		variant++
	}
	return nil, nil
}
