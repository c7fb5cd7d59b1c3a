package gemini

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// chunks are answers that are read whole and as a stream of one chunk, with the
// same outcome.
var chunks = []struct {
	about, body string
	want        llm.Response
}{
	{
		"text", `{"candidates":[{"content":{"role":"model","parts":[{"text":"hé\n\"llo"}]},"finishReason":"STOP"}],"modelVersion":"gemini-x","responseId":"r1","createTime":"2026-01-02T03:04:05.5Z"}`,
		llm.Response{ID: "r1", Model: "gemini-x", Created: time.Date(2026, 1, 2, 3, 4, 5, 5e8, time.UTC), Choices: []llm.Choice{
			choice("STOP", llm.FinishStop, text("hé\n\"llo")),
		}},
	},
	{
		"thoughts and signatures", `{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"a"},{"text":"","thoughtSignature":"c2ln"}]},"finishReason":"STOP"}]}`,
		llm.Response{Choices: []llm.Choice{choice("STOP", llm.FinishStop, thought("hm"), signed(text("a"), "c2ln"))}},
	},
	{
		"calls", `{"responseId":"r","candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"b":1,"a":[]}},"thoughtSignature":"c2ln"},{"functionCall":{"id":"own","name":"g"}}]},"finishReason":"STOP"}]}`,
		llm.Response{ID: "r", Choices: []llm.Choice{choice("STOP", llm.FinishToolCalls,
			signed(call(inventedID("r", 0, 0, &llm.ToolCall{Name: "f"}), "f", `{"b":1,"a":[]}`), "c2ln"), call("own", "g", "{}"))}},
	},
	{
		"being cut off wins over calls", `{"candidates":[{"content":{"parts":[{"functionCall":{"id":"c","name":"f"}}]},"finishReason":"MAX_TOKENS"}]}`,
		llm.Response{Choices: []llm.Choice{choice("MAX_TOKENS", llm.FinishLength, call("c", "f", "{}"))}},
	},
	{
		"nothing but thoughts that nobody sees", `{"candidates":[{"content":{"role":"model"},"finishReason":"MAX_TOKENS"}],"usageMetadata":{"promptTokenCount":5,"thoughtsTokenCount":9,"totalTokenCount":14}}`,
		llm.Response{Choices: []llm.Choice{choice("MAX_TOKENS", llm.FinishLength)}, Usage: &llm.Usage{Input: 5, Reasoning: 9}},
	},
	{
		"filtered", `{"candidates":[{"finishReason":"SAFETY"}]}`,
		llm.Response{Choices: []llm.Choice{choice("SAFETY", llm.FinishContentFilter)}},
	},
	{
		"blocked", `{"promptFeedback":{"blockReason":"MODEL_ARMOR"},"usageMetadata":{"trafficType":"ON_DEMAND"}}`,
		llm.Response{Choices: []llm.Choice{choice("MODEL_ARMOR", llm.FinishContentFilter)}},
	},
	{
		"blocked by number", `{"candidates":[],"promptFeedback":{"blockReason":4}}`,
		llm.Response{Choices: []llm.Choice{choice("PROHIBITED_CONTENT", llm.FinishContentFilter)}},
	},
	{
		"blocked beside a candidate without a word", `{"candidates":[{}],"promptFeedback":{"blockReason":"OTHER"}}`,
		llm.Response{Choices: []llm.Choice{choice("OTHER", llm.FinishContentFilter)}},
	},
	{
		"numbers for names", `{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":2}]}`,
		llm.Response{Choices: []llm.Choice{choice("MAX_TOKENS", llm.FinishLength, text("a"))}},
	},
	{
		"a reason that nobody knows", `{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"BORED"}]}`,
		llm.Response{Choices: []llm.Choice{choice("BORED", llm.FinishStop, text("a"))}},
	},
	{
		"a spoiled call beside content", `{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"MALFORMED_FUNCTION_CALL"}]}`,
		llm.Response{Choices: []llm.Choice{choice("MALFORMED_FUNCTION_CALL", llm.FinishStop, text("a"))}},
	},
	{
		"Google's own parts", `{"candidates":[{"content":{"parts":[{"executableCode":{"code":"1"},"thoughtSignature":"c2ln"},{"codeExecutionResult":{}},{"toolCall":{"id":"x"}},{}]},"finishReason":"STOP"}]}`,
		llm.Response{Choices: []llm.Choice{choice("STOP", llm.FinishStop,
			opaque(`{"executableCode":{"code":"1"},"thoughtSignature":"c2ln"}`), opaque(`{"codeExecutionResult":{}}`), opaque(`{"toolCall":{"id":"x"}}`))}},
	},
	{
		"an image", `{"candidates":[{"content":{"parts":[{"text":"see"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]},"finishReason":"STOP"}]}`,
		llm.Response{Choices: []llm.Choice{choice("STOP", llm.FinishStop, text("see"), llm.Part{Kind: llm.PartImage, Media: &llm.Media{MIMEType: "image/png", Data: "AAAA"}})}},
	},
	{
		"a thought that is an image", `{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"},"thought":true}]},"finishReason":"STOP"}]}`,
		llm.Response{Choices: []llm.Choice{choice("STOP", llm.FinishStop, opaque(`{"inlineData":{"mimeType":"image/png","data":"AAAA"},"thought":true}`))}},
	},
	{
		"a limit that leaves a token", `{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"CONTINUATION","continuationToken":"dG9r"}]}`,
		llm.Response{Choices: []llm.Choice{choice("CONTINUATION", llm.FinishLength, text("a"), opaque(`{"continuationToken":"dG9r"}`))}},
	},
	{
		"grounding", `{"candidates":[{"content":{"parts":[{"text":"né à Paris."}]},"finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.example","title":"A"}},{"retrievedContext":{"text":"x"}},{"maps":{"uri":"https://m.example"}}],"groundingSupports":[{"segment":{"startIndex":7,"endIndex":12},"groundingChunkIndices":[0,1,2,9]}]}}]}`,
		llm.Response{Choices: []llm.Choice{choice("STOP", llm.FinishStop, cites(text("né à Paris."),
			llm.Citation{URL: "https://a.example", Title: "A", Start: 5, End: 10}, llm.Citation{URL: "https://m.example", Start: 5, End: 10}))}},
	},
	{
		"sources of no piece", `{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.example","title":"A"}}]}}]}`,
		llm.Response{Choices: []llm.Choice{choice("STOP", llm.FinishStop, cites(text("a"), llm.Citation{URL: "https://a.example", Title: "A"}))}},
	},
	{
		"citations", `{"candidates":[{"content":{"parts":[{"text":"abc"}]},"finishReason":"STOP","citationMetadata":{"citations":[{"startIndex":1,"endIndex":99,"uri":"https://a.example"},{"endIndex":1}]}}]}`,
		llm.Response{Choices: []llm.Choice{choice("STOP", llm.FinishStop, cites(text("abc"), llm.Citation{URL: "https://a.example", Start: 1, End: 3}))}},
	},
	{
		"likelihoods", `{"candidates":[{"content":{"parts":[{"text":"é"}]},"finishReason":"STOP","logprobsResult":{"chosenCandidates":[{"token":"é","tokenId":7,"logProbability":-0.5}],"topCandidates":[{"candidates":[{"token":"é","logProbability":-0.5},{"token":"e","logProbability":-1e-7}]}]}}]}`,
		llm.Response{Choices: []llm.Choice{{
			Finish: llm.FinishStop, NativeFinish: "STOP", Message: llm.Message{Role: llm.RoleAssistant, Parts: []llm.Part{text("é")}},
			LogProbs: json.RawMessage(`{"content":[{"token":"é","logprob":-0.5,"bytes":[195,169],"top_logprobs":[{"token":"é","logprob":-0.5,"bytes":[195,169]},{"token":"e","logprob":-1e-07,"bytes":[101]}]}],"refusal":null}`),
		}}},
	},
	{
		"two candidates", `{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP","index":0},{"content":{"parts":[{"functionCall":{"id":"c","name":"f"}}]},"finishReason":"STOP","index":1}]}`,
		llm.Response{Choices: []llm.Choice{choice("STOP", llm.FinishStop, text("a")), at(1, choice("STOP", llm.FinishToolCalls, call("c", "f", "{}")))}},
	},
	{
		"members that nobody knows, in any order", ` {"new":{"a":[1,{"b":null}]},"candidates":[{"finishReason":"STOP","tokenCount":3,"content":{"new":1,"parts":[{"new":true,"text":"a"}]},"safetyRatings":[{"blocked":false}]}]} `,
		llm.Response{Choices: []llm.Choice{choice("STOP", llm.FinishStop, text("a"))}},
	},
	{
		"values of other types", `{"responseId":7,"modelVersion":null,"candidates":[{"content":{"parts":[{"text":"a"},{"text":5},7,null,{"functionCall":"x"},{"functionCall":{"name":"f","id":"c","args":[1]}}]},"finishReason":"STOP","index":"0"}],"usageMetadata":{"promptTokenCount":"12","candidatesTokenCount":3.0,"totalTokenCount":{}}}`,
		llm.Response{Choices: []llm.Choice{choice("STOP", llm.FinishToolCalls, text("a"), call("c", "f", "{}"))}, Usage: &llm.Usage{Input: 12, Output: 3}},
	},
}

