package conformance

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
)

// What came of a case.
const (
	pass = "pass"
	fail = "fail"
	none = "none" // the client has no such thing
)

// outcome is what came of a case of a client with a family behind it.
type outcome struct {
	name, family string
	result, why  string
	// calls is how many calls the gateway recorded for the one that the test
	// made.
	calls int
}

// model is the public name of the case's model.
func (x *outcome) model() string { return x.family + "-" + x.name }

// expectsCall reports whether the case leaves a record: all but that of a key
// that is not known.
func (x *outcome) expectsCall() bool { return x.result == pass && x.name != "401" }

func (x *outcome) fail(why string) {
	x.result = fail
	if x.why != "" {
		why = x.why + "; " + why
	}
	x.why = why
}

// row is all about a client.
type row struct {
	client, version string
	outcomes        []outcome
}

// table gathers rows, of the suite's tests in their order.
type table struct {
	mu     sync.Mutex
	rows   []row
	agents []row
	// missing is what could not run, and why.
	missing []string
}

var results table

func (t *table) add(r row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, r)
}

func (t *table) addAgent(r row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.agents = append(t.agents, r)
}

func (t *table) miss(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.missing = append(t.missing, what)
}

const beginMark, endMark = "<!-- begin: written by make conformance -->\n", "<!-- end -->\n"

// write puts the table between its marks in a page.
func (t *table) write(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, rest, ok := strings.Cut(string(b), beginMark)
	_, tail, ok2 := strings.Cut(rest, endMark)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the table", path)
	}
	return os.WriteFile(path, []byte(head+beginMark+t.String()+endMark+tail), 0o644) //nolint:gosec // a page of the project
}

var titles = map[string]string{"tools-stream": "tools, streamed", "cancel": "given up"}

func (t *table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for _, f := range families {
		fmt.Fprintf(&b, "\n### Before %s\n\n| client | version |", kinds[f.name])
		for _, c := range cases {
			fmt.Fprintf(&b, " %s |", cmp.Or(titles[c], c))
		}
		b.WriteString("\n|---|---|" + strings.Repeat("---|", len(cases)) + "\n")
		for _, r := range t.rows {
			fmt.Fprintf(&b, "| %s | %s |", r.client, r.version)
			for _, c := range cases {
				fmt.Fprintf(&b, " %s |", r.cell(c, f.name))
			}
			b.WriteByte('\n')
		}
	}
	if len(t.agents) > 0 {
		b.WriteString("\n### Agents\n\n| agent | version |")
		for _, f := range families {
			fmt.Fprintf(&b, " %s |", f.name)
		}
		b.WriteString("\n|---|---|" + strings.Repeat("---|", len(families)) + "\n")
		for _, r := range t.agents {
			fmt.Fprintf(&b, "| %s | %s |", r.client, r.version)
			for _, f := range families {
				fmt.Fprintf(&b, " %s |", r.cell("loop", f.name))
			}
			b.WriteByte('\n')
		}
	}
	if len(t.missing) > 0 {
		b.WriteString("\nNot run:\n\n")
		for _, m := range t.missing {
			b.WriteString("- " + m + "\n")
		}
	}
	b.WriteByte('\n')
	return b.String()
}

var kinds = map[string]string{"openai": "an upstream of OpenAI's dialect", "anthropic": "an upstream of Anthropic's dialect", "gemini": "an upstream of Gemini's dialect"}

// cell is a result as the page has it.
func (r row) cell(name, family string) string {
	i := slices.IndexFunc(r.outcomes, func(x outcome) bool { return x.name == name && x.family == family })
	switch {
	case i < 0:
		return "not run"
	case r.outcomes[i].result == none:
		return "–"
	case r.outcomes[i].calls > 1 && (name == "429" || name == "5xx"):
		return fmt.Sprintf("%s, %d calls", r.outcomes[i].result, r.outcomes[i].calls)
	}
	return r.outcomes[i].result
}
