package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// record is what one target did in one round of one workload.
type record struct {
	Workload       string  `json:"workload"`
	Target         string  `json:"target"`
	Round          int     `json:"round"`
	Calls          int     `json:"calls"`
	Failed         int     `json:"failed"`
	Cut            int     `json:"cut"` // streams, among the failed
	Why            string  `json:"why,omitempty"`
	Seconds        float64 `json:"seconds"`
	CPUMicros      float64 `json:"cpu_us_per_call,omitempty"`
	CallsPerSecond float64 `json:"calls_per_second"`
	P50            float64 `json:"p50_ms"`
	P99            float64 `json:"p99_ms"`
	First50        float64 `json:"first_p50_ms,omitempty"`
	First99        float64 `json:"first_p99_ms,omitempty"`
}

// target is where a workload's calls go.
type target struct {
	name  string
	proxy *proxy // nil: straight to the upstream
	job   *job
}

// settings are the flags that all workloads share.
type settings struct {
	dir      string // for the state of the proxies
	upstream string
	specs    []proxySpec
	direct   bool
	rounds   int
	duration time.Duration
	warm     time.Duration
	streams  int // at least so many in all, of each proxy
	open     int // streams held by the memory workload
	rate     int
	profiles string
}

// maxRun is the longest that one run waits for its number of streams.
const maxRun = 10 * time.Minute

// newJob is a workload's call, to a proxy or to the upstream itself.
func (s *settings) newJob(w workload, p *proxy, model string) *job {
	addr, key := s.upstream, ""
	if p != nil {
		addr, key = p.addr, p.key
	}
	return &job{
		addr: addr, request: requestBytes(addr, key, requestBody(w, model)),
		stream: w.stream, chunks: w.plan.Chunks, spent: w.plan.Wait > 0,
	}
}

// startAll starts the proxies and lists the targets in the order of a round.
func (s *settings) startAll(ctx context.Context, w workload) (targets []*target, stop func(), err error) {
	stop = func() {
		for _, p := range slices.Backward(targets) {
			// Targets may share a proxy; stopping twice does no harm.
			if p.proxy != nil {
				p.proxy.stop()
			}
		}
	}
	if s.direct && len(w.models) == 0 {
		targets = append(targets, &target{name: "direct", job: s.newJob(w, nil, "bench")})
	}
	for _, spec := range s.specs {
		p, err := startProxy(ctx, spec, s.dir, s.upstream)
		if err != nil {
			stop()
			return nil, nil, err
		}
		if spec.kind == plain || len(w.models) == 0 {
			targets = append(targets, &target{spec.name, p, s.newJob(w, p, "bench")})
			continue
		}
		for _, model := range w.models {
			targets = append(targets, &target{spec.name + " " + model[len("bench-"):], p, s.newJob(w, p, model)})
		}
	}
	return targets, stop, nil
}

// run makes all rounds of a workload.
func (s *settings) run(ctx context.Context, w workload) ([]record, []string, error) {
	targets, stop, err := s.startAll(ctx, w)
	if err != nil {
		return nil, nil, err
	}
	defer stop()
	for _, t := range targets {
		if err := s.check(ctx, t); err != nil {
			return nil, nil, fmt.Errorf("%s, %s: %w", w.name, t.name, err)
		}
	}
	var records []record
	for round := range s.rounds {
		for _, t := range targets {
			r, err := s.measure(ctx, w, t)
			if err != nil {
				return records, nil, fmt.Errorf("%s, %s: %w", w.name, t.name, err)
			}
			if ctx.Err() != nil {
				return records, nil, ctx.Err()
			}
			r.Workload, r.Target, r.Round = w.name, t.name, round
			records = append(records, r)
			fmt.Fprintf(os.Stderr, "%s %d/%d %s: %.1f µs, %.0f/s, %d failed\n", w.name, round+1, s.rounds, t.name, r.CPUMicros, r.CallsPerSecond, r.Failed)
		}
	}
	if err := s.enough(w, targets, records); err != nil {
		return records, nil, err
	}
	var notes []string
	for i, t := range targets {
		if t.proxy != nil && (i == 0 || targets[i-1].proxy != t.proxy) {
			notes = append(notes, fmt.Sprintf("collector of %s: environment %s; now %s",
				t.proxy.spec.name, t.proxy.environment("GOGC", "GOMEMLIMIT"), t.proxy.admin.collector(ctx)))
		}
	}
	if s.profiles != "" {
		err = s.profile(ctx, w, targets)
	}
	return records, notes, err
}

