package cohere

import (
	"encoding/json"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// answer is a whole answer.
type answer struct {
	id      string
	message bool
	blocks  []block
	plan    string
	calls   []answerCall
	cites   []cite
	finish  string
	usage   wireUsage
	// logProbs are the entries in OpenAI's form.
	logProbs []byte
}

// block is a piece of content.
type block struct {
	thinking bool
	text     string
}

type answerCall struct{ id, name, arguments string }

// cite is what a piece of a text rests on.
type cite struct {
	start, end int
	// kind is what the piece is of: empty or TEXT_CONTENT for the text.
	kind    string
	block   int
	sources []source
}

type source struct{ url, title string }

// parse reads one JSON object.
func (a *answer) parse(body []byte) error {
	var r reader
	r.read(body)
	if r.c.Kind() != rawjson.Object {
		return errMalformed
	}
	for name := range r.fields {
		switch string(name) {
		case "id":
			a.id = r.str()
		case "message":
			a.message = r.c.Kind() == rawjson.Object
			a.readMessage(&r)
		case "finish_reason":
			a.finish = r.str()
		case "usage":
			a.usage.read(&r)
		case "logprobs":
			for range r.items {
				a.logProbs = readLogProb(&r, a.logProbs)
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
		switch string(name) {
		case "content":
			if r.c.Kind() == rawjson.String {
				a.blocks = append(a.blocks, block{text: r.str()})
				continue
			}
			for range r.items {
				a.blocks = append(a.blocks, readBlock(r))
			}
		case "tool_plan":
			a.plan = r.str()
		case "tool_calls":
			for range r.items {
				if c := readCall(r); c.name != "" {
					a.calls = append(a.calls, c)
				}
			}
		case "citations":
			for range r.items {
				a.cites = append(a.cites, readCite(r))
			}
		default:
			r.skip()
		}
	}
}

// readBlock reads a block of content, or a piece of one.
func readBlock(r *reader) (b block) {
	for name := range r.fields {
		switch string(name) {
		case "text":
			b.text += r.str()
		case "thinking":
			b.thinking = true
			b.text += r.str()
		default:
			r.skip()
		}
	}
	return b
}

// readCall reads a tool call, or a piece of one.
func readCall(r *reader) (c answerCall) {
	for name := range r.fields {
		switch string(name) {
		case "id":
			c.id = r.str()
		case "function":
			for name := range r.fields {
				switch string(name) {
				case "name":
					c.name = r.str()
				case "arguments":
					if r.c.Kind() == rawjson.Object {
						c.arguments = string(r.raw())
					} else {
						c.arguments = r.str()
					}
				default:
					r.skip()
				}
			}
		default:
			r.skip()
		}
	}
	return c
}

func readCite(r *reader) (c cite) {
	for name := range r.fields {
		switch string(name) {
		case "start":
			c.start = int(r.integer())
		case "end":
			c.end = int(r.integer())
		case "type":
			c.kind = r.str()
		case "content_index":
			c.block = int(r.integer())
		case "sources":
			for range r.items {
				c.sources = append(c.sources, readSource(r))
			}
		default:
			r.skip()
		}
	}
	return c
}

// readSource reads a document, or what a tool found. Both are the caller's own
// data, in which an address and a title are customary.
func readSource(r *reader) (s source) {
	var id string
	for name := range r.fields {
		switch string(name) {
		case "id":
			id = r.str()
		case "document", "tool_output":
			for name := range r.fields {
				switch string(name) {
				case "url":
					s.url = r.str()
				case "title":
					s.title = r.str()
				default:
					r.skip()
				}
			}
		default:
			r.skip()
		}
	}
	if s.title == "" {
		s.title = id
	}
	return s
}

// ofText reports whether the cited piece is of the text.
func (c *cite) ofText() bool { return c.kind == "" || c.kind == "TEXT_CONTENT" }

// neutral is one citation for each source.
func (c *cite) neutral() []llm.Citation {
	var list []llm.Citation
	for _, s := range c.sources {
		list = append(list, llm.Citation{URL: s.url, Title: s.title, Start: max(c.start, 0), End: max(c.end, 0)})
	}
	return list
}

// readLogProb appends an entry, in OpenAI's form, for a piece of text, which may
// be of several tokens.
func readLogProb(r *reader, dst []byte) []byte {
	var text string
	var sum float64
	for name := range r.fields {
		switch string(name) {
		case "text":
			text = r.str()
		case "logprobs":
			for range r.items {
				f, _ := strconv.ParseFloat(string(r.raw()), 64)
				sum += f
			}
		default:
			r.skip()
		}
	}
	if len(dst) > 0 {
		dst = append(dst, ',')
	}
	dst = rawjson.AppendQuote(append(dst, `{"token":`...), text)
	dst = strconv.AppendFloat(append(dst, `,"logprob":`...), sum, 'g', -1, 64)
	return append(dst, `,"bytes":null,"top_logprobs":[]}`...)
}

// neutralLogProbs puts entries into OpenAI's object; nil for none.
func neutralLogProbs(entries []byte) json.RawMessage {
	if len(entries) == 0 {
		return nil
	}
	return append(append([]byte(`{"content":[`), entries...), `],"refusal":null}`...)
}

// appendLogProbs appends probabilities in Cohere's form, which has the ids of
// tokens that nobody else tells.
func appendLogProbs(dst []byte, neutral json.RawMessage) []byte {
	n := 0
	for _, e := range elements(member(neutral, "content")) {
		token, p := member(e, "token"), member(e, "logprob")
		if rawjson.KindOf(token) != rawjson.String || rawjson.KindOf(p) != rawjson.Number {
			continue
		}
		if n == 0 {
			dst = append(dst, `,"logprobs":[`...)
		} else {
			dst = append(dst, ',')
		}
		n++
		dst = append(append(append(dst, `{"text":`...), token...), `,"token_ids":[],"logprobs":[`...)
		dst = append(append(dst, p...), "]}"...)
	}
	if n > 0 {
		dst = append(dst, ']')
	}
	return dst
}
