package openai

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
)

// messages writes the conversation.
func (e *requestEncoder) messages() {
	e.raw("[")
	empty := len(e.dst)
	for i := range e.r.Messages {
		m := &e.r.Messages[i]
		if m.Role != llm.RoleTool {
			e.attach(empty)
		}
		switch m.Role {
		case llm.RoleSystem:
			e.open(empty, "system", m)
			e.raw(`,"content":`)
			e.texts(m.Parts)
			e.raw("}")
		case llm.RoleUser:
			e.open(empty, "user", m)
			e.raw(`,"content":`)
			e.userContent(m.Parts)
			e.raw("}")
		case llm.RoleAssistant:
			e.assistant(empty, m)
		case llm.RoleTool:
			e.toolResults(empty, m)
		}
	}
	e.attach(empty)
	e.raw("]")
}

// comma separates what follows from what stands since the offset empty.
func (e *requestEncoder) comma(empty int) {
	if len(e.dst) > empty {
		e.raw(",")
	}
}

// open begins a message.
func (e *requestEncoder) open(empty int, role string, m *llm.Message) {
	e.comma(empty)
	e.raw(`{"role":"` + role + `"`)
	if m.Name == "" {
		return
	}
	if e.vendor.mistral {
		e.drop(llm.FieldName)
		return
	}
	e.stringField("name", m.Name)
}

// texts writes the text of parts: as a string when there is one, so that the
// simplest servers read it, and as a list when there are more.
func (e *requestEncoder) texts(parts []llm.Part) {
	var text []llm.Part
	for _, p := range parts {
		switch p.Kind {
		case llm.PartText:
			text = append(text, p)
		case llm.PartOpaque:
			e.drop(llm.FieldOpaque)
		}
	}
	e.textContent(text)
}

func (e *requestEncoder) textContent(text []llm.Part) {
	switch {
	case len(text) == 0:
		e.raw(`""`)
	case len(text) == 1 && (text[0].Cache == nil || !e.vendor.cache):
		e.cache(text[0].Cache)
		e.str(text[0].Text)
	default:
		for i := range text {
			e.raw([]string{"[", ","}[min(i, 1)])
			e.textPart(&text[i])
		}
		e.raw("]")
	}
}

func (e *requestEncoder) textPart(p *llm.Part) {
	e.raw(`{"type":"text","text":`)
	e.str(p.Text)
	e.cache(p.Cache)
	e.raw("}")
}

// userContent writes what a user says and shows.
func (e *requestEncoder) userContent(parts []llm.Part) {
	var kept []llm.Part
	text := true
	for _, p := range parts {
		if p, ok := e.carried(p); ok {
			kept = append(kept, p)
			text = text && p.Kind == llm.PartText
		}
	}
	if text {
		e.textContent(kept)
		return
	}
	for i := range kept {
		e.raw([]string{"[", ","}[min(i, 1)])
		e.userPart(&kept[i])
	}
	e.raw("]")
}

// carried reports whether a part can be sent, and in which form.
func (e *requestEncoder) carried(p llm.Part) (llm.Part, bool) {
	m := p.Media
	switch p.Kind {
	case llm.PartText:
		return p, true
	case llm.PartImage:
		if m.FileID != "" || foreignURL(m) {
			e.drop(llm.FieldImage)
			return p, false
		}
		return p, true
	case llm.PartAudio:
		if m.Data == "" {
			e.drop(llm.FieldAudio)
			return p, false
		}
		return p, true
	case llm.PartVideo:
		if !e.vendor.video || m.FileID != "" || foreignURL(m) {
			e.drop(llm.FieldVideo)
			return p, false
		}
		return p, true
	case llm.PartDocument:
		if text, ok := textDocument(m); ok {
			return llm.Part{Kind: llm.PartText, Text: text, Cache: p.Cache}, true
		}
		if m.URL != "" && e.t.Vendor != "openrouter" && !e.vendor.mistral {
			e.drop(llm.FieldDocument)
			return p, false
		}
		return p, true
	default:
		e.drop(llm.FieldOpaque)
		return p, false
	}
}

// foreignURL reports whether media lies in a cloud's store, which only that
// cloud's models can read.
func foreignURL(m *llm.Media) bool {
	return strings.HasPrefix(m.URL, "gs:") || strings.HasPrefix(m.URL, "s3:")
}

// textDocument reads a document that is plain text, which the dialect carries
// as text only.
func textDocument(m *llm.Media) (string, bool) {
	if m.Data == "" || !strings.HasPrefix(m.MIMEType, "text/") {
		return "", false
	}
	text, err := base64.StdEncoding.DecodeString(m.Data)
	return string(text), err == nil && utf8.Valid(text)
}

func (e *requestEncoder) userPart(p *llm.Part) {
	m := p.Media
	switch p.Kind {
	case llm.PartText:
		e.textPart(p)
		return
	case llm.PartImage:
		e.raw(`{"type":"image_url","image_url":{"url":`)
		e.dst = appendMediaURL(e.dst, m)
		e.stringField("detail", m.Detail)
		e.raw("}")
	case llm.PartVideo:
		e.raw(`{"type":"video_url","video_url":{"url":`)
		e.dst = appendMediaURL(e.dst, m)
		e.raw("}")
	case llm.PartAudio:
		e.raw(`{"type":"input_audio","input_audio":{"data":`)
		e.str(m.Data)
		e.stringField("format", audioFormat(m.MIMEType))
		e.raw("}")
	case llm.PartDocument:
		e.document(m)
	}
	e.cache(p.Cache)
	e.raw("}")
}

