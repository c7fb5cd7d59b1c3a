package operation

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

var errRanking = errors.New("a ranking without a place or a score")

// DecodeRerank reads a request for reranking, as all vendors write it.
func DecodeRerank(body []byte) (*llm.Request, error) {
	var w struct {
		Model           string            `json:"model"`
		Query           json.RawMessage   `json:"query"`
		Documents       []json.RawMessage `json:"documents"`
		TopN            json.RawMessage   `json:"top_n"`
		ReturnDocuments bool              `json:"return_documents"`
	}
	if err := Decode(body, &w); err != nil {
		return nil, err
	}
	if rawjson.KindOf(w.Query) != rawjson.String {
		return nil, llm.Invalid("query", codeType, "expected a string for this model")
	}
	r := &llm.RerankRequest{Query: unquoted(w.Query), ReturnDocuments: w.ReturnDocuments}
	var err error
	if r.TopN, err = Count("top_n", w.TopN); err != nil {
		return nil, err
	}
	for i, d := range w.Documents {
		text := d
		if rawjson.KindOf(d) == rawjson.Object {
			var o struct{ Text json.RawMessage }
			if json.Unmarshal(d, &o) == nil {
				text = o.Text
			}
		}
		if rawjson.KindOf(text) != rawjson.String {
			return nil, llm.Invalid("documents["+strconv.Itoa(i)+"]", codeType, "expected a string, or an object with a text, for this model")
		}
		r.Documents = append(r.Documents, unquoted(text))
	}
	if len(r.Documents) == 0 {
		return nil, llm.Invalid("documents", codeValue, "the list is empty")
	}
	return &llm.Request{Model: w.Model, Rerank: r}, nil
}

// RerankBody is a request for reranking.
type RerankBody struct {
	Model     string   `json:"model"`
	Query     string   `json:"query"`
	Documents []string `json:"documents"`
	TopN      *int64   `json:"top_n,omitempty"`
}

// NewRerankBody is a request for a target. Documents are not asked for: they
// are known here.
func NewRerankBody(r *llm.Request, t llm.Target) RerankBody {
	return RerankBody{t.Model, r.Rerank.Query, r.Rerank.Documents, r.Rerank.TopN}
}

// ReadRerank reads an answer, as all vendors write it.
func ReadRerank(body []byte) (*llm.Response, error) {
	var w struct {
		Results []struct {
			Index *int            `json:"index"`
			Score json.RawMessage `json:"relevance_score"`
		} `json:"results"`
		Meta struct {
			Billed struct {
				SearchUnits float64 `json:"search_units"`
			} `json:"billed_units"`
		} `json:"meta"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, err
	}
	r := &llm.Response{Rankings: make([]llm.Ranking, 0, len(w.Results)), SearchUnits: int64(w.Meta.Billed.SearchUnits)}
	for _, v := range w.Results {
		if v.Index == nil || *v.Index < 0 || rawjson.KindOf(v.Score) != rawjson.Number {
			return nil, errRanking
		}
		r.Rankings = append(r.Rankings, llm.Ranking{Index: *v.Index, Score: v.Score})
	}
	return r, nil
}

type wireRanking struct {
	Index    int             `json:"index"`
	Score    json.RawMessage `json:"relevance_score"`
	Document *wireDocument   `json:"document,omitempty"`
}

type wireDocument struct {
	Text string `json:"text"`
}

// Rankings are the results of an answer, as all vendors write them.
func Rankings(r *llm.Response) any {
	list := make([]wireRanking, 0, len(r.Rankings))
	for _, v := range r.Rankings {
		w := wireRanking{Index: v.Index, Score: v.Score}
		if v.Document != nil {
			w.Document = &wireDocument{*v.Document}
		}
		list = append(list, w)
	}
	return list
}
