package aigateway

import (
	"bytes"
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/modules/gateway"
)

// thinking gathers what a model thinks before it calls tools. Clients of many
// dialects have no place for it, or drop it, and its vendor wants it back.
type thinking struct {
	parts []llm.Part
	text  strings.Builder
	calls []thoughtfulCall
	// proven is set once something came that only its vendor can have made.
	proven bool
}

// thoughtfulCall is a call of a tool and what proves it.
type thoughtfulCall struct {
	call              llm.ToolCall
	index             int
	arguments         []byte
	signature, issuer string
}

// mostThinking bounds what is gathered of one answer, in bytes.
const mostThinking = 512 << 10

// note takes in an event of a stream.
func (k *thinking) note(e *llm.Event) {
	if e.Choice != 0 {
		return
	}
	switch e.Kind {
	case llm.EventReasoning:
		if len(k.calls) == 0 && k.text.Len() < mostThinking {
			k.text.WriteString(e.Text)
		}
	case llm.EventSignature:
		k.sign(e.Signature, e.Issuer)
	case llm.EventRedacted:
		if len(k.calls) == 0 {
			k.endText("", "")
			k.parts = append(k.parts, llm.Part{Kind: llm.PartRedacted, Data: bytes.Clone(e.Data), Issuer: e.Issuer})
			k.proven = true
		}
	case llm.EventText:
		k.endText("", "")
	case llm.EventToolStart:
		k.endText("", "")
		k.calls = append(k.calls, thoughtfulCall{
			call: llm.ToolCall{ID: strings.Clone(e.ID), Name: strings.Clone(e.Name)}, index: e.Index,
			signature: strings.Clone(e.Signature), issuer: strings.Clone(e.Issuer),
		})
		k.proven = k.proven || e.Signature != ""
	case llm.EventToolArguments:
		for i := range k.calls {
			if c := &k.calls[i]; c.index == e.Index && len(c.arguments) < mostThinking {
				c.arguments = append(c.arguments, e.Text...)
			}
		}
	}
}

// sign puts a signature on what it follows. One on text proves nothing of a
// call.
func (k *thinking) sign(signature, issuer string) {
	signature, issuer = strings.Clone(signature), strings.Clone(issuer)
	switch n := len(k.calls); {
	case n > 0 && k.calls[n-1].signature == "":
		k.calls[n-1].signature, k.calls[n-1].issuer = signature, issuer
		k.proven = true
	case n == 0 && (k.text.Len() > 0 || issuer == llm.IssuerAnthropic):
		k.endText(signature, issuer)
		k.proven = true
	}
}

// endText closes the thought that is open.
func (k *thinking) endText(signature, issuer string) {
	if k.text.Len() == 0 && signature == "" {
		return
	}
	k.parts = append(k.parts, llm.Part{Kind: llm.PartReasoning, Text: k.text.String(), Signature: signature, Issuer: issuer})
	k.text.Reset()
}

// noteWhole takes in a whole answer.
func (k *thinking) noteWhole(r *llm.Response) {
	if len(r.Choices) == 0 {
		return
	}
	parts := r.Choices[0].Message.Parts
	for i := range parts {
		switch p := &parts[i]; p.Kind {
		case llm.PartReasoning, llm.PartRedacted:
			if len(k.calls) == 0 {
				k.parts = append(k.parts, *p)
				k.proven = k.proven || p.Signature != "" || p.Kind == llm.PartRedacted
			}
		case llm.PartToolCall:
			k.calls = append(k.calls, thoughtfulCall{call: *p.Call, arguments: []byte(p.Call.Arguments), signature: p.Signature, issuer: p.Issuer})
			k.proven = k.proven || p.Signature != ""
		}
	}
}

// keepThoughts remembers what came before the calls of an answer, for the
// account that made it.
func (x *exchange) keepThoughts(a *attempt, k *thinking) {
	if len(k.calls) == 0 || !k.proven && len(k.parts) == 0 {
		return
	}
	provider, account := a.target.Account()
	for i := range k.calls {
		c := &k.calls[i]
		c.call.Arguments = string(c.arguments)
		t := &gateway.Thoughts{Provider: provider, Account: account, Signature: c.signature, Issuer: c.issuer}
		if i == 0 {
			t.Parts = k.parts
		}
		if len(t.Parts) > 0 || t.Signature != "" {
			x.call.KeepThoughts(&c.call, t)
		}
	}
}

// thoughtful is the request with the thoughts that the target's account had
// before calls whose client did not keep them. The request itself is left as it
// is: another target must not see them.
func (x *exchange) thoughtful(a *attempt) *llm.Request {
	r := x.neutral
	provider, account := a.target.Account()
	var messages []llm.Message
	for i := range x.neutral.Messages {
		m := &x.neutral.Messages[i]
		if m.Role != llm.RoleAssistant {
			continue
		}
		parts := x.withThoughts(m.Parts, provider, account)
		if parts == nil {
			continue
		}
		if messages == nil {
			messages = append(messages, x.neutral.Messages...)
		}
		messages[i].Parts = parts
	}
	if messages != nil {
		again := *x.neutral
		again.Messages, r = messages, &again
	}
	return r
}

// withThoughts are the parts of a message with what is remembered of it; nil
// when there is nothing to add.
func (x *exchange) withThoughts(parts []llm.Part, provider, account string) []llm.Part {
	proven := false
	for i := range parts {
		if p := &parts[i]; p.Kind == llm.PartRedacted || p.Kind == llm.PartReasoning && p.Signature != "" {
			proven = true
		}
	}
	var out, thoughts []llm.Part
	for i := range parts {
		p := &parts[i]
		if p.Kind != llm.PartToolCall {
			continue
		}
		t := x.call.Thoughts(p.Call)
		if t == nil || t.Provider != provider || t.Account != account {
			continue
		}
		if out == nil {
			out = append(out, parts...)
		}
		if p.Signature == "" {
			out[i].Signature, out[i].Issuer = t.Signature, t.Issuer
		}
		if thoughts == nil && !proven {
			thoughts = t.Parts
		}
	}
	if len(thoughts) == 0 {
		return out
	}
	// They stand in place of those that came back without their proof.
	unproven := func(p llm.Part) bool { return p.Kind == llm.PartReasoning }
	return append(slices.Clone(thoughts), slices.DeleteFunc(out, unproven)...)
}
