package cohere

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// event is an event as Cohere frames it.
func event(kind, rest string) string {
	return "event: " + kind + "\ndata: {\"type\":\"" + kind + "\"" + rest + "}\n\n"
}

const begin = "event: message-start\ndata: {\"id\":\"i\",\"type\":\"message-start\",\"delta\":{\"message\":{\"role\":\"assistant\",\"content\":[],\"tool_plan\":\"\",\"tool_calls\":[],\"citations\":[]}}}\n\n"

func openBlock(index, of string) string {
	return event("content-start", `,"index":`+index+`,"delta":{"message":{"content":{"type":"`+of+`","`+of+`":""}}}`)
}

func delta(index, of, text string) string {
	return event("content-delta", `,"index":`+index+`,"delta":{"message":{"content":{"`+of+`":"`+text+`"}}}`)
}

func startCall(index, id, name string) string {
	return event("tool-call-start", `,"index":`+index+`,"delta":{"message":{"tool_calls":{"id":"`+id+`","type":"function","function":{"name":"`+name+`","arguments":""}}}}`)
}

func args(index, text string) string {
	return event("tool-call-delta", `,"index":`+index+`,"delta":{"message":{"tool_calls":{"function":{"arguments":"`+text+`"}}}}`)
}

func endOf(kind, index string) string { return event(kind, `,"index":`+index) }

func end(finish string) string {
	return event("message-end", `,"delta":{"finish_reason":"`+finish+`","usage":{"billed_units":{"input_tokens":3,"output_tokens":2},"tokens":{"input_tokens":3,"output_tokens":2}}}`)
}

const done = "data: [DONE]\n\n"

