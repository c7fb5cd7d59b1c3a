package edge

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// TestProbes holds that probes need no key, and that what is for machines tells
// strangers nothing.
func TestProbes(t *testing.T) {
	t.Parallel()
	g, _ := start(t, fairwaytest.Config{})
	for _, path := range []string{"/livez", "/readyz", "/healthz"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			a := g.Call(t, method, path, "", "Authorization", "")
			if a.Status != 200 || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s %s: status %d, Cache-Control %q", method, path, a.Status, a.Header.Get("Cache-Control"))
			}
			for _, word := range []string{providerKey, g.Key, g.Dir()} {
				if strings.Contains(string(a.Body), word) {
					t.Errorf("%s tells %q", path, word)
				}
			}
		}
		if a := g.Post(t, path, "{}"); a.Status != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: status %d", path, a.Status)
		}
	}
	var state map[string]any
	g.Call(t, http.MethodGet, "/healthz", "").JSON(t, &state)
	for _, path := range []string{"/debug/pprof/", "/debug/vars", "/config/", "/metrics", "/fairway/v1/applications", "/fairway/v1/calls"} {
		if a := g.Call(t, http.MethodGet, path, ""); strings.Contains(string(a.Body), "goroutine") || strings.Contains(string(a.Body), "fairway_") || strings.Contains(string(a.Body), `"items"`) {
			t.Errorf("the site answers %s: %.200s", path, a.Body)
		}
	}
}

// TestMetrics holds that what happens is counted, in tokens and in money.
func TestMetrics(t *testing.T) {
	t.Parallel()
	g, up := start(t, fairwaytest.Config{
		Site:    "handle /metrics {\n\tmetrics\n}\nhandle {\n\tfairway\n}",
		Fairway: "model counted {\n\ttarget up/ok\n}\nmodel failing {\n\ttarget up/fails\n\tretry 0\n}\nprice up/ok {\n\tinput 1\n\toutput 1\n}",
	})
	up.On("fails", fairwaytest.JSON(500, `{"error":{"message":"failed","type":"server_error","code":"x"}}`))
	for range 3 {
		g.Chat(t, fairwaytest.Ask("counted"))
	}
	g.Chat(t, fairwaytest.Ask("failing"))
	g.Chat(t, fairwaytest.Ask("counted"), "Authorization", "")
	want := map[string]float64{
		`fairway_calls_total{front="openai",model="counted",outcome="ok"}`:     3,
		`fairway_calls_total{front="openai",model="failing",outcome="server"}`: 1,
		`fairway_attempts_total{model="ok",outcome="ok",provider="up"}`:        3,
		`fairway_tokens_total{kind="input",model="ok",provider="up"}`:          21,
		`fairway_tokens_total{kind="cache_read",model="ok",provider="up"}`:     12,
		`fairway_tokens_total{kind="output",model="ok",provider="up"}`:         15,
		`fairway_tokens_total{kind="reasoning",model="ok",provider="up"}`:      6,
		`fairway_cost_usd_total{model="ok",provider="up"}`:                     54e-6,
		`fairway_call_duration_seconds_count{front="openai",model="counted"}`:  3,
		`fairway_refused_total{code="invalid-credential"}`:                     1,
		`fairway_calls_in_flight`:                                              0,
		`fairway_breaker_state{model="ok",provider="up"}`:                      0,
	}
	var text string
	ok := fairwaytest.Until(5*time.Second, func() bool {
		text = string(g.Call(t, http.MethodGet, "/metrics", "").Body)
		for name, value := range want {
			if got, found := sample(text, name); !found || got < value-1e-12 || got > value+1e-12 {
				return false
			}
		}
		return true
	})
	if ok {
		return
	}
	for name, value := range want {
		if got, found := sample(text, name); !found || got != value {
			t.Errorf("%s is %s, want %g", name, map[bool]string{true: fmt.Sprint(got), false: "absent"}[found], value)
		}
	}
}

// sample is the value of a series in the text format of Prometheus.
func sample(text, name string) (float64, bool) {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			return v, err == nil
		}
	}
	return 0, false
}
