package instance_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/fairwaygw/fairway/modules/providers/simulator/instance"
)

// valid checks an instance with an independent validator.
func valid(schema, made []byte) error {
	s, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(made))
	if err != nil {
		return err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", s); err != nil {
		return err
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		return err
	}
	return compiled.Validate(v)
}

func TestInstancesAreValid(t *testing.T) {
	for name, c := range map[string]struct{ schema, want string }{
		"anything":              {`{}`, `"text"`},
		"true":                  {`true`, `"text"`},
		"object":                {`{"type":"object","properties":{"b":{"type":"string"},"a":{"type":"integer"}},"required":["a","b"],"additionalProperties":false}`, `{"b":"text","a":1}`},
		"optional":              {`{"properties":{"a":{"type":"boolean"}}}`, `{"a":true}`},
		"required, undescribed": {`{"type":"object","required":["x"]}`, `{"x":"text"}`},
		"required, patterned":   {`{"type":"object","required":["x1"],"patternProperties":{"^x":{"type":"integer"}},"additionalProperties":false}`, `{"x1":1}`},
		"additional":            {`{"type":"object","required":["x"],"additionalProperties":{"type":"integer","minimum":7}}`, `{"x":7}`},
		"minProperties":         {`{"type":"object","minProperties":2,"additionalProperties":{"type":"null"}}`, `{"key1":null,"key2":null}`},
		"maxProperties":         {`{"type":"object","properties":{"a":{},"b":{}},"required":["b"],"maxProperties":1}`, `{"b":"text"}`},
		"dependent":             {`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["a"],"dependentRequired":{"a":["b"]}}`, `{"a":"text","b":1}`},
		"propertyNames":         {`{"type":"object","minProperties":1,"propertyNames":{"pattern":"^[A-Z]{2}$"}}`, `{"BB":"text"}`},
		"enum":                  {`{"enum":["red","green"]}`, `"red"`},
		"enum of a type":        {`{"type":["string","null"],"enum":[null,3,"x"]}`, `"x"`},
		"const":                 {`{"const":{"a":[1,2.50,null]}}`, `{"a":[1,2.50,null]}`},
		"nullable":              {`{"type":["null","integer"]}`, `1`},
		"only null":             {`{"type":"null"}`, `null`},
		"array":                 {`{"type":"array","items":{"type":"string"}}`, `["text"]`},
		"minItems":              {`{"type":"array","items":{"type":"integer"},"minItems":3}`, `[1,2,3]`},
		"maxItems 0":            {`{"type":"array","items":{"type":"integer"},"maxItems":0}`, `[]`},
		"unique":                {`{"type":"array","items":{"enum":["a","b","c"]},"minItems":3,"uniqueItems":true}`, `["a","b","c"]`},
		"unique booleans":       {`{"type":"array","items":{"type":"boolean"},"minItems":2,"uniqueItems":true}`, `[true,false]`},
		"tuple":                 {`{"type":"array","prefixItems":[{"type":"string"},{"type":"integer"}],"items":false,"minItems":2}`, `["text",2]`},
		"old tuple":             {`{"$schema":"http://json-schema.org/draft-07/schema#","type":"array","items":[{"type":"string"}],"additionalItems":false}`, `["text"]`},
		"contains":              {`{"type":"array","items":{"type":"integer"},"contains":{"minimum":10},"minContains":2}`, `[10,11]`},
		"minimum":               {`{"type":"integer","minimum":18}`, `18`},
		"exclusive":             {`{"type":"integer","exclusiveMinimum":18,"exclusiveMaximum":20}`, `19`},
		"old exclusive":         {`{"$schema":"http://json-schema.org/draft-04/schema#","type":"integer","minimum":18,"exclusiveMinimum":true}`, `19`},
		"maximum":               {`{"type":"integer","maximum":-3}`, `-3`},
		"multipleOf":            {`{"type":"integer","minimum":1,"multipleOf":7}`, `7`},
		"odd multipleOf":        {`{"type":"integer","minimum":1,"multipleOf":2.5}`, `5`},
		"decimal multipleOf":    {`{"type":"number","minimum":0.15,"multipleOf":0.1}`, `0.2`},
		"number":                {`{"type":"number"}`, `1`},
		"open interval":         {`{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1}`, `0.5`},
		"half open":             {`{"type":"number","exclusiveMaximum":0}`, `-1`},
		"huge":                  {`{"type":"integer","minimum":123456789012345678901234567890}`, `123456789012345678901234567890`},
		"exponent":              {`{"type":"integer","minimum":1e3}`, `1000`},
		"lengths":               {`{"type":"string","minLength":8,"maxLength":9}`, `"text tex"`},
		"short":                 {`{"type":"string","maxLength":2}`, `"te"`},
		"empty":                 {`{"type":"string","maxLength":0}`, `""`},
		"date-time":             {`{"type":"string","format":"date-time"}`, `"2025-01-01T12:00:00Z"`},
		"date":                  {`{"type":"string","format":"date"}`, `"2025-01-01"`},
		"time":                  {`{"type":"string","format":"time"}`, `"12:00:00Z"`},
		"duration":              {`{"type":"string","format":"duration"}`, `"P1D"`},
		"email":                 {`{"type":"string","format":"email"}`, `"user@example.com"`},
		"hostname":              {`{"type":"string","format":"hostname"}`, `"host.example.com"`},
		"ipv4":                  {`{"type":"string","format":"ipv4"}`, `"192.0.2.1"`},
		"ipv6":                  {`{"type":"string","format":"ipv6"}`, `"2001:db8::1"`},
		"uri":                   {`{"type":"string","format":"uri"}`, `"https://example.com/"`},
		"uuid":                  {`{"type":"string","format":"uuid"}`, `"00000000-0000-4000-8000-000000000001"`},
		"json-pointer":          {`{"type":"string","format":"json-pointer"}`, `"/a"`},
		"unknown format":        {`{"type":"string","format":"color"}`, `"text"`},
		"pattern":               {`{"type":"string","pattern":"^[A-Z]{3}-\\d{4}$"}`, `"AAA-0000"`},
		"pattern and length":    {`{"type":"string","pattern":"^id-[a-z]*$","minLength":8}`, `"id-aaaaa"`},
		"pattern, alternatives": {`{"type":"string","pattern":"^(foo|bar)\\.(js|ts)$"}`, `"foo.js"`},
		"pattern, unanchored":   {`{"type":"string","pattern":"\\d/x"}`, `"0/x"`},
		"pattern and format":    {`{"type":"string","pattern":"^https://","format":"uri"}`, ""},
		"allOf":                 {`{"allOf":[{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]},{"properties":{"a":{"minimum":5},"b":{"const":1}},"required":["b"]}]}`, `{"a":5,"b":1}`},
		"anyOf":                 {`{"anyOf":[{"type":"null"},{"type":"string","minLength":2}]}`, `"text"`},
		"anyOf and siblings":    {`{"type":"object","properties":{"k":{"type":"string"}},"required":["k"],"anyOf":[{"properties":{"k":{"const":"a"}}},{"properties":{"k":{"const":"b"}}}]}`, `{"k":"a"}`},
		"a branch without":      {`{"anyOf":[false,{"type":"string","minLength":5,"maxLength":4},{"type":"integer"}]}`, `1`},
		"oneOf by tag":          {`{"oneOf":[{"type":"object","properties":{"kind":{"const":"x"},"n":{"type":"integer"}},"required":["kind","n"],"additionalProperties":false},{"type":"object","properties":{"kind":{"const":"y"}},"required":["kind"]}]}`, `{"kind":"x","n":1}`},
		"if then":               {`{"type":"object","properties":{"a":{"type":"string"}},"if":{"properties":{"a":{"const":"x"}}},"then":{"required":["b"]},"else":{"required":["c"]}}`, `{"a":"x","b":"text"}`},
		"$ref":                  {`{"$ref":"#/$defs/p","$defs":{"p":{"type":"object","properties":{"x":{"$ref":"#/$defs/n"}},"required":["x"]},"n":{"type":"number","minimum":3}}}`, `{"x":3}`},
		"$ref with siblings":    {`{"type":"object","properties":{"x":{"$ref":"#/$defs/s","minLength":6}},"required":["x"],"$defs":{"s":{"type":"string"}}}`, `{"x":"text t"}`},
		"$ref with escapes":     {`{"$ref":"#/$defs/a~1b%20c","$defs":{"a/b c":{"type":"integer"}}}`, `1`},
		"recursive list":        {`{"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"v":{"type":"integer"},"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},"required":["v","next"],"additionalProperties":false}}}`, `{"v":1,"next":null}`},
		"recursive tree":        {`{"type":"object","properties":{"children":{"type":"array","items":{"$ref":"#"}}},"required":["children"]}`, `{"children":[{"children":[]}]}`},
		"mutual recursion":      {`{"$ref":"#/$defs/a","$defs":{"a":{"type":"object","properties":{"b":{"$ref":"#/$defs/b"}},"required":["b"]},"b":{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}}}}}`, `{"b":{}}`},
		"types at odds":         {`{"allOf":[{"type":["string","integer"]},{"type":["number","null"]}]}`, `1`},
		"enum at odds":          {`{"allOf":[{"enum":[1,2,3]},{"enum":[3,2]}]}`, `2`},
		"bounds at odds":        {`{"type":"integer","allOf":[{"minimum":1,"maximum":9},{"minimum":4,"maximum":20}]}`, `4`},
		"multiples at odds":     {`{"type":"integer","minimum":1,"allOf":[{"multipleOf":4},{"multipleOf":6}]}`, `12`},
	} {
		t.Run(name, func(t *testing.T) {
			made, err := instance.Append(nil, []byte(c.schema))
			if err != nil {
				t.Fatal(err)
			}
			if c.want != "" && string(made) != c.want {
				t.Errorf("got  %s\nwant %s", made, c.want)
			}
			if err := valid([]byte(c.schema), made); err != nil {
				t.Errorf("%s: %v", made, err)
			}
		})
	}
}