func TestStreams(t *testing.T) {
	t.Parallel()
	cite := `{"start":0,"end":2,"text":"H\u00e9","sources":[{"type":"document","id":"d","document":{"id":"d"}}],"type":"TEXT_CONTENT"}`
	text := begin + openBlock("0", "text") + delta("0", "text", "H") + delta("0", "text", "é") + endOf("content-end", "0")
	tests := []struct {
		about, body string
		finish      llm.Finish
		native      string
		want        []llm.Part
	}{
		{"text", text + end("COMPLETE") + done, llm.FinishStop, "COMPLETE", []llm.Part{said1("Hé")}},
		{"without an end marker, in CRLF", strings.ReplaceAll(text+end("COMPLETE"), "\n", "\r\n"), llm.FinishStop, "COMPLETE", []llm.Part{said1("Hé")}},
		{"a mark, comments, unknown events and no final line", "\ufeff: hi\n\n" + event("debug", `,"prompt":"x"`) + text + ": hi\n\n" + strings.TrimSpace(end("COMPLETE")), llm.FinishStop, "COMPLETE", []llm.Part{said1("Hé")}},
		{"thoughts, text and a citation", begin + openBlock("0", "thinking") + delta("0", "thinking", "t") + endOf("content-end", "0") + openBlock("1", "text") + delta("1", "text", "Hé") + event("citation-start", `,"index":0,"delta":{"message":{"citations":`+cite+`}}`) + event("citation-end", `,"index":0`) + end("MAX_TOKENS") + done, llm.FinishLength, "MAX_TOKENS", []llm.Part{thought("t"), cited(said1("Hé"), llm.Citation{Title: "d", End: 2})}},
		{"citations of something else", text + event("citation-start", `,"delta":{"message":{"citations":[{"type":"PLAN","sources":[{"id":"x"}]}]}}`) + end("COMPLETE"), llm.FinishStop, "COMPLETE", []llm.Part{said1("Hé")}},
		{
			"a plan and calls, numbered beside it", begin + event("tool-plan-delta", `,"delta":{"message":{"tool_plan":"p"}}`) +
				startCall("1", "c", "f_x") + args("1", `{\"a\"`) + args("1", `:1}`) + endOf("tool-call-end", "1") + startCall("2", "", "g") + endOf("tool-call-end", "2") + end("TOOL_CALL") + done,
			llm.FinishToolCalls, "TOOL_CALL",
			[]llm.Part{thought("p"), call("c", "f.x", `{"a":1}`), call(inventedID("i", 1, "g"), "g", "{}")},
		},
		{"calls that share an index, the last left open", begin + startCall("0", "c", "f") + args("0", "{}") + startCall("0", "d", "g") + args("0", `[]`) + end("COMPLETE"), llm.FinishToolCalls, "COMPLETE", []llm.Part{call("c", "f", "{}"), call("d", "g", "[]")}},
		{"arguments of no call", begin + args("3", "{}") + startCall("0", "c", "") + endOf("tool-call-end", "0") + end("TOOL_CALL"), llm.FinishStop, "TOOL_CALL", nil},
		{"a call that was cut off", begin + startCall("0", "c", "f") + end("MAX_TOKENS"), llm.FinishLength, "MAX_TOKENS", []llm.Part{call("c", "f", "")}},
		{"nothing said", begin + end("COMPLETE"), llm.FinishStop, "COMPLETE", nil},
		{"given up in the middle", text + end("ERROR"), llm.FinishError, "ERROR", []llm.Part{said1("Hé")}},
		{"text after the end", text + end("COMPLETE") + delta("0", "text", "x"), llm.FinishStop, "COMPLETE", []llm.Part{said1("Hé")}},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			o := llm.StreamOptions{ToolNames: map[string]string{"f_x": "f.x"}}
			for _, body := range []io.Reader{strings.NewReader(tt.body), iotest.OneByteReader(strings.NewReader(tt.body)), iotest.DataErrReader(strings.NewReader(tt.body))} {
				events, err := drain(Dialect{}.NewStreamDecoder(body, o))
				if !errors.Is(err, io.EOF) {
					t.Fatal(err)
				}
				if err := legal(events); err != nil {
					t.Error(err)
				}
				want := &llm.Response{ID: "i", Choices: []llm.Choice{choice(tt.native, tt.finish, tt.want...)}, Usage: &llm.Usage{Input: 3, Output: 2}}
				got := gather(events)
				if len(got.Choices) == 0 {
					t.Fatal("no choice")
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestStreamProbabilities(t *testing.T) {
	t.Parallel()
	body := begin + event("content-delta", `,"index":0,"logprobs":{"text":"a","token_ids":[1],"logprobs":[-0.5]},"delta":{"message":{"content":{"text":"a"}}}`) + end("COMPLETE")
	events, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(body), llm.StreamOptions{}))
	want := `{"content":[{"token":"a","logprob":-0.5,"bytes":null,"top_logprobs":[]}],"refusal":null}`
	if !errors.Is(err, io.EOF) || string(events[1].LogProbs) != want {
		t.Errorf("%v %s", err, events[1].LogProbs)
	}
}

func TestStreamsThatBreak(t *testing.T) {
	t.Parallel()
	text := begin + delta("0", "text", "a")
	tests := []struct {
		about, body string
		unexpected  bool
		reason      string
		message     string
	}{
		{about: "a tool call that came out wrong", body: text + event("message-end", `,"delta":{"finish_reason":"ERROR","usage":{},"error":"invalid tool generation","error_type":"INVALID_TOOL_GENERATION"}`) + done, reason: "malformed", message: "invalid tool generation"},
		{about: "a failure with a word", body: text + event("message-end", `,"delta":{"finish_reason":"ERROR","error":"internal","error_type":"X"}`), message: "internal"},
		{about: "a failure without a word", body: begin + end("TIMEOUT"), reason: "empty", message: "the model said nothing (TIMEOUT)"},
		{about: "an error in place of an event", body: text + "data: {\"id\":\"x\",\"message\":\"overloaded\"}\n\n", message: "overloaded"},
		{about: "the end is missing", body: text, unexpected: true},
		{about: "a marker instead of the end", body: text + done, unexpected: true},
		{about: "no JSON", body: text + "data: oops\n\n", reason: "malformed"},
		{about: "a long event", body: text + delta("0", "text", strings.Repeat("b", 1000)), reason: "too_large"},
		{about: "nothing", body: "\n\n", reason: "empty"},
		{about: "nothing but a comment", body: ": hi\n\n", reason: "empty"},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			events, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(tt.body), llm.StreamOptions{MaxEvent: 500}))
			for _, e := range events {
				if e.Kind == llm.EventError {
					err = e.Err
				}
				if e.Kind == llm.EventFinish || e.Kind == llm.EventEnd {
					t.Error("it has an end")
				}
			}
			check(t, "decoded", err, tt.unexpected, tt.reason, tt.message)
			if tt.reason == "too_large" || tt.reason == "empty" && tt.message == "" {
				return
			}
			out, f, err := relayed(strings.NewReader(tt.body))
			check(t, "passed", err, tt.unexpected, tt.reason, tt.message)
			if strings.Contains(string(out), "message-end") || strings.Contains(string(out), "DONE") || f.Finish != "" {
				t.Errorf("passed %s", out)
			}
		})
	}
	broken := io.MultiReader(strings.NewReader(text), iotest.ErrReader(errors.New("reset")))
	_, err := drain(Dialect{}.NewStreamDecoder(broken, llm.StreamOptions{}))
	var e *llm.Error
	if !errors.As(err, &e) || e.Class != llm.ClassTransport {
		t.Errorf("a broken connection gives %v", err)
	}
}

func check(t *testing.T, about string, err error, unexpected bool, reason, message string) {
	t.Helper()
	var e *llm.Error
	switch {
	case unexpected:
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: ended with %v", about, err)
		}
	case !errors.As(err, &e) || e.Reason != reason || message != "" && e.Message != message:
		t.Errorf("%s: ended with %#v", about, err)
	}
}

