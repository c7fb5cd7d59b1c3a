package gemini

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// rest is a body without the contents that every test here has.
func rest(t *testing.T, body string) string {
	t.Helper()
	const contents = `"contents":[{"role":"user","parts":[{"text":"hi"}]}]`
	if !strings.Contains(body, contents) {
		return body
	}
	body = strings.Replace(body, contents, "", 1)
	return strings.Trim(body[1:len(body)-1], ",")
}

func TestGenerationConfig(t *testing.T) {
	t.Parallel()
	schema := json.RawMessage(`{"type":["object","null"],"properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"b":{"type":"string"}}}`)
	tests := []struct {
		about   string
		model   string
		target  llm.Target
		request llm.Request
		want    string
		dropped []llm.Field
	}{
		{about: "nothing"},
		{
			about: "all that is plain",
			request: llm.Request{
				Temperature: ptr(1.5), TopP: ptr(0.9), TopK: ptr(int64(40)), Seed: ptr(int64(-7)), PresencePenalty: ptr(0.5),
				FrequencyPenalty: ptr(-0.5), N: ptr(int64(2)), MaxTokens: ptr(int64(100)), Stop: []string{"a", "\n", "b"},
				LogProbs: ptr(true), TopLogProbs: ptr(int64(3)), Modalities: []string{"text", "image"},
			},
			want: `"generationConfig":{"temperature":1.5,"topP":0.9,"topK":40,"seed":-7,"presencePenalty":0.5,"frequencyPenalty":-0.5,` +
				`"candidateCount":2,"maxOutputTokens":100,"stopSequences":["a","b"],"responseLogprobs":true,"logprobs":3,"responseModalities":["TEXT","IMAGE"]}`,
			dropped: []llm.Field{llm.FieldStop},
		},
		{
			about: "more tokens than the model has", target: llm.Target{Facts: llm.ModelFacts{Known: true, MaxOutput: 8192}},
			request: llm.Request{MaxTokens: ptr(int64(100000))}, want: `"generationConfig":{"maxOutputTokens":8192}`,
		},
		{
			about: "a model without sampling", target: llm.Target{Facts: llm.ModelFacts{Known: true, NoSampling: true}},
			request: llm.Request{Temperature: ptr(1.0), TopP: ptr(1.0), TopK: ptr(int64(1))},
			dropped: []llm.Field{llm.FieldTemperature, llm.FieldTopP, llm.FieldTopK},
		},
		{about: "zeroes are said", request: llm.Request{Temperature: ptr(0.0), Seed: ptr(int64(0))}, want: `"generationConfig":{"temperature":0,"seed":0}`},
		{about: "plain text", request: llm.Request{Output: &llm.OutputFormat{Type: llm.OutputText}}},
		{
			about: "any JSON", request: llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSON}},
			want: `"generationConfig":{"responseMimeType":"application/json"}`,
		},
		{
			about: "a schema", model: "gemini-2.5-flash", request: llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: schema}},
			want: `"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":` + string(schema) + `}`,
		},
		{
			about: "a schema for an older model", model: "gemini-2.0-flash", request: llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: schema}},
			want: `"generationConfig":{"responseMimeType":"application/json","responseSchema":{"type":"object","nullable":true,"properties":{"a":{"type":"string"}}}}`,
		},
		{
			about: "a schema beside tools", model: "gemini-3-flash-preview",
			request: llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSON}, Tools: []llm.Tool{{Name: "f"}}},
			want:    `"tools":[{"functionDeclarations":[{"name":"f"}]}],"generationConfig":{"responseMimeType":"application/json"}`,
		},
		{
			about: "a schema beside tools of an older model", model: "gemini-2.5-flash",
			request: llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSON}, Tools: []llm.Tool{{Name: "f"}}},
			want:    `"tools":[{"functionDeclarations":[{"name":"f"}]}]`, dropped: []llm.Field{llm.FieldOutput},
		},
		{
			about: "tiers", request: llm.Request{ServiceTier: "default"}, want: `"serviceTier":"standard"`,
		},
		{about: "the automatic tier", request: llm.Request{ServiceTier: "auto"}},
		{
			about: "a cache stands for system and tools",
			request: llm.Request{
				Extra: map[string]json.RawMessage{"cached_content": json.RawMessage(`"cachedContents/x"`)},
				Tools: []llm.Tool{{Name: "f"}}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolAuto},
			},
			want: `"cachedContent":"cachedContents/x"`, dropped: []llm.Field{llm.FieldTools, llm.FieldToolChoice},
		},
		{
			about: "labels at Vertex AI", target: llm.Target{Vendor: "vertex"},
			request: llm.Request{Extra: map[string]json.RawMessage{"labels": json.RawMessage(`{"a":"b"}`)}}, want: `"labels":{"a":"b"}`,
		},
		{about: "labels elsewhere", request: llm.Request{Extra: map[string]json.RawMessage{"labels": json.RawMessage(`{"a":"b"}`)}}},
		{
			about: "members without a neutral meaning",
			request: llm.Request{
				Temperature: ptr(1.0),
				Extra:       map[string]json.RawMessage{"generationConfig": json.RawMessage(`{"top_p":1,"temperature":9,"mediaResolution":"LOW","x":null}`)},
			},
			want: `"generationConfig":{"temperature":1,"mediaResolution":"LOW"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			r := tt.request
			r.Messages = []llm.Message{user("hi")}
			tt.target.Model = tt.model
			body, e := encode(t, &r, tt.target)
			if got := rest(t, body); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if !slices.Equal(e.Dropped, tt.dropped) {
				t.Errorf("dropped %v, want %v", e.Dropped, tt.dropped)
			}
		})
	}
}

func TestThinking(t *testing.T) {
	t.Parallel()
	effort := func(e string) llm.Reasoning { return llm.Reasoning{Effort: e} }
	budget := func(n int64) llm.Reasoning { return llm.Reasoning{Budget: &n} }
	const (
		pro3, flash3, pro25 = "gemini-3.1-pro-preview", "gemini-3-flash-preview", "gemini-2.5-pro"
		flash25, lite25     = "gemini-2.5-flash", "gemini-2.5-flash-lite"
	)
	tests := []struct {
		model     string
		reasoning llm.Reasoning
		facts     llm.ModelFacts
		want      string
		dropped   bool
	}{
		{model: flash3, reasoning: effort("none"), want: `{"thinkingLevel":"MINIMAL"}`, dropped: true},
		{model: flash3, reasoning: effort("minimal"), want: `{"includeThoughts":true,"thinkingLevel":"MINIMAL"}`},
		{model: flash3, reasoning: effort("low"), want: `{"includeThoughts":true,"thinkingLevel":"LOW"}`},
		{model: flash3, reasoning: effort("medium"), want: `{"includeThoughts":true,"thinkingLevel":"MEDIUM"}`},
		{model: flash3, reasoning: effort("high"), want: `{"includeThoughts":true,"thinkingLevel":"HIGH"}`},
		{model: flash3, reasoning: effort("max"), want: `{"includeThoughts":true,"thinkingLevel":"HIGH"}`},
		{model: pro3, reasoning: effort("minimal"), want: `{"includeThoughts":true,"thinkingLevel":"LOW"}`},
		{model: pro3, reasoning: effort("none"), want: `{"thinkingLevel":"LOW"}`, dropped: true},
		{
			model: pro3, reasoning: effort("medium"), facts: llm.ModelFacts{Known: true, Reasoning: true, Efforts: []string{"low", "high"}},
			want: `{"includeThoughts":true,"thinkingLevel":"HIGH"}`,
		},
		{model: flash3, reasoning: budget(512), want: `{"includeThoughts":true,"thinkingLevel":"LOW"}`},
		{model: flash3, reasoning: budget(8192), want: `{"includeThoughts":true,"thinkingLevel":"MEDIUM"}`},
		{model: flash3, reasoning: budget(20000), want: `{"includeThoughts":true,"thinkingLevel":"HIGH"}`},
		{model: flash3, reasoning: budget(-1), want: `{"includeThoughts":true}`},
		{model: flash3, reasoning: llm.Reasoning{Effort: "low", Show: ptr(false)}, want: `{"thinkingLevel":"LOW"}`},
		{model: flash3, reasoning: llm.Reasoning{Show: ptr(false)}},
		{model: flash25, reasoning: effort("none"), want: `{"thinkingBudget":0}`},
		{model: flash25, reasoning: effort("minimal"), want: `{"includeThoughts":true,"thinkingBudget":1024}`},
		{model: flash25, reasoning: effort("low"), want: `{"includeThoughts":true,"thinkingBudget":1024}`},
		{model: flash25, reasoning: effort("medium"), want: `{"includeThoughts":true,"thinkingBudget":8192}`},
		{model: flash25, reasoning: effort("high"), want: `{"includeThoughts":true,"thinkingBudget":24576}`},
		{model: flash25, reasoning: effort("xhigh"), want: `{"includeThoughts":true,"thinkingBudget":24576}`},
		{model: pro25, reasoning: effort("max"), want: `{"includeThoughts":true,"thinkingBudget":32768}`},
		{model: pro25, reasoning: effort("none"), want: `{"thinkingBudget":128}`, dropped: true},
		{model: pro25, reasoning: budget(0), want: `{"thinkingBudget":128}`, dropped: true},
		{model: pro25, reasoning: budget(100000), want: `{"includeThoughts":true,"thinkingBudget":32768}`, dropped: true},
		{model: lite25, reasoning: budget(100), want: `{"includeThoughts":true,"thinkingBudget":512}`, dropped: true},
		{model: lite25, reasoning: budget(0), want: `{"thinkingBudget":0}`},
		{model: flash25, reasoning: budget(-1), want: `{"includeThoughts":true,"thinkingBudget":-1}`},
		{model: flash25, reasoning: llm.Reasoning{Show: ptr(true)}, want: `{"includeThoughts":true}`},
		{model: "gemini-flash-latest", reasoning: effort("low"), want: `{"includeThoughts":true,"thinkingBudget":1024}`},
		{model: "gemini-2.0-flash", reasoning: effort("low"), dropped: true},
		{model: "gemini-2.0-flash", reasoning: effort("none")},
		{model: flash25, reasoning: effort("low"), facts: llm.ModelFacts{Known: true}, dropped: true},
	}
	for _, tt := range tests {
		name := tt.model + " " + tt.reasoning.Effort
		if tt.reasoning.Budget != nil {
			name += "budget"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &llm.Request{Messages: []llm.Message{user("hi")}, Reasoning: &tt.reasoning}
			body, e := encode(t, r, llm.Target{Model: tt.model, Facts: tt.facts})
			want := tt.want
			if want != "" {
				want = `"generationConfig":{"thinkingConfig":` + want + `}`
			}
			if got := rest(t, body); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
			if slices.Contains(e.Dropped, llm.FieldReasoning) != tt.dropped {
				t.Errorf("dropped %v", e.Dropped)
			}
		})
	}
}

func TestFamilies(t *testing.T) {
	t.Parallel()
	tests := map[string]family{
		"gemini-2.5-pro":                                {generation: 25, pro: true},
		"models/gemini-2.5-flash-lite":                  {generation: 25, lite: true},
		"gemini-3-pro-preview":                          {generation: 30, pro: true},
		"gemini-3.1-pro-preview-custom":                 {generation: 31, pro: true},
		"publishers/google/models/gemini-1.5-flash-001": {generation: 15},
		"gemini-flash-latest":                           {newest: true},
		"gemini-pro-latest":                             {newest: true, pro: true},
		"gemini-99999999-x":                             {newest: true},
		"gemini-":                                       {newest: true},
		"gemma-3-27b-it":                                {},
		"":                                              {},
	}
	for name, want := range tests {
		if got := familyOf(name); got != want {
			t.Errorf("%s is %+v, want %+v", name, got, want)
		}
	}
}
