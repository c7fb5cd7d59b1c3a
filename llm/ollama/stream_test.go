package ollama

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/sse"
)

// line is a line of a stream that says a piece of text.
func line(content string) string {
	return head + `"message":{"role":"assistant","content":"` + content + `"},"done":false}` + "\n"
}

const last = head + `"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":3,"eval_count":2}` + "\n"

func TestStreams(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about, body string
		want        []llm.Part
	}{
		{"text", line("H") + line("é") + line("") + last, []llm.Part{text1("Hé")}},
		{"blank lines, CRLF and a mark", "\xef\xbb\xbf" + strings.ReplaceAll(line("a")+line("b"), "\n", "\r\n\r\n") + strings.TrimSpace(last), []llm.Part{text1("ab")}},
		{"a tag in pieces", line(" ") + line("<th") + line("ink>\\n") + line("\\n so") + line(" it is</") + line("think") + line(">\\n") + line("\\nyes") + line("</think>") + last, []llm.Part{thought("so it is"), text1("yes</think>")}},
		{"what looks like its end", line("<think>a<") + line("/b</thin") + line("g></think>c") + last, []llm.Part{thought("a</b</thing>"), text1("c")}},
		{"no tag after all", line("<") + line("b") + last, []llm.Part{text1("<b")}},
		{"a tag too late", line("a") + line("<think>b</think>") + last, []llm.Part{text1("a<think>b</think>")}},
		{"a tag that is never closed", line("<think>a</") + last, []llm.Part{thought("a</")}},
		{"text after the last line", line("a") + last + line("b") + "junk", []llm.Part{text1("a")}},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			for _, body := range []io.Reader{strings.NewReader(tt.body), iotest.OneByteReader(strings.NewReader(tt.body)), iotest.DataErrReader(strings.NewReader(tt.body))} {
				events, err := drain(Dialect{}.NewStreamDecoder(body, llm.StreamOptions{}))
				if !errors.Is(err, io.EOF) {
					t.Fatal(err)
				}
				if err := legal(events); err != nil {
					t.Error(err)
				}
				want := &llm.Response{Model: "m", Created: noon, Choices: []llm.Choice{choice("stop", llm.FinishStop, tt.want...)}, Usage: &llm.Usage{Input: 3, Output: 2}}
				if diff := cmp.Diff(want, gather(events)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestStreamCalls(t *testing.T) {
	t.Parallel()
	body := line("I will") +
		head + `"message":{"content":"","tool_calls":[{"function":{"name":"f_1","arguments":{"a":1}}}]},"done":false}` + "\n" +
		head + `"message":{"content":"","tool_calls":[{"function":{"name":"f_1","arguments":{"a":1}}},{"id":"own","function":{"name":"g"}}]},"done":false}` + "\n" + last
	o := llm.StreamOptions{ToolNames: map[string]string{"f_1": "f.1"}}
	events, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(body), o))
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if err := legal(events); err != nil {
		t.Error(err)
	}
	seed := "m\x002026-01-02T12:00:00.000005Z"
	want := choice("stop", llm.FinishToolCalls, text1("I will"),
		call(inventedID(seed, 0, "f_1", `{"a":1}`), "f.1", `{"a":1}`), call(inventedID(seed, 1, "f_1", `{"a":1}`), "f.1", `{"a":1}`), call("own", "g", "{}"))
	if diff := cmp.Diff(want, gather(events).Choices[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStreamsThatBreak(t *testing.T) {
	t.Parallel()
	tests := []struct {
		about, body string
		text        string
		unexpected  bool
		reason      string
		message     string
	}{
		{about: "an error in the middle", body: line("a") + `{"error":"an error was encountered while running the model"}` + "\n", text: "a", message: "an error was encountered while running the model"},
		{about: "an error at once", body: `{"error":"no"}`, message: "no"},
		{about: "the end is missing", body: line("a"), text: "a", unexpected: true},
		{about: "half a line", body: line("a") + line("b")[:40], text: "a", unexpected: true},
		{about: "no JSON", body: line("a") + "oops\n", text: "a", reason: "malformed"},
		{about: "events", body: "data: {}\n\n", reason: "malformed"},
		{about: "a long line", body: line("a") + line(strings.Repeat("b", 1000)), text: "a", reason: "too_large"},
		{about: "nothing", body: "\n\n", reason: "empty"},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			events, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(tt.body), llm.StreamOptions{MaxEvent: 500}))
			said := ""
			for _, e := range events {
				said += e.Text
				if e.Kind == llm.EventError {
					err = e.Err
				}
				if e.Kind == llm.EventFinish || e.Kind == llm.EventEnd {
					t.Error("it has an end")
				}
			}
			var e *llm.Error
			switch {
			case said != tt.text:
				t.Errorf("said %q", said)
			case tt.unexpected:
				if !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("ended with %v", err)
				}
			case !errors.As(err, &e) || e.Reason != tt.reason || tt.message != "" && e.Message != tt.message:
				t.Errorf("ended with %#v", err)
			}
		})
	}
	broken := io.MultiReader(strings.NewReader(line("a")), iotest.ErrReader(errors.New("reset")))
	_, err := drain(Dialect{}.NewStreamDecoder(broken, llm.StreamOptions{}))
	var e *llm.Error
	if !errors.As(err, &e) || e.Class != llm.ClassTransport {
		t.Errorf("a broken connection gives %v", err)
	}
}

