package routing

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/llm"
)

// TestWeights draws from a fixed seed and compares with the weights by the
// chi-square test: 4 degrees of freedom are below 18.5 in 999 of 1000 cases.
func TestWeights(t *testing.T) {
	t.Parallel()
	const calls = 100_000
	weights := []int{3, 1, 1, 5, 10}
	tests := []struct {
		name string
		open int // is passed over, -1 for none
		// most bounds chi-square.
		most float64
	}{
		{"all", -1, 18.5},
		{"without the heaviest", 4, 16.3},
		{"without the first", 0, 16.3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var c Config
			total := 0
			for i, w := range weights {
				at := target(i, 1)
				at.Weight = w
				if i == tt.open {
					at.Breaker.Open(start)
				} else {
					total += w
				}
				c.Targets = append(c.Targets, at)
			}
			p := plan(t, c)
			rnd := rand.New(rand.NewPCG(7, 7))
			got := make([]int, len(weights))
			for range calls {
				r := p.Start(start, Need{}, rnd.Float64)
				pick, stop := r.Next(start, nil)
				if stop != nil {
					t.Fatal(stop)
				}
				got[pick.Target]++
				r.End()
			}
			chi := 0.0
			for i, w := range weights {
				if i == tt.open {
					if got[i] > 0 {
						t.Errorf("an open target was picked %d times", got[i])
					}
					continue
				}
				want := float64(calls) * float64(w) / float64(total)
				chi += math.Pow(float64(got[i])-want, 2) / want
			}
			if chi > tt.most {
				t.Errorf("picked %v by weights %v: chi-square %.1f", got, weights, chi)
			}
		})
	}
}

func TestWeightsAtTheEdges(t *testing.T) {
	t.Parallel()
	c := Config{Targets: []Target{{Index: 0, Weight: 1}, {Index: 1, Weight: math.MaxInt32}, {Index: 2, Weight: 1}}}
	p := plan(t, c)
	for rnd, want := range map[float64]int{0: 0, 0.5: 1, math.Nextafter(1, 0): 2, 1: 2} {
		if got := p.choose(0, &Need{}, func() float64 { return rnd }); got != want {
			t.Errorf("%v picks %d, want %d", rnd, got, want)
		}
	}
	all := set(7)
	if got := p.choose(all, &Need{}, half); got != -1 {
		t.Errorf("of none, %d was picked", got)
	}
	if got := p.choose(5, &Need{}, func() float64 { return 1 }); got != 1 {
		t.Errorf("of one, %d was picked", got)
	}
}

// Whatever fails: no more attempts than allowed, none at an open target, none
// too late, an error at the end, and nothing is held afterwards.
func TestRunProperties(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		var budget resilience.Budget
		c := Config{Retries: rnd.IntN(6), Strategy: Strategy(rnd.IntN(2)), Within: time.Duration(1+rnd.IntN(40)) * time.Second, Budget: &budget}
		var all []Target
		add := func(n int) (list []Target) {
			for range n {
				at := target(len(all), 1+rnd.IntN(3))
				at.Weight = 1 + rnd.IntN(5)
				all, list = append(all, at), append(list, at)
			}
			return list
		}
		c.Targets, c.Fallbacks, c.OnContext, c.OnPolicy = add(1+rnd.IntN(3)), add(rnd.IntN(3)), add(rnd.IntN(2)), add(rnd.IntN(2))
		p := plan(t, c)
		now := start
		for range 40 {
			now = now.Add(time.Duration(rnd.IntN(5000)) * time.Millisecond)
			randomCall(t, seed, p, all, &now, rnd)
			if calls, retries := budget.InFlight(); calls != 0 || retries != 0 {
				t.Fatalf("seed %d: %d calls and %d retries are held", seed, calls, retries)
			}
			for _, at := range all {
				if s := at.Breaker.Status(now); s.Probes != 0 {
					t.Fatalf("seed %d: target %d holds %+v", seed, at.Index, s)
				}
			}
		}
	}
}

