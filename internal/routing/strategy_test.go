package routing

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/resilience"
	"github.com/fairwaygw/fairway/llm"
)

// loaded are targets of weight 1 with loads, by index.
func loaded(n int) ([]Target, []*Load) {
	targets, loads := make([]Target, n), make([]*Load, n)
	for i := range n {
		loads[i] = new(Load)
		targets[i] = Target{Index: i, Weight: 1, Model: fmt.Sprint(i), Load: loads[i], Hash: mix(uint64(i))}
	}
	return targets, loads
}

// shares are how often each target is the first of a call.
func shares(p *Plan, n Need, calls int, rnd *rand.Rand) []int {
	counts := make([]int, len(p.targets))
	for range calls {
		r := p.Start(start, n, rnd.Float64)
		pick, stop := r.Next(start, nil)
		if stop == nil {
			counts[pick.Target]++
		}
		r.End()
	}
	return counts
}

func near(got, calls int, share float64) bool {
	return float64(got) > float64(calls)*share-0.02*float64(calls) && float64(got) < float64(calls)*share+0.02*float64(calls)
}

func TestLeastLatency(t *testing.T) {
	t.Parallel()
	targets, loads := loaded(3)
	p := plan(t, Config{Targets: targets, Strategy: LeastLatency})
	const calls = 10_000
	rnd := rand.New(rand.NewPCG(1, 1))

	// One that nobody knows is tried before those that are known.
	loads[0].answered(true, time.Second)
	loads[1].answered(true, 2*time.Second)
	if got := shares(p, Need{Stream: true}, calls, rnd); !near(got[2], calls, 0.97) {
		t.Errorf("shares %v, want the unknown one", got)
	}
	loads[2].answered(true, 1050*time.Millisecond)
	got := shares(p, Need{Stream: true}, calls, rnd)
	if !near(got[0], calls, 0.49) || !near(got[2], calls, 0.49) || got[1] == 0 {
		t.Errorf("shares %v, want the two fast ones alike and the slow one now and then", got)
	}
	// Whole answers are measured by themselves.
	loads[1].answered(false, time.Second)
	loads[0].answered(false, 9*time.Second)
	loads[2].answered(false, 9*time.Second)
	if got := shares(p, Need{}, calls, rnd); !near(got[1], calls, 0.97) {
		t.Errorf("shares %v of whole answers, want the second", got)
	}
	// A target that recovers wins calls again.
	for range 50 {
		loads[1].answered(true, 100*time.Millisecond)
	}
	if got := shares(p, Need{Stream: true}, calls, rnd); !near(got[1], calls, 0.97) {
		t.Errorf("shares %v, want the one that recovered", got)
	}
}

func TestLatencyIsMeasured(t *testing.T) {
	t.Parallel()
	targets, loads := loaded(1)
	p := plan(t, Config{Targets: targets})
	r := p.Start(start, Need{Stream: true}, half)
	mustNext(t, &r, start)
	r.FirstToken(start.Add(300 * time.Millisecond))
	r.FirstToken(start.Add(700 * time.Millisecond))
	if loads[0].Calls() != 1 {
		t.Errorf("%d calls under way, want 1", loads[0].Calls())
	}
	r.Done(start.Add(time.Second), nil)
	r.End()
	if got := loads[0].Latency(true).Round(time.Millisecond); got != 300*time.Millisecond {
		t.Errorf("latency %v, want that of the first content", got)
	}
	r = p.Start(start, Need{}, half)
	mustNext(t, &r, start)
	r.Done(start.Add(2*time.Second), nil)
	r.End()
	if got := loads[0].Latency(false).Round(time.Millisecond); got != 2*time.Second {
		t.Errorf("latency %v of a whole answer, want 2s", got)
	}
	// What fails says nothing of how fast it is.
	r = p.Start(start, Need{}, half)
	mustNext(t, &r, start)
	r.Done(start.Add(time.Millisecond), &llm.Error{Class: llm.ClassServer})
	r.End()
	if got := loads[0].Latency(false).Round(time.Millisecond); got != 2*time.Second || loads[0].Calls() != 0 {
		t.Errorf("latency %v and %d calls under way after a failure", got, loads[0].Calls())
	}
}

func mustNext(t *testing.T, r *Run, now time.Time) Pick {
	t.Helper()
	pick, stop := r.Next(now, nil)
	if stop != nil {
		t.Fatal(stop)
	}
	return pick
}

