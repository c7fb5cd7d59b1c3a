package ollama

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

// FuzzDecodeRequest checks that what Inspect passes is decoded, or refused at a
// place, and that what was decoded can be encoded and means the same then.
func FuzzDecodeRequest(f *testing.F) {
	for _, seed := range []string{
		`{"model":"m","messages":[{"role":"user","content":"hi","images":["` + png + `"]}],"stream":false}`,
		`{"model":"m","messages":[{"role":"assistant","content":"","thinking":"t","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}},{"id":"x","function":{"name":"g","arguments":"x"}}]},{"role":"tool","content":"1"},{"role":"tool","tool_call_id":"x","images":["AAAA"]},{"role":"user","content":""}]}`,
		`{"model":"gpt-oss","messages":[{"role":"system","content":"s"}],"options":{"num_predict":1e2,"stop":["a",""],"num_ctx":5,"temperature":1e-7},"format":{"a":1},"think":"low","keep_alive":0}`,
		`{"model":"m","prompt":"p","system":"s","raw":true,"tools":[{"function":{"name":"f","parameters":{"x":{}}}}],"format":"json","think":true,"logprobs":true,"top_logprobs":2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, front := range []llm.Front{Dialect{}, Generate{}} {
			var in llm.Inspection
			inspected := front.Inspect(body, &in)
			r, err := front.DecodeRequest(body)
			if inspected != nil {
				continue
			}
			if err != nil {
				var e *llm.Error
				if !errors.As(err, &e) || e.Status != 400 {
					t.Fatalf("error %v", err)
				}
				continue
			}
			for _, target := range []llm.Target{{Model: r.Model}, {Model: "m", Strict: true, Facts: llm.ModelFacts{Known: true}}} {
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

// FuzzDecodeResponse checks that what is decoded is JSON, that encoding it gives
// JSON that decodes again, and that passing it on is as strict.
func FuzzDecodeResponse(f *testing.F) {
	seedAnswers(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := Dialect{}.DecodeResponse(body)
		var facts llm.AnswerFacts
		passed, passErr := Dialect{}.EditResponse(nil, body, "public", &facts)
		if (err == nil) != (passErr == nil) {
			t.Fatalf("decoding gives %v, passing %v", err, passErr)
		}
		if err != nil {
			var e *llm.Error
			if !errors.As(err, &e) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if !json.Valid(passed) {
			t.Fatalf("passed as %q", passed)
		}
		if facts.Finish != r.Choices[0].Finish && len(r.Choices[0].Message.Parts) > 0 && !bytes.Contains(body, []byte("tool_calls")) {
			t.Fatalf("finish %s, passing says %s", r.Choices[0].Finish, facts.Finish)
		}
		for _, p := range r.Choices[0].Message.Parts {
			if p.Kind == llm.PartToolCall && !json.Valid([]byte(p.Call.Arguments)) {
				t.Fatalf("arguments %q", p.Call.Arguments)
			}
		}
		for _, front := range []llm.Front{Dialect{}, Generate{}} {
			whole, err := front.AppendResponse(nil, r, llm.View{Model: "m", ID: "i"})
			if err != nil || !json.Valid(whole) {
				t.Fatalf("%s (%v)", whole, err)
			}
			streamed := encodeAll(front.NewStreamEncoder(llm.View{Model: "m"}), replay(r))
			for line := range bytes.Lines(streamed) {
				if !json.Valid(line) {
					t.Fatalf("not JSON: %s", line)
				}
			}
		}
	})
}

// FuzzStreamDecoder checks that how a body is cut into reads makes no
// difference, that events come in order, and that every stream ends.
func FuzzStreamDecoder(f *testing.F) {
	seedAnswers(f)
	f.Add([]byte(line("<thi") + line("nk> a</th") + line("ink>b") + last))
	f.Add([]byte(line("a") + `{"error":"x"}` + "\n"))
	f.Add([]byte("\r\n" + line("a") + line("b")[:50]))
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
		out, facts, _ := relayed(bytes.NewReader(body))
		for line := range bytes.Lines(out) {
			if !json.Valid(line) {
				t.Fatalf("passed as %q", line)
			}
		}
		if facts.OutputBytes < 0 {
			t.Fatalf("facts %+v", facts)
		}
	})
}

// FuzzThoughts checks that how a text is cut makes no difference to what of it
// is thought.
func FuzzThoughts(f *testing.F) {
	f.Add("<think>a</think>b", 3)
	f.Add(" \n<think> a </thinkb", 9)
	f.Fuzz(func(t *testing.T, text string, size int) {
		read := func(pieces []string) (thinking, said string) {
			var s thoughts
			for _, p := range pieces {
				a, b := s.feed(p)
				thinking, said = thinking+a, said+b
			}
			a, b := s.end()
			return thinking + a, said + b
		}
		thinking, said := read([]string{text})
		size = max(1, size)
		var pieces []string
		for rest := text; rest != ""; {
			n := min(size, len(rest))
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
		}
		a, b := read(pieces)
		if a != thinking || b != said {
			t.Fatalf("%q and %q, in pieces %q and %q", thinking, said, a, b)
		}
		if thinking == "" && said != text && !strings.Contains(text, thinkOpen) {
			t.Fatalf("%q became %q", text, said)
		}
	})
}
