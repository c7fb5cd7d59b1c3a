package rawjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// options are those that the tests of Scan use.
var options = Options{
	Known: NewNames("model", "messages", "tools", "metadata", "stream"),
	Free:  NewNames("parameters", "metadata"),
}

func TestScanRefuses(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	tests := []struct {
		about, in string
		code      Code
		offset    int
		path      string
	}{
		{"nothing", "", CodeSyntax, 0, ""},
		{"space", "  \n", CodeSyntax, 3, ""},
		{"truncated object", `{"model":"a"`, CodeSyntax, 12, "model"},
		{"truncated string", `{"model":"a`, CodeSyntax, 11, "model"},
		{"truncated key", `{"mod`, CodeSyntax, 5, ""},
		{"truncated after the colon", `{"model":`, CodeSyntax, 9, "model"},
		{"truncated literal", `{"stream":tru`, CodeSyntax, 13, "stream"},
		{"truncated escape", `"a\`, CodeSyntax, 3, ""},
		{"truncated unicode escape", `"a\u00`, CodeSyntax, 6, ""},
		{"trailing text", `{} x`, CodeSyntax, 3, ""},
		{"two documents", `{}{}`, CodeSyntax, 2, ""},
		{"trailing comma in an object", `{"model":1,}`, CodeSyntax, 11, "model"},
		{"trailing comma in an array", `{"tools":[1,]}`, CodeSyntax, 12, "tools[1]"},
		{"leading comma", `[,1]`, CodeSyntax, 1, "[0]"},
		{"two commas", `[1,,2]`, CodeSyntax, 3, "[1]"},
		{"no comma", `[1 2]`, CodeSyntax, 3, "[0]"},
		{"no colon", `{"model" 1}`, CodeSyntax, 9, "model"},
		{"line comment", "{ // no\n}", CodeSyntax, 2, ""},
		{"block comment", `[/* no */]`, CodeSyntax, 1, "[0]"},
		{"NaN", `[NaN]`, CodeSyntax, 1, "[0]"},
		{"Infinity", `[-Infinity]`, CodeSyntax, 2, "[0]"},
		{"leading zero", `[01]`, CodeSyntax, 2, "[0]"},
		{"leading plus", `[+1]`, CodeSyntax, 1, "[0]"},
		{"bare point", `[1.]`, CodeSyntax, 3, "[0]"},
		{"bare exponent", `[1e+]`, CodeSyntax, 4, "[0]"},
		{"single quotes", `{'a':1}`, CodeSyntax, 1, ""},
		{"bare key", `{a:1}`, CodeSyntax, 1, ""},
		{"byte order mark", "\xef\xbb\xbf{}", CodeSyntax, 0, ""},
		{"wrong bracket for an array", `[1}`, CodeSyntax, 2, "[0]"},
		{"wrong bracket for an object", `{"model":1]`, CodeSyntax, 10, "model"},
		{"closing bracket alone", `]`, CodeSyntax, 0, ""},
		{"line break in a string", "[\"a\nb\"]", CodeSyntax, 3, "[0]"},
		{"NUL in a long string", `["` + strings.Repeat("x", 20) + "\x00\"]", CodeSyntax, 22, "[0]"},
		{"invalid escape", `["a\x"]`, CodeSyntax, 3, "[0]"},
		{"invalid unicode escape", `["\u00zz"]`, CodeSyntax, 2, "[0]"},
		{"one level too deep", deep(MaxDepth + 1), CodeDepth, MaxDepth, strings.Repeat("[0]", 85) + "[…"},
		{"ten thousand levels", deep(10_001), CodeDepth, MaxDepth, strings.Repeat("[0]", 85) + "[…"},
		{"invalid UTF-8", "{\"model\":\"ab\xff\"}", CodeText, 12, "model"},
		{"invalid UTF-8 in a key", "{\"\xc3\":1}", CodeText, 2, ""},
		{"surrogate in UTF-8", "[\"\xed\xa0\x80\"]", CodeText, 2, "[0]"},
		{"first half of a surrogate pair", `["a\n\ud800b"]`, CodeText, 5, "[0]"},
		{"second half of a surrogate pair", `["\udc00"]`, CodeText, 2, "[0]"},
		{"halves in the wrong order", `["\udc00\ud800"]`, CodeText, 2, "[0]"},
		{"two first halves", `["\ud83d\ude00\ud83d\ud83d"]`, CodeText, 14, "[0]"},
		{"half of a surrogate pair in an unknown field", `{"x":"\ud800"}`, CodeText, 6, "x"},
		{"equal keys", `{"model":1,"stream":2,"model":3}`, CodeDuplicate, 23, "model"},
		{"keys alike but for case", `{"model":1,"Model":3}`, CodeDuplicate, 12, "Model"},
		{"equal keys, one escaped", `{"model":1,"\u006dodel":3}`, CodeDuplicate, 12, "model"},
		{"keys alike but for case, one escaped", `{"\u004dodel":1,"model":3}`, CodeDuplicate, 17, "model"},
		{"equal keys of nine bytes", `{"max_token":1,"max_token":3}`, CodeDuplicate, 16, "max_token"},
		{"a letter that folds to s", `{"messages":1,"me` + "\u017f" + `sages":3}`, CodeDuplicate, 15, "me\u017fsages"},
		{"a letter that folds to k, escaped", `{"k":1,"\u212a":3}`, CodeDuplicate, 8, "\u212a"},
		{"equal keys beyond ASCII", `{"é":1,"\u00e9":3}`, CodeDuplicate, 9, "é"},
		{"equal keys deep inside", `{"messages":[{},{"role":1,"content":[{"type":1,"type":2}]}]}`, CodeDuplicate, 48, "messages[1].content[0].type"},
		{"keys alike but for case inside", `{"messages":[{"role":1,"ROLE":2}]}`, CodeDuplicate, 24, "messages[0].ROLE"},
		{"equal keys in free data", `{"metadata":{"a":1,"b":{"c":1,"c":2}}}`, CodeDuplicate, 31, "metadata.b.c"},
		{"equal keys in free data inside", `{"tools":[{"parameters":{"a":1,"\u0061":2}}]}`, CodeDuplicate, 32, "tools[0].parameters.a"},
		{"equal unknown keys at the top", `{"x":1,"x":2}`, CodeDuplicate, 8, "x"},
		{"empty keys", `{"":1,"":2}`, CodeDuplicate, 7, ""},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			var x Index
			err := Scan([]byte(tt.in), &options, &x)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Code != tt.code || e.Offset != tt.offset || e.Path != tt.path {
				t.Errorf("got code %d, offset %d, path %q (%v)", e.Code, e.Offset, e.Path, e)
			}
			if e.What == "" || !strings.Contains(e.Error(), fmt.Sprintf("at byte %d", tt.offset)) {
				t.Errorf("error is %q", e.Error())
			}
			if tt.code == CodeSyntax && json.Valid([]byte(tt.in)) {
				t.Error("it is valid JSON after all")
			}
		})
	}
}

