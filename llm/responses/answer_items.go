package responses

import (
	"encoding/json"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// The ids of items begin with what they are, without which OpenAI does not take
// an item back.
const (
	idMessage   = "msg_"
	idReasoning = "rs_"
	idCall      = "fc_"
	idCustom    = "ctc_"
	idImage     = "ig_"
)

// appendItems appends the items of an alternative, separated by commas: text
// and refusals that follow one another are one message.
func appendItems(dst []byte, response string, c *llm.Choice) []byte {
	status, _ := stateOf(c.Finish)
	if status == statusFailed { // items have no such state
		status = statusIncomplete
	}
	n := 0 // items so far
	next := func() {
		if n > 0 {
			dst = append(dst, ',')
		}
		n++
	}
	logProbs := ownLogProbs(c.LogProbs)
	parts := c.Message.Parts
	for i := 0; i < len(parts); i++ {
		p := &parts[i]
		switch p.Kind {
		case llm.PartText, llm.PartRefusal:
			next()
			dst = appendMessageHead(dst, inventedID(idMessage, response, n-1), status)
			first := i
			for ; i < len(parts) && (parts[i].Kind == llm.PartText || parts[i].Kind == llm.PartRefusal); i++ {
				if i > first {
					dst = append(dst, ',')
				}
				if parts[i].Kind == llm.PartRefusal {
					dst = append(appendString(append(dst, `{"type":"refusal","refusal":`...), parts[i].Text), '}')
					continue
				}
				dst = appendTextPart(dst, &parts[i], logProbs)
				logProbs = nil
			}
			i--
			dst = append(dst, "]}"...)
		case llm.PartReasoning:
			next()
			dst = appendReasoning(dst, inventedID(idReasoning, response, n-1), p.Text, encryptedContent(p.Signature, p.Issuer))
		case llm.PartRedacted:
			if own, ok := redacted(p.Data, p.Issuer); ok {
				next()
				dst = appendReasoning(dst, inventedID(idReasoning, response, n-1), "", own)
			}
		case llm.PartToolCall:
			if p.Signature != "" {
				next()
				dst = appendReasoning(dst, inventedID(idReasoning, response, n-1), "", markCall+encryptedContent(p.Signature, p.Issuer))
			}
			next()
			dst = appendCall(dst, inventedID(idCall, response, n-1), callStatus(p.Call.Arguments), p.Call.ID, p.Call.Name, p.Call.Arguments)
		case llm.PartOpaque:
			if own, ok := opaqueItem(p.Data, p.Issuer, inventedID(idCustom, response, n)); ok {
				next()
				dst = append(dst, own...)
			}
		case llm.PartImage:
			if p.Media != nil && p.Media.Data != "" {
				next()
				dst = appendImage(dst, inventedID(idImage, response, n-1), statusCompleted, p.Media)
			}
		}
	}
	return dst
}

// appendMessageHead appends a message up to its first part.
func appendMessageHead(dst []byte, id, status string) []byte {
	dst = appendString(append(dst, `{"id":`...), id)
	dst = appendString(append(dst, `,"type":"message","status":`...), status)
	return append(dst, `,"role":"assistant","content":[`...)
}

func appendTextPart(dst []byte, p *llm.Part, logProbs []byte) []byte {
	dst = append(dst, `{"type":"output_text","annotations":[`...)
	n := 0
	for i := range p.Citations {
		if p.Citations[i].URL == "" {
			continue
		}
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = appendCitation(dst, &p.Citations[i])
		n++
	}
	dst = append(append(dst, `],"logprobs":[`...), logProbs...)
	return append(appendString(append(dst, `],"text":`...), p.Text), '}')
}

func appendCitation(dst []byte, c *llm.Citation) []byte {
	dst = strconv.AppendInt(append(dst, `{"type":"url_citation","start_index":`...), int64(c.Start), 10)
	dst = strconv.AppendInt(append(dst, `,"end_index":`...), int64(c.End), 10)
	dst = appendString(append(dst, `,"url":`...), c.URL)
	dst = appendString(append(dst, `,"title":`...), c.Title)
	return append(dst, '}')
}

func appendReasoning(dst []byte, id, text, encrypted string) []byte {
	dst = appendString(append(dst, `{"id":`...), id)
	dst = append(dst, `,"type":"reasoning","summary":[`...)
	if text != "" {
		dst = append(appendString(append(dst, `{"type":"summary_text","text":`...), text), '}')
	}
	dst = append(dst, ']')
	if encrypted != "" {
		dst = appendString(append(dst, `,"encrypted_content":`...), encrypted)
	}
	return append(dst, '}')
}

// redacted is reasoning that only its issuer can read, as encrypted content. Its
// data is a string at every vendor that has such.
func redacted(data json.RawMessage, issuer string) (string, bool) {
	if rawjson.KindOf(data) != rawjson.String {
		return "", false
	}
	if issuer == llm.IssuerOpenAI {
		return text(data), true
	}
	return markRedacted + encryptedContent(text(data), issuer), issuer != ""
}

func appendCall(dst []byte, id, status, callID, name, arguments string) []byte {
	dst = appendString(append(dst, `{"id":`...), id)
	dst = appendString(append(dst, `,"type":"function_call","status":`...), status)
	dst = appendString(append(dst, `,"arguments":`...), arguments)
	dst = appendString(append(dst, `,"call_id":`...), callID)
	namespace, name := unqualified(name)
	dst = appendString(append(dst, `,"name":`...), name)
	if namespace != "" {
		dst = appendString(append(dst, `,"namespace":`...), namespace)
	}
	return append(dst, '}')
}

// callStatus tells whether a call's arguments are whole.
func callStatus(arguments string) string {
	c := rawjson.Check([]byte(arguments))
	c.Skip()
	if c.Close() != nil {
		return statusIncomplete
	}
	return statusCompleted
}

func appendCustomCall(dst []byte, id, status string, c *customCall) []byte {
	dst = appendString(append(dst, `{"id":`...), id)
	dst = appendString(append(dst, `,"type":"custom_tool_call","status":`...), status)
	dst = appendString(append(dst, `,"call_id":`...), c.id)
	dst = appendString(append(dst, `,"input":`...), c.input)
	dst = appendString(append(dst, `,"name":`...), c.name)
	return append(dst, '}')
}

// opaqueItem is the item for an opaque part, if the dialect has a place for it:
// a call of a custom tool, or an item as it came.
func opaqueItem(data json.RawMessage, issuer, id string) ([]byte, bool) {
	switch issuer {
	case issuerItems:
		return oneLine(data), rawjson.KindOf(data) == rawjson.Object
	case llm.IssuerOpenAI:
		c, ok := readCustomCall(data)
		return appendCustomCall(nil, id, statusCompleted, &c), ok
	}
	return nil, false
}

func appendImage(dst []byte, id, status string, m *llm.Media) []byte {
	dst = appendString(append(dst, `{"id":`...), id)
	dst = appendString(append(dst, `,"type":"image_generation_call","status":`...), status)
	dst = append(dst, `,"result":`...)
	if m == nil {
		return append(dst, "null}"...)
	}
	dst = appendString(dst, m.Data)
	switch m.MIMEType {
	case "image/jpeg", "image/webp":
		dst = append(append(append(dst, `,"output_format":"`...), m.MIMEType[len("image/"):]...), '"')
	}
	return append(dst, '}')
}
