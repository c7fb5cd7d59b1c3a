package routing

import (
	"time"

	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/llm"
)

const (
	// patience is how long a call waits for a key or for a provider that asks
	// for time. Rather than longer, it goes elsewhere.
	patience = 10 * time.Second
	// minLeft is how much of the plan's time an attempt after the first must
	// have left.
	minLeft = time.Second
)

// Why says what made an attempt the next one.
type Why uint8

// The reasons for an attempt.
const (
	// WhyFirst: the first of the call.
	WhyFirst Why = iota
	// WhyKey: another key of the same target.
	WhyKey
	// WhyTarget: another target of the model.
	WhyTarget
	// WhyRetry: the same target again.
	WhyRetry
	// WhyFallback: a fallback.
	WhyFallback
	// WhyPreferred: the first of a call that asked for the target.
	WhyPreferred
)

func (w Why) String() string {
	return [...]string{"first", "key", "target", "retry", "fallback", "preferred"}[min(w, WhyPreferred)]
}

// Pick is the next attempt.
type Pick struct {
	// Target is the target's own index.
	Target int
	// Credential is which of the provider's keys to use.
	Credential int
	// Wait is how long to wait before the attempt.
	Wait time.Duration
	// Attempt counts from 1.
	Attempt int
	// Why it is this one.
	Why Why
	// Probe is set when the attempt is to decide over a half-open breaker.
	Probe bool
}

// Run is one call's way through a plan. It is used by one goroutine and not
// copied once Next was called.
type Run struct {
	plan     *Plan
	need     Need
	rnd      func() float64
	deadline time.Time
	// Idempotent is set by the caller before a Next when the call may be made
	// twice, so that a timeout may be tried again at the same target.
	Idempotent bool

	// prefer is where the first attempt should go.
	prefer preference

	// list is where the next target comes from, and current where the last
	// attempt was made, -1 for none; both by the plan.
	list    int
	current int
	key     int
	// left are the targets that the call is through with, open and resting
	// those that were passed over.
	left, open, resting set
	// overflow is set when the prompt is too long for the usual targets.
	overflow bool
	// tried are the keys that failed at the current target, again is how often
	// it was tried once more with the same one.
	tried resilience.Tried
	again int

	attempts int
	permit   resilience.Permit
	running  bool      // Done has not been called for the last Next
	began    time.Time // the attempt, its wait not included
	counted  bool      // in its target's load
	retrying bool      // a retry of the budget is held
	ended    bool

	last *llm.Error
	// lastClass is that of the last failure, wait the longest that a provider
	// asked for.
	lastClass llm.Class
	wait      time.Duration
}

// Next names the next attempt, or the error for the caller. failed is how the
// last attempt ended; nil before the first. Do not call it after a success, nor
// once the caller has seen a part of the answer.
func (r *Run) Next(now time.Time, failed *llm.Error) (Pick, *llm.Error) {
	if r.running {
		r.Done(now, failed)
	}
	if r.attempts == 0 {
		if stop := r.filter(&r.need); stop != nil {
			return Pick{}, stop
		}
		return r.first(now)
	}
	if failed == nil {
		return Pick{}, notFailed
	}
	r.note(failed)
	if r.attempts > r.plan.retries || r.deadline.Sub(now) < minLeft {
		return r.stop(now)
	}
	policy := resilience.Policy(r.lastClass)
	switch policy.Fallback {
	case resilience.FallbackNone:
		return r.stop(now)
	case resilience.FallbackContext:
		return r.special(now, listContext)
	case resilience.FallbackPolicy:
		return r.special(now, listPolicy)
	}
	if pick, ok := r.further(now, policy); ok {
		return pick, nil
	}
	return r.stop(now)
}

// FirstToken tells that the target began to answer, which is the verdict on a
// probe. It may be called for every attempt.
func (r *Run) FirstToken(now time.Time) {
	r.permit.FirstToken(now)
	if r.running && r.need.Stream && !r.began.IsZero() {
		if l := r.plan.targets[r.current].Load; l != nil {
			l.answered(true, now.Sub(r.began))
		}
		r.began = time.Time{}
	}
}

