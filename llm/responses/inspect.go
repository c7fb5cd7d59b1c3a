package responses

import (
	"errors"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// inspection is what Inspect keeps of a request for EditRequest, and the
// buffers of both. It is the State of an [llm.Inspection].
type inspection struct {
	index rawjson.Index
	body  []byte
	in    *llm.Inspection
	// Where the values stand; not at all, where End is 0.
	model, input, streamOptions rawjson.Span
	// elsewhere is set where the conversation begins in a provider's store.
	elsewhere bool
	// refers is what the request refers to, and references are where items do.
	refers     References
	references []reference
	// strange are the items of reasoning that no provider of this dialect can
	// have issued, in order; count is the number of all items.
	strange []strangeItem
	count   int

	edits   []rawjson.Edit
	name    []byte // a model's name, quoted
	scratch []byte // text without its escapes
}

// field is a field of a request that is known here.
type field struct {
	name string
	// check looks at the value; nil lets it pass.
	check func(st *inspection, name string, v rawjson.Span) *llm.Error
}

// fields are OpenAI's own fields, and those that are refused. What any other
// field holds passes untouched.
var fields = []field{
	{"model", (*inspection).checkModel},
	{"input", (*inspection).checkInput},
	{"instructions", (*inspection).checkText},
	{"stream", (*inspection).checkStream},
	{"stream_options", (*inspection).checkStreamOptions},
	{"max_output_tokens", (*inspection).checkLimit},
	{"temperature", (*inspection).checkNumber},
	{"top_p", (*inspection).checkNumber},
	{"top_logprobs", (*inspection).checkNumber},
	{"max_tool_calls", (*inspection).checkNumber},
	{"tools", (*inspection).checkTools},
	{"text", (*inspection).checkFormat},
	{"reasoning", (*inspection).checkReasoning},
	{"include", (*inspection).checkList},
	{"metadata", (*inspection).checkObject},
	{"user", (*inspection).checkUser},
	{"safety_identifier", (*inspection).checkSafetyID},
	{"previous_response_id", (*inspection).checkPrevious},
	{"conversation", (*inspection).checkConversation},
	{"prompt", (*inspection).checkElsewhere},
	{"background", (*inspection).checkBackground},
	{"store", (*inspection).checkStore},

	{"client_metadata", nil},
	{"context_management", nil},
	{"moderation", nil},
	{"parallel_tool_calls", nil},
	{"prompt_cache_key", nil},
	{"prompt_cache_options", nil},
	{"prompt_cache_retention", nil},
	{"service_tier", nil},
	{"tool_choice", nil},
	{"truncation", nil},

	// These could only mean to steer where a call goes and with which key.
	{"api_key", (*inspection).refuse},
	{"base_url", (*inspection).refuse},
	{"api_base", (*inspection).refuse},
	{"extra_headers", (*inspection).refuse},
	{"extra_body", (*inspection).refuse},
	{"extra_query", (*inspection).refuse},
}

var scanOptions = rawjson.Options{
	Known: func() *rawjson.Names {
		var names []string
		for _, f := range fields {
			names = append(names, f.name)
		}
		return rawjson.NewNames(names...)
	}(),
	// Schemas, and data of the caller's or of its tools.
	Free: rawjson.NewNames(inspectFree...),
}

var inspectFree = []string{"parameters", "schema", "input_schema", "properties", "$defs", "definitions", "metadata", "client_metadata", "arguments", "attributes", "env", "headers", "variables"}

// The codes of refused requests, beside those for JSON itself.
const (
	codeInvalidJSON  = "invalid_json"
	codeDuplicateKey = "duplicate_key"
	codeModel        = "invalid_model"
	codeValue        = "invalid_value"
	codeImage        = "invalid_image_url"
	codeUnsupported  = "unsupported_parameter"
)

// Inspect checks a request for a response. Usage is part of every stream of this
// dialect.
func (Dialect) Inspect(body []byte, in *llm.Inspection) error {
	st, ok := in.State.(*inspection)
	if !ok {
		st = new(inspection)
		in.State = st
	}
	none := rawjson.Span{}
	st.model, st.input, st.streamOptions = none, none, none
	st.elsewhere, st.strange, st.count = false, st.strange[:0], 0
	st.refers, st.references = References{Store: true}, st.references[:0]
	if err := rawjson.Scan(body, &scanOptions, &st.index); err != nil {
		return scanError(err)
	}
	if st.index.Kind != rawjson.Object {
		return llm.Invalid("", codeInvalidJSON, "the body must be a JSON object")
	}
	in.N, in.IncludeUsage = 1, true
	st.body, st.in = body, in
	err := st.check()
	st.body, st.in = nil, nil
	if err != nil {
		return err
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

// check looks at all known fields.
func (st *inspection) check() *llm.Error {
	for _, f := range st.index.Fields {
		if f.ID < 0 {
			if f.Alike >= 0 {
				// Some servers would take it for the field that it resembles,
				// which was not looked at.
				return llm.Invalid(string(f.Key.Of(st.body)), codeUnsupported, "unknown field; the name of the known one is "+fields[f.Alike].name)
			}
			continue
		}
		known := &fields[f.ID]
		if known.check == nil {
			continue
		}
		if err := known.check(st, known.name, f.Value); err != nil {
			return err
		}
	}
	switch {
	case st.model.End == 0:
		return llm.Invalid("model", codeModel, "this is required")
	case st.input.End == 0 && !st.elsewhere:
		return missing("input")
	}
	return nil
}

func (st *inspection) kind(v rawjson.Span) rawjson.Kind {
	return rawjson.KindOf(st.body[v.Start:v.End])
}

// unescaped is a string's text without escapes. It is valid until it is called
// again.
func (st *inspection) unescaped(text []byte) []byte {
	out := rawjson.Unquote(text, st.scratch)
	if len(out) < len(text) { // there were escapes, so it is in the scratch
		st.scratch = out
	}
	return out
}

// text is the text of the string at v without escapes. It is valid until it or
// unescaped is called again.
func (st *inspection) text(v rawjson.Span) []byte {
	return st.unescaped(st.body[v.Start+1 : v.End-1])
}

func (st *inspection) checkModel(name string, v rawjson.Span) *llm.Error {
	if st.kind(v) != rawjson.String {
		return llm.Invalid(name, codeModel, "expected a string")
	}
	if v.End-v.Start > 12*maxModel {
		return llm.Invalid(name, codeModel, "the name is too long")
	}
	text := st.text(v)
	if why := badModel(text); why != "" {
		return llm.Invalid(name, codeModel, why)
	}
	st.model = v
	st.in.Model = string(text)
	return nil
}

// maxModel is the length of the longest name of a model, in bytes.
const maxModel = 256

// badModel says why a text cannot be a model's name, which may come to stand in
// a path at a provider or in a log; empty when it can.
func badModel(name []byte) string {
	if len(name) == 0 {
		return "the name is empty"
	}
	if len(name) > maxModel {
		return "the name is too long"
	}
	segment := 0 // where the current one begins
	for i := 0; i <= len(name); {
		if i == len(name) || name[i] == '/' {
			if s := name[segment:i]; string(s) == "." || string(s) == ".." {
				return "the name has a segment of dots"
			}
			i++
			segment = i
			continue
		}
		r, n := utf8.DecodeRune(name[i:])
		switch {
		case r == '?' || r == '#' || r == '%' || r == '\\':
			return "the name has a character that no name has"
		case unicode.IsControl(r):
			return "the name has a control character"
		}
		i += n
	}
	return ""
}

func (st *inspection) refuse(name string, _ rawjson.Span) *llm.Error {
	return llm.Invalid(name, codeUnsupported, "a caller cannot choose where its calls go")
}
