package ollama

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 5000, time.UTC)

const head = `{"model":"m","created_at":"2026-01-02T12:00:00.000005Z",`

func choice(native string, finish llm.Finish, parts ...llm.Part) llm.Choice {
	return llm.Choice{Message: llm.Message{Role: llm.RoleAssistant, Parts: parts}, NativeFinish: native, Finish: finish}
}

// answers are whole answers, which are streams of one line too.
var answers = []struct {
	about, body string
	want        llm.Response
}{
	{
		"text", head + `"message":{"role":"assistant","content":"h\u00e9"},"done_reason":"stop","done":true,"prompt_eval_count":3,"eval_count":2}`,
		llm.Response{Choices: []llm.Choice{choice("stop", llm.FinishStop, text1("hé"))}, Usage: &llm.Usage{Input: 3, Output: 2}},
	},
	{
		"cut off", head + `"message":{"role":"assistant","content":"a"},"done_reason":"length","done":true}`,
		llm.Response{Choices: []llm.Choice{choice("length", llm.FinishLength, text1("a"))}},
	},
	{
		"thoughts", head + `"message":{"content":"a","thinking":"t"},"done_reason":"stop","done":true}`,
		llm.Response{Choices: []llm.Choice{choice("stop", llm.FinishStop, thought("t"), text1("a"))}},
	},
	{
		"thoughts in the text", head + `"message":{"content":"\n<think>\nt < u\n</think>\n\na <think>b"},"done_reason":"stop","done":true}`,
		llm.Response{Choices: []llm.Choice{choice("stop", llm.FinishStop, thought("t < u\n"), text1("a <think>b"))}},
	},
	{
		"nothing but thoughts", head + `"message":{"content":"<think>t</thi"},"done_reason":"length","done":true}`,
		llm.Response{Choices: []llm.Choice{choice("length", llm.FinishLength, thought("t</thi"))}},
	},
	{
		"tags that mean themselves", head + `"message":{"content":"<think> is a tag","thinking":"t"},"done":true}`,
		llm.Response{Choices: []llm.Choice{choice("", llm.FinishStop, thought("t"), text1("<think> is a tag"))}},
	},
	{
		"nearly a tag", head + `"message":{"content":" <thin"},"done":true}`,
		llm.Response{Choices: []llm.Choice{choice("", llm.FinishStop, text1(" <thin"))}},
	},
	{
		"calls", head + `"message":{"content":"","tool_calls":[{"id":"c","function":{"index":0,"name":"f","arguments":{"a":[1,{}]}}},{"function":{"name":"g"}},{"function":{}}]},"done_reason":"stop","done":true}`,
		llm.Response{Choices: []llm.Choice{choice("stop", llm.FinishToolCalls, call("c", "f", `{"a":[1,{}]}`), call(inventedID("m\x002026-01-02T12:00:00.000005Z", 1, "g", "{}"), "g", "{}"))}},
	},
	{
		"a call that was cut off", head + `"message":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{\"a\":"}}]},"done_reason":"length","done":true}`,
		llm.Response{Choices: []llm.Choice{choice("length", llm.FinishLength, call("c", "f", `{"_raw":"{\"a\":"}`))}},
	},
	{
		"an image", head + `"message":{"content":"","images":["` + png + `"]},"done":true}`,
		llm.Response{Choices: []llm.Choice{choice("", llm.FinishStop, image())}},
	},
	{
		"a model that was loaded", head + `"message":{"role":"assistant","content":""},"done_reason":"load","done":true}`,
		llm.Response{Choices: []llm.Choice{choice("load", llm.FinishStop)}},
	},
	{
		"impossible figures", head + `"message":{"content":"a"},"done":true,"prompt_eval_count":-3,"eval_count":1e15}`,
		llm.Response{Choices: []llm.Choice{choice("", llm.FinishStop, text1("a"))}, Usage: &llm.Usage{Output: 1 << 30, Suspect: true}},
	},
	{
		"probabilities", head + `"message":{"content":"a"},"logprobs":[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}],"done":true}`,
		llm.Response{Choices: []llm.Choice{func() llm.Choice {
			c := choice("", llm.FinishStop, text1("a"))
			c.LogProbs = json.RawMessage(`{"content":[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}],"refusal":null}`)
			return c
		}()}},
	},
	{
		"odd types", head + `"message":{"content":7,"thinking":[],"tool_calls":{}},"done":true,"done_reason":3,"eval_count":"x"}`,
		llm.Response{Choices: []llm.Choice{choice("", llm.FinishStop)}, Usage: &llm.Usage{}},
	},
}

