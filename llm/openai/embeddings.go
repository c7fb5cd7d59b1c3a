package openai

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// Embeddings is OpenAI's form of embeddings
// (https://platform.openai.com/docs/api-reference/embeddings/create). Vendors
// that took it over have input_type beside it, which says what for.
var Embeddings llm.Dialect = operation.New(operation.Form{
	Label:  "openai-embeddings",
	Of:     llm.OpEmbeddings,
	Vendor: Dialect{},
	Names:  map[llm.Field]string{llm.FieldTruncate: "truncation"},
	Fields: []operation.Field{
		{Name: "input", Required: true},
		{Name: "dimensions", Is: operation.Number},
		{Name: "encoding_format", Is: operation.Text},
		{Name: "user", Is: operation.Text},
	},
	Look: func(field string, value []byte, in *llm.Inspection) {
		switch field {
		case "encoding_format":
			in.Base64 = rawjson.Is(value[1:len(value)-1], "base64")
		case "user":
			in.User = unquoted(value)
		}
	},
	Decode: decodeEmbeddings,
	Write:  appendEmbeddings,
	Encode: encodeEmbeddings,
	Read:   readEmbeddings,
	Answer: "data",
	Usage:  readUsage,
})

// readUsage reads the usage of an answer that is no chat.
func readUsage(field string, value []byte, into *llm.Usage) bool {
	if field != "usage" {
		return false
	}
	var u usage
	if u.UnmarshalJSON(value) != nil {
		return false
	}
	n := u.neutral()
	if n == nil {
		return false
	}
	*into = *n
	// Voyage and Jina tell the total alone, and nothing was thought.
	into.Input, into.Reasoning = into.Input+into.Reasoning, 0
	return true
}

type wireEmbeddings struct {
	Model      string          `json:"model"`
	Input      json.RawMessage `json:"input"`
	Dimensions json.RawMessage `json:"dimensions,omitempty"`
	Encoding   string          `json:"encoding_format,omitempty"`
	User       string          `json:"user,omitempty"`
	InputType  string          `json:"input_type,omitempty"`
	Truncation *bool           `json:"truncation,omitempty"`
}

func decodeEmbeddings(body []byte) (*llm.Request, error) {
	var w wireEmbeddings
	if err := operation.Decode(body, &w); err != nil {
		return nil, err
	}
	switch w.Encoding {
	case "", "float", "base64":
	default:
		return nil, llm.Invalid("encoding_format", codeValue, "must be float or base64 for this model")
	}
	inputs, err := operation.Texts("input", w.Input)
	if err != nil {
		return nil, err
	}
	dimensions, err := operation.Count("dimensions", w.Dimensions)
	if err != nil {
		return nil, err
	}
	return &llm.Request{
		Model: w.Model, User: w.User,
		Embed: &llm.EmbedRequest{Inputs: inputs, Dimensions: dimensions, Purpose: llm.Purpose(w.InputType), Truncate: w.Truncation},
	}, nil
}

// purposeVendors are those of this dialect that know what embeddings are for.
var purposeVendors = map[string]bool{"voyage": true, "voyageai": true}

func encodeEmbeddings(r *llm.Request, t llm.Target) (any, []llm.Field, error) {
	e := r.Embed
	w := struct {
		Model      string   `json:"model"`
		Input      []string `json:"input"`
		Dimensions *int64   `json:"dimensions,omitempty"`
		User       string   `json:"user,omitempty"`
		InputType  string   `json:"input_type,omitempty"`
		Truncation *bool    `json:"truncation,omitempty"`
	}{Model: t.Model, Input: e.Inputs, Dimensions: e.Dimensions, User: r.User}
	var dropped []llm.Field
	if knows := purposeVendors[t.Vendor]; knows {
		w.Truncation = e.Truncate
		if e.Purpose == llm.PurposeQuery || e.Purpose == llm.PurposeDocument {
			w.InputType = string(e.Purpose)
		}
	} else if e.Truncate != nil {
		dropped = append(dropped, llm.FieldTruncate)
	}
	if e.Purpose != "" && w.InputType == "" {
		dropped = append(dropped, llm.FieldPurpose)
	}
	if e.Title != "" {
		dropped = append(dropped, llm.FieldTitle)
	}
	return w, dropped, nil
}

var errIndex = errors.New("a place in the answer is not one of the request")

func readEmbeddings(body []byte) (*llm.Response, error) {
	var w struct {
		Data []struct {
			Index     *int            `json:"index"`
			Embedding json.RawMessage `json:"embedding"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, err
	}
	// Each has a place of its own; servers need not keep the order.
	list := make([]json.RawMessage, len(w.Data))
	for i, d := range w.Data {
		at := i
		if d.Index != nil {
			at = *d.Index
		}
		if at < 0 || at >= len(list) || list[at] != nil {
			return nil, errIndex
		}
		list[at] = d.Embedding
	}
	vectors, err := operation.Vectors(list)
	if err != nil {
		return nil, err
	}
	return &llm.Response{Embeddings: vectors}, nil
}

func appendEmbeddings(dst []byte, r *llm.Response, v llm.View) []byte {
	dst = append(dst, `{"object":"list","data":`...)
	dst = operation.AppendVectors(dst, r.Embeddings, func(dst []byte, i int, e llm.Embedding) []byte {
		dst = strconv.AppendInt(append(dst, `{"object":"embedding","index":`...), int64(i), 10)
		dst = append(dst, `,"embedding":`...)
		if v.Base64 {
			if out, err := operation.Base64(dst, e); err == nil {
				return append(out, '}')
			}
		}
		return append(append(dst, e...), '}')
	})
	dst = appendString(append(dst, `,"model":`...), v.Model)
	var n int64
	if r.Usage != nil {
		n = r.Usage.InputTotal()
	}
	dst = strconv.AppendInt(append(dst, `,"usage":{"prompt_tokens":`...), n, 10)
	dst = strconv.AppendInt(append(dst, `,"total_tokens":`...), n, 10)
	return append(dst, "}}"...)
}
