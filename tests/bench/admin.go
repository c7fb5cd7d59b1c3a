package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// adminSocket is the path of Caddy's admin endpoint.
type adminSocket string

func (a adminSocket) get(ctx context.Context, path string, timeout time.Duration) ([]byte, error) {
	client := http.Client{Timeout: timeout, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", string(a))
		},
	}}
	// Caddy takes a request without a host for one over its socket.
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1"+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("getting %s: status %d: %.200s", path, resp.StatusCode, b)
	}
	return b, nil
}

// profile writes a CPU profile of the next seconds to a file.
func (a adminSocket) profile(ctx context.Context, file string, d time.Duration) error {
	seconds := max(1, int(d.Seconds()))
	b, err := a.get(ctx, "/debug/pprof/profile?seconds="+strconv.Itoa(seconds), d+30*time.Second)
	if err != nil {
		return err
	}
	return os.WriteFile(file, b, 0o644)
}

// collector tells how the garbage collector is set by now, which a program
// may have done itself.
func (a adminSocket) collector(ctx context.Context) string {
	b, err := a.get(ctx, "/metrics", 10*time.Second)
	if err != nil {
		return "unknown"
	}
	return collectorSettings(string(b))
}

// collectorSettings reads them from Prometheus's text.
func collectorSettings(metrics string) string {
	percent, limit := "?", "?"
	for line := range strings.Lines(metrics) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			continue
		}
		switch name {
		case "go_gc_gogc_percent":
			percent = strconv.FormatFloat(v, 'f', -1, 64)
		case "go_gc_gomemlimit_bytes":
			if limit = "none"; v < math.MaxInt64 {
				limit = strconv.FormatFloat(v/(1<<20), 'f', 0, 64) + " MiB"
			}
		}
	}
	return "GOGC " + percent + ", limit " + limit
}
