package bedrock

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
// place, and that what was decoded can be encoded for any model and decoded
// again.
func FuzzDecodeRequest(f *testing.F) {
	for _, seed := range []string{
		with(`"inferenceConfig":{"maxTokens":5,"topP":1,"stopSequences":["a"]},"system":[{"text":"s"},{"cachePoint":{"type":"default","ttl":"1h"}}]`),
		shown(`{"image":{"format":"png","source":{"bytes":"AAAA"}}},{"document":{"name":"a.b","format":"txt","source":{"text":"x"}}},{"guardContent":{"text":{"text":"x"}}},{"video":{"source":{"s3Location":{"uri":"s3://a"}}}}`),
		`{"messages":[{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"t","signature":"s"}}},{"toolUse":{"toolUseId":"c|","name":"f.g","input":{"a":1}}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"c|","content":[{"json":[1]}],"status":"error"}},{"text":"u"}]}]}`,
		with(`"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"x":{}}},"strict":true}},{"cachePoint":{}},{"systemTool":{}}],"toolChoice":{"tool":{"name":"f"}}},"outputConfig":{"effort":"low","textFormat":{"structure":{"jsonSchema":{"schema":"{}"}}}}`),
		with(`"additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":5},"top_k":1,"inferenceConfig":{"topK":5,"x":1},"reasoningConfig":{"type":"disabled"}},"serviceTier":{"type":"flex"},"requestMetadata":{"a":"b"}`),
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
		for _, target := range []llm.Target{{Model: claude}, {Model: newest}, {Model: older}, {Model: nova}, {Model: llama}, {Model: "x", Strict: true}} {
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

func seedAnswers(f *testing.F) {
	for _, tt := range answers {
		f.Add([]byte(tt.body))
	}
	for _, tt := range unusable {
		f.Add([]byte(tt.body))
	}
}

// FuzzDecodeResponse checks that encoding what was decoded gives an answer and a
// stream that decode again, and that passing an answer on gives JSON.
func FuzzDecodeResponse(f *testing.F) {
	seedAnswers(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Dialect{}.DecodeResponse(body)
		var facts llm.AnswerFacts
		passed, passErr := Dialect{}.EditResponse(nil, body, "public", &facts)
		if passErr == nil && !json.Valid(passed) {
			t.Fatalf("passed as %q", passed)
		}
		if err != nil {
			var e *llm.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v", err)
			}
			return
		}
		for _, p := range r.Choices[0].Message.Parts {
			if p.Kind == llm.PartToolCall && !json.Valid([]byte(p.Call.Arguments)) || p.Data != nil && !json.Valid(p.Data) {
				t.Fatalf("not JSON in %+v", p)
			}
		}
		whole, err := Dialect{}.AppendResponse(nil, r, llm.View{Model: "m", ID: "i"})
		if err != nil || !json.Valid(whole) {
			t.Fatalf("%s (%v)", whole, err)
		}
		events, err := drain(Dialect{}.NewStreamDecoder(bytes.NewReader(encodeAll(Dialect{}.NewStreamEncoder(llm.View{}), replay(r))), llm.StreamOptions{}))
		var e *llm.Error
		if !errors.Is(err, io.EOF) && !errors.As(err, &e) || legal(events) != nil {
			t.Fatalf("streamed: %v, %v", err, legal(events))
		}
	})
}

// FuzzStreamDecoder checks that how a body is cut into reads makes no difference,
// that events come in order, and that every stream ends. The input is the frames
// of a stream, a line each, for hardly anything else has valid checksums.
func FuzzStreamDecoder(f *testing.F) {
	f.Add([]byte("messageStart {}\ncontentBlockDelta {\"delta\":{\"text\":\"a\"}}\nmessageStop {\"stopReason\":\"end_turn\"}\nmetadata " + used))
	f.Add([]byte("contentBlockStart {\"contentBlockIndex\":1,\"start\":{\"toolUse\":{\"toolUseId\":\"c\",\"name\":\"f\"}}}\ncontentBlockDelta {\"contentBlockIndex\":1,\"delta\":{\"toolUse\":{\"input\":\"{\"}}}\ncontentBlockStop {\"contentBlockIndex\":1}\nmessageStop {\"stopReason\":\"max_tokens\"}"))
	f.Add([]byte("contentBlockStart {\"start\":{\"toolResult\":{\"x\":1}}}\ncontentBlockDelta {\"delta\":{\"toolResult\":[{\"text\":\"a\"}]}}\nmessageStop {}"))
	f.Add([]byte("contentBlockDelta {\"delta\":{\"reasoningContent\":{\"signature\":\"s\",\"redactedContent\":\"r\"},\"citation\":{},\"image\":{\"source\":{\"bytes\":\"A\"}}}}\n!throttlingException {\"message\":\"m\"}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var body []byte
		for line := range bytes.Lines(text) {
			name, payload, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
			kind := kindEvent
			if rest, ok := bytes.CutPrefix(name, []byte("!")); ok {
				kind, name = kindException, rest
			}
			if len(name) > 1000 {
				return
			}
			at := len(body)
			body = endFrame(append(beginFrame(body, kind, string(name)), payload...), at)
		}
		stream(t, body)
	})
}

// FuzzFrames does the same for bytes that need not be frames.
func FuzzFrames(f *testing.F) {
	f.Add([]byte(start + add(0, `{"text":"a"}`) + ends("end_turn") + metadata))
	f.Add([]byte(`{"message":"x"}`))
	seedAnswers(f)
	f.Fuzz(stream)
}

func stream(t *testing.T, body []byte) {
	o := llm.StreamOptions{MaxEvent: 1 << 12, OutputTool: "o"}
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
	for i := range events {
		if events[i].Data != nil && !json.Valid(events[i].Data) {
			t.Fatalf("not JSON: %s", events[i].Data)
		}
	}
	out, facts, _ := relayed(bytes.NewReader(body))
	for _, raw := range framesOf(out) {
		if (&frame{}).parse(raw) != nil {
			t.Fatalf("passed as %q", out)
		}
	}
	if facts.OutputBytes < 0 {
		t.Fatalf("facts %+v", facts)
	}
}
