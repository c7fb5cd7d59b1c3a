package limits

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// hand is a clock that is set by hand.
type hand struct{ ns atomic.Int64 }

func newHand(t time.Time) *hand {
	h := new(hand)
	h.ns.Store(t.UnixNano())
	return h
}

func (h *hand) now() time.Time          { return time.Unix(0, h.ns.Load()) }
func (h *hand) pass(d time.Duration)    { h.ns.Add(int64(d)) }
func (h *hand) set(t time.Time)         { h.ns.Store(t.UnixNano()) }
func bounded(tokens, cost int64) Amount { return Amount{tokens, cost, tokens, cost} }

var noon = time.Date(2027, 3, 14, 12, 0, 0, 0, time.UTC)

func claim(l Level, id string, rules ...Rule) []Claim {
	return []Claim{{Level: l, ID: id, Rules: rules}}
}

func TestEveryKind(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		for _, w := range []Window{Natural, Sliding, Fixed} {
			t.Run(fmt.Sprint(k, w), func(t *testing.T) {
				t.Parallel()
				clock := newHand(noon)
				b := New(clock.now)
				rules := claim(Subscription, "s", Rule{Kind: k, Window: w, Max: 10})
				var open [10]Reservation
				for i := range open {
					if refusal := b.Reserve(&open[i], rules, bounded(1, 1)); refusal != nil {
						t.Fatalf("call %d of 10 was refused: %+v", i+1, refusal)
					}
				}
				var r Reservation
				refusal := b.Reserve(&r, rules, bounded(1, 1))
				if refusal == nil {
					t.Fatal("call 11 was let through")
				}
				if refusal.Rule.Kind != k || refusal.Level != Subscription || refusal.ID != "s" || refusal.Wait <= 0 {
					t.Errorf("refused with %+v", refusal)
				}
				for i := range open {
					open[i].Settle(Used{Tokens: 1, Cost: 1})
				}
				if k == ConcurrentRequests {
					if refusal := b.Reserve(&r, rules, bounded(1, 1)); refusal != nil {
						t.Fatalf("refused with nobody under way: %+v", refusal)
					}
					return
				}
				if b.Reserve(&r, rules, bounded(1, 1)) == nil {
					t.Fatal("settling what was used made room")
				}
				clock.pass(refusal.Wait - 1)
				if b.Reserve(&r, rules, bounded(1, 1)) == nil {
					t.Fatal("let through before the time that the refusal gave")
				}
				clock.pass(1)
				if refusal := b.Reserve(&r, rules, bounded(1, 1)); refusal != nil {
					t.Fatalf("refused at the time that the refusal gave: %+v", refusal)
				}
			})
		}
	}
}

// No stretch of the window's length ever sees more than the limit.
func TestSlidingWindowIsNeverExceeded(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		clock := newHand(noon.Add(time.Duration(rnd.Int64N(int64(time.Hour)))))
		b := New(clock.now)
		limit := 1 + rnd.Int64N(20)
		rules := claim(Key, "k", Rule{Kind: RequestsPerMinute, Max: limit})
		var passed []time.Time
		for range 5000 {
			clock.pass(time.Duration(rnd.Int64N(int64(time.Minute) / limit / 10)))
			var r Reservation
			if b.Reserve(&r, rules, Amount{}) == nil {
				passed = append(passed, clock.now())
				r.Settle(Used{})
			}
		}
		for i := range passed {
			if j := i + int(limit); j < len(passed) && passed[j].Sub(passed[i]) < time.Minute {
				t.Fatalf("seed %d: %d calls in %v with a limit of %d", seed, limit+1, passed[j].Sub(passed[i]), limit)
			}
		}
		// Nor does the window waste more than its grain.
		if span := passed[len(passed)-1].Sub(passed[0]); float64(len(passed)) < 0.9*span.Minutes()*float64(limit)*60/61 {
			t.Errorf("seed %d: %d calls in %v with a limit of %d a minute", seed, len(passed), span, limit)
		}
	}
}

