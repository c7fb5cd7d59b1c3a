package operation

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// EditRequest returns the body with the model renamed, wherever it stands.
func (f *Form) EditRequest(dst, body []byte, _ *llm.Inspection, e llm.RequestEdit) []byte {
	if e.Model == "" {
		return body
	}
	var edits []rawjson.Edit
	c := rawjson.Trust(body, 0)
	if c.Kind() == rawjson.Object && c.Object() {
		for c.NextField() {
			switch key := string(c.Key()); {
			case key == "model":
				edits = f.rename(edits, &c, e.Model)
			case slices.Contains(f.Nested, key):
				edits = f.nested(edits, &c, e.Model)
			default:
				c.Skip()
			}
		}
	}
	if len(edits) == 0 {
		return body
	}
	return rawjson.Splice(dst, body, edits)
}

// nested renames the model in an object, or in a list of them.
func (f *Form) nested(edits []rawjson.Edit, c *rawjson.Cursor, model string) []rawjson.Edit {
	if c.Kind() == rawjson.Array {
		for c.Array(); c.NextItem(); {
			edits = f.nested(edits, c, model)
		}
		return edits
	}
	if !c.Object() {
		return edits
	}
	for c.NextField() {
		if string(c.Key()) == "model" {
			edits = f.rename(edits, c, model)
		} else {
			c.Skip()
		}
	}
	return edits
}

// rename replaces the value ahead by a model's name. Where paths name models,
// the collection before the name stays: "models/…".
func (f *Form) rename(edits []rawjson.Edit, c *rawjson.Cursor, model string) []rawjson.Edit {
	c.Kind()
	start := c.Offset()
	text, ok := c.Text()
	if !ok {
		return edits
	}
	if f.InPath {
		name := string(rawjson.Unquote(text, nil))
		if i := strings.Index(name, collection); i >= 0 {
			model = name[:i] + collection + strings.TrimPrefix(model, collection)
		}
	}
	return append(edits, rawjson.Edit{Start: start, End: c.Offset(), New: rawjson.AppendQuote(nil, model)})
}

// collection is what Google's names of models begin with.
const collection = "models/"

var errAnswer = errors.New("not what the operation answers")

// EditResponse appends an answer with its model renamed, where it has one, and
// reads its usage.
func (f *Form) EditResponse(dst, body []byte, model string, facts *llm.AnswerFacts) ([]byte, error) {
	return f.EditAnswer(dst, body, llm.View{Model: model}, facts)
}

// EditAnswer is EditResponse for a caller who may want vectors as base64.
func (f *Form) EditAnswer(dst, body []byte, v llm.View, facts *llm.AnswerFacts) ([]byte, error) {
	if len(rawjson.TrimSpace(body)) == 0 {
		return dst, badOutput("empty", "the provider sent an empty answer", nil)
	}
	if !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte("\ufffd"))
		facts.Repaired = true
	}
	var (
		c        = rawjson.Check(body)
		edits    []rawjson.Edit
		fault    []byte
		answered = f.Answer == ""
	)
	if !c.Object() {
		return dst, badOutput("malformed", "the provider sent an answer that is not valid JSON", errAnswer)
	}
	for c.NextField() {
		key := string(c.Key())
		answered = answered || key == f.Answer
		if key == "data" && v.Base64 {
			edits = appendBase64(edits, &c)
			continue
		}
		value := c.Value()
		switch key {
		case "model":
			if rawjson.KindOf(value) == rawjson.String {
				facts.Model = unquoted(value)
				if end := c.Offset(); v.Model != "" {
					edits = append(edits, rawjson.Edit{Start: end - len(value), End: end, New: rawjson.AppendQuote(nil, v.Model)})
				}
			}
		case "id":
			facts.ID = unquoted(value)
		case "error":
			fault = value
		default:
			if f.Usage != nil && f.Usage(key, value, &facts.Usage) {
				facts.HasUsage = true
			}
		}
	}
	if err := c.Close(); err != nil {
		return dst, badOutput("malformed", "the provider sent an answer that is not valid JSON", err)
	}
	if k := rawjson.KindOf(fault); k == rawjson.Object || k == rawjson.String {
		return dst, llm.ParseError(http.StatusOK, nil, body)
	}
	if !answered {
		return dst, badOutput("malformed", "the provider sent an answer without "+f.Answer, errAnswer)
	}
	if f.Unbilled {
		facts.Usage, facts.HasUsage = llm.Usage{}, true
	}
	facts.Content, facts.Finish = true, llm.FinishStop
	return rawjson.Splice(dst, body, edits), nil
}

// appendBase64 replaces the vectors of a list of embeddings that are lists of
// numbers. What cannot be read stays.
func appendBase64(edits []rawjson.Edit, c *rawjson.Cursor) []rawjson.Edit {
	if !c.Array() {
		return edits
	}
	for c.NextItem() {
		if !c.Object() {
			continue
		}
		for c.NextField() {
			key := string(c.Key())
			value := c.Value()
			if key != "embedding" || rawjson.KindOf(value) != rawjson.Array {
				continue
			}
			if packed, err := Base64(nil, value); err == nil {
				edits = append(edits, rawjson.Edit{Start: c.Offset() - len(value), End: c.Offset(), New: packed})
			}
		}
	}
	return edits
}

// unquoted is the text of a JSON string; empty for what is none.
func unquoted(v []byte) string {
	if rawjson.KindOf(v) != rawjson.String || len(v) < 2 {
		return ""
	}
	return string(rawjson.Unquote(v[1:len(v)-1], nil))
}
