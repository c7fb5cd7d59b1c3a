package openai

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func TestEditRequest(t *testing.T) {
	t.Parallel()
	const messages = `"messages":[{"role":"user","content":"hi \u00e9"}]`
	usage := llm.RequestEdit{IncludeUsage: true}
	tests := []struct {
		about, body string
		edit        llm.RequestEdit
		want        string
	}{
		{"model", `{ "model" : "a" ,` + messages + `}`, llm.RequestEdit{Model: "b"}, `{ "model" : "b" ,` + messages + `}`},
		{"model to be escaped", `{"model":"a",` + messages + `}`, llm.RequestEdit{Model: "b\"\\\n"}, `{"model":"b\"\\\u000a",` + messages + `}`},
		{"model behind the messages", `{` + messages + `,"\u006dodel":"a"}`, llm.RequestEdit{Model: "b"}, `{` + messages + `,"\u006dodel":"b"}`},
		{"what is not known survives", `{"foo":{"a":1e400,"a":-0,"A":"\ud83d\ude00\/"},"model":"a",` + messages + `,"big":123456789012345678901234567890}`, llm.RequestEdit{Model: "b"}, `{"foo":{"a":1e400,"a":-0,"A":"\ud83d\ude00\/"},"model":"b",` + messages + `,"big":123456789012345678901234567890}`},
		{"usage, no options", `{"model":"a","stream": true ,` + messages + `}`, usage, `{"model":"a","stream": true,"stream_options":{"include_usage":true} ,` + messages + `}`},
		{"usage, stream last", `{"model":"a",` + messages + `,"stream":true}`, usage, `{"model":"a",` + messages + `,"stream":true,"stream_options":{"include_usage":true}}`},
		{"usage, options null", `{"model":"a","stream_options": null ,"stream":true,` + messages + `}`, usage, `{"model":"a","stream_options": {"include_usage":true} ,"stream":true,` + messages + `}`},
		{"usage, options empty", `{"model":"a","stream":true,"stream_options":{ },` + messages + `}`, usage, `{"model":"a","stream":true,"stream_options":{"include_usage":true },` + messages + `}`},
		{"usage, other options", `{"model":"a","stream":true,"stream_options":{"include_obfuscation":false},` + messages + `}`, usage, `{"model":"a","stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false},` + messages + `}`},
		{"usage refused", `{"model":"a","stream":true,"stream_options":{"include_usage":false,"x":1},` + messages + `}`, usage, `{"model":"a","stream":true,"stream_options":{"include_usage":true,"x":1},` + messages + `}`},
		{"usage null", `{"model":"a","stream":true,"stream_options":{"x":1,"include_usage":null},` + messages + `}`, usage, `{"model":"a","stream":true,"stream_options":{"x":1,"include_usage":true},` + messages + `}`},
		{"usage and model behind", `{"stream":true,` + messages + `,"model":"a"}`, llm.RequestEdit{Model: "b", IncludeUsage: true}, `{"stream":true,"stream_options":{"include_usage":true},` + messages + `,"model":"b"}`},
		{"no options, in the middle", `{"model":"a" , "stream_options":{"include_usage":true} ,"stream":true,` + messages + `}`, llm.RequestEdit{NoStreamOptions: true}, `{"model":"a" ,"stream":true,` + messages + `}`},
		{"no options, first", `{ "stream_options" : {"include_usage":true} , "model":"a","stream":true,` + messages + `}`, llm.RequestEdit{Model: "b", NoStreamOptions: true}, `{ "model":"b","stream":true,` + messages + `}`},
		{"no options, last", `{"stream":true,` + messages + `,"model":"a","stream_options":null}`, llm.RequestEdit{Model: "b", NoStreamOptions: true, IncludeUsage: true}, `{"stream":true,` + messages + `,"model":"b"}`},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			var in llm.Inspection
			if err := (Dialect{}).Inspect([]byte(tt.body), &in); err != nil {
				t.Fatal(err)
			}
			for range 2 { // a retry edits again
				got := Dialect{}.EditRequest([]byte(">"), []byte(tt.body), &in, tt.edit)
				if string(got) != ">"+tt.want {
					t.Errorf("got  %s\nwant >%s", got, tt.want)
				}
			}
		})
	}
}

func TestEditRequestLeavesTheBody(t *testing.T) {
	t.Parallel()
	for about, tt := range map[string]struct {
		members string
		edit    llm.RequestEdit
	}{
		"nothing asked":           {`"stream":true`, llm.RequestEdit{}},
		"the same model":          {`"stream":true`, llm.RequestEdit{Model: "gpt-5"}},
		"usage is there":          {`"stream":true,"stream_options":{"include_usage":true}`, llm.RequestEdit{IncludeUsage: true}},
		"usage without a stream":  {`"stream":false`, llm.RequestEdit{IncludeUsage: true}},
		"no options to take away": {`"stream":true`, llm.RequestEdit{NoStreamOptions: true, IncludeUsage: true}},
	} {
		body := []byte(with(tt.members))
		var in llm.Inspection
		if err := (Dialect{}).Inspect(body, &in); err != nil {
			t.Fatal(err)
		}
		if got := (Dialect{}).EditRequest(nil, body, &in, tt.edit); &got[0] != &body[0] || len(got) != len(body) {
			t.Errorf("%s: got %s", about, got)
		}
	}
}

