package upstream

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const filler = "Revenue grew by four percent, mostly in the north, while costs stayed where they were; " +
	"the two open points are the late deliveries of the spring and the contract that ends in autumn. "

// spentMark stands before the nanoseconds that the upstream spent on a call.
const spentMark = "@spent="

// spentDigits is how many digits there is room for.
const spentDigits = 19

var answerText = strings.Repeat(filler, 5)[:730] + " " + spentMark + strings.Repeat("0", spentDigits)

// rendered is a whole answer with the place of the time it took.
type rendered struct {
	bytes []byte
	at    int
}

// patched is a copy that says how long the upstream took.
func (r *rendered) patched(spent int64) []byte {
	b := bytes.Clone(r.bytes)
	copy(b[r.at:], fmt.Sprintf("%0*d", spentDigits, spent))
	return b
}

// Spent reads from an answer how many nanoseconds the upstream took.
func Spent(answer []byte) (int64, bool) {
	_, rest, ok := bytes.Cut(answer, []byte(spentMark))
	if !ok || len(rest) < spentDigits {
		return 0, false
	}
	n, err := strconv.ParseInt(string(rest[:spentDigits]), 10, 64)
	return n, err == nil
}

func whole(status int, body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nX-Request-Id: req_5d0c1f7e29ab4c83\r\nContent-Length: %d\r\n\r\n%s",
		status, http.StatusText(status), len(body), body)
}

func render(body string) rendered {
	b := whole(http.StatusOK, body)
	return rendered{bytes: b, at: bytes.Index(b, []byte(spentMark)) + len(spentMark)}
}

var (
	openAIWhole = render(`{"id":"chatcmpl-CQ4mT0yKcXo2s8VbWd7fEhLr1uNzP","object":"chat.completion","created":1760000000,"model":"gpt-4o-mini-2024-07-18",` +
		`"choices":[{"index":0,"message":{"role":"assistant","content":"` + answerText + `","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],` +
		`"usage":{"prompt_tokens":214,"completion_tokens":152,"total_tokens":366,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},` +
		`"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},` +
		`"service_tier":"default","system_fingerprint":"fp_560af6e559"}`)

	anthropicWhole = render(`{"model":"claude-haiku-4-5-20251001","id":"msg_01KzVb3qWc8RtY5nHdXoJmPf","type":"message","role":"assistant",` +
		`"content":[{"type":"text","text":"` + answerText + `"}],"stop_reason":"end_turn","stop_sequence":null,` +
		`"usage":{"input_tokens":214,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,` +
		`"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":152,"service_tier":"standard"}}`)

	geminiWhole = render(`{"candidates":[{"content":{"parts":[{"text":"` + answerText + `"}],"role":"model"},"finishReason":"STOP","index":0}],` +
		`"usageMetadata":{"promptTokenCount":214,"candidatesTokenCount":152,"totalTokenCount":366,` +
		`"promptTokensDetails":[{"modality":"TEXT","tokenCount":214}]},"modelVersion":"gemini-2.5-flash","responseId":"q7PnaJ2xKd3Mvr0P5uWt2Ak"}`)
)

// ChunkMark stands in each content chunk of a stream before its four-digit
// number, which begins at zero.
const ChunkMark = " @"

// streamTemplate is a stream cut into its writes.
type streamTemplate struct {
	first  []byte   // head and the chunk that names the role
	chunks [][]byte // content, numbered
	last   []byte   // finish reason, usage when asked for, end marks
}

// streamTemplates are the streams without and with usage.
var streamTemplates = [2]streamTemplate{renderStream(false), renderStream(true)}

func renderStream(usage bool) streamTemplate {
	null := ""
	if usage {
		null = `,"usage":null` // as OpenAI does in all chunks but the one with the figures
	}
	event := func(choices, usage string) []byte {
		data := `data: {"id":"chatcmpl-CQ4mT0yKcXo2s8VbWd7fEhLr1uNzP","object":"chat.completion.chunk","created":1760000000,"model":"gpt-4o-mini-2024-07-18",` +
			`"service_tier":"default","system_fingerprint":"fp_560af6e559","choices":` + choices + usage + "}\n\n"
		return httpChunk(data)
	}
	choice := func(delta, finish string) string {
		return `[{"index":0,"delta":` + delta + `,"logprobs":null,"finish_reason":` + finish + `}]`
	}
	var t streamTemplate
	t.first = append(t.first, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"+
		"X-Request-Id: req_5d0c1f7e29ab4c83\r\nTransfer-Encoding: chunked\r\n\r\n"...)
	t.first = append(t.first, event(choice(`{"role":"assistant","content":"","refusal":null}`, "null"), null)...)
	for i := range MaxChunks {
		t.chunks = append(t.chunks, event(choice(fmt.Sprintf(`{"content":" word%s%04d"}`, ChunkMark, i), "null"), null))
	}
	t.last = append(t.last, event(choice(`{}`, `"stop"`), null)...)
	if usage {
		t.last = append(t.last, event(`[]`, `,"usage":{"prompt_tokens":214,"completion_tokens":120,"total_tokens":334}`)...)
	}
	t.last = append(t.last, httpChunk("data: [DONE]\n\n")...)
	t.last = append(t.last, "0\r\n\r\n"...)
	return t
}

func httpChunk(data string) []byte {
	return fmt.Appendf(nil, "%x\r\n%s\r\n", len(data), data)
}
