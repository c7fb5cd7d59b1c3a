package openai

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// DecodeRequest reads a whole request that Inspect has passed. Beside OpenAI's
// own fields it knows the extensions that clients of other vendors use. The
// error is an [*llm.Error] that names the place.
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
	// maxTokens and maxCompletion are the two names of one bound.
	maxTokens, maxCompletion *int64
	// efforts are the ways to say how much to think, the most specific first.
	efforts [4]*llm.Reasoning
	// legacy are the fields that tools have replaced.
	functions, functionCall []byte
	// calls are the tool calls so far that a result may answer.
	calls map[string]call
}

// call is what is known of an earlier tool call.
type call struct {
	name   string
	custom bool
}

// decode reads the body. It returns an error, not an [*llm.Error], so that nil
// stays nil.
func (d *requestDecoder) decode(body []byte) error {
	if rawjson.KindOf(body) != rawjson.Object {
		return wrongType("", "an object")
	}
	var messages []byte
	for key, v := range members(body) {
		if key == "messages" {
			messages = v
			continue
		}
		if err := d.field(key, v); err != nil {
			return err
		}
	}
	if d.r.Model == "" {
		return missing("model")
	}
	if err := d.messages(messages); err != nil {
		return err
	}
	if err := d.legacyTools(); err != nil {
		return err
	}
	d.r.MaxTokens = d.maxCompletion
	if d.r.MaxTokens == nil {
		d.r.MaxTokens = d.maxTokens
	}
	for _, r := range d.efforts {
		if r != nil {
			d.r.Reasoning = r
			break
		}
	}
	return nil
}

