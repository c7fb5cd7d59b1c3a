package fairwaytest

import (
	"testing"
	"time"
)

// Eventually waits until ok says so, and fails the test when that takes longer
// than the time given.
func Eventually(t testing.TB, within time.Duration, what string, ok func() bool) {
	t.Helper()
	if !Until(within, ok) {
		t.Fatalf("not within %s: %s", within, what)
	}
}

// Until asks again and again, and reports whether the answer became yes.
func Until(within time.Duration, ok func() bool) bool {
	deadline := time.After(within)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok() {
			return true
		}
		select {
		case <-deadline:
			return ok()
		case <-tick.C:
		}
	}
}
