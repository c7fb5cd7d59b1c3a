package responses

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
)

// NewStreamEncoder begins a streamed answer. The last event holds the answer as
// a whole, with its usage, which the dialect's callers cannot ask to be left
// out. After a failure come an error and an answer that failed, for OpenAI's
// libraries look at the one and Codex at the other.
func (Dialect) NewStreamEncoder(v llm.View) llm.StreamEncoder {
	return &streamEncoder{view: v}
}

type streamEncoder struct {
	view   llm.View
	object envelope
	// seq is the number of the next event.
	seq          int
	begun, ended bool
	// items are the items so far, by their index in the answer; nil where one
	// is open.
	items [][]byte
	// open is the message or the reasoning that is being written, if any, and
	// calls are the calls.
	open  openItem
	calls []*openCall
	// finish is why the answer ended.
	finish llm.Finish
}

// openCall is a tool call that is not complete yet.
type openCall struct {
	index, at int // the neutral index, and that of the item
	id, ref   string
	name      string
	head      []byte // what events with a piece of the arguments begin with
	arguments []byte
}

// ContentType is that of server-sent events.
func (*streamEncoder) ContentType() string { return "text/event-stream" }

// Append appends the events for one event.
func (s *streamEncoder) Append(dst []byte, e *llm.Event) []byte {
	if s.ended {
		return dst
	}
	switch e.Kind {
	case llm.EventPing:
		return append(dst, ": ping\n\n"...)
	case llm.EventStart:
		return s.begin(dst, e)
	case llm.EventUsage:
		if e.Usage != nil {
			u := *e.Usage
			s.object.usage = &u
		}
		return dst
	case llm.EventError:
		return s.fail(dst, e.Err)
	case llm.EventEnd:
		return s.end(dst)
	case llm.EventToolArguments:
		return s.arguments(dst, e)
	}
	if e.Choice != 0 { // there is no place for another one
		return dst
	}
	if !s.begun {
		dst = s.begin(dst, &llm.Event{})
	}
	return s.content(dst, e)
}

// begin announces the answer, once.
func (s *streamEncoder) begin(dst []byte, e *llm.Event) []byte {
	if s.begun {
		return dst
	}
	s.begun = true
	usage := s.object.usage
	s.object = newEnvelope(e.ID, e.Created, &s.view)
	dst = s.whole(dst, "response.created")
	dst = s.whole(dst, "response.in_progress")
	s.object.usage = usage
	return dst
}

// whole appends an event that holds the answer.
func (s *streamEncoder) whole(dst []byte, name string) []byte {
	dst = append(s.event(dst, name), `,"response":`...)
	dst = s.object.append(dst)
	return append(dst, "}\n\n"...)
}

// event appends the start of an event, up to its number.
func (s *streamEncoder) event(dst []byte, name string) []byte {
	dst = append(append(dst, "event: "...), name...)
	dst = append(append(dst, "\ndata: {\"type\":\""...), name...)
	dst = append(dst, `","sequence_number":`...)
	return s.number(dst)
}

// number appends the number of an event.
func (s *streamEncoder) number(dst []byte) []byte {
	dst = strconv.AppendInt(dst, int64(s.seq), 10)
	s.seq++
	return dst
}

// place appends where in the answer an event belongs.
func place(dst []byte, id string, at int) []byte {
	dst = appendString(append(dst, `,"item_id":`...), id)
	return strconv.AppendInt(append(dst, `,"output_index":`...), int64(at), 10)
}

// itemEvent appends an event that holds an item.
func (s *streamEncoder) itemEvent(dst []byte, name string, at int, item []byte) []byte {
	dst = s.event(dst, name)
	dst = strconv.AppendInt(append(dst, `,"output_index":`...), int64(at), 10)
	dst = append(append(dst, `,"item":`...), item...)
	return append(dst, "}\n\n"...)
}

func (s *streamEncoder) added(dst []byte, at int, item []byte) []byte {
	return s.itemEvent(dst, "response.output_item.added", at, item)
}

