package responses

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// FuzzRequest checks that what Inspect passes is decoded, or refused at a place,
// that what was decoded can be encoded for any target, always alike, and that
// edits leave JSON.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		`{"model":"m","input":"hi"}`,
		`{"model":"m","instructions":"i","input":[{"role":"user","content":[{"type":"input_text","text":"a","prompt_cache_breakpoint":{"mode":"explicit"}},{"type":"input_image","image_url":"data:image/png;base64,AAAA","detail":"low"},{"type":"input_file","file_data":"AAAA","filename":"a.txt"}]},{"type":"reasoning","summary":[{"type":"summary_text","text":"t"}],"encrypted_content":"e"},{"type":"function_call","call_id":"c","name":"f","namespace":"n","arguments":""},{"type":"function_call_output","call_id":"c","output":[{"type":"input_image","file_id":"x"}]}],"tools":[{"type":"function","name":"f","parameters":{"properties":{}}},{"type":"web_search"},{"type":"namespace","name":"n","tools":[{"type":"function","name":"g"}]}],"tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"}]}}`,
		`{"model":"o3","input":[{"type":"custom_tool_call","call_id":"c","name":"p","input":"\n"},{"type":"custom_tool_call_output","call_id":"c","output":"o"},{"type":"reasoning","encrypted_content":"call:google:s","summary":[]},{"type":"web_search_call","id":"w"},{"role":"assistant","content":[{"type":"output_text","text":"a","annotations":[{"type":"url_citation","url":"u"}]},{"type":"refusal","refusal":"r"}]}],"tools":[{"type":"custom","name":"p","format":{"type":"grammar","syntax":"lark","definition":"d"}}],"include":["reasoning.encrypted_content","message.output_text.logprobs","x"],"foo":[1,{"a":"b\""}],"stream":true,"stream_options":{"x":1}}`,
		`{"model":"m","input":[{"type":"reasoning","encrypted_content":"anthropic:s"},{"type":"reasoning","encrypted_content":"redacted:anthropic:s"}],"text":{"format":{"type":"json_schema","name":"n","schema":{}},"verbosity":"low"},"reasoning":{"effort":"low","summary":"auto"},"previous_response_id":"r","store":true}`,
		`[`, `{"a`, `{"model":"m","input":[{]}`,
	} {
		f.Add([]byte(seed))
	}
	targets := []llm.Target{
		{Model: "gpt-4o", Vendor: "openai"}, {Model: "gpt-5", Vendor: "openai"}, {Model: "m"}, {Model: "m", Vendor: "deepseek"}, {Model: "m", Strict: true},
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var in llm.Inspection
		inspected := Dialect{}.Inspect(body, &in)
		if e := (*llm.Error)(nil); inspected != nil && (!errors.As(inspected, &e) || e.Status != 400) {
			t.Fatalf("refused with %v", inspected)
		}
		r, err := Dialect{}.DecodeRequest(body)
		if e := (*llm.Error)(nil); err != nil && (!errors.As(err, &e) || e.Status != 400) {
			t.Fatalf("refused with %v", err)
		}
		if inspected != nil {
			return
		}
		edited := Dialect{}.EditRequest(nil, body, &in, llm.RequestEdit{Model: "other", NoStreamOptions: true})
		if !json.Valid(edited) {
			t.Fatalf("edited to %s", edited)
		}
		if err != nil {
			return
		}
		for _, target := range targets {
			out, err := Dialect{}.AppendRequest(nil, r, target)
			if e := (*llm.Error)(nil); err != nil && (!errors.As(err, &e) || !target.Strict) {
				t.Fatal(err)
			}
			if err != nil {
				continue
			}
			if !json.Valid(out.Body) {
				t.Fatalf("invalid JSON for %q: %s", target.Vendor, out.Body)
			}
			if again, _ := (Dialect{}).AppendRequest(nil, r, target); !bytes.Equal(out.Body, again.Body) {
				t.Fatalf("%s\nthen %s", out.Body, again.Body)
			}
		}
	})
}

var fuzzedAnswers = []string{
	whole(`{"type":"message","content":[{"type":"output_text","text":"hi","annotations":[{"type":"url_citation","url":"u"}],"logprobs":[{"token":"hi"}]}]}`, ""),
	whole(`{"type":"reasoning","summary":[{"text":"a"},{"text":"b"}],"encrypted_content":"e"},{"type":"function_call","call_id":"c","name":"f","arguments":{"a":1}},{"type":"custom_tool_call","name":"p","input":"i"},{"type":"web_search_call","action":{"type":"search"}},{"type":"image_generation_call","result":"AAAA"}`, `,"usage":{"input_tokens":-1,"output_tokens":1e30,"output_tokens_details":{"reasoning_tokens":3}}`),
	`{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[{"type":"function_call","name":"f"}]}`,
	`{"status":"failed","error":{"code":"x","message":"m"},"output":[]}`, `{"error":{"message":"x"}}`, `{"detail":"x"}`, `{"output":[]}`, `<html>`, ``, `[]`,
}

