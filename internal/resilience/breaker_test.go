package resilience

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// start is a fixed time.
var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// bench is a breaker under test, with its own time.
type bench struct {
	*Breaker
	t       *testing.T
	now     time.Time
	changes []State
}

func newBench(t *testing.T, s Settings) *bench {
	b := &bench{t: t, now: start}
	b.Breaker = NewBreaker(s, func(_, to State) { b.changes = append(b.changes, to) })
	b.rnd = func() float64 { return 0.5 } // no jitter
	return b
}

// call makes n calls that end at once.
func (b *bench) call(n int, o Outcome) {
	b.t.Helper()
	for range n {
		p, ok := b.Allow(b.now)
		if !ok {
			b.t.Fatalf("a call was refused; the breaker is %v", b.State())
		}
		p.Done(b.now, o)
	}
}

func (b *bench) want(s State, retryIn time.Duration) {
	b.t.Helper()
	if got := b.State(); got != s {
		b.t.Fatalf("the breaker is %v, want %v", got, s)
	}
	if got := b.RetryIn(b.now); got != retryIn {
		b.t.Fatalf("the breaker allows calls in %v, want %v", got, retryIn)
	}
}

func (b *bench) after(d time.Duration) { b.now = b.now.Add(d) }

func TestBreakerOpens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		settings Settings
		calls    func(b *bench)
		want     State
	}{
		{"five failures in a row", Settings{}, func(b *bench) { b.call(5, Failure) }, Open},
		{"four in a row", Settings{}, func(b *bench) { b.call(4, Failure) }, Closed},
		{"a success between", Settings{}, func(b *bench) { b.call(4, Failure); b.call(1, Success); b.call(4, Failure) }, Closed},
		{"neutral ones between", Settings{}, func(b *bench) { b.call(4, Failure); b.call(9, Neutral); b.call(1, Failure) }, Open},
		{"in a row is off", Settings{Consecutive: -1}, func(b *bench) { b.call(19, Failure) }, Closed},
		{"in a row over hours", Settings{}, func(b *bench) {
			for range 5 {
				b.call(1, Failure)
				b.after(time.Hour)
			}
		}, Open},
		{"half of twenty", Settings{Consecutive: -1}, func(b *bench) { b.call(10, Success); b.call(10, Failure) }, Open},
		{"less than half", Settings{Consecutive: -1}, func(b *bench) { b.call(11, Success); b.call(10, Failure) }, Closed},
		{"too few", Settings{Consecutive: -1}, func(b *bench) { b.call(9, Success); b.call(10, Failure) }, Closed},
		{"neutral ones do not count", Settings{Consecutive: -1}, func(b *bench) { b.call(100, Neutral); b.call(19, Failure) }, Closed},
		{"a success does not open", Settings{Consecutive: -1, MinCalls: 3}, func(b *bench) { b.call(2, Failure); b.call(1, Success) }, Closed},
		{"failures that are too old", Settings{Consecutive: -1}, func(b *bench) {
			b.call(15, Failure)
			b.after(31 * time.Second)
			b.call(19, Failure)
		}, Closed},
		{"failures that slid along", Settings{Consecutive: -1}, func(b *bench) {
			for range 20 {
				b.call(1, Failure)
				b.after(time.Second)
			}
		}, Open},
		{"failures that slid out", Settings{Consecutive: -1}, func(b *bench) {
			for range 100 {
				b.call(1, Failure)
				b.after(1600 * time.Millisecond)
			}
		}, Closed},
		{"slow ones", Settings{SlowRate: 80}, func(b *bench) { b.call(4, Success); b.call(16, Slow) }, Open},
		{"fewer slow ones", Settings{SlowRate: 80}, func(b *bench) { b.call(5, Success); b.call(16, Slow) }, Closed},
		{"slow does not count", Settings{}, func(b *bench) { b.call(100, Slow) }, Closed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, tt.settings)
			tt.calls(b)
			if got := b.State(); got != tt.want {
				t.Errorf("the breaker is %v, want %v", got, tt.want)
			}
		})
	}
}

func TestBreakerRecovers(t *testing.T) {
	t.Parallel()
	b := newBench(t, Settings{})
	b.call(5, Failure)
	b.want(Open, 15*time.Second)
	b.after(14 * time.Second)
	b.want(Open, time.Second)
	if _, ok := b.Allow(b.now); ok {
		t.Fatal("an open breaker lets a call through")
	}
	b.after(time.Second)
	b.want(Open, 0)
	b.call(2, Success)
	b.want(HalfOpen, 0)
	b.call(1, Success)
	b.want(Closed, 0)
	if diff := cmp.Diff([]State{Open, HalfOpen, Closed}, b.changes); diff != "" {
		t.Error(diff)
	}
	b.call(4, Failure) // the row begins anew
	b.want(Closed, 0)
	b.call(1, Failure)
	b.want(Open, 15*time.Second) // and so does the time
}

func TestBreakerStaysOpenLonger(t *testing.T) {
	t.Parallel()
	b := newBench(t, Settings{OpenFor: 40 * time.Second})
	b.call(5, Failure)
	for _, d := range []time.Duration{40, 80, 160, 300, 300} {
		b.want(Open, d*time.Second)
		b.after(d * time.Second)
		b.call(2, Success)
		b.call(1, Failure)
	}
}

func TestBreakerJitter(t *testing.T) {
	t.Parallel()
	for rnd, want := range map[float64]time.Duration{0: 12 * time.Second, 0.5: 15 * time.Second, 1: 18 * time.Second} {
		b := newBench(t, Settings{})
		b.rnd = func() float64 { return rnd }
		b.call(5, Failure)
		b.want(Open, want)
	}
	b := newBench(t, Settings{OpenFor: 5 * time.Minute})
	b.rnd = func() float64 { return 1 }
	b.call(5, Failure)
	b.want(Open, 5*time.Minute) // no jitter above the limit
}

