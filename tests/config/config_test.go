// Package config tests what an operator sees of mistakes in a configuration.
package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// mistake is a configuration that must be refused.
type mistake struct {
	name string
	// caddyfile has the mark #! in the line that the message must name, and #?
	// in the other line that it must name, if there is one.
	caddyfile string
	// says are parts of the message.
	says []string
}

func (m mistake) check(t *testing.T, command string) {
	t.Helper()
	g := fairwaytest.Prepare(t, fairwaytest.Config{})
	file := filepath.Join(g.Dir(), "Caddyfile.test")
	if err := os.WriteFile(file, []byte(m.caddyfile), 0o600); err != nil {
		t.Fatal(err)
	}
	r := g.Run(t, command, "--config", file, "--adapter", "caddyfile")
	if r.Code != 1 {
		t.Errorf("%s: exit status %d, want 1", command, r.Code)
	}
	// Without a terminal the message is a JSON string.
	said := strings.ReplaceAll(r.Stderr, `\"`, `"`)
	for _, mark := range []string{"#!", "#?"} {
		if line := lineOf(m.caddyfile, mark); line > 0 && !strings.Contains(said, fmt.Sprintf("Caddyfile.test:%d", line)) {
			t.Errorf("%s: the message does not name line %d: %s", command, line, said)
		}
	}
	for _, part := range m.says {
		if !strings.Contains(said, part) {
			t.Errorf("%s: the message does not say %q: %s", command, part, said)
		}
	}
	if strings.Contains(said, "panic") || strings.Contains(said, "goroutine ") {
		t.Errorf("%s: it panicked: %s", command, said)
	}
}

// lineOf is the number of the first line that has a mark, or 0.
func lineOf(text, mark string) int {
	before, _, ok := strings.Cut(text, mark)
	if !ok {
		return 0
	}
	return strings.Count(before, "\n") + 1
}

// within puts lines into the block of the global option.
func within(lines string) string {
	return "{\n\tfairway {\n" + lines + "\n\t}\n}\nhttp://localhost:9999 {\n\tfairway\n}\n"
}

// site puts lines into the site's block.
func site(lines string) string {
	return "{\n\tfairway {\n\t\tprovider simulator\n\t}\n}\nhttp://localhost:9999 {\n" + lines + "\n}\n"
}

func TestMistakesAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	for i, m := range mistakes() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			m.check(t, "adapt")
			// validate begins with the same step.
			if i%10 == 0 {
				m.check(t, "validate")
			}
		})
	}
}

