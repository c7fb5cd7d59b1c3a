package openai

import (
	"bytes"
	"io"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
	"github.com/fairwaygw/fairway/llm/sse"
)

// relay passes a stream of chunks through. Chunks of one stream are alike, so it
// remembers what the last one looked like, and where the next one differs in
// its text alone, looks at nothing else. Failing that, it remembers what chunks
// begin with, up to the model's name, and does not look at that again.
type relay struct {
	skim  skim
	facts llm.AnswerFacts
	shape shape
	// prefix is what chunks begin with, and modelAt where in it the model's
	// value stands.
	prefix  []byte
	modelAt rawjson.Edit
	// joined holds the data of an event of several lines.
	joined []byte
	// calls, finished and done are set once the stream has said so.
	calls, finished, done bool
}

// NewRelay begins to pass a stream through. What goes out is one data line an
// event, ended by LF, and one end marker: comments, names of events and the
// upstream's own end marker are not passed on.
func (Dialect) NewRelay(o llm.RelayOptions) llm.Relay {
	r := &relay{}
	r.skim.model = rawjson.AppendQuote(make([]byte, 0, len(o.Model)+2), o.Model)
	r.skim.hideUsage, r.skim.chunk = o.HideUsage, true
	return r
}

// Facts tells what the stream has said so far.
func (r *relay) Facts() *llm.AnswerFacts { return &r.facts }

const endMarker = "[DONE]"

// Event appends what the caller is to see of one event.
func (r *relay) Event(dst, raw []byte) ([]byte, error) {
	if r.done {
		return dst, nil
	}
	var e sse.Event
	e, r.joined = sse.Parse(raw, r.joined)
	data := e.Data
	if n := len(data); n > 0 && (data[0] <= ' ' || data[n-1] <= ' ') {
		data = bytes.TrimSpace(data)
	}
	switch {
	case len(data) == 0:
		return dst, r.noData(&e)
	case string(data) == endMarker:
		r.done = true
		return dst, nil
	case string(e.Name) == "error":
		return dst, llm.ParseError(200, nil, data)
	}
	if text, out, ok := r.shape.match(dst, data); ok {
		if len(text) > 0 {
			r.facts.Content = true
			r.facts.OutputBytes += int64(rawjson.TextLen(text))
			r.calls = r.calls || r.shape.inCall
		}
		return out, nil
	}
	if bytes.IndexByte(data, '\n') >= 0 {
		// Line breaks between tokens are as good as spaces, and elsewhere the
		// text is not JSON either way.
		data = bytes.ReplaceAll(data, []byte("\n"), []byte(" "))
	}
	if err := r.look(data); err != nil {
		return dst, chunkError(err, raw)
	}
	s := &r.skim
	if s.c.Wide() && !utf8.Valid(data) {
		data = bytes.ToValidUTF8(data, []byte("\ufffd"))
		if err := r.look(data); err != nil {
			return dst, chunkError(err, raw)
		}
		r.facts.Repaired = true
	}
	if fault := s.fault(); fault != nil {
		s.noteUsage(&r.facts)
		return dst, fault
	}
	s.note(&r.facts, &r.calls)
	r.finished = r.finished || s.other != nil
	if s.prefix > 0 {
		r.prefix = append(r.prefix[:0], data[:s.prefix]...)
		r.modelAt = s.edits[0]
	}
	if s.choices == 0 && (s.hideUsage && s.hasUsage || s.filtered && !s.hasUsage) {
		return dst, nil
	}
	r.shape.learn(s)
	dst = append(dst, "data: "...)
	dst = rawjson.Splice(dst, data, s.edits)
	return append(dst, "\n\n"...), nil
}

// look goes through one chunk.
func (r *relay) look(data []byte) error {
	s := &r.skim
	s.reset(data)
	if len(r.prefix) > 0 && bytes.HasPrefix(data, r.prefix) {
		s.edits = append(s.edits, r.modelAt)
		s.c.Seek(len(r.prefix))
		return s.walk(len(r.prefix))
	}
	if !s.begin() {
		s.c.Skip()
		if err := s.c.Close(); err != nil {
			return err
		}
		return errNotObject
	}
	return s.walk(0)
}

// noData deals with an event without data: a comment or a ping, or the first
// piece of a body that is no stream at all.
func (r *relay) noData(e *sse.Event) error {
	if e.Data != nil || len(e.Raw) == 0 {
		return nil
	}
	switch e.Raw[0] {
	case '{':
		if r.skim.reset(e.Raw); r.skim.begin() && r.skim.walk(0) == nil {
			if fault := r.skim.fault(); fault != nil {
				return fault
			}
		}
	case '<', '[':
	default:
		return nil
	}
	return badOutput("malformed", "the provider sent something else than a stream", nil)
}

// chunkError is the error for a chunk that cannot be read. The last event of a
// body that was cut off lacks the blank line at its end.
func chunkError(err error, raw []byte) *llm.Error {
	if last := raw[len(raw)-1]; last != '\n' && last != '\r' {
		return badOutput("truncated", "the provider's stream was cut off", err)
	}
	return badOutput("malformed", "the provider sent a chunk that is not valid JSON", err)
}

// Done tells whether the end mark has come.
func (r *relay) Done() bool { return r.done }

// End appends the end marker. Snowflake never says why an answer ended; there
// the upstream's own marker has to do.
func (r *relay) End(dst []byte) ([]byte, error) {
	if !r.finished && !r.done {
		return dst, io.ErrUnexpectedEOF
	}
	if f := &r.facts; !r.finished && !f.Content && f.ID == "" && f.Model == "" {
		return dst, badOutput("empty", "the provider sent an empty answer", nil)
	}
	if r.facts.Finish == "" {
		r.facts.Finish = finishOf("", r.calls)
	}
	return append(dst, "data: "+endMarker+"\n\n"...), nil
}

var _ llm.Relay = (*relay)(nil)
