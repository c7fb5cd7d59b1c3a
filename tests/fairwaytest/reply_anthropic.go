package fairwaytest

import (
	"fmt"
	"strings"
)

// AnthropicMessage is a whole answer in Anthropic's dialect: 5 tokens uncached,
// 3 written to the cache, 4 read from it, and 7 in the answer.
func AnthropicMessage(text string) string {
	return fmt.Sprintf(`{"id":"msg_1","type":"message","role":"assistant","model":%q,"content":[{"type":"text","text":%s}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"output_tokens":7}}`,
		UpstreamModel, Quote(text))
}

// AnthropicTool is a whole answer that calls a tool.
func AnthropicTool(name, arguments string) string {
	return fmt.Sprintf(`{"id":"msg_1","type":"message","role":"assistant","model":%q,"content":[{"type":"tool_use","id":"toolu_1","name":%q,"input":%s}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":7}}`,
		UpstreamModel, name, arguments)
}

// AnthropicEvents is a streamed answer, as the text of the stream.
func AnthropicEvents(texts ...string) string {
	var b strings.Builder
	event := func(kind, rest string) { fmt.Fprintf(&b, "event: %s\ndata: {\"type\":%q%s}\n\n", kind, kind, rest) }
	event("message_start", fmt.Sprintf(`,"message":{"id":"msg_1","type":"message","role":"assistant","model":%q,"content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"output_tokens":1}}`, UpstreamModel))
	event("content_block_start", `,"index":0,"content_block":{"type":"text","text":""}`)
	event("ping", "")
	for _, text := range texts {
		event("content_block_delta", `,"index":0,"delta":{"type":"text_delta","text":`+Quote(text)+`}`)
	}
	event("content_block_stop", `,"index":0`)
	event("message_delta", `,"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":7}`)
	event("message_stop", "")
	return b.String()
}

// AnthropicToolEvents is a streamed answer that calls a tool with its arguments
// in pieces.
func AnthropicToolEvents(name string, pieces ...string) string {
	var b strings.Builder
	event := func(kind, rest string) { fmt.Fprintf(&b, "event: %s\ndata: {\"type\":%q%s}\n\n", kind, kind, rest) }
	event("message_start", fmt.Sprintf(`,"message":{"id":"msg_1","type":"message","role":"assistant","model":%q,"content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":1}}`, UpstreamModel))
	event("content_block_start", fmt.Sprintf(`,"index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":%q,"input":{}}`, name))
	for _, piece := range pieces {
		event("content_block_delta", `,"index":0,"delta":{"type":"input_json_delta","partial_json":`+Quote(piece)+`}`)
	}
	event("content_block_stop", `,"index":0`)
	event("message_delta", `,"delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":7}`)
	event("message_stop", "")
	return b.String()
}
