package responses

import (
	"bytes"
	"errors"
	"io"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
	"github.com/fairwaygw/fairway/llm/sse"
)

// NewStreamDecoder reads a streamed answer. A body that is one JSON object
// instead of a stream is read as what it is: an error, or the whole answer of a
// server that does not stream.
//
// After an EventError, as after an EventEnd, Next returns io.EOF.
func (Dialect) NewStreamDecoder(body io.Reader, o llm.StreamOptions) llm.StreamDecoder {
	if o.MaxEvent <= 0 {
		o.MaxEvent = sse.DefaultMaxEvent
	}
	return &streamDecoder{body: body, options: o}
}

type streamDecoder struct {
	body    io.Reader
	options llm.StreamOptions
	events  []llm.Event
	// reader is nil until the first bytes have shown that this is a stream.
	reader *sse.Reader
	// then is what Next returns once the events at hand are taken.
	then    error
	started bool
	id      string
	items   []*streamedItem
	// calls counts the function calls, called is set once there is a call of
	// any kind for the caller to run, and searched counts searches.
	calls    int
	called   bool
	searched int64
	// shape is what the last event with a piece of text looked like, whose
	// meaning was piece.
	shape shape
	piece pieceOf
}

// pieceOf says what a piece of text belongs to.
type pieceOf struct {
	kind llm.EventKind
	item *streamedItem
	part *streamedPart
}

// Next returns the next events; see [llm.StreamDecoder].
func (d *streamDecoder) Next() ([]llm.Event, error) {
	if d.then != nil {
		return nil, d.then
	}
	clear(d.events)
	d.events = d.events[:0]
	for len(d.events) == 0 {
		if err := d.step(); err != nil {
			d.stop(err)
			if len(d.events) == 0 {
				return nil, err
			}
		}
	}
	return d.events, nil
}

// Buffered reports whether Next can return without waiting for the provider.
func (d *streamDecoder) Buffered() bool {
	return d.then != nil || d.reader != nil && d.reader.Buffered()
}

// stop ends the decoder: err is what Next returns from now on.
func (d *streamDecoder) stop(err error) {
	d.then = err
	if d.reader != nil {
		d.reader.Release()
		d.reader = nil
	}
}

func (d *streamDecoder) emit(e llm.Event) { d.events = append(d.events, e) }