// done closes an item, and keeps it for the whole answer.
func (s *streamEncoder) done(dst []byte, at int, item []byte) []byte {
	s.items[at] = item
	return s.itemEvent(dst, "response.output_item.done", at, item)
}

// next is the index of the next item, which is open then.
func (s *streamEncoder) next() int {
	s.items = append(s.items, nil)
	return len(s.items) - 1
}

// content writes what the model says.
func (s *streamEncoder) content(dst []byte, e *llm.Event) []byte {
	switch e.Kind {
	case llm.EventText:
		if e.Text == "" && len(e.LogProbs) == 0 {
			return dst
		}
		dst = s.openPart(dst, partText)
		return s.piece(dst, e.Text, ownLogProbs(e.LogProbs))
	case llm.EventRefusal:
		if e.Text == "" {
			return dst
		}
		dst = s.openPart(dst, partRefusal)
		return s.piece(dst, e.Text, nil)
	case llm.EventReasoning:
		if e.Text == "" {
			return dst
		}
		dst = s.openSummary(dst)
		return s.piece(dst, e.Text, nil)
	case llm.EventSignature:
		return s.signature(dst, e)
	case llm.EventRedacted:
		if own, ok := redacted(e.Data, e.Issuer); ok {
			dst = s.encrypted(s.close(dst), own)
		}
	case llm.EventCitation:
		return s.cite(dst, e.Citation)
	case llm.EventToolStart:
		return s.callStart(dst, e)
	case llm.EventToolEnd:
		if c := s.call(e.Index); c != nil {
			dst = s.callEnd(dst, c)
		}
	case llm.EventOpaque:
		return s.opaque(dst, e)
	case llm.EventMedia:
		return s.media(dst, e.Media)
	case llm.EventFinish:
		s.finish = e.Finish
		dst = s.close(dst)
	}
	return dst
}

// itemState is the state of an item that ends now.
func (s *streamEncoder) itemState() string {
	if status, _ := stateOf(s.finish); status != statusCompleted {
		return statusIncomplete
	}
	return statusCompleted
}

// end closes what is open and tells the whole answer.
func (s *streamEncoder) end(dst []byte) []byte {
	dst = s.begin(dst, &llm.Event{})
	dst = s.close(dst)
	for len(s.calls) > 0 {
		dst = s.callEnd(dst, s.calls[0])
	}
	s.ended = true
	s.object.end(s.finish)
	s.gather()
	return s.whole(dst, "response."+s.object.status)
}

// gather puts the items that are complete into the answer.
func (s *streamEncoder) gather() {
	s.object.items = s.object.items[:0]
	for _, item := range s.items {
		if item == nil {
			continue
		}
		if len(s.object.items) > 0 {
			s.object.items = append(s.object.items, ',')
		}
		s.object.items = append(s.object.items, item...)
	}
}

// fail tells of a failure. What is open stays open, as at OpenAI. An answer that
// was passed through up to here was begun by another, so that the numbers of
// its events are not known.
func (s *streamEncoder) fail(dst []byte, e *llm.Error) []byte {
	coded := llm.Error{}
	if e != nil {
		coded = *e
	}
	if coded.Code == "" { // without one some libraries do not take it for an error
		coded.Code = codeFailed
	}
	e = &coded
	s.ended = true
	dst = append(s.event(dst, "error"), `,"code":`...)
	dst = appendString(dst, e.Code)
	dst = appendString(append(dst, `,"message":`...), errorMessage(e))
	dst = appendStringOrNull(append(dst, `,"param":`...), e.Param)
	dst = appendErrorObject(append(dst, `,"error":`...), e)
	dst = append(dst, "}\n\n"...)
	if !s.begun {
		usage := s.object.usage
		s.object = newEnvelope("", s.view.Created, &s.view)
		s.object.usage = usage
	}
	s.object.status, s.object.failure = statusFailed, e
	s.gather()
	return s.whole(dst, "response.failed")
}

// Interface guard.
var _ llm.StreamEncoder = (*streamEncoder)(nil)
