package gemini

import (
	"encoding/json"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// Predict is the form that embeddings have at Vertex AI
// (https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api).
// Nobody calls in it; it is a provider's alone.
var Predict llm.Dialect = operation.New(operation.Form{
	Label:  "vertex-predict",
	Of:     llm.OpEmbeddings,
	Vendor: Dialect{},
	Fields: []operation.Field{{Name: "instances", Is: operation.List, Required: true}, {Name: "parameters", Is: operation.Object}},
	InPath: true,
	Encode: encodePredict,
	Read:   readPredict,
	Answer: "predictions",
	Usage:  readPredictUsage,
})

func encodePredict(r *llm.Request, _ llm.Target) (any, []llm.Field, error) {
	type instance struct {
		Content  string `json:"content"`
		TaskType string `json:"task_type,omitempty"`
		Title    string `json:"title,omitempty"`
	}
	type parameters struct {
		AutoTruncate *bool  `json:"autoTruncate,omitempty"`
		Dimensions   *int64 `json:"outputDimensionality,omitempty"`
	}
	var w struct {
		Instances  []instance  `json:"instances"`
		Parameters *parameters `json:"parameters,omitempty"`
	}
	var dropped []llm.Field
	e := r.Embed
	task, ok := taskOf(e.Purpose)
	if !ok {
		dropped = append(dropped, llm.FieldPurpose)
	}
	if r.User != "" {
		dropped = append(dropped, llm.FieldUser)
	}
	for _, text := range e.Inputs {
		w.Instances = append(w.Instances, instance{text, task, e.Title})
	}
	if e.Truncate != nil || e.Dimensions != nil {
		w.Parameters = &parameters{e.Truncate, e.Dimensions}
	}
	return w, dropped, nil
}

type wirePredictions []struct {
	Embeddings struct {
		Values     json.RawMessage `json:"values"`
		Statistics struct {
			Tokens *float64 `json:"token_count"`
		} `json:"statistics"`
	} `json:"embeddings"`
}

func readPredict(body []byte) (*llm.Response, error) {
	var w struct {
		Predictions wirePredictions `json:"predictions"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, err
	}
	list := make([]json.RawMessage, 0, len(w.Predictions))
	for _, p := range w.Predictions {
		if p.Embeddings.Values == nil {
			return nil, errNoValues
		}
		list = append(list, p.Embeddings.Values)
	}
	vectors, err := operation.Vectors(list)
	if err != nil {
		return nil, err
	}
	return &llm.Response{Embeddings: vectors}, nil
}

// readPredictUsage adds up what each prediction tells.
func readPredictUsage(field string, value []byte, u *llm.Usage) bool {
	var w wirePredictions
	if field != "predictions" || json.Unmarshal(value, &w) != nil {
		return false
	}
	var n float64
	for _, p := range w {
		if p.Embeddings.Statistics.Tokens == nil {
			return false
		}
		n += *p.Embeddings.Statistics.Tokens
	}
	u.Input = int64(n)
	return len(w) > 0
}

// Unwrapped is a request to count that Vertex AI takes: it does not know a whole
// request as one field, but its fields
// (https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens).
func Unwrapped(body []byte) ([]byte, error) {
	_, whole := counted(body)
	if whole == nil {
		return body, nil
	}
	out := []byte{'{'}
	c := rawjson.Trust(whole, 0)
	for object := c.Object(); object && c.NextField(); {
		key := string(c.Key())
		value := c.Value()
		if key == "model" { // the path has it
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(rawjson.AppendQuote(out, key), ':'), value...)
	}
	return append(out, '}'), c.Err()
}
