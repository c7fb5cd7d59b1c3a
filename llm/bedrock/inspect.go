package bedrock

import (
	"errors"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// inspection is what Inspect keeps between requests.
type inspection struct {
	index rawjson.Index
	body  []byte
	in    *llm.Inspection
}

// field is a field of a request that is known here.
type field struct {
	name string
	// check looks at the value; nil lets it pass.
	check func(st *inspection, name string, v rawjson.Span) *llm.Error
}

// fields are the fields of a request. What any other holds passes untouched.
var fields = []field{
	{"messages", (*inspection).checkMessages},
	{"inferenceConfig", (*inspection).checkInference},
	{"toolConfig", (*inspection).checkTools},
	{"outputConfig", (*inspection).checkOutput},
	{"additionalModelRequestFields", (*inspection).checkAdditional},
	{"system", (*inspection).checkList},

	{"additionalModelResponseFieldPaths", nil},
	{"guardrailConfig", nil},
	{"performanceConfig", nil},
	{"promptVariables", nil},
	{"requestMetadata", nil},
	{"serviceTier", nil},
}

var scanOptions = rawjson.Options{
	Known: func() *rawjson.Names {
		var names []string
		for _, f := range fields {
			names = append(names, f.name)
		}
		return rawjson.NewNames(names...)
	}(),
	// Schemas, and data of the caller's, of its tools or of a model's maker.
	Free: rawjson.NewNames("json", "input", "additionalModelRequestFields", "promptVariables", "requestMetadata"),
}

// The codes of refused requests, beside those for JSON itself.
const (
	codeInvalidJSON  = "invalid_json"
	codeDuplicateKey = "duplicate_key"
	codeValue        = "invalid_value"
	codeMedia        = "invalid_media"
	codeUnsupported  = "unsupported_parameter"
)

// Inspect checks a request for Converse. The model and whether to stream stand
// in the URL, so that both are left as they are in in; usage is part of every
// stream.
func (Dialect) Inspect(body []byte, in *llm.Inspection) error {
	st, ok := in.State.(*inspection)
	if !ok {
		st = new(inspection)
		in.State = st
	}
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
	return nil
}

func (st *inspection) kind(v rawjson.Span) rawjson.Kind {
	return rawjson.KindOf(st.body[v.Start:v.End])
}

func (st *inspection) checkList(name string, v rawjson.Span) *llm.Error {
	if k := st.kind(v); k != rawjson.Array && k != rawjson.Null {
		return wrongType(name, "a list")
	}
	return nil
}

// checkObject reports whether there is anything to look at.
func (st *inspection) checkObject(name string, v rawjson.Span) (bool, *llm.Error) {
	switch st.kind(v) {
	case rawjson.Null:
		return false, nil
	case rawjson.Object:
		return true, nil
	}
	return false, wrongType(name, "an object")
}

// checkInference reads the bound on the answer.
func (st *inspection) checkInference(name string, v rawjson.Span) *llm.Error {
	ok, err := st.checkObject(name, v)
	if !ok {
		return err
	}
	n, err := integer(member(v.Of(st.body), "maxTokens"), name+".maxTokens", 1)
	if n != nil {
		st.in.MaxTokens = *n
	}
	return err
}

func (st *inspection) checkTools(name string, v rawjson.Span) *llm.Error {
	ok, err := st.checkObject(name, v)
	if !ok {
		return err
	}
	tools := member(v.Of(st.body), "tools")
	if err := list(tools, name+".tools"); err != nil {
		return err
	}
	for _, t := range elements(tools) {
		st.in.Tools = st.in.Tools || member(t, "toolSpec") != nil
	}
	return nil
}

func (st *inspection) checkOutput(name string, v rawjson.Span) *llm.Error {
	ok, err := st.checkObject(name, v)
	if ok {
		st.in.Structured = !isNull(member(v.Of(st.body), "textFormat"))
		st.in.Reasoning = st.in.Reasoning || !isNull(member(v.Of(st.body), "effort"))
	}
	return err
}

// checkAdditional looks for what switches thinking on, under any maker's name.
func (st *inspection) checkAdditional(name string, v rawjson.Span) *llm.Error {
	ok, err := st.checkObject(name, v)
	if ok {
		r, err := reasoning(v.Of(st.body))
		if err != nil {
			return under(name, err)
		}
		st.in.Reasoning = st.in.Reasoning || r != nil && r.Effort != "none"
	}
	return err
}
