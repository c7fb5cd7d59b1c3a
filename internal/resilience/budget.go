package resilience

import "sync/atomic"

const (
	// budgetShare is which part of the calls in flight may be retries: one of
	// that many.
	budgetShare = 5
	// budgetMin is how many retries may run whatever the number of calls.
	budgetMin = 3
)

// Budget keeps retries from multiplying the load on providers that are failing:
// at most a fifth of the calls in flight are retries, or three. The zero value
// is ready.
type Budget struct {
	calls   atomic.Int64
	retries atomic.Int64
}

// Begin counts a call that begins. End must follow.
func (b *Budget) Begin() { b.calls.Add(1) }

// End counts a call that ended.
func (b *Budget) End() { b.calls.Add(-1) }

// Retry reports whether a call in flight may be tried again. If so, Release
// must follow when that try ends.
func (b *Budget) Retry() bool {
	for {
		n := b.retries.Load()
		if n >= max(budgetMin, b.calls.Load()/budgetShare) {
			return false
		}
		if b.retries.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Release gives back what Retry took.
func (b *Budget) Release() { b.retries.Add(-1) }

// InFlight is how many calls and how many retries are in flight.
func (b *Budget) InFlight() (calls, retries int) {
	return int(b.calls.Load()), int(b.retries.Load())
}
