package cohere

import (
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// AppendResponse appends a whole answer: its first alternative, for the dialect
// has one. Parts that the dialect has no place for, such as another vendor's
// encrypted reasoning, are left out.
func (Dialect) AppendResponse(dst []byte, r *llm.Response, v llm.View) ([]byte, error) {
	id := r.ID
	if id == "" {
		id = v.ID
	}
	var c llm.Choice
	if len(r.Choices) > 0 {
		c = r.Choices[0]
	}
	dst = rawjson.AppendQuote(append(dst, `{"id":`...), id)
	dst = appendMessage(append(dst, `,"message":`...), c.Message.Parts)
	dst = append(append(append(dst, `,"finish_reason":"`...), nativeFinish(c.Finish, c.NativeFinish)...), '"')
	if r.Usage != nil {
		dst = appendUsage(append(dst, `,"usage":`...), r.Usage)
	}
	return append(appendLogProbs(dst, c.LogProbs), '}'), nil
}

func appendMessage(dst []byte, parts []llm.Part) []byte {
	dst = append(dst, `{"role":"assistant"`...)
	blocks, calls, cites := 0, 0, []byte(nil)
	for i := range parts {
		p := &parts[i]
		thinking := p.Kind == llm.PartReasoning
		if p.Text == "" || !thinking && p.Kind != llm.PartText && p.Kind != llm.PartRefusal {
			continue
		}
		dst = append(dst, listMark(blocks, `,"content":[`)...)
		dst = appendBlock(dst, p.Text, thinking)
		for j := range p.Citations {
			cites = append(cites, listMark(len(cites), `,"citations":[`)...)
			cites = appendCite(cites, &p.Citations[j], p.Text, blocks)
		}
		blocks++
	}
	if blocks > 0 {
		dst = append(dst, ']')
	}
	for i := range parts {
		if p := &parts[i]; p.Kind == llm.PartToolCall {
			dst = append(dst, listMark(calls, `,"tool_calls":[`)...)
			dst = appendCall(dst, p.Call.ID, p.Call.Name, p.Call.Arguments)
			calls++
		}
	}
	if calls > 0 {
		dst = append(dst, ']')
	}
	if len(cites) > 0 {
		dst = append(append(dst, cites...), ']')
	}
	return append(dst, '}')
}

// listMark is what stands before an item, which is the first when n is 0.
func listMark(n int, opening string) string {
	if n == 0 {
		return opening
	}
	return ","
}

func appendBlock(dst []byte, text string, thinking bool) []byte {
	kind := `{"type":"text","text":`
	if thinking {
		kind = `{"type":"thinking","thinking":`
	}
	return append(rawjson.AppendQuote(append(dst, kind...), text), '}')
}

func appendCall(dst []byte, id, name, arguments string) []byte {
	dst = rawjson.AppendQuote(append(dst, `{"id":`...), id)
	dst = rawjson.AppendQuote(append(dst, `,"type":"function","function":{"name":`...), name)
	if strings.TrimSpace(arguments) == "" {
		arguments = "{}"
	}
	dst = rawjson.AppendQuote(append(dst, `,"arguments":`...), arguments)
	return append(dst, "}}"...)
}

// appendCite appends a citation. Cohere's rest on documents, so that a page is
// one whose id is its address.
func appendCite(dst []byte, c *llm.Citation, text string, block int) []byte {
	id := c.URL
	if id == "" {
		id = c.Title
	}
	dst = strconv.AppendInt(append(dst, `{"start":`...), int64(c.Start), 10)
	dst = strconv.AppendInt(append(dst, `,"end":`...), int64(c.End), 10)
	dst = rawjson.AppendQuote(append(dst, `,"text":`...), slice(text, c.Start, c.End))
	dst = rawjson.AppendQuote(append(dst, `,"sources":[{"type":"document","id":`...), id)
	dst = rawjson.AppendQuote(append(dst, `,"document":{"id":`...), id)
	if c.Title != "" {
		dst = rawjson.AppendQuote(append(dst, `,"title":`...), c.Title)
	}
	if c.URL != "" {
		dst = rawjson.AppendQuote(append(dst, `,"url":`...), c.URL)
	}
	dst = append(dst, `}}],"type":"TEXT_CONTENT"`...)
	if block > 0 {
		dst = strconv.AppendInt(append(dst, `,"content_index":`...), int64(block), 10)
	}
	return append(dst, '}')
}

// slice is a piece of text by offsets in characters; empty where there is none.
func slice(text string, start, end int) string {
	from, n := -1, 0
	for i := range text {
		if n == start {
			from = i
		}
		if n == end && from >= 0 {
			return text[from:i]
		}
		n++
	}
	if n == end && from >= 0 {
		return text[from:]
	}
	return ""
}
