package responses

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

// recorded returns the recorded responses, none when they are not here.
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
		if x.Family == "openai_responses" {
			list = append(list, x)
		}
	}
	return list
}

// reading is a recorded answer by a plain reading.
type reading struct {
	Text, Reasoning, Refusal string
	Encrypted                []string
	Tools                    []llm.ToolCall
	Hosted                   int
	Sources                  []string
	Finish                   string
	Input, Output, Thought   int64
	HasUsage                 bool
}

type plainItem struct {
	Type, Name, Arguments string
	CallID                string `json:"call_id"`
	Namespace             string
	Encrypted             string `json:"encrypted_content"`
	Summary               []struct{ Text string }
	Content               []struct {
		Type, Text, Refusal string
		Annotations         []struct{ URL string }
	}
}

func (i *plainItem) UnmarshalJSON(b []byte) error {
	type bare plainItem
	// The arguments of hosted tools may be an object.
	var in struct {
		bare
		Arguments json.RawMessage
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*i = plainItem(in.bare)
	_ = json.Unmarshal(in.Arguments, &i.Arguments)
	return nil
}

type plainAnswer struct {
	Status     string
	Incomplete *struct{ Reason string } `json:"incomplete_details"`
	Output     []plainItem
	Usage      *struct {
		Input  int64 `json:"input_tokens"`
		Output int64 `json:"output_tokens"`
		Detail struct {
			Thought int64 `json:"reasoning_tokens"`
		} `json:"output_tokens_details"`
	}
}

func (r *reading) add(items ...plainItem) {
	for _, i := range items {
		switch i.Type {
		case "message":
			for _, c := range i.Content {
				r.Text += c.Text
				r.Refusal += c.Refusal
				for _, a := range c.Annotations {
					if a.URL != "" {
						r.Sources = append(r.Sources, a.URL)
					}
				}
			}
		case "reasoning":
			parts := i.Summary
			for _, c := range i.Content {
				parts = append(parts, struct{ Text string }{c.Text})
			}
			for n, p := range parts {
				if n > 0 {
					r.Reasoning += "\n\n"
				}
				r.Reasoning += p.Text
			}
			if i.Encrypted != "" {
				r.Encrypted = append(r.Encrypted, i.Encrypted)
			}
		case "function_call":
			r.Tools = append(r.Tools, llm.ToolCall{ID: i.CallID, Name: qualified(i.Namespace, i.Name), Arguments: i.Arguments})
		default:
			r.Hosted++
		}
	}
}

// settle adds how the answer ended.
func (r *reading) settle(a *plainAnswer) {
	switch {
	case a.Status == "incomplete" && a.Incomplete.Reason == "max_output_tokens":
		r.Finish = "length"
	case a.Status == "incomplete":
		r.Finish = "content_filter"
	case len(r.Tools) > 0:
		r.Finish = "tool_calls"
	default:
		r.Finish = "stop"
	}
	if a.Usage != nil {
		r.Input, r.Output, r.Thought, r.HasUsage = a.Usage.Input, a.Usage.Output, a.Usage.Detail.Thought, true
	}
}

func neutralReading(r *llm.Response) reading {
	var out reading
	for i := range r.Choices {
		c := &r.Choices[i]
		out.Finish = string(c.Finish)
		for _, p := range c.Message.Parts {
			for _, cite := range p.Citations {
				out.Sources = append(out.Sources, cite.URL)
			}
			switch p.Kind {
			case llm.PartText:
				out.Text += p.Text
			case llm.PartReasoning:
				out.Reasoning += p.Text
				if p.Signature != "" {
					out.Encrypted = append(out.Encrypted, p.Signature)
				}
			case llm.PartRefusal:
				out.Refusal += p.Text
			case llm.PartToolCall:
				out.Tools = append(out.Tools, *p.Call)
			case llm.PartOpaque, llm.PartImage:
				out.Hosted++
			}
		}
	}
	if r.Usage != nil {
		out.HasUsage = true
		out.Input, out.Output, out.Thought = r.Usage.InputTotal(), r.Usage.OutputTotal(), r.Usage.Reasoning
	}
	return out
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
	var plain plainAnswer
	if err := json.Unmarshal(x.Response.Body, &plain); err != nil {
		t.Fatal(x.ID, err)
	}
	var want reading
	want.add(plain.Output...)
	want.settle(&plain)
	r, err := Dialect{}.DecodeResponse(x.Response.Body)
	if err != nil {
		t.Errorf("%s: %v", x.ID, err)
		return
	}
	if diff := cmp.Diff(want, neutralReading(r)); diff != "" {
		t.Errorf("%s: -recorded +decoded\n%s", x.ID, diff)
	}

	b, err := Dialect{}.AppendResponse(nil, r, llm.View{Model: "public", ID: "x"})
	if err != nil {
		t.Errorf("%s: %v", x.ID, err)
		return
	}
	checkComplete(t, x.ID, b)
	var again plainAnswer
	if err := json.Unmarshal(b, &again); err != nil {
		t.Errorf("%s: %v in %s", x.ID, err, b)
		return
	}
	var seen reading
	seen.add(again.Output...)
	seen.settle(&again)
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("%s: -recorded +encoded again\n%s", x.ID, diff)
	}
}

