package anthropic

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// asked is a request with some members beside the least.
func asked(members string) string {
	return `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]` + members + `}`
}

func TestDecodeRequest(t *testing.T) {
	t.Parallel()
	cached := func(p llm.Part) llm.Part { p.Cache = &llm.CacheHint{TTL: "1h"}; return p }
	const hint = `,"cache_control":{"type":"ephemeral","ttl":"1h"}`
	failed := gave("c1", text1("no"))
	failed.Result.IsError = true
	tests := []struct {
		about, body string
		// messages, if there are any, take the place of what asked has.
		want     llm.Request
		messages []llm.Message
	}{
		{about: "the least", body: asked(``)},
		{
			about: "all settings", body: asked(`,"temperature":0.5,"top_p":0.9,"top_k":5,"stop_sequences":["a"],"metadata":{"user_id":"u"},"service_tier":"standard_only","stream":true`),
			want: llm.Request{Temperature: ptr(0.5), TopP: ptr(0.9), TopK: ptr(int64(5)), Stop: []string{"a"}, User: "u", ServiceTier: "default", Stream: true},
		},
		{about: "nulls", body: asked(`,"temperature":null,"tools":null,"tool_choice":null,"thinking":null,"output_config":null,"metadata":null,"system":null,"x":null`)},
		{
			about: "what has no neutral meaning", body: asked(`,"container":"c","foo":[1e400],"output_config":{"task_budget":{"total":5}}`),
			want: llm.Request{Extra: map[string]json.RawMessage{"container": []byte(`"c"`), "foo": []byte(`[1e400]`), "output_config.task_budget": []byte(`{"total":5}`)}},
		},

		{about: "a budget", body: asked(`,"thinking":{"type":"enabled","budget_tokens":2000}`), want: llm.Request{Reasoning: &llm.Reasoning{Budget: ptr(int64(2000))}}},
		{about: "no thinking", body: asked(`,"thinking":{"type":"disabled"},"output_config":{"effort":"high"}`), want: llm.Request{Reasoning: &llm.Reasoning{Effort: "none"}}},
		{about: "the model decides", body: asked(`,"thinking":{"type":"adaptive","display":"summarized"}`), want: llm.Request{Reasoning: &llm.Reasoning{Budget: ptr(int64(-1)), Show: ptr(true)}}},
		{about: "an effort", body: asked(`,"thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"xhigh"}`), want: llm.Request{Reasoning: &llm.Reasoning{Effort: "xhigh", Show: ptr(false)}}},
		{about: "an effort alone", body: asked(`,"output_config":{"effort":"low"}`), want: llm.Request{Reasoning: &llm.Reasoning{Effort: "low"}}},

		{about: "a schema", body: asked(`,"output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}`), want: llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: []byte(`{"type":"object"}`)}}},
		{about: "a schema in the older place", body: asked(`,"output_format":{"type":"json_schema","schema":{}}`), want: llm.Request{Output: &llm.OutputFormat{Type: llm.OutputJSONSchema, Schema: []byte(`{}`)}}},

		{
			about: "tools", body: asked(`,"tools":[{"name":"f","description":"d","input_schema":{"type":"object"},"strict":true` + hint + `},{"type":"custom","name":"g"},{"type":"bash_20250124","name":"bash"}],"tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true}`),
			want: llm.Request{Tools: []llm.Tool{
				{Name: "f", Description: "d", Parameters: []byte(`{"type":"object"}`), Strict: ptr(true), Cache: &llm.CacheHint{TTL: "1h"}},
				{Name: "g"},
				{Hosted: []byte(`{"type":"bash_20250124","name":"bash"}`), Issuer: llm.IssuerAnthropic},
			}, ToolChoice: &llm.ToolChoice{Mode: llm.ToolRequired, Names: []string{"f"}}, ParallelTools: ptr(false)},
		},
		{about: "any tool", body: asked(`,"tool_choice":{"type":"any","disable_parallel_tool_use":false}`), want: llm.Request{ToolChoice: &llm.ToolChoice{Mode: llm.ToolRequired}}},
		{about: "no tool", body: asked(`,"tool_choice":{"type":"none"}`), want: llm.Request{ToolChoice: &llm.ToolChoice{Mode: llm.ToolNone}}},
		{about: "some tool", body: asked(`,"tool_choice":{"type":"auto"}`), want: llm.Request{ToolChoice: &llm.ToolChoice{Mode: llm.ToolAuto}}},

		{about: "system", body: asked(`,"system":"s\n"`), messages: []llm.Message{system("s\n"), user("hi")}},
		{
			about: "system of blocks", body: asked(`,"system":[{"type":"text","text":"a"},{"type":"text","text":"b"` + hint + `}]`),
			messages: []llm.Message{{Role: llm.RoleSystem, Parts: []llm.Part{text1("a"), cached(text1("b"))}}, user("hi")},
		},
		{about: "system inside", body: `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"},{"role":"system","content":"s"}]}`, messages: []llm.Message{user("hi"), system("s")}},
		{about: "no text", body: `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":""},{"role":"user","content":[]}]}`, messages: []llm.Message{{Role: llm.RoleUser}, {Role: llm.RoleUser}}},
		{
			about: "media", body: `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[` +
				`{"type":"image","source":{"type":"base64","media_type":"image/JPG","data":"AAA\n"}` + hint + `},{"type":"image","source":{"type":"url","url":"https://x.org/a.png"}},{"type":"image","source":{"type":"file","file_id":"file_1"}},` +
				`{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0="},"title":"t","citations":{"enabled":true}},{"type":"document","source":{"type":"url","url":"https://x.org/a.pdf"}},` +
				`{"type":"document","source":{"type":"text","media_type":"text/plain","data":"hi"}},{"type":"document","source":{"type":"content","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}},{"type":"document","source":{"type":"content","content":[{"type":"image"}]}},` +
				`{"type":"search_result","source":"x","title":"t","content":[]}]}]}`,
			messages: []llm.Message{shows(
				cached(image(llm.Media{MIMEType: "image/jpeg", Data: "AAA="})), image(llm.Media{URL: "https://x.org/a.png"}), image(llm.Media{FileID: "file_1"}),
				document(llm.Media{MIMEType: "application/pdf", Data: "JVBERi0=", Name: "t"}), document(llm.Media{MIMEType: "application/pdf", URL: "https://x.org/a.pdf"}),
				document(llm.Media{MIMEType: "text/plain", Data: "aGk="}), document(llm.Media{MIMEType: "text/plain", Data: "YQpi"}),
				llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerAnthropic, Data: []byte(`{"type":"document","source":{"type":"content","content":[{"type":"image"}]}}`)},
				llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerAnthropic, Data: []byte(`{"type":"search_result","source":"x","title":"t","content":[]}`)},
			)},
			want: llm.Request{Extra: map[string]json.RawMessage{"messages.content.document.citations": json.RawMessage(`{"enabled":true}`)}},
		},
		{
			about: "calls and results", body: `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"tool_use","id":"c1","name":"f","input":{"x": 1}},{"type":"tool_use","id":"c2","name":"g","input":{},"caller":{"type":"direct"}}]},` +
				`{"role":"user","content":[{"type":"text","text":"and"},{"type":"tool_result","tool_use_id":"c2","content":"ok"` + hint + `},{"type":"tool_result","tool_use_id":"c1","is_error":true,"content":[{"type":"text","text":"no"}]}]},` +
				`{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1"}]}]}`,
			messages: []llm.Message{
				user("hi"), calls(text1("a"), call("c1", "f", `{"x": 1}`), call("c2", "g", `{}`)),
				results(cached(gave("c2", text1("ok"))), failed), user("and"), results(gave("c1")),
			},
		},
		{
			about: "thoughts", body: `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"enc"},{"type":"thinking","thinking":"","signature":"google:s"},{"type":"thinking","thinking":"x"},{"type":"server_tool_use","id":"s","name":"n","input":{}}]}]}`,
			messages: []llm.Message{user("hi"), calls(
				llm.Part{Kind: llm.PartReasoning, Text: "hm", Signature: "s", Issuer: llm.IssuerAnthropic},
				llm.Part{Kind: llm.PartRedacted, Data: []byte(`"enc"`), Issuer: llm.IssuerAnthropic},
				llm.Part{Kind: llm.PartReasoning, Signature: "s", Issuer: llm.IssuerGoogle},
				llm.Part{Kind: llm.PartReasoning, Text: "x"},
				llm.Part{Kind: llm.PartOpaque, Data: []byte(`{"type":"server_tool_use","id":"s","name":"n","input":{}}`), Issuer: llm.IssuerAnthropic},
			)},
		},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			var in llm.Inspection
			if err := (Dialect{}).Inspect([]byte(tt.body), &in); err != nil {
				t.Fatal(err)
			}
			got, err := Dialect{}.DecodeRequest([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			want := tt.want
			want.Model, want.MaxTokens, want.IncludeUsage, want.Messages = "m", ptr(int64(5)), true, tt.messages
			if want.Messages == nil {
				want.Messages = []llm.Message{user("hi")}
			}
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRefusedRequests checks the places of what is wrong: those that Inspect
// finds, and those that only decoding does.
func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	message := func(role, content string) string {
		return `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"},{"role":"` + role + `","content":` + content + `}]}`
	}
	source := func(s string) string { return message("user", `[{"type":"image","source":`+s+`}]`) }
	tests := []struct {
		about, body, at string
		// decoded is set for what Inspect lets pass, to the provider of the dialect.
		decoded bool
	}{
		{about: "no JSON", body: `{"model":`},
		{about: "no object", body: `[]`},
		{about: "a byte order mark", body: "\ufeff" + asked(``)},
		{about: "too deep", body: asked(`,"x":` + strings.Repeat("[", 200) + strings.Repeat("]", 200))},
		{about: "a key twice", body: asked(`,"model":"n"`), at: "model"},
		{about: "a key twice, escaped", body: asked(`,"m\u006fdel":"n"`), at: "model"},
		{about: "a key in another case", body: asked(`,"Model":"n"`), at: "Model"},
		{about: "an unknown key that is nearly known", body: asked(`,"Stream":true`), at: "Stream"},
		{about: "half of a surrogate pair", body: asked(`,"system":"\ud800"`)},
		{about: "no UTF-8", body: asked(",\"system\":\"\xff\"")},
		{about: "a key for the provider", body: asked(`,"api_key":"x"`), at: "api_key"},
		{about: "an address for the provider", body: asked(`,"base_url":"x"`), at: "base_url"},

		{about: "no model", body: `{"max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`, at: "model"},
		{about: "a model that leads elsewhere", body: `{"model":"../../x","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`, at: "model"},
		{about: "a model with a query", body: `{"model":"a?b","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`, at: "model"},
		{about: "an empty model", body: `{"model":"","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}`, at: "model"},
		{about: "no bound", body: `{"model":"m","messages":[{"role":"user","content":"hi"}]}`, at: "max_tokens"},
		{about: "a bound of nothing", body: `{"model":"m","max_tokens":0,"messages":[{"role":"user","content":"hi"}]}`, at: "max_tokens"},
		{about: "a bound in words", body: `{"model":"m","max_tokens":"5","messages":[{"role":"user","content":"hi"}]}`, at: "max_tokens"},
		{about: "a bound with a fraction", body: `{"model":"m","max_tokens":5.5,"messages":[{"role":"user","content":"hi"}]}`, at: "max_tokens"},
		{about: "no messages", body: `{"model":"m","max_tokens":5}`, at: "messages"},
		{about: "an empty list", body: `{"model":"m","max_tokens":5,"messages":[]}`, at: "messages"},
		{about: "messages in words", body: `{"model":"m","max_tokens":5,"messages":"hi"}`, at: "messages"},
		{about: "a message in words", body: `{"model":"m","max_tokens":5,"messages":["hi"]}`, at: "messages[0]"},
		{about: "no role", body: `{"model":"m","max_tokens":5,"messages":[{"content":"hi"}]}`, at: "messages[0].role"},
		{about: "an unknown role", body: message("tool", `"x"`), at: "messages[1].role"},
		{about: "no content", body: `{"model":"m","max_tokens":5,"messages":[{"role":"user"}]}`, at: "messages[0].content"},
		{about: "content of another type", body: message("user", `5`), at: "messages[1].content"},
		{about: "a block in words", body: message("user", `["x"]`), at: "messages[1].content[0]"},
		{about: "a block without a type", body: message("user", `[{"text":"x"}]`), at: "messages[1].content[0].type"},
		{about: "SVG", body: source(`{"type":"base64","media_type":"image/svg+xml","data":"AAAA"}`), at: "messages[1].content[0].source.media_type"},
		{about: "no base64", body: source(`{"type":"base64","media_type":"image/png","data":"!"}`), at: "messages[1].content[0].source.data"},
		{about: "no data", body: source(`{"type":"base64","media_type":"image/png","data":""}`), at: "messages[1].content[0].source.data"},
		{about: "system of another type", body: asked(`,"system":5`), at: "system"},
		{about: "a temperature in words", body: asked(`,"temperature":"hot"`), at: "temperature"},
		{about: "a stream in words", body: asked(`,"stream":"yes"`), at: "stream"},
		{about: "tools of another type", body: asked(`,"tools":{}`), at: "tools"},
		{about: "a choice in words", body: asked(`,"tool_choice":"auto"`), at: "tool_choice"},
		{about: "a user of another type", body: asked(`,"metadata":{"user_id":5}`), at: "metadata.user_id"},

		{about: "an orphan", body: message("user", `[{"type":"tool_result","tool_use_id":"c"}]`), at: "messages[1].content[0].tool_use_id", decoded: true},
		{about: "a call of the user's", body: message("user", `[{"type":"tool_use","id":"c","name":"f","input":{}}]`), at: "messages[1].content[0].type", decoded: true},
		{about: "a call without input", body: message("assistant", `[{"type":"tool_use","id":"c","name":"f"}]`), at: "messages[1].content[0].input", decoded: true},
		{about: "text of another type", body: message("user", `[{"type":"text","text":5}]`), at: "messages[1].content[0].text", decoded: true},
		{about: "an address inside of a network", body: source(`{"type":"url","url":"http://169.254.169.254/"}`), at: "messages[1].content[0].source.url", decoded: true},
		{about: "an odd address inside of a network", body: source(`{"type":"url","url":"http://2130706433/"}`), at: "messages[1].content[0].source.url", decoded: true},
		{about: "a file's address", body: source(`{"type":"url","url":"file:///etc/passwd"}`), at: "messages[1].content[0].source.url", decoded: true},
		{about: "an unknown source", body: source(`{"type":"x"}`), at: "messages[1].content[0].source.type", decoded: true},
		{about: "a tool without a name", body: asked(`,"tools":[{"description":"d"}]`), at: "tools[0].name", decoded: true},
		{about: "an unknown choice", body: asked(`,"tool_choice":{"type":"x"}`), at: "tool_choice.type", decoded: true},
		{about: "a small budget", body: asked(`,"thinking":{"type":"enabled","budget_tokens":5}`), at: "thinking.budget_tokens", decoded: true},
		{about: "no budget", body: asked(`,"thinking":{"type":"enabled"}`), at: "thinking.budget_tokens", decoded: true},
		{about: "an unknown thinking", body: asked(`,"thinking":{"type":"x"}`), at: "thinking.type", decoded: true},
		{about: "an unknown effort", body: asked(`,"output_config":{"effort":"x"}`), at: "output_config.effort", decoded: true},
		{about: "an unknown format", body: asked(`,"output_config":{"format":{"type":"x"}}`), at: "output_config.format.type", decoded: true},
		{about: "stop sequences of another type", body: asked(`,"stop_sequences":[5]`), at: "stop_sequences[0]", decoded: true},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			var in llm.Inspection
			err := Dialect{}.Inspect([]byte(tt.body), &in)
			if tt.decoded {
				if err != nil {
					t.Fatalf("inspected: %v", err)
				}
				_, err = Dialect{}.DecodeRequest([]byte(tt.body))
			}
			var e *llm.Error
			if !errors.As(err, &e) || e.Status != 400 || e.Class != llm.ClassCallerFault || e.Message == "" {
				t.Fatalf("error %v", err)
			}
			if tt.at != "" && e.Param != tt.at {
				t.Errorf("the place is %q, want %q", e.Param, tt.at)
			}
		})
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	base := llm.Inspection{Model: "m", MaxTokens: 5, N: 1, IncludeUsage: true}
	with := func(change func(in *llm.Inspection)) llm.Inspection {
		in := base
		change(&in)
		return in
	}
	content := func(blocks string) string {
		return `{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[` + blocks + `]}]}`
	}
	const img = `{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA\/A"}}`
	in := llm.Inspection{}
	for _, tt := range []struct {
		about, body string
		want        llm.Inspection
	}{
		{"the least", asked(``), base},
		{"a stream", asked(`,"stream":true`), with(func(in *llm.Inspection) { in.Stream = true })},
		{"a name with escapes", `{"mod\u0065l":"m","max_tokens":5,"messages":[{"role":"\u0075ser","content":"hi"}]}`, base},
		{"an image", content(img), with(func(in *llm.Inspection) { in.Images = true })},
		{"an image in a result", content(`{"type":"tool_result","tool_use_id":"c","content":[` + img + `]}`), with(func(in *llm.Inspection) { in.Images = true })},
		{"a document", content(`{"type":"document","source":{"type":"text","media_type":"text/plain","data":"not base64"}}`), with(func(in *llm.Inspection) { in.Documents = true })},
		{"a block that nobody knows", content(`{"type":"new_block","source":"x","content":{"a":1}}`), base},
		{"tools", asked(`,"tools":[{"name":"f","input_schema":{"properties":{"a":{},"A":{}}}}]`), with(func(in *llm.Inspection) { in.Tools = true })},
		{"no tools", asked(`,"tools":[]`), base},
		{"thinking", asked(`,"thinking":{"type":"adaptive"}`), with(func(in *llm.Inspection) { in.Reasoning = true })},
		{"no thinking", asked(`,"thinking":{"type":"disabled"}`), base},
		{"a format", asked(`,"output_config":{"effort":"low","format":{"type":"json_schema"}}`), with(func(in *llm.Inspection) { in.Structured = true })},
		{"a format in the older place", asked(`,"output_format":{"type":"json_schema"}`), with(func(in *llm.Inspection) { in.Structured = true })},
		{"a user", asked(`,"metadata":{"user_id":"u"}`), with(func(in *llm.Inspection) { in.User = "u" })},
		{"a session", asked(`,"metadata":{"user_id":"user_1_account_2_session_3-4"}`), with(func(in *llm.Inspection) { in.User, in.Session = "user_1_account_2_session_3-4", "3-4" })},
		{"a session in an object", asked(`,"metadata":{"user_id":"{\"device_id\":\"d\",\"session_id\":\"s\"}"}`), with(func(in *llm.Inspection) { in.User, in.Session = `{"device_id":"d","session_id":"s"}`, "s" })},
	} {
		in.Reset()
		if err := (Dialect{}).Inspect([]byte(tt.body), &in); err != nil {
			t.Errorf("%s: %v", tt.about, err)
			continue
		}
		got := in
		got.State = nil
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.about, diff)
		}
	}
}