// enough makes sure that the wanted number of streams was not cut off by time.
func (s *settings) enough(w workload, targets []*target, records []record) error {
	for _, t := range targets {
		made := 0
		for _, r := range records {
			if r.Target == t.name {
				made += r.Calls + r.Failed
			}
		}
		if w.stream && t.proxy != nil && made < s.streams {
			return fmt.Errorf("%s, %s: only %d of %d streams were made in time", w.name, t.name, made, s.streams)
		}
	}
	return nil
}

// check tries the target out; a new key may take a moment to be known.
func (s *settings) check(ctx context.Context, t *target) error {
	isGateway := t.proxy != nil && t.proxy.spec.kind == gateway
	err := tryOut(ctx, t.job, isGateway)
	for range 50 {
		var status *errStatus
		if !isGateway || !errors.As(err, &status) || status.status != 401 || !sleep(ctx, 100*time.Millisecond) {
			break
		}
		err = tryOut(ctx, t.job, isGateway)
	}
	if err != nil && t.proxy != nil {
		err = fmt.Errorf("%w\n%w", err, t.proxy.failed("it was asked"))
	}
	if err != nil || !isGateway {
		return err
	}
	return refusesStrangers(ctx, t.job)
}

// measure is one run: warm up, come to rest, load, come to rest again.
func (s *settings) measure(ctx context.Context, w workload, t *target) (record, error) {
	load, done, err := s.loader(ctx, w, t)
	if err != nil {
		return record{}, err
	}
	defer done()
	load(goal{time: s.warm})
	before, err := s.cpu(ctx, t)
	if err != nil {
		return record{}, err
	}
	g := goal{time: s.duration}
	if w.stream && t.proxy != nil {
		g.calls, g.limit = (s.streams+s.rounds-1)/s.rounds, maxRun
	}
	sum := load(g)
	after, err := s.cpu(ctx, t)
	if err != nil {
		return record{}, err
	}
	r := record{Calls: sum.calls, Failed: sum.failed, Cut: sum.cut, Why: sum.why, Seconds: sum.elapsed.Seconds()}
	if sum.calls == 0 {
		return r, nil
	}
	r.CPUMicros = float64(after-before) / 1e3 / float64(sum.calls)
	r.CallsPerSecond = float64(sum.calls) / r.Seconds
	slices.Sort(sum.total)
	slices.Sort(sum.first)
	ms := func(ns int64) float64 { return float64(ns) / 1e6 }
	r.P50, r.P99 = ms(percentile(sum.total, 50)), ms(percentile(sum.total, 99))
	r.First50, r.First99 = ms(percentile(sum.first, 50)), ms(percentile(sum.first, 99))
	return r, nil
}

// cpu is what the target has used, once it has come to rest.
func (s *settings) cpu(ctx context.Context, t *target) (time.Duration, error) {
	if t.proxy == nil {
		return 0, nil
	}
	settle(ctx, t.proxy.pid())
	return treeCPU(t.proxy.pid())
}

// loader makes the loop of a workload.
func (s *settings) loader(ctx context.Context, w workload, t *target) (load func(goal) *tally, done func(), err error) {
	if w.rate > 0 {
		return func(g goal) *tally {
			return (&openLoop{job: t.job}).run(ctx, s.rate, g.time)
		}, func() {}, nil
	}
	f, err := newFleet(ctx, t.job, w.conns)
	if err != nil {
		return nil, nil, err
	}
	return func(g goal) *tally { return f.run(ctx, g) }, f.close, nil
}

// profile loads each proxy once more, not counted, while it takes its profile.
func (s *settings) profile(ctx context.Context, w workload, targets []*target) error {
	if err := os.MkdirAll(s.profiles, 0o755); err != nil {
		return err
	}
	for _, t := range targets {
		if t.proxy == nil {
			continue
		}
		load, done, err := s.loader(ctx, w, t)
		if err != nil {
			return err
		}
		file := filepath.Join(s.profiles, w.name+"-"+strings.ReplaceAll(t.name, " ", "-")+".cpu.pprof")
		got := make(chan error, 1)
		go func() { got <- t.proxy.admin.profile(ctx, file, s.duration) }()
		load(goal{time: s.duration + time.Second/2})
		done()
		if err := <-got; err != nil {
			return fmt.Errorf("profiling %s: %w", t.name, err)
		}
	}
	return nil
}
