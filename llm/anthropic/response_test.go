package anthropic

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func text1(s string) llm.Part { return llm.Part{Kind: llm.PartText, Text: s} }

func answered(native string, finish llm.Finish, parts ...llm.Part) []llm.Choice {
	return []llm.Choice{{Message: llm.Message{Role: llm.RoleAssistant, Parts: parts}, Finish: finish, NativeFinish: native}}
}

// wholeAnswers are answers and what they say.
var wholeAnswers = []struct {
	about, body string
	want        llm.Response
}{
	{
		"text", `{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"h\u00e9"},{"type":"text","text":""}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":2,"service_tier":"standard"}}`,
		llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("end_turn", llm.FinishStop, text1("hé")), Usage: &llm.Usage{Input: 5, Output: 2}, ServiceTier: "default"},
	},
	{
		"calls", `{"id":"m","content":[{"type":"tool_use","id":"t1","name":"f","input":{"a": [1]}},{"type":"tool_use","id":"t2","name":"g"},{"type":"tool_use","id":"t3","name":""}],"stop_reason":"tool_use"}`,
		llm.Response{ID: "m", Choices: answered("tool_use", llm.FinishToolCalls, call("t1", "f", `{"a": [1]}`), call("t2", "g", "{}"))},
	},
	{
		"a call without an id", `{"id":"m","content":[{"type":"tool_use","name":"f","input":{}}],"stop_reason":"end_turn"}`,
		llm.Response{ID: "m", Choices: answered("end_turn", llm.FinishToolCalls, call(inventedID("m", 0, "f"), "f", "{}"))},
	},
	{
		"a call that was cut off", `{"content":[{"type":"tool_use","id":"t","name":"f","input":{}}],"stop_reason":"max_tokens"}`,
		llm.Response{Choices: answered("max_tokens", llm.FinishLength, call("t", "f", "{}"))},
	},
	{
		"thoughts", `{"content":[{"type":"thinking","thinking":"hm","signature":"s1"},{"type":"thinking","thinking":"","signature":"s2"},{"type":"redacted_thinking","data":"enc"},{"type":"thinking","thinking":"bare"},{"type":"thinking","thinking":""}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":9,"output_tokens_details":{"thinking_tokens":7}}}`,
		llm.Response{Choices: answered("end_turn", llm.FinishStop,
			llm.Part{Kind: llm.PartReasoning, Text: "hm", Signature: "s1", Issuer: llm.IssuerAnthropic},
			llm.Part{Kind: llm.PartReasoning, Signature: "s2", Issuer: llm.IssuerAnthropic},
			llm.Part{Kind: llm.PartRedacted, Data: json.RawMessage(`"enc"`), Issuer: llm.IssuerAnthropic},
			llm.Part{Kind: llm.PartReasoning, Text: "bare"},
		), Usage: &llm.Usage{Input: 1, Output: 2, Reasoning: 7}},
	},
	{
		"a server tool", `{"content":[{"type":"server_tool_use","id":"s","name":"web_search","input":{}},{"type":"text","text":"x","citations":[{"type":"web_search_result_location","url":"https://x.org","title":"X"},{"type":"char_location","document_title":"d"}]}],"stop_reason":"pause_turn","usage":{"input_tokens":1,"output_tokens":1,"server_tool_use":{"web_search_requests":2}}}`,
		llm.Response{Choices: answered("pause_turn", llm.FinishStop,
			llm.Part{Kind: llm.PartOpaque, Data: json.RawMessage(`{"type":"server_tool_use","id":"s","name":"web_search","input":{}}`), Issuer: llm.IssuerAnthropic},
			llm.Part{Kind: llm.PartText, Text: "x", Citations: []llm.Citation{{URL: "https://x.org", Title: "X"}}},
		), Usage: &llm.Usage{Input: 1, Output: 1, WebSearches: 2}},
	},
	{
		"a refusal", `{"content":[],"stop_reason":"refusal","usage":{"input_tokens":4,"cache_read_input_tokens":3,"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":7},"output_tokens":0}}`,
		llm.Response{Choices: answered("refusal", llm.FinishContentFilter), Usage: &llm.Usage{Input: 4, CacheRead: 3, CacheWrite5m: 2, CacheWrite1h: 7}},
	},
	{
		"a new reason", `{"content":[{"type":"text","text":"x"}],"stop_reason":"something_new"}`,
		llm.Response{Choices: answered("something_new", llm.FinishStop, text1("x"))},
	},
	{
		"the window is full", `{"content":[{"type":"text","text":"x"}],"stop_reason":"model_context_window_exceeded"}`,
		llm.Response{Choices: answered("model_context_window_exceeded", llm.FinishLength, text1("x"))},
	},
	{
		"values of other types", `{"id":7,"content":[{"type":"text","text":"x","citations":null},{"type":"text","text":5},7,null,{}],"stop_reason":null,"usage":null}`,
		llm.Response{Choices: answered("", llm.FinishStop, text1("x"))},
	},
	{
		"figures that cannot be true", `{"content":[],"stop_reason":"end_turn","usage":{"input_tokens":-5,"output_tokens":1e30,"cache_creation_input_tokens":1,"cache_creation":{"ephemeral_1h_input_tokens":5}}}`,
		llm.Response{Choices: answered("end_turn", llm.FinishStop), Usage: &llm.Usage{Output: 1 << 30, CacheWrite1h: 1, Suspect: true}},
	},
}

