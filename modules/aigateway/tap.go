package aigateway

import (
	"bytes"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/sse"
)

const (
	// maxTapped bounds the answer that is kept to be read, and
	maxTapped = 8 << 20
	// maxTappedEvent the event of a stream.
	maxTappedEvent = 1 << 20
)

// tap reads along in an answer that passes through, for its usage. It never
// holds anything back, and what it cannot read, it does not know.
type tap struct {
	dialect llm.Dialect
	// pass and relay are there where the dialect passes through.
	pass  llm.Passthrough
	relay llm.Relay
	// ends are what may end an event; nil for an answer that is read whole.
	ends [][]byte
	// lost is set when there is nothing to be read any more.
	lost bool

	buf, scratch []byte
	known        llm.AnswerFacts
}

// newTap reads an answer in a dialect, or in none.
func newTap(contentType string, dialect llm.Dialect) *tap {
	if dialect == nil {
		return &tap{lost: true}
	}
	t := &tap{dialect: dialect}
	t.pass, _ = dialect.(llm.Passthrough)
	_, splits := dialect.(llm.Splitting)
	kind, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	switch kind = strings.TrimSpace(kind); {
	case kind == "text/event-stream" && !splits:
		t.ends = [][]byte{[]byte("\n\n"), []byte("\r\n\r\n")}
	case kind == "application/x-ndjson" && splits:
		t.ends = [][]byte{[]byte("\n")}
	case kind == "application/json":
	default:
		t.lost = true
	}
	if t.ends != nil && t.pass != nil {
		t.relay = t.pass.NewRelay(llm.RelayOptions{})
	}
	return t
}

// see takes what has passed.
func (t *tap) see(p []byte) {
	if t.lost {
		return
	}
	limit := maxTapped
	if t.ends != nil {
		limit = maxTappedEvent
	}
	if t.buf = append(t.buf, p...); t.ends != nil {
		from := max(len(t.buf)-len(p)-3, 0) // an end may have begun before
		for end := t.end(from); end > 0; end = t.end(0) {
			t.event(t.buf[:end])
			t.buf = append(t.buf[:0], t.buf[end:]...)
		}
	}
	if len(t.buf) > limit {
		t.lost, t.buf = true, nil
	}
}

// end is where the first event ends, 0 where none does.
func (t *tap) end(from int) int {
	first := 0
	for _, mark := range t.ends {
		if i := bytes.Index(t.buf[from:], mark); i >= 0 && (first == 0 || from+i+len(mark) < first) {
			first = from + i + len(mark)
		}
	}
	return first
}

func (t *tap) event(raw []byte) {
	if t.relay == nil {
		// Each event is an answer so far.
		var e sse.Event
		if e, t.scratch = sse.Parse(raw, t.scratch); len(e.Data) > 0 {
			t.answer(e.Data)
		}
		return
	}
	out, err := t.relay.Event(t.scratch[:0], raw)
	if t.scratch = out; err != nil {
		t.lost, t.buf = true, nil
	}
	t.known = *t.relay.Facts()
}

// answer reads a whole one.
func (t *tap) answer(body []byte) {
	if t.pass != nil {
		facts := llm.AnswerFacts{}
		if _, err := t.pass.EditResponse(nil, body, "", &facts); err == nil {
			t.known = facts
		}
		return
	}
	if r, err := t.dialect.DecodeResponse(body); err == nil {
		t.known = responseFacts(r)
	}
}

// facts are what the answer has said.
func (t *tap) facts() *llm.AnswerFacts {
	if !t.lost && len(t.buf) > 0 {
		if t.ends != nil {
			t.event(t.buf)
		} else {
			t.answer(t.buf)
		}
	}
	t.lost, t.buf = true, nil
	t.known.Content = true // something was used, whatever it was
	return &t.known
}
