package responses

import (
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// input writes the conversation. What the system says first are the
// instructions, unless nobody else says anything.
func (e *requestEncoder) input() {
	messages := e.r.Messages
	if len(messages) > 0 && messages[0].Role == llm.RoleSystem && slices.ContainsFunc(messages, notSystem) {
		if instructions := e.system(&messages[0]); instructions != "" {
			e.stringField("instructions", instructions)
		}
		messages = messages[1:]
	}
	e.key("input")
	e.raw("[")
	empty := len(e.dst)
	for i := range messages {
		m := &messages[i]
		e.dropIf(llm.FieldName, m.Name != "")
		switch m.Role {
		case llm.RoleSystem:
			e.comma(empty)
			e.raw(`{"role":"system","content":`)
			e.str(e.system(m))
			e.raw("}")
		case llm.RoleUser:
			e.comma(empty)
			e.raw(`{"role":"user","content":`)
			e.content(m.Parts)
			e.raw("}")
		case llm.RoleAssistant:
			e.assistant(empty, m)
		case llm.RoleTool:
			e.toolResults(empty, m)
		}
	}
	e.raw("]")
}

func notSystem(m llm.Message) bool { return m.Role != llm.RoleSystem }

// system is the text of a system message.
func (e *requestEncoder) system(m *llm.Message) string {
	var b strings.Builder
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Kind != llm.PartText {
			e.drop(llm.FieldOpaque)
			continue
		}
		e.dropIf(llm.FieldCacheControl, p.Cache != nil)
		if b.Len() > 0 && p.Text != "" {
			b.WriteString(paragraphBreak)
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

// content writes what a user says and shows, or a tool gives back: one text as
// it is, so that the simplest servers read it, and anything else as a list.
func (e *requestEncoder) content(parts []llm.Part) {
	var kept []llm.Part
	for _, p := range parts {
		if p, ok := e.carried(p); ok {
			kept = append(kept, p)
		}
	}
	switch {
	case len(kept) == 0:
		e.raw(`""`)
		return
	case len(kept) == 1 && kept[0].Kind == llm.PartText && kept[0].Cache == nil:
		e.str(kept[0].Text)
		return
	}
	for i := range kept {
		e.raw([]string{"[", ","}[min(i, 1)])
		e.part(&kept[i])
	}
	e.raw("]")
}

// carried reports whether a part can be sent, and in which form.
func (e *requestEncoder) carried(p llm.Part) (llm.Part, bool) {
	if p.Cache != nil && e.r.Extra["prompt_cache_options"] == nil {
		e.drop(llm.FieldCacheControl)
		p.Cache = nil
	}
	switch m := p.Media; p.Kind {
	case llm.PartText:
		return p, p.Text != ""
	case llm.PartImage:
		if foreignURL(m) {
			e.drop(llm.FieldImage)
			return p, false
		}
		return p, true
	case llm.PartDocument:
		if foreignURL(m) {
			e.drop(llm.FieldDocument)
			return p, false
		}
		if text, ok := textDocument(m); ok {
			return llm.Part{Kind: llm.PartText, Text: text, Cache: p.Cache}, text != ""
		}
		return p, true
	case llm.PartAudio:
		e.drop(llm.FieldAudio)
	case llm.PartVideo:
		e.drop(llm.FieldVideo)
	default:
		e.drop(llm.FieldOpaque)
	}
	return p, false
}

// foreignURL reports whether media lies in a cloud's store, which only that
// cloud's models can read.
func foreignURL(m *llm.Media) bool {
	return strings.HasPrefix(m.URL, "gs:") || strings.HasPrefix(m.URL, "s3:")
}

// textDocument reads a document that is plain text, which not every model takes
// as a file.
func textDocument(m *llm.Media) (string, bool) {
	if m.Data == "" || !strings.HasPrefix(m.MIMEType, "text/") {
		return "", false
	}
	text, err := base64.StdEncoding.DecodeString(m.Data)
	return string(text), err == nil && utf8.Valid(text)
}

func (e *requestEncoder) part(p *llm.Part) {
	m := p.Media
	switch p.Kind {
	case llm.PartText:
		e.raw(`{"type":"input_text","text":`)
		e.str(p.Text)
	case llm.PartImage:
		e.raw(`{"type":"input_image",`)
		if m.FileID != "" {
			e.raw(`"file_id":`)
			e.str(m.FileID)
		} else {
			e.raw(`"image_url":`)
			e.dst = appendMediaURL(e.dst, m)
		}
		e.stringField("detail", m.Detail)
	case llm.PartDocument:
		e.document(m)
	}
	if p.Cache != nil {
		e.raw(`,"prompt_cache_breakpoint":{"mode":"explicit"}`)
	}
	e.raw("}")
}

func (e *requestEncoder) document(m *llm.Media) {
	e.raw(`{"type":"input_file",`)
	switch {
	case m.FileID != "":
		e.raw(`"file_id":`)
		e.str(m.FileID)
	case m.Data == "":
		e.raw(`"file_url":`)
		e.str(m.URL)
	default:
		name := m.Name
		if name == "" { // the dialect wants one
			name = "document.pdf"
		}
		e.raw(`"filename":`)
		e.str(name)
		e.raw(`,"file_data":`)
		e.dst = appendMediaURL(e.dst, m)
		return
	}
	e.stringField("filename", m.Name)
}

// assistant writes what the model said before, item by item, in its order.
func (e *requestEncoder) assistant(empty int, m *llm.Message) {
	for i := 0; i < len(m.Parts); i++ {
		p := &m.Parts[i]
		switch p.Kind {
		case llm.PartText, llm.PartRefusal:
			n := i + 1
			for n < len(m.Parts) && (m.Parts[n].Kind == llm.PartText || m.Parts[n].Kind == llm.PartRefusal) {
				n++
			}
			e.said(empty, m.Parts[i:n])
			i = n - 1
		case llm.PartToolCall:
			e.call(empty, p.Call)
		case llm.PartReasoning:
			e.thoughts(empty, p)
		case llm.PartRedacted:
			if p.Issuer == llm.IssuerOpenAI && rawjson.KindOf(p.Data) == rawjson.String {
				e.reasoningItem(empty, "", "", text(p.Data))
			} else {
				e.drop(llm.FieldReasoningHistory)
			}
		case llm.PartOpaque:
			e.opaque(empty, p)
		case llm.PartImage:
			e.drop(llm.FieldImage)
		case llm.PartDocument:
			e.drop(llm.FieldDocument)
		case llm.PartAudio:
			e.drop(llm.FieldAudio)
		case llm.PartVideo:
			e.drop(llm.FieldVideo)
		}
	}
}

// said writes text and refusals of the model's.
func (e *requestEncoder) said(empty int, parts []llm.Part) {
	parts = slices.DeleteFunc(slices.Clone(parts), func(p llm.Part) bool { return p.Text == "" })
	if len(parts) == 0 {
		return
	}
	e.comma(empty)
	e.raw(`{"role":"assistant","content":`)
	if len(parts) == 1 && parts[0].Kind == llm.PartText {
		e.dropIf(llm.FieldCacheControl, parts[0].Cache != nil)
		e.str(parts[0].Text)
		e.raw("}")
		return
	}
	for i := range parts {
		p := &parts[i]
		e.dropIf(llm.FieldCacheControl, p.Cache != nil)
		e.raw([]string{"[", ","}[min(i, 1)])
		if p.Kind == llm.PartRefusal {
			e.raw(`{"type":"refusal","refusal":`)
		} else {
			e.raw(`{"type":"output_text","text":`)
		}
		e.str(p.Text)
		e.raw("}")
	}
	e.raw("]}")
}

// thoughts writes earlier reasoning: what OpenAI encrypted, or the text where
// the target takes that.
func (e *requestEncoder) thoughts(empty int, p *llm.Part) {
	switch {
	case p.Signature != "" && p.Issuer == llm.IssuerOpenAI:
		e.reasoningItem(empty, p.Text, "", p.Signature)
	case e.vendor.thoughts && p.Text != "":
		e.reasoningItem(empty, "", p.Text, "")
	default:
		e.drop(llm.FieldReasoningHistory)
	}
}

func (e *requestEncoder) reasoningItem(empty int, summary, thoughts, encrypted string) {
	e.comma(empty)
	e.raw(`{"type":"reasoning","summary":[`)
	if summary != "" {
		e.raw(`{"type":"summary_text","text":`)
		e.str(summary)
		e.raw("}")
	}
	e.raw("]")
	if thoughts != "" {
		e.raw(`,"content":[{"type":"reasoning_text","text":`)
		e.str(thoughts)
		e.raw("}]")
	}
	e.stringField("encrypted_content", encrypted)
	e.raw("}")
}

func (e *requestEncoder) call(empty int, c *llm.ToolCall) {
	e.comma(empty)
	e.raw(`{"type":"function_call","call_id":`)
	e.str(callID(c.ID))
	e.raw(`,"name":`)
	e.str(e.toolName(c.Name))
	e.raw(`,"arguments":`)
	if strings.TrimSpace(c.Arguments) == "" {
		e.raw(`"{}"`)
	} else {
		e.str(c.Arguments)
	}
	e.raw("}")
}

// opaque writes items as they came, and calls of custom tools out of their
// neutral form.
func (e *requestEncoder) opaque(empty int, p *llm.Part) {
	if p.Issuer == issuerItems && rawjson.KindOf(p.Data) == rawjson.Object {
		e.comma(empty)
		e.value(p.Data)
		return
	}
	c, ok := readCustomCall(p.Data)
	if p.Issuer != llm.IssuerOpenAI || !ok {
		e.drop(llm.FieldOpaque)
		return
	}
	e.comma(empty)
	e.raw(`{"type":"custom_tool_call","call_id":`)
	e.str(callID(c.id))
	e.raw(`,"name":`)
	e.str(c.name)
	e.raw(`,"input":`)
	e.str(c.input)
	e.raw("}")
}

// toolResults writes an item for each result.
func (e *requestEncoder) toolResults(empty int, m *llm.Message) {
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Kind == llm.PartToolResult && p.Result != nil {
			e.dropIf(llm.FieldCacheControl, p.Cache != nil)
			e.dropIf(llm.FieldToolError, p.Result.IsError)
			e.comma(empty)
			e.raw(`{"type":"function_call_output","call_id":`)
			e.str(callID(p.Result.CallID))
			e.raw(`,"output":`)
			e.content(p.Result.Parts)
			e.raw("}")
			continue
		}
		if p.Kind == llm.PartOpaque && p.Issuer == issuerItems && rawjson.KindOf(p.Data) == rawjson.Object {
			e.comma(empty)
			e.value(p.Data)
			continue
		}
		id, output, ok := readCustomResult(p.Data)
		if p.Kind != llm.PartOpaque || p.Issuer != llm.IssuerOpenAI || !ok {
			e.drop(llm.FieldOpaque)
			continue
		}
		e.comma(empty)
		e.raw(`{"type":"custom_tool_call_output","call_id":`)
		e.str(callID(id))
		e.raw(`,"output":`)
		e.str(output)
		e.raw("}")
	}
}
