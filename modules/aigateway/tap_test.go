package aigateway

import (
	"testing"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/openai"
)

const tappedStream = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]}\r\n\r\n" +
	"data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":2,\"total_tokens\":7}}\n\ndata: [DONE]\n\n"

// TestTapSplits holds that usage is read wherever the network cuts a stream.
func TestTapSplits(t *testing.T) {
	t.Parallel()
	for i := range tappedStream {
		tap := newTap("text/event-stream; charset=utf-8", openai.Dialect{})
		tap.see([]byte(tappedStream[:i]))
		tap.see([]byte(tappedStream[i:]))
		if f := tap.facts(); !f.HasUsage || f.Usage != (llm.Usage{Input: 5, Output: 2}) || f.Model != "m" {
			t.Fatalf("cut at %d: %+v", i, f)
		}
	}
}

// TestTapKnowsNothing holds that what cannot be read is unknown, and bounded.
func TestTapKnowsNothing(t *testing.T) {
	t.Parallel()
	large := make([]byte, maxTappedEvent+1)
	for name, c := range map[string]struct {
		kind    string
		dialect llm.Dialect
		body    []byte
	}{
		"no dialect":    {"application/json", nil, []byte(`{"usage":{"prompt_tokens":5}}`)},
		"other type":    {"text/html", openai.Dialect{}, []byte(tappedStream)},
		"large event":   {"text/event-stream", openai.Dialect{}, large},
		"not an object": {"application/json", openai.Dialect{}, []byte(`[]`)},
		"cut":           {"application/json", openai.Dialect{}, []byte(`{"usage":{"prompt_tokens":5}`)},
	} {
		tap := newTap(c.kind, c.dialect)
		tap.see(c.body)
		if f := tap.facts(); f.HasUsage || !f.Content || tap.buf != nil {
			t.Errorf("%s: %+v, %d bytes kept", name, f, len(tap.buf))
		}
	}
}
