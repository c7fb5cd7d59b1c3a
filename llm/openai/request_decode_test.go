package openai

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func ptr[T any](v T) *T { return &v }

// asking is a request of one user message with more members.
func asking(members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"model":"m","messages":[{"role":"user","content":"hi"}]` + members + `}`
}

// showing is a request of one user message with the given parts.
func showing(parts string) string {
	return `{"model":"m","messages":[{"role":"user","content":[` + parts + `]}]}`
}

// talking is a request of the given messages.
func talking(messages ...string) string {
	return `{"model":"m","messages":[` + strings.Join(messages, ",") + `]}`
}

func text1(role llm.Role, text string) llm.Message {
	return llm.Message{Role: role, Parts: []llm.Part{{Kind: llm.PartText, Text: text}}}
}

func decodeRequest(t *testing.T, body string) *llm.Request {
	t.Helper()
	r, err := Dialect{}.DecodeRequest([]byte(body))
	if err != nil {
		t.Fatalf("decoding %s: %v", body, err)
	}
	return r
}

func TestDecodeRequestFields(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, members string
		want          func(*llm.Request)
	}{
		{"nothing", ``, func(r *llm.Request) {}},
		{"nulls are not said", `"temperature":null,"stop":null,"tools":null,"n":null,"tool_choice":null,"foo":null,"stream":null,"response_format":null,"reasoning_effort":null`, func(r *llm.Request) {}},
		{"temperature 0 is said", `"temperature":0,"top_p":0.5`, func(r *llm.Request) { r.Temperature, r.TopP = ptr(0.0), ptr(0.5) }},
		{"stop as text", `"stop":"a"`, func(r *llm.Request) { r.Stop = []string{"a"} }},
		{"stop as a list", `"stop":["a","\n"]`, func(r *llm.Request) { r.Stop = []string{"a", "\n"} }},
		{"max_tokens", `"max_tokens":5`, func(r *llm.Request) { r.MaxTokens = ptr(int64(5)) }},
		{"max_completion_tokens wins", `"max_completion_tokens":6,"max_tokens":5`, func(r *llm.Request) { r.MaxTokens = ptr(int64(6)) }},
		{"numbers", `"n":2,"seed":-3,"top_k":40,"top_logprobs":2,"frequency_penalty":-1,"presence_penalty":1.5`, func(r *llm.Request) {
			r.N, r.Seed, r.TopK, r.TopLogProbs = ptr(int64(2)), ptr(int64(-3)), ptr(int64(40)), ptr(int64(2))
			r.FrequencyPenalty, r.PresencePenalty = ptr(-1.0), ptr(1.5)
		}},
		{"the rest", `"logprobs":true,"logit_bias":{"1":-100},"user":"u","metadata":{"a":"b"},"service_tier":"flex","modalities":["text","audio"],"verbosity":"low","parallel_tool_calls":false`, func(r *llm.Request) {
			r.LogProbs, r.LogitBias, r.User, r.Metadata = ptr(true), json.RawMessage(`{"1":-100}`), "u", json.RawMessage(`{"a":"b"}`)
			r.ServiceTier, r.Modalities, r.Verbosity, r.ParallelTools = "flex", []string{"text", "audio"}, "low", ptr(false)
		}},
		{"stream", `"stream":true,"stream_options":{"include_usage":true}`, func(r *llm.Request) { r.Stream, r.IncludeUsage = true, true }},
		{"unknown fields are kept as they came", `"foo": {"n": 12345678901234567890, "s":"\u00e9"},"store":false`, func(r *llm.Request) {
			r.Extra = map[string]json.RawMessage{"foo": json.RawMessage(`{"n": 12345678901234567890, "s":"\u00e9"}`), "store": json.RawMessage(`false`)}
		}},
		{"names differ in case", `"Temperature":1`, func(r *llm.Request) { r.Extra = map[string]json.RawMessage{"Temperature": json.RawMessage(`1`)} }},
		{"an escaped name", `"\u0075ser":"u"`, func(r *llm.Request) { r.User = "u" }},
		{"effort", `"reasoning_effort":"xhigh"`, func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Effort: "xhigh"} }},
		{"effort before the others", `"thinking":{"type":"disabled"},"reasoning":{"effort":"low"},"reasoning_effort":"high"`, func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Effort: "high"} }},
		{"OpenRouter's reasoning", `"reasoning":{"max_tokens":2000,"exclude":true}`, func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Budget: ptr(int64(2000)), Show: ptr(false)} }},
		{"OpenRouter's reasoning, off", `"reasoning":{"enabled":false}`, func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Effort: "none"} }},
		{"thinking off", `"thinking":{"type":"disabled"}`, func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Effort: "none"} }},
		{"thinking with a budget", `"thinking":{"type":"enabled","budget_tokens":4096}`, func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Budget: ptr(int64(4096))} }},
		{"Qwen's switch", `"enable_thinking":false`, func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Effort: "none"} }},
		{"text output", `"response_format":{"type":"text"}`, func(r *llm.Request) { r.Output = &llm.OutputFormat{Type: llm.OutputText} }},
		{"JSON output", `"response_format":{"type":"json_object"}`, func(r *llm.Request) { r.Output = &llm.OutputFormat{Type: llm.OutputJSON} }},
		{"JSON with a schema beside it", `"response_format":{"type":"json_object","schema":{"type":"object"}}`, func(r *llm.Request) {
			r.Output = &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: json.RawMessage(`{"type":"object"}`)}
		}},
		{"schema output", `"response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d","schema":{"$ref":"#"},"strict":true}}`, func(r *llm.Request) {
			r.Output = &llm.OutputFormat{Type: llm.OutputJSONSchema, Name: "n", Description: "d", Schema: json.RawMessage(`{"$ref":"#"}`), Strict: ptr(true)}
		}},
		{"no tools", `"tools":[]`, func(r *llm.Request) {}},
		{"tools", `"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true},"cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"function","function":{"name":"g"}},{"function":{"name":"h","parameters":null}}]`, func(r *llm.Request) {
			r.Tools = []llm.Tool{
				{Name: "f", Description: "d", Parameters: json.RawMessage(`{"type":"object"}`), Strict: ptr(true), Cache: &llm.CacheHint{TTL: "1h"}},
				{Name: "g"},
				{Name: "h"},
			}
		}},
		{"hosted and custom tools", `"tools":[{"type":"custom","custom":{"name":"c"}},{"type":"web_search"}]`, func(r *llm.Request) {
			r.Tools = []llm.Tool{
				{Hosted: json.RawMessage(`{"type":"custom","custom":{"name":"c"}}`), Issuer: llm.IssuerOpenAI},
				{Hosted: json.RawMessage(`{"type":"web_search"}`), Issuer: llm.IssuerOpenAI},
			}
		}},
		{"functions", `"functions":[{"name":"f","parameters":{"type":"object"}}],"function_call":{"name":"f"}`, func(r *llm.Request) {
			r.Tools = []llm.Tool{{Name: "f", Parameters: json.RawMessage(`{"type":"object"}`)}}
			r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"f"}}
		}},
		{"function_call auto", `"function_call":"auto"`, func(r *llm.Request) { r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolAuto} }},
		{"choice none", `"tool_choice":"none"`, func(r *llm.Request) { r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolNone} }},
		{"choice any", `"tool_choice":"any"`, func(r *llm.Request) { r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolRequired} }},
		{"a named choice", `"tool_choice":{"type":"function","function":{"name":"f"}}`, func(r *llm.Request) {
			r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"f"}}
		}},
		{"allowed tools", `"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}},{"type":"function","name":"g"}]}}`, func(r *llm.Request) {
			r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"f", "g"}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := &llm.Request{Model: "m", Messages: []llm.Message{text1(llm.RoleUser, "hi")}}
			c.want(want)
			if diff := cmp.Diff(want, decodeRequest(t, asking(c.members))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestDecodeRequestMessages(t *testing.T) {
	t.Parallel()
	const call = `{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]}`
	called := llm.Message{Role: llm.RoleAssistant, Parts: []llm.Part{{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: "c1", Name: "f", Arguments: `{"a":1}`}}}}
	result := func(parts ...llm.Part) llm.Message {
		return llm.Message{Role: llm.RoleTool, Parts: []llm.Part{{Kind: llm.PartToolResult, Result: &llm.ToolResult{CallID: "c1", Parts: parts}}}}
	}
	assistant := func(parts ...llm.Part) []llm.Message {
		return []llm.Message{{Role: llm.RoleAssistant, Parts: parts}}
	}
	for _, c := range []struct {
		name, body string
		want       []llm.Message
	}{
		{"developer and a name", talking(`{"role":"developer","content":"d","name":"n"}`), []llm.Message{{Role: llm.RoleSystem, Name: "n", Parts: []llm.Part{{Kind: llm.PartText, Text: "d"}}}}},
		{
			"system in the middle", talking(`{"role":"user","content":"a"}`, `{"role":"system","content":"b"}`, `{"role":"user","content":"c"}`),
			[]llm.Message{text1(llm.RoleUser, "a"), text1(llm.RoleSystem, "b"), text1(llm.RoleUser, "c")},
		},
		{"empty text", talking(`{"role":"user","content":""}`), []llm.Message{{Role: llm.RoleUser}}},
		{"assistant with null content", talking(`{"role":"assistant","content":null}`), assistant()},
		{"assistant without content", talking(`{"role":"assistant"}`), assistant()},
		{"escapes", talking(`{"role":"user","content":"\"\\\n\u00e9\ud83d\ude00"}`), []llm.Message{text1(llm.RoleUser, "\"\\\né😀")}},
		{"a refusal", talking(`{"role":"assistant","content":[{"type":"refusal","refusal":"no"}]}`), assistant(llm.Part{Kind: llm.PartRefusal, Text: "no"})},
		{"a refusal beside the content", talking(`{"role":"assistant","content":null,"refusal":"no"}`), assistant(llm.Part{Kind: llm.PartRefusal, Text: "no"})},
		{"a call and its result", talking(call, `{"role":"tool","tool_call_id":"c1","content":"r"}`), []llm.Message{called, result(llm.Part{Kind: llm.PartText, Text: "r"})}},
		{"an empty result", talking(call, `{"role":"tool","tool_call_id":"c1","content":""}`), []llm.Message{called, result()}},
		{
			"a result with an image", talking(call, `{"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"r"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}`),
			[]llm.Message{called, result(llm.Part{Kind: llm.PartText, Text: "r"}, llm.Part{Kind: llm.PartImage, Media: &llm.Media{MIMEType: "image/png", Data: "AAAA"}})},
		},
		{
			"arguments as an object", talking(`{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":{"a": 1}}}]}`),
			assistant(llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: "c1", Name: "f", Arguments: `{"a": 1}`}}),
		},
		{
			"a signed call", talking(`{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"sig"}}}]}`),
			assistant(llm.Part{Kind: llm.PartToolCall, Signature: "sig", Issuer: llm.IssuerGoogle, Call: &llm.ToolCall{ID: "c1", Name: "f", Arguments: `{}`}}),
		},
		{
			"thoughts before text before calls", talking(`{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":""}}],"content":"x","reasoning_content":"t"}`),
			assistant(llm.Part{Kind: llm.PartReasoning, Text: "t"}, llm.Part{Kind: llm.PartText, Text: "x"}, llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: "c1", Name: "f"}}),
		},
		{
			"thinking blocks instead of their text", talking(`{"role":"assistant","content":"x","reasoning_content":"t","thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"thinking","thinking":"","signature":"only"},{"type":"redacted_thinking","data":"d"}]}`),
			assistant(
				llm.Part{Kind: llm.PartReasoning, Text: "t", Signature: "s", Issuer: llm.IssuerAnthropic},
				llm.Part{Kind: llm.PartReasoning, Signature: "only", Issuer: llm.IssuerAnthropic},
				llm.Part{Kind: llm.PartRedacted, Data: json.RawMessage(`"d"`), Issuer: llm.IssuerAnthropic},
				llm.Part{Kind: llm.PartText, Text: "x"}),
		},
		{
			"reasoning details", talking(`{"role":"assistant","content":"x","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s","format":"anthropic-claude-v1"},{"type":"reasoning.encrypted","data":"e","format":"openai-responses-v1"},{"type":"reasoning.encrypted","data":"?","format":"unknown"}]}`),
			assistant(
				llm.Part{Kind: llm.PartReasoning, Text: "t", Signature: "s", Issuer: llm.IssuerAnthropic},
				llm.Part{Kind: llm.PartRedacted, Data: json.RawMessage(`"e"`), Issuer: llm.IssuerOpenAI},
				llm.Part{Kind: llm.PartText, Text: "x"}),
		},
		{
			"Mistral's thoughts", talking(`{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"type":"text","text":"x"}]}`),
			assistant(llm.Part{Kind: llm.PartReasoning, Text: "ab"}, llm.Part{Kind: llm.PartText, Text: "x"}),
		},
		{
			"a custom tool's call and result", talking(`{"role":"assistant","tool_calls":[{"id":"c1","type":"custom","custom":{"name":"c","input":"i"}}]}`, `{"role":"tool","tool_call_id":"c1","content":"r"}`),
			[]llm.Message{
				{Role: llm.RoleAssistant, Parts: []llm.Part{{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: json.RawMessage(`{"id":"c1","type":"custom","custom":{"name":"c","input":"i"}}`)}}},
				{Role: llm.RoleTool, Parts: []llm.Part{{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: json.RawMessage(`{"role":"tool","tool_call_id":"c1","content":"r"}`)}}},
			},
		},
		{"earlier sound", talking(`{"role":"assistant","audio":{"id":"audio_1"}}`), assistant(llm.Part{Kind: llm.PartAudio, Media: &llm.Media{FileID: "audio_1"}})},
		{
			"cache hints", talking(`{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"text","text":"b"}],"cache_control":{"type":"ephemeral"}}`),
			[]llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{
				{Kind: llm.PartText, Text: "a", Cache: &llm.CacheHint{TTL: "1h"}}, {Kind: llm.PartText, Text: "b", Cache: &llm.CacheHint{}},
			}}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, decodeRequest(t, c.body).Messages); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestDecodeLegacyFunctionCalls(t *testing.T) {
	t.Parallel()
	body := talking(
		`{"role":"user","content":"q"}`,
		`{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}}`,
		`{"role":"function","name":"f","content":"1"}`,
		`{"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}}`,
		`{"role":"function","name":"f","content":"2"}`,
	)
	r, again := decodeRequest(t, body), decodeRequest(t, body)
	if diff := cmp.Diff(r, again); diff != "" {
		t.Errorf("ids differ from one reading to the next:\n%s", diff)
	}
	first, second := r.Messages[1].Parts[0].Call.ID, r.Messages[3].Parts[0].Call.ID
	if first == second || first == "" {
		t.Errorf("two calls have the ids %q and %q", first, second)
	}
	if id := r.Messages[2].Parts[0].Result.CallID; id != first {
		t.Errorf("the first result answers %q, want %q", id, first)
	}
	if id := r.Messages[4].Parts[0].Result.CallID; id != second {
		t.Errorf("the second result answers %q, want %q", id, second)
	}
}

