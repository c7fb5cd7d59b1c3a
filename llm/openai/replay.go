package openai

import "github.com/fairwaygw/fairway/llm"

// replay turns a whole answer into the events of a stream.
func (d *streamDecoder) replay(r *llm.Response) {
	d.emit(llm.Event{Kind: llm.EventStart, ID: r.ID, Model: r.Model, Created: r.Created})
	for i := range r.Choices {
		c := &r.Choices[i]
		tools := 0
		for j := range c.Message.Parts {
			p := &c.Message.Parts[j]
			if p.Kind == llm.PartToolCall {
				d.replayCall(p, c.Index, tools)
				tools++
				continue
			}
			d.replayPart(p, c)
		}
		d.emit(llm.Event{
			Kind: llm.EventFinish, Choice: c.Index,
			Finish: c.Finish, NativeFinish: c.NativeFinish, StopSequence: c.StopSequence,
		})
	}
	if r.Usage != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: r.Usage})
	}
	d.emit(llm.Event{Kind: llm.EventEnd})
}

func (d *streamDecoder) replayPart(p *llm.Part, c *llm.Choice) {
	e := llm.Event{Choice: c.Index}
	switch p.Kind {
	case llm.PartText:
		e.Kind, e.Text, e.LogProbs = llm.EventText, p.Text, c.LogProbs
	case llm.PartRefusal:
		e.Kind, e.Text = llm.EventRefusal, p.Text
	case llm.PartReasoning:
		e.Kind, e.Text = llm.EventReasoning, p.Text
	case llm.PartRedacted:
		e.Kind, e.Data, e.Issuer = llm.EventRedacted, p.Data, p.Issuer
	case llm.PartOpaque:
		e.Kind, e.Data, e.Issuer = llm.EventOpaque, p.Data, p.Issuer
	case llm.PartImage, llm.PartAudio:
		e.Kind, e.Media = llm.EventMedia, p.Media
	}
	d.emit(e)
	if p.Signature != "" {
		d.emit(llm.Event{Kind: llm.EventSignature, Choice: c.Index, Signature: p.Signature, Issuer: p.Issuer})
	}
	for i := range p.Citations {
		d.emit(llm.Event{Kind: llm.EventCitation, Choice: c.Index, Citation: &p.Citations[i]})
	}
}

func (d *streamDecoder) replayCall(p *llm.Part, choice, index int) {
	name := p.Call.Name
	if own, ok := d.options.ToolNames[name]; ok {
		name = own
	}
	d.emit(llm.Event{
		Kind: llm.EventToolStart, Choice: choice, Index: index,
		ID: p.Call.ID, Name: name, Signature: p.Signature, Issuer: p.Issuer,
	})
	if p.Call.Arguments != "" {
		d.emit(llm.Event{Kind: llm.EventToolArguments, Choice: choice, Index: index, Text: p.Call.Arguments})
	}
	d.emit(llm.Event{Kind: llm.EventToolEnd, Choice: choice, Index: index})
}
