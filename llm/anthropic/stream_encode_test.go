package anthropic

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// shown writes the events of a stream in short, one in a line: the index of a
// block with what it begins with, gets and ends.
func shown(t *testing.T, stream []byte) string {
	t.Helper()
	var lines []string
	for event := range bytes.SplitSeq(bytes.TrimSuffix(stream, []byte("\n\n")), []byte("\n\n")) {
		_, data, _ := bytes.Cut(event, []byte("data: "))
		var e struct {
			Type         string
			Index        int
			ContentBlock json.RawMessage `json:"content_block"`
			Delta        json.RawMessage
			Error        json.RawMessage
		}
		if err := json.Unmarshal(data, &e); err != nil {
			t.Fatalf("%q: %v", event, err)
		}
		line := strings.TrimPrefix(e.Type, "content_block_")
		line += strings.Join([]string{" ", string(e.ContentBlock), string(e.Delta), string(e.Error)}, "")
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}

func TestStreamEncoder(t *testing.T) {
	t.Parallel()
	const begin, textBegin = "message_start\n", `start {"type":"text","text":""}` + "\n"
	const ends = "\n" + `message_delta {"stop_reason":"end_turn","stop_sequence":null}` + "\nmessage_stop"
	said := func(text string) llm.Event { return llm.Event{Kind: llm.EventText, Text: text} }
	thinks := func(text string) llm.Event { return llm.Event{Kind: llm.EventReasoning, Text: text} }
	signs := func(s, issuer string) llm.Event {
		return llm.Event{Kind: llm.EventSignature, Signature: s, Issuer: issuer}
	}
	calls := func(n int, id, name string) llm.Event {
		return llm.Event{Kind: llm.EventToolStart, Index: n, ID: id, Name: name}
	}
	args := func(n int, text string) llm.Event {
		return llm.Event{Kind: llm.EventToolArguments, Index: n, Text: text}
	}
	ended := func(n int) llm.Event { return llm.Event{Kind: llm.EventToolEnd, Index: n} }
	use := func(id, name string) string {
		return `start {"type":"tool_use","id":"` + id + `","name":"` + name + `","input":{}}` + "\n"
	}
	json1 := func(s string) string { return `delta {"type":"input_json_delta","partial_json":"` + s + `"}` + "\n" }
	text := func(s string) string { return `delta {"type":"text_delta","text":"` + s + `"}` + "\n" }
	const thinkBegin = `start {"type":"thinking","thinking":"","signature":""}` + "\n"
	thought := func(s string) string { return `delta {"type":"thinking_delta","thinking":"` + s + `"}` + "\n" }
	signed := func(s string) string { return `delta {"type":"signature_delta","signature":"` + s + `"}` + "\n" }
	tests := []struct {
		about  string
		events []llm.Event
		want   string
	}{
		{"text", []llm.Event{{Kind: llm.EventStart, ID: "id"}, said("a"), said(""), said("b\n")}, begin + textBegin + text("a") + text("b\\n") + "stop" + ends},
		{"no start", []llm.Event{said("a")}, begin + textBegin + text("a") + "stop" + ends},
		{"nothing", nil, "message_start" + ends},
		{"pings", []llm.Event{{Kind: llm.EventPing}, {Kind: llm.EventStart}, {Kind: llm.EventPing}}, begin + "ping" + ends},
		{"a refusal", []llm.Event{{Kind: llm.EventRefusal, Text: "no"}, {Kind: llm.EventFinish, Finish: llm.FinishContentFilter}}, begin + textBegin + text("no") + "stop\n" + `message_delta {"stop_reason":"refusal","stop_sequence":null}` + "\nmessage_stop"},
		{"thoughts, then text", []llm.Event{thinks("a"), thinks("b"), said("c")}, begin + thinkBegin + thought("a") + thought("b") + signed("none:") + "stop\n" + textBegin + text("c") + "stop" + ends},
		{"thoughts with signatures", []llm.Event{thinks("a"), signs("s", llm.IssuerAnthropic), thinks("b"), signs("s", llm.IssuerGoogle), signs("t", llm.IssuerAnthropic)}, begin + thinkBegin + thought("a") + signed("s") + "stop\n" + thinkBegin + thought("b") + signed("google:s") + "stop\n" + thinkBegin + signed("t") + "stop" + ends},
		{"a signature on text", []llm.Event{said("a"), signs("s", llm.IssuerGoogle), said("b")}, begin + textBegin + text("a") + text("b") + "stop" + ends},
		{"redacted", []llm.Event{{Kind: llm.EventRedacted, Data: []byte(`"d"`), Issuer: llm.IssuerAnthropic}, {Kind: llm.EventRedacted, Data: []byte(`"d"`), Issuer: llm.IssuerOpenAI}}, begin + `start {"type":"redacted_thinking","data":"d"}` + "\nstop" + ends},
		{"opaque", []llm.Event{said("a"), {Kind: llm.EventOpaque, Data: []byte("{\n\"type\":\"x\"}"), Issuer: llm.IssuerAnthropic}, {Kind: llm.EventOpaque, Data: []byte(`{}`), Issuer: llm.IssuerGoogle}}, begin + textBegin + text("a") + "stop\n" + `start { "type":"x"}` + "\nstop" + ends},
		{"what has no place", []llm.Event{{Kind: llm.EventMedia, Media: &llm.Media{}}, {Kind: llm.EventCitation, Citation: &llm.Citation{URL: "u"}}, {Kind: llm.EventText, Choice: 1, Text: "x"}, {Kind: llm.EventFinish, Choice: 1, Finish: llm.FinishLength}}, "message_start" + ends},

		{"a call", []llm.Event{said("a"), calls(0, "c", "f"), args(0, `{"x":`), args(0, ""), args(0, "1}"), ended(0), {Kind: llm.EventFinish, Finish: llm.FinishToolCalls}}, begin + textBegin + text("a") + "stop\n" + use("c", "f") + json1(`{\"x\":`) + json1("1}") + "stop\n" + `message_delta {"stop_reason":"tool_use","stop_sequence":null}` + "\nmessage_stop"},
		{"calls that cross", []llm.Event{calls(0, "a", "f"), calls(1, "b", "g"), args(1, "{"), args(0, "{}"), args(1, "}"), ended(1), ended(0)}, begin + use("a", "f") + json1("{}") + "stop\n" + use("b", "g") + json1("{") + json1("}") + "stop" + ends},
		{"text within a call", []llm.Event{calls(0, "a", "f"), args(0, "{"), said("x"), args(0, "}"), said("y"), ended(0), said("z")}, begin + use("a", "f") + json1("{") + json1("}") + "stop\n" + textBegin + text("x") + text("y") + text("z") + "stop" + ends},
		{"a call that does not end", []llm.Event{calls(0, "a", "f"), args(0, "{"), said("x"), calls(1, "b", "g")}, begin + use("a", "f") + json1("{") + "stop\n" + textBegin + text("x") + "stop\n" + use("b", "g") + "stop" + ends},
		{"a name that comes late", []llm.Event{calls(0, "a", ""), args(0, "{"), calls(0, "a", "f"), args(0, "}"), ended(0)}, begin + use("a", "f") + json1("{") + json1("}") + "stop" + ends},
		{"a name that never comes", []llm.Event{args(0, "{}"), ended(0), said("x")}, begin + textBegin + text("x") + "stop" + ends},
		{"a call told twice", []llm.Event{calls(0, "a", "f"), calls(0, "a", "f"), ended(0), args(0, "late"), calls(0, "a", "f")}, begin + use("a", "f") + "stop" + ends},
		{"a call without an id", []llm.Event{{Kind: llm.EventStart, ID: "id"}, calls(0, "", "f"), ended(0)}, begin + use(inventedID("idmade", 0, "f"), "f") + "stop" + ends},
		{"a call with a signature", []llm.Event{{Kind: llm.EventToolStart, ID: "a", Name: "f", Signature: "s", Issuer: llm.IssuerGoogle}, ended(0)}, begin + thinkBegin + signed("call:google:s") + "stop\n" + use("a", "f") + "stop" + ends},

		{"an error", []llm.Event{said("a"), {Kind: llm.EventError, Err: &llm.Error{Status: 529, Message: "busy", Code: "overloaded"}}, said("b")}, begin + textBegin + text("a") + `error {"type":"overloaded_error","message":"busy","code":"overloaded"}`},
		{"an error at once", []llm.Event{{Kind: llm.EventError}}, `error {"type":"api_error","message":"the call failed"}`},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			s := Dialect{}.NewStreamEncoder(llm.View{Model: "public", ID: "made"})
			var out []byte
			for i := range tt.events {
				out = s.Append(out, &tt.events[i])
			}
			out = s.Append(out, &llm.Event{Kind: llm.EventEnd})
			out = s.Append(out, &llm.Event{Kind: llm.EventText, Text: "too late"})
			if got := shown(t, out); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if tt.about != "an error at once" {
				checkOrder(t, out)
			}
		})
	}
}

