package responses

import (
	"github.com/fairwaygw/fairway/llm"
)

// The forms of thoughts.
const (
	formSummary = "summary"
	formText    = "text"
)

// part takes an event that is about a part of an item. What is not known here,
// such as the progress of hosted tools, says nothing that their items do not.
func (d *streamDecoder) part(data []byte, w *wireEvent) {
	var kind llm.EventKind
	switch w.kind {
	case "response.output_text.delta", "response.output_text.done":
		kind = llm.EventText
	case "response.refusal.delta", "response.refusal.done":
		kind = llm.EventRefusal
	case "response.reasoning_summary_text.delta", "response.reasoning_summary_text.done":
		d.thought(data, w, formSummary)
		return
	case "response.reasoning_text.delta", "response.reasoning_text.done":
		d.thought(data, w, formText)
		return
	case "response.function_call_arguments.delta", "response.function_call_arguments.done":
		d.callPiece(data, w)
		return
	case "response.content_part.done":
		// The last word of servers that send nothing before.
		if w.part.kind == partText || w.part.kind == partRefusal {
			d.partDone(d.find(w), w.inner, &w.part)
		}
		return
	case "response.output_text.annotation.added":
		p := d.find(w).part(w.inner)
		p.cited++
		if w.citation.URL != "" {
			d.start(&answer{})
			c := w.citation // which would keep all of the event
			d.emit(llm.Event{Kind: llm.EventCitation, Citation: &c})
		}
		return
	case "keepalive", "ping":
		d.emit(llm.Event{Kind: llm.EventPing})
		return
	default:
		return
	}
	s := d.find(w)
	if s.done {
		return
	}
	p := s.part(w.inner)
	if w.hasDelta {
		logProbs := neutralLogProbs(w.logProbs)
		d.say(kind, p, w.delta, logProbs)
		if len(logProbs) == 0 && w.delta != "" {
			d.learn(data, w, pieceOf{kind, s, p})
		}
		return
	}
	d.say(kind, p, p.rest(w.whole), nil)
}

func (d *streamDecoder) thought(data []byte, w *wireEvent, form string) {
	s := d.find(w)
	if s.done {
		return
	}
	if !w.hasDelta {
		if w.hasWhole {
			d.thoughtDone(s, form, w)
		}
		return
	}
	if p := d.think(s, form, w.inner, w.delta); p != nil {
		d.learn(data, w, pieceOf{llm.EventReasoning, s, p})
	}
}

// thoughtDone takes a thought as a whole.
func (d *streamDecoder) thoughtDone(s *streamedItem, form string, w *wireEvent) {
	for _, p := range s.parts {
		if p.index == w.inner {
			d.think(s, form, w.inner, p.rest(w.whole))
			return
		}
	}
	d.think(s, form, w.inner, w.whole)
}

// callPiece takes a piece of a call's arguments, or all of them.
func (d *streamDecoder) callPiece(data []byte, w *wireEvent) {
	d.start(&answer{})
	s := d.find(w)
	if s.done {
		return
	}
	if s.kind == "" {
		s.kind = itemCall
	}
	if s.name == "" && w.name != "" {
		s.name = w.name
	}
	if !w.hasDelta {
		d.callStart(s)
		d.allArguments(s, w.whole)
		return
	}
	d.arguments(s, w.delta)
	if s.started && w.delta != "" {
		d.learn(data, w, pieceOf{llm.EventToolArguments, s, nil})
	}
}

func (d *streamDecoder) learn(data []byte, w *wireEvent, of pieceOf) {
	d.piece = of
	d.shape.learn(data, &w.holes)
}

// text takes an event that is like the last one with a piece of text, but for
// that text. It is false, with nothing done, for any other.
func (d *streamDecoder) text(data []byte) bool {
	text, ok := d.shape.match(data)
	if !ok || d.piece.item.done {
		return false
	}
	if len(text) == 0 {
		return true
	}
	s := textOf(text)
	if d.piece.kind == llm.EventToolArguments {
		d.arguments(d.piece.item, s)
		return true
	}
	d.piece.part.length += len(s)
	d.emit(llm.Event{Kind: d.piece.kind, Text: s})
	return true
}
