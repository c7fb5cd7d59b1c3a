package gemini

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func TestAppendResponse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about    string
		response llm.Response
		want     string
	}{
		{
			"text",
			llm.Response{ID: "r", Model: "secret", Choices: []llm.Choice{choice("end_turn", llm.FinishStop, text("a"))}, Usage: &llm.Usage{Input: 1, CacheRead: 2, Output: 3, Reasoning: 4}, ServiceTier: "default"},
			`{"candidates":[{"content":{"parts":[{"text":"a"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":3,"totalTokenCount":10,"cachedContentTokenCount":2,"thoughtsTokenCount":4,"promptTokensDetails":[{"modality":"TEXT","tokenCount":3}],"candidatesTokensDetails":[{"modality":"TEXT","tokenCount":3}],"serviceTier":"standard"},"modelVersion":"public","responseId":"r"}`,
		},
		{
			"no id, no content",
			llm.Response{Choices: []llm.Choice{choice("content_filter", llm.FinishContentFilter)}},
			`{"candidates":[{"content":{"role":"model"},"finishReason":"SAFETY","index":0}],"modelVersion":"public","responseId":"made-up"}`,
		},
		{"no choices", llm.Response{}, `{"candidates":[],"modelVersion":"public","responseId":"made-up"}`},
		{
			"calls, in order with text",
			llm.Response{Choices: []llm.Choice{choice("tool_use", llm.FinishToolCalls, text("a"), call("c1", "f", `{"x": 1}`), call("", "g", ""), call("c3", "h", "[1"))}},
			`{"candidates":[{"content":{"parts":[{"text":"a"},{"functionCall":{"id":"c1","name":"f","args":{"x": 1}}},{"functionCall":{"name":"g","args":{}}},{"functionCall":{"id":"c3","name":"h","args":{"_raw":"[1"}}}],"role":"model"},"finishReason":"STOP","index":0}],"modelVersion":"public","responseId":"made-up"}`,
		},
		{
			"signatures of Google's and of others",
			llm.Response{Choices: []llm.Choice{choice("length", llm.FinishLength,
				llm.Part{Kind: llm.PartReasoning, Text: "hm", Signature: "x", Issuer: llm.IssuerAnthropic}, llm.Part{Kind: llm.PartReasoning, Signature: "x", Issuer: llm.IssuerAnthropic},
				llm.Part{Kind: llm.PartRedacted, Data: json.RawMessage(`"x"`), Issuer: llm.IssuerAnthropic}, llm.Part{Kind: llm.PartOpaque, Data: json.RawMessage(`{}`), Issuer: llm.IssuerOpenAI},
				signed(text("a"), "c2ln"))}},
			`{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"a","thoughtSignature":"c2ln"}],"role":"model"},"finishReason":"MAX_TOKENS","index":0}],"modelVersion":"public","responseId":"made-up"}`,
		},
		{
			"a refusal and a failure",
			llm.Response{Choices: []llm.Choice{choice("x", llm.FinishError, llm.Part{Kind: llm.PartRefusal, Text: "no"}), at(1, choice("SPII", llm.FinishContentFilter))}},
			`{"candidates":[{"content":{"parts":[{"text":"no"}],"role":"model"},"finishReason":"OTHER","index":0},{"content":{"role":"model"},"finishReason":"SPII","index":1}],"modelVersion":"public","responseId":"made-up"}`,
		},
		{
			"citations",
			llm.Response{Choices: []llm.Choice{choice("stop", llm.FinishStop, thought("hm"), cites(text("né à Paris"), llm.Citation{URL: "https://a.example", Title: "A", Start: 3, End: 5}, llm.Citation{URL: "https://b.example"}))}},
			`{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"né à Paris"}],"role":"model"},"finishReason":"STOP","index":0,"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.example","title":"A"}},{"web":{"uri":"https://b.example","title":""}}],"groundingSupports":[{"segment":{"partIndex":1,"startIndex":4,"endIndex":7},"groundingChunkIndices":[0]}]}}],"modelVersion":"public","responseId":"made-up"}`,
		},
		{
			"media",
			llm.Response{Choices: []llm.Choice{choice("stop", llm.FinishStop, llm.Part{Kind: llm.PartImage, Media: &llm.Media{MIMEType: "image/png", Data: "AAAA"}}, llm.Part{Kind: llm.PartImage, Media: &llm.Media{URL: "https://x.example/a.png"}})}},
			`{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}},{"fileData":{"mimeType":"image/png","fileUri":"https://x.example/a.png"}}],"role":"model"},"finishReason":"STOP","index":0}],"modelVersion":"public","responseId":"made-up"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			got, err := Dialect{}.AppendResponse([]byte("before"), &tt.response, llm.View{Model: "public", ID: "made-up"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("before"+tt.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !json.Valid(got[len("before"):]) {
				t.Error("not JSON")
			}
		})
	}
}

// TestAnswersSurvive encodes all the answers of the tests on the front, whole
// and streamed, and reads them again.
func TestAnswersSurvive(t *testing.T) {
	t.Parallel()
	for _, tt := range chunks {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			r := tt.want
			v := llm.View{Model: r.Model, ID: r.ID}
			whole, err := Dialect{}.AppendResponse(nil, &r, v)
			if err != nil || !json.Valid(whole) {
				t.Fatalf("%s (%v)", whole, err)
			}
			got, err := Dialect{}.DecodeResponse(whole)
			if err != nil {
				t.Fatal(err)
			}
			want := r
			want.Created = time.Time{} // which the Gemini API does not tell
			want.Choices = slices.Clone(want.Choices)
			for i := range want.Choices {
				c := &want.Choices[i]
				c.NativeFinish = nativeFinish(c.Finish, c.NativeFinish)
			}
			if diff := cmp.Diff(want, *got); diff != "" {
				t.Errorf("whole (-want +got):\n%s", diff)
			}
			got, err = decodeStream(t, strings.NewReader(string(encodeStream(&r, v))), llm.StreamOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, *got); diff != "" {
				t.Errorf("streamed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStreamEncoder(t *testing.T) {
	t.Parallel()
	s := Dialect{}.NewStreamEncoder(llm.View{Model: "public", ID: "made-up"})
	if s.ContentType() != "text/event-stream" {
		t.Errorf("content type %s", s.ContentType())
	}
	const tail = `],"role":"model"},"index":0}],"modelVersion":"public","responseId":"r"}` + "\n\n"
	steps := []struct {
		event llm.Event
		want  string
	}{
		{llm.Event{Kind: llm.EventStart, ID: "r", Model: "secret"}, ""},
		{llm.Event{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 1}}, ""},
		{llm.Event{Kind: llm.EventPing}, ""},
		{llm.Event{Kind: llm.EventReasoning, Text: "hm"}, `data: {"candidates":[{"content":{"parts":[{"text":"hm","thought":true}` + tail},
		{llm.Event{Kind: llm.EventSignature, Signature: "x", Issuer: llm.IssuerAnthropic}, ""},
		{llm.Event{Kind: llm.EventSignature, Signature: "c2ln", Issuer: llm.IssuerGoogle}, `data: {"candidates":[{"content":{"parts":[{"text":"","thought":true,"thoughtSignature":"c2ln"}` + tail},
		{llm.Event{Kind: llm.EventText}, ""},
		{llm.Event{Kind: llm.EventText, Text: "a\"b"}, `data: {"candidates":[{"content":{"parts":[{"text":"a\"b"}` + tail},
		{llm.Event{Kind: llm.EventToolStart, ID: "c", Name: "f", Signature: "c2ln", Issuer: llm.IssuerGoogle}, ""},
		{llm.Event{Kind: llm.EventToolStart, Index: 1, ID: "d", Name: "g"}, ""},
		{llm.Event{Kind: llm.EventToolArguments, Text: `{"a":`}, ""},
		{llm.Event{Kind: llm.EventToolArguments, Index: 1, Text: `{}`}, ""},
		{llm.Event{Kind: llm.EventToolArguments, Text: `1}`}, ""},
		{llm.Event{Kind: llm.EventToolArguments, Index: 7, Text: `1}`}, ""},
		{llm.Event{Kind: llm.EventToolEnd}, `data: {"candidates":[{"content":{"parts":[{"functionCall":{"id":"c","name":"f","args":{"a":1}},"thoughtSignature":"c2ln"}` + tail},
		{llm.Event{Kind: llm.EventToolEnd}, ""},
		{llm.Event{Kind: llm.EventRedacted, Data: json.RawMessage(`"x"`), Issuer: llm.IssuerAnthropic}, ""},
		{llm.Event{Kind: llm.EventOpaque, Data: json.RawMessage(`{"x":1}`), Issuer: llm.IssuerOpenAI}, ""},
		{llm.Event{Kind: llm.EventOpaque, Data: json.RawMessage(`{"executableCode":{}}`), Issuer: llm.IssuerGoogle}, `data: {"candidates":[{"content":{"parts":[{"executableCode":{}}` + tail},
		{llm.Event{Kind: llm.EventCitation, Citation: &llm.Citation{URL: "https://a.example"}}, ""},
		{llm.Event{Kind: llm.EventFinish, Finish: llm.FinishToolCalls, NativeFinish: "tool_use"}, ""},
		{llm.Event{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 2, Output: 3}}, ""},
		{llm.Event{Kind: llm.EventEnd}, `data: {"candidates":[{"content":{"parts":[{"functionCall":{"id":"d","name":"g","args":{}}},{"text":""}],"role":"model"},"index":0,"finishReason":"STOP","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a.example","title":""}}]}}],"usageMetadata":{"promptTokenCount":2,"candidatesTokenCount":3,"totalTokenCount":5,"promptTokensDetails":[{"modality":"TEXT","tokenCount":2}],"candidatesTokensDetails":[{"modality":"TEXT","tokenCount":3}]},"modelVersion":"public","responseId":"r"}` + "\n\n"},
		{llm.Event{Kind: llm.EventText, Text: "late"}, ""},
	}
	for i, step := range steps {
		if got := string(s.Append(nil, &step.event)); got != step.want {
			t.Errorf("step %d\ngot  %s\nwant %s", i, got, step.want)
		}
	}
}

func TestStreamEncoderError(t *testing.T) {
	t.Parallel()
	s := Dialect{}.NewStreamEncoder(llm.View{Model: "public"})
	got := s.Append(nil, &llm.Event{Kind: llm.EventError, Err: &llm.Error{Status: 503, Message: "busy"}})
	if want := `data: {"error":{"code":503,"message":"busy","status":"UNAVAILABLE"}}` + "\n\n"; string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := s.Append(nil, &llm.Event{Kind: llm.EventEnd}); len(got) > 0 {
		t.Errorf("after the error comes %s", got)
	}
}

func TestAppendError(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err  *llm.Error
		want string
	}{
		{
			&llm.Error{Status: 400, Code: "invalid_value", Message: "no \"x\"", Param: "contents[0]"},
			`{"error":{"code":400,"message":"contents[0]: no \"x\"","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"invalid_value","domain":"fairway"},{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"contents[0]","description":"no \"x\""}]}]}}`,
		},
		{
			&llm.Error{Status: 429, Code: "rate_limit_exceeded", Message: "slow down", RetryAfter: 1500 * time.Millisecond},
			`{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"rate_limit_exceeded","domain":"fairway"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.5s"}]}}`,
		},
		{&llm.Error{}, `{"error":{"code":500,"message":"INTERNAL","status":"INTERNAL"}}`},
		{nil, `{"error":{"code":500,"message":"INTERNAL","status":"INTERNAL"}}`},
	}
	for _, tt := range tests {
		got := Dialect{}.AppendError(nil, tt.err)
		if string(got) != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
	for code, want := range map[int]string{
		400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 402: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 422: "INVALID_ARGUMENT",
		429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 502: "INTERNAL", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED", 529: "UNAVAILABLE", 302: "UNKNOWN",
	} {
		if got := statusOf(code); got != want {
			t.Errorf("%d is %s, want %s", code, got, want)
		}
	}
	var e *llm.Error
	if _, err := (Dialect{}).DecodeResponse(Dialect{}.AppendError(nil, tests[1].err)); !errors.As(err, &e) || e.Status != 429 || e.RetryAfter != 1500*time.Millisecond {
		t.Errorf("an own error reads as %+v", e)
	}
}
