package cohere

import (
	"bytes"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// maxMessages is how many messages a request may have.
const maxMessages = 10_000

func (st *inspection) checkMessages(name string, v rawjson.Span) *llm.Error {
	switch st.kind(v) {
	case rawjson.Array:
	case rawjson.Null:
		return missing(name)
	default:
		return wrongType(name, "a list")
	}
	st.messages = v
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
	if n == 0 {
		return llm.Invalid(name, codeValue, "there is no message")
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
			switch c.Kind() {
			case rawjson.String, rawjson.Null:
				c.Skip()
			case rawjson.Array:
				if err := st.checkContent(c); err != nil {
					return under("content", err)
				}
			default:
				return wrongType("content", "a string or a list of parts")
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

// checkContent checks the list of parts ahead.
func (st *inspection) checkContent(c *rawjson.Cursor) *llm.Error {
	n := 0
	for c.Array(); c.NextItem(); n++ {
		if err := st.checkPart(c); err != nil {
			return within("", n, err)
		}
	}
	return nil
}

func (st *inspection) checkPart(c *rawjson.Cursor) *llm.Error {
	if c.Kind() != rawjson.Object {
		return wrongType("", "an object")
	}
	typed := false
	for c.Object(); c.NextField(); {
		switch string(c.Key()) {
		case "type":
			if _, typed = c.Text(); !typed {
				return wrongType("type", "a string")
			}
		case "image_url":
			st.in.Images = true
			for ok := c.Object(); ok && c.NextField(); {
				if string(c.Key()) != "url" {
					c.Skip()
					continue
				}
				text, ok := c.Text()
				if !ok {
					return wrongType("image_url.url", "a string")
				}
				if err := st.checkImage(text); err != nil {
					return under("image_url.url", err)
				}
			}
		default:
			c.Skip()
		}
	}
	if !typed {
		return missing("type")
	}
	return nil
}

// checkImage checks an image that stands in its address, in base64. Others are
// the provider's business.
func (st *inspection) checkImage(text []byte) *llm.Error {
	const scheme = "data:"
	if len(text) < len(scheme) || !bytes.EqualFold(text[:len(scheme)], []byte(scheme)) {
		return nil
	}
	head, data, ok := bytes.Cut(text[len(scheme):], []byte(","))
	kind, params, _ := bytes.Cut(st.unescaped(head), []byte(";"))
	switch {
	case !ok || !bytes.EqualFold(params[max(0, len(params)-len("base64")):], []byte("base64")):
		return llm.Invalid("", codeImage, "a data URL must hold base64")
	case bytes.EqualFold(bytes.TrimSpace(kind), []byte("image/svg+xml")):
		return llm.Invalid("", codeImage, "SVG is no image that a model can read")
	case !validBase64(data):
		return llm.Invalid("", codeImage, "invalid base64")
	}
	return nil
}