func TestStreamEnds(t *testing.T) {
	t.Parallel()
	s := Dialect{}.NewStreamEncoder(llm.View{Model: "public", ID: "made"})
	if s.ContentType() != "text/event-stream" {
		t.Error(s.ContentType())
	}
	var out []byte
	for _, e := range []llm.Event{
		{Kind: llm.EventStart, Model: "upstream"},
		{Kind: llm.EventFinish, Finish: llm.FinishStop, NativeFinish: "stop_sequence", StopSequence: "#"},
		{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 1}},
		{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 8, CacheRead: 2, Output: 3}},
		{Kind: llm.EventEnd},
	} {
		out = s.Append(out, &e)
	}
	const usage = `{"input_tokens":%,"cache_creation_input_tokens":0,"cache_read_input_tokens":@,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":&}`
	want := "event: message_start\ndata: " + `{"type":"message_start","message":{"id":"msg_made","type":"message","role":"assistant","model":"public","content":[],"stop_reason":null,"stop_sequence":null,"usage":` +
		strings.NewReplacer("%", "0", "@", "0", "&", "0").Replace(usage) + "}}\n\nevent: message_delta\ndata: " +
		`{"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"#"},"usage":` + strings.NewReplacer("%", "8", "@", "2", "&", "3").Replace(usage) + "}\n\n" +
		"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
	if string(out) != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}
