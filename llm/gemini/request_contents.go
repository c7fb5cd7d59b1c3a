package gemini

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// dummySignature is Google's own stand-in for a signature that is lost. It is
// base64 as it stands
// (https://ai.google.dev/gemini-api/docs/thought-signatures).
const dummySignature = "skip_thought_signature_validator"

// The roles of a conversation.
const (
	roleUser  = "user"
	roleModel = "model"
)

// turns writes the contents of a conversation: turns of one role are one.
type turns struct {
	*requestEncoder
	// role is that of the open turn, or empty.
	role string
	// called is set once the open turn has a tool call.
	called bool
	// calls are the tool calls so far by id; a later one with the same id wins.
	calls map[string]earlierCall
	made  int
	// results wait for the end of their step.
	results []pendingResult
}

// earlierCall is what a tool's result must know of the call.
type earlierCall struct {
	name string
	// order counts the calls of the conversation.
	order int
}

type pendingResult struct {
	*llm.ToolResult
	earlierCall
	// at is the place of its message.
	at string
}

// contents writes the conversation but for what the system says.
func (e *requestEncoder) contents() {
	t := turns{requestEncoder: e, calls: map[string]earlierCall{}}
	e.key("contents")
	e.raw("[")
	start := len(e.dst)
	for i := range e.r.Messages {
		m := &e.r.Messages[i]
		if m.Role != llm.RoleTool {
			t.flushResults()
		}
		e.dropIf(llm.FieldName, m.Name != "" && (m.Role == llm.RoleUser || m.Role == llm.RoleAssistant))
		switch m.Role {
		case llm.RoleUser:
			t.user(m, i)
		case llm.RoleAssistant:
			t.model(m, i, start)
		case llm.RoleTool:
			t.tool(m, i)
		}
	}
	t.flushResults()
	if len(e.dst) == start {
		t.open(roleUser)
	}
	t.close()
	e.raw("]")
}

// open begins a turn, unless one of its role is open.
func (t *turns) open(role string) {
	if t.role == role {
		return
	}
	t.close()
	t.item()
	t.raw(`{"role":"` + role + `","parts":[`)
	t.role, t.called = role, false
}

// close ends the open turn. Google refuses one without parts.
func (t *turns) close() {
	if t.role == "" {
		return
	}
	if t.dst[len(t.dst)-1] == '[' {
		t.raw(`{"text":" "}`)
	}
	t.raw("]}")
	t.role = ""
}

// user writes what a user says and shows.
func (t *turns) user(m *llm.Message, at int) {
	t.open(roleUser)
	for i := range m.Parts {
		p := &m.Parts[i]
		t.dropIf(llm.FieldCacheControl, p.Cache != nil)
		switch p.Kind {
		case llm.PartText:
			t.text(p)
		case llm.PartImage, llm.PartDocument, llm.PartAudio, llm.PartVideo:
			t.media(p, place(at, i))
		case llm.PartOpaque:
			t.opaque(p)
		default:
			t.drop(fieldOf(p.Kind))
		}
	}
}

// model writes what the model said. The conversation must begin with a user,
// at the offset start.
func (t *turns) model(m *llm.Message, at, start int) {
	open := func() {
		if len(t.dst) == start {
			t.open(roleUser)
		}
		t.open(roleModel)
	}
	for i := range m.Parts {
		p := &m.Parts[i]
		t.dropIf(llm.FieldCacheControl, p.Cache != nil)
		switch p.Kind {
		case llm.PartText, llm.PartRefusal:
			if p.Text != "" || signatureOf(p) != "" {
				open()
				t.text(p)
			}
		case llm.PartReasoning:
			if p.Issuer != llm.IssuerGoogle {
				t.drop(llm.FieldReasoningHistory)
				continue
			}
			open()
			t.thought(p)
		case llm.PartToolCall:
			open()
			t.call(p, place(at, i))
		case llm.PartImage, llm.PartDocument, llm.PartAudio, llm.PartVideo:
			open()
			t.media(p, place(at, i))
		case llm.PartOpaque:
			if p.Issuer == llm.IssuerGoogle && !isContinuation(p.Data) {
				open()
			}
			t.opaque(p)
		default:
			t.drop(fieldOf(p.Kind))
		}
	}
}

// signatureOf is a part's signature, if Google issued it.
func signatureOf(p *llm.Part) string {
	if p.Issuer == llm.IssuerGoogle {
		return p.Signature
	}
	return ""
}

func (t *turns) text(p *llm.Part) {
	sign := signatureOf(p)
	if p.Text == "" && sign == "" {
		return
	}
	t.item()
	t.raw(`{"text":`)
	t.str(p.Text)
	t.stringField("thoughtSignature", sign)
	t.raw("}")
}

func (t *turns) thought(p *llm.Part) {
	t.item()
	t.raw(`{"text":`)
	t.str(p.Text)
	t.raw(`,"thought":true`)
	t.stringField("thoughtSignature", p.Signature)
	t.raw("}")
}

// opaque writes a part of Google's own as it came.
func (t *turns) opaque(p *llm.Part) {
	switch {
	case p.Issuer != llm.IssuerGoogle:
		t.drop(llm.FieldOpaque)
	case !isContinuation(p.Data): // which is no part
		t.item()
		t.value(p.Data)
	}
}

