package bedrock

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// piece is one event of a stream. It can be read into again and again.
type piece struct {
	kind pieceKind
	// index is the number of the block that the event is about.
	index int
	block block
	// format is that of media whose block begins.
	format string
	// input is a piece of a call's arguments, or of what a tool of Amazon's own
	// gave back: then a list.
	input    string
	result   json.RawMessage
	hasInput bool
	cite     *llm.Citation
	native   string
	usage    wireUsage
	// read is kept for its buffers.
	read reader
}

// pieceKind is the type of an event.
type pieceKind int

const (
	pieceMessageStart pieceKind = iota
	pieceStart
	pieceDelta
	pieceStop
	pieceMessageStop
	pieceMetadata
	pieceOther = pieceKind(-1)
)

var pieceKinds = rawjson.NewNames(
	"messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata",
)

// parse reads the JSON object of a frame.
func (p *piece) parse(f *frame) error {
	*p = piece{kind: pieceKind(pieceKinds.Find(f.name)), read: p.read}
	r := &p.read
	r.read(f.payload)
	if r.c.Kind() != rawjson.Object {
		return errMalformed
	}
	for name := range r.fields {
		switch string(name) {
		case "contentBlockIndex":
			p.index = int(r.integer())
		case "start":
			p.readStart(r)
		case "delta":
			p.readDelta(r)
		case "stopReason":
			p.native = r.str()
		case "usage":
			p.usage.read(r)
		default:
			r.skip()
		}
	}
	if !r.end() {
		return errMalformed
	}
	return nil
}

// readStart reads how a block begins; one that is neither a call for the caller
// nor media is kept as it is.
func (p *piece) readStart(r *reader) {
	v := r.raw()
	in := reader{c: rawjson.Check(v)}
	for name := range in.fields {
		switch string(name) {
		case "toolUse":
			p.block.kind = blockCall
			p.block.call.read(&in)
		case "image":
			p.block.kind = blockMedia
			for name := range in.fields {
				if string(name) == "format" {
					p.format = in.str()
				} else {
					in.skip()
				}
			}
		default:
			p.block.kind = blockOpaque
			in.skip()
		}
	}
	if p.block.kind == blockCall && (p.block.call.own || p.block.call.name == "") {
		p.block.kind = blockOpaque
	}
	p.block.raw = v
}

// readDelta reads what an event adds to its block.
func (p *piece) readDelta(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "text":
			p.block.kind, p.block.text = blockText, r.str()
		case "reasoningContent":
			p.block.readReasoning(r)
		case "toolUse":
			p.hasInput = true
			for name := range r.fields {
				if string(name) == "input" {
					p.input = r.str()
				} else {
					r.skip()
				}
			}
		case "toolResult":
			p.result = r.raw()
		case "citation":
			c := readCitation(r)
			p.cite = &c
		case "image":
			if m := readAnswerMedia(r, &media[0]); m != nil {
				p.block.kind, p.block.media = blockMedia, m
			}
		default:
			r.skip()
		}
	}
}

// openBlock is a block that has been announced and goes on.
type openBlock struct {
	// index is Bedrock's, call the neutral one of a tool call.
	index, call int
	kind        blockKind
	// folded is set for the call that stands in for the form of the answer.
	folded bool
	// begun is set once there are arguments.
	begun bool
	ended bool
	// format is that of media.
	format string
	// raw is how an opaque block began; input and results are what came after.
	raw, results []byte
	input        strings.Builder
}

// take emits what an event says.
func (d *streamDecoder) take(p *piece) error {
	if p.kind == pieceOther {
		return nil
	}
	d.start()
	switch p.kind {
	case pieceStart:
		d.startBlock(p)
	case pieceDelta:
		d.delta(p)
	case pieceStop:
		if b := d.open(p.index); b != nil {
			d.endBlock(b, false)
		}
	case pieceMessageStop:
		d.stopped, d.native = true, p.native
	case pieceMetadata:
		if d.stopped {
			return d.finish(p.usage.neutral())
		}
		if u := p.usage.neutral(); u != nil { // of a message that goes on
			d.emit(llm.Event{Kind: llm.EventUsage, Usage: u})
		}
	}
	return nil
}

// open is the open block of Bedrock's number, or nil.
func (d *streamDecoder) open(index int) *openBlock {
	for i := len(d.blocks) - 1; i >= 0; i-- {
		if b := d.blocks[i]; b.index == index && !b.ended {
			return b
		}
	}
	return nil
}

func (d *streamDecoder) startBlock(p *piece) {
	if b := d.open(p.index); b != nil {
		d.endBlock(b, false)
	}
	var b *openBlock
	switch p.block.kind {
	case blockCall:
		b = d.startCall(p.block.call.id, p.block.call.name)
		if p.block.call.input != "" && p.block.call.input != "{}" {
			d.arguments(b, p.block.call.input)
		}
	case blockNothing:
		return
	default:
		b = &openBlock{kind: p.block.kind, format: p.format, raw: bytes.ToValidUTF8(p.block.raw, []byte("\ufffd"))}
		d.blocks = append(d.blocks, b)
	}
	b.index = p.index
}

