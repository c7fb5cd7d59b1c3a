package fairwaytest

import (
	"fmt"
	"strings"
)

// geminiUsage is of 9 tokens, 4 of them from the cache, and an answer of 5 with
// 2 for thoughts.
const geminiUsage = `"usageMetadata":{"promptTokenCount":9,"cachedContentTokenCount":4,"candidatesTokenCount":5,"thoughtsTokenCount":2,"totalTokenCount":16}`

// GeminiContent is a whole answer in Gemini's dialect, given by its parts.
func GeminiContent(parts string) string {
	return fmt.Sprintf(`{"candidates":[{"content":{"parts":[%s],"role":"model"},"finishReason":"STOP","index":0}],%s,"modelVersion":%q,"responseId":"resp-1"}`, parts, geminiUsage, UpstreamModel)
}

// GeminiEvents is a streamed answer, as the text of the stream: with the line
// ends that Google sends, usage in every event and no end mark.
func GeminiEvents(texts ...string) string {
	var b strings.Builder
	for i, text := range texts {
		finish := ""
		if i == len(texts)-1 {
			finish = `"finishReason":"STOP",`
		}
		fmt.Fprintf(&b, `data: {"candidates":[{"content":{"parts":[{"text":%s}],"role":"model"},%s"index":0}],%s,"modelVersion":%q,"responseId":"resp-1"}`+"\r\n\r\n",
			Quote(text), finish, geminiUsage, UpstreamModel)
	}
	return b.String()
}
