package bedrock

import (
	"bytes"
	"encoding/json"
	"iter"
	"math"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// The functions here read requests, whose text Inspect has found well-formed;
// in any other text they find less, or nonsense. Values alias the request;
// what is kept of them is copied.

// members yields the members of an object; nothing for any other value.
func members(v []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		c := rawjson.Trust(v, 0)
		if !c.Object() {
			return
		}
		for c.NextField() {
			key := string(c.Key())
			if m := c.Value(); m == nil || !yield(key, m) {
				return
			}
		}
	}
}

// elements yields the elements of a list; nothing for any other value.
func elements(v []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		c := rawjson.Trust(v, 0)
		if !c.Array() {
			return
		}
		for n := 0; c.NextItem(); n++ {
			if e := c.Value(); e == nil || !yield(n, e) {
				return
			}
		}
	}
}

// member returns the value of an object's member, or nil.
func member(v []byte, key string) []byte {
	c := rawjson.Trust(v, 0)
	if !c.Object() {
		return nil
	}
	for c.NextField() {
		found := string(c.Key()) == key
		if m := c.Value(); found {
			return m
		}
	}
	return nil
}

// inside is the text between the quotes of a string.
func inside(v []byte) []byte {
	if len(v) < 2 {
		return nil
	}
	return v[1 : len(v)-1]
}

func isNull(v []byte) bool { return len(v) == 0 || v[0] == 'n' }

func wrongType(at, want string) *llm.Error {
	return llm.Invalid(at, "invalid_type", "expected "+want)
}

func missing(at string) *llm.Error {
	return llm.Invalid(at, "missing_required_parameter", "this is required")
}

// str copies a string out of a value; null is empty.
func str(v []byte, at string) (string, *llm.Error) {
	switch rawjson.KindOf(v) {
	case rawjson.String:
		return text(v), nil
	case rawjson.Null, rawjson.None:
		return "", nil
	}
	return "", wrongType(at, "a string")
}

// text copies the text of a string.
func text(v []byte) string {
	in := inside(v)
	if bytes.IndexByte(in, '\\') < 0 {
		return string(in)
	}
	return string(rawjson.Unquote(in, make([]byte, 0, len(in))))
}

// nonEmpty is str for what must be given.
func nonEmpty(v []byte, at string) (string, *llm.Error) {
	s, err := str(v, at)
	if err == nil && s == "" {
		return "", missing(at)
	}
	return s, err
}

// integer reads an integer of at least low, which may have a fraction of zero,
// as documents of AWS allow; null is nil.
func integer(v []byte, at string, low int64) (*int64, *llm.Error) {
	if isNull(v) {
		return nil, nil
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil {
		f, err := strconv.ParseFloat(string(v), 64)
		if rawjson.KindOf(v) != rawjson.Number || err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return nil, wrongType(at, "an integer")
		}
		n = int64(f)
	}
	if n < low {
		return nil, llm.Invalid(at, codeValue, "must be at least "+strconv.FormatInt(low, 10))
	}
	return &n, nil
}

// number reads a number; null is nil.
func number(v []byte, at string) (*float64, *llm.Error) {
	if isNull(v) {
		return nil, nil
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if rawjson.KindOf(v) != rawjson.Number || err != nil || math.IsInf(f, 0) {
		return nil, wrongType(at, "a number")
	}
	return &f, nil
}

// boolean reads true or false; null is nil.
func boolean(v []byte, at string) (*bool, *llm.Error) {
	if isNull(v) {
		return nil, nil
	}
	if rawjson.KindOf(v) != rawjson.Bool {
		return nil, wrongType(at, "a boolean")
	}
	b := rawjson.True(v)
	return &b, nil
}

// object copies an object; null is nil.
func object(v []byte, at string) (json.RawMessage, *llm.Error) {
	if isNull(v) {
		return nil, nil
	}
	if rawjson.KindOf(v) != rawjson.Object {
		return nil, wrongType(at, "an object")
	}
	return bytes.Clone(v), nil
}

// list checks that a value is a list or null.
func list(v []byte, at string) *llm.Error {
	if !isNull(v) && rawjson.KindOf(v) != rawjson.Array {
		return wrongType(at, "a list")
	}
	return nil
}

// stringList reads a list of strings; null is nil.
func stringList(v []byte, at string) ([]string, *llm.Error) {
	if err := list(v, at); err != nil {
		return nil, err
	}
	var out []string
	for i, e := range elements(v) {
		if rawjson.KindOf(e) != rawjson.String {
			return nil, within(at, i, wrongType("", "a string"))
		}
		s, _ := str(e, at)
		out = append(out, s)
	}
	return out, nil
}

// within moves an error's place into an element of a list.
func within(name string, i int, err *llm.Error) *llm.Error {
	return under(name+"["+strconv.Itoa(i)+"]", err)
}

// under moves an error's place into a member.
func under(name string, err *llm.Error) *llm.Error {
	switch {
	case err.Param == "":
		err.Param = name
	case strings.HasPrefix(err.Param, "["):
		err.Param = name + err.Param
	default:
		err.Param = name + "." + err.Param
	}
	return err
}
