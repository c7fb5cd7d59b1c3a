package openai

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	goopenai "github.com/sashabaranov/go-openai"

	"github.com/fairwaygw/fairway/llm"
)

// answering is an answer of one message.
func answering(message, finish string) string {
	return `{"id":"r1","object":"chat.completion","created":1700000000,"model":"up","choices":[{"index":0,"message":` + message + `,"logprobs":null,"finish_reason":` + finish + `}]}`
}

func callPart(id, name, args string) llm.Part {
	return llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: id, Name: name, Arguments: args}}
}

func textPart(s string) llm.Part { return llm.Part{Kind: llm.PartText, Text: s} }

func TestDecodeResponse(t *testing.T) {
	t.Parallel()
	const f = `{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}`
	for _, c := range []struct {
		name, message, finish string
		parts                 []llm.Part
		want                  llm.Finish
	}{
		{"text", `{"role":"assistant","content":"x"}`, `"stop"`, []llm.Part{textPart("x")}, llm.FinishStop},
		{"no text", `{"role":"assistant","content":""}`, `"stop"`, nil, llm.FinishStop},
		{"padding", `{"role":"assistant","content":"x","refusal":"","tool_calls":[],"annotations":null,"function_call":{"name":"","arguments":""},"audio":{"id":"","data":"","transcript":""}}`, `""`, []llm.Part{textPart("x")}, llm.FinishStop},
		{"cut off", `{"content":"x"}`, `"length"`, []llm.Part{textPart("x")}, llm.FinishLength},
		{"a call", `{"content":null,"tool_calls":[` + f + `]}`, `"tool_calls"`, []llm.Part{callPart("c", "f", "{}")}, llm.FinishToolCalls},
		{"a forced call", `{"content":null,"tool_calls":[` + f + `]}`, `"stop"`, []llm.Part{callPart("c", "f", "{}")}, llm.FinishToolCalls},
		{"a call that is cut off", `{"content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":""}}]}`, `"length"`, []llm.Part{callPart("c", "f", "")}, llm.FinishLength},
		{"calls that are none", `{"content":"x","tool_calls":[{"function":{}}]}`, `"tool_calls"`, []llm.Part{textPart("x")}, llm.FinishStop},
		{"text and a call", `{"content":"x","tool_calls":[` + f + `]}`, `"tool_calls"`, []llm.Part{textPart("x"), callPart("c", "f", "{}")}, llm.FinishToolCalls},
		{"no arguments", `{"tool_calls":[{"id":"c","function":{"name":"f","arguments":""}},{"id":"d","function":{"name":"g"}}]}`, `"tool_calls"`, []llm.Part{callPart("c", "f", "{}"), callPart("d", "g", "{}")}, llm.FinishToolCalls},
		{"arguments as an object", `{"tool_calls":[{"id":"c","function":{"name":"f","arguments":{"a": 1}}}]}`, `"stop"`, []llm.Part{callPart("c", "f", `{"a": 1}`)}, llm.FinishToolCalls},
		{"a call of the old form", `{"content":null,"function_call":{"name":"f","arguments":"{}"}}`, `"function_call"`, []llm.Part{callPart(inventedID("r1", 1700000000, 0, 0, "f"), "f", "{}")}, llm.FinishToolCalls},
		{"a call without an id", `{"tool_calls":[` + f + `,{"id":"null","function":{"name":"f","arguments":"{}"}}]}`, `"stop"`, []llm.Part{callPart("c", "f", "{}"), callPart(inventedID("r1", 1700000000, 0, 1, "f"), "f", "{}")}, llm.FinishToolCalls},
		{"a custom tool's call", `{"tool_calls":[{"id":"c","type":"custom","custom":{"name":"n","input":"\"i"}}]}`, `"tool_calls"`, []llm.Part{{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: json.RawMessage(`{"id":"c","type":"custom","custom":{"name":"n","input":"\"i"}}`)}}, llm.FinishToolCalls},
		{"reasoning_content", `{"content":"x","reasoning_content":"t"}`, `"stop"`, []llm.Part{{Kind: llm.PartReasoning, Text: "t"}, textPart("x")}, llm.FinishStop},
		{"reasoning under two names", `{"content":"x","reasoning_content":"t","reasoning":"t","reasoning_details":[{"type":"reasoning.text","text":"t"}]}`, `"stop"`, []llm.Part{{Kind: llm.PartReasoning, Text: "t"}, textPart("x")}, llm.FinishStop},
		{
			"reasoning in details alone", `{"content":"x","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s","format":"anthropic-claude-v1"},{"type":"reasoning.encrypted","data":"e","format":"google-gemini-v1"}]}`, `"stop"`,
			[]llm.Part{{Kind: llm.PartReasoning, Text: "t", Signature: "s", Issuer: llm.IssuerAnthropic}, {Kind: llm.PartRedacted, Data: json.RawMessage(`"e"`), Issuer: llm.IssuerGoogle}, textPart("x")},
			llm.FinishStop,
		},
		{"a list of content", `{"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}],"closed":true},{"type":"text","text":"a"},{"type":"reference","reference_ids":[1]},{"type":"text","text":"b"}]}`, `"stop"`, []llm.Part{{Kind: llm.PartReasoning, Text: "t"}, textPart("ab")}, llm.FinishStop},
		{"content that is the value itself", `{"content":{"a": [1]}}`, `"stop"`, []llm.Part{textPart(`{"a":[1]}`)}, llm.FinishStop},
		{"a refusal", `{"content":null,"refusal":"no"}`, `"stop"`, []llm.Part{{Kind: llm.PartRefusal, Text: "no"}}, llm.FinishStop},
		{"a filter", `{"content":""}`, `"content_filter"`, nil, llm.FinishContentFilter},
		{"other words", `{"content":"x"}`, `"eos"`, []llm.Part{textPart("x")}, llm.FinishStop},
		{"Mistral's length", `{"content":"x"}`, `"model_length"`, []llm.Part{textPart("x")}, llm.FinishLength},
		{"DeepSeek's trouble", `{"content":"x"}`, `"insufficient_system_resource"`, []llm.Part{textPart("x")}, llm.FinishError},
		{"no reason", `{"content":"x"}`, `null`, []llm.Part{textPart("x")}, llm.FinishStop},
		{"Google's signature on text", `{"content":"x","extra_content":{"google":{"thought_signature":"s"}}}`, `"stop"`, []llm.Part{{Kind: llm.PartText, Text: "x", Signature: "s", Issuer: llm.IssuerGoogle}}, llm.FinishStop},
		{
			"Google's signature on a call", `{"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"s"}}}]}`, `"stop"`,
			[]llm.Part{{Kind: llm.PartToolCall, Signature: "s", Issuer: llm.IssuerGoogle, Call: &llm.ToolCall{ID: "c", Name: "f", Arguments: "{}"}}},
			llm.FinishToolCalls,
		},
		{"sources", `{"content":"x","annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t","start_index":1,"end_index":2}}]}`, `"stop"`, []llm.Part{{Kind: llm.PartText, Text: "x", Citations: []llm.Citation{{URL: "u", Title: "t", Start: 1, End: 2}}}}, llm.FinishStop},
		{"an image", `{"content":"x","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}`, `"stop"`, []llm.Part{textPart("x"), {Kind: llm.PartImage, Media: &llm.Media{MIMEType: "image/png", Data: "AAAA"}}}, llm.FinishStop},
		{"sound", `{"content":null,"audio":{"id":"a","data":"UklGRg==","transcript":"hi"}}`, `"stop"`, []llm.Part{textPart("hi"), {Kind: llm.PartAudio, Media: &llm.Media{MIMEType: "audio/wav", Data: "UklGRg=="}}}, llm.FinishStop},
		{"values of other types", `{"content":"x","reasoning":7,"tool_calls":{},"refusal":[],"annotations":"none"}`, `"stop"`, []llm.Part{textPart("x")}, llm.FinishStop},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := Dialect{}.DecodeResponse([]byte(answering(c.message, c.finish)))
			if err != nil {
				t.Fatal(err)
			}
			var native string
			_ = json.Unmarshal([]byte(c.finish), &native)
			want := &llm.Response{ID: "r1", Model: "up", Created: time.Unix(1700000000, 0).UTC(), Choices: []llm.Choice{{
				Message: llm.Message{Role: llm.RoleAssistant, Parts: c.parts}, Finish: c.want, NativeFinish: native,
			}}}
			if diff := cmp.Diff(want, r); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestDecodeResponseSources(t *testing.T) {
	t.Parallel()
	body := strings.TrimSuffix(answering(`{"content":"x"}`, `"stop"`), "}") + `,"citations":["u"],"search_results":[{"title":"t","url":"u","date":null}]}`
	r, err := Dialect{}.DecodeResponse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]llm.Citation{{URL: "u", Title: "t"}}, r.Choices[0].Message.Parts[0].Citations); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestDecodeResponseRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, reason string }{
		{"nothing", ``, "empty"},
		{"white space", " \n", "empty"},
		{"a page", `<html><body>502 Bad Gateway</body></html>`, "malformed"},
		{"half an answer", `{"choices":[{"message":{"content":"x`, "malformed"},
		{"a list", `[]`, "malformed"},
		{"an empty object", `{}`, "malformed"},
		{"no choices", `{"id":"x","choices":[]}`, "malformed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Dialect{}.DecodeResponse([]byte(c.body))
			var e *llm.Error
			if !errors.As(err, &e) || e.Class != llm.ClassBadOutput || e.Reason != c.reason || strings.Contains(e.Message, "<") {
				t.Errorf("got %#v, want bad output: %s", err, c.reason)
			}
		})
	}
	for _, body := range []string{
		`{"error":{"message":"slow down","type":"rate_limit_error"}}`, `{"error":"slow down"}`, `{"detail":"slow down"}`, `{"message":"slow down"}`,
		`{"choices":[{"message":{"content":""},"finish_reason":"error","error":{"code":502,"message":"slow down"}}]}`,
		`{"choices":[{"message":{"content":"x"}}],"error":{"message":"slow down"}}`,
	} {
		_, err := Dialect{}.DecodeResponse([]byte(body))
		var e *llm.Error
		if !errors.As(err, &e) || !strings.Contains(e.Message, "slow down") {
			t.Errorf("%s gave %v", body, err)
		}
	}
}

