package resilience

import "time"

// State is the breaker's state. An open one whose time is over is open until a
// call asks for leave.
func (b *Breaker) State() State { return State(b.state.Load() & stateMask) }

// RetryIn is how long the breaker will refuse calls, 0 when it would not.
func (b *Breaker) RetryIn(now time.Time) time.Duration {
	if b.State() == Closed {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.retryIn(now)
}

func (b *Breaker) retryIn(now time.Time) time.Duration {
	switch b.current() {
	case Open:
		if b.held {
			return maxOpen // an operator alone knows
		}
		return max(0, b.retryAt.Sub(now))
	case HalfOpen:
		if len(b.probes)+b.successes >= b.settings.Probes {
			return probeWait
		}
	}
	return 0
}

// Status is a breaker at one time, for pages, metrics and the management API.
type Status struct {
	State State
	// Since is when the state began; zero: with the breaker.
	Since time.Time
	// RetryIn is how long calls will be refused.
	RetryIn time.Duration
	// Held is set when an operator decided the state.
	Held bool
	// Calls, Failures and Slow are what the window of a closed breaker has.
	Calls, Failures, Slow int
	// Probes are out, and Successes came back.
	Probes, Successes int
}

// Status describes the breaker.
func (b *Breaker) Status(now time.Time) Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Status{State: b.current(), Since: b.since, RetryIn: b.retryIn(now), Held: b.held, Probes: len(b.probes), Successes: b.successes}
	if s.State == Closed {
		c := b.window.sum(now)
		s.Calls, s.Failures, s.Slow = c.calls, c.failures, c.slow
	}
	return s
}

// Configure changes the settings of a breaker in use. They apply at once: to
// what was counted, and to the time that an open breaker stays so. A window of
// another length begins anew.
func (b *Breaker) Configure(now time.Time, s Settings) {
	s = s.withDefaults()
	b.mu.Lock()
	from := b.current()
	old := b.settings
	b.settings = s
	b.window.resize(s.Window)
	if from == Open && s.OpenFor != old.OpenFor {
		b.retryAt = b.since.Add(b.openTime())
	}
	b.openIfTripped(now)
	b.closeIfProven(now)
	to := b.current()
	b.mu.Unlock()
	b.changed(from, to)
}

// Open holds the breaker open until Close or Reset.
func (b *Breaker) Open(now time.Time) { b.force(now, Open, true) }

// Close holds the breaker closed, whatever fails, until Open or Reset.
func (b *Breaker) Close(now time.Time) { b.force(now, Closed, true) }

// Reset closes the breaker, forgets what it counted, and lets it decide again.
func (b *Breaker) Reset(now time.Time) { b.force(now, Closed, false) }

func (b *Breaker) force(now time.Time, s State, held bool) {
	b.mu.Lock()
	from := b.current()
	b.held, b.trips = held, 0
	b.enter(now, s)
	b.mu.Unlock()
	b.changed(from, s)
}
