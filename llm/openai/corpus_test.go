package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	goopenai "github.com/sashabaranov/go-openai"

	"github.com/fairwaygw/fairway/llm"
)

// exchange is one recorded call.
type exchange struct {
	ID       string `json:"id"`
	Family   string `json:"family"`
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

// recorded returns the recorded chat completions, none when they are not here.
func recorded(t *testing.T) []exchange {
	t.Helper()
	dir := os.Getenv("FAIRWAY_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "exchanges", "*", "*.json"))
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
		if x.Family == "openai_chat" {
			list = append(list, x)
		}
	}
	return list
}

// refused are the recorded requests that may not be decoded, with the place of
// the fault.
var refused = map[string]string{
	"llamacpp-chat-3a00ece2": "messages[0].content[1].image_url.url", // an image at 127.0.0.1
}

func TestRecordedRequests(t *testing.T) {
	t.Parallel()
	decoded, denied := 0, 0
	for _, x := range recorded(t) {
		if x.Request == nil || len(x.Request.Body) == 0 {
			continue
		}
		r, err := Dialect{}.DecodeRequest(x.Request.Body)
		if err != nil {
			var e *llm.Error
			if !errors.As(err, &e) || refused[x.ID] != e.Param || x.Response.Status < 400 {
				t.Errorf("%s (answered %d): %v", x.ID, x.Response.Status, err)
			}
			denied++
			continue
		}
		decoded++
		var plain struct {
			Model    string
			Messages []json.RawMessage
			Tools    []json.RawMessage
			Stream   bool
		}
		if err := json.Unmarshal(x.Request.Body, &plain); err != nil {
			t.Fatal(err)
		}
		if r.Model != plain.Model || len(r.Messages) != len(plain.Messages) || r.Stream != plain.Stream || len(plain.Tools) > len(r.Tools) {
			t.Errorf("%s: decoded %d messages and %d tools for %q", x.ID, len(r.Messages), len(r.Tools), r.Model)
		}
		encoded, err := Dialect{}.AppendRequest(nil, r, llm.Target{Model: r.Model, Vendor: x.Provider})
		if err != nil {
			t.Errorf("%s: %v", x.ID, err)
			continue
		}
		if !json.Valid(encoded.Body) {
			t.Errorf("%s: encoded to invalid JSON: %s", x.ID, encoded.Body)
			continue
		}
		if _, err := (Dialect{}).DecodeRequest(encoded.Body); err != nil {
			t.Errorf("%s: what was encoded does not decode: %v", x.ID, err)
		}
	}
	t.Logf("%d requests decoded, %d refused", decoded, denied)
}

// said is what one alternative of an answer says, by a plain reading of it.
type said struct {
	Text, Reasoning, Refusal string
	Tools                    []llm.ToolCall
	Finish                   string
}

// reading is a recorded answer by a plain reading.
type reading struct {
	Choices            []said
	Prompt, Completion int64
	HasUsage           bool
}

// fragment has the fields of messages and deltas that the recordings hold.
type fragment struct {
	Content          json.RawMessage
	Refusal          string
	Reasoning        string
	ReasoningContent string                           `json:"reasoning_content"`
	ReasoningDetails []struct{ Text, Summary string } `json:"reasoning_details"`
	ToolCalls        []struct {
		Index    *int
		ID       string
		Function struct{ Name, Arguments string }
	} `json:"tool_calls"`
	FunctionCall *struct{ Name, Arguments string } `json:"function_call"`
}

type plainUsage struct {
	Prompt     int64 `json:"prompt_tokens"`
	Completion int64 `json:"completion_tokens"`
	Total      int64 `json:"total_tokens"`
}

type plainAnswer struct {
	Choices []struct {
		Index          int
		Message, Delta *fragment
		FinishReason   string `json:"finish_reason"`
	}
	Usage *plainUsage
	XGroq *struct{ Usage *plainUsage } `json:"x_groq"`
}

func (r *reading) add(b []byte, whole bool) error {
	var a plainAnswer
	if err := json.Unmarshal(b, &a); err != nil {
		return err
	}
	if a.XGroq != nil && a.XGroq.Usage != nil {
		r.Prompt, r.Completion, r.HasUsage = a.XGroq.Usage.Prompt, a.XGroq.Usage.Completion, true
	}
	if a.Usage != nil {
		r.Prompt, r.Completion, r.HasUsage = a.Usage.Prompt, a.Usage.Completion, true
		r.Completion = max(r.Completion, a.Usage.Total-r.Prompt)
	}
	for _, c := range a.Choices {
		for c.Index >= len(r.Choices) {
			r.Choices = append(r.Choices, said{})
		}
		s := &r.Choices[c.Index]
		if c.FinishReason != "" {
			s.Finish = c.FinishReason
		}
		f := c.Delta // in chunks; Perplexity has both everywhere
		if whole || f == nil {
			f = c.Message
		}
		if f != nil {
			s.add(f)
		}
	}
	return nil
}

func (s *said) add(f *fragment) {
	var text string
	var parts []struct {
		Text     string
		Thinking []struct{ Text string }
	}
	var compact bytes.Buffer
	switch {
	case len(f.Content) == 0 || json.Unmarshal(f.Content, &text) == nil:
		s.Text += text
	case json.Unmarshal(f.Content, &parts) == nil:
		for _, p := range parts {
			s.Text += p.Text
			for _, t := range p.Thinking {
				s.Reasoning += t.Text
			}
		}
	case json.Compact(&compact, f.Content) == nil:
		s.Text += compact.String()
	}
	s.Refusal += f.Refusal
	if f.ReasoningContent != "" {
		s.Reasoning += f.ReasoningContent
	} else if f.Reasoning != "" {
		s.Reasoning += f.Reasoning
	} else {
		for _, d := range f.ReasoningDetails {
			s.Reasoning += d.Text + d.Summary
		}
	}
	for _, t := range f.ToolCalls {
		if t.ID != "" && (len(s.Tools) == 0 || s.Tools[len(s.Tools)-1].ID != t.ID) {
			s.Tools = append(s.Tools, llm.ToolCall{ID: t.ID})
		}
		last := &s.Tools[len(s.Tools)-1]
		last.Name += t.Function.Name
		last.Arguments += t.Function.Arguments
	}
	if c := f.FunctionCall; c != nil && c.Name != "" {
		s.Tools = append(s.Tools, llm.ToolCall{Name: c.Name, Arguments: c.Arguments})
	}
}

// settle writes the reading as the neutral form has it.
func (r *reading) settle() {
	for i := range r.Choices {
		s := &r.Choices[i]
		switch s.Finish {
		case "length", "content_filter":
		default:
			s.Finish = "stop"
			if len(s.Tools) > 0 {
				s.Finish = "tool_calls"
			}
		}
		for j := range s.Tools {
			if s.Tools[j].Arguments == "" && s.Finish != "length" {
				s.Tools[j].Arguments = "{}"
			}
		}
	}
}

func neutralReading(r *llm.Response) reading {
	var out reading
	for i := range r.Choices {
		c := &r.Choices[i]
		s := said{Finish: string(c.Finish)}
		for _, p := range c.Message.Parts {
			switch p.Kind {
			case llm.PartText:
				s.Text += p.Text
			case llm.PartReasoning:
				s.Reasoning += p.Text
			case llm.PartRefusal:
				s.Refusal += p.Text
			case llm.PartToolCall:
				s.Tools = append(s.Tools, *p.Call)
			}
		}
		out.Choices = append(out.Choices, s)
	}
	if r.Usage != nil {
		out.HasUsage = true
		out.Prompt, out.Completion = r.Usage.InputTotal(), r.Usage.OutputTotal()
	}
	return out
}

// odd are recordings whose figures are not what they say: Mistral counts sound
// beside the prompt, and Vercel reasoning beside the completion.
var odd = map[string][2]int64{
	"mistral-chat-407ba119":        {386, 15},
	"vercel-gateway-chat-2fb3a458": {40, 126},
}

func (r *reading) correct(id string) {
	if n, ok := odd[id]; ok {
		r.Prompt, r.Completion = n[0], n[1]
	}
}

// withoutInvented forgets ids of calls that the recording gives none.
func withoutInvented(got, want reading) reading {
	for i := range min(len(got.Choices), len(want.Choices)) {
		for j := range min(len(got.Choices[i].Tools), len(want.Choices[i].Tools)) {
			if want.Choices[i].Tools[j].ID == "" && got.Choices[i].Tools[j].ID != "" {
				got.Choices[i].Tools[j].ID = ""
			}
		}
	}
	return got
}

func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	whole, streams, failures := 0, 0, 0
	for _, x := range recorded(t) {
		switch {
		case x.Response.Status != 200:
			failures++
			checkRecordedError(t, x)
		case x.Response.BodyText != "":
			streams++
			checkRecordedStream(t, x)
		default:
			whole++
			checkRecordedWhole(t, x)
		}
	}
	t.Logf("%d whole answers, %d streams, %d errors", whole, streams, failures)
}

