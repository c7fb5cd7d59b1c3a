package gateway

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/llm"
)

// priced has a target with a price and one without.
const priced = `{"providers":{"sim":{"type":"simulator"}},"models":{"m":{"targets":[{"target":"sim/priced"},{"target":"sim/unknown"}],"strategy":"first"}},
	"prices":{"sim/priced":{"input":"1","output":"2"}}}`

// TestRecordsOfAttempts holds how usage and cost of a call come from those of
// its attempts: a sum with an unknown part is unknown.
func TestRecordsOfAttempts(t *testing.T) {
	t.Parallel()
	a := startedApp(t, priced)
	const (
		known = iota
		unknown
	)
	type try struct {
		target int
		usage  llm.Usage
		class  llm.Class
	}
	used := llm.Usage{Input: 1_000_000, Output: 1_000_000}
	for _, c := range []struct {
		name  string
		tries []try
		usage llm.Usage
		// cost is in dollars, or empty.
		cost string
	}{
		{"none", nil, llm.Usage{}, ""},
		{"one", []try{{known, used, llm.ClassNone}}, used, "3"},
		{"one without a price", []try{{unknown, used, llm.ClassNone}}, used, ""},
		{"one that used nothing", []try{{unknown, llm.Usage{}, llm.ClassServer}}, llm.Usage{}, "0"},
		{"a failure that cost nothing", []try{{unknown, llm.Usage{}, llm.ClassTimeout}, {known, used, llm.ClassNone}}, used, "3"},
		{"a failure that cost something", []try{{known, llm.Usage{Input: 2_000_000}, llm.ClassBadOutput}, {known, used, llm.ClassNone}}, llm.Usage{Input: 3_000_000, Output: 1_000_000}, "5"},
		{"a failure of unknown cost", []try{{unknown, used, llm.ClassBadOutput}, {known, used, llm.ClassNone}}, llm.Usage{Input: 2_000_000, Output: 2_000_000}, ""},
		{"a part that has no price", []try{{known, llm.Usage{Input: 1, AudioOutput: 1}, llm.ClassNone}}, llm.Usage{Input: 1, AudioOutput: 1}, ""},
		{"many", []try{
			{known, llm.Usage{Input: 1_000_000}, llm.ClassServer},
			{known, llm.Usage{Input: 1_000_000}, llm.ClassRateLimit},
			{known, llm.Usage{Input: 1_000_000}, llm.ClassTimeout},
			{known, llm.Usage{Input: 1_000_000}, llm.ClassOverloaded},
			{known, used, llm.ClassNone},
		}, llm.Usage{Input: 5_000_000, Output: 1_000_000}, "7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			call, route := opened(t, a, "m")
			id := call.ID
			for i, try := range c.tries {
				r := call.Attempt(route.Target(try.target), i)
				r.Usage = try.usage
				r.Status = 500 + i
				call.Attempted(try.class)
			}
			call.Settle(207, llm.ClassNone, "a reason")
			call.Settle(500, llm.ClassGateway, "a second one")
			call.End()
			r := stored(t, a, id)
			if r.Status != 207 || r.Reason != "a reason" || r.Class != "" || r.Usage != c.usage || r.Front != "openai" || r.Operation != "chat" || r.Model != "m" {
				t.Errorf("the record is %+v", r)
			}
			cost := ""
			if r.Cost != nil {
				cost = r.Cost.String()
			}
			if cost != c.cost {
				t.Errorf("the cost is %q, want %q", cost, c.cost)
			}
			if len(r.Attempts) != len(c.tries) {
				t.Fatalf("the record has %d attempts", len(r.Attempts))
			}
			for i, try := range c.tries {
				got := r.Attempts[i]
				class := ""
				if try.class != llm.ClassNone {
					class = try.class.String()
				}
				if got.Target != route.Target(try.target).Name || got.Credential != i || got.Status != 500+i || got.Class != class || got.Usage != try.usage {
					t.Errorf("attempt %d is %+v", i, got)
				}
				if want := ledger.CostOf(&try.usage, route.Target(try.target).Price); try.target == known && (got.Cost == nil) != (want == nil) || want != nil && got.Cost != nil && *got.Cost != *want {
					t.Errorf("attempt %d cost %v, want %v", i, got.Cost, want)
				}
			}
		})
	}
}

