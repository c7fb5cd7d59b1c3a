package gemini

import "github.com/fairwaygw/fairway/llm"

// ending is what a reason to finish means.
type ending struct {
	finish llm.Finish
	// spoiled is set when the model wrote something that cannot be used. Such an
	// answer is a failure, unless it has content beside that.
	spoiled bool
}

// endings are Google's reasons to finish. One that is not listed counts as a
// plain stop, for new ones come up without notice.
var endings = map[string]ending{
	"MAX_TOKENS":                {finish: llm.FinishLength},
	"CONTINUATION":              {finish: llm.FinishLength},
	"SAFETY":                    {finish: llm.FinishContentFilter},
	"RECITATION":                {finish: llm.FinishContentFilter},
	"LANGUAGE":                  {finish: llm.FinishContentFilter},
	"BLOCKLIST":                 {finish: llm.FinishContentFilter},
	"PROHIBITED_CONTENT":        {finish: llm.FinishContentFilter},
	"SPII":                      {finish: llm.FinishContentFilter},
	"MODEL_ARMOR":               {finish: llm.FinishContentFilter},
	"IMAGE_SAFETY":              {finish: llm.FinishContentFilter},
	"IMAGE_PROHIBITED_CONTENT":  {finish: llm.FinishContentFilter},
	"IMAGE_RECITATION":          {finish: llm.FinishContentFilter},
	"MALFORMED_FUNCTION_CALL":   {finish: llm.FinishStop, spoiled: true},
	"UNEXPECTED_TOOL_CALL":      {finish: llm.FinishStop, spoiled: true},
	"TOO_MANY_TOOL_CALLS":       {finish: llm.FinishStop, spoiled: true},
	"MALFORMED_RESPONSE":        {finish: llm.FinishStop, spoiled: true},
	"MISSING_THOUGHT_SIGNATURE": {finish: llm.FinishStop, spoiled: true},
}

// finishOf tells why an answer ended; calls says whether it has tool calls,
// for which Google has no reason of their own.
func finishOf(native string, calls bool) llm.Finish {
	e, ok := endings[native]
	switch {
	case !ok && calls:
		return llm.FinishToolCalls
	case !ok:
		return llm.FinishStop
	}
	return e.finish
}

// finishNumbers and blockNumbers are the enumerations as the Gemini API numbers
// them, for callers who asked for numbers. Vertex AI's differ from the sixth on;
// the two cannot be told apart.
var (
	finishNumbers = map[string]string{
		"0": "FINISH_REASON_UNSPECIFIED", "1": "STOP", "2": "MAX_TOKENS", "3": "SAFETY", "4": "RECITATION", "5": "OTHER",
		"6": "LANGUAGE", "7": "BLOCKLIST", "8": "PROHIBITED_CONTENT", "9": "SPII", "10": "MALFORMED_FUNCTION_CALL",
		"11": "IMAGE_SAFETY", "12": "UNEXPECTED_TOOL_CALL",
	}
	blockNumbers = map[string]string{
		"0": "BLOCKED_REASON_UNSPECIFIED", "1": "SAFETY", "2": "OTHER", "3": "BLOCKLIST", "4": "PROHIBITED_CONTENT",
		"5": "IMAGE_SAFETY",
	}
)

func finishReason(word string) string { return named(finishNumbers, word) }
func blockReason(word string) string  { return named(blockNumbers, word) }

func named(names map[string]string, word string) string {
	if name, ok := names[word]; ok {
		return name
	}
	return word
}

// nativeFinish is the reason to finish that a caller of this dialect sees:
// Google's own, where it was Google who gave it and it means the same.
func nativeFinish(finish llm.Finish, native string) string {
	e, ok := endings[native]
	if plainStops[native] {
		e, ok = ending{finish: llm.FinishStop}, true
	}
	if ok && (e.finish == finish || e.finish == llm.FinishStop && finish == llm.FinishToolCalls) {
		return native
	}
	switch finish {
	case llm.FinishLength:
		return "MAX_TOKENS"
	case llm.FinishContentFilter:
		return "SAFETY"
	case llm.FinishError:
		return "OTHER"
	}
	return "STOP"
}

// plainStops are reasons of Google's which count as a stop.
var plainStops = map[string]bool{"OTHER": true, "NO_IMAGE": true, "IMAGE_OTHER": true, "FINISH_REASON_UNSPECIFIED": true}
