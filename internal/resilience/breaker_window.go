package resilience

import "time"

// buckets is how many parts a window has. The oldest is dropped as a whole, so
// the window is exact to a tenth.
const buckets = 10

// counts are the verdicts of some time.
type counts struct{ calls, failures, slow int }

// window counts over a sliding time. It is guarded by its breaker's lock.
type window struct {
	width   time.Duration // of a bucket
	start   time.Time     // of the newest bucket
	newest  int
	buckets [buckets]counts
}

// resize sets the window's length. Counts are dropped when it differs, as they
// cannot be divided anew.
func (w *window) resize(length time.Duration) {
	if width := max(length/buckets, 1); width != w.width {
		*w = window{width: width}
	}
}

func (w *window) clear() { *w = window{width: w.width} }

// at is the bucket for now.
func (w *window) at(now time.Time) *counts {
	w.advance(now)
	return &w.buckets[w.newest]
}

func (w *window) advance(now time.Time) {
	age := now.Sub(w.start)
	if age < w.width {
		return // or a time before, of a call that was slow to report
	}
	if w.start.IsZero() || age >= buckets*w.width {
		*w = window{width: w.width, start: now}
		return
	}
	for age >= w.width {
		age -= w.width
		w.start = w.start.Add(w.width)
		w.newest = (w.newest + 1) % buckets
		w.buckets[w.newest] = counts{}
	}
}

// sum adds up what the window has.
func (w *window) sum(now time.Time) (c counts) {
	w.advance(now)
	for i := range w.buckets {
		c.calls += w.buckets[i].calls
		c.failures += w.buckets[i].failures
		c.slow += w.buckets[i].slow
	}
	return c
}
