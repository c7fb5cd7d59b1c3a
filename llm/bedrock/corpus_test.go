package bedrock

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net/url"
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
	Model   string `json:"model"`
	Stream  bool   `json:"stream"`
	Request *struct {
		Path string          `json:"path"`
		Body json.RawMessage `json:"body"`
	} `json:"request"`
	Response struct {
		Status int             `json:"status"`
		Body   json.RawMessage `json:"body"`
		Frames []byte          `json:"body_base64"`
	} `json:"response"`
}

// body is the answer's body as it came.
func (x *exchange) body() []byte {
	if x.Response.Frames != nil {
		return x.Response.Frames
	}
	return x.Response.Body
}

// recorded returns the recorded calls of this dialect, none when they are not
// here.
func recorded(t testing.TB) []exchange {
	t.Helper()
	dir := os.Getenv("FAIRWAY_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "exchanges", "bedrock.converse", "*.json"))
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
		if x.Model, err = url.PathUnescape(x.Model); err != nil {
			t.Fatal(err)
		}
		list = append(list, x)
	}
	return list
}

// reading is an answer by a plain reading of it.
type reading struct {
	Text, Thoughts, Signature string
	Calls                     []string
	Own, Cites                int
	Finish                    llm.Finish
	Input, Read, Write        int64
	Output                    int64
}

type plainUsage struct {
	InputTokens, OutputTokens, CacheReadInputTokens, CacheWriteInputTokens int64
}

func (r *reading) count(u plainUsage) {
	r.Input, r.Output, r.Read, r.Write = u.InputTokens, u.OutputTokens, u.CacheReadInputTokens, u.CacheWriteInputTokens
}

var plainFinish = map[string]llm.Finish{
	"end_turn": llm.FinishStop, "tool_use": llm.FinishToolCalls, "max_tokens": llm.FinishLength, "guardrail_intervened": llm.FinishContentFilter,
}

// framesOf cuts a stream the plain way.
func framesOf(b []byte) (frames [][]byte) {
	for len(b) >= 4 {
		n := binary.BigEndian.Uint32(b)
		frames = append(frames, b[:n])
		b = b[n:]
	}
	return frames
}

// read reads a body the plain way.
func read(t *testing.T, body []byte) (r reading) {
	t.Helper()
	if body[0] == '{' {
		var a struct {
			Output struct {
				Message struct {
					Content []struct {
						Text    string
						ToolUse *struct {
							Name  string
							Input json.RawMessage
						}
					}
				}
			}
			StopReason string
			Usage      plainUsage
		}
		if err := json.Unmarshal(body, &a); err != nil {
			t.Fatal(err)
		}
		for _, c := range a.Output.Message.Content {
			r.Text += c.Text
			if c.ToolUse != nil {
				r.Calls = append(r.Calls, c.ToolUse.Name+" "+spaceless(string(c.ToolUse.Input)))
			}
		}
		r.Finish = plainFinish[a.StopReason]
		r.count(a.Usage)
		return r
	}
	calls := map[int]int{}
	for _, raw := range framesOf(body) {
		headers := binary.BigEndian.Uint32(raw[4:])
		var e struct {
			ContentBlockIndex int
			Start             struct {
				ToolUse    *struct{ Name, Type string }
				ToolResult any
			}
			Delta struct {
				Text             string
				ToolUse          struct{ Input string }
				ReasoningContent struct{ Text, Signature string }
				Citation         any
			}
			StopReason string
			Usage      *plainUsage
		}
		// toolResult is an object here and a list there.
		payload := bytes.ReplaceAll(raw[12+headers:len(raw)-4], []byte(`"toolResult":[`), []byte(`"other":[`))
		if err := json.Unmarshal(payload, &e); err != nil {
			t.Fatal(err)
		}
		r.Text += e.Delta.Text
		r.Thoughts += e.Delta.ReasoningContent.Text
		r.Signature += e.Delta.ReasoningContent.Signature
		if e.Delta.Citation != nil {
			r.Cites++
		}
		if u := e.Start.ToolUse; u != nil && u.Type == "" {
			calls[e.ContentBlockIndex] = len(r.Calls)
			r.Calls = append(r.Calls, u.Name+" ")
		} else if u != nil || e.Start.ToolResult != nil {
			r.Own++
		}
		if at, ok := calls[e.ContentBlockIndex]; ok {
			r.Calls[at] += e.Delta.ToolUse.Input
		}
		if e.StopReason != "" {
			r.Finish = plainFinish[e.StopReason]
		}
		if e.Usage != nil {
			r.count(*e.Usage)
		}
	}
	for i, c := range r.Calls {
		name, args, _ := strings.Cut(c, " ")
		r.Calls[i] = name + " " + spaceless(args)
	}
	return r
}

// spaceless is a JSON text without spaces, or the text itself.
func spaceless(text string) string {
	var out bytes.Buffer
	if json.Compact(&out, []byte(text)) != nil {
		return text
	}
	return out.String()
}

// said reads a neutral answer the same way.
func said(t *testing.T, r *llm.Response) (out reading) {
	t.Helper()
	for _, p := range r.Choices[0].Message.Parts {
		switch p.Kind {
		case llm.PartText:
			out.Text += p.Text
			out.Cites += len(p.Citations)
		case llm.PartReasoning:
			out.Thoughts += p.Text
			out.Signature += p.Signature
		case llm.PartOpaque:
			out.Own++
		case llm.PartToolCall:
			if p.Call.ID == "" || !json.Valid([]byte(p.Call.Arguments)) {
				t.Errorf("call %+v", p.Call)
			}
			out.Calls = append(out.Calls, p.Call.Name+" "+spaceless(p.Call.Arguments))
		}
	}
	out.Finish = r.Choices[0].Finish
	if u := r.Usage; u != nil {
		out.Input, out.Read, out.Write, out.Output = u.Input, u.CacheRead, u.CacheWrite(), u.OutputTotal()
	}
	return out
}

