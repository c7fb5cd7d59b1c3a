package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

func FuzzDecodeRequest(f *testing.F) {
	for _, seed := range []string{
		`{"model":"m","messages":[{"role":"user","content":"hi"}]}`,
		`{"model":"m","messages":[{"role":"system","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":""}}]},{"role":"tool","tool_call_id":"c","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}],"tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{}}}}],"tool_choice":{"type":"function","function":{"name":"f"}}}`,
		`{"model":"o3","messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"x"}},{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}],"stop":["a","b"],"n":2,"logit_bias":{"1":2},"foo":[1,{"a":"b\""}],"stream":true,"stream_options":{"include_usage":true}}`,
		`{"model":"m","messages":[{"role":"assistant","content":"x","thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"redacted_thinking","data":"d"}]}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}},"reasoning_effort":"low"}`,
		`{"model":"m","messages":[{"role":"user","content":"\ud83d\ude00 \u0000"}`,
		`[`, `{"a`, `{"model":"m","messages":[{]}`,
	} {
		f.Add([]byte(seed))
	}
	vendors := []string{"", "openai", "mistral", "openrouter", "deepseek", "google"}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Dialect{}.DecodeRequest(body)
		if err != nil {
			if e := (*llm.Error)(nil); !errors.As(err, &e) || e.Status != 400 {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if !json.Valid(body) {
			return // Inspect would have refused it
		}
		for _, vendor := range vendors {
			out, err := Dialect{}.AppendRequest(nil, r, llm.Target{Model: r.Model, Vendor: vendor})
			if err != nil {
				t.Fatal(err)
			}
			if !json.Valid(out.Body) {
				t.Fatalf("invalid JSON for %q: %s", vendor, out.Body)
			}
		}
	})
}

func FuzzDecodeResponse(f *testing.F) {
	for _, seed := range []string{
		`{"id":"x","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}`,
		`{"choices":[{"message":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]},{"type":"text","text":"x"}],"tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]},"logprobs":{"content":[]}}]}`,
		`{"choices":[{"message":{"content":null,"refusal":"no","thinking_blocks":[{"type":"redacted_thinking","data":"d"}],"annotations":[{"url_citation":{"url":"u"}}],"images":[{"image_url":{"url":"data:image/png;base64,AA=="}}],"audio":{"data":"AA==","transcript":"t"}}}],"usage":{"prompt_tokens":-1,"completion_tokens":1e30}}`,
		`{"error":{"message":"x"}}`, `{"detail":"x"}`, `{"choices":[]}`, `<html>`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Dialect{}.DecodeResponse(body)
		if err != nil {
			if e := (*llm.Error)(nil); !errors.As(err, &e) {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if r.Usage != nil && (r.Usage.Total() < 0 || r.Usage.Input < 0 || r.Usage.Output < 0) {
			t.Fatalf("negative usage %+v", r.Usage)
		}
		out, err := Dialect{}.AppendResponse(nil, r, llm.View{Model: "m", ID: "x"})
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(out) {
			t.Fatalf("invalid JSON: %s", out)
		}
		again, err := Dialect{}.DecodeResponse(out)
		if err != nil {
			t.Fatalf("what was encoded does not decode: %v\n%s", err, out)
		}
		if a, b := neutralReading(r), neutralReading(again); r.Usage != nil && r.Usage.Suspect == again.Usage.Suspect && a.Prompt != b.Prompt {
			t.Fatalf("usage changed: %s", cmp.Diff(a, b))
		}
	})
}

func FuzzStreamDecoder(f *testing.F) {
	f.Add(chunks(2))
	for _, seed := range []string{
		`{"error":{"message":"x"}}`, "<html>", "data: {\"error\":{}}\n\n", "\xef\xbb\xbfdata: [DONE]\n\n", "\n\n\n",
		"data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\"}}]}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"}\"}}]},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
		"data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},{\"id\":\"b\",\"function\":{\"name\":\"f\",\"arguments\":{}}},{\"index\":1,\"custom\":{\"name\":\"c\",\"input\":\"i\"}}]},\"finish_reason\":\"length\"}]}\n\n",
		": hi\n\nevent: error\ndata: {\"message\":\"m\"}\n\n",
		`{"choices":[{"message":{"content":"whole","tool_calls":[{"function":{"name":"f"}}]}}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o := llm.StreamOptions{MaxEvent: 1 << 16}
		events, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(text), o))
		if err := legal(events); err != nil {
			t.Fatal(err)
		}
		e := (*llm.Error)(nil)
		switch last := len(events) - 1; {
		case errors.Is(err, io.EOF) && (last < 0 || events[last].Kind != llm.EventEnd && events[last].Kind != llm.EventError):
			t.Fatal("a complete stream without an end")
		case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &e):
			t.Fatalf("ended with %v", err)
		}
		byByte, again := drain(Dialect{}.NewStreamDecoder(iotest.OneByteReader(strings.NewReader(text)), o))
		if diff := cmp.Diff(events, byByte); diff != "" {
			t.Fatalf("the same bytes, read one by one, give\n%s", diff)
		}
		if (again == nil) != (err == nil) {
			t.Fatalf("%v and %v", err, again)
		}
		enc := Dialect{}.NewStreamEncoder(llm.View{Model: "m", ID: "x", IncludeUsage: true})
		var out []byte
		for i := range events {
			out = enc.Append(out, &events[i])
		}
		for _, line := range bytes.Split(out, []byte("\n")) {
			if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok && string(data) != "[DONE]" && !json.Valid(data) {
				t.Fatalf("invalid JSON: %s", data)
			}
		}
	})
}