// Done tells how an attempt ended; nil is a success. What broke off after a
// part was sent to the caller is told here as well.
func (r *Run) Done(now time.Time, failed *llm.Error) {
	if !r.running {
		return
	}
	r.running = false
	r.release()
	t := &r.plan.targets[r.current]
	r.leave(t)
	if failed == nil {
		if t.Load != nil && !r.need.Stream {
			t.Load.answered(false, now.Sub(r.began))
		}
		r.permit.Done(now, resilience.Success)
		if t.Credentials != nil {
			t.Credentials.Succeeded(now, r.key, t.Model)
		}
		return
	}
	class := resilience.Classify(failed)
	outcome := resilience.Neutral
	if resilience.Policy(class).Failure() {
		outcome = resilience.Failure
	}
	r.permit.Done(now, outcome)
	if t.Credentials != nil {
		t.Credentials.Failed(now, r.key, t.Model, class, failed.RetryAfter)
	}
}

// End gives back what the call still holds. It may be called more than once,
// and stands in a defer, so that a panic or a caller that leaves keeps no slot
// of a half-open breaker.
func (r *Run) End() {
	if r.ended {
		return
	}
	r.ended, r.running = true, false
	if r.current >= 0 {
		r.leave(&r.plan.targets[r.current])
	}
	r.permit.Done(time.Time{}, resilience.Neutral)
	r.release()
	if r.plan.budget != nil {
		r.plan.budget.End()
	}
}

// Passed tells of the plan's targets that were passed over because of their
// breaker or because their keys rest, for explanations.
func (r *Run) Passed(tell func(target int, open bool)) {
	for i := range r.plan.targets {
		if open := r.open.has(i); open || r.resting.has(i) {
			tell(r.plan.targets[i].Index, open)
		}
	}
}

// leave takes the attempt out of its target's load.
func (r *Run) leave(t *Target) {
	if r.counted {
		r.counted = false
		t.Load.calls.Add(-1)
	}
}

// afford takes a retry from the budget. Only attempts where the last one failed
// are retries: another target or a fallback adds nothing to the load on what is
// failing, and the caller was promised it.
func (r *Run) afford() bool {
	if r.plan.budget == nil {
		return true
	}
	r.retrying = r.plan.budget.Retry()
	return r.retrying
}

// release gives a retry back.
func (r *Run) release() {
	if r.retrying {
		r.retrying = false
		r.plan.budget.Release()
	}
}

// stop is the end of a call that failed: the last failure, as the caller sees
// it.
func (r *Run) stop(now time.Time) (Pick, *llm.Error) {
	r.release()
	e := resilience.ForCaller(r.last)
	if r.lastClass != llm.ClassRateLimit {
		return Pick{}, e
	}
	e.RetryAfter = max(e.RetryAfter, r.wait)
	if t := &r.plan.targets[r.current]; e.RetryAfter == 0 && t.Credentials != nil {
		e.RetryAfter = max(0, t.Credentials.Next(now, t.Model, 0).Wait)
	}
	return Pick{}, e
}

// notFailed is the answer to a Next after a success. A handler that calls it
// has a fault; sending the call again would be worse.
var notFailed = &llm.Error{Status: 500, Class: llm.ClassGateway, Type: "api_error", Code: "internal_error", Message: "the call has already been answered"}

func (r *Run) note(failed *llm.Error) {
	r.last, r.lastClass = failed, resilience.Classify(failed)
	if r.need.Explain != nil {
		why := r.lastClass.String()
		if failed.Reason != "" {
			why += ": " + failed.Reason
		}
		r.explain(r.current, Left, why)
	}
	if r.lastClass == llm.ClassRateLimit {
		r.wait = max(r.wait, failed.RetryAfter)
	}
}
