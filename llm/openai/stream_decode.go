package openai

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"

	"github.com/fairwaygw/fairway/llm"
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
	// id, createdUnix are the answer's, for ids of its tool calls.
	id          string
	createdUnix int64
	choices     []*streamedChoice
	usage       *usage
	sources     []source
}

// streamedChoice is what has come of one alternative.
type streamedChoice struct {
	index   int
	tools   []*streamedTool
	started int
	// native is the reason to finish; done is set once one was given.
	native string
	done   bool
	// thought is set while plain reasoning has come that no signature closed.
	thought bool
	cited   bool
	sound   []byte
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
		return d.cutOff()
	case err != nil:
		return &llm.Error{
			Status: 502, Class: llm.ClassTransport, Type: "api_error", Code: "upstream_unreachable",
			Message: "the connection to the provider broke", Reason: "truncated", Err: err,
		}
	}
	if ev.Data == nil {
		d.emit(llm.Event{Kind: llm.EventPing})
		return nil
	}
	data := bytes.TrimSpace(ev.Data)
	switch {
	case len(data) == 0:
		return nil
	case string(data) == "[DONE]":
		if !d.started && d.usage == nil {
			return badOutput("empty", "the provider sent an empty answer", nil)
		}
		return d.end()
	}
	if ev.Name == nil && d.piece(data) {
		return nil
	}
	return d.chunk(data, string(ev.Name) == "error")
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
			return nil, &llm.Error{
				Status: 502, Class: llm.ClassTransport, Type: "api_error", Code: "upstream_unreachable",
				Message: "the connection to the provider broke", Reason: "truncated", Err: err,
			}
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

// chunk takes one JSON object of the stream.
func (d *streamDecoder) chunk(data []byte, failed bool) error {
	var a answer
	if err := a.parse(data); err != nil {
		return badOutput("malformed", "the provider sent a chunk that is not valid JSON", err)
	}
	if failure := a.failure(); failure != nil || failed {
		body := data
		if failure != nil {
			body = append(append([]byte(`{"error":`), failure...), '}')
		}
		d.emit(llm.Event{Kind: llm.EventError, Err: llm.ParseError(200, nil, body)})
		return io.EOF
	}
	if u := a.consumed(); u != nil {
		d.usage = u
	}
	if s := a.sources(); len(s) > 0 {
		d.sources = s
	}
	if len(a.Choices) > 0 {
		d.start(&a)
	}
	for i := range a.Choices {
		if err := d.choice(&a.Choices[i]); err != nil {
			return err
		}
	}
	return nil
}

// start announces the answer with its first choice: what some vendors send
// before has no id.
func (d *streamDecoder) start(a *answer) {
	if d.started {
		return
	}
	d.started = true
	d.id, d.createdUnix = a.ID, a.Created
	d.emit(llm.Event{Kind: llm.EventStart, ID: a.ID, Model: a.Model, Created: a.created()})
}

func (d *streamDecoder) choice(w *choice) error {
	c := d.find(w.Index)
	if c == nil {
		return nil
	}
	m := w.Delta
	if m == nil {
		m = w.Message
	}
	if m == nil {
		m = new(message)
	}
	d.reasoning(c, m)
	d.text(c, w, m)
	for i := range m.ToolCalls {
		d.tool(c, &m.ToolCalls[i])
	}
	if f := m.FunctionCall; f != nil && (f.Name != "" || f.Arguments != "") {
		legacy := toolCall{Function: f}
		d.tool(c, &legacy)
	}
	if err := d.media(c, m); err != nil {
		return err
	}
	for i := range m.Annotations {
		if cite, ok := m.Annotations[i].neutral(); ok {
			c.cited = true
			d.emit(llm.Event{Kind: llm.EventCitation, Choice: c.index, Citation: &cite})
		}
	}
	if f := string(w.FinishReason); f != "" {
		// Some vendors repeat it, and content may follow. Having been cut off
		// is what counts.
		if !c.done || finishes[f] == llm.FinishLength {
			c.native = f
		}
		c.done = true
	}
	return nil
}

// maxChoices is the most alternatives that a call can ask for.
const maxChoices = 128

// find returns the state of a choice, or nil when there are too many.
func (d *streamDecoder) find(index int) *streamedChoice {
	for _, c := range d.choices {
		if c.index == index {
			return c
		}
	}
	if len(d.choices) == maxChoices {
		return nil
	}
	c := &streamedChoice{index: index}
	d.choices = append(d.choices, c)
	return c
}

