package openai

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/sse"
)

const closed = "data: [DONE]\n\n"

// chunk makes an event of a chunk with the given choices and further members.
func chunk(choices, more string) string {
	return `data: {"id":"c1","model":"up","choices":[` + choices + `]` + more + "}\n\n"
}

// out is what chunk is to come out as.
func out(choices, more string) string {
	return strings.Replace(chunk(choices, more), `"up"`, `"acme/public-name"`, 1)
}

func saying(delta, finish string) string {
	if finish != "null" {
		finish = `"` + finish + `"`
	}
	return `{"index":0,"delta":{` + delta + `},"finish_reason":` + finish + `}`
}

func TestRelay(t *testing.T) {
	t.Parallel()
	hello, stop := saying(`"content":"hello"`, "null"), saying(``, "stop")
	const figures = `"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}`
	tests := []struct {
		about, in, want string
		hide            bool
	}{
		{about: "model", in: chunk(hello, "") + chunk(stop, "") + closed, want: out(hello, "") + out(stop, "") + closed},
		{about: "no end marker", in: chunk(hello, "") + chunk(stop, ""), want: out(hello, "") + out(stop, "") + closed},
		{about: "no blank line at the end", in: chunk(hello, "") + strings.TrimSpace(chunk(stop, "")), want: out(hello, "") + out(stop, "") + closed},
		{about: "end marker without blank line", in: chunk(stop, "") + "data:[DONE]", want: out(stop, "") + closed},
		{about: "end marker alone is enough", in: chunk(hello, "") + closed, want: out(hello, "") + closed},
		{about: "an empty finish is none, the end marker is", in: chunk(saying(`"content":"x"`, ""), "") + closed, want: out(saying(`"content":"x"`, ""), "") + closed},
		{about: "garbage after the end marker", in: chunk(stop, "") + closed + "data: {garbage\n\n<html>" + closed, want: out(stop, "") + closed},
		{about: "model escaped", in: "data: {\"m\\u006fdel\":\"up\",\"choices\":[" + stop + "]}\n\n", want: "data: {\"m\\u006fdel\":\"" + public + "\",\"choices\":[" + stop + "]}\n\n" + closed},
		{about: "model twice", in: chunk(stop, `,"model":"up"`), want: out(stop, `,"model":"`+public+`"`) + closed},
		{about: "model null", in: "data: {\"model\":null,\"choices\":[" + stop + "]}\n\n", want: "data: {\"model\":\"" + public + "\",\"choices\":[" + stop + "]}\n\n" + closed},
		{about: "no model", in: "data: {\"choices\":[" + stop + "]}\n\n", want: "data: {\"choices\":[" + stop + "]}\n\n" + closed},
		{about: "model within the choices is another", in: chunk(saying(`"model":"up"`, "stop"), ""), want: out(saying(`"model":"up"`, "stop"), "") + closed},
		{about: "CRLF, no space, comments, names and ids", in: ": OPENROUTER PROCESSING\r\n\r\nid: 1\r\nevent: chunk\r\nretry: 3\r\ndata:" + strings.TrimSpace(chunk(stop, ""))[6:] + "\r\n\r\n: bye\r\n\r\n", want: out(stop, "") + closed},
		{about: "lone CR", in: "data: " + strings.TrimSpace(chunk(stop, ""))[6:] + "\r\rdata: [DONE]\r\r", want: out(stop, "") + closed},
		{about: "several data lines", in: "data: {\"model\":\ndata: \"up\",\ndata: \"choices\":[" + stop + "]}\n\n", want: "data: {\"model\": \"" + public + "\", \"choices\":[" + stop + "]}\n\n" + closed},
		{about: "empty data and pings", in: "data:\n\nevent: ping\n\ndata: \n\n" + chunk(stop, ""), want: out(stop, "") + closed},
		{about: "usage chunk kept", in: chunk(hello, `,"usage":null`) + chunk(stop, `,"usage":null`) + chunk("", ","+figures), want: out(hello, `,"usage":null`) + out(stop, `,"usage":null`) + out("", ","+figures) + closed},
		{about: "usage chunk hidden", hide: true, in: chunk(hello, `,"usage":null`) + chunk(stop, `, "usage" : null ,"x":1`) + chunk("", ","+figures), want: out(hello, "") + out(stop, ` ,"x":1`) + closed},
		{about: "usage in the last chunk hidden", hide: true, in: chunk(hello, "") + chunk(stop, ","+figures), want: out(hello, "") + out(stop, "") + closed},
		{about: "usage first hidden", hide: true, in: "data: { " + figures + " , \"model\":\"up\",\"choices\":[" + stop + "]}\n\n", want: "data: { \"model\":\"" + public + "\",\"choices\":[" + stop + "]}\n\n" + closed},
		{about: "usage twice hidden", hide: true, in: "data: {" + figures + "," + figures + ",\"model\":\"up\"," + figures + "," + figures + ",\"choices\":[" + stop + "]}\n\n", want: "data: { \"model\":\"" + public + "\",\"choices\":[" + stop + "]}\n\n" + closed},
		{about: "a chunk that is usage alone hidden", hide: true, in: chunk(stop, "") + "data: {" + figures + "}\n\n", want: out(stop, "") + closed},
		{about: "Azure's first chunk", in: chunk("", `,"prompt_filter_results":[{"prompt_index":0}]`) + chunk(stop, ""), want: out(stop, "") + closed},
		{about: "a chunk without choices that may mean something", in: chunk("", `,"vendor":1`) + chunk(stop, ""), want: out("", `,"vendor":1`) + out(stop, "") + closed},
		{about: "an unknown event", in: "data: {\"vendor\":{\"model\":\"up\"}}\n\n" + chunk(stop, ""), want: "data: {\"vendor\":{\"model\":\"up\"}}\n\n" + out(stop, "") + closed},
		{about: "finish twice", in: chunk(stop, "") + chunk(stop, ","+figures), want: out(stop, "") + out(stop, ","+figures) + closed},
		{about: "what is not known survives", in: chunk(saying(`"content":"\u00e9\ud83d","x":1e400`, "stop"), `,"y":-0,"y":[123456789012345678901234567890]`), want: out(saying(`"content":"\u00e9\ud83d","x":1e400`, "stop"), `,"y":-0,"y":[123456789012345678901234567890]`) + closed},
		{about: "invalid UTF-8 becomes one U+FFFD", in: chunk(saying("\"content\":\"a\xff\xfeb\"", "stop"), ""), want: out(saying("\"content\":\"a\ufffdb\"", "stop"), "") + closed},
		{about: "an error that says nothing", in: chunk(stop, `,"error":null`), want: out(stop, `,"error":null`) + closed},
		{about: "a chunk of 1 MB", in: chunk(saying(`"content":"`+strings.Repeat("x", 1<<20)+`"`, "stop"), ""), want: out(saying(`"content":"`+strings.Repeat("x", 1<<20)+`"`, "stop"), "") + closed},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			got, _, err := relayed(strings.NewReader(tt.in), llm.RelayOptions{Model: public, HideUsage: tt.hide})
			if err != nil {
				t.Fatal(err)
			}
			if spaceless(string(got)) != spaceless(tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// spaceless takes away the spaces that may stay where something was removed.
func spaceless(s string) string {
	return strings.NewReplacer("{ ", "{", " ,", ",", ", ", ",").Replace(s)
}

func TestRelayFails(t *testing.T) {
	t.Parallel()
	hello := chunk(saying(`"content":"hello"`, "null"), "")
	tests := []struct {
		about, in       string
		reason, message string
	}{
		{"an error first", "data: {\"error\":{\"message\":\"busy\",\"type\":\"server_error\"}}\n\n", "", "busy"},
		{"an error later", hello + "data: {\"error\":{\"message\":\"busy\",\"code\":502}}\n\n", "", "busy"},
		{"an error event", hello + "event: error\ndata: {\"error\":{\"message\":\"busy\",\"status_code\":400}}\n\n", "", "busy"},
		{"an error that is a string", "data: {\"code\":\"x\",\"error\":\"busy\"}\n\n", "", "busy"},
		{"an error beside choices", chunk(saying(`"content":""`, "error"), `,"error":{"code":502,"message":"busy"}`), "", "busy"},
		{"an error in a choice", chunk(`{"index":0,"delta":{},"error":{"message":"busy"},"finish_reason":"error"}`, ""), "", "busy"},
		{"an error at the top level", "data: {\"object\":\"error\",\"message\":\"busy\",\"type\":\"x\",\"code\":\"1\"}\n\n", "", "busy"},
		{"a detail", "data: {\"detail\":\"busy\"}\n\n", "", "busy"},
		{"an error instead of a stream", `{"error":{"message":"busy"}}`, "", "busy"},
		{"an error instead of a stream, on several lines", "{\n  \"error\": {\n    \"message\": \"busy\"\n  }\n}\n", "", "busy"},
		{"a page instead of a stream", "<html><body>Bad gateway</body></html>", "malformed", ""},
		{"an answer instead of a stream", `{"choices":[]}`, "malformed", ""},
		{"garbage in data", hello + "data: garbage\n\n", "malformed", ""},
		{"half a chunk", "data: {\"choices\":[\n\n", "malformed", ""},
		{"two chunks in one", "data: {}{}\n\n", "malformed", ""},
		{"no object", "data: [1]\n\n", "malformed", ""},
		{"cut off inside of a chunk", hello + hello[:30], "truncated", ""},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			got, _, err := relayed(strings.NewReader(tt.in), llm.RelayOptions{Model: public})
			var e *llm.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Reason != tt.reason || tt.message != "" && e.Message != tt.message {
				t.Errorf("got reason %q, message %q", e.Reason, e.Message)
			}
			if tt.reason != "" && (e.Class != llm.ClassBadOutput || e.Status != 502) {
				t.Errorf("got class %v, status %d", e.Class, e.Status)
			}
			if bytes.Contains(got, []byte("[DONE]")) || strings.HasPrefix(tt.in, hello) != bytes.Contains(got, []byte("hello")) {
				t.Errorf("the caller saw %s", got)
			}
		})
	}
}

func TestRelayTruncated(t *testing.T) {
	t.Parallel()
	for about, in := range map[string]string{
		"nothing":         "",
		"comments":        ": hi\n\n",
		"no finish":       chunk(saying(`"content":"hello"`, "null"), ""),
		"an empty finish": chunk(saying(`"content":"hello"`, ""), ""),
		"usage only":      chunk("", `,"usage":{"prompt_tokens":1}`),
	} {
		got, _, err := relayed(strings.NewReader(in), llm.RelayOptions{Model: public})
		if !errors.Is(err, io.ErrUnexpectedEOF) || bytes.Contains(got, []byte("[DONE]")) {
			t.Errorf("%s: got %v and %s", about, err, got)
		}
	}
}

func TestRelayContent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		delta   string
		content bool
		size    int64
	}{
		{`"role":"assistant"`, false, 0},
		{`"role":"assistant","content":""`, false, 0},
		{`"content":null,"refusal":null,"tool_calls":[]`, false, 0},
		{`"role":"assistant","content":"","reasoning":"","reasoning_content":null,"reasoning_details":[]`, false, 0},
		{`"content":"héllo\n"`, true, 7},
		{`"content":"\u00e9\ud83d\ude00"`, true, 6},
		{`"refusal":"no"`, true, 2},
		{`"reasoning_content":"hm"`, true, 2},
		{`"reasoning":"hm"`, true, 2},
		{`"reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","index":0}]`, true, 2},
		{`"reasoning_details":[{"type":"reasoning.text","text":"hmm"}]`, true, 3},
		{`"reasoning_details":[{"type":"reasoning.text","text":"","index":0}]`, false, 0},
		{`"reasoning_details":[{"type":"reasoning.encrypted","data":"x"}]`, true, 0},
		{`"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":""}}]`, true, 1},
		{`"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]`, true, 2},
		{`"tool_calls":[{"index":0,"function":{"arguments":""}}]`, false, 0},
		{`"tool_calls":[{"index":0,"function":{"arguments":{"a":1}}}]`, true, 7},
		{`"tool_calls":[{"index":0,"custom":{"input":"abc"}}]`, true, 3},
		{`"function_call":{"name":"f","arguments":"{}"}`, true, 3},
		{`"function_call":{"name":"","arguments":""}`, false, 0},
		{`"function_call":null`, false, 0},
		{`"content":[{"type":"text","text":""}]`, false, 0},
		{`"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"so"}]`, true, 4},
		{`"content":[{"type":"image_url","image_url":{"url":"x"}}]`, true, 0},
		{`"content":{"a":1}`, true, 7},
		{`"content":{}`, false, 0},
		{`"audio":{"id":"","data":"","transcript":""}`, false, 0},
		{`"audio":{"id":"a","transcript":"hi"}`, true, 2},
		{`"audio":{"data":"AAAA"}`, true, 0},
		{`"images":[{"type":"image_url"}]`, true, 0},
		{`"images":[]`, false, 0},
		{`"vendor":"x"`, true, 0},
		{`"vendor":1`, false, 0},
		{`"vendor":{ }`, false, 0},
	}
	for _, tt := range tests {
		r := Dialect{}.NewRelay(llm.RelayOptions{Model: public})
		// Twice, for the second time it has the shape of the first.
		for n := int64(1); n <= 2; n++ {
			if _, err := r.Event(nil, []byte(chunk(saying(tt.delta, "null"), ""))); err != nil {
				t.Fatal(tt.delta, err)
			}
			if f := r.Facts(); f.Content != tt.content || f.OutputBytes != n*tt.size {
				t.Errorf("%s: content %v, %d bytes, want %v, %d", tt.delta, f.Content, f.OutputBytes, tt.content, n*tt.size)
			}
		}
	}
}

