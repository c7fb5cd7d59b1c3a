package cohere

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// encode is the body for a request without what all have, or the error's place.
func encode(t *testing.T, r *llm.Request, target llm.Target) (string, llm.Encoded) {
	t.Helper()
	if target.Model == "" {
		target.Model = "m"
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
	body := strings.TrimPrefix(string(e.Body), ` {"model":"`+target.Model+`",`)
	return strings.TrimSuffix(body, `}`), e
}

func TestEncodeMessages(t *testing.T) {
	t.Parallel()
	const thinker = "command-a-reasoning-08-2025"
	photo := image(llm.Media{MIMEType: "image/png", Data: "AAAA", Detail: "high"})
	tests := []struct {
		about    string
		messages []llm.Message
		target   llm.Target
		want     string
		dropped  []llm.Field
	}{
		{"all roles", []llm.Message{system("s"), user("u\""), model("a")}, llm.Target{}, `{"role":"system","content":"s"},{"role":"user","content":"u\""},{"role":"assistant","content":"a"}`, nil},
		{"nothing said", []llm.Message{system(""), {Role: llm.RoleUser}, model(""), {Role: llm.RoleAssistant}}, llm.Target{}, `{"role":"user","content":""}`, nil},
		{"several texts", []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{said1("a"), said1(""), said1("b")}}}, llm.Target{}, `{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}`, nil},
		{
			"images",
			[]llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{photo, image(llm.Media{URL: "https://a.example/x"}), image(llm.Media{Data: "AAAA"})}}},
			llm.Target{},
			`{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"high"}},{"type":"image_url","image_url":{"url":"https://a.example/x"}},{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,AAAA"}}]}`, nil,
		},
		{"images of other clouds", []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{said1("a"), image(llm.Media{URL: "gs://a/b"}), image(llm.Media{FileID: "f"})}}}, llm.Target{}, `{"role":"user","content":"a"}`, []llm.Field{llm.FieldImage}},
		{"strictly", []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{image(llm.Media{URL: "s3://a/b"})}}}, llm.Target{Strict: true}, `refused: messages.image`, nil},
		{
			"documents, sound and hints", []llm.Message{{Role: llm.RoleUser, Name: "n", Parts: []llm.Part{
				{Kind: llm.PartDocument, Media: &llm.Media{MIMEType: "text/plain", Data: "aGk="}},
				{Kind: llm.PartDocument, Media: &llm.Media{MIMEType: "application/pdf", Data: "aGk="}},
				{Kind: llm.PartAudio, Media: &llm.Media{Data: "AAAA"}, Cache: &llm.CacheHint{}},
			}}}, llm.Target{}, `{"role":"user","content":"hi"}`, []llm.Field{llm.FieldName, llm.FieldCacheControl, llm.FieldDocument, llm.FieldAudio},
		},
		{"thoughts", []llm.Message{calls(thought("t"), said1("a"))}, llm.Target{Model: thinker}, `{"role":"assistant","content":[{"type":"thinking","thinking":"t"},{"type":"text","text":"a"}]}`, nil},
		{"thoughts for a model that has none", []llm.Message{calls(thought("t"), said1("a"))}, llm.Target{}, `{"role":"assistant","content":"a"}`, []llm.Field{llm.FieldReasoningHistory}},
		{"nothing but thoughts", []llm.Message{calls(thought("t"))}, llm.Target{}, ``, []llm.Field{llm.FieldReasoningHistory}},
		{"encrypted thoughts", []llm.Message{calls(llm.Part{Kind: llm.PartRedacted}, said1("a"))}, llm.Target{Model: thinker}, `{"role":"assistant","content":"a"}`, []llm.Field{llm.FieldReasoningHistory}},
		{
			"a tool round",
			[]llm.Message{calls(thought("p"), call("c", "f", `{"x":1}`), call("d", "g.h", "")), result("d", "", said1("2")), result("c", "", said1("1"), photo), user("u")},
			llm.Target{},
			`{"role":"assistant","tool_plan":"p","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"d","type":"function","function":{"name":"` + toolName("g.h") + `","arguments":"{}"}}]},` +
				`{"role":"tool","tool_call_id":"d","content":"2"},{"role":"tool","tool_call_id":"c","content":"1"},` +
				`{"role":"user","content":[{"type":"text","text":"From tool call c:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"high"}}]},{"role":"user","content":"u"}`, nil,
		},
		{"a plan for a model that thinks", []llm.Message{calls(thought("p"), call("c", "f", ``))}, llm.Target{Facts: llm.ModelFacts{Known: true, Reasoning: true}}, `{"role":"assistant","content":[{"type":"thinking","thinking":"p"}],"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}`, nil},
		{"an empty result", []llm.Message{calls(call("c", "f", "null")), result("c", "")}, llm.Target{}, `{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":""}`, nil},
		{"bad arguments", []llm.Message{calls(call("c", "f", `{"x":`))}, llm.Target{}, `{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"x\":"}}]}`, nil},
		{"bad arguments, strictly", []llm.Message{user("u"), calls(call("c", "f", `[]`))}, llm.Target{Strict: true}, "refused: messages[1].tool_calls[0].arguments", nil},
		{"an orphan result", []llm.Message{user("u"), result("c", "", said1("1"))}, llm.Target{}, "refused: messages[1]", nil},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			got, e := encode(t, &llm.Request{Messages: tt.messages}, tt.target)
			if inside, ok := strings.CutPrefix(got, `"messages":[`); ok {
				got = strings.TrimSuffix(inside, "]")
			}
			if got != tt.want || !slices.Equal(e.Dropped, tt.dropped) {
				t.Errorf("got  %s\nwant %s\ndropped %v", got, tt.want, e.Dropped)
			}
		})
	}
}

