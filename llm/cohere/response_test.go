package cohere

import (
	"encoding/json"
	"errors"
	"strings"
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
		"text", `{"id":"i","message":{"role":"assistant","content":[{"type":"text","text":"h\u00e9"}]},"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":3,"output_tokens":5},"tokens":{"input_tokens":500,"output_tokens":7,"reasoning_tokens":2,"image_tokens":1},"cached_tokens":480}}`,
		llm.Response{ID: "i", Choices: []llm.Choice{choice("COMPLETE", llm.FinishStop, said1("hé"))}, Usage: &llm.Usage{Input: 2, ImageInput: 1, Output: 3, Reasoning: 2}},
	},
	{
		"usage without what is billed", `{"id":"i","message":{"content":"a"},"finish_reason":"MAX_TOKENS","usage":{"tokens":{"input_tokens":5.0,"output_tokens":-7,"reasoning_tokens":99}}}`,
		llm.Response{ID: "i", Choices: []llm.Choice{choice("MAX_TOKENS", llm.FinishLength, said1("a"))}, Usage: &llm.Usage{Input: 5, Suspect: true}},
	},
	{
		"thoughts, a plan and calls", `{"id":"i","message":{"content":[{"type":"thinking","thinking":"t"},{"type":"text","text":""}],"tool_plan":"p","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"type":"function","function":{"name":"g","arguments":""}},{}]},"finish_reason":"TOOL_CALL"}`,
		llm.Response{ID: "i", Choices: []llm.Choice{choice("TOOL_CALL", llm.FinishToolCalls, thought("t"), thought("p"), call("c", "f", `{"a":1}`), call(inventedID("i", 1, "g"), "g", "{}"))}},
	},
	{
		"a call that was cut off", `{"id":"i","message":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":""}}]},"finish_reason":"MAX_TOKENS"}`,
		llm.Response{ID: "i", Choices: []llm.Choice{choice("MAX_TOKENS", llm.FinishLength, call("c", "f", ""))}},
	},
	{
		"a call and a plain end", `{"message":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":{"a":1}}}]},"finish_reason":"COMPLETE"}`,
		llm.Response{Choices: []llm.Choice{choice("COMPLETE", llm.FinishToolCalls, call("c", "f", `{"a":1}`))}},
	},
	{
		"no call after all", `{"message":{"content":[{"text":"a"}]},"finish_reason":"TOOL_CALL"}`,
		llm.Response{Choices: []llm.Choice{choice("TOOL_CALL", llm.FinishStop, said1("a"))}},
	},
	{
		"toxic", `{"message":{"content":[]},"finish_reason":"ERROR_TOXIC"}`,
		llm.Response{Choices: []llm.Choice{choice("ERROR_TOXIC", llm.FinishContentFilter)}},
	},
	{
		"failed in the middle", `{"message":{"content":[{"text":"a"}]},"finish_reason":"TIMEOUT"}`,
		llm.Response{Choices: []llm.Choice{choice("TIMEOUT", llm.FinishError, said1("a"))}},
	},
	{
		"citations", `{"message":{"content":[{"type":"thinking","thinking":"t"},{"type":"text","text":"ab"},{"type":"text","text":"cd"}],"citations":[` +
			`{"start":0,"end":1,"text":"a","sources":[{"type":"document","id":"d","document":{"id":"d","title":"T","url":"https://a.example"}},{"type":"tool","id":"c:0","tool_output":{"x":1}}],"type":"TEXT_CONTENT","content_index":1},` +
			`{"start":1,"end":2,"sources":[{"id":"e"}],"content_index":2},{"start":0,"end":1,"sources":[{"id":"p"}],"type":"PLAN"},{"start":0,"end":1,"sources":[{"id":"q"}],"type":"THINKING_CONTENT","content_index":0}]},"finish_reason":"COMPLETE"}`,
		llm.Response{Choices: []llm.Choice{choice("COMPLETE", llm.FinishStop, thought("t"),
			cited(said1("ab"), llm.Citation{URL: "https://a.example", Title: "T", Start: 0, End: 1}, llm.Citation{Title: "c:0", End: 1}),
			cited(said1("cd"), llm.Citation{Title: "e", Start: 1, End: 2}))}},
	},
	{
		"probabilities", `{"message":{"content":[{"text":"ab"}]},"logprobs":[{"text":"ab","token_ids":[1,2],"logprobs":[-0.5,-1]}],"finish_reason":"STOP_SEQUENCE"}`,
		llm.Response{Choices: []llm.Choice{func() llm.Choice {
			c := choice("STOP_SEQUENCE", llm.FinishStop, said1("ab"))
			c.LogProbs = json.RawMessage(`{"content":[{"token":"ab","logprob":-1.5,"bytes":null,"top_logprobs":[]}],"refusal":null}`)
			return c
		}()}},
	},
	{
		"odd types", `{"id":7,"message":{"content":{},"tool_plan":[],"tool_calls":{},"citations":3},"finish_reason":null,"usage":[]}`,
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
			events, err := streamed(t, tt.about, "\n "+tt.body)
			if err != nil {
				t.Fatal(err)
			}
			if want, got := said(t, legible(got)), said(t, legible(events)); !cmp.Equal(want, got) {
				t.Errorf("as a stream %s", cmp.Diff(want, got))
			}
		})
	}
}

