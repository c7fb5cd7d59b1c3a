package gemini

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// field is a field of a request that Inspect looks at, or that must not stand
// there in both spellings.
type field uint8

const (
	fieldContents field = iota
	fieldTools
	fieldGenerationConfig
	fieldSystemInstruction
	fieldToolConfig
	fieldSafetySettings
	fieldCachedContent
	fieldServiceTier
	fieldLabels
	fieldModel
	fieldCount
)

// spelled are the fields of a request in all their spellings.
var spelled = []struct {
	name  string
	field field
}{
	{"contents", fieldContents},
	{"tools", fieldTools},
	{"generationConfig", fieldGenerationConfig},
	{"generation_config", fieldGenerationConfig},
	{"systemInstruction", fieldSystemInstruction},
	{"system_instruction", fieldSystemInstruction},
	{"toolConfig", fieldToolConfig},
	{"tool_config", fieldToolConfig},
	{"safetySettings", fieldSafetySettings},
	{"safety_settings", fieldSafetySettings},
	{"cachedContent", fieldCachedContent},
	{"cached_content", fieldCachedContent},
	{"serviceTier", fieldServiceTier},
	{"service_tier", fieldServiceTier},
	{"labels", fieldLabels},
	{"model", fieldModel},
}

var inspectOptions = rawjson.Options{
	Known: func() *rawjson.Names {
		names := make([]string, len(spelled))
		for i, s := range spelled {
			names[i] = s.name
		}
		return rawjson.NewNames(names...)
	}(),
	Free: rawjson.NewNames(inspectFree...),
}

var inspectFree = []string{
	"args", "response", "parameters", "parametersJsonSchema", "parameters_json_schema",
	"responseSchema", "response_schema", "responseJsonSchema", "response_json_schema", "labels",
}

// inspection is what Inspect keeps between requests.
type inspection struct{ index rawjson.Index }

// Inspect checks that a body is safe to read and reads what routing and the
// ledger need. The model and whether to stream stand in the URL, so that both
// are left as they are in in; usage is part of every stream.
func (Dialect) Inspect(body []byte, in *llm.Inspection) error {
	state, ok := in.State.(*inspection)
	if !ok {
		state = new(inspection)
		in.State = state
	}
	if err := rawjson.Scan(body, &inspectOptions, &state.index); err != nil {
		return unreadable(err)
	}
	if state.index.Kind != rawjson.Object {
		return wrongType("an object")
	}
	in.IncludeUsage, in.N = true, 1
	var seen [fieldCount]bool
	for _, f := range state.index.Fields {
		if f.ID < 0 {
			if f.Alike >= 0 {
				return llm.Invalid(spelled[f.Alike].name, "invalid_value", "a field's name is spelled in another case")
			}
			continue
		}
		known := spelled[f.ID].field
		if seen[known] {
			return llm.Invalid(spelled[f.ID].name, "invalid_value", "this is given twice, in two spellings")
		}
		seen[known] = true
		r := reader{b: body, c: rawjson.Trust(body, f.Value.Start)}
		if err := r.inspectField(known, in); err != nil {
			return under(spelled[f.ID].name, err)
		}
	}
	if !seen[fieldContents] {
		return missing("contents")
	}
	return nil
}

// unreadable is the error for a body that is not JSON that all read alike.
func unreadable(err error) error {
	var e *rawjson.Error
	if !errors.As(err, &e) {
		return llm.Invalid("", "invalid_json", "the body is not valid JSON")
	}
	return llm.Invalid(e.Path, "invalid_json", "the body is not valid JSON: "+e.What+" at byte "+strconv.Itoa(e.Offset))
}

func (r *reader) inspectField(f field, in *llm.Inspection) *llm.Error {
	switch f {
	case fieldContents:
		if k := r.c.Kind(); k != rawjson.Array && k != rawjson.Object && k != rawjson.String {
			return wrongType("a list")
		}
		r.inspectContents(in)
	case fieldTools:
		for range r.items {
			for name := range r.fields {
				in.Tools = in.Tools || either(name, "functionDeclarations", "function_declarations")
				r.skip()
			}
		}
	case fieldGenerationConfig:
		return r.inspectConfig(in)
	}
	return nil
}

// either reports whether a name is one of the two spellings of a field.
func either(name []byte, camel, snake string) bool {
	return string(name) == camel || string(name) == snake
}

func (r *reader) inspectContents(in *llm.Inspection) {
	if r.c.Kind() != rawjson.Array {
		r.inspectContent(in)
		return
	}
	for range r.items {
		r.inspectContent(in)
	}
}

func (r *reader) inspectContent(in *llm.Inspection) {
	for name := range r.fields {
		if string(name) != "parts" {
			r.skip()
			continue
		}
		if r.c.Kind() != rawjson.Array {
			r.inspectPart(in)
			continue
		}
		for range r.items {
			r.inspectPart(in)
		}
	}
}

func (r *reader) inspectPart(in *llm.Inspection) {
	for name := range r.fields {
		if !either(name, "inlineData", "inline_data") && !either(name, "fileData", "file_data") {
			r.skip()
			continue
		}
		for name := range r.fields {
			if either(name, "mimeType", "mime_type") {
				noteMedia(r.bytes(), in)
			} else {
				r.skip()
			}
		}
	}
}

// noteMedia notes what a model must be able to look at.
func noteMedia(mime []byte, in *llm.Inspection) {
	group, _, _ := bytes.Cut(mime, []byte("/"))
	switch string(group) {
	case "image":
		in.Images = true
	case "audio":
		in.Audio = true
	case "video":
	default:
		in.Documents = true
	}
}

func (r *reader) inspectConfig(in *llm.Inspection) *llm.Error {
	if k := r.c.Kind(); k != rawjson.Object && k != rawjson.Null {
		return wrongType("an object")
	}
	var tokens, candidates int
	var failed *llm.Error
	for name := range r.fields {
		switch string(name) {
		case "maxOutputTokens", "max_output_tokens":
			tokens++
			if err := r.inspectCount(&in.MaxTokens); err != nil || tokens > 1 {
				failed = countError("maxOutputTokens", err)
			}
		case "candidateCount", "candidate_count":
			candidates++
			if err := r.inspectCount(&in.N); err != nil || candidates > 1 {
				failed = countError("candidateCount", err)
			}
		case "responseSchema", "response_schema", "responseJsonSchema", "response_json_schema":
			in.Structured = in.Structured || saysSomething(r.raw())
		case "responseMimeType", "response_mime_type":
			in.Structured = string(r.bytes()) == "application/json" || in.Structured
		case "thinkingConfig", "thinking_config":
			in.Reasoning = in.Reasoning || saysSomething(r.raw())
		default:
			r.skip()
		}
	}
	return failed
}

// countError is the error for a number that cannot be read, or that is there
// in both spellings.
func countError(name string, err *llm.Error) *llm.Error {
	if err == nil {
		err = llm.Invalid("", "invalid_value", "this is given twice, in two spellings")
	}
	return under(name, err)
}

// inspectCount reads a whole number of at least 1; null leaves n as it is.
func (r *reader) inspectCount(n *int64) *llm.Error {
	v := r.raw()
	if !saysSomething(v) {
		return nil
	}
	count, err := integerOf(v, 1)
	if err == nil {
		*n = *count
	}
	return err
}