func TestEncodeFields(t *testing.T) {
	t.Parallel()
	f := llm.Tool{Name: "f", Description: "d", Parameters: json.RawMessage(`{"type":"object","properties":{}}`), Strict: ptr(true)}
	g := llm.Tool{Name: "g", Parameters: json.RawMessage(`{"properties":{"a":{}}}`)}
	const (
		fBody = `{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{}}}}`
		gBody = `{"type":"function","function":{"name":"g","parameters":{"type":"object","properties":{"a":{}}}}}`
	)
	think := func(r llm.Reasoning) *llm.Request { return &llm.Request{Reasoning: &r} }
	thinker := llm.Target{Facts: llm.ModelFacts{Known: true, Reasoning: true}}
	tests := []struct {
		about   string
		request *llm.Request
		target  llm.Target
		want    string
		dropped []llm.Field
	}{
		{"nothing", &llm.Request{}, llm.Target{}, ``, nil},
		{"a stream", &llm.Request{Stream: true, IncludeUsage: true}, llm.Target{}, `"stream":true`, nil},
		{"no tools", &llm.Request{Tools: []llm.Tool{}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolRequired}}, llm.Target{}, ``, nil},
		{"tools", &llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolAuto}}, llm.Target{}, `"tools":[` + fBody + `,` + gBody + `]`, []llm.Field{llm.FieldToolStrict}},
		{"strict tools", &llm.Request{Tools: []llm.Tool{f}}, llm.Target{}, `"tools":[` + fBody + `],"strict_tools":true`, nil},
		{"a tool without parameters", &llm.Request{Tools: []llm.Tool{{Name: "h", Cache: &llm.CacheHint{}}}}, llm.Target{}, `"tools":[{"type":"function","function":{"name":"h","parameters":{"type":"object","properties":{}}}}]`, []llm.Field{llm.FieldCacheControl}},
		{"no tool may be called", &llm.Request{Tools: []llm.Tool{g}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolNone}}, llm.Target{}, `"tools":[` + gBody + `],"tool_choice":"NONE"`, nil},
		{"some tools", &llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolAuto, Names: []string{"g"}}}, llm.Target{}, `"tools":[` + gBody + `]`, nil},
		{"a forced tool", &llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"g"}}, ParallelTools: ptr(false)}, llm.Target{}, `"tools":[` + gBody + `],"tool_choice":"REQUIRED"`, []llm.Field{llm.FieldParallelTools}},
		{"a hosted tool", &llm.Request{Tools: []llm.Tool{{Hosted: json.RawMessage(`{}`), Issuer: llm.IssuerGoogle}}}, llm.Target{}, ``, []llm.Field{llm.FieldHostedTool}},
		{"JSON", &llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSON}}, llm.Target{}, `"response_format":{"type":"json_object"}`, nil},
		{"a schema", &llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: json.RawMessage(`{"a":1}`)}}, llm.Target{}, `"response_format":{"type":"json_object","json_schema":{"a":1}}`, nil},
		{"a schema beside tools", &llm.Request{Tools: []llm.Tool{g}, Output: &llm.OutputFormat{Type: llm.OutputJSON}}, llm.Target{}, `"tools":[` + gBody + `]`, []llm.Field{llm.FieldOutput}},
		{"thinking", think(llm.Reasoning{Effort: "low"}), thinker, `"thinking":{"type":"enabled","token_budget":1024}`, nil},
		{"all thinking", think(llm.Reasoning{Effort: "max"}), thinker, `"thinking":{"type":"enabled"}`, nil},
		{"no thinking", think(llm.Reasoning{Effort: "none"}), thinker, `"thinking":{"type":"disabled"}`, nil},
		{"a budget", think(llm.Reasoning{Budget: ptr(int64(77))}), thinker, `"thinking":{"type":"enabled","token_budget":77}`, nil},
		{"any budget", think(llm.Reasoning{Budget: ptr(int64(-1))}), thinker, `"thinking":{"type":"enabled"}`, nil},
		{"nothing said of it", think(llm.Reasoning{Show: ptr(true)}), thinker, ``, nil},
		{"an unknown effort", think(llm.Reasoning{Effort: "huge"}), thinker, ``, []llm.Field{llm.FieldReasoning}},
		{"a model that nobody knows", think(llm.Reasoning{Effort: "low"}), llm.Target{}, `"thinking":{"type":"enabled","token_budget":1024}`, nil},
		{"a model that cannot", think(llm.Reasoning{Effort: "low"}), llm.Target{Model: "command-r-08-2024"}, ``, []llm.Field{llm.FieldReasoning}},
		{"a model that cannot and need not", think(llm.Reasoning{Effort: "none"}), llm.Target{Facts: llm.ModelFacts{Known: true}}, ``, nil},
		{
			"limits and sampling", &llm.Request{
				MaxTokens: ptr(int64(5)), Temperature: ptr(0.0), TopP: ptr(0.5), TopK: ptr(int64(3)), Seed: ptr(int64(1)), FrequencyPenalty: ptr(0.5), PresencePenalty: ptr(1.0), LogProbs: ptr(true), Stop: []string{"a", ""},
			}, llm.Target{}, `"max_tokens":5,"stop_sequences":["a"],"temperature":0,"p":0.5,"k":3,"seed":1,"frequency_penalty":0.5,"presence_penalty":1,"logprobs":true`, nil,
		},
		{
			"beyond the bounds", &llm.Request{
				MaxTokens: ptr(int64(0)), TopP: ptr(1.5), TopK: ptr(int64(1000)), Seed: ptr(int64(-1)), FrequencyPenalty: ptr(-0.5), PresencePenalty: ptr(2.0), TopLogProbs: ptr(int64(3)), Stop: []string{"a", "b", "c", "d", "e", "f"},
			},
			llm.Target{},
			`"stop_sequences":["a","b","c","d","e"],"p":0.99,"k":500,"frequency_penalty":0,"presence_penalty":1`,
			[]llm.Field{llm.FieldMaxTokens, llm.FieldStop, llm.FieldTopP, llm.FieldTopK, llm.FieldSeed, llm.FieldFrequencyPenalty, llm.FieldPresencePenalty, llm.FieldTopLogProbs},
		},
		{"all tokens", &llm.Request{TopP: ptr(1.0)}, llm.Target{Strict: true}, `"p":0.99`, nil},
		{"two alternatives", &llm.Request{N: ptr(int64(2))}, llm.Target{}, `refused: n`, nil},
		{
			"what there is no place for", &llm.Request{LogitBias: json.RawMessage(`{"1":2}`), User: "u", Metadata: json.RawMessage(`{}`), ServiceTier: "flex", Modalities: []string{"audio"}, Verbosity: "low"},
			llm.Target{},
			``,
			[]llm.Field{llm.FieldLogitBias, llm.FieldUser, llm.FieldMetadata, llm.FieldServiceTier, llm.FieldModalities, llm.FieldVerbosity},
		},
		{"own fields", &llm.Request{Extra: map[string]json.RawMessage{"safety_mode": json.RawMessage(`"OFF"`), "documents": json.RawMessage(`[]`), "foo": json.RawMessage(`1`)}}, llm.Target{}, `"documents":[],"safety_mode":"OFF"`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			tt.request.Messages = []llm.Message{user("u")}
			got, e := encode(t, tt.request, tt.target)
			got = strings.TrimPrefix(strings.TrimPrefix(got, `"messages":[{"role":"user","content":"u"}]`), ",")
			if got != tt.want || !slices.Equal(e.Dropped, tt.dropped) {
				t.Errorf("got  %s\nwant %s\ndropped %v", got, tt.want, e.Dropped)
			}
			if tt.request.Extra != nil && !slices.Equal(e.Extra, []string{"documents", "safety_mode"}) {
				t.Errorf("carried %v", e.Extra)
			}
		})
	}
}

func TestToolNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"get_weather", "_x9", "A"} {
		if got := toolName(name); got != name {
			t.Errorf("%s became %s", name, got)
		}
	}
	seen := map[string]string{}
	for _, name := range []string{"a.b", "a-b", "a b", "9a", "", strings.Repeat("x", 65), strings.Repeat("x", 66), "é"} {
		got := toolName(name)
		if got == name || len(got) > maxToolName || toolName(got) != got {
			t.Errorf("%q became %q", name, got)
		}
		if before, ok := seen[got]; ok {
			t.Errorf("%q and %q both became %q", before, name, got)
		}
		seen[got] = name
	}
	_, e := encode(t, &llm.Request{Messages: []llm.Message{user("u")}, Tools: []llm.Tool{{Name: "a.b"}, {Name: "c"}}}, llm.Target{})
	if len(e.ToolNames) != 1 || e.ToolNames[toolName("a.b")] != "a.b" {
		t.Errorf("renamed %v", e.ToolNames)
	}
}

func TestFieldNames(t *testing.T) {
	t.Parallel()
	for f, want := range map[llm.Field]string{llm.FieldTopP: "p", llm.FieldStop: "stop_sequences", llm.FieldUser: "user"} {
		if got := (Dialect{}).FieldName(f); got != want {
			t.Errorf("%s is %s", f, got)
		}
	}
}
