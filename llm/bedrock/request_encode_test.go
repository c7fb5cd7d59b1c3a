package bedrock

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

const (
	claude = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
	older  = "anthropic.claude-3-5-sonnet-20241022-v2:0"
	newest = "global.anthropic.claude-opus-4-7"
	nova   = "us.amazon.nova-2-lite-v1:0"
	llama  = "meta.llama3-1-8b-instruct-v1:0"
)

// encode is the body for a request without its brackets, or the error's place.
func encode(t *testing.T, r *llm.Request, target llm.Target) (string, llm.Encoded) {
	t.Helper()
	if target.Model == "" {
		target.Model = claude
	}
	e, err := Dialect{}.AppendRequest([]byte(" "), r, target)
	var refused *llm.Error
	if errors.As(err, &refused) {
		return "refused: " + refused.Param, e
	}
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(e.Body) {
		t.Fatalf("invalid JSON: %s", e.Body)
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(e.Body), ` {`), `}`), e
}

func TestEncodeMessages(t *testing.T) {
	t.Parallel()
	const u = `{"role":"user","content":[{"text":"u"}]}`
	failed := result("c", "", said1("no"))
	failed.Parts[0].Result.IsError = true
	hinted := result("c", "", cached(said1("1"), ""))
	tests := []struct {
		about    string
		messages []llm.Message
		target   llm.Target
		want     string
		dropped  []llm.Field
	}{
		{"one user", []llm.Message{user("u")}, llm.Target{}, `"messages":[` + u + `]`, nil},
		{"system first and in the middle", []llm.Message{system("a"), user("u"), system("b"), system(" "), user("v")}, llm.Target{}, `"system":[{"text":"a"},{"text":"b"}],"messages":[{"role":"user","content":[{"text":"u"},{"text":"v"}]}]`, nil},
		{"only system", []llm.Message{system("a")}, llm.Target{}, `"messages":[{"role":"user","content":[{"text":"a"}]}]`, nil},
		{"nothing", nil, llm.Target{}, `"messages":[{"role":"user","content":[{"text":"."}]}]`, nil},
		{"the model first, and last", []llm.Message{model("a"), user("u"), model("b \n")}, llm.Target{}, `"messages":[{"role":"user","content":[{"text":"."}]},{"role":"assistant","content":[{"text":"a"}]},` + u + `,{"role":"assistant","content":[{"text":"b"}]}]`, nil},
		{"blank texts", []llm.Message{user(" \n"), model(""), user("u"), model("\t"), {Role: llm.RoleAssistant}}, llm.Target{}, `"messages":[` + u + `]`, nil},
		{
			"cache hints",
			[]llm.Message{{Role: llm.RoleSystem, Parts: []llm.Part{cached(said1("a"), "1h")}}, shows(cached(said1("u"), "5m"))},
			llm.Target{},
			`"system":[{"text":"a"},{"cachePoint":{"type":"default","ttl":"1h"}}],"messages":[{"role":"user","content":[{"text":"u"},{"cachePoint":{"type":"default"}}]}]`, nil,
		},
		{"cache hints that nobody takes", []llm.Message{shows(cached(said1("u"), ""))}, llm.Target{Model: llama}, `"messages":[` + u + `]`, []llm.Field{llm.FieldCacheControl}},
		{
			"media",
			[]llm.Message{shows(said1("u"), shownAs(llm.PartImage, llm.Media{Data: "iVBORw0K"}), shownAs(llm.PartImage, llm.Media{MIMEType: "image/jpg", Data: "AAAA"}), shownAs(llm.PartVideo, llm.Media{MIMEType: "video/mp4", URL: "s3://b/k"}), shownAs(llm.PartAudio, llm.Media{MIMEType: "audio/wav", Data: "AAAA"}))},
			llm.Target{},
			`"messages":[{"role":"user","content":[{"text":"u"},{"image":{"format":"png","source":{"bytes":"iVBORw0K"}}},{"image":{"format":"jpeg","source":{"bytes":"AAAA"}}},{"video":{"format":"mp4","source":{"s3Location":{"uri":"s3://b/k"}}}},{"audio":{"format":"wav","source":{"bytes":"AAAA"}}}]}]`, nil,
		},
		{
			"media that cannot go",
			[]llm.Message{{Role: llm.RoleUser, Name: "n", Parts: []llm.Part{said1("u"), shownAs(llm.PartImage, llm.Media{URL: "https://a.example/x.png"}), shownAs(llm.PartImage, llm.Media{MIMEType: "image/bmp", Data: "AAAA"}), shownAs(llm.PartDocument, llm.Media{FileID: "f"}), {Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI}}}},
			llm.Target{},
			`"messages":[` + u + `]`,
			[]llm.Field{llm.FieldName, llm.FieldImage, llm.FieldDocument, llm.FieldOpaque},
		},
		{"strictly", []llm.Message{shows(shownAs(llm.PartImage, llm.Media{URL: "gs://a/b"}))}, llm.Target{Strict: true}, `refused: messages.image`, nil},
		{
			"documents, whose names differ, and no text",
			[]llm.Message{shows(shownAs(llm.PartDocument, llm.Media{MIMEType: "application/pdf", Data: "AAAA", Name: "my_file (1).v2.pdf"}), shownAs(llm.PartDocument, llm.Media{Data: "AAAA"}), shownAs(llm.PartDocument, llm.Media{MIMEType: "text/x-go", Data: "AAAA"}))},
			llm.Target{},
			`"messages":[{"role":"user","content":[{"document":{"format":"pdf","name":"my file (1) v2","source":{"bytes":"AAAA"}}},{"document":{"format":"pdf","name":"document","source":{"bytes":"AAAA"}}},{"document":{"format":"txt","name":"document 2","source":{"bytes":"AAAA"}}},{"text":"."}]}]`, nil,
		},
		{
			"thoughts",
			[]llm.Message{user("u"), calls(thinks("t", "s"), thinks("", "only"), llm.Part{Kind: llm.PartRedacted, Issuer: llm.IssuerAnthropic, Data: json.RawMessage(`"cmVk"`)}, said1("a"))},
			llm.Target{},
			`"messages":[` + u + `,{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"t","signature":"s"}}},{"reasoningContent":{"reasoningText":{"text":"","signature":"only"}}},{"reasoningContent":{"redactedContent":"cmVk"}},{"text":"a"}]}]`, nil,
		},
		{
			"thoughts that prove nothing, or to others",
			[]llm.Message{user("u"), calls(thinks("t", ""), llm.Part{Kind: llm.PartReasoning, Text: "x", Signature: "s", Issuer: llm.IssuerGoogle}, said1("a"))},
			llm.Target{},
			`"messages":[` + u + `,{"role":"assistant","content":[{"text":"a"}]}]`,
			[]llm.Field{llm.FieldReasoningHistory},
		},
		{"Claude's thoughts to another", []llm.Message{user("u"), calls(thinks("t", "s"), said1("a"))}, llm.Target{Model: nova}, `"messages":[` + u + `,{"role":"assistant","content":[{"text":"a"}]}]`, []llm.Field{llm.FieldReasoningHistory}},
		{
			"a tool round",
			[]llm.Message{user("u"), calls(said1("t"), call("c|1", "f.g", `{"x":1}`), call("d", "g", "")), result("d", "", said1("2"), shownAs(llm.PartImage, llm.Media{Data: "/9j/AAAA"})), result("c|1", "", said1("1")), user("v")},
			llm.Target{},
			`"messages":[` + u + `,{"role":"assistant","content":[{"text":"t"},{"toolUse":{"toolUseId":"` + callID("c|1") + `","name":"` + toolName("f.g") + `","input":{"x":1}}},{"toolUse":{"toolUseId":"d","name":"g","input":{}}}]},` +
				`{"role":"user","content":[{"toolResult":{"toolUseId":"` + callID("c|1") + `","content":[{"text":"1"}]}},{"toolResult":{"toolUseId":"d","content":[{"text":"2"},{"image":{"format":"jpeg","source":{"bytes":"/9j/AAAA"}}}]}},{"text":"v"}]}],` +
				`"toolConfig":{"tools":[` + dummyTool + `]}`, nil,
		},
		{
			"results that are empty, failed, hinted or documents",
			[]llm.Message{user("u"), calls(call("c", "f", "null")), result("c", ""), failed, hinted, result("c", "", shownAs(llm.PartDocument, llm.Media{MIMEType: "text/plain", Data: "aGk="}), shownAs(llm.PartAudio, llm.Media{Data: "AAAA"}))},
			llm.Target{},
			`"messages":[` + u + `,{"role":"assistant","content":[{"toolUse":{"toolUseId":"c","name":"f","input":{}}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"c","content":[{"text":"."}]}},{"toolResult":{"toolUseId":"c","content":[{"text":"no"}],"status":"error"}},` +
				`{"toolResult":{"toolUseId":"c","content":[{"text":"1"}]}},{"cachePoint":{"type":"default"}},{"toolResult":{"toolUseId":"c","content":[{"text":"hi"}]}}]}],"toolConfig":{"tools":[` + dummyTool + `]}`,
			[]llm.Field{llm.FieldAudio},
		},
		{"bad arguments", []llm.Message{calls(call("c", "f", `{"x":`))}, llm.Target{}, `"messages":[{"role":"user","content":[{"text":"."}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"c","name":"f","input":{"_raw":"{\"x\":"}}}]}],"toolConfig":{"tools":[` + dummyTool + `]}`, nil},
		{"bad arguments, strictly", []llm.Message{user("u"), calls(call("c", "f", `[]`))}, llm.Target{Strict: true}, "refused: messages[1].tool_calls[0].arguments", nil},
		{"an orphan result", []llm.Message{user("u"), result("c", "", said1("1"))}, llm.Target{}, "refused: messages[1]", nil},
		{"Amazon's own blocks", []llm.Message{user("u"), calls(opaque(`{"toolUse":{"type":"server_tool_use"}}`))}, llm.Target{}, `"messages":[` + u + `,{"role":"assistant","content":[{"toolUse":{"type":"server_tool_use"}}]}]`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			got, e := encode(t, &llm.Request{Messages: tt.messages}, tt.target)
			if got != tt.want || !slices.Equal(e.Dropped, tt.dropped) {
				t.Errorf("got  %s\nwant %s\ndropped %v", got, tt.want, e.Dropped)
			}
		})
	}
}

