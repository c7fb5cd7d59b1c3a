package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// holding is what one proxy holds in memory.
type holding struct {
	Target    string  `json:"target"`
	Round     int     `json:"round"`
	Streams   int     `json:"streams"`
	IdlePss   float64 `json:"idle_pss_kib"`
	IdleRss   float64 `json:"idle_rss_kib"`
	OpenPss   float64 `json:"open_pss_kib"`
	OpenRss   float64 `json:"open_rss_kib"`
	PerStream float64 `json:"pss_kib_per_stream"`
	Whole     int     `json:"whole"`
	Failed    int     `json:"failed"`
	Cut       int     `json:"cut"`
	Why       string  `json:"why,omitempty"`
}

const (
	memoryRounds = 3
	heldChunks   = 12 // a second apart: time to open all and to look at them
	looks        = 8
)

// hold measures each proxy alone: two processes of one binary share its pages,
// and each would be booked half of them.
func (s *settings) hold(ctx context.Context, w workload) ([]holding, error) {
	w.plan.Chunks = heldChunks
	var all []holding
	for round := range min(s.rounds, memoryRounds) {
		for _, spec := range s.specs {
			h, err := s.holdOne(ctx, w, spec)
			if err != nil {
				return all, fmt.Errorf("%s, %s: %w", w.name, spec.name, err)
			}
			if ctx.Err() != nil {
				return all, ctx.Err()
			}
			h.Target, h.Round = spec.name, round
			all = append(all, h)
			fmt.Fprintf(os.Stderr, "%s %d %s: idle %.1f MiB, %.1f KiB a stream, %d failed\n", w.name, round+1, spec.name, h.IdlePss/1024, h.PerStream, h.Failed)
		}
	}
	return all, nil
}

func (s *settings) holdOne(ctx context.Context, w workload, spec proxySpec) (holding, error) {
	p, err := startProxy(ctx, spec, s.dir, s.upstream)
	if err != nil {
		return holding{}, err
	}
	defer p.stop()
	// One short stream first, so that idle is not before anything was in use.
	short := w
	short.plan.Chunks, short.plan.Every = 1, 0
	if err := s.check(ctx, &target{name: spec.name, proxy: p, job: s.newJob(short, p, "bench")}); err != nil {
		return holding{}, err
	}
	sleep(ctx, time.Second)
	settle(ctx, p.pid())
	idle, err := treeMemory(p.pid())
	if err != nil {
		return holding{}, err
	}
	held := &heldStreams{job: s.newJob(w, p, "bench")}
	held.openAll(ctx, s.open)
	open, looked, err := held.look(ctx, p.pid(), s.open)
	if err != nil {
		return holding{}, err
	}
	held.wait.Wait()
	h := holding{
		Streams: s.open, IdlePss: idle.Pss, IdleRss: idle.Rss,
		Whole: held.sum.calls, Failed: held.sum.failed, Cut: held.sum.cut, Why: held.sum.why,
	}
	if looked > 0 {
		h.OpenPss, h.OpenRss, h.PerStream = open.Pss, open.Rss, (open.Pss-idle.Pss)/float64(s.open)
	} else if h.Failed == 0 {
		return h, fmt.Errorf("%d streams were never open at a time", s.open)
	}
	return h, nil
}

// heldStreams are many streams that are open at a time.
type heldStreams struct {
	job  *job
	open atomic.Int64
	wait sync.WaitGroup
	mu   sync.Mutex
	sum  tally
}

func (hs *heldStreams) openAll(ctx context.Context, n int) {
	for range n {
		if ctx.Err() != nil {
			return
		}
		hs.wait.Go(func() {
			t, err := hs.one(ctx)
			hs.mu.Lock()
			defer hs.mu.Unlock()
			hs.sum.note(t, err)
		})
		sleep(ctx, 500*time.Microsecond) // not a burst that overflows the listener's queue
	}
}

func (hs *heldStreams) one(ctx context.Context) (timing, error) {
	c, err := dial(ctx, hs.job.addr)
	if err != nil {
		return timing{}, err
	}
	defer c.Close()
	begun, began := time.Now(), false
	if err := c.SetDeadline(begun.Add(callLimit)); err != nil {
		return timing{}, err
	}
	var check streamCheck
	j := *hs.job
	j.began = func() {
		hs.open.Add(1)
		began = true
	}
	defer func() {
		if began {
			hs.open.Add(-1)
		}
	}()
	return c.do(&j, begun, &check)
}

// look takes the median of what the process holds while all streams are open.
func (hs *heldStreams) look(ctx context.Context, pid, n int) (memory, int, error) {
	for range 100 {
		if hs.open.Load() == int64(n) || !sleep(ctx, 50*time.Millisecond) {
			break
		}
	}
	var pss, rss []float64
	for range looks {
		if !sleep(ctx, 500*time.Millisecond) {
			break
		}
		m, err := treeMemory(pid)
		if err != nil {
			return memory{}, 0, err
		}
		if hs.open.Load() == int64(n) {
			pss, rss = append(pss, m.Pss), append(rss, m.Rss)
		}
	}
	if len(pss) == 0 {
		return memory{}, 0, nil
	}
	return memory{median(pss), median(rss)}, len(pss), nil
}