// legible gives calls that were cut off arguments that can be read.
func legible(r *llm.Response) *llm.Response {
	for _, p := range r.Choices[0].Message.Parts {
		if p.Kind == llm.PartToolCall && p.Call.Arguments == "" {
			p.Call.Arguments = "null"
		}
	}
	return r
}

// unusable are bodies that are no answers.
var unusable = []struct {
	about, body, reason, message string
}{
	{"nothing", " \n", "empty", "the provider sent an empty answer"},
	{"a page", "<html>", "malformed", ""},
	{"an error", `{"id":"x","message":"too many tokens"}`, "", "too many tokens"},
	{"no message", `{"id":"x"}`, "malformed", ""},
	{"half an answer", `{"message":{"content":"a`, "malformed", ""},
	{"a list", `[]`, "malformed", ""},
	{"a failure without a word", `{"message":{"content":[]},"finish_reason":"ERROR"}`, "empty", "the model said nothing (ERROR)"},
}

func TestDecodeUnusable(t *testing.T) {
	t.Parallel()
	for _, tt := range unusable {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			check := func(about string, err error) {
				var e *llm.Error
				if !errors.As(err, &e) || e.Reason != tt.reason || tt.message != "" && e.Message != tt.message {
					t.Errorf("%s: got %#v", about, err)
				}
			}
			_, err := Dialect{}.DecodeResponse([]byte(tt.body))
			check("decoded", err)
			_, err = streamed(t, tt.about, tt.body)
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
	withProbs := choice("", llm.FinishStop, said1("a"))
	withProbs.LogProbs = json.RawMessage(`{"content":[{"token":"a","logprob":-0.5},{"x":1}]}`)
	tests := []struct {
		about string
		r     llm.Response
		want  string
	}{
		{
			"text",
			llm.Response{ID: "i", Choices: []llm.Choice{choice("end_turn", llm.FinishStop, said1("a"), said1(""), llm.Part{Kind: llm.PartRefusal, Text: "no"})}, Usage: &llm.Usage{Input: 1, CacheRead: 2, ImageInput: 3, Output: 4, Reasoning: 5}},
			`{"id":"i","message":{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"text","text":"no"}]},"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":6,"output_tokens":9},"tokens":{"input_tokens":6,"output_tokens":9,"reasoning_tokens":5,"image_tokens":3},"cached_tokens":2}}`,
		},
		{
			"thoughts, then calls",
			llm.Response{Choices: []llm.Choice{choice("", llm.FinishToolCalls, thought("t"), call("c", "f", `{"x":1}`), call("d", "g", " "))}},
			`{"id":"own","message":{"role":"assistant","content":[{"type":"thinking","thinking":"t"}],"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"d","type":"function","function":{"name":"g","arguments":"{}"}}]},"finish_reason":"TOOL_CALL"}`,
		},
		{
			"citations",
			llm.Response{Choices: []llm.Choice{choice("MAX_TOKENS", llm.FinishLength, thought("t"), cited(said1("né à"), llm.Citation{URL: "https://a.example", Title: "T", Start: 3, End: 4}, llm.Citation{Title: "d"}))}},
			`{"id":"own","message":{"role":"assistant","content":[{"type":"thinking","thinking":"t"},{"type":"text","text":"né à"}],"citations":[` +
				`{"start":3,"end":4,"text":"à","sources":[{"type":"document","id":"https://a.example","document":{"id":"https://a.example","title":"T","url":"https://a.example"}}],"type":"TEXT_CONTENT","content_index":1},` +
				`{"start":0,"end":0,"text":"","sources":[{"type":"document","id":"d","document":{"id":"d","title":"d"}}],"type":"TEXT_CONTENT","content_index":1}]},"finish_reason":"MAX_TOKENS"}`,
		},
		{"filtered", llm.Response{Choices: []llm.Choice{choice("refusal", llm.FinishContentFilter)}}, `{"id":"own","message":{"role":"assistant"},"finish_reason":"ERROR_TOXIC"}`},
		{"failed", llm.Response{Choices: []llm.Choice{choice("TIMEOUT", llm.FinishError)}}, `{"id":"own","message":{"role":"assistant"},"finish_reason":"TIMEOUT"}`},
		{"failed elsewhere", llm.Response{Choices: []llm.Choice{choice("abort", llm.FinishError)}}, `{"id":"own","message":{"role":"assistant"},"finish_reason":"ERROR"}`},
		{"nothing", llm.Response{}, `{"id":"own","message":{"role":"assistant"},"finish_reason":"COMPLETE"}`},
		{"probabilities", llm.Response{Choices: []llm.Choice{withProbs}}, `{"id":"own","message":{"role":"assistant","content":[{"type":"text","text":"a"}]},"finish_reason":"COMPLETE","logprobs":[{"text":"a","token_ids":[],"logprobs":[-0.5]}]}`},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			got, err := Dialect{}.AppendResponse(nil, &tt.r, llm.View{Model: "public", ID: "own"})
			if err != nil || string(got) != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestAppendError(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]*llm.Error{
		`{"message":"no \"x\"","error_type":"model_not_found"}`: {Status: 404, Message: `no "x"`, Code: "model_not_found"},
		`{"message":"messages[0]: bad"}`:                        {Message: "bad", Param: "messages[0]"},
		`{"message":"Not Found"}`:                               {Status: 404},
		`{"message":"the call failed"}`:                         nil,
	} {
		if got := string(Dialect{}.AppendError(nil, e)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestEditRequest(t *testing.T) {
	t.Parallel()
	body := []byte(`{ "foo":{"a":1e400,"a":123456789012345678901},"mod\u0065l" : "a\/b", "messages":[{"role":"user"}],"x":"\u00e9"}`)
	var in llm.Inspection
	if err := (Dialect{}).Inspect(body, &in); err != nil || in.Model != "a/b" {
		t.Fatal(err, in.Model)
	}
	if got := (Dialect{}).EditRequest(nil, body, &in, llm.RequestEdit{IncludeUsage: true}); &got[0] != &body[0] {
		t.Errorf("edited without need: %s", got)
	}
	got := Dialect{}.EditRequest([]byte("kept"), body, &in, llm.RequestEdit{Model: `c"d`})
	if want := "kept" + strings.Replace(string(body), `"a\/b"`, `"c\"d"`, 1); string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
