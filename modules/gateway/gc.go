package gateway

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// The collector runs when the heap has grown by a percentage of what was alive.
// A gateway keeps little and makes much, so Go's own 100 % would collect all
// the time. It is given room instead: as many bytes whatever is alive, and
// never much less than Go's own share of a large heap.
const (
	gcRoom  = 64 << 20
	gcMost  = 400
	gcLeast = 75
)

// startupTime is how long after the app's start the process is taken to be up.
const startupTime = time.Second

var gcOnce sync.Once

// setGCDefaults tunes the collector, unless the user did by GOGC or GOMEMLIMIT.
func setGCDefaults() {
	gcOnce.Do(func() {
		time.AfterFunc(startupTime, dropStartupPages)
		if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
			return
		}
		debug.FreeOSMemory() // what starting up has left behind
		new(gcTuner).watch()
	})
}

// gcTuner follows the live heap, a collection behind.
type gcTuner struct {
	percent int
	sample  [1]metrics.Sample
}

// watch tunes now and after each collection: the finalizer of an object that
// nobody holds runs once a cycle.
func (t *gcTuner) watch() {
	t.sample[0].Name = "/gc/heap/live:bytes"
	metrics.Read(t.sample[:])
	percent := gcPercent(t.sample[0].Value.Uint64())
	// Setting it stops the world, so small changes wait.
	if d := percent - t.percent; d > t.percent/8 || d < -t.percent/8 {
		t.percent = percent
		debug.SetGCPercent(percent)
	}
	runtime.SetFinalizer(&gcSentinel{t: t}, func(s *gcSentinel) { s.t.watch() })
}

type gcSentinel struct{ t *gcTuner }

// gcPercent is the percentage that gives a heap its room.
func gcPercent(live uint64) int {
	return int(min(max(gcRoom*100/max(live, 1), gcLeast), gcMost))
}
