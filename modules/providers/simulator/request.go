package simulator

import (
	"net/http"
	"strings"

	"github.com/fairwaygw/fairway/llm/rawjson"
)

// request is what the simulator reads of a request.
type request struct {
	behavior  behavior
	model     string
	stream    bool
	usage     bool // in the stream
	maxTokens int64
	n         int64
	stop      []string
	// text is what is echoed. results tells that it came from tools.
	text    string
	results bool
	// size is the length of the prompt's text, in bytes.
	size int
	// Values as they stand in the body, or nothing.
	tools, toolChoice, format, simulate []byte
}

// maxN bounds the alternatives of one answer, as OpenAI does.
const maxN = 128

func (q *request) read(body []byte) *fault {
	q.n = 1
	c := rawjson.Check(body)
	if c.Kind() != rawjson.Object {
		return invalid("", "the body is not a JSON object")
	}
	var messages bool
	for c.Object(); c.NextField(); {
		switch string(c.Key()) {
		case "model":
			q.model = unquoted(c.Value())
		case "messages":
			messages = c.Kind() == rawjson.Array
			q.readMessages(&c)
		case "stream":
			q.stream = rawjson.True(c.Value())
		case "stream_options":
			for enter := c.Object(); enter && c.NextField(); {
				if string(c.Key()) == "include_usage" {
					q.usage = rawjson.True(c.Value())
				} else {
					c.Skip()
				}
			}
		case "max_tokens", "max_completion_tokens":
			if n, ok := rawjson.Int(c.Value()); ok && n > 0 {
				q.maxTokens = n
			}
		case "n":
			if n, ok := rawjson.Int(c.Value()); ok {
				q.n = n
			}
		case "stop":
			q.readStop(&c)
		case "tools":
			q.tools = c.Value()
		case "tool_choice":
			q.toolChoice = c.Value()
		case "response_format":
			q.format = c.Value()
		case "simulate":
			q.simulate = c.Value()
		default:
			c.Skip()
		}
	}
	switch {
	case c.Close() != nil:
		return &fault{status: http.StatusBadRequest, kind: "invalid_request_error", code: "invalid_json", message: "the body is not JSON"}
	case q.model == "":
		return invalid("model", "is missing")
	case !messages:
		return invalid("messages", "is missing")
	case q.n < 1 || q.n > maxN:
		return invalid("n", "must be a number from 1 to 128")
	}
	return nil
}

// readMessages finds what to echo: the results of tools at the end, else the
// last message of the user's.
func (q *request) readMessages(c *rawjson.Cursor) {
	var user []byte
	var results [][]byte
	for enter := c.Array(); enter && c.NextItem(); {
		var role string
		var content []byte
		for enter := c.Object(); enter && c.NextField(); {
			switch string(c.Key()) {
			case "role":
				role = unquoted(c.Value())
			case "content":
				content = c.Value()
			default:
				c.Skip()
			}
		}
		q.size += textSize(content)
		switch role {
		case "tool", "function":
			results = append(results, content)
			continue
		case "user":
			user = content
		}
		results = results[:0]
	}
	if q.results = len(results) > 0; !q.results {
		q.text = textOf(user)
		return
	}
	var texts []string
	for _, r := range results {
		texts = append(texts, textOf(r))
	}
	q.text = strings.Join(texts, "\n")
}

func (q *request) readStop(c *rawjson.Cursor) {
	add := func(v []byte) {
		if s := unquoted(v); s != "" {
			q.stop = append(q.stop, s)
		}
	}
	if c.Kind() == rawjson.String {
		add(c.Value())
		return
	}
	for enter := c.Array(); enter && c.NextItem(); {
		add(c.Value())
	}
}

// textOf is the text of a message's content: a string, or the texts among its
// parts.
func textOf(content []byte) string {
	if rawjson.KindOf(content) == rawjson.String {
		return unquoted(content)
	}
	var b strings.Builder
	eachText(content, func(v []byte) { b.WriteString(unquoted(v)) })
	return b.String()
}

// textSize is how long the text of a content is, about.
func textSize(content []byte) int {
	if rawjson.KindOf(content) == rawjson.String {
		return len(content) - len(`""`)
	}
	size := 0
	eachText(content, func(v []byte) { size += max(len(v)-len(`""`), 0) })
	return size
}

// eachText finds the texts among the parts of a content.
func eachText(content []byte, found func([]byte)) {
	if rawjson.KindOf(content) != rawjson.Array {
		return
	}
	c := rawjson.Trust(content, 0)
	for enter := c.Array(); enter && c.NextItem(); {
		for enter := c.Object(); enter && c.NextField(); {
			if string(c.Key()) == "text" {
				found(c.Value())
			} else {
				c.Skip()
			}
		}
	}
}
