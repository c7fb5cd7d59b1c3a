package cohere

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// Embed is /v2/embed (https://docs.cohere.com/reference/embed).
var Embed llm.Dialect = operation.New(operation.Form{
	Label:  "cohere-embed",
	Of:     llm.OpEmbeddings,
	Vendor: Dialect{},
	Names:  map[llm.Field]string{llm.FieldDimensions: "output_dimension"},
	Fields: []operation.Field{
		{Name: "texts", Is: operation.List},
		{Name: "images", Is: operation.List},
		{Name: "inputs", Is: operation.List},
		{Name: "input_type", Is: operation.Text},
		{Name: "embedding_types", Is: operation.List},
		{Name: "output_dimension", Is: operation.Number},
		{Name: "truncate", Is: operation.Text},
	},
	Decode: decodeEmbed,
	Write:  appendEmbed,
	Encode: encodeEmbed,
	Read:   readEmbed,
	Answer: "embeddings",
	Usage:  readMeta,
})

// purposes are the input types by what they are for.
var purposes = map[llm.Purpose]string{
	llm.PurposeQuery:          "search_query",
	llm.PurposeDocument:       "search_document",
	llm.PurposeClassification: "classification",
	llm.PurposeClustering:     "clustering",
}

func decodeEmbed(body []byte) (*llm.Request, error) {
	var w struct {
		Model     string          `json:"model"`
		Texts     json.RawMessage `json:"texts"`
		Images    json.RawMessage `json:"images"`
		Inputs    json.RawMessage `json:"inputs"`
		InputType string          `json:"input_type"`
		Types     []string        `json:"embedding_types"`
		Dimension json.RawMessage `json:"output_dimension"`
		Truncate  string          `json:"truncate"`
	}
	if err := operation.Decode(body, &w); err != nil {
		return nil, err
	}
	for name, v := range map[string]json.RawMessage{"images": w.Images, "inputs": w.Inputs} {
		if rawjson.KindOf(v) == rawjson.Array {
			return nil, operation.Unsupported(name, "this model's provider takes texts alone")
		}
	}
	if rawjson.KindOf(w.Texts) != rawjson.Array {
		return nil, missing("texts")
	}
	if len(w.Types) > 1 || len(w.Types) == 1 && w.Types[0] != "float" {
		return nil, operation.Unsupported("embedding_types", "this model's provider gives floats alone")
	}
	e := &llm.EmbedRequest{Purpose: llm.Purpose(w.InputType)}
	for purpose, name := range purposes {
		if name == w.InputType {
			e.Purpose = purpose
		}
	}
	if strings.EqualFold(w.Truncate, "none") {
		no := false
		e.Truncate = &no
	}
	var err error
	if e.Inputs, err = operation.Texts("texts", w.Texts); err != nil {
		return nil, err
	}
	if e.Dimensions, err = operation.Count("output_dimension", w.Dimension); err != nil {
		return nil, err
	}
	return &llm.Request{Model: w.Model, Embed: e}, nil
}

func encodeEmbed(r *llm.Request, t llm.Target) (any, []llm.Field, error) {
	e := r.Embed
	w := struct {
		Model     string   `json:"model"`
		Texts     []string `json:"texts"`
		InputType string   `json:"input_type"`
		Types     []string `json:"embedding_types"`
		Dimension *int64   `json:"output_dimension,omitempty"`
		Truncate  string   `json:"truncate,omitempty"`
	}{t.Model, e.Inputs, purposes[e.Purpose], []string{"float"}, e.Dimensions, ""}
	var dropped []llm.Field
	if w.InputType == "" {
		// It cannot be left out. What is embedded without a word of its purpose
		// is mostly what is searched in.
		w.InputType = purposes[llm.PurposeDocument]
		if e.Purpose != "" {
			dropped = append(dropped, llm.FieldPurpose)
		}
	}
	if e.Truncate != nil && !*e.Truncate {
		w.Truncate = "NONE"
	}
	if e.Title != "" {
		dropped = append(dropped, llm.FieldTitle)
	}
	if r.User != "" {
		dropped = append(dropped, llm.FieldUser)
	}
	return w, dropped, nil
}

var errNoFloats = errors.New("embeddings without floats")

func readEmbed(body []byte) (*llm.Response, error) {
	var w struct {
		Embeddings json.RawMessage `json:"embeddings"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, err
	}
	var types struct {
		Float []json.RawMessage `json:"float"`
	}
	if err := json.Unmarshal(w.Embeddings, &types); err != nil || types.Float == nil {
		return nil, errNoFloats
	}
	vectors, err := operation.Vectors(types.Float)
	if err != nil {
		return nil, err
	}
	return &llm.Response{Embeddings: vectors}, nil
}

func appendEmbed(dst []byte, r *llm.Response, v llm.View) []byte {
	dst = operationID(dst, r, v)
	dst = append(dst, `,"embeddings":{"float":`...)
	dst = operation.AppendVectors(dst, r.Embeddings, func(dst []byte, _ int, e llm.Embedding) []byte { return append(dst, e...) })
	dst = append(dst, `},"response_type":"embeddings_by_type"`...)
	return appendMeta(dst, r)
}

// EmbedV1 is /v1/embed, whose answers have two shapes. It is passed through,
// and not translated.
var EmbedV1 llm.Dialect = operation.New(operation.Form{
	Label:  "cohere-embed-v1",
	Of:     llm.OpEmbeddings,
	Vendor: Dialect{},
	Fields: []operation.Field{
		{Name: "texts", Is: operation.List},
		{Name: "images", Is: operation.List},
		{Name: "input_type", Is: operation.Text},
		{Name: "embedding_types", Is: operation.List},
		{Name: "truncate", Is: operation.Text},
	},
	Answer: "embeddings",
	Usage:  readMeta,
})
