package responses

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// hello is a request of one message, changed by change.
func hello(change func(*llm.Request)) *llm.Request {
	r := &llm.Request{Model: "public", Messages: []llm.Message{says(llm.RoleUser, textPart("hi"))}}
	if change != nil {
		change(r)
	}
	return r
}

func TestAppendRequestFields(t *testing.T) {
	t.Parallel()
	to := func(model, vendor string) llm.Target { return llm.Target{Model: model, Vendor: vendor} }
	plain, thinks, other := to("gpt-4o", "openai"), to("gpt-5", "openai"), to("m", "deepseek")
	tool := llm.Tool{Name: "f", Parameters: json.RawMessage(`{"type":"object"}`)}
	const toolText = `{"type":"function","name":"f","parameters":{"type":"object"},"strict":false}`
	custom := llm.Tool{Hosted: json.RawMessage(`{"type":"custom","custom":{"name":"p","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"d"}}}}`), Issuer: llm.IssuerOpenAI}
	for _, c := range []struct {
		name    string
		target  llm.Target
		change  func(*llm.Request)
		want    string // what follows the input, but for store
		dropped []llm.Field
	}{
		{"nothing", plain, nil, ``, nil},
		{"nothing, of a model that thinks", thinks, nil, `"include":["reasoning.encrypted_content"]`, nil},
		{"nothing, of one that is known to think", llm.Target{Model: "prod", Vendor: "azure", Facts: llm.ModelFacts{Known: true, Reasoning: true}}, nil, `"include":["reasoning.encrypted_content"]`, nil},
		{"nothing, of a server that encrypts nothing", llm.Target{Model: "m", Vendor: "deepseek", Facts: llm.ModelFacts{Known: true, Reasoning: true}}, nil, ``, nil},
		{"a limit", plain, func(r *llm.Request) { r.MaxTokens = ptr(int64(50)) }, `"max_output_tokens":50`, nil},
		{"a limit below the least", plain, func(r *llm.Request) { r.MaxTokens = ptr(int64(1)) }, `"max_output_tokens":16`, []llm.Field{llm.FieldMaxTokens}},
		{"a limit below the least elsewhere", other, func(r *llm.Request) { r.MaxTokens = ptr(int64(1)) }, `"max_output_tokens":1`, nil},
		{"sampling", plain, func(r *llm.Request) {
			r.Temperature, r.TopP, r.LogProbs, r.TopLogProbs = ptr(0.0), ptr(0.25), ptr(true), ptr(int64(2))
		}, `"temperature":0,"top_p":0.25,"top_logprobs":2,"include":["message.output_text.logprobs"]`, nil},
		{"sampling that the dialect lacks", plain, func(r *llm.Request) {
			r.TopK, r.FrequencyPenalty, r.PresencePenalty, r.Seed, r.LogitBias, r.Stop = ptr(int64(1)), ptr(0.5), ptr(0.5), ptr(int64(1)), json.RawMessage(`{}`), []string{"x"}
		}, ``, []llm.Field{llm.FieldStop, llm.FieldTopK, llm.FieldFrequencyPenalty, llm.FieldPresencePenalty, llm.FieldSeed, llm.FieldLogitBias}},
		{"sampling that changes nothing", plain, func(r *llm.Request) {
			r.FrequencyPenalty, r.PresencePenalty, r.Stop, r.N = ptr(0.0), ptr(0.0), []string{""}, ptr(int64(1))
		}, ``, nil},
		{"sampling where it is refused", thinks, func(r *llm.Request) {
			r.Temperature, r.TopP, r.LogProbs, r.TopLogProbs = ptr(0.5), ptr(0.5), ptr(true), ptr(int64(2))
		}, `"include":["reasoning.encrypted_content"]`, []llm.Field{llm.FieldTemperature, llm.FieldTopP, llm.FieldLogProbs, llm.FieldTopLogProbs}},
		{"defaults of sampling where it is refused", thinks, func(r *llm.Request) { r.Temperature, r.TopP = ptr(1.0), ptr(1.0) }, `"include":["reasoning.encrypted_content"]`, nil},
		{
			"sampling where thinking is off", thinks, func(r *llm.Request) { r.Temperature, r.Reasoning = ptr(0.5), &llm.Reasoning{Effort: "none"} },
			`"reasoning":{"effort":"none"},"temperature":0.5,"include":["reasoning.encrypted_content"]`, nil,
		},
		{"effort and summary", to("gpt-5", ""), func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Effort: "high", Show: ptr(true)} }, `"reasoning":{"effort":"high","summary":"auto"}`, nil},
		{"summary alone", to("gpt-5", ""), func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Show: ptr(true)} }, `"reasoning":{"summary":"auto"}`, nil},
		{"no summary", to("gpt-5", ""), func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Show: ptr(false)} }, ``, nil},
		{"a budget", to("gpt-5", ""), func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Budget: ptr(int64(4096))} }, `"reasoning":{"effort":"medium"}`, nil},
		{"a budget that the model chooses", to("gpt-5", ""), func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Budget: ptr(int64(-1))} }, ``, nil},
		{
			"an effort that the model lacks",
			llm.Target{Model: "x", Facts: llm.ModelFacts{Known: true, Reasoning: true, Efforts: []string{"low", "high"}}},
			func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Effort: "max"} }, `"reasoning":{"effort":"high"}`,
			[]llm.Field{llm.FieldReasoning},
		},
		{"an effort where nothing thinks", llm.Target{Model: "x", Facts: llm.ModelFacts{Known: true}}, func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Effort: "low"} }, ``, []llm.Field{llm.FieldReasoning}},
		{"JSON mode", plain, func(r *llm.Request) { r.Output, r.Verbosity = &llm.OutputFormat{Type: llm.OutputJSON}, "low" }, `"text":{"format":{"type":"json_object"},"verbosity":"low"}`, nil},
		{"verbosity alone", plain, func(r *llm.Request) { r.Verbosity = "low" }, `"text":{"verbosity":"low"}`, nil},
		{"verbosity elsewhere", other, func(r *llm.Request) { r.Verbosity = "low" }, ``, []llm.Field{llm.FieldVerbosity}},
		{"a schema", plain, func(r *llm.Request) {
			r.Output = &llm.OutputFormat{Type: llm.OutputJSONSchema, Name: "a b", Schema: json.RawMessage(`{"a":1}`), Strict: ptr(true)}
		}, `"text":{"format":{"type":"json_schema","name":"` + toolName("a b") + `","schema":{"a":1},"strict":true}}`, nil},
		{"a schema without name", plain, func(r *llm.Request) { r.Output = &llm.OutputFormat{Type: llm.OutputJSONSchema} }, `"text":{"format":{"type":"json_schema","name":"response","schema":{}}}`, nil},
		{"a tool", plain, func(r *llm.Request) { r.Tools = []llm.Tool{tool} }, `"tools":[` + toolText + `]`, nil},
		{
			"a strict tool", plain, func(r *llm.Request) { r.Tools = []llm.Tool{{Name: "f", Description: "d", Strict: ptr(true)}} },
			`"tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object","properties":{}},"strict":true}]`, nil,
		},
		{"a schema without type", plain, func(r *llm.Request) {
			r.Tools = []llm.Tool{{Name: "f", Parameters: json.RawMessage(`{"properties":{}}`)}, {Name: "g", Parameters: json.RawMessage(`{}`)}}
		}, `"tools":[{"type":"function","name":"f","parameters":{"type":"object","properties":{}},"strict":false},{"type":"function","name":"g","parameters":{"type":"object"},"strict":false}]`, nil},
		{"no tools", plain, func(r *llm.Request) { r.ToolChoice, r.ParallelTools = &llm.ToolChoice{Mode: llm.ToolNone}, ptr(false) }, ``, nil},
		{"one tool at a time", plain, func(r *llm.Request) { r.Tools, r.ParallelTools = []llm.Tool{tool}, ptr(false) }, `"tools":[` + toolText + `],"parallel_tool_calls":false`, nil},
		{"a mode", plain, func(r *llm.Request) {
			r.Tools, r.ToolChoice = []llm.Tool{tool}, &llm.ToolChoice{Mode: llm.ToolRequired}
		}, `"tools":[` + toolText + `],"tool_choice":"required"`, nil},
		{"a forced tool", plain, func(r *llm.Request) {
			r.Tools, r.ToolChoice = []llm.Tool{tool}, &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"f"}}
		}, `"tools":[` + toolText + `],"tool_choice":{"type":"function","name":"f"}`, nil},
		{"allowed tools", plain, func(r *llm.Request) {
			r.Tools, r.ToolChoice = []llm.Tool{tool, {Name: "g", Parameters: tool.Parameters}, custom}, &llm.ToolChoice{Mode: llm.ToolAuto, Names: []string{"f", "p"}}
		}, `"tools":[` + toolText + `,` + strings.Replace(toolText, `"f"`, `"g"`, 1) + `,{"type":"custom","name":"p","format":{"type":"grammar","syntax":"lark","definition":"d"}}],"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"},{"type":"custom","name":"p"}]}`, nil},
		{"allowed tools elsewhere", other, func(r *llm.Request) {
			r.Tools, r.ToolChoice = []llm.Tool{tool, {Name: "g"}}, &llm.ToolChoice{Mode: llm.ToolAuto, Names: []string{"f"}}
		}, `"tools":[` + toolText + `],"tool_choice":"auto"`, nil},
		{"custom tools elsewhere", other, func(r *llm.Request) { r.Tools = []llm.Tool{custom} }, ``, []llm.Field{llm.FieldHostedTool}},
		{"hosted tools", plain, func(r *llm.Request) {
			r.Tools = []llm.Tool{
				{Hosted: json.RawMessage(`{"type":"web_search"}`), Issuer: issuerItems},
				{Hosted: json.RawMessage(`{"type":"web_search_20250305"}`), Issuer: llm.IssuerAnthropic},
				{Hosted: json.RawMessage(`{"type":"x"}`), Issuer: llm.IssuerOpenAI},
			}
		}, `"tools":[{"type":"web_search"}]`, []llm.Field{llm.FieldHostedTool}},
		{"who calls", plain, func(r *llm.Request) { r.User, r.Metadata, r.ServiceTier = "u", json.RawMessage(`{"a":"b"}`), "flex" }, `"user":"u","metadata":{"a":"b"},"service_tier":"flex"`, nil},
		{"who calls elsewhere", other, func(r *llm.Request) { r.User, r.Metadata, r.ServiceTier = "u", json.RawMessage(`{"a":"b"}`), "flex" }, `"user":"u"`, []llm.Field{llm.FieldMetadata, llm.FieldServiceTier}},
		{"another vendor's tier", plain, func(r *llm.Request) { r.ServiceTier = "standard_only" }, ``, []llm.Field{llm.FieldServiceTier}},
		{"modalities", plain, func(r *llm.Request) { r.Modalities = []string{"text", "audio"} }, ``, []llm.Field{llm.FieldModalities}},
		{"text alone", plain, func(r *llm.Request) { r.Modalities = []string{"text"} }, ``, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := Dialect{}.AppendRequest([]byte(">"), hello(c.change), c.target)
			if err != nil {
				t.Fatal(err)
			}
			want := `>{"model":"` + c.target.Model + `","input":[{"role":"user","content":"hi"}]`
			if c.want != "" {
				want += "," + c.want
			}
			if want += `,"store":false}`; string(e.Body) != want {
				t.Errorf("got  %s\nwant %s", e.Body, want)
			}
			if diff := cmp.Diff(c.dropped, e.Dropped); diff != "" {
				t.Errorf("dropped: -want +got\n%s", diff)
			}
			strict := c.target
			strict.Strict = true
			_, err = Dialect{}.AppendRequest(nil, hello(c.change), strict)
			var refused *llm.Error
			if errors.As(err, &refused) != (len(c.dropped) > 0) {
				t.Errorf("a strict target gives %v", err)
			}
		})
	}
}

