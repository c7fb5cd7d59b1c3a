package responses

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func TestDecodeResponse(t *testing.T) {
	t.Parallel()
	const message = `{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"x"}]}`
	for _, c := range []struct {
		name, items, more string
		parts             []llm.Part
		want              llm.Finish
		native            string
	}{
		{"text", message, ``, []llm.Part{textPart("x")}, llm.FinishStop, "completed"},
		{"nothing", ``, ``, nil, llm.FinishStop, "completed"},
		{"a short answer", `{"type":"message","content":[{"type":"output_text","text":"x"}]}`, `,"output_text":"x","reasoning":"\n"`, []llm.Part{textPart("x")}, llm.FinishStop, "completed"},
		{"parts", `{"type":"message","content":[{"type":"output_text","text":"a"},{"type":"new"},{"type":"refusal","refusal":"no"},{"type":"output_text","text":""}]}`, ``, []llm.Part{textPart("a"), {Kind: llm.PartRefusal, Text: "no"}}, llm.FinishStop, "completed"},
		{
			"sources", `{"type":"message","content":[{"type":"output_text","text":"a","annotations":[{"type":"url_citation","url":"u","title":"t","start_index":1,"end_index":2},{"type":"file_citation","file_id":"f","filename":"n","index":1}]}]}`, ``,
			[]llm.Part{{Kind: llm.PartText, Text: "a", Citations: []llm.Citation{{URL: "u", Title: "t", Start: 1, End: 2}}}},
			llm.FinishStop, "completed",
		},
		{"cut off", message, `,"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}`, []llm.Part{textPart("x")}, llm.FinishLength, "max_output_tokens"},
		{"filtered", message, `,"status":"incomplete","incomplete_details":{"reason":"content_filter"}`, []llm.Part{textPart("x")}, llm.FinishContentFilter, "content_filter"},
		{"incomplete for no reason", message, `,"status":"incomplete"`, []llm.Part{textPart("x")}, llm.FinishLength, "incomplete"},
		{"a call", `{"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":"{\"a\":1}"}`, ``, []llm.Part{callPart("c", "f", `{"a":1}`)}, llm.FinishToolCalls, "completed"},
		{"a call without arguments", `{"type":"function_call","id":"fc_1","call_id":"c","name":"f","arguments":""}`, ``, []llm.Part{callPart("c", "f", `{}`)}, llm.FinishToolCalls, "completed"},
		{"a call that is cut off", `{"type":"function_call","call_id":"c","name":"f","arguments":""}`, `,"status":"incomplete"`, []llm.Part{callPart("c", "f", ``)}, llm.FinishLength, "incomplete"},
		{"a call with arguments as an object", `{"type":"function_call","call_id":"c","name":"f","arguments":{"a": 1}}`, ``, []llm.Part{callPart("c", "f", `{"a": 1}`)}, llm.FinishToolCalls, "completed"},
		{"a call without call_id", `{"type":"function_call","id":"fc_1","name":"f","arguments":"{}"}`, ``, []llm.Part{callPart("fc_1", "f", `{}`)}, llm.FinishToolCalls, "completed"},
		{"a call without any id", `{"type":"function_call","name":"f","arguments":"{}"}`, ``, []llm.Part{callPart(inventedID("call_", "r1", 0), "f", `{}`)}, llm.FinishToolCalls, "completed"},
		{"a call without name", `{"type":"function_call","call_id":"c","arguments":"{}"}`, ``, nil, llm.FinishStop, "completed"},
		{"a call in a namespace", `{"type":"function_call","call_id":"c","name":"f","namespace":"n","arguments":"{}"},{"type":"function_call","call_id":"d","name":"g","namespace":"g","arguments":"{}"}`, ``, []llm.Part{callPart("c", "n::f", `{}`), callPart("d", "g", `{}`)}, llm.FinishToolCalls, "completed"},
		{"a custom tool's call", `{"type":"custom_tool_call","call_id":"c","name":"p","input":"\"i"}`, ``, []llm.Part{{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: json.RawMessage(`{"id":"c","type":"custom","custom":{"name":"p","input":"\"i"}}`)}}, llm.FinishToolCalls, "completed"},
		{"reasoning", `{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}],"encrypted_content":"e"},` + message, ``, []llm.Part{{Kind: llm.PartReasoning, Text: "a\n\nb", Signature: "e", Issuer: llm.IssuerOpenAI}, textPart("x")}, llm.FinishStop, "completed"},
		{"reasoning in full", `{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"t"}],"encrypted_content":null}`, ``, []llm.Part{{Kind: llm.PartReasoning, Text: "t"}}, llm.FinishStop, "completed"},
		{"encrypted reasoning alone", `{"type":"reasoning","summary":[],"encrypted_content":"e"}`, ``, []llm.Part{{Kind: llm.PartReasoning, Signature: "e", Issuer: llm.IssuerOpenAI}}, llm.FinishStop, "completed"},
		{"reasoning that says nothing", `{"type":"reasoning","summary":[]}`, ``, nil, llm.FinishStop, "completed"},
		{"hosted tools", `{"type":"web_search_call","id":"ws_1","action":{"type":"search"}},` + message, ``, []llm.Part{{Kind: llm.PartOpaque, Issuer: issuerItems, Data: json.RawMessage(`{"type":"web_search_call","id":"ws_1","action":{"type":"search"}}`)}, textPart("x")}, llm.FinishStop, "completed"},
		{"an image", `{"type":"image_generation_call","result":"AAAA","output_format":"webp"},{"type":"image_generation_call","result":"data:image/png;base64,BBBB"}`, ``, []llm.Part{{Kind: llm.PartImage, Media: &llm.Media{MIMEType: "image/webp", Data: "AAAA"}}, {Kind: llm.PartImage, Media: &llm.Media{MIMEType: "image/png", Data: "BBBB"}}}, llm.FinishStop, "completed"},
		{"an error that is null", message, `,"error":null`, []llm.Part{textPart("x")}, llm.FinishStop, "completed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			body := whole(c.items, c.more)
			r, err := Dialect{}.DecodeResponse([]byte("\n " + body + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			want := &llm.Response{ID: "r1", Model: "up", Created: time.Unix(7, 0).UTC(), Choices: []llm.Choice{{
				Message: llm.Message{Role: llm.RoleAssistant, Parts: c.parts}, Finish: c.want, NativeFinish: c.native,
			}}}
			if diff := cmp.Diff(want, r); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			var f llm.AnswerFacts
			if _, err := (Dialect{}).EditResponse(nil, []byte(body), "public", &f); err != nil || f.Finish != c.want || f.NativeFinish != c.native || f.Content != (len(c.parts) > 0 && c.name != "encrypted reasoning alone") {
				t.Errorf("passing it gives %+v, %v", f, err)
			}
		})
	}
}

func TestDecodeResponseLogProbs(t *testing.T) {
	t.Parallel()
	r, err := Dialect{}.DecodeResponse([]byte(whole(`{"type":"message","content":[{"type":"output_text","text":"a","logprobs":[{"token":"a"},
		{"token":"b"}]},{"type":"output_text","text":"c","logprobs":[{"token":"c"}]}]}`, ``)))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"content":[{"token":"a"},  		{"token":"b"},{"token":"c"}],"refusal":null}`
	if got := string(r.Choices[0].LogProbs); strings.Join(strings.Fields(got), "") != strings.Join(strings.Fields(want), "") || strings.Contains(got, "\n") {
		t.Errorf("got %s", got)
	}
	b, _ := Dialect{}.AppendResponse(nil, r, llm.View{Model: "public"})
	if !strings.Contains(string(b), `"logprobs":[{"token":"a"}`) || !strings.Contains(string(b), `{"token":"c"}],"text":"a"`) {
		t.Errorf("encoded to %s", b)
	}
}

func TestDecodeResponseFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body, reason, message string
	}{
		{"nothing", " \n", "empty", ""},
		{"no JSON", `{"output":[`, "malformed", ""},
		{"a page", `<html>`, "malformed", ""},
		{"a list", `[]`, "malformed", ""},
		{"no output", `{"id":"x"}`, "malformed", ""},
		{"an error", `{"error":{"message":"busy","type":"server_error","code":null}}`, "", "busy"},
		{"an error that is text", `{"code":"x","error":"busy"}`, "", "busy"},
		{"a detail", `{"detail":"busy"}`, "", "busy"},
		{"an answer that failed", whole(``, `,"status":"failed","error":{"code":"server_error","message":"busy"}`), "", "busy"},
		{"an answer that failed for no reason", whole(``, `,"status":"failed"`), "", ""},
		{"an answer that was called off", whole(``, `,"status":"`+statusCanceled+`"`), "", ""},
		{"an answer that is to come", whole(``, `,"status":"queued"`), "", ""},
		{"an answer that has begun", whole(``, `,"status":"in_progress"`), "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check := func(err error) {
				var e *llm.Error
				if !errors.As(err, &e) || e.Reason != c.reason || e.Message == "" || c.message != "" && e.Message != c.message {
					t.Errorf("got %#v", err)
				}
			}
			_, err := Dialect{}.DecodeResponse([]byte(c.body))
			check(err)
			var f llm.AnswerFacts
			dst, err := Dialect{}.EditResponse([]byte(">"), []byte(c.body), "public", &f)
			if string(dst) != ">" {
				t.Errorf("left %s behind", dst)
			}
			check(err)
		})
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	const search = `{"type":"web_search_call","action":{"type":"search"}},{"type":"web_search_call","action":{"type":"open_page"}}`
	for _, c := range []struct {
		name, items, more string
		want              *llm.Usage
	}{
		{"none", ``, ``, nil},
		{"null", ``, `,"usage":null`, nil},
		{"plain", ``, `,"usage":{"input_tokens":9,"output_tokens":4,"total_tokens":13}`, &llm.Usage{Input: 9, Output: 4}},
		{"details", ``, `,"usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":60,"cache_write_tokens":30},"output_tokens":50,"output_tokens_details":{"reasoning_tokens":20},"total_tokens":150}`, &llm.Usage{Input: 10, CacheRead: 60, CacheWrite5m: 30, Output: 30, Reasoning: 20}},
		{"cached beside the input", ``, `,"usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":60},"output_tokens":1}`, &llm.Usage{Input: 10, CacheRead: 60, Output: 1}},
		{"reasoning beside the output", ``, `,"usage":{"input_tokens":10,"output_tokens":5,"output_tokens_details":{"reasoning_tokens":20},"total_tokens":35}`, &llm.Usage{Input: 10, Output: 5, Reasoning: 20}},
		{"all of the output is reasoning", ``, `,"usage":{"input_tokens":10,"output_tokens":20,"output_tokens_details":{"reasoning_tokens":20},"total_tokens":30}`, &llm.Usage{Input: 10, Reasoning: 20}},
		{"figures that are none", ``, `,"usage":{"input_tokens":"9","input_tokens_details":null,"output_tokens":4.0,"output_tokens_details":[]}`, &llm.Usage{Output: 4}},
		{"figures that cannot be", ``, `,"usage":{"input_tokens":-9,"output_tokens":1e30}`, &llm.Usage{Output: 1 << 30, Suspect: true}},
		{"searches that can be seen", search, `,"usage":{"input_tokens":9}`, &llm.Usage{Input: 9, WebSearches: 1}},
		{"searches that are told", search, `,"usage":{"input_tokens":9},"tool_usage":{"image_gen":{"x":1},"web_search":{"num_requests":3}}`, &llm.Usage{Input: 9, WebSearches: 3}},
		{"xAI's searches", `{"type":"web_search_call","name":"web_search"},{"type":"web_search_call","name":"browse_page"},{"type":"x_search_call","name":"x_search"}`, `,"usage":{"input_tokens":9}`, &llm.Usage{Input: 9, WebSearches: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			body := whole(c.items, c.more)
			r, err := Dialect{}.DecodeResponse([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, r.Usage); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			var f llm.AnswerFacts
			if _, err := (Dialect{}).EditResponse(nil, []byte(body), "public", &f); err != nil || f.HasUsage != (c.want != nil) || c.want != nil && f.Usage != *c.want {
				t.Errorf("passing it gives %+v, %v", f, err)
			}
		})
	}
}

func TestAppendUsage(t *testing.T) {
	t.Parallel()
	const want = `{"input_tokens":10,"input_tokens_details":{"cached_tokens":2,"cache_write_tokens":7},"output_tokens":9,"output_tokens_details":{"reasoning_tokens":5},"total_tokens":19}`
	if got := string(appendUsage(nil, &llm.Usage{Input: 1, CacheRead: 2, CacheWrite5m: 3, CacheWrite1h: 4, Output: 4, Reasoning: 5})); got != want {
		t.Errorf("got %s", got)
	}
	if got := string(appendUsage(nil, nil)); got != "null" {
		t.Errorf("got %s", got)
	}
}

func TestAppendResponse(t *testing.T) {
	t.Parallel()
	id := func(prefix string, n int) string { return inventedID(prefix, "r", n) }
	for _, c := range []struct {
		name  string
		parts []llm.Part
		want  llm.Finish
		items string
		state string
	}{
		{"nothing", nil, llm.FinishStop, ``, `"status":"completed","background":false,"completed_at":7,"error":null,"incomplete_details":null`},
		{
			"text and a refusal",
			[]llm.Part{{Kind: llm.PartText, Text: "a", Citations: []llm.Citation{{URL: "u", Title: "t", Start: 1, End: 2}, {Title: "no address"}}}, {Kind: llm.PartRefusal, Text: "no"}},
			llm.FinishStop,
			`{"id":"` + id("msg_", 0) + `","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[{"type":"url_citation","start_index":1,"end_index":2,"url":"u","title":"t"}],"logprobs":[],"text":"a"},{"type":"refusal","refusal":"no"}]}`,
			`"status":"completed","background":false,"completed_at":7,"error":null,"incomplete_details":null`,
		},
		{
			"cut off",
			[]llm.Part{textPart("a")},
			llm.FinishLength,
			`{"id":"` + id("msg_", 0) + `","type":"message","status":"incomplete","role":"assistant","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"a"}]}`,
			`"status":"incomplete","background":false,"completed_at":null,"error":null,"incomplete_details":{"reason":"max_output_tokens"}`,
		},
		{"filtered", nil, llm.FinishContentFilter, ``, `"status":"incomplete","background":false,"completed_at":null,"error":null,"incomplete_details":{"reason":"content_filter"}`},
		{"given up", nil, llm.FinishError, ``, `"status":"failed","background":false,"completed_at":null,"error":{"code":"server_error","message":"the provider gave up in the middle of the answer"},"incomplete_details":null`},
		{
			"reasoning and calls",
			[]llm.Part{
				{Kind: llm.PartReasoning, Text: "t", Signature: "s", Issuer: llm.IssuerAnthropic},
				{Kind: llm.PartRedacted, Data: json.RawMessage(`"d"`), Issuer: llm.IssuerAnthropic},
				{Kind: llm.PartReasoning, Signature: "e", Issuer: llm.IssuerOpenAI},
				textPart("a"), callPart("c", "n::f", `{"a":1}`),
				{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: "d", Name: "g", Arguments: `{"a"`}, Signature: "g", Issuer: llm.IssuerGoogle},
				textPart("b"),
			},
			llm.FinishToolCalls,
			`{"id":"` + id("rs_", 0) + `","type":"reasoning","summary":[{"type":"summary_text","text":"t"}],"encrypted_content":"anthropic:s"},` +
				`{"id":"` + id("rs_", 1) + `","type":"reasoning","summary":[],"encrypted_content":"redacted:anthropic:d"},` +
				`{"id":"` + id("rs_", 2) + `","type":"reasoning","summary":[],"encrypted_content":"e"},` +
				`{"id":"` + id("msg_", 3) + `","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"a"}]},` +
				`{"id":"` + id("fc_", 4) + `","type":"function_call","status":"completed","arguments":"{\"a\":1}","call_id":"c","name":"f","namespace":"n"},` +
				`{"id":"` + id("rs_", 5) + `","type":"reasoning","summary":[],"encrypted_content":"call:google:g"},` +
				`{"id":"` + id("fc_", 6) + `","type":"function_call","status":"incomplete","arguments":"{\"a\"","call_id":"d","name":"g"},` +
				`{"id":"` + id("msg_", 7) + `","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"b"}]}`,
			`"status":"completed","background":false,"completed_at":7,"error":null,"incomplete_details":null`,
		},
		{
			"what is opaque",
			[]llm.Part{
				{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: json.RawMessage(`{"id":"c","type":"custom","custom":{"name":"p","input":"i"}}`)},
				{Kind: llm.PartOpaque, Issuer: issuerItems, Data: json.RawMessage("{\"type\":\n\"web_search_call\"}")},
				{Kind: llm.PartOpaque, Issuer: llm.IssuerAnthropic, Data: json.RawMessage(`{}`)},
				{Kind: llm.PartImage, Media: &llm.Media{MIMEType: "image/webp", Data: "AAAA"}},
				{Kind: llm.PartAudio, Media: &llm.Media{Data: "AAAA"}},
			},
			llm.FinishStop,
			`{"id":"` + id("ctc_", 0) + `","type":"custom_tool_call","status":"completed","call_id":"c","input":"i","name":"p"},{"type": "web_search_call"},` +
				`{"id":"` + id("ig_", 2) + `","type":"image_generation_call","status":"completed","result":"AAAA","output_format":"webp"}`,
			`"status":"completed","background":false,"completed_at":7,"error":null,"incomplete_details":null`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := &llm.Response{ID: "r", Model: "up", ServiceTier: "flex", Created: time.Unix(7, 0), Choices: []llm.Choice{{Message: says(llm.RoleAssistant, c.parts...), Finish: c.want}, {Index: 1}}, Usage: &llm.Usage{Input: 1}}
			b, err := Dialect{}.AppendResponse([]byte(">"), r, llm.View{Model: "public", ID: "x"})
			if err != nil {
				t.Fatal(err)
			}
			want := `>{"id":"r","object":"response","created_at":7,` + c.state + `,"instructions":null,"max_output_tokens":null,"max_tool_calls":null,"model":"public","output":[` + c.items + `],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":null,"summary":null},"service_tier":"flex","store":false,"temperature":null,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":null,"truncation":"disabled","usage":` + string(appendUsage(nil, r.Usage)) + `,"user":null,"metadata":{}}`
			if diff := cmp.Diff(want, string(b)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			checkComplete(t, c.name, b[1:])
		})
	}
}

