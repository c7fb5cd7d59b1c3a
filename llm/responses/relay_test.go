package responses

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// named is what a stream is to come out as.
func named(stream string) string { return strings.ReplaceAll(stream, `"up"`, `"`+public+`"`) }

func TestRelay(t *testing.T) {
	t.Parallel()
	delta := `response.output_text.delta {"output_index":0,"content_index":0,"delta":"a","logprobs":[],"obfuscation":"x"}`
	plain := streamOf(`created`, delta, delta, `completed`)
	event := func(name, data string) string { return "event: " + name + "\ndata: " + data + "\n\n" }
	end := event("response.completed", `{"type":"response.completed","response":{"model":"up"}}`)
	for _, c := range []struct{ about, in, want string }{
		{"the model", plain, named(plain)},
		{"an end marker", plain + "data: [DONE]\n\n", named(plain)},
		{"no blank line at the end", strings.TrimSpace(plain), named(plain)},
		{"behind the end", plain + "data: {garbage\n\n" + plain, named(plain)},
		{"CRLF, no space, comments", ": OPENROUTER PROCESSING\r\n\r\n" + strings.ReplaceAll(strings.ReplaceAll(plain, "\n", "\r\n"), "data: ", "data:"), named(plain)},
		{"no names", strings.ReplaceAll(plain, "event: ", "id: "), named(plain)},
		{"other names", strings.ReplaceAll(plain, "event: response.", "event: x."), named(plain)},
		{"several data lines", "data: {\"type\":\ndata: \"response.completed\",\ndata: \"response\":{\"model\":\"up\"}}\n\n", named(event("response.completed", `{"type": "response.completed", "response":{"model":"up"}}`))},
		{"a type that is no name", event("x y", `{"type":"a\nb"}`) + end, event("x y", `{"type":"a\nb"}`) + named(end)},
		{"neither type nor name", "data: {\"x\":1}\n\n" + end, "data: {\"x\":1}\n\n" + named(end)},
		{"empty data", "data:\n\nevent: ping\n\n" + end, named(end)},
		{"unknown events", event("vendor.new", `{"type":"vendor.new","model":"up","n":1e400,"n":-0}`) + end, event("vendor.new", `{"type":"vendor.new","model":"up","n":1e400,"n":-0}`) + named(end)},
		{"models elsewhere", event("x", `{"type":"x","item":{"model":"up"},"response":{"tools":[{"model":"up"}],"m\u006fdel":"up"}}`) + end, event("x", `{"type":"x","item":{"model":"up"},"response":{"tools":[{"model":"up"}],"m\u006fdel":"`+public+`"}}`) + named(end)},
		{"no model", event("response.completed", `{"type":"response.completed","response":{}}`), event("response.completed", `{"type":"response.completed","response":{}}`)},
		{"invalid UTF-8", event("x", "{\"type\":\"x\",\"delta\":\"a\xff\xfeb\"}") + end, event("x", "{\"type\":\"x\",\"delta\":\"a\ufffdb\"}") + named(end)},
		{"an error that is null", event("response.completed", `{"type":"response.completed","error":null,"response":{"error":null,"model":"up"}}`), named(event("response.completed", `{"type":"response.completed","error":null,"response":{"error":null,"model":"up"}}`))},
		{"an event of 1 MB", event("x", `{"type":"x","delta":"`+strings.Repeat("x", 1<<20)+`"}`) + end, event("x", `{"type":"x","delta":"`+strings.Repeat("x", 1<<20)+`"}`) + named(end)},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			got, _, err := relayed(strings.NewReader(c.in), llm.RelayOptions{Model: public, HideUsage: true})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestRelayFails(t *testing.T) {
	t.Parallel()
	begun := streamOf(`created`)
	for _, c := range []struct{ about, in, reason, message string }{
		{"an error", `error {"error":{"code":"c","message":"busy"}}`, "", "busy"},
		{"an error of the documented form", `error {"code":"c","message":"busy","param":null}`, "", "busy"},
		{"a failure", `response.failed {"response":{"status":"failed","error":{"code":"c","message":"busy"},"usage":{"input_tokens":3}}}`, "", "busy"},
		{"an error without type", "data: {\"error\":{\"message\":\"busy\"}}\n\n", "", "busy"},
		{"a detail", "data: {\"detail\":\"busy\"}\n\n", "", "busy"},
		{"an error by its name", "event: error\ndata: {\"message\":\"busy\"}\n\n", "", "busy"},
		{"a body that is an error", "{\"error\":{\"message\":\"busy\"}}", "", "busy"},
		{"a body that is an answer", whole(``, ``), "malformed", ""},
		{"a page", "<html>\n", "malformed", ""},
		{"no JSON", "data: {\"a\n\n", "malformed", ""},
		{"no object", "data: 1\n\n", "malformed", ""},
		{"an event that is cut off", "data: {\"type\":\"resp", "truncated", ""},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			for _, before := range []string{"", begun} {
				if before != "" && !strings.Contains(c.in, "data:") && !strings.HasPrefix(c.in, "error") && !strings.HasPrefix(c.in, "response") {
					continue // no stream begins so
				}
				out, facts, err := relayed(strings.NewReader(before+streamOf(c.in)), llm.RelayOptions{Model: public})
				var e *llm.Error
				if !errors.As(err, &e) || e.Reason != c.reason || e.Message == "" || c.message != "" && e.Message != c.message {
					t.Errorf("got %#v", err)
				}
				if string(out) != named(before) {
					t.Errorf("passed %s", out)
				}
				if facts.HasUsage != strings.Contains(c.in, "input_tokens") {
					t.Errorf("usage: %+v", facts)
				}
			}
		})
	}
}

