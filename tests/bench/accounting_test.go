package main

import (
	"os"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	// The command is named "a) b (c".
	line := "4711 (a) b (c) S 42 4711 4711 0 -1 4194560 900 0 3 0 150 25 7 8 20 0 9 0 1234 99 88\n"
	s, err := parseStat([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	if s.parent != 42 || s.cpu != 1900*time.Millisecond {
		t.Errorf("got %+v", s)
	}
	for _, bad := range []string{"", "1 (x", "1 (x) S 42 3", "1 (x) S 42 4711 4711 0 -1 4194560 900 0 3 0 x 25 7 8 20"} {
		if _, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestParseSchedstat(t *testing.T) {
	d, err := parseSchedstat([]byte("725483 61212 2\n"))
	if err != nil || d != 725483 {
		t.Errorf("got %v, %v", d, err)
	}
	if _, err := parseSchedstat([]byte("\n")); err == nil {
		t.Error("nothing was read")
	}
}

func TestParseKiB(t *testing.T) {
	rollup := []byte("561bb4506000-7ffcb9da9000 ---p 00000000 00:00 0    [rollup]\nRss:        1752 kB\nPss:         350 kB\nPss_Dirty:   116 kB\n")
	if n, ok := parseKiB(rollup, "Pss"); n != 350 || !ok {
		t.Errorf("got %v, %v", n, ok)
	}
	if _, ok := parseKiB(rollup, "Swap"); ok {
		t.Error("a field was found that is not there")
	}
}

// What this process has spent shows in its own account.
func TestOwnAccount(t *testing.T) {
	begun, err := treeCPU(os.Getpid())
	if err != nil {
		t.Skipf("no /proc here: %v", err)
	}
	for end := time.Now().Add(60 * time.Millisecond); time.Now().Before(end); {
	}
	now, err := treeCPU(os.Getpid())
	if err != nil || now <= begun {
		t.Errorf("got %v after %v, %v", now, begun, err)
	}
	if m, err := treeMemory(os.Getpid()); err != nil || m.Pss <= 0 || m.Rss < m.Pss {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestCollectorSettings(t *testing.T) {
	text := "# TYPE go_gc_gogc_percent gauge\ngo_gc_gogc_percent 400\n# x\ngo_gc_gomemlimit_bytes 9.223372036854776e+18\n"
	if got := collectorSettings(text); got != "GOGC 400, limit none" {
		t.Errorf("got %q", got)
	}
	if got := collectorSettings("go_gc_gogc_percent 100\ngo_gc_gomemlimit_bytes 1.048576e+09\n"); got != "GOGC 100, limit 1000 MiB" {
		t.Errorf("got %q", got)
	}
	if got := collectorSettings(""); got != "GOGC ?, limit ?" {
		t.Errorf("got %q", got)
	}
}
