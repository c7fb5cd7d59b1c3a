package anthropic

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// rest is a body without its model and messages.
func rest(t *testing.T, body string) string {
	t.Helper()
	_, body, ok := strings.Cut(body, `,"max_tokens":`)
	if !ok {
		return body
	}
	body = `"max_tokens":` + body
	before, after, ok := strings.Cut(body, `,"messages":`)
	if !ok {
		t.Fatal(body)
	}
	d := json.NewDecoder(strings.NewReader(after))
	var messages json.RawMessage
	if err := d.Decode(&messages); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(before+after[len(messages):], "}")
}

func TestPlan(t *testing.T) {
	t.Parallel()
	const old, budget, both, newer, latest = "claude-3-5-sonnet-20241022", "claude-sonnet-4-5", "claude-opus-4-6", "claude-opus-4-8", "claude-opus-5-5"
	tool := []llm.Tool{{Name: "f"}}
	const toolText = `,"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}]`
	schema := &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: json.RawMessage(`{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}`)}
	const schemaText = `{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}`
	const standIn = `{"name":"structured_output","description":"Gives the final answer to the user.","input_schema":` + schemaText + `}`
	required := &llm.ToolChoice{Mode: llm.ToolRequired}
	named := &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"f"}}
	high := &llm.Reasoning{Effort: "high"}
	off := &llm.Reasoning{Effort: "none"}
	lost := []llm.Message{user("hi"), calls(call("c", "f", "")), result("c", "ok")}
	tests := []struct {
		about  string
		model  string
		r      llm.Request
		facts  llm.ModelFacts
		vendor string
		want   string
		drop   []llm.Field
		output bool
	}{
		{about: "the default bound", model: old, want: `"max_tokens":8192`},
		{about: "the default bound of a newer model", model: newer, want: `"max_tokens":32000`},
		{about: "the default bound of an older model", model: "claude-3-haiku-20240307", want: `"max_tokens":4096`},
		{about: "the catalog's bound", model: old, facts: llm.ModelFacts{Known: true, MaxOutput: 64000}, want: `"max_tokens":64000`},
		{about: "a bound of nothing", model: old, r: llm.Request{MaxTokens: ptr(int64(0))}, want: `"max_tokens":8192`},
		{about: "a bound that is too high", model: old, r: llm.Request{MaxTokens: ptr(int64(9000))}, facts: llm.ModelFacts{Known: true, MaxOutput: 8192}, want: `"max_tokens":8192`, drop: []llm.Field{llm.FieldMaxTokens}},

		{about: "temperature", model: old, r: llm.Request{Temperature: ptr(0.5), TopP: ptr(0.9), TopK: ptr(int64(5))}, want: `"max_tokens":8192,"temperature":0.5,"top_p":0.9,"top_k":5`},
		{about: "temperature beyond", model: old, r: llm.Request{Temperature: ptr(1.5)}, want: `"max_tokens":8192,"temperature":1`, drop: []llm.Field{llm.FieldTemperature}},
		{about: "one of two", model: budget, r: llm.Request{Temperature: ptr(0.5), TopP: ptr(0.9)}, want: `"max_tokens":32000,"temperature":0.5`, drop: []llm.Field{llm.FieldTopP}},
		{about: "none of them", model: newer, r: llm.Request{Temperature: ptr(0.5), TopP: ptr(0.9), TopK: ptr(int64(5))}, want: `"max_tokens":32000`, drop: []llm.Field{llm.FieldTemperature, llm.FieldTopP, llm.FieldTopK}},
		{about: "none of them, by default", model: newer, r: llm.Request{Temperature: ptr(1.0), TopP: ptr(1.0), TopK: ptr(int64(-1))}, want: `"max_tokens":32000`},
		{about: "none of them, as the catalog says", model: "other", facts: llm.ModelFacts{Known: true, NoSampling: true, MaxOutput: 9}, r: llm.Request{Temperature: ptr(0.5)}, want: `"max_tokens":9`, drop: []llm.Field{llm.FieldTemperature}},
		{about: "what has no place", model: old, r: llm.Request{
			FrequencyPenalty: ptr(0.5), PresencePenalty: ptr(0.5), Seed: ptr(int64(1)), LogProbs: ptr(true), TopLogProbs: ptr(int64(2)),
			LogitBias: json.RawMessage(`{"1":2}`), Verbosity: "low", Modalities: []string{"text", "audio"}, Metadata: json.RawMessage(`{"a":"b"}`),
			ServiceTier: "flex", N: ptr(int64(1)),
		}, want: `"max_tokens":8192`, drop: []llm.Field{
			llm.FieldFrequencyPenalty, llm.FieldPresencePenalty, llm.FieldSeed, llm.FieldLogProbs, llm.FieldTopLogProbs, llm.FieldLogitBias,
			llm.FieldServiceTier, llm.FieldMetadata, llm.FieldVerbosity, llm.FieldModalities,
		}},
		{about: "what has no place, by default", model: old, r: llm.Request{FrequencyPenalty: ptr(0.0), LogProbs: ptr(false), Modalities: []string{"text"}}, want: `"max_tokens":8192`},
		{about: "stop sequences", model: old, r: llm.Request{Stop: []string{"a", "\n", "", "b"}}, want: `"max_tokens":8192,"stop_sequences":["a","b"]`, drop: []llm.Field{llm.FieldStop}},
		{about: "who calls", model: old, r: llm.Request{User: "u", ServiceTier: "default", Stream: true}, want: `"max_tokens":8192,"metadata":{"user_id":"u"},"service_tier":"standard_only","stream":true`},
		{about: "who calls, too long", model: old, r: llm.Request{User: strings.Repeat("u", 257), ServiceTier: "auto"}, want: `"max_tokens":8192,"service_tier":"auto"`, drop: []llm.Field{llm.FieldUser}},

		{about: "no thinking", model: budget, r: llm.Request{Reasoning: off}, want: `"max_tokens":32000,"thinking":{"type":"disabled"}`},
		{about: "no thinking, old model", model: old, r: llm.Request{Reasoning: off}, want: `"max_tokens":8192`},
		{about: "no thinking by default", model: newer, r: llm.Request{Reasoning: off}, want: `"max_tokens":32000`},
		{about: "no thinking but between tools", model: "claude-sonnet-5-5", r: llm.Request{Reasoning: off}, want: `"max_tokens":32000,"thinking":{"type":"between_tools"}`},
		{about: "thinking all the time", model: latest, r: llm.Request{Reasoning: off}, want: `"max_tokens":32000,"output_config":{"effort":"low"}`, drop: []llm.Field{llm.FieldReasoning}},
		{about: "a model that cannot think", model: old, r: llm.Request{Reasoning: high}, want: `"max_tokens":8192`, drop: []llm.Field{llm.FieldReasoning}},
		{about: "an effort as a budget", model: budget, r: llm.Request{Reasoning: high}, want: `"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":4096}`},
		{about: "the least effort as a budget", model: budget, r: llm.Request{Reasoning: &llm.Reasoning{Effort: "minimal"}}, want: `"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":1024}`},
		{about: "the most effort as a budget", model: "kimi", r: llm.Request{Reasoning: &llm.Reasoning{Effort: "max"}, MaxTokens: ptr(int64(20000))}, want: `"max_tokens":20000,"thinking":{"type":"enabled","budget_tokens":16384}`},
		{about: "an effort beyond the bound", model: budget, r: llm.Request{Reasoning: high, MaxTokens: ptr(int64(3000))}, want: `"max_tokens":3000,"thinking":{"type":"enabled","budget_tokens":1500}`},
		{about: "a budget", model: budget, r: llm.Request{Reasoning: &llm.Reasoning{Budget: ptr(int64(5000))}}, want: `"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":5000}`},
		{about: "a budget beyond the bound", model: budget, r: llm.Request{Reasoning: &llm.Reasoning{Budget: ptr(int64(5000))}, MaxTokens: ptr(int64(5000))}, want: `"max_tokens":5000,"thinking":{"type":"enabled","budget_tokens":2500}`, drop: []llm.Field{llm.FieldReasoning}},
		{about: "a budget that is too small", model: budget, r: llm.Request{Reasoning: &llm.Reasoning{Budget: ptr(int64(100))}}, want: `"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":1024}`, drop: []llm.Field{llm.FieldReasoning}},
		{about: "a budget of the model's own", model: budget, r: llm.Request{Reasoning: &llm.Reasoning{Budget: ptr(int64(-1))}}, want: `"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":4096}`},
		{about: "no room to think", model: budget, r: llm.Request{Reasoning: high, MaxTokens: ptr(int64(1024))}, want: `"max_tokens":1024`, drop: []llm.Field{llm.FieldReasoning}},
		{about: "an effort", model: both, r: llm.Request{Reasoning: high}, want: `"max_tokens":32000,"output_config":{"effort":"high"},"thinking":{"type":"adaptive"}`},
		{about: "an effort that the model lacks", model: both, r: llm.Request{Reasoning: &llm.Reasoning{Effort: "xhigh"}}, want: `"max_tokens":32000,"output_config":{"effort":"high"},"thinking":{"type":"adaptive"}`, drop: []llm.Field{llm.FieldReasoning}},
		{about: "an effort of the catalog's", model: both, facts: llm.ModelFacts{Efforts: []string{"low"}}, r: llm.Request{Reasoning: &llm.Reasoning{Effort: "minimal"}}, want: `"max_tokens":32000,"output_config":{"effort":"low"},"thinking":{"type":"adaptive"}`},
		{about: "a budget where both are taken", model: both, r: llm.Request{Reasoning: &llm.Reasoning{Budget: ptr(int64(2000))}}, want: `"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":2000}`},
		{about: "a budget as an effort", model: newer, r: llm.Request{Reasoning: &llm.Reasoning{Budget: ptr(int64(2000)), Show: ptr(true)}}, want: `"max_tokens":32000,"output_config":{"effort":"medium"},"thinking":{"type":"adaptive","display":"summarized"}`},
		{about: "the model decides", model: newer, r: llm.Request{Reasoning: &llm.Reasoning{Budget: ptr(int64(-1)), Show: ptr(false)}}, want: `"max_tokens":32000,"thinking":{"type":"adaptive","display":"omitted"}`},
		{about: "sampling beside thinking", model: budget, r: llm.Request{Reasoning: high, Temperature: ptr(0.5), TopP: ptr(0.5), TopK: ptr(int64(5))}, want: `"max_tokens":32000,"thinking":{"type":"enabled","budget_tokens":4096}`, drop: []llm.Field{llm.FieldTemperature, llm.FieldTopP, llm.FieldTopK}},
		{about: "thoughts that were lost", model: budget, r: llm.Request{Messages: lost, Tools: tool, Reasoning: high}, want: `"max_tokens":32000` + toolText, drop: []llm.Field{llm.FieldReasoning}},
		{about: "thoughts that were lost and do not matter", model: both, r: llm.Request{Messages: lost, Tools: tool, Reasoning: high}, want: `"max_tokens":32000` + toolText + `,"output_config":{"effort":"high"},"thinking":{"type":"adaptive"}`},

		{about: "no tools", model: old, r: llm.Request{Tools: []llm.Tool{}, ToolChoice: required, ParallelTools: ptr(false)}, want: `"max_tokens":8192`},
		{about: "any tool", model: old, r: llm.Request{Tools: tool, ToolChoice: required}, want: `"max_tokens":8192` + toolText + `,"tool_choice":{"type":"any"}`},
		{about: "one tool", model: old, r: llm.Request{Tools: tool, ToolChoice: named, ParallelTools: ptr(false)}, want: `"max_tokens":8192` + toolText + `,"tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true}`},
		{about: "no tool", model: old, r: llm.Request{Tools: tool, ToolChoice: &llm.ToolChoice{Mode: llm.ToolNone}, ParallelTools: ptr(false)}, want: `"max_tokens":8192` + toolText + `,"tool_choice":{"type":"none"}`},
		{about: "one call at most", model: old, r: llm.Request{Tools: tool, ParallelTools: ptr(false)}, want: `"max_tokens":8192` + toolText + `,"tool_choice":{"type":"auto","disable_parallel_tool_use":true}`},
		{about: "more calls", model: old, r: llm.Request{Tools: tool, ParallelTools: ptr(true)}, want: `"max_tokens":8192` + toolText},
		{about: "allowed tools", model: old, r: llm.Request{Tools: []llm.Tool{{Name: "f"}, {Name: "g"}, {Name: "h"}}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"f", "g"}}}, want: `"max_tokens":8192,"tools":[{"name":"f","input_schema":{"type":"object","properties":{}}},{"name":"g","input_schema":{"type":"object","properties":{}}}],"tool_choice":{"type":"any"}`},
		{about: "an allowed tool", model: old, r: llm.Request{Tools: []llm.Tool{{Name: "f"}, {Name: "g"}}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolAuto, Names: []string{"f"}}}, want: `"max_tokens":8192` + toolText + `,"tool_choice":{"type":"auto"}`},
		{about: "tools of the past", model: old, r: llm.Request{Messages: lost}, want: `"max_tokens":8192` + toolText + `,"tool_choice":{"type":"none"}`},
		{about: "a hosted tool", model: old, r: llm.Request{Tools: []llm.Tool{{Hosted: json.RawMessage(`{"type":"web_search_20250305","name":"web_search"}`), Issuer: llm.IssuerAnthropic}}}, want: `"max_tokens":8192,"tools":[{"type":"web_search_20250305","name":"web_search"}]`},
		{about: "another vendor's tool", model: old, r: llm.Request{Tools: []llm.Tool{{Hosted: json.RawMessage(`{"type":"x"}`), Issuer: llm.IssuerOpenAI}}}, want: `"max_tokens":8192`, drop: []llm.Field{llm.FieldHostedTool}},
		{about: "all of a tool", model: budget, r: llm.Request{Tools: []llm.Tool{{Name: "f", Description: "d", Parameters: json.RawMessage(`{"properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{}},"additionalProperties":false}`), Strict: ptr(true), Cache: &llm.CacheHint{}}}}, want: `"max_tokens":32000,"tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"$defs":{"x":{}},"additionalProperties":false},"strict":true,"cache_control":{"type":"ephemeral"}}]`},
		{about: "a strict tool, old model", model: old, r: llm.Request{Tools: []llm.Tool{{Name: "f", Strict: ptr(true)}}}, want: `"max_tokens":8192` + toolText, drop: []llm.Field{llm.FieldToolStrict}},
		{about: "a forced tool and thinking", model: budget, r: llm.Request{Tools: tool, ToolChoice: named, Reasoning: high}, want: `"max_tokens":32000` + toolText + `,"tool_choice":{"type":"tool","name":"f"}`, drop: []llm.Field{llm.FieldReasoning}},
		{about: "a forced tool and thinking unasked", model: "claude-sonnet-5", r: llm.Request{Tools: tool, ToolChoice: named}, want: `"max_tokens":32000` + toolText + `,"tool_choice":{"type":"tool","name":"f"},"thinking":{"type":"disabled"}`},
		{about: "a tool that cannot be forced", model: latest, r: llm.Request{Tools: tool, ToolChoice: named, Reasoning: high}, want: `"max_tokens":32000` + toolText + `,"tool_choice":{"type":"auto"},"output_config":{"effort":"high"},"thinking":{"type":"adaptive"}`, drop: []llm.Field{llm.FieldToolChoice}},

		{about: "a schema", model: budget, r: llm.Request{Output: schema}, want: `"max_tokens":32000,"output_config":{"format":{"type":"json_schema","schema":` + schemaText + `}}`},
		{about: "a schema and an effort", model: both, r: llm.Request{Output: schema, Reasoning: high}, want: `"max_tokens":32000,"output_config":{"effort":"high","format":{"type":"json_schema","schema":` + schemaText + `}},"thinking":{"type":"adaptive"}`},
		{about: "a schema as the catalog says", model: "other", facts: llm.ModelFacts{StructuredOutput: true}, r: llm.Request{Output: schema}, want: `"max_tokens":8192,"output_config":{"format":{"type":"json_schema","schema":` + schemaText + `}}`},
		{about: "a schema by a tool", model: old, r: llm.Request{Output: schema}, want: `"max_tokens":8192,"tools":[` + standIn + `],"tool_choice":{"type":"tool","name":"structured_output","disable_parallel_tool_use":true}`, output: true},
		{about: "a schema in a cloud", model: budget, vendor: "bedrock", r: llm.Request{Output: schema}, want: `"max_tokens":32000,"tools":[` + standIn + `],"tool_choice":{"type":"tool","name":"structured_output","disable_parallel_tool_use":true}`, output: true},
		{about: "a schema by a tool beside tools", model: old, r: llm.Request{Tools: tool, Output: schema}, want: `"max_tokens":8192` + strings.TrimSuffix(toolText, "]") + "," + standIn + `],"tool_choice":{"type":"any","disable_parallel_tool_use":true}`, output: true},
		{about: "a schema by a tool, not thinking", model: "claude-3-7-sonnet-20250219", r: llm.Request{Output: schema, Reasoning: high}, want: `"max_tokens":32000,"tools":[` + standIn + `],"tool_choice":{"type":"tool","name":"structured_output","disable_parallel_tool_use":true}`, drop: []llm.Field{llm.FieldReasoning}, output: true},
		{about: "a call is wanted and no text", model: old, r: llm.Request{Tools: tool, ToolChoice: required, Output: schema}, want: `"max_tokens":8192` + toolText + `,"tool_choice":{"type":"any"}`},
		{about: "a schema of a list by a tool", model: old, r: llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: json.RawMessage(`{"type":"array"}`)}}, want: `"max_tokens":8192`, drop: []llm.Field{llm.FieldOutput}},
		{about: "any JSON", model: budget, r: llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSON}}, want: `"max_tokens":32000,"tools":[{"name":"structured_output","description":"Gives the final answer to the user.","input_schema":{"type":"object","additionalProperties":true}}],"tool_choice":{"type":"tool","name":"structured_output","disable_parallel_tool_use":true}`, output: true},
		{about: "any JSON, nothing forced", model: latest, r: llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSON}}, want: `"max_tokens":32000`, drop: []llm.Field{llm.FieldOutput}},
		{about: "text", model: old, r: llm.Request{Output: &llm.OutputFormat{Type: llm.OutputText}}, want: `"max_tokens":8192`},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			if tt.r.Messages == nil {
				tt.r.Messages = []llm.Message{user("hi")}
			}
			target := llm.Target{Model: tt.model, Facts: tt.facts, Vendor: tt.vendor}
			if target.Facts.MaxOutput > 0 {
				target.Facts.Reasoning = true
			}
			body, e := encode(t, &tt.r, target)
			if got := rest(t, body); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if diff := cmp.Diff(tt.drop, e.Dropped); diff != "" {
				t.Errorf("dropped (-want +got):\n%s", diff)
			}
			if (e.OutputTool != "") != tt.output {
				t.Errorf("output tool %q", e.OutputTool)
			}
			// What is dropped or bent otherwise, a strict target refuses.
			target.Strict = true
			strict, _ := encode(t, &tt.r, target)
			if refused := strings.HasPrefix(strict, "refused"); refused != (tt.drop != nil) {
				t.Errorf("strict: %s", strict)
			}
		})
	}
}

