// Package ollama is the dialect of Ollama's own API, /api/chat, and, as a front
// alone, of /api/generate.
//
// A stream is a JSON object a line. Tool calls come whole, with arguments that
// are an object and often without an id; an error may come as a line of a stream
// that began well. Models whose template knows nothing of thinking write their
// thoughts between tags into the text, from where they are taken out.
//
// The wire format is described at https://docs.ollama.com/api.
package ollama

import "github.com/fairwaygw/fairway/llm"

// Dialect speaks /api/chat. It holds no state; its zero value is ready.
type Dialect struct{}

// Name is "ollama".
func (Dialect) Name() string { return "ollama" }

// FieldName returns the path of a field in a request. A field that the dialect
// does not have keeps its neutral name.
func (Dialect) FieldName(f llm.Field) string {
	if name, ok := fieldNames[f]; ok {
		return name
	}
	return string(f)
}

var fieldNames = map[llm.Field]string{
	llm.FieldImage:            "messages.images",
	llm.FieldReasoningHistory: "messages.thinking",
	llm.FieldOutput:           "format",
	llm.FieldReasoning:        "think",
	llm.FieldMaxTokens:        "options.num_predict",
	llm.FieldTemperature:      "options.temperature",
	llm.FieldTopP:             "options.top_p",
	llm.FieldTopK:             "options.top_k",
	llm.FieldFrequencyPenalty: "options.frequency_penalty",
	llm.FieldPresencePenalty:  "options.presence_penalty",
	llm.FieldSeed:             "options.seed",
	llm.FieldStop:             "options.stop",
}

// Interface guards.
var (
	_ llm.Dialect   = Dialect{}
	_ llm.Splitting = Dialect{}
)
