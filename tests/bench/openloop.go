package main

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"time"
)

// maxInFlight bounds an open loop: a target that falls that far behind has
// failed, and more connections would only hide it.
const maxInFlight = 1000

var errBacklog = errors.New("too many calls in flight")

// openLoop makes calls at a steady rate, whatever the answers' pace. Latency
// counts from when a call was due, so that one stall shows in each call that
// it held up.
type openLoop struct {
	job   *job
	idle  []*client
	all   []*client
	mu    sync.Mutex
	sum   tally
	calls sync.WaitGroup
}

// client owns one connection and waits for calls to make on it.
type client struct {
	conn *connection
	due  chan time.Time
}

func (l *openLoop) run(ctx context.Context, rate int, d time.Duration) *tally {
	n := int(d.Seconds() * float64(rate))
	l.sum = tally{total: make([]int64, 0, n)}
	var clients sync.WaitGroup
	begun := time.Now()
	for i := range n {
		due := begun.Add(time.Duration(i) * time.Second / time.Duration(rate))
		pause(due)
		if ctx.Err() != nil {
			break
		}
		c := l.take()
		if c == nil {
			c = l.hire(ctx, &clients)
		}
		if c == nil {
			continue
		}
		l.calls.Add(1)
		c.due <- due
	}
	l.calls.Wait()
	l.sum.elapsed = time.Since(begun)
	for _, c := range l.all {
		close(c.due)
	}
	clients.Wait()
	return &l.sum
}

// pause waits for a point in time. The runtime's timers are as coarse as a
// millisecond when nothing else happens, the kernel's are not.
func pause(until time.Time) {
	for range 3 { // a signal may end a sleep
		d := time.Until(until)
		if d <= 0 {
			return
		}
		ts := syscall.NsecToTimespec(int64(d))
		_ = syscall.Nanosleep(&ts, nil)
	}
}

// take gives the client that became idle last, so that few are warm and not
// many lukewarm.
func (l *openLoop) take() *client {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.idle)
	if n == 0 {
		return nil
	}
	c := l.idle[n-1]
	l.idle = l.idle[:n-1]
	return c
}

func (l *openLoop) note(t timing, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sum.note(t, err)
}

// hire makes one more client.
func (l *openLoop) hire(ctx context.Context, clients *sync.WaitGroup) *client {
	if len(l.all) == maxInFlight {
		l.note(timing{}, errBacklog)
		return nil
	}
	conn, err := dial(ctx, l.job.addr)
	if err != nil {
		l.note(timing{}, err)
		return nil
	}
	c := &client{conn: conn, due: make(chan time.Time, 1)}
	l.all = append(l.all, c)
	clients.Go(func() { l.work(ctx, c) })
	return c
}

func (l *openLoop) work(ctx context.Context, c *client) {
	var check streamCheck
	for due := range c.due {
		var err error
		if c.conn == nil {
			c.conn, err = dial(ctx, l.job.addr)
		}
		var t timing
		if err == nil {
			_ = c.conn.SetDeadline(time.Now().Add(callLimit))
			t, err = c.conn.do(l.job, due, &check)
		}
		if !l.note(t, err) && c.conn != nil {
			c.conn.Close()
			c.conn = nil
		}
		l.mu.Lock()
		l.idle = append(l.idle, c)
		l.mu.Unlock()
		l.calls.Done()
	}
	if c.conn != nil {
		c.conn.Close()
	}
}
