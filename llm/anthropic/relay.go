package anthropic

import (
	"bytes"
	"io"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
	"github.com/fairwaygw/fairway/llm/sse"
)

// relay passes a stream of events through. Only the first one is edited, so all
// others go out as they came; those that are like the last one but for their
// text are not even read.
type relay struct {
	skim  skim
	facts llm.AnswerFacts
	shape textShape
	usage usage
	// joined holds the data of an event of several lines.
	joined []byte
	// calls, stopped and done are set once the stream has said so.
	calls, stopped, done bool
}

// NewRelay begins to pass a stream through. Usage belongs to this dialect's
// events, and is never hidden.
func (Dialect) NewRelay(o llm.RelayOptions) llm.Relay {
	r := &relay{}
	r.skim.model = appendString(make([]byte, 0, len(o.Model)+2), o.Model)
	return r
}

// Facts tells what the stream has said so far.
func (r *relay) Facts() *llm.AnswerFacts { return &r.facts }

var eventEnd = []byte("\n\n")

// Event appends what the caller is to see of one event.
func (r *relay) Event(dst, raw []byte) ([]byte, error) {
	if r.done {
		return dst, nil
	}
	if text, ok := r.shape.match(raw); ok && len(text) > 0 && closed(raw) {
		r.facts.OutputBytes += int64(rawjson.TextLen(text))
		return append(dst, raw...), nil
	}
	var e sse.Event
	e, r.joined = sse.Parse(raw, r.joined)
	data := bytes.TrimSpace(e.Data)
	switch {
	case len(data) == 0:
		if err := noStream(&e); err != nil {
			return dst, err
		}
		return appendEvent(dst, raw), nil
	case string(data) == "[DONE]": // not Anthropic's, but of servers that stand in for it
		r.done = r.stopped
		return dst, nil
	}
	if bytes.IndexByte(data, '\n') >= 0 {
		// Line breaks between tokens are as good as spaces, and elsewhere the
		// text is not JSON either way.
		data = bytes.ReplaceAll(data, eventEnd[:1], []byte(" "))
	}
	s := &r.skim
	if err := r.look(data); err != nil {
		return dst, chunkError(err, raw)
	}
	if s.r.c.Wide() && !utf8.Valid(data) {
		data = bytes.ToValidUTF8(data, []byte("\ufffd"))
		raw = bytes.ToValidUTF8(raw, []byte("\ufffd"))
		if err := r.look(data); err != nil {
			return dst, chunkError(err, raw)
		}
		r.facts.Repaired = true
	}
	if string(e.Name) == "error" || s.failed() {
		s.noteUsage(&r.facts)
		return dst, llm.ParseError(200, nil, data)
	}
	switch string(s.kind) {
	case "message_start":
		s.stop = nil
	case "message_delta":
		s.usage = s.later
	case "message_stop":
		r.done = true
		fallthrough
	default:
		s.usage, s.stop = r.usage, nil
	}
	s.note(&r.facts)
	r.usage = s.usage
	r.calls = r.calls || s.calls
	if len(s.stop) > 0 {
		r.stopped = true
		r.facts.Finish = finishOf(r.facts.NativeFinish, r.calls)
	}
	if string(s.kind) == "message_start" && len(s.edits) > 0 {
		dst = append(dst, "event: message_start\ndata: "...)
		return append(rawjson.Splice(dst, data, s.edits), eventEnd...), nil
	}
	if at := bytes.Index(raw, data); s.text.End > 0 && at >= 0 {
		r.shape.learn(raw, rawjson.Span{Start: at + s.text.Start, End: at + s.text.End}, llm.EventText)
	}
	return appendEvent(dst, raw), nil
}

// appendEvent appends an event as it came, and what closes it if that is
// missing, as it may at the end of a body.
func appendEvent(dst, raw []byte) []byte {
	dst = append(dst, raw...)
	if closed(raw) {
		return dst
	}
	return append(dst, eventEnd...)
}

// closed reports whether an event ends in a blank line.
func closed(raw []byte) bool {
	return bytes.HasSuffix(raw, eventEnd) || bytes.HasSuffix(raw, []byte("\n\r\n")) || bytes.HasSuffix(raw, []byte("\r\r"))
}

// look goes through one event.
func (r *relay) look(data []byte) error {
	s := &r.skim
	s.reset(data, r.usage)
	if s.r.c.Kind() != rawjson.Object {
		s.r.skip()
		if err := s.r.c.Close(); err != nil {
			return err
		}
		return errNotObject
	}
	s.event()
	return s.r.c.Close()
}

// noStream finds the first piece of a body that is no stream at all among the
// events without data, such as comments.
func noStream(e *sse.Event) error {
	if e.Data != nil || len(e.Raw) == 0 {
		return nil
	}
	switch e.Raw[0] {
	case '{':
		var s skim
		if err := s.whole(e.Raw); err == nil && s.failed() {
			return llm.ParseError(200, nil, e.Raw)
		}
	case '<', '[':
	default:
		return nil
	}
	return badOutput("malformed", "the provider sent something else than a stream", nil)
}

// chunkError is the error for an event that cannot be read. The last event of a
// body that was cut off lacks the blank line at its end.
func chunkError(err error, raw []byte) *llm.Error {
	if last := raw[len(raw)-1]; last != '\n' && last != '\r' {
		return badOutput("truncated", "the provider's stream was cut off", err)
	}
	return badOutput("malformed", "the provider sent an event that is not valid JSON", err)
}

// Done tells whether the end mark has come.
func (r *relay) Done() bool { return r.done }

// End appends what closes the stream, where the upstream has given its reason to
// stop and not closed it itself.
func (r *relay) End(dst []byte) ([]byte, error) {
	switch {
	case r.done:
		return dst, nil
	case !r.stopped:
		return dst, io.ErrUnexpectedEOF
	}
	return append(dst, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"...), nil
}

// Interface guard.
var _ llm.Relay = (*relay)(nil)