func TestAppendRequestItems(t *testing.T) {
	t.Parallel()
	openai, other := llm.Target{Model: "m", Vendor: "openai"}, llm.Target{Model: "m", Vendor: "deepseek"}
	long := strings.Repeat("x", 200)
	image := func(m llm.Media) llm.Part { return llm.Part{Kind: llm.PartImage, Media: &m} }
	file := func(m llm.Media) llm.Part { return llm.Part{Kind: llm.PartDocument, Media: &m} }
	user := says(llm.RoleUser, textPart("u"))
	const userText = `{"role":"user","content":"u"}`
	for _, c := range []struct {
		name     string
		target   llm.Target
		messages []llm.Message
		want     string // what follows the model
		dropped  []llm.Field
	}{
		{"the system first", openai, []llm.Message{says(llm.RoleSystem, textPart("a"), textPart("b")), user}, `"instructions":"a\n\nb","input":[` + userText + `]`, nil},
		{
			"the system twice", openai,
			[]llm.Message{says(llm.RoleSystem, textPart("a")), says(llm.RoleSystem, textPart("b")), user, says(llm.RoleSystem, textPart("c"))},
			`"instructions":"a","input":[{"role":"system","content":"b"},` + userText + `,{"role":"system","content":"c"}]`, nil,
		},
		{"only the system", openai, []llm.Message{says(llm.RoleSystem, textPart("a"))}, `"input":[{"role":"system","content":"a"}]`, nil},
		{"two users", openai, []llm.Message{user, user}, `"input":[` + userText + `,` + userText + `]`, nil},
		{
			"media", openai,
			[]llm.Message{says(llm.RoleUser, textPart("t"), image(llm.Media{MIMEType: "image/png", Data: "AAAA", Detail: "low"}), image(llm.Media{URL: "https://a/b"}), image(llm.Media{FileID: "x"}),
				file(llm.Media{MIMEType: "application/pdf", Data: "AAAA"}), file(llm.Media{URL: "https://a/b", Name: "n"}), file(llm.Media{FileID: "y"}), file(llm.Media{MIMEType: "text/plain", Data: "aGk="}))},
			`"input":[{"role":"user","content":[{"type":"input_text","text":"t"},{"type":"input_image","image_url":"data:image/png;base64,AAAA","detail":"low"},{"type":"input_image","image_url":"https://a/b"},{"type":"input_image","file_id":"x"},{"type":"input_file","filename":"document.pdf","file_data":"data:application/pdf;base64,AAAA"},{"type":"input_file","file_url":"https://a/b","filename":"n"},{"type":"input_file","file_id":"y"},{"type":"input_text","text":"hi"}]}]`, nil,
		},
		{
			"media that has no place", openai,
			[]llm.Message{says(llm.RoleUser, image(llm.Media{URL: "gs://a"}), file(llm.Media{URL: "s3://a"}), llm.Part{Kind: llm.PartAudio, Media: &llm.Media{Data: "AAAA"}}, llm.Part{Kind: llm.PartVideo, Media: &llm.Media{Data: "AAAA"}})},
			`"input":[{"role":"user","content":""}]`,
			[]llm.Field{llm.FieldImage, llm.FieldDocument, llm.FieldAudio, llm.FieldVideo},
		},
		{"names and hints", openai, []llm.Message{{Role: llm.RoleUser, Name: "n", Parts: []llm.Part{{Kind: llm.PartText, Text: "u", Cache: &llm.CacheHint{}}}}}, `"input":[` + userText + `]`, []llm.Field{llm.FieldName, llm.FieldCacheControl}},
		{
			"what the model made", openai,
			[]llm.Message{user, says(llm.RoleAssistant, llm.Part{Kind: llm.PartReasoning, Text: "t", Signature: "e", Issuer: llm.IssuerOpenAI}, textPart("a"), callPart("c", "f", " "), textPart("b"), llm.Part{Kind: llm.PartRefusal, Text: "no"}, callPart("d", "g", `{"a":1}`)), says(llm.RoleTool, resultPart("c"), resultPart("d", textPart("r"), image(llm.Media{URL: "https://a/b"})))},
			`"input":[` + userText + `,{"type":"reasoning","summary":[{"type":"summary_text","text":"t"}],"encrypted_content":"e"},{"role":"assistant","content":"a"},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"role":"assistant","content":[{"type":"output_text","text":"b"},{"type":"refusal","refusal":"no"}]},{"type":"function_call","call_id":"d","name":"g","arguments":"{\"a\":1}"},{"type":"function_call_output","call_id":"c","output":""},{"type":"function_call_output","call_id":"d","output":[{"type":"input_text","text":"r"},{"type":"input_image","image_url":"https://a/b"}]}]`, nil,
		},
		{
			"other vendors' reasoning", openai,
			[]llm.Message{says(llm.RoleAssistant, llm.Part{Kind: llm.PartReasoning, Text: "t", Signature: "s", Issuer: llm.IssuerAnthropic}, llm.Part{Kind: llm.PartReasoning, Text: "t"}, llm.Part{Kind: llm.PartRedacted, Data: json.RawMessage(`"d"`), Issuer: llm.IssuerAnthropic}, textPart("a"))},
			`"input":[{"role":"assistant","content":"a"}]`,
			[]llm.Field{llm.FieldReasoningHistory},
		},
		{
			"redacted by OpenAI", openai,
			[]llm.Message{says(llm.RoleAssistant, llm.Part{Kind: llm.PartRedacted, Data: json.RawMessage(`"d"`), Issuer: llm.IssuerOpenAI})},
			`"input":[{"type":"reasoning","summary":[],"encrypted_content":"d"}]`, nil,
		},
		{
			"reasoning in full where it is taken", other,
			[]llm.Message{says(llm.RoleAssistant, llm.Part{Kind: llm.PartReasoning, Text: "t"}, textPart("a"))},
			`"input":[{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"t"}]},{"role":"assistant","content":"a"}]`, nil,
		},
		{
			"long ids", openai,
			[]llm.Message{says(llm.RoleAssistant, callPart(long, "f", "{}")), says(llm.RoleTool, resultPart(long, textPart("r")))},
			`"input":[{"type":"function_call","call_id":"` + callID(long) + `","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"` + callID(long) + `","output":"r"}]`, nil,
		},
		{"custom tools", openai, []llm.Message{
			says(llm.RoleAssistant, llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: json.RawMessage(`{"id":"c","type":"custom","custom":{"name":"p","input":"i"}}`)}),
			says(llm.RoleTool, llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: json.RawMessage(`{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"o"}]}`)}),
		}, `"input":[{"type":"custom_tool_call","call_id":"c","name":"p","input":"i"},{"type":"custom_tool_call_output","call_id":"c","output":"o"}]`, nil},
		{"opaque items", openai, []llm.Message{
			says(llm.RoleAssistant, llm.Part{Kind: llm.PartOpaque, Issuer: issuerItems, Data: json.RawMessage(`{"type":"web_search_call"}`)}, llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerAnthropic, Data: json.RawMessage(`{}`)}, textPart("a")),
			says(llm.RoleTool, llm.Part{Kind: llm.PartOpaque, Issuer: issuerItems, Data: json.RawMessage(`{"type":"computer_call_output"}`)}, llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerGoogle, Data: json.RawMessage(`{}`)}),
		}, `"input":[{"type":"web_search_call"},{"role":"assistant","content":"a"},{"type":"computer_call_output"}]`, []llm.Field{llm.FieldOpaque}},
		{"media of every kind of the model's", openai, []llm.Message{says(llm.RoleAssistant, file(llm.Media{Data: "AAAA"}), llm.Part{Kind: llm.PartAudio, Media: &llm.Media{}}, llm.Part{Kind: llm.PartVideo, Media: &llm.Media{}}, textPart(""), textPart("a"))}, `"input":[{"role":"assistant","content":"a"}]`, []llm.Field{llm.FieldDocument, llm.FieldAudio, llm.FieldVideo}},
		{"what the system cannot say", openai, []llm.Message{says(llm.RoleSystem, llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerGoogle}, llm.Part{Kind: llm.PartText, Text: "a", Cache: &llm.CacheHint{}}), user}, `"instructions":"a","input":[` + userText + `]`, []llm.Field{llm.FieldOpaque, llm.FieldCacheControl}},
		{"a system that says nothing", openai, []llm.Message{says(llm.RoleSystem), user}, `"input":[` + userText + `]`, nil},
		{"media of the model's", openai, []llm.Message{says(llm.RoleAssistant, image(llm.Media{Data: "AAAA"}), textPart("a"))}, `"input":[{"role":"assistant","content":"a"}]`, []llm.Field{llm.FieldImage}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := Dialect{}.AppendRequest(nil, &llm.Request{Messages: c.messages}, c.target)
			if err != nil {
				t.Fatal(err)
			}
			if want := `{"model":"m",` + c.want + `,"store":false}`; string(e.Body) != want {
				t.Errorf("got  %s\nwant %s", e.Body, want)
			}
			if diff := cmp.Diff(c.dropped, e.Dropped); diff != "" {
				t.Errorf("dropped: -want +got\n%s", diff)
			}
		})
	}
}