func TestEncodeTools(t *testing.T) {
	t.Parallel()
	f := llm.Tool{Name: "f", Description: "d", Parameters: json.RawMessage(`{"type":"object","properties":{}}`), Strict: ptr(true)}
	g := llm.Tool{Name: "g", Description: " ", Parameters: json.RawMessage(`{"properties":{"a":{}}}`), Cache: &llm.CacheHint{}}
	schema := &llm.OutputFormat{Type: llm.OutputJSONSchema, Name: "my form", Schema: json.RawMessage(`{"type":"object"}`)}
	const (
		fBody  = `{"toolSpec":{"name":"f","description":"d","inputSchema":{"json":{"type":"object","properties":{}}},"strict":true}}`
		fPlain = `{"toolSpec":{"name":"f","description":"d","inputSchema":{"json":{"type":"object","properties":{}}}}}`
		gPlain = `{"toolSpec":{"name":"g","inputSchema":{"json":{"type":"object","properties":{"a":{}}}}}}`
		gBody  = gPlain + `,{"cachePoint":{"type":"default"}}`
		form   = `{"toolSpec":{"name":"structured_output","description":"Gives the answer in the form that was asked for.","inputSchema":{"json":{"type":"object"}}}}`
	)
	choice := func(m llm.ToolMode, names ...string) *llm.ToolChoice { return &llm.ToolChoice{Mode: m, Names: names} }
	tests := []struct {
		about   string
		request *llm.Request
		target  llm.Target
		want    string
		dropped []llm.Field
	}{
		{"none", &llm.Request{Tools: []llm.Tool{}, ToolChoice: choice(llm.ToolRequired)}, llm.Target{}, ``, nil},
		{"some", &llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: choice(llm.ToolAuto)}, llm.Target{}, `"toolConfig":{"tools":[` + fBody + `,` + gBody + `]}`, nil},
		{"without parameters", &llm.Request{Tools: []llm.Tool{{Name: "h"}}}, llm.Target{}, `"toolConfig":{"tools":[{"toolSpec":{"name":"h","inputSchema":{"json":{"type":"object","properties":{}}}}}]}`, nil},
		{"to another model", &llm.Request{Tools: []llm.Tool{f, g}, ParallelTools: ptr(false)}, llm.Target{Model: nova}, `"toolConfig":{"tools":[` + fPlain + `,` + gPlain + `]}`, []llm.Field{llm.FieldToolStrict, llm.FieldCacheControl, llm.FieldParallelTools}},
		{"none may be called", &llm.Request{Tools: []llm.Tool{f}, ToolChoice: choice(llm.ToolNone)}, llm.Target{}, ``, nil},
		{"some may be called", &llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: choice(llm.ToolAuto, "g")}, llm.Target{}, `"toolConfig":{"tools":[` + gBody + `]}`, nil},
		{"some must be called", &llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: choice(llm.ToolRequired)}, llm.Target{}, `"toolConfig":{"tools":[` + fBody + `,` + gBody + `],"toolChoice":{"any":{}}}`, nil},
		{"two of three must be called", &llm.Request{Tools: []llm.Tool{f, g, {Name: "h"}}, ToolChoice: choice(llm.ToolRequired, "f", "g")}, llm.Target{}, `"toolConfig":{"tools":[` + fBody + `,` + gBody + `],"toolChoice":{"any":{}}}`, nil},
		{"one must be called", &llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: choice(llm.ToolRequired, "g")}, llm.Target{}, `"toolConfig":{"tools":[` + fBody + `,` + gBody + `],"toolChoice":{"tool":{"name":"g"}}}`, nil},
		{"one must be called by a model that cannot be told which", &llm.Request{Tools: []llm.Tool{{Name: "f"}, {Name: "g"}}, ToolChoice: choice(llm.ToolRequired, "g")}, llm.Target{Model: "mistral.mistral-large-2407-v1:0"}, `"toolConfig":{"tools":[{"toolSpec":{"name":"g","inputSchema":{"json":{"type":"object","properties":{}}}}}],"toolChoice":{"any":{}}}`, nil},
		{"a model that cannot be told", &llm.Request{Tools: []llm.Tool{{Name: "f"}}, ToolChoice: choice(llm.ToolRequired)}, llm.Target{Model: llama}, `"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","properties":{}}}}}]}`, []llm.Field{llm.FieldToolChoice}},
		{"hosted ones", &llm.Request{Tools: []llm.Tool{{Hosted: json.RawMessage(`{"systemTool":{"name":"x"}}`), Issuer: issuer}, {Hosted: json.RawMessage(`{}`), Issuer: llm.IssuerGoogle}}}, llm.Target{Model: nova}, `"toolConfig":{"tools":[{"systemTool":{"name":"x"}}]}`, []llm.Field{llm.FieldHostedTool}},
		{"a form", &llm.Request{Output: schema}, llm.Target{}, `"outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{\"type\":\"object\"}","name":"` + toolName("my form") + `"}}}}`, nil},
		{"a form by a tool", &llm.Request{Output: schema}, llm.Target{Model: older}, `"toolConfig":{"tools":[` + form + `],"toolChoice":{"tool":{"name":"structured_output"}}}`, nil},
		{"a form or a tool", &llm.Request{Output: schema, Tools: []llm.Tool{{Name: "f"}}, ToolChoice: choice(llm.ToolRequired, "f")}, llm.Target{Model: older}, `"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object","properties":{}}}}},` + form + `],"toolChoice":{"any":{}}}`, nil},
		{"a form by a tool whose name is taken", &llm.Request{Output: schema, Tools: []llm.Tool{{Name: "structured_output"}}}, llm.Target{Model: nova}, `"toolConfig":{"tools":[{"toolSpec":{"name":"structured_output","inputSchema":{"json":{"type":"object","properties":{}}}}},` + strings.Replace(form, "structured_output", "structured_output_", 1) + `],"toolChoice":{"any":{}}}`, nil},
		{"a form that cannot be had", &llm.Request{Output: schema}, llm.Target{Model: llama}, ``, []llm.Field{llm.FieldOutput}},
		{"any JSON", &llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSON}}, llm.Target{}, ``, []llm.Field{llm.FieldOutput}},
		{"text", &llm.Request{Output: &llm.OutputFormat{Type: llm.OutputText}}, llm.Target{Model: llama}, ``, nil},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			tt.request.Messages = []llm.Message{user("u")}
			got, e := encode(t, tt.request, tt.target)
			got = strings.TrimPrefix(strings.TrimPrefix(got, `"messages":[{"role":"user","content":[{"text":"u"}]}]`), ",")
			if got != tt.want || !slices.Equal(e.Dropped, tt.dropped) {
				t.Errorf("got  %s\nwant %s\ndropped %v", got, tt.want, e.Dropped)
			}
			if (e.OutputTool != "") != strings.Contains(got, "structured_output") {
				t.Errorf("the output's tool is %q", e.OutputTool)
			}
		})
	}
}

