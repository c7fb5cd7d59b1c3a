// Command summary reads what `go test -json` prints and tells it shortly: a
// line for each package with its counts, the output of what failed, what tests
// noted, and what was skipped and why.
//
//	go test -json ./... | summary [-strict] [-skips FILE]
//
// It ends with status 1 when something failed; with -strict also when something
// was skipped without an excuse.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// event is a line of test2json, and of the go command's build output.
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
	FailedBuild                               string
}

// note begins what a passing test wants to be read, as in t.Log("note: …").
const note = "note: "

// excused are the reasons to skip that are no failure: the corpus is not part of
// the project, and what the race detector disturbs is run again without it.
var excused = []string{"the corpus of recordings is absent", "the race detector"}

type report struct {
	out io.Writer
	// output is what running tests and packages have printed, by their names.
	output map[[2]string][]string
	counts map[string]*counts
	total  counts
	skips  []string
	// strict is set when a skip is a failure.
	strict, failed bool
}

type counts struct{ passed, failed, skipped int }

func (c counts) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", c.passed, c.failed, c.skipped)
}

func main() {
	strict := flag.Bool("strict", false, "fail when something was skipped")
	skips := flag.String("skips", "", "append what was skipped to this `file`")
	flag.Parse()
	r := &report{out: os.Stdout, output: map[[2]string][]string{}, counts: map[string]*counts{}, strict: *strict}
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "summary:", err)
		os.Exit(1)
	}
	r.end()
	if *skips != "" && len(r.skips) > 0 {
		if err := appendLines(*skips, r.skips); err != nil {
			fmt.Fprintln(os.Stderr, "summary:", err)
			os.Exit(1)
		}
	}
	if r.failed {
		os.Exit(1)
	}
}

func appendLines(path string, lines []string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strings.Join(lines, "\n") + "\n")
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				// The go command speaks plainly when it cannot begin.
				fmt.Fprint(r.out, string(line))
				r.failed = true
			} else {
				r.take(&e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) take(e *event) {
	at := [2]string{e.Package, e.Test}
	switch e.Action {
	case "output":
		r.output[at] = append(r.output[at], e.Output)
		if text := strings.TrimSpace(e.Output); e.Test != "" && strings.Contains(text, ": "+note) {
			_, text, _ = strings.Cut(text, ": "+note)
			fmt.Fprintf(r.out, "      %s: %s\n", e.Test, text)
		}
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "build-fail":
		r.failed = true
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.pkg(e)
		} else {
			r.test(e)
		}
		delete(r.output, at)
	}
}

func (r *report) test(e *event) {
	c := r.counts[e.Package]
	if c == nil {
		c = new(counts)
		r.counts[e.Package] = c
	}
	switch e.Action {
	case "pass":
		c.passed++
	case "fail":
		c.failed++
		r.failed = true
		for _, line := range r.output[[2]string{e.Package, e.Test}] {
			if !strings.HasPrefix(line, "=== ") {
				fmt.Fprint(r.out, line)
			}
		}
	case "skip":
		c.skipped++
		why := reason(r.output[[2]string{e.Package, e.Test}])
		r.skips = append(r.skips, fmt.Sprintf("%s %s: %s", e.Package, e.Test, why))
		if r.strict && !slices.ContainsFunc(excused, func(part string) bool { return strings.Contains(why, part) }) {
			r.failed = true
		}
	}
}

// reason is what a skipped test said last.
func reason(output []string) string {
	why := "no reason given"
	for _, line := range output {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "=== ") && !strings.HasPrefix(line, "--- ") {
			why = line
		}
	}
	return why
}

func (r *report) pkg(e *event) {
	c := counts{}
	if p := r.counts[e.Package]; p != nil {
		c = *p
	}
	r.total.passed += c.passed
	r.total.failed += c.failed
	r.total.skipped += c.skipped
	word := map[string]string{"pass": "ok", "fail": "FAIL", "skip": "?"}[e.Action]
	switch {
	case e.Action == "fail":
		r.failed = true
		// A panic, a race or a timeout is told outside of any test.
		fmt.Fprint(r.out, strings.Join(r.output[[2]string{e.Package, ""}], ""))
	case c == counts{}:
		return // no tests
	}
	fmt.Fprintf(r.out, "%-4s  %s  %s  (%.1fs)\n", word, e.Package, c, e.Elapsed)
}

func (r *report) end() {
	// What has no end was cut off.
	for at, lines := range r.output {
		if at[1] != "" {
			fmt.Fprintf(r.out, "%s %s did not end:\n%s", at[0], at[1], strings.Join(lines, ""))
			r.failed = true
		}
	}
	fmt.Fprintf(r.out, "total: %s\n", r.total)
}