func TestFirstContentIsTheFirstThere(t *testing.T) {
	t.Parallel()
	a := startedApp(t, priced)
	call, route := opened(t, a, "m")
	id := call.ID
	for _, d := range []time.Duration{0, 2 * time.Second, 3 * time.Second} {
		call.Attempt(route.Target(0), 0).FirstContent = d
		call.Attempted(llm.ClassServer)
	}
	call.Settle(200, llm.ClassBadOutput, "truncated")
	call.End()
	if r := stored(t, a, id); r.FirstContent != 2*time.Second || r.Class != "bad_output" || r.Reason != "truncated" {
		t.Errorf("the record is %+v", r)
	}
}

// TestPanicsAreSettled holds that a call whose handler failed has a record.
func TestPanicsAreSettled(t *testing.T) {
	t.Parallel()
	a := startedApp(t, priced)
	var id string
	func() {
		defer func() { _ = recover() }()
		call, route := opened(t, a, "m")
		defer call.End()
		id = call.ID
		call.Attempt(route.Target(0), 0)
		panic("a handler failed")
	}()
	if r := stored(t, a, id); r.Status != 500 || r.Class != "gateway" || r.Reason != "panic" || len(r.Attempts) != 1 {
		t.Errorf("the record is %+v", r)
	}
}

func TestCallsThatWereNeverOpened(t *testing.T) {
	t.Parallel()
	a := startedApp(t, priced)
	call, w, r := begin(t, a)
	if CallOf(r.Context()) != call {
		t.Error("the request does not have its call")
	}
	if again, begun := a.Begin(w, r); again != call || begun {
		t.Error("the request has two calls")
	}
	if err := call.Admit(); err != nil {
		t.Error(err)
	}
	id := call.ID
	if w.Header().Get("X-Request-Id") != id || w.Header().Get("Request-Id") != id || !regexp.MustCompile(`^call_[0-9a-hjkmnp-tv-z]{26}$`).MatchString(id) {
		t.Errorf("the id is %s, the header %v", id, w.Header())
	}
	call.End()
	e := a.engine.Load()
	if n := e.journal.Lag().Bytes; n != 0 {
		t.Errorf("%d bytes were recorded", n)
	}
	if CallOf(context.Background()) != nil {
		t.Error("there is a call without a request")
	}
}

// TestPooledCallsDoNotLeak holds that nothing of a call is seen in the next one
// that is made of the same memory.
func TestPooledCallsDoNotLeak(t *testing.T) {
	t.Parallel()
	a := startedApp(t, priced)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 25 {
				call, _, _ := begin(t, a)
				if call.Known || call.Caller != (Caller{}) || call.open || call.cost != 0 || len(call.record.Attempts) != 0 || call.record.ID != "" || call.record.Dropped != nil {
					t.Error("the call has something of another")
				}
				route := a.Resolve("m")
				call.Caller, call.Known = Caller{Tenant: "tenant", Application: "application", Key: "key"}, true
				call.Open(frontOpenAI, llm.OpChat, route, &llm.Inspection{Model: "m", User: "user", Session: "session"})
				call.Record().Dropped = []string{"x"}
				for n := range i % 4 {
					call.Attempt(route.Target(n%2), n).Usage = llm.Usage{Input: 7}
					call.Attempted(llm.ClassNone)
				}
				if i%5 == 0 {
					call.Settle(200, llm.ClassNone, "")
				}
				call.End()
			}
		})
	}
	group.Wait()
}

// TestAllocations bounds what a call leaves to the collector. It is no
// benchmark: the bound is generous, and tells of a slip only.
func TestAllocations(t *testing.T) {
	a := startedApp(t, priced)
	route := a.Resolve("m")
	in := &llm.Inspection{Model: "m"}
	ctx := context.WithValue(t.Context(), caddyhttp.VarsCtxKey, map[string]any{})
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/v1/chat/completions", nil).WithContext(ctx)
	const most = 20
	got := testing.AllocsPerRun(200, func() {
		caddyhttp.SetVar(ctx, callVar, nil)
		c, _ := a.Begin(w, r)
		c.Open(frontOpenAI, llm.OpChat, route, in)
		for range 2 {
			c.Attempt(route.Target(0), 0).Usage = llm.Usage{Input: 1, Output: 1}
			c.Attempted(llm.ClassNone)
		}
		c.Settle(200, llm.ClassNone, "")
		c.End()
	})
	if got > most {
		t.Errorf("a call makes %.0f allocations; at most %d are fine", got, most)
	}
}
