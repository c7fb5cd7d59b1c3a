package main

import (
	"strings"
	"testing"
)

func TestWorkloadTable(t *testing.T) {
	var records []record
	for round, cpu := range []float64{100, 200, 110} {
		records = append(
			records,
			record{Target: "direct", Round: round, Calls: 9, CallsPerSecond: 1000, P50: 1, P99: 2},
			record{Target: "caddy", Round: round, Calls: 9, CPUMicros: cpu, P50: 1.25, P99: 3},
			record{Target: "fairway", Round: round, Calls: 8, Failed: 1, CPUMicros: cpu / 2, P50: 1.5, P99: 4},
		)
	}
	var out strings.Builder
	writeWorkload(&out, named(t, "rate"), records)
	var cells []string
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "| fairway") {
			for cell := range strings.SplitSeq(strings.Trim(line, "|\n"), "|") {
				cells = append(cells, strings.TrimSpace(cell))
			}
		}
	}
	want := "fairway 55.0 50.0…100.0 0.500 0.50…0.50 0 1.50 4.00 0.50 2.00 3 0 27"
	if got := strings.Join(cells, " "); got != want {
		t.Errorf("got  %s\nwant %s in\n%s", got, want, out.String())
	}
}

// A number of streams that time did not allow is no success.
func TestEnoughStreams(t *testing.T) {
	s := &settings{streams: 100}
	w := named(t, "stream")
	targets := []*target{{name: "direct"}, {name: "fairway", proxy: new(proxy)}}
	records := []record{{Target: "fairway", Calls: 60, Failed: 1}, {Target: "fairway", Calls: 38}}
	if err := s.enough(w, targets, records); err == nil {
		t.Error("99 passed for 100")
	}
	if err := s.enough(w, targets, append(records, record{Target: "fairway", Calls: 1})); err != nil {
		t.Error(err)
	}
	if err := s.enough(named(t, "chat"), targets, nil); err != nil {
		t.Error(err)
	}
}

func TestFlags(t *testing.T) {
	o, s, err := parse([]string{"-fairway", "/bin/f", "-only", "fairway,direct,caddy", "-fairway-env", "GOGC=100,A=b"})
	if err != nil {
		t.Fatal(err)
	}
	if !s.direct || len(s.specs) != 2 || s.specs[0].name != "caddy" || s.specs[0].binary != "/bin/f" || s.specs[1].kind != gateway || len(s.specs[1].env) != 2 {
		t.Errorf("got %+v, %+v", o, s.specs)
	}
	for _, bad := range [][]string{
		{"-only", "nginx"}, {"-only", "caddy"}, {"-rounds", "0"}, {"-duration", "-1s"}, {"more"},
	} {
		if _, _, err := parse(bad); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
	if _, err := choose("chat,rats"); err == nil {
		t.Error("an unknown workload was taken")
	}
}