func TestEncodeFields(t *testing.T) {
	t.Parallel()
	think := func(r llm.Reasoning) *llm.Request { return &llm.Request{Reasoning: &r} }
	own := func(v string) string { return `"additionalModelRequestFields":` + v }
	enabled := func(n string) string { return own(`{"thinking":{"type":"enabled","budget_tokens":` + n + `}}`) }
	to := func(model string) llm.Target { return llm.Target{Model: model} }
	forced := &llm.Request{Reasoning: &llm.Reasoning{Effort: "low"}, Output: &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: json.RawMessage(`{}`)}}
	tests := []struct {
		about   string
		request *llm.Request
		target  llm.Target
		want    string
		dropped []llm.Field
	}{
		{"nothing", &llm.Request{Stream: true}, to(claude), ``, nil},
		{"limits", &llm.Request{MaxTokens: ptr(int64(5)), Temperature: ptr(0.0), Stop: []string{"a", " "}}, to(claude), `"inferenceConfig":{"maxTokens":5,"temperature":0,"stopSequences":["a"]}`, []llm.Field{llm.FieldStop}},
		{"too much", &llm.Request{MaxTokens: ptr(int64(9000)), Temperature: ptr(1.5)}, llm.Target{Model: claude, Facts: llm.ModelFacts{MaxOutput: 8000}}, `"inferenceConfig":{"maxTokens":8000,"temperature":1}`, []llm.Field{llm.FieldTemperature}},
		{"too little", &llm.Request{MaxTokens: ptr(int64(0))}, to(claude), ``, []llm.Field{llm.FieldMaxTokens}},
		{"hot to another", &llm.Request{Temperature: ptr(1.5), TopP: ptr(0.5), TopK: ptr(int64(5))}, to(llama), `"inferenceConfig":{"temperature":1.5,"topP":0.5}`, []llm.Field{llm.FieldTopK}},
		{"both to the older", &llm.Request{Temperature: ptr(0.5), TopP: ptr(0.5), TopK: ptr(int64(5))}, to(older), `"inferenceConfig":{"temperature":0.5,"topP":0.5},` + own(`{"top_k":5}`), nil},
		{"both to the newer", &llm.Request{Temperature: ptr(0.5), TopP: ptr(0.5)}, to(claude), `"inferenceConfig":{"temperature":0.5}`, []llm.Field{llm.FieldTopP}},
		{"no sampling", &llm.Request{Temperature: ptr(0.5), TopP: ptr(1.0), TopK: ptr(int64(5))}, llm.Target{Model: claude, Facts: llm.ModelFacts{NoSampling: true}}, ``, []llm.Field{llm.FieldTemperature, llm.FieldTopK}},
		{"Nova's topK", &llm.Request{TopK: ptr(int64(5)), Extra: map[string]json.RawMessage{"additionalModelRequestFields": json.RawMessage(`{"inferenceConfig":{"x":1},"y":2}`)}}, to(nova), own(`{"inferenceConfig":{"topK":5,"x":1},"y":2}`), nil},
		{"a budget by effort", think(llm.Reasoning{Effort: "medium"}), to(claude), enabled("2048"), nil},
		{"a budget", think(llm.Reasoning{Budget: ptr(int64(5000))}), to(claude), enabled("5000"), nil},
		{"a budget too small", think(llm.Reasoning{Budget: ptr(int64(5))}), to(claude), enabled("1024"), []llm.Field{llm.FieldReasoning}},
		{"any budget", think(llm.Reasoning{Budget: ptr(int64(-1))}), to(claude), enabled("4096"), nil},
		{"a budget beyond the limit", &llm.Request{MaxTokens: ptr(int64(2000)), Reasoning: &llm.Reasoning{Effort: "high"}, Temperature: ptr(0.5), TopP: ptr(1.0)}, to(claude), `"inferenceConfig":{"maxTokens":2000},` + enabled("1999"), []llm.Field{llm.FieldTemperature}},
		{"no room for a budget", &llm.Request{MaxTokens: ptr(int64(1000)), Reasoning: &llm.Reasoning{Effort: "high"}}, to(claude), `"inferenceConfig":{"maxTokens":1000}`, []llm.Field{llm.FieldReasoning}},
		{"no thinking", think(llm.Reasoning{Effort: "none"}), to(claude), own(`{"thinking":{"type":"disabled"}}`), nil},
		{"an effort", think(llm.Reasoning{Effort: "xhigh"}), to(newest), `"outputConfig":{"effort":"xhigh"},` + own(`{"thinking":{"type":"adaptive"}}`), nil},
		{"an effort that it has not", think(llm.Reasoning{Effort: "xhigh"}), to("anthropic.claude-sonnet-4-6"), `"outputConfig":{"effort":"high"},` + own(`{"thinking":{"type":"adaptive"}}`), nil},
		{"the least effort", think(llm.Reasoning{Effort: "minimal"}), to(newest), `"outputConfig":{"effort":"low"},` + own(`{"thinking":{"type":"adaptive"}}`), nil},
		{"an effort by a budget", think(llm.Reasoning{Budget: ptr(int64(4000))}), to(newest), `"outputConfig":{"effort":"medium"},` + own(`{"thinking":{"type":"adaptive"}}`), nil},
		{"any effort", think(llm.Reasoning{Budget: ptr(int64(-1))}), to(newest), own(`{"thinking":{"type":"adaptive"}}`), nil},
		{"a model that cannot think", think(llm.Reasoning{Effort: "low"}), to(older), ``, []llm.Field{llm.FieldReasoning}},
		{"a model that cannot think and need not", think(llm.Reasoning{Effort: "none"}), to(older), ``, nil},
		{"what the catalog says", think(llm.Reasoning{Effort: "low"}), llm.Target{Model: claude, Facts: llm.ModelFacts{Known: true}}, ``, []llm.Field{llm.FieldReasoning}},
		{"nothing said of it", think(llm.Reasoning{Show: ptr(true)}), to(claude), ``, nil},
		{"Nova", think(llm.Reasoning{Effort: "low"}), to(nova), own(`{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"low"}}`), nil},
		{"Nova at its most", &llm.Request{Reasoning: &llm.Reasoning{Effort: "max"}, MaxTokens: ptr(int64(5)), Temperature: ptr(0.5)}, to(nova), own(`{"reasoningConfig":{"type":"enabled","maxReasoningEffort":"high"}}`), []llm.Field{llm.FieldMaxTokens, llm.FieldTemperature}},
		{"Nova without", think(llm.Reasoning{Effort: "none"}), to(nova), own(`{"reasoningConfig":{"type":"disabled"}}`), nil},
		{"the first Nova", think(llm.Reasoning{Effort: "low"}), to("amazon.nova-lite-v1:0"), ``, []llm.Field{llm.FieldReasoning}},
		{"gpt-oss", think(llm.Reasoning{Budget: ptr(int64(3000))}), to("openai.gpt-oss-120b-1:0"), own(`{"reasoning_effort":"medium"}`), nil},
		{"gpt-oss without", think(llm.Reasoning{Effort: "none"}), to("openai.gpt-oss-120b-1:0"), own(`{"reasoning_effort":"low"}`), []llm.Field{llm.FieldReasoning}},
		{"a model that nobody knows", think(llm.Reasoning{Effort: "low"}), to("arn:aws:bedrock:eu-west-1:1:application-inference-profile/x"), ``, []llm.Field{llm.FieldReasoning}},
		{"thinking and a forced tool", forced, to("anthropic.claude-3-7-sonnet-20250219-v1:0"), `"toolConfig":{"tools":[{"toolSpec":{"name":"structured_output","description":"Gives the answer in the form that was asked for.","inputSchema":{"json":{"type":"object"}}}}],"toolChoice":{"tool":{"name":"structured_output"}}}`, []llm.Field{llm.FieldReasoning}},
		{"tier and metadata", &llm.Request{ServiceTier: "priority", Metadata: json.RawMessage(`{"a":"b"}`)}, to(claude), `"serviceTier":{"type":"priority"},"requestMetadata":{"a":"b"}`, nil},
		{"own fields", &llm.Request{Extra: map[string]json.RawMessage{"guardrailConfig": json.RawMessage(`{"a":1}`), "additionalModelRequestFields": json.RawMessage(`{"z":1,"a":2}`), "foo": json.RawMessage(`1`)}}, to(claude), own(`{"z":1,"a":2}`) + `,"guardrailConfig":{"a":1}`, nil},
		{"two alternatives", &llm.Request{N: ptr(int64(2))}, to(claude), `refused: n`, nil},
		{
			"what there is no place for", &llm.Request{
				FrequencyPenalty: ptr(0.5), PresencePenalty: ptr(0.5), Seed: ptr(int64(1)), LogProbs: ptr(true), TopLogProbs: ptr(int64(1)), LogitBias: json.RawMessage(`{"1":2}`), User: "u", Metadata: json.RawMessage(`{"a":1}`),
				ServiceTier: "scale", Modalities: []string{"audio"}, Verbosity: "low",
			}, to(claude), ``,
			[]llm.Field{llm.FieldServiceTier, llm.FieldMetadata, llm.FieldFrequencyPenalty, llm.FieldPresencePenalty, llm.FieldSeed, llm.FieldLogProbs, llm.FieldTopLogProbs, llm.FieldLogitBias, llm.FieldUser, llm.FieldModalities, llm.FieldVerbosity},
		},
		{"what means nothing", &llm.Request{FrequencyPenalty: ptr(0.0), Metadata: json.RawMessage(`{}`), ServiceTier: "auto", Modalities: []string{"text"}, N: ptr(int64(1))}, llm.Target{Model: claude, Strict: true}, ``, nil},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			tt.request.Messages = []llm.Message{user("u")}
			got, e := encode(t, tt.request, tt.target)
			got = strings.TrimPrefix(strings.TrimPrefix(got, `"messages":[{"role":"user","content":[{"text":"u"}]}]`), ",")
			if got != tt.want || !slices.Equal(e.Dropped, tt.dropped) {
				t.Errorf("got  %s\nwant %s\ndropped %v", got, tt.want, e.Dropped)
			}
			if tt.about == "own fields" && !slices.Equal(e.Extra, []string{"additionalModelRequestFields", "guardrailConfig"}) {
				t.Errorf("carried %v", e.Extra)
			}
		})
	}
}

