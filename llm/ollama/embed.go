package ollama

import (
	"encoding/json"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// Embed is /api/embed
// (https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embeddings).
var Embed llm.Dialect = operation.New(operation.Form{
	Label:  "ollama-embed",
	Of:     llm.OpEmbeddings,
	Vendor: Dialect{},
	Fields: []operation.Field{
		{Name: "input", Is: operation.TextOrList, Required: true},
		{Name: "truncate", Is: operation.Flag},
		{Name: "dimensions", Is: operation.Number},
		{Name: "options", Is: operation.Object},
		{Name: "keep_alive"},
	},
	Free:   []string{"options"},
	Decode: decodeEmbed,
	Write:  appendEmbed,
	Encode: encodeEmbed,
	Read:   readEmbed,
	Answer: "embeddings",
	Usage: func(field string, value []byte, u *llm.Usage) bool {
		n, ok := rawjson.Int(value)
		if field != "prompt_eval_count" || !ok {
			return false
		}
		u.Input = n
		return true
	},
})

type wireEmbed struct {
	Model      string          `json:"model"`
	Input      json.RawMessage `json:"input"`
	Truncate   *bool           `json:"truncate"`
	Dimensions json.RawMessage `json:"dimensions"`
}

func decodeEmbed(body []byte) (*llm.Request, error) {
	var w wireEmbed
	if err := operation.Decode(body, &w); err != nil {
		return nil, err
	}
	inputs, err := operation.Texts("input", w.Input)
	if err != nil {
		return nil, err
	}
	dimensions, err := operation.Count("dimensions", w.Dimensions)
	if err != nil {
		return nil, err
	}
	// Options and keep_alive are about the server itself, and mean nothing
	// elsewhere.
	return &llm.Request{Model: w.Model, Embed: &llm.EmbedRequest{Inputs: inputs, Dimensions: dimensions, Truncate: w.Truncate}}, nil
}

func encodeEmbed(r *llm.Request, t llm.Target) (any, []llm.Field, error) {
	e := r.Embed
	var dropped []llm.Field
	for _, f := range []struct {
		set  bool
		name llm.Field
	}{{e.Purpose != "", llm.FieldPurpose}, {e.Title != "", llm.FieldTitle}, {r.User != "", llm.FieldUser}} {
		if f.set {
			dropped = append(dropped, f.name)
		}
	}
	return struct {
		Model      string   `json:"model"`
		Input      []string `json:"input"`
		Truncate   *bool    `json:"truncate,omitempty"`
		Dimensions *int64   `json:"dimensions,omitempty"`
	}{t.Model, e.Inputs, e.Truncate, e.Dimensions}, dropped, nil
}

func readEmbed(body []byte) (*llm.Response, error) {
	var w struct {
		Embeddings []json.RawMessage `json:"embeddings"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, err
	}
	vectors, err := operation.Vectors(w.Embeddings)
	if err != nil {
		return nil, err
	}
	return &llm.Response{Embeddings: vectors}, nil
}

func appendEmbed(dst []byte, r *llm.Response, v llm.View) []byte {
	dst = rawjson.AppendQuote(append(dst, `{"model":`...), v.Model)
	dst = append(dst, `,"embeddings":`...)
	dst = operation.AppendVectors(dst, r.Embeddings, func(dst []byte, _ int, e llm.Embedding) []byte { return append(dst, e...) })
	if r.Usage != nil {
		dst = strconv.AppendInt(append(dst, `,"prompt_eval_count":`...), r.Usage.InputTotal(), 10)
	}
	return append(dst, '}')
}

// Embeddings is /api/embeddings, which /api/embed has replaced: it takes one
// prompt and tells no usage
// (https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embedding).
var Embeddings llm.Dialect = operation.New(operation.Form{
	Label:  "ollama-embeddings",
	Of:     llm.OpEmbeddings,
	Vendor: Dialect{},
	Fields: []operation.Field{
		{Name: "prompt", Is: operation.Text, Required: true},
		{Name: "options", Is: operation.Object},
		{Name: "keep_alive"},
	},
	Free: []string{"options"},
	Decode: func(body []byte) (*llm.Request, error) {
		var w struct {
			Model  string `json:"model"`
			Prompt string `json:"prompt"`
		}
		if err := operation.Decode(body, &w); err != nil {
			return nil, err
		}
		return &llm.Request{Model: w.Model, Embed: &llm.EmbedRequest{Inputs: []string{w.Prompt}}}, nil
	},
	Write: func(dst []byte, r *llm.Response, _ llm.View) []byte {
		dst = append(dst, `{"embedding":`...)
		if len(r.Embeddings) == 0 {
			return append(dst, "[]}"...)
		}
		return append(append(dst, r.Embeddings[0]...), '}')
	},
	Answer: "embedding",
})
