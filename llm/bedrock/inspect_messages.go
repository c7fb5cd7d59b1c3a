package bedrock

import (
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// maxMessages is how many messages a request may have.
const maxMessages = 10_000

func (st *inspection) checkMessages(name string, v rawjson.Span) *llm.Error {
	if err := st.checkList(name, v); err != nil {
		return err
	}
	c := rawjson.Trust(st.body, v.Start)
	if !c.Array() {
		return nil
	}
	for n := 0; c.NextItem(); n++ {
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
			if known = rawjson.Is(text, "user") || rawjson.Is(text, "assistant"); !known {
				return badRole()
			}
		case "content":
			if err := st.checkContent(c); err != nil {
				return under("content", err)
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

func badRole() *llm.Error {
	return llm.Invalid("role", codeValue, "must be user or assistant")
}

// checkContent checks the list of blocks ahead.
func (st *inspection) checkContent(c *rawjson.Cursor) *llm.Error {
	if c.Kind() != rawjson.Array {
		return wrongType("", "a list")
	}
	n := 0
	for c.Array(); c.NextItem(); n++ {
		if err := st.checkBlock(c); err != nil {
			return within("", n, err)
		}
	}
	return nil
}

func (st *inspection) checkBlock(c *rawjson.Cursor) *llm.Error {
	if c.Kind() != rawjson.Object {
		return wrongType("", "an object")
	}
	for c.Object(); c.NextField(); {
		name := string(c.Key())
		m := mediumNamed(name)
		switch {
		case name == "toolResult":
			for ok := c.Object(); ok && c.NextField(); {
				if string(c.Key()) != "content" || c.Kind() != rawjson.Array {
					c.Skip()
					continue
				}
				if err := st.checkContent(c); err != nil {
					return under("toolResult.content", err)
				}
			}
		case m != nil:
			st.note(m)
			if err := checkMedia(c); err != nil {
				return under(name, err)
			}
		default:
			c.Skip()
		}
	}
	return nil
}

// note notes what a model must be able to look at.
func (st *inspection) note(m *medium) {
	switch m.kind {
	case llm.PartImage:
		st.in.Images = true
	case llm.PartDocument:
		st.in.Documents = true
	case llm.PartAudio:
		st.in.Audio = true
	}
}

// checkMedia checks that what a block holds itself is base64.
func checkMedia(c *rawjson.Cursor) *llm.Error {
	for ok := c.Object(); ok && c.NextField(); {
		if string(c.Key()) != "source" {
			c.Skip()
			continue
		}
		for ok := c.Object(); ok && c.NextField(); {
			if string(c.Key()) != "bytes" {
				c.Skip()
				continue
			}
			text, ok := c.Text()
			switch {
			case !ok:
				return wrongType("source.bytes", "a string")
			case !validBase64(text):
				return llm.Invalid("source.bytes", codeMedia, "invalid base64")
			}
		}
	}
	return nil
}
