package faults

// Retries have a budget that all calls share, so the cases of these tests run
// one after another.

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

func TestRetries(t *testing.T) {
	t.Parallel()
	g, up := start(t, "model once {\n\ttarget oai/once\n\tretry 0\n}",
		"oai/second-time", "oai/third-time", "oai/never-again", "oai/reset-once", "oai/malformed-once", "oai/malformed-twice")
	good := fairwaytest.JSON(200, fairwaytest.Completion("fine"))
	failed := fairwaytest.JSON(500, errorBody("failed", "server_error", "x"))
	busy := fairwaytest.JSON(503, errorBody("busy", "server_error", "x"))
	for _, c := range []struct {
		name, public string
		replies      []fairwaytest.Reply
		status       int
		attempts     string
	}{
		{"second-time", "oai/second-time", []fairwaytest.Reply{failed, good}, 200, "2"},
		{"third-time", "oai/third-time", []fairwaytest.Reply{failed, busy, good}, 200, "3"},
		{"never-again", "oai/never-again", []fairwaytest.Reply{failed, failed, failed, good}, 502, ""},
		{"reset-once", "oai/reset-once", []fairwaytest.Reply{fairwaytest.Reset(), good}, 200, "2"},
		{"malformed-once", "oai/malformed-once", []fairwaytest.Reply{fairwaytest.JSON(200, "{}"), good}, 200, "2"},
		{"malformed-twice", "oai/malformed-twice", []fairwaytest.Reply{fairwaytest.JSON(200, "{}"), fairwaytest.JSON(200, "{}"), good}, 502, ""},
		{"once", "once", []fairwaytest.Reply{failed, good}, 502, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			up.On(c.name, c.replies...)
			a := g.Chat(t, fairwaytest.Ask(c.public))
			if a.Status != c.status || a.Header.Get("Fairway-Attempts") != c.attempts && c.status == 200 {
				t.Fatalf("status %d after %s attempts, want %d after %s: %s", a.Status, a.Header.Get("Fairway-Attempts"), c.status, c.attempts, a.Body)
			}
			if c.status != 200 && a.Header.Get("X-Should-Retry") != "false" {
				t.Errorf("X-Should-Retry %q: the caller's SDK would try again as often", a.Header.Get("X-Should-Retry"))
			}
			r := g.Record(t, a.ID())
			if len(r.Attempts) != len(up.Requests(c.name)) {
				t.Errorf("%d attempts in the record, %d requests", len(r.Attempts), len(up.Requests(c.name)))
			}
			// Every attempt gets the same request.
			for _, q := range up.Requests(c.name) {
				if string(q.Body) != string(up.Requests(c.name)[0].Body) {
					t.Errorf("an attempt got %s", q.Body)
				}
			}
		})
	}
}

func TestStreamsAreTriedAgain(t *testing.T) {
	t.Parallel()
	g, up := start(t, "", "oai/stream-500", "oai/stream-reset", "oai/stream-error", "oai/stream-role")
	good := fairwaytest.SSE(fairwaytest.Completed("fine")...)
	for name, first := range map[string]fairwaytest.Reply{
		"stream-500":   fairwaytest.JSON(500, errorBody("failed", "server_error", "x")),
		"stream-reset": fairwaytest.Reset(),
		"stream-error": fairwaytest.SSE(errorBody("failed", "server_error", "x")),
		"stream-role": fairwaytest.Then([]string{fairwaytest.Chunk(`{"role":"assistant","content":""}`, "")}, func(c *fairwaytest.Conn, _ *fairwaytest.Received) {
			c.Reset()
		}),
	} {
		t.Run(name, func(t *testing.T) {
			up.On(name, first, good)
			a := g.Chat(t, fairwaytest.AskStream("oai/"+name))
			s, err := fairwaytest.ReadChatStream(a.Body)
			if err != nil || s.Text != "fine" || !s.Done || a.Header.Get("Fairway-Attempts") != "2" {
				t.Errorf("status %d after %s attempts (%v): %s", a.Status, a.Header.Get("Fairway-Attempts"), err, a.Body)
			}
			if roles := strings.Count(string(a.Body), `"role"`); roles > 1 {
				t.Errorf("%d chunks name the role: the failed attempt shows", roles)
			}
		})
	}
}

