package cohere

import "github.com/fairwaygw/fairway/llm"

// finishes are Cohere's reasons to finish. What is not listed counts as a plain
// stop.
var finishes = map[string]llm.Finish{
	"COMPLETE":      llm.FinishStop,
	"STOP_SEQUENCE": llm.FinishStop,
	"MAX_TOKENS":    llm.FinishLength,
	"TOOL_CALL":     llm.FinishToolCalls,
	"ERROR_TOXIC":   llm.FinishContentFilter,
	"ERROR":         llm.FinishError,
	"ERROR_LIMIT":   llm.FinishError,
	"TIMEOUT":       llm.FinishError,
}

// finishOf tells why an answer ended; calls says whether it has tool calls.
func finishOf(native string, calls bool) llm.Finish {
	f, ok := finishes[native]
	if !ok {
		f = llm.FinishStop
	}
	switch {
	case f == llm.FinishStop && calls:
		return llm.FinishToolCalls
	case f == llm.FinishToolCalls && !calls:
		return llm.FinishStop
	}
	return f
}

// nativeFinish is the reason to finish that a caller of this dialect sees:
// Cohere's own, where it was Cohere who gave it and it means the same.
func nativeFinish(finish llm.Finish, native string) string {
	if f, ok := finishes[native]; ok && f == finish {
		return native
	}
	switch finish {
	case llm.FinishLength:
		return "MAX_TOKENS"
	case llm.FinishToolCalls:
		return "TOOL_CALL"
	case llm.FinishContentFilter:
		return "ERROR_TOXIC"
	case llm.FinishError:
		return "ERROR"
	}
	return "COMPLETE"
}
