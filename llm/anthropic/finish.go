package anthropic

import "github.com/fairwaygw/fairway/llm"

// The words of the dialect for why an answer ended.
const (
	stopEndTurn   = "end_turn"
	stopMaxTokens = "max_tokens"
	stopSequence  = "stop_sequence"
	stopToolUse   = "tool_use"
	stopRefusal   = "refusal"
)

// finishes are Anthropic's reasons to stop. One that is not listed counts as a
// plain stop.
var finishes = map[string]llm.Finish{
	stopEndTurn:                     llm.FinishStop,
	stopSequence:                    llm.FinishStop,
	"pause_turn":                    llm.FinishStop,
	stopMaxTokens:                   llm.FinishLength,
	"model_context_window_exceeded": llm.FinishLength,
	"compaction":                    llm.FinishLength,
	stopToolUse:                     llm.FinishToolCalls,
	stopRefusal:                     llm.FinishContentFilter,
}

// finishOf tells why an answer ended; calls says whether there are tool calls
// for the caller to run.
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

// stopReason is the reason to stop that a caller of this dialect sees:
// Anthropic's own, where it was Anthropic who gave it and it means the same.
func stopReason(finish llm.Finish, native, sequence string) string {
	if f, ok := finishes[native]; ok && f == finish && (native != stopSequence || sequence != "") {
		return native
	}
	switch finish {
	case llm.FinishLength, llm.FinishError: // either way there was more to come
		return stopMaxTokens
	case llm.FinishToolCalls:
		return stopToolUse
	case llm.FinishContentFilter:
		return stopRefusal
	}
	if sequence != "" {
		return stopSequence
	}
	return stopEndTurn
}
