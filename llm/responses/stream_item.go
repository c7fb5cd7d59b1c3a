package responses

import (
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// streamedItem is an item that has begun.
type streamedItem struct {
	// at is its place in the answer, or -1 where no event told it.
	at       int
	id, kind string
	done     bool
	parts    []*streamedPart
	// thoughts is the kind of text that an item of reasoning has: "summary" or
	// "text". Some servers send both, which say the same.
	thoughts string
	// n is the neutral index of a call; valid once started.
	n              int
	started, ended bool
	callID, name   string
	// held are arguments that came before the name.
	held strings.Builder
	// length is how much of the arguments has come, in bytes.
	length int
}

// streamedPart is a part of an item: of a message, or of its thoughts.
type streamedPart struct {
	index int
	// length is how much of the text has come, in bytes.
	length int
	// cited counts annotations.
	cited int
}

// find returns the item that an event is about, which it may be the first to
// mention. The place counts, for ids are not the same everywhere.
func (d *streamDecoder) find(w *wireEvent) *streamedItem {
	id := w.id
	if id == "" {
		id = w.item.id
	}
	for i := len(d.items) - 1; i >= 0; i-- {
		s := d.items[i]
		if w.hasIndex && s.at >= 0 {
			if s.at == w.outputIndex {
				return s
			}
			continue
		}
		if id == s.id {
			return s
		}
	}
	s := &streamedItem{at: -1, id: id}
	if w.hasIndex {
		s.at = w.outputIndex
	}
	if len(d.items) < maxItems {
		d.items = append(d.items, s)
	}
	return s
}

// part returns a part of an item.
func (s *streamedItem) part(index int) *streamedPart {
	for i := len(s.parts) - 1; i >= 0; i-- {
		if s.parts[i].index == index {
			return s.parts[i]
		}
	}
	p := &streamedPart{index: index}
	s.parts = append(s.parts, p)
	return p
}

// itemAdded begins an item. A call is announced as soon as its name is known.
func (d *streamDecoder) itemAdded(w *wireEvent) {
	d.start(&answer{})
	s := d.find(w)
	if s.done {
		return
	}
	s.take(&w.item)
	if s.kind == itemCall {
		d.callStart(s)
	}
}

// take notes what an event tells of an item.
func (s *streamedItem) take(it *item) {
	if it.kind != "" {
		s.kind = it.kind
	}
	if s.callID == "" {
		s.callID = it.callID
	}
	if s.name == "" {
		s.name = qualified(it.namespace, it.name)
	}
}

// callStart announces a call whose name is known, with what has been held back.
func (d *streamDecoder) callStart(s *streamedItem) {
	if s.started || s.name == "" {
		return
	}
	s.started = true
	s.n = d.calls
	d.calls++
	d.called = true
	id := s.callID
	if id == "" {
		id = s.id
	}
	if id == "" {
		id = inventedID("call_", d.id, s.n)
	}
	name := s.name
	if own, ok := d.options.ToolNames[name]; ok {
		name = own
	}
	d.emit(llm.Event{Kind: llm.EventToolStart, Index: s.n, ID: id, Name: name})
	if held := s.held.String(); held != "" {
		s.held.Reset()
		d.arguments(s, held)
	}
}

// arguments passes on a piece of a call's arguments.
func (d *streamDecoder) arguments(s *streamedItem, piece string) {
	switch {
	case piece == "" || s.ended:
	case !s.started:
		s.held.WriteString(piece)
	default:
		s.length += len(piece)
		d.emit(llm.Event{Kind: llm.EventToolArguments, Index: s.n, Text: piece})
	}
}

// allArguments passes on what has not come in pieces.
func (d *streamDecoder) allArguments(s *streamedItem, whole string) {
	if !s.started {
		if s.held.Len() < len(whole) {
			s.held.Reset()
			s.held.WriteString(whole)
		}
		return
	}
	if len(whole) > s.length {
		d.arguments(s, whole[s.length:])
	}
}

// say passes on a piece of text.
func (d *streamDecoder) say(kind llm.EventKind, p *streamedPart, text string, logProbs []byte) {
	if text == "" && len(logProbs) == 0 {
		return
	}
	d.start(&answer{})
	p.length += len(text)
	d.emit(llm.Event{Kind: kind, Text: text, LogProbs: logProbs})
}

// think passes on a piece of thoughts, of which summary is one of two forms.
func (d *streamDecoder) think(s *streamedItem, form string, index int, text string) *streamedPart {
	if text == "" || s.thoughts != "" && s.thoughts != form {
		return nil
	}
	s.thoughts = form
	first := len(s.parts) == 0
	p := s.part(index)
	if p.length == 0 && !first {
		d.say(llm.EventReasoning, p, paragraphBreak, nil)
		p.length = 0
	}
	d.say(llm.EventReasoning, p, text, nil)
	return p
}

// rest is what has not come yet of a text.
func (p *streamedPart) rest(whole string) string {
	if p.length >= len(whole) {
		return ""
	}
	return whole[p.length:]
}

// itemDone takes an item as a whole: what has not come in pieces comes now.
func (d *streamDecoder) itemDone(s *streamedItem, it *item) {
	if s.done || it.kind == "" {
		return
	}
	d.start(&answer{})
	s.take(it)
	s.done = true
	switch s.kind {
	case itemMessage:
		for i := range it.parts {
			d.partDone(s, i, &it.parts[i])
		}
	case itemReasoning:
		if len(it.thoughts) > 0 && s.thoughts != formSummary {
			d.thoughtsDone(s, formText, it.thoughts)
		} else {
			d.thoughtsDone(s, formSummary, it.summary)
		}
		if it.encrypted != "" {
			if s.thoughts == "" {
				d.emit(llm.Event{Kind: llm.EventReasoning})
			}
			d.emit(llm.Event{Kind: llm.EventSignature, Signature: it.encrypted, Issuer: llm.IssuerOpenAI})
		}
	case itemCall:
		d.callStart(s)
		d.allArguments(s, it.arguments)
		if it.status == statusCompleted || s.length > 0 {
			d.callEnd(s, it.status != statusCompleted)
		}
	case itemCustom:
		if it.name != "" {
			d.called = true
			d.emit(llm.Event{Kind: llm.EventOpaque, Data: it.custom(d.id, len(d.items)), Issuer: llm.IssuerOpenAI})
		}
	default:
		if it.searched {
			d.searched++
		}
		if m := it.media(); it.kind == itemImage && m != nil {
			d.emit(llm.Event{Kind: llm.EventMedia, Media: m})
			return
		}
		d.emit(llm.Event{Kind: llm.EventOpaque, Data: validRaw(it.raw), Issuer: issuerItems})
	}
}

func (d *streamDecoder) thoughtsDone(s *streamedItem, form string, texts []string) {
	for i, t := range texts {
		length := 0
		for _, p := range s.parts {
			if p.index == i {
				length = p.length
			}
		}
		if length < len(t) {
			d.think(s, form, i, t[length:])
		}
	}
}

// partDone takes a part of a message as a whole.
func (d *streamDecoder) partDone(s *streamedItem, index int, w *part) {
	kind := llm.EventText
	switch w.kind {
	case partText:
	case partRefusal:
		kind = llm.EventRefusal
	default:
		return
	}
	d.start(&answer{})
	p := s.part(index)
	d.say(kind, p, p.rest(w.text), nil)
	// Annotations that came one by one are not told again.
	if p.cited == 0 {
		for i := range w.citations {
			d.emit(llm.Event{Kind: llm.EventCitation, Citation: &w.citations[i]})
		}
	}
	p.cited = max(p.cited, w.annotations)
}

// callEnd ends a call; cut is set where arguments may be missing.
func (d *streamDecoder) callEnd(s *streamedItem, cut bool) {
	if !s.started || s.ended {
		return
	}
	if s.length == 0 && !cut {
		d.arguments(s, "{}")
	}
	s.ended = true
	d.emit(llm.Event{Kind: llm.EventToolEnd, Index: s.n})
}

// closeItem ends what is left of an item. An answer that was cut off may leave
// a call half-made; in any other, a call without arguments takes none and a
// call without a name is a fault.
func (d *streamDecoder) closeItem(s *streamedItem, cut bool) error {
	switch {
	case s.kind != itemCall && !s.started && s.held.Len() == 0:
	case s.started:
		d.callEnd(s, cut)
	case !s.started && !cut && s.held.Len() > 0:
		return badOutput("malformed", "the provider sent a tool call without a name", nil)
	}
	return nil
}
