package cohere

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func ptr[T any](v T) *T { return &v }

// The messages that most tests are made of.
func user(text string) llm.Message   { return says(llm.RoleUser, text) }
func model(text string) llm.Message  { return says(llm.RoleAssistant, text) }
func system(text string) llm.Message { return says(llm.RoleSystem, text) }

func says(role llm.Role, text string) llm.Message {
	return llm.Message{Role: role, Parts: []llm.Part{{Kind: llm.PartText, Text: text}}}
}

func calls(list ...llm.Part) llm.Message { return llm.Message{Role: llm.RoleAssistant, Parts: list} }

func call(id, name, args string) llm.Part {
	return llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: id, Name: name, Arguments: args}}
}

func result(id, name string, parts ...llm.Part) llm.Message {
	return llm.Message{Role: llm.RoleTool, Parts: []llm.Part{{
		Kind: llm.PartToolResult, Result: &llm.ToolResult{CallID: id, Name: name, Parts: parts},
	}}}
}

func said1(s string) llm.Part { return llm.Part{Kind: llm.PartText, Text: s} }

func thought(s string) llm.Part { return llm.Part{Kind: llm.PartReasoning, Text: s} }

func image(m llm.Media) llm.Part { return llm.Part{Kind: llm.PartImage, Media: &m} }

