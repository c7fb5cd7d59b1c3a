package openai

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
	model, messages, stream, streamOptions, includeUsage rawjson.Span

	// strange are members that hold what another vendor issued, each with the
	// comma that goes with it.
	strange []rawjson.Span

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

// fields are OpenAI's own fields, those of others that matter here, and those
// that are refused. What any other field holds passes untouched.
var fields = []field{
	{"model", (*inspection).checkModel},
	{"messages", (*inspection).checkMessages},
	{"stream", (*inspection).checkStream},
	{"stream_options", (*inspection).checkStreamOptions},
	{"max_tokens", (*inspection).checkLimit},
	{"max_completion_tokens", (*inspection).checkLimit},
	{"n", (*inspection).checkCount},
	{"best_of", (*inspection).checkCount},
	{"temperature", (*inspection).checkNumber},
	{"top_p", (*inspection).checkNumber},
	{"top_k", (*inspection).checkNumber},
	{"frequency_penalty", (*inspection).checkNumber},
	{"presence_penalty", (*inspection).checkNumber},
	{"seed", (*inspection).checkNumber},
	{"top_logprobs", (*inspection).checkNumber},
	{"tools", (*inspection).checkTools},
	{"functions", (*inspection).checkTools},
	{"user", (*inspection).checkUser},
	{"response_format", (*inspection).checkResponseFormat},
	{"reasoning_effort", (*inspection).checkEffort},
	{"reasoning", (*inspection).checkReasoning},
	{"thinking", (*inspection).checkReasoning},
	{"modalities", (*inspection).checkModalities},
	{"audio", (*inspection).checkAudio},

	{"function_call", nil},
	{"logit_bias", nil},
	{"logprobs", nil},
	{"metadata", nil},
	{"moderation", nil},
	{"parallel_tool_calls", nil},
	{"prediction", nil},
	{"prompt_cache_key", nil},
	{"prompt_cache_options", nil},
	{"prompt_cache_retention", nil},
	{"safety_identifier", nil},
	{"service_tier", nil},
	{"stop", nil},
	{"stream_format", nil},
	{"store", nil},
	{"tool_choice", nil},
	{"verbosity", nil},
	{"web_search_options", nil},

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
	Free: rawjson.NewNames("parameters", "schema", "input_schema", "properties", "$defs", "definitions", "metadata", "logit_bias", "arguments", "input", "args"),
}

// The codes of refused requests, beside those for JSON itself.
const (
	codeInvalidJSON  = "invalid_json"
	codeDuplicateKey = "duplicate_key"
	codeModel        = "invalid_model"
	codeType         = "invalid_type"
	codeValue        = "invalid_value"
	codeImage        = "invalid_image_url"
	codeUnsupported  = "unsupported_parameter"
)

// Inspect checks a request for a chat completion.
func (Dialect) Inspect(body []byte, in *llm.Inspection) error {
	st, ok := in.State.(*inspection)
	if !ok {
		st = new(inspection)
		in.State = st
	}
	none := rawjson.Span{}
	st.model, st.messages, st.stream, st.streamOptions, st.includeUsage = none, none, none, none, none
	st.strange = st.strange[:0]
	if err := rawjson.Scan(body, &scanOptions, &st.index); err != nil {
		return scanError(err)
	}
	if st.index.Kind != rawjson.Object {
		return llm.Invalid("", codeInvalidJSON, "the body must be a JSON object")
	}
	in.N = 1
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
	case st.streamOptions.End > 0 && !st.in.Stream && rawjson.KindOf(st.streamOptions.Of(st.body)) != rawjson.Null:
		return llm.Invalid("stream_options", codeValue, "only a stream can have options")
	}
	return nil
}

func (st *inspection) kind(v rawjson.Span) rawjson.Kind {
	return rawjson.KindOf(st.body[v.Start:v.End])
}