func TestDecodeResponse(t *testing.T) {
	t.Parallel()
	for _, tt := range answers {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			tt.want.Model, tt.want.Created = "m", noon
			got, err := Dialect{}.DecodeResponse([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			events, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(tt.body+"\n"), llm.StreamOptions{}))
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			if err := legal(events); err != nil {
				t.Error(err)
			}
			streamed := gather(events)
			for i := range events {
				if events[i].LogProbs != nil {
					streamed.Choices[0].LogProbs = events[i].LogProbs
				}
			}
			if diff := cmp.Diff(&tt.want, streamed); diff != "" {
				t.Errorf("as a stream (-want +got):\n%s", diff)
			}
		})
	}
}

// unusable are bodies that are no answers.
var unusable = []struct {
	about, body, reason, message string
}{
	{"nothing", " \n", "empty", "the provider sent an empty answer"},
	{"a page", "<html>", "malformed", ""},
	{"an error", `{"error":"model 'x' not found"}`, "", "model 'x' not found"},
	{"an error as an object", `{"error":{"message":"no","code":400}}`, "", "no"},
	{"no message", `{"model":"m"}`, "malformed", ""},
	{"half an answer", `{"model":"m","message":{"content":"a`, "malformed", ""},
	{"a list", `[]`, "malformed", ""},
}

func TestDecodeUnusable(t *testing.T) {
	t.Parallel()
	for _, tt := range unusable {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			_, err := Dialect{}.DecodeResponse([]byte(tt.body))
			check := func(about string, err error) {
				var e *llm.Error
				if !errors.As(err, &e) || e.Reason != tt.reason || tt.message != "" && e.Message != tt.message {
					t.Errorf("%s: got %#v", about, err)
				}
			}
			check("decoded", err)
			events, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(tt.body), llm.StreamOptions{}))
			if len(events) == 1 && events[0].Kind == llm.EventError {
				err = events[0].Err
			}
			check("streamed", err)
			var f llm.AnswerFacts
			out, err := Dialect{}.EditResponse([]byte("kept"), []byte(tt.body), "x", &f)
			check("passed", err)
			if string(out) != "kept" {
				t.Errorf("passed %s", out)
			}
		})
	}
}

func TestAppendResponse(t *testing.T) {
	t.Parallel()
	withProbs := choice("", llm.FinishStop, text1("a"))
	withProbs.LogProbs = json.RawMessage(`{"content":[{"token":"a"}]}`)
	tests := []struct {
		about          string
		choice         llm.Choice
		usage          *llm.Usage
		chat, generate string
	}{
		{
			"text", choice("stop", llm.FinishStop, text1("a\n"), llm.Part{Kind: llm.PartRefusal, Text: "no"}), &llm.Usage{Input: 1, CacheRead: 2, Output: 3, Reasoning: 4},
			`"message":{"role":"assistant","content":"a\u000ano"},"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":7}`,
			`"response":"a\u000ano","done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":7}`,
		},
		{
			"thoughts, then a call", choice("tool_use", llm.FinishToolCalls, thought("t"), call("c", "f", `{"x":1}`), call("d", "g", ``)), nil,
			`"message":{"role":"assistant","content":"","thinking":"t","tool_calls":[{"id":"c","function":{"index":0,"name":"f","arguments":{"x":1}}},{"id":"d","function":{"index":1,"name":"g","arguments":{}}}]},"done":true,"done_reason":"stop"}`,
			`"response":"","thinking":"t","tool_calls":[{"id":"c","function":{"index":0,"name":"f","arguments":{"x":1}}},{"id":"d","function":{"index":1,"name":"g","arguments":{}}}],"done":true,"done_reason":"stop"}`,
		},
		{
			"images, and what there is no place for", choice("", llm.FinishLength, image(), image(), llm.Part{Kind: llm.PartOpaque, Data: json.RawMessage(`{}`)}), nil,
			`"message":{"role":"assistant","content":"","images":["` + png + `","` + png + `"]},"done":true,"done_reason":"length"}`,
			`"response":"","image":"` + png + `","done":true,"done_reason":"length"}`,
		},
		{
			"probabilities", withProbs, nil,
			`"message":{"role":"assistant","content":"a"},"logprobs":[{"token":"a"}],"done":true,"done_reason":"stop"}`,
			`"response":"a","logprobs":[{"token":"a"}],"done":true,"done_reason":"stop"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			r := &llm.Response{Model: "hidden", Choices: []llm.Choice{tt.choice}, Usage: tt.usage}
			for front, want := range map[llm.Front]string{Dialect{}: tt.chat, Generate{}: tt.generate} {
				got, err := front.AppendResponse(nil, r, llm.View{Model: "m", Created: noon})
				if err != nil || string(got) != head+want {
					t.Errorf("got  %s\nwant %s", got, head+want)
				}
			}
		})
	}
}

func TestAppendError(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]*llm.Error{
		`{"error":"no \"x\""}`:         {Status: 404, Message: `no "x"`},
		`{"error":"messages[0]: bad"}`: {Message: "bad", Param: "messages[0]"},
		`{"error":"Not Found"}`:        {Status: 404},
		`{"error":"the call failed"}`:  nil,
	} {
		if got := string(Generate{}.AppendError(nil, e)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
