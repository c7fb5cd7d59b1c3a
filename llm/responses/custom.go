package responses

import (
	"encoding/json"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// Custom tools take free text, for which the neutral conversation has no place.
// They stand in it as chat completions have them, nested one level deeper, and
// with [llm.IssuerOpenAI]: so each of OpenAI's two dialects takes them from the
// other.

// neutralCustomTool is a custom tool of this dialect in the neutral form.
func neutralCustomTool(v []byte) (llm.Tool, *llm.Error) {
	name, err := nonEmpty(member(v, "name"), "name")
	if err != nil {
		return llm.Tool{}, err
	}
	dst := appendString([]byte(`{"type":"custom","custom":{"name":`), name)
	if d := member(v, "description"); rawjson.KindOf(d) == rawjson.String {
		dst = append(append(dst, `,"description":`...), d...)
	}
	if f := member(v, "format"); rawjson.KindOf(f) == rawjson.Object {
		dst = append(dst, `,"format":`...)
		if kind := member(f, "type"); rawjson.KindOf(kind) == rawjson.String && text(kind) == "grammar" {
			dst = append(dst, `{"type":"grammar","grammar":{`...)
			dst = append(appendGrammar(dst, f), "}}"...)
		} else {
			dst = append(dst, f...)
		}
	}
	return llm.Tool{Hosted: append(dst, "}}"...), Issuer: llm.IssuerOpenAI}, nil
}

// appendCustomTool appends a custom tool out of the neutral form; it is false
// for any other tool.
func appendCustomTool(dst []byte, hosted json.RawMessage) ([]byte, bool) {
	in := member(hosted, "custom")
	name := member(in, "name")
	if rawjson.KindOf(name) != rawjson.String {
		return dst, false
	}
	dst = append(append(dst, `{"type":"custom","name":`...), name...)
	if d := member(in, "description"); rawjson.KindOf(d) == rawjson.String {
		dst = append(append(dst, `,"description":`...), d...)
	}
	if f := member(in, "format"); rawjson.KindOf(f) == rawjson.Object {
		dst = append(dst, `,"format":`...)
		if g := member(f, "grammar"); rawjson.KindOf(g) == rawjson.Object {
			dst = append(dst, `{"type":"grammar",`...)
			dst = append(appendGrammar(dst, g), '}')
		} else {
			dst = append(dst, f...)
		}
	}
	return append(dst, '}'), true
}

// appendGrammar appends the members that both forms of a grammar have.
func appendGrammar(dst, v []byte) []byte {
	for i, key := range [...]string{"syntax", "definition"} {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, key), ':')
		if m := member(v, key); m != nil {
			dst = append(dst, m...)
		} else {
			dst = append(dst, "null"...)
		}
	}
	return dst
}

// customCall is a call of a custom tool.
type customCall struct{ id, name, input string }

// neutral is the call in the neutral form.
func (c *customCall) neutral() json.RawMessage {
	dst := appendString([]byte(`{"id":`), c.id)
	dst = appendString(append(dst, `,"type":"custom","custom":{"name":`...), c.name)
	dst = appendString(append(dst, `,"input":`...), c.input)
	return append(dst, "}}"...)
}

// readCustomCall reads the neutral form; it is false for anything else.
func readCustomCall(data json.RawMessage) (customCall, bool) {
	in := member(data, "custom")
	c := customCall{id: plainText(member(data, "id")), name: plainText(member(in, "name")), input: plainText(member(in, "input"))}
	return c, c.name != ""
}

// neutralCustomResult is what a custom tool gave back in the neutral form: a
// message of chat completions.
func neutralCustomResult(callID, output string) json.RawMessage {
	dst := appendString([]byte(`{"role":"tool","tool_call_id":`), callID)
	dst = appendString(append(dst, `,"content":`...), output)
	return append(dst, '}')
}

// readCustomResult reads the neutral form; it is false for anything else.
func readCustomResult(data json.RawMessage) (callID, output string, ok bool) {
	callID = plainText(member(data, "tool_call_id"))
	return callID, plainText(member(data, "content")), callID != ""
}

// plainText is the text of a string or of a list of parts; that of anything
// else is empty.
func plainText(v []byte) string {
	switch rawjson.KindOf(v) {
	case rawjson.String:
		return text(v)
	case rawjson.Array:
		var b strings.Builder
		for _, e := range elements(v) {
			if t := member(e, "text"); rawjson.KindOf(t) == rawjson.String {
				b.WriteString(text(t))
			}
		}
		return b.String()
	}
	return ""
}
