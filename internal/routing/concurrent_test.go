package routing

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/llm"
)

// Many calls share a plan whose only target fails half of the time: the breaker
// has no more probes out than it may, the budget bounds the retries in flight,
// and nothing is held when all calls are over.
func TestRunConcurrently(t *testing.T) {
	t.Parallel()
	const callers, calls = 8, 400
	var budget resilience.Budget
	at := target(0, 2)
	at.Breaker = resilience.NewBreaker(resilience.Settings{Probes: 3, OpenFor: 50 * time.Millisecond}, nil)
	p := plan(t, Config{Targets: []Target{at}, Retries: 3, Budget: &budget})

	var probes, refused atomic.Int64
	var all sync.WaitGroup
	for g := range callers {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(g), 9))
			for i := range calls {
				now := start.Add(time.Duration(i) * 10 * time.Millisecond)
				r := p.Start(now, Need{}, rnd.Float64)
				var failed *llm.Error
				for {
					pick, stop := r.Next(now, failed)
					if stop != nil {
						if stop.Code == "all_upstreams_unavailable" {
							refused.Add(1)
						}
						break
					}
					if pick.Probe {
						if n := probes.Add(1); n > 3 {
							t.Errorf("%d probes are out", n)
						}
						probes.Add(-1)
					}
					if _, retries := budget.InFlight(); retries > 3 {
						t.Errorf("%d retries of at most %d calls", retries, callers)
					}
					failed = nil
					if rnd.IntN(2) == 0 {
						failed = failure(llm.ClassServer)
					}
					r.Done(now, failed)
					if failed == nil {
						break
					}
				}
				r.End()
			}
		})
	}
	all.Wait()
	if n, retries := budget.InFlight(); n != 0 || retries != 0 {
		t.Errorf("%d calls and %d retries are held", n, retries)
	}
	if s := at.Breaker.Status(start.Add(time.Hour)); s.Probes != 0 {
		t.Errorf("%d probes are held", s.Probes)
	}
	if refused.Load() == 0 {
		t.Error("the breaker never opened")
	}
}
