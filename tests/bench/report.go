package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// report is all that a run has found.
type report struct {
	Machine  machine   `json:"machine"`
	Records  []record  `json:"rounds"`
	Holdings []holding `json:"memory,omitempty"`
	Notes    []string  `json:"notes,omitempty"`
}

// problems are what a run must not have. That it was slow is none.
func (r *report) problems() []string {
	var out []string
	count := func(workload, target string, failed, cut int, why string) {
		if failed > 0 {
			out = append(out, fmt.Sprintf("%s, %s: %d failed, %d of them cut streams: %s", workload, target, failed, cut, why))
		}
	}
	for _, x := range r.Records {
		count(x.Workload, x.Target, x.Failed, x.Cut, x.Why)
		if x.Calls == 0 {
			out = append(out, fmt.Sprintf("%s, %s: no call was made in round %d", x.Workload, x.Target, x.Round+1))
		}
	}
	for _, x := range r.Holdings {
		count("memory", x.Target, x.Failed, x.Cut, x.Why)
	}
	return out
}

func (r *report) writeJSON(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the figures: %w", err)
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

// series is one figure of one target, round by round.
func series(records []record, target string, f func(record) float64) map[int]float64 {
	out := map[int]float64{}
	for _, r := range records {
		if r.Target == target && r.Calls > 0 {
			out[r.Round] = f(r)
		}
	}
	return out
}

func values(m map[int]float64) []float64 {
	var out []float64
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// number prints a figure, and a dash where there is none.
func number(digits int, v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.*f", digits, v)
}

// span prints the least and the most.
func span(digits int, v []float64) string {
	if len(v) == 0 {
		return "–"
	}
	return number(digits, slices.Min(v)) + "…" + number(digits, slices.Max(v))
}

func cpuMicros(r record) float64 { return r.CPUMicros }

// writeWorkload prints a workload's table.
func writeWorkload(out io.Writer, w workload, records []record) {
	heads := []string{"", "CPU µs/call", "min…max", "× caddy", "min…max", "calls/s", "p50 ms", "p99 ms"}
	if w.stream {
		heads = append(heads, "first p50", "first p99")
	}
	if w.rate > 0 {
		heads = append(heads, "added p50", "added p99")
	}
	heads = append(heads, "failed", "cut", "of calls")
	rows := [][]string{heads}
	var names []string
	for _, r := range records {
		if !slices.Contains(names, r.Target) {
			names = append(names, r.Target)
		}
	}
	base := series(records, "caddy", cpuMicros)
	for _, name := range names {
		mid := func(digits int, f func(record) float64) string {
			return number(digits, median(values(series(records, name, f))))
		}
		row := []string{name, "–", "–", "–", "–"}
		if name != "direct" {
			cpu := series(records, name, cpuMicros)
			ratio := ratios(cpu, base)
			row = []string{name, mid(1, cpuMicros), span(1, values(cpu)), number(3, median(ratio)), span(2, ratio)}
		}
		row = append(row, mid(0, func(r record) float64 { return r.CallsPerSecond }),
			mid(2, func(r record) float64 { return r.P50 }), mid(2, func(r record) float64 { return r.P99 }))
		if w.stream {
			row = append(row, mid(2, func(r record) float64 { return r.First50 }), mid(2, func(r record) float64 { return r.First99 }))
		}
		if w.rate > 0 {
			for _, f := range []func(record) float64{func(r record) float64 { return r.P50 }, func(r record) float64 { return r.P99 }} {
				row = append(row, number(2, median(differences(series(records, name, f), series(records, "direct", f)))))
			}
		}
		calls, failed, cut := 0, 0, 0
		for _, r := range records {
			if r.Target == name {
				calls, failed, cut = calls+r.Calls+r.Failed, failed+r.Failed, cut+r.Cut
			}
		}
		rows = append(rows, append(row, fmt.Sprint(failed), fmt.Sprint(cut), fmt.Sprint(calls)))
	}
	fmt.Fprintf(out, "\n### %s: %s\n\n", w.name, w.about)
	writeTable(out, rows)
}

// writeHoldings prints the table of the memory workload.
func writeHoldings(out io.Writer, w workload, holdings []holding) {
	rows := [][]string{{"", "idle MiB", "streams", "open MiB", "KiB/stream", "min…max", "× caddy", "failed", "cut", "Rss idle MiB", "Rss open MiB"}}
	var names []string
	for _, h := range holdings {
		if !slices.Contains(names, h.Target) {
			names = append(names, h.Target)
		}
	}
	of := func(name string, f func(holding) float64) map[int]float64 {
		out := map[int]float64{}
		for _, h := range holdings {
			if h.Target == name {
				out[h.Round] = f(h)
			}
		}
		return out
	}
	perStream := func(h holding) float64 { return h.PerStream }
	for _, name := range names {
		mib := func(f func(holding) float64) string { return number(1, median(values(of(name, f)))/1024) }
		per := of(name, perStream)
		failed, cut, streams := 0, 0, 0
		for _, h := range holdings {
			if h.Target == name {
				failed, cut, streams = failed+h.Failed, cut+h.Cut, h.Streams
			}
		}
		rows = append(rows, []string{
			name, mib(func(h holding) float64 { return h.IdlePss }), fmt.Sprint(streams), mib(func(h holding) float64 { return h.OpenPss }),
			number(1, median(values(per))), span(1, values(per)), number(3, median(ratios(per, of("caddy", perStream)))),
			fmt.Sprint(failed), fmt.Sprint(cut),
			mib(func(h holding) float64 { return h.IdleRss }), mib(func(h holding) float64 { return h.OpenRss }),
		})
	}
	fmt.Fprintf(out, "\n### %s: %s (Pss)\n\n", w.name, w.about)
	writeTable(out, rows)
}

// writeTable prints rows as Markdown that is also legible as it stands.
func writeTable(out io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell), 3)
		}
	}
	for n, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				line.WriteString("| " + cell + pad + " |")
			} else {
				line.WriteString(" " + pad + cell + " |")
			}
		}
		fmt.Fprintln(out, line.String())
		if n == 0 {
			line.Reset()
			for i, w := range widths {
				if i == 0 {
					line.WriteString("|" + strings.Repeat("-", w+2) + "|")
				} else {
					line.WriteString(strings.Repeat("-", w+1) + ":|")
				}
			}
			fmt.Fprintln(out, line.String())
		}
	}
}
