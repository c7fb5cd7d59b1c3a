package responses

import (
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// wireEvent is an event of a stream, of any type. Its slices alias the text.
type wireEvent struct {
	kind     string
	response answer
	item     item
	part     part
	citation llm.Citation
	// outputIndex is the item's place in the answer, id its id, which not all
	// servers keep from event to event.
	outputIndex int
	hasIndex    bool
	id          string
	// inner is the place of the part in the item.
	inner int
	// delta is a piece of text, and whole all of it.
	delta, whole       string
	hasDelta, hasWhole bool
	name               string
	logProbs           []byte
	// failure is an error, complaint is set when there is a message or a detail,
	// as in errors without that key.
	failure   []byte
	complaint bool
	// holes are where an event with a piece of text differs from the next.
	holes holes
}

func (w *wireEvent) read(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "type":
			w.kind = r.str()
		case "response":
			if r.c.Kind() == rawjson.Object {
				w.response.read(r)
			} else {
				r.skip()
			}
		case "item":
			w.item.read(r)
		case "part":
			w.part.read(r)
		case "annotation":
			w.citation, _ = readCitation(r)
		case "output_index":
			n, ok := rawjson.Int(r.raw())
			w.outputIndex, w.hasIndex = int(n), ok && n >= 0 && n < maxItems
		case "item_id":
			w.id = r.str()
		case "content_index", "summary_index":
			n, _ := rawjson.Int(r.raw())
			w.inner = int(min(max(n, 0), maxItems))
		case "delta":
			if r.c.Kind() == rawjson.String {
				w.holes.add(holeText, r.stringSpan())
				w.delta, w.hasDelta = r.str(), true
			} else {
				r.skip()
			}
		case "obfuscation":
			if r.c.Kind() == rawjson.String {
				w.holes.add(holePadding, r.stringSpan())
			}
			r.skip()
		case "sequence_number":
			r.c.Kind() // moves to the value
			start := r.c.Offset()
			if _, ok := rawjson.Int(r.raw()); ok {
				w.holes.add(holeNumber, rawjson.Span{Start: start, End: r.c.Offset()})
			}
		case "text", "arguments", "refusal", "input":
			w.hasWhole = w.hasWhole || r.c.Kind() == rawjson.String
			w.whole += r.argument()
		case "name":
			w.name = r.str()
		case "logprobs":
			w.logProbs = r.raw()
		case "error":
			if v := r.raw(); saysSomething(v) {
				w.failure = v
			}
		case "message", "detail":
			w.complaint = saysSomething(r.raw()) || w.complaint
		default:
			r.skip()
		}
	}
}

// stringSpan is where the text of the string ahead stands. It looks ahead and
// reads nothing.
func (r *reader) stringSpan() rawjson.Span {
	ahead := r.c
	start := ahead.Offset() + 1
	text, _ := ahead.Text()
	return rawjson.Span{Start: start, End: start + len(text)}
}
