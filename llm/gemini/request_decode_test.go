package gemini

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func TestDecodeRequest(t *testing.T) {
	t.Parallel()
	text := func(s string) llm.Part { return llm.Part{Kind: llm.PartText, Text: s} }
	hi := []llm.Message{user("hi")}
	const contents = `"contents":[{"role":"user","parts":[{"text":"hi"}]}]`
	tests := []struct {
		about, body string
		want        llm.Request
	}{
		{"the least", `{` + contents + `}`, llm.Request{Messages: hi}},
		{"a plain text", `{"contents":"hi"}`, llm.Request{Messages: hi}},
		{"one content", `{"contents":{"parts":{"text":"hi"}}}`, llm.Request{Messages: hi}},
		{"no role", `{"contents":[{"parts":[{"text":"hi"}]}]}`, llm.Request{Messages: hi}},
		{"nulls", `{` + contents + `,"tools":null,"toolConfig":null,"generationConfig":{"temperature":null},"safetySettings":null}`, llm.Request{Messages: hi}},
		{"the model is not read", `{` + contents + `,"model":"models/x"}`, llm.Request{Messages: hi}},
		{
			"a system", `{"system_instruction":{"role":"x","parts":[{"text":"a"},{"text":"b"}]},` + contents + `}`,
			llm.Request{Messages: []llm.Message{{Role: llm.RoleSystem, Parts: []llm.Part{text("a"), text("b")}}, user("hi")}},
		},
		{"a system behind", `{` + contents + `,"systemInstruction":"a"}`, llm.Request{Messages: []llm.Message{system("a"), user("hi")}}},
		{
			"media", `{"contents":[{"parts":[{"inline_data":{"mime_type":"image/png","data":"-_8="}},{"fileData":{"mimeType":"application/pdf","fileUri":"gs://b/a"}},{"fileData":{"fileUri":"https://x.example/a.mp3"}}]}]}`,
			llm.Request{Messages: []llm.Message{{Role: llm.RoleUser, Parts: []llm.Part{
				{Kind: llm.PartImage, Media: &llm.Media{MIMEType: "image/png", Data: "+/8="}},
				{Kind: llm.PartDocument, Media: &llm.Media{MIMEType: "application/pdf", URL: "gs://b/a"}},
				{Kind: llm.PartAudio, Media: &llm.Media{MIMEType: "audio/mp3", URL: "https://x.example/a.mp3"}},
			}}}},
		},
		{
			"what the model said", `{"contents":[{"parts":[{"text":"hi"}]},{"role":"model","parts":[{"text":"hm","thought":true},{"text":"a","thought_signature":"c2ln"},{"text":""},{"text":"","thoughtSignature":"c2ln"},{"executable_code":{"code":"1"}}]}]}`,
			llm.Request{Messages: []llm.Message{user("hi"), {Role: llm.RoleAssistant, Parts: []llm.Part{
				{Kind: llm.PartReasoning, Text: "hm", Issuer: llm.IssuerGoogle},
				{Kind: llm.PartText, Text: "a", Signature: "c2ln", Issuer: llm.IssuerGoogle},
				{Kind: llm.PartText, Signature: "c2ln", Issuer: llm.IssuerGoogle},
				{Kind: llm.PartOpaque, Data: json.RawMessage(`{"executable_code":{"code":"1"}}`), Issuer: llm.IssuerGoogle},
			}}}},
		},
		{
			"a tool round with ids", `{"contents":[{"role":"model","parts":[{"functionCall":{"id":"c","name":"f","args":{"x":1}},"thoughtSignature":"c2ln"}]},{"role":"user","parts":[{"functionResponse":{"id":"c","name":"f","response":{"output":"ok"}}},{"text":"hi"}]}]}`,
			llm.Request{Messages: []llm.Message{
				{Role: llm.RoleAssistant, Parts: []llm.Part{{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: "c", Name: "f", Arguments: `{"x":1}`}, Signature: "c2ln", Issuer: llm.IssuerGoogle}}},
				{Role: llm.RoleTool, Parts: []llm.Part{{Kind: llm.PartToolResult, Result: &llm.ToolResult{CallID: "c", Name: "f", Parts: []llm.Part{text("ok")}}}}},
				user("hi"),
			}},
		},
		{
			"tools", `{` + contents + `,"tools":[{"googleSearch":{}},{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":{"type":"object"}},{"name":"g","parameters":{"type":"OBJECT"}},{"name":"h","description":null}],"code_execution":{}}]}`,
			llm.Request{Messages: hi, Tools: []llm.Tool{
				{Hosted: json.RawMessage(`{"googleSearch":{}}`), Issuer: llm.IssuerGoogle},
				{Name: "f", Description: "d", Parameters: json.RawMessage(`{"type":"object"}`)},
				{Name: "g", Parameters: json.RawMessage(`{"type":"object"}`)},
				{Name: "h"},
				{Hosted: json.RawMessage(`{"codeExecution":{}}`), Issuer: llm.IssuerGoogle},
			}},
		},
		{
			"a choice", `{` + contents + `,"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]},"retrievalConfig":{"a":1}}}`,
			llm.Request{Messages: hi, ToolChoice: &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"f"}}, Extra: map[string]json.RawMessage{"toolConfig": json.RawMessage(`{"retrievalConfig":{"a":1}}`)}},
		},
		{"a choice by number", `{` + contents + `,"tool_config":{"function_calling_config":{"mode":3}}}`, llm.Request{Messages: hi, ToolChoice: &llm.ToolChoice{Mode: llm.ToolNone}}},
		{"a validated choice", `{` + contents + `,"toolConfig":{"functionCallingConfig":{"mode":"VALIDATED"}}}`, llm.Request{Messages: hi, ToolChoice: &llm.ToolChoice{Mode: llm.ToolAuto}}},
		{
			"how to generate", `{` + contents + `,"generationConfig":{"temperature":0.5,"topP":1,"top_k":40.0,"seed":"7","frequencyPenalty":1,"presencePenalty":-1,"candidateCount":2,"maxOutputTokens":10,"stopSequences":["a"],"responseLogprobs":true,"logprobs":2,"responseModalities":["TEXT",2],"mediaResolution":"LOW"}}`,
			llm.Request{
				Messages: hi, Temperature: ptr(0.5), TopP: ptr(1.0), TopK: ptr(int64(40)), Seed: ptr(int64(7)), FrequencyPenalty: ptr(1.0), PresencePenalty: ptr(-1.0), N: ptr(int64(2)), MaxTokens: ptr(int64(10)), Stop: []string{"a"}, LogProbs: ptr(true), TopLogProbs: ptr(int64(2)), Modalities: []string{"text", "image"},
				Extra: map[string]json.RawMessage{"generationConfig": json.RawMessage(`{"mediaResolution":"LOW"}`)},
			},
		},
		{"JSON", `{` + contents + `,"generationConfig":{"responseMimeType":"application/json"}}`, llm.Request{Messages: hi, Output: &llm.OutputFormat{Type: llm.OutputJSON}}},
		{"a schema", `{` + contents + `,"generationConfig":{"response_mime_type":"application/json","response_schema":{"type":"STRING"}}}`, llm.Request{Messages: hi, Output: &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: json.RawMessage(`{"type":"string"}`)}}},
		{"a JSON Schema", `{` + contents + `,"generationConfig":{"responseJsonSchema":{"type":"string"}}}`, llm.Request{Messages: hi, Output: &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: json.RawMessage(`{"type":"string"}`)}}},
		{"a budget", `{` + contents + `,"generationConfig":{"thinkingConfig":{"includeThoughts":true,"thinkingBudget":-1}}}`, llm.Request{Messages: hi, Reasoning: &llm.Reasoning{Budget: ptr(int64(-1)), Show: ptr(true)}}},
		{"a level", `{` + contents + `,"generationConfig":{"thinkingConfig":{"thinkingLevel":"HIGH","thinkingBudget":1}}}`, llm.Request{Messages: hi, Reasoning: &llm.Reasoning{Effort: "high", Show: ptr(false)}}},
		{"no thinking to speak of", `{` + contents + `,"generationConfig":{"thinkingConfig":{}}}`, llm.Request{Messages: hi}},
		{
			"the rest", `{` + contents + `,"safety_settings":[{"a":1}],"cachedContent":"x","labels":{"A_b":"c"},"service_tier":"standard","new_thing":1}`,
			llm.Request{Messages: hi, ServiceTier: "default", Extra: map[string]json.RawMessage{
				"safetySettings": json.RawMessage(`[{"a":1}]`), "cachedContent": json.RawMessage(`"x"`), "labels": json.RawMessage(`{"A_b":"c"}`), "newThing": json.RawMessage(`1`),
			}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			if err := (Dialect{}).Inspect([]byte(tt.body), new(llm.Inspection)); err != nil {
				t.Fatal(err)
			}
			got, err := Dialect{}.DecodeRequest([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			tt.want.IncludeUsage = true
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestResultsFindTheirCalls checks results that have no id, as most clients
// send them.
func TestResultsFindTheirCalls(t *testing.T) {
	t.Parallel()
	body := `{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{"n":1}}},{"functionCall":{"name":"g"}},{"functionCall":{"name":"f","args":{"n":2}}}]},
		{"role":"user","parts":[{"functionResponse":{"name":"g","response":{"output":"g"}}},{"functionResponse":{"name":"f","response":{"error":"f1"}}},{"functionResponse":{"name":"f","response":{"a":"f2"}}}]},
		{"role":"model","parts":[{"functionCall":{"name":"f"}}]},
		{"role":"function","parts":[{"functionResponse":{"name":"f","response":{"error":{"a":1}}}}]}]}`
	r, err := Dialect{}.DecodeRequest([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	again, _ := Dialect{}.DecodeRequest([]byte(body))
	if diff := cmp.Diff(r, again); diff != "" {
		t.Errorf("decoding twice gives different requests:\n%s", diff)
	}
	ids := map[string]string{}
	for _, m := range r.Messages {
		for _, p := range m.Parts {
			if p.Kind == llm.PartToolCall {
				if p.Call.ID == "" || ids[p.Call.ID] != "" {
					t.Errorf("id %q is empty or used twice", p.Call.ID)
				}
				ids[p.Call.ID] = p.Call.Name + p.Call.Arguments
			}
		}
	}
	var got []string
	for _, m := range r.Messages {
		for _, p := range m.Parts {
			if p.Kind == llm.PartToolResult {
				line := ids[p.Result.CallID] + " " + p.Result.Parts[0].Text
				if p.Result.IsError {
					line += " failed"
				}
				got = append(got, line)
			}
		}
	}
	want := []string{`g{} g`, `f{"n":1} f1 failed`, `f{"n":2} {"a":"f2"}`, `f{} {"a":1} failed`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecodeRequestErrors(t *testing.T) {
	t.Parallel()
	const contents = `"contents":[{"parts":[{"text":"hi"}]}]`
	tests := []struct{ body, at string }{
		{`{}`, "contents"},
		{`{"contents":[]}`, "contents"},
		{`{"contents":null}`, "contents"},
		{`{"contents":[7]}`, "contents[0]"},
		{`{"contents":[{"parts":[{"text":"a"}]},{"role":"robot"}]}`, "contents[1].role"},
		{`{"contents":[{"role":7}]}`, "contents[0].role"},
		{`{"contents":[{"parts":[{"text":7}]}]}`, "contents[0].parts[0].text"},
		{`{"contents":[{"parts":[{"text":"a"},{"thought":"yes"}]}]}`, "contents[0].parts[1].thought"},
		{`{"contents":[{"parts":[{"inlineData":{"data":"AAAA"}}]}]}`, "contents[0].parts[0].inlineData.mimeType"},
		{`{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png"}}]}]}`, "contents[0].parts[0].inlineData.data"},
		{`{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"A"}}]}]}`, "contents[0].parts[0].inlineData.data"},
		{`{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"AA AA"}}]}]}`, "contents[0].parts[0].inlineData.data"},
		{`{"contents":[{"parts":[{"fileData":{}}]}]}`, "contents[0].parts[0].fileData.fileUri"},
		{`{"contents":[{"parts":[{"fileData":{"fileUri":"http://10.0.0.1/a"}}]}]}`, "contents[0].parts[0].fileData.fileUri"},
		{`{"contents":[{"parts":[{"fileData":{"fileUri":"http://localhost/a"}}]}]}`, "contents[0].parts[0].fileData.fileUri"},
		{`{"contents":[{"parts":[{"fileData":{"fileUri":"http://0x7f.1/a"}}]}]}`, "contents[0].parts[0].fileData.fileUri"},
		{`{"contents":[{"parts":[{"fileData":{"fileUri":"file:///a"}}]}]}`, "contents[0].parts[0].fileData.fileUri"},
		{`{"contents":[{"role":"model","parts":[{"functionCall":{}}]}]}`, "contents[0].parts[0].functionCall.name"},
		{`{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":[]}}]}]}`, "contents[0].parts[0].functionCall.args"},
		{`{"contents":[{"parts":[{"functionResponse":{"name":"f","response":{}}}]}]}`, "contents[0].parts[0].functionResponse"},
		{`{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f"}}]},{"parts":[{"functionResponse":{"name":"f","response":"ok"}}]}]}`, "contents[1].parts[0].functionResponse.response"},
		{`{` + contents + `,"systemInstruction":{"parts":[{"text":7}]}}`, "systemInstruction.parts[0].text"},
		{`{` + contents + `,"systemInstruction":7}`, "systemInstruction"},
		{`{` + contents + `,"tools":[{"functionDeclarations":[{"name":"f"},{}]}]}`, "tools[0].functionDeclarations[1].name"},
		{`{` + contents + `,"tools":[{"functionDeclarations":[{"name":"f","parameters":{"properties":{"a":{"type":{}}}}}]}]}`, "tools[0].functionDeclarations[0].parameters.properties.a.type"},
		{`{` + contents + `,"tools":[7]}`, "tools[0]"},
		{`{` + contents + `,"toolConfig":{"functionCallingConfig":{"mode":"MAYBE"}}}`, "toolConfig.functionCallingConfig.mode"},
		{`{` + contents + `,"generationConfig":7}`, "generationConfig"},
		{`{` + contents + `,"generationConfig":{"temperature":"hot"}}`, "generationConfig.temperature"},
		{`{` + contents + `,"generationConfig":{"temperature":1e400}}`, "generationConfig.temperature"},
		{`{` + contents + `,"generationConfig":{"maxOutputTokens":0}}`, "generationConfig.maxOutputTokens"},
		{`{` + contents + `,"generationConfig":{"max_output_tokens":1.5}}`, "generationConfig.maxOutputTokens"},
		{`{` + contents + `,"generationConfig":{"topP":1,"top_p":1}}`, "generationConfig.topP"},
		{`{` + contents + `,"generationConfig":{"stopSequences":[{}]}}`, "generationConfig.stopSequences[0]"},
		{`{` + contents + `,"generationConfig":{"responseMimeType":"text/x.enum"}}`, "generationConfig.responseMimeType"},
		{`{` + contents + `,"generationConfig":{"responseSchema":[]}}`, "generationConfig.responseSchema"},
		{`{` + contents + `,"generationConfig":{"thinkingConfig":{"thinkingLevel":"BIG"}}}`, "generationConfig.thinkingConfig.thinkingLevel"},
	}
	for _, tt := range tests {
		_, err := Dialect{}.DecodeRequest([]byte(tt.body))
		var e *llm.Error
		if !errors.As(err, &e) || e.Status != 400 || e.Param != tt.at {
			t.Errorf("%s: error %v, want one at %s", tt.body, err, tt.at)
		}
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	const contents = `"contents":[{"parts":[{"text":"hi"}]}]`
	base := llm.Inspection{IncludeUsage: true, N: 1}
	with := func(change func(*llm.Inspection)) llm.Inspection {
		in := base
		change(&in)
		return in
	}
	tests := []struct {
		body string
		want llm.Inspection
	}{
		{`{` + contents + `}`, base},
		{`{"contents":"hi"}`, base},
		{`{` + contents + `,"generationConfig":{"maxOutputTokens":5,"candidate_count":2}}`, with(func(in *llm.Inspection) { in.MaxTokens, in.N = 5, 2 })},
		{`{` + contents + `,"generation_config":{"max_output_tokens":null,"responseSchema":null,"thinkingConfig":null}}`, base},
		{`{` + contents + `,"generationConfig":{"responseSchema":{}}}`, with(func(in *llm.Inspection) { in.Structured = true })},
		{`{` + contents + `,"generationConfig":{"responseMimeType":"application/json"}}`, with(func(in *llm.Inspection) { in.Structured = true })},
		{`{` + contents + `,"generationConfig":{"thinking_config":{}}}`, with(func(in *llm.Inspection) { in.Reasoning = true })},
		{`{` + contents + `,"tools":[{"googleSearch":{}}]}`, base},
		{`{` + contents + `,"tools":[{"function_declarations":[]}]}`, with(func(in *llm.Inspection) { in.Tools = true })},
		{`{"contents":{"parts":{"inlineData":{"mimeType":"image/png"}}}}`, with(func(in *llm.Inspection) { in.Images = true })},
		{`{"contents":[{"parts":[{"file_data":{"mime_type":"application/pdf"}},{"inlineData":{"mimeType":"audio/wav"}},{"inlineData":{"mimeType":"video/mp4"}}]}]}`, with(func(in *llm.Inspection) { in.Documents, in.Audio = true, true })},
		{`{` + contents + `,"labels":{"a":"b","A":"c"}}`, base},
	}
	var in llm.Inspection
	for _, tt := range tests {
		in.Reset()
		if err := (Dialect{}).Inspect([]byte(tt.body), &in); err != nil {
			t.Errorf("%s: %v", tt.body, err)
			continue
		}
		got := in
		got.State = nil
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.body, diff)
		}
	}
	for _, tt := range []struct{ body, at, code string }{
		{``, "", "invalid_json"},
		{`[]`, "", "invalid_type"},
		{`{"contents":[}`, "contents[0]", "invalid_json"},
		{`{` + contents + `} x`, "", "invalid_json"},
		{`{` + contents + `,` + contents + `}`, "contents", "invalid_json"},
		{`{"Contents":[]}`, "contents", "invalid_value"},
		{`{` + contents + `,"tool_config":{},"toolConfig":{}}`, "toolConfig", "invalid_value"},
		{"{\"contents\":\"\xff\"}", "contents", "invalid_json"},
		{`{"contents":7}`, "contents", "invalid_type"},
		{`{"tools":[]}`, "contents", "missing_required_parameter"},
		{`{` + contents + `,"generationConfig":{"maxOutputTokens":-1}}`, "generationConfig.maxOutputTokens", "invalid_value"},
		{`{` + contents + `,"generationConfig":{"maxOutputTokens":1,"max_output_tokens":2}}`, "generationConfig.maxOutputTokens", "invalid_value"},
		{`{` + contents + `,"generationConfig":{"candidateCount":"x"}}`, "generationConfig.candidateCount", "invalid_type"},
		{`{` + contents + `,"generationConfig":[]}`, "generationConfig", "invalid_type"},
	} {
		in.Reset()
		err := Dialect{}.Inspect([]byte(tt.body), &in)
		var e *llm.Error
		if !errors.As(err, &e) || e.Param != tt.at || e.Code != tt.code {
			t.Errorf("%s: error %v (%+v), want %s at %q", tt.body, err, e, tt.code, tt.at)
		}
	}
}
