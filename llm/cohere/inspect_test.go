package cohere

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

// part is a request whose user says a part.
func part(p string) string {
	return `{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":""},` + p + `]}]}`
}

func TestInspectReads(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about, body string
		want        llm.Inspection
	}{
		{"the least", with(`"x":1`), llm.Inspection{}},
		{"a stream", with(`"stream":true`), llm.Inspection{Stream: true}},
		{"stream null", with(`"stream":null`), llm.Inspection{}},
		{"a limit", with(`"max_tokens":10`), llm.Inspection{MaxTokens: 10}},
		{"nothing said", with(`"max_tokens":null,"tools":null,"response_format":null,"thinking":null,"p":null`), llm.Inspection{}},
		{"tools", with(`"tools":[{"type":"function"}]`), llm.Inspection{Tools: true}},
		{"no tools", with(`"tools":[ ]`), llm.Inspection{}},
		{"JSON", with(`"response_format":{"type":"json_object"}`), llm.Inspection{Structured: true}},
		{"text", with(`"response_format":{"type":"text"}`), llm.Inspection{}},
		{"thinking", with(`"thinking":{"type":"enabled"}`), llm.Inspection{Reasoning: true}},
		{"no thinking", with(`"thinking":{"type":"disabled"}`), llm.Inspection{}},
		{"an image", part(`{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}`), llm.Inspection{Images: true}},
		{"an image elsewhere", part(`{"type":"image_url","image_url":{"url":"https://a.example"}}`), llm.Inspection{Images: true}},
		{"unknown fields", with(`"foo":{"a":1,"a":1e400},"documents":[{"data":{"A":1,"a":1}}]`), llm.Inspection{}},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			var in llm.Inspection
			_ = Dialect{}.Inspect([]byte(with(`"max_tokens":7,"tools":[1],"stream":true`)), &in)
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
	image := func(url string) string { return part(`{"type":"image_url","image_url":{"url":"` + url + `"}}`) }
	const imageAt = "messages[0].content[1].image_url.url"
	tests := []struct{ about, body, code, param string }{
		{"nothing", ``, codeInvalidJSON, ""},
		{"no object", `[]`, codeInvalidJSON, ""},
		{"not UTF-8", with("\"x\":\"\xff\""), codeInvalidJSON, ""},
		{"the model twice", `{"model":"a","model":"b"}`, codeDuplicateKey, "model"},
		{"a field in another case", with(`"Tools":[]`), codeUnsupported, "Tools"},
		{"no model", `{"messages":[{"role":"user"}]}`, codeModel, "model"},
		{"a model that climbs", with(`"x":1`)[:10] + `../x","messages":[]}`, codeModel, "model"},
		{"a model with a control character", `{"model":"a\u0000"}`, codeModel, "model"},
		{"a model that is none", `{"model":1}`, codeModel, "model"},
		{"no messages", `{"model":"m"}`, "missing_required_parameter", "messages"},
		{"messages null", `{"model":"m","messages":null}`, "missing_required_parameter", "messages"},
		{"messages as an object", `{"model":"m","messages":{}}`, "invalid_type", "messages"},
		{"an empty list", `{"model":"m","messages":[]}`, codeValue, "messages"},
		{"too many messages", message(strings.Repeat(`{"role":"user"},`, maxMessages) + `{"role":"user"}`), codeValue, "messages"},
		{"a message that is none", message(`7`), "invalid_type", "messages[1]"},
		{"no role", message(`{"content":"x"}`), "missing_required_parameter", "messages[1].role"},
		{"an unknown role", message(`{"role":"root"}`), codeValue, "messages[1].role"},
		{"a role that is no text", message(`{"role":1}`), "invalid_type", "messages[1].role"},
		{"content as a number", message(`{"role":"user","content":1}`), "invalid_type", "messages[1].content"},
		{"a part that is none", part(`1`), "invalid_type", "messages[0].content[1]"},
		{"a part without type", part(`{"text":"x"}`), "missing_required_parameter", "messages[0].content[1].type"},
		{"a part whose type is no text", part(`{"type":1}`), "invalid_type", "messages[0].content[1].type"},
		{"an image that is no address", part(`{"type":"image_url","image_url":{"url":1}}`), "invalid_type", imageAt},
		{"an image that is no base64", image("data:image/png;base64,!"), codeImage, imageAt},
		{"an image in plain text", image("data:image/png,x"), codeImage, imageAt},
		{"an SVG", image("data:image/svg+xml;base64,AAAA"), codeImage, imageAt},
		{"stream as text", with(`"stream":"true"`), "invalid_type", "stream"},
		{"a limit of none", with(`"max_tokens":0`), codeValue, "max_tokens"},
		{"a limit as text", with(`"max_tokens":"5"`), "invalid_type", "max_tokens"},
		{"a limit beyond what is exact", with(`"max_tokens":9007199254740993`), codeValue, "max_tokens"},
		{"a temperature as text", with(`"temperature":"1"`), "invalid_type", "temperature"},
		{"tools as an object", with(`"tools":{}`), "invalid_type", "tools"},
		{"a format as text", with(`"response_format":"json"`), "invalid_type", "response_format"},
		{"thinking as a flag", with(`"thinking":true`), "invalid_type", "thinking"},
		{"a key of the caller's", with(`"api_key":"k"`), codeUnsupported, "api_key"},
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
