package routing

import (
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/llm"
)

// TestPrefer holds that a call begins where it is asked to, with the key it is
// asked to use, unless that is not ready.
func TestPrefer(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	keys := resilience.NewCredentials(3)
	plan, err := NewPlan(Config{
		Strategy: First,
		Retries:  3,
		Within:   30 * time.Second,
		Targets:  []Target{{Index: 10, Model: "m", Weight: 1}, {Index: 11, Model: "m", Weight: 1, Credentials: keys}},
		Fallbacks: []Target{
			{Index: 12, Model: "m"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	begin := func(target, key int) (*Run, Pick) {
		t.Helper()
		r := plan.Start(now, Need{}, nil)
		r.Prefer(target, key)
		pick, stop := r.Next(now, nil)
		if stop != nil {
			t.Fatal(stop)
		}
		return &r, pick
	}
	for _, key := range []int{0, 1, 2, 2, 1, 0} {
		r, pick := begin(11, key)
		if pick.Target != 11 || pick.Credential != key || pick.Why != WhyPreferred {
			t.Errorf("key %d: got %+v", key, pick)
		}
		r.End()
	}
	// A fallback too, after which there is nothing that came before it.
	r, pick := begin(12, 0)
	if pick.Target != 12 {
		t.Errorf("got %+v", pick)
	}
	r.End()
	for what, ask := range map[string][2]int{"no such target": {7, 0}, "no such key": {11, 3}, "no key": {11, -1}} {
		r, pick := begin(ask[0], ask[1])
		if pick.Target != 10 || pick.Why != WhyFirst {
			t.Errorf("%s: got %+v", what, pick)
		}
		r.End()
	}
	// After it all others are there, other keys of the same account first.
	r, _ = begin(11, 1)
	defer r.End()
	failed := &llm.Error{Status: 401, Class: llm.ClassCredential}
	pick, stop := r.Next(now, failed)
	if stop != nil || pick.Target != 11 || pick.Credential == 1 {
		t.Errorf("after a failure: %+v %v", pick, stop)
	}
	// A key that rests is not waited for.
	again, other := begin(11, 1)
	defer again.End()
	if other.Target != 10 {
		t.Errorf("with a key that rests: %+v", other)
	}
}