// streamed is an event of a stream by a plain reading.
type streamed struct {
	Type     string
	Sequence *int `json:"sequence_number"`
	Response *plainAnswer
	Item     *plainItem
}

func streamedEvents(t *testing.T, id, text string) []streamed {
	t.Helper()
	var list []streamed
	for line := range strings.Lines(text) {
		data, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "data:")
		if data = strings.TrimSpace(data); !ok || data == "[DONE]" {
			continue
		}
		var e streamed
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatalf("%s: %v in %s", id, err, data)
		}
		list = append(list, e)
	}
	return list
}

// readStream is what the items of a stream say, and whether it failed. Some
// servers leave items out at the end, and some tell of their end there only.
func readStream(events []streamed) (r reading, failed bool) {
	var done []plainItem
	for _, e := range events {
		switch e.Type {
		case "response.output_item.done":
			done = append(done, *e.Item)
		case "response.completed", "response.incomplete":
			if len(e.Response.Output) > len(done) {
				done = e.Response.Output
			}
			r.add(done...)
			r.settle(e.Response)
		case "error":
			failed = true
		}
	}
	return r, failed
}

func checkRecordedStream(t *testing.T, x exchange) {
	t.Helper()
	want, failed := readStream(streamedEvents(t, x.ID, x.Response.BodyText))
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
	if diff := cmp.Diff(want, neutralReading(gather(events))); diff != "" {
		t.Errorf("%s: -recorded +decoded\n%s", x.ID, diff)
	}
	// Whatever way an event is read, it means the same.
	slow := Dialect{}.NewStreamDecoder(strings.NewReader(x.Response.BodyText), llm.StreamOptions{}).(*streamDecoder)
	slowly, _ := drain(unshaped{slow})
	if diff := cmp.Diff(slowly, events); diff != "" {
		t.Errorf("%s: -read in full +read by shape\n%s", x.ID, diff)
	}

	front := encodeEvents(llm.View{Model: "public", ID: "x"}, events)
	checkStream(t, x.ID, front)
	seen, _ := readStream(streamedEvents(t, x.ID, string(front)))
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("%s: -recorded +encoded again\n%s", x.ID, diff)
	}
}

func encodeEvents(v llm.View, events []llm.Event) []byte {
	var out []byte
	enc := Dialect{}.NewStreamEncoder(v)
	for i := range events {
		out = enc.Append(out, &events[i])
	}
	return out
}

// unshaped reads every event in full.
type unshaped struct{ *streamDecoder }

func (d unshaped) Next() ([]llm.Event, error) {
	d.shape.forget()
	return d.streamDecoder.Next()
}
