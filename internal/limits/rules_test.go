package limits

import (
	"slices"
	"testing"

	"github.com/fairwaygw/fairway/internal/platform"
)

// TestNames holds that plans and counters know the same limits.
func TestNames(t *testing.T) {
	t.Parallel()
	var names []string
	all := platform.Limits{Max: map[string]int64{}, Window: platform.WindowFixed}
	for _, k := range Kinds() {
		names = append(names, k.String())
		all.Max[k.String()] = int64(k) + 1
		if platform.IsCost(k.String()) != (k.Unit() == Cost) {
			t.Error(k, "is money to one of them only")
		}
	}
	if !slices.Equal(names, platform.LimitNames) {
		t.Error(names, platform.LimitNames)
	}
	rules := Rules(all)
	if len(rules) != len(names) || rules[3] != (Rule{Kind: RequestsPerDay, Window: Fixed, Max: 4}) {
		t.Error(rules)
	}
	if Rules(platform.Limits{Window: platform.WindowFixed}) != nil {
		t.Error("no limits are rules")
	}
}
