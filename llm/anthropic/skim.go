package anthropic

import (
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// skim walks an answer, or one event of a streamed one, without decoding it. It
// finds what has to be edited and what the ledger needs; nothing of it reaches
// the facts until note is called, so that a text which turns out to be broken
// leaves no trace.
type skim struct {
	r reader
	// model is the public name, quoted.
	model []byte
	// edits are what to do to the text, in order.
	edits []rawjson.Edit
	// kind is the type of what was read, id and upstream are the texts of the id
	// and the model.
	kind, id, upstream []byte
	// answered is set when there is a list of blocks.
	answered bool
	// stop is the reason to stop.
	stop []byte
	// calls is set when there are tools for the caller to run, content when
	// there is something that it can see, and size is how much of that is text.
	calls, content bool
	size           int64
	// text is where the text stands, if the event brings a piece of one.
	text rawjson.Span
	// usage is the message's, later what an event says beside it.
	usage, later usage
	// failure is the error that stands in the answer.
	failure []byte
}

// reset prepares for another text. What is known of the usage so far stays,
// unless the text says more.
func (s *skim) reset(b []byte, u usage) {
	*s = skim{model: s.model, edits: s.edits[:0], usage: u, later: u}
	s.r.read(b)
}

func (s *skim) failed() bool { return string(s.kind) == "error" || saysSomething(s.failure) }

// message walks a message, which is a whole answer or what a stream begins with.
func (s *skim) message() {
	r := &s.r
	for name := range r.fields {
		switch string(name) {
		case "id":
			s.id, _ = r.c.Text()
		case "type":
			s.kind, _ = r.c.Text()
		case "model":
			r.c.Kind()
			start := r.c.Offset()
			s.upstream, _ = r.c.Text()
			s.edits = append(s.edits, rawjson.Edit{Start: start, End: r.c.Offset(), New: s.model})
		case "content":
			s.answered = r.c.Kind() == rawjson.Array
			for range r.items {
				s.block()
			}
		case "stop_reason":
			s.stop, _ = r.c.Text()
		case "usage":
			s.usage.read(r)
		case "error":
			s.failure = r.raw()
		default:
			r.skip()
		}
	}
}

// block walks a content block.
func (s *skim) block() {
	r := &s.r
	kind := blockOpaque
	var input int64
	for name := range r.fields {
		switch string(name) {
		case "type":
			text, _ := r.c.Text()
			kind = kindOfBlock(string(text))
		case "text", "thinking":
			s.piece()
		case "input":
			if v := r.raw(); len(v) > len("{}") {
				input = int64(len(v))
			}
		default:
			r.skip()
		}
	}
	switch kind {
	case blockToolUse:
		s.calls, s.content = true, true
		s.size += input
	case blockRedacted, blockOpaque:
		s.content = true
	}
}

// piece reads a text that a caller can see; what is none counts nothing.
func (s *skim) piece() {
	start := s.r.c.Offset() + 1
	text, ok := s.r.c.Text()
	if !ok || len(text) == 0 {
		return
	}
	s.text = rawjson.Span{Start: start, End: start + len(text)}
	s.content = true
	s.size += int64(rawjson.TextLen(text))
}

// event walks an event of a stream.
func (s *skim) event() {
	r := &s.r
	for name := range r.fields {
		switch string(name) {
		case "type":
			s.kind, _ = r.c.Text()
		case "message":
			if r.c.Kind() == rawjson.Object { // errors may have one that is text
				kind := s.kind
				s.message()
				s.kind = kind
			} else {
				r.skip()
			}
		case "content_block":
			s.block()
		case "delta":
			s.delta()
		case "usage":
			s.later.read(r)
		case "error":
			s.failure = r.raw()
		default:
			r.skip()
		}
	}
}

func (s *skim) delta() {
	r := &s.r
	for name := range r.fields {
		switch string(name) {
		case "text", "thinking", "partial_json":
			s.piece()
		case "stop_reason":
			s.stop, _ = r.c.Text()
		default:
			r.skip()
		}
	}
}

// note puts what was found into the facts.
func (s *skim) note(f *llm.AnswerFacts) {
	if f.ID == "" && len(s.id) > 0 {
		f.ID = textOf(s.id)
	}
	if f.Model == "" && len(s.upstream) > 0 {
		f.Model = textOf(s.upstream)
	}
	f.Content = f.Content || s.content
	f.OutputBytes += s.size
	s.noteUsage(f)
	if len(s.stop) > 0 {
		f.NativeFinish = textOf(s.stop)
	}
}

func (s *skim) noteUsage(f *llm.AnswerFacts) {
	if s.usage.set {
		f.Usage, f.HasUsage = s.usage.split(), true
	}
}