func mistakes() []mistake {
	return []mistake{
		// Words that do not exist.
		{"unknown option", within("provder simulator #!"), []string{"provder", `did you mean "provider"`}},
		{"unknown option of a provider", within("provider up openai_compatible { \n base_ulr http://127.0.0.1:1/v1 #! \n }"), []string{"base_ulr", `did you mean "base_url"`}},
		{"unknown option of a model", within("provider simulator\nmodel m {\n targte simulator/x #!\n}"), []string{"targte", `did you mean "target"`}},
		{"unknown option of ai_gateway", site("ai_gateway {\n publik #!\n}"), []string{"publik", `did you mean "public"`}},
		{"unknown option of subscription", site("subscription {\n query_kee #!\n}"), []string{"query_kee", `did you mean "query_key"`}},
		{"unknown option of the shortcut", site("fairway {\n max_boddy 1MiB #!\n}"), []string{"max_boddy", `did you mean "max_body"`}},
		{"unknown directive", site("ai_gatewya #!"), []string{"ai_gatewya"}},
		{"unknown provider type", within("provider up opneai_compatible #!"), []string{"opneai_compatible", "did you mean"}},
		{"unknown preset", within("provider antropic #!"), []string{"antropic", `did you mean "anthropic"`}},
		{"unknown strategy", within("provider simulator\nmodel m {\n target simulator/x\n strategy weightd #!\n}"), []string{"weightd", "weighted"}},
		{"unknown store", within("store mongodb #!"), []string{"mongodb", "sqlite"}},

		// Structure.
		{"unclosed block", "{\n\tfairway {\n\t\tprovider simulator\n", []string{"EOF", "Caddyfile.test:3"}},
		{"unclosed block of a site", "http://localhost:9999 {\n\tfairway {\n", []string{"EOF", "Caddyfile.test:2"}},
		{"option twice", "{\n\tfairway {\n\t\tprovider simulator\n\t}\n\tfairway { #!\n\t}\n}\nhttp://localhost:9999\n", []string{"twice"}},

		// Addresses.
		{"unknown scheme", within("provider up openai_compatible {\n base_url htp://127.0.0.1/v1 #!\n}"), []string{"base_url"}},
		{"userinfo in an address", within("provider up openai_compatible {\n base_url http://me:hunter2@127.0.0.1/v1 #!\n}"), []string{"base_url"}},
		{"fragment in an address", within("provider up openai_compatible {\n base_url http://127.0.0.1/v1#top #!\n}"), []string{"base_url"}},
		{"address without host", within("provider up openai_compatible {\n base_url http:///v1 #!\n}"), []string{"base_url"}},
		{"no address", within("provider up openai_compatible #!"), []string{"base_url"}},

		// References.
		{"target at a missing provider", within("provider simulator\nmodel m {\n target simulatr/x #!\n}"), []string{`"m"`, "simulatr", `did you mean "simulator"`}},
		{"fallback to a missing model", within("provider simulator\nmodel m {\n target simulator/x\n fallback n #!\n}"), []string{`"m"`, `"n"`}},
		{"circle of two", within("provider simulator\nmodel a {\n target simulator/x\n fallback b\n}\nmodel b {\n target simulator/x\n fallback a #!\n}"), []string{"a → b → a"}},
		{"circle of three", within("provider simulator\nmodel a {\n target simulator/x\n fallback b\n}\nmodel b {\n target simulator/x\n fallback c\n}\nmodel c {\n target simulator/x\n fallback a #!\n}"), []string{"a → b → c → a"}},
		{"circle of one", within("provider simulator\nmodel a {\n target simulator/x\n fallback a #!\n}"), []string{"a → a"}},
		{"model without target", within("provider simulator\nmodel m { #!\n}"), []string{`"m"`, "target"}},
		{"exposed at a missing provider", within("provider simulator\nexpose simulatr/* #!"), []string{"simulatr", `did you mean "simulator"`}},
		{"price of a missing provider", within("provider simulator\nprice simulatr/x { #!\n input 1\n}"), []string{"simulatr"}},

		{"passthrough for everybody", site("ai_gateway {\n public\n passthrough simulator #!\n}"), []string{"passthrough", "public"}},

		// The same thing twice.
		{"provider twice", within("provider simulator #?\nprovider simulator #!"), []string{"simulator"}},
		{"provider twice but for case", within("provider up simulator #?\nprovider UP simulator #!"), []string{"up"}},
		{"model twice", within("provider simulator\nmodel m { #?\n target simulator/x\n}\nmodel m { #!\n target simulator/y\n}"), []string{`"m"`}},
		{"model twice but for case", within("provider simulator\nmodel m { #?\n target simulator/x\n}\nmodel M { #!\n target simulator/y\n}"), []string{`"m"`}},
		{"store twice", within("store sqlite /tmp/a.db #?\nstore sqlite /tmp/b.db #!"), []string{"store"}},
		{"strategy twice", within("provider simulator\nmodel m {\n target simulator/x\n strategy first #?\n strategy weighted #!\n}"), []string{"strategy"}},

		// Values.
		{"duration without unit", within("provider simulator\nmodel m {\n target simulator/x\n timeout total 5 #!\n}"), []string{`"5"`, "30s"}},
		{"negative duration", within("provider simulator\nmodel m {\n target simulator/x\n timeout total -1s #!\n}"), []string{`"-1s"`, "30s"}},
		{"duration in years", within("provider simulator\nmodel m {\n target simulator/x\n timeout total 1y #!\n}"), []string{`"1y"`, "30s"}},
		{"unknown unit of a size", site("ai_gateway {\n max_body 10XB #!\n}"), []string{`"10XB"`, "MiB"}},
		{"size 0", site("ai_gateway {\n max_body 0 #!\n}"), []string{`"0"`, "1KiB", "1GiB"}},
		{"percentage over 100", within("circuit_breaker failure_rate 120% #!"), []string{`"120%"`, "1%", "100%"}},
		{"percentage without sign", within("circuit_breaker failure_rate 50 #!"), []string{`"50"`, "1%", "100%"}},
		{"weight that is no number", within("provider simulator\nmodel m {\n target simulator/x weight heavy #!\n}"), []string{"heavy"}},
		{"price that is no number", within("provider simulator\nprice simulator/x {\n input cheap #!\n}"), []string{"cheap"}},

		// Ranges.
		{"breaker of 0 calls", within("circuit_breaker min_calls 0 #!"), []string{"1", "1000000"}},
		{"breaker of 0 failures", within("circuit_breaker consecutive 0 #!"), []string{"1", "1000", "off"}},
		{"window of half a second", within("circuit_breaker window 500ms #!"), []string{"1s", "1h"}},
		{"window of nothing", within("circuit_breaker window 0s #!"), []string{"1s", "1h"}},
		{"fifty retries", within("provider simulator\nmodel m {\n target simulator/x\n retry 50 #!\n}"), []string{`"50"`, "0 to 10"}},
		{"all weights 0", within("provider simulator\nmodel m { #!\n target simulator/x weight 0\n}"), []string{"weight 0"}},
	}
}