// startCall announces a tool call. The one that stands in for the form of the
// answer is none: its arguments are the answer's text.
func (d *streamDecoder) startCall(id, name string) *openBlock {
	b := &openBlock{kind: blockCall, call: d.calls, folded: name == d.options.OutputTool && name != ""}
	d.blocks = append(d.blocks, b)
	d.content = true
	if b.folded {
		return b
	}
	d.calls++
	if id == "" {
		id = inventedID(b.call, name)
	}
	if own, ok := d.options.ToolNames[name]; ok {
		name = own
	}
	d.emit(llm.Event{Kind: llm.EventToolStart, Index: b.call, ID: id, Name: name})
	return b
}

func (d *streamDecoder) arguments(b *openBlock, text string) {
	if text == "" {
		return
	}
	b.begun = b.begun || strings.TrimSpace(text) != ""
	if b.folded {
		d.emit(llm.Event{Kind: llm.EventText, Text: text})
		return
	}
	d.emit(llm.Event{Kind: llm.EventToolArguments, Index: b.call, Text: text})
}

// delta emits what is added to a block, which for text and thoughts need not have
// been announced.
func (d *streamDecoder) delta(p *piece) {
	b := d.open(p.index)
	switch {
	case p.hasInput && b != nil && b.kind == blockCall:
		d.arguments(b, p.input)
	case p.hasInput && b != nil && b.kind == blockOpaque:
		b.input.WriteString(p.input)
	case p.result != nil && b != nil && b.kind == blockOpaque:
		b.addResults(p.result)
	case p.cite != nil:
		d.emit(llm.Event{Kind: llm.EventCitation, Citation: p.cite})
	case p.block.kind == blockMedia:
		if b != nil && p.block.media.MIMEType == "" {
			p.block.media.MIMEType = media[0].mime(b.format)
		}
		d.content = true
		d.emit(llm.Event{Kind: llm.EventMedia, Media: p.block.media})
	case p.block.kind == blockText && p.block.text != "":
		d.content = true
		d.emit(llm.Event{Kind: llm.EventText, Text: p.block.text})
	case p.block.kind == blockThought:
		d.thought(&p.block)
	case p.block.kind == blockRedacted && p.block.redacted != "":
		d.content = true
		d.emit(llm.Event{Kind: llm.EventRedacted, Data: rawjson.AppendQuote(nil, p.block.redacted), Issuer: llm.IssuerAnthropic})
	}
}

func (d *streamDecoder) thought(b *block) {
	if b.text != "" {
		d.content = true
		d.emit(llm.Event{Kind: llm.EventReasoning, Text: b.text})
	}
	if b.signature != "" {
		d.emit(llm.Event{Kind: llm.EventSignature, Signature: b.signature, Issuer: llm.IssuerAnthropic})
	}
}

// addResults gathers the items of a list of what a tool gave back.
func (b *openBlock) addResults(v json.RawMessage) {
	for _, e := range elements(v) {
		if len(b.results) > 0 {
			b.results = append(b.results, ',')
		}
		b.results = append(b.results, bytes.ToValidUTF8(e, []byte("\ufffd"))...)
	}
}

// endBlock closes a block. A call without arguments takes none, unless the answer
// was cut off.
func (d *streamDecoder) endBlock(b *openBlock, cut bool) {
	if b.ended {
		return
	}
	b.ended = true
	switch b.kind {
	case blockOpaque:
		d.content = true
		d.emit(llm.Event{Kind: llm.EventOpaque, Data: b.whole(), Issuer: issuer})
	case blockCall:
		if !b.begun && !cut {
			d.arguments(b, "{}")
		}
		if !b.folded {
			d.emit(llm.Event{Kind: llm.EventToolEnd, Index: b.call})
		}
	}
}

// whole is an opaque block as it stands in a whole answer: how it began, with
// what was added in its place.
func (b *openBlock) whole() json.RawMessage {
	c := rawjson.Trust(b.raw, 0)
	if !c.Object() || !c.NextField() || c.Kind() != rawjson.Object {
		return b.raw
	}
	inside := c.Offset() + 1
	var add []byte
	switch {
	case b.input.Len() > 0:
		add = append(appendArguments([]byte(`"input":`), b.input.String()), ',')
	case len(b.results) > 0:
		add = append(append([]byte(`"content":[`), b.results...), "],"...)
	default:
		return b.raw
	}
	if rest := bytes.TrimLeft(b.raw[inside:], " \t\r\n"); rest[0] == '}' {
		add = add[:len(add)-1]
	}
	return rawjson.Splice(nil, b.raw, []rawjson.Edit{{Start: inside, End: inside, New: add}})
}
