package openai

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// hello is a request of one message, changed by change.
func hello(change func(*llm.Request)) *llm.Request {
	r := &llm.Request{Model: "public", Messages: []llm.Message{text1(llm.RoleUser, "hi")}}
	if change != nil {
		change(r)
	}
	return r
}

const helloBody = `{"model":"m","messages":[{"role":"user","content":"hi"}]`

func TestAppendRequestFields(t *testing.T) {
	t.Parallel()
	openai := llm.Target{Model: "gpt-4o", Vendor: "openai"}
	to := func(model, vendor string) llm.Target { return llm.Target{Model: model, Vendor: vendor} }
	tool := llm.Tool{Name: "f", Parameters: json.RawMessage(`{"type":"object"}`)}
	const toolText = `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]`
	for _, c := range []struct {
		name    string
		target  llm.Target
		change  func(*llm.Request)
		want    string // what follows the messages
		dropped []llm.Field
	}{
		{"nothing", openai, nil, ``, nil},
		{"max_tokens", openai, func(r *llm.Request) { r.MaxTokens = ptr(int64(5)) }, `"max_tokens":5`, nil},
		{"max_tokens of a model that thinks", to("o4-mini", "openai"), func(r *llm.Request) { r.MaxTokens = ptr(int64(5)) }, `"max_completion_tokens":5`, nil},
		{"max_tokens of gpt-5 elsewhere", to("openai/gpt-5-mini", "openrouter"), func(r *llm.Request) { r.MaxTokens = ptr(int64(5)) }, `"max_completion_tokens":5`, nil},
		{
			"max_tokens of a deployment that is known to think",
			llm.Target{Model: "prod", Vendor: "azure", Facts: llm.ModelFacts{Known: true, Reasoning: true}},
			func(r *llm.Request) { r.MaxTokens = ptr(int64(5)) }, `"max_completion_tokens":5`, nil,
		},
		{"sampling", openai, func(r *llm.Request) {
			r.Temperature, r.TopP, r.FrequencyPenalty, r.PresencePenalty = ptr(0.0), ptr(0.25), ptr(-1.0), ptr(1e-7)
			r.Seed, r.LogProbs, r.TopLogProbs, r.LogitBias = ptr(int64(7)), ptr(true), ptr(int64(2)), json.RawMessage(`{"1":2}`)
		}, `"temperature":0,"top_p":0.25,"frequency_penalty":-1,"presence_penalty":1e-07,"seed":7,"logprobs":true,"top_logprobs":2,"logit_bias":{"1":2}`, nil},
		{"sampling where it is refused", to("gpt-5", "openai"), func(r *llm.Request) {
			r.Temperature, r.TopP, r.LogitBias, r.Seed = ptr(0.5), ptr(0.5), json.RawMessage(`{"1":2}`), ptr(int64(1))
		}, `"seed":1`, []llm.Field{llm.FieldTemperature, llm.FieldTopP, llm.FieldLogitBias}},
		{"defaults of sampling where it is refused", to("gpt-5", "openai"), func(r *llm.Request) {
			r.Temperature, r.TopP, r.PresencePenalty, r.LogProbs = ptr(1.0), ptr(1.0), ptr(0.0), ptr(false)
		}, ``, nil},
		{"sampling where thinking is off", to("gpt-5.1", "openai"), func(r *llm.Request) {
			r.Temperature, r.Reasoning = ptr(0.5), &llm.Reasoning{Effort: "none"}
		}, `"reasoning_effort":"none","temperature":0.5`, nil},
		{"sampling of the chat model among them", to("gpt-5-chat-latest", "openai"), func(r *llm.Request) { r.Temperature = ptr(0.5) }, `"temperature":0.5`, nil},
		{"sampling that the catalog refuses", llm.Target{Model: "x", Facts: llm.ModelFacts{Known: true, NoSampling: true}}, func(r *llm.Request) { r.Temperature = ptr(0.5) }, ``, []llm.Field{llm.FieldTemperature}},
		{"stop", openai, func(r *llm.Request) { r.Stop = []string{"a", "", "b"} }, `"stop":["a","b"]`, nil},
		{"stop beyond four", openai, func(r *llm.Request) { r.Stop = strings.Split("abcde", "") }, `"stop":["a","b","c","d"]`, []llm.Field{llm.FieldStop}},
		{"stop of a model that thinks", to("o3", "openai"), func(r *llm.Request) { r.Stop = []string{"a"} }, ``, []llm.Field{llm.FieldStop}},
		{"one alternative", openai, func(r *llm.Request) { r.N = ptr(int64(1)) }, ``, nil},
		{"two", openai, func(r *llm.Request) { r.N = ptr(int64(2)) }, `"n":2`, nil},
		{"top_k at OpenAI", openai, func(r *llm.Request) { r.TopK = ptr(int64(5)) }, ``, []llm.Field{llm.FieldTopK}},
		{"top_k at OpenRouter", to("x", "openrouter"), func(r *llm.Request) { r.TopK = ptr(int64(5)) }, `"top_k":5`, nil},
		{"effort", to("o3", "openai"), func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Effort: "high"} }, `"reasoning_effort":"high"`, nil},
		{
			"effort that the model lacks",
			llm.Target{Model: "o3", Facts: llm.ModelFacts{Known: true, Reasoning: true, Efforts: []string{"low", "medium", "high"}}},
			func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Effort: "minimal"} }, `"reasoning_effort":"low"`,
			[]llm.Field{llm.FieldReasoning},
		},
		{
			"effort of a model that cannot think",
			llm.Target{Model: "x", Facts: llm.ModelFacts{Known: true}},
			func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Effort: "high"} }, ``,
			[]llm.Field{llm.FieldReasoning},
		},
		{
			"no effort of a model that cannot think",
			llm.Target{Model: "x", Facts: llm.ModelFacts{Known: true}},
			func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Effort: "none"} }, ``, nil,
		},
		{"a small budget", openai, func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Budget: ptr(int64(1024))} }, `"reasoning_effort":"low"`, nil},
		{"a middling budget", openai, func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Budget: ptr(int64(4096))} }, `"reasoning_effort":"medium"`, nil},
		{"a large budget", openai, func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Budget: ptr(int64(4097))} }, `"reasoning_effort":"high"`, nil},
		{"no budget", openai, func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Budget: ptr(int64(0))} }, `"reasoning_effort":"none"`, nil},
		{"a budget of the model's own", openai, func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Budget: ptr(int64(-1))} }, ``, nil},
		{"text output", openai, func(r *llm.Request) { r.Output = &llm.OutputFormat{Type: llm.OutputText} }, `"response_format":{"type":"text"}`, nil},
		{"JSON output", openai, func(r *llm.Request) { r.Output = &llm.OutputFormat{Type: llm.OutputJSON} }, `"response_format":{"type":"json_object"}`, nil},
		{"a schema", openai, func(r *llm.Request) {
			r.Output = &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: json.RawMessage(`{"anyOf":[]}`), Strict: ptr(false), Description: "d"}
		}, `"response_format":{"type":"json_schema","json_schema":{"name":"response","description":"d","schema":{"anyOf":[]},"strict":false}}`, nil},
		{"identity", openai, func(r *llm.Request) {
			r.User, r.Metadata, r.ServiceTier, r.Verbosity, r.Modalities = "u", json.RawMessage(`{"a":"b"}`), "flex", "low", []string{"text", "audio"}
		}, `"user":"u","metadata":{"a":"b"},"service_tier":"flex","modalities":["text","audio"],"verbosity":"low"`, nil},
		{"identity elsewhere", to("x", "deepseek"), func(r *llm.Request) {
			r.User, r.Metadata, r.ServiceTier, r.Verbosity, r.Modalities = "u", json.RawMessage(`{"a":"b"}`), "flex", "low", []string{"text"}
		}, `"user":"u"`, []llm.Field{llm.FieldMetadata, llm.FieldServiceTier, llm.FieldVerbosity}},
		{"another vendor's tier", openai, func(r *llm.Request) { r.ServiceTier = "standard_only" }, ``, []llm.Field{llm.FieldServiceTier}},
		{"a stream", openai, func(r *llm.Request) { r.Stream = true }, `"stream":true`, nil},
		{"a stream with usage", openai, func(r *llm.Request) { r.Stream, r.IncludeUsage = true, true }, `"stream":true,"stream_options":{"include_usage":true}`, nil},
		{"a stream where usage is not asked for", to("x", "databricks"), func(r *llm.Request) { r.Stream, r.IncludeUsage = true, true }, `"stream":true`, nil},
		{"Mistral's names", to("x", "mistral"), func(r *llm.Request) {
			r.Seed, r.User, r.Stream, r.IncludeUsage, r.LogProbs = ptr(int64(1)), "u", true, true, ptr(true)
			r.Tools, r.ToolChoice = []llm.Tool{tool}, &llm.ToolChoice{Mode: llm.ToolRequired}
		}, toolText + `,"tool_choice":"any","random_seed":1,"stream":true`, []llm.Field{llm.FieldLogProbs, llm.FieldUser}},

		{"a tool", openai, func(r *llm.Request) {
			r.Tools, r.ParallelTools = []llm.Tool{{Name: "f", Description: "d", Strict: ptr(true), Parameters: tool.Parameters}}, ptr(false)
		}, `"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}}],"parallel_tool_calls":false`, nil},
		{"a tool without parameters", openai, func(r *llm.Request) { r.Tools = []llm.Tool{{Name: "f"}} }, `"tools":[{"type":"function","function":{"name":"f"}}]`, nil},
		{"the same elsewhere", to("x", "vllm"), func(r *llm.Request) { r.Tools = []llm.Tool{{Name: "f"}} }, `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]`, nil},
		{"a schema without a type", openai, func(r *llm.Request) {
			r.Tools = []llm.Tool{{Name: "f", Parameters: json.RawMessage(` { "properties":{"type":{}} }`)}, {Name: "g", Parameters: json.RawMessage(`{ }`)}, {Name: "h", Parameters: json.RawMessage(`{"$ref":"#/x"}`)}}
		}, `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object", "properties":{"type":{}} }}},{"type":"function","function":{"name":"g","parameters":{"type":"object" }}},{"type":"function","function":{"name":"h","parameters":{"$ref":"#/x"}}}]`, nil},
		{"its own hosted tool", openai, func(r *llm.Request) {
			r.Tools = []llm.Tool{{Hosted: json.RawMessage(`{"type":"custom","custom":{"name":"c"}}`), Issuer: llm.IssuerOpenAI}}
			r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"c"}}
		}, `"tools":[{"type":"custom","custom":{"name":"c"}}],"tool_choice":{"type":"custom","custom":{"name":"c"}}`, nil},
		{"another vendor's hosted tool", openai, func(r *llm.Request) {
			r.Tools = []llm.Tool{{Hosted: json.RawMessage(`{"type":"web_search_20250305"}`), Issuer: llm.IssuerAnthropic}}
			r.ToolChoice, r.ParallelTools = &llm.ToolChoice{Mode: llm.ToolAuto}, ptr(true)
		}, ``, []llm.Field{llm.FieldHostedTool}},
		{"its own hosted tool elsewhere", to("x", "groq"), func(r *llm.Request) {
			r.Tools = []llm.Tool{tool, {Hosted: json.RawMessage(`{"type":"custom"}`), Issuer: llm.IssuerOpenAI}}
		}, toolText, []llm.Field{llm.FieldHostedTool}},
		{"choice none", openai, func(r *llm.Request) {
			r.Tools, r.ToolChoice = []llm.Tool{tool}, &llm.ToolChoice{Mode: llm.ToolNone}
		}, toolText + `,"tool_choice":"none"`, nil},
		{"a forced tool", to("x", "groq"), func(r *llm.Request) {
			r.Tools, r.ToolChoice = []llm.Tool{tool, {Name: "g", Parameters: tool.Parameters}}, &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"f"}}
		}, `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}},{"type":"function","function":{"name":"g","parameters":{"type":"object"}}}],"tool_choice":{"type":"function","function":{"name":"f"}}`, nil},
		{"allowed tools", openai, func(r *llm.Request) {
			r.Tools, r.ToolChoice = []llm.Tool{tool}, &llm.ToolChoice{Mode: llm.ToolAuto, Names: []string{"f"}}
		}, toolText + `,"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}}`, nil},
		{"allowed tools elsewhere", to("x", "groq"), func(r *llm.Request) {
			r.Tools, r.ToolChoice = []llm.Tool{{Name: "g"}, tool}, &llm.ToolChoice{Mode: llm.ToolAuto, Names: []string{"f"}}
		}, toolText + `,"tool_choice":"auto"`, nil},
		{"a cache hint at OpenAI", openai, func(r *llm.Request) {
			r.Tools = []llm.Tool{{Name: "f", Parameters: tool.Parameters, Cache: &llm.CacheHint{}}}
		}, toolText, []llm.Field{llm.FieldCacheControl}},
		{"a cache hint at a plain server", to("x", ""), func(r *llm.Request) {
			r.Tools = []llm.Tool{{Name: "f", Parameters: tool.Parameters, Cache: &llm.CacheHint{}}}
		}, toolText, nil},
		{"a cache hint at OpenRouter", to("x", "openrouter"), func(r *llm.Request) {
			r.Tools = []llm.Tool{{Name: "f", Parameters: tool.Parameters, Cache: &llm.CacheHint{TTL: "1h"}}}
		}, `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}},"cache_control":{"type":"ephemeral","ttl":"1h"}}]`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := hello(c.change)
			out, err := Dialect{}.AppendRequest([]byte("before "), r, c.target)
			if err != nil {
				t.Fatal(err)
			}
			want := `before {"model":"` + c.target.Model + `","messages":[{"role":"user","content":"hi"}]`
			if c.want != "" {
				want += "," + c.want
			}
			if diff := cmp.Diff(want+"}", string(out.Body)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if diff := cmp.Diff(c.dropped, out.Dropped); diff != "" {
				t.Errorf("dropped: -want +got\n%s", diff)
			}
			strict := c.target
			strict.Strict = true
			_, err = Dialect{}.AppendRequest(nil, r, strict)
			if e := (*llm.Error)(nil); c.dropped == nil && err != nil {
				t.Errorf("strict: %v", err)
			} else if c.dropped != nil && (!errors.As(err, &e) || e.Param != string(c.dropped[0]) || e.Code != "unsupported_parameter") {
				t.Errorf("strict: got %v, want a refusal of %s", err, c.dropped[0])
			}
		})
	}
}