func TestAppendRequestExtra(t *testing.T) {
	t.Parallel()
	r := hello(func(r *llm.Request) {
		r.Stream = true
		r.Messages[0].Parts[0].Cache = &llm.CacheHint{}
		r.Tools = []llm.Tool{{Hosted: json.RawMessage(`{"type":"web_search"}`), Issuer: issuerItems}}
		r.Extra = map[string]json.RawMessage{
			"store": json.RawMessage(`true`), "prompt_cache_key": json.RawMessage(`"k"`), "previous_response_id": json.RawMessage(`"r"`), "include": json.RawMessage(`["x"]`),
			"prompt_cache_options": json.RawMessage(`{}`), "tool_choice": json.RawMessage(`{"type":"web_search"}`), "foo": json.RawMessage(`1`),
		}
	})
	e, err := Dialect{}.AppendRequest(nil, r, llm.Target{Model: "gpt-5", Vendor: "openai", Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"model":"gpt-5","input":[{"role":"user","content":[{"type":"input_text","text":"hi","prompt_cache_breakpoint":{"mode":"explicit"}}]}],"tools":[{"type":"web_search"}],"tool_choice":{"type":"web_search"},"include":["x"],"store":true,"previous_response_id":"r","prompt_cache_key":"k","prompt_cache_options":{},"stream":true}`
	if string(e.Body) != want {
		t.Errorf("got  %s\nwant %s", e.Body, want)
	}
	if diff := cmp.Diff([]string{"tool_choice", "include", "store", "previous_response_id", "prompt_cache_key", "prompt_cache_options"}, e.Extra); diff != "" {
		t.Errorf("carried: -want +got\n%s", diff)
	}
}

func TestAppendRequestToolNames(t *testing.T) {
	t.Parallel()
	const odd = "a.b/c"
	r := hello(func(r *llm.Request) {
		r.Messages = append(r.Messages, says(llm.RoleAssistant, callPart("c", odd, "{}")))
		r.Tools = []llm.Tool{{Name: odd}, {Name: "mcp::f"}}
		r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{odd}}
	})
	e, err := Dialect{}.AppendRequest(nil, r, llm.Target{Model: "m"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{toolName(odd): odd, toolName("mcp::f"): "mcp::f"}, e.ToolNames); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if strings.Contains(string(e.Body), odd) {
		t.Errorf("the name stands in %s", e.Body)
	}
}

func TestAppendRequestRefusesAlternatives(t *testing.T) {
	t.Parallel()
	_, err := Dialect{}.AppendRequest(nil, hello(func(r *llm.Request) { r.N = ptr(int64(2)) }), llm.Target{Model: "m"})
	var e *llm.Error
	if !errors.As(err, &e) || e.Param != "n" || e.Status != 400 {
		t.Errorf("got %v", err)
	}
}