func TestRelayFacts(t *testing.T) {
	t.Parallel()
	const none = `"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}`
	stop := saying(``, "stop")
	tests := []struct {
		about, in string
		want      llm.AnswerFacts
	}{
		{"id, model, finish", chunk(stop, ""), llm.AnswerFacts{ID: "c1", Model: "up", Finish: llm.FinishStop, NativeFinish: "stop"}},
		{"the first id that there is", `data: {"id":"","choices":[]}` + "\n\n" + chunk(stop, ""), llm.AnswerFacts{ID: "c1", Model: "up", Finish: llm.FinishStop, NativeFinish: "stop"}},
		{"the vendor's own word", chunk(saying(``, "model_length"), ""), llm.AnswerFacts{ID: "c1", Model: "up", Finish: llm.FinishLength, NativeFinish: "model_length"}},
		{"tool calls that end with stop", chunk(saying(`"tool_calls":[{"function":{"name":"f"}}]`, "stop"), ""), llm.AnswerFacts{ID: "c1", Model: "up", Finish: llm.FinishToolCalls, NativeFinish: "stop", Content: true, OutputBytes: 1}},
		{"length beats tool calls", chunk(saying(`"tool_calls":[{"function":{"name":"f"}}]`, "length"), ""), llm.AnswerFacts{ID: "c1", Model: "up", Finish: llm.FinishLength, NativeFinish: "length", Content: true, OutputBytes: 1}},
		{"the first choice's finish", chunk(`{"index":1,"delta":{},"finish_reason":"length"}`, "") + chunk(stop, "") + chunk(`{"index":2,"delta":{},"finish_reason":"content_filter"}`, ""), llm.AnswerFacts{ID: "c1", Model: "up", Finish: llm.FinishStop, NativeFinish: "stop"}},
		{"no finish but the end marker", chunk(saying(``, ""), "") + closed, llm.AnswerFacts{ID: "c1", Model: "up", Finish: llm.FinishStop}},
		{"usage in the middle", chunk("", `,"usage":{"prompt_tokens":7,"completion_tokens":3}`) + chunk(stop, `,"usage":null`), llm.AnswerFacts{ID: "c1", Model: "up", Finish: llm.FinishStop, NativeFinish: "stop", Usage: llm.Usage{Input: 7, Output: 3}, HasUsage: true}},
		{"usage in every chunk", chunk(stop, `,"usage":{"prompt_tokens":7,"completion_tokens":3}`) + chunk(stop, `,"usage":{"prompt_tokens":7,"completion_tokens":4}`), llm.AnswerFacts{ID: "c1", Model: "up", Finish: llm.FinishStop, NativeFinish: "stop", Usage: llm.Usage{Input: 7, Output: 4}, HasUsage: true}},
		{"an explicit zero", chunk(stop, `,"usage":{"prompt_tokens":7,"completion_tokens":3}`) + chunk("", ","+none), llm.AnswerFacts{ID: "c1", Model: "up", Finish: llm.FinishStop, NativeFinish: "stop", HasUsage: true}},
		{"Groq's usage", chunk(stop, `,"x_groq":{"id":"r","usage":{"prompt_tokens":7,"completion_tokens":3}}`), llm.AnswerFacts{ID: "c1", Model: "up", Finish: llm.FinishStop, NativeFinish: "stop", Usage: llm.Usage{Input: 7, Output: 3}, HasUsage: true}},
		{"Groq's usage before null", chunk(stop, `,"x_groq":{"usage":{"prompt_tokens":7}},"usage":null`), llm.AnswerFacts{ID: "c1", Model: "up", Finish: llm.FinishStop, NativeFinish: "stop", Usage: llm.Usage{Input: 7}, HasUsage: true}},
		{"invalid UTF-8", chunk(saying("\"content\":\"a\xff\"", "stop"), ""), llm.AnswerFacts{ID: "c1", Model: "up", Finish: llm.FinishStop, NativeFinish: "stop", Content: true, OutputBytes: 4, Repaired: true}},
		{"usage that lies", chunk(stop, `,"usage":{"prompt_tokens":-7,"completion_tokens":1000000000000}`), llm.AnswerFacts{ID: "c1", Model: "up", Finish: llm.FinishStop, NativeFinish: "stop", Usage: llm.Usage{Output: 1 << 30, Suspect: true}, HasUsage: true}},
	}
	for _, tt := range tests {
		_, facts, err := relayed(strings.NewReader(tt.in), llm.RelayOptions{Model: public})
		if err != nil {
			t.Errorf("%s: %v", tt.about, err)
		}
		if diff := cmp.Diff(&tt.want, facts); diff != "" {
			t.Errorf("%s: -want +got\n%s", tt.about, diff)
		}
	}
	if _, _, err := relayed(strings.NewReader(closed), llm.RelayOptions{}); err == nil {
		t.Error("an end marker alone is taken for an answer")
	}
	_, facts, err := relayed(strings.NewReader(chunk(`{"delta":{}}`, `,"error":{"message":"x"},"usage":{"prompt_tokens":5}`)), llm.RelayOptions{})
	if err == nil || !facts.HasUsage || facts.Usage.Input != 5 {
		t.Errorf("a failure with usage: %v, %+v", err, facts)
	}
}

