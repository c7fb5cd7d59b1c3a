package responses

import (
	"bytes"
	"encoding/json"

	"github.com/fairwaygw/fairway/llm/rawjson"
)

// neutralLogProbs puts the list of a text's probabilities into the form of chat
// completions, which is the neutral one; nil where the list is empty.
func neutralLogProbs(list []byte) json.RawMessage {
	in := insideList(list)
	if len(in) == 0 {
		return nil
	}
	dst := make([]byte, 0, len(in)+len(`{"content":[],"refusal":null}`))
	dst = append(append(dst, `{"content":[`...), in...)
	return append(dst, `],"refusal":null}`...)
}

// ownLogProbs are the elements of the list out of the neutral form.
func ownLogProbs(neutral json.RawMessage) []byte {
	if len(neutral) == 0 {
		return nil
	}
	return insideList(member(neutral, "content"))
}

// insideList is what stands between the brackets of a list, on one line.
func insideList(v []byte) []byte {
	if rawjson.KindOf(v) != rawjson.Array || len(v) < 2 {
		return nil
	}
	return bytes.TrimSpace(oneLine(v[1 : len(v)-1]))
}

// oneLine replaces line breaks between JSON's tokens, where they are as good as
// spaces; there can be none elsewhere.
func oneLine(v []byte) []byte {
	if bytes.IndexByte(v, '\n') < 0 && bytes.IndexByte(v, '\r') < 0 {
		return v
	}
	return bytes.Map(func(c rune) rune {
		if c == '\n' || c == '\r' {
			return ' '
		}
		return c
	}, v)
}