func text(s string) llm.Part { return llm.Part{Kind: llm.PartText, Text: s} }

func thought(s string) llm.Part {
	return llm.Part{Kind: llm.PartReasoning, Text: s, Issuer: llm.IssuerGoogle}
}

func opaque(data string) llm.Part {
	return llm.Part{Kind: llm.PartOpaque, Data: json.RawMessage(data), Issuer: llm.IssuerGoogle}
}

func signed(p llm.Part, signature string) llm.Part {
	p.Signature, p.Issuer = signature, llm.IssuerGoogle
	return p
}

func cites(p llm.Part, list ...llm.Citation) llm.Part {
	p.Citations = list
	return p
}

func choice(native string, finish llm.Finish, parts ...llm.Part) llm.Choice {
	return llm.Choice{Finish: finish, NativeFinish: native, Message: llm.Message{Role: llm.RoleAssistant, Parts: parts}}
}

func at(index int, c llm.Choice) llm.Choice {
	c.Index = index
	return c
}

func TestDecodeResponse(t *testing.T) {
	t.Parallel()
	for _, tt := range chunks {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			got, err := Dialect{}.DecodeResponse([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			list, err := Dialect{}.DecodeResponse([]byte("[" + tt.body + "]"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, list); diff != "" {
				t.Errorf("in a list (-alone +list):\n%s", diff)
			}
		})
	}
}

func TestDecodeResponseList(t *testing.T) {
	t.Parallel()
	body := `[{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":1}},
		{"candidates":[{"content":{"parts":[{"text":"b","thoughtSignature":"c2ln"}]}}],"responseId":"r"},
		{"candidates":[{"content":{"parts":[{"text":"c"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":2,"candidatesTokenCount":3}}]`
	got, err := Dialect{}.DecodeResponse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	want := &llm.Response{ID: "r", Choices: []llm.Choice{choice("STOP", llm.FinishStop, signed(text("ab"), "c2ln"), text("c"))}, Usage: &llm.Usage{Input: 2, Output: 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// unusableBodies are answers that are none, with what is said of them.
var unusableBodies = []struct {
	about, body, reason string
	status              int
}{
	{"nothing", ``, "empty", 502},
	{"white space", " \r\n", "empty", 502},
	{"an empty object", `{}`, "empty", 502},
	{"no candidates", `{"candidates":[]}`, "empty", 502},
	{"an empty list", `[]`, "empty", 502},
	{"a candidate that stops without a word", `{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP"}]}`, "empty", 502},
	{"a spoiled call alone", `{"candidates":[{"content":{},"finishReason":"MALFORMED_FUNCTION_CALL"}]}`, "malformed", 502},
	{"an undeclared tool alone", `{"candidates":[{"finishReason":"UNEXPECTED_TOOL_CALL"}]}`, "malformed", 502},
	{"half an object", `{"candidates":[{"content"`, "malformed", 502},
	{"an error", `{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED"}}`, "", 429},
	{"an error in a list", `[{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED"}}]`, "", 429},
}

func TestDecodeResponseErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range unusableBodies {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			r, err := Dialect{}.DecodeResponse([]byte(tt.body))
			var e *llm.Error
			if !errors.As(err, &e) || e.Status != tt.status || e.Reason != tt.reason {
				t.Errorf("got %+v, error %+v; want status %d and reason %q", r, e, tt.status, tt.reason)
			}
		})
	}
	for _, body := range []string{`<html>`, `{"candidates":[]} x`, `[{]`, `[7]`} {
		_, err := Dialect{}.DecodeResponse([]byte(body))
		var e *llm.Error
		if !errors.As(err, &e) || e.Class != llm.ClassBadOutput {
			t.Errorf("%s: error %v", body, err)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about, wire string
		want        *llm.Usage
		total       int64
	}{
		{"none", `{"trafficType":"ON_DEMAND"}`, nil, 0},
		{"text", `{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":15}`, &llm.Usage{Input: 10, Output: 5}, 15},
		{
			"all of it", `{"promptTokenCount":100,"cachedContentTokenCount":40,"candidatesTokenCount":20,"thoughtsTokenCount":7,"toolUsePromptTokenCount":9,"totalTokenCount":136}`,
			&llm.Usage{Input: 60, CacheRead: 40, Output: 20, Reasoning: 7, ToolPrompt: 9}, 136,
		},
		{
			"media", `{"promptTokenCount":100,"candidatesTokenCount":50,"totalTokenCount":150,"promptTokensDetails":[{"modality":"TEXT","tokenCount":10},{"modality":"AUDIO","tokenCount":30},{"modality":"IMAGE","tokenCount":20},{"modality":"VIDEO","tokenCount":40}],"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":45},{"modality":"AUDIO","tokenCount":1}]}`,
			&llm.Usage{Input: 50, AudioInput: 30, ImageInput: 20, Output: 4, ImageOutput: 45, AudioOutput: 1}, 150,
		},
		{
			"media by number", `{"promptTokenCount":100,"promptTokensDetails":[{"modality":2,"tokenCount":20},{"modality":4,"tokenCount":30},{"modality":1,"tokenCount":50}]}`,
			&llm.Usage{Input: 50, ImageInput: 20, AudioInput: 30}, 100,
		},
		{
			"cached media", `{"promptTokenCount":100,"cachedContentTokenCount":60,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":80},{"modality":"TEXT","tokenCount":20}],"cacheTokensDetails":[{"modality":"AUDIO","tokenCount":60}]}`,
			&llm.Usage{Input: 20, CacheRead: 60, AudioInput: 20}, 100,
		},
		{
			"more details than tokens", `{"promptTokenCount":10,"cachedContentTokenCount":50,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":80}]}`,
			&llm.Usage{CacheRead: 10}, 10,
		},
		{"nonsense", `{"promptTokenCount":-5,"candidatesTokenCount":5}`, &llm.Usage{Output: 5, Suspect: true}, 5},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			body := `{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}],"usageMetadata":` + tt.wire + `}`
			r, err := Dialect{}.DecodeResponse([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, r.Usage); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			if r.Usage == nil {
				return
			}
			if got := r.Usage.Total(); got != tt.total {
				t.Errorf("total %d, want %d", got, tt.total)
			}
			var back wireUsage
			rd := new(reader)
			rd.read(appendUsage(nil, r.Usage, "standard"))
			back.read(rd)
			again := back.neutral()
			again.Suspect = r.Usage.Suspect
			if diff := cmp.Diff(r.Usage, again); diff != "" {
				t.Errorf("written and read (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInventedIDs(t *testing.T) {
	t.Parallel()
	f, g := &llm.ToolCall{Name: "f", Arguments: "{}"}, &llm.ToolCall{Name: "f", Arguments: `{"a":1}`}
	if a, b := inventedID("r", 0, 0, f), inventedID("r", 0, 0, f); a != b || !strings.HasPrefix(a, "call_") {
		t.Errorf("%s and %s", a, b)
	}
	seen := map[string]bool{}
	for _, id := range []string{
		inventedID("r", 0, 0, f), inventedID("r", 0, 1, f), inventedID("r", 1, 0, f), inventedID("s", 0, 0, f), inventedID("", 0, 0, f), inventedID("", 0, 0, g),
	} {
		if seen[id] {
			t.Errorf("%s is used twice", id)
		}
		seen[id] = true
	}
}
