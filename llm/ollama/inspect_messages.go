package ollama

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// maxMessages is how many messages a request may have.
const maxMessages = 10_000

// checkMessages checks the conversation. Without any message a request only
// loads the model, which is for the server to do.
func (st *inspection) checkMessages(name string, v rawjson.Span) *llm.Error {
	switch st.kind(v) {
	case rawjson.Array:
	case rawjson.Null:
		return nil
	default:
		return wrongType(name, "a list")
	}
	c := rawjson.Trust(st.body, v.Start)
	n := 0
	for c.Array(); c.NextItem(); n++ {
		if n == maxMessages {
			return llm.Invalid(name, codeValue, "more than "+strconv.Itoa(maxMessages)+" messages")
		}
		if err := st.checkMessage(&c); err != nil {
			return within(name, n, err)
		}
	}
	return nil
}

// checkMessage checks the message ahead.
func (st *inspection) checkMessage(c *rawjson.Cursor) *llm.Error {
	if c.Kind() != rawjson.Object {
		return wrongType("", "an object")
	}
	known := false
	for c.Object(); c.NextField(); {
		switch string(c.Key()) {
		case "role":
			text, ok := c.Text()
			if !ok {
				return wrongType("role", "a string")
			}
			if known = roleOf(string(st.unescaped(text))) != ""; !known {
				return badRole()
			}
		case "content":
			if k := c.Kind(); k != rawjson.String && k != rawjson.Null {
				return wrongType("content", "a string")
			}
			c.Skip()
		case "images":
			if err := st.checkImages(c); err != nil {
				return under("images", err)
			}
		default:
			c.Skip()
		}
	}
	if !known {
		return missing("role")
	}
	return nil
}

// checkImages checks the list of images ahead.
func (st *inspection) checkImages(c *rawjson.Cursor) *llm.Error {
	if k := c.Kind(); k != rawjson.Array && k != rawjson.Null {
		return wrongType("", "a list")
	}
	if !c.Array() {
		return nil
	}
	for n := 0; c.NextItem(); n++ {
		text, ok := c.Text()
		if !ok {
			return within("", n, wrongType("", "a string"))
		}
		if !validBase64(text) {
			return within("", n, llm.Invalid("", codeImage, "invalid base64"))
		}
		st.in.Images = true
	}
	return nil
}
