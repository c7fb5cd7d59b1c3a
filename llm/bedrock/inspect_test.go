package bedrock

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// with is a request with the given members beside the messages.
func with(members string) string {
	return `{"messages":[{"role":"user","content":[{"text":"hi"}]}],` + members + `}`
}

// shown is a request whose user shows a block.
func shown(block string) string {
	return `{"messages":[{"role":"user","content":[{"text":""},` + block + `]}]}`
}

func TestInspectReads(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about, body string
		want        llm.Inspection
	}{
		{"the least", `{}`, llm.Inspection{}},
		{"a limit", with(`"inferenceConfig":{"maxTokens":10,"temperature":1}`), llm.Inspection{MaxTokens: 10}},
		{"nothing said", with(`"inferenceConfig":null,"toolConfig":null,"outputConfig":null,"additionalModelRequestFields":null,"system":null`), llm.Inspection{}},
		{"tools", with(`"toolConfig":{"tools":[{"toolSpec":{}}]}`), llm.Inspection{Tools: true}},
		{"tools of Amazon's", with(`"toolConfig":{"tools":[{"systemTool":{}}]}`), llm.Inspection{}},
		{"a form", with(`"outputConfig":{"textFormat":{"type":"json_schema"}}`), llm.Inspection{Structured: true}},
		{"an effort", with(`"outputConfig":{"effort":"low"}`), llm.Inspection{Reasoning: true}},
		{"thinking", with(`"additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":5}}`), llm.Inspection{Reasoning: true}},
		{"no thinking", with(`"additionalModelRequestFields":{"thinking":{"type":"disabled"}}`), llm.Inspection{}},
		{"Nova's thinking", with(`"additionalModelRequestFields":{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"low"}}`), llm.Inspection{Reasoning: true}},
		{"an image", shown(`{"image":{"format":"png","source":{"bytes":"AAAA"}}}`), llm.Inspection{Images: true}},
		{"a document", shown(`{"document":{"name":"n","format":"txt","source":{"text":"x"}}}`), llm.Inspection{Documents: true}},
		{"a sound and a film", shown(`{"audio":{"source":{"s3Location":{"uri":"s3://a"}}}},{"video":{}}`), llm.Inspection{Audio: true}},
		{"an image of a tool's", shown(`{"toolResult":{"content":[{"image":{"source":{"bytes":"AAAA"}}}],"status":"error"}}`), llm.Inspection{Images: true}},
		{"unknown fields", with(`"foo":{"a":1,"a":1e400},"additionalModelRequestFields":{"A":1,"a":1}`), llm.Inspection{}},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			in := llm.Inspection{}
			_ = Dialect{}.Inspect([]byte(with(`"inferenceConfig":{"maxTokens":7}`)), &in)
			in.Reset()
			in.Model, in.Stream = "from the URL", true
			if err := (Dialect{}).Inspect([]byte(tt.body), &in); err != nil {
				t.Fatal(err)
			}
			tt.want.Model, tt.want.Stream, tt.want.N, tt.want.IncludeUsage = "from the URL", true, 1, true
			in.State = nil
			if diff := cmp.Diff(tt.want, in); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestInspectRefuses(t *testing.T) {
	t.Parallel()
	message := func(s string) string { return `{"messages":[{"role":"user","content":[]},` + s + `]}` }
	tests := []struct{ about, body, code, param string }{
		{"nothing", ``, codeInvalidJSON, ""},
		{"no object", `[]`, codeInvalidJSON, ""},
		{"not UTF-8", with("\"x\":\"\xff\""), codeInvalidJSON, ""},
		{"too deep", with(`"x":` + strings.Repeat("[", 200) + strings.Repeat("]", 200)), codeInvalidJSON, ""},
		{"messages twice", `{"messages":[],"messages":[]}`, codeDuplicateKey, "messages"},
		{"a field in another case", with(`"ToolConfig":{}`), codeUnsupported, "ToolConfig"},
		{"messages as an object", `{"messages":{}}`, "invalid_type", "messages"},
		{"too many messages", message(strings.Repeat(`{"role":"user"},`, maxMessages) + `{"role":"user"}`), codeValue, "messages"},
		{"a message that is none", message(`7`), "invalid_type", "messages[1]"},
		{"no role", message(`{"content":[]}`), "missing_required_parameter", "messages[1].role"},
		{"an unknown role", message(`{"role":"system"}`), codeValue, "messages[1].role"},
		{"a role that is no text", message(`{"role":1}`), "invalid_type", "messages[1].role"},
		{"content as text", message(`{"role":"user","content":"x"}`), "invalid_type", "messages[1].content"},
		{"a block that is none", shown(`1`), "invalid_type", "messages[0].content[1]"},
		{"an image that is no base64", shown(`{"image":{"source":{"bytes":"!"}}}`), codeMedia, "messages[0].content[1].image.source.bytes"},
		{"an image that is no text", shown(`{"image":{"source":{"bytes":1}}}`), "invalid_type", "messages[0].content[1].image.source.bytes"},
		{"a tool's image", shown(`{"toolResult":{"content":[{"image":{"source":{"bytes":""}}}]}}`), codeMedia, "messages[0].content[1].toolResult.content[0].image.source.bytes"},
		{"system as text", with(`"system":"x"`), "invalid_type", "system"},
		{"a limit of none", with(`"inferenceConfig":{"maxTokens":0}`), codeValue, "inferenceConfig.maxTokens"},
		{"limits as a list", with(`"inferenceConfig":[]`), "invalid_type", "inferenceConfig"},
		{"tools as an object", with(`"toolConfig":{"tools":{}}`), "invalid_type", "toolConfig.tools"},
		{"tools at once", with(`"toolConfig":[]`), "invalid_type", "toolConfig"},
		{"a form as text", with(`"outputConfig":"json"`), "invalid_type", "outputConfig"},
		{"own fields as text", with(`"additionalModelRequestFields":"x"`), "invalid_type", "additionalModelRequestFields"},
		{"an effort of another kind", with(`"additionalModelRequestFields":{"reasoning_effort":"huge"}`), codeValue, "additionalModelRequestFields.reasoning_effort"},
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
