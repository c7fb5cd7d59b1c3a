package openai

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	goopenai "github.com/sashabaranov/go-openai"

	"github.com/fairwaygw/fairway/llm"
)

func encode(v llm.View, events ...llm.Event) string {
	enc := Dialect{}.NewStreamEncoder(v)
	var out []byte
	for i := range events {
		out = enc.Append(out, &events[i])
	}
	return string(out)
}

func TestStreamEncoder(t *testing.T) {
	t.Parallel()
	start := llm.Event{Kind: llm.EventStart, ID: "r1", Created: time.Unix(7, 0)}
	const head = `data: {"id":"r1","object":"chat.completion.chunk","created":7,"model":"public","choices":[`
	chunk := func(delta string) string {
		return head + `{"index":0,"delta":{` + delta + `},"logprobs":null,"finish_reason":null}]}` + "\n\n"
	}
	role := chunk(`"role":"assistant","content":"","refusal":null`)
	signature := func(issuer string) llm.Event {
		return llm.Event{Kind: llm.EventSignature, Signature: "s", Issuer: issuer}
	}
	for _, c := range []struct {
		name   string
		events []llm.Event
		want   string // what follows the role
	}{
		{"text", []llm.Event{{Kind: llm.EventText, Text: "a\n\"é"}, {Kind: llm.EventText}}, chunk(`"content":"a\n\"é"`)},
		{
			"log probabilities",
			[]llm.Event{{Kind: llm.EventText, Text: "a", LogProbs: json.RawMessage(`{"content":[]}`)}},
			head + `{"index":0,"delta":{"content":"a"},"logprobs":{"content":[]},"finish_reason":null}]}` + "\n\n",
		},
		{"a refusal", []llm.Event{{Kind: llm.EventRefusal, Text: "no"}}, chunk(`"refusal":"no"`)},
		{
			"Anthropic's reasoning",
			[]llm.Event{
				{Kind: llm.EventReasoning, Text: "a"},
				{Kind: llm.EventReasoning, Text: "b"},
				signature(llm.IssuerAnthropic),
				{Kind: llm.EventReasoning, Text: "c"},
				signature(llm.IssuerAnthropic), signature(llm.IssuerAnthropic),
				{Kind: llm.EventRedacted, Data: json.RawMessage(`"d"`), Issuer: llm.IssuerAnthropic},
			},
			chunk(`"reasoning_content":"a"`) + chunk(`"reasoning_content":"b"`) + chunk(`"thinking_blocks":[{"type":"thinking","thinking":"ab","signature":"anthropic:s"}]`) +
				chunk(`"reasoning_content":"c"`) + chunk(`"thinking_blocks":[{"type":"thinking","thinking":"c","signature":"anthropic:s"}]`) +
				chunk(`"thinking_blocks":[{"type":"thinking","thinking":"","signature":"anthropic:s"}]`) + chunk(`"thinking_blocks":[{"type":"redacted_thinking","data":"anthropic:d"}]`),
		},
		{"what has no place", []llm.Event{{Kind: llm.EventReasoning}, signature(llm.IssuerOpenAI), {Kind: llm.EventRedacted, Data: json.RawMessage(`"d"`), Issuer: llm.IssuerOpenAI}, {Kind: llm.EventCitation, Citation: &llm.Citation{Title: "t"}}, {Kind: llm.EventMedia}}, ""},
		{
			"a call",
			[]llm.Event{
				{Kind: llm.EventToolStart, ID: "c", Name: "f"},
				{Kind: llm.EventToolArguments, Text: `{"a"`},
				{Kind: llm.EventToolArguments},
				{Kind: llm.EventToolArguments, Text: `:1}`},
				{Kind: llm.EventToolEnd},
				{Kind: llm.EventToolStart, Index: 1, ID: "d", Name: "g", Signature: "s", Issuer: llm.IssuerGoogle},
				signature(llm.IssuerGoogle),
			},
			chunk(`"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":""}}]`) +
				chunk(`"tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}]`) + chunk(`"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]`) +
				chunk(`"tool_calls":[{"index":1,"id":"d","type":"function","function":{"name":"g","arguments":""},"extra_content":{"google":{"thought_signature":"google:s"}}}]`) +
				chunk(`"tool_calls":[{"index":1,"extra_content":{"google":{"thought_signature":"google:s"}}}]`),
		},
		{"signed text", []llm.Event{{Kind: llm.EventText, Text: "x"}, signature(llm.IssuerGoogle)}, chunk(`"content":"x"`) + chunk(`"extra_content":{"google":{"thought_signature":"google:s"}}`)},
		{
			"opaque blocks",
			[]llm.Event{{Kind: llm.EventToolStart, ID: "c", Name: "f"}, {Kind: llm.EventOpaque, Data: json.RawMessage(`{"id":"x"}`), Issuer: llm.IssuerOpenAI}, {Kind: llm.EventOpaque, Data: json.RawMessage(`{"id":"y"}`), Issuer: llm.IssuerAnthropic}},
			chunk(`"tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":""}}]`) + chunk(`"tool_calls":[{"index":1,"id":"x"}]`) + chunk(`"provider_specific_fields":{"anthropic":[{"id":"y"}]}`),
		},
		{
			"media",
			[]llm.Event{{Kind: llm.EventMedia, Media: &llm.Media{MIMEType: "image/png", Data: "AAAA"}}, {Kind: llm.EventMedia, Media: &llm.Media{MIMEType: "audio/wav", Data: "BBBB"}}},
			chunk(`"images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]`) + chunk(`"audio":{"id":"","data":"BBBB","expires_at":0,"transcript":""}`),
		},
		{"a source", []llm.Event{{Kind: llm.EventCitation, Citation: &llm.Citation{URL: "u", Title: "t"}}}, chunk(`"annotations":[{"type":"url_citation","url_citation":{"url":"u","title":"t","start_index":0,"end_index":0}}]`)},
		{"a ping", []llm.Event{{Kind: llm.EventPing}}, ": ping\n\n"},
		{
			"the end",
			[]llm.Event{{Kind: llm.EventFinish, Finish: llm.FinishStop}, {Kind: llm.EventUsage, Usage: &llm.Usage{Input: 1}}, {Kind: llm.EventEnd}, {Kind: llm.EventText, Text: "late"}},
			head + `{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}` + "\n\n" + done,
		},
		{
			"an error",
			[]llm.Event{{Kind: llm.EventError, Err: &llm.Error{Status: 502, Type: "api_error", Code: "upstream_error", Message: "m"}}, {Kind: llm.EventEnd}},
			`data: {"error":{"message":"m","type":"api_error","param":null,"code":"upstream_error"}}` + "\n\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := encode(view, append([]llm.Event{start}, c.events...)...)
			if diff := cmp.Diff(role+c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			for line := range strings.Lines(got) {
				var seen goopenai.ChatCompletionStreamResponse
				data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: ")
				if ok && data != "[DONE]" && json.Unmarshal([]byte(data), &seen) != nil {
					t.Errorf("go-openai does not read %s", data)
				}
			}
		})
	}
}