func TestAppendResponseStandIns(t *testing.T) {
	t.Parallel()
	b, err := Dialect{}.AppendResponse(nil, &llm.Response{}, llm.View{Model: "public", ID: "x", Created: time.Unix(9, 0)})
	if err != nil || !strings.HasPrefix(string(b), `{"id":"resp_x","object":"response","created_at":9,`) {
		t.Errorf("%s, %v", b, err)
	}
	checkComplete(t, "stand-ins", b)
}

func TestAppendError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  *llm.Error
		want string
	}{
		{&llm.Error{Status: 400, Type: "t", Code: "c", Param: "p", Message: "m"}, `{"error":{"message":"m","type":"t","param":"p","code":"c"}}`},
		{llm.Invalid("input", "c", "this is required"), `{"error":{"message":"input: this is required","type":"invalid_request_error","param":"input","code":"c"}}`},
		{&llm.Error{Status: 429}, `{"error":{"message":"Too Many Requests","type":"rate_limit_error","param":null,"code":null}}`},
		{&llm.Error{Status: 404, Message: "<html>"}, `{"error":{"message":"Not Found","type":"invalid_request_error","param":null,"code":null}}`},
		{&llm.Error{Status: 502}, `{"error":{"message":"Bad Gateway","type":"api_error","param":null,"code":null}}`},
		{nil, `{"error":{"message":"the call failed","type":"api_error","param":null,"code":null}}`},
	} {
		if got := string(Dialect{}.AppendError(nil, c.err)); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
