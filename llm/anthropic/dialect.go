// Package anthropic is the Messages dialect of Anthropic, as its API, the clouds
// that host its models and the vendors that took the format over speak it.
//
// As an upstream it writes what a model's generation takes: budgets of thinking
// or efforts, sampling parameters or none, structured output or a tool that
// stands in for it. It reads tool calls without arguments, thoughts that only
// their signature is left of, and blocks of server tools, which it keeps as they
// came. As a front it writes what Anthropic's own libraries expect: one block
// open at a time, and usage at the start and at the end.
//
// The wire format is described at https://platform.claude.com/docs/en/api/messages.
package anthropic

import "github.com/fairwaygw/fairway/llm"

// Dialect speaks Messages. It holds no state; its zero value is ready.
type Dialect struct{}

// Name is "anthropic".
func (Dialect) Name() string { return "anthropic" }

// FieldName returns the path of a field in a request. A field that the dialect
// does not have keeps its neutral name.
func (Dialect) FieldName(f llm.Field) string {
	if name, ok := fieldNames[f]; ok {
		return name
	}
	return string(f)
}

var fieldNames = map[llm.Field]string{
	llm.FieldImage:            "messages.content.image",
	llm.FieldDocument:         "messages.content.document",
	llm.FieldReasoningHistory: "messages.content.thinking",
	llm.FieldOpaque:           "messages.content",
	llm.FieldToolError:        "messages.content.is_error",
	llm.FieldHostedTool:       "tools",
	llm.FieldParallelTools:    "tool_choice.disable_parallel_tool_use",
	llm.FieldOutput:           "output_config.format",
	llm.FieldReasoning:        "thinking",
	llm.FieldStop:             "stop_sequences",
	llm.FieldUser:             "metadata.user_id",
}

// Interface guard.
var _ llm.Dialect = Dialect{}
