package openai

import (
	"errors"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

func TestOperationRequests(t *testing.T) {
	t.Parallel()
	embeddings := Operation{llm.OpEmbeddings}
	for _, c := range []struct{ about, in, want, param string }{
		{"renamed, all else as it was", `{"model":"public", "input":["a","b"],"dimensions":1e2,"encoding_format":"base64","x":{"Model":1}}`, `{"model":"up", "input":["a","b"],"dimensions":1e2,"encoding_format":"base64","x":{"Model":1}}`, ""},
		{"no model", `{"input":"a"}`, "", "model"},
		{"a model that is none", `{"model":7,"input":"a"}`, "", "model"},
		{"twice", `{"model":"a","model":"b"}`, "", "model"},
		{"in another case", `{"model":"a","Model":"b"}`, "", "Model"},
		{"steering", `{"model":"a","base_url":"http://x.test"}`, "", "base_url"},
		{"a stream", `{"model":"a","stream":true}`, "", "stream"},
		{"no stream", `{"model":"public","stream":false}`, `{"model":"up","stream":false}`, ""},
		{"no object", `[]`, "", ""},
		{"no JSON", `{"model":"a"`, "", ""},
	} {
		var in llm.Inspection
		err := embeddings.Inspect([]byte(c.in), &in)
		if c.want == "" {
			var e *llm.Error
			if !errors.As(err, &e) || e.Param != c.param {
				t.Errorf("%s: %v", c.about, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.about, err)
			continue
		}
		if got := embeddings.EditRequest(nil, []byte(c.in), &in, llm.RequestEdit{Model: "up", IncludeUsage: true}); string(got) != c.want {
			t.Errorf("%s: %s", c.about, got)
		}
	}
}

func TestOperationAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		about, in, want string
		usage           int64
	}{
		{"embeddings", `{"object":"list","data":[{"embedding":[0.1,-2e-3]}],"model":"up","usage":{"prompt_tokens":8,"total_tokens":8}}`, `{"object":"list","data":[{"embedding":[0.1,-2e-3]}],"model":"public","usage":{"prompt_tokens":8,"total_tokens":8}}`, 8},
		{"no model", `{"results":[{"flagged":false}]}`, `{"results":[{"flagged":false}]}`, 0},
		{"no error", `{"data":[],"error":null}`, `{"data":[],"error":null}`, 0},
		{"an error", `{"error":{"message":"no"}}`, "", 0},
		{"nothing", ` `, "", 0},
		{"no object", `[1]`, "", 0},
		{"cut off", `{"data":[`, "", 0},
	} {
		var facts llm.AnswerFacts
		got, err := Operation{llm.OpEmbeddings}.EditResponse(nil, []byte(c.in), "public", &facts)
		if (err != nil) != (c.want == "") || string(got) != c.want {
			t.Errorf("%s: %s, %v", c.about, got, err)
		}
		if facts.Usage.Total() != c.usage || facts.HasUsage != (c.usage > 0) {
			t.Errorf("%s: %+v", c.about, facts)
		}
	}
}

func TestOperationsAreNotTranslated(t *testing.T) {
	t.Parallel()
	o := Operation{llm.OpRerank}
	_, decode := o.DecodeRequest(nil)
	_, encode := o.AppendRequest(nil, nil, llm.Target{})
	_, answer := o.DecodeResponse(nil)
	_, write := o.AppendResponse(nil, nil, llm.View{})
	for _, err := range []error{decode, encode, answer, write} {
		var e *llm.Error
		if !errors.As(err, &e) || e.Code != "unsupported_operation" {
			t.Errorf("%v", err)
		}
	}
}

func FuzzOperation(f *testing.F) {
	f.Add([]byte(`{"model":"public","input":"a"}`))
	f.Add([]byte(`{"object":"list","data":[{"embedding":[0.1]}],"model":"up","usage":{"prompt_tokens":8,"total_tokens":8}}`))
	f.Add([]byte(`{"error":{"message":"no"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		o := Operation{llm.OpEmbeddings}
		var in llm.Inspection
		if o.Inspect(body, &in) == nil {
			again := o.EditRequest(nil, body, &in, llm.RequestEdit{Model: "up"})
			var second llm.Inspection
			if err := o.Inspect(again, &second); err != nil || second.Model != "up" {
				t.Errorf("%q became %q: %v", body, again, err)
			}
		}
		var facts llm.AnswerFacts
		if out, err := o.EditResponse(nil, body, "public", &facts); err == nil {
			if _, err := o.EditResponse(nil, out, "public", &facts); err != nil {
				t.Errorf("%q became %q: %v", body, out, err)
			}
		}
	})
}
