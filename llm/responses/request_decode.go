package responses

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// DecodeRequest reads a whole request that Inspect has passed. What refers to
// state that a provider keeps, such as previous_response_id, is left in
// [llm.Request.Extra] for the gateway to resolve; items that only refer to
// others, and prompts that are stored, cannot be read at all. The error is an
// [*llm.Error] that names the place.
func (Dialect) DecodeRequest(body []byte) (*llm.Request, error) {
	d := requestDecoder{r: new(llm.Request)}
	if err := d.decode(rawjson.TrimSpace(body)); err != nil {
		return nil, err
	}
	return d.r, nil
}

// requestDecoder reads one request.
type requestDecoder struct {
	r *llm.Request
	// instructions come before all else that is said.
	instructions string
	input        []byte
	safetyID     string
	// calls are the tool calls so far that a result may answer; the value is
	// true for those of custom tools.
	calls map[string]bool
	// sign is the signature of the tool call to come.
	sign proof
}

// decode reads the body. It returns an error, not an [*llm.Error], so that nil
// stays nil.
func (d *requestDecoder) decode(body []byte) error {
	if rawjson.KindOf(body) != rawjson.Object {
		return wrongType("", "an object")
	}
	for key, v := range members(body) {
		if err := d.field(key, v); err != nil {
			return err
		}
	}
	if d.r.Model == "" {
		return missing("model")
	}
	if d.r.User == "" {
		d.r.User = d.safetyID
	} else if d.safetyID != "" && d.safetyID != d.r.User {
		d.keep("safety_identifier", appendString(nil, d.safetyID))
	}
	if d.instructions != "" {
		d.r.Messages = append(d.r.Messages, llm.Message{Role: llm.RoleSystem, Parts: []llm.Part{{Kind: llm.PartText, Text: d.instructions}}})
	}
	if err := d.items(d.input); err != nil {
		return err
	}
	if len(d.r.Messages) == 0 && !d.continues() {
		return missing("input")
	}
	return nil
}

// continues reports whether the conversation begins in the provider's store.
func (d *requestDecoder) continues() bool {
	return d.r.Extra["previous_response_id"] != nil || d.r.Extra["conversation"] != nil
}

// keep keeps a field that has no neutral meaning.
func (d *requestDecoder) keep(key string, v []byte) {
	if isNull(v) {
		return
	}
	if d.r.Extra == nil {
		d.r.Extra = map[string]json.RawMessage{}
	}
	d.r.Extra[key] = bytes.Clone(v)
}

// defaults are values that change nothing, and so are nothing to report where
// they cannot be carried.
var defaults = map[string][]string{
	"store":          {"false"},
	"background":     {"false"},
	"truncation":     {`"disabled"`},
	"include":        {"[]"},
	"stream_options": {"{}", `{"include_obfuscation":false}`},
}

// field reads one member of the request.
func (d *requestDecoder) field(key string, v []byte) (err *llm.Error) {
	r := d.r
	switch key {
	case "model":
		r.Model, err = nonEmpty(v, key)
	case "input":
		d.input = v
	case "instructions":
		d.instructions, err = str(v, key)
	case "tools":
		err = d.tools(v, key, "")
	case "tool_choice":
		err = d.toolChoice(v)
	case "parallel_tool_calls":
		r.ParallelTools, err = boolean(v, key)
	case "text":
		err = d.text(v)
	case "reasoning":
		err = d.reasoning(v)
	case "max_output_tokens":
		r.MaxTokens, err = integer(v, key, 1)
	case "temperature":
		r.Temperature, err = number(v, key)
	case "top_p":
		r.TopP, err = number(v, key)
	case "top_logprobs":
		r.TopLogProbs, err = integer(v, key, 0)
	case "include":
		err = d.include(v)
	case "user":
		r.User, err = str(v, key)
	case "safety_identifier":
		d.safetyID, err = str(v, key)
	case "metadata":
		r.Metadata, err = object(v, key)
	case "service_tier":
		r.ServiceTier, err = str(v, key)
	case "stream":
		var b *bool
		if b, err = boolean(v, key); b != nil {
			r.Stream, r.IncludeUsage = *b, *b // usage is part of every stream
		}
	case "prompt":
		if !isNull(v) {
			err = llm.Invalid(key, "unsupported_parameter", "a prompt that a provider stores cannot be carried to another")
		}
	default:
		if !slices.Contains(defaults[key], string(v)) {
			d.keep(key, v)
		}
	}
	return err
}

