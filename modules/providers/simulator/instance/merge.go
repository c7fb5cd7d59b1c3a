package instance

import (
	"bytes"
	"encoding/json"
	"math/big"
	"slices"
)

// merge adds a keyword to a schema, so that both what was there and what comes
// hold.
func (o *object) merge(key string, v any) error {
	old, ok := o.values[key]
	if !ok {
		o.set(key, v)
		return nil
	}
	merged, err := mergeValues(key, old, v)
	if err == nil {
		o.values[key] = merged
	}
	return err
}

func mergeValues(key string, a, b any) (any, error) {
	switch key {
	case "properties", "patternProperties", "$defs", "definitions":
		return mergeProperties(a, b), nil
	case "required":
		return append(slices.Clip(list(a)), list(b)...), nil
	case "type":
		return mergeTypes(a, b)
	case "enum":
		return common(list(a), list(b))
	case "const":
		if !same(a, b) {
			return nil, errNone
		}
		return a, nil
	case "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains":
		return further(a, b, 1), nil
	case "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains":
		return further(a, b, -1), nil
	case "multipleOf":
		return commonMultiple(a, b), nil
	case "items", "additionalItems", "additionalProperties", "contains", "propertyNames":
		return both(a, b), nil
	case "uniqueItems":
		return a == true || b == true, nil
	}
	return a, nil // as good as it gets
}

// both is the schema of what satisfies two schemas.
func both(a, b any) any {
	o := newObject()
	o.set("allOf", []any{a, b})
	return o
}

func mergeProperties(a, b any) any {
	x, ok := a.(*object)
	if !ok {
		return b
	}
	y, ok := b.(*object)
	if !ok {
		return a
	}
	out := x.clone()
	for _, name := range y.keys {
		if old, ok := out.values[name]; ok {
			out.values[name] = both(old, y.values[name])
		} else {
			out.set(name, y.values[name])
		}
	}
	return out
}

// mergeTypes are the types that both allow. An integer is a number.
func mergeTypes(a, b any) (any, error) {
	one := func(v any) []string {
		if s, ok := v.(string); ok {
			return []string{s}
		}
		return texts(v)
	}
	x, y := one(a), one(b)
	var out []any
	for _, t := range x {
		switch {
		case slices.Contains(y, t), t == "integer" && slices.Contains(y, "number"):
			out = append(out, t)
		case t == "number" && slices.Contains(y, "integer"):
			out = append(out, "integer")
		}
	}
	if len(out) == 0 {
		return nil, errNone
	}
	return out, nil
}

// common are the values that are in both lists.
func common(a, b []any) (any, error) {
	var out []any
	for _, v := range a {
		if slices.ContainsFunc(b, func(w any) bool { return same(v, w) }) {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return nil, errNone
	}
	return out, nil
}

// same reports whether two values are written the same.
func same(a, b any) bool { return bytes.Equal(encode(nil, a), encode(nil, b)) }

// further is the stricter one of two bounds.
func further(a, b any, sign int) any {
	x, ok := rational(a)
	if !ok {
		return b
	}
	y, ok := rational(b)
	if !ok || x.Cmp(y) == sign || x.Cmp(y) == 0 {
		return a
	}
	return b
}

// commonMultiple is the least common multiple of two numbers.
func commonMultiple(a, b any) any {
	x, ok := rational(a)
	if !ok {
		return b
	}
	y, ok := rational(b)
	if !ok || x.Sign() <= 0 || y.Sign() <= 0 {
		return a
	}
	return decimal(lcm(x, y))
}

// lcm of a/b and c/d, in lowest terms, is lcm(a, c)/gcd(b, d).
func lcm(x, y *big.Rat) *big.Rat {
	gcd := new(big.Int).GCD(nil, nil, x.Num(), y.Num())
	num := new(big.Int).Mul(x.Num(), new(big.Int).Quo(y.Num(), gcd))
	return new(big.Rat).SetFrac(num, new(big.Int).GCD(nil, nil, x.Denom(), y.Denom()))
}

// decimal writes a number whose decimals have an end.
func decimal(r *big.Rat) json.Number {
	digits, _ := r.FloatPrec()
	return json.Number(r.FloatString(digits))
}
