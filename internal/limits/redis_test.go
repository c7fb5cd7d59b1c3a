package limits

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func init() { redis.SetLogger(quiet{}) } // servers are stopped on purpose

type quiet struct{}

func (quiet) Printf(context.Context, string, ...any) {}

// startRedis starts a server of its own for a test.
func startRedis(t *testing.T) *server {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is not installed")
		}
		t.Skip("redis-server is not installed")
	}
	// The path of a socket is short.
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &server{program: program, socket: filepath.Join(dir, "s")}
	s.start(t)
	t.Cleanup(func() { s.stop() })
	return s
}

type server struct {
	program, socket string
	cmd             *exec.Cmd
}

func (s *server) start(t *testing.T) {
	t.Helper()
	s.cmd = exec.Command(s.program, "--port", "0", "--unixsocket", s.socket, "--save", "", "--dir", filepath.Dir(s.socket))
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		conn, err := net.Dial("unix", s.socket)
		if err == nil {
			conn.Close()
			return
		}
		time.Sleep(5 * time.Millisecond)
		if t.Context().Err() != nil {
			t.Fatal("Redis does not start")
		}
	}
}

func (s *server) stop() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	os.Remove(s.socket)
}

// node is a book that counts together with others.
func (s *server) node(t *testing.T, name string, patience time.Duration) *Book {
	t.Helper()
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket, MaxRetries: -1})
	t.Cleanup(func() { client.Close() })
	r := NewRedis(client, "test:", name)
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := New(nil)
	b.Share(r)
	b.share.patience = patience
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { b.Run(ctx) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return b
}

// Three nodes together let through exactly as much as one may.
func TestNodesTogether(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	nodes := []*Book{s.node(t, "a", time.Minute), s.node(t, "b", time.Minute), s.node(t, "c", time.Minute)}
	for _, max := range []int64{10, 100, 1000} {
		for _, w := range []Window{Sliding, Fixed} {
			t.Run(fmt.Sprint(max, w), func(t *testing.T) {
				t.Parallel()
				rules := claim(Subscription, fmt.Sprint(max, w), Rule{Kind: RequestsPerDay, Window: w, Max: max}, Rule{Kind: TokensPerDay, Window: w, Max: 100 * max})
				// What a node has drawn and nobody asks it for is lost to the
				// others only until it goes back.
				var admitted atomic.Int64
				for range 50 {
					var wg sync.WaitGroup
					for i := range 3 * max {
						wg.Go(func() {
							var r Reservation
							refusal := nodes[i%3].Reserve(&r, rules, bounded(100, 0))
							if refusal == nil {
								admitted.Add(1)
								r.Settle(Used{Tokens: 100})
							} else if refusal.Wait <= 0 || refusal.Cut {
								t.Errorf("refused with %+v", refusal)
							}
						})
					}
					wg.Wait()
					if admitted.Load() >= max {
						break
					}
					time.Sleep(idle)
				}
				if n := admitted.Load(); n != max {
					t.Errorf("%d let through, want %d", n, max)
				}
			})
		}
	}
}

func TestCallsAtATimeOverNodes(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	a, b := s.node(t, "a", time.Minute), s.node(t, "b", time.Minute)
	rules := claim(Key, "k", Rule{Kind: ConcurrentRequests, Max: 4})
	var open []*Reservation
	for i := range 4 {
		r := new(Reservation)
		if refusal := []*Book{a, b}[i%2].Reserve(r, rules, Amount{}); refusal != nil {
			t.Fatalf("call %d of 4 was refused: %+v", i+1, refusal)
		}
		open = append(open, r)
	}
	if a.Reserve(new(Reservation), rules, Amount{}) == nil || b.Reserve(new(Reservation), rules, Amount{}) == nil {
		t.Fatal("a fifth call was let through")
	}
	open[0].Settle(Used{}) // on a
	eventually(t, "what a gave back never reached b", func() bool { return b.Reserve(new(Reservation), rules, Amount{}) == nil })
}

