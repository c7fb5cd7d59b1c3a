package resilience

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/llm"
)

// keys asks n times whose turn it is.
func keys(c *Credentials, now time.Time, n int) (list []int) {
	for range n {
		list = append(list, c.Next(now, "m", 0).Key)
	}
	return list
}

func TestCredentialsTakeTurns(t *testing.T) {
	t.Parallel()
	c := NewCredentials(3)
	if diff := cmp.Diff([]int{0, 1, 2, 0, 1}, keys(c, start, 5)); diff != "" {
		t.Error(diff)
	}
	if got := NewCredentials(0).Len(); got != 1 {
		t.Errorf("a provider without keys has %d", got)
	}
	if got := NewCredentials(100).Len(); got != MaxCredentials {
		t.Errorf("a provider with too many keys has %d", got)
	}
}

func TestCredentialsTried(t *testing.T) {
	t.Parallel()
	c := NewCredentials(3)
	var tried Tried
	for n := range 3 {
		turn := c.Next(start, "m", tried)
		if turn.Key < 0 || turn.Wait != 0 || tried.Has(turn.Key) {
			t.Fatalf("turn %d is %+v", n, turn)
		}
		tried.Add(turn.Key)
	}
	if turn := c.Next(start, "m", tried); turn.Key != -1 {
		t.Errorf("all were tried, and yet %+v", turn)
	}
}

func TestCredentialsRest(t *testing.T) {
	t.Parallel()
	const minute = time.Minute
	tests := []struct {
		name  string
		class llm.Class
		wait  time.Duration
		// model is how long the key rests for the model, other for another one.
		model, other time.Duration
	}{
		{"rate limit", llm.ClassRateLimit, 7 * time.Second, 7 * time.Second, 0},
		{"rate limit of a short time", llm.ClassRateLimit, 20 * time.Millisecond, 20 * time.Millisecond, 0},
		{"rate limit of an unknown time", llm.ClassRateLimit, 0, time.Second, 0},
		{"credential", llm.ClassCredential, 0, 5 * minute, 5 * minute},
		{"quota", llm.ClassQuota, 0, 5 * minute, 5 * minute},
		{"quota until the provider says", llm.ClassQuota, 10 * minute, 10 * minute, 10 * minute},
		{"model", llm.ClassModelAccess, 0, minute, 0},
		{"region", llm.ClassRegion, 0, minute, 0},
		{"server", llm.ClassServer, 7 * time.Second, 0, 0},
		{"overloaded", llm.ClassOverloaded, 7 * time.Second, 0, 0},
		{"caller", llm.ClassCallerFault, 7 * time.Second, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := NewCredentials(1)
			c.Failed(start, 0, "m", tt.class, tt.wait)
			for model, want := range map[string]time.Duration{"m": tt.model, "other": tt.other} {
				turn := c.Next(start, model, 0)
				if turn.Key != 0 || turn.Wait != want || turn.Wait > 0 && turn.Class != tt.class {
					t.Errorf("%s: %+v, want a wait of %v", model, turn, want)
				}
				if turn := c.Next(start.Add(want), model, 0); turn != (Turn{}) {
					t.Errorf("%s: %+v once the rest is over", model, turn)
				}
			}
		})
	}
}

func TestCredentialsPassOverWhatRests(t *testing.T) {
	t.Parallel()
	c := NewCredentials(3)
	c.Failed(start, 1, "m", llm.ClassRateLimit, time.Minute)
	if diff := cmp.Diff([]int{0, 2, 2, 0}, keys(c, start, 4)); diff != "" {
		t.Error(diff)
	}
	c.Failed(start, 0, "m", llm.ClassRateLimit, 30*time.Second)
	c.Failed(start, 2, "m", llm.ClassQuota, 0)
	if got, want := c.Next(start, "m", 0), (Turn{0, 30 * time.Second, llm.ClassRateLimit}); got != want {
		t.Errorf("ready first is %+v, want %+v", got, want)
	}
	if got, want := c.Next(start, "m", 1), (Turn{1, time.Minute, llm.ClassRateLimit}); got != want {
		t.Errorf("of the others, ready first is %+v, want %+v", got, want)
	}
	if got := len(c.Resting(start)); got != 3 {
		t.Errorf("%d rest", got)
	}
	c.Reset(start, 1)
	if got := c.Next(start, "m", 0); got != (Turn{Key: 1}) {
		t.Errorf("after a reset: %+v", got)
	}
}

