package gemini

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// AppendResponse appends a whole answer. Parts that the dialect has no place
// for, such as another vendor's encrypted reasoning, are left out.
func (Dialect) AppendResponse(dst []byte, r *llm.Response, v llm.View) ([]byte, error) {
	dst = append(dst, `{"candidates":[`...)
	for i := range r.Choices {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendCandidate(dst, &r.Choices[i])
	}
	dst = append(dst, ']')
	if r.Usage != nil {
		dst = appendUsage(append(dst, `,"usageMetadata":`...), r.Usage, serviceTiers[r.ServiceTier])
	}
	return appendTail(dst, r.ID, &v), nil
}

// appendTail closes an answer or a chunk.
func appendTail(dst []byte, id string, v *llm.View) []byte {
	if id == "" {
		id = v.ID
	}
	dst = rawjson.AppendQuote(append(dst, `,"modelVersion":`...), v.Model)
	dst = rawjson.AppendQuote(append(dst, `,"responseId":`...), id)
	return append(dst, '}')
}

func appendCandidate(dst []byte, c *llm.Choice) []byte {
	dst = append(dst, `{"content":{`...)
	var sources citedSources
	token := ""
	n := 0
	for i := range c.Message.Parts {
		p := &c.Message.Parts[i]
		if p.Kind == llm.PartOpaque && isContinuation(p.Data) {
			token = continuationToken(p.Data)
			continue
		}
		before := len(dst)
		if n == 0 {
			dst = append(dst, `"parts":[`...)
		} else {
			dst = append(dst, ',')
		}
		var ok bool
		if dst, ok = appendPart(dst, p); !ok {
			dst = dst[:before]
			continue
		}
		for j := range p.Citations {
			sources.add(&p.Citations[j], p.Text, n)
		}
		n++
	}
	if n > 0 {
		dst = append(dst, `],`...)
	}
	dst = append(dst, `"role":"model"}`...)
	dst = rawjson.AppendQuote(append(dst, `,"finishReason":`...), nativeFinish(c.Finish, c.NativeFinish))
	dst = strconv.AppendInt(append(dst, `,"index":`...), int64(c.Index), 10)
	dst = sources.append(dst)
	dst = appendLogProbs(dst, c.LogProbs)
	return append(appendContinuation(dst, token), '}')
}

// continuationToken is the token in a part that continuationPart made.
func continuationToken(data json.RawMessage) string {
	list, err := membersOf(data)
	if err != nil || len(list) != 1 {
		return ""
	}
	return stringOf(list[0].value)
}

func appendContinuation(dst []byte, token string) []byte {
	if token == "" {
		return dst
	}
	return rawjson.AppendQuote(append(dst, `,"`+continuationKey+`":`...), token)
}

// appendPart appends a part, and reports whether the dialect has a place for it.
func appendPart(dst []byte, p *llm.Part) ([]byte, bool) {
	switch p.Kind {
	case llm.PartText, llm.PartRefusal:
		if p.Text == "" && signatureOf(p) == "" {
			return dst, false
		}
		return appendTextPart(dst, p.Text, false, signatureOf(p)), true
	case llm.PartReasoning:
		if p.Text == "" && signatureOf(p) == "" {
			return dst, false
		}
		return appendTextPart(dst, p.Text, true, signatureOf(p)), true
	case llm.PartToolCall:
		return appendCall(dst, p.Call.ID, p.Call.Name, p.Call.Arguments, signatureOf(p)), true
	case llm.PartImage, llm.PartDocument, llm.PartAudio, llm.PartVideo:
		return appendMedia(dst, p.Media, p.Kind, signatureOf(p)), true
	case llm.PartOpaque:
		if p.Issuer != llm.IssuerGoogle || isContinuation(p.Data) {
			return dst, false
		}
		return append(dst, p.Data...), true
	}
	return dst, false
}

func appendTextPart(dst []byte, text string, thought bool, signature string) []byte {
	dst = rawjson.AppendQuote(append(dst, `{"text":`...), text)
	if thought {
		dst = append(dst, `,"thought":true`...)
	}
	return append(appendSignature(dst, signature), '}')
}

func appendSignature(dst []byte, signature string) []byte {
	if signature == "" {
		return dst
	}
	return rawjson.AppendQuote(append(dst, `,"thoughtSignature":`...), signature)
}

func appendCall(dst []byte, id, name, args, signature string) []byte {
	dst = append(dst, `{"functionCall":{`...)
	if id != "" {
		dst = append(rawjson.AppendQuote(append(dst, `"id":`...), id), ',')
	}
	dst = rawjson.AppendQuote(append(dst, `"name":`...), name)
	dst = appendArgs(append(dst, `,"args":`...), args)
	return append(appendSignature(append(dst, '}'), signature), '}')
}

// appendArgs appends a call's arguments, which must be an object. What is none
// is kept beside a name that says so, for nobody must believe that the tool was
// called with nothing.
func appendArgs(dst []byte, text string) []byte {
	text = strings.TrimSpace(text)
	switch {
	case text == "" || text == "null":
		return append(dst, "{}"...)
	case isObject(text):
		return append(dst, text...)
	}
	return append(rawjson.AppendQuote(append(dst, `{"_raw":`...), text), '}')
}

func appendMedia(dst []byte, m *llm.Media, kind llm.PartKind, signature string) []byte {
	if m.Data == "" {
		dst = rawjson.AppendQuote(append(dst, `{"fileData":{"mimeType":`...), mimeType(m, kind))
		dst = rawjson.AppendQuote(append(dst, `,"fileUri":`...), m.URL)
	} else {
		dst = rawjson.AppendQuote(append(dst, `{"inlineData":{"mimeType":`...), mimeType(m, kind))
		dst = rawjson.AppendQuote(append(dst, `,"data":`...), m.Data)
	}
	return append(appendSignature(append(dst, '}'), signature), '}')
}
