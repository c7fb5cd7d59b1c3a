package routing

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/llm"
)

// trip opens a target's breaker as failures do, for 12s to 18s.
func trip(t Target, now time.Time) {
	for range 5 {
		p, _ := t.Breaker.Allow(now)
		p.Done(now, resilience.Failure)
	}
}

func TestRunAllOpen(t *testing.T) {
	t.Parallel()
	c := Config{Targets: []Target{target(0, 1), target(1, 1)}, Fallbacks: []Target{target(2, 1)}}
	c.Targets[0].Breaker.Open(start)
	trip(c.Fallbacks[0], start.Add(-2*time.Second))
	trip(c.Targets[1], start)
	r := plan(t, c).Start(start, Need{}, nil)
	defer r.End()
	_, stop := r.Next(start, nil)
	soon := min(c.Fallbacks[0].Breaker.RetryIn(start), c.Targets[1].Breaker.RetryIn(start))
	if stop == nil || stop.Status != 503 || stop.Code != "all_upstreams_unavailable" || stop.Class != llm.ClassGateway || stop.RetryAfter != soon {
		t.Errorf("%+v, want a wait of %v", stop, soon)
	}
}

func TestRunTime(t *testing.T) {
	t.Parallel()
	r := plan(t, Config{Targets: []Target{target(0, 1)}, Fallbacks: []Target{target(1, 1)}, Retries: 5}).Start(start, Need{}, half)
	defer r.End()
	if _, stop := r.Next(start, nil); stop != nil {
		t.Fatal(stop)
	}
	if _, stop := r.Next(start.Add(29*time.Second), failure(llm.ClassTransport)); stop != nil {
		t.Errorf("with a second left: %v", stop)
	}
	if pick, stop := r.Next(start.Add(29*time.Second+1), failure(llm.ClassTransport)); stop == nil {
		t.Errorf("with less than a second left: %+v", pick)
	}
}

func TestRunFeeds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		class           llm.Class
		calls, failures int
		rests           bool
	}{
		{llm.ClassNone, 1, 0, false},
		{llm.ClassClientCancel, 0, 0, false},
		{llm.ClassTransport, 1, 1, false},
		{llm.ClassTimeout, 1, 1, false},
		{llm.ClassQuota, 0, 0, true},
		{llm.ClassRateLimit, 0, 0, true},
		{llm.ClassOverloaded, 1, 1, false},
		{llm.ClassContextWindow, 0, 0, false},
		{llm.ClassContentPolicy, 0, 0, false},
		{llm.ClassCredential, 0, 0, true},
		{llm.ClassRegion, 0, 0, true},
		{llm.ClassModelAccess, 0, 0, true},
		{llm.ClassCallerFault, 0, 0, false},
		{llm.ClassBadOutput, 1, 1, false},
		{llm.ClassServer, 1, 1, false},
		{llm.ClassUnknown, 0, 0, false},
		{llm.ClassGateway, 0, 0, false},
	}
	for _, tt := range tests {
		at := target(0, 1)
		r := plan(t, Config{Targets: []Target{at}}).Start(start, Need{}, half)
		if _, stop := r.Next(start, nil); stop != nil {
			t.Fatal(stop)
		}
		var failed *llm.Error
		if tt.class != llm.ClassNone {
			failed = failure(tt.class)
		}
		r.Done(start, failed)
		r.Done(start, failed) // counts once
		r.End()
		s := at.Breaker.Status(start)
		if s.Calls != tt.calls || s.Failures != tt.failures || (len(at.Credentials.Resting(start)) > 0) != tt.rests {
			t.Errorf("%v: %+v, resting %v", tt.class, s, at.Credentials.Resting(start))
		}
	}
}

