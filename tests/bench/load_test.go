package main

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/bench/upstream"
)

// listen serves each connection until the test ends.
func listen(t *testing.T, serve func(net.Listener)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		serve(ln)
	}()
	t.Cleanup(func() {
		ln.Close()
		<-ended
	})
	return ln.Addr().String()
}

func realUpstream(t *testing.T) string {
	return listen(t, func(ln net.Listener) { _ = upstream.Serve(ln) })
}

func named(t *testing.T, name string) workload {
	t.Helper()
	works, err := choose(name)
	if err != nil {
		t.Fatal(err)
	}
	return works[0]
}

func TestDirectCalls(t *testing.T) {
	s := &settings{upstream: realUpstream(t)}
	for _, name := range []string{"chat", "large", "stream", "stream5"} {
		j := s.newJob(named(t, name), nil, "bench")
		if err := tryOut(t.Context(), j, false); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		f, err := newFleet(t.Context(), j, 4)
		if err != nil {
			t.Fatal(err)
		}
		sum := f.run(t.Context(), goal{time: time.Millisecond, calls: 12, limit: 20 * time.Second})
		f.close()
		if sum.calls < 12 || sum.failed > 0 || len(sum.total) != sum.calls || j.stream != (len(sum.first) == sum.calls) {
			t.Errorf("%s: %d good, %d failed: %s", name, sum.calls, sum.failed, sum.why)
		}
	}
}

// The upstream's own time does not count as latency.
func TestOpenLoop(t *testing.T) {
	s := &settings{upstream: realUpstream(t)}
	j := s.newJob(named(t, "rate"), nil, "bench")
	if err := tryOut(t.Context(), j, false); err != nil {
		t.Fatal(err)
	}
	sum := (&openLoop{job: j}).run(t.Context(), 200, 250*time.Millisecond)
	if sum.calls != 50 || sum.failed > 0 || len(sum.total) != 50 {
		t.Errorf("%d good, %d failed: %s", sum.calls, sum.failed, sum.why)
	}
	for _, ns := range sum.total {
		if ns <= 0 {
			t.Errorf("a call took %d ns", ns)
		}
	}
}

func TestHeldStreams(t *testing.T) {
	s := &settings{upstream: realUpstream(t)}
	w := named(t, "stream5")
	held := &heldStreams{job: s.newJob(w, nil, "bench")}
	held.openAll(t.Context(), 20)
	held.wait.Wait()
	if held.sum.calls != 20 || held.open.Load() != 0 {
		t.Errorf("%d whole, %d still open: %s", held.sum.calls, held.open.Load(), held.sum.why)
	}
}

// answers sends the same bytes for each request and hangs up.
func answers(t *testing.T, answer string) string {
	return listen(t, func(ln net.Listener) {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			_, _ = c.Read(buf)
			_, _ = io.WriteString(c, answer)
			_ = c.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, c)
			c.Close()
		}
	})
}

func TestFailuresAreCounted(t *testing.T) {
	const stream = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\ndata: \" @0000\"\n\n\r\n"
	for name, c := range map[string]struct {
		answer, workload, why string
		cut                   bool
	}{
		"hang up in a stream": {stream, "stream", "cut short: 1 of 60", true},
		"end in a stream":     {stream + "0\r\n\r\n", "stream", "cut short: 1 of 60", true},
		"status":              {"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\nsorry", "chat", "status 502: sorry", false},
		"nothing":             {"", "stream", "EOF", false},
		"too short":           {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "chat", "5 bytes", false},
	} {
		s := &settings{upstream: answers(t, c.answer)}
		j := s.newJob(named(t, c.workload), nil, "bench")
		j.size = 1200
		f, err := newFleet(t.Context(), j, 1)
		if err != nil {
			t.Fatal(err)
		}
		sum := f.run(t.Context(), goal{time: time.Millisecond})
		f.close()
		if sum.calls != 0 || sum.failed == 0 || (sum.cut > 0) != c.cut || !strings.Contains(sum.why, c.why) {
			t.Errorf("%s: %d good, %d failed, %d cut: %s", name, sum.calls, sum.failed, sum.cut, sum.why)
		}
		r := &report{Records: []record{{Workload: c.workload, Target: name, Failed: sum.failed}}}
		if len(r.problems()) == 0 {
			t.Errorf("%s: no problem", name)
		}
	}
}

// A target that never answers well does not hold the run up.
func TestClientGivesUp(t *testing.T) {
	s := &settings{upstream: answers(t, "")}
	f, err := newFleet(t.Context(), s.newJob(named(t, "chat"), nil, "bench"), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	sum := f.run(t.Context(), goal{time: time.Minute})
	if sum.failed != maxInARow || sum.elapsed > 30*time.Second {
		t.Errorf("%d failed in %v", sum.failed, sum.elapsed)
	}
}

func TestCancelEndsTheLoops(t *testing.T) {
	s := &settings{upstream: realUpstream(t)}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	f, err := newFleet(ctx, s.newJob(named(t, "chat"), nil, "bench"), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	if sum := f.run(ctx, goal{time: time.Minute}); sum.elapsed > 10*time.Second {
		t.Errorf("the closed loop ran for %v", sum.elapsed)
	}
	if sum := (&openLoop{job: f.job}).run(ctx, 100, time.Minute); sum.elapsed > 10*time.Second {
		t.Errorf("the open loop ran for %v", sum.elapsed)
	}
}
