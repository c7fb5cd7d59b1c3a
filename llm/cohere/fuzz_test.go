package cohere

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// FuzzDecodeRequest checks that what Inspect passes is decoded, or refused at a
// place, and that what was decoded can be encoded and decoded again.
func FuzzDecodeRequest(f *testing.F) {
	for _, seed := range []string{
		with(`"stream":true,"max_tokens":5,"p":1,"k":600,"seed":-1,"stop_sequences":["a"],"logprobs":true`),
		part(`{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}`),
		`{"model":"command-a-reasoning","messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"t"}],"tool_plan":"p","tool_calls":[{"id":"c","function":{"name":"f.g","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":[{"type":"document","document":{"data":{"a":1}}}]}]}`,
		with(`"tools":[{"function":{"name":"f","parameters":{"x":{}}}}],"strict_tools":true,"tool_choice":"NONE","response_format":{"type":"json_object","json_schema":{}},"thinking":{"type":"enabled","token_budget":5},"documents":[1]`),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var in llm.Inspection
		inspected := Dialect{}.Inspect(body, &in)
		r, err := Dialect{}.DecodeRequest(body)
		if inspected != nil {
			return
		}
		if err != nil {
			var e *llm.Error
			if !errors.As(err, &e) || e.Status != 400 {
				t.Fatalf("error %v", err)
			}
			return
		}
		for _, target := range []llm.Target{{Model: r.Model}, {Model: "m", Strict: true, Facts: llm.ModelFacts{Known: true, Reasoning: true}}} {
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
			if _, err := (Dialect{}).DecodeRequest(e.Body); err != nil && !bytes.Contains(e.Body, []byte(`"messages":[]`)) {
				t.Fatalf("%s does not decode: %v", e.Body, err)
			}
		}
	})
}

func seedAnswers(f *testing.F) {
	for _, tt := range answers {
		f.Add([]byte(tt.body))
	}
	for _, tt := range unusable {
		f.Add([]byte(tt.body))
	}
}

// FuzzDecodeResponse checks that encoding what was decoded gives JSON that
// decodes again, and that passing an answer on is as strict.
func FuzzDecodeResponse(f *testing.F) {
	seedAnswers(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Dialect{}.DecodeResponse(body)
		var facts llm.AnswerFacts
		passed, passErr := Dialect{}.EditResponse(nil, body, "public", &facts)
		if err != nil {
			var e *llm.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if passErr == nil && !json.Valid(passed) {
			t.Fatalf("passed as %q", passed)
		}
		whole, err := Dialect{}.AppendResponse(nil, r, llm.View{Model: "m", ID: "i"})
		if err != nil || !json.Valid(whole) {
			t.Fatalf("%s (%v)", whole, err)
		}
		if _, err := (Dialect{}).DecodeResponse(whole); err != nil && r.Choices[0].Finish != llm.FinishError {
			t.Fatalf("%s does not decode: %v", whole, err)
		}
		events, err := drain(Dialect{}.NewStreamDecoder(bytes.NewReader(encodeAll(Dialect{}.NewStreamEncoder(llm.View{ID: "i"}), replay(r))), llm.StreamOptions{}))
		if !errors.Is(err, io.EOF) || legal(events) != nil {
			t.Fatalf("streamed: %v, %v", err, legal(events))
		}
	})
}

// FuzzStreamDecoder checks that how a body is cut into reads makes no
// difference, that events come in order, and that every stream ends.
func FuzzStreamDecoder(f *testing.F) {
	seedAnswers(f)
	f.Add([]byte(begin + openBlock("0", "thinking") + delta("0", "thinking", "t") + delta("1", "text", "a") + end("COMPLETE") + done))
	f.Add([]byte(begin + startCall("0", "c", "f") + args("0", "{") + startCall("1", "", "g") + args("0", "}") + endOf("tool-call-end", "0") + end("TOOL_CALL")))
	f.Add([]byte(event("message-end", `,"delta":{"finish_reason":"ERROR","error":"x","error_type":"y"}`)))
	f.Add([]byte("{\"message\":\"\n\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		o := llm.StreamOptions{MaxEvent: 1 << 12}
		events, err := drain(Dialect{}.NewStreamDecoder(bytes.NewReader(body), o))
		if err := legal(events); err != nil {
			t.Fatal(err)
		}
		slow, slowErr := drain(Dialect{}.NewStreamDecoder(iotest.OneByteReader(bytes.NewReader(body)), o))
		if diff := cmp.Diff(events, slow); diff != "" || errors.Is(err, io.EOF) != errors.Is(slowErr, io.EOF) {
			t.Fatalf("read byte by byte (-fast +slow), %v and %v:\n%s", err, slowErr, diff)
		}
		var e *llm.Error
		switch end := len(events) - 1; {
		case errors.Is(err, io.EOF) && (end < 0 || events[end].Kind != llm.EventEnd && events[end].Kind != llm.EventError):
			t.Fatal("a complete stream without an end")
		case !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &e):
			t.Fatalf("ended with %v", err)
		}
		out, facts, passErr := relayed(bytes.NewReader(body))
		if passErr == nil && !bytes.HasSuffix(out, []byte("\n\n"+done)) || facts.OutputBytes < 0 {
			t.Fatalf("passed as %q, %+v", out, facts)
		}
	})
}