func TestCalendarMonth(t *testing.T) {
	t.Parallel()
	clock := newHand(time.Date(2028, 2, 29, 23, 59, 59, 0, time.UTC))
	b := New(clock.now)
	rules := claim(Tenant, "t", Rule{Kind: CostPerMonth, Max: 5})
	var r Reservation
	if b.Reserve(&r, rules, bounded(0, 5)) != nil {
		t.Fatal("refused")
	}
	r.Settle(Used{Cost: 5})
	refusal := b.Reserve(&r, rules, bounded(0, 1))
	if refusal == nil || refusal.Wait != time.Second {
		t.Fatalf("refused with %+v, want until the end of February", refusal)
	}
	clock.pass(time.Second)
	if b.Reserve(&r, rules, bounded(0, 5)) != nil {
		t.Fatal("refused in March")
	}
	if refusal := b.Reserve(&r, rules, bounded(0, 1)); refusal == nil || refusal.Wait != 31*day {
		t.Fatalf("refused with %+v, want all of March", refusal)
	}
}

func TestExactUnderConcurrency(t *testing.T) {
	t.Parallel()
	b := New(nil)
	// The tenant has room for 10 of the tokens, the key and the subscription for more.
	claims := []Claim{
		{Key, "k", []Rule{{RequestsPerDay, Fixed, 100}}},
		{Subscription, "s", []Rule{{TokensPerDay, Fixed, 15_000}, {CostPerMonth, Fixed, 1 << 40}}},
		{Tenant, "t", []Rule{{TokensPerDay, Fixed, 10_000}}},
	}
	var admitted, refused atomic.Int64
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			var r Reservation
			if b.Reserve(&r, claims, bounded(1000, 7)) != nil {
				refused.Add(1)
				return
			}
			admitted.Add(1)
			r.Settle(Used{Tokens: 1000, Cost: 7})
		})
	}
	wg.Wait()
	if admitted.Load() != 10 || refused.Load() != 190 {
		t.Fatalf("%d let through and %d refused, want 10 and 190", admitted.Load(), refused.Load())
	}
	// Those that the tenant refused took nothing from the others.
	for s, want := range map[*Subject]map[Kind]int64{
		b.Subject(Key, "k"):          {RequestsPerDay: 10},
		b.Subject(Subscription, "s"): {TokensPerDay: 10_000, CostPerMonth: 70},
	} {
		for k, n := range want {
			if got := s.counters[k].sum; got != n {
				t.Errorf("%s: %d counted for %s, want %d", s.level, got, k, n)
			}
		}
	}
}

func TestSettling(t *testing.T) {
	t.Parallel()
	clock := newHand(noon)
	b := New(clock.now)
	rules := claim(Subscription, "s", Rule{Kind: TokensPerMinute, Max: 1000}, Rule{Kind: RequestsPerMinute, Max: 100})
	used := func() int64 { return b.Subject(Subscription, "s").counters[TokensPerMinute].sum }

	var r Reservation
	b.Reserve(&r, rules, bounded(900, 0))
	if used() != 900 {
		t.Fatalf("%d held, want 900", used())
	}
	if b.Reserve(new(Reservation), rules, bounded(200, 0)) == nil {
		t.Fatal("what is held was given away twice")
	}
	r.Settle(Used{Tokens: 100})
	r.Settle(Used{Tokens: 100})
	if used() != 100 {
		t.Fatalf("%d counted after settling 100 twice", used())
	}

	// More than was held counts too, even beyond the limit.
	b.Reserve(&r, rules, bounded(10, 0))
	r.Settle(Used{Tokens: 5000})
	if used() != 5100 {
		t.Fatalf("%d counted, want 5100", used())
	}
	if b.Reserve(&r, rules, bounded(1, 0)) == nil {
		t.Fatal("let through beyond the limit")
	}

	// What was refunded after its window is over changes nothing.
	clock.pass(2 * time.Minute)
	b.Reserve(&r, rules, bounded(500, 0))
	clock.pass(2 * time.Minute)
	var other Reservation
	b.Reserve(&other, rules, bounded(300, 0))
	r.Settle(Used{})
	if used() != 300 {
		t.Fatalf("%d counted after a late refund, want 300", used())
	}

	// A call that was never made does not count as a request.
	requests := b.Subject(Subscription, "s").counters[RequestsPerMinute]
	before := requests.sum
	b.Reserve(&r, rules, Amount{})
	r.Settle(Used{Void: true})
	if requests.sum != before {
		t.Error("a call that was never made counts as a request")
	}
}