func TestAppendRequestMessages(t *testing.T) {
	t.Parallel()
	part := func(p llm.Part) llm.Part { return p }
	txt := func(s string) llm.Part { return llm.Part{Kind: llm.PartText, Text: s} }
	image := part(llm.Part{Kind: llm.PartImage, Media: &llm.Media{MIMEType: "image/png", Data: "AAAA", Detail: "low"}})
	call := func(id, name, args string) llm.Part {
		return llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: id, Name: name, Arguments: args}}
	}
	result := func(id string, parts ...llm.Part) llm.Part {
		return llm.Part{Kind: llm.PartToolResult, Result: &llm.ToolResult{CallID: id, Parts: parts}}
	}
	msg := func(role llm.Role, parts ...llm.Part) llm.Message { return llm.Message{Role: role, Parts: parts} }
	const imageText = `{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}`
	for _, c := range []struct {
		name, vendor string
		messages     []llm.Message
		want         string
		dropped      []llm.Field
	}{
		{"system", "openai", []llm.Message{msg(llm.RoleSystem, txt("s")), msg(llm.RoleUser, txt("u"))}, `{"role":"system","content":"s"},{"role":"user","content":"u"}`, nil},
		{"several texts", "openai", []llm.Message{msg(llm.RoleSystem, txt("a"), txt("b"))}, `{"role":"system","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}`, nil},
		{"a name", "openai", []llm.Message{{Role: llm.RoleUser, Name: "n", Parts: []llm.Part{txt("x")}}}, `{"role":"user","name":"n","content":"x"}`, nil},
		{"a name at Mistral", "mistral", []llm.Message{{Role: llm.RoleUser, Name: "n", Parts: []llm.Part{txt("x")}}}, `{"role":"user","content":"x"}`, []llm.Field{llm.FieldName}},
		{"nothing said", "openai", []llm.Message{msg(llm.RoleUser), msg(llm.RoleAssistant)}, `{"role":"user","content":""},{"role":"assistant","content":""}`, nil},
		{"an image", "openai", []llm.Message{msg(llm.RoleUser, txt("x"), image)}, `{"role":"user","content":[{"type":"text","text":"x"},` + imageText + `]}`, nil},
		{"an image in a cloud's store", "openai", []llm.Message{msg(llm.RoleUser, txt("x"), llm.Part{Kind: llm.PartImage, Media: &llm.Media{URL: "gs://b/a"}})}, `{"role":"user","content":"x"}`, []llm.Field{llm.FieldImage}},
		{
			"sound", "openai",
			[]llm.Message{msg(llm.RoleUser, llm.Part{Kind: llm.PartAudio, Media: &llm.Media{MIMEType: "audio/mpeg", Data: "AAAA"}})},
			`{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"mp3"}}]}`, nil,
		},
		{"sound elsewhere", "openai", []llm.Message{msg(llm.RoleUser, llm.Part{Kind: llm.PartAudio, Media: &llm.Media{URL: "https://example.com/a.mp3"}})}, `{"role":"user","content":""}`, []llm.Field{llm.FieldAudio}},
		{"a film", "openai", []llm.Message{msg(llm.RoleUser, txt("x"), llm.Part{Kind: llm.PartVideo, Media: &llm.Media{URL: "https://example.com/a"}})}, `{"role":"user","content":"x"}`, []llm.Field{llm.FieldVideo}},
		{
			"a film at Alibaba", "alibaba",
			[]llm.Message{msg(llm.RoleUser, llm.Part{Kind: llm.PartVideo, Media: &llm.Media{URL: "https://example.com/a"}})},
			`{"role":"user","content":[{"type":"video_url","video_url":{"url":"https://example.com/a"}}]}`, nil,
		},
		{
			"a PDF alone", "openai",
			[]llm.Message{msg(llm.RoleUser, llm.Part{Kind: llm.PartDocument, Media: &llm.Media{MIMEType: "application/pdf", Data: "AAAA"}})},
			`{"role":"user","content":[{"type":"file","file":{"filename":"document.pdf","file_data":"data:application/pdf;base64,AAAA"}}]}`, nil,
		},
		{"an uploaded file", "openai", []llm.Message{msg(llm.RoleUser, llm.Part{Kind: llm.PartDocument, Media: &llm.Media{FileID: "f"}})}, `{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}`, nil},
		{"a file that is text", "openai", []llm.Message{msg(llm.RoleUser, llm.Part{Kind: llm.PartDocument, Media: &llm.Media{MIMEType: "text/plain", Data: "aGk="}})}, `{"role":"user","content":"hi"}`, nil},
		{"a file elsewhere", "openai", []llm.Message{msg(llm.RoleUser, llm.Part{Kind: llm.PartDocument, Media: &llm.Media{URL: "https://example.com/a.pdf"}})}, `{"role":"user","content":""}`, []llm.Field{llm.FieldDocument}},
		{
			"a file elsewhere, at Mistral", "mistral",
			[]llm.Message{msg(llm.RoleUser, llm.Part{Kind: llm.PartDocument, Media: &llm.Media{URL: "https://example.com/a.pdf"}})},
			`{"role":"user","content":[{"type":"document_url","document_url":"https://example.com/a.pdf"}]}`, nil,
		},
		{
			"text and calls", "openai",
			[]llm.Message{msg(llm.RoleAssistant, txt("a"), call("c1", "f", ""), txt("b"), call("c2", "g", "{not json"))},
			`{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}],"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":"{not json"}}]}`, nil,
		},
		{"calls alone", "openai", []llm.Message{msg(llm.RoleAssistant, call("c", "f", "{}"))}, `{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}`, nil},
		{"a refusal", "openai", []llm.Message{msg(llm.RoleAssistant, llm.Part{Kind: llm.PartRefusal, Text: "no"})}, `{"role":"assistant","content":null,"refusal":"no"}`, nil},
		{"results", "openai", []llm.Message{msg(llm.RoleTool, result("a", txt("1")), result("b"))}, `{"role":"tool","tool_call_id":"a","content":"1"},{"role":"tool","tool_call_id":"b","content":""}`, nil},
		{
			"images of results wait for the last", "openai",
			[]llm.Message{msg(llm.RoleTool, result("a", txt("1"), image)), msg(llm.RoleTool, result("b", txt("2"))), msg(llm.RoleUser, txt("u"))},
			`{"role":"tool","tool_call_id":"a","content":"1"},{"role":"tool","tool_call_id":"b","content":"2"},{"role":"user","content":[{"type":"text","text":"From tool call a:"},` + imageText + `]},{"role":"user","content":"u"}`, nil,
		},
		{
			"images of results at the end", "openai",
			[]llm.Message{msg(llm.RoleTool, result("a", image))},
			`{"role":"tool","tool_call_id":"a","content":""},{"role":"user","content":[{"type":"text","text":"From tool call a:"},` + imageText + `]}`, nil,
		},
		{
			"Mistral's ids", "mistral",
			[]llm.Message{msg(llm.RoleAssistant, call("toolu_01|x", "f", "{}"), call("abcDEF123", "f", "{}")), msg(llm.RoleTool, result("toolu_01|x", txt("1")))},
			`{"role":"assistant","content":null,"tool_calls":[{"id":"` + mistralID("toolu_01|x") + `","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"abcDEF123","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"` + mistralID("toolu_01|x") + `","content":"1"}`, nil,
		},
		{
			"thoughts at OpenAI", "openai",
			[]llm.Message{msg(llm.RoleAssistant, llm.Part{Kind: llm.PartReasoning, Text: "t", Signature: "s", Issuer: llm.IssuerAnthropic}, llm.Part{Kind: llm.PartRedacted, Data: json.RawMessage(`"d"`), Issuer: llm.IssuerAnthropic}, txt("x"))},
			`{"role":"assistant","content":"x"}`,
			[]llm.Field{llm.FieldReasoningHistory},
		},
		{
			"thoughts at DeepSeek", "deepseek",
			[]llm.Message{msg(llm.RoleAssistant, llm.Part{Kind: llm.PartReasoning, Text: "t"}, call("c", "f", "{}"))},
			`{"role":"assistant","content":null,"reasoning_content":"t","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}`, nil,
		},
		{
			"thoughts at a host of open models", "siliconflow-cn",
			[]llm.Message{msg(llm.RoleAssistant, llm.Part{Kind: llm.PartReasoning, Text: "t"}, txt("x"))},
			`{"role":"assistant","content":"x","reasoning_content":"t"}`, nil,
		},
		{
			"thoughts at Groq", "groq",
			[]llm.Message{msg(llm.RoleAssistant, llm.Part{Kind: llm.PartReasoning, Text: "t", Signature: "s", Issuer: llm.IssuerAnthropic}, txt("x"))},
			`{"role":"assistant","content":"x","reasoning":"t"}`, nil,
		},
		{
			"Google's signature at Google", "google",
			[]llm.Message{msg(llm.RoleAssistant, llm.Part{Kind: llm.PartToolCall, Signature: "s", Issuer: llm.IssuerGoogle, Call: &llm.ToolCall{ID: "c", Name: "f", Arguments: "{}"}})},
			`{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}]}`, nil,
		},
		{
			"Google's signature elsewhere", "openai",
			[]llm.Message{msg(llm.RoleAssistant, llm.Part{Kind: llm.PartToolCall, Signature: "s", Issuer: llm.IssuerGoogle, Call: &llm.ToolCall{ID: "c", Name: "f", Arguments: "{}"}})},
			`{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}`, nil,
		},
		{"another vendor's block", "openai", []llm.Message{msg(llm.RoleAssistant, txt("x"), llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerAnthropic, Data: json.RawMessage(`{}`)})}, `{"role":"assistant","content":"x"}`, []llm.Field{llm.FieldOpaque}},
		{"a cache hint on text", "openrouter", []llm.Message{msg(llm.RoleSystem, llm.Part{Kind: llm.PartText, Text: "x", Cache: &llm.CacheHint{}})}, `{"role":"system","content":[{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]}`, nil},
		{"a cache hint at OpenAI", "openai", []llm.Message{msg(llm.RoleSystem, llm.Part{Kind: llm.PartText, Text: "x", Cache: &llm.CacheHint{}})}, `{"role":"system","content":"x"}`, []llm.Field{llm.FieldCacheControl}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := Dialect{}.AppendRequest(nil, &llm.Request{Messages: c.messages}, llm.Target{Model: "m", Vendor: c.vendor})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(`{"model":"m","messages":[`+c.want+`]}`, string(out.Body)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if diff := cmp.Diff(c.dropped, out.Dropped); diff != "" {
				t.Errorf("dropped: -want +got\n%s", diff)
			}
		})
	}
}

