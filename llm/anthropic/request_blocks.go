package anthropic

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
)

// messages writes the turns.
func (e *requestEncoder) messages() {
	e.key("messages")
	e.raw("[")
	for i := range e.turns {
		t := &e.turns[i]
		if needsText(t) {
			t.blocks = append(t.blocks, said{text: placeholder})
		}
		e.item()
		e.raw(`{"role":"` + string(t.role) + `","content":`)
		e.blocks(t.results, t.blocks)
		e.raw("}")
	}
	e.raw("]")
}

// needsText reports whether a turn has a document and nothing that says what to
// do with it.
func needsText(t *turn) bool {
	document := false
	for i := range t.blocks {
		p := t.blocks[i].p
		if p == nil || p.Kind == llm.PartText {
			return false
		}
		document = document || p.Kind == llm.PartDocument
	}
	return document && len(t.results) == 0
}

// blocks writes lists of blocks as one.
func (e *requestEncoder) blocks(lists ...[]said) {
	e.raw("[")
	for _, list := range lists {
		for i := range list {
			e.item()
			e.block(&list[i])
		}
	}
	e.raw("]")
}

func (e *requestEncoder) block(s *said) {
	kind := llm.PartText
	if s.p != nil {
		kind = s.p.Kind
	}
	switch kind {
	case llm.PartImage:
		e.raw(`{"type":"image","source":`)
		e.imageSource(s.p.Media)
	case llm.PartDocument:
		e.raw(`{"type":"document","source":`)
		e.documentSource(s.p.Media)
		e.stringField("title", s.p.Media.Name)
	case llm.PartToolCall:
		c := s.p.Call
		e.raw(`{"type":"tool_use","id":`)
		e.str(tamed(c.ID))
		e.key("name")
		e.str(e.toolName(c.Name))
		e.key("input")
		if _, ok := inputOf(c.Arguments); !ok && e.t.Strict {
			e.refuse(place(s.at, s.i)+".arguments", "invalid_value", "the arguments are not a JSON object")
		}
		e.dst = appendInput(e.dst, c.Arguments)
	case llm.PartToolResult:
		e.toolResult(s)
		return
	case llm.PartReasoning:
		e.dst = appendThinking(e.dst, s.text, s.p.Signature)
		return
	case llm.PartRedacted:
		e.dst = appendRedacted(e.dst, s.p.Data)
		return
	case llm.PartOpaque:
		e.value(s.p.Data)
		return
	default:
		e.raw(`{"type":"text","text":`)
		e.str(s.text)
	}
	e.cache(s.cache())
	e.raw("}")
}

func (e *requestEncoder) cache(c *llm.CacheHint) {
	if c == nil {
		return
	}
	e.raw(`,"cache_control":{"type":"ephemeral"`)
	if c.TTL == "5m" || c.TTL == "1h" {
		e.stringField("ttl", c.TTL)
	}
	e.raw("}")
}

// toolResult writes what a tool gave back. A hint to cache inside of it is worth
// the same on it.
func (e *requestEncoder) toolResult(s *said) {
	r, hint := s.p.Result, s.p.Cache
	var inner []said
	for j := range r.Parts {
		q := &r.Parts[j]
		if hint == nil {
			hint = q.Cache
		}
		if q.Media != nil && r.IsError { // it stands behind the results
			continue
		}
		if q, ok := e.carried(q, s.at, s.i); ok || q.p.Kind == llm.PartText && len(r.Parts) == 1 {
			inner = append(inner, q)
		}
	}
	e.raw(`{"type":"tool_result","tool_use_id":`)
	e.str(tamed(r.CallID))
	switch {
	case len(inner) == 0:
	case len(inner) == 1 && inner[0].p.Kind == llm.PartText:
		e.key("content")
		e.str(inner[0].text)
	default:
		e.key("content")
		e.raw("[")
		for j := range inner {
			bare := *inner[j].p
			bare.Cache = nil
			e.item()
			e.block(&said{p: &bare, text: inner[j].text})
		}
		e.raw("]")
	}
	if r.IsError {
		e.raw(`,"is_error":true`)
	}
	e.cache(hint)
	e.raw("}")
}

