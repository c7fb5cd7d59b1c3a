package aigateway

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/fairwaygw/fairway/llm"
)

// watchdog ends an attempt whose deadlines pass. It has one timer, which looks
// at the time of the last event when it fires: an event costs a store, not a
// change of the timer.
type watchdog struct {
	cancel context.CancelCauseFunc
	timer  *time.Timer
	start  time.Time
	// last is when something last arrived after the first content, in
	// nanoseconds after start; 0 until then, negative in a pause.
	last        atomic.Int64
	first, idle time.Duration
	total       time.Duration
}

// newWatchdog begins to watch. first bounds the wait for the first event, idle
// each later one, and total everything.
func newWatchdog(parent context.Context, start time.Time, first, idle, total time.Duration) (context.Context, *watchdog) {
	ctx, cancel := context.WithCancelCause(parent)
	d := &watchdog{cancel: cancel, start: start, first: first, idle: idle, total: total}
	// The timer is known to the watchdog before it can fire.
	d.timer = time.AfterFunc(time.Hour, d.fire)
	d.timer.Reset(min(first, idle, total))
	return ctx, d
}

// event notes that the stream is alive.
func (d *watchdog) event() { d.last.Store(int64(time.Since(d.start))) }

// pause stops to wait for the next event until there is one: it is the caller
// who takes time.
func (d *watchdog) pause() { d.last.Store(-1) }

func (d *watchdog) fire() {
	now := time.Since(d.start)
	last := time.Duration(d.last.Load())
	due, reason := d.first, errFirstEvent
	switch {
	case last > 0:
		due, reason = last+d.idle, errIdle
	case last < 0:
		due = d.total
	}
	if due >= d.total {
		due, reason = d.total, errTotal
	}
	if now >= due {
		d.cancel(reason)
		return
	}
	// Until the next look the first content may come, and then silence.
	d.timer.Reset(min(due-now, d.idle))
}

// stop ends the watch and everything that runs under its context.
func (d *watchdog) stop() {
	d.timer.Stop()
	d.cancel(context.Canceled)
}

// The deadlines that can pass, as the cause of a canceled attempt.
var (
	errFirstEvent = deadline("first_event", "the provider sent nothing in time")
	errIdle       = deadline("idle", "the provider stopped in the middle of the answer")
	errTotal      = deadline("total", "the answer took too long")
)

func deadline(reason, message string) *llm.Error {
	return &llm.Error{Status: http.StatusGatewayTimeout, Class: llm.ClassTimeout, Type: "timeout_error", Code: "upstream_timeout", Reason: reason, Message: message}
}
