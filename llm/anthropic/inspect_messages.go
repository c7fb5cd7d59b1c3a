package anthropic

import (
	"bytes"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// maxMessages is how many messages a request may have, as at Anthropic.
const maxMessages = 100_000

var roles = rawjson.NewNames("user", "assistant", "system")

// strangeBlocks are thoughts in a row that are marked as another vendor's.
type strangeBlocks struct {
	rawjson.Span
	// alone is set where their message has nothing else.
	alone bool
}

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
			err.Param = name + "[" + strconv.Itoa(n) + "]" + err.Param
			return err
		}
	}
	if n == 0 {
		return llm.Invalid(name, codeValue, "there is no message")
	}
	return nil
}

// checkMessage checks the message ahead. The place in its error begins with a
// dot or is empty.
func (st *inspection) checkMessage(c *rawjson.Cursor) *llm.Error {
	if c.Kind() != rawjson.Object {
		return wrongType("", "an object")
	}
	role, content := -1, rawjson.None
	for c.Object(); c.NextField(); {
		switch string(c.Key()) {
		case "role":
			text, ok := c.Text()
			if !ok {
				return wrongType(".role", "a string")
			}
			if role = roles.Find(st.unescaped(text)); role < 0 {
				return llm.Invalid(".role", codeValue, "must be user, assistant or system")
			}
		case "content":
			content = c.Kind()
			if err := st.checkContent(c, ".content"); err != nil {
				return err
			}
		default:
			c.Skip()
		}
	}
	switch {
	case role < 0:
		return missing(".role")
	case content == rawjson.None:
		return missing(".content")
	}
	return nil
}

// checkSystem checks what the system says: text, or a list of blocks.
func (st *inspection) checkSystem(name string, v rawjson.Span) *llm.Error {
	if st.kind(v) == rawjson.Null {
		return nil
	}
	c := rawjson.Trust(st.body, v.Start)
	return st.checkContent(&c, name)
}

// checkContent checks the text or the list of blocks ahead.
func (st *inspection) checkContent(c *rawjson.Cursor, at string) *llm.Error {
	switch c.Kind() {
	case rawjson.String:
		c.Skip()
		return nil
	case rawjson.Array:
	default:
		return wrongType(at, "a string or a list of blocks")
	}
	n, strange, row := 0, 0, false
	for c.Array(); c.NextItem(); n++ {
		start := c.Offset()
		odd, err := st.checkBlock(c)
		if err != nil {
			err.Param = at + "[" + strconv.Itoa(n) + "]" + err.Param
			return err
		}
		if odd {
			strange++
			if !row {
				st.strange = append(st.strange, strangeBlocks{Span: rawjson.Span{Start: start}})
			}
			st.strange[len(st.strange)-1].End = c.Offset()
		}
		row = odd
	}
	if n > 0 && strange == n {
		st.strange[len(st.strange)-1].alone = true
	}
	return nil
}

// checkBlock checks a content block. New kinds of blocks come up all the time,
// so any type will do. It reports whether the block is a thought that is marked
// as another vendor's.
func (st *inspection) checkBlock(c *rawjson.Cursor) (odd bool, _ *llm.Error) {
	if c.Kind() != rawjson.Object {
		return false, wrongType("", "an object")
	}
	var kind, signature []byte
	for c.Object(); c.NextField(); {
		switch string(c.Key()) {
		case "type":
			text, ok := c.Text()
			if !ok || len(text) == 0 {
				return false, wrongType(".type", "a string")
			}
			kind = text
		case "signature":
			signature, _ = c.Text()
		case "source":
			if err := st.checkSource(c); err != nil {
				err.Param = ".source" + err.Param
				return false, err
			}
		case "content":
			// Only a tool's result has content that matters here, and the
			// content of others may be of any form.
			if err := st.checkInner(c); err != nil {
				return false, err
			}
		default:
			c.Skip()
		}
	}
	switch {
	case kind == nil:
		return false, missing(".type")
	case rawjson.Is(kind, "image"):
		st.in.Images = true
	case rawjson.Is(kind, "document"):
		st.in.Documents = true
	case rawjson.Is(kind, "thinking"):
		return foreign(signature), nil
	}
	return false, nil
}

// checkInner looks at the blocks inside of a block for images and documents.
func (st *inspection) checkInner(c *rawjson.Cursor) *llm.Error {
	if !c.Array() {
		return nil
	}
	for n := 0; c.NextItem(); n++ {
		if !c.Object() {
			continue
		}
		for c.NextField() {
			switch string(c.Key()) {
			case "type":
				text, _ := c.Text()
				st.in.Images = st.in.Images || rawjson.Is(text, "image")
				st.in.Documents = st.in.Documents || rawjson.Is(text, "document")
			case "source":
				if err := st.checkSource(c); err != nil {
					err.Param = ".content[" + strconv.Itoa(n) + "].source" + err.Param
					return err
				}
			default:
				c.Skip()
			}
		}
	}
	return nil
}

// checkSource checks media that stands in the request, in base64. Other sources
// are the provider's business; some are no objects at all.
func (st *inspection) checkSource(c *rawjson.Cursor) *llm.Error {
	if c.Kind() != rawjson.Object {
		c.Skip()
		return nil
	}
	var kind, mime, data []byte
	for c.Object(); c.NextField(); {
		switch string(c.Key()) {
		case "type":
			kind, _ = c.Text()
		case "media_type":
			mime, _ = c.Text()
		case "data":
			data, _ = c.Text()
		default:
			c.Skip()
		}
	}
	switch {
	case !rawjson.Is(kind, "base64"):
		return nil
	case bytes.EqualFold(bytes.TrimSpace(st.unescaped(mime)), []byte("image/svg+xml")):
		return llm.Invalid(".media_type", codeValue, "SVG is no image that a model can read")
	case !validBase64(data):
		return llm.Invalid(".data", codeValue, "invalid base64")
	}
	return nil
}
