package cohere

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// DecodeResponse reads a whole answer. A body that carries an error, or no
// message at all, gives an [*llm.Error].
func (Dialect) DecodeResponse(body []byte) (*llm.Response, error) {
	body = rawjson.TrimSpace(body)
	if len(body) == 0 {
		return nil, badOutput("empty", "the provider sent an empty answer", nil)
	}
	var a answer
	if err := a.parse(body); err != nil {
		return nil, badOutput("malformed", "the provider sent an answer that is not valid JSON", err)
	}
	if !a.message {
		return nil, unanswered(body)
	}
	r := a.neutral()
	if c := &r.Choices[0]; c.Finish == llm.FinishError && len(c.Message.Parts) == 0 {
		return nil, unsaid(a.finish)
	}
	return r, nil
}

// unanswered is the error for a JSON object without a message: Cohere's own, if
// it is one.
func unanswered(body []byte) *llm.Error {
	if v := member(body, "message"); len(v) > len(`""`) && v[0] == '"' {
		return llm.ParseError(200, nil, body)
	}
	return badOutput("malformed", "the provider sent an answer without a message", nil)
}

// unsaid is the error for an answer that says nothing but that it failed.
func unsaid(finish string) *llm.Error {
	return badOutput("empty", "the model said nothing ("+finish+")", nil)
}

// badOutput is the error for an answer that cannot be used.
func badOutput(reason, message string, cause error) *llm.Error {
	return &llm.Error{
		Status: 502, Class: llm.ClassBadOutput, Type: "api_error", Code: "upstream_bad_response",
		Message: message, Reason: reason, Err: cause,
	}
}

func (a *answer) neutral() *llm.Response {
	var parts []llm.Part
	// at has the position in parts of each block, or -1.
	at := make([]int, len(a.blocks))
	for i, b := range a.blocks {
		at[i] = -1
		if b.text == "" {
			continue
		}
		at[i] = len(parts)
		kind := llm.PartText
		if b.thinking {
			kind = llm.PartReasoning
		}
		parts = append(parts, llm.Part{Kind: kind, Text: b.text})
	}
	a.cite(parts, at)
	if a.plan != "" {
		parts = append(parts, llm.Part{Kind: llm.PartReasoning, Text: a.plan})
	}
	finish := finishOf(a.finish, len(a.calls) > 0)
	for i := range a.calls {
		c := &a.calls[i]
		if strings.TrimSpace(c.arguments) == "" && finish != llm.FinishLength {
			c.arguments = "{}"
		}
		if c.id == "" {
			c.id = inventedID(a.id, i, c.name)
		}
		parts = append(parts, llm.Part{
			Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: c.id, Name: c.name, Arguments: c.arguments},
		})
	}
	return &llm.Response{
		ID: a.id,
		Choices: []llm.Choice{{
			Message:      llm.Message{Role: llm.RoleAssistant, Parts: parts},
			Finish:       finish,
			NativeFinish: a.finish,
			LogProbs:     neutralLogProbs(a.logProbs),
		}},
		Usage: a.usage.neutral(),
	}
}

// cite ties the sources to the text; where Cohere names no block, or one that is
// no text, to the first.
func (a *answer) cite(parts []llm.Part, at []int) {
	first := -1
	for i := range parts {
		if parts[i].Kind == llm.PartText {
			first = i
			break
		}
	}
	if first < 0 {
		return
	}
	for i := range a.cites {
		c := &a.cites[i]
		if !c.ofText() {
			continue
		}
		p := &parts[first]
		if c.block > 0 && c.block < len(at) && at[c.block] >= 0 && parts[at[c.block]].Kind == llm.PartText {
			p = &parts[at[c.block]]
		}
		p.Citations = append(p.Citations, c.neutral()...)
	}
}

// inventedID makes an id for a tool call that has none. The same answer always
// gets the same ids.
func inventedID(response string, index int, name string) string {
	b := append([]byte(response), 0)
	b = strconv.AppendInt(b, int64(index), 10)
	b = append(append(b, 0), name...)
	sum := sha256.Sum256(b)
	return "call_" + hex.EncodeToString(sum[:12])
}
