package ollama

import "github.com/fairwaygw/fairway/llm"

// finishOf tells why an answer ended; calls says whether it has tool calls, for
// which Ollama has no reason of their own. A model that was only loaded or
// unloaded has stopped as well.
func finishOf(native string, calls bool) llm.Finish {
	switch {
	case native == "length":
		return llm.FinishLength
	case native == "error":
		return llm.FinishError
	case calls:
		return llm.FinishToolCalls
	}
	return llm.FinishStop
}

// nativeFinish is the reason to finish that a caller of this dialect sees.
func nativeFinish(finish llm.Finish) string {
	if finish == llm.FinishLength {
		return "length"
	}
	return "stop"
}
