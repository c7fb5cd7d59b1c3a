package openai

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/fairwaygw/fairway/llm"
)

// AppendResponse appends a whole answer.
func (Dialect) AppendResponse(dst []byte, r *llm.Response, v llm.View) ([]byte, error) {
	dst = appendHead(dst, "chat.completion", r.ID, r.Created, &v)
	for i := range r.Choices {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendChoice(dst, &r.Choices[i])
	}
	dst = append(dst, ']')
	if r.Usage != nil {
		dst = appendUsage(append(dst, `,"usage":`...), r.Usage)
	}
	if r.ServiceTier != "" {
		dst = appendString(append(dst, `,"service_tier":`...), r.ServiceTier)
	}
	return append(dst, '}'), nil
}

// appendHead appends an answer or a chunk up to the first choice.
func appendHead(dst []byte, object, id string, created time.Time, v *llm.View) []byte {
	if id == "" {
		id = "chatcmpl-" + v.ID
	}
	if created.IsZero() {
		created = v.Created
	}
	var unix int64
	if !created.IsZero() {
		unix = created.Unix()
	}
	dst = appendString(append(dst, `{"id":`...), id)
	dst = appendString(append(dst, `,"object":`...), object)
	dst = strconv.AppendInt(append(dst, `,"created":`...), unix, 10)
	dst = appendString(append(dst, `,"model":`...), v.Model)
	return append(dst, `,"choices":[`...)
}

func appendChoice(dst []byte, c *llm.Choice) []byte {
	dst = strconv.AppendInt(append(dst, `{"index":`...), int64(c.Index), 10)
	dst = append(dst, `,"message":`...)
	dst = appendMessage(dst, c.Message.Parts)
	dst = append(dst, `,"logprobs":`...)
	if len(c.LogProbs) > 0 {
		dst = append(dst, c.LogProbs...)
	} else {
		dst = append(dst, "null"...)
	}
	finish := c.Finish
	if finish == "" {
		finish = llm.FinishStop
	}
	dst = appendString(append(dst, `,"finish_reason":`...), string(finish))
	return append(dst, '}')
}

