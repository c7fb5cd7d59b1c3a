package gateway

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// TestDrain holds that a configuration that is replaced goes on serving for a
// while, and sends its clients to the next one as they come.
func TestDrain(t *testing.T) {
	t.Parallel()
	a := startedApp(t, simple)
	c, w, _ := begin(t, a)
	c.End()
	if a.Draining() || w.Header().Values("Connection") != nil {
		t.Errorf("before: draining %v, the header is %v", a.Draining(), w.Header())
	}
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		if err := (drainer{a}).Handle(t.Context(), caddy.Event{}); err != nil || time.Since(begun) != drainTime {
			t.Errorf("it took %s: %v", time.Since(begun), err)
		}
	})
	c, w, _ = begin(t, a)
	c.End()
	if !a.Draining() || w.Header().Get("Connection") != "close" {
		t.Errorf("after: draining %v, the header is %v", a.Draining(), w.Header())
	}
	// Only the end of the process makes it unfit for new calls.
	if h := a.Health(); !h.Ready {
		t.Errorf("the health is %+v", h)
	}
}