func (e *requestEncoder) document(m *llm.Media) {
	if e.vendor.mistral && m.FileID == "" {
		e.raw(`{"type":"document_url","document_url":`)
		e.dst = appendMediaURL(e.dst, m)
		return
	}
	e.raw(`{"type":"file","file":{`)
	if m.FileID != "" {
		e.raw(`"file_id":`)
		e.str(m.FileID)
		e.stringField("filename", m.Name)
		e.raw("}")
		return
	}
	name := m.Name
	if name == "" { // the dialect wants one
		name = "document.pdf"
	}
	e.raw(`"filename":`)
	e.str(name)
	e.raw(`,"file_data":`)
	e.dst = appendMediaURL(e.dst, m)
	e.raw("}")
}

// assistant writes what the model said before.
func (e *requestEncoder) assistant(empty int, m *llm.Message) {
	var text, calls []llm.Part
	var refusal, thoughts strings.Builder
	var sound string
	for _, p := range m.Parts {
		switch p.Kind {
		case llm.PartText:
			text = append(text, p)
		case llm.PartToolCall:
			calls = append(calls, p)
		case llm.PartRefusal:
			refusal.WriteString(p.Text)
		case llm.PartReasoning:
			if e.vendor.reasoning == "" {
				e.drop(llm.FieldReasoningHistory)
			}
			thoughts.WriteString(p.Text)
		case llm.PartRedacted:
			e.drop(llm.FieldReasoningHistory)
		case llm.PartOpaque:
			if e.vendor.own && p.Issuer == llm.IssuerOpenAI {
				calls = append(calls, p)
			} else {
				e.drop(llm.FieldOpaque)
			}
		case llm.PartImage:
			e.drop(llm.FieldImage)
		case llm.PartDocument:
			e.drop(llm.FieldDocument)
		case llm.PartVideo:
			e.drop(llm.FieldVideo)
		case llm.PartAudio:
			if e.vendor.own && p.Media.FileID != "" {
				sound = p.Media.FileID
			} else {
				e.drop(llm.FieldAudio)
			}
		}
	}
	e.open(empty, "assistant", m)
	e.raw(`,"content":`)
	if len(text) == 0 && (len(calls) > 0 || refusal.Len() > 0 || sound != "") {
		e.raw("null")
	} else {
		e.textContent(text)
	}
	e.stringField("refusal", refusal.String())
	if e.vendor.reasoning != "" {
		e.stringField(e.vendor.reasoning, thoughts.String())
	}
	if sound != "" {
		e.raw(`,"audio":{"id":`)
		e.str(sound)
		e.raw("}")
	}
	e.toolCalls(calls)
	e.raw("}")
}

func (e *requestEncoder) toolCalls(calls []llm.Part) {
	if len(calls) == 0 {
		return
	}
	e.key("tool_calls")
	for i := range calls {
		e.raw([]string{"[", ","}[min(i, 1)])
		p := &calls[i]
		if p.Kind == llm.PartOpaque {
			e.value(p.Data)
			continue
		}
		e.raw(`{"id":`)
		e.str(e.callID(p.Call.ID))
		e.raw(`,"type":"function","function":{"name":`)
		e.str(e.toolName(p.Call.Name))
		e.raw(`,"arguments":`)
		if strings.TrimSpace(p.Call.Arguments) == "" {
			e.raw(`"{}"`)
		} else {
			e.str(p.Call.Arguments)
		}
		e.raw("}")
		if p.Signature != "" && p.Issuer == llm.IssuerGoogle && e.vendor.google {
			e.dst = appendGoogleSignature(append(e.dst, ','), p.Signature)
		}
		e.raw("}")
	}
	e.raw("]")
}

func (e *requestEncoder) callID(id string) string {
	if e.vendor.mistral {
		return mistralID(id)
	}
	return id
}

// toolResults writes one message for each result. What is not text waits until
// all results stand, for nothing may come between them.
func (e *requestEncoder) toolResults(empty int, m *llm.Message) {
	for i := range m.Parts {
		p := &m.Parts[i]
		switch {
		case p.Kind == llm.PartToolResult && p.Result != nil:
			e.comma(empty)
			e.raw(`{"role":"tool","tool_call_id":`)
			e.str(e.callID(p.Result.CallID))
			e.raw(`,"content":`)
			e.resultContent(p)
			e.raw("}")
			e.dropIf(llm.FieldToolError, p.Result.IsError)
		case p.Kind == llm.PartOpaque && e.vendor.own && p.Issuer == llm.IssuerOpenAI:
			e.comma(empty)
			e.value(p.Data)
		default:
			e.drop(llm.FieldOpaque)
		}
	}
}

func (e *requestEncoder) resultContent(p *llm.Part) {
	var text, rest []llm.Part
	for _, q := range p.Result.Parts {
		q, ok := e.carried(q)
		switch {
		case !ok:
		case q.Kind == llm.PartText:
			text = append(text, q)
		default:
			rest = append(rest, q)
		}
	}
	if p.Cache != nil && len(text) > 0 && text[len(text)-1].Cache == nil {
		text[len(text)-1].Cache = p.Cache
	}
	e.textContent(text)
	if len(rest) > 0 {
		e.pending = append(e.pending, llm.Part{Kind: llm.PartText, Text: "From tool call " + e.callID(p.Result.CallID) + ":"})
		e.pending = append(e.pending, rest...)
	}
}

// attach writes what the tools gave back beside text, as a message of the user.
func (e *requestEncoder) attach(empty int) {
	if len(e.pending) == 0 {
		return
	}
	e.comma(empty)
	e.raw(`{"role":"user","content":`)
	e.userContent(e.pending)
	e.raw("}")
	e.pending = nil
}
