package bedrock

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// answer is a whole answer.
type answer struct {
	blocks  []block
	message bool
	finish  string
	usage   wireUsage
	tier    string
}

// blockKind says what a block of an answer is.
type blockKind uint8

const (
	blockNothing blockKind = iota
	blockText
	blockThought
	blockRedacted
	blockCall
	blockMedia
	// blockOpaque is of a kind that means something to Amazon only.
	blockOpaque
)

// block is a piece of what the model said, as it stands in a whole answer.
type block struct {
	kind      blockKind
	text      string
	signature string
	// redacted is base64 that only its issuer can read.
	redacted  string
	call      toolUse
	media     *llm.Media
	mediaKind llm.PartKind
	cites     []llm.Citation
	// raw is the block as it came. It aliases the text read.
	raw json.RawMessage
}

type toolUse struct {
	id, name string
	// input is an object, or empty.
	input string
	// own is set when Amazon runs the tool.
	own bool
}

// parse reads one JSON object.
func (a *answer) parse(body []byte) error {
	var r reader
	r.read(body)
	if r.c.Kind() != rawjson.Object {
		return errMalformed
	}
	for name := range r.fields {
		switch string(name) {
		case "output":
			for name := range r.fields {
				if string(name) != "message" {
					r.skip()
					continue
				}
				a.message = r.c.Kind() == rawjson.Object
				a.readMessage(&r)
			}
		case "stopReason":
			a.finish = r.str()
		case "usage":
			a.usage.read(&r)
		case "serviceTier":
			for name := range r.fields {
				if string(name) == "type" {
					a.tier = r.str()
				} else {
					r.skip()
				}
			}
		default:
			r.skip()
		}
	}
	if !r.end() {
		return errMalformed
	}
	return nil
}

func (a *answer) readMessage(r *reader) {
	for name := range r.fields {
		if string(name) != "content" {
			r.skip()
			continue
		}
		for range r.items {
			r.c.Kind()
			v := r.raw()
			in := reader{c: rawjson.Check(v)}
			b := block{raw: v}
			b.read(&in)
			a.blocks = append(a.blocks, b)
		}
	}
}

// read reads a block by the member that says what it is.
func (b *block) read(r *reader) {
	for name := range r.fields {
		if b.kind != blockNothing {
			r.skip()
			continue
		}
		switch string(name) {
		case "text":
			b.kind, b.text = blockText, r.str()
		case "toolUse":
			b.kind = blockCall
			if b.call.read(r); b.call.own || b.call.name == "" {
				b.kind = blockOpaque
			}
		case "reasoningContent":
			b.readReasoning(r)
		case "citationsContent":
			b.readCited(r)
		case "cachePoint":
			r.skip()
		default:
			m := mediumNamed(string(name))
			b.kind = blockOpaque
			if m == nil || m.kind == llm.PartDocument {
				r.skip()
				continue
			}
			if b.media = readAnswerMedia(r, m); b.media != nil {
				b.kind, b.mediaKind = blockMedia, m.kind
			}
		}
	}
}

func (t *toolUse) read(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "toolUseId":
			t.id = r.str()
		case "name":
			t.name = r.str()
		case "input":
			if v := r.raw(); rawjson.KindOf(v) == rawjson.Object {
				t.input = strings.ToValidUTF8(string(v), "\ufffd")
			} else {
				t.input = string(appendArguments(nil, string(v)))
			}
		case "type":
			t.own = string(r.bytes()) == serverToolUse
		default:
			r.skip()
		}
	}
}

// readReasoning reads thoughts. In a stream their parts stand without the object
// around them.
func (b *block) readReasoning(r *reader) {
	b.kind = blockThought
	for name := range r.fields {
		switch string(name) {
		case "reasoningText":
			for name := range r.fields {
				switch string(name) {
				case "text":
					b.text = r.str()
				case "signature":
					b.signature = r.str()
				default:
					r.skip()
				}
			}
		case "text":
			b.text = r.str()
		case "signature":
			b.signature = r.str()
		case "redactedContent":
			b.kind, b.redacted = blockRedacted, r.str()
		default:
			r.skip()
		}
	}
}

// readCited reads a text with what it rests on.
func (b *block) readCited(r *reader) {
	b.kind = blockText
	for name := range r.fields {
		switch string(name) {
		case "content":
			for range r.items {
				for name := range r.fields {
					if string(name) == "text" {
						b.text += r.str()
					} else {
						r.skip()
					}
				}
			}
		case "citations":
			for range r.items {
				b.cites = append(b.cites, readCitation(r))
			}
		default:
			r.skip()
		}
	}
}

// readCitation reads a source: a page, or a document of the caller's. Where in
// the document the source is says nothing of where in the text it is cited.
func readCitation(r *reader) (c llm.Citation) {
	for name := range r.fields {
		switch string(name) {
		case "title":
			c.Title = r.str()
		case "source":
			if s := r.str(); c.URL == "" && strings.Contains(s, "://") {
				c.URL = s
			}
		case "location":
			for range r.fields { // of one kind or another
				for name := range r.fields {
					if string(name) == "url" {
						c.URL = r.str()
					} else {
						r.skip()
					}
				}
			}
		default:
			r.skip()
		}
	}
	return c
}

// readAnswerMedia reads what a model made; nil where there is nothing.
func readAnswerMedia(r *reader, m *medium) *llm.Media {
	var md llm.Media
	for name := range r.fields {
		switch string(name) {
		case "format":
			md.MIMEType = m.mime(r.str())
		case "source":
			for name := range r.fields {
				switch string(name) {
				case "bytes":
					md.Data = r.str()
				case "s3Location":
					for name := range r.fields {
						if string(name) == "uri" {
							md.URL = r.str()
						} else {
							r.skip()
						}
					}
				default:
					r.skip()
				}
			}
		default:
			r.skip()
		}
	}
	if md.Data == "" && md.URL == "" {
		return nil
	}
	return &md
}

// neutral is false for a block that says nothing.
func (b *block) neutral() (p llm.Part, ok bool) {
	switch b.kind {
	case blockText:
		return llm.Part{Kind: llm.PartText, Text: b.text, Citations: b.cites}, b.text != ""
	case blockThought:
		p = llm.Part{Kind: llm.PartReasoning, Text: b.text}
		if b.signature != "" {
			p.Signature, p.Issuer = b.signature, llm.IssuerAnthropic
		}
		return p, b.text != "" || b.signature != ""
	case blockRedacted:
		data := json.RawMessage(rawjson.AppendQuote(nil, b.redacted))
		return llm.Part{Kind: llm.PartRedacted, Data: data, Issuer: llm.IssuerAnthropic}, b.redacted != ""
	case blockCall:
		if b.call.input == "" {
			b.call.input = "{}"
		}
		return llm.Part{Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: b.call.id, Name: b.call.name, Arguments: b.call.input}}, true
	case blockMedia:
		return llm.Part{Kind: b.mediaKind, Media: b.media}, true
	case blockOpaque:
		return llm.Part{Kind: llm.PartOpaque, Data: bytes.ToValidUTF8(b.raw, []byte("\ufffd")), Issuer: issuer}, true
	}
	return p, false
}
