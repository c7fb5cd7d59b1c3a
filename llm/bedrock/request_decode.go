package bedrock

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// DecodeRequest reads a whole request that Inspect has passed. The model and
// whether to stream stand in the URL, so that both are left empty; usage is part
// of every stream. The error is an [*llm.Error] that names the place.
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
	// system is what the system says, which comes first.
	system llm.Message
	// calls are the names of the tool calls so far by their ids.
	calls map[string]string
	// effort is what outputConfig says of it; a maker's own word goes before.
	effort string
}

// decode reads the body. It returns an error, not an [*llm.Error], so that nil
// stays nil.
func (d *requestDecoder) decode(body []byte) error {
	if rawjson.KindOf(body) != rawjson.Object {
		return wrongType("", "an object")
	}
	for key, v := range members(body) {
		if isNull(v) {
			continue
		}
		if err := d.field(key, v); err != nil {
			return under(key, err)
		}
	}
	if len(d.r.Messages) == 0 {
		return llm.Invalid("messages", codeValue, "there must be at least one message")
	}
	if len(d.system.Parts) > 0 {
		d.r.Messages = append([]llm.Message{d.system}, d.r.Messages...)
	}
	if d.effort != "" && (d.r.Reasoning == nil || d.r.Reasoning.Budget != nil && *d.r.Reasoning.Budget < 0) {
		d.r.Reasoning = &llm.Reasoning{Effort: d.effort}
	}
	return nil
}

// field reads one member of the request; places in its errors begin inside.
func (d *requestDecoder) field(key string, v []byte) (err *llm.Error) {
	switch key {
	case "messages":
		return d.messages(v)
	case "system":
		d.system.Role = llm.RoleSystem
		d.system.Parts, err = d.blocks(v, llm.RoleSystem)
	case "inferenceConfig":
		err = d.inference(v)
	case "toolConfig":
		err = d.toolConfig(v)
	case "outputConfig":
		err = d.output(v)
	case "additionalModelRequestFields":
		err = d.additional(v)
	case "serviceTier":
		d.r.ServiceTier, err = str(member(v, "type"), "type")
	case "requestMetadata":
		d.r.Metadata, err = object(v, "")
	default:
		d.extra(key, v)
	}
	return err
}

func (d *requestDecoder) extra(name string, v []byte) {
	if d.r.Extra == nil {
		d.r.Extra = map[string]json.RawMessage{}
	}
	d.r.Extra[name] = bytes.Clone(v)
}

func (d *requestDecoder) inference(v []byte) (err *llm.Error) {
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType("", "an object")
	}
	r := d.r
	for key, m := range members(v) {
		switch key {
		case "maxTokens":
			r.MaxTokens, err = integer(m, key, 1)
		case "temperature":
			r.Temperature, err = number(m, key)
		case "topP":
			r.TopP, err = number(m, key)
		case "stopSequences":
			r.Stop, err = stringList(m, key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// output reads the form that the answer must take. The schema is JSON as text.
func (d *requestDecoder) output(v []byte) (err *llm.Error) {
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType("", "an object")
	}
	if d.effort, err = effort(member(v, "effort"), "effort"); err != nil {
		return err
	}
	format := member(v, "textFormat")
	if isNull(format) {
		return nil
	}
	const at = "textFormat.structure.jsonSchema"
	js := member(member(format, "structure"), "jsonSchema")
	schema, err := nonEmpty(member(js, "schema"), at+".schema")
	if err != nil {
		return err
	}
	if !isObject(schema) {
		return llm.Invalid(at+".schema", codeValue, "expected a JSON Schema as text")
	}
	o := &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: json.RawMessage(schema)}
	if o.Name, err = str(member(js, "name"), at+".name"); err == nil {
		o.Description, err = str(member(js, "description"), at+".description")
	}
	d.r.Output = o
	return err
}

// efforts are how much a model may be told to think.
var efforts = []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}

func effort(v []byte, at string) (string, *llm.Error) {
	s, err := str(v, at)
	if err == nil && s != "" && !slices.Contains(efforts, s) {
		err = llm.Invalid(at, codeValue, "unknown effort")
	}
	return s, err
}

// neutralFields are the fields of makers that have a neutral meaning.
var neutralFields = []string{"thinking", "reasoning_config", "reasoningConfig", "reasoning_effort", "top_k"}

// additional reads what makers have of their own. What has no neutral meaning
// stays together under its own name.
func (d *requestDecoder) additional(v []byte) (err *llm.Error) {
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType("", "an object")
	}
	if d.r.Reasoning, err = reasoning(v); err != nil {
		return err
	}
	if d.r.TopK, err = integer(member(v, "top_k"), "top_k", 0); err != nil {
		return err
	}
	own := member(v, "inferenceConfig") // Nova's
	topK := member(own, "topK")
	if !isNull(topK) {
		if d.r.TopK, err = integer(topK, "inferenceConfig.topK", 0); err != nil {
			return err
		}
	}
	rest := []byte{'{'}
	for name, m := range members(v) {
		switch {
		case isNull(m) || slices.Contains(neutralFields, name):
		case name != "inferenceConfig" || isNull(topK):
			rest = appendMember(rest, name, m)
		default:
			more := []byte{'{'}
			for name, m := range members(own) {
				if name != "topK" {
					more = appendMember(more, name, m)
				}
			}
			if len(more) > 1 {
				rest = appendMember(rest, name, append(more, '}'))
			}
		}
	}
	if len(rest) > 1 {
		d.extra("additionalModelRequestFields", append(rest, '}'))
	}
	return nil
}

// appendMember appends a member to an object that is open.
func appendMember(dst []byte, name string, v []byte) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return append(append(rawjson.AppendQuote(dst, name), ':'), v...)
}

// reasoning reads how much to think, in the words of Anthropic (two of them),
// Amazon or OpenAI.
func reasoning(v []byte) (*llm.Reasoning, *llm.Error) {
	for _, name := range []string{"thinking", "reasoning_config"} {
		t := member(v, name)
		if rawjson.KindOf(t) != rawjson.Object {
			continue
		}
		if rawjson.Is(inside(member(t, "type")), "disabled") {
			return &llm.Reasoning{Effort: "none"}, nil
		}
		budget, err := integer(member(t, "budget_tokens"), name+".budget_tokens", 0)
		if budget == nil {
			auto := int64(-1)
			budget = &auto
		}
		return &llm.Reasoning{Budget: budget}, err
	}
	if c := member(v, "reasoningConfig"); rawjson.KindOf(c) == rawjson.Object {
		if rawjson.Is(inside(member(c, "type")), "disabled") {
			return &llm.Reasoning{Effort: "none"}, nil
		}
		how, err := effort(member(c, "maxReasoningEffort"), "reasoningConfig.maxReasoningEffort")
		if how == "" {
			auto := int64(-1)
			return &llm.Reasoning{Budget: &auto}, err
		}
		return &llm.Reasoning{Effort: how}, err
	}
	how, err := effort(member(v, "reasoning_effort"), "reasoning_effort")
	if how == "" {
		return nil, err
	}
	return &llm.Reasoning{Effort: how}, err
}
