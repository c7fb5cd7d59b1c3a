package instance

import (
	"errors"
	"regexp"
	"strconv"
)

// array makes an array. It has one item where it may be empty and need not be.
func (m *maker) array(o *object, p place) (any, error) {
	least, most, err := bounds(o, "minItems", "maxItems")
	if err != nil {
		return nil, err
	}
	prefix, rest := list(o.values["prefixItems"]), o.orTrue("items")
	if tuple, ok := rest.([]any); ok { // before 2020-12
		prefix, rest = tuple, o.orTrue("additionalItems")
	}
	a := items{unique: o.values["uniqueItems"] == true, list: []any{}}
	for i, schema := range prefix {
		if most >= 0 && i >= most {
			break
		}
		if err := m.item(&a, schema, p); err != nil {
			if i < least || errors.Is(err, errLarge) {
				return nil, err
			}
			break
		}
	}
	if contained, ok := o.values["contains"]; ok {
		count, _, err := bounds(o, "minContains", "maxContains")
		if err != nil {
			return nil, err
		}
		if _, given := o.values["minContains"]; !given {
			count = 1
		}
		for range count {
			if err := m.item(&a, both(rest, contained), p); err != nil {
				return nil, err
			}
		}
	}
	_, described := o.values["items"]
	for len(a.list) < least || len(a.list) == 0 && described && most != 0 {
		if err := m.item(&a, rest, p); err != nil {
			if len(a.list) < least || errors.Is(err, errLarge) {
				return nil, err
			}
			break
		}
	}
	if most >= 0 && len(a.list) > most {
		return nil, errNone
	}
	return a.list, nil
}

// items are those of an array.
type items struct {
	list   []any
	unique bool
	seen   map[string]bool
}

// item adds an item, unlike those before it where that is asked for.
func (m *maker) item(a *items, schema any, p place) error {
	const tries = 64
	for i := range tries {
		v, err := m.value(schema, p.below(p.variant+len(a.list)+i))
		if err != nil {
			return err
		}
		if !a.unique {
			a.list = append(a.list, v)
			return nil
		}
		if text := string(encode(nil, v)); !a.seen[text] {
			if a.seen == nil {
				a.seen = map[string]bool{}
			}
			a.seen[text] = true
			a.list = append(a.list, v)
			return nil
		}
	}
	return errNone
}

// object makes an object: what is required, and near the top what is optional
// too, if it can be made.
func (m *maker) object(o *object, p place) (any, error) {
	least, most, err := bounds(o, "minProperties", "maxProperties")
	if err != nil {
		return nil, err
	}
	properties, _ := o.values["properties"].(*object)
	if properties == nil {
		properties = newObject()
	}
	required, isRequired := requiredOf(o)
	out := newObject()
	for _, name := range properties.keys {
		needed := isRequired[name]
		if !needed && (p.depth >= maxOptional || most >= 0 || m.budget < maxSteps/2 || hasConsequences(o, name)) {
			continue
		}
		v, err := m.value(properties.values[name], p.below(p.variant))
		if err == nil {
			out.set(name, v)
		} else if needed {
			return nil, err
		}
	}
	add := func(name string) error {
		if _, ok := out.values[name]; ok {
			return nil
		}
		schema, ok := properties.values[name]
		if !ok {
			schema = additional(o, name)
		}
		v, err := m.value(schema, p.below(p.variant))
		if err == nil {
			out.set(name, v)
		}
		return err
	}
	for _, name := range required {
		if err := add(name); err != nil {
			return nil, err
		}
	}
	for _, name := range properties.keys {
		if len(out.keys) < least && !hasConsequences(o, name) {
			_ = add(name) // another may do
		}
	}
	for i := 1; len(out.keys) < least; i++ {
		name := "key" + strconv.Itoa(i)
		if names, ok := o.values["propertyNames"]; ok {
			if v, err := m.value(names, p.below(i)); err == nil {
				name, _ = v.(string)
			}
		}
		if err := add(name); err != nil || i > 2*maxText {
			return nil, errNone
		}
	}
	if most >= 0 && len(out.keys) > most {
		return nil, errNone
	}
	return out, nil
}

// requiredOf are the required properties, and those that they bring along.
func requiredOf(o *object) (names []string, is map[string]bool) {
	is = map[string]bool{}
	add := func(more []string) {
		for _, name := range more {
			if !is[name] {
				is[name] = true
				names = append(names, name)
			}
		}
	}
	add(texts(o.values["required"]))
	for i := 0; i < len(names); i++ {
		for _, keyword := range dependencies {
			if by, ok := o.values[keyword].(*object); ok {
				add(texts(by.values[names[i]]))
			}
		}
	}
	return names, is
}

var dependencies = []string{"dependentRequired", "dependentSchemas", "dependencies"}

// hasConsequences reports whether a property demands more of the object.
func hasConsequences(o *object, name string) bool {
	for _, keyword := range dependencies {
		if by, ok := o.values[keyword].(*object); ok {
			if _, ok := by.values[name]; ok {
				return true
			}
		}
	}
	return false
}

// additional is the schema of a property that has none of its own.
func additional(o *object, name string) any {
	if patterns, ok := o.values["patternProperties"].(*object); ok {
		for _, pattern := range patterns.keys {
			if re, err := regexp.Compile(ported(pattern)); err == nil && re.MatchString(name) {
				return patterns.values[pattern]
			}
		}
	}
	return o.orTrue("additionalProperties")
}
