package bedrock

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func choice(native string, finish llm.Finish, parts ...llm.Part) llm.Choice {
	return llm.Choice{Message: llm.Message{Role: llm.RoleAssistant, Parts: parts}, NativeFinish: native, Finish: finish}
}

func cited(p llm.Part, list ...llm.Citation) llm.Part {
	p.Citations = list
	return p
}

// answers are whole answers.
var answers = []struct {
	about, body string
	want        llm.Response
}{
	{
		"text", `{"output":{"message":{"role":"assistant","content":[{"text":"h\u00e9"},{"text":""}]}},"stopReason":"end_turn","usage":{"inputTokens":3,"outputTokens":2,"totalTokens":5},"metrics":{"latencyMs":1}}`,
		llm.Response{Choices: []llm.Choice{choice("end_turn", llm.FinishStop, said1("hé"))}, Usage: &llm.Usage{Input: 3, Output: 2}},
	},
	{
		"cached", `{"output":{"message":{"content":[{"text":"a"}]}},"stopReason":"stop_sequence","usage":{"inputTokens":3,"outputTokens":2,"cacheReadInputTokens":7,"cacheWriteInputTokens":11,"cacheDetails":[{"ttl":"1h","inputTokens":5},{"ttl":"5m","inputTokens":6}]},"serviceTier":{"type":"flex"}}`,
		llm.Response{Choices: []llm.Choice{choice("stop_sequence", llm.FinishStop, said1("a"))}, Usage: &llm.Usage{Input: 3, Output: 2, CacheRead: 7, CacheWrite5m: 6, CacheWrite1h: 5}, ServiceTier: "flex"},
	},
	{
		"cached, under older names", `{"output":{"message":{"content":[{"text":"a"}]}},"stopReason":"max_tokens","usage":{"inputTokens":-3,"outputTokens":2e15,"cacheReadInputTokenCount":7}}`,
		llm.Response{Choices: []llm.Choice{choice("max_tokens", llm.FinishLength, said1("a"))}, Usage: &llm.Usage{Output: 1 << 30, CacheRead: 7, Suspect: true}},
	},
	{
		"thoughts and calls", `{"output":{"message":{"content":[{"reasoningContent":{"reasoningText":{"text":"t","signature":"s"}}},{"reasoningContent":{"redactedContent":"cmVk"}},{"toolUse":{"toolUseId":"c","name":"f","input":{"a":1},"type":"tool_use"}},{"toolUse":{"name":"g"}}]}},"stopReason":"tool_use"}`,
		llm.Response{Choices: []llm.Choice{choice("tool_use", llm.FinishToolCalls, thinks("t", "s"), llm.Part{Kind: llm.PartRedacted, Issuer: llm.IssuerAnthropic, Data: json.RawMessage(`"cmVk"`)}, call("c", "f", `{"a":1}`), call(inventedID(1, "g"), "g", "{}"))}},
	},
	{
		"input that is no object", `{"output":{"message":{"content":[{"toolUse":{"toolUseId":"c","name":"f","input":[1]}}]}},"stopReason":"end_turn"}`,
		llm.Response{Choices: []llm.Choice{choice("end_turn", llm.FinishToolCalls, call("c", "f", `{"_raw":"[1]"}`))}},
	},
	{
		"no call after all", `{"output":{"message":{"content":[{"text":"a"}]}},"stopReason":"tool_use"}`,
		llm.Response{Choices: []llm.Choice{choice("tool_use", llm.FinishStop, said1("a"))}},
	},
	{
		"blocked", `{"output":{"message":{"content":[]}},"stopReason":"guardrail_intervened"}`,
		llm.Response{Choices: []llm.Choice{choice("guardrail_intervened", llm.FinishContentFilter)}},
	},
	{
		"text beside a spoiled call", `{"output":{"message":{"content":[{"text":"a"}]}},"stopReason":"malformed_tool_use"}`,
		llm.Response{Choices: []llm.Choice{choice("malformed_tool_use", llm.FinishStop, said1("a"))}},
	},
	{
		"sources", `{"output":{"message":{"content":[{"citationsContent":{"content":[{"text":"a"},{"text":"b"}],"citations":[{"title":"T","location":{"web":{"url":"https://a.example","domain":"a.example"}}},{"title":"D","source":"https://b.example","location":{"documentChar":{"documentIndex":0,"start":0,"end":5}}}]}}]}},"stopReason":"end_turn"}`,
		llm.Response{Choices: []llm.Choice{choice("end_turn", llm.FinishStop, cited(said1("ab"), llm.Citation{URL: "https://a.example", Title: "T"}, llm.Citation{URL: "https://b.example", Title: "D"}))}},
	},
	{
		"an image, and Amazon's own", `{"output":{"message":{"content":[{"image":{"format":"png","source":{"bytes":"AAAA"}}},{"toolUse":{"name":"x","type":"server_tool_use"}},{"hologram":{"a":[1]}},{"cachePoint":{}}]}},"stopReason":"end_turn"}`,
		llm.Response{Choices: []llm.Choice{choice("end_turn", llm.FinishStop, shownAs(llm.PartImage, llm.Media{MIMEType: "image/png", Data: "AAAA"}), opaque(`{"toolUse":{"name":"x","type":"server_tool_use"}}`), opaque(`{"hologram":{"a":[1]}}`))}},
	},
	{
		"odd types", `{"output":{"message":{"content":[7,{"text":[]},{"reasoningContent":"x"}]}},"stopReason":3,"usage":[]}`,
		llm.Response{Choices: []llm.Choice{choice("", llm.FinishStop)}},
	},
}

