package llm

// Field names a part of a request that a dialect may lack. Its text is the
// name in the OpenAI chat dialect, which is the one most callers know.
type Field string

// The fields that an upstream dialect may be unable to carry.
const (
	FieldName             Field = "messages.name"
	FieldImage            Field = "messages.image"
	FieldImageDetail      Field = "messages.image.detail"
	FieldDocument         Field = "messages.file"
	FieldAudio            Field = "messages.audio"
	FieldVideo            Field = "messages.video"
	FieldReasoningHistory Field = "messages.reasoning"
	FieldOpaque           Field = "messages.opaque"
	FieldToolError        Field = "messages.tool_error"
	FieldCacheControl     Field = "cache_control"
	FieldTools            Field = "tools"
	FieldHostedTool       Field = "tools.hosted"
	FieldToolStrict       Field = "tools.strict"
	FieldToolChoice       Field = "tool_choice"
	FieldParallelTools    Field = "parallel_tool_calls"
	FieldOutput           Field = "response_format"
	FieldReasoning        Field = "reasoning_effort"
	FieldMaxTokens        Field = "max_tokens"
	FieldTemperature      Field = "temperature"
	FieldTopP             Field = "top_p"
	FieldTopK             Field = "top_k"
	FieldFrequencyPenalty Field = "frequency_penalty"
	FieldPresencePenalty  Field = "presence_penalty"
	FieldSeed             Field = "seed"
	FieldN                Field = "n"
	FieldStop             Field = "stop"
	FieldLogProbs         Field = "logprobs"
	FieldTopLogProbs      Field = "top_logprobs"
	FieldLogitBias        Field = "logit_bias"
	FieldUser             Field = "user"
	FieldMetadata         Field = "metadata"
	FieldServiceTier      Field = "service_tier"
	FieldModalities       Field = "modalities"
	FieldVerbosity        Field = "verbosity"
)
