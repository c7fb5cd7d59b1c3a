// Package cohere is the dialect of Cohere's second chat API, /v2/chat.
//
// A stream is events that open, continue and close blocks of content, tool calls
// and citations, which are numbered each by themselves. What a model means to do
// with its tools it may say in a plan beside its text, which counts as reasoning
// here. Usage is told twice, as what was counted and as what is billed; the
// second is what calls are accounted by.
//
// The wire format is described at https://docs.cohere.com/reference/chat.
package cohere

import "github.com/fairwaygw/fairway/llm"

// Dialect speaks /v2/chat. It holds no state; its zero value is ready.
type Dialect struct{}

// Name is "cohere".
func (Dialect) Name() string { return "cohere" }

// FieldName returns the path of a field in a request. A field that the dialect
// does not have keeps its neutral name.
func (Dialect) FieldName(f llm.Field) string {
	if name, ok := fieldNames[f]; ok {
		return name
	}
	return string(f)
}

var fieldNames = map[llm.Field]string{
	llm.FieldImage:            "messages.content.image_url",
	llm.FieldReasoningHistory: "messages.content.thinking",
	llm.FieldToolStrict:       "strict_tools",
	llm.FieldReasoning:        "thinking",
	llm.FieldTopP:             "p",
	llm.FieldTopK:             "k",
	llm.FieldStop:             "stop_sequences",
}

// Interface guards.
var (
	_ llm.Dialect     = Dialect{}
	_ llm.Passthrough = Dialect{}
)
