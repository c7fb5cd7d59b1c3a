package ollama

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func TestEditRequest(t *testing.T) {
	t.Parallel()
	body := []byte(`{ "foo":{"a":1e400,"a":123456789012345678901},"mod\u0065l" : "a\/b", "messages":[],"x":"\u00e9"}`)
	var in llm.Inspection
	if err := (Dialect{}).Inspect(body, &in); err != nil || in.Model != "a/b" {
		t.Fatal(err, in.Model)
	}
	if got := (Dialect{}).EditRequest(nil, body, &in, llm.RequestEdit{IncludeUsage: true, NoStreamOptions: true}); &got[0] != &body[0] {
		t.Errorf("edited without need: %s", got)
	}
	got := Dialect{}.EditRequest([]byte("kept"), body, &in, llm.RequestEdit{Model: `c"d`})
	want := `kept{ "foo":{"a":1e400,"a":123456789012345678901},"mod\u0065l" : "c\"d", "messages":[],"x":"\u00e9"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEditResponse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about, body, want string
		facts             llm.AnswerFacts
	}{
		{
			"text", `{"model":"m", "remote_model":"r","message":{"content":"a\u00e9","foo":1e400},"done":true,"done_reason":"stop","eval_count":2}`,
			`{"model":"public", "remote_model":"public","message":{"content":"a\u00e9","foo":1e400},"done":true,"done_reason":"stop","eval_count":2}`,
			llm.AnswerFacts{Model: "m", Finish: llm.FinishStop, NativeFinish: "stop", Usage: llm.Usage{Output: 2}, HasUsage: true, Content: true, OutputBytes: 3},
		},
		{
			"a call", `{"message":{"content":"","tool_calls":[{}]}}`, `{"message":{"content":"","tool_calls":[{}]}}`,
			llm.AnswerFacts{Finish: llm.FinishToolCalls, Content: true, OutputBytes: 4},
		},
		{
			"no call", `{"message":{"content":"","tool_calls":[ ]}}`, `{"message":{"content":"","tool_calls":[ ]}}`, llm.AnswerFacts{Finish: llm.FinishStop},
		},
		{
			"no UTF-8", "{\"message\":{\"content\":\"\xff\"}}", "{\"message\":{\"content\":\"\ufffd\"}}",
			llm.AnswerFacts{Finish: llm.FinishStop, Content: true, OutputBytes: 3, Repaired: true},
		},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			var f llm.AnswerFacts
			got, err := Dialect{}.EditResponse(nil, []byte(tt.body), "public", &f)
			if err != nil || string(got) != tt.want {
				t.Errorf("%v\ngot  %s\nwant %s", err, got, tt.want)
			}
			if diff := cmp.Diff(tt.facts, f); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRelay(t *testing.T) {
	t.Parallel()
	body := line("a") + head + `"message":{"tool_calls":[{"function":{"name":"f","arguments":{}}}]},"done":false}` + "\n" + strings.TrimSpace(last)
	out, f, err := relayed(strings.NewReader(body))
	if err != nil || string(out) != strings.ReplaceAll(body, `"m"`, `"public"`)+"\n" {
		t.Errorf("%v %s", err, out)
	}
	want := &llm.AnswerFacts{Model: "m", Finish: llm.FinishToolCalls, NativeFinish: "stop", Usage: llm.Usage{Input: 3, Output: 2}, HasUsage: true, Content: true, OutputBytes: 43}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRelayBreaks(t *testing.T) {
	t.Parallel()
	first := strings.ReplaceAll(line("a"), `"m"`, `"public"`)
	for _, tt := range []struct{ about, rest, reason, message string }{
		{"an error", `{"error":"no"}` + "\n", "", "no"},
		{"no JSON", "oops\n", "malformed", ""},
		{"half a line", `{"model":"m`, "truncated", ""},
		{"the end is missing", "", "", ""},
	} {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			out, f, err := relayed(strings.NewReader(line("a") + tt.rest))
			if string(out) != first || f.Finish != "" {
				t.Errorf("passed %s", out)
			}
			var e *llm.Error
			if tt.rest == "" {
				if !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("ended with %v", err)
				}
			} else if !errors.As(err, &e) || e.Reason != tt.reason || tt.message != "" && e.Message != tt.message {
				t.Errorf("ended with %#v", err)
			}
		})
	}
}