// FuzzDecodeResponse checks that what is decoded can be encoded and says the
// same then, and that what passes through is JSON.
func FuzzDecodeResponse(f *testing.F) {
	for _, seed := range fuzzedAnswers {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var facts llm.AnswerFacts
		edited, editErr := Dialect{}.EditResponse(nil, body, "public", &facts)
		if editErr == nil && !json.Valid(edited) {
			t.Fatalf("edited to %s", edited)
		}
		r, err := Dialect{}.DecodeResponse(body)
		if e := (*llm.Error)(nil); err != nil && !errors.As(err, &e) {
			t.Fatalf("refused with %v", err)
		}
		if (err == nil) != (editErr == nil) {
			t.Fatalf("decoded: %v, edited: %v", err, editErr)
		}
		if err != nil {
			return
		}
		if r.Usage != nil && (r.Usage.Total() < 0 || r.Usage.Input < 0 || r.Usage.Output < 0) {
			t.Fatalf("negative usage %+v", r.Usage)
		}
		if c := r.Choices[0]; facts.Finish != c.Finish || facts.NativeFinish != c.NativeFinish && utf8.Valid(body) || facts.HasUsage && facts.Usage != *r.Usage {
			t.Fatalf("%+v is not what %+v says", facts, r)
		}
		out, err := Dialect{}.AppendResponse(nil, r, llm.View{Model: "public", ID: "x"})
		if err != nil {
			t.Fatal(err)
		}
		var o jsonObject
		if err := json.Unmarshal(out, &o); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		again, err := Dialect{}.DecodeResponse(out)
		if err != nil {
			t.Fatalf("what was encoded does not decode: %v\n%s", err, out)
		}
		a, b := neutralReading(r), neutralReading(again)
		if r.Usage == nil {
			b.HasUsage = false
		} else if r.Usage.Suspect {
			a.Input, a.Output, a.Thought, b.Input, b.Output, b.Thought = 0, 0, 0, 0, 0, 0
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("-decoded +encoded and decoded\n%s", diff)
		}
	})
}

var fuzzedStreams = []string{
	streamOf(`created`, `added 0 {"type":"message","id":"m"}`, `response.output_text.delta {"output_index":0,"content_index":0,"delta":"a","obfuscation":"x"}`, `response.output_text.delta {"output_index":0,"content_index":0,"delta":"b","obfuscation":"xyz"}`, `done 0 {"type":"message","content":[{"type":"output_text","text":"abc"}]}`, `completed`),
	streamOf(`created`, `added 0 {"type":"function_call","name":"f","call_id":"c"}`, `response.function_call_arguments.delta {"output_index":0,"delta":"{\""}`, `response.function_call_arguments.delta {"output_index":0,"delta":"a\":1}"}`, `response.function_call_arguments.done {"output_index":0,"arguments":"{\"a\":1}"}`, `completed`),
	streamOf(`response.reasoning_summary_text.delta {"item_id":"r","summary_index":0,"delta":"a"}`, `response.reasoning_summary_text.delta {"item_id":"r","summary_index":1,"delta":"b"}`, `done 0 {"type":"reasoning","id":"r","encrypted_content":"e"}`, `incomplete max_output_tokens`),
	streamOf(`created`, `done 0 {"type":"custom_tool_call","name":"p","input":"i"}`, `done 1 {"type":"web_search_call"}`, `done 2 {"type":"image_generation_call","result":"AAAA"}`, `completed`, "data: [DONE]\n\n"),
	streamOf(`created`, `error {"error":{"code":"c","message":"m"}}`), streamOf(`response.failed {"response":{"error":{"message":"m"},"usage":{"input_tokens":1}}}`),
	`{"error":{"message":"x"}}`, "<html>", "data: {\"error\":{}}\n\n", "\xef\xbb\xbfdata: [DONE]\n\n", "\n\n\n", ": hi\n\nevent: error\ndata: {\"message\":\"m\"}\n\n", fuzzedAnswers[1],
}

// FuzzStreamDecoder checks that how a body is cut into reads makes no
// difference, that every stream ends, and that callers can follow it.
func FuzzStreamDecoder(f *testing.F) {
	for _, seed := range fuzzedStreams {
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
		slow := Dialect{}.NewStreamDecoder(strings.NewReader(text), o).(*streamDecoder)
		slowly, _ := drain(unshaped{slow})
		if diff := cmp.Diff(slowly, events); diff != "" {
			t.Fatalf("-read in full +read by shape\n%s", diff)
		}
		if n := len(events); !errors.Is(err, io.EOF) || n == 0 {
			return
		}
		if err := completeStream(string(encodeEvents(llm.View{Model: "public", ID: "x"}, events))); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzRelay checks that what passes through is events of JSON, and that how the
// body is cut makes no difference.
func FuzzRelay(f *testing.F) {
	for _, seed := range fuzzedStreams {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out, facts, err := relayed(strings.NewReader(text), llm.RelayOptions{Model: public})
		slow, again, slowErr := relayed(iotest.OneByteReader(strings.NewReader(text)), llm.RelayOptions{Model: public})
		if !bytes.Equal(out, slow) || *facts != *again || (err == nil) != (slowErr == nil) {
			t.Fatalf("%s\nbut byte by byte\n%s", out, slow)
		}
		e := (*llm.Error)(nil)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &e) {
			t.Fatalf("ended with %v", err)
		}
		if !utf8.Valid(out) && utf8.ValidString(text) {
			t.Fatalf("not UTF-8: %q", out)
		}
		for _, line := range bytes.Split(out, []byte("\n")) {
			if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok && !json.Valid(data) {
				t.Fatalf("invalid JSON: %s", data)
			}
		}
	})
}