// A call without a bound is let through when there is any room, and holds it.
func TestCallsWithoutBound(t *testing.T) {
	t.Parallel()
	b := New(newHand(noon).now)
	rules := claim(Subscription, "s", Rule{Kind: TokensPerDay, Max: 1000})
	var first, second Reservation
	open := Amount{LeastTokens: 10, Tokens: 64_000}
	if b.Reserve(&first, rules, open) != nil {
		t.Fatal("refused although there is room for its prompt")
	}
	if b.Reserve(&second, rules, open) == nil {
		t.Fatal("all that is left is held, and was given away")
	}
	first.Settle(Used{Tokens: 100})
	if b.Reserve(&second, rules, open) != nil {
		t.Fatal("refused with 900 left")
	}
	if b.Reserve(new(Reservation), rules, Amount{LeastTokens: 1001, Tokens: 1001}) == nil {
		t.Fatal("a prompt beyond the limit was let through")
	}
}

func TestLimitsThatChange(t *testing.T) {
	t.Parallel()
	clock := newHand(noon)
	b := New(clock.now)
	with := func(r Rule) []Claim { return claim(Subscription, "s", r) }
	for range 5 {
		var r Reservation
		if b.Reserve(&r, with(Rule{Kind: RequestsPerMinute, Max: 10}), Amount{}) != nil {
			t.Fatal("refused")
		}
		r.Settle(Used{})
	}
	var r Reservation
	if b.Reserve(&r, with(Rule{Kind: RequestsPerMinute, Max: 3}), Amount{}) == nil {
		t.Fatal("a limit below what was used let a call through")
	}
	// Another window takes over what was used.
	if b.Reserve(&r, with(Rule{Kind: RequestsPerMinute, Window: Fixed, Max: 5}), Amount{}) == nil {
		t.Fatal("a change of the window gave a fresh start")
	}
	if b.Reserve(&r, with(Rule{Kind: RequestsPerMinute, Window: Sliding, Max: 6}), Amount{}) != nil {
		t.Fatal("a higher limit does not apply at once")
	}
	if b.Reserve(&r, with(Rule{Kind: RequestsPerMinute, Max: 0}), Amount{}) == nil {
		t.Fatal("a limit of 0 let a call through")
	}
}

func TestClocksThatAreSet(t *testing.T) {
	t.Parallel()
	clock := newHand(noon)
	b := New(clock.now)
	for _, w := range []Window{Sliding, Fixed} {
		rules := claim(Key, fmt.Sprint(w), Rule{Kind: RequestsPerMinute, Window: w, Max: 2})
		clock.set(noon)
		for range 2 {
			var r Reservation
			if b.Reserve(&r, rules, Amount{}) != nil {
				t.Fatal("refused")
			}
		}
		clock.set(noon.Add(-time.Hour))
		if b.Reserve(new(Reservation), rules, Amount{}) == nil {
			t.Fatal("a clock that went back gave new calls")
		}
	}
}

func TestBoundsOfNumbers(t *testing.T) {
	t.Parallel()
	b := New(nil)
	rules := claim(Key, "k", Rule{Kind: TokensPerDay, Max: math.MaxInt64})
	for range 3 {
		var r Reservation
		if b.Reserve(&r, rules, Amount{Tokens: math.MaxInt64, LeastTokens: 1}) == nil {
			defer r.Settle(Used{Tokens: 1})
		}
	}
	if sum := b.Subject(Key, "k").counters[TokensPerDay].sum; sum < 0 {
		t.Errorf("the counter has overflown to %d", sum)
	}
	if b.Reserve(new(Reservation), rules, Amount{Tokens: math.MaxInt64, LeastTokens: math.MaxInt64}) == nil {
		t.Error("let through beyond all that there is")
	}
}

