package operation

import (
	"errors"
	"strconv"
	"strings"
	"unicode"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// inspection is the State of an [llm.Inspection].
type inspection struct{ index rawjson.Index }

// The codes of refused requests.
const (
	codeInvalidJSON  = "invalid_json"
	codeDuplicateKey = "duplicate_key"
	codeModel        = "invalid_model"
	codeType         = "invalid_type"
	codeValue        = "invalid_value"
	codeUnsupported  = "unsupported_parameter"
	codeMissing      = "missing_required_parameter"
)

// Inspect checks what the gateway itself relies on: the model, that the fields
// are what they must be, and that nobody else could read the body differently.
func (f *Form) Inspect(body []byte, in *llm.Inspection) error {
	st, ok := in.State.(*inspection)
	if !ok {
		st = new(inspection)
		in.State = st
	}
	if err := rawjson.Scan(body, &f.options, &st.index); err != nil {
		return scanError(err)
	}
	if st.index.Kind != rawjson.Object {
		return llm.Invalid("", codeInvalidJSON, "the body must be a JSON object")
	}
	in.N = 1
	if err := f.check(body, st, in); err != nil {
		return err
	}
	return nil
}

func (f *Form) check(body []byte, st *inspection, in *llm.Inspection) *llm.Error {
	var seen uint64 // there are far fewer fields
	for _, m := range st.index.Fields {
		name := string(m.Key.Of(body))
		switch {
		case m.ID >= len(f.known):
			return llm.Invalid(name, codeUnsupported, "a caller cannot choose where its calls go")
		case m.ID < 0 && m.Alike >= 0:
			return llm.Invalid(name, codeUnsupported, "unknown field; it differs from a known one in case alone")
		case m.ID < 0:
			continue
		}
		at := f.known[m.ID]
		known := &f.Fields[at]
		value := m.Value.Of(body)
		kind := rawjson.KindOf(value)
		if kind == rawjson.Null {
			continue
		}
		if seen&(1<<at) != 0 && known.Alias != "" {
			return llm.Invalid(name, codeDuplicateKey, "this is given twice, in two spellings")
		}
		if !known.Is.takes(kind) {
			code := codeType
			if known.Name == "model" {
				code = codeModel
			}
			return llm.Invalid(name, code, "expected "+typeWords[known.Is])
		}
		seen |= 1 << at
		switch {
		case known.Name == "model" && !f.InPath:
			text := string(rawjson.Unquote(value[1:len(value)-1], nil))
			if why := BadModel(text); why != "" {
				return llm.Invalid(name, codeModel, why)
			}
			in.Model = text
		case known.Name == "stream" && rawjson.True(value):
			return llm.Invalid("stream", codeUnsupported, "this operation is not streamed")
		case f.Look != nil:
			f.Look(known.Name, value, in)
		}
	}
	for i := range f.Fields {
		if known := &f.Fields[i]; known.Required && seen&(1<<i) == 0 {
			code := codeMissing
			if known.Name == "model" {
				code = codeModel
			}
			return llm.Invalid(known.Name, code, "this is required")
		}
	}
	return nil
}

func scanError(err error) *llm.Error {
	var e *rawjson.Error
	if !errors.As(err, &e) {
		return llm.Invalid("", codeInvalidJSON, err.Error())
	}
	if e.Code == rawjson.CodeDuplicate {
		return llm.Invalid(e.Path, codeDuplicateKey, e.What+" at byte "+strconv.Itoa(e.Offset))
	}
	return llm.Invalid("", codeInvalidJSON, "invalid JSON: "+e.Error())
}

// maxModel is the length of the longest name of a model, in bytes.
const maxModel = 256

// BadModel says why a text cannot be a model's name, which may come to stand in
// a path at a provider or in a log; empty when it can.
func BadModel(name string) string {
	switch {
	case name == "":
		return "the name is empty"
	case len(name) > maxModel:
		return "the name is too long"
	case strings.ContainsAny(name, `?#%\`):
		return "the name has a character that no name has"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "the name has a control character"
	}
	for s := range strings.SplitSeq(name, "/") {
		if s == "." || s == ".." {
			return "the name has a segment of dots"
		}
	}
	return ""
}
