package ollama

import (
	"time"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// NewStreamEncoder begins a streamed answer. The last line tells why it ended
// and what it used, which the dialect's callers cannot ask to be left out.
func (Dialect) NewStreamEncoder(v llm.View) llm.StreamEncoder {
	return &streamEncoder{view: v, form: chatForm}
}

// form is how a line says what the model says, which is all in which the two
// endpoints' streams differ.
type form struct {
	// text and thinking open a text, thinking after what stands for no text, and
	// close ends either.
	text, thinking, close string
	// calls and image open what closeCalls and closeImage end.
	calls, closeCalls string
	image, closeImage string
}

var chatForm = &form{
	text:       `,"message":{"role":"assistant","content":`,
	thinking:   `,"message":{"role":"assistant","content":"","thinking":`,
	close:      `}`,
	calls:      `,"message":{"role":"assistant","content":"","tool_calls":[`,
	closeCalls: `]}`,
	image:      `,"message":{"role":"assistant","content":"","images":[`,
	closeImage: `]}`,
}

type streamEncoder struct {
	view llm.View
	form *form
	// head is what every line begins with.
	head  []byte
	calls []*encodedCall
	// sent is the number of tool calls so far.
	sent   int
	finish llm.Finish
	usage  *llm.Usage
	ended  bool
}

// encodedCall is a tool call, which the dialect sends whole.
type encodedCall struct {
	index     int
	id, name  string
	arguments []byte
}

// ContentType is that of lines of JSON.
func (*streamEncoder) ContentType() string { return "application/x-ndjson" }

// Append appends the lines for one event. Alternatives other than the first are
// left out. A ping is a line that says nothing, as the server itself sends.
func (s *streamEncoder) Append(dst []byte, e *llm.Event) []byte {
	if s.ended || e.Choice != 0 {
		return dst
	}
	switch e.Kind {
	case llm.EventStart:
		s.begin(e.Created)
	case llm.EventText, llm.EventRefusal:
		if e.Text != "" || len(e.LogProbs) > 0 {
			return s.textLine(dst, s.form.text, e)
		}
	case llm.EventReasoning:
		if e.Text != "" {
			return s.textLine(dst, s.form.thinking, e)
		}
	case llm.EventPing:
		return s.textLine(dst, s.form.text, &llm.Event{})
	case llm.EventToolStart:
		s.calls = append(s.calls, &encodedCall{index: e.Index, id: e.ID, name: e.Name})
	case llm.EventToolArguments:
		for _, c := range s.calls {
			if c.index == e.Index {
				c.arguments = append(c.arguments, e.Text...)
			}
		}
	case llm.EventToolEnd:
		return s.callLine(dst, e.Index)
	case llm.EventMedia:
		if e.Media != nil && e.Media.Data != "" {
			dst = append(s.line(dst), s.form.image...)
			dst = rawjson.AppendQuote(dst, e.Media.Data)
			return append(append(dst, s.form.closeImage...), notDone...)
		}
	case llm.EventFinish:
		s.finish = e.Finish
	case llm.EventUsage:
		if e.Usage != nil {
			u := *e.Usage
			s.usage = &u
		}
	case llm.EventError:
		s.ended = true
		return append(Dialect{}.AppendError(dst, e.Err), '\n')
	case llm.EventEnd:
		return s.end(dst)
	}
	return dst
}

// notDone closes every line but the last.
const notDone = ",\"done\":false}\n"

// begin renders what all lines share.
func (s *streamEncoder) begin(created time.Time) {
	if s.head == nil {
		s.head = appendHead(nil, created, &s.view)
	}
}

// line begins a line.
func (s *streamEncoder) line(dst []byte) []byte {
	s.begin(time.Time{})
	return append(dst, s.head...)
}

func (s *streamEncoder) textLine(dst []byte, opening string, e *llm.Event) []byte {
	dst = append(s.line(dst), opening...)
	dst = append(rawjson.AppendQuote(dst, e.Text), s.form.close...)
	if len(e.LogProbs) > 0 {
		dst = appendLogProbs(dst, e.LogProbs)
	}
	return append(dst, notDone...)
}

// callLine sends the call of that index.
func (s *streamEncoder) callLine(dst []byte, index int) []byte {
	for i, c := range s.calls {
		if c.index != index {
			continue
		}
		s.calls = append(s.calls[:i], s.calls[i+1:]...)
		dst = append(s.line(dst), s.form.calls...)
		dst = appendCall(dst, c.id, c.name, string(c.arguments), s.sent)
		s.sent++
		return append(append(dst, s.form.closeCalls...), notDone...)
	}
	return dst
}

// end sends calls whose end nobody told, and the last line.
func (s *streamEncoder) end(dst []byte) []byte {
	s.ended = true
	for len(s.calls) > 0 {
		dst = s.callLine(dst, s.calls[0].index)
	}
	dst = append(s.line(dst), s.form.text...)
	dst = append(append(dst, `""`...), s.form.close...)
	return append(appendDone(dst, s.finish, s.usage), "}\n"...)
}

// Interface guard.
var _ llm.StreamEncoder = (*streamEncoder)(nil)
