package anthropic

import (
	"bytes"
	"encoding/json"
	"slices"

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
	// thinking, output and format are read together, for they say one thing.
	thinking, output, format []byte
	// calls are the ids of the tool calls so far that a result may answer.
	calls map[string]bool
}

// decode reads the body. It returns an error, not an [*llm.Error], so that nil
// stays nil.
func (d *requestDecoder) decode(body []byte) error {
	if rawjson.KindOf(body) != rawjson.Object {
		return wrongType("", "an object")
	}
	var system, messages []byte
	for key, v := range members(body) {
		switch key {
		case "system":
			system = v
		case "messages":
			messages = v
		default:
			if err := d.field(key, v); err != nil {
				return err
			}
		}
	}
	switch {
	case d.r.Model == "":
		return missing("model")
	case d.r.MaxTokens == nil:
		return missing("max_tokens")
	}
	if err := d.system(system); err != nil {
		return err
	}
	if err := d.messages(messages); err != nil {
		return err
	}
	if err := d.reasoning(); err != nil {
		return err
	}
	return nil
}

// field reads one member of the request.
func (d *requestDecoder) field(key string, v []byte) (err *llm.Error) {
	r := d.r
	switch key {
	case "model":
		r.Model, err = nonEmpty(v, key)
	case "max_tokens":
		r.MaxTokens, err = integer(v, key, 1)
	case "tools":
		err = d.tools(v)
	case "tool_choice":
		err = d.toolChoice(v)
	case "thinking":
		d.thinking = v
	case "output_config":
		d.output = v
	case "output_format":
		d.format = v
	case "temperature":
		r.Temperature, err = number(v, key)
	case "top_p":
		r.TopP, err = number(v, key)
	case "top_k":
		r.TopK, err = integer(v, key, -1)
	case "stop_sequences":
		r.Stop, err = stringList(v, key)
	case "metadata":
		if _, err = object(v, key); err == nil {
			r.User, err = str(member(v, "user_id"), "metadata.user_id")
		}
	case "service_tier":
		if r.ServiceTier, err = str(v, key); r.ServiceTier == "standard_only" {
			r.ServiceTier = "default"
		}
	case "stream":
		var on *bool
		if on, err = boolean(v, key); on != nil {
			r.Stream = *on
		}
	default:
		d.extra(key, v)
	}
	return err
}

// extra keeps what has no neutral meaning.
func (d *requestDecoder) extra(key string, v []byte) {
	if isNull(v) {
		return
	}
	if d.r.Extra == nil {
		d.r.Extra = map[string]json.RawMessage{}
	}
	d.r.Extra[key] = bytes.Clone(v)
}

// reasoning reads how much to think and the form of the answer, which share a
// member.
func (d *requestDecoder) reasoning() error {
	if _, err := object(d.output, "output_config"); err != nil {
		return err
	}
	format, at := d.format, "output_format"
	var effort string
	for key, v := range members(d.output) {
		switch key {
		case "effort":
			var err *llm.Error
			if effort, err = str(v, "output_config.effort"); err != nil {
				return err
			}
			if effort != "" && (!slices.Contains(efforts, effort) || effort == "none") {
				return llm.Invalid("output_config.effort", "invalid_value", "must be low, medium, high, xhigh or max")
			}
		case "format":
			if !isNull(v) {
				format, at = v, "output_config.format"
			}
		default:
			d.extra("output_config."+key, v)
		}
	}
	if err := d.outputFormat(format, at); err != nil {
		return err
	}
	r, err := thinkingOf(d.thinking, effort)
	if err != nil {
		return under("thinking", err)
	}
	d.r.Reasoning = r
	return nil
}

// thinkingOf reads how much to think. Where the model is to decide, the effort
// says how much; an effort alone is taken the same way.
func thinkingOf(v []byte, effort string) (*llm.Reasoning, *llm.Error) {
	if isNull(v) {
		if effort == "" {
			return nil, nil
		}
		return &llm.Reasoning{Effort: effort}, nil
	}
	if rawjson.KindOf(v) != rawjson.Object {
		return nil, wrongType("", "an object")
	}
	kind, err := nonEmpty(member(v, "type"), "type")
	if err != nil {
		return nil, err
	}
	r := &llm.Reasoning{Effort: effort}
	switch kind {
	case "disabled", "between_tools":
		return &llm.Reasoning{Effort: "none"}, nil
	case "enabled":
		r.Effort = ""
		if r.Budget, err = integer(member(v, "budget_tokens"), "budget_tokens", minBudget); err != nil {
			return nil, err
		}
		if r.Budget == nil {
			return nil, missing("budget_tokens")
		}
	case "adaptive":
		if effort == "" {
			decide := int64(-1)
			r.Budget = &decide
		}
	default:
		return nil, llm.Invalid("type", "invalid_value", "must be enabled, adaptive, between_tools or disabled")
	}
	display, err := str(member(v, "display"), "display")
	if err != nil {
		return nil, err
	}
	if display != "" {
		show := display != "omitted"
		r.Show = &show
	}
	return r, nil
}

// outputFormat reads the form that the answer must take.
func (d *requestDecoder) outputFormat(v []byte, at string) *llm.Error {
	if isNull(v) {
		return nil
	}
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType(at, "an object")
	}
	kind, err := nonEmpty(member(v, "type"), at+".type")
	if err != nil {
		return err
	}
	if kind != "json_schema" {
		return llm.Invalid(at+".type", "invalid_value", "must be json_schema")
	}
	schema, err := object(member(v, "schema"), at+".schema")
	if err != nil {
		return err
	}
	if schema == nil {
		return missing(at + ".schema")
	}
	d.r.Output = &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: schema}
	return nil
}
