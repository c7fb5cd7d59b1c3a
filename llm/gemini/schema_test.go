package gemini

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestOpenAPISchema(t *testing.T) {
	t.Parallel()
	tests := []struct{ about, in, want string }{
		{"an object", `{"$schema":"x","type":"object","properties":{"b":{"type":"string"},"a":{"type":"integer"}},"required":["a"],"additionalProperties":false}`, `{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"integer"}},"required":["a"]}`},
		{"no type", `{"properties":{"a":{"type":"string"}}}`, `{"type":"object","properties":{"a":{"type":"string"}}}`},
		{"nothing", `{}`, `{"type":"object"}`},
		{"anything", `{"properties":{"a":{},"b":true}}`, `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}}}`},
		{"a list of types", `{"type":["string","null"]}`, `{"type":"string","nullable":true}`},
		{"several types", `{"type":["string","integer","null"]}`, `{"nullable":true,"anyOf":[{"type":"string"},{"type":"integer"}]}`},
		{"upper case", `{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}`, `{"type":"object","properties":{"a":{"type":"string"}}}`},
		{"one of null", `{"anyOf":[{"type":"string"},{"type":"null"}],"description":"d"}`, `{"type":"string","description":"d","nullable":true}`},
		{"one of several", `{"oneOf":[{"type":"string"},{"type":"integer"}]}`, `{"anyOf":[{"type":"string"},{"type":"integer"}]}`},
		{"all of", `{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"string"}},"required":["b"]}]}`, `{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["a","b"]}`},
		{"conditions on an object", `{"type":"object","properties":{"a":{"type":"string"}},"anyOf":[{"required":["a"]},{"required":["b"]}]}`, `{"type":"object","properties":{"a":{"type":"string"}}}`},
		{"a constant", `{"const":"x"}`, `{"type":"string","enum":["x"]}`},
		{"a constant number", `{"const":3,"description":"n"}`, `{"type":"number","description":"n One of: 3."}`},
		{"an enumeration", `{"enum":["a","b",null]}`, `{"type":"string","nullable":true,"enum":["a","b"]}`},
		{"an enumeration of numbers", `{"type":"integer","enum":[1,2]}`, `{"type":"integer","description":"One of: 1, 2."}`},
		{"an enumeration of both", `{"enum":[1,"a"]}`, `{"type":"number","description":"One of: 1, \"a\"."}`},
		{"formats", `{"properties":{"a":{"type":"string","format":"date-time"},"b":{"type":"string","format":"email"},"c":{"type":"integer","format":"int64"},"d":{"type":"integer","format":"double"}}}`, `{"type":"object","properties":{"a":{"type":"string","format":"date-time"},"b":{"type":"string"},"c":{"type":"integer","format":"int64"},"d":{"type":"integer"}}}`},
		{"limits", `{"type":"array","items":{"type":"string","minLength":1,"maxLength":2,"pattern":"x"},"minItems":3,"uniqueItems":true}`, `{"type":"array","minItems":3,"items":{"type":"string","pattern":"x","minLength":1,"maxLength":2}}`},
		{"a list of what", `{"type":"array"}`, `{"type":"array","items":{"type":"string"}}`},
		{"a tuple", `{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}]}`, `{"type":"array","items":{"anyOf":[{"type":"string"},{"type":"integer"}]}}`},
		{"demands of nothing", `{"type":"object","properties":{"a":{"type":"string"}},"required":["a","a","b"]}`, `{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}`},
		{"a reference", `{"properties":{"a":{"$ref":"#/$defs/x~1y","description":"d"}},"$defs":{"x/y":{"type":"string","description":"e"}}}`, `{"type":"object","properties":{"a":{"type":"string","description":"d"}}}`},
		{"a reference to nowhere", `{"properties":{"a":{"$ref":"#/$defs/x"},"b":{"$ref":"http://x/y"}}}`, `{"type":"object","properties":{"a":{"type":"object"},"b":{"type":"object"}}}`},
		{"a reference to itself", `{"properties":{"next":{"$ref":"#"},"v":{"type":"string"}}}`, `{"type":"object","properties":{"next":{"type":"object","properties":{"next":{"type":"object","properties":{"next":{"type":"object"},"v":{"type":"string"}}},"v":{"type":"string"}}},"v":{"type":"string"}}}`},
		{"a property called like a keyword", `{"properties":{"type":{"type":"string"},"$ref":{"type":"integer"}}}`, `{"type":"object","properties":{"type":{"type":"string"},"$ref":{"type":"integer"}}}`},
		{"keywords of wrong types", `{"type":7,"properties":[],"required":"a","enum":{},"items":3,"anyOf":1,"description":{}}`, `{"type":"array","items":{"type":"string"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			if got := string(openAPISchema(json.RawMessage(tt.in)).append(nil)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestSchemaIsBounded checks that references that multiply come to an end.
func TestSchemaIsBounded(t *testing.T) {
	t.Parallel()
	var defs strings.Builder
	for c := 'a'; c < 'z'; c++ {
		next := `{"$ref":"#/$defs/` + string(c+1) + `"}`
		defs.WriteString(`"` + string(c) + `":{"properties":{"p":` + next + `,"q":` + next + `,"r":` + next + `}},`)
	}
	schema := `{"$ref":"#/$defs/a","$defs":{` + defs.String() + `"z":{"type":"string"}}}`
	out := openAPISchema(json.RawMessage(schema)).append(nil)
	if !json.Valid(out) || len(out) > 1<<20 {
		t.Errorf("%d bytes", len(out))
	}
	deep := strings.Repeat(`{"items":`, 100) + `{}` + strings.Repeat(`}`, 100)
	if out := openAPISchema(json.RawMessage(deep)).append(nil); !json.Valid(out) {
		t.Errorf("%s", out)
	}
}

func TestJSONSchema(t *testing.T) {
	t.Parallel()
	tests := []struct{ about, in, want string }{
		{"upper case", `{"type":"OBJECT","properties":{"Some_Name":{"type":"STRING","nullable":true}},"propertyOrdering":["Some_Name"],"required":["Some_Name"]}`, `{"type":"object","properties":{"Some_Name":{"type":["string","null"]}},"required":["Some_Name"]}`},
		{"numbers", `{"type":6,"properties":{"a":{"type":5,"items":{"type":3},"min_items":"2"}}}`, `{"type":"object","properties":{"a":{"type":"array","items":{"type":"integer"},"minItems":2}}}`},
		{"any of", `{"any_of":[{"type":"STRING"},{"type":"NULL"}],"nullable":true}`, `{"anyOf":[{"type":"string"},{"type":"null"},{"type":"null"}]}`},
		{"enumerations", `{"type":"STRING","format":"enum","enum":["a"],"nullable":true}`, `{"type":["string","null"],"enum":["a",null]}`},
		{"no type", `{"type":"TYPE_UNSPECIFIED","description":"d"}`, `{"description":"d"}`},
		{"JSON Schema already", `{"type":["string","null"],"$defs":{"a":{"type":"STRING"}},"additionalProperties":false}`, `{"type":["string","null"],"$defs":{"a":{"type":"string"}},"additionalProperties":false}`},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			got, err := jsonSchema(json.RawMessage(tt.in))
			if err != nil || string(got) != tt.want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, tt.want)
			}
		})
	}
	for in, at := range map[string]string{
		`{"properties":{"a":{"type":true}}}`:     "properties.a.type",
		`{"anyOf":[{},{"minItems":"x"}]}`:        "anyOf[1].minItems",
		`{"properties":[]}`:                      "properties",
		`{"type":"STRING","type_":1,"type":"x"}`: "type",
	} {
		if _, err := jsonSchema(json.RawMessage(in)); err == nil || err.Param != at {
			t.Errorf("%s: error %v, want one at %s", in, err, at)
		}
	}
}
