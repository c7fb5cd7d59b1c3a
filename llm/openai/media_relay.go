package openai

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
	"github.com/fairwaygw/fairway/llm/sse"
)

// mediaRelay passes a stream of sound, of its transcript or of pictures through.
// Events are told apart by their type; servers of open models send chunks as in
// chat, and an end marker.
type mediaRelay struct {
	op    llm.Operation
	model []byte // quoted
	facts llm.AnswerFacts
	// n is how many results the stream is to have, ends how many it has had.
	n, ends int64
	// marked is set by the end marker.
	marked bool
	joined []byte
}

// Facts tells what the stream has said so far.
func (r *mediaRelay) Facts() *llm.AnswerFacts { return &r.facts }

// Done reports whether the stream has said all.
func (r *mediaRelay) Done() bool { return r.marked || r.ends >= r.n }

// Event appends what the caller is to see of one event.
func (r *mediaRelay) Event(dst, raw []byte) ([]byte, error) {
	var e sse.Event
	e, r.joined = sse.Parse(raw, r.joined)
	data := bytes.TrimSpace(e.Data)
	switch {
	case len(data) == 0:
		return dst, nil // a comment
	case string(data) == endMarker:
		r.marked = true
		return dst, nil
	case string(e.Name) == "error":
		return dst, llm.ParseError(200, nil, data)
	}
	if bytes.IndexByte(data, '\n') >= 0 {
		data = bytes.ReplaceAll(data, []byte("\n"), []byte(" "))
	}
	if !utf8.Valid(data) {
		data = bytes.ToValidUTF8(data, []byte("\ufffd"))
		r.facts.Repaired = true
	}
	edits, err := r.look(data)
	if err != nil {
		return dst, err
	}
	if len(e.Name) > 0 {
		dst = append(append(append(dst, "event: "...), e.Name...), '\n')
	}
	dst = append(dst, "data: "...)
	dst = rawjson.Splice(dst, data, edits)
	return append(dst, "\n\n"...), nil
}

// look goes through one event.
func (r *mediaRelay) look(data []byte) ([]rawjson.Edit, error) {
	var (
		c     = rawjson.Check(data)
		edits []rawjson.Edit
		kind  string
		fault []byte
		used  []byte
	)
	if !c.Object() {
		return nil, badOutput("malformed", "the provider sent an event that is not valid JSON", errNotObject)
	}
	for c.NextField() {
		switch string(c.Key()) {
		case "type":
			kind = unquoted(c.Value())
		case "model":
			v := c.Value()
			if end := c.Offset(); rawjson.KindOf(v) == rawjson.String {
				r.facts.Model = unquoted(v)
				edits = append(edits, rawjson.Edit{Start: end - len(v), End: end, New: r.model})
			}
		case "usage":
			used = c.Value()
		case "error":
			fault = c.Value()
		default:
			c.Skip()
		}
	}
	if err := c.Close(); err != nil {
		return nil, badOutput("malformed", "the provider sent an event that is not valid JSON", err)
	}
	if k := rawjson.KindOf(fault); kind == "error" || k == rawjson.Object || k == rawjson.String {
		return nil, llm.ParseError(200, nil, data)
	}
	if u, ok := mediaUsage(r.op, used); ok {
		if r.facts.HasUsage && r.n > 1 {
			u.Add(&r.facts.Usage) // each of several pictures has its own
		}
		r.facts.Usage, r.facts.HasUsage = u, true
	}
	r.facts.Content = true
	if kind == "transcript.text.done" || kind == "speech.audio.done" || strings.HasPrefix(kind, "image_") && strings.HasSuffix(kind, ".completed") {
		r.ends++
		r.facts.Finish = llm.FinishStop
	}
	return edits, nil
}

// End appends the end marker where there was one.
func (r *mediaRelay) End(dst []byte) ([]byte, error) {
	switch {
	case r.marked && r.ends == 0:
		return append(dst, "data: [DONE]\n\n"...), nil
	case r.ends > 0:
		return dst, nil
	}
	return dst, io.ErrUnexpectedEOF
}
