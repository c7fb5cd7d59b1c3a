package responses

import (
	"bytes"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// maxItems is how many items a request may have.
const maxItems = 100_000

var roles = rawjson.NewNames("user", "assistant", "system", "developer")

// strangeItem is an item of reasoning that another vendor issued.
type strangeItem struct {
	rawjson.Span
	// at is its position in the list.
	at int
}

// checkInput checks what the user says: text, or a list of items.
func (st *inspection) checkInput(name string, v rawjson.Span) *llm.Error {
	switch st.kind(v) {
	case rawjson.Null:
		return nil
	case rawjson.String:
		st.input = v
		return nil
	case rawjson.Array:
	default:
		return wrongType(name, "a string or a list of items")
	}
	st.input = v
	c := rawjson.Trust(st.body, v.Start)
	n := 0
	for c.Array(); c.NextItem(); n++ {
		if n == maxItems {
			return llm.Invalid(name, codeValue, "more than "+strconv.Itoa(maxItems)+" items")
		}
		if err := st.checkItem(&c, n); err != nil {
			err.Param = name + "[" + strconv.Itoa(n) + "]" + err.Param
			return err
		}
	}
	if st.count = n; n == 0 {
		st.input = rawjson.Span{} // nothing was said
	}
	return nil
}

// checkItem checks the item ahead. New types of items come up all the time, so
// any type will do. The place in its error begins with a dot or is empty.
func (st *inspection) checkItem(c *rawjson.Cursor, at int) *llm.Error {
	if c.Kind() != rawjson.Object {
		return wrongType("", "an object")
	}
	start := c.Offset()
	message, reasoning, referring := true, false, false
	var role, encrypted, id []byte
	content := rawjson.None
	for c.Object(); c.NextField(); {
		switch string(c.Key()) {
		case "type":
			kind := c.Kind()
			text, ok := c.Text()
			if !ok && kind != rawjson.Null {
				return wrongType(".type", "a string")
			}
			message = !ok || rawjson.Is(text, "message")
			reasoning, referring = rawjson.Is(text, itemReasoning), rawjson.Is(text, itemReference)
		case "role":
			text, ok := c.Text()
			if !ok {
				return wrongType(".role", "a string")
			}
			role = text
		case "content":
			content = c.Kind()
			if err := st.checkContent(c, ".content"); err != nil {
				return err
			}
		case "output":
			// What a tool gave back: text, parts, or something else again.
			if c.Kind() != rawjson.Array {
				c.Skip()
			} else if err := st.checkContent(c, ".output"); err != nil {
				return err
			}
		case "encrypted_content":
			encrypted, _ = c.Text()
		case "id":
			id, _ = c.Text()
		default:
			c.Skip()
		}
	}
	switch {
	case referring && len(id) == 0:
		return missing(".id")
	case referring, reasoning && len(encrypted) == 0 && len(id) > 0:
		st.references = append(st.references, reference{Span: rawjson.Span{Start: start, End: c.Offset()}, thoughts: reasoning})
		st.refers.Items = append(st.refers.Items, string(st.unescaped(id)))
	case reasoning && marked(encrypted):
		st.strange = append(st.strange, strangeItem{Span: rawjson.Span{Start: start, End: c.Offset()}, at: at})
	case !message:
	case role == nil:
		return missing(".role")
	case roles.Find(st.unescaped(role)) < 0:
		return llm.Invalid(".role", codeValue, "must be user, assistant, system or developer")
	case content == rawjson.None || content == rawjson.Null:
		return missing(".content")
	}
	return nil
}

// checkContent checks the text or the list of parts ahead.
func (st *inspection) checkContent(c *rawjson.Cursor, at string) *llm.Error {
	switch c.Kind() {
	case rawjson.String, rawjson.Null:
		c.Skip()
		return nil
	case rawjson.Array:
	default:
		return wrongType(at, "a string or a list of parts")
	}
	n := 0
	for c.Array(); c.NextItem(); n++ {
		if err := st.checkPart(c); err != nil {
			err.Param = at + "[" + strconv.Itoa(n) + "]" + err.Param
			return err
		}
	}
	return nil
}

func (st *inspection) checkPart(c *rawjson.Cursor) *llm.Error {
	if c.Kind() != rawjson.Object {
		return wrongType("", "an object")
	}
	var kind []byte
	for c.Object(); c.NextField(); {
		switch string(c.Key()) {
		case "type":
			text, ok := c.Text()
			if !ok || len(text) == 0 {
				return wrongType(".type", "a string")
			}
			kind = text
		case "image_url":
			if c.Kind() != rawjson.String {
				c.Skip()
				continue
			}
			text, _ := c.Text()
			if err := st.checkImageURL(".image_url", text); err != nil {
				return err
			}
		default:
			c.Skip()
		}
	}
	switch {
	case kind == nil:
		return missing(".type")
	case rawjson.Is(kind, "input_image"):
		st.in.Images = true
	case rawjson.Is(kind, "input_file"):
		st.in.Documents = true
	case rawjson.Is(kind, "input_audio"):
		st.in.Audio = true
	}
	return nil
}

// checkImageURL checks an image that stands in its address, in base64. Others
// are the provider's business.
func (st *inspection) checkImageURL(at string, text []byte) *llm.Error {
	const scheme = "data:"
	if len(text) < len(scheme) || !bytes.EqualFold(text[:len(scheme)], []byte(scheme)) {
		return nil
	}
	head, data, ok := bytes.Cut(text[len(scheme):], []byte(","))
	head = st.unescaped(head)
	kind, params, _ := bytes.Cut(head, []byte(";"))
	switch {
	case !ok || !bytes.EqualFold(params[max(0, len(params)-len("base64")):], []byte("base64")):
		return llm.Invalid(at, codeImage, "a data URL must hold base64")
	case bytes.EqualFold(bytes.TrimSpace(kind), []byte("image/svg+xml")):
		return llm.Invalid(at, codeImage, "SVG is no image that a model can read")
	case !validBase64(data):
		return llm.Invalid(at, codeImage, "invalid base64")
	}
	return nil
}
