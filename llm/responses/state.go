package responses

import (
	"bytes"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// References is what a request says about what was said before and is kept
// elsewhere, and about keeping what will be said.
type References struct {
	// Store is set unless the caller wants nothing kept.
	Store bool
	// Previous is the id of the answer that the request goes on from.
	Previous string
	// Items are the ids of items that stand in the input by their id alone, in
	// order: references, and reasoning without its content.
	Items []string
	// Conversation is set where a vendor's conversation is named.
	Conversation bool
}

// reference is an item that stands for one that is kept elsewhere.
type reference struct {
	rawjson.Span
	// thoughts is set for reasoning without its content, which can be left out.
	thoughts bool
}

// Refers tells what a request refers to that Inspect has passed.
func Refers(in *llm.Inspection) References { return in.State.(*inspection).refers }

// Turn is a part of a conversation that is kept: lists of items.
type Turn struct {
	Input, Output []byte
	// Foreign is set where what was encrypted there cannot be read by the
	// provider that the conversation goes to now.
	Foreign bool
}

// OwnInput is the input of a request as a list of items, with the items in
// place of the references to them. Reasoning that find does not know is left
// out. It must be called after Inspect(body, in) and before in is used for
// another body.
func OwnInput(dst, body []byte, in *llm.Inspection, find func(id string) ([]byte, bool)) ([]byte, *llm.Error) {
	st := in.State.(*inspection)
	dst = append(dst, '[')
	empty := len(dst)
	input := st.input.Of(body)
	if rawjson.KindOf(input) == rawjson.String {
		dst = append(append(append(dst, `{"role":"user","content":`...), input...), '}')
		return append(dst, ']'), nil
	}
	n := 0 // references so far
	c := rawjson.Trust(input, 0)
	for ok := c.Array(); ok && c.NextItem(); {
		c.Kind() // moves to the value
		start := st.input.Start + c.Offset()
		item := c.Value()
		if n < len(st.references) && st.references[n].Start == start {
			id, thoughts := st.refers.Items[n], st.references[n].thoughts
			n++
			kept, ok := find(id)
			if !ok && !thoughts {
				return nil, itemNotFound(id)
			}
			if item = kept; !ok {
				continue
			}
		}
		if len(dst) > empty {
			dst = append(dst, ',')
		}
		dst = append(dst, item...)
	}
	return append(dst, ']'), nil
}

func itemNotFound(id string) *llm.Error {
	return llm.Invalid("input", "item_not_found", "no item with the id "+quotedID(id)+" is kept here; answers that were not to be stored, or have expired, are not")
}

// NotFound is the error for an answer that is not kept, or is another tenant's.
func NotFound(id string) *llm.Error {
	return llm.Invalid("previous_response_id", "previous_response_not_found", "Previous response with id "+quotedID(id)+" not found.")
}

// quotedID is an id as it stands in a message.
func quotedID(id string) string {
	const longest = 80
	if len(id) > longest {
		id = id[:longest] + "…"
	}
	return "'" + strings.ToValidUTF8(id, "") + "'"
}

// Assemble returns the request with all of the conversation in it: the turns,
// then own, which OwnInput made. verbatim is set where the body goes out in this
// dialect: then what only the provider that said it knows is left out. Ids of
// items are left out in any case, for they are somebody else's.
func Assemble(dst, body []byte, in *llm.Inspection, turns []Turn, own []byte, verbatim bool) []byte {
	st := in.State.(*inspection)
	list := []byte{'['}
	for _, t := range turns {
		list = appendKept(list, t.Input, t.Foreign, verbatim)
		list = appendKept(list, t.Output, t.Foreign, verbatim)
	}
	list = append(appendKept(list, own, false, verbatim), ']')
	var edits []rawjson.Edit
	for _, f := range st.index.Fields {
		if f.ID < 0 {
			continue
		}
		switch fields[f.ID].name {
		case "previous_response_id":
			edits = append(edits, rawjson.Edit{Start: f.Value.Start, End: f.Value.End, New: []byte("null")})
		case "input":
			edits = append(edits, rawjson.Edit{Start: f.Value.Start, End: f.Value.End, New: list})
			list = nil
		}
	}
	if list != nil { // there is no input, but there is a model behind the brace
		at := bytes.IndexByte(body, '{') + 1
		member := append(append([]byte(`"input":`), list...), ',')
		edits = append([]rawjson.Edit{{Start: at, End: at, New: member}}, edits...)
	}
	return rawjson.Splice(dst, body, edits)
}

// Unsealed is an item without what only the provider can read that made it.
func Unsealed(item []byte) []byte {
	out, _ := appendAgain(nil, item, true, false)
	return out
}

// appendKept appends the items of a list that can be said again.
func appendKept(dst, list []byte, foreign, verbatim bool) []byte {
	c := rawjson.Trust(list, 0)
	for ok := c.Array(); ok && c.NextItem(); {
		item := c.Value()
		if len(item) == 0 || item[0] != '{' {
			continue
		}
		before := len(dst)
		if len(dst) > 1 {
			dst = append(dst, ',')
		}
		var said bool
		if dst, said = appendAgain(dst, item, foreign, verbatim); !said {
			dst = dst[:before]
		}
	}
	return dst
}

// appendAgain appends an item without what only its provider knows, and reports
// whether there is anything left to say.
func appendAgain(dst, item []byte, foreign, verbatim bool) ([]byte, bool) {
	var kind []byte
	dst = append(dst, '{')
	empty := len(dst)
	sealed := false
	c := rawjson.Trust(item, 0)
	for ok := c.Object(); ok && c.NextField(); {
		key := string(c.Key())
		v := c.Value()
		switch key {
		case "type":
			kind = v
		case "id":
			continue
		case "encrypted_content":
			// Marks tell other issuers' apart; what has none is OpenAI's.
			if isNull(v) || foreign && !marked(inside(v)) {
				continue
			}
			sealed = true
		}
		if len(dst) > empty {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, key), ':')
		dst = append(dst, v...)
	}
	reasoning := string(kind) == `"`+itemReasoning+`"`
	return append(dst, '}'), !reasoning || sealed || !verbatim
}
