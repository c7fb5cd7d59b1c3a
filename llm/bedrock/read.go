package bedrock

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

// reader goes through an answer's JSON text once, from value to value, and
// copies nothing that nobody asks for. A value of another type than the one
// asked for reads as zero: a server's oddity is no reason to lose an answer.
// After the first mistake in the text everything reads as zero, and end tells.
type reader struct {
	c    rawjson.Cursor
	text []byte
}

// read begins with another text.
func (r *reader) read(b []byte) { r.c = rawjson.Check(b) }

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

// integer is a whole number, or 0.
func (r *reader) integer() int64 {
	text := r.raw()
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

// end reports whether the text has ended, without a mistake.
func (r *reader) end() bool { return r.c.Close() == nil }
