package anthropic

import (
	"encoding/json"
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
	// model and messages are where the values stand; not at all, where End is 0.
	model, messages rawjson.Span
	limited         bool
	// strange are the thoughts that are marked as another vendor's.
	strange []strangeBlocks

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

// fields are Anthropic's own fields, and those that are refused. What any other
// field holds passes untouched.
var fields = []field{
	{"model", (*inspection).checkModel},
	{"messages", (*inspection).checkMessages},
	{"max_tokens", (*inspection).checkLimit},
	{"system", (*inspection).checkSystem},
	{"stream", (*inspection).checkStream},
	{"tools", (*inspection).checkTools},
	{"tool_choice", (*inspection).checkObject},
	{"thinking", (*inspection).checkThinking},
	{"output_config", (*inspection).checkOutput},
	{"output_format", (*inspection).checkFormat},
	{"temperature", (*inspection).checkNumber},
	{"top_p", (*inspection).checkNumber},
	{"top_k", (*inspection).checkNumber},
	{"metadata", (*inspection).checkMetadata},

	{"stop_sequences", nil},
	{"service_tier", nil},
	{"cache_control", nil},
	{"container", nil},
	{"context_management", nil},
	{"diagnostics", nil},
	{"inference_geo", nil},
	{"mcp_servers", nil},
	{"speed", nil},

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

var inspectFree = []string{"input_schema", "schema", "properties", "$defs", "definitions", "input", "input_examples"}

// The codes of refused requests, beside those for JSON itself.
const (
	codeInvalidJSON  = "invalid_json"
	codeDuplicateKey = "duplicate_key"
	codeModel        = "invalid_model"
	codeValue        = "invalid_value"
	codeUnsupported  = "unsupported_parameter"
)

// Inspect checks a request for a message. Usage is part of every stream of this
// dialect.
func (Dialect) Inspect(body []byte, in *llm.Inspection) error {
	st, ok := in.State.(*inspection)
	if !ok {
		st = new(inspection)
		in.State = st
	}
	st.model, st.messages, st.limited, st.strange = rawjson.Span{}, rawjson.Span{}, false, st.strange[:0]
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
	case !st.limited:
		return missing("max_tokens")
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
	if len(out) < len(text) {
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
	text := st.unescaped(st.body[v.Start+1 : v.End-1])
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
	for segment := range strings.SplitSeq(string(name), "/") {
		if segment == "." || segment == ".." {
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
	const want = "an integer of at least 1"
	if st.kind(v) == rawjson.Null {
		return nil
	}
	if st.kind(v) != rawjson.Number {
		return wrongType(name, want)
	}
	n, ok := rawjson.Int(v.Of(st.body))
	if !ok || n < 1 || n > maxLimit {
		return llm.Invalid(name, codeValue, "expected "+want)
	}
	st.in.MaxTokens, st.limited = n, true
	return nil
}

func (st *inspection) checkNumber(name string, v rawjson.Span) *llm.Error {
	if k := st.kind(v); k != rawjson.Number && k != rawjson.Null {
		return wrongType(name, "a number")
	}
	return nil
}

func (st *inspection) checkObject(name string, v rawjson.Span) *llm.Error {
	if k := st.kind(v); k != rawjson.Object && k != rawjson.Null {
		return wrongType(name, "an object")
	}
	return nil
}

func (st *inspection) checkTools(name string, v rawjson.Span) *llm.Error {
	switch st.kind(v) {
	case rawjson.Null:
		return nil
	case rawjson.Array:
	default:
		return wrongType(name, "a list")
	}
	c := rawjson.Trust(st.body, v.Start)
	for c.Array(); c.NextItem(); c.Skip() {
		st.in.Tools = true
	}
	return nil
}

func (st *inspection) checkThinking(name string, v rawjson.Span) *llm.Error {
	if err := st.checkObject(name, v); err != nil {
		return err
	}
	kind := st.member(v, "type")
	st.in.Reasoning = rawjson.Is(kind, "enabled") || rawjson.Is(kind, "adaptive")
	return nil
}

func (st *inspection) checkOutput(name string, v rawjson.Span) *llm.Error {
	if err := st.checkObject(name, v); err != nil {
		return err
	}
	c := rawjson.Trust(st.body, v.Start)
	for ok := c.Object(); ok && c.NextField(); c.Skip() {
		if string(c.Key()) == "format" && c.Kind() == rawjson.Object {
			st.in.Structured = true
		}
	}
	return nil
}

// checkFormat looks at the older place of a format.
func (st *inspection) checkFormat(name string, v rawjson.Span) *llm.Error {
	st.in.Structured = st.in.Structured || st.kind(v) == rawjson.Object
	return st.checkObject(name, v)
}

func (st *inspection) checkMetadata(name string, v rawjson.Span) *llm.Error {
	if err := st.checkObject(name, v); err != nil {
		return err
	}
	c := rawjson.Trust(st.body, v.Start)
	for ok := c.Object(); ok && c.NextField(); {
		if string(c.Key()) != "user_id" {
			c.Skip()
			continue
		}
		kind := c.Kind()
		text, ok := c.Text()
		if !ok && kind != rawjson.Null {
			return wrongType(name+".user_id", "a string")
		}
		st.in.User = string(st.unescaped(text))
		st.in.Session = session(st.in.User)
	}
	return nil
}

// session finds the conversation's id in a user's id, where Claude Code puts it:
// at the end of a text, or in an object.
func session(user string) string {
	if _, id, ok := strings.Cut(user, "_session_"); ok {
		return id
	}
	var in struct {
		SessionID string `json:"session_id"`
	}
	if strings.HasPrefix(user, "{") {
		_ = json.Unmarshal([]byte(user), &in) // anything else names no session
	}
	return in.SessionID
}

func (st *inspection) refuse(name string, _ rawjson.Span) *llm.Error {
	return llm.Invalid(name, codeUnsupported, "a caller cannot choose where its calls go")
}

// member returns the text of a string that is a member of the object at v, or
// nil.
func (st *inspection) member(v rawjson.Span, key string) (found []byte) {
	c := rawjson.Trust(st.body, v.Start)
	for ok := c.Object(); ok && c.NextField(); {
		if string(c.Key()) == key {
			found, _ = c.Text()
		} else {
			c.Skip()
		}
	}
	return found
}
