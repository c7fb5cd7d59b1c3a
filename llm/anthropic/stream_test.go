package anthropic

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func reads(s string) io.Reader { return strings.NewReader(s) }

// events are a stream of server-sent events from their data.
func events(data ...string) string {
	var out string
	for _, d := range data {
		out += "event: x\ndata: " + d + "\n\n"
	}
	return out
}

// The events that most tests are made of.
const (
	messageStart = `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":2,"output_tokens":1}}}`
	textStart    = `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`
	blockStop    = `{"type":"content_block_stop","index":0}`
	endTurn      = `{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":7}}`
	toolTurn     = `{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":7}}`
	messageStop  = `{"type":"message_stop"}`
)

func start(index, block string) string {
	return `{"type":"content_block_start","index":` + index + `,"content_block":` + block + `}`
}

func delta1(index, d string) string {
	return `{"type":"content_block_delta","index":` + index + `,"delta":` + d + `}`
}

func stop(index string) string { return `{"type":"content_block_stop","index":` + index + `}` }

func textDelta(text string) string { return delta1("0", `{"type":"text_delta","text":"`+text+`"}`) }

func jsonDelta(text string) string {
	return delta1("0", `{"type":"input_json_delta","partial_json":"`+text+`"}`)
}

var (
	textStream = events(messageStart, textStart, `{"type": "ping"}`, textDelta("He"), textDelta("llo"), blockStop, endTurn, messageStop)
	toolStream = events(messageStart, start("0", `{"type":"tool_use","id":"toolu_1","name":"f","input":{}}`),
		jsonDelta(""), jsonDelta(`{\"a\":`), jsonDelta(`1}`), blockStop, toolTurn, messageStop)
)

// usual is the usage of the usual start and end.
func usual() *llm.Usage {
	return &llm.Usage{Input: 10, CacheRead: 2, CacheWrite5m: 3, Output: 7}
}