func TestEditResponse(t *testing.T) {
	t.Parallel()
	const choices = `"choices":[{"index":0,"message":{"role":"assistant","content":"h\u00e9","refusal":null},"finish_reason":"stop"}]`
	stop := llm.AnswerFacts{Finish: llm.FinishStop, NativeFinish: "stop", Content: true, OutputBytes: 3}
	tests := []struct {
		about, body, want string
		facts             func(f *llm.AnswerFacts)
	}{
		{"model", ` {"id":"c1","model" : "up",` + choices + `} ` + "\n", ` {"id":"c1","model" : "` + public + `",` + choices + `} ` + "\n", func(f *llm.AnswerFacts) { f.ID, f.Model = "c1", "up" }},
		{"no model", `{` + choices + `}`, `{` + choices + `}`, func(*llm.AnswerFacts) {}},
		{"model last, and escaped", `{` + choices + `,"x":1e400,"\u006dodel":"u\/p"}`, `{` + choices + `,"x":1e400,"\u006dodel":"` + public + `"}`, func(f *llm.AnswerFacts) { f.Model = "u/p" }},
		{"usage", `{` + choices + `,"usage":{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,"prompt_tokens_details":{"cached_tokens":60},"completion_tokens_details":{"reasoning_tokens":30}}}`, "", func(f *llm.AnswerFacts) {
			f.HasUsage, f.Usage = true, llm.Usage{Input: 40, CacheRead: 60, Output: 20, Reasoning: 30}
		}},
		{"usage of zeros", `{` + choices + `,"usage":{"prompt_tokens":0}}`, "", func(f *llm.AnswerFacts) { f.HasUsage = true }},
		{"usage null", `{` + choices + `,"usage":null,"error":null}`, "", func(*llm.AnswerFacts) {}},
		{"invalid UTF-8", `{` + choices + ",\"x\":\"a\xff\xfeb\"}", `{` + choices + ",\"x\":\"a\ufffdb\"}", func(f *llm.AnswerFacts) { f.Repaired = true }},
		{"half of a surrogate pair", `{` + choices + `,"x":"\ud800"}`, "", func(*llm.AnswerFacts) {}},
		{"keys that repeat", `{` + choices + `,"x":1,"x":2}`, "", func(*llm.AnswerFacts) {}},
		{"a tool call that was forced", `{"choices":[{"message":{"content":null,"tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}]}`, "", func(f *llm.AnswerFacts) { f.Finish, f.OutputBytes = llm.FinishToolCalls, 3 }},
		{"no finish", `{"choices":[{"message":{"content":"abc"}}]}`, "", func(f *llm.AnswerFacts) { f.NativeFinish = "" }},
		{"an empty answer", `{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}`, "", func(f *llm.AnswerFacts) { f.Content, f.OutputBytes = false, 0 }},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			if tt.want == "" {
				tt.want = tt.body
			}
			want := stop
			tt.facts(&want)
			var facts llm.AnswerFacts
			got, err := Dialect{}.EditResponse([]byte(">"), []byte(tt.body), public, &facts)
			if err != nil || string(got) != ">"+tt.want {
				t.Errorf("got  %s (%v)\nwant >%s", got, err, tt.want)
			}
			if diff := cmp.Diff(want, facts); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestEditResponseRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct{ about, body, reason, message string }{
		{"nothing", "", "empty", ""},
		{"space", " \r\n", "empty", ""},
		{"a page", "<html><body>Bad gateway</body></html>", "malformed", ""},
		{"garbage", "upstream connect error", "malformed", ""},
		{"an empty object", "{}", "malformed", ""},
		{"a list", `[{"choices":[]}]`, "malformed", ""},
		{"null", "null", "malformed", ""},
		{"no choices", `{"id":"c1","choices":[]}`, "malformed", ""},
		{"choices that are no list", `{"choices":{"0":{}}}`, "malformed", ""},
		{"half an answer", `{"choices":[{"message":{"content":"x"`, "malformed", ""},
		{"two answers", `{"choices":[{}]}{"choices":[{}]}`, "malformed", ""},
		{"a trailing comma", `{"choices":[{}],}`, "malformed", ""},
		{"an error", `{"error":{"message":"busy","type":"server_error"}}`, "", "busy"},
		{"an error that is a string", `{"error":"busy"}`, "", "busy"},
		{"an error beside choices", `{"choices":[{"message":{}}],"error":{"message":"busy"}}`, "", "busy"},
		{"an error in a choice", `{"choices":[{"message":{},"error":{"message":"busy"}}]}`, "", "busy"},
		{"an error at the top level", `{"object":"error","message":"busy","type":"x"}`, "", "busy"},
		{"a detail", `{"detail":"busy"}`, "", "busy"},
	}
	for _, tt := range tests {
		t.Run(tt.about, func(t *testing.T) {
			t.Parallel()
			var facts llm.AnswerFacts
			got, err := Dialect{}.EditResponse([]byte(">"), []byte(tt.body), public, &facts)
			var e *llm.Error
			if !errors.As(err, &e) || string(got) != ">" {
				t.Fatalf("got %s, %v", got, err)
			}
			if tt.reason != "" && (e.Reason != tt.reason || e.Class != llm.ClassBadOutput || e.Status != 502 || e.Code != "upstream_bad_response") {
				t.Errorf("got %d, class %v, reason %q, code %q", e.Status, e.Class, e.Reason, e.Code)
			}
			if tt.message != "" && e.Message != tt.message || strings.Contains(e.Message, "html") {
				t.Errorf("got message %q", e.Message)
			}
			if facts.Content || facts.Finish != "" {
				t.Errorf("it left %+v", facts)
			}
		})
	}
}
