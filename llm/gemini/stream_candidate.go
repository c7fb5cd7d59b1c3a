package gemini

import (
	"encoding/base64"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// streamedCandidate is what has come of one alternative.
type streamedCandidate struct {
	index int
	// finish is the reason to finish, or why the prompt was blocked.
	finish  string
	blocked bool
	// content is set once there is something that a caller can see.
	content bool
	calls   int
	// open is the call whose arguments are still coming, or nil.
	open *openCall
	// text is all visible text, for the offsets of citations.
	text      []byte
	grounding grounding
	sound     []byte
	soundType string
}

// openCall is a call whose arguments come in pieces.
type openCall struct {
	id, signature string
	name          string
	args          argNode
}

// chunk takes a piece of the candidate.
func (c *streamedCandidate) chunk(d *streamDecoder, w *candidate) error {
	logProbs := w.logProbs
	for i := range w.parts {
		p := &w.parts[i]
		switch p.kind {
		case partText:
			if p.text == "" {
				c.signed(d, p)
				continue
			}
			c.text = append(c.text, p.text...)
			c.content = true
			d.emit(llm.Event{Kind: llm.EventText, Choice: c.index, Text: p.text, LogProbs: logProbs})
			logProbs = nil
			c.signed(d, p)
		case partThought:
			if p.text != "" {
				c.content = true
				d.emit(llm.Event{Kind: llm.EventReasoning, Choice: c.index, Text: p.text})
			}
			c.signed(d, p)
		case partCall:
			c.call(d, p)
		case partMedia:
			if err := c.media(d, p); err != nil {
				return err
			}
		case partOpaque:
			c.content = true
			d.emit(llm.Event{Kind: llm.EventOpaque, Choice: c.index, Data: p.raw, Issuer: llm.IssuerGoogle})
		}
	}
	if logProbs != nil {
		d.emit(llm.Event{Kind: llm.EventText, Choice: c.index, LogProbs: logProbs})
	}
	if len(w.citations) > 0 {
		text := string(c.text)
		for _, s := range w.citations {
			c.cite(d, s, text)
		}
	}
	if len(w.grounding.sources) > 0 {
		c.grounding = w.grounding // the whole of it so far
	}
	if w.continuation != "" {
		p := continuationPart(w.continuation)
		d.emit(llm.Event{Kind: llm.EventOpaque, Choice: c.index, Data: p.Data, Issuer: p.Issuer})
	}
	// Some models repeat a plain stop. What says more is kept.
	if w.finish != "" {
		if _, known := endings[w.finish]; known || c.finish == "" {
			c.finish = w.finish
		}
	}
	return nil
}

// signed tells a signature, which closes what came before it.
func (c *streamedCandidate) signed(d *streamDecoder, p *part) {
	if p.signature != "" {
		d.emit(llm.Event{Kind: llm.EventSignature, Choice: c.index, Signature: p.signature, Issuer: llm.IssuerGoogle})
	}
}

// call takes a call, or a piece of one.
func (c *streamedCandidate) call(d *streamDecoder, p *part) {
	f := &p.call
	if f.name != "" {
		c.closeCall(d)
		if f.goesOn {
			c.open = &openCall{id: f.id, name: f.name, signature: p.signature}
		} else {
			c.tell(d, f, f.arguments(), p.signature)
			return
		}
	}
	if c.open == nil {
		return
	}
	for _, a := range f.partial {
		c.open.args.add(a)
	}
	if !f.goesOn {
		c.closeCall(d)
	}
}

// closeCall tells the call whose arguments came in pieces.
func (c *streamedCandidate) closeCall(d *streamDecoder) {
	o := c.open
	if o == nil {
		return
	}
	c.open = nil
	c.tell(d, &functionCall{id: o.id, name: o.name}, string(o.args.object(nil)), o.signature)
}

// tell emits a whole call.
func (c *streamedCandidate) tell(d *streamDecoder, f *functionCall, args, signature string) {
	id, issuer := f.id, ""
	if id == "" {
		id = inventedID(d.answer.id, c.index, c.calls, &llm.ToolCall{Name: f.name, Arguments: args})
	}
	if signature != "" {
		issuer = llm.IssuerGoogle
	}
	name := f.name
	if own, ok := d.options.ToolNames[name]; ok {
		name = own
	}
	d.emit(llm.Event{
		Kind: llm.EventToolStart, Choice: c.index, Index: c.calls, ID: id, Name: name, Signature: signature, Issuer: issuer,
	})
	d.emit(llm.Event{Kind: llm.EventToolArguments, Choice: c.index, Index: c.calls, Text: args})
	d.emit(llm.Event{Kind: llm.EventToolEnd, Choice: c.index, Index: c.calls})
	c.calls++
	c.content = true
}

// media emits an image, and gathers sound, which comes in pieces.
func (c *streamedCandidate) media(d *streamDecoder, p *part) error {
	c.content = true
	if strings.HasPrefix(p.mime, "audio/") && p.data != "" && (c.soundType == "" || c.soundType == p.mime) {
		if piece, err := base64.StdEncoding.DecodeString(p.data); err == nil {
			if len(c.sound)+len(piece) > d.options.MaxEvent {
				return badOutput("too_large", "the provider sent a sound that is too large", nil)
			}
			c.sound, c.soundType = append(c.sound, piece...), p.mime
			return nil
		}
	}
	d.emit(llm.Event{
		Kind: llm.EventMedia, Choice: c.index, Media: &llm.Media{MIMEType: p.mime, Data: p.data, URL: p.uri},
	})
	return nil
}

// cite tells what a piece of the text so far rests on.
func (c *streamedCandidate) cite(d *streamDecoder, s segment, text string) {
	if cite, ok := s.citation(text); ok {
		d.emit(llm.Event{Kind: llm.EventCitation, Choice: c.index, Citation: &cite})
	}
}

// end tells what had to wait for the end of the candidate.
func (c *streamedCandidate) end(d *streamDecoder) {
	c.closeCall(d)
	if len(c.sound) > 0 {
		data := base64.StdEncoding.EncodeToString(c.sound)
		d.emit(llm.Event{Kind: llm.EventMedia, Choice: c.index, Media: &llm.Media{MIMEType: c.soundType, Data: data}})
	}
	if len(c.grounding.sources) > 0 {
		text := string(c.text)
		c.grounding.each(func(s segment) { c.cite(d, s, text) })
	}
}