func TestStreamEncoder(t *testing.T) {
	t.Parallel()
	events := []llm.Event{
		{Kind: llm.EventStart, ID: "i", Model: "hidden"},
		{Kind: llm.EventPing},
		{Kind: llm.EventReasoning, Text: "t"},
		{Kind: llm.EventSignature, Signature: "s", Issuer: llm.IssuerAnthropic},
		{Kind: llm.EventText, Text: "H"},
		{Kind: llm.EventText, Text: ""},
		{Kind: llm.EventText, Text: "é", LogProbs: json.RawMessage(`{"content":[{"token":"x","logprob":-1}]}`)},
		{Kind: llm.EventText, Choice: 1, Text: "other"},
		{Kind: llm.EventCitation, Citation: &llm.Citation{URL: "u", Start: 1, End: 2}},
		{Kind: llm.EventToolStart, Index: 0, ID: "c", Name: "f"},
		{Kind: llm.EventToolStart, Index: 1, ID: "d", Name: "g"},
		{Kind: llm.EventToolArguments, Index: 0, Text: `{"a"`},
		{Kind: llm.EventToolArguments, Index: 0, Text: `:1}`},
		{Kind: llm.EventToolEnd, Index: 0},
		{Kind: llm.EventFinish, Finish: llm.FinishToolCalls, NativeFinish: "tool_use"},
		{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 3, Output: 2}},
		{Kind: llm.EventEnd},
		{Kind: llm.EventText, Text: "late"},
	}
	cite := `{"start":1,"end":2,"text":"é","sources":[{"type":"document","id":"u","document":{"id":"u","url":"u"}}],"type":"TEXT_CONTENT","content_index":1}`
	want := begin + ": ping\n\n" + openBlock("0", "thinking") + delta("0", "thinking", "t") + endOf("content-end", "0") +
		openBlock("1", "text") + delta("1", "text", "H") +
		strings.Replace(delta("1", "text", "é"), "}}}}\n", `}}},"logprobs":{"text":"x","token_ids":[],"logprobs":[-1]}}`+"\n", 1) +
		event("citation-start", `,"index":0,"delta":{"message":{"citations":`+cite+`}}`) + endOf("citation-end", "0") +
		endOf("content-end", "1") + startCall("0", "c", "f") + startCall("1", "d", "g") + args("0", `{\"a\"`) + args("0", ":1}") +
		endOf("tool-call-end", "0") + endOf("tool-call-end", "1") + end("TOOL_CALL") + done
	s := Dialect{}.NewStreamEncoder(llm.View{Model: "public", ID: "own"})
	if s.ContentType() != "text/event-stream" {
		t.Errorf("it is %s", s.ContentType())
	}
	if diff := cmp.Diff(want, string(encodeAll(s, events))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	failed := string(encodeAll(Dialect{}.NewStreamEncoder(llm.View{ID: "i"}), []llm.Event{
		{Kind: llm.EventText, Text: "a"}, {Kind: llm.EventError, Err: &llm.Error{Message: "no", Code: "c"}}, {Kind: llm.EventEnd},
	}))
	want = begin + openBlock("0", "text") + delta("0", "text", "a") + endOf("content-end", "0") + event("message-end", `,"delta":{"finish_reason":"ERROR","usage":{},"error":"no","error_type":"c"}`)
	if diff := cmp.Diff(want, failed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRelay(t *testing.T) {
	t.Parallel()
	body := begin + delta("0", "text", `a\u00e9`) + startCall("0", "c", "f") + args("0", "{}") + endOf("tool-call-end", "0") + end("COMPLETE")
	out, f, err := relayed(strings.NewReader(": hi\n\n" + strings.ReplaceAll(body, "\n\n", "\n\r\n") + delta("0", "text", "late") + done))
	if err != nil || string(out) != body+done {
		t.Errorf("%v %s", err, out)
	}
	want := &llm.AnswerFacts{ID: "i", Finish: llm.FinishToolCalls, NativeFinish: "COMPLETE", Usage: llm.Usage{Input: 3, Output: 2}, HasUsage: true, Content: true, OutputBytes: 5}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	out, f, err = relayed(strings.NewReader(begin + delta("0", "text", "\xff") + end("COMPLETE")))
	if err != nil || string(out) != begin+delta("0", "text", "\ufffd")+end("COMPLETE")+done || !f.Repaired {
		t.Errorf("%v %q", err, out)
	}
	for body, reason := range map[string]string{
		`{"message":"no"}` + "\n\n": "", "<html>\n\n": "malformed", "data: {\"type\":": "truncated",
	} {
		_, _, err := relayed(strings.NewReader(body))
		check(t, body, err, false, reason, "")
	}
}
