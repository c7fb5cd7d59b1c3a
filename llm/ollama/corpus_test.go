package ollama

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// exchange is one recorded call.
type exchange struct {
	ID      string `json:"id"`
	API     string `json:"api"`
	Stream  bool   `json:"stream"`
	Request *struct {
		Body json.RawMessage `json:"body"`
	} `json:"request"`
	Response struct {
		Status   int             `json:"status"`
		Body     json.RawMessage `json:"body"`
		BodyText string          `json:"body_text"`
	} `json:"response"`
}

// recorded returns the recorded calls of an API, none when they are not here.
func recorded(t testing.TB, api string) []exchange {
	t.Helper()
	dir := os.Getenv("FAIRWAY_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "exchanges", api, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) == 0 {
		t.Logf("no recordings in %s: nothing checked", dir)
	}
	var list []exchange
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		var x exchange
		if err := json.Unmarshal(b, &x); err != nil {
			t.Fatal(p, err)
		}
		if len(x.Response.Body) > 0 {
			var line bytes.Buffer // as servers write it
			_ = json.Compact(&line, x.Response.Body)
			x.Response.Body = line.Bytes()
		}
		list = append(list, x)
	}
	return list
}

// reading is an answer by a plain reading of it.
type reading struct {
	Text, Thoughts string
	Calls          []string
	Finish         llm.Finish
	Input, Output  int64
}

// read reads a body the plain way.
func read(t *testing.T, body string) reading {
	t.Helper()
	var r reading
	for line := range strings.Lines(body) {
		var l struct {
			Message struct {
				Content, Thinking string
				ToolCalls         []struct {
					Function struct {
						Name      string
						Arguments any
					}
				} `json:"tool_calls"`
			}
			Response        string
			Done            bool
			DoneReason      string `json:"done_reason"`
			PromptEvalCount int64  `json:"prompt_eval_count"`
			EvalCount       int64  `json:"eval_count"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		r.Text += l.Message.Content + l.Response
		r.Thoughts += l.Message.Thinking
		for _, c := range l.Message.ToolCalls {
			args, _ := json.Marshal(c.Function.Arguments)
			r.Calls = append(r.Calls, c.Function.Name+string(args))
		}
		if l.Done {
			r.Finish, r.Input, r.Output = llm.Finish(l.DoneReason), l.PromptEvalCount, l.EvalCount
			if len(r.Calls) > 0 {
				r.Finish = llm.FinishToolCalls
			}
		}
	}
	return r
}

// said reads a neutral answer the same way.
func said(t *testing.T, r *llm.Response) reading {
	t.Helper()
	var out reading
	for _, p := range r.Choices[0].Message.Parts {
		switch p.Kind {
		case llm.PartText:
			out.Text += p.Text
		case llm.PartReasoning:
			out.Thoughts += p.Text
		case llm.PartToolCall:
			var args any
			if err := json.Unmarshal([]byte(p.Call.Arguments), &args); err != nil || p.Call.ID == "" {
				t.Errorf("call %+v: %v", p.Call, err)
			}
			b, _ := json.Marshal(args)
			out.Calls = append(out.Calls, p.Call.Name+string(b))
		}
	}
	out.Finish = r.Choices[0].Finish
	if r.Usage != nil {
		out.Input, out.Output = r.Usage.InputTotal(), r.Usage.OutputTotal()
	}
	return out
}

// decode reads a body as what it is, a stream by single bytes too.
func decode(t *testing.T, x exchange) *llm.Response {
	t.Helper()
	if !x.Stream {
		r, err := Dialect{}.DecodeResponse(x.Response.Body)
		if err != nil {
			t.Fatalf("%s: %v", x.ID, err)
		}
		return r
	}
	events, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(x.Response.BodyText), llm.StreamOptions{}))
	if !errors.Is(err, io.EOF) {
		t.Fatalf("%s: %v", x.ID, err)
	}
	if err := legal(events); err != nil {
		t.Errorf("%s: %v", x.ID, err)
	}
	again, err := drain(Dialect{}.NewStreamDecoder(iotest.OneByteReader(strings.NewReader(x.Response.BodyText)), llm.StreamOptions{}))
	if diff := cmp.Diff(events, again); diff != "" || !errors.Is(err, io.EOF) {
		t.Errorf("%s: read byte by byte: %v %s", x.ID, err, diff)
	}
	return gather(events)
}

func body(x exchange) string {
	if x.Stream {
		return x.Response.BodyText
	}
	return string(x.Response.Body)
}

func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	n := 0
	for _, x := range recorded(t, "ollama.chat") {
		want := read(t, body(x))
		r := decode(t, x)
		if diff := cmp.Diff(want, said(t, r)); diff != "" {
			t.Errorf("%s: decoded otherwise (-want +got):\n%s", x.ID, diff)
		}
		v := llm.View{Model: "public"}
		for _, front := range []llm.Front{Dialect{}, Generate{}} {
			whole, err := front.AppendResponse(nil, r, v)
			if err != nil || !bytes.HasPrefix(whole, []byte(`{"model":"public","created_at":"`)) {
				t.Fatalf("%s: %v %s", x.ID, err, whole)
			}
			if front == (Dialect{}) {
				if diff := cmp.Diff(want, read(t, string(whole))); diff != "" {
					t.Errorf("%s: encoded otherwise (-want +got):\n%s", x.ID, diff)
				}
			}
			streamed := encodeAll(front.NewStreamEncoder(v), replay(r))
			got := read(t, string(streamed))
			if front == (Generate{}) { // whose calls and thoughts stand elsewhere
				got.Calls, got.Thoughts = want.Calls, want.Thoughts
				if len(want.Calls) > 0 {
					got.Finish = llm.FinishToolCalls
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: streamed otherwise (-want +got):\n%s", x.ID, diff)
			}
		}
		n++
	}
	t.Logf("%d answers decoded and encoded again", n)
}

func TestRecordedAnswersPass(t *testing.T) {
	t.Parallel()
	for _, x := range recorded(t, "ollama.chat") {
		want := read(t, body(x))
		var facts llm.AnswerFacts
		var out []byte
		var err error
		if x.Stream {
			var f *llm.AnswerFacts
			out, f, err = relayed(strings.NewReader(x.Response.BodyText))
			facts = *f
		} else {
			out, err = Dialect{}.EditResponse(nil, x.Response.Body, "public", &facts)
		}
		if err != nil {
			t.Errorf("%s: %v", x.ID, err)
			continue
		}
		if diff := cmp.Diff(renamed(t, body(x)), renamed(t, string(out))); diff != "" || bytes.Count(out, []byte(`"public"`)) != strings.Count(strings.TrimSpace(body(x)), "\n")+1 {
			t.Errorf("%s: passed as\n%s", x.ID, diff)
		}
		if facts.Finish != want.Finish || facts.Usage.InputTotal() != want.Input || facts.Usage.OutputTotal() != want.Output ||
			!facts.HasUsage || !facts.Content || facts.OutputBytes < int64(len(want.Text)+len(want.Thoughts)) {
			t.Errorf("%s: facts %+v, want %+v", x.ID, facts, want)
		}
	}
}

// renamed are the lines of an answer under one name.
func renamed(t *testing.T, body string) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(body) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		v["model"] = "any"
		lines = append(lines, v)
	}
	return lines
}

