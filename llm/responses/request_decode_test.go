package responses

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func ptr[T any](v T) *T { return &v }

// asking is a request of one text with more members.
func asking(members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"model":"m","input":"hi"` + members + `}`
}

// talking is a request of the given items.
func talking(items ...string) string {
	return `{"model":"m","input":[` + strings.Join(items, ",") + `]}`
}

func textPart(s string) llm.Part { return llm.Part{Kind: llm.PartText, Text: s} }

func callPart(id, name, args string) llm.Part {
	return llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: id, Name: name, Arguments: args}}
}

func resultPart(id string, parts ...llm.Part) llm.Part {
	return llm.Part{Kind: llm.PartToolResult, Result: &llm.ToolResult{CallID: id, Parts: parts}}
}

func says(role llm.Role, parts ...llm.Part) llm.Message { return llm.Message{Role: role, Parts: parts} }

func TestDecodeRequestFields(t *testing.T) {
	t.Parallel()
	object := json.RawMessage(`{"type":"object"}`)
	for _, c := range []struct {
		name, members string
		want          func(*llm.Request)
	}{
		{"nothing", ``, func(*llm.Request) {}},
		{"nulls are not said", `"temperature":null,"tools":null,"tool_choice":null,"foo":null,"stream":null,"text":null,"reasoning":null,"include":null,"metadata":null,"prompt":null,"previous_response_id":null,"max_output_tokens":null,"user":null,"instructions":null`, func(*llm.Request) {}},
		{"defaults change nothing", `"store":false,"background":false,"truncation":"disabled","include":[],"tools":[],"stream_options":{"include_obfuscation":false}`, func(*llm.Request) {}},
		{"numbers", `"temperature":0,"top_p":0.5,"top_logprobs":2,"max_output_tokens":5`, func(r *llm.Request) {
			r.Temperature, r.TopP, r.TopLogProbs, r.MaxTokens = ptr(0.0), ptr(0.5), ptr(int64(2)), ptr(int64(5))
		}},
		{"a stream, which always has usage", `"stream":true`, func(r *llm.Request) { r.Stream, r.IncludeUsage = true, true }},
		{"the rest", `"metadata":{"a":"b"},"service_tier":"flex","parallel_tool_calls":false,"text":{"verbosity":"low"}`, func(r *llm.Request) {
			r.Metadata, r.ServiceTier, r.ParallelTools, r.Verbosity = json.RawMessage(`{"a":"b"}`), "flex", ptr(false), "low"
		}},
		{"user", `"user":"u"`, func(r *llm.Request) { r.User = "u" }},
		{"safety identifier", `"safety_identifier":"s"`, func(r *llm.Request) { r.User = "s" }},
		{"both", `"safety_identifier":"s","user":"u"`, func(r *llm.Request) {
			r.User, r.Extra = "u", map[string]json.RawMessage{"safety_identifier": json.RawMessage(`"s"`)}
		}},
		{"what has no neutral meaning is kept as it came", `"previous_response_id":"resp_1","store":true,"truncation":"auto","prompt_cache_key":"k","client_metadata":{"a": 12345678901234567890},"stream_options":{"include_obfuscation":true}`, func(r *llm.Request) {
			r.Extra = map[string]json.RawMessage{
				"previous_response_id": json.RawMessage(`"resp_1"`), "store": json.RawMessage(`true`), "truncation": json.RawMessage(`"auto"`),
				"prompt_cache_key": json.RawMessage(`"k"`), "client_metadata": json.RawMessage(`{"a": 12345678901234567890}`),
				"stream_options": json.RawMessage(`{"include_obfuscation":true}`),
			}
		}},
		{"include", `"include":["reasoning.encrypted_content","message.output_text.logprobs","web_search_call.action.sources"]`, func(r *llm.Request) {
			r.LogProbs, r.Extra = ptr(true), map[string]json.RawMessage{"include": json.RawMessage(`["web_search_call.action.sources"]`)}
		}},
		{"reasoning", `"reasoning":{"effort":"xhigh","summary":"detailed"}`, func(r *llm.Request) {
			r.Reasoning = &llm.Reasoning{Effort: "xhigh", Show: ptr(true)}
		}},
		{"reasoning that says nothing", `"reasoning":{"effort":null,"summary":null,"context":"auto"}`, func(*llm.Request) {}},
		{"summary alone", `"reasoning":{"generate_summary":"concise"}`, func(r *llm.Request) { r.Reasoning = &llm.Reasoning{Show: ptr(true)} }},
		{"text", `"text":{"format":{"type":"text"}}`, func(r *llm.Request) { r.Output = &llm.OutputFormat{Type: llm.OutputText} }},
		{"JSON mode", `"text":{"format":{"type":"json_object"}}`, func(r *llm.Request) { r.Output = &llm.OutputFormat{Type: llm.OutputJSON} }},
		{"a schema", `"text":{"format":{"type":"json_schema","name":"n","description":"d","schema":{"type":"object"},"strict":true}}`, func(r *llm.Request) {
			r.Output = &llm.OutputFormat{Type: llm.OutputJSONSchema, Name: "n", Description: "d", Schema: object, Strict: ptr(true)}
		}},
		{"functions", `"tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":false},{"type":"function","name":"g","parameters":null,"description":null,"strict":null}]`, func(r *llm.Request) {
			r.Tools = []llm.Tool{{Name: "f", Description: "d", Parameters: object, Strict: ptr(false)}, {Name: "g"}}
		}},
		{"a function as chat completions have it", `"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]`, func(r *llm.Request) {
			r.Tools = []llm.Tool{{Name: "f", Parameters: object}}
		}},
		{"hosted tools", `"tools":[{"type":"web_search","search_context_size":"low"},{"type":"mcp","server_label":"s"}]`, func(r *llm.Request) {
			r.Tools = []llm.Tool{
				{Hosted: json.RawMessage(`{"type":"web_search","search_context_size":"low"}`), Issuer: issuerItems},
				{Hosted: json.RawMessage(`{"type":"mcp","server_label":"s"}`), Issuer: issuerItems},
			}
		}},
		{"custom tools, as chat completions have them", `"tools":[{"type":"custom","name":"p","description":"d","format":{"type":"grammar","syntax":"lark","definition":"start: \"a\""}},{"type":"custom","name":"q","format":{"type":"text"}}]`, func(r *llm.Request) {
			r.Tools = []llm.Tool{
				{Hosted: json.RawMessage(`{"type":"custom","custom":{"name":"p","description":"d","format":{"type":"grammar","grammar":{"syntax":"lark","definition":"start: \"a\""}}}}`), Issuer: llm.IssuerOpenAI},
				{Hosted: json.RawMessage(`{"type":"custom","custom":{"name":"q","format":{"type":"text"}}}`), Issuer: llm.IssuerOpenAI},
			}
		}},
		{"a namespace", `"tools":[{"type":"namespace","name":"mcp","description":"d","tools":[{"type":"function","name":"f"},{"type":"function","name":"mcp"}]}]`, func(r *llm.Request) {
			r.Tools = []llm.Tool{{Name: "mcp::f"}, {Name: "mcp"}}
		}},
		{"tool choice", `"tool_choice":"required"`, func(r *llm.Request) { r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolRequired} }},
		{"a forced tool", `"tool_choice":{"type":"function","name":"f"}`, func(r *llm.Request) {
			r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"f"}}
		}},
		{"a forced tool as chat completions have it", `"tool_choice":{"type":"function","function":{"name":"f"}}`, func(r *llm.Request) {
			r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"f"}}
		}},
		{"a forced custom tool", `"tool_choice":{"type":"custom","name":"p"}`, func(r *llm.Request) {
			r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"p"}}
		}},
		{"allowed tools", `"tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"},{"type":"function","name":"g","namespace":"n"},{"type":"web_search"}]}`, func(r *llm.Request) {
			r.ToolChoice = &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"f", "n::g"}}
		}},
		{"allowed tools, all of them hosted", `"tool_choice":{"type":"allowed_tools","tools":[{"type":"web_search"}]}`, func(r *llm.Request) {
			r.Extra = map[string]json.RawMessage{"tool_choice": json.RawMessage(`{"type":"allowed_tools","tools":[{"type":"web_search"}]}`)}
		}},
		{"a hosted tool is to be called", `"tool_choice":{"type":"web_search"}`, func(r *llm.Request) {
			r.Extra = map[string]json.RawMessage{"tool_choice": json.RawMessage(`{"type":"web_search"}`)}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			want := &llm.Request{Model: "m", Messages: []llm.Message{says(llm.RoleUser, textPart("hi"))}}
			c.want(want)
			got, err := Dialect{}.DecodeRequest([]byte(asking(c.members)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestDecodeRequestItems(t *testing.T) {
	t.Parallel()
	const call = `{"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":"{}","status":"completed"}`
	image := func(m llm.Media) llm.Part { return llm.Part{Kind: llm.PartImage, Media: &m} }
	file := func(m llm.Media) llm.Part { return llm.Part{Kind: llm.PartDocument, Media: &m} }
	thought := func(text, signature, issuer string) llm.Part {
		return llm.Part{Kind: llm.PartReasoning, Text: text, Signature: signature, Issuer: issuer}
	}
	for _, c := range []struct {
		name string
		body string
		want []llm.Message
	}{
		{"instructions come first", `{"model":"m","input":[{"role":"developer","content":"d"},{"role":"user","content":"u"}],"instructions":"i"}`, []llm.Message{
			says(llm.RoleSystem, textPart("i")), says(llm.RoleSystem, textPart("d")), says(llm.RoleUser, textPart("u")),
		}},
		{"only the system", `{"model":"m","instructions":"i"}`, []llm.Message{says(llm.RoleSystem, textPart("i"))}},
		{"the system in the middle", talking(`{"role":"user","content":"a"}`, `{"type":"message","role":"system","content":[{"type":"input_text","text":"s"}]}`, `{"role":"user","content":"b"}`), []llm.Message{
			says(llm.RoleUser, textPart("a")), says(llm.RoleSystem, textPart("s")), says(llm.RoleUser, textPart("b")),
		}},
		{"empty text is no part", talking(`{"role":"user","content":[{"type":"input_text","text":""},{"type":"input_text","text":" "}]}`), []llm.Message{says(llm.RoleUser, textPart(" "))}},
		{"media", talking(`{"role":"user","content":[{"type":"input_image","image_url":"data:image/jpg;base64,AAAA","detail":"low"},{"type":"input_image","image_url":"https://a.example/b.png"},{"type":"input_image","file_id":"file-1"},{"type":"input_file","file_data":"data:application/pdf;base64,AAAA","filename":"a.pdf"},{"type":"input_file","file_url":"https://a.example/b.pdf"},{"type":"input_file","file_id":"file-2"},{"type":"input_file","file_data":"AAA","filename":"a.csv"},{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}`), []llm.Message{says(llm.RoleUser,
			image(llm.Media{MIMEType: "image/jpeg", Data: "AAAA", Detail: "low"}), image(llm.Media{URL: "https://a.example/b.png"}), image(llm.Media{FileID: "file-1"}),
			file(llm.Media{MIMEType: "application/pdf", Data: "AAAA", Name: "a.pdf"}), file(llm.Media{MIMEType: "application/pdf", URL: "https://a.example/b.pdf"}), file(llm.Media{FileID: "file-2"}),
			file(llm.Media{MIMEType: "text/csv", Data: "AAA=", Name: "a.csv"}), llm.Part{Kind: llm.PartAudio, Media: &llm.Media{MIMEType: "audio/wav", Data: "AAAA"}},
		)}},
		{"a picture as a file", talking(`{"role":"user","content":[{"type":"input_file","file_data":"data:image/png;base64,AAAA"}]}`), []llm.Message{says(llm.RoleUser, image(llm.Media{MIMEType: "image/png", Data: "AAAA"}))}},
		{"a cache breakpoint", talking(`{"role":"user","content":[{"type":"input_text","text":"a","prompt_cache_breakpoint":{"mode":"explicit"}}]}`), []llm.Message{says(llm.RoleUser, llm.Part{Kind: llm.PartText, Text: "a", Cache: &llm.CacheHint{}})}},
		{"what the model made is one message", talking(`{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}],"encrypted_content":"e"}`, `{"type":"message","role":"assistant","content":[{"type":"output_text","text":"x","annotations":[{"type":"url_citation","url":"u","title":"t","start_index":0,"end_index":1}]},{"type":"refusal","refusal":"no"}]}`, call, `{"type":"function_call","call_id":"d","name":"g","namespace":"n","arguments":"{"}`), []llm.Message{says(llm.RoleAssistant,
			thought("a\n\nb", "e", llm.IssuerOpenAI), llm.Part{Kind: llm.PartText, Text: "x", Citations: []llm.Citation{{URL: "u", Title: "t", End: 1}}},
			llm.Part{Kind: llm.PartRefusal, Text: "no"}, callPart("c", "f", "{}"), callPart("d", "n::g", "{"),
		)}},
		{"text and calls take turns", talking(`{"role":"assistant","content":"a"}`, call, `{"role":"assistant","content":"b"}`), []llm.Message{says(llm.RoleAssistant, textPart("a"), callPart("c", "f", "{}"), textPart("b"))}},
		{"results", talking(call, `{"type":"function_call","call_id":"d","name":"g","arguments":{"a": 1}}`, `{"type":"function_call_output","call_id":"c","output":""}`, `{"type":"function_call_output","call_id":"d","output":[{"type":"input_text","text":"t"},{"type":"input_image","image_url":"data:image/png;base64,AAAA"}]}`), []llm.Message{
			says(llm.RoleAssistant, callPart("c", "f", "{}"), callPart("d", "g", `{"a": 1}`)),
			says(llm.RoleTool, resultPart("c")), says(llm.RoleTool, resultPart("d", textPart("t"), image(llm.Media{MIMEType: "image/png", Data: "AAAA"}))),
		}},
		{"a result whose call is stored", `{"model":"m","previous_response_id":"r","input":[{"type":"function_call_output","call_id":"c","output":"x"}]}`, []llm.Message{says(llm.RoleTool, resultPart("c", textPart("x")))}},
		{"a custom tool", talking(`{"type":"custom_tool_call","call_id":"c","name":"p","input":"a\nb"}`, `{"type":"custom_tool_call_output","call_id":"c","output":[{"type":"input_text","text":"o"}]}`), []llm.Message{
			says(llm.RoleAssistant, llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: json.RawMessage(`{"id":"c","type":"custom","custom":{"name":"p","input":"a\nb"}}`)}),
			says(llm.RoleTool, llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: json.RawMessage(`{"role":"tool","tool_call_id":"c","content":"o"}`)}),
		}},
		{"hosted items", talking(`{"type":"web_search_call","id":"ws_1"}`, `{"type":"computer_call_output","call_id":"x","output":{}}`, `{"type":"mcp_approval_response","approve":true}`), []llm.Message{
			says(llm.RoleAssistant, llm.Part{Kind: llm.PartOpaque, Issuer: issuerItems, Data: json.RawMessage(`{"type":"web_search_call","id":"ws_1"}`)}),
			says(llm.RoleTool, llm.Part{Kind: llm.PartOpaque, Issuer: issuerItems, Data: json.RawMessage(`{"type":"computer_call_output","call_id":"x","output":{}}`)}),
			says(llm.RoleTool, llm.Part{Kind: llm.PartOpaque, Issuer: issuerItems, Data: json.RawMessage(`{"type":"mcp_approval_response","approve":true}`)}),
		}},
		{"reasoning in full", talking(`{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"t"}],"encrypted_content":null}`), []llm.Message{says(llm.RoleAssistant, thought("t", "", ""))}},
		{"a reference to reasoning", talking(`{"role":"user","content":"u"}`, `{"type":"item_reference","id":"rs_1"}`, call), []llm.Message{
			says(llm.RoleUser, textPart("u")), says(llm.RoleAssistant, callPart("c", "f", "{}")),
		}},
		{"reasoning that is stored elsewhere", talking(`{"role":"user","content":"u"}`, `{"type":"reasoning","id":"rs_1","summary":[]}`), []llm.Message{says(llm.RoleUser, textPart("u"))}},
		{"reasoning of other vendors", talking(`{"type":"reasoning","summary":[{"text":"t"}],"encrypted_content":"anthropic:s"}`, `{"type":"reasoning","summary":[],"encrypted_content":"redacted:anthropic:d"}`, `{"type":"reasoning","summary":[],"encrypted_content":"call:google:g"}`, call), []llm.Message{says(llm.RoleAssistant,
			thought("t", "s", llm.IssuerAnthropic), llm.Part{Kind: llm.PartRedacted, Issuer: llm.IssuerAnthropic, Data: json.RawMessage(`"d"`)},
			llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: "c", Name: "f", Arguments: "{}"}, Signature: "g", Issuer: llm.IssuerGoogle},
		)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var in llm.Inspection
			if err := (Dialect{}).Inspect([]byte(c.body), &in); err != nil && c.name != "only the system" {
				t.Error(err)
			}
			r, err := Dialect{}.DecodeRequest([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, r.Messages); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestDecodeRequestMoreTools(t *testing.T) {
	t.Parallel()
	r, err := Dialect{}.DecodeRequest([]byte(`{"model":"m","input":[{"type":"additional_tools","tools":[{"type":"function","name":"g"}]},{"role":"user","content":"u"}],"tools":[{"type":"function","name":"f"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]llm.Tool{{Name: "f"}, {Name: "g"}}, r.Tools); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestDecodeRequestRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, param string }{
		{"no object", `[]`, ""},
		{"no model", `{"input":"x"}`, "model"},
		{"nothing said", `{"model":"m","input":""}`, "input"},
		{"no input", `{"model":"m"}`, "input"},
		{"input of another type", `{"model":"m","input":1}`, "input"},
		{"an item that is none", talking(`1`), "input[0]"},
		{"a message without role", talking(`{"content":"x"}`), "input[0].role"},
		{"a message of another role", talking(`{"role":"tool","content":"x"}`), "input[0].role"},
		{"a message without content", talking(`{"role":"user"}`), "input[0].content"},
		{"content of another type", talking(`{"role":"user","content":1}`), "input[0].content"},
		{"an unknown part", talking(`{"role":"user","content":[{"type":"x"}]}`), "input[0].content[0].type"},
		{"text that is none", talking(`{"role":"user","content":[{"type":"input_text","text":1}]}`), "input[0].content[0].text"},
		{"an image of the assistant's", talking(`{"role":"assistant","content":[{"type":"input_image","file_id":"x"}]}`), "input[0].content[0].type"},
		{"a user's refusal", talking(`{"role":"user","content":[{"type":"refusal","refusal":"x"}]}`), "input[0].content[0].type"},
		{"an image without address", talking(`{"role":"user","content":[{"type":"input_image"}]}`), "input[0].content[0].image_url"},
		{"an image at a private address", talking(`{"role":"user","content":[{"type":"input_image","image_url":"http://10.0.0.1/a.png"}]}`), "input[0].content[0].image_url"},
		{"an image that is empty", talking(`{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,"}]}`), "input[0].content[0].image_url"},
		{"SVG", talking(`{"role":"user","content":[{"type":"input_image","image_url":"data:image/svg+xml;base64,AAAA"}]}`), "input[0].content[0].image_url"},
		{"a file at a private address", talking(`{"role":"user","content":[{"type":"input_file","file_url":"http://localhost/a.pdf"}]}`), "input[0].content[0].file_url"},
		{"a file without data", talking(`{"role":"user","content":[{"type":"input_file","filename":"a"}]}`), "input[0].content[0].file_data"},
		{"a call without id", talking(`{"type":"function_call","name":"f","arguments":"{}"}`), "input[0].call_id"},
		{"a call without name", talking(`{"type":"function_call","call_id":"c","arguments":"{}"}`), "input[0].name"},
		{"an orphan result", talking(`{"type":"function_call_output","call_id":"c","output":"x"}`), "input[0].call_id"},
		{"a reference", talking(`{"type":"item_reference","id":"msg_1"}`), "input[0]"},
		{"a reference to nothing", talking(`{"type":"item_reference"}`), "input[0]"},
		{"a reference that is none", talking(`{"type":"item_reference","id":1}`), "input[0].id"},
		{"a stored prompt", `{"model":"m","prompt":{"id":"x"}}`, "prompt"},
		{"a tool that is none", asking(`"tools":[1]`), "tools[0]"},
		{"a tool without type", asking(`"tools":[{"name":"f"}]`), "tools[0].type"},
		{"a function without name", asking(`"tools":[{"type":"function"}]`), "tools[0].name"},
		{"a nested function without name", asking(`"tools":[{"type":"function","function":{}}]`), "tools[0].function.name"},
		{"a bad tool in a namespace", asking(`"tools":[{"type":"namespace","name":"n","tools":[{"type":"function"}]}]`), "tools[0].tools[0].name"},
		{"a bad choice", asking(`"tool_choice":"any"`), "tool_choice"},
		{"a choice without name", asking(`"tool_choice":{"type":"function"}`), "tool_choice.name"},
		{"allowed tools without any", asking(`"tool_choice":{"type":"allowed_tools"}`), "tool_choice.tools"},
		{"a bad format", asking(`"text":{"format":{"type":"x"}}`), "text.format.type"},
		{"a schema without one", asking(`"text":{"format":{"type":"json_schema","name":"n"}}`), "text.format.schema"},
		{"a bad effort", asking(`"reasoning":{"effort":"x"}`), "reasoning.effort"},
		{"a bad limit", asking(`"max_output_tokens":0`), "max_output_tokens"},
		{"a bad number", asking(`"temperature":"1"`), "temperature"},
		{"a bad include", asking(`"include":[1]`), "include[0]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Dialect{}.DecodeRequest([]byte(c.body))
			var e *llm.Error
			if !errors.As(err, &e) || e.Param != c.param || e.Status != 400 || e.Code == "" || e.Message == "" {
				t.Errorf("got %#v, want an error at %q", err, c.param)
			}
		})
	}
}
