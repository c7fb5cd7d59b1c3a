package bedrock

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

func shows(list ...llm.Part) llm.Message { return llm.Message{Role: llm.RoleUser, Parts: list} }
func calls(list ...llm.Part) llm.Message { return llm.Message{Role: llm.RoleAssistant, Parts: list} }

func call(id, name, args string) llm.Part {
	return llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: id, Name: name, Arguments: args}}
}

func resultPart(id, name string, parts ...llm.Part) llm.Part {
	return llm.Part{Kind: llm.PartToolResult, Result: &llm.ToolResult{CallID: id, Name: name, Parts: parts}}
}

func result(id, name string, parts ...llm.Part) llm.Message {
	return llm.Message{Role: llm.RoleTool, Parts: []llm.Part{resultPart(id, name, parts...)}}
}

func said1(s string) llm.Part { return llm.Part{Kind: llm.PartText, Text: s} }

func thinks(s, signature string) llm.Part {
	p := llm.Part{Kind: llm.PartReasoning, Text: s}
	if signature != "" {
		p.Signature, p.Issuer = signature, llm.IssuerAnthropic
	}
	return p
}

func shownAs(k llm.PartKind, m llm.Media) llm.Part { return llm.Part{Kind: k, Media: &m} }

func cached(p llm.Part, ttl string) llm.Part {
	p.Cache = &llm.CacheHint{TTL: ttl}
	return p
}

func opaque(data string) llm.Part {
	return llm.Part{Kind: llm.PartOpaque, Issuer: issuer, Data: json.RawMessage(data)}
}

