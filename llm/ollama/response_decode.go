package ollama

import (
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
	switch {
	case a.failure != nil:
		return nil, a.error()
	case !a.message:
		return nil, badOutput("malformed", "the provider sent an answer without a message", nil)
	}
	return a.neutral(), nil
}

// badOutput is the error for an answer that cannot be used.
func badOutput(reason, message string, cause error) *llm.Error {
	return &llm.Error{
		Status: 502, Class: llm.ClassBadOutput, Type: "api_error", Code: "upstream_bad_response",
		Message: message, Reason: reason, Err: cause,
	}
}

func (a *answer) neutral() *llm.Response {
	thinking, text := a.thinking, a.content
	if thinking == "" {
		var t thoughts
		thinking, text = t.feed(text)
		moreThinking, moreText := t.end()
		thinking, text = thinking+moreThinking, text+moreText
	}
	var parts []llm.Part
	if thinking != "" {
		parts = append(parts, llm.Part{Kind: llm.PartReasoning, Text: thinking})
	}
	if text != "" {
		parts = append(parts, llm.Part{Kind: llm.PartText, Text: text})
	}
	for _, data := range a.images {
		parts = append(parts, llm.Part{Kind: llm.PartImage, Media: &llm.Media{MIMEType: imageType(data), Data: data}})
	}
	for i := range a.calls {
		c := &a.calls[i]
		parts = append(parts, llm.Part{
			Kind: llm.PartToolCall, Call: &llm.ToolCall{ID: a.callID(c, i), Name: c.name, Arguments: c.arguments},
		})
	}
	return &llm.Response{
		Model:   a.model,
		Created: a.createdAt(),
		Choices: []llm.Choice{{
			Message:      llm.Message{Role: llm.RoleAssistant, Parts: parts},
			Finish:       finishOf(a.reason, len(a.calls) > 0),
			NativeFinish: a.reason,
			LogProbs:     a.neutralLogProbs(),
		}},
		Usage: a.usage.neutral(),
	}
}
