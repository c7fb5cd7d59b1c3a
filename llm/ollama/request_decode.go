package ollama

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
	d := newRequestDecoder()
	if err := d.decode(rawjson.TrimSpace(body)); err != nil {
		return nil, err
	}
	return d.r, nil
}

// requestDecoder reads one request.
type requestDecoder struct {
	r *llm.Request
	// calls are the tool calls of the last message that has any.
	calls []decodedCall
	// names are the names of all calls so far by their ids.
	names map[string]string
}

// newRequestDecoder begins a request; what it does not say is that it streams,
// with usage at its end.
func newRequestDecoder() *requestDecoder {
	return &requestDecoder{r: &llm.Request{Stream: true, IncludeUsage: true}}
}

// decode reads the body. It returns an error, not an [*llm.Error], so that nil
// stays nil.
func (d *requestDecoder) decode(body []byte) error {
	if rawjson.KindOf(body) != rawjson.Object {
		return wrongType("", "an object")
	}
	for key, v := range members(body) {
		var err *llm.Error
		switch key {
		case "messages":
			err = d.messages(v)
		case "tools":
			err = d.tools(v)
		default:
			err = d.field(key, v)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case d.r.Model == "":
		return missing("model")
	case len(d.r.Messages) == 0:
		return llm.Invalid("messages", codeValue, "there must be at least one message")
	}
	return nil
}

// field reads one member that both endpoints have.
func (d *requestDecoder) field(key string, v []byte) (err *llm.Error) {
	r := d.r
	switch key {
	case "model":
		r.Model, err = nonEmpty(v, key)
	case "stream":
		var b *bool
		if b, err = boolean(v, key); b != nil {
			r.Stream = *b
		}
	case "options":
		err = d.options(v)
	case "format":
		r.Output, err = outputFormat(v)
	case "think":
		r.Reasoning, err = thinking(v)
	case "logprobs":
		r.LogProbs, err = boolean(v, key)
	case "top_logprobs":
		r.TopLogProbs, err = integer(v, key, 0)
	default:
		d.extra(key, v)
	}
	return err
}

// extra keeps a field that has no neutral meaning.
func (d *requestDecoder) extra(name string, v []byte) {
	if isNull(v) {
		return
	}
	if d.r.Extra == nil {
		d.r.Extra = map[string]json.RawMessage{}
	}
	d.r.Extra[name] = bytes.Clone(v)
}

// neutralOptions are the options that have a neutral meaning.
var neutralOptions = []string{
	"num_predict", "temperature", "top_p", "top_k", "seed", "stop", "frequency_penalty", "presence_penalty",
}

// options reads how to generate. Options that mean something to this server
// only stay together under their own name.
func (d *requestDecoder) options(v []byte) *llm.Error {
	const at = "options"
	if _, err := object(v, at); err != nil {
		return err
	}
	r := d.r
	var rest []byte
	for key, m := range members(v) {
		var err *llm.Error
		switch key {
		case "num_predict":
			if r.MaxTokens, err = integer(m, key, -1<<63); err == nil && r.MaxTokens != nil && *r.MaxTokens <= 0 {
				r.MaxTokens = nil // as much as there is room for
			}
		case "temperature":
			r.Temperature, err = number(m, key)
		case "top_p":
			r.TopP, err = number(m, key)
		case "top_k":
			r.TopK, err = integer(m, key, -1<<63)
		case "seed":
			r.Seed, err = integer(m, key, -1<<63)
		case "stop":
			r.Stop, err = stop(m)
		case "frequency_penalty":
			r.FrequencyPenalty, err = number(m, key)
		case "presence_penalty":
			r.PresencePenalty, err = number(m, key)
		default:
			if isNull(m) {
				continue
			}
			rest = append(rawjson.AppendQuote(append(rest, ','), key), ':')
			rest = append(rest, m...)
		}
		if err != nil {
			return under(at, err)
		}
	}
	if rest != nil {
		rest[0] = '{'
		d.extra(at, append(rest, '}'))
	}
	return nil
}

// stop reads the stop sequences, one or a list.
func stop(v []byte) ([]string, *llm.Error) {
	if rawjson.KindOf(v) != rawjson.String {
		return stringList(v, "stop")
	}
	s, err := str(v, "stop")
	return []string{s}, err
}

// outputFormat reads the form that the answer must take.
func outputFormat(v []byte) (*llm.OutputFormat, *llm.Error) {
	switch rawjson.KindOf(v) {
	case rawjson.None, rawjson.Null:
		return nil, nil
	case rawjson.Object:
		return &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: bytes.Clone(v)}, nil
	case rawjson.String:
		switch s := text(v); s {
		case "":
			return nil, nil
		case "json":
			return &llm.OutputFormat{Type: llm.OutputJSON}, nil
		}
	}
	return nil, llm.Invalid("format", codeValue, `must be "json" or a JSON Schema`)
}

// levels are how much a model may be told to think.
var levels = []string{"low", "medium", "high", "max"}

// thinking reads whether to think, or how much.
func thinking(v []byte) (*llm.Reasoning, *llm.Error) {
	const at = "think"
	show := true
	switch rawjson.KindOf(v) {
	case rawjson.None, rawjson.Null:
		return nil, nil
	case rawjson.Bool:
		if !rawjson.True(v) {
			return &llm.Reasoning{Effort: "none"}, nil
		}
		auto := int64(-1)
		return &llm.Reasoning{Budget: &auto, Show: &show}, nil
	case rawjson.String:
		level := text(v)
		if !slices.Contains(levels, level) {
			return nil, llm.Invalid(at, codeValue, "must be true, false, low, medium, high or max")
		}
		return &llm.Reasoning{Effort: level, Show: &show}, nil
	}
	return nil, wrongType(at, "true, false or a level")
}
