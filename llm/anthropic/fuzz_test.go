package anthropic

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

var requestSeeds = []string{
	`{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"hi"}]}`,
	`{"model":"claude-opus-4-8","max_tokens":9,"system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}],"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/jpg","data":"/9j/"}},{"type":"document","source":{"type":"content","content":[{"type":"text","text":"x"}]},"title":"t"}]},{"role":"system","content":"s"},{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"call:google:c2ln"},{"type":"redacted_thinking","data":"d"},{"type":"tool_use","id":"a|b","name":"f g","input":{"a":[1]}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a|b","is_error":true,"content":[{"type":"image","source":{"type":"url","url":"https://x.org/a"}}]},{"type":"text","text":" "}]}],"tools":[{"name":"f g"},{"type":"web_search_20250305","name":"web_search"}],"tool_choice":{"type":"tool","name":"f g","disable_parallel_tool_use":true}}`,
	`{"model":"m","max_tokens":5000,"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"none:"},{"type":"thinking","thinking":"","signature":"none:"}]}],"thinking":{"type":"enabled","budget_tokens":2000},"output_config":{"effort":"max","format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"oneOf":[{"type":"integer","minimum":1},{"$ref":"#"}]}},"$defs":{"x":{}}}},"x":1},"temperature":0.5,"top_p":0.5,"top_k":5,"stop_sequences":[" ","b"],"metadata":{"user_id":"u_session_s"},"service_tier":"standard_only","stream":true,"container":"c","foo":[1e400]}`,
	`{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"search_result","source":"x","content":[{"type":"text","text":"y"}]}]}]}`,
	`{"model":"m","max_tokens":1,"messages":[{]}`, `[`, `{"a`,
}

// FuzzDecodeRequest checks that what Inspect passes is edited and decoded, or
// refused at a place, and that what was decoded can be encoded for any model.
func FuzzDecodeRequest(f *testing.F) {
	for _, seed := range requestSeeds {
		f.Add([]byte(seed))
	}
	targets := []llm.Target{
		{Model: "claude-opus-5-5"},
		{Model: "claude-3-5-sonnet-20241022"},
		{Model: "claude-sonnet-4-5", Vendor: "bedrock"},
		{Model: "other"},
		{Model: "claude-sonnet-4-6", Strict: true},
	}
	var in llm.Inspection
	f.Fuzz(func(t *testing.T, body []byte) {
		in.Reset()
		inspected := Dialect{}.Inspect(body, &in)
		r, err := Dialect{}.DecodeRequest(body)
		if inspected != nil {
			return
		}
		edited := Dialect{}.EditRequest(nil, body, &in, llm.RequestEdit{Model: "renamed"})
		if !json.Valid(edited) {
			t.Fatalf("edited to %s", edited)
		}
		var next llm.Inspection
		if err := (Dialect{}).Inspect(edited, &next); err != nil || next.Model != "renamed" {
			t.Fatalf("edited to %s: %v", edited, err)
		}
		if n := len(next.State.(*inspection).strange); n > 0 {
			t.Fatalf("%d strange thoughts are left in %s", n, edited)
		}
		if err != nil {
			var e *llm.Error
			if !errors.As(err, &e) || e.Status != 400 {
				t.Fatalf("error %v", err)
			}
			return
		}
		for _, target := range targets {
			e, err := Dialect{}.AppendRequest(nil, r, target)
			if err != nil {
				var refused *llm.Error
				if !errors.As(err, &refused) {
					t.Fatalf("error %v", err)
				}
				continue
			}
			if !json.Valid(e.Body) {
				t.Fatalf("not JSON: %s", e.Body)
			}
			again, err := Dialect{}.AppendRequest(nil, r, target)
			if err != nil || !bytes.Equal(e.Body, again.Body) {
				t.Fatalf("%s\nthen %s", e.Body, again.Body)
			}
			if _, err := (Dialect{}).DecodeRequest(e.Body); err != nil {
				t.Fatalf("%s does not decode: %v", e.Body, err)
			}
		}
	})
}

var streamSeeds = []string{
	textStream,
	toolStream,
	"event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
	`{"type":"error","error":{"type":"x","message":"y"}}`, "<html>", "\xef\xbb\xbfdata: [DONE]\n\n", ": hi\n\n",
	"data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"n\",\"input\":{}}}\n\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":1\"}}\n\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"compaction\",\"content\":null}}\n\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"compaction_delta\",\"content\":\"c\"}}\n\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n",
	"data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"\\ud800\xff\"}  }\n\ndata: {\"type\":\"message_stop\"}",
}

var responseSeeds = []string{
	`{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"hi","citations":[{"url":"https://x.org","title":"t"}]},{"type":"tool_use","id":"t","name":"f","input":{"a":1}},{"type":"thinking","thinking":"","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"web_search_tool_result","tool_use_id":"x","content":[]}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":2,"cache_creation":{"ephemeral_1h_input_tokens":3},"cache_creation_input_tokens":4,"output_tokens_details":{"thinking_tokens":1}}}`,
	`{"content":[],"stop_reason":"stop_sequence","stop_sequence":"x","usage":{"input_tokens":-1,"output_tokens":1e30}}`,
	`{"content":[{"type":"tool_use","name":"f"},{"type":7},1]}`, `{"message":"m"}`, `{}`, `<html>`, ``,
}