func TestCredentialsQuarantineGrows(t *testing.T) {
	t.Parallel()
	c := NewCredentials(1)
	now := start
	for _, minutes := range []time.Duration{5, 10, 20, 40, 60, 60} {
		c.Failed(now, 0, "m", llm.ClassCredential, 0)
		// Calls that were under way fail too, or succeed, and change nothing.
		c.Failed(now.Add(time.Second), 0, "m", llm.ClassCredential, 0)
		c.Succeeded(now.Add(time.Second), 0, "m")
		if got := c.Next(now, "m", 0); got.Wait != minutes*time.Minute {
			t.Fatalf("rests %v, want %d minutes", got.Wait, minutes)
		}
		now = now.Add(minutes * time.Minute)
	}
	c.Succeeded(now, 0, "m")
	c.Failed(now, 0, "m", llm.ClassCredential, 0)
	if got := c.Next(now, "m", 0); got.Wait != 5*time.Minute {
		t.Errorf("rests %v after a success", got.Wait)
	}
}

func TestCredentialsSettle(t *testing.T) {
	t.Parallel()
	c := NewCredentials(2)
	c.Failed(start, 0, "m", llm.ClassRateLimit, time.Second)
	c.Failed(start, 1, "unused", llm.ClassRateLimit, time.Second)
	c.Failed(start, 1, "m", llm.ClassQuota, 0)
	if c.turn.Load()&troubled == 0 {
		t.Fatal("nothing to look at")
	}
	later := start.Add(time.Hour)
	c.Succeeded(later, 0, "m")
	c.Succeeded(later, 1, "m")
	if c.turn.Load()&troubled != 0 || len(c.models) != 0 || c.Resting(later) != nil {
		t.Errorf("something is left: %+v", c.models)
	}
}

func TestCredentialsAreBounded(t *testing.T) {
	t.Parallel()
	c := NewCredentials(1)
	for i := range maxRests + 10 {
		c.Failed(start, 0, fmt.Sprint(i), llm.ClassModelAccess, 0)
	}
	if len(c.models) != maxRests {
		t.Errorf("%d rests by model", len(c.models))
	}
	c.Failed(start.Add(time.Hour), 0, "m", llm.ClassModelAccess, 0)
	if len(c.models) != 1 {
		t.Errorf("%d rests by model, and all but one are over", len(c.models))
	}
	c.Failed(start, 7, "m", llm.ClassQuota, 0)
	c.Succeeded(start, -1, "m")
	c.Reset(start, 7)
}

func TestCredentialsConcurrently(t *testing.T) {
	t.Parallel()
	c := NewCredentials(4)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(g), 3))
			for i := range 2000 {
				now := start.Add(time.Duration(i) * time.Second)
				turn := c.Next(now, "m", Tried(rnd.IntN(16)))
				switch rnd.IntN(4) {
				case 0:
					c.Failed(now, turn.Key, "m", llm.Class(rnd.IntN(17)), 0)
				case 1:
					c.Resting(now)
				default:
					c.Succeeded(now, turn.Key, "m")
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkCredentials(b *testing.B) {
	run := func(name string, c *Credentials) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			now := time.Now()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					turn := c.Next(now, "m", 0)
					c.Succeeded(now, turn.Key, "m")
				}
			})
		})
	}
	run("one", NewCredentials(1))
	run("four", NewCredentials(4))
	resting := NewCredentials(4)
	resting.Failed(time.Now(), 0, "m", llm.ClassQuota, time.Hour)
	run("one_rests", resting)
}
