package cohere

import (
	"io"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// piece is one event of a stream. It can be read into again and again.
type piece struct {
	kind     pieceKind
	id       string
	index    int
	block    block
	plan     string
	call     answerCall
	cites    []cite
	finish   string
	usage    wireUsage
	failure  string
	failType string
	logProbs []byte
	// message is set when there is a text of that name, as in errors.
	message bool
	// read is kept for its buffers.
	read reader
}

// pieceKind is the type of an event.
type pieceKind int

const (
	pieceStart pieceKind = iota
	pieceContentStart
	pieceContent
	pieceContentEnd
	piecePlan
	pieceToolStart
	pieceTool
	pieceToolEnd
	pieceCitation
	pieceCitationEnd
	pieceEnd
	pieceOther = pieceKind(-1)
)

var pieceKinds = rawjson.NewNames(
	"message-start", "content-start", "content-delta", "content-end", "tool-plan-delta",
	"tool-call-start", "tool-call-delta", "tool-call-end", "citation-start", "citation-end", "message-end",
)

// parse reads one JSON object.
func (p *piece) parse(data []byte) error {
	*p = piece{kind: pieceOther, cites: p.cites[:0], logProbs: p.logProbs[:0], read: p.read}
	r := &p.read
	r.read(data)
	if r.c.Kind() != rawjson.Object {
		return errMalformed
	}
	for name := range r.fields {
		switch string(name) {
		case "type":
			p.kind = pieceKind(pieceKinds.Find(r.bytes()))
		case "id":
			p.id = r.str()
		case "index":
			p.index = int(r.integer())
		case "delta":
			p.delta(r)
		case "logprobs":
			p.logProbs = readLogProb(r, p.logProbs)
		case "message":
			p.message = r.c.Kind() == rawjson.String
			r.skip()
		default:
			r.skip()
		}
	}
	if !r.end() {
		return errMalformed
	}
	return nil
}

func (p *piece) delta(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "message":
			p.deltaMessage(r)
		case "finish_reason":
			p.finish = r.str()
		case "usage":
			p.usage.read(r)
		case "error":
			p.failure = r.str()
		case "error_type":
			p.failType = r.str()
		default:
			r.skip()
		}
	}
}

func (p *piece) deltaMessage(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "content":
			if r.c.Kind() == rawjson.String {
				p.block.text = r.str()
			} else {
				p.block = readBlock(r)
			}
		case "tool_plan":
			p.plan = r.str()
		case "tool_calls":
			p.call = readCall(r)
		case "citations":
			if r.c.Kind() == rawjson.Array {
				for range r.items {
					p.cites = append(p.cites, readCite(r))
				}
			} else {
				p.cites = append(p.cites, readCite(r))
			}
		default:
			r.skip()
		}
	}
}

// take emits what an event says.
func (d *streamDecoder) take(p *piece, data []byte) error {
	if p.kind == pieceOther {
		if p.message { // an error in place of an event
			d.emit(llm.Event{Kind: llm.EventError, Err: llm.ParseError(200, nil, data)})
			return io.EOF
		}
		return nil
	}
	if !d.started {
		d.started = true
		d.id = p.id
		d.emit(llm.Event{Kind: llm.EventStart, ID: p.id})
	}
	switch p.kind {
	case pieceStart, pieceContentStart, pieceContent:
		d.content(p)
	case piecePlan:
		if p.plan != "" {
			d.said = true
			d.emit(llm.Event{Kind: llm.EventReasoning, Text: p.plan})
		}
	case pieceToolStart:
		d.startTool(p)
	case pieceTool:
		if t := d.tool(p.index); t != nil {
			d.arguments(t, p.call.arguments)
		}
	case pieceToolEnd:
		if t := d.tool(p.index); t != nil {
			d.endTool(t, false)
		}
	case pieceCitation:
		for i := range p.cites {
			if !p.cites[i].ofText() {
				continue
			}
			for _, c := range p.cites[i].neutral() {
				d.emit(llm.Event{Kind: llm.EventCitation, Citation: &c})
			}
		}
	case pieceEnd:
		return d.finish(p)
	}
	return nil
}