func randomCall(t *testing.T, seed uint64, p *Plan, all []Target, now *time.Time, rnd *rand.Rand) {
	t.Helper()
	r := p.Start(*now, Need{}, rnd.Float64)
	defer r.End()
	begin := *now
	var failed *llm.Error
	for n := 1; ; n++ {
		pick, stop := r.Next(*now, failed)
		if stop != nil {
			if stop.Status < 400 || stop.Message == "" || stop.RetryAfter < 0 {
				t.Fatalf("seed %d: ends with %+v", seed, stop)
			}
			return
		}
		*now = now.Add(pick.Wait)
		switch {
		case n > p.retries+1 || pick.Attempt != n:
			t.Fatalf("seed %d: attempt %d of %d: %+v", seed, n, p.retries+1, pick)
		case pick.Wait < 0 || pick.Wait > patience:
			t.Fatalf("seed %d: waits %v", seed, pick.Wait)
		case n > 1 && p.within-now.Sub(begin) < minLeft:
			t.Fatalf("seed %d: attempt %d begins %v after the first of %v", seed, n, now.Sub(begin), p.within)
		case all[pick.Target].Breaker.State() == resilience.Open:
			t.Fatalf("seed %d: target %d is open", seed, pick.Target)
		case pick.Credential >= all[pick.Target].Credentials.Len():
			t.Fatalf("seed %d: key %d", seed, pick.Credential)
		}
		for _, rest := range all[pick.Target].Credentials.Resting(*now) {
			if rest.Key == pick.Credential && (rest.Model == "" || rest.Model == all[pick.Target].Model) {
				t.Fatalf("seed %d: %+v, but %+v", seed, pick, rest)
			}
		}
		if rnd.IntN(20) == 0 {
			return // the caller left
		}
		*now = now.Add(time.Duration(rnd.IntN(3000)) * time.Millisecond)
		if rnd.IntN(3) == 0 {
			r.FirstToken(*now)
		}
		failed = failure(llm.Class(rnd.IntN(int(llm.ClassGateway) + 1)))
		if rnd.IntN(3) == 0 {
			failed.RetryAfter = time.Duration(rnd.IntN(15000)) * time.Millisecond
		}
		if failed.Class == llm.ClassNone {
			r.Done(*now, nil)
			return
		}
		if rnd.IntN(4) > 0 {
			r.Done(*now, failed)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	one := Config{Targets: []Target{target(0, 1)}, Retries: -1}
	weighted := Config{Targets: []Target{target(0, 4), target(1, 4), target(2, 4), target(3, 4)}, Fallbacks: []Target{target(4, 1)}, Retries: -1}
	bench := func(name string, c Config) {
		c.Budget = new(resilience.Budget)
		p := plan(b, c)
		now := time.Now()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					run := p.Start(now, Need{}, nil)
					if _, stop := run.Next(now, nil); stop != nil {
						b.Error(stop)
					}
					run.FirstToken(now)
					run.Done(now, nil)
					run.End()
				}
			})
		})
	}
	bench("one", one)
	bench("weighted", weighted)
	weighted.Targets[0].Breaker.Open(time.Now())
	bench("one_of_four_open", weighted)
}

func BenchmarkRunFailing(b *testing.B) {
	p := plan(b, Config{Targets: []Target{target(0, 2)}, Fallbacks: []Target{target(1, 1)}, Retries: -1})
	for i := range p.targets {
		p.targets[i].Breaker.Close(start)
	}
	server := failure(llm.ClassServer)
	b.ReportAllocs()
	for b.Loop() {
		run := p.Start(start, Need{}, nil)
		var failed *llm.Error
		for {
			if _, stop := run.Next(start, failed); stop != nil {
				break
			}
			failed = server
			run.Done(start, failed)
		}
		run.End()
	}
}

// The first attempt of a call costs no allocation, nor does its success.
func TestRunAllocations(t *testing.T) {
	p := plan(t, Config{Targets: []Target{target(0, 2), target(1, 2)}, Budget: new(resilience.Budget)})
	if n := testing.AllocsPerRun(100, func() {
		r := p.Start(start, Need{}, nil)
		defer r.End()
		_, _ = r.Next(start, nil)
		r.FirstToken(start)
		r.Done(start, nil)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
