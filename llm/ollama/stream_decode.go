package ollama

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/sse"
)

// NewStreamDecoder reads a streamed answer, or a whole one, which is a stream of
// one line.
//
// After an EventError, as after an EventEnd, Next returns io.EOF.
func (Dialect) NewStreamDecoder(body io.Reader, o llm.StreamOptions) llm.StreamDecoder {
	return &streamDecoder{lines: newLineReader(body, o.MaxEvent), options: o}
}

type streamDecoder struct {
	// lines is nil once the stream is over.
	lines   *lineReader
	options llm.StreamOptions
	events  []llm.Event
	// then is what Next returns once the events at hand are taken.
	then    error
	started bool
	answer  answer
	// native is set once thoughts have come in their own place; until then they
	// may stand in the text.
	native   bool
	thoughts thoughts
	calls    int
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
			d.lines.Release()
			d.lines = nil
			if len(d.events) == 0 {
				return nil, err
			}
		}
	}
	return d.events, nil
}

// Buffered reports whether Next can return without waiting for the provider.
func (d *streamDecoder) Buffered() bool { return d.lines == nil || d.lines.Buffered() }

func (d *streamDecoder) emit(e llm.Event) { d.events = append(d.events, e) }

// step reads one line.
func (d *streamDecoder) step() error {
	line, err := d.lines.Next()
	switch {
	case errors.Is(err, io.EOF) && !d.started:
		return badOutput("empty", "the provider sent an empty answer", nil)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	case errors.Is(err, sse.ErrTooLarge):
		return badOutput("too_large", "the provider sent a line that is too large", err)
	case err != nil:
		return &llm.Error{
			Status: 502, Class: llm.ClassTransport, Type: "api_error", Code: "upstream_unreachable",
			Message: "the connection to the provider broke", Reason: "truncated", Err: err,
		}
	}
	if !d.started {
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	a := &d.answer
	if err := a.parse(line); err != nil {
		if d.started && line[len(line)-1] != '\n' {
			return io.ErrUnexpectedEOF // what was cut off
		}
		return badOutput("malformed", "the provider sent a line that is not valid JSON", err)
	}
	if a.failure != nil {
		d.emit(llm.Event{Kind: llm.EventError, Err: a.error()})
		return io.EOF
	}
	return d.take(a)
}

// take emits what a line says.
func (d *streamDecoder) take(a *answer) error {
	if !d.started {
		if !a.message && !a.done {
			return badOutput("malformed", "the provider sent an answer without a message", nil)
		}
		d.started = true
		d.emit(llm.Event{Kind: llm.EventStart, Model: a.model, Created: a.createdAt()})
	}
	if a.thinking != "" {
		d.native = true
		d.emit(llm.Event{Kind: llm.EventReasoning, Text: a.thinking})
	}
	logProbs := a.neutralLogProbs()
	if a.content != "" {
		thinking, text := "", a.content
		if !d.native {
			thinking, text = d.thoughts.feed(text)
		}
		d.say(thinking, text, &logProbs)
	}
	if logProbs != nil {
		d.emit(llm.Event{Kind: llm.EventText, LogProbs: logProbs})
	}
	for _, data := range a.images {
		d.emit(llm.Event{Kind: llm.EventMedia, Media: &llm.Media{MIMEType: imageType(data), Data: data}})
	}
	for i := range a.calls {
		d.call(&a.calls[i])
	}
	if !a.done {
		return nil
	}
	thinking, text := d.thoughts.end()
	d.say(thinking, text, &logProbs)
	d.emit(llm.Event{Kind: llm.EventFinish, Finish: finishOf(a.reason, d.calls > 0), NativeFinish: a.reason})
	if u := a.usage.neutral(); u != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: u})
	}
	d.emit(llm.Event{Kind: llm.EventEnd})
	return io.EOF
}

// say emits thoughts and text, which takes the probabilities along.
func (d *streamDecoder) say(thinking, text string, logProbs *json.RawMessage) {
	if thinking != "" {
		d.emit(llm.Event{Kind: llm.EventReasoning, Text: thinking})
	}
	if text != "" {
		d.emit(llm.Event{Kind: llm.EventText, Text: text, LogProbs: *logProbs})
		*logProbs = nil
	}
}

// call emits a tool call, which comes whole.
func (d *streamDecoder) call(c *answerCall) {
	name := c.name
	if own, ok := d.options.ToolNames[name]; ok {
		name = own
	}
	d.emit(llm.Event{Kind: llm.EventToolStart, Index: d.calls, ID: d.answer.callID(c, d.calls), Name: name})
	d.emit(llm.Event{Kind: llm.EventToolArguments, Index: d.calls, Text: c.arguments})
	d.emit(llm.Event{Kind: llm.EventToolEnd, Index: d.calls})
	d.calls++
}

// Interface guard.
var _ llm.StreamDecoder = (*streamDecoder)(nil)
