package routing

import (
	"time"

	"github.com/fairwaygw/fairway/internal/resilience"
)

// preference is a target and a key to begin with.
type preference struct {
	// at is the target's place in the plan plus one; 0 is none.
	at int
	// others are the keys that are not meant.
	others resilience.Tried
}

// Prefer makes a target, given by its own index, the first attempt, with one of
// its provider's keys, if both are ready: it has something that the others do
// not. It is called before the first Next. Fallbacks count, but not those for
// failures of a special kind.
func (r *Run) Prefer(target, key int) {
	for i := range r.plan.lists[listFallbacks].to {
		t := &r.plan.targets[i]
		if t.Index != target {
			continue
		}
		if t.Credentials != nil {
			if key < 0 || key >= t.Credentials.Len() {
				return
			}
			for other := range t.Credentials.Len() {
				if other != key {
					r.prefer.others.Add(other)
				}
			}
		}
		r.prefer.at = i + 1
		return
	}
}

// preferred is the attempt that Prefer has asked for.
func (r *Run) preferred(now time.Time) (Pick, bool) {
	i := r.prefer.at - 1
	if i < 0 || r.left.has(i) {
		return Pick{}, false
	}
	pick, ok := r.enter(now, i, WhyPreferred, 0, 0)
	if ok && i >= r.plan.lists[listTargets].to {
		r.list = listFallbacks
	}
	return pick, ok
}
