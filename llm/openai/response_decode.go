package openai

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// DecodeResponse reads a whole answer. A body that carries an error, or no
// choice at all, gives an [*llm.Error].
func (Dialect) DecodeResponse(body []byte) (*llm.Response, error) {
	body = rawjson.TrimSpace(body)
	if len(body) == 0 {
		return nil, badOutput("empty", "the provider sent an empty answer", nil)
	}
	var a answer
	if err := a.parse(body); err != nil {
		return nil, badOutput("malformed", "the provider sent an answer that is not valid JSON", err)
	}
	if a.failure() != nil {
		return nil, llm.ParseError(200, nil, failureBody(&a, body))
	}
	if len(a.Choices) == 0 {
		return nil, unanswered(body)
	}
	r := &llm.Response{
		ID:          a.ID,
		Model:       a.Model,
		Created:     a.created(),
		Choices:     make([]llm.Choice, 0, len(a.Choices)),
		Usage:       a.consumed().neutral(),
		ServiceTier: a.ServiceTier,
	}
	for i := range a.Choices {
		r.Choices = append(r.Choices, a.Choices[i].neutral(&a))
	}
	return r, nil
}

// unanswered is the error for a JSON object without choices: the vendor's own,
// if it is one.
func unanswered(body []byte) *llm.Error {
	var said struct {
		Detail, Message, Code, Type json.RawMessage
	}
	_ = json.Unmarshal(body, &said)
	if saysSomething(said.Detail) || saysSomething(said.Message) {
		return llm.ParseError(200, nil, body)
	}
	return badOutput("malformed", "the provider sent an answer without choices", nil)
}

// failureBody is the error in the form that a vendor's error answer has. A
// choice's own error is lifted out of it.
func failureBody(a *answer, body []byte) []byte {
	if saysSomething(a.Failure) && len(a.Choices) == 0 {
		return body
	}
	return append(append([]byte(`{"error":`), a.failure()...), '}')
}

// badOutput is the error for an answer that cannot be used.
func badOutput(reason, message string, cause error) *llm.Error {
	return &llm.Error{
		Status: 502, Class: llm.ClassBadOutput, Type: "api_error", Code: "upstream_bad_response",
		Message: message, Reason: reason, Err: cause,
	}
}

func (c *choice) neutral(a *answer) llm.Choice {
	m := c.Message
	if m == nil {
		m = c.Delta
	}
	if m == nil {
		m = new(message)
	}
	out := llm.Choice{
		Index:        c.Index,
		Message:      llm.Message{Role: llm.RoleAssistant},
		NativeFinish: string(c.FinishReason),
	}
	if saysSomething(c.LogProbs) {
		out.LogProbs = c.LogProbs
	}
	parts := m.reasoningParts()
	if text := m.text(); text != "" {
		p := llm.Part{Kind: llm.PartText, Text: text, Citations: m.citations(a)}
		if len(m.ToolCalls) == 0 {
			p.Signature, p.Issuer = signed(m.ExtraContent)
		}
		parts = append(parts, p)
	}
	if m.Refusal != "" {
		parts = append(parts, llm.Part{Kind: llm.PartRefusal, Text: m.Refusal})
	}
	parts = append(parts, m.media()...)
	calls := false
	for i := range m.ToolCalls {
		p, ok := m.ToolCalls[i].neutral(a, c.Index, i)
		if !ok {
			continue
		}
		calls = true
		parts = append(parts, p)
	}
	if f := m.FunctionCall; f != nil && f.Name != "" && !calls {
		legacy := toolCall{Function: f}
		p, _ := legacy.neutral(a, c.Index, 0)
		parts = append(parts, p)
		calls = true
	}
	out.Message.Parts = parts
	out.Finish = finishOf(out.NativeFinish, calls)
	if out.Finish != llm.FinishLength {
		completeArguments(parts)
	}
	return out
}

// completeArguments writes out that a call has no arguments, which vendors
// tell by an empty text as well as by {}. In an answer that was cut off, empty
// means unfinished.
func completeArguments(parts []llm.Part) {
	for _, p := range parts {
		if p.Kind == llm.PartToolCall && strings.TrimSpace(p.Call.Arguments) == "" {
			p.Call.Arguments = "{}"
		}
	}
}

// neutral is false for a call that names nothing: padding that some servers
// write where there is no call.
func (t *toolCall) neutral(a *answer, choice, index int) (llm.Part, bool) {
	if t.Custom != nil && t.Custom.Name != "" {
		return llm.Part{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: customData(t.callID(), t.Custom.Name, t.Custom.Input)}, true
	}
	if t.Function == nil || t.Function.Name == "" {
		return llm.Part{}, false
	}
	call := &llm.ToolCall{ID: t.callID(), Name: t.Function.Name, Arguments: string(t.Function.Arguments)}
	if call.ID == "" {
		call.ID = inventedID(a.ID, a.Created, choice, index, call.Name)
	}
	p := llm.Part{Kind: llm.PartToolCall, Call: call}
	p.Signature, p.Issuer = signed(t.ExtraContent)
	return p, true
}

// callID is the call's id. Mistral's schema has "null" where there is none.
func (t *toolCall) callID() string {
	if t.ID == "null" {
		return ""
	}
	return t.ID
}

func signed(x *extraContent) (signature, issuer string) {
	if s := x.signature(); s != "" {
		return s, llm.IssuerGoogle
	}
	return "", ""
}

