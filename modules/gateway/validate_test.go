package gateway

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/internal/ledger"
)

// some is a configuration that is well, but for what a case adds to it.
const some = `{"providers":{"sim":{"type":"simulator"},"other":{"type":"simulator"}},`

func TestProblems(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 201)
	for _, c := range []struct {
		name, config string
		// want are the problems as "path: message".
		want []string
	}{
		{"nothing", `{}`, nil},
		{"all is well", some + `"models":{"a/b":{"targets":[{"target":"sim/echo","weight":0},{"target":"other/a/b"}],"fallbacks":["c","sim/slow"],"strategy":"first","retry":{"retries":0,"within":"10m"},"timeout":{"connect":"1ms","first_event":"1h","idle":"1h","total":"24h"}},"c":{"targets":[{"target":"sim/echo","weight":1000000}]}},"expose":["sim/*","other/gpt-*","sim/echo"],"circuit_breaker":{"window":"1h","min_calls":1,"failure_rate":100,"consecutive":-1,"open_for":"1s","probes":100},"prices":{"sim/echo":{"input":"0","output":"999999.999999"}}}`, nil},

		{"store", `{"store":{"driver":"oracle"}}`, []string{`store.driver: unknown store "oracle"; this build has: sqlite`}},

		{"provider without a name", `{"providers":{"":{}}}`, []string{`providers.: provider name "" is empty`}},
		{"provider with a slash", `{"providers":{"a/b":{}}}`, []string{`providers.a/b: provider name "a/b" must not contain any of /*?#%\"'{}`}},
		{"provider that climbs", `{"providers":{"a..b":{}}}`, []string{`providers.a..b: provider name "a..b" must not contain ".."`}},
		{"provider with a placeholder", `{"providers":{"{env.X}":{}}}`, []string{`providers.{env.X}: provider name "{env.X}" must not contain any of /*?#%\"'{}`}},
		{"provider with a blank", `{"providers":{"a b":{}}}`, []string{`providers.a b: provider name "a b" must not contain white space or control characters`}},
		{"provider with a wide blank", `{"providers":{"a\u00a0b":{}}}`, []string{"providers.a\u00a0b: provider name \"a\\u00a0b\" must not contain white space or control characters"}},
		{"provider that is no UTF-8", `{"providers":{"a\ufffd":{}}}`, []string{"providers.a\ufffd: provider name \"a\ufffd\" must not contain white space or control characters"}},
		{"provider that is long", fmt.Sprintf(`{"providers":{"%s":{}}}`, long), []string{fmt.Sprintf(`providers.%[1]s: provider name "%[1]s" is longer than 200 bytes`, long)}},
		{"provider like a prompt", `{"providers":{"prompt:x":{}}}`, []string{`providers.prompt:x: provider name "prompt:x" must not begin with "prompt:", which names prompts`}},
		{"providers by case", `{"providers":{"SIM":{},"sim":{}}}`, []string{`providers.sim: provider "sim" and provider "SIM" differ only in case`}},

		{"models by case", some + `"models":{"Fast":{"targets":[{"target":"sim/echo"}]},"fast":{"targets":[{"target":"sim/echo"}]}}}`, []string{`models.fast: model "fast" and model "Fast" differ only in case`}},
		{"model like a prompt", some + `"models":{"prompt:x":{"targets":[{"target":"sim/echo"}]}}}`, []string{`models.prompt:x: model name "prompt:x" must not begin with "prompt:", which names prompts`}},
		{"model with a star", some + `"models":{"a*":{"targets":[{"target":"sim/echo"}]}}}`, []string{`models.a*: model name "a*" must not contain any of *?#%\"'{}`}},
		{"model of null", some + `"models":{"a":null}}`, []string{`models.a: model "a" has no target; write: target <provider>/<model>`}},
		{"model without a target", some + `"models":{"a":{"targets":[]}}}`, []string{`models.a: model "a" has no target; write: target <provider>/<model>`}},
		{"target without a slash", some + `"models":{"fast":{"targets":[{"target":"fats"}]}}}`, []string{`models.fast.targets[0].target: model "fast" refers to "fats", which is no model here, and not of the form <provider>/<model>; did you mean "fast"?`}},
		{"target without a model", some + `"models":{"a":{"targets":[{"target":"sim/echo"},{"target":"sim/"}]}}}`, []string{`models.a.targets[1].target: model "a" refers to "sim/", which names no model; write <provider>/<model>`}},
		{"target of an unknown provider", some + `"models":{"a":{"targets":[{"target":"sin/echo"}]}}}`, []string{`models.a.targets[0].target: model "a" refers to provider "sin" (in "sin/echo"), which is not configured; did you mean "sim"?`}},
		{"target with a blank", some + `"models":{"a":{"targets":[{"target":"sim/a b"}]}}}`, []string{`models.a.targets[0].target: model "a" refers to "sim/a b", whose model has white space or control characters`}},
		{"weight below", some + `"models":{"a":{"targets":[{"target":"sim/echo","weight":-1}]}}}`, []string{`models.a.targets[0].weight: weight -1 is out of range; allowed: 0 to 1000000`, `models.a: model "a" has only targets of weight 0`}},
		{"weight above", some + `"models":{"a":{"targets":[{"target":"sim/echo","weight":1000001}]}}}`, []string{`models.a.targets[0].weight: weight 1000001 is out of range; allowed: 0 to 1000000`}},
		{"weights of 0", some + `"models":{"a":{"targets":[{"target":"sim/echo","weight":0}]}}}`, []string{`models.a: model "a" has only targets of weight 0`}},
		{"fallback that is nothing", some + `"models":{"a":{"targets":[{"target":"sim/echo"}],"fallbacks":["house"]}}}`, []string{`models.a.fallbacks[0]: model "a" refers to "house", which is no model here, and not of the form <provider>/<model>`}},
		{"strategy", some + `"models":{"a":{"targets":[{"target":"sim/echo"}],"strategy":"best"}}}`, []string{`models.a.strategy: unknown strategy "best"; allowed: first, weighted, least_latency, least_cost, least_busy`}},
		{"retries below", some + `"models":{"a":{"targets":[{"target":"sim/echo"}],"retry":{"retries":-1}}}}`, []string{`models.a.retry.retries: -1 retries are out of range; allowed: 0 to 10`}},
		{"retries above", some + `"models":{"a":{"targets":[{"target":"sim/echo"}],"retry":{"retries":11}}}}`, []string{`models.a.retry.retries: 11 retries are out of range; allowed: 0 to 10`}},
		{"retry within", some + `"models":{"a":{"targets":[{"target":"sim/echo"}],"retry":{"within":"11m"}}}}`, []string{`models.a.retry.within: within 11m0s is out of range; allowed: 1s to 10m0s`}},
		{"timeouts", some + `"models":{"a":{"targets":[{"target":"sim/echo"}],"timeout":{"connect":"2m","first_event":"2h","idle":-1,"total":"25h"}}}}`, []string{
			`models.a.timeout.connect: connect 2m0s is out of range; allowed: 1ms to 1m0s`, `models.a.timeout.first_event: first_event 2h0m0s is out of range; allowed: 1ms to 1h0m0s`,
			`models.a.timeout.idle: idle -1ns is out of range; allowed: 1ms to 1h0m0s`, `models.a.timeout.total: total 25h0m0s is out of range; allowed: 1ms to 24h0m0s`,
		}},

		{"a star inside", some + `"expose":["sim/*x"]}`, []string{`expose[0]: "sim/*x": a * may stand only at the end`}},
		{"two stars", some + `"expose":["sim/**"]}`, []string{`expose[0]: "sim/**": a * may stand only at the end`}},
		{"exposed without a slash", some + `"expose":["sim*"]}`, []string{`expose[0]: "sim*" is not of the form <provider>/<model> or <provider>/*`}},
		{"exposed without a model", some + `"expose":["sim/"]}`, []string{`expose[0]: "sim/" is not of the form <provider>/<model> or <provider>/*`}},
		{"exposed of an unknown provider", some + `"expose":["sim/*","sin/*"]}`, []string{`expose[1]: expose "sin/*" refers to provider "sin", which is not configured; did you mean "sim"?`}},

		{"breaker", some + `"circuit_breaker":{"window":1,"min_calls":-1,"failure_rate":101,"consecutive":-2,"open_for":"2h","probes":101}}`, []string{
			`circuit_breaker.window: window 1ns is out of range; allowed: 1s to 1h0m0s`, `circuit_breaker.open_for: open_for 2h0m0s is out of range; allowed: 1s to 1h0m0s`,
			`circuit_breaker.min_calls: min_calls -1 is out of range; allowed: 1 to 1000000`, `circuit_breaker.failure_rate: failure_rate 101 is out of range; allowed: 1 to 100`,
			`circuit_breaker.probes: probes 101 is out of range; allowed: 1 to 100`, `circuit_breaker.consecutive: consecutive -2 is out of range; allowed: 1 to 1000`,
		}},

		{"price that says nothing", some + `"prices":{"sim/echo":{},"sim/slow":null}}`, []string{
			`prices.sim/echo: the price of "sim/echo" says nothing; give input and output in dollars for a million tokens`,
			`prices.sim/slow: the price of "sim/slow" says nothing; give input and output in dollars for a million tokens`,
		}},
		{"price of an unknown provider", some + `"prices":{"sin/echo":{"input":"1"}}}`, []string{`prices.sin/echo: the price refers to provider "sin" (in "sin/echo"), which is not configured; did you mean "sim"?`}},
		{"prices that are none", some + `"prices":{"sim/echo":{"input":"$1","cache_write":"1e3"}}}`, []string{
			`prices.sim/echo.input: "$1" is not a price; write dollars for a million tokens as a decimal such as 0.25, at most six places`,
			`prices.sim/echo.cache_write: "1e3" is not a price; write dollars for a million tokens as a decimal such as 0.25, at most six places`,
		}},

		{"all at once, in order", `{"store":{"driver":"x"},"providers":{"sim":{}},"models":{"b":{"targets":[]},"a":{"targets":[]}},"expose":["x"]}`, []string{
			`store.driver: unknown store "x"; this build has: sqlite`,
			`models.a: model "a" has no target; write: target <provider>/<model>`, `models.b: model "b" has no target; write: target <provider>/<model>`,
			`expose[0]: "x" is not of the form <provider>/<model> or <provider>/*`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := configured(t, c.config, "unused")
			var got []string
			for _, p := range a.Problems() {
				got = append(got, p.Error())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestCircles holds that every circle of fallbacks is found, once, at the
// fallback that closes it, however the models are named.
func TestCircles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		// fallbacks are those of the models a, b, c, d.
		fallbacks [4]string
		want      []string
	}{
		{"none", [4]string{`"b","c"`, `"d"`, `"d"`, `"sim/echo"`}, nil},
		{"itself", [4]string{`"b","a"`, ``, ``, ``}, []string{"models.a.fallbacks[1]: fallbacks go in a circle: a → a"}},
		{"two", [4]string{``, `"d"`, ``, `"b"`}, []string{"models.d.fallbacks[0]: fallbacks go in a circle: b → d → b"}},
		{"not from its start", [4]string{`"b"`, `"c"`, `"d"`, `"b"`}, []string{"models.d.fallbacks[0]: fallbacks go in a circle: b → c → d → b"}},
		{"two circles", [4]string{`"b","c"`, `"a"`, `"a"`, ``}, []string{"models.b.fallbacks[0]: fallbacks go in a circle: a → b → a", "models.c.fallbacks[0]: fallbacks go in a circle: a → c → a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var models []string
			for i, f := range c.fallbacks {
				models = append(models, fmt.Sprintf(`"%c":{"targets":[{"target":"sim/echo"}],"fallbacks":[%s]}`, 'a'+i, f))
			}
			a := configured(t, some+`"models":{`+strings.Join(models, ",")+`}}`, "unused")
			var got []string
			for _, p := range a.Problems() {
				got = append(got, p.Error())
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPriceChecksAgree holds that what the check lets through can be made a
// price: else a configuration would pass it and fail after it.
func TestPriceChecksAgree(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"0": true, "0.25": true, "12": true, "000001": true, "999999.999999": true, "0.000001": true,
		"1000000": false, "0.0000001": false, ".5": false, "5.": false, ".": false, "": false, "-1": false, "+1": false, " 1": false, "1 ": false,
		"1e3": false, "1,5": false, "0x10": false, "1_000": false, "1.2.3": false, "NaN": false, "١": false, "1\x00": false,
	} {
		if got := decimal(text); got != want {
			t.Errorf("%q: the check says %v", text, got)
		}
		if _, err := ledger.NewOverride((&PriceConfig{Input: text, Output: text, CacheRead: text, CacheWrite: text, Reasoning: text}).rates()); want && err != nil {
			t.Errorf("%q: it passes the check, but %v", text, err)
		}
	}
}

func FuzzPriceChecksAgree(f *testing.F) {
	for _, s := range []string{"0.25", "999999.999999", "1e3", "-1", ".5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !decimal(s) {
			return
		}
		if _, err := ledger.NewOverride(ledger.Rates{Input: s}); err != nil {
			t.Errorf("%q passes the check, but %v", s, err)
		}
	})
}

func TestProvisionReportsTheFirstProblem(t *testing.T) {
	t.Parallel()
	for config, want := range map[string]string{
		`{"store":{"driver":"x"}}`:                                     `store.driver: unknown store`,
		`{"store":{"driver":"sqlite","path":"{env.FAIRWAY_NO_SUCH}"}}`: `store.path: `,
		`{"providers":{"x":{"type":"nothing"}}}`:                       `loading providers: `,
		`{"providers":{"x":{"type":"simulator","latency":-1}}}`:        `must not be negative`,
	} {
		if err := provision(t, configured(t, config, "unused")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", config, err)
		}
	}
}
