package anthropic

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

// decodeStream gathers a stream into an answer.
func decodeStream(t testing.TB, body io.Reader, o llm.StreamOptions) (*llm.Response, error) {
	t.Helper()
	r := &llm.Response{Choices: []llm.Choice{{Message: llm.Message{Role: llm.RoleAssistant}}}}
	d := Dialect{}.NewStreamDecoder(body, o)
	ended := false
	starts := 0
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
			e := &events[i]
			if ended {
				t.Errorf("event %d after the end", e.Kind)
			}
			if e.Kind == llm.EventStart {
				starts++
			}
			if starts != 1 && e.Content() || starts > 1 {
				t.Errorf("event %d after %d starts", e.Kind, starts)
			}
			if e.Kind == llm.EventError {
				return r, e.Err
			}
			ended = collect(r, e)
		}
	}
}

// collect puts an event into an answer and reports whether it was the last.
func collect(r *llm.Response, e *llm.Event) bool {
	c := &r.Choices[0]
	parts := &c.Message.Parts
	add := func(p llm.Part) { *parts = append(*parts, p) }
	text := func(k llm.PartKind) {
		if n := len(*parts); n == 0 || (*parts)[n-1].Kind != k || (*parts)[n-1].Signature != "" {
			add(llm.Part{Kind: k})
		}
		(*parts)[len(*parts)-1].Text += strings.Clone(e.Text)
	}
	call := func() *llm.ToolCall {
		n := 0
		for i := range *parts {
			if (*parts)[i].Kind == llm.PartToolCall {
				if n == e.Index {
					return (*parts)[i].Call
				}
				n++
			}
		}
		return &llm.ToolCall{}
	}
	switch e.Kind {
	case llm.EventStart:
		r.ID, r.Model = e.ID, e.Model
	case llm.EventText:
		text(llm.PartText)
	case llm.EventReasoning:
		text(llm.PartReasoning)
	case llm.EventSignature:
		if n := len(*parts); n == 0 || (*parts)[n-1].Kind != llm.PartReasoning || (*parts)[n-1].Signature != "" {
			add(llm.Part{Kind: llm.PartReasoning})
		}
		p := &(*parts)[len(*parts)-1]
		p.Signature, p.Issuer = e.Signature, e.Issuer
	case llm.EventRedacted:
		add(llm.Part{Kind: llm.PartRedacted, Data: bytes.Clone(e.Data), Issuer: e.Issuer})
	case llm.EventOpaque:
		add(llm.Part{Kind: llm.PartOpaque, Data: bytes.Clone(e.Data), Issuer: e.Issuer})
	case llm.EventToolStart:
		add(llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: e.ID, Name: e.Name}})
	case llm.EventToolArguments:
		call().Arguments += e.Text
	case llm.EventCitation:
		text(llm.PartText)
		p := &(*parts)[len(*parts)-1]
		p.Citations = append(p.Citations, *e.Citation)
	case llm.EventFinish:
		c.Finish, c.NativeFinish, c.StopSequence = e.Finish, e.NativeFinish, e.StopSequence
	case llm.EventUsage:
		r.Usage = e.Usage
	case llm.EventEnd:
		return true
	}
	return false
}

// checkOrder checks that a stream has one message, and one block open at a time.
func checkOrder(t testing.TB, stream []byte) {
	t.Helper()
	state, next := "", 0
	for event := range bytes.SplitSeq(bytes.TrimSuffix(stream, []byte("\n\n")), []byte("\n\n")) {
		name, data, ok := bytes.Cut(event, []byte("\ndata: "))
		var e struct {
			Type  string
			Index int
		}
		if err := json.Unmarshal(data, &e); err != nil || !ok || string(name) != "event: "+e.Type {
			t.Fatalf("%q: %v", event, err)
		}
		allowed := map[string]string{
			"message_start": "", "content_block_start": "message", "content_block_delta": "block", "content_block_stop": "block",
			"message_delta": "message", "message_stop": "delta",
		}
		if want, ok := allowed[e.Type]; ok && want != state {
			t.Fatalf("%s after %q in\n%s", e.Type, state, stream)
		}
		switch e.Type {
		case "message_start", "content_block_stop":
			state = "message"
		case "content_block_start":
			state = "block"
		case "message_delta":
			state = "delta"
		case "message_stop", "error":
			state = "end"
		}
		if strings.HasPrefix(e.Type, "content_block") && e.Index != next {
			t.Fatalf("index %d, want %d in\n%s", e.Index, next, stream)
		}
		if e.Type == "content_block_stop" {
			next++
		}
	}
	if state != "end" {
		t.Fatalf("no end in\n%s", stream)
	}
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
				e.Kind = llm.EventText
			case llm.PartReasoning:
				e.Kind = llm.EventReasoning
			case llm.PartRedacted:
				e.Kind = llm.EventRedacted
			case llm.PartOpaque:
				e.Kind = llm.EventOpaque
			case llm.PartToolCall:
				send(llm.Event{Kind: llm.EventToolStart, Choice: c.Index, Index: index, ID: p.Call.ID, Name: p.Call.Name, Signature: p.Signature, Issuer: p.Issuer})
				for _, piece := range p.Call.Arguments {
					send(llm.Event{Kind: llm.EventToolArguments, Choice: c.Index, Index: index, Text: string(piece)})
				}
				e = llm.Event{Kind: llm.EventToolEnd, Choice: c.Index, Index: index}
				index++
			}
			send(e)
			if p.Signature != "" && p.Kind == llm.PartReasoning {
				send(llm.Event{Kind: llm.EventSignature, Choice: c.Index, Signature: p.Signature, Issuer: p.Issuer})
			}
			for j := range p.Citations {
				send(llm.Event{Kind: llm.EventCitation, Choice: c.Index, Citation: &p.Citations[j]})
			}
		}
		send(llm.Event{Kind: llm.EventFinish, Choice: c.Index, Finish: c.Finish, NativeFinish: c.NativeFinish, StopSequence: c.StopSequence})
	}
	if r.Usage != nil {
		send(llm.Event{Kind: llm.EventUsage, Usage: r.Usage})
	}
	send(llm.Event{Kind: llm.EventEnd})
	return dst
}
