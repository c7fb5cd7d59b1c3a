package cohere

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
	"github.com/fairwaygw/fairway/llm/sse"
)

// exchange is one recorded call.
type exchange struct {
	ID      string `json:"id"`
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

// body is the answer's body as it came.
func (x *exchange) body() string {
	if x.Response.BodyText != "" {
		return x.Response.BodyText
	}
	return string(x.Response.Body)
}

// recorded returns the recorded calls of this dialect, none when they are not
// here.
func recorded(t testing.TB) []exchange {
	t.Helper()
	dir := os.Getenv("FAIRWAY_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "exchanges", "cohere.v2.chat", "*.json"))
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
		list = append(list, x)
	}
	return list
}

// spaceless is a JSON text without spaces, or the text itself.
func spaceless(text string) string {
	var out bytes.Buffer
	if json.Compact(&out, []byte(text)) != nil {
		return text
	}
	return out.String()
}

// reading is an answer by a plain reading of it.
type reading struct {
	Text, Thoughts string
	Calls          []string
	Cites          int
	Finish         llm.Finish
	Input, Output  int64
	Reasoning      int64
}

type plainUsage struct {
	Billed struct {
		Input  int64 `json:"input_tokens"`
		Output int64 `json:"output_tokens"`
	} `json:"billed_units"`
	Tokens struct {
		Reasoning int64 `json:"reasoning_tokens"`
	}
}

type plainCall struct {
	Function struct{ Name, Arguments string }
}

var plainFinish = map[string]llm.Finish{"COMPLETE": llm.FinishStop, "TOOL_CALL": llm.FinishToolCalls, "ERROR": llm.FinishError}

func (r *reading) end(finish string, u plainUsage) {
	r.Finish, r.Input, r.Output, r.Reasoning = plainFinish[finish], u.Billed.Input, u.Billed.Output, u.Tokens.Reasoning
	for i, c := range r.Calls {
		name, args, _ := strings.Cut(c, "\x00")
		if args == "" {
			args = "{}"
		}
		r.Calls[i] = name + " " + spaceless(args)
	}
}

// read reads a body the plain way.
func read(t *testing.T, body string) (r reading) {
	t.Helper()
	if strings.HasPrefix(body, "{") {
		var a struct {
			Message struct {
				Content   []struct{ Text, Thinking string }
				ToolPlan  string      `json:"tool_plan"`
				ToolCalls []plainCall `json:"tool_calls"`
				Citations []any
			}
			FinishReason string `json:"finish_reason"`
			Usage        plainUsage
		}
		if err := json.Unmarshal([]byte(body), &a); err != nil {
			t.Fatal(err)
		}
		for _, c := range a.Message.Content {
			r.Text += c.Text
			r.Thoughts += c.Thinking
		}
		r.Thoughts += a.Message.ToolPlan
		for _, c := range a.Message.ToolCalls {
			r.Calls = append(r.Calls, c.Function.Name+"\x00"+c.Function.Arguments)
		}
		r.Cites = len(a.Message.Citations)
		r.end(a.FinishReason, a.Usage)
		return r
	}
	for line := range strings.Lines(body) {
		data, ok := strings.CutPrefix(line, "data: {")
		if !ok {
			continue
		}
		var e struct {
			Type  string
			Delta struct {
				Message struct {
					Content   json.RawMessage
					ToolPlan  string          `json:"tool_plan"`
					ToolCalls json.RawMessage `json:"tool_calls"`
				}
				FinishReason string `json:"finish_reason"`
				Usage        plainUsage
			}
		}
		if err := json.Unmarshal([]byte("{"+data), &e); err != nil {
			t.Fatal(err)
		}
		var content struct{ Text, Thinking string }
		var call plainCall
		_ = json.Unmarshal(e.Delta.Message.Content, &content)
		_ = json.Unmarshal(e.Delta.Message.ToolCalls, &call)
		r.Text += content.Text
		r.Thoughts += content.Thinking + e.Delta.Message.ToolPlan
		switch e.Type {
		case "tool-call-start":
			r.Calls = append(r.Calls, call.Function.Name+"\x00")
		case "tool-call-delta":
			r.Calls[len(r.Calls)-1] += call.Function.Arguments
		case "citation-start":
			r.Cites++
		case "message-end":
			r.end(e.Delta.FinishReason, e.Delta.Usage)
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
			out.Cites += len(p.Citations)
		case llm.PartReasoning:
			out.Thoughts += p.Text
		case llm.PartToolCall:
			if p.Call.ID == "" || !json.Valid([]byte(p.Call.Arguments)) {
				t.Errorf("call %+v", p.Call)
			}
			out.Calls = append(out.Calls, p.Call.Name+" "+spaceless(p.Call.Arguments))
		}
	}
	out.Finish = r.Choices[0].Finish
	if r.Usage != nil {
		out.Input, out.Output, out.Reasoning = r.Usage.InputTotal(), r.Usage.OutputTotal(), r.Usage.Reasoning
	}
	return out
}

// streamed gathers a stream, read in one piece and byte by byte.
func streamed(t *testing.T, id, body string) (*llm.Response, error) {
	t.Helper()
	events, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(body), llm.StreamOptions{}))
	if err := legal(events); err != nil {
		t.Errorf("%s: %v", id, err)
	}
	again, errAgain := drain(Dialect{}.NewStreamDecoder(iotest.OneByteReader(strings.NewReader(body)), llm.StreamOptions{}))
	if diff := cmp.Diff(events, again); diff != "" || err.Error() != errAgain.Error() {
		t.Errorf("%s: read byte by byte: %v %s", id, errAgain, diff)
	}
	if n := len(events); n > 0 && events[n-1].Kind == llm.EventError {
		return gather(events), events[n-1].Err
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return gather(events), err
}

