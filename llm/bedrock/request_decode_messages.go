package bedrock

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// messages reads the conversation.
func (d *requestDecoder) messages(v []byte) *llm.Error {
	if err := list(v, ""); err != nil {
		return err
	}
	for i, m := range elements(v) {
		if err := d.message(m); err != nil {
			return within("", i, err)
		}
	}
	return nil
}

// message reads a message. What tools gave back, which the dialect has the user
// say, becomes messages of their own.
func (d *requestDecoder) message(v []byte) *llm.Error {
	if rawjson.KindOf(v) != rawjson.Object {
		return wrongType("", "an object")
	}
	role, err := str(member(v, "role"), "role")
	if err != nil {
		return err
	}
	m := llm.Message{Role: llm.RoleUser}
	switch role {
	case "user":
	case "assistant":
		m.Role = llm.RoleAssistant
	case "":
		return missing("role")
	default:
		return badRole()
	}
	parts, err := d.blocks(member(v, "content"), m.Role)
	if err != nil {
		return under("content", err)
	}
	if m.Role == llm.RoleAssistant {
		m.Parts = parts
		d.r.Messages = append(d.r.Messages, m)
		return nil
	}
	for _, p := range parts {
		next := llm.RoleUser
		if p.Kind == llm.PartToolResult {
			next = llm.RoleTool
		}
		if next != m.Role && len(m.Parts) > 0 {
			d.r.Messages = append(d.r.Messages, m)
			m.Parts = nil
		}
		m.Role = next
		m.Parts = append(m.Parts, p)
	}
	d.r.Messages = append(d.r.Messages, m)
	return nil
}

// blocks reads a list of blocks. A cache point is a hint on the block before it;
// one that nothing precedes is lost.
func (d *requestDecoder) blocks(v []byte, role llm.Role) ([]llm.Part, *llm.Error) {
	if isNull(v) {
		return nil, missing("")
	}
	if err := list(v, ""); err != nil {
		return nil, err
	}
	var parts []llm.Part
	for i, b := range elements(v) {
		if rawjson.KindOf(b) != rawjson.Object {
			return nil, within("", i, wrongType("", "an object"))
		}
		if point := member(b, "cachePoint"); point != nil {
			if len(parts) > 0 {
				parts[len(parts)-1].Cache = cacheHint(point)
			}
			continue
		}
		p, err := d.block(b, role)
		if err != nil {
			return nil, within("", i, err)
		}
		if p.Kind != llm.PartText || p.Text != "" {
			parts = append(parts, p)
		}
	}
	return parts, nil
}

func cacheHint(point []byte) *llm.CacheHint {
	ttl, _ := str(member(point, "ttl"), "")
	return &llm.CacheHint{TTL: ttl}
}

// block reads one block. A kind that is not known stays as it came.
func (d *requestDecoder) block(b []byte, role llm.Role) (p llm.Part, err *llm.Error) {
	for name, v := range members(b) {
		switch m := mediumNamed(name); {
		case name == "text":
			p.Kind = llm.PartText
			p.Text, err = str(v, "")
		case m != nil && role == llm.RoleUser:
			p, err = readMedia(m, v)
		case name == "guardContent": // a mark for guardrails, which other vendors have not
			return d.guarded(v)
		case name == "searchResult":
			p.Kind = llm.PartText
			p.Text, err = searchText(v)
		case name == "toolUse" && role == llm.RoleAssistant:
			p, err = d.toolUse(v, b)
		case name == "toolResult" && role == llm.RoleUser:
			p, err = d.toolResult(v)
		case name == "reasoningContent" && role == llm.RoleAssistant:
			p, err = readReasoning(v)
		case name == "citationsContent" && role == llm.RoleAssistant:
			p.Kind = llm.PartText
			p.Text, err = joinTexts(member(v, "content"))
		default:
			if role == llm.RoleSystem {
				return p, llm.Invalid(name, codeValue, "this kind of block cannot stand here")
			}
			return llm.Part{Kind: llm.PartOpaque, Issuer: issuer, Data: bytes.Clone(b)}, nil
		}
		if err != nil {
			return p, under(name, err)
		}
		return p, nil
	}
	return p, llm.Invalid("", codeValue, "the block is empty")
}

// guarded reads what a guardrail is to look at.
func (d *requestDecoder) guarded(v []byte) (p llm.Part, err *llm.Error) {
	if img := member(v, "image"); img != nil {
		p, err = readMedia(&media[0], img)
	} else {
		p.Kind = llm.PartText
		p.Text, err = str(member(member(v, "text"), "text"), "text.text")
	}
	if err != nil {
		err = under("guardContent", err)
	}
	return p, err
}

