package gemini

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm/rawjson"
)

// errMalformed is what reading text gives that is not JSON.
var errMalformed = errors.New("reading JSON: malformed")

// reader goes through JSON text once, from value to value, and copies nothing
// that nobody asks for. A value of another type than the one asked for reads as
// zero: a provider's oddity is no reason to lose an answer. After the first
// mistake in the text everything reads as zero, and end tells.
type reader struct {
	b    []byte
	c    rawjson.Cursor
	text []byte
}

// read begins with another text.
func (r *reader) read(b []byte) { r.b, r.c = b, rawjson.Check(b) }

// fields yields the names of an object's members; whoever ranges over them has
// to read or skip each value and may not break off. Names are valid until the
// next is yielded. Anything but an object has none.
func (r *reader) fields(yield func(name []byte) bool) {
	if !r.c.Object() {
		return
	}
	for r.c.NextField() {
		if !yield(r.c.Key()) {
			return
		}
	}
}

// items yields the positions of a list's elements, as fields does names.
func (r *reader) items(yield func(i int) bool) {
	if !r.c.Array() {
		return
	}
	for n := 0; r.c.NextItem(); n++ {
		if !yield(n) {
			return
		}
	}
}

func (r *reader) skip() { r.c.Skip() }

// raw is a value as it stands. It aliases the text.
func (r *reader) raw() json.RawMessage { return r.c.Value() }

// since is what was read since an offset.
func (r *reader) since(start int) json.RawMessage { return r.b[start:r.c.Offset()] }

// bytes is a string's text; it is valid until the next string is read.
func (r *reader) bytes() []byte {
	text, _ := r.c.Text()
	if bytes.IndexByte(text, '\\') >= 0 {
		r.text = rawjson.Unquote(text, r.text)
		return r.text
	}
	return text
}

// str is a copy of a string's text. What is not UTF-8 becomes U+FFFD.
func (r *reader) str() string {
	text := r.bytes()
	if utf8.Valid(text) {
		return string(text)
	}
	return strings.ToValidUTF8(string(text), "\ufffd")
}

// word is a string's text, or a number as it is written: an enumeration's value.
func (r *reader) word() string {
	if r.c.Kind() == rawjson.Number {
		return string(r.raw())
	}
	return r.str()
}

// integer is a whole number, which may stand in quotes, as Google writes those
// of 64 bits.
func (r *reader) integer() int64 {
	var text []byte
	switch r.c.Kind() {
	case rawjson.Number:
		text = r.raw()
	case rawjson.String:
		text, _ = r.c.Text()
	default:
		r.skip()
		return 0
	}
	if n, ok := rawjson.Int(text); ok {
		return n
	}
	f, err := strconv.ParseFloat(string(text), 64)
	const exact = 1 << 53
	if err != nil || f < -exact || f > exact {
		return 0
	}
	return int64(f)
}

// number is a number, or 0.
func (r *reader) number() float64 {
	f, err := strconv.ParseFloat(string(r.raw()), 64)
	if err != nil {
		return 0
	}
	return f
}

func (r *reader) boolean() bool { return rawjson.True(r.raw()) }

// end reports whether the text has ended, without a mistake.
func (r *reader) end() bool { return r.c.Close() == nil }

// member is one member of an object.
type member struct {
	name  string
	value json.RawMessage
}

// membersOf are the members of an object in their order, and elementsOf the
// elements of a list. They alias v.
func membersOf(v []byte) ([]member, error) {
	r := reader{c: rawjson.Check(v)}
	var list []member
	for name := range r.fields {
		list = append(list, member{memberName(name), r.raw()})
	}
	if !r.end() {
		return nil, errMalformed
	}
	return list, nil
}

// frequent are the names that a conversation is full of, kept so as not to copy
// them each time.
var frequent = func() map[string]string {
	m := map[string]string{}
	for _, name := range []string{
		"role", "parts", "text", "thought", "thoughtSignature", "functionCall", "functionResponse", "name", "args", "id",
		"response", "output", "inlineData", "mimeType", "data", "type", "description", "properties", "items", "required",
	} {
		m[name] = name
	}
	return m
}()

func memberName(name []byte) string {
	if known, ok := frequent[string(name)]; ok {
		return known
	}
	return string(name)
}

func elementsOf(v []byte) []json.RawMessage {
	r := reader{c: rawjson.Check(v)}
	var list []json.RawMessage
	for range r.items {
		list = append(list, r.raw())
	}
	if !r.end() {
		return nil
	}
	return list
}

// stringOf is the text of a string, or empty.
func stringOf(v []byte) string {
	r := reader{c: rawjson.Check(v)}
	return r.str()
}

// camel is a field's name in camelCase: Google takes fields in both spellings,
// as is usual for protocol buffers
// (https://protobuf.dev/programming-guides/json/#field-representation).
func camel(name string) string {
	if strings.IndexByte(name, '_') < 0 {
		return name
	}
	b := make([]byte, 0, len(name))
	up := false
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case c == '_':
			up = true
			continue
		case up && c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		}
		up = false
		b = append(b, c)
	}
	return string(b)
}