// TestNoToolAfterCalls checks that a conversation with calls keeps some tool where
// none may be called, for Bedrock refuses it otherwise.
func TestNoToolAfterCalls(t *testing.T) {
	t.Parallel()
	r := &llm.Request{
		Messages: []llm.Message{user("u"), calls(call("c", "f", "")), result("c", "f", said1("1"))},
		Tools:    []llm.Tool{{Name: "f"}}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolNone},
	}
	if got, _ := encode(t, r, llm.Target{}); !strings.HasSuffix(got, `"toolConfig":{"tools":[`+dummyTool+`]}`) {
		t.Errorf("got %s", got)
	}
}

func TestFamilies(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]family{
		"anthropic.claude-3-7-sonnet-20250219-v1:0":                 {makerClaude, 37},
		"us.anthropic.claude-sonnet-4-20250514-v1:0":                {makerClaude, 40},
		"eu.anthropic.claude-opus-4-1-20250805-v1:0":                {makerClaude, 41},
		"anthropic.claude-sonnet-5":                                 {makerClaude, 50},
		"arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2": {makerNova, 20},
		"amazon.nova-micro-v1:0":                                    {makerNova, 10},
		"us.meta.llama4-scout-17b-instruct-v1:0":                    {makerOther, 0},
		"arn:aws:bedrock:us-east-1:1:inference-profile/abc":         {},
	} {
		if got := familyOf(id); got != want {
			t.Errorf("%s is %+v", id, got)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a.b", "a b", "", strings.Repeat("x", 65), "é", "a:b|c"} {
		if got := toolName(name); got == name || len(got) > maxToolName || toolName(got) != got {
			t.Errorf("tool %q became %q", name, got)
		}
		if got := callID(name); got == name || len(got) > 64 || callID(got) != got {
			t.Errorf("call %q became %q", name, got)
		}
	}
	if toolName("get-weather_2") != "get-weather_2" || callID("tooluse_x-Y") != "tooluse_x-Y" {
		t.Error("good names are changed")
	}
	for name, want := range map[string]string{"": "document", "\u00e9.pdf": "document", "a  b\tc.txt": "a b c", "x[1] (2)-3": "x[1] (2)-3", "archive.tar.gz": "archive tar"} {
		if got := documentName(name); got != want {
			t.Errorf("document %q became %q", name, got)
		}
	}
}

func TestFieldNames(t *testing.T) {
	t.Parallel()
	for f, want := range map[llm.Field]string{llm.FieldTopP: "inferenceConfig.topP", llm.FieldUser: "user", llm.FieldCacheControl: "cachePoint"} {
		if got := (Dialect{}).FieldName(f); got != want {
			t.Errorf("%s is %s", f, got)
		}
	}
}
