package responses

import "github.com/fairwaygw/fairway/llm"

// replay turns a whole answer into the events of a stream.
func (d *streamDecoder) replay(r *llm.Response) {
	d.emit(llm.Event{Kind: llm.EventStart, ID: r.ID, Model: r.Model, Created: r.Created})
	c := &r.Choices[0]
	for i := range c.Message.Parts {
		d.replayPart(&c.Message.Parts[i], c)
	}
	d.emit(llm.Event{Kind: llm.EventFinish, Finish: c.Finish, NativeFinish: c.NativeFinish})
	if r.Usage != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: r.Usage})
	}
	d.emit(llm.Event{Kind: llm.EventEnd})
}

func (d *streamDecoder) replayPart(p *llm.Part, c *llm.Choice) {
	switch p.Kind {
	case llm.PartText:
		d.emit(llm.Event{Kind: llm.EventText, Text: p.Text, LogProbs: c.LogProbs})
		c.LogProbs = nil // they are of all the text
	case llm.PartRefusal:
		d.emit(llm.Event{Kind: llm.EventRefusal, Text: p.Text})
	case llm.PartReasoning:
		d.emit(llm.Event{Kind: llm.EventReasoning, Text: p.Text})
		if p.Signature != "" {
			d.emit(llm.Event{Kind: llm.EventSignature, Signature: p.Signature, Issuer: p.Issuer})
		}
	case llm.PartOpaque:
		d.emit(llm.Event{Kind: llm.EventOpaque, Data: p.Data, Issuer: p.Issuer})
	case llm.PartImage:
		d.emit(llm.Event{Kind: llm.EventMedia, Media: p.Media})
	case llm.PartToolCall:
		d.replayCall(p.Call)
	}
	for i := range p.Citations {
		d.emit(llm.Event{Kind: llm.EventCitation, Citation: &p.Citations[i]})
	}
}

func (d *streamDecoder) replayCall(c *llm.ToolCall) {
	name := c.Name
	if own, ok := d.options.ToolNames[name]; ok {
		name = own
	}
	e := llm.Event{Kind: llm.EventToolStart, Index: d.calls, ID: c.ID, Name: name}
	d.calls++
	d.emit(e)
	if c.Arguments != "" {
		d.emit(llm.Event{Kind: llm.EventToolArguments, Index: e.Index, Text: c.Arguments})
	}
	d.emit(llm.Event{Kind: llm.EventToolEnd, Index: e.Index})
}
