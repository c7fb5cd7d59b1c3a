package anthropic

import (
	"slices"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// placeholder is a text where Anthropic wants one and the caller has none; white
// space alone will not do.
const placeholder = "."

// said is a block that is to be written: a part, or text that stands for one.
type said struct {
	p    *llm.Part
	text string
	// at is where the part stands in the request.
	at, i int
}

// cache is the block's hint.
func (s *said) cache() *llm.CacheHint {
	if s.p == nil {
		return nil
	}
	return s.p.Cache
}

// turn is what one side says without the other's saying anything. The results
// of tools come first in it.
type turn struct {
	role    llm.Role
	results []said
	blocks  []said
	// call is the position of the first tool call plus 1, or 0.
	call int
}

// converse sorts the conversation into turns.
func (e *requestEncoder) converse() {
	e.turns = make([]turn, 0, len(e.r.Messages))
	for i := range e.r.Messages {
		m := &e.r.Messages[i]
		e.dropIf(llm.FieldName, m.Name != "")
		switch m.Role {
		case llm.RoleSystem:
			e.systemSays(m, i)
		case llm.RoleUser:
			e.userSays(m, i)
		case llm.RoleAssistant:
			e.modelSays(m, i)
		case llm.RoleTool:
			e.toolsSay(m, i)
		}
	}
	e.trimLast()
	if len(e.turns) == 0 { // only the system has spoken, if anybody
		if len(e.system) == 0 {
			e.refuse("messages", "invalid_value", "there is no message with content")
			return
		}
		e.turns, e.system = []turn{{role: llm.RoleUser, blocks: e.system}}, nil
	}
	if e.turns[0].role != llm.RoleUser {
		e.turns = slices.Insert(e.turns, 0, turn{role: llm.RoleUser, blocks: []said{{text: placeholder}}})
	}
}

// turn returns the turn of a role that what comes next belongs to.
func (e *requestEncoder) turn(role llm.Role) *turn {
	if n := len(e.turns); n > 0 && e.turns[n-1].role == role {
		return &e.turns[n-1]
	}
	if role == llm.RoleAssistant {
		e.calls = e.calls[:0]
	}
	e.turns = append(e.turns, turn{role: role})
	return &e.turns[len(e.turns)-1]
}

func (e *requestEncoder) say(role llm.Role, s said) {
	t := e.turn(role)
	t.blocks = append(t.blocks, s)
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }

// systemSays takes what the system says to the top, or leaves it where it stands
// if the model can be told there: between a user and the model's answer.
func (e *requestEncoder) systemSays(m *llm.Message, at int) {
	inside := e.family.systemInside() && len(e.turns) > 0 && e.turns[len(e.turns)-1].role != llm.RoleAssistant && e.answered(at)
	for i := range m.Parts {
		p := &m.Parts[i]
		switch {
		case p.Kind == llm.PartOpaque && p.Issuer == llm.IssuerAnthropic:
		case p.Kind != llm.PartText:
			e.drop(fieldOf(p.Kind))
			continue
		case blank(p.Text):
			continue
		}
		s := said{p: p, text: p.Text, at: at, i: i}
		if inside {
			e.say(llm.RoleSystem, s)
		} else {
			e.system = append(e.system, s)
		}
	}
}

// answered reports whether the model speaks next after a message.
func (e *requestEncoder) answered(at int) bool {
	for _, m := range e.r.Messages[at+1:] {
		if m.Role != llm.RoleSystem {
			return m.Role == llm.RoleAssistant
		}
	}
	return true
}

func (e *requestEncoder) userSays(m *llm.Message, at int) {
	for i := range m.Parts {
		p := &m.Parts[i]
		if s, ok := e.carried(p, at, i); ok {
			e.say(llm.RoleUser, s)
		}
	}
}

// carried is the block for what a user says or a tool gives back, if there is
// one.
func (e *requestEncoder) carried(p *llm.Part, at, i int) (said, bool) {
	s := said{p: p, text: p.Text, at: at, i: i}
	switch p.Kind {
	case llm.PartText:
		return s, !blank(p.Text)
	case llm.PartImage:
		return s, e.takesImage(p.Media)
	case llm.PartDocument:
		return s, e.takesDocument(p.Media)
	case llm.PartOpaque:
		if p.Issuer == llm.IssuerAnthropic && len(p.Data) > 0 {
			return s, true
		}
	}
	e.drop(fieldOf(p.Kind))
	return s, false
}

// modelSays takes what the model said. Of its thoughts only those are kept that
// Anthropic can prove, and they come before the tool calls that they led to.
func (e *requestEncoder) modelSays(m *llm.Message, at int) {
	for i := range m.Parts {
		p := &m.Parts[i]
		s := said{p: p, text: p.Text, at: at, i: i}
		switch p.Kind {
		case llm.PartText, llm.PartRefusal:
			if !blank(p.Text) {
				e.say(llm.RoleAssistant, s)
			}
		case llm.PartReasoning, llm.PartRedacted:
			if !ownThought(p) {
				e.drop(llm.FieldReasoningHistory)
				continue
			}
			if t := e.turn(llm.RoleAssistant); t.call > 0 {
				t.blocks = slices.Insert(t.blocks, t.call-1, s)
				t.call++
			} else {
				t.blocks = append(t.blocks, s)
			}
		case llm.PartToolCall:
			t := e.turn(llm.RoleAssistant)
			t.blocks = append(t.blocks, s)
			if t.call == 0 {
				t.call = len(t.blocks)
			}
			e.calls = append(e.calls, p.Call.ID)
		case llm.PartOpaque:
			if p.Issuer == llm.IssuerAnthropic && len(p.Data) > 0 {
				e.say(llm.RoleAssistant, s)
			} else {
				e.drop(llm.FieldOpaque)
			}
		default:
			e.drop(fieldOf(p.Kind))
		}
	}
}

// toolsSay takes the results of tools, which must answer calls of the model's
// last turn. Anthropic's own word on one that does not is hard to read.
func (e *requestEncoder) toolsSay(m *llm.Message, at int) {
	for i := range m.Parts {
		p := &m.Parts[i]
		if p.Kind != llm.PartToolResult {
			e.drop(fieldOf(p.Kind))
			continue
		}
		if !slices.Contains(e.calls, p.Result.CallID) {
			e.refuse("messages["+strconv.Itoa(at)+"]", "invalid_value", "the tool result answers no tool call of the assistant message before it")
			return
		}
		t := e.turn(llm.RoleUser)
		t.results = append(t.results, said{p: p, at: at, i: i})
		if !p.Result.IsError {
			continue
		}
		// The result of a call that failed may be text only.
		for j := range p.Result.Parts {
			if q := &p.Result.Parts[j]; q.Media != nil {
				if s, ok := e.carried(q, at, i); ok {
					t.blocks = append(t.blocks, s)
				}
			}
		}
	}
}

// trimLast takes white space off the end of an answer that the model is to go on
// with. Whether it can at all is left to the model to say.
func (e *requestEncoder) trimLast() {
	n := len(e.turns)
	if n == 0 || e.turns[n-1].role != llm.RoleAssistant {
		return
	}
	blocks := e.turns[n-1].blocks
	last := &blocks[len(blocks)-1]
	if last.p != nil && (last.p.Kind == llm.PartText || last.p.Kind == llm.PartRefusal) {
		last.text = strings.TrimRight(last.text, " \t\r\n\f\v\u0085\u00a0")
	}
}

// fieldOf is the field that is lost with a part of a kind.
func fieldOf(k llm.PartKind) llm.Field {
	switch k {
	case llm.PartImage:
		return llm.FieldImage
	case llm.PartDocument:
		return llm.FieldDocument
	case llm.PartAudio:
		return llm.FieldAudio
	case llm.PartVideo:
		return llm.FieldVideo
	case llm.PartReasoning, llm.PartRedacted:
		return llm.FieldReasoningHistory
	}
	return llm.FieldOpaque
}
