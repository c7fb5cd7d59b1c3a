package routing

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestNewPlan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Config{
		"no target":       {},
		"weights of 0":    {Targets: []Target{{}, {}}},
		"negative weight": {Targets: []Target{{Weight: -1}}},
		"too many":        {Targets: []Target{{Weight: 1}}, Fallbacks: make([]Target, MaxTargets)},
	} {
		if _, err := NewPlan(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	p := plan(t, Config{Targets: []Target{{Index: 1}, {Index: 2, Weight: 1}}, Retries: -1, Fallbacks: []Target{{Index: 3}}})
	if p.retries != DefaultRetries || p.within != DefaultWithin {
		t.Errorf("%+v", p)
	}
	if diff := cmp.Diff([]Target{{Index: 2, Weight: 1}, {Index: 3}}, p.targets, cmpopts.IgnoreFields(Target{}, "Breaker", "Credentials")); diff != "" {
		t.Error(diff)
	}
	// A model whose targets all have a weight of 0 lives on its fallbacks.
	only := plan(t, Config{Targets: []Target{{}}, Fallbacks: []Target{{Index: 7}}})
	if got := walk(only, nil); got[0] != "7/0 fallback" {
		t.Errorf("%v", got)
	}
}