func TestDecodeMessages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about, messages string
		want            []llm.Message
	}{
		{"all roles", `{"role":"system","content":"s"},{"role":"developer","content":[{"type":"text","text":"d"}]},{"role":"user","content":"u\n\u00e9"},{"role":"assistant","content":"a"}`, []llm.Message{system("s"), system("d"), user("u\né"), model("a")}},
		{"nothing said", `{"role":"user","content":""},{"role":"assistant"},{"role":"user","content":[{"type":"text","text":""}]}`, []llm.Message{{Role: llm.RoleUser}, {Role: llm.RoleAssistant}, {Role: llm.RoleUser}}},
		{
			"thoughts, a plan and a call", `{"role":"assistant","content":[{"type":"thinking","thinking":"t"},{"type":"text","text":"a"}],"tool_plan":"p","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"d","function":{"name":"g","arguments":{"a":1}}}]}`,
			[]llm.Message{calls(thought("t"), said1("a"), thought("p"), call("c", "f", "{}"), call("d", "g", `{"a":1}`))},
		},
		{
			"images", `{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/jpg;base64,AAA","detail":"low"}},{"type":"image_url","image_url":"https://a.example/x.png"}]}`,
			[]llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{image(llm.Media{MIMEType: "image/jpeg", Data: "AAA=", Detail: "low"}), image(llm.Media{URL: "https://a.example/x.png"})}}},
		},
		{
			"results", `{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f"}}]},{"role":"tool","tool_call_id":"c","content":[{"type":"document","document":{"id":"1","data":{"a":"b"}}},{"type":"text","text":"x"},{"type":"document","document":{"data":"y"}}]},{"role":"tool","tool_call_id":"c","content":""}`,
			[]llm.Message{calls(call("c", "f", "")), result("c", "f", said1(`{"a":"b"}`), said1("x"), said1("y")), result("c", "f")},
		},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			r, err := Dialect{}.DecodeRequest([]byte(`{"model":"m","messages":[` + tt.messages + `]}`))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, r.Messages); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeFields(t *testing.T) {
	t.Parallel()
	tests := []struct {
		members string
		want    llm.Request
	}{
		{`"stream":true,"max_tokens":5,"temperature":0.5,"p":0.9,"k":4,"seed":1,"stop_sequences":["a"],"frequency_penalty":1,"presence_penalty":0.5,"logprobs":true`, llm.Request{
			Stream: true, MaxTokens: ptr(int64(5)), Temperature: ptr(0.5), TopP: ptr(0.9), TopK: ptr(int64(4)), Seed: ptr(int64(1)), Stop: []string{"a"},
			FrequencyPenalty: ptr(1.0), PresencePenalty: ptr(0.5), LogProbs: ptr(true),
		}},
		{`"documents":[{"data":{}}],"safety_mode":"OFF","foo":null`, llm.Request{Extra: map[string]json.RawMessage{"documents": json.RawMessage(`[{"data":{}}]`), "safety_mode": json.RawMessage(`"OFF"`)}}},
		{`"tool_choice":"REQUIRED"`, llm.Request{ToolChoice: &llm.ToolChoice{Mode: llm.ToolRequired}}},
		{`"tool_choice":"NONE"`, llm.Request{ToolChoice: &llm.ToolChoice{Mode: llm.ToolNone}}},
		{`"tool_choice":null,"stream":null,"response_format":null,"thinking":null`, llm.Request{}},
		{`"response_format":{"type":"text"}`, llm.Request{Output: &llm.OutputFormat{Type: llm.OutputText}}},
		{`"response_format":{"type":"json_object"}`, llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSON}}},
		{`"response_format":{"type":"json_object","json_schema":{"a":1}}`, llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: json.RawMessage(`{"a":1}`)}}},
		{`"thinking":{"type":"enabled"}`, llm.Request{Reasoning: &llm.Reasoning{Budget: ptr(int64(-1)), Show: ptr(true)}}},
		{`"thinking":{"type":"enabled","token_budget":100}`, llm.Request{Reasoning: &llm.Reasoning{Budget: ptr(int64(100)), Show: ptr(true)}}},
		{`"thinking":{"type":"disabled"}`, llm.Request{Reasoning: &llm.Reasoning{Effort: "none"}}},
		{`"strict_tools":true,"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}]`, llm.Request{
			Tools: []llm.Tool{{Name: "f", Description: "d", Parameters: json.RawMessage(`{"type":"object"}`), Strict: ptr(true)}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.members, func(t *testing.T) {
			t.Parallel()
			r, err := Dialect{}.DecodeRequest([]byte(with(tt.members)))
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Model, tt.want.IncludeUsage, tt.want.Messages = "m", true, []llm.Message{user("hi")}
			if diff := cmp.Diff(&tt.want, r); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	messages := func(s string) string { return `{"model":"m","messages":[` + s + `]}` }
	image := func(url string) string {
		return messages(`{"role":"user","content":[{"type":"image_url","image_url":{"url":"` + url + `"}}]}`)
	}
	const imageAt = "messages[0].content[0].image_url.url"
	tests := []struct{ body, param string }{
		{`[]`, ""},
		{`{"messages":[{"role":"user"}]}`, "model"},
		{`{"model":"m"}`, "messages"},
		{messages(``), "messages"},
		{messages(`1`), "messages[0]"},
		{messages(`{"content":"x"}`), "messages[0].role"},
		{messages(`{"role":"x"}`), "messages[0].role"},
		{messages(`{"role":"user","content":1}`), "messages[0].content"},
		{messages(`{"role":"user","content":[1]}`), "messages[0].content[0]"},
		{messages(`{"role":"user","content":[{"type":"thinking","thinking":"x"}]}`), "messages[0].content[0].type"},
		{messages(`{"role":"system","content":[{"type":"image_url"}]}`), "messages[0].content[0].type"},
		{messages(`{"role":"user","content":[{"type":"text","text":1}]}`), "messages[0].content[0].text"},
		{image("http://127.0.0.1/x"), imageAt},
		{image("http://2130706433/x"), imageAt},
		{image("https://metadata.google.internal/"), imageAt},
		{image("ftp://a.example"), imageAt},
		{image("data:image/svg+xml;base64,AAAA"), imageAt},
		{image("data:image/png;base64,"), imageAt},
		{image("data:,x"), imageAt},
		{image(""), imageAt},
		{messages(`{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}`), "messages[0].tool_calls[0].id"},
		{messages(`{"role":"assistant","tool_calls":[{"id":"c","function":{}}]}`), "messages[0].tool_calls[0].function.name"},
		{messages(`{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":[]}}]}`), "messages[0].tool_calls[0].function.arguments"},
		{messages(`{"role":"tool","content":"x"}`), "messages[0].tool_call_id"},
		{messages(`{"role":"tool","content":"x","tool_call_id":"c"}`), "messages[0].tool_call_id"},
		{messages(`{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f"}}]},{"role":"tool","tool_call_id":"c","content":[{"type":"document","document":{}}]}`), "messages[1].content[0].document.data"},
		{with(`"tools":[{"type":"x"}]`), "tools[0].function.name"},
		{with(`"tool_choice":"auto"`), "tool_choice"},
		{with(`"response_format":{"type":"xml"}`), "response_format.type"},
		{with(`"response_format":{"type":"json_object","json_schema":1}`), "response_format.json_schema"},
		{with(`"thinking":{"type":"hard"}`), "thinking.type"},
		{with(`"thinking":{"type":"enabled","token_budget":-1}`), "thinking.token_budget"},
		{with(`"stop_sequences":[1]`), "stop_sequences[0]"},
		{with(`"k":-1`), "k"},
	}
	for _, tt := range tests {
		t.Run(tt.body, func(t *testing.T) {
			t.Parallel()
			_, err := Dialect{}.DecodeRequest([]byte(tt.body))
			var e *llm.Error
			if !errors.As(err, &e) || e.Param != tt.param || e.Status != 400 {
				t.Errorf("got %#v", err)
			}
		})
	}
}
