package resilience

import (
	"time"

	"github.com/fairwaygw/fairway/llm"
)

// Retry says whether the same key may be tried again at the same target.
type Retry uint8

// The ways to try again.
const (
	// RetryNever: the same would happen again, or would be paid for twice.
	RetryNever Retry = iota
	// RetryBackoff: after a random wait, or the one that the provider asks for.
	RetryBackoff
	// RetryReady: when the key's rest is over.
	RetryReady
	// RetryOnce: after a random wait, one time.
	RetryOnce
	// RetryIdempotent: once, if the call may be made twice: the first may have
	// been answered, and paid for.
	RetryIdempotent
)

// Fallback says which targets may take over.
type Fallback uint8

// The lists of targets that may take over.
const (
	// FallbackNone: the caller must change the request.
	FallbackNone Fallback = iota
	// FallbackAny: the model's other targets, then its fallbacks.
	FallbackAny
	// FallbackContext: the targets for prompts that are too long.
	FallbackContext
	// FallbackPolicy: the targets for prompts that a filter stopped.
	FallbackPolicy
)

// Cooldown says what is left alone for a while.
type Cooldown uint8

// What may be left alone.
const (
	// CooldownNone: nothing.
	CooldownNone Cooldown = iota
	// CooldownKey: the key, for every model, until it is known to work.
	CooldownKey
	// CooldownKeyModel: the key, for this model.
	CooldownKeyModel
	// CooldownTarget: the model at this provider. It is kept by key, for another
	// key may belong to another place.
	CooldownTarget
	// CooldownBreaker: the target, once its breaker has counted enough.
	CooldownBreaker
)

// Consequence is what follows from a failure.
type Consequence struct {
	Retry Retry
	// Rotate: another key may have success.
	Rotate   bool
	Fallback Fallback
	Cooldown Cooldown
	// Rest is how long the cool-down lasts when the provider does not say; 0
	// where it grows with each failure in a row.
	Rest time.Duration
}

// Failure reports whether a breaker counts the failure. What it does not count
// says nothing about the target's health.
func (c Consequence) Failure() bool { return c.Cooldown == CooldownBreaker }

// accessRest is how long a model is left alone that a key may not use. New
// deployments take minutes, and asking again is cheap.
const accessRest = time.Minute

// consequences is the table, by class.
var consequences = [...]Consequence{
	llm.ClassNone:          {},
	llm.ClassClientCancel:  {},
	llm.ClassTransport:     {Retry: RetryBackoff, Fallback: FallbackAny, Cooldown: CooldownBreaker},
	llm.ClassTimeout:       {Retry: RetryIdempotent, Fallback: FallbackAny, Cooldown: CooldownBreaker},
	llm.ClassQuota:         {Rotate: true, Fallback: FallbackAny, Cooldown: CooldownKey},
	llm.ClassRateLimit:     {Retry: RetryReady, Rotate: true, Fallback: FallbackAny, Cooldown: CooldownKeyModel},
	llm.ClassOverloaded:    {Retry: RetryBackoff, Fallback: FallbackAny, Cooldown: CooldownBreaker},
	llm.ClassContextWindow: {Fallback: FallbackContext},
	llm.ClassContentPolicy: {Fallback: FallbackPolicy},
	llm.ClassCredential:    {Rotate: true, Fallback: FallbackAny, Cooldown: CooldownKey},
	llm.ClassRegion:        {Rotate: true, Fallback: FallbackAny, Cooldown: CooldownTarget, Rest: accessRest},
	llm.ClassModelAccess:   {Rotate: true, Fallback: FallbackAny, Cooldown: CooldownKeyModel, Rest: accessRest},
	llm.ClassCallerFault:   {},
	llm.ClassBadOutput:     {Retry: RetryOnce, Fallback: FallbackAny, Cooldown: CooldownBreaker},
	llm.ClassServer:        {Retry: RetryBackoff, Fallback: FallbackAny, Cooldown: CooldownBreaker},
	llm.ClassUnknown:       {Fallback: FallbackAny},
	llm.ClassGateway:       {},
}

// Policy says what follows from a class of failures.
func Policy(c llm.Class) Consequence {
	if int(c) < len(consequences) {
		return consequences[c]
	}
	return consequences[llm.ClassUnknown]
}