// step reads one event of the stream.
func (d *streamDecoder) step() error {
	if d.reader == nil {
		whole, err := d.open()
		if err != nil {
			return err
		}
		if whole != nil {
			return d.whole(whole)
		}
	}
	ev, err := d.reader.Next()
	switch {
	case errors.Is(err, io.EOF):
		return d.ended()
	case errors.Is(err, sse.ErrTooLarge):
		return badOutput("too_large", "the provider sent an event that is too large", err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	case err != nil:
		return unreachable(err)
	}
	if ev.Data == nil {
		d.emit(llm.Event{Kind: llm.EventPing})
		return nil
	}
	if d.text(ev.Data) {
		return nil
	}
	data := bytes.TrimSpace(ev.Data)
	switch {
	case len(data) == 0:
		return nil
	case string(data) == "[DONE]": // not OpenAI's, but OpenRouter's
		return d.ended()
	}
	return d.event(data, string(ev.Name) == "error")
}

func unreachable(err error) *llm.Error {
	return &llm.Error{
		Status: 502, Class: llm.ClassTransport, Type: "api_error", Code: "upstream_unreachable",
		Message: "the connection to the provider broke", Reason: "truncated", Err: err,
	}
}

// ended is the end of a body that has not told how the answer ended.
func (d *streamDecoder) ended() error {
	if !d.started {
		return badOutput("empty", "the provider sent an empty answer", nil)
	}
	return io.ErrUnexpectedEOF
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// open looks at the first bytes and begins to read the stream. It returns the
// whole body instead when that is no stream.
func (d *streamDecoder) open() ([]byte, error) {
	first := make([]byte, 0, 512)
	for {
		n, err := io.ReadAtLeast(d.body, first[len(first):cap(first)], 1)
		first = first[:len(first)+n]
		text := bytes.TrimLeft(bytes.TrimPrefix(first, byteOrderMark), " \t\r\n")
		switch {
		case err == nil && len(first) < len(byteOrderMark) && bytes.HasPrefix(byteOrderMark, first):
		case len(text) > 0 && (text[0] == '{' || text[0] == '[' || text[0] == '<'):
			rest, err := io.ReadAll(io.LimitReader(d.body, int64(d.options.MaxEvent)+1))
			if err != nil {
				return nil, io.ErrUnexpectedEOF
			}
			if len(rest) > d.options.MaxEvent {
				return nil, badOutput("too_large", "the provider sent an answer that is too large", nil)
			}
			return append(bytes.Clone(text), rest...), nil
		case len(text) > 0 || err == nil && len(first) == cap(first):
			d.reader = sse.NewReader(io.MultiReader(bytes.NewReader(first), d.body), d.options.MaxEvent)
			return nil, nil
		case errors.Is(err, io.EOF):
			return nil, badOutput("empty", "the provider sent an empty answer", nil)
		case err != nil:
			return nil, unreachable(err)
		}
	}
}

// whole takes an answer that came in one piece.
func (d *streamDecoder) whole(body []byte) error {
	r, err := Dialect{}.DecodeResponse(body)
	if err != nil {
		return err
	}
	d.replay(r)
	return io.EOF
}

// event takes one JSON object of the stream. Its own type counts, for some
// servers leave the names of events out.
func (d *streamDecoder) event(data []byte, failed bool) error {
	var r reader
	var w wireEvent
	r.read(data)
	object := r.c.Kind() == rawjson.Object
	w.read(&r)
	if !object || !r.end() {
		return badOutput("malformed", "the provider sent an event that is not valid JSON", errMalformed)
	}
	if failed || w.kind == "error" || w.kind == "response.failed" || w.failure != nil || w.kind == "" && w.complaint {
		return d.failed(data, &w)
	}
	switch w.kind {
	case "response.created", "response.in_progress", "response.queued":
		d.start(&w.response)
	case "response.completed", "response.incomplete", "response." + statusCanceled:
		return d.end(&w.response, w.kind[len("response."):])
	case "response.output_item.added":
		d.itemAdded(&w)
	case "response.output_item.done":
		d.itemDone(d.find(&w), &w.item)
	default:
		d.part(data, &w)
	}
	return nil
}

// failed tells of a failure, and what it has cost, if that was said.
func (d *streamDecoder) failed(data []byte, w *wireEvent) error {
	if u := w.response.used(); u != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: u})
	}
	d.emit(llm.Event{Kind: llm.EventError, Err: llm.ParseError(200, nil, data)})
	return io.EOF
}

// start announces the answer. Servers tell twice that it has begun.
func (d *streamDecoder) start(a *answer) {
	if d.started {
		return
	}
	d.started, d.id = true, a.id
	d.emit(llm.Event{Kind: llm.EventStart, ID: a.id, Model: a.model, Created: a.createdAt()})
}

// end closes a complete stream. Its last event may hold what no other did, or
// nothing of what was said before.
func (d *streamDecoder) end(a *answer, status string) error {
	d.start(a)
	if a.status == "" {
		a.status = status
	}
	if len(d.items) == 0 {
		for i := range a.items {
			w := wireEvent{outputIndex: i, hasIndex: true}
			d.itemDone(d.find(&w), &a.items[i])
		}
	}
	cut := a.status == statusIncomplete
	for _, s := range d.items {
		// What only the whole answer has of an item that was left open.
		if !s.done && s.at >= 0 && s.at < len(a.items) && a.items[s.at].kind == s.kind {
			d.itemDone(s, &a.items[s.at])
		}
		if err := d.closeItem(s, cut); err != nil {
			return err
		}
	}
	finish, native := finishOf(a.status, a.reason, d.called)
	d.emit(llm.Event{Kind: llm.EventFinish, Finish: finish, NativeFinish: native})
	a.searched = max(a.searched, d.searched)
	if u := a.used(); u != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: u})
	}
	d.emit(llm.Event{Kind: llm.EventEnd})
	return io.EOF
}

// Interface guard.
var _ llm.StreamDecoder = (*streamDecoder)(nil)
