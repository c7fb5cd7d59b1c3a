package routing

import (
	"net/http"
	"time"

	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/llm"
)

// first finds the first attempt: a target that is ready, else a fallback that
// is, else the one whose keys are ready first.
func (r *Run) first(now time.Time) (Pick, *llm.Error) {
	if pick, ok := r.preferred(now); ok {
		return pick, nil
	}
	if r.overflow {
		if pick, ok := r.ordered(now, listContext); ok {
			return pick, nil
		}
		r.left = 0 // an estimate refuses nobody
	}
	if pick, ok := r.pool(now, WhyFirst); ok {
		return pick, nil
	}
	if pick, ok := r.ordered(now, listFallbacks); ok {
		return pick, nil
	}
	return r.await(now)
}

// further finds the attempt after a failure that others may not repeat. The
// order is that of the package's documentation.
func (r *Run) further(now time.Time, policy resilience.Consequence) (Pick, bool) {
	at := r.current
	if policy.Rotate && r.plan.targets[at].Credentials != nil {
		r.tried.Add(r.key)
		if pick, ok := r.enter(now, at, WhyKey, 0, 0); ok {
			return pick, true
		}
	}
	r.left.add(at)
	next := r.list
	if next == listTargets {
		if pick, ok := r.pool(now, WhyTarget); ok {
			return pick, true
		}
		next = listFallbacks
	}
	spare := r.attempts < r.plan.retries && r.again == 0 && r.lastClass != llm.ClassTransport
	if spare {
		if pick, ok := r.retry(now, at, policy); ok {
			return pick, true
		}
	}
	if pick, ok := r.ordered(now, next); ok {
		return pick, true
	}
	if spare {
		return Pick{}, false
	}
	return r.retry(now, at, policy)
}

// special goes on to the targets for a failure that all others would repeat.
func (r *Run) special(now time.Time, list int) (Pick, *llm.Error) {
	r.left.add(r.current)
	if r.plan.inOrder(r.plan.lists[list], r.left) < 0 {
		return r.stop(now)
	}
	if pick, ok := r.ordered(now, list); ok {
		return pick, nil
	}
	return r.stop(now)
}

// pool picks among the model's targets.
func (r *Run) pool(now time.Time, why Why) (Pick, bool) {
	without := r.left
	for {
		i := r.plan.choose(without, &r.need, r.rnd)
		if i < 0 {
			return Pick{}, false
		}
		if pick, ok := r.enter(now, i, why, 0, 0); ok {
			return pick, true
		}
		without.add(i)
	}
}

// ordered picks the first of a list that is ready, and stays with the list.
func (r *Run) ordered(now time.Time, list int) (Pick, bool) {
	span := r.plan.lists[list]
	for i := span.from; i < span.to; i++ {
		if r.left.has(i) {
			continue
		}
		if pick, ok := r.enter(now, i, WhyFallback, 0, 0); ok {
			r.list = list
			return pick, true
		}
	}
	return Pick{}, false
}

// retry tries the same target again, if the class of its failure allows it.
func (r *Run) retry(now time.Time, at int, policy resilience.Consequence) (Pick, bool) {
	switch policy.Retry {
	case resilience.RetryNever:
		return Pick{}, false
	case resilience.RetryOnce:
		if r.again > 0 {
			return Pick{}, false
		}
	case resilience.RetryIdempotent:
		if r.again > 0 || !r.Idempotent {
			return Pick{}, false
		}
	case resilience.RetryReady, resilience.RetryBackoff:
	}
	most := min(patience, r.deadline.Sub(now)-minLeft)
	wait := r.last.RetryAfter
	switch {
	case policy.Retry != resilience.RetryReady:
		wait = max(wait, resilience.Backoff(r.again, r.rnd))
	case r.plan.targets[at].Credentials != nil:
		wait = 0 // it is in the key's rest, and another key may be ready sooner
	}
	if wait > most || !r.afford() {
		return Pick{}, false
	}
	pick, ok := r.enter(now, at, WhyRetry, wait, most)
	if !ok {
		r.release()
	}
	return pick, ok
}