var view = llm.View{Model: "public", ID: "call_1", Created: time.Unix(5, 0)}

func TestAppendResponse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		parts []llm.Part
		want  string // what follows the role
	}{
		{"text in pieces", []llm.Part{textPart("a\n"), textPart("\"b")}, `"content":"a\n\"b","refusal":null`},
		{"nothing", nil, `"content":"","refusal":null`},
		{"a refusal", []llm.Part{{Kind: llm.PartRefusal, Text: "no"}}, `"content":null,"refusal":"no"`},
		{
			"calls",
			[]llm.Part{callPart("c", "f", `{"a":1}`), {Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: json.RawMessage(`{"id":"d","type":"custom"}`)}},
			`"content":null,"refusal":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"d","type":"custom"}]`,
		},
		{
			"a signed call",
			[]llm.Part{{Kind: llm.PartToolCall, Signature: "s", Issuer: llm.IssuerGoogle, Call: &llm.ToolCall{ID: "c", Name: "f", Arguments: "{}"}}},
			`"content":null,"refusal":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"google:s"}}}]`,
		},
		{"reasoning", []llm.Part{{Kind: llm.PartReasoning, Text: "t"}, textPart("x")}, `"content":"x","refusal":null,"reasoning_content":"t"`},
		{
			"Anthropic's reasoning",
			[]llm.Part{
				{Kind: llm.PartReasoning, Text: "t", Signature: "s", Issuer: llm.IssuerAnthropic},
				{Kind: llm.PartReasoning, Signature: "only", Issuer: llm.IssuerAnthropic},
				{Kind: llm.PartRedacted, Data: json.RawMessage(`"d"`), Issuer: llm.IssuerAnthropic},
				textPart("x"),
			},
			`"content":"x","refusal":null,"reasoning_content":"t","thinking_blocks":[{"type":"thinking","thinking":"t","signature":"anthropic:s"},{"type":"thinking","thinking":"","signature":"anthropic:only"},{"type":"redacted_thinking","data":"anthropic:d"}]`,
		},
		{"OpenAI's own reasoning has no place", []llm.Part{{Kind: llm.PartRedacted, Data: json.RawMessage(`"d"`), Issuer: llm.IssuerOpenAI}, textPart("x")}, `"content":"x","refusal":null`},
		{
			"sources",
			[]llm.Part{{Kind: llm.PartText, Text: "x", Citations: []llm.Citation{{Title: "no address"}, {URL: "u", Title: "t", End: 1}}}},
			`"content":"x","refusal":null,"annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t","start_index":0,"end_index":1}}]`,
		},
		{
			"an image and sound",
			[]llm.Part{{Kind: llm.PartImage, Media: &llm.Media{MIMEType: "image/png", Data: "AAAA"}}, {Kind: llm.PartAudio, Media: &llm.Media{Data: "BBBB"}}},
			`"content":null,"refusal":null,"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}],"audio":{"id":"","data":"BBBB","expires_at":0,"transcript":""}`,
		},
		{"signed text", []llm.Part{{Kind: llm.PartText, Text: "x", Signature: "s", Issuer: llm.IssuerGoogle}}, `"content":"x","refusal":null,"extra_content":{"google":{"thought_signature":"google:s"}}`},
		{
			"other vendors' blocks",
			[]llm.Part{
				{Kind: llm.PartOpaque, Issuer: "anthropic", Data: json.RawMessage(`1`)},
				{Kind: llm.PartOpaque, Issuer: "anthropic", Data: json.RawMessage(`2`)},
				{Kind: llm.PartOpaque, Issuer: "google", Data: json.RawMessage(`3`)},
				textPart("x"),
			},
			`"content":"x","refusal":null,"provider_specific_fields":{"anthropic":[1,2],"google":[3]}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := &llm.Response{Choices: []llm.Choice{{Message: llm.Message{Parts: c.parts}, Finish: llm.FinishStop}}}
			out, err := Dialect{}.AppendResponse(nil, r, view)
			if err != nil {
				t.Fatal(err)
			}
			want := `{"id":"chatcmpl-call_1","object":"chat.completion","created":5,"model":"public","choices":[{"index":0,"message":{"role":"assistant",` + c.want + `},"logprobs":null,"finish_reason":"stop"}]}`
			if diff := cmp.Diff(want, string(out)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			var seen goopenai.ChatCompletionResponse
			if err := json.Unmarshal(out, &seen); err != nil {
				t.Errorf("go-openai: %v", err)
			}
		})
	}
}

func TestResponseRoundTrip(t *testing.T) {
	t.Parallel()
	want := &llm.Response{
		ID: "r1", Model: "public", Created: time.Unix(1700000000, 0).UTC(), ServiceTier: "flex",
		Usage: &llm.Usage{Input: 1, CacheRead: 2, CacheWrite5m: 3, AudioInput: 4, ImageInput: 5, Output: 6, Reasoning: 7, AudioOutput: 8, ImageOutput: 9},
		Choices: []llm.Choice{
			{Message: llm.Message{Role: llm.RoleAssistant, Parts: []llm.Part{
				{Kind: llm.PartReasoning, Text: "t", Signature: "s", Issuer: llm.IssuerAnthropic},
				{Kind: llm.PartRedacted, Data: json.RawMessage(`"d"`), Issuer: llm.IssuerAnthropic},
				{Kind: llm.PartText, Text: "é\u2028\x00", Citations: []llm.Citation{{URL: "u", Start: 1, End: 2}}},
				{Kind: llm.PartToolCall, Signature: "g", Issuer: llm.IssuerGoogle, Call: &llm.ToolCall{ID: "c", Name: "f", Arguments: "{bad"}},
				{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: json.RawMessage(`{"id":"d","type":"custom","custom":{"name":"n","input":""}}`)},
			}}, Finish: llm.FinishToolCalls, NativeFinish: "tool_calls", LogProbs: json.RawMessage(`{"content":[{"token":"x"}]}`)},
			{Index: 1, Message: llm.Message{Role: llm.RoleAssistant, Parts: []llm.Part{{Kind: llm.PartRefusal, Text: "no"}}}, Finish: llm.FinishLength, NativeFinish: "length"},
		},
	}
	out, err := Dialect{}.AppendResponse(nil, want, view)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Dialect{}.DecodeResponse(out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-sent +arrived\n%s", diff)
	}
}

func TestAppendError(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  llm.Error
		want string
	}{
		{"everything", llm.Error{Message: "m \"q\"", Type: "t", Param: "p", Code: "c"}, `{"error":{"message":"m \"q\"","type":"t","param":"p","code":"c"}}`},
		{"a place", *llm.Invalid("messages[0].role", "c", "this is required"), `{"error":{"message":"messages[0].role: this is required","type":"invalid_request_error","param":"messages[0].role","code":"c"}}`},
		{"nothing", llm.Error{}, `{"error":{"message":"the call failed","type":"api_error","param":null,"code":null}}`},
		{"a page", llm.Error{Status: 502, Message: " <!DOCTYPE html><title>502"}, `{"error":{"message":"Bad Gateway","type":"api_error","param":null,"code":null}}`},
		{"too many", llm.Error{Status: 429, Message: "m"}, `{"error":{"message":"m","type":"rate_limit_error","param":null,"code":null}}`},
		{"the caller's fault", llm.Error{Status: 400, Message: "m", Code: "c"}, `{"error":{"message":"m","type":"invalid_request_error","param":null,"code":"c"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := string(Dialect{}.AppendError(nil, &c.err)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			var seen goopenai.ErrorResponse
			if err := json.Unmarshal([]byte(c.want), &seen); err != nil || seen.Error.Message == "" {
				t.Errorf("go-openai: %v", err)
			}
		})
	}
}
