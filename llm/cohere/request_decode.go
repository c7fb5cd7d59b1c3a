package cohere

import (
	"bytes"
	"encoding/json"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// DecodeRequest reads a whole request that Inspect has passed. The error is an
// [*llm.Error] that names the place.
func (Dialect) DecodeRequest(body []byte) (*llm.Request, error) {
	d := requestDecoder{r: &llm.Request{IncludeUsage: true}}
	if err := d.decode(rawjson.TrimSpace(body)); err != nil {
		return nil, err
	}
	return d.r, nil
}

// requestDecoder reads one request.
type requestDecoder struct {
	r *llm.Request
	// calls are the names of the tool calls so far by their ids.
	calls map[string]string
	// strict is set when the tools' schemas are to be kept to.
	strict *bool
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
	for i := range d.r.Tools {
		d.r.Tools[i].Strict = d.strict
	}
	switch {
	case d.r.Model == "":
		return missing("model")
	case len(d.r.Messages) == 0:
		return llm.Invalid("messages", codeValue, "there must be at least one message")
	}
	return nil
}

// field reads one member of the request.
func (d *requestDecoder) field(key string, v []byte) (err *llm.Error) {
	r := d.r
	switch key {
	case "model":
		r.Model, err = nonEmpty(v, key)
	case "messages":
		err = d.messages(v)
	case "stream":
		var on *bool
		if on, err = boolean(v, key); on != nil {
			r.Stream = *on
		}
	case "tools":
		err = d.tools(v)
	case "strict_tools":
		d.strict, err = boolean(v, key)
	case "tool_choice":
		r.ToolChoice, err = toolChoice(v)
	case "response_format":
		r.Output, err = outputFormat(v)
	case "thinking":
		r.Reasoning, err = thinking(v)
	case "max_tokens":
		r.MaxTokens, err = integer(v, key, 1)
	case "temperature":
		r.Temperature, err = number(v, key)
	case "p":
		r.TopP, err = number(v, key)
	case "k":
		r.TopK, err = integer(v, key, 0)
	case "seed":
		r.Seed, err = integer(v, key, -1<<63)
	case "frequency_penalty":
		r.FrequencyPenalty, err = number(v, key)
	case "presence_penalty":
		r.PresencePenalty, err = number(v, key)
	case "stop_sequences":
		r.Stop, err = stringList(v, key)
	case "logprobs":
		r.LogProbs, err = boolean(v, key)
	default:
		if isNull(v) {
			return nil
		}
		if r.Extra == nil {
			r.Extra = map[string]json.RawMessage{}
		}
		r.Extra[key] = bytes.Clone(v)
	}
	return err
}

func toolChoice(v []byte) (*llm.ToolChoice, *llm.Error) {
	const at = "tool_choice"
	s, err := str(v, at)
	switch {
	case err != nil || s == "":
		return nil, err
	case s == "REQUIRED":
		return &llm.ToolChoice{Mode: llm.ToolRequired}, nil
	case s == "NONE":
		return &llm.ToolChoice{Mode: llm.ToolNone}, nil
	}
	return nil, llm.Invalid(at, codeValue, "must be REQUIRED or NONE")
}

// outputFormat reads the form that the answer must take.
func outputFormat(v []byte) (*llm.OutputFormat, *llm.Error) {
	const at = "response_format"
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
		for _, name := range []string{"json_schema", "schema"} { // the second of the first API
			schema, err := object(member(v, name), at+"."+name)
			if err != nil {
				return nil, err
			}
			if schema != nil {
				return &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: schema}, nil
			}
		}
		return &llm.OutputFormat{Type: llm.OutputJSON}, nil
	}
	return nil, llm.Invalid(at+".type", codeValue, "must be text or json_object")
}

// thinking reads whether to think, and how much.
func thinking(v []byte) (*llm.Reasoning, *llm.Error) {
	const at = "thinking"
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
	case "disabled":
		return &llm.Reasoning{Effort: "none"}, nil
	case "enabled":
	default:
		return nil, llm.Invalid(at+".type", codeValue, "must be enabled or disabled")
	}
	budget, err := integer(member(v, "token_budget"), at+".token_budget", 0)
	if err != nil {
		return nil, err
	}
	if budget == nil {
		auto := int64(-1)
		budget = &auto
	}
	show := true
	return &llm.Reasoning{Budget: budget, Show: &show}, nil
}

// tools reads the tools, all of which are functions.
func (d *requestDecoder) tools(v []byte) *llm.Error {
	const at = "tools"
	if err := list(v, at); err != nil {
		return err
	}
	for i, e := range elements(v) {
		t, err := tool(member(e, "function"))
		if err != nil {
			return within(at, i, under("function", err))
		}
		d.r.Tools = append(d.r.Tools, t)
	}
	return nil
}

func tool(v []byte) (t llm.Tool, err *llm.Error) {
	for key, m := range members(v) {
		switch key {
		case "name":
			t.Name, err = str(m, key)
		case "description":
			t.Description, err = str(m, key)
		case "parameters":
			t.Parameters, err = object(m, key)
		}
		if err != nil {
			return t, err
		}
	}
	if t.Name == "" {
		return t, missing("name")
	}
	return t, nil
}