func (d *streamDecoder) reasoning(c *streamedChoice, m *message) {
	text := m.thoughts()
	if text != "" {
		c.thought = true
		d.emit(llm.Event{Kind: llm.EventReasoning, Choice: c.index, Text: text})
	}
	blocks := m.reasoningParts()
	for i := range blocks {
		p := &blocks[i]
		switch {
		case p.Kind == llm.PartRedacted:
			d.emit(llm.Event{Kind: llm.EventRedacted, Choice: c.index, Data: p.Data, Issuer: p.Issuer})
		case p.Text != "" && !c.thought: // a block that no plain text came with
			c.thought = true
			d.emit(llm.Event{Kind: llm.EventReasoning, Choice: c.index, Text: p.Text})
		}
		if p.Signature != "" {
			c.thought = false
			d.emit(llm.Event{Kind: llm.EventSignature, Choice: c.index, Signature: p.Signature, Issuer: p.Issuer})
		}
	}
}

func (d *streamDecoder) text(c *streamedChoice, w *choice, m *message) {
	logProbs := w.LogProbs
	if !saysSomething(logProbs) {
		logProbs = nil
	}
	text := m.text()
	if text != "" || logProbs != nil && m.Refusal == "" {
		d.emit(llm.Event{Kind: llm.EventText, Choice: c.index, Text: text, LogProbs: logProbs})
		logProbs = nil
	}
	if m.Refusal != "" {
		d.emit(llm.Event{Kind: llm.EventRefusal, Choice: c.index, Text: m.Refusal, LogProbs: logProbs})
	}
	if sign := m.ExtraContent.signature(); sign != "" && len(m.ToolCalls) == 0 {
		d.emit(llm.Event{Kind: llm.EventSignature, Choice: c.index, Signature: sign, Issuer: llm.IssuerGoogle})
	}
}

// media emits images and gathers sound, whose pieces are encoded one by one.
func (d *streamDecoder) media(c *streamedChoice, m *message) error {
	for _, list := range [][]imagePart{m.Images, m.Content.images} {
		for _, i := range list {
			if media := answerImage(i.ImageURL.URL); media != nil {
				d.emit(llm.Event{Kind: llm.EventMedia, Choice: c.index, Media: media})
			}
		}
	}
	if m.Audio == nil || m.Audio.Data == "" {
		return nil
	}
	piece, err := base64.StdEncoding.DecodeString(m.Audio.Data)
	if err != nil {
		return badOutput("malformed", "the provider sent sound that is not valid base64", err)
	}
	if len(c.sound)+len(piece) > d.options.MaxEvent {
		return badOutput("too_large", "the provider sent a sound that is too large", nil)
	}
	c.sound = append(c.sound, piece...)
	return nil
}

// ended is the end of the body. Without an end marker the stream is complete
// if every choice has given its reason to finish.
func (d *streamDecoder) ended() error {
	if !d.started {
		if d.usage == nil {
			return badOutput("empty", "the provider sent an empty answer", nil)
		}
		return d.cutOff()
	}
	for _, c := range d.choices {
		if !c.done {
			return d.cutOff()
		}
	}
	return d.end()
}

// cutOff tells what the broken stream has cost so far, if it said so.
func (d *streamDecoder) cutOff() error {
	if d.usage != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: d.usage.neutral()})
	}
	return io.ErrUnexpectedEOF
}

// end closes a complete stream.
func (d *streamDecoder) end() error {
	if !d.started {
		d.started = true
		d.emit(llm.Event{Kind: llm.EventStart})
	}
	for _, c := range d.choices {
		if err := d.finish(c); err != nil {
			return err
		}
	}
	if d.usage != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: d.usage.neutral()})
	}
	d.emit(llm.Event{Kind: llm.EventEnd})
	return io.EOF
}

func (d *streamDecoder) finish(c *streamedChoice) error {
	finish := finishOf(c.native, c.calls())
	if err := d.endTools(c, finish == llm.FinishLength); err != nil {
		return err
	}
	if len(c.sound) > 0 {
		sound := base64.StdEncoding.EncodeToString(c.sound)
		d.emit(llm.Event{Kind: llm.EventMedia, Choice: c.index, Media: &llm.Media{MIMEType: soundType(sound), Data: sound}})
	}
	if !c.cited {
		for _, s := range d.sources {
			if s.URL != "" {
				cite := llm.Citation{URL: s.URL, Title: s.Title}
				d.emit(llm.Event{Kind: llm.EventCitation, Choice: c.index, Citation: &cite})
			}
		}
	}
	d.emit(llm.Event{Kind: llm.EventFinish, Choice: c.index, Finish: finish, NativeFinish: c.native})
	return nil
}

var _ llm.StreamDecoder = (*streamDecoder)(nil)