func TestDecodeRequestMedia(t *testing.T) {
	t.Parallel()
	image := func(m llm.Media) llm.Part { return llm.Part{Kind: llm.PartImage, Media: &m} }
	document := func(m llm.Media) llm.Part { return llm.Part{Kind: llm.PartDocument, Media: &m} }
	for _, c := range []struct {
		name, part string
		want       llm.Part
	}{
		{"an image in the request", `{"type":"image_url","image_url":{"url":"data:image/jpg;base64,AAAA","detail":"low"}}`, image(llm.Media{MIMEType: "image/jpeg", Data: "AAAA", Detail: "low"})},
		{"an image elsewhere", `{"type":"image_url","image_url":{"url":"https://example.com/a.png?b=c"}}`, image(llm.Media{URL: "https://example.com/a.png?b=c"})},
		{"an image by its address alone", `{"type":"image_url","image_url":"https://example.com/a.png"}`, image(llm.Media{URL: "https://example.com/a.png"})},
		{"an image in a cloud's store", `{"type":"image_url","image_url":{"url":"gs://bucket/a.png"}}`, image(llm.Media{URL: "gs://bucket/a.png"})},
		{"a PDF as an image", `{"type":"image_url","image_url":{"url":"https://example.com/a.PDF"}}`, document(llm.Media{URL: "https://example.com/a.PDF", MIMEType: "application/pdf"})},
		{"a PDF as an image, in the request", `{"type":"image_url","image_url":{"url":"data:application/pdf;base64,AAAA"}}`, document(llm.Media{MIMEType: "application/pdf", Data: "AAAA"})},
		{"a file", `{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}}`, document(llm.Media{MIMEType: "application/pdf", Data: "AAAA", Name: "a.pdf"})},
		{"a file without a scheme", `{"type":"file","file":{"filename":"a.txt","file_data":"AAAA"}}`, document(llm.Media{MIMEType: "text/plain", Data: "AAAA", Name: "a.txt"})},
		{"an uploaded file", `{"type":"file","file":{"file_id":"file-1"}}`, document(llm.Media{FileID: "file-1"})},
		{"a document's address", `{"type":"document_url","document_url":"https://example.com/x","document_name":"n"}`, document(llm.Media{URL: "https://example.com/x", Name: "n"})},
		{"sound", `{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}`, llm.Part{Kind: llm.PartAudio, Media: &llm.Media{MIMEType: "audio/wav", Data: "AAAA"}}},
		{"sound without a format", `{"type":"input_audio","input_audio":"AAAA"}`, llm.Part{Kind: llm.PartAudio, Media: &llm.Media{Data: "AAAA"}}},
		{"a film", `{"type":"video_url","video_url":{"url":"https://example.com/a.mp4"}}`, llm.Part{Kind: llm.PartVideo, Media: &llm.Media{URL: "https://example.com/a.mp4"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := decodeRequest(t, showing(c.part)).Messages[0].Parts
			if diff := cmp.Diff([]llm.Part{c.want}, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestDecodeRequestRefuses(t *testing.T) {
	t.Parallel()
	url := func(u string) string {
		return showing(`{"type":"text","text":"t"},{"type":"image_url","image_url":{"url":"` + u + `"}}`)
	}
	const urlAt = "messages[0].content[1].image_url.url"
	cases := []struct{ name, body, param, code string }{
		{"not an object", `[]`, "", "invalid_type"},
		{"no model", `{"messages":[]}`, "model", "missing_required_parameter"},
		{"an empty model", `{"model":"","messages":[{"role":"user","content":"x"}]}`, "model", "missing_required_parameter"},
		{"a model that is a number", `{"model":1}`, "model", "invalid_type"},
		{"no messages", `{"model":"m"}`, "messages", "missing_required_parameter"},
		{"null messages", `{"model":"m","messages":null}`, "messages", "missing_required_parameter"},
		{"an empty list of messages", talking(), "messages", "invalid_value"},
		{"messages that are no list", `{"model":"m","messages":{}}`, "messages", "invalid_type"},
		{"a message that is no object", talking(`"x"`), "messages[0]", "invalid_type"},
		{"no role", talking(`{"content":"x"}`), "messages[0].role", "missing_required_parameter"},
		{"an unknown role", talking(`{"role":"user","content":"x"}`, `{"role":"robot","content":"x"}`), "messages[1].role", "invalid_value"},
		{"no content", talking(`{"role":"user"}`), "messages[0].content", "missing_required_parameter"},
		{"content that is a number", talking(`{"role":"user","content":1}`), "messages[0].content", "invalid_type"},
		{"a part that is text", talking(`{"role":"user","content":["x"]}`), "messages[0].content[0]", "invalid_type"},
		{"an unknown part", showing(`{"type":"text","text":"t"},{"type":"hologram"}`), "messages[0].content[1].type", "invalid_value"},
		{"a part without a type", showing(`{"text":"t"}`), "messages[0].content[0].type", "missing_required_parameter"},
		{"text that is null", showing(`{"type":"text","text":null}`), "messages[0].content[0].text", "invalid_type"},
		{"an image of the system", talking(`{"role":"system","content":[{"type":"image_url","image_url":{"url":"https://example.com/a"}}]}`), "messages[0].content[0].type", "invalid_value"},
		{"a refusal of the user", showing(`{"type":"refusal","refusal":"no"}`), "messages[0].content[0].type", "invalid_value"},
		{"a result without an id", talking(`{"role":"tool","content":"x"}`), "messages[0].tool_call_id", "missing_required_parameter"},
		{"a result without a call", talking(`{"role":"user","content":"x"}`, `{"role":"tool","tool_call_id":"c","content":"x"}`), "messages[1].tool_call_id", "invalid_value"},
		{"a function's result without a call", talking(`{"role":"function","name":"f","content":"x"}`), "messages[0].name", "invalid_value"},
		{"a call without an id", talking(`{"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f"}}]}`), "messages[0].tool_calls[0].id", "missing_required_parameter"},
		{"a call without a name", talking(`{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{}}]}`), "messages[0].tool_calls[0].function.name", "missing_required_parameter"},
		{"an unnamed tool", asking(`"tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{}}]`), "tools[1].function.name", "missing_required_parameter"},
		{"a tool without a function", asking(`"tools":[{"type":"function"}]`), "tools[0].function", "missing_required_parameter"},
		{"a tool's schema that is a list", asking(`"tools":[{"type":"function","function":{"name":"f","parameters":[]}}]`), "tools[0].function.parameters", "invalid_type"},
		{"an unknown choice", asking(`"tool_choice":"maybe"`), "tool_choice", "invalid_value"},
		{"an unknown kind of choice", asking(`"tool_choice":{"type":"web_search"}`), "tool_choice.type", "invalid_value"},
		{"a choice without a name", asking(`"tool_choice":{"type":"function","function":{}}`), "tool_choice.function.name", "missing_required_parameter"},
		{"no allowed tools", asking(`"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[]}}`), "tool_choice.allowed_tools.tools", "missing_required_parameter"},
		{"an unknown output", asking(`"response_format":{"type":"xml"}`), "response_format.type", "invalid_value"},
		{"no schema", asking(`"response_format":{"type":"json_schema"}`), "response_format.json_schema", "missing_required_parameter"},
		{"an unknown effort", asking(`"reasoning_effort":"some"`), "reasoning_effort", "invalid_value"},
		{"an unknown effort elsewhere", asking(`"reasoning":{"effort":"some"}`), "reasoning.effort", "invalid_value"},
		{"a stop that is a number", asking(`"stop":1`), "stop", "invalid_type"},
		{"a stop with a number", asking(`"stop":["a",1]`), "stop[1]", "invalid_type"},
		{"a temperature in words", asking(`"temperature":"1"`), "temperature", "invalid_type"},
		{"a temperature beyond numbers", asking(`"temperature":1e400`), "temperature", "invalid_type"},
		{"a stream in words", asking(`"stream":"true"`), "stream", "invalid_type"},
		{"usage in words", asking(`"stream_options":{"include_usage":1}`), "stream_options.include_usage", "invalid_type"},
		{"an image at an odd scheme", url("ftp://example.com/a"), urlAt, "invalid_value"},
		{"an image in a file", url("file:///etc/passwd"), urlAt, "invalid_value"},
		{"no address", url("nonsense"), urlAt, "invalid_value"},
		{"an SVG", url("data:image/svg+xml;base64,AAAA"), urlAt, "invalid_value"},
		{"no base64", url("data:image/png;base64,A"), urlAt, "invalid_value"},
		{"foreign characters", url("data:image/png;base64,AA-A"), urlAt, "invalid_value"},
		{"an empty image", url("data:image/png;base64,"), urlAt, "invalid_value"},
		{"a data URL of text", url("data:image/png,abc"), urlAt, "invalid_value"},
		{"a file without data", showing(`{"type":"file","file":{"filename":"a.pdf"}}`), "messages[0].content[0].file.file_data", "missing_required_parameter"},
	}
	for _, v := range []string{"0", "-1", "1e3", "9223372036854775808", `"10"`, "1.5", "true"} {
		for _, key := range []string{"max_tokens", "max_completion_tokens", "n"} {
			code := "invalid_type"
			if v == "0" || v == "-1" {
				code = "invalid_value"
			}
			cases = append(cases, struct{ name, body, param, code string }{key + " " + v, asking(fmt.Sprintf(`"%s":%s`, key, v)), key, code})
		}
	}
	for _, host := range []string{
		"localhost", "a.localhost", "127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "[::]", "[::1]",
		"[::ffff:127.0.0.1]", "[fd00:ec2::254]", "[64:ff9b::7f00:1]", "[fe80::1%25eth0]", "2130706433", "0x7f.1", "127.1",
		"metadata.google.internal", "localhost.", "224.0.0.1",
	} {
		cases = append(cases, struct{ name, body, param, code string }{"an image at " + host, url("http://" + host + ":8080/a.png"), urlAt, "invalid_value"})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Dialect{}.DecodeRequest([]byte(c.body))
			var e *llm.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Param != c.param || e.Code != c.code || e.Status != 400 || e.Message == "" {
				t.Errorf("got %q, %q, %d %q; want %q, %q", e.Param, e.Code, e.Status, e.Message, c.param, c.code)
			}
		})
	}
}