func (d *streamDecoder) content(p *piece) {
	logProbs := neutralLogProbs(p.logProbs)
	switch {
	case p.block.text == "" && logProbs == nil:
		return
	case p.block.thinking:
		d.emit(llm.Event{Kind: llm.EventReasoning, Text: p.block.text})
	default:
		d.emit(llm.Event{Kind: llm.EventText, Text: p.block.text, LogProbs: logProbs})
	}
	d.said = true
}

// tool is the open call of Cohere's index, or nil.
func (d *streamDecoder) tool(index int) *streamedTool {
	for i := len(d.tools) - 1; i >= 0; i-- {
		if t := d.tools[i]; t.upstream == index && !t.ended {
			return t
		}
	}
	return nil
}

// startTool announces a call. A call of the same index that is still open has
// ended; one without a name is none.
func (d *streamDecoder) startTool(p *piece) {
	if p.call.name == "" {
		return
	}
	if t := d.tool(p.index); t != nil {
		d.endTool(t, false)
	}
	t := &streamedTool{upstream: p.index, n: len(d.tools)}
	d.tools = append(d.tools, t)
	id := p.call.id
	if id == "" {
		id = inventedID(d.id, t.n, p.call.name)
	}
	d.said = true
	d.emit(llm.Event{Kind: llm.EventToolStart, Index: t.n, ID: id, Name: d.toolName(p.call.name)})
	d.arguments(t, p.call.arguments)
}

func (d *streamDecoder) arguments(t *streamedTool, text string) {
	if text == "" {
		return
	}
	t.begun = t.begun || strings.TrimSpace(text) != ""
	d.emit(llm.Event{Kind: llm.EventToolArguments, Index: t.n, Text: text})
}

// endTool closes a call. Without arguments it takes none, unless the answer was
// cut off.
func (d *streamDecoder) endTool(t *streamedTool, cut bool) {
	if !t.begun && !cut {
		d.arguments(t, "{}")
	}
	t.ended = true
	d.emit(llm.Event{Kind: llm.EventToolEnd, Index: t.n})
}

// finish closes the stream, which may be to say that it failed.
func (d *streamDecoder) finish(p *piece) error {
	finish := finishOf(p.finish, len(d.tools) > 0)
	usage := p.usage.neutral()
	if p.failure != "" || finish == llm.FinishError && !d.said {
		if usage != nil {
			d.emit(llm.Event{Kind: llm.EventUsage, Usage: usage})
		}
		d.emit(llm.Event{Kind: llm.EventError, Err: p.error()})
		return io.EOF
	}
	for _, t := range d.tools {
		if !t.ended {
			d.endTool(t, finish == llm.FinishLength)
		}
	}
	d.emit(llm.Event{Kind: llm.EventFinish, Finish: finish, NativeFinish: p.finish})
	if usage != nil {
		d.emit(llm.Event{Kind: llm.EventUsage, Usage: usage})
	}
	d.emit(llm.Event{Kind: llm.EventEnd})
	return io.EOF
}

// error is the failure that the end of a message tells of.
func (p *piece) error() *llm.Error {
	return failed(p.finish, p.failure, p.failType)
}

// failed is the error of an answer that ended in one. A tool call that came out
// wrong is the model's fault, and may well not be the next time.
func failed(finish, message, kind string) *llm.Error {
	if message == "" {
		return unsaid(finish)
	}
	if kind == "INVALID_TOOL_GENERATION" {
		return badOutput("malformed", llm.CleanMessage(message), nil)
	}
	body := rawjson.AppendQuote([]byte(`{"message":`), message)
	if kind != "" {
		body = rawjson.AppendQuote(append(body, `,"error_type":`...), kind)
	}
	return llm.ParseError(200, nil, append(body, '}'))
}
