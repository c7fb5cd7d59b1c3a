package anthropic

// events are a stream of server-sent events from their data.
func events(data ...string) string {
	var out string
	for _, d := range data {
		out += "event: x\ndata: " + d + "\n\n"
	}
	return out
}

// The events that most tests are made of.
const (
	messageStart = `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":2,"output_tokens":1}}}`
	textStart    = `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`
	blockStop    = `{"type":"content_block_stop","index":0}`
	endTurn      = `{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":7}}`
	toolTurn     = `{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":7}}`
	messageStop  = `{"type":"message_stop"}`
)

func textDelta(text string) string {
	return `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"` + text + `"}}`
}

func jsonDelta(text string) string {
	return `{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"` + text + `"}}`
}

var (
	textStream = events(messageStart, textStart, `{"type": "ping"}`, textDelta("He"), textDelta("llo"), blockStop, endTurn, messageStop)
	toolStream = events(messageStart, `{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"f","input":{}}}`,
		jsonDelta(""), jsonDelta(`{\"a\":`), jsonDelta(`1}`), blockStop, toolTurn, messageStop)
)