func TestRunGivesBack(t *testing.T) {
	t.Parallel()
	at := target(0, 1)
	var budget resilience.Budget
	p := plan(t, Config{Targets: []Target{at}, Retries: -1, Budget: &budget})
	trip(at, start)
	now := start.Add(time.Minute)

	r := p.Start(now, Need{}, half)
	pick, stop := r.Next(now, nil)
	if stop != nil || !pick.Probe {
		t.Fatalf("%+v, %v", pick, stop)
	}
	func() {
		defer func() { _ = recover() }()
		defer r.End()
		panic("the handler has a fault")
	}()
	r.End()
	if s := at.Breaker.Status(now); s.State != resilience.HalfOpen || s.Probes != 0 {
		t.Errorf("a probe leaked: %+v", s)
	}
	if calls, retries := budget.InFlight(); calls != 0 || retries != 0 {
		t.Errorf("%d calls and %d retries leaked", calls, retries)
	}

	// The first token closes the breaker, long before the answer ends.
	for range 3 {
		r := p.Start(now, Need{}, half)
		if _, stop := r.Next(now, nil); stop != nil {
			t.Fatal(stop)
		}
		r.FirstToken(now)
		defer r.End()
	}
	if s := at.Breaker.State(); s != resilience.Closed {
		t.Errorf("after three first tokens, the breaker is %v", s)
	}
}

func TestRunBudget(t *testing.T) {
	t.Parallel()
	var budget resilience.Budget
	p := plan(t, Config{Targets: []Target{target(0, 1)}, Retries: -1, Budget: &budget})
	for range 3 {
		budget.Retry()
	}
	if diff := cmp.Diff([]string{"0/0 first", "502 upstream_error"}, walk(p, nil, failure(llm.ClassServer))); diff != "" {
		t.Error(diff)
	}
	// A fallback is no retry.
	other := plan(t, Config{Targets: []Target{target(0, 1)}, Fallbacks: []Target{target(1, 0)}, Retries: -1, Budget: &budget})
	if diff := cmp.Diff([]string{"0/0 first", "1/0 fallback"}, walk(other, nil, failure(llm.ClassServer))[:2]); diff != "" {
		t.Error(diff)
	}
	budget.Release()
	want := []string{"0/0 first", "0/0 retry in 250ms", "0/0 retry in 500ms", "502 upstream_error"}
	server := failure(llm.ClassServer)
	if diff := cmp.Diff(want, walk(p, nil, server, server, server)); diff != "" {
		t.Error(diff)
	}
	if calls, retries := budget.InFlight(); calls != 0 || retries != 2 {
		t.Errorf("%d calls and %d retries are left", calls, retries)
	}
}

func TestRunWithoutDone(t *testing.T) {
	t.Parallel()
	at := target(0, 1)
	r := plan(t, Config{Targets: []Target{at}, Retries: -1}).Start(start, Need{}, half)
	defer r.End()
	_, _ = r.Next(start, nil)
	if pick, stop := r.Next(start, failure(llm.ClassServer)); stop != nil || pick.Attempt != 2 {
		t.Errorf("%+v, %v", pick, stop)
	}
	if s := at.Breaker.Status(start); s.Failures != 1 {
		t.Errorf("%+v", s)
	}
	if pick, stop := r.Next(start, nil); stop == nil {
		t.Errorf("a call that went well is tried again: %+v", pick)
	}
}

func TestRunPassed(t *testing.T) {
	t.Parallel()
	c := Config{Targets: []Target{target(10, 1), target(11, 1), target(12, 1)}, Strategy: First}
	c.Targets[0].Breaker.Open(start)
	c.Targets[1].Credentials.Failed(start, 0, "m11", llm.ClassQuota, 0)
	r := plan(t, c).Start(start, Need{}, half)
	defer r.End()
	if pick, stop := r.Next(start, nil); stop != nil || pick.Target != 12 {
		t.Fatalf("%+v, %v", pick, stop)
	}
	got := map[int]bool{}
	r.Passed(func(target int, open bool) { got[target] = open })
	if diff := cmp.Diff(map[int]bool{10: true, 11: false}, got); diff != "" {
		t.Error(diff)
	}
}