func TestDecodeResponse(t *testing.T) {
	t.Parallel()
	for _, tt := range wholeAnswers {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			got, err := Dialect{}.DecodeResponse([]byte(" " + tt.body + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			if len(tt.want.Choices[0].Message.Parts) == 0 {
				got.Choices[0].Message.Parts = nil
			}
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			streamed, err := decodeStream(t, reads(tt.body), llm.StreamOptions{})
			if err != nil {
				t.Fatal(err)
			}
			streamed.ServiceTier = got.ServiceTier
			if diff := cmp.Diff(tt.want, *streamed); diff != "" {
				t.Errorf("as a stream (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnusableAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		about, body     string
		status          int
		reason, reason2 string
		kind, message   string
	}{
		{about: "nothing", body: " \n", status: 502, reason: "empty"},
		{about: "no JSON", body: `{"content":[`, status: 502, reason: "malformed"},
		{about: "a page", body: `<html>`, status: 502, reason: "malformed"},
		{about: "a list", body: `[]`, status: 502, reason: "malformed"},
		{about: "no content", body: `{"id":"x"}`, status: 502, reason: "malformed"},
		{about: "an error", body: `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}`, status: 200, kind: "overloaded_error", message: "Overloaded"},
		{about: "an error beside nothing", body: `{"error":{"type":"x","message":"y"}}`, status: 200, kind: "x", message: "y"},
		{about: "a message", body: `{"message":"Too many tokens"}`, status: 200, message: "Too many tokens"},
	} {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			check := func(err error) {
				t.Helper()
				var e *llm.Error
				if !errors.As(err, &e) || e.Status != tt.status || e.Reason != tt.reason || e.Type != tt.kind && tt.kind != "" || tt.message != "" && e.Message != tt.message {
					t.Errorf("error %+v", err)
				}
			}
			_, err := Dialect{}.DecodeResponse([]byte(tt.body))
			check(err)
			var f llm.AnswerFacts
			out, err := Dialect{}.EditResponse([]byte("kept"), []byte(tt.body), "m", &f)
			check(err)
			if string(out) != "kept" {
				t.Errorf("appended %q", out)
			}
			_, err = decodeStream(t, reads(tt.body), llm.StreamOptions{})
			check(err)
		})
	}
}

func TestAppendResponse(t *testing.T) {
	t.Parallel()
	signedCall := call("c", "f", "")
	signedCall.Signature, signedCall.Issuer = "c2ln", llm.IssuerGoogle
	for _, tt := range []struct {
		about string
		r     llm.Response
		want  string
	}{
		{
			"text",
			llm.Response{ID: "id", Choices: answered("stop", llm.FinishStop, text1("a\n\"b")), Usage: &llm.Usage{Input: 10, CacheRead: 4, CacheWrite5m: 1, CacheWrite1h: 2, AudioInput: 3, Output: 5, Reasoning: 6, WebSearches: 1}, ServiceTier: "priority"},
			`"content":[{"type":"text","text":"a\n\"b"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":13,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":2},"output_tokens":11,"output_tokens_details":{"thinking_tokens":6},"server_tool_use":{"web_search_requests":1},"service_tier":"priority"}`,
		},
		{
			"calls",
			llm.Response{Choices: answered("tool_calls", llm.FinishToolCalls, call("a", "f", ""), call("b", "g", `{"x":1}`), call("c", "h", "{"))},
			`"content":[{"type":"tool_use","id":"a","name":"f","input":{}},{"type":"tool_use","id":"b","name":"g","input":{"x":1}},{"type":"tool_use","id":"c","name":"h","input":{"_raw":"{"}}],"stop_reason":"tool_use"`,
		},
		{
			"thoughts",
			llm.Response{Choices: answered("length", llm.FinishLength,
				llm.Part{Kind: llm.PartReasoning, Text: "a"},
				llm.Part{Kind: llm.PartReasoning, Text: "b", Signature: "s", Issuer: llm.IssuerAnthropic},
				llm.Part{Kind: llm.PartReasoning, Text: "c", Signature: "s", Issuer: llm.IssuerGoogle},
				llm.Part{Kind: llm.PartReasoning, Signature: "s", Issuer: llm.IssuerOpenAI},
				llm.Part{Kind: llm.PartReasoning},
				llm.Part{Kind: llm.PartRedacted, Data: json.RawMessage(`"d"`), Issuer: llm.IssuerAnthropic},
				llm.Part{Kind: llm.PartRedacted, Data: json.RawMessage(`"d"`), Issuer: llm.IssuerOpenAI})},
			`"content":[{"type":"thinking","thinking":"a","signature":"none:"},{"type":"thinking","thinking":"b","signature":"s"},{"type":"thinking","thinking":"c","signature":"google:s"},{"type":"redacted_thinking","data":"d"}],"stop_reason":"max_tokens"`,
		},
		{
			"a call with a signature",
			llm.Response{Choices: answered("STOP", llm.FinishToolCalls, signedCall)},
			`"content":[{"type":"thinking","thinking":"","signature":"call:google:c2ln"},{"type":"tool_use","id":"c","name":"f","input":{}}],"stop_reason":"tool_use"`,
		},
		{
			"a filter",
			llm.Response{Choices: answered("content_filter", llm.FinishContentFilter, llm.Part{Kind: llm.PartRefusal, Text: "no"})},
			`"content":[{"type":"text","text":"no"}],"stop_reason":"refusal"`,
		},
		{
			"what has no place",
			llm.Response{Choices: answered("error", llm.FinishError, llm.Part{Kind: llm.PartOpaque, Data: json.RawMessage(`{}`), Issuer: llm.IssuerOpenAI}, image(llm.Media{Data: "AAAA"}), text1(""))},
			`"content":[],"stop_reason":"max_tokens"`,
		},
		{"Anthropic's own reason", llm.Response{Choices: answered("pause_turn", llm.FinishStop)}, `"content":[],"stop_reason":"pause_turn"`},
		{"no choice", llm.Response{}, `"content":[],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":0,`},
	} {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			got, err := Dialect{}.AppendResponse([]byte("kept"), &tt.r, llm.View{Model: "public", ID: "made"})
			if err != nil || !json.Valid(got[4:]) {
				t.Fatalf("%s (%v)", got, err)
			}
			id := tt.r.ID
			if id == "" {
				id = "msg_made"
			}
			want := `kept{"id":"` + id + `","type":"message","role":"assistant","model":"public",` + tt.want
			if len(got) < len(want) || string(got[:len(want)]) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
	c := answered("stop_sequence", llm.FinishStop)
	c[0].StopSequence = "###"
	got, _ := Dialect{}.AppendResponse(nil, &llm.Response{Choices: c}, llm.View{})
	var said plainMessage
	if err := json.Unmarshal(got, &said); err != nil || said.StopReason != "stop_sequence" || said.StopSequence != "###" {
		t.Errorf("a stop sequence gives %s", got)
	}
}

// TestSignatures checks that what a caller returns finds its way back to who
// issued it.
func TestSignatures(t *testing.T) {
	t.Parallel()
	signed := call("c", "f", "{}")
	signed.Signature, signed.Issuer = "c2ln", llm.IssuerGoogle
	want := []llm.Part{
		{Kind: llm.PartReasoning, Text: "a"},
		{Kind: llm.PartReasoning, Text: "b", Signature: "s", Issuer: llm.IssuerAnthropic},
		{Kind: llm.PartReasoning, Text: "c", Signature: "s", Issuer: llm.IssuerGoogle},
		{Kind: llm.PartReasoning, Text: "d", Signature: "s", Issuer: llm.IssuerOpenAI},
		signed,
	}
	r := &llm.Response{Choices: answered("", llm.FinishToolCalls, want...)}
	whole, err := Dialect{}.AppendResponse(nil, r, llm.View{})
	if err != nil {
		t.Fatal(err)
	}
	request := `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":` + string(member(whole, "content")) + `}]}`
	got, err := Dialect{}.DecodeRequest([]byte(request))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.Messages[1].Parts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	const signatures = "none:sgoogle:sopenai:scall:google:c2ln"
	if said := read(t, whole); said.Signatures != signatures {
		t.Errorf("signatures %q", said.Signatures)
	}
	// In a stream, thoughts end with their signature.
	r.Choices[0].Message.Parts = append(want[1:], llm.Part{Kind: llm.PartReasoning, Text: "e"})
	if said := read(t, encodeStream(r, llm.View{})); said.Signatures != signatures[len("none:"):]+"none:" {
		t.Errorf("streamed signatures %q", said.Signatures)
	}
}

func TestAppendError(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		e    *llm.Error
		want string
	}{
		{llm.Invalid("messages[0].role", "invalid_value", "unknown role"), `{"type":"error","error":{"type":"invalid_request_error","message":"messages[0].role: unknown role","code":"invalid_value"}}`},
		{&llm.Error{Status: 401, Message: "no key"}, `{"type":"error","error":{"type":"authentication_error","message":"no key"}}`},
		{&llm.Error{Status: 402, Message: "x"}, `{"type":"error","error":{"type":"billing_error","message":"x"}}`},
		{&llm.Error{Status: 403, Message: "x"}, `{"type":"error","error":{"type":"permission_error","message":"x"}}`},
		{&llm.Error{Status: 404, Message: "x"}, `{"type":"error","error":{"type":"not_found_error","message":"x"}}`},
		{&llm.Error{Status: 413, Message: "x"}, `{"type":"error","error":{"type":"request_too_large","message":"x"}}`},
		{&llm.Error{Status: 422, Message: "x"}, `{"type":"error","error":{"type":"invalid_request_error","message":"x"}}`},
		{&llm.Error{Status: 429, Type: "insufficient_quota", Code: "provider_quota", Message: "x"}, `{"type":"error","error":{"type":"rate_limit_error","message":"x","code":"provider_quota"}}`},
		{&llm.Error{Status: 502, Message: "<html>"}, `{"type":"error","error":{"type":"api_error","message":"Bad Gateway"}}`},
		{&llm.Error{Status: 503, Message: "x"}, `{"type":"error","error":{"type":"overloaded_error","message":"x"}}`},
		{&llm.Error{Status: 504, Message: "x"}, `{"type":"error","error":{"type":"timeout_error","message":"x"}}`},
		{&llm.Error{Status: 529, Message: "x"}, `{"type":"error","error":{"type":"overloaded_error","message":"x"}}`},
		{nil, `{"type":"error","error":{"type":"api_error","message":"the call failed"}}`},
	} {
		if got := (Dialect{}).AppendError(nil, tt.e); string(got) != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

func TestFieldNames(t *testing.T) {
	t.Parallel()
	d := Dialect{}
	for f, want := range map[llm.Field]string{
		llm.FieldStop: "stop_sequences", llm.FieldUser: "metadata.user_id", llm.FieldSeed: "seed", llm.FieldOutput: "output_config.format",
	} {
		if got := d.FieldName(f); got != want {
			t.Errorf("%s is %s, want %s", f, got, want)
		}
	}
	if d.Name() != "anthropic" {
		t.Error(d.Name())
	}
}