// customData is a call of a custom tool as it stands in a whole answer.
func customData(id, name, input string) json.RawMessage {
	b := appendString([]byte(`{"id":`), id)
	b = appendString(append(b, `,"type":"custom","custom":{"name":`...), name)
	b = appendString(append(b, `,"input":`...), input)
	return append(b, "}}"...)
}

// inventedID makes an id for a tool call that the vendor gave none. The same
// answer always gets the same ids.
func inventedID(response string, created int64, choice, index int, name string) string {
	b := append([]byte(response), 0)
	b = strconv.AppendInt(b, created, 10)
	b = strconv.AppendInt(append(b, 0), int64(choice), 10)
	b = strconv.AppendInt(append(b, 0), int64(index), 10)
	b = append(append(b, 0), name...)
	sum := sha256.Sum256(b)
	return "call_" + hex.EncodeToString(sum[:12])
}

// text is the visible text. Sound comes with its transcript instead.
func (m *message) text() string {
	if m.Content.text == "" && m.Audio != nil {
		return m.Audio.Transcript
	}
	return m.Content.text
}

// thoughts is the plain reasoning under whichever name the vendor has for it;
// some send the same text under two.
func (m *message) thoughts() string {
	switch {
	case m.ReasoningContent != "":
		return m.ReasoningContent
	case m.Reasoning != "":
		return m.Reasoning
	case m.Content.thinking != "":
		return m.Content.thinking
	}
	var text string
	for i := range m.ReasoningDetails {
		text += m.ReasoningDetails[i].Text + m.ReasoningDetails[i].Summary
	}
	return text
}

// reasoningParts are the message's thoughts, as blocks where the vendor keeps
// what proves them.
func (m *message) reasoningParts() []llm.Part {
	var parts []llm.Part
	for i := range m.ThinkingBlocks {
		if p, ok := m.ThinkingBlocks[i].neutral(); ok {
			parts = append(parts, p)
		}
	}
	if parts != nil {
		return parts
	}
	if text := m.thoughts(); text != "" {
		parts = append(parts, llm.Part{Kind: llm.PartReasoning, Text: text})
	}
	for i := range m.ReasoningDetails {
		d := &m.ReasoningDetails[i]
		issuer := d.issuer()
		switch {
		case issuer == "":
		case d.Type == "reasoning.encrypted" && d.Data != "":
			parts = append(parts, llm.Part{Kind: llm.PartRedacted, Issuer: issuer, Data: appendString(nil, d.Data)})
		case d.Signature != "" && len(parts) > 0 && parts[0].Kind == llm.PartReasoning:
			parts[0].Signature, parts[0].Issuer = d.Signature, issuer
		}
	}
	return parts
}

func (b *thinkingBlock) neutral() (llm.Part, bool) {
	b.Signature, b.Data = unmarked(b.Signature), unmarked(b.Data)
	switch {
	case b.Type == "redacted_thinking" && b.Data != "":
		return llm.Part{Kind: llm.PartRedacted, Issuer: llm.IssuerAnthropic, Data: appendString(nil, b.Data)}, true
	case b.Type != "thinking" || b.Thinking == "" && b.Signature == "":
		return llm.Part{}, false
	}
	p := llm.Part{Kind: llm.PartReasoning, Text: b.Thinking}
	if b.Signature != "" {
		p.Signature, p.Issuer = b.Signature, llm.IssuerAnthropic
	}
	return p, true
}

// issuer is the vendor behind a detail's format, "anthropic-claude-v1" and
// such; empty when it is none of those whose reasoning can be returned.
func (d *reasoningDetail) issuer() string {
	vendor, _, _ := strings.Cut(d.Format, "-")
	switch vendor {
	case "anthropic":
		return llm.IssuerAnthropic
	case "google":
		return llm.IssuerGoogle
	case "openai":
		return llm.IssuerOpenAI
	}
	return ""
}

// citations are the message's own, or else those of the answer.
func (m *message) citations(a *answer) []llm.Citation {
	var list []llm.Citation
	for i := range m.Annotations {
		if c, ok := m.Annotations[i].neutral(); ok {
			list = append(list, c)
		}
	}
	if list != nil {
		return list
	}
	for _, s := range a.sources() {
		if s.URL != "" {
			list = append(list, llm.Citation{URL: s.URL, Title: s.Title})
		}
	}
	return list
}

func (n *annotation) neutral() (llm.Citation, bool) {
	u := &n.URLCitation
	return llm.Citation{URL: u.URL, Title: u.Title, Start: u.StartIndex, End: u.EndIndex}, u.URL != ""
}

// media are the images and the sound of a message.
func (m *message) media() []llm.Part {
	var parts []llm.Part
	for _, list := range [][]imagePart{m.Images, m.Content.images} {
		for _, i := range list {
			if media := answerImage(i.ImageURL.URL); media != nil {
				parts = append(parts, llm.Part{Kind: llm.PartImage, Media: media})
			}
		}
	}
	if m.Audio != nil && m.Audio.Data != "" {
		parts = append(parts, llm.Part{Kind: llm.PartAudio, Media: &llm.Media{MIMEType: soundType(m.Audio.Data), Data: m.Audio.Data}})
	}
	return parts
}

// answerImage reads the address of an image that a model made; nil when there
// is none.
func answerImage(url string) *llm.Media {
	if url == "" {
		return nil
	}
	if mime, data, ok := cutDataURL(url); ok {
		return &llm.Media{MIMEType: mime, Data: data}
	}
	return &llm.Media{URL: url}
}