// relayed passes a stream through.
func relayed(body io.Reader) ([]byte, *llm.AnswerFacts, error) {
	r := Dialect{}.NewRelay(llm.RelayOptions{Model: "public"})
	lines := Dialect{}.NewSplitter(body, 0)
	defer lines.Release()
	var out []byte
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, r.Facts(), err
		}
		if out, err = r.Event(out, line); err != nil {
			return out, r.Facts(), err
		}
	}
	out, err := r.End(out)
	return out, r.Facts(), err
}

func TestRecordedPrompts(t *testing.T) {
	t.Parallel()
	for _, x := range recorded(t, "ollama.generate") {
		var in llm.Inspection
		if err := (Generate{}).Inspect(x.Request.Body, &in); err != nil {
			t.Errorf("%s: %v", x.ID, err)
		}
		r, err := Generate{}.DecodeRequest(x.Request.Body)
		if err != nil {
			t.Errorf("%s: %v", x.ID, err)
			continue
		}
		var plain struct {
			Prompt  string
			Options struct {
				NumPredict int64 `json:"num_predict"`
			}
		}
		_ = json.Unmarshal(x.Request.Body, &plain)
		if len(r.Messages) != 1 || r.Messages[0].Parts[0].Text != plain.Prompt || *r.MaxTokens != plain.Options.NumPredict || r.Stream != x.Stream || len(r.Extra) > 0 {
			t.Errorf("%s: decoded %+v", x.ID, r)
		}
	}
}