// ECMAScript's escapes, which the validator does not read.
func TestPatternWithUnicodeEscape(t *testing.T) {
	made, err := instance.Append(nil, []byte(`{"type":"string","pattern":"^\\u0041+\\/$","minLength":3}`))
	if err != nil || string(made) != `"AA/"` {
		t.Errorf("got %s, %v", made, err)
	}
}

func TestImpossibleSchemas(t *testing.T) {
	for name, schema := range map[string]string{
		"no JSON":           `{"type":`,
		"no schema":         `[]`,
		"trailing data":     `{} {}`,
		"false":             `false`,
		"empty type":        `{"allOf":[{"type":"string"},{"type":"integer"}]}`,
		"bounds":            `{"type":"integer","minimum":5,"maximum":4}`,
		"open bounds":       `{"type":"integer","exclusiveMinimum":4,"exclusiveMaximum":5}`,
		"lengths":           `{"type":"string","minLength":5,"maxLength":4}`,
		"endless":           `{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}`,
		"self":              `{"$ref":"#"}`,
		"missing reference": `{"$ref":"#/$defs/x"}`,
		"remote reference":  `{"$ref":"https://example.com/schema.json"}`,
		"many items":        `{"type":"array","items":{"type":"integer"},"minItems":60000}`,
		"too many items":    `{"type":"array","minItems":1000000000000}`,
		"nested many items": `{"type":"array","minItems":1000,"items":{"type":"array","minItems":1000,"items":{"type":"array","minItems":1000}}}`,
		"long text":         `{"type":"string","minLength":100000000}`,
		"not enough values": `{"type":"array","items":{"enum":[1,2]},"minItems":3,"uniqueItems":true}`,
		"unknown type":      `{"type":"thing"}`,
		"deep":              strings.Repeat(`{"items":`, 300) + "true" + strings.Repeat("}", 300),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			if made, err := instance.Append(nil, []byte(schema)); err == nil {
				t.Errorf("made %.200s", made)
			}
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

// A schema comes from a caller; whatever it says, there is an end.
func TestHostileSchemasEnd(t *testing.T) {
	many := func(s string) string { return strings.Repeat(s+",", 60) + s }
	never := `{"type":"string","minLength":9,"maxLength":1}`
	for name, schema := range map[string]string{
		"many branches":    `{"allOf":[` + many(`{"anyOf":[`+never+`,`+never+`]}`) + `]}`,
		"many true":        `{"const":1,"type":"string","allOf":[` + many(`{"anyOf":[true,true]}`) + `,{"const":2}]}`,
		"empty repetition": `{"type":"string","minLength":600,"pattern":"^((((a?)*)*)*)*$"}`,
		"long repetition":  `{"type":"array","minItems":9000,"items":{"type":"string","pattern":"^a{900}$"}}`,
		"large constant":   `{"type":"array","minItems":15000,"items":{"const":"` + strings.Repeat("x", 100_000) + `"}}`,
		"wide references": `{"$ref":"#/$defs/a","$defs":{"a":{"type":"object","properties":{"b":{"$ref":"#/$defs/b"},"c":{"$ref":"#/$defs/b"}},"required":["b","c"]},` +
			`"b":{"anyOf":[` + many(`{"$ref":"#/$defs/a"}`) + `,` + never + `]}}}`,
		"huge numbers": `{"type":"number","minimum":1e999999999,"multipleOf":1e-999999999}`,
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			made, err := instance.Append(nil, []byte(schema))
			if d := time.Since(start); d > 3*time.Second || len(made) > 4<<20 {
				t.Errorf("%d bytes and %v after %v", len(made), err, d)
			}
		})
	}
}

