package routing

import (
	"math"
	"sync/atomic"
	"time"
)

// Load is what is known of a target from the calls that it serves. All plans
// that have the target share it; it outlives configurations. The zero value is
// a target that nobody has called.
type Load struct {
	calls atomic.Int64
	// latency is the average, in seconds as a float's bits, by [Need.Stream].
	latency [2]atomic.Uint64
	drained atomic.Pointer[Drain]
}

// Drain says who took a target out, and when.
type Drain struct {
	Since time.Time
	By    string
}

// newest is the weight of the newest call in the average: about the last ten
// calls count.
const newest = 0.2

// Calls is how many calls are under way at the target.
func (l *Load) Calls() int64 { return l.calls.Load() }

// Latency is the average time to the first content of streamed answers, or to
// the whole of others; 0 is unknown.
func (l *Load) Latency(stream bool) time.Duration {
	return time.Duration(l.average(stream) * float64(time.Second))
}

func (l *Load) average(stream bool) float64 {
	return math.Float64frombits(l.latency[slot(stream)].Load())
}

func slot(stream bool) int {
	if stream {
		return 1
	}
	return 0
}

// answered counts the time that an answer took.
func (l *Load) answered(stream bool, took time.Duration) {
	if took <= 0 {
		return
	}
	at := &l.latency[slot(stream)]
	for {
		old := at.Load()
		next := took.Seconds()
		if old != 0 {
			next = newest*next + (1-newest)*math.Float64frombits(old)
		}
		if at.CompareAndSwap(old, math.Float64bits(next)) {
			return
		}
	}
}

// SetDrained takes a target out for new calls, or, with nil, back in.
func (l *Load) SetDrained(d *Drain) { l.drained.Store(d) }

// Drained tells who took the target out; nil when nobody did.
func (l *Load) Drained() *Drain { return l.drained.Load() }
