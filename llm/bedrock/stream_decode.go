package bedrock

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
	"github.com/fairwaygw/fairway/llm/sse"
)

// NewStreamDecoder reads a streamed answer. A body that is JSON instead of frames
// is read as what it is: an error, or a whole answer.
//
// After an EventError, as after an EventEnd, Next returns io.EOF.
func (Dialect) NewStreamDecoder(body io.Reader, o llm.StreamOptions) llm.StreamDecoder {
	return &streamDecoder{frames: newFrameReader(body, o.MaxEvent), options: o}
}

type streamDecoder struct {
	// frames is nil once the stream is over.
	frames  *frameReader
	options llm.StreamOptions
	events  []llm.Event
	// then is what Next returns once the events at hand are taken.
	then    error
	frame   frame
	piece   piece
	started bool
	// content is set once there is something that a caller can see.
	content bool
	blocks  []*openBlock
	// calls is the number of tool calls so far.
	calls int
	// stopped is set once the message has ended, for the reason in native; what
	// the call used comes after that.
	stopped bool
	native  string
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
			d.then = err
			d.frames.Release()
			d.frames = nil
			if len(d.events) == 0 {
				return nil, err
			}
		}
	}
	return d.events, nil
}

// Buffered reports whether Next can return without waiting for the provider.
func (d *streamDecoder) Buffered() bool { return d.frames == nil || d.frames.Buffered() }

func (d *streamDecoder) emit(e llm.Event) { d.events = append(d.events, e) }

// step reads one frame.
func (d *streamDecoder) step() error {
	raw, err := d.frames.Next()
	switch {
	case errors.Is(err, io.EOF) && d.stopped: // without a word on what it used
		return d.finish(nil)
	case errors.Is(err, io.EOF) && !d.started:
		return badOutput("empty", "the provider sent an empty answer", nil)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	case errors.Is(err, sse.ErrTooLarge):
		return badOutput("too_large", "the provider sent an event that is too large", err)
	case err != nil:
		return &llm.Error{
			Status: 502, Class: llm.ClassTransport, Type: "api_error", Code: "upstream_unreachable",
			Message: "the connection to the provider broke", Reason: "truncated", Err: err,
		}
	}
	if err := d.frame.parse(raw); err != nil {
		switch {
		case !d.started && raw[0] >= ' ':
			return d.whole(raw)
		case cutOff(raw):
			return io.ErrUnexpectedEOF
		}
		return badOutput("malformed", "the provider sent a frame that is damaged", err)
	}
	if d.frame.kind != kindEvent {
		d.emit(llm.Event{Kind: llm.EventError, Err: d.frame.error()})
		return io.EOF
	}
	if err := d.piece.parse(&d.frame); err != nil {
		return badOutput("malformed", "the provider sent an event that is not valid JSON", err)
	}
	return d.take(&d.piece)
}

// whole takes an answer that came in one piece.
func (d *streamDecoder) whole(body []byte) error {
	r, err := Dialect{}.DecodeResponse(body)
	if err != nil {
		return err
	}
	c := &r.Choices[0]
	d.start()
	for i := range c.Message.Parts {
		d.part(&c.Message.Parts[i])
	}
	d.native = c.NativeFinish
	return d.finish(r.Usage)
}

// part emits a part of an answer that came in one piece.
func (d *streamDecoder) part(p *llm.Part) {
	switch p.Kind {
	case llm.PartText:
		d.emit(llm.Event{Kind: llm.EventText, Text: p.Text})
		for i := range p.Citations {
			d.emit(llm.Event{Kind: llm.EventCitation, Citation: &p.Citations[i]})
		}
	case llm.PartReasoning:
		if p.Text != "" {
			d.emit(llm.Event{Kind: llm.EventReasoning, Text: p.Text})
		}
		if p.Signature != "" {
			d.emit(llm.Event{Kind: llm.EventSignature, Signature: p.Signature, Issuer: p.Issuer})
		}
	case llm.PartRedacted:
		d.emit(llm.Event{Kind: llm.EventRedacted, Data: p.Data, Issuer: p.Issuer})
	case llm.PartToolCall:
		b := d.startCall(p.Call.ID, p.Call.Name)
		d.arguments(b, p.Call.Arguments)
		d.endBlock(b, false)
	case llm.PartOpaque:
		d.emit(llm.Event{Kind: llm.EventOpaque, Data: p.Data, Issuer: p.Issuer})
	default:
		d.emit(llm.Event{Kind: llm.EventMedia, Media: p.Media})
	}
	d.content = true
}

// start announces the answer, once.
func (d *streamDecoder) start() {
	if !d.started {
		d.started = true
		d.emit(llm.Event{Kind: llm.EventStart})
	}
}

// finish closes a complete stream.
func (d *streamDecoder) finish(u *llm.Usage) error {
	finish := finishOf(d.native, d.calls > 0)
	for _, b := range d.blocks {
		d.endBlock(b, finish == llm.FinishLength)
	}
	if err := unsaid(d.native); err != nil && !d.content {
		if u != nil {
			d.emit(llm.Event{Kind: llm.EventUsage, Usage: u})
		}
		return err
	}
	d.emit(llm.Event{Kind: llm.EventFinish, Finish: finish, NativeFinish: d.native})
	if u != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: u})
	}
	d.emit(llm.Event{Kind: llm.EventEnd})
	return io.EOF
}

// statuses are the HTTP statuses of exceptions, whose names begin as here.
var statuses = []struct {
	name   string
	status int
}{
	{"internalServer", 500},
	{"modelStreamError", 424},
	{"validation", 400},
	{"throttling", 429},
	{"serviceUnavailable", 503},
	{"modelTimeout", 408},
	{"accessDenied", 403},
	{"resourceNotFound", 404},
	{"modelNotReady", 429},
	{"modelError", 424},
	{"serviceQuotaExceeded", 400},
	{"conflict", 400},
}

// error is the failure that a frame tells of.
func (f *frame) error() *llm.Error {
	name := string(f.name)
	status := 200
	for _, s := range statuses {
		if len(name) >= len(s.name) && strings.EqualFold(name[:len(s.name)], s.name) {
			status = s.status
			break
		}
	}
	body := bytes.TrimSpace(f.payload)
	if f.kind == kindError || len(body) == 0 {
		body = append(rawjson.AppendQuote([]byte(`{"message":`), string(f.message)), '}')
	}
	h := http.Header{}
	if name != "" {
		h.Set("X-Amzn-Errortype", strings.ToUpper(name[:1])+name[1:])
	}
	return llm.ParseError(status, h, body)
}

// Interface guard.
var _ llm.StreamDecoder = (*streamDecoder)(nil)
