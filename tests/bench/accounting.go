package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc/PID/stat, USER_HZ, on every Linux
// architecture that Go knows.
const tick = 10 * time.Millisecond

// stat is what is needed of /proc/PID/stat.
type stat struct {
	parent int
	cpu    time.Duration // user and system, with that of children that ended
}

// parseStat reads the fields behind the command's name, which may itself hold
// blanks and brackets (proc(5)).
func parseStat(b []byte) (stat, error) {
	i := bytes.LastIndexByte(b, ')')
	fields := strings.Fields(string(b[i+1:]))
	if i < 0 || len(fields) < 15 {
		return stat{}, fmt.Errorf("reading a process's stat: %q", b)
	}
	var s stat
	var err error
	if s.parent, err = strconv.Atoi(fields[1]); err != nil {
		return stat{}, fmt.Errorf("reading a process's stat: %w", err)
	}
	for _, f := range fields[11:15] { // utime, stime, cutime, cstime
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return stat{}, fmt.Errorf("reading a process's stat: %w", err)
		}
		s.cpu += time.Duration(n) * tick
	}
	return s, nil
}

// parseSchedstat reads the nanoseconds that a thread has run.
func parseSchedstat(b []byte) (time.Duration, error) {
	first, _, _ := strings.Cut(string(b), " ")
	n, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading a thread's schedstat: %w", err)
	}
	return time.Duration(n), nil
}

// parseKiB finds a field such as "Pss: 12 kB".
func parseKiB(b []byte, name string) (float64, bool) {
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			if fields := strings.Fields(rest); len(fields) > 0 {
				n, err := strconv.ParseFloat(fields[0], 64)
				return n, err == nil
			}
		}
	}
	return 0, false
}

func proc(pid int, file string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), file)
}

// processTree is pid and all below it.
func processTree(pid int) []int {
	children := map[int][]int{}
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		p, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		b, err := os.ReadFile(proc(p, "stat"))
		if err != nil {
			continue // gone meanwhile
		}
		if s, err := parseStat(b); err == nil {
			children[s.parent] = append(children[s.parent], p)
		}
	}
	tree := []int{pid}
	for i := 0; i < len(tree); i++ {
		tree = append(tree, children[tree[i]]...)
	}
	return tree
}

// cpuOf is the CPU time of a process: the sum over its threads, exact to the
// nanosecond, unless the coarse figure is larger because threads have ended.
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(proc(pid, "stat"))
	if err != nil {
		return 0, fmt.Errorf("accounting CPU: %w", err)
	}
	coarse, err := parseStat(b)
	if err != nil {
		return 0, err
	}
	var fine time.Duration
	threads, _ := filepath.Glob(proc(pid, "task/*/schedstat"))
	for _, t := range threads {
		if b, err := os.ReadFile(t); err == nil {
			if d, err := parseSchedstat(b); err == nil {
				fine += d
			}
		}
	}
	if coarse.cpu > fine+2*tick {
		return coarse.cpu, nil
	}
	return fine, nil
}

// treeCPU is the CPU time of a process and all below it.
func treeCPU(pid int) (time.Duration, error) {
	var sum time.Duration
	for i, p := range processTree(pid) {
		d, err := cpuOf(p)
		if err != nil && i == 0 {
			return 0, err
		}
		sum += d
	}
	return sum, nil
}

// settle waits until a process has come to rest, two seconds at most, so that
// work put off for later counts for the calls that made it.
func settle(ctx context.Context, pid int) {
	const step = 100 * time.Millisecond
	last, err := treeCPU(pid)
	for range 20 {
		if err != nil || !sleep(ctx, step) {
			return
		}
		var now time.Duration
		now, err = treeCPU(pid)
		if now-last < step/50 {
			return
		}
		last = now
	}
}

// memory is what a process tree holds, in KiB.
type memory struct{ Pss, Rss float64 }

func treeMemory(pid int) (memory, error) {
	var m memory
	for i, p := range processTree(pid) {
		b, err := os.ReadFile(proc(p, "smaps_rollup"))
		if err != nil {
			if i == 0 {
				return m, fmt.Errorf("accounting memory: %w", err)
			}
			continue
		}
		pss, _ := parseKiB(b, "Pss")
		rss, _ := parseKiB(b, "Rss")
		m.Pss += pss
		m.Rss += rss
	}
	return m, nil
}

// sleep is false when the run was interrupted.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
