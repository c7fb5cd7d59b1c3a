package cohere

import (
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// pendingResult is what a tool gave back that a tool's message cannot hold.
type pendingResult struct {
	callID string
	parts  []llm.Part
}

// messages writes the conversation. A message that says nothing is left out, for
// Cohere refuses it, unless it is a user's, who is to be told so.
func (e *requestEncoder) messages() {
	e.key("messages")
	e.raw("[")
	for i := range e.r.Messages {
		m := &e.r.Messages[i]
		if m.Role != llm.RoleTool {
			e.attach()
		}
		e.dropIf(llm.FieldName, m.Name != "" && m.Role != llm.RoleTool)
		for j := range m.Parts {
			e.dropIf(llm.FieldCacheControl, m.Parts[j].Cache != nil)
		}
		switch m.Role {
		case llm.RoleSystem:
			if kept := e.kept(m.Parts, false); len(kept) > 0 {
				e.message("system", kept)
			}
		case llm.RoleUser:
			e.message("user", e.kept(m.Parts, true))
		case llm.RoleAssistant:
			e.assistant(m, i)
		case llm.RoleTool:
			e.toolResults(m, i)
		}
	}
	e.attach()
	e.raw("]")
}

// kept are the parts that can be sent, in the form in which they can.
func (e *requestEncoder) kept(parts []llm.Part, images bool) []llm.Part {
	var kept []llm.Part
	for _, p := range parts {
		switch p.Kind {
		case llm.PartText, llm.PartRefusal:
			if p.Text != "" {
				kept = append(kept, llm.Part{Kind: llm.PartText, Text: p.Text})
			}
		case llm.PartImage:
			if !images || p.Media.FileID != "" || strings.HasPrefix(p.Media.URL, "gs:") || strings.HasPrefix(p.Media.URL, "s3:") {
				e.drop(llm.FieldImage)
				continue
			}
			kept = append(kept, p)
		case llm.PartDocument:
			if plain, ok := textDocument(p.Media); ok {
				kept = append(kept, llm.Part{Kind: llm.PartText, Text: plain})
			} else {
				e.drop(llm.FieldDocument)
			}
		default:
			e.drop(fieldOf(p.Kind))
		}
	}
	return kept
}

// fieldOf is the field that is lost with a part of a kind.
func fieldOf(k llm.PartKind) llm.Field {
	switch k {
	case llm.PartAudio:
		return llm.FieldAudio
	case llm.PartVideo:
		return llm.FieldVideo
	case llm.PartReasoning, llm.PartRedacted:
		return llm.FieldReasoningHistory
	}
	return llm.FieldOpaque
}

func (e *requestEncoder) message(role string, parts []llm.Part) {
	e.item()
	e.raw(`{"role":"` + role + `"`)
	e.content(parts)
	e.raw("}")
}

// content writes parts: as a string when there is one text or none, and as a
// list otherwise.
func (e *requestEncoder) content(parts []llm.Part) {
	e.key("content")
	switch {
	case len(parts) == 0:
		e.raw(`""`)
		return
	case len(parts) == 1 && parts[0].Kind == llm.PartText:
		e.str(parts[0].Text)
		return
	}
	e.raw("[")
	for i := range parts {
		p := &parts[i]
		e.item()
		switch p.Kind {
		case llm.PartReasoning:
			e.raw(`{"type":"thinking","thinking":`)
			e.str(p.Text)
		case llm.PartImage:
			e.raw(`{"type":"image_url","image_url":{"url":`)
			e.imageURL(p.Media)
			e.stringField("detail", p.Media.Detail)
			e.raw("}")
		default:
			e.raw(`{"type":"text","text":`)
			e.str(p.Text)
		}
		e.raw("}")
	}
	e.raw("]")
}

func (e *requestEncoder) imageURL(m *llm.Media) {
	if m.Data == "" {
		e.str(m.URL)
		return
	}
	mime := m.MIMEType
	if mime == "" {
		mime = "image/jpeg"
	}
	e.str("data:" + mime + ";base64," + m.Data)
}

// assistant writes what the model said before. Thoughts are blocks of their own
// for a model that writes such, and for any other the plan of its tool calls.
func (e *requestEncoder) assistant(m *llm.Message, at int) {
	var said, calls []llm.Part
	var plan strings.Builder
	for _, p := range m.Parts {
		switch {
		case p.Kind == llm.PartToolCall:
			calls = append(calls, p)
		case p.Kind == llm.PartReasoning && p.Text != "" && e.model.thinks:
			said = append(said, p)
		case p.Kind == llm.PartReasoning:
			plan.WriteString(p.Text)
		default:
			said = append(said, e.kept([]llm.Part{p}, false)...)
		}
	}
	if len(said) == 0 && len(calls) == 0 {
		e.dropIf(llm.FieldReasoningHistory, plan.Len() > 0)
		return
	}
	e.item()
	e.raw(`{"role":"assistant"`)
	if len(said) > 0 {
		e.content(said)
	}
	if len(calls) > 0 {
		e.stringField("tool_plan", plan.String())
		e.key("tool_calls")
		e.raw("[")
		for i := range calls {
			e.call(calls[i].Call, i, at)
		}
		e.raw("]")
	} else {
		e.dropIf(llm.FieldReasoningHistory, plan.Len() > 0)
	}
	e.raw("}")
}

// call writes a tool call.
func (e *requestEncoder) call(c *llm.ToolCall, index, at int) {
	if e.calls == nil {
		e.calls = map[string]bool{}
	}
	e.calls[c.ID] = true
	args := strings.TrimSpace(c.Arguments)
	if e.t.Strict && args != "" && args != "null" && !isObject(args) {
		e.refuse("messages["+strconv.Itoa(at)+"].tool_calls["+strconv.Itoa(index)+"].arguments", codeValue, "the arguments are not a JSON object")
	}
	e.item()
	e.raw(`{"id":`)
	e.str(c.ID)
	e.raw(`,"type":"function","function":{"name":`)
	e.str(e.toolName(c.Name))
	e.raw(`,"arguments":`)
	if args == "" || args == "null" {
		e.raw(`"{}"`)
	} else {
		e.str(c.Arguments)
	}
	e.raw("}}")
}

// toolResults writes one message for each result.
func (e *requestEncoder) toolResults(m *llm.Message, at int) {
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Kind != llm.PartToolResult {
			e.drop(fieldOf(p.Kind))
			continue
		}
		if !e.calls[p.Result.CallID] {
			e.refuse("messages["+strconv.Itoa(at)+"]", codeValue, "the tool result answers no tool call before it")
			return
		}
		e.dropIf(llm.FieldToolError, p.Result.IsError)
		var said, rest []llm.Part
		for _, q := range e.kept(p.Result.Parts, true) {
			if q.Kind == llm.PartText {
				said = append(said, q)
			} else {
				rest = append(rest, q)
			}
		}
		e.item()
		e.raw(`{"role":"tool","tool_call_id":`)
		e.str(p.Result.CallID)
		e.content(said)
		e.raw("}")
		if len(rest) > 0 {
			e.pending = append(e.pending, pendingResult{p.Result.CallID, rest})
		}
	}
}

// attach writes the images that tools gave back, as what the user shows: a
// tool's message cannot hold them, and nothing may come between the results of a
// step.
func (e *requestEncoder) attach() {
	for _, r := range e.pending {
		about := llm.Part{Kind: llm.PartText, Text: "From tool call " + r.callID + ":"}
		e.message("user", append([]llm.Part{about}, r.parts...))
	}
	e.pending = nil
}
