package cohere

import (
	"bytes"
	"errors"
	"io"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/sse"
)

// NewStreamDecoder reads a streamed answer. A body that is one JSON object
// instead of a stream is read as what it is: an error, or a whole answer.
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
	piece   piece
	// id is the answer's, for ids of its tool calls.
	id    string
	tools []*streamedTool
	said  bool
}

// streamedTool is a tool call that arrives in pieces.
type streamedTool struct {
	// upstream is Cohere's index, n the neutral one.
	upstream, n int
	begun       bool
	ended       bool
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
	case errors.Is(err, io.EOF) && !d.started:
		return badOutput("empty", "the provider sent an empty answer", nil)
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case err != nil:
		return broken(err)
	}
	if ev.Data == nil {
		d.emit(llm.Event{Kind: llm.EventPing})
		return nil
	}
	data := bytes.TrimSpace(ev.Data)
	switch {
	case len(data) == 0:
		return nil
	case string(data) == endMarker: // before the message's own end
		return io.ErrUnexpectedEOF
	}
	if err := d.piece.parse(data); err != nil {
		return badOutput("malformed", "the provider sent an event that is not valid JSON", err)
	}
	return d.take(&d.piece, data)
}

const endMarker = "[DONE]"

// broken says what the failure to read on means.
func broken(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	case errors.Is(err, sse.ErrTooLarge):
		return badOutput("too_large", "the provider sent an event that is too large", err)
	}
	return &llm.Error{
		Status: 502, Class: llm.ClassTransport, Type: "api_error", Code: "upstream_unreachable",
		Message: "the connection to the provider broke", Reason: "truncated", Err: err,
	}
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// open looks at the first bytes and begins to read the stream. It returns the
// whole body instead when that is no stream.
func (d *streamDecoder) open() ([]byte, error) {
	head := make([]byte, 0, 512)
	for {
		n, err := io.ReadAtLeast(d.body, head[len(head):cap(head)], 1)
		head = head[:len(head)+n]
		text := bytes.TrimLeft(bytes.TrimPrefix(head, byteOrderMark), " \t\r\n")
		switch {
		case err == nil && len(head) < len(byteOrderMark) && bytes.HasPrefix(byteOrderMark, head):
		case len(text) > 0 && (text[0] == '{' || text[0] == '[' || text[0] == '<'):
			rest, err := io.ReadAll(io.LimitReader(d.body, int64(d.options.MaxEvent)+1))
			if err != nil {
				return nil, broken(err)
			}
			if len(rest) > d.options.MaxEvent {
				return nil, badOutput("too_large", "the provider sent an answer that is too large", nil)
			}
			return append(bytes.Clone(text), rest...), nil
		case len(text) > 0 || err == nil && len(head) == cap(head):
			d.reader = sse.NewReader(io.MultiReader(bytes.NewReader(head), d.body), d.options.MaxEvent)
			return nil, nil
		case errors.Is(err, io.EOF):
			return nil, badOutput("empty", "the provider sent an empty answer", nil)
		case err != nil:
			return nil, broken(err)
		}
	}
}

// whole takes an answer that came in one piece.
func (d *streamDecoder) whole(body []byte) error {
	r, err := Dialect{}.DecodeResponse(body)
	if err != nil {
		return err
	}
	d.emit(llm.Event{Kind: llm.EventStart, ID: r.ID})
	c := &r.Choices[0]
	calls := 0
	for i := range c.Message.Parts {
		switch p := &c.Message.Parts[i]; p.Kind {
		case llm.PartReasoning:
			d.emit(llm.Event{Kind: llm.EventReasoning, Text: p.Text})
		case llm.PartToolCall:
			d.emit(llm.Event{Kind: llm.EventToolStart, Index: calls, ID: p.Call.ID, Name: d.toolName(p.Call.Name)})
			if p.Call.Arguments != "" {
				d.emit(llm.Event{Kind: llm.EventToolArguments, Index: calls, Text: p.Call.Arguments})
			}
			d.emit(llm.Event{Kind: llm.EventToolEnd, Index: calls})
			calls++
		default:
			d.emit(llm.Event{Kind: llm.EventText, Text: p.Text, LogProbs: c.LogProbs})
			c.LogProbs = nil
			for j := range p.Citations {
				d.emit(llm.Event{Kind: llm.EventCitation, Citation: &p.Citations[j]})
			}
		}
	}
	d.emit(llm.Event{Kind: llm.EventFinish, Finish: c.Finish, NativeFinish: c.NativeFinish})
	if r.Usage != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: r.Usage})
	}
	d.emit(llm.Event{Kind: llm.EventEnd})
	return io.EOF
}

// toolName is the caller's name for a tool.
func (d *streamDecoder) toolName(name string) string {
	if own, ok := d.options.ToolNames[name]; ok {
		return own
	}
	return name
}

// Interface guard.
var _ llm.StreamDecoder = (*streamDecoder)(nil)
