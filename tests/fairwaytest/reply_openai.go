package fairwaytest

import "fmt"

// UpstreamModel is what a provider calls the model that answered, whatever was
// asked for: providers resolve names, and callers must not see it.
const UpstreamModel = "upstream-model-2026-01-01"

// Completion is a whole answer in OpenAI's dialect, of 11 tokens and 7.
func Completion(text string) string {
	return fmt.Sprintf(`{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":%q,"choices":[{"index":0,"message":{"role":"assistant","content":%s,"refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}`,
		UpstreamModel, Quote(text))
}

// Chunk is a piece of a streamed answer in OpenAI's dialect.
func Chunk(delta string, finish string) string {
	reason := "null"
	if finish != "" {
		reason = Quote(finish)
	}
	return fmt.Sprintf(`{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":%q,"choices":[{"index":0,"delta":%s,"logprobs":null,"finish_reason":%s}],"usage":null}`,
		UpstreamModel, delta, reason)
}

// UsageChunk is what a stream ends with when the request asks for usage.
func UsageChunk() string {
	return fmt.Sprintf(`{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":%q,"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}}`, UpstreamModel)
}

// Chunks is a streamed answer, without usage and end mark.
func Chunks(texts ...string) []string {
	events := []string{Chunk(`{"role":"assistant","content":""}`, "")}
	for _, text := range texts {
		events = append(events, Chunk(`{"content":`+Quote(text)+`}`, ""))
	}
	return append(events, Chunk(`{}`, "stop"))
}

// Completed is a streamed answer with usage and end mark.
func Completed(texts ...string) []string {
	return append(Chunks(texts...), UsageChunk(), "[DONE]")
}
