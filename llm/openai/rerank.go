package openai

import (
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation"
)

// Rerank is the form of reranking that Jina AI gave it
// (https://api.jina.ai/redoc#tag/rerank) and that servers of OpenAI's dialect
// took over. Its answers have what clients of Cohere's first version read, too.
var Rerank llm.Dialect = operation.New(operation.Form{
	Label:  "openai-rerank",
	Of:     llm.OpRerank,
	Vendor: Dialect{},
	Fields: []operation.Field{
		{Name: "query", Required: true},
		{Name: "documents", Is: operation.List, Required: true},
		{Name: "top_n", Is: operation.Number},
		{Name: "return_documents", Is: operation.Flag},
	},
	Free:   []string{"documents"},
	Decode: operation.DecodeRerank,
	Write:  appendRerank,
	Encode: encodeRerank,
	Read:   operation.ReadRerank,
	Answer: "results",
	Usage:  readUsage,
})

func encodeRerank(r *llm.Request, t llm.Target) (any, []llm.Field, error) {
	return operation.NewRerankBody(r, t), nil, nil
}

func appendRerank(dst []byte, r *llm.Response, v llm.View) []byte {
	type billed struct {
		SearchUnits int64 `json:"search_units"`
	}
	type meta struct {
		Billed billed `json:"billed_units"`
	}
	w := struct {
		ID      string `json:"id"`
		Object  string `json:"object"`
		Model   string `json:"model"`
		Results any    `json:"results"`
		Usage   struct {
			Prompt int64 `json:"prompt_tokens"`
			Total  int64 `json:"total_tokens"`
		} `json:"usage"`
		Meta *meta `json:"meta,omitempty"`
	}{ID: r.ID, Object: "list", Model: v.Model, Results: operation.Rankings(r)}
	if w.ID == "" {
		w.ID = v.ID
	}
	if r.Usage != nil {
		w.Usage.Prompt, w.Usage.Total = r.Usage.InputTotal(), r.Usage.Total()
	}
	if r.SearchUnits > 0 {
		w.Meta = &meta{billed{r.SearchUnits}}
	}
	out, err := operation.AppendJSON(dst, w)
	if err != nil { // there is nothing in it that cannot be written
		return dst
	}
	return out
}
