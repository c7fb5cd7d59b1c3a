package gemini

import (
	"bytes"

	"github.com/fairwaygw/fairway/llm"
)

// Array is the dialect for callers of streamGenerateContent that do not ask for
// server-sent events: they get the same chunks as the elements of one JSON
// array.
type Array struct{ Dialect }

// NewStreamEncoder begins a streamed answer that is an array.
func (a Array) NewStreamEncoder(v llm.View) llm.StreamEncoder {
	return &arrayEncoder{events: a.Dialect.NewStreamEncoder(v)}
}

type arrayEncoder struct {
	events llm.StreamEncoder
	event  []byte
	begun  bool
	ended  bool
}

// ContentType is that of JSON.
func (*arrayEncoder) ContentType() string { return "application/json" }

// Append appends the elements for one event, and the end of the array at the
// end of the answer. After a failure the array stays open: what is not whole
// must not parse.
func (s *arrayEncoder) Append(dst []byte, e *llm.Event) []byte {
	if s.ended {
		return dst
	}
	s.event = s.events.Append(s.event[:0], e)
	for line := range bytes.Lines(s.event) {
		data, ok := bytes.CutPrefix(line, []byte("data: "))
		if !ok {
			continue
		}
		if s.begun {
			dst = append(dst, ",\n"...)
		} else {
			dst = append(dst, '[')
			s.begun = true
		}
		dst = append(dst, bytes.TrimRight(data, "\r\n")...)
	}
	switch e.Kind {
	case llm.EventEnd:
		s.ended = true
		if !s.begun {
			dst = append(dst, '[')
		}
		dst = append(dst, "]\n"...)
	case llm.EventError:
		s.ended = true
	}
	return dst
}

// Interface guard.
var _ llm.Dialect = Array{}
