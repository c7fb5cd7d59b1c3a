package responses

import (
	"encoding/json"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// The types of items that have a neutral meaning. All others stay as they came.
const (
	itemMessage   = "message"
	itemReasoning = "reasoning"
	itemCall      = "function_call"
	itemCustom    = "custom_tool_call"
	itemImage     = "image_generation_call"
	itemReference = "item_reference" // in requests only
)

// item is an item of an answer. Its slices alias what it was read from.
type item struct {
	kind, id, status, callID, name, namespace string
	// arguments are a function's, input is a custom tool's.
	arguments, input string
	// parts are a message's.
	parts []part
	// summary and thoughts are two forms of reasoning; encrypted proves it.
	summary, thoughts []string
	encrypted         string
	// image is in base64, of the given format.
	image, format string
	// searched is set for a use of the hosted search.
	searched bool
	raw      json.RawMessage
}

// part is a part of a message.
type part struct {
	kind, text string
	citations  []llm.Citation
	// annotations counts all of them, of whatever kind.
	annotations int
	logProbs    []byte
}

const (
	partText    = "output_text"
	partRefusal = "refusal"
)

// read reads the value ahead.
func (it *item) read(r *reader) {
	r.c.Kind() // moves to the value
	start := r.c.Offset()
	for name := range r.fields {
		switch string(name) {
		case "type":
			it.kind = r.str()
		case "id":
			it.id = r.str()
		case "status":
			it.status = r.str()
		case "call_id":
			it.callID = r.str()
		case "name":
			it.name = r.str()
		case "namespace":
			it.namespace = r.str()
		case "arguments":
			it.arguments = r.argument()
		case "input":
			it.input = r.argument()
		case "content":
			it.readContent(r)
		case "summary":
			it.summary = r.texts()
		case "encrypted_content":
			it.encrypted = r.str()
		case "result":
			it.image = r.str()
		case "output_format":
			it.format = r.str()
		case "action":
			it.searched = r.search()
		default:
			r.skip()
		}
	}
	if it.kind == "web_search_call" && it.name != "" { // xAI, which has no action
		it.searched = it.name == "web_search"
	}
	it.searched = it.searched && it.kind == "web_search_call"
	it.raw = r.b[start:r.c.Offset()]
}

// argument is JSON text, which some items have as the value itself.
func (r *reader) argument() string {
	switch r.c.Kind() {
	case rawjson.String:
		return r.str()
	case rawjson.Object:
		return string(validRaw(r.raw()))
	}
	r.skip()
	return ""
}

// search reports whether an action is a search, rather than a look at a page
// that was found.
func (r *reader) search() (found bool) {
	for name := range r.fields {
		if string(name) == "type" {
			found = r.str() == "search"
		} else {
			r.skip()
		}
	}
	return found
}

// texts are the texts of a list of parts.
func (r *reader) texts() (list []string) {
	for range r.items {
		for name := range r.fields {
			if string(name) == "text" {
				list = append(list, r.str())
			} else {
				r.skip()
			}
		}
	}
	return list
}

// readContent reads the parts of a message, or the thoughts of an item of
// reasoning.
func (it *item) readContent(r *reader) {
	for range r.items {
		var p part
		p.read(r)
		switch p.kind {
		case "reasoning_text":
			it.thoughts = append(it.thoughts, p.text)
		case partText, partRefusal:
			it.parts = append(it.parts, p)
		default:
			it.parts = append(it.parts, part{}) // keeps the others' places
		}
	}
}

func (p *part) read(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "type":
			p.kind = r.str()
		case "text", "refusal":
			p.text = r.str()
		case "annotations":
			for range r.items {
				p.annotations++
				if c, ok := readCitation(r); ok {
					p.citations = append(p.citations, c)
				}
			}
		case "logprobs":
			p.logProbs = r.raw()
		default:
			r.skip()
		}
	}
}

// readCitation reads an annotation, which is a citation if it has an address.
// Those of files have none.
func readCitation(r *reader) (c llm.Citation, ok bool) {
	for name := range r.fields {
		switch string(name) {
		case "url":
			c.URL = r.str()
		case "title":
			c.Title = r.str()
		case "start_index":
			c.Start = int(r.figure())
		case "end_index":
			c.End = int(r.figure())
		default:
			r.skip()
		}
	}
	return c, c.URL != ""
}

// reasoning is the text of an item's thoughts.
func (it *item) reasoning() string {
	if len(it.thoughts) > 0 {
		return strings.Join(it.thoughts, paragraphBreak)
	}
	return strings.Join(it.summary, paragraphBreak)
}

// ref is the id that a call's result has to name.
func (it *item) ref() string {
	if it.callID != "" {
		return it.callID
	}
	return it.id
}

// media is the image that an item holds, or nil.
func (it *item) media() *llm.Media {
	if it.image == "" {
		return nil
	}
	mime, data := "image/png", it.image
	switch it.format {
	case "jpeg", "webp":
		mime = "image/" + it.format
	}
	if m, d, ok := cutDataURL(data); ok { // OpenRouter
		mime, data = m, d
	}
	return &llm.Media{MIMEType: mime, Data: data}
}

// calls reports whether the item is a call for the caller to run.
func (it *item) calls() bool {
	return it.name != "" && (it.kind == itemCall || it.kind == itemCustom)
}