// text is the text of the string at v without escapes. It is valid until it is
// called again.
func (st *inspection) text(v rawjson.Span) []byte {
	in := st.body[v.Start+1 : v.End-1]
	out := rawjson.Unquote(in, st.scratch)
	if len(out) < len(in) { // there were escapes, so it is in the scratch
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
		switch c := name[i]; {
		case c == '?' || c == '#' || c == '%' || c == '\\':
			return "the name has a character that no name has"
		case c < ' ' || c == 0x7f:
			return "the name has a control character"
		case c < utf8.RuneSelf:
			i++
		default:
			r, n := utf8.DecodeRune(name[i:])
			if unicode.IsControl(r) {
				return "the name has a control character"
			}
			i += n
		}
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
	st.stream = v
	return nil
}

func (st *inspection) checkStreamOptions(name string, v rawjson.Span) *llm.Error {
	st.streamOptions = v
	switch st.kind(v) {
	case rawjson.Null:
		return nil
	case rawjson.Object:
	default:
		return wrongType(name, "an object")
	}
	c := rawjson.Trust(st.body, v.Start)
	c.Object()
	for c.NextField() {
		if string(c.Key()) != "include_usage" {
			c.Skip()
			continue
		}
		kind := c.Kind()
		st.includeUsage.Start = c.Offset()
		st.in.IncludeUsage = rawjson.True(c.Value())
		st.includeUsage.End = c.Offset()
		if kind != rawjson.Bool && kind != rawjson.Null {
			return wrongType("stream_options.include_usage", "true or false")
		}
	}
	return nil
}

// maxLimit is the largest number that every JSON parser reads exactly.
const maxLimit = 1 << 53

// checkLimit reads a bound on the answer. Where there are two, the larger one
// is what the call may use.
func (st *inspection) checkLimit(name string, v rawjson.Span) *llm.Error {
	if st.kind(v) == rawjson.Null {
		return nil
	}
	n, ok := rawjson.Int(v.Of(st.body))
	if !ok || n < 1 || n > maxLimit {
		return st.notInteger(name, v, maxLimit)
	}
	st.in.MaxTokens = max(st.in.MaxTokens, n)
	return nil
}

// maxCount is how many alternatives a call can ask for, as at OpenAI.
const maxCount = 128

// checkCount reads a number of alternatives, which multiplies what a call costs.
func (st *inspection) checkCount(name string, v rawjson.Span) *llm.Error {
	if st.kind(v) == rawjson.Null {
		return nil
	}
	n, ok := rawjson.Int(v.Of(st.body))
	if !ok || n < 1 || n > maxCount {
		return st.notInteger(name, v, maxCount)
	}
	st.in.N = max(st.in.N, n)
	return nil
}

func (st *inspection) notInteger(name string, v rawjson.Span, most int64) *llm.Error {
	want := "an integer from 1 to " + strconv.FormatInt(most, 10)
	if st.kind(v) != rawjson.Number {
		return wrongType(name, want)
	}
	return llm.Invalid(name, codeValue, "expected "+want)
}

func (st *inspection) checkNumber(name string, v rawjson.Span) *llm.Error {
	if k := st.kind(v); k != rawjson.Number && k != rawjson.Null {
		return wrongType(name, "a number")
	}
	return nil
}

func (st *inspection) checkTools(name string, v rawjson.Span) *llm.Error {
	switch st.kind(v) {
	case rawjson.Null:
	case rawjson.Array:
		st.in.Tools = st.in.Tools || holdsSomething(v.Of(st.body))
	default:
		return wrongType(name, "a list")
	}
	return nil
}

func (st *inspection) checkUser(name string, v rawjson.Span) *llm.Error {
	switch st.kind(v) {
	case rawjson.Null:
	case rawjson.String:
		st.in.User = string(st.text(v))
	default:
		return wrongType(name, "a string")
	}
	return nil
}

func (st *inspection) checkResponseFormat(name string, v rawjson.Span) *llm.Error {
	switch st.kind(v) {
	case rawjson.Null:
	case rawjson.Object:
		st.in.Structured = !rawjson.Is(st.member(v, "type"), "text")
	default:
		return wrongType(name, "an object")
	}
	return nil
}

func (st *inspection) checkEffort(name string, v rawjson.Span) *llm.Error {
	switch st.kind(v) {
	case rawjson.Null:
	case rawjson.String:
		st.in.Reasoning = st.in.Reasoning || string(st.text(v)) != "none"
	default:
		return wrongType(name, "a string")
	}
	return nil
}

// checkReasoning looks at the objects that OpenRouter and others have instead
// of an effort. What they hold differs; the words that switch reasoning off do
// not.
func (st *inspection) checkReasoning(_ string, v rawjson.Span) *llm.Error {
	if st.kind(v) == rawjson.Object {
		off := rawjson.Is(st.member(v, "effort"), "none") || rawjson.Is(st.member(v, "type"), "disabled")
		st.in.Reasoning = st.in.Reasoning || !off
	}
	return nil
}

func (st *inspection) checkModalities(name string, v rawjson.Span) *llm.Error {
	switch st.kind(v) {
	case rawjson.Null:
	case rawjson.Array:
		c := rawjson.Trust(st.body, v.Start)
		for c.Array(); c.NextItem(); {
			if text, ok := c.Text(); ok && rawjson.Is(text, "audio") {
				st.in.Audio = true
			}
		}
	default:
		return wrongType(name, "a list")
	}
	return nil
}

func (st *inspection) checkAudio(_ string, v rawjson.Span) *llm.Error {
	st.in.Audio = st.in.Audio || st.kind(v) == rawjson.Object
	return nil
}

func (st *inspection) refuse(name string, _ rawjson.Span) *llm.Error {
	return llm.Invalid(name, codeUnsupported, "a caller cannot choose where its calls go")
}

// member returns the text of a string that is a member of the object at v, or
// nil.
func (st *inspection) member(v rawjson.Span, key string) (found []byte) {
	c := rawjson.Trust(st.body, v.Start)
	for c.Object(); c.NextField(); {
		if string(c.Key()) == key {
			found, _ = c.Text()
		} else {
			c.Skip()
		}
	}
	return found
}
