package openai

import (
	"bytes"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// maxMessages is how many messages a request may have.
const maxMessages = 10_000

// roles are the roles of messages; the content of those up to lastTold is
// required.
var roles = rawjson.NewNames("system", "developer", "user", "assistant", "tool", "function")

const lastTold = 2

// need is what a part of content needs of a model.
type need uint8

const (
	needNothing need = iota
	needImages
	needDocuments
	needAudio
)

// partType is a kind of content part.
type partType struct {
	name string
	need need
}

// partTypes are OpenAI's kinds of parts, then those of vendors whose clients
// speak the dialect, and those of OpenAI's and Anthropic's other dialects,
// which several servers take as well.
var partTypes = []partType{
	{"text", needNothing},
	{"image_url", needImages},
	{"input_audio", needAudio},
	{"file", needDocuments},
	{"refusal", needNothing},
	{"video_url", needNothing},
	{"video", needNothing},
	{"input_video", needNothing},
	{"audio_url", needAudio},
	{"audio", needAudio},
	{"image", needImages},
	{"input_image", needImages},
	{"image_file", needImages},
	{"input_text", needNothing},
	{"output_text", needNothing},
	{"document", needDocuments},
	{"document_url", needDocuments},
	{"input_file", needDocuments},
	{"file_url", needDocuments},
	{"thinking", needNothing},
	{"redacted_thinking", needNothing},
	{"reasoning", needNothing},
	{"reference", needNothing},
	{"tool_use", needNothing},
	{"tool_result", needNothing},
	{"tool_reference", needNothing},
	{"tool_call", needNothing},
	{"search_result", needNothing},
	{"citation", needNothing},
	{"guardContent", needNothing},
	{"cachePoint", needNothing},
	{"json", needNothing},
}

var partNames = func() *rawjson.Names {
	var names []string
	for _, p := range partTypes {
		names = append(names, p.name)
	}
	return rawjson.NewNames(names...)
}()

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
	at := place{before: c.Offset() + 1}
	for c.Object(); c.NextField(); {
		switch string(c.Key()) {
		case "thinking_blocks", "extra_content":
			if foreignIn(c) {
				st.strip(&at, c.Offset())
				continue
			}
		case "tool_calls":
			st.checkCalls(c)
		case "role":
			text, ok := c.Text()
			if !ok {
				return wrongType(".role", "a string")
			}
			if role = roles.Find(st.unescaped(text)); role < 0 {
				return llm.Invalid(".role", codeValue, "unknown role")
			}
		case "content":
			switch content = c.Kind(); content {
			case rawjson.String, rawjson.Null:
				c.Skip()
			case rawjson.Array:
				if err := st.checkContent(c); err != nil {
					return err
				}
			default:
				return wrongType(".content", "a string or a list of parts")
			}
		default:
			c.Skip()
		}
		at.keep(c.Offset())
	}
	switch {
	case role < 0:
		return missing(".role")
	case role <= lastTold && (content == rawjson.None || content == rawjson.Null):
		return missing(".content")
	}
	return nil
}

// checkContent checks the list of parts ahead.
func (st *inspection) checkContent(c *rawjson.Cursor) *llm.Error {
	n := 0
	for c.Array(); c.NextItem(); n++ {
		if err := st.checkPart(c); err != nil {
			err.Param = ".content[" + strconv.Itoa(n) + "]" + err.Param
			return err
		}
	}
	return nil
}

func (st *inspection) checkPart(c *rawjson.Cursor) *llm.Error {
	if c.Kind() != rawjson.Object {
		return wrongType("", "an object")
	}
	kind := -1
	for c.Object(); c.NextField(); {
		switch string(c.Key()) {
		case "type":
			text, ok := c.Text()
			if !ok {
				return wrongType(".type", "a string")
			}
			if kind = partNames.Find(st.unescaped(text)); kind < 0 {
				return llm.Invalid(".type", codeValue, "unknown kind of content part")
			}
		case "image_url":
			if err := st.checkImage(c); err != nil {
				return err
			}
		default:
			c.Skip()
		}
	}
	if kind < 0 {
		return missing(".type")
	}
	switch partTypes[kind].need {
	case needImages:
		st.in.Images = true
	case needDocuments:
		st.in.Documents = true
	case needAudio:
		st.in.Audio = true
	}
	return nil
}

// checkImage checks the address of an image: an object that has it, or the
// address itself, as some clients send it.
func (st *inspection) checkImage(c *rawjson.Cursor) *llm.Error {
	if c.Kind() == rawjson.String {
		text, _ := c.Text()
		return st.checkImageURL(".image_url", text)
	}
	for ok := c.Object(); ok && c.NextField(); {
		if string(c.Key()) != "url" {
			c.Skip()
			continue
		}
		text, ok := c.Text()
		if !ok {
			return wrongType(".image_url.url", "a string")
		}
		if err := st.checkImageURL(".image_url.url", text); err != nil {
			return err
		}
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

// unescaped is a string's text without escapes. It is valid until it or
// [inspection.text] is called again.
func (st *inspection) unescaped(text []byte) []byte {
	out := rawjson.Unquote(text, st.scratch)
	if len(out) < len(text) {
		st.scratch = out
	}
	return out
}
