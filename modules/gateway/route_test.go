package gateway

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// names are the targets of a route, in its order.
func names(r *Route) (list []string) {
	for _, t := range r.targets {
		list = append(list, t.Name)
	}
	return list
}

const chain = `{"providers":{"sim":{"type":"simulator"}},"models":{
	"a":{"targets":[{"target":"sim/a1","weight":3},{"target":"sim/a0","weight":0},{"target":"sim/a2"}],"fallbacks":["b","sim/z","a2"]},
	"b":{"targets":[{"target":"sim/b1"},{"target":"sim/b0","weight":0},{"target":"sim/a1"}],"fallbacks":["c"],"strategy":"first"},
	"c":{"targets":[{"target":"sim/c1"}],"fallbacks":["sim/z","sim/y"]},
	"a2":{"targets":[{"target":"sim/c1"},{"target":"sim/x"}]}
}}`

// TestFallbacksAreFlattened holds that a fallback that is a model stands for its
// targets and then its own fallbacks, that each target comes once, and that
// those of weight 0 never do.
func TestFallbacksAreFlattened(t *testing.T) {
	t.Parallel()
	a := provisioned(t, chain, "unused")
	for model, want := range map[string][]string{
		"a":  {"sim/a1", "sim/a2", "sim/b1", "sim/c1", "sim/z", "sim/y", "sim/x"},
		"b":  {"sim/b1", "sim/a1", "sim/c1", "sim/z", "sim/y"},
		"c":  {"sim/c1", "sim/z", "sim/y"},
		"a2": {"sim/c1", "sim/x"},
	} {
		if diff := cmp.Diff(want, names(a.Resolve(model))); diff != "" {
			t.Errorf("%s: %s", model, diff)
		}
	}
	if r := a.Resolve("a"); !cmp.Equal(r.weights, []int{3, 1}) {
		t.Errorf("the weights are %v", r.weights)
	}
	if a.Resolve("a").targets[3] != a.Resolve("c").targets[0] {
		t.Error("one target is there twice")
	}
}

func TestTooManyTargetsAreRefused(t *testing.T) {
	t.Parallel()
	targets := make([]string, 33)
	for i := range targets {
		targets[i] = fmt.Sprintf(`{"target":"sim/%%s%d"}`, i)
	}
	list := strings.Join(targets, ",")
	config := fmt.Sprintf(`{"providers":{"sim":{"type":"simulator"}},"models":{"a":{"targets":[%s],"fallbacks":["b"]},"b":{"targets":[%s]}}}`,
		strings.ReplaceAll(list, "%s", "a"), strings.ReplaceAll(list, "%s", "b"))
	err := provision(t, configured(t, config, "unused"))
	if err == nil || !strings.Contains(err.Error(), "models.a: ") || !strings.Contains(err.Error(), "66") {
		t.Errorf("got %v", err)
	}
}

func TestPrices(t *testing.T) {
	t.Parallel()
	a := provisioned(t, `{"providers":{
			"openai":{"type":"openai_compatible","base_url":"http://127.0.0.1:9/v1","vendor":"openai"},
			"house":{"type":"openai_compatible","base_url":"http://127.0.0.1:9/v1"}
		},
		"expose":["openai/*","house/*"],
		"prices":{"openai/gpt-4o":{"input":"1","output":"2"},"house/qwen":{"input":"0"}}
	}`, "unused")
	for name, version := range map[string]string{
		"openai/gpt-4o":      "override/",
		"openai/gpt-4o-mini": "models.dev/",
		"openai/house-model": "",
		"house/qwen":         "override/",
		"house/gpt-4o-mini":  "",
	} {
		target, err := a.table.Load().exposed[0].builder.newTarget(name)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case version == "" && target.Price != nil:
			t.Errorf("%s: got the price %s", name, target.Price.Version)
		case version != "" && (target.Price == nil || !strings.HasPrefix(target.Price.Version, version)):
			t.Errorf("%s: got %+v", name, target.Price)
		}
		if vendor := strings.HasPrefix(name, "openai/gpt-4o"); target.Facts.Known != vendor {
			t.Errorf("%s: the facts are %+v", name, target.Facts)
		}
	}
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	a := provisioned(t, `{"providers":{"sim":{"type":"simulator"}},"models":{
		"plain":{"targets":[{"target":"sim/a"}]},
		"some":{"targets":[{"target":"sim/a"}],"timeout":{"idle":"1s"},"retry":{"within":"2s"}},
		"all":{"targets":[{"target":"sim/a"}],"timeout":{"connect":"1s","first_event":"2s","idle":"3s","total":"4s"},"retry":{"retries":0}}
	}}`, "unused")
	usual := Timeouts{Connect: 5 * time.Second, FirstEvent: time.Minute, Idle: 2 * time.Minute, Total: 10 * time.Minute, StreamTotal: 30 * time.Minute}
	some := usual
	some.Idle = time.Second
	for model, want := range map[string]struct {
		timeouts Timeouts
		retries  int
		within   time.Duration
	}{
		"plain": {usual, 2, 30 * time.Second},
		"some":  {some, 2, 2 * time.Second},
		"all":   {Timeouts{time.Second, 2 * time.Second, 3 * time.Second, 4 * time.Second, 4 * time.Second}, 0, 30 * time.Second},
	} {
		if r := a.Resolve(model); r.Timeout != want.timeouts || r.retries != want.retries || r.within != want.within {
			t.Errorf("%s: got %+v, %d within %s", model, r.Timeout, r.retries, r.within)
		}
	}
}
