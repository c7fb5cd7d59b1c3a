package gemini

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// exchange is one recorded call.
type exchange struct {
	ID       string `json:"id"`
	API      string `json:"api"`
	Family   string `json:"family"`
	Model    string `json:"model"`
	Stream   bool   `json:"stream"`
	Provider string `json:"provider"`
	Request  *struct {
		Body json.RawMessage `json:"body"`
	} `json:"request"`
	Response struct {
		Status   int             `json:"status"`
		Body     json.RawMessage `json:"body"`
		BodyText string          `json:"body_text"`
	} `json:"response"`
}

// body is the answer's body as it came.
func (x *exchange) body() []byte {
	if x.Response.BodyText != "" {
		return []byte(x.Response.BodyText)
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
	paths, err := filepath.Glob(filepath.Join(dir, "exchanges", "*.generateContent", "*.json"))
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
		if x.Family == "gemini_generate_content" {
			list = append(list, x)
		}
	}
	return list
}

// reading is an answer by a plain reading of it.
type reading struct {
	Text, Thoughts string
	Calls          []string
	Media          int
	Finish         llm.Finish
	Input, Output  int64
}

type plainChunk struct {
	Candidates []struct {
		Index   int
		Content struct {
			Parts []struct {
				Text         string
				Thought      bool
				InlineData   *struct{ Data string }
				FunctionCall *struct {
					Name string
					Args any
				}
			}
		}
		FinishReason any
	}
	PromptFeedback *struct{ BlockReason any }
	UsageMetadata  *struct {
		PromptTokenCount, CandidatesTokenCount, ThoughtsTokenCount, ToolUsePromptTokenCount int64
	}
}

// plainFinish are the reasons to finish that the recordings have.
var plainFinish = map[any]llm.Finish{
	nil: "", "STOP": llm.FinishStop, 1.0: llm.FinishStop, "MAX_TOKENS": llm.FinishLength, "SAFETY": llm.FinishContentFilter,
	"RECITATION": llm.FinishContentFilter, "UNEXPECTED_TOOL_CALL": llm.FinishStop, "FAKE_NEW_FINISH_REASON": llm.FinishStop,
}