func TestStreams(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about  string
		stream string
		o      llm.StreamOptions
		want   llm.Response
	}{
		{about: "text", stream: textStream, want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("end_turn", llm.FinishStop, text1("Hello")), Usage: usual()}},
		{about: "a call", stream: toolStream, want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("tool_use", llm.FinishToolCalls, call("toolu_1", "f", `{"a":1}`)), Usage: usual()}},
		{
			about: "text in the start, padding, escapes", stream: events(messageStart+"   ", start("0", `{"type":"text","text":"é"}`), textDelta(`\"a\"`), textDelta(`\n\ud83d\ude00`)+"  ", textDelta("")[:len(textDelta(""))-1]+"  }", textDelta("b"), blockStop, endTurn, messageStop),
			want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("end_turn", llm.FinishStop, text1("é\"a\"\n😀b")), Usage: usual()},
		},
		{
			about: "keys in another order", stream: events(`{"message":{"content":[],"id":"msg_1","model":"claude-x","usage":{"input_tokens":10,"output_tokens":1}},"type":"message_start"}`, `{"delta":{"text":"a","type":"text_delta"},"index":0,"type":"content_block_delta"}`, `{"delta":{"text":"b","type":"text_delta"},"index":0,"type":"content_block_delta"}`, `{"delta":{"text":"c","type":"thinking_delta","thinking":"c"},"index":0,"type":"content_block_delta"}`, endTurn, messageStop),
			want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("end_turn", llm.FinishStop, text1("ab"), llm.Part{Kind: llm.PartReasoning, Text: "c"}), Usage: &llm.Usage{Input: 10, Output: 7}},
		},
		{
			about: "calls without arguments, and with all at once", stream: events(messageStart, start("0", `{"type":"tool_use","id":"a","name":"f","input":{}}`), jsonDelta(""), blockStop, start("1", `{"type":"tool_use","id":"b","name":"f","input":{"x":1}}`), stop("1"), start("2", `{"type":"tool_use","name":"g"}`), toolTurn, messageStop),
			want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("tool_use", llm.FinishToolCalls, call("a", "f", "{}"), call("b", "f", `{"x":1}`), call(inventedID("msg_1", 2, "g"), "g", "{}")), Usage: usual()},
		},
		{
			about: "blocks that cross", stream: events(messageStart, start("0", `{"type":"tool_use","id":"a","name":"f","input":{}}`), start("1", `{"type":"tool_use","id":"b","name":"g","input":{}}`), delta1("1", `{"type":"input_json_delta","partial_json":"{}"}`), delta1("0", `{"type":"input_json_delta","partial_json":"{\"x\":0}"}`), stop("1"), stop("0"), toolTurn, messageStop),
			want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("tool_use", llm.FinishToolCalls, call("a", "f", `{"x":0}`), call("b", "g", `{}`)), Usage: usual()},
		},
		{
			about: "thoughts", stream: events(messageStart, start("0", `{"type":"thinking","thinking":"","signature":""}`), delta1("0", `{"type":"thinking_delta","thinking":"h"}`), delta1("0", `{"type":"thinking_delta","thinking":"m"}`), delta1("0", `{"type":"signature_delta","signature":"s1"}`), blockStop,
				start("1", `{"type":"thinking","thinking":"","signature":""}`), delta1("1", `{"type":"signature_delta","signature":"s2"}`), stop("1"), start("2", `{"type":"redacted_thinking","data":"enc"}`), stop("2"), start("3", `{"type":"text","text":""}`), delta1("3", `{"type":"text_delta","text":"x"}`), stop("3"), endTurn, messageStop),
			want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("end_turn", llm.FinishStop,
				llm.Part{Kind: llm.PartReasoning, Text: "hm", Signature: "s1", Issuer: llm.IssuerAnthropic},
				llm.Part{Kind: llm.PartReasoning, Signature: "s2", Issuer: llm.IssuerAnthropic},
				llm.Part{Kind: llm.PartRedacted, Data: []byte(`"enc"`), Issuer: llm.IssuerAnthropic}, text1("x")), Usage: usual()},
		},
		{
			about: "server tools", stream: events(messageStart, start("0", `{"type":"server_tool_use","id":"s","name":"n","input":{}}`), jsonDelta(`{\"q\":`), jsonDelta(`1}`), blockStop, start("1", `{"type":"x_tool_result","content":[{"a": 1}]}`), stop("1"), start("2", `{"type":"compaction","content":null}`), delta1("2", `{"type":"compaction_delta","content":"c","encrypted_content":"e"}`), stop("2"), start("3", `{"type":"mcp_tool_use","id":"m","name":"n","input":{}}`), delta1("3", `{"type":"input_json_delta","partial_json":"{"}`), endTurn, messageStop),
			want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("end_turn", llm.FinishStop,
				llm.Part{Kind: llm.PartOpaque, Data: []byte(`{"type":"server_tool_use","id":"s","name":"n","input":{"q":1}}`), Issuer: llm.IssuerAnthropic},
				llm.Part{Kind: llm.PartOpaque, Data: []byte(`{"type":"x_tool_result","content":[{"a": 1}]}`), Issuer: llm.IssuerAnthropic},
				llm.Part{Kind: llm.PartOpaque, Data: []byte(`{"type":"compaction","content":"c","encrypted_content":"e"}`), Issuer: llm.IssuerAnthropic},
				llm.Part{Kind: llm.PartOpaque, Data: []byte(`{"type":"mcp_tool_use","id":"m","name":"n","input":{"_raw":"{"}}`), Issuer: llm.IssuerAnthropic}), Usage: usual()},
		},
		{
			about: "citations", stream: events(messageStart, start("0", `{"type":"text","text":"","citations":[]}`), delta1("0", `{"type":"citations_delta","citation":{"type":"web_search_result_location","url":"https://x.org","title":"X","cited_text":"c"}}`), delta1("0", `{"type":"citations_delta","citation":{"type":"char_location","document_title":"d"}}`), textDelta("x"), blockStop, endTurn, messageStop),
			want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("end_turn", llm.FinishStop, llm.Part{Kind: llm.PartText, Text: "x", Citations: []llm.Citation{{URL: "https://x.org", Title: "X"}}}), Usage: usual()},
		},
		{about: "no block at all", stream: events(messageStart, `{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"#"},"usage":{"output_tokens":7}}`, messageStop), want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: []llm.Choice{{Message: llm.Message{Role: llm.RoleAssistant}, Finish: llm.FinishStop, NativeFinish: "stop_sequence", StopSequence: "#"}}, Usage: usual()}},
		{about: "two starts", stream: events(messageStart, strings.Replace(messageStart, "msg_1", "msg_2", 1), textStart, textDelta("x"), endTurn, messageStop), want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("end_turn", llm.FinishStop, text1("x")), Usage: usual()}},
		{about: "no start and no end", stream: events(textDelta("x"), endTurn), want: llm.Response{Choices: answered("end_turn", llm.FinishStop, text1("x")), Usage: &llm.Usage{Output: 7}}},
		{about: "an end of another dialect's", stream: events(messageStart, textDelta("x"), endTurn, "[DONE]"), want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("end_turn", llm.FinishStop, text1("x")), Usage: usual()}},
		{
			about: "usage in pieces", stream: events(messageStart, `{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"input_tokens":20,"cache_read_input_tokens":null,"output_tokens":9,"output_tokens_details":{"thinking_tokens":4}}}`, `{"type":"message_delta","delta":{},"usage":{"output_tokens":10}}`, messageStop),
			want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("max_tokens", llm.FinishLength), Usage: &llm.Usage{Input: 20, CacheRead: 2, CacheWrite5m: 3, Output: 6, Reasoning: 4}},
		},
		{about: "events that nobody knows", stream: events(messageStart, `{"type":"new_event","x":[1]}`, textDelta("x"), delta1("9", `{"type":"new_delta","y":1}`), stop("9"), endTurn, messageStop), want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("end_turn", llm.FinishStop, text1("x")), Usage: usual()}},
		{
			about: "a tool that stands in for text", o: llm.StreamOptions{OutputTool: "f", ToolNames: map[string]string{"g": "ns.g"}},
			stream: toolStream, want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("tool_use", llm.FinishStop, text1(`{"a":1}`)), Usage: usual()},
		},
		{
			about: "a tool under another name", o: llm.StreamOptions{ToolNames: map[string]string{"f": "ns.f"}},
			stream: toolStream, want: llm.Response{ID: "msg_1", Model: "claude-x", Choices: answered("tool_use", llm.FinishToolCalls, call("toolu_1", "ns.f", `{"a":1}`)), Usage: usual()},
		},
		{
			about: "the same in one piece", o: llm.StreamOptions{OutputTool: "f", ToolNames: map[string]string{"g": "ns.g"}},
			stream: `{"id":"m","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":1}}],"stop_reason":"tool_use"}`, want: llm.Response{ID: "m", Choices: answered("tool_use", llm.FinishStop, text1(`{"a":1}`))},
		},
	}
	forms := map[string]func(string) string{
		"as it is":        func(s string) string { return s },
		"CRLF":            func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"CR":              func(s string) string { return strings.ReplaceAll(s, "\n", "\r") },
		"no names":        func(s string) string { return strings.ReplaceAll(s, "event: x\n", "") },
		"no space":        func(s string) string { return "\ufeff" + strings.ReplaceAll(s, "data: ", "data:") },
		"comments":        func(s string) string { return ": hello\n\n" + strings.ReplaceAll(s, "event: x\n", ": x\nevent: x\n") },
		"no last line":    func(s string) string { return strings.TrimRight(s, "\n") },
		"several lines":   func(s string) string { return strings.ReplaceAll(s, `"type":`, "\ndata: \"type\":") },
		"names at random": func(s string) string { return strings.ReplaceAll(s, "event: x", "event: message_stop") },
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			for name, form := range forms {
				if (name == "several lines" || name == "comments") && tt.stream[0] == '{' {
					continue
				}
				body := form(tt.stream)
				for _, r := range []io.Reader{reads(body), iotest.OneByteReader(reads(body))} {
					got, err := decodeStream(t, r, tt.o)
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					if name == "several lines" { // where a raw block has the line break too
						for i, p := range got.Choices[0].Message.Parts {
							got.Choices[0].Message.Parts[i].Data = []byte(strings.ReplaceAll(string(p.Data), "\n", ""))
							if p.Data == nil {
								got.Choices[0].Message.Parts[i].Data = nil
							}
						}
					}
					if diff := cmp.Diff(tt.want, *got); diff != "" {
						t.Errorf("%s (-want +got):\n%s", name, diff)
					}
				}
			}
		})
	}
}

