package rawjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
)

// rebuild walks a value and writes it again without space; keys and strings are
// written as encoding/json does, so that the results can be compared.
func rebuild(c *Cursor, dst []byte) []byte {
	switch c.Kind() {
	case Object:
		if !c.Object() {
			return dst
		}
		dst = append(dst, '{')
		for n := 0; c.NextField(); n++ {
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = AppendQuote(dst, string(c.Key()))
			dst = append(dst, ':')
			dst = rebuild(c, dst)
		}
		return append(dst, '}')
	case Array:
		if !c.Array() {
			return dst
		}
		dst = append(dst, '[')
		for n := 0; c.NextItem(); n++ {
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = rebuild(c, dst)
		}
		return append(dst, ']')
	case String:
		text, _ := c.Text()
		return AppendQuote(dst, string(Unquote(text, nil)))
	}
	return append(dst, c.Value()...)
}

// canonical is what rebuild should give, by way of encoding/json's tokens.
func canonical(t *testing.T, in []byte) string {
	t.Helper()
	var dst []byte
	d := json.NewDecoder(bytes.NewReader(in))
	d.UseNumber()
	type level struct {
		object bool
		n      int
	}
	var open []level
	for {
		tok, err := d.Token()
		if err != nil {
			return string(dst)
		}
		closing := tok == json.Delim('}') || tok == json.Delim(']')
		if n := len(open); n > 0 && !closing {
			top := &open[n-1]
			switch {
			case top.object && top.n&1 == 1:
				dst = append(dst, ':')
			case top.n > 0:
				dst = append(dst, ',')
			}
			top.n++
		}
		switch v := tok.(type) {
		case json.Delim:
			dst = append(dst, byte(v))
			if closing {
				open = open[:len(open)-1]
			} else {
				open = append(open, level{object: v == '{'})
			}
		case string:
			dst = AppendQuote(dst, v)
		case json.Number:
			dst = append(dst, v...)
		case bool:
			dst = strconv.AppendBool(dst, v)
		case nil:
			dst = append(dst, "null"...)
		}
	}
}

var walked = []string{
	`{}`, `[]`, `null`, `-1.5e3`, `"a\"b\\"`, ` { "a" : [ 1 , "\\" , { "\u0062" : null } ] , "c" : { } } `, `[[],[[]],{"a":[]}]`,
	`{"a":"\\\\\\\"","b":"` + strings.Repeat("x", 100) + `","é":"日本"}`, chatBody,
	`[true,false,null,0,-0,1E400]`, `{"a":{"b":{"c":[{"d":"]}"}]}}}`,
}

func TestCursorWalks(t *testing.T) {
	t.Parallel()
	for _, in := range walked {
		b := []byte(in)
		want := canonical(t, b)
		c := Check(b)
		if got := string(rebuild(&c, nil)); got != want || c.Close() != nil {
			t.Errorf("checked: got %s, %v, want %s", got, c.Close(), want)
		}
		c = Trust(b, 0)
		if got := string(rebuild(&c, nil)); got != want || c.Close() != nil {
			t.Errorf("trusted: got %s, %v, want %s", got, c.Close(), want)
		}
		for _, c := range []Cursor{Check(b), Trust(b, 0)} {
			if got, want := string(c.Value()), strings.TrimSpace(in); got != want || c.Close() != nil {
				t.Errorf("value: got %s, %v, want %s", got, c.Close(), want)
			}
		}
	}
}

func TestCursorRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in     string
		offset int
	}{
		{``, 0},
		{`{`, 1},
		{`[`, 1},
		{`{"a"}`, 4},
		{`{"a":}`, 5},
		{`{"a":1,}`, 7},
		{`{,}`, 1},
		{`[1,]`, 3},
		{`[,]`, 1},
		{`[1}`, 2},
		{`{"a":1]`, 6},
		{`[[1,2}]`, 5},
		{`{"a":[}`, 6},
		{`{} {}`, 3},
		{`"a`, 2},
		{"\"a\tb\"", 2},
		{`"\q"`, 1},
		{`[nul]`, 4},
		{`[truex]`, 5},
		{`[-]`, 2},
		{`{a:1}`, 1},
		{`[[[[1]]]`, 8},
		{`1 2`, 2},
		{`{"a":1 "b":2}`, 7},
		{"{\"a\nb\":1}", 3},
		{"\xef\xbb\xbf{}", 0},
	}
	for _, tt := range tests {
		b := []byte(tt.in)
		c := Check(b)
		c.Skip()
		err := asError(c.Close())
		if err == nil || err.Offset != tt.offset {
			t.Errorf("%q: skipping it gave %v, want an error at %d", tt.in, err, tt.offset)
		}
		c = Check(b)
		rebuild(&c, nil)
		if err := asError(c.Close()); err == nil || err.Offset != tt.offset {
			t.Errorf("%q: walking it gave %v, want an error at %d", tt.in, err, tt.offset)
		}
		if json.Valid(b) {
			t.Errorf("%q is JSON", tt.in)
		}
	}
	deep := []byte(strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1))
	c := Check(deep)
	c.Skip()
	if err := asError(c.Close()); err == nil || err.Code != CodeDepth {
		t.Errorf("%d levels gave %v", MaxDepth+1, err)
	}
	c = Check(deep[1 : len(deep)-1])
	if c.Skip(); c.Close() != nil {
		t.Errorf("%d levels gave %v", MaxDepth, c.Close())
	}
}

func TestCursorSkipsWhatItIsNotAskedFor(t *testing.T) {
	t.Parallel()
	b := []byte(`{"a":1,"b":[2],"c":{"x":3},"d":"t\n","e":null}`)
	for _, c := range []Cursor{Check(b), Trust(b, 0)} {
		var keys, texts []string
		if !c.Object() {
			t.Fatal("it is an object")
		}
		for c.NextField() {
			keys = append(keys, string(c.Key()))
			switch string(c.Key()) {
			case "a", "b":
				if c.Object() {
					t.Errorf("%s is no object", c.Key())
				}
			case "c":
				if c.Array() {
					t.Errorf("%s is no array", c.Key())
				}
			default:
				if text, ok := c.Text(); ok {
					texts = append(texts, string(text))
				}
			}
		}
		if got := strings.Join(keys, ""); got != "abcde" || len(texts) != 1 || texts[0] != `t\n` || c.Close() != nil {
			t.Errorf("got keys %s, texts %q, %v", got, texts, c.Close())
		}
	}
}

func TestCursorSeek(t *testing.T) {
	t.Parallel()
	b := []byte(`{"a":1 , "b":2}`)
	c := Check(b)
	c.Seek(6)
	if !c.NextField() || string(c.Key()) != "b" || string(c.Value()) != "2" || c.NextField() || c.Close() != nil {
		t.Errorf("it came to %s at %d, %v", c.Key(), c.Offset(), c.Close())
	}
}

func TestCursorWide(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{`{"a":"b"}`: false, `{"a":"é"}`: true, `{"é":1}`: true, `["\u00e9"]`: false, "[\"\xff\"]": true} {
		c := Check([]byte(in))
		if c.Skip(); c.Wide() != want || c.Close() != nil {
			t.Errorf("%s: wide is %v, %v", in, c.Wide(), c.Close())
		}
	}
}

func FuzzCursor(f *testing.F) {
	for _, in := range walked {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c := Check(in)
		c.Skip()
		err := asError(c.Close())
		if valid := json.Valid(in); (err == nil) != valid && (err == nil || err.Code != CodeDepth) {
			t.Fatalf("skipping gave %v, encoding/json says %v", err, valid)
		}
		d := Check(in)
		got := string(rebuild(&d, nil))
		if other := asError(d.Close()); err == nil && other != nil || err != nil && err.Code != CodeDepth && (other == nil || other.Offset != err.Offset) {
			t.Fatalf("skipping gave %v, walking %v", err, other)
		}
		if err != nil {
			return
		}
		trusted := Trust(in, 0)
		if again := string(rebuild(&trusted, nil)); again != got || trusted.Close() != nil {
			t.Fatalf("trusted: %s, checked: %s", again, got)
		}
		if want := canonical(t, in); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	})
}

func BenchmarkCursor(b *testing.B) {
	for _, bb := range []struct{ name, body string }{{"1KB", chatBody}, {"200KB", longBody}} {
		body := []byte(bb.body)
		b.Run("trusted-"+bb.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				c := Trust(body, 0)
				c.Skip()
			}
		})
		b.Run("checked-"+bb.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				c := Check(body)
				if c.Skip(); c.Close() != nil {
					b.Fatal(c.Close())
				}
			}
		})
	}
}

// asError is the error of the package's own type, or nil.
func asError(err error) *Error {
	var e *Error
	errors.As(err, &e)
	return e
}
