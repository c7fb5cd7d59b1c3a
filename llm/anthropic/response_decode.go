package anthropic

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// answer is a message, whole or as a stream begins it.
type answer struct {
	id, model string
	// said is set when there is a list of content blocks.
	said     bool
	blocks   []block
	stop     string
	sequence string
	usage    usage
	// kind is the type of what was read; failure is an error's own part.
	kind    string
	failure json.RawMessage
}

// read reads a message.
func (a *answer) read(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "id":
			a.id = r.str()
		case "type":
			a.kind = r.str()
		case "model":
			a.model = r.str()
		case "content":
			a.said = r.c.Kind() == rawjson.Array
			for range r.items {
				a.blocks = append(a.blocks, block{})
				a.blocks[len(a.blocks)-1].read(r)
			}
		case "stop_reason":
			a.stop = r.str()
		case "stop_sequence":
			a.sequence = r.str()
		case "usage":
			a.usage.read(r)
		case "error":
			a.failure = r.raw()
		default:
			r.skip()
		}
	}
}

// DecodeResponse reads a whole answer. A body that carries an error, or no
// message at all, gives an [*llm.Error]; a message without content is an answer
// that a stop sequence or a filter ended before it began.
func (Dialect) DecodeResponse(body []byte) (*llm.Response, error) {
	body = rawjson.TrimSpace(body)
	if len(body) == 0 {
		return nil, badOutput("empty", "the provider sent an empty answer", nil)
	}
	var r reader
	var a answer
	r.read(body)
	object := r.c.Kind() == rawjson.Object
	a.read(&r)
	if !object || !r.end() {
		return nil, badOutput("malformed", "the provider sent an answer that is not valid JSON", errMalformed)
	}
	if a.kind == "error" || saysSomething(a.failure) {
		return nil, llm.ParseError(200, nil, body)
	}
	if !a.said {
		return nil, unanswered(body)
	}
	return a.neutral(), nil
}

// unanswered is the error for a JSON object without content: the vendor's own,
// if it is one.
func unanswered(body []byte) *llm.Error {
	var r reader
	r.read(body)
	complaint := false
	for name := range r.fields {
		switch string(name) {
		case "message", "Message", "detail":
			complaint = saysSomething(r.raw()) || complaint
		default:
			r.skip()
		}
	}
	if complaint {
		return llm.ParseError(200, nil, body)
	}
	return badOutput("malformed", "the provider sent an answer without content", nil)
}

// badOutput is the error for an answer that cannot be used.
func badOutput(reason, message string, cause error) *llm.Error {
	return &llm.Error{
		Status: 502, Class: llm.ClassBadOutput, Type: "api_error", Code: "upstream_bad_response",
		Message: message, Reason: reason, Err: cause,
	}
}

func (a *answer) neutral() *llm.Response {
	c := llm.Choice{Message: llm.Message{Role: llm.RoleAssistant}, NativeFinish: a.stop, StopSequence: a.sequence}
	if len(a.blocks) > 0 {
		c.Message.Parts = make([]llm.Part, 0, len(a.blocks))
	}
	calls := 0
	for i := range a.blocks {
		p, ok := a.blocks[i].part()
		if !ok {
			continue
		}
		if p.Kind == llm.PartToolCall {
			if p.Call.ID == "" {
				p.Call.ID = inventedID(a.id, calls, p.Call.Name)
			}
			calls++
		}
		c.Message.Parts = append(c.Message.Parts, p)
	}
	c.Finish = finishOf(a.stop, calls > 0)
	return &llm.Response{
		ID: a.id, Model: a.model, Choices: []llm.Choice{c}, Usage: a.usage.neutral(), ServiceTier: neutralTier(a.usage.tier),
	}
}

// inventedID makes an id for a tool call that has none. The same answer always
// gets the same ids.
func inventedID(message string, index int, name string) string {
	b := append([]byte(message), 0)
	b = strconv.AppendInt(b, int64(index), 10)
	b = append(append(b, 0), name...)
	sum := sha256.Sum256(b)
	return "toolu_" + hex.EncodeToString(sum[:12])
}