func TestStreamEncoder(t *testing.T) {
	t.Parallel()
	v := llm.View{Model: "m", Created: noon}
	events := []llm.Event{
		{Kind: llm.EventStart, ID: "x", Model: "hidden"},
		{Kind: llm.EventPing},
		{Kind: llm.EventReasoning, Text: "t"},
		{Kind: llm.EventSignature, Signature: "s", Issuer: llm.IssuerAnthropic},
		{Kind: llm.EventText, Text: "a\""},
		{Kind: llm.EventText, Text: ""},
		{Kind: llm.EventText, Choice: 1, Text: "other"},
		{Kind: llm.EventToolStart, Index: 0, ID: "c", Name: "f"},
		{Kind: llm.EventToolStart, Index: 1, ID: "d", Name: "g"},
		{Kind: llm.EventToolArguments, Index: 0, Text: `{"x"`},
		{Kind: llm.EventToolArguments, Index: 0, Text: `:1}`},
		{Kind: llm.EventToolEnd, Index: 0},
		{Kind: llm.EventMedia, Media: &llm.Media{Data: png}},
		{Kind: llm.EventFinish, Finish: llm.FinishToolCalls},
		{Kind: llm.EventUsage, Usage: &llm.Usage{Input: 1, Output: 2}},
		{Kind: llm.EventEnd},
		{Kind: llm.EventText, Text: "late"},
	}
	for front, want := range map[llm.Front]string{
		Dialect{}: line("") +
			head + `"message":{"role":"assistant","content":"","thinking":"t"},"done":false}` + "\n" +
			line(`a\"`) +
			head + `"message":{"role":"assistant","content":"","tool_calls":[{"id":"c","function":{"index":0,"name":"f","arguments":{"x":1}}}]},"done":false}` + "\n" +
			head + `"message":{"role":"assistant","content":"","images":["` + png + `"]},"done":false}` + "\n" +
			head + `"message":{"role":"assistant","content":"","tool_calls":[{"id":"d","function":{"index":1,"name":"g","arguments":{}}}]},"done":false}` + "\n" +
			head + `"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":1,"eval_count":2}` + "\n",
		Generate{}: head + `"response":"","done":false}` + "\n" +
			head + `"response":"","thinking":"t","done":false}` + "\n" +
			head + `"response":"a\"","done":false}` + "\n" +
			head + `"response":"","tool_calls":[{"id":"c","function":{"index":0,"name":"f","arguments":{"x":1}}}],"done":false}` + "\n" +
			head + `"response":"","image":"` + png + `","done":false}` + "\n" +
			head + `"response":"","tool_calls":[{"id":"d","function":{"index":1,"name":"g","arguments":{}}}],"done":false}` + "\n" +
			head + `"response":"","done":true,"done_reason":"stop","prompt_eval_count":1,"eval_count":2}` + "\n",
	} {
		s := front.NewStreamEncoder(v)
		if s.ContentType() != "application/x-ndjson" {
			t.Errorf("it is %s", s.ContentType())
		}
		if diff := cmp.Diff(want, string(encodeAll(s, events))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	failed := encodeAll(Dialect{}.NewStreamEncoder(v), []llm.Event{
		{Kind: llm.EventText, Text: "a", LogProbs: json.RawMessage(`{"content":[1]}`)}, {Kind: llm.EventError, Err: &llm.Error{Message: "no"}}, {Kind: llm.EventEnd},
	})
	if want := strings.Replace(line("a"), `,"done"`, `,"logprobs":[1],"done"`, 1) + `{"error":"no"}` + "\n"; string(failed) != want {
		t.Errorf("got %s", failed)
	}
}

func TestSplitter(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 9000) + "\n"
	var got []string
	s := Dialect{}.NewSplitter(iotest.HalfReader(strings.NewReader("a\n\n \r\n"+long+"b\r\nc")), 0)
	for {
		line, err := s.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(line))
	}
	s.Release()
	if diff := cmp.Diff([]string{"a\n", long, "b\r\n", "c"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s = Dialect{}.NewSplitter(strings.NewReader("a\nb\nc"), 0)
	defer s.Release()
	first, _ := s.Next()
	if !s.Buffered() || string(first) != "a\n" {
		t.Errorf("after %q nothing is at hand", first)
	}
	if _, err := s.Next(); err != nil || s.Buffered() {
		t.Error("half a line is no line")
	}
	if _, err := (Dialect{}.NewSplitter(strings.NewReader(long), 100)).Next(); !errors.Is(err, sse.ErrTooLarge) {
		t.Errorf("a long line gives %v", err)
	}
}