func TestAppendRequestExtra(t *testing.T) {
	t.Parallel()
	r := hello(func(r *llm.Request) {
		r.Extra = map[string]json.RawMessage{"store": json.RawMessage(`true`), "foo": json.RawMessage(`1`), "prediction": json.RawMessage(`{"type":"content"}`)}
	})
	out, err := Dialect{}.AppendRequest(nil, r, llm.Target{Model: "m", Vendor: "openai"})
	if err != nil {
		t.Fatal(err)
	}
	if want := helloBody + `,"prediction":{"type":"content"},"store":true}`; string(out.Body) != want {
		t.Errorf("got %s, want %s", out.Body, want)
	}
	if want := []string{"prediction", "store"}; !slices.Equal(out.Extra, want) {
		t.Errorf("carried %v, want %v", out.Extra, want)
	}
}

func TestAppendRequestToolNames(t *testing.T) {
	t.Parallel()
	long, dots := strings.Repeat("n", 65), "files.read:all"
	r := hello(func(r *llm.Request) {
		r.Tools = []llm.Tool{{Name: long}, {Name: dots}, {Name: "files_read_all"}, {Name: strings.Repeat("n", 66)}}
		r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{dots}}
	})
	out, err := Dialect{}.AppendRequest(nil, r, llm.Target{Model: "m", Vendor: "openai"})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.ToolNames) != 3 {
		t.Fatalf("renamed %v", out.ToolNames)
	}
	for own, name := range out.ToolNames {
		if len(own) > 64 || toolName(own) != own || !strings.Contains(string(out.Body), `"`+own+`"`) {
			t.Errorf("%q became %q", name, own)
		}
	}
	if !strings.Contains(string(out.Body), `"tool_choice":{"type":"function","function":{"name":"`+toolName(dots)+`"}}`) {
		t.Errorf("the choice is not renamed in %s", out.Body)
	}
}