// TestCutOff checks every stream that stops short of its end.
func TestCutOff(t *testing.T) {
	t.Parallel()
	whole := strings.Index(textStream, endTurn)
	for n := range whole {
		r, err := decodeStream(t, reads(textStream[:n]), llm.StreamOptions{})
		var e *llm.Error
		if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &e) {
			t.Fatalf("%q: error %v", textStream[:n], err)
		}
		if len(r.Choices[0].Message.Parts) > 0 && errors.Is(err, io.ErrUnexpectedEOF) && (r.Usage == nil || r.Usage.Input != 10) {
			t.Fatalf("%q: usage %+v", textStream[:n], r.Usage)
		}
		out, _, err := relayed(reads(textStream[:n]), llm.RelayOptions{Model: "m"})
		if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &e) {
			t.Fatalf("%q passes as %q", textStream[:n], out)
		}
	}
	_, err := decodeStream(t, io.MultiReader(reads(textStream[:whole]), iotest.ErrReader(errors.New("reset"))), llm.StreamOptions{})
	var e *llm.Error
	if !errors.As(err, &e) || e.Class != llm.ClassTransport {
		t.Errorf("a broken connection gives %v", err)
	}
	_, err = decodeStream(t, io.MultiReader(reads(textStream), iotest.ErrReader(io.ErrUnexpectedEOF)), llm.StreamOptions{})
	if err != nil {
		t.Errorf("a complete stream in a body that is not gives %v", err)
	}
}