func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	counts := map[string]int{}
	for _, x := range recorded(t) {
		if x.Response.Status != 200 {
			counts["errors"]++
			_, err := Dialect{}.DecodeResponse(x.Response.Body)
			var e *llm.Error
			if !errors.As(err, &e) || e.Message == "" {
				t.Errorf("%s: %v", x.ID, err)
			}
			continue
		}
		want := read(t, x.body())
		var r *llm.Response
		var err error
		if x.Stream {
			counts["streams"]++
			r, err = streamed(t, x.ID, x.body())
		} else {
			counts["whole"]++
			r, err = Dialect{}.DecodeResponse(x.Response.Body)
		}
		if want.Finish == llm.FinishError {
			counts["failed"]++
			var e *llm.Error
			if !errors.As(err, &e) || e.Class != llm.ClassBadOutput || said(t, r).Thoughts != want.Thoughts {
				t.Errorf("%s: ended with %v", x.ID, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", x.ID, err)
			continue
		}
		if diff := cmp.Diff(want, said(t, r)); diff != "" {
			t.Errorf("%s: decoded otherwise (-want +got):\n%s", x.ID, diff)
		}
		v := llm.View{Model: "public", ID: "own"}
		whole, err := Dialect{}.AppendResponse(nil, r, v)
		if err != nil || !json.Valid(whole) {
			t.Fatalf("%s: %v %s", x.ID, err, whole)
		}
		if diff := cmp.Diff(want, read(t, string(whole))); diff != "" {
			t.Errorf("%s: encoded otherwise (-want +got):\n%s", x.ID, diff)
		}
		stream := string(encodeAll(Dialect{}.NewStreamEncoder(v), replay(r)))
		if diff := cmp.Diff(want, read(t, stream)); diff != "" {
			t.Errorf("%s: streamed otherwise (-want +got):\n%s", x.ID, diff)
		}
		back, err := streamed(t, x.ID, stream)
		if err != nil || !cmp.Equal(want, said(t, back)) || back.ID != r.ID {
			t.Errorf("%s: what was streamed decodes otherwise: %v", x.ID, err)
		}
	}
	t.Logf("decoded and encoded again: %v", counts)
}

func TestRecordedAnswersPass(t *testing.T) {
	t.Parallel()
	for _, x := range recorded(t) {
		var f llm.AnswerFacts
		var out []byte
		var err error
		if x.Stream {
			var facts *llm.AnswerFacts
			out, facts, err = relayed(strings.NewReader(x.body()))
			f = *facts
			again, _, _ := relayed(iotest.OneByteReader(strings.NewReader(x.body())))
			if !bytes.Equal(out, again) {
				t.Errorf("%s: read byte by byte it comes out different", x.ID)
			}
		} else {
			out, err = Dialect{}.EditResponse(nil, x.Response.Body, "public", &f)
		}
		var want reading
		if x.Response.Status == 200 {
			want = read(t, x.body())
		}
		if x.Response.Status != 200 || want.Finish == llm.FinishError {
			var e *llm.Error
			if !errors.As(err, &e) || bytes.Contains(out, []byte("message-end")) {
				t.Errorf("%s: ended with %v", x.ID, err)
			}
			continue
		}
		if err != nil || strings.TrimSpace(string(out)) != strings.TrimSpace(x.body()) {
			t.Errorf("%s: %v, passed as %s", x.ID, err, out)
		}
		size := int64(len(want.Text) + len(want.Thoughts))
		if f.Finish != want.Finish || f.Usage.InputTotal() != want.Input || f.Usage.OutputTotal() != want.Output || !f.HasUsage ||
			!f.Content || f.OutputBytes < size || f.ID == "" {
			t.Errorf("%s: facts %+v, want %+v", x.ID, f, want)
		}
	}
}

// relayed passes a stream through.
func relayed(body io.Reader) ([]byte, *llm.AnswerFacts, error) {
	r := Dialect{}.NewRelay(llm.RelayOptions{Model: "public"})
	events := sse.NewReader(body, 0)
	defer events.Release()
	var out []byte
	for {
		e, err := events.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, r.Facts(), err
		}
		if out, err = r.Event(out, e.Raw); err != nil {
			return out, r.Facts(), err
		}
	}
	out, err := r.End(out)
	return out, r.Facts(), err
}
