package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation/formtest"
)

func TestEmbeddingsForVendors(t *testing.T) {
	t.Parallel()
	no := false
	r := &llm.Request{User: "u", Embed: &llm.EmbedRequest{Inputs: []string{"a<b"}, Purpose: llm.PurposeQuery, Title: "t", Truncate: &no}}
	for vendor, want := range map[string]struct {
		body    string
		dropped []llm.Field
	}{
		"openai": {`{"model":"up","input":["a<b"],"user":"u"}`, []llm.Field{llm.FieldTruncate, llm.FieldPurpose, llm.FieldTitle}},
		"voyage": {`{"model":"up","input":["a<b"],"user":"u","input_type":"query","truncation":false}`, []llm.Field{llm.FieldTitle}},
	} {
		e, err := Embeddings.AppendRequest([]byte("x"), r, llm.Target{Model: "up", Vendor: vendor})
		if err != nil || string(e.Body) != "x"+want.body || !reflect.DeepEqual(e.Dropped, want.dropped) {
			t.Errorf("%s: %v, %s, dropped %v", vendor, err, e.Body, e.Dropped)
		}
	}
}

func TestEmbeddingsAnswers(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"data":[{"index":1,"embedding":[1]},{"index":0,"embedding":"AACAPgAAAMA="}]}`: `[[0.25,-2],[1]]`,
		`{"data":[{"embedding":[1e400]}]}`:                                              `[[1e400]]`, // a number in JSON, whatever a float makes of it
		`{"data":[]}`:                                                                   `[]`,
		`{"data":[{"index":1,"embedding":[1]}]}`:                                        "",
		`{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}`:            "",
		`{"data":[{"index":-1,"embedding":[1]}]}`:                                       "",
		`{"data":[{"embedding":["1"]}]}`:                                                "",
		`{"data":[{"embedding":"AAA="}]}`:                                               "",
		`{"data":[{"embedding":"AADAfw=="}]}`:                                           "", // not a number
		`{"data":[{}]}`:                                                                 "",
		`{"data":7}`:                                                                    "",
		`{}`:                                                                            "",
		`{"error":{"message":"no"},"data":[]}`:                                          "",
	} {
		r, err := Embeddings.DecodeResponse([]byte(body))
		if want == "" {
			var e *llm.Error
			if !errors.As(err, &e) {
				t.Errorf("%s: %v, %+v", body, err, r)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		if got, _ := json.Marshal(r.Embeddings); string(got) != want {
			t.Errorf("%s: %s", body, got)
		}
	}
}

// TestTotalIsInput holds that vendors which tell the total alone tell the input.
func TestTotalIsInput(t *testing.T) {
	t.Parallel()
	var facts llm.AnswerFacts
	_, err := Embeddings.(llm.Passthrough).EditResponse(nil, []byte(`{"data":[],"usage":{"total_tokens":12}}`), "m", &facts)
	if want := (llm.Usage{Input: 12}); err != nil || !facts.HasUsage || facts.Usage != want {
		t.Errorf("%v, %+v", err, facts)
	}
}

func TestCompletionsStream(t *testing.T) {
	t.Parallel()
	for _, usage := range []bool{true, false} {
		e := Completions{}.NewStreamEncoder(llm.View{Model: "m", ID: "call_1", IncludeUsage: usage})
		var out []byte
		for _, ev := range []llm.Event{
			{Kind: llm.EventPing},
			{Kind: llm.EventStart},
			{Kind: llm.EventReasoning, Text: "hm"},
			{Kind: llm.EventText},
			{Kind: llm.EventText, Text: "a\"b"},
			{Kind: llm.EventFinish, Finish: llm.FinishToolCalls},
			{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 2, Output: 1}},
			{Kind: llm.EventEnd},
			{Kind: llm.EventText, Text: "late"},
		} {
			out = e.Append(out, &ev)
		}
		const head = `data: {"id":"cmpl-call_1","object":"text_completion","created":0,"model":"m","choices":[`
		want := ": ping\n\n" + head + `{"text":"a\"b","index":0,"logprobs":null,"finish_reason":null}],"usage":null}` + "\n\n" +
			head + `{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}],"usage":null}` + "\n\n" +
			head + `],"usage":` + string(appendUsage(nil, &llm.Usage{Input: 2, Output: 1})) + "}\n\n" + "data: [DONE]\n\n"
		if !usage {
			want = ": ping\n\n" + head + `{"text":"a\"b","index":0,"logprobs":null,"finish_reason":null}]}` + "\n\n" +
				head + `{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}]}` + "\n\ndata: [DONE]\n\n"
		}
		if string(out) != want {
			t.Errorf("usage %v: got\n%s\nwant\n%s", usage, out, want)
		}
	}
}

func TestCompletionsRequests(t *testing.T) {
	t.Parallel()
	for body, param := range map[string]string{
		`{"model":"m","prompt":"a"}`:                                  "",
		`{"model":"m","prompt":["a"],"n":2,"best_of":2,"echo":false}`: "",
		`{"model":"m","prompt":["a"],"suffix":"","logprobs":null}`:    "",
		`{"model":"m","prompt":"a","best_of":2}`:                      "best_of",
		`{"model":"m","prompt":"a","Model":"n"}`:                      "Model",
		`{"model":"m","prompt":"a","prompt":"b"}`:                     "prompt",
		`{"model":"m","prompt":"a","MAX_TOKENS":1}`:                   "MAX_TOKENS",
		`{"model":"m","prompt":null}`:                                 "prompt",
		`{"model":"m","prompt":["a",1]}`:                              "prompt",
		`{"prompt":"a"}`:                                              "model",
	} {
		var in llm.Inspection
		err := Completions{}.Inspect([]byte(body), &in)
		if err == nil {
			var r *llm.Request
			if r, err = (Completions{}).DecodeRequest([]byte(body)); err == nil && (len(r.Messages) != 1 || r.Messages[0].Role != llm.RoleUser || r.Messages[0].Parts[0].Text != "a") {
				t.Errorf("%s: %+v", body, r)
			}
		}
		var e *llm.Error
		if errors.As(err, &e) != (param != "") || e != nil && e.Param != param {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func FuzzEmbeddings(f *testing.F) {
	formtest.Fuzz(f, Embeddings,
		`{"model":"m","input":["a","b"],"dimensions":2,"encoding_format":"base64","user":"u","input_type":"query","truncation":true}`,
		`{"model":"m","input":[[1,2]]}`,
		`{"object":"list","data":[{"index":0,"embedding":[0.25,-2e-3]}],"model":"up","usage":{"prompt_tokens":8,"total_tokens":8}}`,
		`{"data":[{"index":0,"embedding":"AACAPgAAAMA="}]}`)
}

func FuzzRerank(f *testing.F) {
	formtest.Fuzz(f, Rerank,
		`{"model":"m","query":"q","documents":["a",{"text":"b"}],"top_n":1,"return_documents":true}`,
		`{"model":"up","usage":{"total_tokens":15},"results":[{"index":1,"relevance_score":0.7,"document":{"text":"b"}}]}`)
}

func FuzzCompletions(f *testing.F) {
	f.Add([]byte(`{"model":"m","prompt":["a"],"stream":true,"stream_options":{"include_usage":false},"echo":false,"suffix":"","best_of":1,"n":1,"logprobs":null}`))
	f.Add([]byte(`{"id":"cmpl-1","object":"text_completion","choices":[{"text":"b","index":0,"logprobs":null,"finish_reason":"stop"}],"usage":{"total_tokens":1}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var in, again llm.Inspection
		if (Completions{}).Inspect(body, &in) == nil {
			edited := Completions{}.EditRequest(nil, body, &in, llm.RequestEdit{Model: "up", IncludeUsage: true})
			if err := (Completions{}).Inspect(edited, &again); err != nil || again.Model != "up" {
				t.Errorf("%q became %q: %v", body, edited, err)
			}
			var e *llm.Error
			if r, err := (Completions{}).DecodeRequest(body); err != nil && !errors.As(err, &e) || err == nil && len(r.Messages) != 1 {
				t.Errorf("%q: %v", body, err)
			}
		}
		var facts llm.AnswerFacts
		if out, err := (Completions{}).EditResponse(nil, body, "public", &facts); err == nil {
			if second, err := (Completions{}).EditResponse(nil, out, "public", &facts); err != nil || !bytes.Equal(out, second) {
				t.Errorf("%q became %q and that %q: %v", body, out, second, err)
			}
		}
	})
}
