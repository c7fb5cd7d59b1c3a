package ollama

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// pendingResult is what a tool gave back that a tool's message cannot hold.
type pendingResult struct {
	name   string
	images []*llm.Media
}

// messages writes the conversation.
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
		case llm.RoleAssistant:
			e.assistant(m, i)
		case llm.RoleTool:
			e.toolResults(m, i)
		case llm.RoleSystem, llm.RoleUser:
			text, images := e.content(m.Parts)
			e.message(string(m.Role), text, images)
			e.raw("}")
		}
	}
	e.attach()
	e.raw("]")
}

// message begins a message.
func (e *requestEncoder) message(role, text string, images []*llm.Media) {
	e.item()
	e.raw(`{"role":"` + role + `","content":`)
	e.str(text)
	if len(images) == 0 {
		return
	}
	e.key("images")
	e.raw("[")
	for _, m := range images {
		e.item()
		e.str(m.Data)
	}
	e.raw("]")
}

// content gathers text, which the dialect has one of, and images, which it has
// beside it and only in base64.
func (e *requestEncoder) content(parts []llm.Part) (text string, images []*llm.Media) {
	var said []string
	for i := range parts {
		p := &parts[i]
		switch p.Kind {
		case llm.PartText, llm.PartRefusal:
			if p.Text != "" {
				said = append(said, p.Text)
			}
		case llm.PartImage:
			if p.Media.Data == "" {
				e.drop(llm.FieldImage)
				continue
			}
			images = append(images, p.Media)
		case llm.PartDocument:
			if plain, ok := textDocument(p.Media); ok {
				said = append(said, plain)
			} else {
				e.drop(llm.FieldDocument)
			}
		default:
			e.drop(fieldOf(p.Kind))
		}
	}
	return strings.Join(said, "\n"), images
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

// assistant writes what the model said before.
func (e *requestEncoder) assistant(m *llm.Message, at int) {
	var thoughts strings.Builder
	var rest, calls []llm.Part
	for _, p := range m.Parts {
		switch p.Kind {
		case llm.PartReasoning:
			thoughts.WriteString(p.Text)
		case llm.PartToolCall:
			calls = append(calls, p)
		default:
			rest = append(rest, p)
		}
	}
	text, images := e.content(rest)
	e.message("assistant", text, images)
	e.stringField("thinking", thoughts.String())
	if len(calls) > 0 {
		e.key("tool_calls")
		e.raw("[")
		for i := range calls {
			e.call(calls[i].Call, i, at)
		}
		e.raw("]")
	}
	e.raw("}")
}

// call writes a tool call. Servers that know no ids leave them aside.
func (e *requestEncoder) call(c *llm.ToolCall, index, at int) {
	if e.names == nil {
		e.names = map[string]string{}
	}
	e.names[c.ID] = c.Name
	args := strings.TrimSpace(c.Arguments)
	if e.t.Strict && args != "" && args != "null" && !isObject(args) {
		e.refuse("messages["+strconv.Itoa(at)+"].tool_calls["+strconv.Itoa(index)+"].arguments", codeValue, "the arguments are not a JSON object")
	}
	e.item()
	e.raw(`{`)
	e.stringField("id", c.ID)
	e.key("function")
	e.raw(`{"index":`)
	e.dst = strconv.AppendInt(e.dst, int64(index), 10)
	e.key("name")
	e.str(c.Name)
	e.key("arguments")
	e.dst = appendArguments(e.dst, args)
	e.raw("}}")
}

// isObject reports whether text, without space around it, is a JSON object.
func isObject(text string) bool {
	return strings.HasPrefix(text, "{") && json.Valid([]byte(text))
}

// toolResults writes one message for each result.
func (e *requestEncoder) toolResults(m *llm.Message, at int) {
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Kind != llm.PartToolResult {
			e.drop(fieldOf(p.Kind))
			continue
		}
		name, ok := e.names[p.Result.CallID]
		if !ok {
			e.refuse("messages["+strconv.Itoa(at)+"]", codeValue, "the tool result answers no tool call before it")
			return
		}
		e.dropIf(llm.FieldToolError, p.Result.IsError)
		text, images := e.content(p.Result.Parts)
		e.message("tool", text, nil)
		e.stringField("tool_name", name)
		e.stringField("tool_call_id", p.Result.CallID)
		e.raw("}")
		if len(images) > 0 {
			e.pending = append(e.pending, pendingResult{name, images})
		}
	}
}

// attach writes the images that tools gave back, as what the user shows: the
// models' templates look for them nowhere else, and nothing may come between
// the results of a step.
func (e *requestEncoder) attach() {
	for _, r := range e.pending {
		e.message("user", "From tool call "+r.name+":", r.images)
		e.raw("}")
	}
	e.pending = nil
}