func TestScanAccepts(t *testing.T) {
	t.Parallel()
	tests := []struct{ about, in string }{
		{"number", "-0"},
		{"literal", " null "},
		{"string", `"\u0000\/"`},
		{"empty object", "{ }"},
		{"empty array", "[\n]"},
		{"all escapes", `"\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00"`},
		{"huge numbers", `[1e400,-0,123456789012345678901234567890,1E-9,0.5e+7]`},
		{"white space everywhere", " {\t\"model\" :\r\n[ 1 , { } ,[ ] ] , \"stream\" : null }\n"},
		{"the deepest", strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)},
		{"equal keys in different objects", `{"messages":[{"role":1},{"role":1,"x":{"role":2}}]}`},
		{"keys alike but for case in free data", `{"metadata":{"a":1,"A":{"b":1,"B":2}}}`},
		{"keys alike but for case in free data inside", `{"tools":[{"parameters":{"a":1,"A":2}}]}`},
		{"equal keys in an unknown field", `{"x":{"a":1,"a":2,"b":[{"c":1,"C":1}]},"model":1}`},
		{"after an unknown field keys count again", `{"x":{"a":1},"messages":{"a":2}}`},
		{"keys that hash alike fold apart", `{"a_b":1,"a\u007fb":2,"a@b":3,"a` + "`" + `b":4}`},
		{"a key that is the start of another", `{"max":1,"max_tokens":2,"max_token":3,"maxtokens":4}`},
		{"text beyond ASCII", `{"model":"` + strings.Repeat("日本語 русский 😀 ", 9) + `"}`},
		{"DEL", "\"\x7f\""},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			var x Index
			if err := Scan([]byte(tt.in), &options, &x); err != nil {
				t.Error(err)
			}
			if !json.Valid([]byte(tt.in)) {
				t.Error("it is not JSON")
			}
		})
	}
}

func TestScanFields(t *testing.T) {
	t.Parallel()
	in := []byte(` { "\u006dodel" : "a" ,"x":[{"y":1} ],"Stream":true , "tools": 1.5 }`)
	x := Index{Fields: make([]Field, 3)}
	if err := Scan(in, &options, &x); err != nil {
		t.Fatal(err)
	}
	want := []struct {
		key, value string
		id, alike  int
	}{
		{`\u006dodel`, `"a"`, 0, -1}, {"x", `[{"y":1} ]`, -1, -1}, {"Stream", "true", -1, 4}, {"tools", "1.5", 2, -1},
	}
	if x.Kind != Object || len(x.Fields) != len(want) {
		t.Fatalf("got kind %d and %d fields", x.Kind, len(x.Fields))
	}
	for i, w := range want {
		f := x.Fields[i]
		if string(f.Key.Of(in)) != w.key || string(f.Value.Of(in)) != w.value || f.ID != w.id || f.Alike != w.alike {
			t.Errorf("field %d: key %q, value %q, id %d, alike %d", i, f.Key.Of(in), f.Value.Of(in), f.ID, f.Alike)
		}
	}
	if err := Scan([]byte("[{}]"), &options, &x); err != nil || x.Kind != Array || len(x.Fields) != 0 {
		t.Errorf("an array has kind %d, fields %v, error %v", x.Kind, x.Fields, err)
	}
}