func TestBreakerProbes(t *testing.T) {
	t.Parallel()
	b := newBench(t, Settings{Probes: 2})
	b.call(5, Failure)
	b.after(15 * time.Second)
	first, ok1 := b.Allow(b.now)
	second, ok2 := b.Allow(b.now)
	if _, ok3 := b.Allow(b.now); !ok1 || !ok2 || ok3 {
		t.Fatalf("of three calls, %v %v %v were allowed", ok1, ok2, ok3)
	}
	b.want(HalfOpen, time.Second)
	if !first.Probe() || !second.Probe() {
		t.Fatal("the calls are no probes")
	}

	// A caller that left gives its slot back, once.
	twin := first
	first.Done(b.now, Neutral)
	first.Done(b.now, Failure)
	twin.Done(b.now, Failure)
	b.want(HalfOpen, 0)
	third, ok := b.Allow(b.now)
	if !ok {
		t.Fatal("the slot is not free")
	}
	if _, ok := b.Allow(b.now); ok {
		t.Fatal("a slot too many is free")
	}

	// The first token is the verdict.
	third.FirstToken(b.now)
	third.FirstToken(b.now)
	b.want(HalfOpen, time.Second)
	second.FirstToken(b.now)
	b.want(Closed, 0)
	// How the calls end counts like that of any other call, without being a
	// second success. The one from before it closed says nothing any more.
	second.Done(b.now, Success)
	third.Done(b.now, Failure)
	if s := b.Status(b.now); s.Calls != 0 || s.Failures != 0 {
		t.Errorf("counted %+v", s)
	}
}

func TestBreakerProbeBreaksOff(t *testing.T) {
	t.Parallel()
	b := newBench(t, Settings{Probes: 2})
	b.call(5, Failure)
	b.after(15 * time.Second)
	p, _ := b.Allow(b.now)
	p.FirstToken(b.now)
	p.Done(b.now, Failure)
	b.want(Open, 30*time.Second)

	b.after(30 * time.Second)
	b.call(1, Success)
	p, _ = b.Allow(b.now)
	p.FirstToken(b.now)
	b.want(Closed, 0)
	p.Done(b.now, Failure)
	if s := b.Status(b.now); s.Calls != 1 || s.Failures != 1 {
		t.Errorf("counted %+v", s)
	}
}

func TestBreakerForgottenProbe(t *testing.T) {
	t.Parallel()
	b := newBench(t, Settings{Probes: 1})
	b.call(5, Failure)
	b.after(15 * time.Second)
	forgotten, _ := b.Allow(b.now)
	b.after(probeLease)
	b.call(1, Success)
	b.want(Closed, 0)
	forgotten.Done(b.now, Failure)
	b.want(Closed, 0)
}

func TestBreakerIgnoresOldVerdicts(t *testing.T) {
	t.Parallel()
	b := newBench(t, Settings{})
	var late [3]Permit
	for i := range late {
		late[i], _ = b.Allow(b.now)
	}
	b.call(5, Failure)
	late[0].Done(b.now, Success)
	b.want(Open, 15*time.Second)
	b.after(15 * time.Second)
	probe, _ := b.Allow(b.now)
	late[1].Done(b.now, Failure)
	b.want(HalfOpen, 0)
	probe.Done(b.now, Neutral)
	b.call(3, Success)
	late[2].Done(b.now, Failure)
	if s := b.Status(b.now); s.Failures != 0 {
		t.Errorf("counted %+v", s)
	}
}

func TestBreakerByHand(t *testing.T) {
	t.Parallel()
	b := newBench(t, Settings{})
	b.Open(b.now)
	b.want(Open, maxOpen)
	b.after(time.Hour)
	if _, ok := b.Allow(b.now); ok {
		t.Error("a breaker that is held open lets a call through")
	}
	if s := b.Status(b.now); !s.Held || s.State != Open || !s.Since.Equal(start) {
		t.Errorf("status %+v", s)
	}
	b.Close(b.now)
	b.call(100, Failure)
	b.want(Closed, 0)
	b.Reset(b.now)
	b.call(5, Failure)
	b.want(Open, 15*time.Second)
	b.Reset(b.now)
	b.want(Closed, 0)
	if diff := cmp.Diff([]State{Open, Closed, Open, Closed}, b.changes); diff != "" {
		t.Error(diff)
	}
}

func TestBreakerConfigure(t *testing.T) {
	t.Parallel()
	b := newBench(t, Settings{Consecutive: -1})
	b.call(9, Success)
	b.call(3, Failure)
	b.Configure(b.now, Settings{Consecutive: 4})
	b.want(Closed, 0)
	b.Configure(b.now, Settings{Consecutive: 3})
	b.want(Open, 15*time.Second)
	b.after(5 * time.Second)
	b.Configure(b.now, Settings{OpenFor: time.Minute})
	b.want(Open, 55*time.Second)
	b.Configure(b.now, Settings{OpenFor: time.Second})
	b.want(Open, 0)
	b.call(2, Success)
	b.want(HalfOpen, 0)
	b.Configure(b.now, Settings{Probes: 2})
	b.want(Closed, 0)

	b.call(4, Failure)
	b.Configure(b.now, Settings{Window: time.Minute})
	if s := b.Status(b.now); s.Calls != 0 {
		t.Errorf("counts of another window: %+v", s)
	}
}