// streamed gathers a stream, read in one piece and byte by byte.
func streamed(t *testing.T, id string, body []byte) (*llm.Response, error) {
	t.Helper()
	events, err := drain(Dialect{}.NewStreamDecoder(bytes.NewReader(body), llm.StreamOptions{}))
	if err := legal(events); err != nil {
		t.Errorf("%s: %v", id, err)
	}
	again, errAgain := drain(Dialect{}.NewStreamDecoder(iotest.OneByteReader(bytes.NewReader(body)), llm.StreamOptions{}))
	if diff := cmp.Diff(events, again); diff != "" || err.Error() != errAgain.Error() {
		t.Errorf("%s: read byte by byte: %v %s", id, errAgain, diff)
	}
	if n := len(events); n > 0 && events[n-1].Kind == llm.EventError {
		return gather(events), events[n-1].Err
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	r := gather(events)
	if len(r.Choices) > 0 && len(r.Choices[0].Message.Parts) > 0 {
		hoist(r, events)
	}
	return r, err
}

// hoist puts citations that came before any text on the first text.
func hoist(r *llm.Response, events []llm.Event) {
	var early []llm.Citation
	for i := range events {
		if events[i].Kind == llm.EventText {
			break
		}
		if events[i].Kind == llm.EventCitation {
			early = append(early, *events[i].Citation)
		}
	}
	for i := range r.Choices[0].Message.Parts {
		if p := &r.Choices[0].Message.Parts[i]; p.Kind == llm.PartText {
			p.Citations = append(early, p.Citations...)
			return
		}
	}
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
		if err != nil {
			t.Errorf("%s: %v", x.ID, err)
			continue
		}
		if diff := cmp.Diff(want, said(t, r)); diff != "" {
			t.Errorf("%s: decoded otherwise (-want +got):\n%s", x.ID, diff)
		}
		whole, err := Dialect{}.AppendResponse(nil, r, llm.View{})
		if err != nil || !json.Valid(whole) {
			t.Fatalf("%s: %v %s", x.ID, err, whole)
		}
		back, err := Dialect{}.DecodeResponse(whole)
		if err != nil || !cmp.Equal(r, back) {
			t.Errorf("%s: encoded otherwise: %v %s", x.ID, err, cmp.Diff(r, back))
		}
		stream := encodeAll(Dialect{}.NewStreamEncoder(llm.View{}), replay(r))
		if diff := cmp.Diff(want, read(t, stream)); diff != "" {
			t.Errorf("%s: streamed otherwise (-want +got):\n%s", x.ID, diff)
		}
		if back, err = streamed(t, x.ID, stream); err != nil || !cmp.Equal(want, said(t, back)) {
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
		if x.Response.Frames != nil {
			var facts *llm.AnswerFacts
			out, facts, err = relayed(iotest.HalfReader(bytes.NewReader(x.body())))
			f = *facts
		} else {
			out, err = Dialect{}.EditResponse(nil, x.Response.Body, "public", &f)
		}
		if x.Response.Status != 200 {
			var e *llm.Error
			if !errors.As(err, &e) || len(out) > 0 {
				t.Errorf("%s: ended with %v", x.ID, err)
			}
			continue
		}
		if err != nil || !bytes.Equal(out, x.body()) {
			t.Errorf("%s: %v, passed as %q", x.ID, err, out)
		}
		want := read(t, x.body())
		if f.Finish != want.Finish || !f.HasUsage || f.Usage.Input != want.Input || f.Usage.CacheRead != want.Read || f.Usage.OutputTotal() != want.Output ||
			!f.Content || f.OutputBytes < int64(len(want.Text)+len(want.Thoughts)) {
			t.Errorf("%s: facts %+v, want %+v", x.ID, f, want)
		}
	}
}

// TestRecordedFrames checks that frames come out as Amazon writes them.
func TestRecordedFrames(t *testing.T) {
	t.Parallel()
	n := 0
	for _, x := range recorded(t) {
		for _, raw := range framesOf(x.Response.Frames) {
			var f frame
			if err := f.parse(raw); err != nil {
				t.Fatalf("%s: %v", x.ID, err)
			}
			got := endFrame(append(beginFrame(nil, f.kind, string(f.name)), f.payload...), 0)
			if !bytes.Equal(got, raw) || !bytes.Equal(reframe(nil, f.headers, f.payload), raw) {
				t.Errorf("%s: %q became %q", x.ID, raw, got)
			}
			n++
		}
	}
	t.Logf("%d frames written again", n)
}

// relayed passes a stream through.
func relayed(body io.Reader) ([]byte, *llm.AnswerFacts, error) {
	r := Dialect{}.NewRelay(llm.RelayOptions{Model: "public"})
	frames := Dialect{}.NewSplitter(body, 0)
	defer frames.Release()
	var out []byte
	for {
		raw, err := frames.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, r.Facts(), err
		}
		if out, err = r.Event(out, raw); err != nil {
			return out, r.Facts(), err
		}
	}
	out, err := r.End(out)
	return out, r.Facts(), err
}
