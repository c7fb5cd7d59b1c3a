package ollama

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
	return strings.TrimSuffix(body, `,"stream":false}`), e
}

func TestEncodeMessages(t *testing.T) {
	t.Parallel()
	remote := llm.Part{Kind: llm.PartImage, Media: &llm.Media{URL: "https://a.example/x.png"}}
	plainFile := llm.Part{Kind: llm.PartDocument, Media: &llm.Media{MIMEType: "text/plain", Data: "aGk="}}
	pdf := llm.Part{Kind: llm.PartDocument, Media: &llm.Media{MIMEType: "application/pdf", Data: "aGk="}}
	failed := result("c", "", text1("no"))
	failed.Parts[0].Result.IsError = true
	tests := []struct {
		about    string
		messages []llm.Message
		strict   bool
		want     string
		dropped  []llm.Field
	}{
		{"all roles", []llm.Message{system("s"), user("u\""), model("a")}, false, `{"role":"system","content":"s"},{"role":"user","content":"u\""},{"role":"assistant","content":"a"}`, nil},
		{"several texts", []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{text1("a"), text1(""), text1("b")}}}, false, `{"role":"user","content":"a\u000ab"}`, nil},
		{"nothing", []llm.Message{{Role: llm.RoleUser}}, false, `{"role":"user","content":""}`, nil},
		{"an image", []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{image(), text1("a")}}}, false, `{"role":"user","content":"a","images":["` + png + `"]}`, nil},
		{"an image elsewhere", []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{remote, text1("a")}}}, false, `{"role":"user","content":"a"}`, []llm.Field{llm.FieldImage}},
		{"strictly", []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{remote, text1("a")}}}, true, "refused: messages.image", nil},
		{"documents", []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{plainFile, pdf}}}, false, `{"role":"user","content":"hi"}`, []llm.Field{llm.FieldDocument}},
		{"sound", []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{{Kind: llm.PartAudio, Media: &llm.Media{Data: "AAAA"}}}}}, false, `{"role":"user","content":""}`, []llm.Field{llm.FieldAudio}},
		{"names and hints", []llm.Message{{Role: llm.RoleUser, Name: "n", Parts: []llm.Part{{Kind: llm.PartText, Text: "a", Cache: &llm.CacheHint{}}}}}, false, `{"role":"user","content":"a"}`, []llm.Field{llm.FieldName, llm.FieldCacheControl}},
		{"thoughts", []llm.Message{calls(llm.Part{Kind: llm.PartReasoning, Text: "t", Signature: "s", Issuer: llm.IssuerAnthropic}, text1("a"))}, false, `{"role":"assistant","content":"a","thinking":"t"}`, nil},
		{"encrypted thoughts", []llm.Message{calls(llm.Part{Kind: llm.PartRedacted, Data: json.RawMessage(`"x"`)}, text1("a"))}, false, `{"role":"assistant","content":"a"}`, []llm.Field{llm.FieldReasoningHistory}},
		{
			"a tool round",
			[]llm.Message{calls(text1("t"), call("c", "f", `{"x":1}`), call("d", "g", "")), result("d", "", text1("2")), result("c", "", text1("1"), image()), user("u")},
			false,
			`{"role":"assistant","content":"t","tool_calls":[{"id":"c","function":{"index":0,"name":"f","arguments":{"x":1}}},{"id":"d","function":{"index":1,"name":"g","arguments":{}}}]},` +
				`{"role":"tool","content":"2","tool_name":"g","tool_call_id":"d"},{"role":"tool","content":"1","tool_name":"f","tool_call_id":"c"},` +
				`{"role":"user","content":"From tool call f:","images":["` + png + `"]},{"role":"user","content":"u"}`, nil,
		},
		{
			"an empty result, and one that failed",
			[]llm.Message{calls(call("c", "f", "null")), result("c", ""), failed},
			false,
			`{"role":"assistant","content":"","tool_calls":[{"id":"c","function":{"index":0,"name":"f","arguments":{}}}]},` +
				`{"role":"tool","content":"","tool_name":"f","tool_call_id":"c"},{"role":"tool","content":"no","tool_name":"f","tool_call_id":"c"}`,
			[]llm.Field{llm.FieldToolError},
		},
		{"bad arguments", []llm.Message{calls(call("c", "f", `{"x":`))}, false, `{"role":"assistant","content":"","tool_calls":[{"id":"c","function":{"index":0,"name":"f","arguments":{"_raw":"{\"x\":"}}}]}`, nil},
		{"bad arguments, strictly", []llm.Message{user("u"), calls(call("c", "f", `[]`))}, true, "refused: messages[1].tool_calls[0].arguments", nil},
		{"an orphan result", []llm.Message{user("u"), result("c", "", text1("1"))}, false, "refused: messages[1]", nil},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			got, e := encode(t, &llm.Request{Messages: tt.messages}, llm.Target{Model: "m", Strict: tt.strict})
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
	f := llm.Tool{Name: "f.g", Description: "d", Parameters: json.RawMessage(`{"type":"object","properties":{}}`)}
	g := llm.Tool{Name: "g", Parameters: json.RawMessage(`{"properties":{"a":{}}}`)}
	const (
		fBody = `{"type":"function","function":{"name":"f.g","description":"d","parameters":{"type":"object","properties":{}}}}`
		gBody = `{"type":"function","function":{"name":"g","parameters":{"type":"object","properties":{"a":{}}}}}`
	)
	think := func(r llm.Reasoning) *llm.Request { return &llm.Request{Reasoning: &r} }
	tests := []struct {
		about   string
		request *llm.Request
		target  llm.Target
		want    string
		dropped []llm.Field
	}{
		{"nothing", &llm.Request{}, llm.Target{}, ``, nil},
		{"no tools", &llm.Request{Tools: []llm.Tool{}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolRequired}}, llm.Target{}, ``, nil},
		{"tools", &llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolAuto}}, llm.Target{}, `"tools":[` + fBody + `,` + gBody + `]`, nil},
		{"a tool without parameters", &llm.Request{Tools: []llm.Tool{{Name: "h"}}}, llm.Target{}, `"tools":[{"type":"function","function":{"name":"h","parameters":{"type":"object","properties":{}}}}]`, nil},
		{"no tool may be called", &llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolNone}}, llm.Target{}, ``, nil},
		{"some tools", &llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolAuto, Names: []string{"g"}}}, llm.Target{}, `"tools":[` + gBody + `]`, nil},
		{"a forced tool", &llm.Request{Tools: []llm.Tool{f, g}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"g"}}, ParallelTools: ptr(false)}, llm.Target{}, `"tools":[` + gBody + `]`, []llm.Field{llm.FieldToolChoice, llm.FieldParallelTools}},
		{"a forced tool, strictly", &llm.Request{Tools: []llm.Tool{f}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolRequired}}, llm.Target{Strict: true}, `refused: tool_choice`, nil},
		{"a hosted tool", &llm.Request{Tools: []llm.Tool{{Hosted: json.RawMessage(`{}`), Issuer: llm.IssuerGoogle}}}, llm.Target{}, ``, []llm.Field{llm.FieldHostedTool}},
		{"a strict tool", &llm.Request{Tools: []llm.Tool{{Name: "h", Strict: ptr(true), Cache: &llm.CacheHint{}}}}, llm.Target{}, `"tools":[{"type":"function","function":{"name":"h","parameters":{"type":"object","properties":{}}}}]`, []llm.Field{llm.FieldToolStrict, llm.FieldCacheControl}},
		{"text", &llm.Request{Output: &llm.OutputFormat{Type: llm.OutputText}}, llm.Target{}, ``, nil},
		{"JSON", &llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSON}}, llm.Target{}, `"format":"json"`, nil},
		{"a schema", &llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: json.RawMessage(`{"a":1}`)}}, llm.Target{}, `"format":{"a":1}`, nil},
		{"thinking", think(llm.Reasoning{Effort: "low"}), llm.Target{}, `"think":true`, nil},
		{"no thinking", think(llm.Reasoning{Effort: "none"}), llm.Target{}, `"think":false`, nil},
		{"a budget", think(llm.Reasoning{Budget: ptr(int64(2000))}), llm.Target{}, `"think":true`, nil},
		{"no budget", think(llm.Reasoning{Budget: ptr(int64(0))}), llm.Target{}, `"think":false`, nil},
		{"any budget", think(llm.Reasoning{Budget: ptr(int64(-1))}), llm.Target{}, `"think":true`, nil},
		{"nothing said of it", think(llm.Reasoning{Show: ptr(true)}), llm.Target{}, ``, nil},
		{"a level", think(llm.Reasoning{Effort: "xhigh"}), llm.Target{Model: "gpt-oss:20b"}, `"think":"high"`, nil},
		{"a level by budget", think(llm.Reasoning{Budget: ptr(int64(2000))}), llm.Target{Model: "gpt-oss"}, `"think":"medium"`, nil},
		{"no level", think(llm.Reasoning{Effort: "none"}), llm.Target{Model: "gpt-oss"}, `"think":"low"`, []llm.Field{llm.FieldReasoning}},
		{"any level", think(llm.Reasoning{Budget: ptr(int64(-1))}), llm.Target{Model: "gpt-oss"}, ``, nil},
		{"a model that cannot", think(llm.Reasoning{Effort: "low"}), llm.Target{Facts: llm.ModelFacts{Known: true}}, ``, []llm.Field{llm.FieldReasoning}},
		{"a model that cannot and need not", think(llm.Reasoning{Effort: "none"}), llm.Target{Facts: llm.ModelFacts{Known: true}}, ``, nil},
		{
			"options", &llm.Request{
				MaxTokens: ptr(int64(5)), Temperature: ptr(0.0), TopP: ptr(0.5), TopK: ptr(int64(3)), Seed: ptr(int64(1)), FrequencyPenalty: ptr(1.5), PresencePenalty: ptr(-1.0),
				Stop: []string{"a", "", " "}, Extra: map[string]json.RawMessage{"options": json.RawMessage(`{"num_ctx":1,"seed":9}`), "keep_alive": json.RawMessage(`-1`), "context": json.RawMessage(`[1]`)},
			}, llm.Target{}, `"options":{"num_predict":5,"temperature":0,"top_p":0.5,"top_k":3,"seed":1,"frequency_penalty":1.5,"presence_penalty":-1,"stop":["a"," "],"num_ctx":1},"keep_alive":-1`, nil,
		},
		{"no tokens", &llm.Request{MaxTokens: ptr(int64(0))}, llm.Target{}, ``, []llm.Field{llm.FieldMaxTokens}},
		{"probabilities", &llm.Request{LogProbs: ptr(true), TopLogProbs: ptr(int64(2))}, llm.Target{}, `"logprobs":true,"top_logprobs":2`, nil},
		{"no probabilities", &llm.Request{LogProbs: ptr(false), TopLogProbs: ptr(int64(2))}, llm.Target{}, ``, []llm.Field{llm.FieldTopLogProbs}},
		{"one alternative", &llm.Request{N: ptr(int64(1))}, llm.Target{}, ``, nil},
		{"two alternatives", &llm.Request{N: ptr(int64(2))}, llm.Target{}, `refused: n`, nil},
		{
			"what there is no place for", &llm.Request{LogitBias: json.RawMessage(`{"1":2}`), User: "u", Metadata: json.RawMessage(`{}`), ServiceTier: "flex", Modalities: []string{"audio"}, Verbosity: "low"},
			llm.Target{},
			``,
			[]llm.Field{llm.FieldLogitBias, llm.FieldUser, llm.FieldMetadata, llm.FieldServiceTier, llm.FieldModalities, llm.FieldVerbosity},
		},
		{"what means nothing", &llm.Request{LogitBias: json.RawMessage(`null`), ServiceTier: "auto", Modalities: []string{"text"}}, llm.Target{}, ``, nil},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			if tt.target.Model == "" {
				tt.target.Model = "m"
			}
			tt.request.Messages = []llm.Message{user("u")}
			got, e := encode(t, tt.request, tt.target)
			got = strings.TrimPrefix(strings.TrimPrefix(got, `"messages":[{"role":"user","content":"u"}]`), ",")
			if got != tt.want || !slices.Equal(e.Dropped, tt.dropped) {
				t.Errorf("got  %s\nwant %s\ndropped %v", got, tt.want, e.Dropped)
			}
			if len(tt.request.Extra) > 0 && !slices.Equal(e.Extra, []string{"options", "keep_alive"}) {
				t.Errorf("carried %v", e.Extra)
			}
		})
	}
}

func TestEncodeStream(t *testing.T) {
	t.Parallel()
	r := &llm.Request{Messages: []llm.Message{user("u")}, Stream: true}
	e, err := Dialect{}.AppendRequest(nil, r, llm.Target{Model: "m"})
	if err != nil || !strings.HasSuffix(string(e.Body), `,"stream":true}`) {
		t.Errorf("%v %s", err, e.Body)
	}
}

func TestFieldNames(t *testing.T) {
	t.Parallel()
	for f, want := range map[llm.Field]string{
		llm.FieldMaxTokens: "options.num_predict", llm.FieldOutput: "format", llm.FieldUser: "user", llm.FieldImage: "messages.images",
	} {
		if got := (Dialect{}).FieldName(f); got != want {
			t.Errorf("%s is %s", f, got)
		}
	}
	if got := (Generate{}).FieldName(llm.FieldImage); got != "images" {
		t.Errorf("images are %s", got)
	}
}
