package cohere

import (
	"errors"
	"testing"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation/formtest"
)

func TestEmbedRequests(t *testing.T) {
	t.Parallel()
	for body, param := range map[string]string{
		`{"model":"m","texts":["a"],"input_type":"search_query","embedding_types":["float"],"truncate":"NONE"}`: "",
		`{"model":"m","images":["data:image/png;base64,AA=="]}`:                                                 "images",
		`{"model":"m","inputs":[{"content":[]}]}`:                                                               "inputs",
		`{"model":"m"}`:             "texts",
		`{"model":"m","texts":[1]}`: "texts",
		`{"model":"m","texts":["a"],"embedding_types":["int8"]}`:         "embedding_types",
		`{"model":"m","texts":["a"],"embedding_types":["float","int8"]}`: "embedding_types",
		`{"model":"m","texts":["a"],"output_dimension":0.5}`:             "output_dimension",
	} {
		r, err := Embed.DecodeRequest([]byte(body))
		var e *llm.Error
		if errors.As(err, &e) != (param != "") || e != nil && e.Param != param {
			t.Errorf("%s: %v", body, err)
		}
		if err == nil && (r.Embed.Purpose != llm.PurposeQuery || r.Embed.Truncate == nil || *r.Embed.Truncate) {
			t.Errorf("%s: %+v", body, r.Embed)
		}
	}
}

func TestEmbedUsage(t *testing.T) {
	t.Parallel()
	for meta, want := range map[string]llm.Usage{
		`{"billed_units":{"input_tokens":7,"image_tokens":3}}`: {Input: 7, ImageInput: 3},
		`{"billed_units":{"search_units":1}}`:                  {},
		`{"billed_units":null}`:                                {},
		`7`:                                                    {},
	} {
		var facts llm.AnswerFacts
		_, err := Embed.(llm.Passthrough).EditResponse(nil, []byte(`{"embeddings":{},"meta":`+meta+`}`), "m", &facts)
		if err != nil || facts.Usage != want || facts.HasUsage != (want != llm.Usage{}) {
			t.Errorf("%s: %v, %+v", meta, err, facts)
		}
	}
}

func FuzzEmbed(f *testing.F) {
	formtest.Fuzz(f, Embed,
		`{"model":"m","texts":["a"],"input_type":"search_query","embedding_types":["float"],"output_dimension":4,"truncate":"NONE"}`,
		`{"id":"e","embeddings":{"float":[[1,2]]},"meta":{"billed_units":{"input_tokens":5}}}`)
}

func FuzzEmbedV1(f *testing.F) {
	formtest.Fuzz(f, EmbedV1, `{"model":"m","texts":["a"],"truncate":null}`, `{"id":"e","embeddings":[[1,2]],"meta":{}}`)
}

func FuzzRerank(f *testing.F) {
	formtest.Fuzz(f, Rerank,
		`{"model":"m","query":"q","documents":["a"],"top_n":1}`,
		`{"id":"r","results":[{"index":0,"relevance_score":0.5}],"meta":{"billed_units":{"search_units":1}}}`)
}
