package ollama

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// with is a request with the given members beside messages and model.
func with(members string) string {
	return `{"model":"m","messages":[{"role":"user","content":"hi"}],` + members + `}`
}

func TestInspectReads(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about, body string
		want        llm.Inspection
	}{
		{"the least", `{"model":"m"}`, llm.Inspection{Stream: true}},
		{"a stream", with(`"stream":true`), llm.Inspection{Stream: true}},
		{"stream null", with(`"stream":null`), llm.Inspection{Stream: true}},
		{"no stream", with(`"stream":false`), llm.Inspection{}},
		{"a limit", with(`"options":{"num_predict":10,"x":[{}]}`), llm.Inspection{Stream: true, MaxTokens: 10}},
		{"a limit as a float", with(`"options":{"num_predict":1e2}`), llm.Inspection{Stream: true, MaxTokens: 100}},
		{"no limit", with(`"options":{"num_predict":-1}`), llm.Inspection{Stream: true}},
		{"options null", with(`"options":null,"format":null,"think":null,"tools":null`), llm.Inspection{Stream: true}},
		{"tools", with(`"tools":[{"type":"function"}]`), llm.Inspection{Stream: true, Tools: true}},
		{"no tools", with(`"tools":[ ]`), llm.Inspection{Stream: true}},
		{"JSON mode", with(`"format":"json"`), llm.Inspection{Stream: true, Structured: true}},
		{"a schema", with(`"format":{"properties":{"a":{},"A":{}}}`), llm.Inspection{Stream: true, Structured: true}},
		{"no format", with(`"format":""`), llm.Inspection{Stream: true}},
		{"thinking", with(`"think":true`), llm.Inspection{Stream: true, Reasoning: true}},
		{"a level", with(`"think":"low"`), llm.Inspection{Stream: true, Reasoning: true}},
		{"no thinking", with(`"think":false`), llm.Inspection{Stream: true}},
		{"unknown fields", with(`"foo":{"a":1,"a":1},"options":{"a":1e400}`), llm.Inspection{Stream: true}},
		{"an image", `{"model":"m","messages":[{"role":"USER","content":"","images":["iVBORw0KGgo="]}]}`, llm.Inspection{Stream: true, Images: true}},
		{"no images", `{"model":"m","messages":[{"role":"user","content":null,"images":null}]}`, llm.Inspection{Stream: true}},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			var in llm.Inspection
			_ = Dialect{}.Inspect([]byte(with(`"options":{"num_predict":7},"tools":[1]`)), &in)
			in.Reset()
			if err := (Dialect{}).Inspect([]byte(tt.body), &in); err != nil {
				t.Fatal(err)
			}
			tt.want.Model, tt.want.N, tt.want.IncludeUsage = "m", 1, true
			in.State = nil
			if diff := cmp.Diff(tt.want, in); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestInspectRefuses(t *testing.T) {
	t.Parallel()
	message := func(s string) string { return `{"model":"m","messages":[{"role":"user","content":""},` + s + `]}` }
	tests := []struct{ about, body, code, param string }{
		{"nothing", ``, codeInvalidJSON, ""},
		{"no object", `[]`, codeInvalidJSON, ""},
		{"trailing text", `{"model":"m"}{}`, codeInvalidJSON, ""},
		{"not UTF-8", with("\"x\":\"\xff\""), codeInvalidJSON, ""},
		{"half a surrogate pair", with(`"x":"\ud800"`), codeInvalidJSON, ""},
		{"too deep", with(`"x":` + strings.Repeat("[", 200) + strings.Repeat("]", 200)), codeInvalidJSON, ""},
		{"the model twice", `{"model":"a","model":"b"}`, codeDuplicateKey, "model"},
		{"a field in another case", with(`"Think":true`), codeUnsupported, "Think"},
		{"a role twice", message(`{"role":"user","Role":"system"}`), codeDuplicateKey, "messages[1].Role"},
		{"no model", `{"messages":[]}`, codeModel, "model"},
		{"an empty model", `{"model":""}`, codeModel, "model"},
		{"a model that climbs", `{"model":"a/../b"}`, codeModel, "model"},
		{"a model with a query", `{"model":"a?b"}`, codeModel, "model"},
		{"a model with an escape", `{"model":"a%2fb"}`, codeModel, "model"},
		{"a model with a line break", `{"model":"a\nb"}`, codeModel, "model"},
		{"a long model", `{"model":"` + strings.Repeat("x", 257) + `"}`, codeModel, "model"},
		{"a model that is none", `{"model":1}`, codeModel, "model"},
		{"stream as text", with(`"stream":"true"`), "invalid_type", "stream"},
		{"options as a list", with(`"options":[]`), "invalid_type", "options"},
		{"a limit as text", with(`"options":{"num_predict":"5"}`), "invalid_type", "options.num_predict"},
		{"a limit and a half", with(`"options":{"num_predict":1.5}`), "invalid_type", "options.num_predict"},
		{"a format as a list", with(`"format":[]`), "invalid_type", "format"},
		{"thinking as a number", with(`"think":1`), "invalid_type", "think"},
		{"tools as an object", with(`"tools":{}`), "invalid_type", "tools"},
		{"messages as an object", `{"model":"m","messages":{}}`, "invalid_type", "messages"},
		{"too many messages", message(strings.Repeat(`{"role":"user"},`, maxMessages) + `{"role":"user"}`), codeValue, "messages"},
		{"a message that is none", message(`7`), "invalid_type", "messages[1]"},
		{"no role", message(`{"content":"x"}`), "missing_required_parameter", "messages[1].role"},
		{"an unknown role", message(`{"role":"root"}`), codeValue, "messages[1].role"},
		{"a role that is no text", message(`{"role":1}`), "invalid_type", "messages[1].role"},
		{"content as a list", message(`{"role":"user","content":[]}`), "invalid_type", "messages[1].content"},
		{"images as text", message(`{"role":"user","images":"x"}`), "invalid_type", "messages[1].images"},
		{"an image that is no text", message(`{"role":"user","images":["AAAA",1]}`), "invalid_type", "messages[1].images[1]"},
		{"an image that is no base64", message(`{"role":"user","images":["data:image/png;base64,AAAA"]}`), codeImage, "messages[1].images[0]"},
		{"an empty image", message(`{"role":"user","images":[""]}`), codeImage, "messages[1].images[0]"},
		{"a key of the caller's", with(`"api_key":"k"`), codeUnsupported, "api_key"},
		{"an address of the caller's", with(`"base_url":"http://x"`), codeUnsupported, "base_url"},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			var in llm.Inspection
			var e *llm.Error
			err := Dialect{}.Inspect([]byte(tt.body), &in)
			if !errors.As(err, &e) || e.Code != tt.code || e.Param != tt.param || e.Status != 400 || e.Message == "" {
				t.Errorf("got %#v", err)
			}
		})
	}
}

func TestInspectAllocates(t *testing.T) {
	var in llm.Inspection
	body := []byte(with(`"options":{"num_predict":10},"stream":false`))
	if n := testing.AllocsPerRun(100, func() {
		in.Reset()
		if err := (Dialect{}).Inspect(body, &in); err != nil {
			t.Fatal(err)
		}
	}); n > 4 {
		t.Errorf("%v allocations", n)
	}
}
