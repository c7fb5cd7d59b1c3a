// Package responses is OpenAI's Responses API, as OpenAI, the clouds that host
// its models and the servers that took the API over speak it.
//
// As an upstream it reads what those really send: items that are told by their
// last event only, ids that change from event to event, a final answer without
// the items that were streamed, reasoning as summary or in full, and the items
// of hosted tools, which it keeps as they came. It keeps no state at the
// provider: unless the caller asks for it, answers are not stored, and reasoning
// comes encrypted, to be sent back. As a front it writes what OpenAI's own
// libraries and Codex expect: every named event, in order, and the whole answer
// at the end.
//
// The wire format is described at
// https://platform.openai.com/docs/api-reference/responses.
package responses

import "github.com/fairwaygw/fairway/llm"

// Dialect speaks Responses. It holds no state; its zero value is ready.
type Dialect struct{}

// Name is "responses".
func (Dialect) Name() string { return "responses" }

// FieldName returns the path of a field in a request. A field that the dialect
// does not have keeps its neutral name.
func (Dialect) FieldName(f llm.Field) string {
	if name, ok := fieldNames[f]; ok {
		return name
	}
	return string(f)
}

var fieldNames = map[llm.Field]string{
	llm.FieldName:             "input.name",
	llm.FieldImage:            "input.content.input_image",
	llm.FieldDocument:         "input.content.input_file",
	llm.FieldAudio:            "input.content.input_audio",
	llm.FieldVideo:            "input.content",
	llm.FieldReasoningHistory: "input.reasoning",
	llm.FieldOpaque:           "input",
	llm.FieldCacheControl:     "input.content.prompt_cache_breakpoint",
	llm.FieldHostedTool:       "tools",
	llm.FieldOutput:           "text.format",
	llm.FieldReasoning:        "reasoning",
	llm.FieldMaxTokens:        "max_output_tokens",
	llm.FieldLogProbs:         "include",
	llm.FieldVerbosity:        "text.verbosity",
}

// issuerItems marks what only the Responses API knows: hosted tools and their
// items. It is not [llm.IssuerOpenAI], under which chat completions have custom
// tools, in a form of their own.
const issuerItems = "openai_responses"

// Interface guard.
var _ llm.Dialect = Dialect{}
