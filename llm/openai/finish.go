package openai

import "github.com/fairwaygw/fairway/llm"

// finishes are the words that vendors of this dialect use beside OpenAI's own.
// What is not listed counts as a plain stop.
var finishes = map[string]llm.Finish{
	"stop":                          llm.FinishStop,
	"eos":                           llm.FinishStop, // Together
	"eos_token":                     llm.FinishStop, // Hugging Face
	"stop_sequence":                 llm.FinishStop,
	"end_turn":                      llm.FinishStop,
	"length":                        llm.FinishLength,
	"max_tokens":                    llm.FinishLength,
	"model_length":                  llm.FinishLength, // Mistral
	"tool_calls":                    llm.FinishToolCalls,
	"tool_use":                      llm.FinishToolCalls,
	"function_call":                 llm.FinishToolCalls,
	"content_filter":                llm.FinishContentFilter,
	"error":                         llm.FinishError, // Mistral, OpenRouter
	"abort":                         llm.FinishError, // vLLM
	"insufficient_system_resource":  llm.FinishError, // DeepSeek
	"model_context_window_exceeded": llm.FinishLength,
	"sensitive":                     llm.FinishContentFilter, // Z.ai
	"network_error":                 llm.FinishError,         // Z.ai
}

// finishOf tells why an answer ended. A vendor may say "stop" where the model
// called a tool because it was forced to, or "tool_calls" where there is none
// for the caller to run, so calls says whether there are any.
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
