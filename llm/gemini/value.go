package gemini

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// The functions here read the values of requests and complain about those of
// another type. Their errors have no place; under and within add it.

// fieldsOf are the members of an object under their names in camelCase, but for
// those that are null. Both spellings of one name are one too many.
func fieldsOf(v json.RawMessage) ([]member, *llm.Error) {
	if rawjson.KindOf(v) != rawjson.Object {
		return nil, wrongType("an object")
	}
	list, err := membersOf(v)
	if err != nil {
		return nil, llm.Invalid("", "invalid_value", "not valid JSON")
	}
	for i := range list {
		list[i].name = camel(list[i].name)
	}
	if name, twice := repeated(list); twice {
		return nil, llm.Invalid(name, "invalid_value", "this is given twice")
	}
	return slices.DeleteFunc(list, func(m member) bool { return !saysSomething(m.value) }), nil
}

// repeated finds a name that is there twice.
func repeated(list []member) (name string, twice bool) {
	const few = 16
	if len(list) <= few {
		for i := range list {
			for j := range i {
				if list[i].name == list[j].name {
					return list[i].name, true
				}
			}
		}
		return "", false
	}
	seen := make(map[string]bool, len(list))
	for _, m := range list {
		if seen[m.name] {
			return m.name, true
		}
		seen[m.name] = true
	}
	return "", false
}

// listOf are the elements of a list. Where Google expects a list, it takes one
// element without brackets as well.
func listOf(v json.RawMessage) []json.RawMessage {
	if rawjson.KindOf(v) == rawjson.Array {
		return elementsOf(v)
	}
	return []json.RawMessage{v}
}

func wrongType(want string) *llm.Error {
	return llm.Invalid("", "invalid_type", "expected "+want)
}

func missing(at string) *llm.Error {
	return llm.Invalid(at, "missing_required_parameter", "this is required")
}

func textOf(v json.RawMessage) (string, *llm.Error) {
	if rawjson.KindOf(v) != rawjson.String {
		return "", wrongType("a string")
	}
	return stringOf(v), nil
}

// wordOf is a name of an enumeration, which may be given as its number.
func wordOf(v json.RawMessage) (string, *llm.Error) {
	if rawjson.KindOf(v) == rawjson.Number {
		return string(v), nil
	}
	return textOf(v)
}

func textsOf(v json.RawMessage) ([]string, *llm.Error) {
	var list []string
	for i, e := range listOf(v) {
		s, err := wordOf(e)
		if err != nil {
			return nil, within("", i, err)
		}
		list = append(list, s)
	}
	return list, nil
}

// integerOf is a whole number of at least low, which may stand in quotes or
// have a fraction of zero, as protocol buffers allow.
func integerOf(v json.RawMessage, low int64) (*int64, *llm.Error) {
	text := string(v)
	if rawjson.KindOf(v) == rawjson.String {
		text = stringOf(v)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return nil, wrongType("an integer")
		}
		n = int64(f)
	}
	if n < low {
		return nil, llm.Invalid("", "invalid_value", "must be at least "+strconv.FormatInt(low, 10))
	}
	return &n, nil
}

func numberOf(v json.RawMessage) (*float64, *llm.Error) {
	f, err := strconv.ParseFloat(string(v), 64)
	if rawjson.KindOf(v) != rawjson.Number || err != nil || math.IsInf(f, 0) {
		return nil, wrongType("a number")
	}
	return &f, nil
}

func booleanOf(v json.RawMessage) (*bool, *llm.Error) {
	if rawjson.KindOf(v) != rawjson.Bool {
		return nil, wrongType("a boolean")
	}
	b := rawjson.True(v)
	return &b, nil
}

// objectOf is a copy of an object.
func objectOf(v json.RawMessage) (json.RawMessage, *llm.Error) {
	if rawjson.KindOf(v) != rawjson.Object {
		return nil, wrongType("an object")
	}
	return slices.Clone(v), nil
}

// base64Of is base64 in its standard alphabet; Google takes that for URLs too.
func base64Of(v json.RawMessage) (string, *llm.Error) {
	s, err := textOf(v)
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(s, "-_") {
		s = strings.NewReplacer("-", "+", "_", "/").Replace(s)
	}
	body := strings.TrimRight(s, "=")
	if len(body)%4 == 1 || len(s)-len(body) > 2 || strings.IndexFunc(body, notBase64) >= 0 {
		return "", llm.Invalid("", "invalid_value", "the data is not valid base64")
	}
	if rest := len(body) % 4; rest > 0 {
		body += "=="[:4-rest]
	}
	return body, nil
}

func notBase64(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '+' && c != '/'
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
