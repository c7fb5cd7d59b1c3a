package bedrock

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// DecodeResponse reads a whole answer, which names no id: that stands in a
// header. A body that carries an error, or no message at all, gives an
// [*llm.Error].
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
	if err := unsaid(a.finish); err != nil && len(r.Choices[0].Message.Parts) == 0 {
		return nil, err
	}
	return r, nil
}

// unanswered is the error for a JSON object without a message: Amazon's own, if
// it is one.
func unanswered(body []byte) *llm.Error {
	for _, name := range []string{"message", "Message", "__type"} {
		if rawjson.KindOf(member(body, name)) == rawjson.String {
			return llm.ParseError(200, nil, body)
		}
	}
	return badOutput("malformed", "the provider sent an answer without a message", nil)
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
	calls := 0
	for i := range a.blocks {
		p, ok := a.blocks[i].neutral()
		if !ok {
			continue
		}
		if p.Kind == llm.PartToolCall {
			if p.Call.ID == "" {
				p.Call.ID = inventedID(calls, p.Call.Name)
			}
			calls++
		}
		parts = append(parts, p)
	}
	return &llm.Response{
		Choices: []llm.Choice{{
			Message:      llm.Message{Role: llm.RoleAssistant, Parts: parts},
			Finish:       finishOf(a.finish, calls > 0),
			NativeFinish: a.finish,
		}},
		Usage:       a.usage.neutral(),
		ServiceTier: a.tier,
	}
}

// inventedID makes an id for a tool call that has none, which Bedrock's always
// have. The same call always gets the same id.
func inventedID(index int, name string) string {
	b := strconv.AppendInt(nil, int64(index), 10)
	sum := sha256.Sum256(append(append(b, 0), name...))
	return "tooluse_" + hex.EncodeToString(sum[:12])
}
