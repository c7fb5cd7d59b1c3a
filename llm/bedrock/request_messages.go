package bedrock

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// filler stands where Bedrock wants some text and there is none.
const filler = "."

// The roles of a conversation.
const (
	roleUser      = "user"
	roleAssistant = "assistant"
)

// turns writes the messages of a conversation: turns of one role are one.
type turns struct {
	*requestEncoder
	// role is that of the open turn, or empty; text and document say what it has.
	role           string
	text, document bool
	// calls have the order of the tool calls so far by their ids.
	calls   map[string]int
	results []pendingResult
}

// system gathers what the system says, wherever it says it. Where nobody else
// says anything it is left to the user, and reported as such.
func (e *requestEncoder) system() (alone bool) {
	alone = !slices.ContainsFunc(e.r.Messages, func(m llm.Message) bool { return m.Role != llm.RoleSystem })
	open := false
	for i := range e.r.Messages {
		m := &e.r.Messages[i]
		if m.Role != llm.RoleSystem || alone {
			continue
		}
		e.dropIf(llm.FieldName, m.Name != "")
		for j := range m.Parts {
			p := &m.Parts[j]
			if p.Kind != llm.PartText {
				e.drop(fieldOf(p.Kind))
				continue
			}
			if blank(p.Text) {
				continue
			}
			if !open {
				e.key("system")
				e.raw("[")
				open = true
			}
			e.textBlock(p.Text)
			e.cachePoint(p.Cache, e.family.caches())
		}
	}
	if open {
		e.raw("]")
	}
	return alone
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

func (e *requestEncoder) textBlock(text string) {
	e.item()
	e.raw(`{"text":`)
	e.str(text)
	e.raw("}")
}

// cachePoint writes a cache hint as a block of its own.
func (e *requestEncoder) cachePoint(c *llm.CacheHint, taken bool) {
	switch {
	case c == nil:
		return
	case !taken:
		e.drop(llm.FieldCacheControl)
		return
	}
	e.item()
	e.raw(`{"cachePoint":{"type":"default"`)
	if c.TTL == "1h" && e.family.claude() {
		e.raw(`,"ttl":"1h"`)
	}
	e.raw("}}")
}

// messages writes the conversation but for what the system says.
func (e *requestEncoder) messages(systemAlone bool) {
	t := turns{requestEncoder: e, calls: map[string]int{}}
	e.key("messages")
	e.raw("[")
	start := len(e.dst)
	for i := range e.r.Messages {
		m := &e.r.Messages[i]
		if m.Role != llm.RoleTool {
			t.flushResults()
		}
		e.dropIf(llm.FieldName, m.Name != "" && (m.Role == llm.RoleUser || m.Role == llm.RoleAssistant))
		switch {
		case m.Role == llm.RoleUser, systemAlone:
			t.user(m)
		case m.Role == llm.RoleAssistant:
			t.assistant(m, i, start)
		case m.Role == llm.RoleTool:
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
	t.raw(`{"role":"` + role + `","content":[`)
	t.role, t.text, t.document = role, false, false
}

// close ends the open turn. Bedrock refuses one without content, and a document
// without a text.
func (t *turns) close() {
	if t.role == "" {
		return
	}
	if t.dst[len(t.dst)-1] == '[' || t.document && !t.text {
		t.textBlock(filler)
	}
	t.raw("]}")
	t.role = ""
}

// user writes what a user says and shows.
func (t *turns) user(m *llm.Message) {
	t.open(roleUser)
	for i := range m.Parts {
		p := &m.Parts[i]
		switch {
		case p.Kind == llm.PartText:
			if blank(p.Text) {
				continue
			}
			t.text = true
			t.textBlock(p.Text)
		case p.Media != nil:
			if !t.media(p) {
				continue
			}
			t.document = t.document || p.Kind == llm.PartDocument
		case p.Kind == llm.PartOpaque && p.Issuer == issuer:
			t.item()
			t.value(p.Data)
		default:
			t.drop(fieldOf(p.Kind))
			continue
		}
		t.cachePoint(p.Cache, t.family.caches())
	}
}

// fieldOf is the field that is lost with a part of a kind.
func fieldOf(k llm.PartKind) llm.Field {
	if m := mediumOf(k); m != nil {
		return m.field
	}
	if k == llm.PartReasoning || k == llm.PartRedacted {
		return llm.FieldReasoningHistory
	}
	return llm.FieldOpaque
}

// media writes an image, a document, a film or a sound, and reports whether it
// could.
func (e *requestEncoder) media(p *llm.Part) bool {
	kind := mediumOf(p.Kind)
	if kind == nil {
		e.drop(llm.FieldOpaque)
		return false
	}
	m := p.Media
	name := kind.formatOf(m)
	if name == "" || m.Data == "" && !inStore(m) {
		e.drop(kind.field)
		return false
	}
	e.item()
	e.raw(`{"` + kind.member + `":{"format":"` + name + `"`)
	if p.Kind == llm.PartDocument {
		e.stringField("name", e.documentName(m.Name))
	}
	e.key("source")
	if m.Data == "" {
		e.raw(`{"s3Location":{"uri":`)
		e.str(m.URL)
		e.raw("}}}}")
	} else {
		e.raw(`{"bytes":`)
		e.str(m.Data)
		e.raw("}}}")
	}
	return true
}

// documentName is the name of a document, which no other may have.
func (e *requestEncoder) documentName(name string) string {
	name = documentName(name)
	if e.documents == nil {
		e.documents = map[string]int{}
	}
	e.documents[name]++
	if n := e.documents[name]; n > 1 {
		return e.documentName(name + " " + strconv.Itoa(n))
	}
	return name
}

// assistant writes what the model said. The conversation must begin with a user,
// at the offset start.
func (t *turns) assistant(m *llm.Message, at, start int) {
	open := func() {
		if len(t.dst) == start {
			t.open(roleUser)
		}
		t.open(roleAssistant)
	}
	calls := 0
	for i := range m.Parts {
		p := &m.Parts[i]
		switch {
		case p.Kind == llm.PartText || p.Kind == llm.PartRefusal:
			if blank(p.Text) {
				continue
			}
			open()
			t.textBlock(t.said(m, p.Text, i, at))
		case p.Kind == llm.PartToolCall:
			open()
			t.call(p.Call, calls, at)
			calls++
		case t.returns(p):
			open()
			t.thoughts(p)
			continue
		case p.Kind == llm.PartOpaque && p.Issuer == issuer:
			open()
			t.item()
			t.value(p.Data)
		default:
			t.drop(fieldOf(p.Kind))
			continue
		}
		t.cachePoint(p.Cache, t.family.caches())
	}
}

// returns reports whether thoughts can go back to the model: Claude's own can, to
// Claude, with what proves them.
func (t *turns) returns(p *llm.Part) bool {
	proven := p.Kind == llm.PartReasoning && p.Signature != "" || p.Kind == llm.PartRedacted
	return proven && p.Issuer == llm.IssuerAnthropic && (t.family.claude() || t.family.maker == makerUnknown)
}

// said is a text of the model's. Claude refuses space at the end of one that it
// is to continue.
func (t *turns) said(m *llm.Message, text string, part, at int) string {
	if at == len(t.r.Messages)-1 && part == len(m.Parts)-1 {
		return strings.TrimRight(text, " \t\r\n")
	}
	return text
}

// thoughts writes earlier thoughts, which are worth nothing without what proves
// them.
func (t *turns) thoughts(p *llm.Part) {
	t.item()
	if p.Kind == llm.PartRedacted {
		t.raw(`{"reasoningContent":{"redactedContent":`)
		t.value(p.Data)
		t.raw("}}")
		return
	}
	t.raw(`{"reasoningContent":{"reasoningText":{"text":`)
	t.str(p.Text)
	t.stringField("signature", p.Signature)
	t.raw("}}}")
}

// call writes a tool call.
func (t *turns) call(c *llm.ToolCall, index, at int) {
	t.called = true
	t.calls[c.ID] = len(t.calls)
	args := strings.TrimSpace(c.Arguments)
	if t.t.Strict && args != "" && args != "null" && !isObject(args) {
		t.refuse("messages["+strconv.Itoa(at)+"].tool_calls["+strconv.Itoa(index)+"].arguments", codeValue, "the arguments are not a JSON object")
	}
	t.item()
	t.raw(`{"toolUse":{"toolUseId":`)
	t.str(callID(c.ID))
	t.stringField("name", t.toolName(c.Name))
	t.key("input")
	t.dst = appendArguments(t.dst, args)
	t.raw("}}")
}

// callID is an id as Bedrock takes it. Equal ids stay equal.
func callID(id string) string {
	const longest = 64
	valid := id != "" && len(id) <= longest
	for i := 0; i < len(id) && valid; i++ {
		valid = nameByte(id[i])
	}
	if valid {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "tooluse_" + hex.EncodeToString(sum[:12])
}