func checkRecordedError(t *testing.T, x exchange) {
	t.Helper()
	body := []byte(x.Response.Body)
	if len(body) == 0 {
		body = []byte(x.Response.BodyText)
	}
	_, err := Dialect{}.DecodeResponse(body)
	var e *llm.Error
	if !errors.As(err, &e) || e.Message == "" {
		t.Errorf("%s: decoding an error gave %v", x.ID, err)
	}
	// The same body after a status of 200, where a stream was expected.
	d := Dialect{}.NewStreamDecoder(bytes.NewReader(body), llm.StreamOptions{})
	if _, err := d.Next(); !errors.As(err, &e) {
		t.Errorf("%s: decoding an error instead of a stream gave %v", x.ID, err)
	}
}

func checkRecordedWhole(t *testing.T, x exchange) {
	t.Helper()
	var want reading
	if err := want.add(x.Response.Body, true); err != nil {
		t.Errorf("%s: reading the recording: %v", x.ID, err)
		return
	}
	want.settle()
	want.correct(x.ID)
	r, err := Dialect{}.DecodeResponse(x.Response.Body)
	if err != nil {
		t.Errorf("%s: %v", x.ID, err)
		return
	}
	got := withoutInvented(neutralReading(r), want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: -recorded +decoded\n%s", x.ID, diff)
	}

	b, err := Dialect{}.AppendResponse(nil, r, llm.View{Model: "public", ID: "x"})
	if err != nil {
		t.Errorf("%s: %v", x.ID, err)
		return
	}
	var seen goopenai.ChatCompletionResponse
	if err := json.Unmarshal(b, &seen); err != nil {
		t.Errorf("%s: go-openai does not read %s: %v", x.ID, b, err)
		return
	}
	if seen.Model != "public" {
		t.Errorf("%s: model %q", x.ID, seen.Model)
	}
	if diff := cmp.Diff(want, withoutInvented(goopenaiReading(seen), want)); diff != "" {
		t.Errorf("%s: -recorded +seen by go-openai\n%s", x.ID, diff)
	}
}

