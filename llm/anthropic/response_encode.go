package anthropic

import (
	"encoding/json"

	"github.com/fairwaygw/fairway/llm"
)

// AppendResponse appends a whole answer. The dialect has room for one
// alternative, and no place for images, sound and other vendors' own blocks;
// sources are left out, for they would have to hold what only Anthropic issues.
func (Dialect) AppendResponse(dst []byte, r *llm.Response, v llm.View) ([]byte, error) {
	var c llm.Choice
	if len(r.Choices) > 0 {
		c = r.Choices[0]
	}
	dst = appendHead(dst, r.ID, &v)
	dst = append(dst, `,"content":[`...)
	n := 0
	for i := range c.Message.Parts {
		p := &c.Message.Parts[i]
		before := len(dst)
		if n > 0 {
			dst = append(dst, ',')
		}
		var ok bool
		if dst, ok = appendPart(dst, p); !ok {
			dst = dst[:before]
			continue
		}
		n++
	}
	dst = append(dst, ']')
	dst = appendStop(append(dst, ','), c.Finish, c.NativeFinish, c.StopSequence)
	dst = appendUsage(append(dst, `,"usage":`...), r.Usage, r.ServiceTier)
	return append(dst, '}'), nil
}

// appendHead appends a message up to its content.
func appendHead(dst []byte, id string, v *llm.View) []byte {
	if id == "" {
		id = "msg_" + v.ID
	}
	dst = appendString(append(dst, `{"id":`...), id)
	dst = append(dst, `,"type":"message","role":"assistant"`...)
	return appendString(append(dst, `,"model":`...), v.Model)
}

// appendStop appends why a message ended.
func appendStop(dst []byte, finish llm.Finish, native, sequence string) []byte {
	reason := stopReason(finish, native, sequence)
	dst = appendString(append(dst, `"stop_reason":`...), reason)
	if reason != stopSequence {
		return append(dst, `,"stop_sequence":null`...)
	}
	return appendString(append(dst, `,"stop_sequence":`...), sequence)
}

// appendPart appends a content block, and reports whether the dialect has one
// for the part.
func appendPart(dst []byte, p *llm.Part) ([]byte, bool) {
	switch p.Kind {
	case llm.PartText, llm.PartRefusal:
		if p.Text == "" {
			return dst, false
		}
		return append(appendString(append(dst, `{"type":"text","text":`...), p.Text), '}'), true
	case llm.PartReasoning:
		if p.Text == "" && (p.Signature == "" || p.Issuer != llm.IssuerAnthropic) {
			return dst, false
		}
		return appendThinking(dst, p.Text, ownSignature(p.Signature, p.Issuer)), true
	case llm.PartRedacted:
		if p.Issuer != llm.IssuerAnthropic || len(p.Data) == 0 {
			return dst, false
		}
		return appendRedacted(dst, p.Data), true
	case llm.PartToolCall:
		if p.Signature != "" {
			dst = append(appendThinking(dst, "", callSignature(p.Signature, p.Issuer)), ',')
		}
		return appendToolUse(dst, p.Call.ID, p.Call.Name, p.Call.Arguments), true
	case llm.PartOpaque:
		if p.Issuer != llm.IssuerAnthropic {
			return dst, false
		}
		return append(dst, p.Data...), true
	}
	return dst, false
}

func appendThinking(dst []byte, text, signature string) []byte {
	dst = appendString(append(dst, `{"type":"thinking","thinking":`...), text)
	dst = appendString(append(dst, `,"signature":`...), signature)
	return append(dst, '}')
}

func appendRedacted(dst []byte, data json.RawMessage) []byte {
	return append(append(append(dst, `{"type":"redacted_thinking","data":`...), data...), '}')
}

func appendToolUse(dst []byte, id, name, args string) []byte {
	dst = appendString(append(dst, `{"type":"tool_use","id":`...), id)
	dst = appendString(append(dst, `,"name":`...), name)
	return append(appendInput(append(dst, `,"input":`...), args), '}')
}

// appendInput appends a call's arguments, which must be an object. What is none
// is kept beside a name that says so, for nobody must believe that the tool was
// called with nothing.
func appendInput(dst []byte, text string) []byte {
	text, ok := inputOf(text)
	if ok {
		return append(dst, text...)
	}
	return append(appendString(append(dst, `{"_raw":`...), text), '}')
}