func TestOutputToolName(t *testing.T) {
	t.Parallel()
	r := &llm.Request{Messages: []llm.Message{user("hi")}, Tools: []llm.Tool{{Name: outputTool}}, Output: &llm.OutputFormat{Type: llm.OutputJSON}}
	if _, e := encode(t, r, llm.Target{}); e.OutputTool != outputTool+"_" {
		t.Errorf("the tool is called %q", e.OutputTool)
	}
}

func TestStrictArguments(t *testing.T) {
	t.Parallel()
	r := &llm.Request{Messages: []llm.Message{user("hi"), calls(call("c", "f", "{")), result("c", "ok")}}
	if got, _ := encode(t, r, llm.Target{Strict: true}); got != "refused: messages[1].content[0].arguments" {
		t.Errorf("got %s", got)
	}
}

func TestExtra(t *testing.T) {
	t.Parallel()
	r := &llm.Request{Messages: []llm.Message{user("hi")}, Extra: map[string]json.RawMessage{
		"mcp_servers": json.RawMessage(`[{}]`), "foo": json.RawMessage(`1`), "container": json.RawMessage(`"c"`), "context_management": json.RawMessage(`{}`),
	}}
	body, e := encode(t, r, llm.Target{})
	if got, want := rest(t, body), `"max_tokens":8192,"container":"c","mcp_servers":[{}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if !slices.Equal(e.Extra, []string{"container", "mcp_servers"}) {
		t.Errorf("carried %v", e.Extra)
	}
	if !slices.Equal(e.Header, []string{"anthropic-beta", "mcp-client-2025-04-04"}) {
		t.Errorf("headers %v", e.Header)
	}
}

func TestFamilies(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]family{
		"claude-3-opus-20240229":                       {"opus", 30},
		"claude-3-5-haiku-latest":                      {"haiku", 35},
		"claude-3-7-sonnet@20250219":                   {"sonnet", 37},
		"claude-sonnet-4-20250514":                     {"sonnet", 40},
		"claude-opus-4-0":                              {"opus", 40},
		"claude-opus-4-1-20250805":                     {"opus", 41},
		"anthropic/claude-sonnet-4.5":                  {"sonnet", 45},
		"us.anthropic.claude-opus-4-6-v1:0":            {"opus", 46},
		"anthropic.claude-sonnet-4-20250514-v1:0":      {"sonnet", 40},
		"claude-haiku-4-5@20251001":                    {"haiku", 45},
		"claude-sonnet-5":                              {"sonnet", 50},
		"claude-fable-5-1":                             {"fable", 51},
		"Claude-Opus-5-5":                              {"opus", 55},
		"claude-latest":                                {"latest", newest},
		"kimi-k2":                                      {"", 0},
		"projects/x/models/claude-3-haiku@20240307":    {"haiku", 30},
		"arn:aws:bedrock:us-east-1::foundation/claude": {"", 0},
	} {
		if got := familyOf(name); got != want {
			t.Errorf("%s is %+v, want %+v", name, got, want)
		}
	}
}

func TestOutputSchemas(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		schema, want string
		lost         bool
	}{
		{`{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"integer"}}}},"required":["a"]}`, `{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"integer"}},"additionalProperties":false}},"required":["a"],"additionalProperties":false}`, false},
		{`{"type":"array","items":{"oneOf":[{"type":"null"},{"const":1},{"enum":[1,2]},{"$ref":"#/$defs/x"}]},"minItems":1,"$defs":{"x":{"type":["object","null"]}}}`, `{"type":"array","items":{"anyOf":[{"type":"null"},{"const":1},{"enum":[1,2]},{"$ref":"#/$defs/x"}]},"minItems":1,"$defs":{"x":{"type":["object","null"],"additionalProperties":false}}}`, false},
		{`{"type":"object","additionalProperties":true,"properties":{"minimum":{"type":"number","minimum":1},"s":{"type":"string","maxLength":3,"format":"date"}}}`, `{"type":"object","properties":{"minimum":{"type":"number"},"s":{"type":"string","format":"date"}},"additionalProperties":false}`, true},
		{`{"anyOf":[{}],"oneOf":[true],"items":true,"minItems":5,"properties":1}`, `{"anyOf":[{}],"items":true,"properties":1,"additionalProperties":false}`, true},
	} {
		got, lost := appendOutputSchema(nil, json.RawMessage(tt.schema))
		if string(got) != tt.want || lost != tt.lost {
			t.Errorf("got  %s (%v)\nwant %s", got, lost, tt.want)
		}
	}
	for schema, want := range map[string]string{
		``: emptySchema, `null`: emptySchema, `{}`: `{"type":"object"}`, `{"type":["object","null"],"a":1}`: `{"type":"object","a":1}`,
		` {"type":"object"} `: `{"type":"object"}`, `{"anyOf":[],"type":null}`: `{"type":"object","anyOf":[]}`,
	} {
		if got := appendInputSchema(nil, json.RawMessage(schema)); string(got) != want {
			t.Errorf("%s gives %s, want %s", schema, got, want)
		}
	}
}
