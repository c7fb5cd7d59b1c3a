package resilience

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Whatever happens, a half-open breaker has no more probes out than it may,
// and once all calls have ended, none.
func TestBreakerProperties(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		b := newBench(t, Settings{Probes: 1 + rnd.IntN(4), MinCalls: 4, Window: 5 * time.Second})
		b.rnd = rnd.Float64
		var out []Permit
		for range 500 {
			b.after(time.Duration(rnd.IntN(4000)) * time.Millisecond)
			switch n := rnd.IntN(100); {
			case n < 50:
				if p, ok := b.Allow(b.now); ok {
					out = append(out, p)
					if s := b.Status(b.now); s.Probes+s.Successes > b.settings.Probes || p.Probe() != (s.State == HalfOpen) {
						t.Fatalf("seed %d: after a call was allowed: %+v of %d probes", seed, s, b.settings.Probes)
					}
				} else if b.RetryIn(b.now) == 0 {
					t.Fatalf("seed %d: refused, but not for any time", seed)
				}
			case n < 90 && len(out) > 0:
				i := rnd.IntN(len(out))
				if rnd.IntN(3) == 0 {
					out[i].FirstToken(b.now)
				}
				out[i].Done(b.now, Outcome(rnd.IntN(4)))
				if rnd.IntN(2) == 0 {
					out[i].Done(b.now, Failure)
				}
				out = append(out[:i], out[i+1:]...)
			case n == 98:
				b.Reset(b.now)
			case n == 99:
				b.Configure(b.now, Settings{Probes: 1 + rnd.IntN(4), MinCalls: 4, Window: 5 * time.Second})
			}
			s := b.Status(b.now)
			if s.State != HalfOpen && s.Probes+s.Successes > 0 || s.Probes > 4 || s.Successes >= b.settings.Probes {
				t.Fatalf("seed %d: %+v with %d probes", seed, s, b.settings.Probes)
			}
		}
		for i := range out {
			out[i].Done(b.now, Neutral)
		}
		if s := b.Status(b.now); s.Probes != 0 {
			t.Fatalf("seed %d: %d probes leaked", seed, s.Probes)
		}
	}
}

func TestBreakerConcurrently(t *testing.T) {
	t.Parallel()
	var changes, out atomic.Int64
	b := NewBreaker(Settings{OpenFor: time.Millisecond, Probes: 3}, func(_, _ State) { changes.Add(1) })
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(g), 2))
			for i := range 5000 {
				now := start.Add(time.Duration(i) * 100 * time.Microsecond)
				p, ok := b.Allow(now)
				if !ok {
					continue
				}
				if p.Probe() {
					if n := out.Add(1); n > 3 {
						t.Errorf("%d probes are out", n)
					}
					out.Add(-1)
				}
				p.Done(now, Outcome(rnd.IntN(4)))
			}
		})
	}
	all.Wait()
	if s := b.Status(start.Add(time.Hour)); s.Probes != 0 {
		t.Errorf("%d probes leaked", s.Probes)
	}
	if changes.Load() == 0 {
		t.Error("the breaker never opened")
	}
}

func BenchmarkBreaker(b *testing.B) {
	b.Run("closed", func(b *testing.B) {
		b.ReportAllocs()
		br := NewBreaker(Settings{}, nil)
		now := time.Now()
		for b.Loop() {
			p, _ := br.Allow(now)
			p.Done(now, Success)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.ReportAllocs()
		br := NewBreaker(Settings{}, nil)
		now := time.Now()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				p, _ := br.Allow(now)
				p.Done(now, Success)
			}
		})
	})
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		br := NewBreaker(Settings{}, nil)
		now := time.Now()
		br.Open(now)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, ok := br.Allow(now); ok {
					b.Error("open")
				}
			}
		})
	})
}
