package ollama

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// answer is a whole answer, or one line of a streamed one. It can be read into
// again and again.
type answer struct {
	// model and created are those of the first line.
	model, created    string
	content, thinking string
	calls             []answerCall
	images            []string
	done              bool
	reason            string
	usage             wireUsage
	logProbs          json.RawMessage
	// failure is the error that stands in place of an answer.
	failure json.RawMessage
	// message is set when there is one.
	message bool
	// read is kept for its buffers.
	read reader
}

type answerCall struct{ id, name, arguments string }

// parse reads one JSON object. The error is that of the text; an answer that
// does not say what it should is the caller's to judge.
func (a *answer) parse(body []byte) error {
	*a = answer{model: a.model, created: a.created, calls: a.calls[:0], images: a.images[:0], read: a.read}
	r := &a.read
	r.read(body)
	if r.c.Kind() != rawjson.Object {
		return errMalformed
	}
	for name := range r.fields {
		switch string(name) {
		case "model":
			once(&a.model, r)
		case "created_at":
			once(&a.created, r)
		case "message":
			a.message = a.message || r.c.Kind() == rawjson.Object
			a.readMessage(r)
		case "done":
			a.done = rawjson.True(r.raw())
		case "done_reason":
			a.reason = r.str()
		case "prompt_eval_count":
			a.usage.prompt, a.usage.told = r.integer(), true
		case "eval_count":
			a.usage.output, a.usage.told = r.integer(), true
		case "logprobs":
			if r.c.Kind() == rawjson.Array {
				a.logProbs = r.raw()
			} else {
				r.skip()
			}
		case "error":
			if v := r.raw(); saysSomething(v) {
				a.failure = v
			}
		default:
			r.skip()
		}
	}
	if !r.end() {
		return errMalformed
	}
	return nil
}

// once reads a string unless it is known.
func once(s *string, r *reader) {
	if *s == "" {
		*s = r.str()
	} else {
		r.skip()
	}
}

func (a *answer) readMessage(r *reader) {
	for name := range r.fields {
		switch string(name) {
		case "content":
			a.content = r.str()
		case "thinking":
			a.thinking = r.str()
		case "images":
			for range r.items {
				if s := r.str(); s != "" {
					a.images = append(a.images, s)
				}
			}
		case "tool_calls":
			for range r.items {
				a.readCall(r)
			}
		default:
			r.skip()
		}
	}
}

// readCall reads a tool call. One that names nothing is none.
func (a *answer) readCall(r *reader) {
	var c answerCall
	for name := range r.fields {
		switch string(name) {
		case "id":
			c.id = r.str()
		case "function":
			for name := range r.fields {
				switch string(name) {
				case "name":
					c.name = r.str()
				case "arguments":
					c.arguments = readArguments(r)
				default:
					r.skip()
				}
			}
		default:
			r.skip()
		}
	}
	if c.name == "" {
		return
	}
	if c.arguments == "" {
		c.arguments = "{}"
	}
	a.calls = append(a.calls, c)
}

// readArguments reads a call's arguments, which are an object, or such as text
// in servers that take after OpenAI.
func readArguments(r *reader) string {
	switch r.c.Kind() {
	case rawjson.Object:
		return strings.ToValidUTF8(string(r.raw()), "\ufffd")
	case rawjson.String:
		return string(appendArguments(nil, r.str()))
	}
	r.skip()
	return ""
}

// appendArguments appends a call's arguments, which must be an object. What is
// none is kept beside a name that says so, for nobody must believe that the tool
// was called with nothing.
func appendArguments(dst []byte, text string) []byte {
	text = strings.TrimSpace(text)
	switch {
	case text == "" || text == "null":
		return append(dst, "{}"...)
	case isObject(text):
		return append(dst, text...)
	}
	return append(rawjson.AppendQuote(append(dst, `{"_raw":`...), text), '}')
}

// callID is the id of a call; one is made from the answer where there is none.
func (a *answer) callID(c *answerCall, index int) string {
	if c.id != "" {
		return c.id
	}
	return inventedID(a.model+"\x00"+a.created, index, c.name, c.arguments)
}

// createdAt is the answer's time.
func (a *answer) createdAt() time.Time {
	t, err := time.Parse(time.RFC3339Nano, a.created)
	if err != nil || t.Unix() <= 0 {
		return time.Time{}
	}
	return t.UTC()
}

// error is the failure in neutral form.
func (a *answer) error() *llm.Error {
	return llm.ParseError(200, nil, append(append([]byte(`{"error":`), a.failure...), '}'))
}

// neutralLogProbs are probabilities in the form of OpenAI, whose entries are the
// same.
func (a *answer) neutralLogProbs() json.RawMessage {
	if len(a.logProbs) == 0 || string(a.logProbs) == "[]" {
		return nil
	}
	return append(append([]byte(`{"content":`), a.logProbs...), `,"refusal":null}`...)
}
