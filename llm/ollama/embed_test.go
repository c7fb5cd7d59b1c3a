package ollama

import (
	"testing"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation/formtest"
)

func TestEmbeddingsOfOne(t *testing.T) {
	t.Parallel()
	r, err := Embeddings.DecodeRequest([]byte(`{"model":"m","prompt":"a","options":{"A":1,"a":2}}`))
	if err != nil || len(r.Embed.Inputs) != 1 || r.Embed.Inputs[0] != "a" {
		t.Errorf("%v, %+v", err, r)
	}
	for want, list := range map[string][]llm.Embedding{`{"embedding":[1,2]}`: {llm.Embedding("[1,2]")}, `{"embedding":[]}`: nil} {
		if out, err := Embeddings.AppendResponse(nil, &llm.Response{Embeddings: list}, llm.View{}); err != nil || string(out) != want {
			t.Errorf("%v, %s", err, out)
		}
	}
}

func FuzzEmbed(f *testing.F) {
	formtest.Fuzz(f, Embed,
		`{"model":"m","input":["a"],"truncate":true,"dimensions":4,"options":{"temperature":0},"keep_alive":"5m"}`,
		`{"model":"m","input":"a"}`,
		`{"model":"up","embeddings":[[1,2]],"prompt_eval_count":5}`)
}

func FuzzEmbeddings(f *testing.F) {
	formtest.Fuzz(f, Embeddings, `{"model":"m","prompt":"a"}`, `{"embedding":[1,2]}`)
}