func TestDecodeResponse(t *testing.T) {
	t.Parallel()
	for _, tt := range answers {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			got, err := Dialect{}.DecodeResponse([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			again, err := streamed(t, tt.about, []byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if want, got := said(t, got), said(t, again); !cmp.Equal(want, got) {
				t.Errorf("as a stream %s", cmp.Diff(want, got))
			}
		})
	}
}

// unusable are bodies that are no answers.
var unusable = []struct {
	about, body, reason, message string
}{
	{"nothing", "", "empty", "the provider sent an empty answer"},
	{"a page", "<html>", "malformed", ""},
	{"an error", `{"message":"Too many tokens"}`, "", "Too many tokens"},
	{"an error with a capital", `{"Message":"no"}`, "", "no"},
	{"no message", `{"output":{}}`, "malformed", ""},
	{"half an answer", `{"output":{"message":{"content":[`, "malformed", ""},
	{"a list", `[]`, "malformed", ""},
	{"a spoiled call", `{"output":{"message":{"content":[]}},"stopReason":"malformed_tool_use"}`, "malformed", "the model's answer could not be used (malformed_tool_use)"},
}

func TestDecodeUnusable(t *testing.T) {
	t.Parallel()
	for _, tt := range unusable {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			_, err := Dialect{}.DecodeResponse([]byte(tt.body))
			check(t, "decoded", err, false, tt.reason, tt.message)
			_, err = streamed(t, tt.about, []byte(tt.body))
			check(t, "streamed", err, false, tt.reason, tt.message)
			var f llm.AnswerFacts
			out, err := Dialect{}.EditResponse([]byte("kept"), []byte(tt.body), "x", &f)
			check(t, "passed", err, false, tt.reason, tt.message)
			if string(out) != "kept" {
				t.Errorf("passed %s", out)
			}
		})
	}
}

// check checks how a stream or an answer failed.
func check(t *testing.T, about string, err error, unexpected bool, reason, message string) {
	t.Helper()
	var e *llm.Error
	switch {
	case unexpected:
		if err == nil || err.Error() != "unexpected EOF" {
			t.Errorf("%s: ended with %v", about, err)
		}
	case !errors.As(err, &e) || e.Reason != reason || message != "" && e.Message != message:
		t.Errorf("%s: ended with %#v", about, err)
	}
}