func TestDecodeMessages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about, messages string
		want            []llm.Message
	}{
		{"both roles", `{"role":"user","content":[{"text":"u\n\u00e9"},{"text":""}]},{"role":"assistant","content":[{"text":"a"}]}`, []llm.Message{user("u\né"), model("a")}},
		{"nothing said", `{"role":"user","content":[]},{"role":"assistant","content":[]}`, []llm.Message{{Role: llm.RoleUser}, {Role: llm.RoleAssistant}}},
		{"cache points", `{"role":"user","content":[{"cachePoint":{"type":"default"}},{"text":"a"},{"cachePoint":{"type":"default"}},{"text":"b"},{"cachePoint":{"type":"default","ttl":"1h"}}]}`, []llm.Message{shows(cached(said1("a"), ""), cached(said1("b"), "1h"))}},
		{
			"media", `{"role":"user","content":[{"image":{"format":"jpeg","source":{"bytes":"AAA"}}},{"document":{"format":"pdf","name":"n","source":{"s3Location":{"uri":"s3://b/k"}}}},{"video":{"format":"three_gp","source":{"bytes":"AAAA"}}},{"audio":{"format":"opus","source":{"bytes":"AAAA"}}}]}`,
			[]llm.Message{shows(shownAs(llm.PartImage, llm.Media{MIMEType: "image/jpeg", Data: "AAA="}), shownAs(llm.PartDocument, llm.Media{MIMEType: "application/pdf", URL: "s3://b/k", Name: "n"}),
				shownAs(llm.PartVideo, llm.Media{MIMEType: "video/3gpp", Data: "AAAA"}), shownAs(llm.PartAudio, llm.Media{MIMEType: "audio/opus", Data: "AAAA"}))},
		},
		{
			"documents of text", `{"role":"user","content":[{"document":{"format":"md","name":"n","source":{"text":"hi"}}},{"document":{"name":"m","source":{"content":[{"text":"h"},{"text":"i"}]}}},{"searchResult":{"title":"T","source":"https://a.example","content":[{"text":"x"}]}}]}`,
			[]llm.Message{shows(shownAs(llm.PartDocument, llm.Media{MIMEType: "text/plain", Data: "aGk=", Name: "n"}), shownAs(llm.PartDocument, llm.Media{MIMEType: "text/plain", Data: "aGk=", Name: "m"}), said1("T\nhttps://a.example\nx"))},
		},
		{"what a guardrail looks at", `{"role":"user","content":[{"guardContent":{"text":{"text":"q","qualifiers":["query"]}}},{"guardContent":{"image":{"format":"png","source":{"bytes":"AAAA"}}}}]}`, []llm.Message{shows(said1("q"), shownAs(llm.PartImage, llm.Media{MIMEType: "image/png", Data: "AAAA"}))}},
		{
			"thoughts and sources", `{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"t","signature":"s"}}},{"reasoningContent":{"redactedContent":"cmVk"}},{"reasoningContent":{"reasoningText":{"text":"u"}}},{"citationsContent":{"content":[{"text":"a"},{"text":"b"}],"citations":[{}]}}]}`,
			[]llm.Message{calls(thinks("t", "s"), llm.Part{Kind: llm.PartRedacted, Issuer: llm.IssuerAnthropic, Data: json.RawMessage(`"cmVk"`)}, thinks("u", ""), said1("ab"))},
		},
		{
			"calls, and results before what the user says", `{"role":"assistant","content":[{"toolUse":{"toolUseId":"c","name":"f","input":{"a":1}}},{"toolUse":{"toolUseId":"d","name":"g"}}]},` +
				`{"role":"user","content":[{"toolResult":{"toolUseId":"c","content":[{"json":{"x":1}},{"text":"y"},{"text":""}]}},{"cachePoint":{"type":"default"}},{"toolResult":{"toolUseId":"d","content":[{"image":{"format":"png","source":{"bytes":"AAAA"}}}],"status":"error"}},{"text":"u"}]}`,
			[]llm.Message{
				calls(call("c", "f", `{"a":1}`), call("d", "g", "{}")),
				{Role: llm.RoleTool, Parts: []llm.Part{cached(resultPart("c", "f", said1(`{"x":1}`), said1("y")), ""), func() llm.Part {
					p := resultPart("d", "g", shownAs(llm.PartImage, llm.Media{MIMEType: "image/png", Data: "AAAA"}))
					p.Result.IsError = true
					return p
				}()}},
				user("u"),
			},
		},
		{
			"Amazon's own tools", `{"role":"assistant","content":[{"toolUse":{"toolUseId":"c","name":"nova_grounding","input":{},"type":"server_tool_use"}},{"toolResult":{"toolUseId":"c","content":[]}},{"toolAddition":{"x":1}}]}`,
			[]llm.Message{calls(opaque(`{"toolUse":{"toolUseId":"c","name":"nova_grounding","input":{},"type":"server_tool_use"}}`), opaque(`{"toolResult":{"toolUseId":"c","content":[]}}`), opaque(`{"toolAddition":{"x":1}}`))},
		},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			r, err := Dialect{}.DecodeRequest([]byte(`{"messages":[` + tt.messages + `]}`))
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
	extra := func(v string) map[string]json.RawMessage {
		return map[string]json.RawMessage{"additionalModelRequestFields": json.RawMessage(v)}
	}
	tests := []struct {
		members string
		want    llm.Request
	}{
		{`"inferenceConfig":{"maxTokens":5,"temperature":0.5,"topP":0.9,"stopSequences":["a"]}`, llm.Request{MaxTokens: ptr(int64(5)), Temperature: ptr(0.5), TopP: ptr(0.9), Stop: []string{"a"}}},
		{`"system":[{"text":"a"},{"cachePoint":{"type":"default"}},{"guardContent":{"text":{"text":"b"}}}]`, llm.Request{Messages: []llm.Message{{Role: llm.RoleSystem, Parts: []llm.Part{cached(said1("a"), ""), said1("b")}}}}},
		{`"system":[]`, llm.Request{}},
		{`"additionalModelRequestFields":{"top_k":5,"thinking":{"type":"enabled","budget_tokens":7},"anthropic_beta":["x"],"n":null}`, llm.Request{TopK: ptr(int64(5)), Reasoning: &llm.Reasoning{Budget: ptr(int64(7))}, Extra: extra(`{"anthropic_beta":["x"]}`)}},
		{`"additionalModelRequestFields":{"inferenceConfig":{"topK":5}}`, llm.Request{TopK: ptr(int64(5))}},
		{`"additionalModelRequestFields":{"inferenceConfig":{"topK":5,"x":1},"y":2}`, llm.Request{TopK: ptr(int64(5)), Extra: extra(`{"inferenceConfig":{"x":1},"y":2}`)}},
		{`"additionalModelRequestFields":{"inferenceConfig":{"x":1}}`, llm.Request{Extra: extra(`{"inferenceConfig":{"x":1}}`)}},
		{`"additionalModelRequestFields":{"thinking":{"type":"adaptive"}}`, llm.Request{Reasoning: &llm.Reasoning{Budget: ptr(int64(-1))}}},
		{`"additionalModelRequestFields":{"thinking":{"type":"adaptive"}},"outputConfig":{"effort":"low"}`, llm.Request{Reasoning: &llm.Reasoning{Effort: "low"}}},
		{`"additionalModelRequestFields":{"reasoning_config":{"type":"disabled"}},"outputConfig":{"effort":"low"}`, llm.Request{Reasoning: &llm.Reasoning{Effort: "none"}}},
		{`"additionalModelRequestFields":{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"high"}}`, llm.Request{Reasoning: &llm.Reasoning{Effort: "high"}}},
		{`"additionalModelRequestFields":{"reasoningConfig":{"type":"enabled"}}`, llm.Request{Reasoning: &llm.Reasoning{Budget: ptr(int64(-1))}}},
		{`"additionalModelRequestFields":{"reasoningConfig":{"type":"disabled"}}`, llm.Request{Reasoning: &llm.Reasoning{Effort: "none"}}},
		{`"additionalModelRequestFields":{"reasoning_effort":"low"}`, llm.Request{Reasoning: &llm.Reasoning{Effort: "low"}}},
		{`"outputConfig":{"effort":"max"}`, llm.Request{Reasoning: &llm.Reasoning{Effort: "max"}}},
		{`"outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"name":"n","schema":"{\"a\":1}","description":"d"}}}}`, llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSONSchema, Name: "n", Description: "d", Schema: json.RawMessage(`{"a":1}`)}}},
		{`"toolConfig":{"tools":[{"toolSpec":{"name":"f","description":"d","inputSchema":{"json":{"type":"object"}},"strict":true}},{"cachePoint":{"type":"default"}},{"systemTool":{"name":"x"}}],"toolChoice":{"auto":{}}}`, llm.Request{
			Tools: []llm.Tool{
				{Name: "f", Description: "d", Parameters: json.RawMessage(`{"type":"object"}`), Strict: ptr(true), Cache: &llm.CacheHint{}},
				{Hosted: json.RawMessage(`{"systemTool":{"name":"x"}}`), Issuer: issuer},
			}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolAuto},
		}},
		{`"toolConfig":{"toolChoice":{"any":{}}}`, llm.Request{ToolChoice: &llm.ToolChoice{Mode: llm.ToolRequired}}},
		{`"toolConfig":{"toolChoice":{"tool":{"name":"f"}}}`, llm.Request{ToolChoice: &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"f"}}}},
		{`"serviceTier":{"type":"flex"},"requestMetadata":{"a":"b"},"guardrailConfig":{"x":1},"performanceConfig":null`, llm.Request{ServiceTier: "flex", Metadata: json.RawMessage(`{"a":"b"}`), Extra: map[string]json.RawMessage{"guardrailConfig": json.RawMessage(`{"x":1}`)}}},
	}
	for _, tt := range tests {
		t.Run(tt.members, func(t *testing.T) {
			t.Parallel()
			r, err := Dialect{}.DecodeRequest([]byte(with(tt.members)))
			if err != nil {
				t.Fatal(err)
			}
			tt.want.IncludeUsage, tt.want.Messages = true, append(tt.want.Messages, user("hi"))
			if diff := cmp.Diff(&tt.want, r); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	messages := func(s string) string { return `{"messages":[` + s + `]}` }
	user := func(s string) string { return messages(`{"role":"user","content":[` + s + `]}`) }
	model := func(s string) string { return messages(`{"role":"assistant","content":[` + s + `]}`) }
	tests := []struct{ body, param string }{
		{`[]`, ""},
		{`{}`, "messages"},
		{messages(``), "messages"},
		{messages(`1`), "messages[0]"},
		{messages(`{"content":[]}`), "messages[0].role"},
		{messages(`{"role":"system","content":[]}`), "messages[0].role"},
		{messages(`{"role":"user"}`), "messages[0].content"},
		{user(`1`), "messages[0].content[0]"},
		{user(`{}`), "messages[0].content[0]"},
		{user(`{"text":1}`), "messages[0].content[0].text"},
		{user(`{"image":{"format":"png"}}`), "messages[0].content[0].image.source"},
		{user(`{"image":{"format":"png","source":{"bytes":"!"}}}`), "messages[0].content[0].image.source.bytes"},
		{user(`{"image":{"format":1}}`), "messages[0].content[0].image.format"},
		{user(`{"document":{"name":1}}`), "messages[0].content[0].document.name"},
		{user(`{"video":{"source":{"s3Location":{"uri":"http://169.254.169.254/"}}}}`), "messages[0].content[0].video.source.s3Location.uri"},
		{user(`{"toolResult":{"content":[]}}`), "messages[0].content[0].toolResult.toolUseId"},
		{user(`{"toolResult":{"toolUseId":"c","content":[]}}`), "messages[0].content[0].toolResult.toolUseId"},
		{model(`{"toolUse":{"name":"f"}}`), "messages[0].content[0].toolUse.toolUseId"},
		{model(`{"toolUse":{"toolUseId":"c"}}`), "messages[0].content[0].toolUse.name"},
		{model(`{"reasoningContent":{"redactedContent":""}}`), "messages[0].content[0].reasoningContent.redactedContent"},
		{with(`"system":"x"`), "system"},
		{with(`"system":[{"image":{}}]`), "system[0].image"},
		{with(`"inferenceConfig":{"topP":"x"}`), "inferenceConfig.topP"},
		{with(`"inferenceConfig":[]`), "inferenceConfig"},
		{with(`"toolConfig":{"tools":[1]}`), "toolConfig.tools[0]"},
		{with(`"toolConfig":{"tools":[{"toolSpec":{}}]}`), "toolConfig.tools[0].toolSpec.name"},
		{with(`"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":1}}}]}`), "toolConfig.tools[0].toolSpec.inputSchema.json"},
		{with(`"toolConfig":{"toolChoice":{"none":{}}}`), "toolConfig.toolChoice"},
		{with(`"toolConfig":{"toolChoice":{"tool":{}}}`), "toolConfig.toolChoice.tool.name"},
		{with(`"outputConfig":{"effort":"huge"}`), "outputConfig.effort"},
		{with(`"outputConfig":{"textFormat":{}}`), "outputConfig.textFormat.structure.jsonSchema.schema"},
		{with(`"outputConfig":{"textFormat":{"structure":{"jsonSchema":{"schema":"x"}}}}`), "outputConfig.textFormat.structure.jsonSchema.schema"},
		{with(`"additionalModelRequestFields":{"top_k":"x"}`), "additionalModelRequestFields.top_k"},
		{with(`"additionalModelRequestFields":{"thinking":{"budget_tokens":-1}}`), "additionalModelRequestFields.thinking.budget_tokens"},
		{with(`"requestMetadata":[]`), "requestMetadata"},
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
