package gemini

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// DecodeRequest reads a whole request that Inspect has passed. Fields may be
// spelled in camelCase or in snake_case. The model and whether to stream stand
// in the URL, so that both are left empty; usage is part of every stream. The
// error is an [*llm.Error] that names the place.
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
	// calls are the tool calls so far, in order.
	calls []decodedCall
}

// decode reads the body. It returns an error, not an [*llm.Error], so that nil
// stays nil.
func (d *requestDecoder) decode(body []byte) error {
	list, err := fieldsOf(body)
	if err != nil {
		return err
	}
	var contents json.RawMessage
	for _, m := range list {
		switch m.name {
		case "model": // some clients repeat it here
		case "contents":
			contents = m.value
		default:
			if err := d.field(m); err != nil {
				return under(m.name, err)
			}
		}
	}
	if contents == nil {
		return missing("contents")
	}
	if err := d.contents(contents); err != nil {
		return err
	}
	return nil
}

func (d *requestDecoder) field(m member) (err *llm.Error) {
	switch m.name {
	case "systemInstruction":
		return d.system(m.value)
	case "tools":
		return d.tools(m.value)
	case "toolConfig":
		return d.toolConfig(m.value)
	case "generationConfig":
		return d.generationConfig(m.value)
	case "serviceTier":
		d.r.ServiceTier, err = textOf(m.value)
		d.r.ServiceTier = neutralTier(strings.ToLower(d.r.ServiceTier))
		return err
	default:
		d.extra(m.name, m.value)
		return nil
	}
}

func (d *requestDecoder) extra(name string, v json.RawMessage) {
	if d.r.Extra == nil {
		d.r.Extra = map[string]json.RawMessage{}
	}
	d.r.Extra[name] = bytes.Clone(v)
}

// rest keeps members that have no neutral meaning, as an object.
func (d *requestDecoder) rest(name string, list []member) {
	if len(list) == 0 {
		return
	}
	dst := []byte{'{'}
	for i, m := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(rawjson.AppendQuote(dst, m.name), ':')
		dst = append(dst, m.value...)
	}
	d.extra(name, append(dst, '}'))
}

// generationConfig reads how to generate.
func (d *requestDecoder) generationConfig(v json.RawMessage) *llm.Error {
	list, err := fieldsOf(v)
	if err != nil {
		return err
	}
	r := d.r
	var rest []member
	var form outputForm
	for _, m := range list {
		switch m.name {
		case "temperature":
			r.Temperature, err = numberOf(m.value)
		case "topP":
			r.TopP, err = numberOf(m.value)
		case "topK":
			r.TopK, err = integerOf(m.value, 0)
		case "seed":
			r.Seed, err = integerOf(m.value, -1<<31)
		case "frequencyPenalty":
			r.FrequencyPenalty, err = numberOf(m.value)
		case "presencePenalty":
			r.PresencePenalty, err = numberOf(m.value)
		case "candidateCount":
			r.N, err = integerOf(m.value, 1)
		case "maxOutputTokens":
			r.MaxTokens, err = integerOf(m.value, 1)
		case "stopSequences":
			r.Stop, err = textsOf(m.value)
		case "responseLogprobs":
			r.LogProbs, err = booleanOf(m.value)
		case "logprobs":
			r.TopLogProbs, err = integerOf(m.value, 0)
		case "responseMimeType":
			form.mime, err = textOf(m.value)
		case "responseSchema":
			form.schema, err = jsonSchema(m.value)
		case "responseJsonSchema":
			form.jsonSchema, err = objectOf(m.value)
		case "responseModalities":
			r.Modalities, err = modalitiesOf(m.value)
		case "thinkingConfig":
			r.Reasoning, err = reasoningOf(m.value)
		default:
			rest = append(rest, m)
		}
		if err != nil {
			return under(m.name, err)
		}
	}
	d.rest("generationConfig", rest)
	r.Output, err = form.neutral()
	return err
}

// outputForm is the form of the answer as the dialect asks for it.
type outputForm struct {
	mime               string
	schema, jsonSchema json.RawMessage
}

func (f *outputForm) neutral() (*llm.OutputFormat, *llm.Error) {
	schema := f.jsonSchema
	if schema == nil {
		schema = f.schema
	}
	mime, _, _ := strings.Cut(f.mime, ";")
	switch {
	case schema != nil && (mime == "" || mime == "application/json"):
		return &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: schema}, nil
	case mime == "application/json":
		return &llm.OutputFormat{Type: llm.OutputJSON}, nil
	case mime == "text/plain":
		return &llm.OutputFormat{Type: llm.OutputText}, nil
	case mime == "":
		return nil, nil
	}
	return nil, llm.Invalid("responseMimeType", "invalid_value", "must be text/plain or application/json")
}

// modalitiesOf reads the kinds of output, by name or number.
func modalitiesOf(v json.RawMessage) ([]string, *llm.Error) {
	numbers := map[string]string{"1": "text", "2": "image", "3": "audio"}
	list, err := textsOf(v)
	for i, m := range list {
		if list[i] = numbers[m]; list[i] == "" {
			list[i] = strings.ToLower(m)
		}
	}
	return list, err
}

// reasoningOf reads how much to think. Thoughts are shown only on demand.
func reasoningOf(v json.RawMessage) (*llm.Reasoning, *llm.Error) {
	list, err := fieldsOf(v)
	if err != nil {
		return nil, err
	}
	show := false
	r := &llm.Reasoning{Show: &show}
	for _, m := range list {
		switch m.name {
		case "includeThoughts":
			r.Show, err = booleanOf(m.value)
		case "thinkingBudget":
			r.Budget, err = integerOf(m.value, -1)
		case "thinkingLevel":
			r.Effort, err = levelOf(m.value)
		}
		if err != nil {
			return nil, under(m.name, err)
		}
	}
	if r.Effort != "" {
		r.Budget = nil
	}
	if len(list) == 0 {
		return nil, nil
	}
	return r, nil
}

func levelOf(v json.RawMessage) (string, *llm.Error) {
	s, err := textOf(v)
	if err != nil {
		return "", err
	}
	switch s = strings.ToLower(s); s {
	case "minimal", "low", "medium", "high":
		return s, nil
	case "", "thinking_level_unspecified":
		return "", nil
	}
	return "", llm.Invalid("", "invalid_value", "must be MINIMAL, LOW, MEDIUM or HIGH")
}
