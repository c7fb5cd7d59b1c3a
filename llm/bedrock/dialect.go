// Package bedrock is the dialect of Amazon Bedrock's Converse API, which is the
// same for all models there, but for what stands in a document of its own for
// each vendor's: how to think, and how to choose among tokens.
//
// A stream is binary frames, each with checksums, a kind and a JSON object. Text
// blocks begin without an announcement, usage comes after the end of the
// message, and a failure in the middle is a frame of its own.
//
// The model and whether to stream stand in the URL of a call, never in its body
// or its answer, and are left to who serves it.
//
// The wire format is described at
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
// and https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html.
package bedrock

import "github.com/fairwaygw/fairway/llm"

// Dialect speaks Converse and ConverseStream. It holds no state; its zero value
// is ready.
type Dialect struct{}

// Name is "bedrock".
func (Dialect) Name() string { return "bedrock" }

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
	llm.FieldAudio:            "messages.content.audio",
	llm.FieldVideo:            "messages.content.video",
	llm.FieldReasoningHistory: "messages.content.reasoningContent",
	llm.FieldOpaque:           "messages.content",
	llm.FieldToolError:        "messages.content.toolResult.status",
	llm.FieldCacheControl:     "cachePoint",
	llm.FieldTools:            "toolConfig.tools",
	llm.FieldHostedTool:       "toolConfig.tools.systemTool",
	llm.FieldToolStrict:       "toolConfig.tools.toolSpec.strict",
	llm.FieldToolChoice:       "toolConfig.toolChoice",
	llm.FieldOutput:           "outputConfig.textFormat",
	llm.FieldReasoning:        "additionalModelRequestFields",
	llm.FieldMaxTokens:        "inferenceConfig.maxTokens",
	llm.FieldTemperature:      "inferenceConfig.temperature",
	llm.FieldTopP:             "inferenceConfig.topP",
	llm.FieldTopK:             "additionalModelRequestFields.top_k",
	llm.FieldStop:             "inferenceConfig.stopSequences",
	llm.FieldMetadata:         "requestMetadata",
	llm.FieldServiceTier:      "serviceTier",
}

// issuer marks what only Amazon's own tools and models understand.
const issuer = "aws"

// Interface guards.
var (
	_ llm.Dialect   = Dialect{}
	_ llm.Splitting = Dialect{}
)
