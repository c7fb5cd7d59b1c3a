package operation

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// Decode reads a body that was inspected into a struct of the form. The error
// names the place.
func Decode(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	if err == nil {
		return nil
	}
	param := ""
	if e := new(json.UnmarshalTypeError); errors.As(err, &e) {
		param = e.Field
	}
	return llm.Invalid(param, codeType, "the value has a type that it cannot have here")
}

// Texts reads one text or a list of texts, which is not empty.
func Texts(param string, v json.RawMessage) ([]string, error) {
	if rawjson.KindOf(v) == rawjson.String {
		return []string{unquoted(v)}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(v, &list); err != nil || len(list) == 0 {
		return nil, llm.Invalid(param, codeType, "expected a string or a list of strings that is not empty")
	}
	texts := make([]string, 0, len(list))
	for i, item := range list {
		switch rawjson.KindOf(item) {
		case rawjson.String:
			texts = append(texts, unquoted(item))
		case rawjson.Number, rawjson.Array:
			return nil, llm.Invalid(param, codeUnsupported, "tokens mean something to the vendor of their tokenizer alone; send text to this model")
		default:
			return nil, llm.Invalid(param+"["+strconv.Itoa(i)+"]", codeType, "expected a string")
		}
	}
	return texts, nil
}

// Count checks that a number, where it is given, is a whole one of at least 1.
func Count(param string, v json.RawMessage) (*int64, error) {
	if len(v) == 0 || rawjson.KindOf(v) == rawjson.Null {
		return nil, nil //nolint:nilnil // not said is no error
	}
	n, ok := rawjson.Int(v)
	if !ok || n < 1 {
		return nil, llm.Invalid(param, "invalid_value", "expected a whole number of at least 1")
	}
	return &n, nil
}

// Unsupported is the error for a field that a model's provider cannot be told,
// and that must not be left out without a word.
func Unsupported(param, why string) error { return llm.Invalid(param, codeUnsupported, why) }