func TestErrorInStream(t *testing.T) {
	t.Parallel()
	failure := `{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}`
	for name, body := range map[string]string{
		"an event":        events(messageStart, textStart, textDelta("a"), failure, textDelta("b")),
		"an error's name": events(messageStart, textDelta("a")) + "event: error\ndata: {\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
		"the first event": events(failure),
		"no type":         events(`{"error":{"type":"overloaded_error","message":"Overloaded"}}`),
		"one JSON object": failure,
	} {
		d := Dialect{}.NewStreamDecoder(reads(body), llm.StreamOptions{})
		var failed *llm.Error
		for {
			list, err := d.Next()
			for _, e := range list {
				if e.Kind == llm.EventEnd || failed != nil {
					t.Errorf("%s: event %d", name, e.Kind)
				}
				if e.Kind == llm.EventError {
					failed = e.Err
				}
			}
			if err != nil {
				if !errors.As(err, &failed) && !errors.Is(err, io.EOF) {
					t.Errorf("%s: %v", name, err)
				}
				break
			}
		}
		if failed == nil || failed.Type != "overloaded_error" || failed.Message != "Overloaded" {
			t.Errorf("%s: %+v", name, failed)
		}
		if _, err := d.Next(); err == nil {
			t.Errorf("%s: it goes on", name)
		}
		_, facts, err := relayed(reads(body), llm.RelayOptions{Model: "m"})
		var e *llm.Error
		if !errors.As(err, &e) || e.Type != "overloaded_error" {
			t.Errorf("%s: passed with %v, %+v", name, err, facts)
		}
	}
}

func TestStreamBounds(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 5000)
	for name, body := range map[string]string{
		"an event": events(messageStart, textDelta(big), endTurn, messageStop), "an object": `{"content":[{"type":"text","text":"` + big + `"}]}`,
	} {
		_, err := decodeStream(t, reads(body), llm.StreamOptions{MaxEvent: 4096})
		var e *llm.Error
		if !errors.As(err, &e) || e.Class != llm.ClassBadOutput || e.Reason != "too_large" {
			t.Errorf("%s: error %v", name, err)
		}
		if _, err := decodeStream(t, reads(body), llm.StreamOptions{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnusableStreams(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ body, reason string }{
		"nothing":               {"", "empty"},
		"a comment":             {": hi\n\n", "empty"},
		"an end":                {"data: [DONE]\n\n", "empty"},
		"a call without a name": {events(messageStart, start("0", `{"type":"tool_use","id":"x","name":null}`)), "malformed"},
		"no JSON":               {events(messageStart, `{"type":`), "malformed"},
		"no object":             {events(`[1]`), "malformed"},
	} {
		_, err := decodeStream(t, reads(tt.body), llm.StreamOptions{})
		var e *llm.Error
		if !errors.As(err, &e) || e.Class != llm.ClassBadOutput || e.Reason != tt.reason {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestBuffered(t *testing.T) {
	t.Parallel()
	d := Dialect{}.NewStreamDecoder(iotest.OneByteReader(reads(textStream)), llm.StreamOptions{}).(*streamDecoder)
	if d.Buffered() {
		t.Error("there is something before anything was read")
	}
	if _, err := d.Next(); err != nil || d.Buffered() {
		t.Errorf("byte by byte there is more (%v)", err)
	}
	d = Dialect{}.NewStreamDecoder(reads(textStream), llm.StreamOptions{}).(*streamDecoder)
	if _, err := d.Next(); err != nil || !d.Buffered() {
		t.Errorf("of a whole stream there is no more (%v)", err)
	}
}
