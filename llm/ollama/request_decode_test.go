package ollama

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

func text1(s string) llm.Part { return llm.Part{Kind: llm.PartText, Text: s} }

func thought(s string) llm.Part { return llm.Part{Kind: llm.PartReasoning, Text: s} }

const png = "iVBORw0KGgoAAAANSUhEUg=="

func image() llm.Part {
	return llm.Part{Kind: llm.PartImage, Media: &llm.Media{MIMEType: "image/png", Data: png}}
}

func TestDecodeMessages(t *testing.T) {
	t.Parallel()
	first := inventedID("messages[0]", 0, "f", "")
	second := inventedID("messages[0]", 1, "g", "")
	const twoCalls = `{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}},{"function":{"name":"g","arguments":{}}}]},`
	asked := calls(call(first, "f", `{"a":1}`), call(second, "g", "{}"))
	tests := []struct {
		about, messages string
		want            []llm.Message
	}{
		{"all roles", `{"role":"system","content":"s"},{"role":"User","content":"u\n\u00e9"},{"role":"assistant","content":"a"}`, []llm.Message{system("s"), user("u\né"), model("a")}},
		{"nothing said", `{"role":"user"},{"role":"assistant","content":null}`, []llm.Message{{Role: llm.RoleUser}, {Role: llm.RoleAssistant}}},
		{"thoughts", `{"role":"assistant","content":"a","thinking":"t"},{"role":"user","content":"u","thinking":"ignored"}`, []llm.Message{calls(thought("t"), text1("a")), user("u")}},
		{"images", `{"role":"user","content":"u","images":["` + png + `"]}`, []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{text1("u"), image()}}}},
		{"results by id", `{"role":"assistant","tool_calls":[{"id":"x","function":{"name":"f"}},{"id":"y","function":{"name":"f"}}]},{"role":"tool","content":"2","tool_call_id":"y"},{"role":"tool","content":"1","tool_call_id":"x"}`, []llm.Message{calls(call("x", "f", "{}"), call("y", "f", "{}")), result("y", "f", text1("2")), result("x", "f", text1("1"))}},
		{"results by name", twoCalls + `{"role":"tool","content":"2","tool_name":"g"},{"role":"tool","content":"1","name":"f"}`, []llm.Message{asked, result(second, "g", text1("2")), result(first, "f", text1("1"))}},
		{"results by place", twoCalls + `{"role":"tool","content":"1"},{"role":"tool","content":""}`, []llm.Message{asked, result(first, "f", text1("1")), result(second, "g")}},
		{"a result with an image", twoCalls + `{"role":"tool","content":"1","images":["` + png + `"]}`, []llm.Message{asked, result(first, "f", text1("1"), image())}},
		{"arguments as text", `{"role":"assistant","tool_calls":[{"id":"x","type":"function","function":{"index":0,"name":"f","arguments":"{\"a\":1}"}}]}`, []llm.Message{calls(call("x", "f", `{"a":1}`))}},
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
		{`"stream":false`, llm.Request{}},
		{`"options":{"num_predict":5,"temperature":0.5,"top_p":0.9,"top_k":4,"seed":-1,"stop":["a"],"frequency_penalty":1,"presence_penalty":2}`, llm.Request{
			Stream: true, MaxTokens: ptr(int64(5)), Temperature: ptr(0.5), TopP: ptr(0.9), TopK: ptr(int64(4)), Seed: ptr(int64(-1)), Stop: []string{"a"},
			FrequencyPenalty: ptr(1.0), PresencePenalty: ptr(2.0),
		}},
		{`"options":{"num_predict":-2,"stop":"a","num_ctx":4096,"min_p":null,"a\"b":[1]},"keep_alive":"5m"`, llm.Request{
			Stream: true, Stop: []string{"a"},
			Extra: map[string]json.RawMessage{"options": json.RawMessage(`{"num_ctx":4096,"a\"b":[1]}`), "keep_alive": json.RawMessage(`"5m"`)},
		}},
		{`"options":null,"keep_alive":null,"format":"","think":null`, llm.Request{Stream: true}},
		{`"format":"json","logprobs":true,"top_logprobs":3`, llm.Request{Stream: true, Output: &llm.OutputFormat{Type: llm.OutputJSON}, LogProbs: ptr(true), TopLogProbs: ptr(int64(3))}},
		{`"format":{"type":"object"}`, llm.Request{Stream: true, Output: &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: json.RawMessage(`{"type":"object"}`)}}},
		{`"think":true`, llm.Request{Stream: true, Reasoning: &llm.Reasoning{Budget: ptr(int64(-1)), Show: ptr(true)}}},
		{`"think":false`, llm.Request{Stream: true, Reasoning: &llm.Reasoning{Effort: "none"}}},
		{`"think":"high"`, llm.Request{Stream: true, Reasoning: &llm.Reasoning{Effort: "high", Show: ptr(true)}}},
		{`"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}},{"function":{"name":"g"}}]`, llm.Request{
			Stream: true, Tools: []llm.Tool{{Name: "f", Description: "d", Parameters: json.RawMessage(`{"type":"object"}`)}, {Name: "g"}},
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
	tests := []struct{ body, param string }{
		{`[]`, ""},
		{`{"messages":[{"role":"user"}]}`, "model"},
		{`{"model":"m"}`, "messages"},
		{messages(``), "messages"},
		{messages(`1`), "messages[0]"},
		{messages(`{"role":"user"},{"content":"x"}`), "messages[1].role"},
		{messages(`{"role":"x"}`), "messages[0].role"},
		{messages(`{"role":"user","content":[]}`), "messages[0].content"},
		{messages(`{"role":"user","images":["!"]}`), "messages[0].images[0]"},
		{messages(`{"role":"assistant","tool_calls":{}}`), "messages[0].tool_calls"},
		{messages(`{"role":"assistant","tool_calls":[{"function":{}}]}`), "messages[0].tool_calls[0].function.name"},
		{messages(`{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":[]}}]}`), "messages[0].tool_calls[0].function.arguments"},
		{messages(`{"role":"tool","content":"x"}`), "messages[0].tool_name"},
		{messages(`{"role":"tool","content":"x","tool_call_id":"y"}`), "messages[0].tool_call_id"},
		{messages(`{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]},{"role":"tool","tool_name":"g"}`), "messages[1].tool_name"},
		{messages(`{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]},{"role":"tool"},{"role":"tool"}`), "messages[2].tool_name"},
		{with(`"tools":{}`), "tools"},
		{with(`"tools":[{"type":"x"}]`), "tools[0].function.name"},
		{with(`"tools":[{"function":{"name":"f","parameters":[]}}]`), "tools[0].function.parameters"},
		{with(`"options":{"temperature":"hot"}`), "options.temperature"},
		{with(`"options":{"stop":[1]}`), "options.stop[0]"},
		{with(`"options":[]`), "options"},
		{with(`"format":"xml"`), "format"},
		{with(`"think":"hard"`), "think"},
		{with(`"top_logprobs":-1`), "top_logprobs"},
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
