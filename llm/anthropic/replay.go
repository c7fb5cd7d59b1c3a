package anthropic

import "github.com/fairwaygw/fairway/llm"

// replay turns a whole answer into the events of a stream.
func (d *streamDecoder) replay(r *llm.Response) {
	d.start(&answer{id: r.ID, model: r.Model})
	c := &r.Choices[0]
	finish := c.Finish
	for i := range c.Message.Parts {
		p := &c.Message.Parts[i]
		switch p.Kind {
		case llm.PartText:
			d.cite(p.Citations...)
			d.emit(llm.Event{Kind: llm.EventText, Text: p.Text})
		case llm.PartReasoning:
			if p.Text != "" {
				d.emit(llm.Event{Kind: llm.EventReasoning, Text: p.Text})
			}
			d.sign(p.Signature)
		case llm.PartRedacted:
			d.emit(llm.Event{Kind: llm.EventRedacted, Data: p.Data, Issuer: p.Issuer})
		case llm.PartOpaque:
			d.emit(llm.Event{Kind: llm.EventOpaque, Data: p.Data, Issuer: p.Issuer})
		case llm.PartToolCall:
			s := &streamedBlock{}
			d.callStart(s, &block{id: p.Call.ID, tool: p.Call.Name})
			d.arguments(s, p.Call.Arguments)
			if !s.output {
				d.emit(llm.Event{Kind: llm.EventToolEnd, Index: s.n})
			}
		}
	}
	if finish == llm.FinishToolCalls && d.calls == 0 {
		finish = llm.FinishStop // the only call stood in for text
	}
	d.emit(llm.Event{Kind: llm.EventFinish, Finish: finish, NativeFinish: c.NativeFinish, StopSequence: c.StopSequence})
	if r.Usage != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: r.Usage})
	}
	d.emit(llm.Event{Kind: llm.EventEnd})
}
