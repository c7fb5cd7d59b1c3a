package aigateway

import (
	"errors"
	"io"
	"slices"

	"github.com/fairwaygw/fairway/llm"
)

// translate brings a stream of another dialect to the caller.
func (x *exchange) translate(a *attempt, answer *llm.Answer) *llm.Error {
	decoder := a.dialect.NewStreamDecoder(x.source(a, answer), llm.StreamOptions{
		OutputTool: a.encoded.OutputTool, ToolNames: a.encoded.ToolNames, MaxEvent: maxEvent,
	})
	encoder := x.front.NewStreamEncoder(x.view())
	contentType := []string{encoder.ContentType()}
	var facts llm.AnswerFacts
	var thought thinking
	ended := false
	for {
		events, err := decoder.Next()
		if err == io.EOF && ended { //nolint:errorlint // the end itself; a failure may wrap it
			x.keepThoughts(a, &thought)
			return x.finish(a, &facts, contentType)
		}
		if err != nil {
			if err == io.EOF { //nolint:errorlint // as above
				err = io.ErrUnexpectedEOF
			}
			return x.broken(a, &facts, x.cause(a, unwrapDialect(err)))
		}
		for i := range events {
			e := &events[i]
			if e.Kind == llm.EventError {
				return x.broken(a, &facts, asError(e.Err))
			}
			note(&facts, e)
			thought.note(e)
			if e.Kind == llm.EventEnd {
				ended = true
			}
			if e.Kind == llm.EventStart && x.ownID(a) {
				e.ID = ""
			}
			before := len(x.out)
			x.out = encoder.Append(x.out, e)
			x.collect(x.out[before:])
		}
		// The end mark waits for the record.
		if !ended {
			if err := x.gathered(a, &facts, contentType); err != nil {
				return err
			}
		}
	}
}

// unwrapDialect makes an error of class bad_output of what a decoder could not
// read, and leaves all others to be judged by their cause.
func unwrapDialect(err error) error {
	var e *llm.Error
	if errors.As(err, &e) {
		return e
	}
	return err
}

// note takes from an event what the record needs.
func note(f *llm.AnswerFacts, e *llm.Event) {
	switch e.Kind {
	case llm.EventStart:
		f.ID, f.Model = e.ID, e.Model
	case llm.EventText, llm.EventReasoning, llm.EventRefusal, llm.EventToolArguments:
		f.OutputBytes += int64(len(e.Text))
	case llm.EventFinish:
		f.Finish, f.NativeFinish = e.Finish, e.NativeFinish
	case llm.EventUsage:
		f.Usage, f.HasUsage = *e.Usage, true
	}
	f.Content = f.Content || e.Content()
}

// responseFacts takes from a whole answer what the record needs.
func responseFacts(r *llm.Response) llm.AnswerFacts {
	f := llm.AnswerFacts{ID: r.ID, Model: r.Model, Content: true}
	if r.Usage != nil {
		f.Usage, f.HasUsage = *r.Usage, true
	}
	for i := range r.Choices {
		c := &r.Choices[i]
		f.Finish, f.NativeFinish = c.Finish, c.NativeFinish
		for j := range c.Message.Parts {
			p := &c.Message.Parts[j]
			f.OutputBytes += int64(len(p.Text))
			if p.Call != nil {
				f.OutputBytes += int64(len(p.Call.Arguments))
			}
		}
	}
	return f
}

// restore undoes in a whole answer what encoding the request had to bend: the
// tool that stood in for structured output becomes text, and rewritten tool
// names become the caller's.
func restore(r *llm.Response, e *llm.Encoded) {
	if e.OutputTool == "" && e.ToolNames == nil {
		return
	}
	for i := range r.Choices {
		c := &r.Choices[i]
		for j := range c.Message.Parts {
			p := &c.Message.Parts[j]
			if p.Kind != llm.PartToolCall {
				continue
			}
			if e.OutputTool != "" && p.Call.Name == e.OutputTool {
				*p = llm.Part{Kind: llm.PartText, Text: p.Call.Arguments}
				if c.Finish == llm.FinishToolCalls {
					c.Finish = llm.FinishStop
				}
			} else if name, ok := e.ToolNames[p.Call.Name]; ok {
				p.Call.Name = name
			}
		}
	}
}

// appendExtra appends the names of the caller's unknown fields that were not
// carried, in a stable order.
func appendExtra[V any](names []string, extra map[string]V, carried []string) []string {
	if len(extra) == len(carried) {
		return names
	}
	first := len(names)
	for name := range extra {
		if !slices.Contains(carried, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names[first:])
	return names
}
