package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// tally is what came of many calls.
type tally struct {
	calls   int // good ones
	failed  int
	cut     int // streams among the failed
	why     string
	elapsed time.Duration
	total   []int64 // nanoseconds a call
	first   []int64 // nanoseconds to a stream's first byte
}

func (t *tally) add(o *tally) {
	t.calls += o.calls
	t.failed += o.failed
	t.cut += o.cut
	if t.why == "" {
		t.why = o.why
	}
	t.total = append(t.total, o.total...)
	t.first = append(t.first, o.first...)
}

// note books one call and says whether its connection can be used again.
func (t *tally) note(took timing, err error) bool {
	if err == nil || errors.Is(err, errClosing) {
		t.calls++
		t.total = append(t.total, int64(took.total))
		if took.first > 0 {
			t.first = append(t.first, int64(took.first))
		}
		return err == nil
	}
	t.failed++
	var cut *errCut
	if errors.As(err, &cut) {
		t.cut++
	}
	if t.why == "" {
		t.why = err.Error()
	}
	return false
}

// goal is when a closed loop ends: after a time, and not before a number of
// calls, but never later than a limit.
type goal struct {
	time  time.Duration
	calls int
	limit time.Duration
}

const (
	callLimit    = 60 * time.Second // one call, however slow
	maxInARow    = 20               // failures of one client, which then gives up
	failurePause = 20 * time.Millisecond
)

// fleet is a closed loop's clients. Their connections outlast the warm-up, so
// that the measured time has no dialing.
type fleet struct {
	job   *job
	conns []*connection
}

func newFleet(ctx context.Context, j *job, n int) (*fleet, error) {
	f := &fleet{job: j}
	for range n {
		c, err := dial(ctx, j.addr)
		if err != nil {
			f.close()
			return nil, err
		}
		f.conns = append(f.conns, c)
	}
	return f, nil
}

func (f *fleet) close() {
	for _, c := range f.conns {
		if c != nil {
			c.Close()
		}
	}
}

// run has each client make one call after the other.
func (f *fleet) run(ctx context.Context, g goal) *tally {
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		sum   tally
		calls atomic.Int64
	)
	begun := time.Now()
	end, limit := begun.Add(g.time), begun.Add(max(g.time, g.limit))
	more := func() bool {
		now := time.Now()
		return ctx.Err() == nil && (now.Before(end) || now.Before(limit) && calls.Load() < int64(g.calls))
	}
	for i := range f.conns {
		wg.Go(func() {
			var own tally
			f.client(ctx, i, limit, more, &own, &calls)
			mu.Lock()
			defer mu.Unlock()
			sum.add(&own)
		})
	}
	wg.Wait()
	sum.elapsed = time.Since(begun)
	return &sum
}

func (f *fleet) client(ctx context.Context, i int, limit time.Time, more func() bool, own *tally, calls *atomic.Int64) {
	var check streamCheck
	if c := f.conns[i]; c != nil {
		_ = c.SetDeadline(limit.Add(callLimit))
	}
	for inARow := 0; more() && inARow < maxInARow; {
		if f.conns[i] == nil {
			c, err := dial(ctx, f.job.addr)
			if err != nil {
				own.note(timing{}, err)
				inARow++
				sleep(ctx, failurePause)
				continue
			}
			_ = c.SetDeadline(limit.Add(callLimit))
			f.conns[i] = c
		}
		failed := own.failed
		took, err := f.conns[i].do(f.job, time.Now(), &check)
		if !own.note(took, err) {
			f.conns[i].Close()
			f.conns[i] = nil
		}
		if own.failed > failed {
			inARow++
			sleep(ctx, failurePause)
			continue
		}
		inARow = 0
		calls.Add(1)
	}
}
