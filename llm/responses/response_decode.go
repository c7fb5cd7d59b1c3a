package responses

import (
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// DecodeResponse reads a whole answer. A body that carries an error, or nothing
// that was said, gives an [*llm.Error].
func (Dialect) DecodeResponse(body []byte) (*llm.Response, error) {
	body = rawjson.TrimSpace(body)
	if len(body) == 0 {
		return nil, badOutput("empty", "the provider sent an empty answer", nil)
	}
	var r reader
	r.read(body)
	object := r.c.Kind() == rawjson.Object
	var a answer
	a.read(&r)
	if !object || !r.end() {
		return nil, badOutput("malformed", "the provider sent an answer that is not valid JSON", errMalformed)
	}
	if err := a.fault(body); err != nil {
		return nil, err
	}
	out := &llm.Response{
		ID:          a.id,
		Model:       a.model,
		Created:     a.createdAt(),
		Choices:     []llm.Choice{a.choice()},
		Usage:       a.used(),
		ServiceTier: a.tier,
	}
	return out, nil
}

// fault is the error that an answer is, or nil.
func (a *answer) fault(body []byte) *llm.Error {
	switch {
	case a.failure != nil, !a.listed && a.complaint:
		return llm.ParseError(200, nil, body)
	case a.status == statusFailed, a.status == statusCanceled:
		return badOutput("", "the provider gave the answer up", nil)
	case a.status == statusQueued || a.status == statusInProgress && len(a.items) == 0:
		return badOutput("", "the provider has not answered yet", nil)
	case !a.listed:
		return badOutput("malformed", "the provider sent an answer without output", nil)
	}
	return nil
}

// choice is the one alternative that there is.
func (a *answer) choice() llm.Choice {
	c := llm.Choice{Message: llm.Message{Role: llm.RoleAssistant}}
	c.Finish, c.NativeFinish = finishOf(a.status, a.reason, a.calls())
	var logProbs []byte
	for i := range a.items {
		it := &a.items[i]
		c.Message.Parts = append(c.Message.Parts, it.neutral(a.id, i, c.Finish == llm.FinishLength)...)
		for j := range it.parts {
			if in := insideList(it.parts[j].logProbs); len(in) > 0 {
				logProbs = append(append(logProbs, ','), in...)
			}
		}
	}
	if len(logProbs) > 0 {
		logProbs[0] = '['
		c.LogProbs = neutralLogProbs(append(logProbs, ']'))
	}
	return c
}

// neutral are the parts that an item is; cut is set where the answer was cut
// off, so that arguments may be missing.
func (it *item) neutral(response string, at int, cut bool) []llm.Part {
	switch it.kind {
	case itemMessage:
		var parts []llm.Part
		for i := range it.parts {
			p := &it.parts[i]
			switch {
			case p.text == "":
			case p.kind == partText:
				parts = append(parts, llm.Part{Kind: llm.PartText, Text: p.text, Citations: p.citations})
			case p.kind == partRefusal:
				parts = append(parts, llm.Part{Kind: llm.PartRefusal, Text: p.text})
			}
		}
		return parts
	case itemReasoning:
		text := it.reasoning()
		if text == "" && it.encrypted == "" {
			return nil
		}
		p := llm.Part{Kind: llm.PartReasoning, Text: text}
		if it.encrypted != "" {
			p.Signature, p.Issuer = it.encrypted, llm.IssuerOpenAI
		}
		return []llm.Part{p}
	case itemCall:
		if it.name == "" {
			return nil
		}
		call := &llm.ToolCall{ID: it.ref(), Name: qualified(it.namespace, it.name), Arguments: it.arguments}
		if call.ID == "" {
			call.ID = inventedID("call_", response, at)
		}
		if !cut && strings.TrimSpace(call.Arguments) == "" {
			call.Arguments = "{}"
		}
		return []llm.Part{{Kind: llm.PartToolCall, Call: call}}
	case itemCustom:
		if it.name == "" {
			return nil
		}
		return []llm.Part{{Kind: llm.PartOpaque, Issuer: llm.IssuerOpenAI, Data: it.custom(response, at)}}
	case itemImage:
		if m := it.media(); m != nil {
			return []llm.Part{{Kind: llm.PartImage, Media: m}}
		}
	case "":
		return nil
	}
	return []llm.Part{{Kind: llm.PartOpaque, Issuer: issuerItems, Data: validRaw(it.raw)}}
}

// custom is a call of a custom tool in neutral form.
func (it *item) custom(response string, at int) []byte {
	c := customCall{it.ref(), qualified(it.namespace, it.name), it.input}
	if c.id == "" {
		c.id = inventedID("call_", response, at)
	}
	return c.neutral()
}
