package ollama

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// AppendResponse appends a whole answer: its first alternative, for the dialect
// has one. Parts that the dialect has no place for, such as another vendor's
// encrypted reasoning, are left out.
func (Dialect) AppendResponse(dst []byte, r *llm.Response, v llm.View) ([]byte, error) {
	dst = appendHead(dst, r.Created, &v)
	var c llm.Choice
	if len(r.Choices) > 0 {
		c = r.Choices[0]
	}
	dst = append(dst, `,"message":`...)
	dst = append(appendMessage(dst, c.Message.Parts), '}')
	dst = appendLogProbs(dst, c.LogProbs)
	return append(appendDone(dst, c.Finish, r.Usage), '}'), nil
}

// appendHead appends what every answer and every line begins with.
func appendHead(dst []byte, created time.Time, v *llm.View) []byte {
	if created.IsZero() {
		created = v.Created
	}
	dst = rawjson.AppendQuote(append(dst, `{"model":`...), v.Model)
	dst = append(dst, `,"created_at":"`...)
	return append(created.UTC().AppendFormat(dst, time.RFC3339Nano), '"')
}

// appendDone appends what closes an answer, but for its bracket.
func appendDone(dst []byte, finish llm.Finish, u *llm.Usage) []byte {
	dst = append(dst, `,"done":true,"done_reason":"`...)
	dst = append(append(dst, nativeFinish(finish)...), '"')
	if u != nil {
		dst = appendUsage(dst, u)
	}
	return dst
}

// appendMessage appends a message, but for its closing bracket.
func appendMessage(dst []byte, parts []llm.Part) []byte {
	var text, thinking strings.Builder
	for i := range parts {
		switch p := &parts[i]; p.Kind {
		case llm.PartText, llm.PartRefusal:
			text.WriteString(p.Text)
		case llm.PartReasoning:
			thinking.WriteString(p.Text)
		}
	}
	dst = rawjson.AppendQuote(append(dst, `{"role":"assistant","content":`...), text.String())
	if thinking.Len() > 0 {
		dst = rawjson.AppendQuote(append(dst, `,"thinking":`...), thinking.String())
	}
	images := 0
	for i := range parts {
		if p := &parts[i]; p.Kind == llm.PartImage && p.Media.Data != "" {
			dst = append(dst, listMark(images, `,"images":[`)...)
			dst = rawjson.AppendQuote(dst, p.Media.Data)
			images++
		}
	}
	if images > 0 {
		dst = append(dst, ']')
	}
	calls := 0
	for i := range parts {
		if p := &parts[i]; p.Kind == llm.PartToolCall {
			dst = append(dst, listMark(calls, `,"tool_calls":[`)...)
			dst = appendCall(dst, p.Call.ID, p.Call.Name, p.Call.Arguments, calls)
			calls++
		}
	}
	if calls > 0 {
		dst = append(dst, ']')
	}
	return dst
}

// listMark is what stands before the item of that number.
func listMark(n int, opening string) string {
	if n == 0 {
		return opening
	}
	return ","
}

func appendCall(dst []byte, id, name, arguments string, index int) []byte {
	dst = append(dst, '{')
	if id != "" {
		dst = append(rawjson.AppendQuote(append(dst, `"id":`...), id), ',')
	}
	dst = strconv.AppendInt(append(dst, `"function":{"index":`...), int64(index), 10)
	dst = rawjson.AppendQuote(append(dst, `,"name":`...), name)
	dst = appendArguments(append(dst, `,"arguments":`...), arguments)
	return append(dst, "}}"...)
}

// appendLogProbs appends probabilities, if there are any of the text.
func appendLogProbs(dst []byte, neutral json.RawMessage) []byte {
	if content := member(neutral, "content"); rawjson.KindOf(content) == rawjson.Array {
		dst = append(append(dst, `,"logprobs":`...), content...)
	}
	return dst
}
