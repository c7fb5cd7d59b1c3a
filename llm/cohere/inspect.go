package cohere

import (
	"errors"
	"strconv"
	"strings"
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
	model, messages rawjson.Span

	name    []byte // a model's name, quoted
	scratch []byte // text without its escapes
}

// field is a field of a request that is known here.
type field struct {
	name string
	// check looks at the value; nil lets it pass.
	check func(st *inspection, name string, v rawjson.Span) *llm.Error
}

// fields are Cohere's own fields and those that are refused. What any other
// field holds passes untouched.
var fields = []field{
	{"model", (*inspection).checkModel},
	{"messages", (*inspection).checkMessages},
	{"stream", (*inspection).checkStream},
	{"max_tokens", (*inspection).checkLimit},
	{"temperature", (*inspection).checkNumber},
	{"p", (*inspection).checkNumber},
	{"k", (*inspection).checkNumber},
	{"seed", (*inspection).checkNumber},
	{"frequency_penalty", (*inspection).checkNumber},
	{"presence_penalty", (*inspection).checkNumber},
	{"tools", (*inspection).checkTools},
	{"response_format", (*inspection).checkResponseFormat},
	{"thinking", (*inspection).checkThinking},

	{"citation_options", nil},
	{"documents", nil},
	{"logprobs", nil},
	{"priority", nil},
	{"safety_mode", nil},
	{"stop_sequences", nil},
	{"strict_tools", nil},
	{"tool_choice", nil},

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
	Free: rawjson.NewNames("parameters", "json_schema", "schema", "properties", "$defs", "definitions", "data", "documents", "arguments"),
}

// The codes of refused requests, beside those for JSON itself.
const (
	codeInvalidJSON  = "invalid_json"
	codeDuplicateKey = "duplicate_key"
	codeModel        = "invalid_model"
	codeValue        = "invalid_value"
	codeImage        = "invalid_image_url"
	codeUnsupported  = "unsupported_parameter"
)

// Inspect checks a request for /v2/chat. Usage is part of every stream.
func (Dialect) Inspect(body []byte, in *llm.Inspection) error {
	st, ok := in.State.(*inspection)
	if !ok {
		st = new(inspection)
		in.State = st
	}
	st.model, st.messages = rawjson.Span{}, rawjson.Span{}
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
	case st.messages.End == 0:
		return missing("messages")
	}
	return nil
}

func (st *inspection) kind(v rawjson.Span) rawjson.Kind {
	return rawjson.KindOf(st.body[v.Start:v.End])
}

// text is the text of the string at v without escapes. It is valid until it is
// called again.
func (st *inspection) text(v rawjson.Span) []byte {
	return st.unescaped(st.body[v.Start+1 : v.End-1])
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
	switch {
	case len(name) == 0:
		return "the name is empty"
	case len(name) > maxModel:
		return "the name is too long"
	}
	for s := range strings.SplitSeq(string(name), "/") {
		if s == "." || s == ".." {
			return "the name has a segment of dots"
		}
	}
	for i := 0; i < len(name); {
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

func (st *inspection) checkStream(name string, v rawjson.Span) *llm.Error {
	switch st.kind(v) {
	case rawjson.Bool:
		st.in.Stream = rawjson.True(v.Of(st.body))
	case rawjson.Null:
	default:
		return wrongType(name, "true or false")
	}
	return nil
}

// maxLimit is the largest number that every JSON parser reads exactly.
const maxLimit = 1 << 53

func (st *inspection) checkLimit(name string, v rawjson.Span) *llm.Error {
	n, err := integer(v.Of(st.body), name, 1)
	if err != nil || n == nil {
		return err
	}
	if *n > maxLimit {
		return llm.Invalid(name, codeValue, "must be at most "+strconv.FormatInt(maxLimit, 10))
	}
	st.in.MaxTokens = *n
	return nil
}

func (st *inspection) checkNumber(name string, v rawjson.Span) *llm.Error {
	if k := st.kind(v); k != rawjson.Number && k != rawjson.Null {
		return wrongType(name, "a number")
	}
	return nil
}

func (st *inspection) checkResponseFormat(name string, v rawjson.Span) *llm.Error {
	switch st.kind(v) {
	case rawjson.Null:
	case rawjson.Object:
		st.in.Structured = !rawjson.Is(inside(member(v.Of(st.body), "type")), "text")
	default:
		return wrongType(name, "an object")
	}
	return nil
}

func (st *inspection) checkThinking(name string, v rawjson.Span) *llm.Error {
	switch st.kind(v) {
	case rawjson.Null:
	case rawjson.Object:
		st.in.Reasoning = !rawjson.Is(inside(member(v.Of(st.body), "type")), "disabled")
	default:
		return wrongType(name, "an object")
	}
	return nil
}

func (st *inspection) checkTools(name string, v rawjson.Span) *llm.Error {
	switch st.kind(v) {
	case rawjson.Null:
	case rawjson.Array:
		c := rawjson.Trust(st.body, v.Start)
		for c.Array(); c.NextItem(); c.Skip() {
			st.in.Tools = true
		}
	default:
		return wrongType(name, "a list")
	}
	return nil
}

func (st *inspection) refuse(name string, _ rawjson.Span) *llm.Error {
	return llm.Invalid(name, codeUnsupported, "a caller cannot choose where its calls go")
}
