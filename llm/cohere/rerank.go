package cohere

import (
	"encoding/json"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// Rerank is /v2/rerank (https://docs.cohere.com/reference/rerank).
var Rerank llm.Dialect = operation.New(operation.Form{
	Label:  "cohere-rerank",
	Of:     llm.OpRerank,
	Vendor: Dialect{},
	Fields: []operation.Field{
		{Name: "query", Is: operation.Text, Required: true},
		{Name: "documents", Is: operation.List, Required: true},
		{Name: "top_n", Is: operation.Number},
		{Name: "max_tokens_per_doc", Is: operation.Number},
	},
	Free:   []string{"documents"},
	Decode: operation.DecodeRerank,
	Write: func(dst []byte, r *llm.Response, v llm.View) []byte {
		dst = append(operationID(dst, r, v), `,"results":`...)
		out, err := operation.AppendJSON(dst, operation.Rankings(r))
		if err != nil { // there is nothing in it that cannot be written
			return dst
		}
		return appendMeta(out, r)
	},
	Encode: func(r *llm.Request, t llm.Target) (any, []llm.Field, error) {
		return operation.NewRerankBody(r, t), nil, nil
	},
	Read:   operation.ReadRerank,
	Answer: "results",
	Usage:  readMeta,
})

// readMeta reads what is billed. Searches are not counted in tokens, and an
// answer that tells of them alone tells no usage.
func readMeta(field string, value []byte, u *llm.Usage) bool {
	if field != "meta" || rawjson.KindOf(value) != rawjson.Object {
		return false
	}
	var w struct {
		Billed struct {
			Input  *float64 `json:"input_tokens"`
			Images float64  `json:"image_tokens"`
		} `json:"billed_units"`
	}
	if json.Unmarshal(value, &w) != nil || w.Billed.Input == nil {
		return false
	}
	u.Input, u.ImageInput = int64(*w.Billed.Input), int64(w.Billed.Images)
	return true
}

// operationID appends an answer up to its id.
func operationID(dst []byte, r *llm.Response, v llm.View) []byte {
	id := r.ID
	if id == "" {
		id = v.ID
	}
	return rawjson.AppendQuote(append(dst, `{"id":`...), id)
}

// appendMeta appends the end of an answer, with what is billed.
func appendMeta(dst []byte, r *llm.Response) []byte {
	dst = append(dst, `,"meta":{"api_version":{"version":"2"},"billed_units":{`...)
	switch {
	case r.SearchUnits > 0:
		dst = strconv.AppendInt(append(dst, `"search_units":`...), r.SearchUnits, 10)
	case r.Usage != nil:
		dst = strconv.AppendInt(append(dst, `"input_tokens":`...), r.Usage.InputTotal(), 10)
	}
	return append(dst, "}}}"...)
}