func TestLeastBusy(t *testing.T) {
	t.Parallel()
	targets, loads := loaded(2)
	targets[1].Weight = 3
	p := plan(t, Config{Targets: targets, Strategy: LeastBusy})
	rnd := rand.New(rand.NewPCG(2, 2))
	var open []*Run
	for range 400 {
		r := p.Start(start, Need{}, rnd.Float64)
		mustNext(t, &r, start)
		open = append(open, &r)
	}
	if a, b := loads[0].Calls(), loads[1].Calls(); a != 100 || b != 300 {
		t.Errorf("%d and %d calls under way, want 100 and 300", a, b)
	}
	for _, r := range open {
		r.End()
		r.End()
	}
	if a, b := loads[0].Calls(), loads[1].Calls(); a != 0 || b != 0 {
		t.Errorf("%d and %d calls under way after all ended", a, b)
	}
}

func TestLeastCost(t *testing.T) {
	t.Parallel()
	targets, _ := loaded(3)
	price := func(input, output int64) func(int64, int64) (int64, bool) {
		return func(i, o int64) (int64, bool) { return i*input + o*output, true }
	}
	targets[0].Cost, targets[1].Cost = price(1, 10), price(3, 4)
	p := plan(t, Config{Targets: targets, Strategy: LeastCost, Retries: 5})
	rnd := rand.New(rand.NewPCG(3, 3))
	for _, c := range []struct{ input, output, want int64 }{{1000, 10, 0}, {10, 1000, 1}} {
		if got := shares(p, Need{Input: c.input, Output: c.output}, 100, rnd); got[c.want] != 100 {
			t.Errorf("%d in and %d out: shares %v, want target %d", c.input, c.output, got, c.want)
		}
	}
	// One without a price comes last, but it comes.
	r := p.Start(start, Need{Input: 1}, half)
	for _, want := range []int{0, 1, 2} {
		var failed *llm.Error
		if want > 0 {
			failed = &llm.Error{Class: llm.ClassServer}
		}
		if pick, stop := r.Next(start, failed); stop != nil || pick.Target != want {
			t.Errorf("target %d (%v), want %d", pick.Target, stop, want)
		}
	}
	r.End()
}

func TestSticky(t *testing.T) {
	t.Parallel()
	targets, _ := loaded(4)
	targets[3].Weight = 3
	breaker := resilience.NewBreaker(resilience.Settings{}, nil)
	targets[1].Breaker = breaker
	p := plan(t, Config{Targets: targets, Sticky: true})
	at := func(session uint64) int {
		r := p.Start(start, Need{Session: session}, nil)
		defer r.End()
		return mustNext(t, &r, start).Target
	}
	const sessions = 20_000
	var counts [4]int
	before := make([]int, sessions)
	for i := range before {
		before[i] = at(mix(uint64(i)))
		counts[before[i]]++
		if again := at(mix(uint64(i))); again != before[i] {
			t.Fatalf("session %d went to %d, then to %d", i, before[i], again)
		}
	}
	for i, share := range []float64{1. / 6, 1. / 6, 1. / 6, 1. / 2} {
		if !near(counts[i], sessions, share) {
			t.Errorf("shares %v, want them by weight", counts)
		}
	}
	breaker.Open(start)
	for i := range before {
		now := at(mix(uint64(i)))
		if before[i] != 1 && now != before[i] {
			t.Fatalf("session %d was at %d and moved to %d, though its target is well", i, before[i], now)
		}
		if now == 1 {
			t.Fatal("a session stays where the breaker is open")
		}
	}
	breaker.Reset(start)
	for i := range before {
		if now := at(mix(uint64(i))); now != before[i] {
			t.Fatalf("session %d does not come back", i)
		}
	}
}

func TestAbilities(t *testing.T) {
	t.Parallel()
	targets, _ := loaded(3)
	targets[0].Known, targets[0].Abilities = true, Images
	targets[1].Known, targets[1].Abilities = true, Tools|Images
	fallback := Target{Index: 3, Known: true, Abilities: Tools}
	p := plan(t, Config{Targets: targets, Fallbacks: []Target{fallback}, Strategy: First, Retries: 9})

	order := func(n Need) (list []int, last *llm.Error) {
		r := p.Start(start, n, half)
		defer r.End()
		var failed *llm.Error
		for {
			pick, stop := r.Next(start, failed)
			if stop != nil {
				return list, stop
			}
			if len(list) == 0 || list[len(list)-1] != pick.Target {
				list = append(list, pick.Target)
			}
			failed = &llm.Error{Class: llm.ClassServer}
		}
	}
	for _, c := range []struct {
		need Abilities
		want string
	}{{0, "[0 1 2 3]"}, {Tools, "[1 2 3]"}, {Images, "[0 1 2]"}, {Tools | Images, "[1 2]"}, {Audio, "[2]"}} {
		if got, _ := order(Need{Abilities: c.need}); fmt.Sprint(got) != c.want {
			t.Errorf("%v: tried %v, want %s", c.need, got, c.want)
		}
	}
	p = plan(t, Config{Targets: targets[:2], Fallbacks: []Target{fallback}})
	_, stop := order(Need{Abilities: Audio | Tools})
	if stop == nil || stop.Status != 400 || stop.Code != "unsupported_by_model" || !strings.Contains(stop.Message, "audio") || strings.Contains(stop.Message, "tools") {
		t.Errorf("with nobody who can: %+v", stop)
	}
}