func FuzzAppend(f *testing.F) {
	for _, seed := range []string{
		`{"type":"object","properties":{"a":{"type":"integer","minimum":3,"multipleOf":2}},"required":["a"]}`,
		`{"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#"},{"type":"null"}]}}}`,
		`{"type":"string","pattern":"^(a|b){2,9}[^x-z]*$","minLength":4}`,
		`{"type":"array","items":{"enum":[1,"a",null]},"uniqueItems":true,"minItems":2}`,
		`{"type":"number","exclusiveMinimum":1e-3,"maximum":1.5e2}`,
		`{"allOf":[{"type":["string","null"]},{"enum":["x"]}],"if":true,"then":{"const":"x"}}`,
		`{"type":"array","contains":{"const":1},"prefixItems":[true,false]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, schema []byte) {
		if len(schema) > 4096 {
			t.Skip()
		}
		const patience = 10 * time.Second
		endless := time.AfterFunc(patience, func() { panic("no end: " + string(schema)) })
		made, err := instance.Append([]byte("x"), schema)
		endless.Stop()
		if made[0] != 'x' {
			t.Error("the buffer's content is gone")
		}
		if err != nil {
			return
		}
		again, _ := instance.Append([]byte("x"), schema)
		if !bytes.Equal(made, again) {
			t.Errorf("made %s, then %s", made, again)
		}
		if _, err := jsonschema.UnmarshalJSON(bytes.NewReader(made[1:])); err != nil {
			t.Errorf("%s: %v", made, err)
		}
	})
}