// field reads one member of the request.
func (d *requestDecoder) field(key string, v []byte) (err *llm.Error) {
	r := d.r
	switch key {
	case "model":
		r.Model, err = nonEmpty(v, key)
	case "tools":
		err = d.tools(v)
	case "tool_choice":
		r.ToolChoice, err = toolChoice(v)
	case "functions":
		d.functions = v
	case "function_call":
		d.functionCall = v
	case "parallel_tool_calls":
		r.ParallelTools, err = boolean(v, key)
	case "response_format":
		r.Output, err = outputFormat(v)
	case "reasoning_effort", "reasoning", "thinking", "enable_thinking":
		err = d.thinking(key, v)
	case "max_tokens":
		d.maxTokens, err = integer(v, key, 1)
	case "max_completion_tokens":
		d.maxCompletion, err = integer(v, key, 1)
	case "temperature":
		r.Temperature, err = number(v, key)
	case "top_p":
		r.TopP, err = number(v, key)
	case "top_k":
		r.TopK, err = integer(v, key, -1)
	case "frequency_penalty":
		r.FrequencyPenalty, err = number(v, key)
	case "presence_penalty":
		r.PresencePenalty, err = number(v, key)
	case "seed", "random_seed":
		r.Seed, err = integer(v, key, -1<<63)
	case "n":
		r.N, err = integer(v, key, 1)
	case "stop":
		r.Stop, err = stop(v)
	case "logprobs":
		r.LogProbs, err = boolean(v, key)
	case "top_logprobs":
		r.TopLogProbs, err = integer(v, key, 0)
	case "logit_bias":
		r.LogitBias, err = object(v, key)
	case "user":
		r.User, err = str(v, key)
	case "metadata":
		r.Metadata, err = object(v, key)
	case "service_tier":
		r.ServiceTier, err = str(v, key)
	case "modalities":
		r.Modalities, err = stringList(v, key)
	case "verbosity":
		r.Verbosity, err = str(v, key)
	case "stream":
		err = setBool(&r.Stream, v, key)
	case "stream_options":
		if _, err = object(v, key); err == nil {
			err = setBool(&r.IncludeUsage, member(v, "include_usage"), "stream_options.include_usage")
		}
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

func setBool(dst *bool, v []byte, at string) *llm.Error {
	b, err := boolean(v, at)
	if err == nil && b != nil {
		*dst = *b
	}
	return err
}

// stop reads the stop sequences, one or a list.
func stop(v []byte) ([]string, *llm.Error) {
	if rawjson.KindOf(v) != rawjson.String {
		return stringList(v, "stop")
	}
	s, err := str(v, "stop")
	return []string{s}, err
}

// thinking reads one of the ways to say how much to think: OpenAI's,
// OpenRouter's, Anthropic's as DeepSeek and Z.ai took it over, and Qwen's.
func (d *requestDecoder) thinking(key string, v []byte) (err *llm.Error) {
	if isNull(v) {
		return nil
	}
	r := new(llm.Reasoning)
	rank := 0
	switch key {
	case "reasoning_effort":
		r.Effort, err = effort(v, key)
	case "reasoning":
		rank = 1
		if _, err = object(v, key); err != nil {
			return err
		}
		if err = openRouterReasoning(r, v); err != nil {
			return under(key, err)
		}
	case "thinking":
		rank = 2
		if _, err = object(v, key); err != nil {
			return err
		}
		if err = thinkingBudget(r, v); err != nil {
			return under(key, err)
		}
	case "enable_thinking":
		rank = 3
		var on *bool
		switch on, err = boolean(v, key); {
		case err != nil:
		case *on:
			r.Budget = new(int64)
			*r.Budget = -1 // as much as the model likes
		default:
			r.Effort = "none"
		}
	}
	if err == nil && *r != (llm.Reasoning{}) {
		d.efforts[rank] = r
	}
	return err
}

func effort(v []byte, at string) (string, *llm.Error) {
	s, err := str(v, at)
	if err == nil && s != "" && !slices.Contains(efforts, s) {
		err = llm.Invalid(at, "invalid_value", "must be none, minimal, low, medium, high, xhigh or max")
	}
	return s, err
}

func openRouterReasoning(r *llm.Reasoning, v []byte) (err *llm.Error) {
	if r.Effort, err = effort(member(v, "effort"), "effort"); err != nil {
		return err
	}
	if r.Effort == "" {
		if r.Budget, err = integer(member(v, "max_tokens"), "max_tokens", 0); err != nil {
			return err
		}
	}
	enabled, err := boolean(member(v, "enabled"), "enabled")
	if err != nil {
		return err
	}
	if enabled != nil && !*enabled {
		r.Effort, r.Budget = "none", nil
	}
	hide, err := boolean(member(v, "exclude"), "exclude")
	if hide != nil {
		show := !*hide
		r.Show = &show
	}
	return err
}

func thinkingBudget(r *llm.Reasoning, v []byte) *llm.Error {
	kind, err := str(member(v, "type"), "type")
	switch {
	case err != nil:
		return err
	case kind == "disabled":
		r.Effort = "none"
		return nil
	}
	r.Budget, err = integer(member(v, "budget_tokens"), "budget_tokens", 0)
	return err
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
		o := &llm.OutputFormat{Type: llm.OutputJSON}
		if o.Schema, err = object(member(v, "schema"), at+".schema"); err == nil && o.Schema != nil { // llama.cpp, Together
			o.Type = llm.OutputJSONSchema
		}
		return o, err
	case "json_schema":
		o, err := jsonSchema(member(v, "json_schema"))
		if err != nil {
			return nil, under(at+".json_schema", err)
		}
		return o, nil
	}
	return nil, llm.Invalid(at+".type", "invalid_value", "must be text, json_object or json_schema")
}

func jsonSchema(v []byte) (*llm.OutputFormat, *llm.Error) {
	o := &llm.OutputFormat{Type: llm.OutputJSONSchema}
	if rawjson.KindOf(v) != rawjson.Object {
		return nil, missing("")
	}
	var err *llm.Error
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
			return nil, err
		}
	}
	return o, nil
}