func TestAppendResponse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about string
		r     llm.Response
		want  string
	}{
		{
			"text",
			llm.Response{Choices: []llm.Choice{choice("stop", llm.FinishStop, said1("a"), said1(""), llm.Part{Kind: llm.PartRefusal, Text: "no"})}, Usage: &llm.Usage{Input: 1, ImageInput: 2, CacheRead: 3, CacheWrite5m: 4, CacheWrite1h: 5, Output: 6, Reasoning: 7}},
			`{"output":{"message":{"role":"assistant","content":[{"text":"a"},{"text":"no"}]}},"stopReason":"end_turn","usage":{"inputTokens":3,"outputTokens":13,"totalTokens":28,"cacheReadInputTokens":3,"cacheWriteInputTokens":9,"cacheDetails":[{"ttl":"5m","inputTokens":4},{"ttl":"1h","inputTokens":5}]},` + noMetrics + `}`,
		},
		{
			"thoughts, calls and others' blocks",
			llm.Response{Choices: []llm.Choice{choice("", llm.FinishToolCalls, thinks("t", ""), llm.Part{Kind: llm.PartReasoning, Signature: "x", Issuer: llm.IssuerGoogle}, thinks("u", "s"), llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: json.RawMessage(`{}`)}, call("c", "f", `{"a":1}`), call("d", "g", `x`))}},
			`{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"t"}}},{"reasoningContent":{"reasoningText":{"text":"u","signature":"s"}}},{"toolUse":{"toolUseId":"c","name":"f","input":{"a":1}}},{"toolUse":{"toolUseId":"d","name":"g","input":{"_raw":"x"}}}]}},"stopReason":"tool_use",` + noMetrics + `}`,
		},
		{
			"sources and an image",
			llm.Response{Choices: []llm.Choice{choice("length", llm.FinishLength, cited(said1("a"), llm.Citation{URL: "u", Title: "T"}, llm.Citation{Title: "D"}), shownAs(llm.PartImage, llm.Media{MIMEType: "image/png", Data: "AAAA"}), shownAs(llm.PartImage, llm.Media{URL: "https://a.example"}))}},
			`{"output":{"message":{"role":"assistant","content":[{"citationsContent":{"content":[{"text":"a"}],"citations":[{"title":"T","location":{"web":{"url":"u"}}},{"title":"D"}]}},{"image":{"format":"png","source":{"bytes":"AAAA"}}}]}},"stopReason":"max_tokens",` + noMetrics + `}`,
		},
		{"a sequence", llm.Response{Choices: []llm.Choice{{Finish: llm.FinishStop, StopSequence: "x"}}}, `{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"stop_sequence",` + noMetrics + `}`},
		{"filtered", llm.Response{Choices: []llm.Choice{choice("refusal", llm.FinishContentFilter)}}, `{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"content_filtered",` + noMetrics + `}`},
		{"blocked", llm.Response{Choices: []llm.Choice{choice("guardrail_intervened", llm.FinishContentFilter)}}, `{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"guardrail_intervened",` + noMetrics + `}`},
		{"failed", llm.Response{Choices: []llm.Choice{choice("error", llm.FinishError)}}, `{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"malformed_model_output",` + noMetrics + `}`},
		{"nothing", llm.Response{}, `{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"end_turn",` + noMetrics + `}`},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			got, err := Dialect{}.AppendResponse(nil, &tt.r, llm.View{})
			if err != nil || string(got) != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestAppendError(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]*llm.Error{
		`{"message":"no \"x\"","__type":"ThrottlingException"}`:                    {Status: 429, Message: `no "x"`},
		`{"message":"messages[0]: bad","__type":"ValidationException"}`:            {Status: 413, Message: "bad", Param: "messages[0]"},
		`{"message":"Forbidden","__type":"AccessDeniedException"}`:                 {Status: 403},
		`{"message":"Gateway Timeout","__type":"ModelTimeoutException"}`:           {Status: 504},
		`{"message":"the call failed","__type":"InternalServerException"}`:         nil,
		`{"message":"Service Unavailable","__type":"ServiceUnavailableException"}`: {Status: 503},
	} {
		if got := string(Dialect{}.AppendError(nil, e)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if name, value := (Dialect{}).ErrorHeader(&llm.Error{Status: 404}); name != "X-Amzn-Errortype" || value != "ResourceNotFoundException" {
		t.Errorf("got %s: %s", name, value)
	}
}