func TestStreamEncoderUsage(t *testing.T) {
	t.Parallel()
	asked := view
	asked.IncludeUsage = true
	got := encode(asked, llm.Event{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 9}}, llm.Event{Kind: llm.EventStart},
		llm.Event{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 1, Output: 2}}, llm.Event{Kind: llm.EventFinish, Choice: 1, Finish: llm.FinishLength}, llm.Event{Kind: llm.EventEnd})
	const head = `data: {"id":"chatcmpl-call_1","object":"chat.completion.chunk","created":5,"model":"public","choices":[`
	want := head + `{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}` + "\n\n" +
		head + `{"index":1,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}` + "\n\n" +
		head + `{"index":1,"delta":{},"logprobs":null,"finish_reason":"length"}],"usage":null}` + "\n\n" +
		head + `],"usage":` + string(appendUsage(nil, &llm.Usage{Input: 1, Output: 2})) + "}\n\n" + done
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got := encode(asked, llm.Event{Kind: llm.EventEnd}); got != done {
		t.Errorf("without usage the end is %q", got)
	}
}

func TestStreamEncoderAllocates(t *testing.T) {
	enc := Dialect{}.NewStreamEncoder(view)
	dst := enc.Append(make([]byte, 0, 1024), &llm.Event{Kind: llm.EventStart})
	for _, e := range []llm.Event{
		{Kind: llm.EventText, Text: "some text"},
		{Kind: llm.EventToolArguments, Text: `{"a":`},
		{Kind: llm.EventFinish, Finish: llm.FinishStop},
		{Kind: llm.EventPing},
	} {
		if n := testing.AllocsPerRun(100, func() { dst = enc.Append(dst[:0], &e) }); n != 0 {
			t.Errorf("an event of kind %d allocates %v times", e.Kind, n)
		}
	}
}

func TestContentType(t *testing.T) {
	t.Parallel()
	if got := (Dialect{}).NewStreamEncoder(view).ContentType(); got != "text/event-stream" {
		t.Errorf("got %q", got)
	}
}
