package gemini

import (
	"errors"
	"testing"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/operation/formtest"
)

func TestBatchRequests(t *testing.T) {
	t.Parallel()
	for body, param := range map[string]string{
		`{"requests":[{"content":{"parts":[{"text":"a"}]}}]}`: "",
		`{"requests":[]}`:                                           "requests",
		`{"requests":[{}]}`:                                         "requests[0].content",
		`{"requests":[{"content":{"parts":[]}}]}`:                   "requests[0].content.parts",
		`{"requests":[{"content":{"parts":[{"inline_data":{}}]}}]}`: "requests[0].content.parts[0]",
		`{"requests":[{"content":{"parts":{"text":"a"}},"taskType":"CLUSTERING"},{"content":{"parts":{"text":"b"}}}]}`:  "requests[1]",
		`{"requests":[{"content":{"parts":{"text":"a"}},"outputDimensionality":1},{"content":{"parts":{"text":"b"}}}]}`: "requests[1]",
		`{"requests":[{"content":{"parts":{"text":"a"}},"outputDimensionality":"x"}]}`:                                  "requests[0].outputDimensionality",
	} {
		_, err := BatchEmbedContents.DecodeRequest([]byte(body))
		var e *llm.Error
		if errors.As(err, &e) != (param != "") || e != nil && e.Param != param {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestTaskTypes(t *testing.T) {
	t.Parallel()
	for task, purpose := range map[string]llm.Purpose{
		"RETRIEVAL_QUERY": llm.PurposeQuery, "CLUSTERING": llm.PurposeClustering, "CODE_RETRIEVAL_QUERY": "CODE_RETRIEVAL_QUERY", "": "",
	} {
		if got := purposeOf(task); got != purpose {
			t.Errorf("%s is %q", task, got)
		}
		if got, ok := taskOf(purpose); !ok || got != task {
			t.Errorf("%q is %s", purpose, got)
		}
	}
	if got := purposeOf("TASK_TYPE_UNSPECIFIED"); got != "" {
		t.Errorf("unspecified is %q", got)
	}
	if task, ok := taskOf("of another vendor"); ok || task != "" {
		t.Errorf("another vendor's word became %q", task)
	}
}

func TestEmbedUsage(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]llm.Usage{
		`{"promptTokenCount":261,"promptTokenDetails":[{"modality":"IMAGE","tokenCount":258},{"modality":"TEXT","tokenCount":3}]}`: {Input: 3, ImageInput: 258},
		`{"promptTokenCount":2,"promptTokenDetails":[{"modality":"AUDIO","tokenCount":9}]}`:                                        {AudioInput: 2},
		`{"promptTokenCount":2,"promptTokenDetails":[{"modality":"AUDIO","tokenCount":-9}]}`:                                       {Input: 2},
		`{}`: {}, `null`: {},
	} {
		var u llm.Usage
		if told := readEmbedUsage("usageMetadata", []byte(text), &u); u != want || told != (want != llm.Usage{}) {
			t.Errorf("%s: %v, %+v", text, told, u)
		}
	}
}

func TestWhatIsCounted(t *testing.T) {
	t.Parallel()
	const contents = `[{"role":"user","parts":[{"text":"hi"}]}]`
	for body, ok := range map[string]bool{
		`{"contents":` + contents + `}`:                                                        true,
		`{"generateContentRequest":{"contents":` + contents + `}}`:                             true,
		`{"generate_content_request":{"contents":` + contents + `},"contents":null}`:           true,
		`{"generateContentRequest":{"contents":` + contents + `},"contents":` + contents + `}`: false,
		`{}`:                            false,
		`{"generateContentRequest":{}}`: false,
		`{"generateContentRequest":{"contents":` + contents + `,"Contents":[]}}`: false,
	} {
		var in llm.Inspection
		err := CountTokens.Inspect([]byte(body), &in)
		if err == nil {
			_, err = CountTokens.DecodeRequest([]byte(body))
		}
		if (err == nil) != ok {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func TestPredict(t *testing.T) {
	t.Parallel()
	two, no := int64(2), false
	e, err := Predict.AppendRequest(nil, &llm.Request{User: "u", Embed: &llm.EmbedRequest{Inputs: []string{"a", "b"}, Purpose: llm.PurposeQuery, Dimensions: &two, Truncate: &no}}, llm.Target{})
	if want := `{"instances":[{"content":"a","task_type":"RETRIEVAL_QUERY"},{"content":"b","task_type":"RETRIEVAL_QUERY"}],"parameters":{"autoTruncate":false,"outputDimensionality":2}}`; err != nil || string(e.Body) != want || len(e.Dropped) != 1 {
		t.Errorf("%v, %s, dropped %v", err, e.Body, e.Dropped)
	}
	r, err := Predict.DecodeResponse([]byte(`{"predictions":[{"embeddings":{"values":[1,2],"statistics":{"token_count":10}}},{"embeddings":{"values":[3],"statistics":{"token_count":4}}}],"metadata":{}}`))
	if err != nil || len(r.Embeddings) != 2 || string(r.Embeddings[1]) != "[3]" || r.Usage == nil || *r.Usage != (llm.Usage{Input: 14}) {
		t.Errorf("%v, %+v", err, r)
	}
	for _, bad := range []string{`{"predictions":[{}]}`, `{"predictions":7}`, `{}`} {
		if _, err := Predict.DecodeResponse([]byte(bad)); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}

func TestUnwrapped(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{"contents":[]}`: `{"contents":[]}`,
		`{"generateContentRequest":{"model":"models/m","contents":[], "tools":[{"model":1}]}}`: `{"contents":[],"tools":[{"model":1}]}`,
		`{"generate_content_request":{"model":"m"}}`:                                           `{}`,
	} {
		if got, err := Unwrapped([]byte(in)); err != nil || string(got) != want {
			t.Errorf("%s became %s: %v", in, got, err)
		}
	}
}

func FuzzPredict(f *testing.F) {
	formtest.Fuzz(f, Predict,
		`{"instances":[{"content":"a"}]}`,
		`{"predictions":[{"embeddings":{"values":[1,2],"statistics":{"token_count":10}}}]}`)
}

func FuzzEmbedContent(f *testing.F) {
	formtest.Fuzz(f, EmbedContent,
		`{"model":"models/m","content":{"parts":[{"text":"a"}]},"taskType":"CLUSTERING","title":"t","output_dimensionality":2}`,
		`{"embedding":{"values":[1,2]},"usageMetadata":{"promptTokenCount":1}}`)
}

func FuzzBatchEmbedContents(f *testing.F) {
	formtest.Fuzz(f, BatchEmbedContents,
		`{"requests":[{"model":"models/m","content":{"parts":[{"text":"a"},{"text":"b"}]},"task_type":"CLUSTERING"}]}`,
		`{"embeddings":[{"values":[1,2]},{"values":[3]}]}`)
}

func FuzzCountTokens(f *testing.F) {
	formtest.Fuzz(f, CountTokens,
		`{"contents":[{"parts":[{"text":"a"}]}]}`,
		`{"generateContentRequest":{"model":"models/m","contents":[{"parts":[{"text":"a"}]}],"tools":[]}}`,
		`{"totalTokens":61}`)
}