func goopenaiReading(r goopenai.ChatCompletionResponse) reading {
	var out reading
	for _, c := range r.Choices {
		s := said{Text: c.Message.Content, Reasoning: c.Message.ReasoningContent, Refusal: c.Message.Refusal, Finish: string(c.FinishReason)}
		for _, tc := range c.Message.ToolCalls {
			s.Tools = append(s.Tools, llm.ToolCall{ID: tc.ID, Name: tc.Function.Name, Arguments: tc.Function.Arguments})
		}
		out.Choices = append(out.Choices, s)
	}
	out.Prompt, out.Completion = int64(r.Usage.PromptTokens), int64(r.Usage.CompletionTokens)
	out.HasUsage = r.Usage.TotalTokens != 0
	return out
}

func checkRecordedStream(t *testing.T, x exchange) {
	t.Helper()
	var want reading
	failed := false
	for line := range strings.Lines(x.Response.BodyText) {
		data, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "data:")
		if data = strings.TrimSpace(data); !ok || data == "[DONE]" {
			continue
		}
		failed = failed || strings.HasPrefix(data, `{"error"`)
		if err := want.add([]byte(data), false); err != nil {
			t.Errorf("%s: reading the recording: %v", x.ID, err)
			return
		}
	}
	want.settle()
	want.correct(x.ID)

	events, err := drain(Dialect{}.NewStreamDecoder(strings.NewReader(x.Response.BodyText), llm.StreamOptions{}))
	if err := legal(events); err != nil {
		t.Errorf("%s: %v", x.ID, err)
	}
	last := events[len(events)-1].Kind
	if failed {
		if last != llm.EventError {
			t.Errorf("%s: a stream with an error ends with event %d", x.ID, last)
		}
		return
	}
	if !errors.Is(err, io.EOF) || last != llm.EventEnd {
		t.Errorf("%s: ended with event %d and %v", x.ID, last, err)
		return
	}
	if diff := cmp.Diff(want, withoutInvented(neutralReading(gather(events)), want)); diff != "" {
		t.Errorf("%s: -recorded +decoded\n%s", x.ID, diff)
	}

	var front []byte
	enc := Dialect{}.NewStreamEncoder(llm.View{Model: "public", ID: "x", IncludeUsage: true})
	for i := range events {
		front = enc.Append(front, &events[i])
	}
	var seen reading
	for line := range strings.Lines(string(front)) {
		data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: ")
		if !ok || data == "[DONE]" {
			continue
		}
		var chunk goopenai.ChatCompletionStreamResponse
		if err := json.Unmarshal([]byte(data), &chunk); err != nil {
			t.Errorf("%s: go-openai does not read %s: %v", x.ID, data, err)
			return
		}
		if chunk.Model != "public" || chunk.Object != "chat.completion.chunk" {
			t.Errorf("%s: chunk of %q is a %q", x.ID, chunk.Model, chunk.Object)
		}
		if err := seen.add([]byte(data), false); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(want, withoutInvented(seen, want)); diff != "" {
		t.Errorf("%s: -recorded +encoded again\n%s", x.ID, diff)
	}
}
