package gemini

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
// place, and that what was decoded can be encoded for any model.
func FuzzDecodeRequest(f *testing.F) {
	for _, seed := range []string{
		`{"contents":[{"role":"user","parts":[{"text":"hi"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}]}`,
		`{"contents":"hi","tools":[{"functionDeclarations":[{"name":"a b","parameters":{"type":"OBJECT","properties":{"x":{"$ref":"#"}}}}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY"},"x":1}}`,
		`{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}},"thoughtSignature":"c2ln"}]},{"parts":[{"functionResponse":{"name":"f","response":{"output":"ok"},"parts":[{"inlineData":{"mimeType":"a/b","data":"AAAA"}}]}}]}]}`,
		`{"contents":[],"generationConfig":{"maxOutputTokens":"5","thinkingConfig":{"thinkingLevel":"LOW"},"responseSchema":{"anyOf":[{"type":1}],"nullable":true},"stopSequences":["a"],"x":{}}}`,
		`{"contents":{"parts":{"executable_code":{}}},"system_instruction":"s","labels":{"a":"b"},"cachedContent":"c"}`,
	} {
		f.Add([]byte(seed))
	}
	targets := []llm.Target{
		{Model: "gemini-3-pro-preview"}, {Model: "gemini-2.5-flash", Vendor: "vertex"}, {Model: "gemini-1.5-pro"}, {Strict: true},
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

func seedAnswers(f *testing.F) {
	for _, tt := range chunks {
		f.Add([]byte(tt.body))
	}
	for _, tt := range unusableBodies {
		f.Add([]byte(tt.body))
	}
}

// FuzzDecodeResponse checks that what is decoded is the plain reading, and that
// encoding it gives JSON that decodes again.
func FuzzDecodeResponse(f *testing.F) {
	seedAnswers(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Dialect{}.DecodeResponse(body)
		if err != nil {
			var e *llm.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if !json.Valid(body) && body[0] != '[' {
			t.Fatalf("not JSON: %q", body)
		}
		for _, c := range r.Choices {
			for _, p := range c.Message.Parts {
				if p.Kind == llm.PartToolCall && !json.Valid([]byte(p.Call.Arguments)) || p.Kind == llm.PartOpaque && !json.Valid(p.Data) {
					t.Fatalf("not JSON in %+v", p)
				}
			}
		}
		v := llm.View{Model: "m", ID: "i"}
		whole, err := Dialect{}.AppendResponse(nil, r, v)
		if err != nil || !json.Valid(whole) {
			t.Fatalf("%s (%v)", whole, err)
		}
		streamed := encodeStream(r, v)
		for line := range bytes.Lines(streamed) {
			if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok && !json.Valid(data) {
				t.Fatalf("not JSON: %s", data)
			}
		}
	})
}

// FuzzStreamDecoder checks that how a body is cut into reads makes no
// difference, and that every stream ends.
func FuzzStreamDecoder(f *testing.F) {
	seedAnswers(f)
	for _, form := range forms {
		for _, tt := range chunks[:6] {
			f.Add([]byte(form(`{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}`, tt.body)))
		}
	}
	f.Add([]byte("data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"willContinue\":true}},{\"functionCall\":{\"partialArgs\":[{\"jsonPath\":\"$.a[1]\",\"boolValue\":true}]}}]},\"finishReason\":\"STOP\"}]}\n\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeStream(t, bytes.NewReader(body), llm.StreamOptions{MaxEvent: 1 << 16})
		slow, slowErr := decodeStream(t, iotest.OneByteReader(bytes.NewReader(body)), llm.StreamOptions{MaxEvent: 1 << 16})
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
		for _, c := range got.Choices {
			for _, p := range c.Message.Parts {
				if p.Kind == llm.PartToolCall && !json.Valid([]byte(p.Call.Arguments)) {
					t.Fatalf("arguments %q", p.Call.Arguments)
				}
			}
		}
	})
}