// text reads the form that the answer's text must take.
func (d *requestDecoder) text(v []byte) *llm.Error {
	if isNull(v) {
		return nil
	}
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType("text", "an object")
	}
	for key, m := range members(v) {
		var err *llm.Error
		switch key {
		case "verbosity":
			d.r.Verbosity, err = str(m, key)
		case "format":
			d.r.Output, err = outputFormat(m)
		}
		if err != nil {
			return under("text", err)
		}
	}
	return nil
}

func outputFormat(v []byte) (*llm.OutputFormat, *llm.Error) {
	const at = "format"
	if isNull(v) {
		return nil, nil
	}
	if rawjson.KindOf(v) != rawjson.Object {
		return nil, wrongType(at, "an object")
	}
	kind, err := nonEmpty(member(v, "type"), at+".type")
	if err != nil {
		return nil, err
	}
	switch kind {
	case "text":
		return &llm.OutputFormat{Type: llm.OutputText}, nil
	case "json_object":
		return &llm.OutputFormat{Type: llm.OutputJSON}, nil
	case "json_schema":
	default:
		return nil, llm.Invalid(at+".type", codeValue, "must be text, json_object or json_schema")
	}
	o := &llm.OutputFormat{Type: llm.OutputJSONSchema}
	for key, m := range members(v) {
		switch key {
		case "name":
			o.Name, err = str(m, key)
		case "description":
			o.Description, err = str(m, key)
		case "schema":
			o.Schema, err = object(m, key)
		case "strict":
			o.Strict, err = boolean(m, key)
		}
		if err != nil {
			return nil, under(at, err)
		}
	}
	if o.Schema == nil {
		return nil, missing(at + ".schema")
	}
	return o, nil
}

// reasoning reads how much to think, and whether to show it.
func (d *requestDecoder) reasoning(v []byte) *llm.Error {
	const at = "reasoning"
	if isNull(v) {
		return nil
	}
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType(at, "an object")
	}
	r := new(llm.Reasoning)
	for key, m := range members(v) {
		var err *llm.Error
		switch key {
		case "effort":
			r.Effort, err = str(m, key)
			if err == nil && r.Effort != "" && !slices.Contains(efforts, r.Effort) {
				err = llm.Invalid(key, codeValue, "must be none, minimal, low, medium, high, xhigh or max")
			}
		case "summary", "generate_summary": // the second is its older name
			var how string
			if how, err = str(m, key); how != "" {
				show := how != "none"
				r.Show = &show
			}
		}
		if err != nil {
			return under(at, err)
		}
	}
	if *r != (llm.Reasoning{}) {
		d.r.Reasoning = r
	}
	return nil
}

// What can be asked to be included has a neutral meaning in two cases.
const (
	includeEncrypted = "reasoning.encrypted_content"
	includeLogProbs  = "message.output_text.logprobs"
)

// include reads what the answer is to hold beside its text. Encrypted reasoning
// is handed on whenever there is any.
func (d *requestDecoder) include(v []byte) *llm.Error {
	names, err := stringList(v, "include")
	if err != nil {
		return err
	}
	var rest []byte
	for _, name := range names {
		switch name {
		case includeEncrypted:
		case includeLogProbs:
			yes := true
			d.r.LogProbs = &yes
		default:
			rest = appendString(append(rest, ','), name)
		}
	}
	if len(rest) > 0 {
		rest[0] = '['
		d.keep("include", append(rest, ']'))
	}
	return nil
}
