package anthropic

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
	usage   usage
	// open are the blocks that have begun and not ended; mostly there is one.
	open []*streamedBlock
	// calls counts the tool calls for the caller to run.
	calls int
	// stop is the reason to stop; stopped is set once one was given.
	stop, sequence string
	stopped        bool
	shape          textShape
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
			d.finish(err)
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

// finish ends the decoder: err is what Next returns from now on.
func (d *streamDecoder) finish(err error) {
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
		whole, err := d.begin()
		if err != nil {
			return err
		}
		if whole != nil {
			return d.whole(whole)
		}
	}
	ev, err := d.reader.Next()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return d.ended(errors.Is(err, io.EOF))
	case errors.Is(err, sse.ErrTooLarge):
		return badOutput("too_large", "the provider sent an event that is too large", err)
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
	case string(data) == "[DONE]": // not Anthropic's, but of servers that stand in for it
		return d.ended(true)
	}
	return d.event(data, string(ev.Name) == "error")
}

func unreachable(err error) *llm.Error {
	return &llm.Error{
		Status: 502, Class: llm.ClassTransport, Type: "api_error", Code: "upstream_unreachable",
		Message: "the connection to the provider broke", Reason: "truncated", Err: err,
	}
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// begin looks at the first bytes and begins to read the stream. It returns the
// whole body instead when that is no stream.
func (d *streamDecoder) begin() ([]byte, error) {
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

// event takes one JSON object of the stream. Its own type counts, for some
// servers leave the names of events out.
func (d *streamDecoder) event(data []byte, failed bool) error {
	var r reader
	// Usage is read into what is known already, so that figures which an event
	// leaves out stay as they are.
	w := wireEvent{usage: d.usage, message: answer{usage: d.usage}}
	r.read(data)
	object := r.c.Kind() == rawjson.Object
	w.read(&r)
	if !object || !r.end() {
		return badOutput("malformed", "the provider sent an event that is not valid JSON", errMalformed)
	}
	if failed || w.kind == "error" || saysSomething(w.failure) {
		d.tellUsage()
		d.emit(llm.Event{Kind: llm.EventError, Err: llm.ParseError(200, nil, data)})
		return io.EOF
	}
	switch w.kind {
	case "message_start":
		d.usage = w.message.usage
		d.start(&w.message)
	case "content_block_start":
		return d.blockStart(&w)
	case "content_block_delta":
		d.blockDelta(data, &w)
	case "content_block_stop":
		return d.blockStop(w.index)
	case "message_delta":
		d.usage = w.usage
		if w.delta.stop != "" {
			d.stop, d.sequence, d.stopped = w.delta.stop, w.delta.sequence, true
		}
	case "message_stop":
		return d.end()
	case "ping":
		d.emit(llm.Event{Kind: llm.EventPing})
	}
	return nil
}

// start announces the answer. Some servers do it twice.
func (d *streamDecoder) start(m *answer) {
	if d.started {
		return
	}
	d.started, d.id = true, m.id
	d.emit(llm.Event{Kind: llm.EventStart, ID: m.id, Model: m.model})
}

// ended is the end of the body, which some servers do not announce. The stream
// is complete if it has given its reason to stop.
func (d *streamDecoder) ended(well bool) error {
	switch {
	case well && d.stopped:
		return d.end()
	case well && !d.started && !d.usage.set && len(d.open) == 0:
		return badOutput("empty", "the provider sent an empty answer", nil)
	}
	d.tellUsage()
	return io.ErrUnexpectedEOF
}

// tellUsage tells what the stream has cost so far, if it said so.
func (d *streamDecoder) tellUsage() {
	if u := d.usage.neutral(); u != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: u})
	}
}

// end closes a complete stream.
func (d *streamDecoder) end() error {
	d.start(&answer{})
	for len(d.open) > 0 {
		if err := d.blockStop(d.open[0].index); err != nil {
			return err
		}
	}
	d.emit(llm.Event{Kind: llm.EventFinish, Finish: finishOf(d.stop, d.calls > 0), NativeFinish: d.stop, StopSequence: d.sequence})
	d.tellUsage()
	d.emit(llm.Event{Kind: llm.EventEnd})
	return io.EOF
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

// Interface guard.
var _ llm.StreamDecoder = (*streamDecoder)(nil)