func TestContextWindows(t *testing.T) {
	t.Parallel()
	targets, _ := loaded(2)
	targets[0].Context, targets[1].Context = 1000, 5000
	big := Target{Index: 9, Context: 100_000}
	first := func(c Config, n Need) int {
		c.Targets, c.Strategy = targets, First
		r := plan(t, c).Start(start, n, half)
		defer r.End()
		return mustNext(t, &r, start).Target
	}
	for _, c := range []struct {
		config Config
		need   Need
		want   int
	}{
		{Config{}, Need{Input: 900}, 0},
		{Config{}, Need{Input: 900, Output: 200}, 1},
		{Config{OnContext: []Target{big}}, Need{Input: 4000}, 1},
		{Config{OnContext: []Target{big}}, Need{Input: 6000}, 9},
		{Config{OnContext: []Target{big}}, Need{Input: 200_000}, 0}, // an estimate refuses nobody
		{Config{}, Need{Input: 6000}, 0},
		{Config{Fallbacks: []Target{big}}, Need{Input: 6000}, 9},
	} {
		if got := first(c.config, c.need); got != c.want {
			t.Errorf("%d + %d tokens with %d for overflows: target %d, want %d", c.need.Input, c.need.Output, len(c.config.OnContext), got, c.want)
		}
	}
}

func TestDrained(t *testing.T) {
	t.Parallel()
	targets, loads := loaded(2)
	account := new(Load)
	targets[1].Account = account
	p := plan(t, Config{Targets: targets})
	rnd := rand.New(rand.NewPCG(4, 4))
	loads[0].SetDrained(&Drain{Since: start})
	if got := shares(p, Need{}, 100, rnd); got[1] != 100 {
		t.Errorf("shares %v with the first drained", got)
	}
	account.SetDrained(&Drain{Since: start})
	r := p.Start(start, Need{}, nil)
	if _, stop := r.Next(start, nil); stop == nil || stop.Status != 503 || stop.Code != "all_upstreams_unavailable" {
		t.Errorf("with all drained: %+v", stop)
	}
	r.End()
	loads[0].SetDrained(nil)
	if got := shares(p, Need{}, 100, rnd); got[0] != 100 {
		t.Errorf("shares %v with the second's provider drained", got)
	}
}

func TestExplained(t *testing.T) {
	t.Parallel()
	targets, loads := loaded(4)
	targets[0].Known = true
	loads[1].SetDrained(&Drain{})
	breaker := resilience.NewBreaker(resilience.Settings{}, nil)
	breaker.Open(start)
	targets[2].Breaker = breaker
	p := plan(t, Config{Targets: targets, Strategy: First, Fallbacks: []Target{{Index: 4}}, Retries: 5})
	var said []string
	r := p.Start(start, Need{Abilities: Tools, Explain: func(target int, what Step, why string) {
		said = append(said, fmt.Sprintf("%d %s %s", target, what, why))
	}}, half)
	defer r.End()
	mustNext(t, &r, start)
	if _, stop := r.Next(start, &llm.Error{Class: llm.ClassTransport, Reason: "dial"}); stop != nil {
		t.Fatal(stop)
	}
	want := "0 skipped lacks tools|1 skipped drained|2 skipped its circuit breaker is open|3 taken first|3 left transport: dial"
	if got := strings.Join(said, "|"); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "4 taken fallback") {
		t.Errorf("said %s\nwant %s … 4 taken fallback", got, want)
	}
}

func BenchmarkFirstTarget(b *testing.B) {
	for _, s := range []struct {
		name string
		of   Strategy
	}{{"weighted", Weighted}, {"least_latency", LeastLatency}, {"least_busy", LeastBusy}} {
		for _, n := range []int{2, 8, 32} {
			b.Run(fmt.Sprintf("%s/%d", s.name, n), func(b *testing.B) {
				targets, loads := loaded(n)
				for i, l := range loads {
					l.answered(false, time.Duration(1+i)*time.Millisecond)
				}
				p, err := NewPlan(Config{Targets: targets, Strategy: s.of})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					r := p.Start(start, Need{}, nil)
					if _, stop := r.Next(start, nil); stop != nil {
						b.Fatal(stop)
					}
					r.Done(start, nil)
					r.End()
				}
			})
		}
	}
}
