package openai

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/fairwaygw/fairway/llm"
)

// drain reads a stream to its end and returns copies of its events.
func drain(d llm.StreamDecoder) ([]llm.Event, error) {
	var all []llm.Event
	for {
		events, err := d.Next()
		if err != nil {
			if again, other := d.Next(); len(again) > 0 || !errors.Is(other, err) {
				return all, fmt.Errorf("after %w came %v and %w", err, again, other)
			}
			return all, err
		}
		if len(events) == 0 {
			return all, fmt.Errorf("no events and no error: %w", io.ErrNoProgress)
		}
		for _, e := range events {
			e.Data = bytes.Clone(e.Data)
			e.LogProbs = bytes.Clone(e.LogProbs)
			all = append(all, e)
		}
	}
}

// legal checks the order of events.
func legal(events []llm.Event) error {
	started, ended := false, false
	finished := map[int]bool{}
	type tool struct{ choice, index int }
	open := map[tool]bool{}
	count := map[int]int{}
	for i := range events {
		e := &events[i]
		if ended {
			return fmt.Errorf("event %d (kind %d) stands behind the last one", i, e.Kind)
		}
		content := false
		switch k := (tool{e.Choice, e.Index}); e.Kind {
		case llm.EventStart:
			if started {
				return fmt.Errorf("event %d starts the answer again", i)
			}
			started = true
		case llm.EventPing:
		case llm.EventError:
			if e.Err == nil {
				return fmt.Errorf("event %d is an error without one", i)
			}
			ended = true
		case llm.EventUsage:
			if e.Usage == nil {
				return fmt.Errorf("event %d is usage without figures", i)
			}
		case llm.EventEnd:
			ended = true
			if len(open) > 0 {
				return fmt.Errorf("the stream ends with %d open tool calls", len(open))
			}
		case llm.EventFinish:
			if finished[e.Choice] {
				return fmt.Errorf("event %d finishes choice %d again", i, e.Choice)
			}
			finished[e.Choice] = true
			if e.Finish == "" {
				return fmt.Errorf("event %d finishes without a reason", i)
			}
		case llm.EventToolStart:
			content = true
			if e.Index != count[e.Choice] || e.ID == "" || e.Name == "" {
				return fmt.Errorf("event %d starts call %d (id %q, name %q), want index %d", i, e.Index, e.ID, e.Name, count[e.Choice])
			}
			count[e.Choice]++
			open[k] = true
		case llm.EventToolArguments:
			content = true
			if !open[k] || e.Text == "" {
				return fmt.Errorf("event %d has arguments %q for call %v", i, e.Text, k)
			}
		case llm.EventToolEnd:
			content = true
			if !open[k] {
				return fmt.Errorf("event %d ends call %v, which is not open", i, k)
			}
			delete(open, k)
		default:
			content = true
		}
		if content && (!started || finished[e.Choice]) {
			return fmt.Errorf("event %d (kind %d) is content out of place", i, e.Kind)
		}
	}
	return nil
}

// gather puts events together into a whole answer.
func gather(events []llm.Event) *llm.Response {
	r := &llm.Response{}
	at := func(index int) *llm.Choice {
		for i := range r.Choices {
			if r.Choices[i].Index == index {
				return &r.Choices[i]
			}
		}
		r.Choices = append(r.Choices, llm.Choice{Index: index, Message: llm.Message{Role: llm.RoleAssistant}})
		return &r.Choices[len(r.Choices)-1]
	}
	// grow extends the last part of a kind, or begins one.
	grow := func(c *llm.Choice, kind llm.PartKind, text string) {
		parts := c.Message.Parts
		if n := len(parts); n > 0 && parts[n-1].Kind == kind && parts[n-1].Signature == "" {
			parts[n-1].Text += text
			return
		}
		c.Message.Parts = append(parts, llm.Part{Kind: kind, Text: text})
	}
	for i := range events {
		e := &events[i]
		switch e.Kind {
		case llm.EventStart:
			r.ID, r.Model, r.Created = e.ID, e.Model, e.Created
			continue
		case llm.EventUsage:
			r.Usage = e.Usage
			continue
		case llm.EventPing, llm.EventEnd, llm.EventError:
			continue
		}
		c := at(e.Choice)
		switch e.Kind {
		case llm.EventText:
			if e.Text != "" {
				grow(c, llm.PartText, e.Text)
			}
		case llm.EventReasoning:
			grow(c, llm.PartReasoning, e.Text)
		case llm.EventRefusal:
			grow(c, llm.PartRefusal, e.Text)
		case llm.EventSignature:
			if n := len(c.Message.Parts); n > 0 && c.Message.Parts[n-1].Signature == "" {
				p := &c.Message.Parts[n-1]
				p.Signature, p.Issuer = e.Signature, e.Issuer
			} else {
				c.Message.Parts = append(c.Message.Parts, llm.Part{Kind: llm.PartReasoning, Signature: e.Signature, Issuer: e.Issuer})
			}
		case llm.EventRedacted:
			c.Message.Parts = append(c.Message.Parts, llm.Part{Kind: llm.PartRedacted, Data: e.Data, Issuer: e.Issuer})
		case llm.EventOpaque:
			c.Message.Parts = append(c.Message.Parts, llm.Part{Kind: llm.PartOpaque, Data: e.Data, Issuer: e.Issuer})
		case llm.EventMedia:
			kind := llm.PartImage
			if isAudio(e.Media) {
				kind = llm.PartAudio
			}
			c.Message.Parts = append(c.Message.Parts, llm.Part{Kind: kind, Media: e.Media})
		case llm.EventToolStart:
			c.Message.Parts = append(c.Message.Parts, llm.Part{
				Kind: llm.PartToolCall, Signature: e.Signature, Issuer: e.Issuer,
				Call: &llm.ToolCall{ID: e.ID, Name: e.Name},
			})
		case llm.EventToolArguments:
			n := 0
			for j := range c.Message.Parts {
				if p := &c.Message.Parts[j]; p.Kind == llm.PartToolCall {
					if n == e.Index {
						p.Call.Arguments += e.Text
					}
					n++
				}
			}
		case llm.EventFinish:
			c.Finish, c.NativeFinish, c.StopSequence = e.Finish, e.NativeFinish, e.StopSequence
		}
	}
	return r
}
