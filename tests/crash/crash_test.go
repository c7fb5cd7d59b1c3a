// Package crash tests that a gateway that is killed forgets no call that its
// caller saw end.
package crash

import (
	"context"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// kills is how often the gateway is killed: FAIRWAY_KILLS, else ten times.
func kills(t *testing.T) int {
	t.Helper()
	text := os.Getenv("FAIRWAY_KILLS")
	if text == "" {
		return 10
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("FAIRWAY_KILLS=%q is not a number of kills", text)
	}
	return n
}

// seen are the calls whose whole answer reached a caller.
type seen struct {
	mu  sync.Mutex
	ids []string
}

func (s *seen) add(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids = append(s.ids, id)
}

func (s *seen) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ids)
}

func TestKill(t *testing.T) {
	t.Parallel()
	up := fairwaytest.NewUpstream(t)
	up.On("whole", fairwaytest.JSON(200, fairwaytest.Completion("fine")))
	up.On("streamed", fairwaytest.SSE(fairwaytest.Completed("fi", "ne")...))
	g := fairwaytest.Start(t, fairwaytest.Config{Fairway: "provider up openai_compatible {\n\tbase_url " + up.URL + "/v1\n\tapi_key sk-test\n}\nexpose up/*"})
	all := new(seen)
	rounds := kills(t)
	for round := range rounds {
		before := all.len()
		stop := load(g, all)
		fairwaytest.Eventually(t, 30*time.Second, "calls", func() bool { return all.len() >= before+200 })
		g.Kill()
		stop()
		start := time.Now()
		if err := g.Launch(); err != nil {
			t.Fatalf("after kill %d: %v\n%s", round+1, err, g.Log())
		}
		t.Logf("kill %d: %d calls had ended, up again after %s", round+1, all.len()-before, time.Since(start).Round(time.Millisecond))
	}
	checkRecords(t, g, all.ids)
}

// load calls the gateway from several callers until stop is called.
func load(g *fairwaytest.Gateway, all *seen) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var callers sync.WaitGroup
	for i := range 8 {
		body := fairwaytest.Ask("up/whole")
		if i%2 == 1 {
			body = fairwaytest.AskStream("up/streamed")
		}
		callers.Go(func() {
			for ctx.Err() == nil {
				if id := call(ctx, g, body); id != "" {
					all.add(id)
				}
			}
		})
	}
	return func() {
		cancel()
		callers.Wait()
	}
}

// call makes a call and returns its id when the whole answer arrived.
func call(ctx context.Context, g *fairwaytest.Gateway, body string) string {
	r, err := g.Open(ctx, http.MethodPost, "/v1/chat/completions", body)
	if err != nil {
		return ""
	}
	defer r.Body.Close()
	answer, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		// A stream that was cut by the kill has an error here: it is chunked,
		// and its last chunk is missing.
		return ""
	}
	if strings.Contains(body, `"stream":true`) && !strings.HasSuffix(string(answer), "data: [DONE]\n\n") {
		return ""
	}
	return r.Header.Get("X-Request-Id")
}

// checkRecords holds that each of the calls has one record.
func checkRecords(t *testing.T, g *fairwaytest.Gateway, ids []string) {
	t.Helper()
	var missing, doubled []string
	count := map[string]int{}
	// The journal is replayed beside the calls, so the last may take a moment.
	fairwaytest.Until(time.Minute, func() bool {
		clear(count)
		for _, r := range g.AllRecords(t) {
			count[r.ID]++
		}
		missing, doubled = nil, nil
		for _, id := range ids {
			switch count[id] {
			case 0:
				missing = append(missing, id)
			case 1:
			default:
				doubled = append(doubled, id)
			}
		}
		return len(missing) == 0 || len(doubled) > 0
	})
	if len(missing)+len(doubled) > 0 {
		t.Errorf("of %d calls %d have no record and %d more than one: %.200v %.200v", len(ids), len(missing), len(doubled), missing, doubled)
	}
	t.Logf("note: %d calls that ended, %d records after %d kills", len(ids), len(count), kills(t))
}