// readMedia reads an image, a document, a film or a sound.
func readMedia(m *medium, v []byte) (llm.Part, *llm.Error) {
	p := llm.Part{Kind: m.kind, Media: &llm.Media{}}
	name, err := str(member(v, "format"), "format")
	if err != nil {
		return p, err
	}
	if p.Media.Name, err = str(member(v, "name"), "name"); err != nil {
		return p, err
	}
	if name != "" {
		p.Media.MIMEType = m.mime(name)
	}
	source := member(v, "source")
	if data := member(source, "bytes"); data != nil {
		s, err := str(data, "source.bytes")
		if err != nil {
			return p, err
		}
		var ok bool
		if p.Media.Data, ok = standardBase64(s); !ok {
			return p, llm.Invalid("source.bytes", codeMedia, "invalid base64")
		}
		return p, nil
	}
	if at := member(source, "s3Location"); at != nil {
		if p.Media.URL, err = str(member(at, "uri"), "source.s3Location.uri"); err == nil && !inStore(p.Media) {
			err = llm.Invalid("source.s3Location.uri", codeValue, "expected an address that begins with s3://")
		}
		return p, err
	}
	if m.kind == llm.PartDocument {
		var said string
		if content := member(source, "content"); content != nil {
			said, err = joinTexts(content)
		} else {
			said, err = str(member(source, "text"), "source.text")
		}
		if err != nil || said != "" {
			p.Media.MIMEType = "text/plain"
			p.Media.Data = base64.StdEncoding.EncodeToString([]byte(said))
			return p, err
		}
	}
	return p, missing("source")
}

// joinTexts reads a list of texts as one.
func joinTexts(v []byte) (string, *llm.Error) {
	if err := list(v, ""); err != nil {
		return "", err
	}
	var b strings.Builder
	for i, e := range elements(v) {
		s, err := str(member(e, "text"), "text")
		if err != nil {
			return "", within("content", i, err)
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

// searchText is what a search found, with where it comes from.
func searchText(v []byte) (string, *llm.Error) {
	var head []string
	for _, name := range []string{"title", "source"} {
		s, err := str(member(v, name), name)
		if err != nil {
			return "", err
		}
		if s != "" {
			head = append(head, s)
		}
	}
	said, err := joinTexts(member(v, "content"))
	return strings.Join(append(head, said), "\n"), err
}

// toolUse reads an earlier call. One that Amazon's own tools answered stays as it
// came.
func (d *requestDecoder) toolUse(v, b []byte) (llm.Part, *llm.Error) {
	if rawjson.Is(inside(member(v, "type")), serverToolUse) {
		return llm.Part{Kind: llm.PartOpaque, Issuer: issuer, Data: bytes.Clone(b)}, nil
	}
	call := &llm.ToolCall{}
	var err *llm.Error
	if call.ID, err = nonEmpty(member(v, "toolUseId"), "toolUseId"); err != nil {
		return llm.Part{}, err
	}
	if call.Name, err = nonEmpty(member(v, "name"), "name"); err != nil {
		return llm.Part{}, err
	}
	call.Arguments = "{}"
	if input := member(v, "input"); !isNull(input) {
		call.Arguments = string(input)
	}
	if d.calls == nil {
		d.calls = map[string]string{}
	}
	d.calls[call.ID] = call.Name
	return llm.Part{Kind: llm.PartToolCall, Call: call}, nil
}

// serverToolUse is the type of a call that Amazon's own tools answer.
const serverToolUse = "server_tool_use"

// toolResult reads what a tool gave back, which must answer an earlier call.
func (d *requestDecoder) toolResult(v []byte) (llm.Part, *llm.Error) {
	r := &llm.ToolResult{}
	var err *llm.Error
	if r.CallID, err = nonEmpty(member(v, "toolUseId"), "toolUseId"); err != nil {
		return llm.Part{}, err
	}
	var ok bool
	if r.Name, ok = d.calls[r.CallID]; !ok {
		return llm.Part{}, llm.Invalid("toolUseId", codeValue, "no earlier message has a toolUse with this id")
	}
	status, err := str(member(v, "status"), "status")
	if err != nil {
		return llm.Part{}, err
	}
	r.IsError = status == "error"
	content := member(v, "content")
	if err := list(content, "content"); err != nil {
		return llm.Part{}, err
	}
	for i, b := range elements(content) {
		p, err := d.resultBlock(b)
		if err != nil {
			return llm.Part{}, within("content", i, err)
		}
		if p.Kind != llm.PartText || p.Text != "" {
			r.Parts = append(r.Parts, p)
		}
	}
	return llm.Part{Kind: llm.PartToolResult, Result: r}, nil
}

// resultBlock reads a block of a result, where a value may stand for its text.
func (d *requestDecoder) resultBlock(b []byte) (llm.Part, *llm.Error) {
	if rawjson.KindOf(b) != rawjson.Object {
		return llm.Part{}, wrongType("", "an object")
	}
	if v := member(b, "json"); v != nil {
		return llm.Part{Kind: llm.PartText, Text: string(v)}, nil
	}
	return d.block(b, llm.RoleUser)
}

// readReasoning reads earlier thoughts. What proves them is Anthropic's.
func readReasoning(v []byte) (p llm.Part, err *llm.Error) {
	if data := member(v, "redactedContent"); data != nil {
		s, err := nonEmpty(data, "redactedContent")
		return llm.Part{Kind: llm.PartRedacted, Issuer: llm.IssuerAnthropic, Data: json.RawMessage(rawjson.AppendQuote(nil, s))}, err
	}
	p.Kind = llm.PartReasoning
	said := member(v, "reasoningText")
	if p.Text, err = str(member(said, "text"), "reasoningText.text"); err != nil {
		return p, err
	}
	if p.Signature, err = str(member(said, "signature"), "reasoningText.signature"); p.Signature != "" {
		p.Issuer = llm.IssuerAnthropic
	}
	return p, err
}
