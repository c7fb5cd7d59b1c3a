// Package gemini is Google's generateContent dialect, as the Gemini API of AI
// Studio and Vertex AI speak it.
//
// As an upstream it reads streams of server-sent events and streams that are
// one JSON array, enumerations written as names or as numbers, and answers that
// have no candidate because the prompt was blocked. What a model's generation
// lacks is converted or reported: schemas for the models before 2.5, thinking
// budgets before 3, signatures that a Gemini 3 model asks for. As a front it
// takes field names in camelCase and in snake_case, as Google does.
//
// The model and whether to stream stand in the URL of a call, never in its
// body, and are left to who serves it.
//
// The wire format is described at https://ai.google.dev/api/generate-content
// and https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference.
package gemini

import "github.com/fairwaygw/fairway/llm"

// Dialect speaks generateContent and streamGenerateContent. It holds no state;
// its zero value is ready.
type Dialect struct{}

// Name is "gemini".
func (Dialect) Name() string { return "gemini" }

// FieldName returns the path of a field in a request. A field that the dialect
// does not have keeps its neutral name.
func (Dialect) FieldName(f llm.Field) string {
	if name, ok := fieldNames[f]; ok {
		return name
	}
	return string(f)
}

var fieldNames = map[llm.Field]string{
	llm.FieldImage:            "contents.parts.inlineData",
	llm.FieldDocument:         "contents.parts.inlineData",
	llm.FieldAudio:            "contents.parts.inlineData",
	llm.FieldVideo:            "contents.parts.inlineData",
	llm.FieldReasoningHistory: "contents.parts.thought",
	llm.FieldOpaque:           "contents.parts",
	llm.FieldToolError:        "contents.parts.functionResponse.response.error",
	llm.FieldTools:            "tools.functionDeclarations",
	llm.FieldHostedTool:       "tools",
	llm.FieldToolChoice:       "toolConfig.functionCallingConfig",
	llm.FieldOutput:           "generationConfig.responseJsonSchema",
	llm.FieldReasoning:        "generationConfig.thinkingConfig",
	llm.FieldMaxTokens:        "generationConfig.maxOutputTokens",
	llm.FieldTemperature:      "generationConfig.temperature",
	llm.FieldTopP:             "generationConfig.topP",
	llm.FieldTopK:             "generationConfig.topK",
	llm.FieldFrequencyPenalty: "generationConfig.frequencyPenalty",
	llm.FieldPresencePenalty:  "generationConfig.presencePenalty",
	llm.FieldSeed:             "generationConfig.seed",
	llm.FieldN:                "generationConfig.candidateCount",
	llm.FieldStop:             "generationConfig.stopSequences",
	llm.FieldLogProbs:         "generationConfig.responseLogprobs",
	llm.FieldTopLogProbs:      "generationConfig.logprobs",
	llm.FieldModalities:       "generationConfig.responseModalities",
	llm.FieldMetadata:         "labels",
	llm.FieldServiceTier:      "serviceTier",
}

// Interface guard.
var _ llm.Dialect = Dialect{}
