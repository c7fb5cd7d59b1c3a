package bedrock

import (
	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// noMetrics are the metrics that all of the vendor's clients expect; how long
// the call took is told elsewhere.
const noMetrics = `"metrics":{"latencyMs":0}`

// AppendResponse appends a whole answer: its first alternative, for the dialect
// has one. Parts that the dialect has no place for, such as another vendor's
// blocks, are left out.
func (Dialect) AppendResponse(dst []byte, r *llm.Response, _ llm.View) ([]byte, error) {
	var c llm.Choice
	if len(r.Choices) > 0 {
		c = r.Choices[0]
	}
	dst = append(dst, `{"output":{"message":{"role":"assistant","content":[`...)
	empty := len(dst)
	for i := range c.Message.Parts {
		before := len(dst)
		if before > empty {
			dst = append(dst, ',')
		}
		var ok bool
		if dst, ok = appendPart(dst, &c.Message.Parts[i]); !ok {
			dst = dst[:before]
		}
	}
	dst = append(dst, `]}},"stopReason":"`...)
	dst = append(append(dst, nativeFinish(c.Finish, c.NativeFinish, c.StopSequence)...), '"')
	if r.Usage != nil {
		dst = appendUsage(append(dst, `,"usage":`...), r.Usage)
	}
	return append(append(dst, `,`+noMetrics...), '}'), nil
}

// appendPart appends a block, and reports whether the dialect has one for the
// part.
func appendPart(dst []byte, p *llm.Part) ([]byte, bool) {
	switch p.Kind {
	case llm.PartText, llm.PartRefusal:
		if p.Text == "" {
			return dst, false
		}
		return appendTextBlock(dst, p), true
	case llm.PartReasoning:
		if p.Text == "" && signatureOf(p) == "" {
			return dst, false
		}
		dst = rawjson.AppendQuote(append(dst, `{"reasoningContent":{"reasoningText":{"text":`...), p.Text)
		if s := signatureOf(p); s != "" {
			dst = rawjson.AppendQuote(append(dst, `,"signature":`...), s)
		}
		return append(dst, "}}}"...), true
	case llm.PartRedacted:
		if p.Issuer != llm.IssuerAnthropic || rawjson.KindOf(p.Data) != rawjson.String {
			return dst, false
		}
		dst = append(append(dst, `{"reasoningContent":{"redactedContent":`...), p.Data...)
		return append(dst, "}}"...), true
	case llm.PartToolCall:
		dst = appendToolUse(append(dst, `{"toolUse":`...), p.Call.ID, p.Call.Name)
		dst = appendArguments(append(dst, `,"input":`...), p.Call.Arguments)
		return append(dst, "}}"...), true
	case llm.PartImage, llm.PartAudio, llm.PartVideo:
		return appendAnswerMedia(dst, p.Kind, p.Media)
	case llm.PartOpaque:
		return append(dst, p.Data...), p.Issuer == issuer
	}
	return dst, false
}

// signatureOf is what proves a part, where it is Anthropic's, whose models
// Bedrock has.
func signatureOf(p *llm.Part) string {
	if p.Issuer == llm.IssuerAnthropic {
		return p.Signature
	}
	return ""
}

func appendTextBlock(dst []byte, p *llm.Part) []byte {
	if len(p.Citations) == 0 {
		return append(rawjson.AppendQuote(append(dst, `{"text":`...), p.Text), '}')
	}
	dst = rawjson.AppendQuote(append(dst, `{"citationsContent":{"content":[{"text":`...), p.Text)
	dst = append(dst, `}],"citations":[`...)
	for i := range p.Citations {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCitation(dst, &p.Citations[i])
	}
	return append(dst, "]}}"...)
}

func appendCitation(dst []byte, c *llm.Citation) []byte {
	dst = rawjson.AppendQuote(append(dst, `{"title":`...), c.Title)
	if c.URL != "" {
		dst = rawjson.AppendQuote(append(dst, `,"location":{"web":{"url":`...), c.URL)
		dst = append(dst, "}}"...)
	}
	return append(dst, '}')
}

// appendToolUse appends a call up to its input.
func appendToolUse(dst []byte, id, name string) []byte {
	dst = rawjson.AppendQuote(append(dst, `{"toolUseId":`...), id)
	return rawjson.AppendQuote(append(dst, `,"name":`...), name)
}

func appendAnswerMedia(dst []byte, kind llm.PartKind, m *llm.Media) ([]byte, bool) {
	medium := mediumOf(kind)
	if medium == nil || m == nil {
		return dst, false
	}
	name := medium.formatOf(m)
	if name == "" || m.Data == "" && !inStore(m) {
		return dst, false
	}
	dst = append(append(append(dst, `{"`...), medium.member...), `":{"format":"`...)
	dst = append(append(dst, name...), `","source":`...)
	return append(appendSource(dst, m), "}}"...), true
}

func appendSource(dst []byte, m *llm.Media) []byte {
	if m.Data == "" {
		return append(rawjson.AppendQuote(append(dst, `{"s3Location":{"uri":`...), m.URL), "}}"...)
	}
	return append(rawjson.AppendQuote(append(dst, `{"bytes":`...), m.Data), '}')
}
