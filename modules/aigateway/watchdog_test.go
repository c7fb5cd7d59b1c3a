package aigateway

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestWatchdog holds when an attempt ends and why, to the second.
func TestWatchdog(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name               string
		first, idle, total time.Duration
		// events are when something arrives.
		events []time.Duration
		at     time.Duration
		why    error
	}{
		{"nothing at all", 10, 20, 60, nil, 10, errFirstEvent},
		{"nothing, and no time", 10, 20, 5, nil, 5, errTotal},
		{"a first event may be as late as the end", 60, 20, 60, nil, 60, errTotal},
		{"silence after the first", 10, 20, 60, []time.Duration{9}, 29, errIdle},
		{"idle shorter than first", 30, 5, 60, []time.Duration{1}, 6, errIdle},
		{"idle shorter than first, and nothing", 30, 5, 60, nil, 30, errFirstEvent},
		{"a late first event, then silence", 30, 5, 60, []time.Duration{29}, 34, errIdle},
		{"alive until the end", 10, 10, 35, []time.Duration{5, 14, 23, 32}, 35, errTotal},
		{"silence in the middle", 10, 10, 60, []time.Duration{5, 14, 23}, 33, errIdle},
		{"idle would end with all", 10, 30, 40, []time.Duration{9}, 39, errIdle},
		{"all before idle", 10, 30, 35, []time.Duration{9}, 35, errTotal},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				ctx, d := newWatchdog(t.Context(), begun, c.first*time.Second, c.idle*time.Second, c.total*time.Second)
				defer d.stop()
				for _, at := range c.events {
					time.AfterFunc(at*time.Second, d.event)
				}
				<-ctx.Done()
				if took := time.Since(begun); took != c.at*time.Second || !errors.Is(context.Cause(ctx), c.why) {
					t.Errorf("it ended after %s with %v", took, context.Cause(ctx))
				}
			})
		})
	}
}

func TestWatchdogStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, d := newWatchdog(t.Context(), time.Now(), time.Second, time.Second, time.Second)
		d.stop()
		time.Sleep(time.Minute) // of the bubble
		if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	})
}