// call writes a tool call. The first one of a turn carries the signature of the
// thoughts behind all of them.
func (t *turns) call(p *llm.Part, at string) {
	c := p.Call
	t.calls[c.ID] = earlierCall{c.Name, t.made}
	t.made++
	t.item()
	t.raw(`{"functionCall":{`)
	t.callID(c.ID)
	t.key("name")
	t.str(t.toolName(c.Name))
	t.key("args")
	t.args(c.Arguments, at)
	t.raw("}")
	sign := signatureOf(p)
	if sign == "" && !t.called && t.family.wantsSignatures() {
		sign = dummySignature
	}
	t.stringField("thoughtSignature", sign)
	t.raw("}")
	t.called = true
}

// callID writes a call's id, which Vertex AI does not take.
func (t *turns) callID(id string) {
	if !t.vertex() {
		t.stringField("id", id)
	}
}

// args writes a call's arguments. A strict target wants nothing made up.
func (t *turns) args(text, at string) {
	if text = strings.TrimSpace(text); t.t.Strict && text != "" && text != "null" && !isObject(text) {
		t.refuse(at+".arguments", "invalid_value", "the arguments are not a JSON object")
		return
	}
	t.dst = appendArgs(t.dst, text)
}

// isObject reports whether text, without space around it, is a JSON object.
func isObject(text string) bool {
	return strings.HasPrefix(text, "{") && json.Valid([]byte(text))
}

// tool gathers the results of a step.
func (t *turns) tool(m *llm.Message, at int) {
	where := "messages[" + strconv.Itoa(at) + "]"
	for i := range m.Parts {
		p := &m.Parts[i]
		t.dropIf(llm.FieldCacheControl, p.Cache != nil)
		if p.Kind != llm.PartToolResult {
			t.drop(fieldOf(p.Kind))
			continue
		}
		c, ok := t.calls[p.Result.CallID]
		if !ok {
			t.refuse(where, "invalid_value", "the tool result answers no tool call before it")
			return
		}
		t.results = append(t.results, pendingResult{p.Result, c, where})
	}
}

// flushResults writes the results of a step as one turn, in the order of the
// calls, and nothing else in it. Media that a result cannot hold follows as
// what the user shows.
func (t *turns) flushResults() {
	if len(t.results) == 0 {
		return
	}
	slices.SortStableFunc(t.results, func(a, b pendingResult) int { return cmp.Compare(a.order, b.order) })
	t.close()
	t.open(roleUser)
	var rest []pendingResult
	for _, r := range t.results {
		if t.result(r) {
			rest = append(rest, r)
		}
	}
	t.close()
	for _, r := range rest {
		t.open(roleUser)
		t.item()
		t.raw(`{"text":`)
		t.str("From tool call " + r.name + ":")
		t.raw("}")
		for i := range r.Parts {
			if p := &r.Parts[i]; p.Media != nil && !t.fitsResult(p) {
				t.media(p, r.at)
			}
		}
	}
	t.results = t.results[:0]
}

// result writes one result and reports whether media is left over.
func (t *turns) result(r pendingResult) (left bool) {
	t.item()
	t.raw(`{"functionResponse":{`)
	t.callID(r.CallID)
	t.key("name")
	t.str(t.toolName(r.name))
	t.key("response")
	t.response(r.ToolResult)
	inside := 0
	for i := range r.Parts {
		p := &r.Parts[i]
		switch {
		case p.Kind == llm.PartText:
		case p.Media == nil:
			t.drop(fieldOf(p.Kind))
		case !t.fitsResult(p):
			left = true
		default:
			if inside == 0 {
				t.key("parts")
				t.raw("[")
			}
			t.media(p, r.at)
			inside++
		}
	}
	if inside > 0 {
		t.raw("]")
	}
	t.raw("}}")
	return left
}

// fitsResult reports whether a result can hold the part.
func (t *turns) fitsResult(p *llm.Part) bool {
	return t.family.resultMedia() && p.Media.Data != "" && (p.Kind == llm.PartImage || p.Kind == llm.PartDocument)
}

// response writes what a tool said. It must be an object, and a text that is
// one goes as it is.
func (t *turns) response(r *llm.ToolResult) {
	var said []string
	for i := range r.Parts {
		if p := &r.Parts[i]; p.Kind == llm.PartText {
			said = append(said, p.Text)
		}
	}
	text := strings.Join(said, "\n")
	value := strings.TrimSpace(text)
	structured := isObject(value)
	switch {
	case structured && !r.IsError:
		t.raw(value)
		return
	case r.IsError:
		t.raw(`{"error":`)
	default:
		t.raw(`{"output":`)
		structured = strings.HasPrefix(value, "[") && json.Valid([]byte(value))
	}
	if structured {
		t.raw(value)
	} else {
		t.str(text)
	}
	t.raw("}")
}

// place names a part of a message.
func place(message, part int) string {
	return "messages[" + strconv.Itoa(message) + "].content[" + strconv.Itoa(part) + "]"
}
