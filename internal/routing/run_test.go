package routing

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/llm"
)

// start is a fixed time.
var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// half is a random number that is none: waits are half of their limit.
func half() float64 { return 0.5 }

// target makes one with its own breaker and so many keys.
func target(index, keys int) Target {
	return Target{
		Index: index, Weight: 1, Model: fmt.Sprint("m", index),
		Breaker: resilience.NewBreaker(resilience.Settings{}, nil), Credentials: resilience.NewCredentials(keys),
	}
}

func plan(t testing.TB, c Config) *Plan {
	t.Helper()
	p, err := NewPlan(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func failure(c llm.Class) *llm.Error { return &llm.Error{Class: c, Status: 500, Message: "x"} }

func limited(d time.Duration) *llm.Error {
	return &llm.Error{Class: llm.ClassRateLimit, Status: 429, RetryAfter: d, Message: "x"}
}

// walk makes a call whose attempts fail as said, and writes down the attempts
// and the end: "0/0 first" is target 0 with key 0.
func walk(p *Plan, prepare func(r *Run), failures ...*llm.Error) []string {
	r := p.Start(start, Need{}, half)
	defer r.End()
	if prepare != nil {
		prepare(&r)
	}
	now := start
	var list []string
	var failed *llm.Error
	for i := 0; ; i++ {
		pick, stop := r.Next(now, failed)
		if stop != nil {
			end := fmt.Sprintf("%d %s", stop.Status, stop.Code)
			if stop.RetryAfter > 0 {
				end += fmt.Sprint(" after ", stop.RetryAfter)
			}
			return append(list, end)
		}
		attempt := fmt.Sprintf("%d/%d %v", pick.Target, pick.Credential, pick.Why)
		if pick.Wait > 0 {
			attempt += fmt.Sprint(" in ", pick.Wait)
		}
		list = append(list, attempt)
		now = now.Add(pick.Wait)
		failed = nil
		if i < len(failures) {
			failed = failures[i]
		}
		r.Done(now, failed)
		if failed == nil {
			return append(list, "ok")
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	one := func(keys int) Config { return Config{Targets: []Target{target(0, keys)}, Retries: -1} }
	two := func() Config {
		return Config{Targets: []Target{target(0, 1), target(1, 1)}, Strategy: First, Retries: -1}
	}
	fallback := func() Config {
		return Config{Targets: []Target{target(0, 1)}, Fallbacks: []Target{target(5, 1), target(6, 1)}, Retries: -1}
	}
	server, transport, timeout := failure(llm.ClassServer), failure(llm.ClassTransport), failure(llm.ClassTimeout)
	tests := []struct {
		name     string
		config   Config
		prepare  func(c Config, r *Run)
		failures []*llm.Error
		want     []string
	}{
		{name: "success", config: one(1), want: []string{"0/0 first", "ok"}},
		{
			name: "the same again", config: one(1), failures: []*llm.Error{server, server},
			want: []string{"0/0 first", "0/0 retry in 250ms", "0/0 retry in 500ms", "ok"},
		},
		{
			name: "retries end", config: one(1), failures: []*llm.Error{server, server, server, server},
			want: []string{"0/0 first", "0/0 retry in 250ms", "0/0 retry in 500ms", "502 upstream_error"},
		},
		{
			name: "no retries", config: Config{Targets: []Target{target(0, 1)}}, failures: []*llm.Error{server},
			want: []string{"0/0 first", "502 upstream_error"},
		},
		{
			name: "bad output once", config: one(1), failures: []*llm.Error{failure(llm.ClassBadOutput), failure(llm.ClassBadOutput)},
			want: []string{"0/0 first", "0/0 retry in 250ms", "502 upstream_bad_response"},
		},
		{
			name: "timeouts are not repeated", config: one(1), failures: []*llm.Error{timeout},
			want: []string{"0/0 first", "504 upstream_timeout"},
		},
		{
			name: "timeouts of calls that may be made twice", config: one(1), failures: []*llm.Error{timeout, timeout},
			prepare: func(_ Config, r *Run) { r.Idempotent = true },
			want:    []string{"0/0 first", "0/0 retry in 250ms", "504 upstream_timeout"},
		},
		{
			name: "timeouts elsewhere", config: fallback(), failures: []*llm.Error{timeout},
			want: []string{"0/0 first", "5/0 fallback", "ok"},
		},
		{
			name: "the caller left", config: fallback(), failures: []*llm.Error{failure(llm.ClassClientCancel)},
			want: []string{"0/0 first", "499 client_closed_request"},
		},
		{
			name: "the caller's fault", config: fallback(), failures: []*llm.Error{{Status: 422, Message: "no", Code: "bad"}},
			want: []string{"0/0 first", "422 bad"},
		},
		{
			name: "our own refusal", config: fallback(), failures: []*llm.Error{{Status: 503, Class: llm.ClassGateway, Code: "shutting_down"}},
			want: []string{"0/0 first", "503 shutting_down"},
		},

		{
			name: "the other targets first", config: two(), failures: []*llm.Error{server, server},
			want: []string{"0/0 first", "1/0 target", "1/0 retry in 250ms", "ok"},
		},
		{
			name: "once more, then the fallback", config: fallback(), failures: []*llm.Error{server, server, server},
			want: []string{"0/0 first", "0/0 retry in 250ms", "5/0 fallback", "502 upstream_error"},
		},
		{
			name: "the last retry is for the fallback", config: func() Config { c := fallback(); c.Retries = 1; return c }(),
			failures: []*llm.Error{server, server}, want: []string{"0/0 first", "5/0 fallback", "502 upstream_error"},
		},
		{
			name: "what cannot be reached is left at once", config: fallback(), failures: []*llm.Error{transport, transport},
			want: []string{"0/0 first", "5/0 fallback", "6/0 fallback", "ok"},
		},
		{
			name: "what cannot be reached, and nothing else", config: one(1), failures: []*llm.Error{transport},
			want: []string{"0/0 first", "0/0 retry in 250ms", "ok"},
		},
		{
			name: "unknown goes on", config: fallback(), failures: []*llm.Error{failure(llm.ClassUnknown), failure(llm.ClassUnknown)},
			want: []string{"0/0 first", "5/0 fallback", "6/0 fallback", "ok"},
		},
		{
			name: "unknown ends", config: one(2), failures: []*llm.Error{failure(llm.ClassUnknown)},
			want: []string{"0/0 first", "502 upstream_error"},
		},

		{
			name: "another key", config: one(2), failures: []*llm.Error{limited(time.Minute)},
			want: []string{"0/0 first", "0/1 key", "ok"},
		},
		{
			name: "all keys are limited for long", config: one(2), failures: []*llm.Error{limited(time.Minute), limited(time.Hour)},
			want: []string{"0/0 first", "0/1 key", "429 rate_limit_exceeded after 1h0m0s"},
		},
		{
			name: "wait for the key that is ready first", config: one(2), failures: []*llm.Error{limited(4 * time.Second), limited(9 * time.Second)},
			want: []string{"0/0 first", "0/1 key", "0/0 retry in 4s", "ok"},
		},
		{
			name: "wait before the fallback", config: fallback(), failures: []*llm.Error{limited(2 * time.Second), limited(2 * time.Second)},
			want: []string{"0/0 first", "0/0 retry in 2s", "5/0 fallback", "ok"},
		},
		{
			name: "too long a wait", config: fallback(), failures: []*llm.Error{limited(11 * time.Second)},
			want: []string{"0/0 first", "5/0 fallback", "ok"},
		},
		{
			name: "a limit without a time", config: one(1), failures: []*llm.Error{limited(0)},
			want: []string{"0/0 first", "0/0 retry in 1s", "ok"},
		},
		{
			name: "limits without a time", config: one(1), failures: []*llm.Error{limited(0), limited(0), limited(0)},
			want: []string{"0/0 first", "0/0 retry in 1s", "0/0 retry in 2s", "429 rate_limit_exceeded after 4s"},
		},
		{
			name: "overloaded with a time", config: one(1), failures: []*llm.Error{{Class: llm.ClassOverloaded, RetryAfter: 3 * time.Second}},
			want: []string{"0/0 first", "0/0 retry in 3s", "ok"},
		},
		{
			name: "overloaded for long", config: one(1), failures: []*llm.Error{{Class: llm.ClassOverloaded, RetryAfter: time.Minute}},
			want: []string{"0/0 first", "503 overloaded after 1m0s"},
		},
		{
			name: "a wait that the time does not allow", config: func() Config { c := one(1); c.Within = 4 * time.Second; return c }(),
			failures: []*llm.Error{limited(3500 * time.Millisecond)},
			want:     []string{"0/0 first", "429 rate_limit_exceeded after 3.5s"},
		},
		{
			name: "wrong keys", config: one(3), failures: []*llm.Error{failure(llm.ClassCredential), failure(llm.ClassCredential), failure(llm.ClassCredential)},
			want: []string{"0/0 first", "0/1 key", "0/2 key", "502 upstream_auth"},
		},
		{
			name: "a wrong key is not tried again", config: one(1), failures: []*llm.Error{failure(llm.ClassCredential)},
			want: []string{"0/0 first", "502 upstream_auth"},
		},
		{
			name: "no money, no region, no model", config: func() Config { c := two(); c.Fallbacks = []Target{target(5, 1)}; return c }(),
			failures: []*llm.Error{failure(llm.ClassQuota), failure(llm.ClassRegion), failure(llm.ClassModelAccess)},
			want:     []string{"0/0 first", "1/0 target", "5/0 fallback", "404 model_not_available"},
		},

		{
			name: "a long prompt and nowhere to go", config: fallback(), failures: []*llm.Error{failure(llm.ClassContextWindow)},
			want: []string{"0/0 first", "400 context_length_exceeded"},
		},
		{
			name: "a long prompt", config: func() Config { c := fallback(); c.OnContext = []Target{target(8, 1), target(9, 1)}; return c }(),
			failures: []*llm.Error{failure(llm.ClassContextWindow), server},
			want:     []string{"0/0 first", "8/0 fallback", "9/0 fallback", "ok"},
		},
		{
			name: "too long a prompt", config: func() Config { c := fallback(); c.OnContext = []Target{target(8, 1)}; return c }(),
			failures: []*llm.Error{failure(llm.ClassContextWindow), failure(llm.ClassContextWindow)},
			want:     []string{"0/0 first", "8/0 fallback", "400 context_length_exceeded"},
		},
		{
			name: "a prompt that was stopped", config: func() Config { c := fallback(); c.OnPolicy = []Target{target(9, 1)}; return c }(),
			failures: []*llm.Error{failure(llm.ClassContentPolicy), failure(llm.ClassContentPolicy)},
			want:     []string{"0/0 first", "9/0 fallback", "400 content_filter"},
		},

		{
			name: "open ones are passed over", config: func() Config { c := two(); c.Retries = 0; return c }(),
			prepare: func(c Config, _ *Run) { c.Targets[0].Breaker.Open(start) },
			want:    []string{"1/0 first", "ok"},
		},
		{
			name: "resting ones are passed over", config: two(),
			prepare: func(c Config, _ *Run) {
				c.Targets[0].Credentials.Failed(start, 0, "m0", llm.ClassRateLimit, time.Second)
			},
			want: []string{"1/0 first", "ok"},
		},
		{
			name: "a fallback begins", config: fallback(), failures: []*llm.Error{server},
			prepare: func(c Config, _ *Run) { c.Targets[0].Breaker.Open(start) },
			want:    []string{"5/0 fallback", "5/0 retry in 250ms", "ok"},
		},
		{
			name: "all are open", config: fallback(),
			prepare: func(c Config, _ *Run) {
				c.Targets[0].Breaker.Open(start)
				c.Fallbacks[0].Breaker.Open(start)
				c.Fallbacks[1].Breaker.Open(start)
			},
			want: []string{"503 all_upstreams_unavailable after 5m0s"},
		},
		{
			name: "all that is left is open", config: fallback(), failures: []*llm.Error{timeout},
			prepare: func(c Config, _ *Run) {
				c.Fallbacks[0].Breaker.Open(start)
				c.Fallbacks[1].Breaker.Open(start)
			},
			want: []string{"0/0 first", "504 upstream_timeout"},
		},
		{
			name: "the key that is ready first", config: two(),
			prepare: func(c Config, _ *Run) {
				c.Targets[0].Credentials.Failed(start, 0, "m0", llm.ClassRateLimit, 9*time.Second)
				c.Targets[1].Credentials.Failed(start, 0, "m1", llm.ClassRateLimit, 7*time.Second)
			},
			want: []string{"1/0 first in 7s", "ok"},
		},
		{
			name: "the fallback's key is ready first", config: fallback(), failures: []*llm.Error{timeout},
			prepare: func(c Config, _ *Run) {
				c.Targets[0].Breaker.Open(start)
				c.Fallbacks[0].Credentials.Failed(start, 0, "m5", llm.ClassRateLimit, 9*time.Second)
				c.Fallbacks[1].Credentials.Failed(start, 0, "m6", llm.ClassRateLimit, time.Hour)
			},
			want: []string{"5/0 fallback in 9s", "504 upstream_timeout"},
		},
		{
			name: "all keys rest for long", config: two(),
			prepare: func(c Config, _ *Run) {
				c.Targets[0].Credentials.Failed(start, 0, "m0", llm.ClassRateLimit, 11*time.Second)
				c.Targets[1].Credentials.Failed(start, 0, "m1", llm.ClassCredential, 0)
			},
			want: []string{"429 rate_limit_exceeded after 11s"},
		},
		{
			name: "one is open, the other's keys are limited", config: two(),
			prepare: func(c Config, _ *Run) {
				c.Targets[0].Breaker.Open(start)
				c.Targets[1].Credentials.Failed(start, 0, "m1", llm.ClassRateLimit, time.Minute)
			},
			want: []string{"429 rate_limit_exceeded after 1m0s"},
		},
		{
			name: "one is open, the other's keys are refused", config: two(),
			prepare: func(c Config, _ *Run) {
				c.Targets[0].Breaker.Open(start)
				c.Targets[1].Credentials.Failed(start, 0, "m1", llm.ClassQuota, time.Hour)
			},
			want: []string{"503 all_upstreams_unavailable after 5m0s"},
		},
		{
			name: "all keys are refused", config: one(1),
			prepare: func(c Config, _ *Run) { c.Targets[0].Credentials.Failed(start, 0, "m0", llm.ClassCredential, 0) },
			want:    []string{"502 upstream_auth after 5m0s"},
		},
		{
			name: "without breakers and keys", config: Config{Targets: []Target{{Index: 3, Weight: 1}}, Retries: -1},
			failures: []*llm.Error{limited(time.Second), server},
			want:     []string{"3/0 first", "3/0 retry in 1s", "3/0 retry in 500ms", "ok"},
		},
		{
			name: "the breaker opens on the way", config: func() Config { c := one(1); c.Retries = 9; return c }(),
			failures: []*llm.Error{server, server, server, server, server, server},
			want: []string{
				"0/0 first", "0/0 retry in 250ms", "0/0 retry in 500ms", "0/0 retry in 1s", "0/0 retry in 2s", "502 upstream_error",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := plan(t, tt.config)
			got := walk(p, func(r *Run) {
				if tt.prepare != nil {
					tt.prepare(tt.config, r)
				}
			}, tt.failures...)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
