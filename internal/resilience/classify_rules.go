package resilience

import (
	"regexp"

	"github.com/fairwaygw/fairway/llm"
)

// Ranges of statuses that several rows name.
var (
	inAnswer    = statuses{{0, 299}}       // the error came in the place of an answer
	callerSide  = statuses{{400, 499}}     //
	serverSide  = statuses{{500, 599}}     //
	notServer   = inAnswer.and(callerSide) // what a busy server says of money or keys is not believed
	notRefused  = statuses{{0, 599}}.but(401, 403)
	badRequest  = inAnswer.and(only(400, 413, 422))
	filtered    = inAnswer.and(only(400, 403, 422, 451))
	withoutText = only(400, 409, 415, 422) // are the caller's fault only if the provider says how
)

// rules are tried in order, and the first that matches decides. What says much
// stands before what says little: a vendor's code, then the phrases, then the
// status alone.
var rules = []rule{
	// An account without money. Gemini's "exceeded your current quota" is a rate
	// limit, so the phrase is not here.
	{class: llm.ClassQuota, status: only(402)},
	{class: llm.ClassQuota, status: notServer, words: named(
		"insufficient_quota", "insufficient_balance", "insufficient_credits", "exceeded_current_quota_error", // OpenAI, Moonshot
		"billing_error", "billing_not_active", "billing_hard_limit_reached", "payment_required", "402", "Arrearage")},
	{class: llm.ClassQuota, status: notServer, without: []string{"per minute", "per second"}, phrases: []string{
		"credit balance", "spend limit", "spending limit", "usage limit", "prepayment credits", "requires billing",
		"key limit exceeded", "insufficient balance", "insufficient credits", "requires more credits", "out of extra usage",
	}},

	// The provider's filter.
	{class: llm.ClassContentPolicy, words: named(
		"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation", "content_filtered",
		"moderation_blocked", "data_inspection_failed", "PROHIBITED_CONTENT")},
	{class: llm.ClassContentPolicy, status: filtered, phrases: []string{
		"content filtering policy", "content management policy", "safety system", "response was blocked", "prompt was blocked",
		"blockreason", "input was flagged", "violates usage guidelines", "content exists risk", "inappropriate content",
	}},

	// Too many calls, said by name. A key that is refused is no busy key.
	{class: llm.ClassOverloaded, words: named("engine_overloaded_error", "ModelNotReadyException")},
	{class: llm.ClassOverloaded, status: inAnswer.and(only(429), serverSide), phrases: []string{
		"model is overloaded", "currently overloaded", "model is currently loading",
	}},
	{class: llm.ClassRateLimit, status: notRefused, words: named(
		"rate_limit_exceeded", "rate_limit_error", "RateLimitReached", "rate_limited", "RESOURCE_EXHAUSTED", "Throttling*",
		"TooManyRequests*", "ServiceQuotaExceededException", "429")},

	// A prompt too long for the model.
	{class: llm.ClassContextWindow, words: named(
		"context_length_exceeded", "exceed_context_size_error", "too_many_prompt_tokens", "TOO_MANY_TOKENS", "context_window_exceeded")},
	{class: llm.ClassContextWindow, status: badRequest, unless: named("string_above_max_length"), phrases: []string{
		"maximum context length", "max context length", "prompt is too long", "prompt too long", "prompt: length",
		"maximum prompt length", "prompt exceeds max length", "input tokens exceed", "exceeds the maximum number of tokens",
		"exceed context limit", "exceeds the context window", "context window exceeds", "available context size",
		"input is too long", "too many tokens", "too many input tokens", "exceeded model token limit",
		"input token length too long", "range of input length", "`` tokens + `` must be",
	}},

	// A place that is not served.
	{class: llm.ClassRegion, status: only(451)},
	{class: llm.ClassRegion, status: notServer, words: named("unsupported_country_region_territory")},
	{class: llm.ClassRegion, status: notServer, phrases: []string{
		"not supported in your country", "not supported in your region", "not available in your country", "not available in your region",
		"location is not supported", "country, region, or territory not supported", "unsupported countries, regions",
	}},

	// A model that does not exist, or not for this key.
	{class: llm.ClassModelAccess, status: notServer, words: named(
		"model_not_found", "DeploymentNotFound", "invalid_model", "unknown_model", "model_not_supported", "model_not_available",
		"model_decommissioned", "model_terms_required", "model_permission_blocked*", "ModelNotFound*", "ResourceNotFoundException")},
	{class: llm.ClassModelAccess, status: notServer, phrases: []string{
		"access to the model", "access to model", "model access is denied", "or it may not exist", "on-demand throughput",
		"inference profile", "foundation-model/", "terms acceptance", "accept the terms", "must be verified to use the model",
		"model identifier is invalid", "not a valid model", "invalid model", "unknown model", "supported models are", "gated repo",
	}},
	{class: llm.ClassModelAccess, status: notServer, pattern: missingModel},
	{class: llm.ClassModelAccess, status: only(410)},

	// A key that is not accepted. xAI and Gemini say so with a 400.
	{class: llm.ClassOverloaded, status: only(498), phrases: []string{"capacity exceeded"}}, // Groq's flexible tier
	{class: llm.ClassCredential, status: only(401, 403, 407, 498)},
	{class: llm.ClassCredential, status: notServer, words: named(
		"authentication_error", "permission_error", "UNAUTHENTICATED", "PERMISSION_DENIED", "invalid_api_key", "API_KEY_INVALID",
		"API_KEY_EXPIRED", "API_KEY_SERVICE_BLOCKED", "SERVICE_DISABLED", "UnrecognizedClient*", "InvalidSignature*",
		"IncompleteSignature*", "ExpiredToken*", "MissingAuthenticationToken*", "InvalidClientTokenId", "AccessDeniedException", "401")},
	{class: llm.ClassCredential, status: notServer, phrases: []string{
		"api key not valid", "api key expired", "incorrect api key", "invalid api key", "invalid api token", "invalid x-api-key",
	}},

	// What the caller referred to and is not there; any other 404 is about the model.
	{class: llm.ClassCallerFault, status: only(404), words: named("previous_response_not_found")},
	{class: llm.ClassCallerFault, status: only(404), pattern: missingThing},
	{class: llm.ClassModelAccess, status: only(404)},

	// Too many calls, by the status.
	{class: llm.ClassRateLimit, status: only(429)},
	{class: llm.ClassRateLimit, status: inAnswer.and(only(500, 502)), phrases: []string{"rate limit exceeded", "rate limit reached", "too many requests"}},

	// A deadline of the provider's.
	{class: llm.ClassTimeout, status: only(408, 504)},
	{class: llm.ClassTimeout, words: named("ModelTimeout*", "DEADLINE_EXCEEDED", "timeout_error", "request_timeout")},

	// A busy provider; 520 to 524 are Cloudflare's, in front of one that does not answer.
	{class: llm.ClassOverloaded, status: only(503, 529).and(statuses{{520, 524}})},
	{class: llm.ClassOverloaded, words: named(
		"overloaded_error", "overloaded", "UNAVAILABLE", "unavailable_error", "ServiceUnavailable*", "server_is_overloaded", "slow_down")},

	// A model that made nonsense of a tool or a schema.
	{class: llm.ClassBadOutput, words: named("tool_use_failed", "json_validate_failed", "INVALID_TOOL_GENERATION", "ModelStreamErrorException")},

	// A request that is wrong. llama.cpp blames itself for some of them, and
	// callers must not be able to open a breaker with those.
	{class: llm.ClassCallerFault, status: only(500), phrases: []string{
		"image input is not supported", "audio input is not supported", "cannot use both json_schema and grammar",
	}},
	{class: llm.ClassCallerFault, status: only(413)},
	{class: llm.ClassUnknown, status: withoutText, silent: true},
	{class: llm.ClassCallerFault, status: withoutText},
	{class: llm.ClassCallerFault, status: inAnswer, words: named(
		"invalid_request_error", "INVALID_ARGUMENT", "FAILED_PRECONDITION", "ValidationException", "BAD_REQUEST", "invalid_prompt")},

	// A provider that failed.
	{class: llm.ClassServer, status: only(424)}, // a model server behind Bedrock or Hugging Face
	{class: llm.ClassServer, status: serverSide.but(501)},
	{class: llm.ClassServer, status: statuses{{300, 399}}},
	{class: llm.ClassServer, status: inAnswer, words: named(
		"server_error", "api_error", "internal_error", "internal_server_error", "INTERNAL", "InternalServerException", "InternalFailure",
		"ModelErrorException", "500", "502")},
	{class: llm.ClassBadOutput, status: inAnswer},
}

var (
	// missingModel is how vendors say that a model is not there. The name may
	// be quoted, and is then empty here. The pattern begins with plain text,
	// which is found fast.
	missingModel = regexp.MustCompile(`model(?::? \S{1,128} (?:(?:does not|doesn't|did not) exist|(?:was |is )?not found|is not (?:a valid|available|supported|accessible)|(?:has been|was|is) (?:deprecated|removed|decommissioned|retired))| (?:does not exist|not found|not exist|is not supported\b))`)
	// missingThing is what callers refer to by an id.
	missingThing = regexp.MustCompile(`\b(?:response|item|file|conversation|container|vector store|batch|cached ?content|assistant|thread)\b.{0,160}\b(?:not found|does not exist|no longer exists)`)
)