func TestRelayBrokenChunkLeavesNoTrace(t *testing.T) {
	t.Parallel()
	r := Dialect{}.NewRelay(llm.RelayOptions{Model: public})
	got, err := r.Event([]byte("kept"), []byte(`data: {"id":"c1","model":"up","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]`+"\n\n"))
	if err == nil || string(got) != "kept" {
		t.Errorf("got %q, %v", got, err)
	}
	if diff := cmp.Diff(&llm.AnswerFacts{}, r.Facts()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if _, err := r.End(nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("it ended with %v", err)
	}
}

func TestRelayAllocatesNothing(t *testing.T) {
	for name, form := range map[string]string{"openai": openaiChunk, "vllm": vllmChunk, "sorted": sortedChunk} {
		r := Dialect{}.NewRelay(llm.RelayOptions{Model: public, HideUsage: true})
		dst := make([]byte, 0, 1<<12)
		word, call := fmt.Appendf(nil, form, "word"), []byte(chunk(saying(`"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]`, "null"), ""))
		allocs := testing.AllocsPerRun(100, func() {
			for _, raw := range [][]byte{word, call} { // different, so that both ways are gone
				if _, err := r.Event(dst, raw); err != nil {
					t.Fatal(err)
				}
			}
		})
		if allocs > 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}

// FuzzRelay checks that what the relay remembers of earlier chunks makes no
// difference to later ones.
func FuzzRelay(f *testing.F) {
	f.Add(fmt.Sprintf(openaiChunk, "a")+fmt.Sprintf(openaiChunk, `\n\u00e9`)+fmt.Sprintf(openaiChunk, "é")+closed, true)
	f.Add(fmt.Sprintf(sortedChunk, "a")+fmt.Sprintf(sortedChunk, "b")+chunk(saying(``, "stop"), `,"usage":{"prompt_tokens":1}`), false)
	f.Add(chunk(saying(`"tool_calls":[{"index":0,"function":{"arguments":"{"}}]`, "null"), "")+chunk(saying(`"tool_calls":[{"index":0,"function":{"arguments":"}"}}]`, "null"), ""), true)
	f.Add("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"p\":\"b\"}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"\xff\"}}],\"p\":\"bc\"}\n\n", false)
	f.Fuzz(func(t *testing.T, in string, hide bool) {
		o := llm.RelayOptions{Model: public, HideUsage: hide}
		used, fresh := Dialect{}.NewRelay(o), Dialect{}.NewRelay(o).(*relay)
		events := sse.NewReader(strings.NewReader(in), 0)
		for {
			e, err := events.Next()
			if err != nil {
				break
			}
			fresh.shape, fresh.prefix = shape{}, nil
			want, wantErr := fresh.Event(nil, e.Raw)
			got, gotErr := used.Event(nil, e.Raw)
			if !bytes.Equal(got, want) || (gotErr == nil) != (wantErr == nil) {
				t.Fatalf("%q became %q (%v), without memory %q (%v)", e.Raw, got, gotErr, want, wantErr)
			}
			if diff := cmp.Diff(fresh.Facts(), used.Facts()); diff != "" {
				t.Fatalf("after %q: -without memory +with\n%s", e.Raw, diff)
			}
			if gotErr != nil {
				return
			}
		}
		want, wantErr := fresh.End(nil)
		if got, gotErr := used.End(nil); !bytes.Equal(got, want) || !errors.Is(gotErr, wantErr) {
			t.Fatalf("ended with %q, %v, without memory %q, %v", got, gotErr, want, wantErr)
		}
	})
}