// read reads a body the plain way, first candidate only.
func read(t *testing.T, body []byte) reading {
	t.Helper()
	var chunks []plainChunk
	body = bytes.TrimSpace(body)
	switch body[0] {
	case '[':
		if err := json.Unmarshal(body, &chunks); err != nil {
			t.Fatal(err)
		}
	case '{':
		chunks = make([]plainChunk, 1)
		if err := json.Unmarshal(body, &chunks[0]); err != nil {
			t.Fatal(err)
		}
	default:
		for line := range strings.Lines(string(body)) {
			data, ok := strings.CutPrefix(line, "data:")
			if !ok {
				continue
			}
			var c plainChunk
			if err := json.Unmarshal([]byte(data), &c); err != nil {
				t.Fatal(err)
			}
			chunks = append(chunks, c)
		}
	}
	var r reading
	for _, c := range chunks {
		if u := c.UsageMetadata; u != nil && u.PromptTokenCount+u.CandidatesTokenCount+u.ThoughtsTokenCount > 0 {
			r.Input, r.Output = u.PromptTokenCount+u.ToolUsePromptTokenCount, u.CandidatesTokenCount+u.ThoughtsTokenCount
		}
		if c.PromptFeedback != nil && c.PromptFeedback.BlockReason != nil {
			r.Finish = llm.FinishContentFilter
		}
		for _, k := range c.Candidates {
			if k.Index != 0 {
				continue
			}
			for _, p := range k.Content.Parts {
				switch {
				case p.FunctionCall != nil:
					args, _ := json.Marshal(p.FunctionCall.Args)
					if p.FunctionCall.Args == nil {
						args = []byte("{}")
					}
					r.Calls = append(r.Calls, p.FunctionCall.Name+string(args))
				case p.InlineData != nil:
					r.Media++
				case p.Thought:
					r.Thoughts += p.Text
				default:
					r.Text += p.Text
				}
			}
			f, ok := plainFinish[k.FinishReason]
			if !ok {
				t.Errorf("reason to finish %v is not in the test's list", k.FinishReason)
			}
			if f != "" {
				r.Finish = f
			}
			if f == llm.FinishStop && len(r.Calls) > 0 && k.FinishReason != "UNEXPECTED_TOOL_CALL" {
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
	c := &r.Choices[0]
	for _, p := range c.Message.Parts {
		switch p.Kind {
		case llm.PartText:
			out.Text += p.Text
		case llm.PartReasoning:
			out.Thoughts += p.Text
		case llm.PartToolCall:
			out.Calls = append(out.Calls, p.Call.Name+compact(t, p.Call.Arguments))
			if p.Call.ID == "" {
				t.Error("a tool call has no id")
			}
		case llm.PartImage:
			out.Media++
		}
	}
	out.Finish = c.Finish
	if r.Usage != nil {
		out.Input, out.Output = r.Usage.InputTotal(), r.Usage.OutputTotal()
	}
	return out
}

// compact is a JSON text with its keys in order and no spaces.
func compact(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	b, _ := json.Marshal(v)
	return string(b)
}

// decodeStream gathers a stream into an answer.
func decodeStream(t testing.TB, body io.Reader, o llm.StreamOptions) (*llm.Response, error) {
	t.Helper()
	r := &llm.Response{Choices: []llm.Choice{choice("", "")}}
	d := Dialect{}.NewStreamDecoder(body, o)
	ended := false
	for {
		events, err := d.Next()
		if err != nil {
			if errors.Is(err, io.EOF) && !ended {
				t.Error("the stream ended without EventEnd")
			}
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return r, err
		}
		if len(events) == 0 {
			t.Fatal("no events and no error")
		}
		for i := range events {
			if ended {
				t.Errorf("event %d after the end", events[i].Kind)
			}
			if events[i].Kind == llm.EventError {
				return r, events[i].Err
			}
			ended = collect(r, &events[i])
		}
	}
}

// collect puts an event into an answer and reports whether it was the last.
func collect(r *llm.Response, e *llm.Event) bool {
	for len(r.Choices) <= e.Choice {
		r.Choices = append(r.Choices, at(len(r.Choices), choice("", "")))
	}
	c := &r.Choices[e.Choice]
	parts := &c.Message.Parts
	last := func() *llm.Part {
		if len(*parts) == 0 {
			*parts = append(*parts, llm.Part{Kind: llm.PartText})
		}
		return &(*parts)[len(*parts)-1]
	}
	text := func(k llm.PartKind) {
		if n := len(*parts); n == 0 || (*parts)[n-1].Kind != k || (*parts)[n-1].Signature != "" {
			*parts = append(*parts, llm.Part{Kind: k})
		}
		last().Text += strings.Clone(e.Text)
	}
	if e.LogProbs != nil {
		c.LogProbs = bytes.Clone(e.LogProbs)
	}
	switch e.Kind {
	case llm.EventStart:
		r.ID, r.Model, r.Created = e.ID, e.Model, e.Created
	case llm.EventText:
		text(llm.PartText)
	case llm.EventReasoning:
		text(llm.PartReasoning)
		last().Issuer = llm.IssuerGoogle // whose stream it is
	case llm.EventSignature:
		last().Signature, last().Issuer = e.Signature, e.Issuer
	case llm.EventToolStart:
		*parts = append(*parts, llm.Part{
			Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: e.ID, Name: e.Name}, Signature: e.Signature, Issuer: e.Issuer,
		})
	case llm.EventToolArguments:
		last().Call.Arguments += e.Text
	case llm.EventMedia:
		*parts = append(*parts, llm.Part{Kind: kindOf(e.Media.MIMEType), Media: e.Media})
	case llm.EventOpaque:
		*parts = append(*parts, llm.Part{Kind: llm.PartOpaque, Data: bytes.Clone(e.Data), Issuer: e.Issuer})
	case llm.EventCitation:
		for i := range *parts {
			if (*parts)[i].Kind == llm.PartText {
				(*parts)[i].Citations = append((*parts)[i].Citations, *e.Citation)
				break
			}
		}
	case llm.EventFinish:
		c.Finish, c.NativeFinish = e.Finish, e.NativeFinish
	case llm.EventUsage:
		r.Usage = e.Usage
	case llm.EventEnd:
		return true
	}
	return false
}

// unusable are the recorded answers that are none: nothing but a spoiled call.
var unusable = map[string]bool{"gemini-generate-content-57ab7b77": true}

func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	counts := map[string]int{}
	for _, x := range recorded(t) {
		if x.Response.Status != 200 {
			counts["errors"]++
			_, err := Dialect{}.DecodeResponse(x.body())
			var e *llm.Error
			if !errors.As(err, &e) || e.Status != x.Response.Status || e.Message == "" {
				t.Errorf("%s: error %+v, want status %d", x.ID, err, x.Response.Status)
			}
			continue
		}
		body := x.body()
		var r *llm.Response
		var err error
		if x.Stream {
			counts[map[bool]string{true: "lists", false: "streams"}[body[0] == '[']]++
			r, err = decodeStream(t, bytes.NewReader(body), llm.StreamOptions{})
		} else {
			counts["whole"]++
			r, err = Dialect{}.DecodeResponse(body)
		}
		if unusable[x.ID] {
			counts["unusable"]++
			var e *llm.Error
			if !errors.As(err, &e) || e.Class != llm.ClassBadOutput {
				t.Errorf("%s: error %v, want bad output", x.ID, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", x.ID, err)
			continue
		}
		want := read(t, body)
		if diff := cmp.Diff(want, said(t, r)); diff != "" {
			t.Errorf("%s: decoded otherwise (-want +got):\n%s", x.ID, diff)
		}
		if r.Usage != nil {
			if u := *r.Usage; u.Suspect || u.Input < 0 {
				t.Errorf("%s: usage %+v", x.ID, u)
			}
		}
		again(t, x.ID, r, want)
	}
	t.Logf("decoded and encoded again: %v", counts)
}

// again encodes an answer on the front, whole and streamed, and reads that.
func again(t *testing.T, id string, r *llm.Response, want reading) {
	t.Helper()
	v := llm.View{Model: "public", ID: "made-up"}
	whole, err := Dialect{}.AppendResponse(nil, r, v)
	if err != nil {
		t.Errorf("%s: %v", id, err)
		return
	}
	if !json.Valid(whole) || !bytes.Contains(whole, []byte(`"modelVersion":"public"`)) {
		t.Errorf("%s: encoded to %s", id, whole)
		return
	}
	back, err := Dialect{}.DecodeResponse(whole)
	if err != nil {
		if want.Finish == llm.FinishContentFilter && want.Text == "" {
			return
		}
		t.Errorf("%s: what was encoded does not decode: %v", id, err)
		return
	}
	if diff := cmp.Diff(want, said(t, back)); diff != "" {
		t.Errorf("%s: encoded otherwise (-want +got):\n%s", id, diff)
	}
	if diff := cmp.Diff(cited(r.Choices[0].Message.Parts), back.Choices[0].Message.Parts); diff != "" {
		t.Errorf("%s: parts encoded otherwise (-want +got):\n%s", id, diff)
	}
	streamed, err := decodeStream(t, bytes.NewReader(encodeStream(r, v)), llm.StreamOptions{})
	if err != nil {
		t.Errorf("%s: what was streamed does not decode: %v", id, err)
		return
	}
	if diff := cmp.Diff(want, said(t, streamed)); diff != "" {
		t.Errorf("%s: streamed otherwise (-want +got):\n%s", id, diff)
	}
}

// cited are parts whose citations that name no piece of the text stand there
// once, as the dialect tells them.
func cited(parts []llm.Part) []llm.Part {
	parts = slices.Clone(parts)
	for i := range parts {
		var list []llm.Citation
		for _, c := range parts[i].Citations {
			if c.End > 0 || !slices.Contains(list, c) {
				list = append(list, c)
			}
		}
		parts[i].Citations = list
	}
	return parts
}

// encodeStream streams an answer on the front.
func encodeStream(r *llm.Response, v llm.View) []byte {
	s := Dialect{}.NewStreamEncoder(v)
	var dst []byte
	send := func(e llm.Event) { dst = s.Append(dst, &e) }
	send(llm.Event{Kind: llm.EventStart, ID: r.ID, Model: r.Model})
	for _, c := range r.Choices {
		index := 0
		for i := range c.Message.Parts {
			p := &c.Message.Parts[i]
			e := llm.Event{Choice: c.Index, Text: p.Text, Media: p.Media, Data: p.Data, Issuer: p.Issuer}
			switch p.Kind {
			case llm.PartText:
				e.Kind, e.LogProbs = llm.EventText, c.LogProbs
			case llm.PartReasoning:
				e.Kind = llm.EventReasoning
			case llm.PartOpaque:
				e.Kind = llm.EventOpaque
			case llm.PartImage:
				e.Kind = llm.EventMedia
			case llm.PartToolCall:
				send(llm.Event{Kind: llm.EventToolStart, Choice: c.Index, Index: index, ID: p.Call.ID, Name: p.Call.Name, Signature: p.Signature, Issuer: p.Issuer})
				for _, piece := range p.Call.Arguments {
					send(llm.Event{Kind: llm.EventToolArguments, Choice: c.Index, Index: index, Text: string(piece)})
				}
				e = llm.Event{Kind: llm.EventToolEnd, Choice: c.Index, Index: index}
				index++
			}
			send(e)
			if p.Signature != "" && p.Kind != llm.PartToolCall {
				send(llm.Event{Kind: llm.EventSignature, Choice: c.Index, Signature: p.Signature, Issuer: p.Issuer})
			}
			for j := range p.Citations {
				send(llm.Event{Kind: llm.EventCitation, Choice: c.Index, Citation: &p.Citations[j]})
			}
		}
		send(llm.Event{Kind: llm.EventFinish, Choice: c.Index, Finish: c.Finish, NativeFinish: c.NativeFinish})
	}
	if r.Usage != nil {
		send(llm.Event{Kind: llm.EventUsage, Usage: r.Usage})
	}
	send(llm.Event{Kind: llm.EventEnd})
	return dst
}