// ownFile reports whether a file lies at Anthropic.
func ownFile(id string) bool { return strings.HasPrefix(id, "file_") }

// readable reports whether Anthropic can get at media that does not stand in the
// request.
func readable(m *llm.Media) bool {
	scheme, _, _ := strings.Cut(m.URL, ":")
	return ownFile(m.FileID) || slices.Contains([]string{"http", "https"}, strings.ToLower(scheme))
}

func (e *requestEncoder) takesImage(m *llm.Media) bool {
	switch {
	case m.Data == "" && readable(m):
		return true
	case m.Data != "" && imageType(m) == "image/svg+xml":
		e.refuse("messages", "invalid_value", "SVG images are not supported")
		return false
	case m.Data != "" && imageTypes[imageType(m)]:
		return true
	}
	e.drop(llm.FieldImage)
	return false
}

func (e *requestEncoder) imageSource(m *llm.Media) {
	if m.Data == "" {
		e.elsewhere(m)
		return
	}
	e.raw(`{"type":"base64","media_type":`)
	e.str(imageType(m))
	e.key("data")
	e.str(m.Data)
	e.raw("}")
}

// elsewhere writes the source of media that does not stand in the request.
func (e *requestEncoder) elsewhere(m *llm.Media) {
	if m.FileID != "" {
		e.files = true
		e.raw(`{"type":"file","file_id":`)
		e.str(m.FileID)
	} else {
		e.raw(`{"type":"url","url":`)
		e.str(m.URL)
	}
	e.raw("}")
}

const typePDF = "application/pdf"

func (e *requestEncoder) takesDocument(m *llm.Media) bool {
	if m.Data == "" && readable(m) || m.Data != "" && m.MIMEType == typePDF {
		return true
	}
	if _, ok := plainDocument(m); ok {
		return true
	}
	e.drop(llm.FieldDocument)
	return false
}

// plainDocument is the text of a document that is text.
func plainDocument(m *llm.Media) (string, bool) {
	if m.Data == "" || !strings.HasPrefix(m.MIMEType, "text/") && m.MIMEType != "application/json" {
		return "", false
	}
	b, err := base64.StdEncoding.DecodeString(m.Data)
	return string(b), err == nil && utf8.Valid(b) && !blank(string(b))
}

func (e *requestEncoder) documentSource(m *llm.Media) {
	switch plain, ok := plainDocument(m); {
	case ok:
		e.raw(`{"type":"text","media_type":"text/plain","data":`)
		e.str(plain)
	case m.Data != "":
		e.raw(`{"type":"base64","media_type":"` + typePDF + `","data":`)
		e.str(m.Data)
	default:
		e.elsewhere(m)
		return
	}
	e.raw("}")
}

// maxTamed is the length of the longest id, and of the longest name that every
// model takes.
const maxTamed = 64

// tamed is a tool's name, or the id of its call, as Anthropic takes it: letters,
// digits, underscores and dashes. What has to change ends in a hash of what it
// was, so that equal texts stay equal and others apart.
func tamed(s string) string {
	valid := s != "" && len(s) <= maxTamed
	for i := 0; i < len(s) && valid; i++ {
		valid = tame(s[i])
	}
	if valid {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	suffix := "_" + hex.EncodeToString(sum[:8])
	out := make([]byte, 0, maxTamed)
	for i := 0; i < len(s) && len(out) < maxTamed-len(suffix); i++ {
		c := s[i]
		if !tame(c) {
			c = '_'
		}
		out = append(out, c)
	}
	return string(append(out, suffix...))
}

func tame(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}

// place names a part of a message.
func place(message, part int) string {
	return "messages[" + strconv.Itoa(message) + "].content[" + strconv.Itoa(part) + "]"
}