func TestPastCounts(t *testing.T) {
	t.Parallel()
	clock := newHand(noon)
	b := New(clock.now)
	b.Restore(Subscription, "s", Past{From: noon.Add(-30 * time.Minute), For: 30 * time.Minute, Requests: 4, Tokens: 50, Cost: 7})
	b.Restore(Subscription, "s", Past{From: noon.Add(-48 * time.Hour), For: day, Requests: 100, Tokens: 100, Cost: 100})
	rules := claim(Subscription, "s", Rule{Kind: RequestsPerHour, Max: 5}, Rule{Kind: TokensPerDay, Max: 60}, Rule{Kind: CostPerMonth, Max: 200})
	var r Reservation
	if refusal := b.Reserve(&r, rules, bounded(10, 1)); refusal != nil {
		t.Fatalf("refused: %+v", refusal)
	}
	if sum := b.Subject(Subscription, "s").counters[CostPerMonth].sum; sum != 108 {
		t.Errorf("%d counted for this month, want 108", sum)
	}
	if refusal := b.Reserve(new(Reservation), rules, Amount{}); refusal == nil || refusal.Rule.Kind != TokensPerDay {
		t.Errorf("refused with %+v, want by the tokens, which take longest", refusal)
	}
	// What comes late is counted as well.
	b.Restore(Subscription, "s", Past{From: noon.Add(-time.Minute), For: time.Minute, Cost: 92})
	clock.pass(day)
	if refusal := b.Reserve(new(Reservation), rules, Amount{}); refusal == nil || refusal.Rule.Kind != CostPerMonth {
		t.Errorf("refused with %+v, want by the costs", refusal)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	clock := newHand(noon)
	b := New(clock.now)
	rules := claim(Key, "k", Rule{Kind: RequestsPerMinute, Max: 2}, Rule{Kind: ConcurrentRequests, Max: 1})
	var r Reservation
	b.Reserve(&r, rules, Amount{})
	s := b.Subject(Key, "k")
	clock.pass(time.Hour)
	b.Sweep()
	if b.Subject(Key, "k") != s {
		t.Fatal("forgotten while a call is under way")
	}
	r.Settle(Used{})
	b.Sweep()
	if b.Subject(Key, "k") == s {
		t.Fatal("not forgotten although nothing is counted")
	}
}

// Whatever happens, nothing is counted twice, lost or negative.
func TestRandomCalls(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		clock := newHand(noon)
		b := New(clock.now)
		var open []*Reservation
		for range 3000 {
			clock.pass(time.Duration(rnd.Int64N(int64(2 * time.Second))))
			if len(open) > 0 && rnd.IntN(2) == 0 {
				i := rnd.IntN(len(open))
				open[i].Settle(Used{Tokens: rnd.Int64N(300), Cost: rnd.Int64N(300)})
				open = append(open[:i], open[i+1:]...)
				continue
			}
			var claims []Claim
			for l := range levels {
				if rnd.IntN(2) == 0 {
					continue
				}
				c := Claim{Level: l, ID: fmt.Sprint(rnd.IntN(3))}
				for k := range kinds {
					if rnd.IntN(3) == 0 {
						c.Rules = append(c.Rules, Rule{k, Window(rnd.IntN(3)), rnd.Int64N(500)})
					}
				}
				claims = append(claims, c)
			}
			r := new(Reservation)
			n := rnd.Int64N(50)
			if b.Reserve(r, claims, Amount{LeastTokens: n, LeastCost: n, Tokens: n + rnd.Int64N(100), Cost: n}) == nil {
				open = append(open, r)
			}
		}
		for _, r := range open {
			r.Settle(Used{})
		}
		for l := range levels {
			for id := range 3 {
				s := b.Subject(l, fmt.Sprint(id))
				if s.held != 0 {
					t.Fatalf("seed %d: %d reservations stay open", seed, s.held)
				}
				for _, c := range s.counters {
					if c == nil {
						continue
					}
					sum := int64(0)
					for _, n := range c.slots {
						if n < 0 {
							t.Fatalf("seed %d: a slot of %s has %d", seed, c.kind, n)
						}
						sum += n
					}
					if sum != c.sum {
						t.Fatalf("seed %d: the slots of %s have %d, their sum says %d", seed, c.kind, sum, c.sum)
					}
				}
			}
		}
	}
}

func BenchmarkReserve(bench *testing.B) {
	b := New(nil)
	claims := []Claim{
		{Key, "key_1", []Rule{{RequestsPerMinute, Natural, math.MaxInt64}}},
		{Subscription, "sub_1", []Rule{{RequestsPerMinute, Natural, math.MaxInt64}, {TokensPerMinute, Natural, math.MaxInt64}, {CostPerMonth, Natural, math.MaxInt64}}},
		{Tenant, "ten_1", []Rule{{CostPerMonth, Natural, math.MaxInt64}}},
	}
	bench.ReportAllocs()
	var r Reservation
	for bench.Loop() {
		if b.Reserve(&r, claims, bounded(100, 100)) != nil {
			bench.Fatal("refused")
		}
		r.Settle(Used{Tokens: 10, Cost: 10})
	}
}
