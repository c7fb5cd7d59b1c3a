package anthropic

import (
	"encoding/json"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// wireEvent is an event of a stream, of any kind.
type wireEvent struct {
	kind    string
	index   int
	message answer
	block   block
	delta   delta
	usage   usage
	failure json.RawMessage
}

// delta is a piece of a block, or of the message.
type delta struct {
	kind string
	// text is the piece of a text, a thought or a call's arguments, and at is
	// where it stands between its quotes.
	text string
	at   rawjson.Span
	// signature closes thoughts.
	signature string
	citation  llm.Citation
	// stop and sequence are the message's.
	stop, sequence string
	// other are members of blocks that only Anthropic knows.
	other []blockMember
}

// blockMember is a member of a block, or one that a stream adds to it.
type blockMember struct {
	name  string
	value json.RawMessage
}

func (w *wireEvent) read(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "type":
			w.kind = r.str()
		case "index":
			n, _ := rawjson.Int(r.raw())
			w.index = int(n)
		case "message":
			if r.c.Kind() == rawjson.Object { // errors may have one that is text
				w.message.read(r)
			} else {
				r.skip()
			}
		case "content_block":
			w.block.read(r)
		case "delta":
			w.delta.read(r)
		case "usage":
			w.usage.read(r)
		case "error":
			w.failure = r.raw()
		default:
			r.skip()
		}
	}
}

func (d *delta) read(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "type":
			d.kind = r.str()
		case "text", "thinking", "partial_json":
			if r.c.Kind() == rawjson.String {
				start := r.c.Offset() + 1
				text, _ := r.c.Text()
				d.at = rawjson.Span{Start: start, End: start + len(text)}
				d.text = textOf(text)
			} else {
				r.skip()
			}
		case "signature":
			d.signature = r.str()
		case "citation":
			d.citation, _ = readCitation(r)
		case "stop_reason":
			d.stop = r.str()
		case "stop_sequence":
			d.sequence = r.str()
		default:
			key := string(name)
			d.other = append(d.other, blockMember{key, r.raw()})
		}
	}
}
