package gemini

import (
	"bytes"
	"errors"
	"io"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/sse"
)

// NewStreamDecoder reads a streamed answer: server-sent events, a JSON array
// that grows, or one JSON object, which is an error or the whole answer.
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
	// One of these is set once the first bytes have shown what the stream is.
	sse   *sse.Reader
	list  *listReader
	whole []byte
	// then is what Next returns once the events at hand are taken.
	then    error
	started bool
	// answer is the last chunk, and what all chunks have in common.
	answer     answer
	candidates []*streamedCandidate
	usage      wireUsage
	// sent is set once the usage was told.
	sent bool
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

// stop ends the decoder: err is what Next returns from now on.
func (d *streamDecoder) stop(err error) {
	d.then = err
	if d.sse != nil {
		d.sse.Release()
		d.sse = nil
	}
	d.list = nil
}

func (d *streamDecoder) emit(e llm.Event) { d.events = append(d.events, e) }

// step reads one chunk of the stream.
func (d *streamDecoder) step() error {
	if d.sse == nil && d.list == nil && d.whole == nil {
		if err := d.open(); err != nil {
			return err
		}
	}
	switch {
	case d.whole != nil:
		if err := d.chunk(d.whole); err != nil {
			return err
		}
		return d.end(true)
	case d.list != nil:
		element, err := d.list.next()
		if err != nil {
			return d.broken(err)
		}
		return d.chunk(element)
	}
	ev, err := d.sse.Next()
	if err != nil {
		return d.broken(err)
	}
	if ev.Data == nil {
		d.emit(llm.Event{Kind: llm.EventPing})
		return nil
	}
	data := bytes.TrimSpace(ev.Data)
	switch {
	case len(data) == 0:
		return nil
	case string(data) == "[DONE]": // not Google's, but of servers that stand in for it
		return d.end(false)
	}
	return d.chunk(data)
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// open looks at the first bytes to see in which of its forms the stream comes.
func (d *streamDecoder) open() error {
	head := make([]byte, 0, 512)
	for {
		n, err := io.ReadAtLeast(d.body, head[len(head):cap(head)], 1)
		head = head[:len(head)+n]
		text := bytes.TrimLeft(bytes.TrimPrefix(head, byteOrderMark), " \t\r\n")
		switch {
		case err == nil && len(head) < len(byteOrderMark) && bytes.HasPrefix(byteOrderMark, head):
		case len(text) > 0 && text[0] == '[':
			d.list = &listReader{r: io.MultiReader(bytes.NewReader(text), d.body), max: d.options.MaxEvent}
			return nil
		case len(text) > 0 && text[0] == '{':
			return d.readWhole(text)
		case len(text) > 0 || err == nil && len(head) == cap(head):
			d.sse = sse.NewReader(io.MultiReader(bytes.NewReader(head), d.body), d.options.MaxEvent)
			return nil
		case errors.Is(err, io.EOF):
			return badOutput("empty", "the provider sent an empty answer", nil)
		case err != nil:
			return d.broken(err)
		}
	}
}

// readWhole reads a body that is no stream, of which head is the start.
func (d *streamDecoder) readWhole(head []byte) error {
	rest, err := io.ReadAll(io.LimitReader(d.body, int64(d.options.MaxEvent)+1))
	if err != nil {
		return d.broken(err)
	}
	if len(rest) > d.options.MaxEvent {
		return d.broken(errTooLarge)
	}
	d.whole = append(bytes.Clone(head), rest...)
	return nil
}

// broken says what the failure to read on means.
func (d *streamDecoder) broken(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) && d.list == nil:
		return d.cutOff()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		// A list whose last bracket is missing may be complete as well.
		return d.end(false)
	case errors.Is(err, sse.ErrTooLarge), errors.Is(err, errTooLarge):
		return badOutput("too_large", "the provider sent an event that is too large", err)
	case errors.Is(err, errMalformed):
		return malformedChunk(err)
	}
	return &llm.Error{
		Status: 502, Class: llm.ClassTransport, Type: "api_error", Code: "upstream_unreachable",
		Message: "the connection to the provider broke", Reason: "truncated", Err: err,
	}
}

func malformedChunk(err error) error {
	return badOutput("malformed", "the provider sent a chunk that is not valid JSON", err)
}

// chunk takes one JSON object of the stream.
func (d *streamDecoder) chunk(data []byte) error {
	a := &d.answer
	if err := a.parse(data); err != nil {
		return malformedChunk(err)
	}
	if a.failure != nil {
		d.tellUsage()
		d.emit(llm.Event{Kind: llm.EventError, Err: a.error()})
		return io.EOF
	}
	if a.usage.says() {
		d.usage = a.usage
	}
	if !d.started && (len(a.candidates) > 0 || a.block != "") {
		d.started = true
		d.emit(llm.Event{Kind: llm.EventStart, ID: a.id, Model: a.model, Created: a.createdAt()})
	}
	for i := range a.candidates {
		c := d.find(a.candidates[i].index)
		if err := c.chunk(d, &a.candidates[i]); err != nil {
			return err
		}
	}
	if a.block != "" {
		d.blocked(a.block)
	}
	return nil
}

// blocked ends all that has no reason to end of its own.
func (d *streamDecoder) blocked(reason string) {
	if len(d.candidates) == 0 {
		d.find(0)
	}
	for _, c := range d.candidates {
		if c.finish == "" {
			c.blocked, c.finish = true, reason
		}
	}
}

func (d *streamDecoder) find(index int) *streamedCandidate {
	for _, c := range d.candidates {
		if c.index == index {
			return c
		}
	}
	c := &streamedCandidate{index: index}
	d.candidates = append(d.candidates, c)
	return c
}

// end is the end of the body. The stream is complete if every candidate has
// given its reason to finish, or if it is an answer in one piece.
func (d *streamDecoder) end(whole bool) error {
	switch {
	case len(d.candidates) > 0 && (whole || d.finished()):
		return d.finish()
	case len(d.candidates) > 0 || d.usage.says() && !whole:
		return d.cutOff()
	}
	d.tellUsage()
	return badOutput("empty", "the provider sent an answer without candidates", errNoCandidates)
}

func (d *streamDecoder) finished() bool {
	for _, c := range d.candidates {
		if c.finish == "" {
			return false
		}
	}
	return true
}

// finish closes a complete stream. One that has said nothing at all is a
// failure if the reasons to finish make it one.
func (d *streamDecoder) finish() error {
	var failed error
	content := false
	for _, c := range d.candidates {
		c.end(d)
		content = content || c.content
		if !c.content && !c.blocked {
			failed = unsaid(c.finish)
		}
	}
	if failed != nil && !content {
		d.tellUsage()
		return failed
	}
	for _, c := range d.candidates {
		finish := finishOf(c.finish, c.calls > 0)
		if c.blocked {
			finish = llm.FinishContentFilter
		}
		d.emit(llm.Event{Kind: llm.EventFinish, Choice: c.index, Finish: finish, NativeFinish: c.finish})
	}
	d.tellUsage()
	d.emit(llm.Event{Kind: llm.EventEnd})
	return io.EOF
}

// cutOff tells what the broken stream has cost so far, if it said so.
func (d *streamDecoder) cutOff() error {
	d.tellUsage()
	return io.ErrUnexpectedEOF
}

// tellUsage tells the last figures, once: Google's are the sums so far.
func (d *streamDecoder) tellUsage() {
	if u := d.usage.neutral(); u != nil && !d.sent {
		d.sent = true
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: u})
	}
}

// Interface guard.
var _ llm.StreamDecoder = (*streamDecoder)(nil)
