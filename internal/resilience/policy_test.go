package resilience

import (
	"testing"
	"time"

	"github.com/fairwaygw/fairway/llm"
)

func TestPolicy(t *testing.T) {
	t.Parallel()
	// The classes whose failures a breaker counts, and no others.
	counted := map[llm.Class]bool{
		llm.ClassTransport: true, llm.ClassTimeout: true, llm.ClassOverloaded: true, llm.ClassServer: true, llm.ClassBadOutput: true,
	}
	// The classes after which another target is tried.
	onward := map[llm.Class]bool{
		llm.ClassTransport: true, llm.ClassTimeout: true, llm.ClassOverloaded: true, llm.ClassServer: true, llm.ClassBadOutput: true,
		llm.ClassQuota: true, llm.ClassRateLimit: true, llm.ClassCredential: true, llm.ClassRegion: true, llm.ClassModelAccess: true,
		llm.ClassUnknown: true,
	}
	// The classes after which another key is tried.
	rotated := map[llm.Class]bool{
		llm.ClassQuota: true, llm.ClassRateLimit: true, llm.ClassCredential: true, llm.ClassRegion: true, llm.ClassModelAccess: true,
	}
	for c := llm.ClassNone; c <= llm.ClassGateway; c++ {
		p := Policy(c)
		if p.Failure() != counted[c] {
			t.Errorf("%v: a breaker counts it: %v", c, p.Failure())
		}
		if (p.Fallback == FallbackAny) != onward[c] {
			t.Errorf("%v: fallback %v", c, p.Fallback)
		}
		if p.Rotate != rotated[c] {
			t.Errorf("%v: rotates: %v", c, p.Rotate)
		}
		if p.Retry != RetryNever && !onward[c] || p.Rotate && p.Cooldown == CooldownNone {
			t.Errorf("%v: %+v", c, p)
		}
	}
	if Policy(llm.ClassContextWindow).Fallback != FallbackContext || Policy(llm.ClassContentPolicy).Fallback != FallbackPolicy {
		t.Error("special failures go elsewhere")
	}
	if Policy(llm.Class(99)) != Policy(llm.ClassUnknown) {
		t.Error("a class that is not known is not unknown")
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	most := func() float64 { return 1 }
	for i, want := range []time.Duration{500, 1000, 2000, 4000, 8000, 8000, 8000} {
		if got := Backoff(i, most); got != want*time.Millisecond {
			t.Errorf("retry %d waits up to %v, want %d ms", i, got, want)
		}
	}
	if got := Backoff(1<<40, most); got != backoffMax {
		t.Errorf("a late retry waits %v", got)
	}
	if got := Backoff(-1, most); got != backoffBase {
		t.Errorf("an early retry waits %v", got)
	}
	if got := Backoff(3, func() float64 { return 0 }); got != 0 {
		t.Errorf("the least wait is %v", got)
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	for calls, want := range map[int]int{0: 3, 1: 3, 15: 3, 20: 4, 100: 20, 1000: 200} {
		var b Budget
		for range calls {
			b.Begin()
		}
		got := 0
		for b.Retry() {
			got++
		}
		if got != want {
			t.Errorf("%d calls allow %d retries, want %d", calls, got, want)
		}
		b.Release()
		if !b.Retry() || b.Retry() {
			t.Errorf("%d calls: one retry ended, and not one more may begin", calls)
		}
		for range calls {
			b.End()
		}
		if c, r := b.InFlight(); c != 0 || r != want {
			t.Errorf("%d calls and %d retries are left", c, r)
		}
	}
}

func BenchmarkBudget(b *testing.B) {
	b.ReportAllocs()
	var budget Budget
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			budget.Begin()
			if budget.Retry() {
				budget.Release()
			}
			budget.End()
		}
	})
}
