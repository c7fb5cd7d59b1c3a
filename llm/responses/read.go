package responses

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

// reader goes through the JSON text of an answer once, from value to value. A
// value of another type than the one asked for reads as zero: a provider's
// oddity is no reason to lose an answer. After the first mistake in the text
// everything reads as zero, and end tells.
type reader struct {
	b []byte
	c rawjson.Cursor
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

// str is a copy of a string's text. What is not UTF-8 becomes U+FFFD.
func (r *reader) str() string {
	text, _ := r.c.Text()
	return textOf(text)
}

// textOf copies what stands between the quotes of a string, without escapes.
func textOf(text []byte) string {
	if bytes.IndexByte(text, '\\') >= 0 {
		text = rawjson.Unquote(text, make([]byte, 0, len(text)))
	}
	if utf8.Valid(text) {
		return string(text)
	}
	return strings.ToValidUTF8(string(text), "\ufffd")
}

// maxFigure bounds what is read, so that no sum of figures overflows. It is far
// beyond what is plausible.
const maxFigure = 1 << 50

// figure is a number of tokens; what is no number is 0.
func (r *reader) figure() int64 {
	v := r.raw()
	n, ok := rawjson.Int(v)
	if !ok {
		if rawjson.KindOf(v) != rawjson.Number {
			return 0
		}
		f, _ := strconv.ParseFloat(string(v), 64)
		n = int64(min(max(f, -maxFigure), maxFigure))
	}
	return min(max(n, -maxFigure), maxFigure)
}

// end reports whether the text has ended, without a mistake.
func (r *reader) end() bool { return r.c.Close() == nil }

// validRaw is a copy of a value, in which what is not UTF-8 becomes U+FFFD.
func validRaw(v []byte) json.RawMessage {
	if utf8.Valid(v) {
		return bytes.Clone(v)
	}
	return bytes.ToValidUTF8(v, []byte("\ufffd"))
}

// saysSomething reports whether an error's value is one.
func saysSomething(v []byte) bool {
	switch string(v) {
	case "", "null", "{}", `""`, "false":
		return false
	}
	return true
}
