package gateway

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestCallIsForgottenAtItsEnd holds that what runs for a request after its call
// has ended, as handlers of errors do, does not find the call of another.
func TestCallIsForgottenAtItsEnd(t *testing.T) {
	t.Parallel()
	a := startedApp(t, `{}`)
	first, _, r := begin(t, a)
	first.Known = true
	first.End()
	if c := CallOf(r.Context()); c != nil {
		t.Fatalf("the request still has call %q", c.ID)
	}
	again, begun := a.Begin(httptest.NewRecorder(), r)
	if !begun || again.Known {
		t.Errorf("begun %t, known %t", begun, again.Known)
	}
	again.End()
}

// TestCallsAfterTheConfiguration holds that a request which comes when its
// configuration has given the engine back is refused, opens nothing that nobody
// would close, and does not use what is closed.
func TestCallsAfterTheConfiguration(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]bool{"that served": true, "that never started": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := newStorePath(t)
			a := provisioned(t, `{}`, path)
			if start {
				if err := a.Start(); err != nil {
					t.Fatal(err)
				}
			}
			if err := a.Cleanup(); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				c, _, _ := begin(t, a)
				if err := c.Admit(); err == nil || err.Status != http.StatusServiceUnavailable {
					t.Errorf("the call is admitted: %v", err)
				}
				if err := c.Authenticate("fwk_"); err == nil || err.Status != http.StatusServiceUnavailable {
					t.Errorf("the caller is known: %v", err)
				}
				c.End()
			}
			if isOpen(path) {
				t.Error("the engine is open")
			}
		})
	}
}

// TestAttemptThatPanicked holds that an attempt which a panic has left open does
// not count as one that went well.
func TestAttemptThatPanicked(t *testing.T) {
	t.Parallel()
	a := startedApp(t, `{"providers":{"simulator":{"type":"simulator"}},"models":{"panicked":{"targets":[{"target":"simulator/panicked"}]}}}`)
	c, route := opened(t, a, "panicked")
	id := c.ID
	c.Attempt(route.Target(0), 0)
	c.End()
	r := stored(t, a, id)
	if len(r.Attempts) != 1 || r.Attempts[0].Class != "gateway" || r.Attempts[0].Duration <= 0 {
		t.Errorf("the record is %+v", r)
	}
}