func eventually(t *testing.T, otherwise string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal(otherwise)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Without Redis a rate is divided among the nodes, and of a budget only a part
// is given; nothing is ever unlimited, and what was given is told later.
func TestCutOff(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	a, b := s.node(t, "a", 2*time.Second), s.node(t, "b", 2*time.Second)
	rate := claim(Subscription, "rate", Rule{Kind: RequestsPerHour, Max: 100})
	budget := claim(Subscription, "budget", Rule{Kind: CostPerMonth, Max: 10_000})
	pass := func(book *Book, claims []Claim, times int) (admitted int, last *Refusal) {
		for range times {
			var r Reservation
			if refusal := book.Reserve(&r, claims, bounded(0, 10)); refusal != nil {
				last = refusal
				continue
			}
			admitted++
			r.Settle(Used{Cost: 10})
		}
		return admitted, last
	}
	other := claim(Subscription, "other", Rule{Kind: RequestsPerDay, Max: 1 << 40})
	eventually(t, "the nodes do not see each other", func() bool {
		pass(a, other, 1)
		return a.share.with.Nodes() == 2
	})
	before, _ := pass(a, budget, 100) // 1,000 of 10,000
	if before != 100 {
		t.Fatalf("%d let through, want 100", before)
	}
	s.stop()
	eventually(t, "a does not notice that Redis is away", func() bool {
		pass(a, other, 1)
		return a.Cut()
	})
	if n, refusal := pass(a, rate, 500); n > 50 || n == 0 || refusal == nil || refusal.Cut {
		t.Errorf("%d of the rate let through (last %+v), want at most its half", n, refusal)
	}
	n, refusal := pass(a, budget, 2000)
	if refusal == nil || !refusal.Cut {
		t.Errorf("the budget ended with %+v", refusal)
	}
	// A tenth of what was left for both nodes, and what had been drawn.
	if total := n * 10; total == 0 || total > 2*(9000/20+1) {
		t.Errorf("%d of the budget let through alone", total)
	}

	s.start(t)
	eventually(t, "a does not notice that Redis is back", func() bool { return !a.Cut() })
	// The server lost all it had: a tells what it knows.
	total := 0
	eventually(t, "the budget does not come back", func() bool {
		n, refusal := pass(a, budget, 2000)
		total += n
		return refusal != nil && !refusal.Cut
	})
	used := a.Subject(Subscription, "budget").counters[CostPerMonth].sum
	if used > 10_000 {
		t.Errorf("%d of 10,000 let through", used)
	}
	if n, _ := pass(b, budget, 2000); used+int64(n*10) > 10_000+2*500 {
		t.Errorf("%d let through on a and %d on b, of 10,000", used, n*10)
	}
}

// Many reservations that end in other amounts leave Redis with their sum.
func TestSettlingOverNodes(t *testing.T) {
	t.Parallel()
	s := startRedis(t)
	nodes := []*Book{s.node(t, "a", time.Minute), s.node(t, "b", time.Minute)}
	rules := claim(Tenant, "t", Rule{Kind: TokensPerMonth, Max: 1_000_000})
	var wg sync.WaitGroup
	var sum atomic.Int64
	for i := range 200 {
		wg.Go(func() {
			var r Reservation
			if refusal := nodes[i%2].Reserve(&r, rules, bounded(500, 0)); refusal != nil {
				t.Errorf("refused: %+v", refusal)
				return
			}
			used := int64(i * 7)
			sum.Add(used)
			r.Settle(Used{Tokens: used})
		})
	}
	wg.Wait()
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket})
	defer client.Close()
	eventually(t, "what was drawn and not used never goes back", func() bool {
		all, err := client.HVals(t.Context(), "test:tenant:t:tokens_per_month:fixed").Result()
		if err != nil || len(all) != 1 {
			return false
		}
		return all[0] == fmt.Sprint(sum.Load())
	})
}
