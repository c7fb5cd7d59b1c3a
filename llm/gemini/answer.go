package gemini

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// answer is a whole answer, or one chunk of a streamed one. It can be read into
// again and again; what does not change in a stream is read once.
type answer struct {
	id, model, created string
	candidates         []candidate
	// block is why the prompt was refused, or empty.
	block string
	usage wireUsage
	// failure is the error that stands in place of an answer.
	failure json.RawMessage
	// read is kept for its buffers.
	read reader
}

// candidate is one alternative of an answer, or a piece of it.
type candidate struct {
	index  int
	parts  []part
	finish string
	// grounding and citations are the sources, by two ways to tell them.
	grounding grounding
	citations []segment
	logProbs  json.RawMessage
	// continuation is what an answer that was cut off can go on from.
	continuation string
}

// partKind says what a part of an answer is.
type partKind uint8

const (
	partNothing partKind = iota
	partText
	partThought
	partCall
	partMedia
	// partOpaque is of a kind that means something to Google only.
	partOpaque
)

// part is a piece of what the model said.
type part struct {
	kind      partKind
	text      string
	signature string
	call      functionCall
	mime      string
	// data is base64, or the address of a file.
	data, uri string
	// raw is the part as it came, if it is opaque. It aliases the text read.
	raw json.RawMessage
}

type functionCall struct {
	id, name string
	// args is an object, or empty.
	args string
	// partial are pieces of the arguments, of which more will come while
	// goesOn is set.
	partial []partialArg
	goesOn  bool
}

// parse reads one JSON object. The error is that of the text; an answer that
// does not say what it should is the caller's to judge.
func (a *answer) parse(body []byte) error {
	a.candidates, a.block, a.failure, a.usage = a.candidates[:0], "", nil, wireUsage{}
	r := &a.read
	r.read(body)
	if r.c.Kind() != rawjson.Object {
		return errMalformed
	}
	for name := range r.fields {
		switch string(name) {
		case "candidates":
			for range r.items {
				a.candidate(r)
			}
		case "usageMetadata":
			a.usage.read(r)
		case "responseId":
			once(&a.id, r)
		case "modelVersion":
			once(&a.model, r)
		case "createTime":
			once(&a.created, r)
		case "promptFeedback":
			for name := range r.fields {
				if string(name) == "blockReason" {
					a.block = blockReason(r.word())
				} else {
					r.skip()
				}
			}
		case "error":
			if v := r.raw(); saysSomething(v) {
				a.failure = v
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

// once reads a string unless it is known.
func once(s *string, r *reader) {
	if *s == "" {
		*s = r.str()
	} else {
		r.skip()
	}
}

// candidate reads one, in a place that an earlier answer may have used.
func (a *answer) candidate(r *reader) {
	if len(a.candidates) < cap(a.candidates) {
		a.candidates = a.candidates[:len(a.candidates)+1]
	} else {
		a.candidates = append(a.candidates, candidate{})
	}
	c := &a.candidates[len(a.candidates)-1]
	*c = candidate{parts: c.parts[:0]}
	for name := range r.fields {
		switch string(name) {
		case "content":
			for name := range r.fields {
				if string(name) != "parts" {
					r.skip()
					continue
				}
				for range r.items {
					c.parts = append(c.parts, part{})
					c.parts[len(c.parts)-1].read(r)
				}
			}
		case "index":
			c.index = int(r.integer())
		case "finishReason":
			c.finish = finishReason(r.word())
		case "groundingMetadata":
			c.grounding.read(r)
		case "citationMetadata":
			for range r.fields { // citations at Vertex AI, citationSources at AI Studio
				for range r.items {
					c.citations = append(c.citations, readSegment(r))
				}
			}
		case "logprobsResult":
			c.logProbs = readLogProbs(r)
		case "continuationToken":
			c.continuation = r.str()
		default:
			r.skip()
		}
	}
}

func (p *part) read(r *reader) {
	r.c.Kind()
	start := r.c.Offset()
	thought, other := false, false
	for name := range r.fields {
		switch string(name) {
		case "text":
			p.kind = max(p.kind, partText)
			p.text = r.str()
		case "thought":
			thought = r.boolean()
		case "thoughtSignature":
			p.signature = r.str()
		case "functionCall":
			p.kind = partCall
			p.call.read(r)
		case "inlineData", "fileData":
			p.kind = partMedia
			p.media(r)
		case "videoMetadata", "mediaResolution", "partMetadata", "mediaProcessing", "audioTranscription", "speechMetadata":
			r.skip() // about the part, not what it is
		default:
			other = true
			r.skip()
		}
	}
	switch {
	case other && (p.kind == partNothing || p.kind == partText && p.text == ""), thought && p.kind == partMedia:
		p.kind, p.raw = partOpaque, r.since(start)
	case thought && p.kind == partText:
		p.kind = partThought
	case p.kind == partNothing && p.signature != "":
		p.kind = partText
	}
}

func (p *part) media(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "mimeType":
			p.mime = r.str()
		case "data":
			p.data = r.str()
		case "fileUri":
			p.uri = r.str()
		default:
			r.skip()
		}
	}
	if p.data == "" && p.uri == "" {
		p.kind = partNothing
	}
}

func (f *functionCall) read(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "id":
			f.id = r.str()
		case "name":
			f.name = r.str()
		case "args":
			if v := r.raw(); rawjson.KindOf(v) == rawjson.Object {
				f.args = strings.ToValidUTF8(string(v), "\ufffd")
			}
		case "partialArgs":
			for range r.items {
				f.partial = append(f.partial, readPartialArg(r))
			}
		case "willContinue":
			f.goesOn = r.boolean()
		default:
			r.skip()
		}
	}
}

// error is the failure of an answer that is none.
func (a *answer) error() *llm.Error {
	body := append(append([]byte(`{"error":`), a.failure...), '}')
	return llm.ParseError(200, nil, body)
}

// badOutput is the error for an answer that cannot be used.
func badOutput(reason, message string, cause error) *llm.Error {
	return &llm.Error{
		Status: 502, Class: llm.ClassBadOutput, Type: "api_error", Code: "upstream_bad_response",
		Message: message, Reason: reason, Err: cause,
	}
}

var errNoCandidates = errors.New("reading answer: neither candidates nor a reason")