func TestFallbacks(t *testing.T) {
	t.Parallel()
	g, up := start(t, `
model dead-first {
	target dead/x
	fallback oai/good
}
model dead-stream {
	target dead/x
	fallback oai/good-stream
}
model two-deep {
	target dead/x
	fallback oai/fails dead-first
}
model in-order {
	strategy first
	target oai/fails
	target oai/good
}
model other-dialect {
	target claude/fails
	fallback gem/good-gem
}
model all-dead {
	target dead/x
	fallback oai/fails
	retry 1
}
`, "dead/y")
	up.On("fails", fairwaytest.JSON(500, errorBody("failed", "server_error", "x")))
	up.On("good-gem", fairwaytest.JSON(200, fairwaytest.GeminiContent(`{"text":"from the fallback"}`)))
	for model, target := range map[string]string{
		"dead-first": "oai/good", "two-deep": "oai/good", "in-order": "oai/good", "other-dialect": "gem/good-gem",
	} {
		t.Run(model, func(t *testing.T) {
			a := g.Chat(t, fairwaytest.Ask(model))
			if a.Status != 200 || a.Header.Get("Fairway-Target") != target {
				t.Fatalf("status %d from %q, want %q: %s", a.Status, a.Header.Get("Fairway-Target"), target, a.Body)
			}
			s, err := fairwaytest.ReadChat(a.Body)
			if err != nil || s.Text != "from the fallback" || len(s.Models) != 1 || s.Models[0] != model {
				t.Errorf("(%v) %s", err, a.Body)
			}
		})
	}
	t.Run("at once", func(t *testing.T) {
		start := time.Now()
		if a := g.Chat(t, fairwaytest.Ask("dead-first")); a.Status != 200 {
			t.Fatalf("status %d", a.Status)
		}
		// What a refused connection costs is milliseconds; a wait before the
		// fallback would be hundreds.
		t.Logf("a fallback from a refused connection took %s", time.Since(start).Round(time.Millisecond))
	})
	t.Run("streamed", func(t *testing.T) {
		a := g.Chat(t, fairwaytest.AskStream("dead-stream"))
		if s, err := fairwaytest.ReadChatStream(a.Body); err != nil || s.Text != "from the fallback" || !s.Done {
			t.Errorf("status %d (%v): %s", a.Status, err, a.Body)
		}
	})
	t.Run("none is left", func(t *testing.T) {
		if a := g.Chat(t, fairwaytest.Ask("all-dead")); a.Status != 502 {
			t.Errorf("status %d: %s", a.Status, a.Body)
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		unreachable.check(t, g.Chat(t, fairwaytest.Ask("dead/y")))
	})
	t.Cleanup(func() {
		for _, r := range up.All() {
			for _, word := range []string{g.Key, "sk-dead"} {
				if strings.Contains(strings.Join(r.Header.Values("Authorization"), " ")+r.Header.Get("X-Api-Key"), word) {
					t.Errorf("a provider got a key that is not its own: %s", word)
				}
			}
		}
	})
}

// TestFallbacksOfMany holds that everybody gets the fallback when a target goes
// down under load: what bounds retries must not bound who is served.
func TestFallbacksOfMany(t *testing.T) {
	t.Parallel()
	g, up := start(t, `
model failing {
	target oai/fails
	fallback claude/many
}
model dying {
	target dead/x
	fallback claude/many
}
`)
	up.On("fails", func(c *fairwaytest.Conn, r *fairwaytest.Received) {
		// All calls are at the first target before the first one fails.
		fairwaytest.Until(5*time.Second, func() bool { return len(up.Requests("fails")) >= 40 })
		fairwaytest.JSON(500, errorBody("failed", "server_error", "x"))(c, r)
	})
	up.On("many", fairwaytest.JSON(200, fairwaytest.AnthropicMessage("from the fallback")))
	for _, model := range []string{"failing", "dying"} {
		var refused atomic.Int64
		var callers sync.WaitGroup
		for range 40 {
			callers.Go(func() {
				if a := g.Chat(t, fairwaytest.Ask(model)); a.Status != 200 {
					refused.Add(1)
				}
			})
		}
		callers.Wait()
		if n := refused.Load(); n > 0 {
			t.Errorf("%s: %d of 40 calls did not get the fallback", model, n)
		}
	}
}

// TestRateLimits holds that a provider's wish to be left alone is granted,
// within reason, and that nonsense in it does no harm.
func TestRateLimits(t *testing.T) {
	t.Parallel()
	g, up := start(t, `
model limited {
	target oai/limited-3600
	fallback oai/good
}
`, "oai/wait-1", "oai/wait-ms", "oai/wait-3600", "oai/wait-negative", "oai/wait-words", "oai/wait-overflow", "oai/wait-past", "oai/wait-empty")
	good := fairwaytest.JSON(200, fairwaytest.Completion("fine"))
	limit := func(headers ...string) fairwaytest.Reply {
		return fairwaytest.JSON(429, errorBody("slow down", "rate_limit_error", "rate_limit_exceeded"), headers...)
	}
	exceeded := failure{429, "rate_limit_exceeded", "rate_limit_error"}
	t.Run("a short wait", func(t *testing.T) {
		up.On("wait-1", limit("Retry-After", "1"), good)
		start := time.Now()
		if a := g.Chat(t, fairwaytest.Ask("oai/wait-1")); a.Status != 200 {
			t.Errorf("status %d: %s", a.Status, a.Body)
		}
		if took := time.Since(start); took < time.Second {
			t.Errorf("the provider was asked again after %s", took)
		}
	})
	t.Run("in milliseconds", func(t *testing.T) {
		up.On("wait-ms", limit("Retry-After", "60", "Retry-After-Ms", "300"), good)
		start := time.Now()
		if a := g.Chat(t, fairwaytest.Ask("oai/wait-ms")); a.Status != 200 {
			t.Errorf("status %d: %s", a.Status, a.Body)
		}
		if took := time.Since(start); took < 300*time.Millisecond || took > 10*time.Second {
			t.Errorf("the provider was asked again after %s", took)
		}
	})
	t.Run("an hour", func(t *testing.T) {
		up.On("wait-3600", limit("Retry-After", "3600"))
		for range 2 {
			a := g.Chat(t, fairwaytest.Ask("oai/wait-3600"))
			exceeded.check(t, a)
			if wait := a.Header.Get("Retry-After"); wait != "3600" && wait != "3599" {
				t.Errorf("Retry-After %q", wait)
			}
		}
		if n := len(up.Requests("wait-3600")); n != 1 {
			t.Errorf("%d requests reached the provider: it was not left alone", n)
		}
	})
	t.Run("an hour, with a fallback", func(t *testing.T) {
		up.On("limited-3600", limit("Retry-After", "3600"))
		for range 2 {
			a := g.Chat(t, fairwaytest.Ask("limited"))
			if a.Status != 200 || a.Header.Get("Fairway-Target") != "oai/good" {
				t.Errorf("status %d from %q", a.Status, a.Header.Get("Fairway-Target"))
			}
		}
		if n := len(up.Requests("limited-3600")); n != 1 {
			t.Errorf("%d requests reached the provider: it was not left alone", n)
		}
	})
	for name, value := range map[string]string{
		"negative": "-5", "words": "soon", "overflow": "99999999999999999999", "past": "Mon, 02 Jan 2006 15:04:05 GMT", "empty": "",
	} {
		t.Run(name, func(t *testing.T) {
			model := "wait-" + name
			up.On(model, limit("Retry-After", value), good)
			start := time.Now()
			a := g.Chat(t, fairwaytest.Ask("oai/"+model))
			if a.Status != 200 && a.Status != 429 {
				t.Errorf("status %d: %s", a.Status, a.Body)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestBreaker holds that a target that fails is left alone and comes back.
func TestBreaker(t *testing.T) {
	t.Parallel()
	g, up := start(t, `
circuit_breaker consecutive 3 open_for 1s probes 1
model broken {
	target oai/broken
	retry 0
}
`)
	up.On("broken", fairwaytest.JSON(500, errorBody("failed", "server_error", "x")))
	for range 3 {
		serverError.check(t, g.Chat(t, fairwaytest.Ask("broken")))
	}
	before := len(up.Requests("broken"))
	a := g.Chat(t, fairwaytest.Ask("broken"))
	if a.Status != 503 || a.Header.Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q: %s", a.Status, a.Header.Get("Retry-After"), a.Body)
	}
	if n := len(up.Requests("broken")); n != before {
		t.Error("a request reached the provider through an open breaker")
	}
	up.On("broken", fairwaytest.JSON(200, fairwaytest.Completion("fine")))
	fairwaytest.Eventually(t, 10*time.Second, "the target comes back", func() bool {
		return g.Chat(t, fairwaytest.Ask("broken")).Status == 200
	})
}

// TestExposedModelsAreIndependent holds that what happens to one model under a
// pattern says nothing about the others: callers choose the names.
func TestExposedModelsAreIndependent(t *testing.T) {
	t.Parallel()
	g, up := start(t, "expose oai/* alone/* broke/*")
	good := fairwaytest.JSON(200, fairwaytest.Completion("fine"))
	for provider, bad := range map[string]fairwaytest.Reply{
		"oai":   fairwaytest.JSON(404, errorBody("The model does not exist", "invalid_request_error", "model_not_found")),
		"alone": fairwaytest.JSON(429, errorBody("slow down", "rate_limit_error", "rate_limit_exceeded"), "Retry-After", "3600"),
		"broke": fairwaytest.JSON(500, errorBody("failed", "server_error", "x")),
	} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			up.On("bad-"+provider, bad)
			up.On("fine-"+provider, good)
			for range 6 {
				if a := g.Chat(t, fairwaytest.Ask(provider+"/bad-"+provider)); a.Status < 400 {
					t.Fatalf("status %d", a.Status)
				}
			}
			if a := g.Chat(t, fairwaytest.Ask(provider+"/fine-"+provider)); a.Status != 200 {
				t.Errorf("after another model's failures: status %d: %s", a.Status, a.Body)
			}
		})
	}
}