func TestScanAllKnown(t *testing.T) {
	t.Parallel()
	var x Index
	if err := Scan([]byte(`{"x":{"a":1,"A":2}}`), &Options{}, &x); err == nil {
		t.Error("keys alike but for case were accepted")
	}
	if err := Scan([]byte(`{"x":{"a":1}}`), &Options{}, &x); err != nil || x.Fields[0].ID != -1 || x.Fields[0].Alike != -1 {
		t.Errorf("got %v, %+v", err, x.Fields)
	}
}

// object makes an object of n different keys and the given one after them.
func object(n int, last string) []byte {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		fmt.Fprintf(&b, `"key%d":{"a":1},`, i)
	}
	return []byte(b.String() + last + "}")
}

func TestScanLargeObjects(t *testing.T) {
	t.Parallel()
	for _, n := range []int{fewKeys - 1, fewKeys, fewKeys + 1, 5000} {
		tests := []struct {
			about, last string
			code        Code
		}{
			{"different", `"other":1`, 0},
			{"equal to the first", `"key0":1`, CodeDuplicate},
			{"like the first but for case", `"KEY0":1`, CodeDuplicate},
			{"equal to the last, escaped", fmt.Sprintf(`"\u006bey%d":1`, n-1), CodeDuplicate},
			{"like the last but for a letter beyond ASCII", fmt.Sprintf(`"`+"\u212a"+`ey%d":1`, n-1), CodeDuplicate},
		}
		for _, tt := range tests {
			var x Index
			err := Scan(object(n, tt.last), &Options{}, &x)
			var e *Error
			if errors.As(err, &e); (e == nil && tt.code != 0) || (e != nil && e.Code != tt.code) {
				t.Errorf("%d keys, %s: got %v", n, tt.about, err)
			}
			free := append(append([]byte(`{"metadata":`), object(n, tt.last)...), '}')
			caseOnly := tt.about == "like the first but for case" || strings.Contains(tt.about, "beyond ASCII")
			if err := Scan(free, &options, &x); (err == nil) != (tt.code == 0 || caseOnly) {
				t.Errorf("%d free keys, %s: got %v", n, tt.about, err)
			}
			unknown := append(append([]byte(`{"x":`), object(n, tt.last)...), '}')
			if err := Scan(unknown, &options, &x); err != nil {
				t.Errorf("%d unknown keys, %s: got %v", n, tt.about, err)
			}
		}
	}
}

func TestScanTooManyKeys(t *testing.T) {
	t.Parallel()
	var x Index
	err := Scan(object(MaxKeys, `"x":1`), &Options{}, &x)
	var e *Error
	if !errors.As(err, &e) || e.Code != CodeKeys {
		t.Errorf("got %v", err)
	}
	if err := Scan(object(MaxKeys-1, `"x":1`), &Options{}, &x); err != nil {
		t.Error(err)
	}
}

// FuzzScan compares with encoding/json: what Scan accepts is valid there, and
// what it calls a syntax error is not.
func FuzzScan(f *testing.F) {
	for _, s := range []string{
		`{"model":"a","messages":[{"role":"user","content":"h\u00e9\ud83d\ude00"}],"stream":true,"x":{"a":1e400,"a":-0}}`,
		`{"metadata":{"a":1,"A":2},"\u006dodel":null}`, "[1,]", "\xef\xbb\xbf{}", `{"Model":1,"model":2}`, `"\ud800"`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var x Index
		err := Scan(in, &options, &x)
		valid := json.Valid(in)
		var e *Error
		switch {
		case err == nil && !valid:
			t.Fatal("accepted what is not JSON")
		case err == nil:
			for _, fl := range x.Fields {
				if !json.Valid(fl.Value.Of(in)) || !json.Valid([]byte(`"`+string(fl.Key.Of(in))+`"`)) {
					t.Fatalf("field %+v is not cut right", fl)
				}
			}
			if x.Kind == Object {
				var m map[string]json.RawMessage
				if err := json.Unmarshal(in, &m); err != nil || len(m) != len(x.Fields) {
					t.Fatalf("%d fields, encoding/json has %d (%v)", len(x.Fields), len(m), err)
				}
			}
		case !errors.As(err, &e):
			t.Fatalf("the error is a %T", err)
		case e.Offset < 0 || e.Offset > len(in) || e.What == "":
			t.Fatalf("the error is %+v", e)
		case e.Code == CodeSyntax && valid:
			t.Fatalf("refused valid JSON: %v", err)
		}
	})
}