// TestRequestRoundTrip checks that a request survives its own dialect, and that
// equal requests give equal bytes.
func TestRequestRoundTrip(t *testing.T) {
	t.Parallel()
	members := []string{
		`"temperature":0`, `"top_p":0.9`, `"n":3`, `"seed":1`, `"stop":["a","b"]`, `"max_tokens":9`, `"user":"u"`, `"metadata":{"k":"v"}`,
		`"logprobs":true,"top_logprobs":1`, `"logit_bias":{"1":1}`, `"frequency_penalty":0.1`, `"presence_penalty":0.2`, `"service_tier":"auto"`,
		`"modalities":["text"]`, `"verbosity":"high"`, `"reasoning_effort":"low"`, `"stream":true,"stream_options":{"include_usage":true}`,
		`"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true}}`,
		`"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"},"strict":false}},{"type":"custom","custom":{"name":"c"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"f"}},{"type":"custom","custom":{"name":"c"}}]}},"parallel_tool_calls":true`,
		`"store":true`, `"prompt_cache_key":"k"`, `"web_search_options":{}`,
	}
	messages := []string{
		`{"role":"system","content":"s"}`, `{"role":"user","name":"n","content":"\u2028 \u0001 é"}`,
		`{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"high"}},{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}},{"type":"file","file":{"filename":"f.pdf","file_data":"data:application/pdf;base64,AAAA"}},{"type":"file","file":{"file_id":"x"}}]}`,
		`{"role":"assistant","content":"x","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"d","type":"custom","custom":{"name":"c","input":"i"}}]}`,
		`{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"1"},{"type":"text","text":"2"}]}`,
		`{"role":"tool","tool_call_id":"d","content":"3"}`,
		`{"role":"assistant","content":null,"refusal":"no"}`, `{"role":"assistant","audio":{"id":"a"}}`,
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		chosen := slices.DeleteFunc(slices.Clone(members), func(string) bool { return random.IntN(2) == 0 })
		random.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
		body := fmt.Sprintf(`{"messages":[%s],"model":"gpt-4o"%s}`, strings.Join(messages, ","), strings.Join(append([]string{""}, chosen...), ","))
		want := decodeRequest(t, body)
		out, err := Dialect{}.AppendRequest(nil, want, llm.Target{Model: "gpt-4o", Vendor: "openai"})
		if err != nil || out.Dropped != nil || len(out.Extra) != len(want.Extra) {
			t.Fatalf("%d: %v, dropped %v, carried %v of %v", i, err, out.Dropped, out.Extra, want.Extra)
		}
		if diff := cmp.Diff(want, decodeRequest(t, string(out.Body))); diff != "" {
			t.Fatalf("%d: -sent +arrived\n%s\n%s", i, diff, out.Body)
		}
		again, _ := Dialect{}.AppendRequest(nil, decodeRequest(t, body), llm.Target{Model: "gpt-4o", Vendor: "openai"})
		if string(again.Body) != string(out.Body) {
			t.Fatalf("%d: equal requests differ:\n%s\n%s", i, out.Body, again.Body)
		}
	}
}