// enter makes an attempt at a target if its breaker and a key let it: after
// wait, or when a key is ready, but not after most.
func (r *Run) enter(now time.Time, i int, why Why, wait, most time.Duration) (Pick, bool) {
	t := &r.plan.targets[i]
	if t.drained() {
		r.skip(i, "drained")
		return Pick{}, false
	}
	key := 0
	if t.Credentials != nil {
		var tried resilience.Tried
		switch why {
		case WhyKey:
			tried = r.tried
		case WhyPreferred:
			tried = r.prefer.others
		}
		turn := t.Credentials.Next(now, t.Model, tried)
		if turn.Key < 0 || turn.Wait > most {
			if why != WhyKey {
				r.resting.add(i)
				r.skip(i, "its keys rest")
			}
			return Pick{}, false
		}
		key, wait = turn.Key, max(wait, turn.Wait)
	}
	var permit resilience.Permit
	if t.Breaker != nil {
		var ok bool
		if permit, ok = t.Breaker.Allow(now); !ok {
			r.open.add(i)
			r.skip(i, "its circuit breaker is open")
			return Pick{}, false
		}
	}
	switch why {
	case WhyRetry:
		r.again++
	case WhyKey:
	default:
		r.tried, r.again = 0, 0
	}
	r.current, r.key, r.permit, r.running = i, key, permit, true
	r.began = now.Add(wait)
	if t.Load != nil {
		r.counted = true
		t.Load.calls.Add(1)
	}
	r.attempts++
	r.explain(i, Taken, why.String())
	return Pick{Target: t.Index, Credential: key, Wait: wait, Attempt: r.attempts, Why: why, Probe: permit.Probe()}, true
}

func (r *Run) skip(i int, why string) { r.explain(i, Skipped, why) }

func (t *Target) drained() bool {
	return t.Load != nil && t.Load.Drained() != nil || t.Account != nil && t.Account.Drained() != nil
}

// await waits for the key that is ready first. When that takes too long, or
// every breaker is open, the caller is told when to come back.
func (r *Run) await(now time.Time) (Pick, *llm.Error) {
	var (
		most   = min(patience, r.deadline.Sub(now)-minLeft)
		soon   = time.Duration(-1) // until anything is ready
		open   = false
		first  = -1
		resume resilience.Turn // of the first
	)
	for i := range r.plan.lists[listFallbacks].to {
		t := &r.plan.targets[i]
		if t.drained() || r.left.has(i) {
			continue
		}
		wait := time.Duration(0)
		if t.Breaker != nil {
			wait = t.Breaker.RetryIn(now)
		}
		closed := wait == 0
		open = open || !closed
		var turn resilience.Turn
		if t.Credentials != nil {
			turn = t.Credentials.Next(now, t.Model, 0)
			wait = max(wait, turn.Wait)
		}
		if soon < 0 || wait < soon {
			soon = wait
		}
		if closed && (first < 0 || turn.Wait < resume.Wait) {
			first, resume = i, turn
		}
	}
	if first < 0 {
		return unavailable(max(soon, 0))
	}
	if resume.Wait <= most {
		why := WhyFirst
		if first >= r.plan.lists[listTargets].to {
			why, r.list = WhyFallback, listFallbacks
		}
		if pick, ok := r.enter(now, first, why, 0, most); ok {
			return pick, nil
		}
	}
	if resume.Class == llm.ClassNone || open && resume.Class != llm.ClassRateLimit {
		return unavailable(soon)
	}
	e := resilience.ForCaller(&llm.Error{Class: resume.Class})
	e.RetryAfter = soon
	return Pick{}, e
}

func unavailable(soon time.Duration) (Pick, *llm.Error) {
	return Pick{}, &llm.Error{
		Status: http.StatusServiceUnavailable, Class: llm.ClassGateway, Type: "api_error",
		Code: "all_upstreams_unavailable", Message: "no provider of the model is available", RetryAfter: soon,
	}
}
