package resilience

import "time"

// Settings are those of a breaker. What is 0 has its default.
type Settings struct {
	// Window is the sliding time over which calls are counted. Default 30s.
	Window time.Duration
	// MinCalls is how many calls the window must have before a rate counts.
	// Default 20.
	MinCalls int
	// FailureRate opens the breaker, in percent. Default 50.
	FailureRate int
	// SlowRate of slow calls opens it, in percent. 0 is off.
	SlowRate int
	// Consecutive failures open it whatever the rate. Default 5; negative is off.
	Consecutive int
	// OpenFor is how long it stays open, doubled each time that a probe fails,
	// at most 5 minutes. Default 15s.
	OpenFor time.Duration
	// Probes is how many calls must succeed to close it, and how many are let
	// through at a time to find out. Default 3.
	Probes int
}

func (s Settings) withDefaults() Settings {
	orElse(&s.Window, 30*time.Second)
	orElse(&s.MinCalls, 20)
	orElse(&s.FailureRate, 50)
	orElse(&s.OpenFor, 15*time.Second)
	orElse(&s.Probes, 3)
	if s.Consecutive == 0 {
		s.Consecutive = 5
	}
	return s
}

func orElse[T int | time.Duration](v *T, otherwise T) {
	if *v <= 0 {
		*v = otherwise
	}
}

// tripped reports whether the counts open a breaker.
func (s *Settings) tripped(c counts, row int) bool {
	if s.Consecutive > 0 && row >= s.Consecutive {
		return true
	}
	if c.calls < s.MinCalls {
		return false
	}
	return c.failures > 0 && c.failures*100 >= s.FailureRate*c.calls ||
		s.SlowRate > 0 && c.slow > 0 && c.slow*100 >= s.SlowRate*c.calls
}