// FuzzDecodeResponse checks that what is decoded is encoded to JSON that decodes
// to the same, and that passing it through agrees with decoding it.
func FuzzDecodeResponse(f *testing.F) {
	for _, seed := range responseSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Dialect{}.DecodeResponse(body)
		var facts llm.AnswerFacts
		passed, passErr := Dialect{}.EditResponse(nil, body, "m", &facts)
		if (err == nil) != (passErr == nil) {
			t.Fatalf("decoded with %v, passed with %v", err, passErr)
		}
		if err != nil {
			var e *llm.Error
			if !errors.As(err, &e) || !errors.As(passErr, &e) {
				t.Fatalf("errors %v and %v", err, passErr)
			}
			return
		}
		if !json.Valid(passed) {
			t.Fatalf("passed %s", passed)
		}
		if u := r.Usage; u != nil && (u.Total() < 0 || u.Input < 0 || u.Output < 0 || *u != facts.Usage) {
			t.Fatalf("usage %+v and %+v", u, facts.Usage)
		}
		if c := &r.Choices[0]; c.NativeFinish != facts.NativeFinish {
			t.Fatalf("finish %+v and %+v", c, facts)
		}
		v := llm.View{Model: "m", ID: "i"}
		whole, err := Dialect{}.AppendResponse(nil, r, v)
		if err != nil || !json.Valid(whole) {
			t.Fatalf("%s (%v)", whole, err)
		}
		again, err := Dialect{}.DecodeResponse(whole)
		if err != nil {
			t.Fatalf("%s does not decode: %v", whole, err)
		}
		if len(again.Choices[0].Message.Parts) != len(r.Choices[0].Message.Parts) {
			t.Fatalf("parts changed:\n%s", cmp.Diff(r, again))
		}
		checkOrder(t, encodeStream(r, v))
	})
}

// FuzzStreamDecoder checks that how a body is cut into reads makes no
// difference, that every stream ends, and that it can be encoded.
func FuzzStreamDecoder(f *testing.F) {
	for _, seed := range append(streamSeeds, responseSeeds...) {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		o := llm.StreamOptions{MaxEvent: 1 << 16, OutputTool: "out"}
		got, err := decodeStream(t, bytes.NewReader(body), o)
		slow, slowErr := decodeStream(t, iotest.OneByteReader(bytes.NewReader(body)), o)
		if (err == nil) != (slowErr == nil) {
			t.Fatalf("errors %v and %v", err, slowErr)
		}
		var e *llm.Error
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &e) {
			t.Fatalf("error %v", err)
		}
		if diff := cmp.Diff(got, slow); diff != "" {
			t.Fatalf("read byte by byte (-fast +slow):\n%s", diff)
		}
		for _, p := range got.Choices[0].Message.Parts {
			if (p.Kind == llm.PartOpaque || p.Kind == llm.PartRedacted) && !json.Valid(p.Data) {
				t.Fatalf("not JSON: %s", p.Data)
			}
		}
		checkOrder(t, encodeStream(got, llm.View{Model: "m", ID: "i"}))
	})
}

// FuzzStreamEncoder checks that events in any order give a stream that readers
// of the dialect take, and that nothing is lost that has a place.
func FuzzStreamEncoder(f *testing.F) {
	f.Add([]byte("\x10\x20text\x60\x70\x61\x71\x80\x90\x00"))
	f.Add([]byte{0x60, 0x61, 0x71, 0x20, 0x70, 0x80, 0x81})
	f.Fuzz(func(t *testing.T, program []byte) {
		s := Dialect{}.NewStreamEncoder(llm.View{Model: "m", ID: "i"})
		var out []byte
		texts := 0
		for i, b := range program[:min(len(program), 200)] {
			e := llm.Event{Index: int(b & 3), Issuer: llm.IssuerAnthropic, Text: "x", Data: json.RawMessage("{\n}"), Signature: "s"}
			switch b >> 4 {
			case 1:
				e = llm.Event{Kind: llm.EventStart, ID: "id"}
			case 2, 3:
				e.Kind = llm.EventText
				texts++
			case 4:
				e.Kind = llm.EventReasoning
			case 5:
				e.Kind = llm.EventSignature
			case 6:
				e.Kind, e.Name = llm.EventToolStart, strings.Repeat("f", i&1)
			case 7:
				e.Kind = llm.EventToolArguments
			case 8:
				e.Kind = llm.EventToolEnd
			case 9:
				e.Kind = llm.EventOpaque
			case 10:
				e.Kind = llm.EventRedacted
				e.Data = json.RawMessage(`"d"`)
			case 11:
				e.Kind = llm.EventFinish
			}
			out = s.Append(out, &e)
		}
		out = s.Append(out, &llm.Event{Kind: llm.EventEnd})
		checkOrder(t, out)
		if got := bytes.Count(out, []byte(`"text":"x"`)); got != texts {
			t.Fatalf("%d texts of %d in\n%s", got, texts, out)
		}
	})
}

// FuzzRelay checks that what passes is what decoding it would give.
func FuzzRelay(f *testing.F) {
	for _, seed := range streamSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		out, facts, err := relayed(bytes.NewReader(body), llm.RelayOptions{Model: "m"})
		again, _, errAgain := relayed(iotest.OneByteReader(bytes.NewReader(body)), llm.RelayOptions{Model: "m"})
		if !bytes.Equal(out, again) || (err == nil) != (errAgain == nil) {
			t.Fatalf("read byte by byte:\n%q (%v)\n%q (%v)", out, err, again, errAgain)
		}
		if err != nil {
			return
		}
		got, err := decodeStream(t, bytes.NewReader(out), llm.StreamOptions{})
		if err != nil {
			// A call without a name cannot be decoded, nor what begins like no
			// stream; the caller gets it as it came.
			return
		}
		if facts.HasUsage && *got.Usage != facts.Usage {
			t.Fatalf("usage %+v, want %+v", facts.Usage, got.Usage)
		}
		if c := &got.Choices[0]; c.NativeFinish != facts.NativeFinish {
			t.Fatalf("finish %q, want %q", facts.NativeFinish, c.NativeFinish)
		}
	})
}