// appendMessage appends what the model said. Text in several blocks becomes
// one, and calls stand apart from it: the dialect has no order among them.
func appendMessage(dst []byte, parts []llm.Part) []byte {
	var m answerParts
	for i := range parts {
		m.add(&parts[i])
	}
	dst = append(dst, `{"role":"assistant","content":`...)
	if len(m.text) > 0 || len(parts) == 0 {
		dst = appendTexts(dst, m.text)
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"refusal":`...)
	if len(m.refusal) > 0 {
		dst = appendTexts(dst, m.refusal)
	} else {
		dst = append(dst, "null"...)
	}
	if len(m.reasoning) > 0 {
		dst = appendTexts(append(dst, `,"reasoning_content":`...), m.reasoning)
	}
	dst = appendList(dst, "thinking_blocks", m.thinking, appendThinking)
	calls := 0
	dst = appendList(dst, "tool_calls", m.calls, func(dst []byte, p *llm.Part) []byte {
		calls++
		return appendCall(dst, p)
	})
	dst = appendList(dst, "images", m.images, func(dst []byte, p *llm.Part) []byte { return appendImage(dst, p.Media) })
	for _, p := range m.audio {
		dst = appendSound(append(dst, `,"audio":`...), p.Media)
		break // the dialect has room for one
	}
	dst = appendAnnotations(dst, m.text)
	if m.signature != "" {
		dst = appendGoogleSignature(append(dst, ','), marked(llm.IssuerGoogle, m.signature))
	}
	return append(appendProviderFields(dst, m.opaque), '}')
}

// answerParts are the parts of an answer, sorted by where they go.
type answerParts struct {
	text, refusal, reasoning, thinking, calls, images, audio, opaque []*llm.Part
	// signature is Google's, on text.
	signature string
}

func (m *answerParts) add(p *llm.Part) {
	switch p.Kind {
	case llm.PartText:
		m.text = append(m.text, p)
		if p.Issuer == llm.IssuerGoogle {
			m.signature = p.Signature
		}
	case llm.PartRefusal:
		m.refusal = append(m.refusal, p)
	case llm.PartReasoning:
		if p.Text != "" {
			m.reasoning = append(m.reasoning, p)
		}
		if p.Signature != "" && p.Issuer == llm.IssuerAnthropic {
			m.thinking = append(m.thinking, p)
		}
	case llm.PartRedacted:
		if p.Issuer == llm.IssuerAnthropic {
			m.thinking = append(m.thinking, p)
		}
	case llm.PartToolCall:
		m.calls = append(m.calls, p)
	case llm.PartImage:
		m.images = append(m.images, p)
	case llm.PartAudio:
		m.audio = append(m.audio, p)
	case llm.PartOpaque:
		if p.Issuer == llm.IssuerOpenAI {
			m.calls = append(m.calls, p)
		} else if p.Issuer != "" {
			m.opaque = append(m.opaque, p)
		}
	}
}

// appendTexts appends the texts of parts as one string.
func appendTexts(dst []byte, parts []*llm.Part) []byte {
	dst = append(dst, '"')
	for _, p := range parts {
		dst = appendEscaped(dst, p.Text)
	}
	return append(dst, '"')
}

// appendList appends a member whose value is a list, unless it is empty.
func appendList(dst []byte, key string, parts []*llm.Part, one func([]byte, *llm.Part) []byte) []byte {
	if len(parts) == 0 {
		return dst
	}
	dst = append(appendString(append(dst, ','), key), ":["...)
	for i, p := range parts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = one(dst, p)
	}
	return append(dst, ']')
}

func appendThinking(dst []byte, p *llm.Part) []byte {
	if p.Kind == llm.PartRedacted {
		return appendRedacted(dst, p.Data)
	}
	return appendThinkingBlock(dst, p.Text, p.Signature)
}

func appendThinkingBlock(dst []byte, text, signature string) []byte {
	dst = appendString(append(dst, `{"type":"thinking","thinking":`...), text)
	dst = appendString(append(dst, `,"signature":`...), marked(llm.IssuerAnthropic, signature))
	return append(dst, '}')
}

func appendRedacted(dst []byte, data json.RawMessage) []byte {
	dst = append(dst, `{"type":"redacted_thinking","data":`...)
	if len(data) == 0 {
		data = json.RawMessage(`""`)
	}
	return append(append(dst, markedData(data)...), '}')
}

// appendCall appends a tool call. A custom tool's stands as it came.
func appendCall(dst []byte, p *llm.Part) []byte {
	if p.Kind == llm.PartOpaque {
		return append(dst, p.Data...)
	}
	dst = appendString(append(dst, `{"id":`...), p.Call.ID)
	dst = appendString(append(dst, `,"type":"function","function":{"name":`...), p.Call.Name)
	dst = appendString(append(dst, `,"arguments":`...), p.Call.Arguments)
	dst = append(dst, '}')
	if p.Signature != "" && p.Issuer == llm.IssuerGoogle {
		dst = appendGoogleSignature(append(dst, ','), marked(llm.IssuerGoogle, p.Signature))
	}
	return append(dst, '}')
}

// appendGoogleSignature appends the member that Google's own chat completions
// put a thought signature into.
func appendGoogleSignature(dst []byte, signature string) []byte {
	dst = appendString(append(dst, `"extra_content":{"google":{"thought_signature":`...), signature)
	return append(dst, "}}"...)
}

// appendImage appends an image as OpenRouter does; OpenAI's chat makes none.
func appendImage(dst []byte, m *llm.Media) []byte {
	dst = append(dst, `{"type":"image_url","image_url":{"url":`...)
	return append(appendMediaURL(dst, m), "}}"...)
}

func appendSound(dst []byte, m *llm.Media) []byte {
	dst = appendString(append(dst, `{"id":`...), m.FileID)
	dst = appendString(append(dst, `,"data":`...), m.Data)
	return append(dst, `,"expires_at":0,"transcript":""}`...)
}

func appendAnnotations(dst []byte, text []*llm.Part) []byte {
	n := 0
	for _, p := range text {
		for i := range p.Citations {
			if p.Citations[i].URL == "" {
				continue
			}
			if n == 0 {
				dst = append(dst, `,"annotations":[`...)
			} else {
				dst = append(dst, ',')
			}
			dst = appendAnnotation(dst, &p.Citations[i])
			n++
		}
	}
	if n > 0 {
		dst = append(dst, ']')
	}
	return dst
}

func appendAnnotation(dst []byte, c *llm.Citation) []byte {
	dst = appendString(append(dst, `{"type":"url_citation","url_citation":{"url":`...), c.URL)
	dst = appendString(append(dst, `,"title":`...), c.Title)
	dst = strconv.AppendInt(append(dst, `,"start_index":`...), int64(c.Start), 10)
	dst = strconv.AppendInt(append(dst, `,"end_index":`...), int64(c.End), 10)
	return append(dst, "}}"...)
}

// appendProviderFields appends the blocks of other vendors for which the
// dialect has no place, in lists by vendor.
func appendProviderFields(dst []byte, opaque []*llm.Part) []byte {
	if len(opaque) == 0 {
		return dst
	}
	dst = append(dst, `,"provider_specific_fields":{`...)
	for i, p := range opaque {
		if i > 0 && opaque[i-1].Issuer == p.Issuer {
			dst = append(append(dst, ','), p.Data...)
			continue
		}
		if i > 0 {
			dst = append(dst, "],"...)
		}
		dst = append(append(appendString(dst, p.Issuer), ":["...), p.Data...)
	}
	return append(dst, "]}"...)
}