func TestRelayTruncated(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", ": x\n\n", streamOf(`created`), streamOf(`created`, "data: [DONE]\n\n")} {
		if _, _, err := relayed(strings.NewReader(in), llm.RelayOptions{}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestRelayFacts(t *testing.T) {
	t.Parallel()
	text := `response.output_text.delta {"output_index":0,"delta":"a\u00e9"}`
	used := llm.Usage{Input: 9, Output: 4}
	for _, c := range []struct {
		about, in string
		want      llm.AnswerFacts
	}{
		{"text", streamOf(`created`, text, text, `completed`), llm.AnswerFacts{Finish: llm.FinishStop, NativeFinish: "completed", Usage: used, HasUsage: true, Content: true, OutputBytes: 6}},
		{"nothing", streamOf(`created`, `completed`), llm.AnswerFacts{Finish: llm.FinishStop, NativeFinish: "completed", Usage: used, HasUsage: true}},
		{"a call", streamOf(`created`, `added 0 {"type":"function_call","name":"f","arguments":""}`, `response.function_call_arguments.delta {"output_index":0,"delta":"{}"}`, `completed`), llm.AnswerFacts{Finish: llm.FinishToolCalls, NativeFinish: "completed", Usage: used, HasUsage: true, Content: true, OutputBytes: 2}},
		{"all of it in the end", streamOf(`created`, `completed {"type":"message","content":[{"type":"output_text","text":"abc"}]},{"type":"function_call","name":"f","arguments":"{}"}`), llm.AnswerFacts{Finish: llm.FinishToolCalls, NativeFinish: "completed", Usage: used, HasUsage: true, Content: true, OutputBytes: 5}},
		{"cut off", streamOf(`created`, text, `incomplete max_output_tokens`), llm.AnswerFacts{Finish: llm.FinishLength, NativeFinish: "max_output_tokens", Content: true, OutputBytes: 3}},
		{"a search", streamOf(`created`, `added 0 {"type":"web_search_call","action":{"type":"search"}}`, `done 0 {"type":"web_search_call","action":{"type":"search"}}`, `completed`), llm.AnswerFacts{Finish: llm.FinishStop, NativeFinish: "completed", Usage: llm.Usage{Input: 9, Output: 4, WebSearches: 1}, HasUsage: true, Content: true}},
		{"no state", streamOf(`created`, `response.`+statusCanceled+` {"response":{"id":"r1"}}`), llm.AnswerFacts{Finish: llm.FinishError, NativeFinish: statusCanceled}},
	} {
		t.Run(c.about, func(t *testing.T) {
			t.Parallel()
			c.want.ID, c.want.Model = "r1", "up"
			_, facts, err := relayed(strings.NewReader(c.in), llm.RelayOptions{Model: public})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, facts); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestRelayContent tells after which event something can be seen.
func TestRelayContent(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		`created`: false,
		`added 0 {"type":"message","content":[]}`:                                                                         false,
		`added 0 {"type":"reasoning","summary":[]}`:                                                                       false,
		`done 0 {"type":"reasoning","summary":[],"encrypted_content":"e"}`:                                                false,
		`response.output_text.delta {"delta":""}`:                                                                         false,
		`response.content_part.added {"part":{"type":"output_text","text":""}}`:                                           false,
		`response.output_text.delta {"delta":"a"}`:                                                                        true,
		`response.reasoning_summary_text.delta {"delta":"a"}`:                                                             true,
		`response.refusal.delta {"delta":"a"}`:                                                                            true,
		`added 0 {"type":"function_call","name":"f"}`:                                                                     true,
		`added 0 {"type":"web_search_call"}`:                                                                              true,
		`done 0 {"type":"message","content":[{"type":"output_text","text":"a"}]}`:                                         true,
		`done 0 {"type":"reasoning","summary":[{"type":"summary_text","text":"a"}]}`:                                      true,
		`response.in_progress {"response":{"output":[{"type":"message","content":[{"type":"output_text","text":"a"}]}]}}`: false,
	} {
		_, facts, _ := relayed(strings.NewReader(streamOf(line)), llm.RelayOptions{})
		if facts.Content != want {
			t.Errorf("%s: %v", line, facts.Content)
		}
	}
}

func TestRelayBrokenEventLeavesNoTrace(t *testing.T) {
	t.Parallel()
	r := Dialect{}.NewRelay(llm.RelayOptions{Model: public})
	got, err := r.Event([]byte(">"), []byte("data: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"model\":\"up\",\"usage\":{\"input_tokens\":1}},\"delta\":\"a\"\n\n"))
	if err == nil || string(got) != ">" || *r.Facts() != (llm.AnswerFacts{}) {
		t.Errorf("%s, %+v, %v", got, r.Facts(), err)
	}
}

func TestRelayAllocatesNothing(t *testing.T) {
	for _, event := range []string{openaiEvent, plainEvent, olderEvent} {
		r := Dialect{}.NewRelay(llm.RelayOptions{Model: public})
		dst := make([]byte, 0, 1<<10)
		if _, err := r.Event(dst, fmt.Appendf(nil, event, "a", "x", 1)); err != nil {
			t.Fatal(err)
		}
		next := fmt.Appendf(nil, event, "é", "xyz", 12)
		var got []byte
		if n := testing.AllocsPerRun(100, func() { got, _ = r.Event(dst, next) }); n > 0 || string(got) != string(next) {
			t.Errorf("%v allocations for %s", n, got)
		}
	}
}
