// Package layers holds the direction of imports: what stands below knows
// nothing of what stands above.
package layers

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

const module = "github.com/fairwaygw/fairway"

// pkg is a package of the module as the go command describes it.
type pkg struct {
	ImportPath string
	Imports    []string
	Standard   bool
	Module     *struct{ Path string }
}

// layer is the height of a package, by its path in the module. Imports go to
// lower or equal heights only.
func layer(p string) int {
	first, rest, _ := strings.Cut(p, "/")
	switch first {
	case "llm":
		switch rest {
		case "", "rawjson", "sse", "operation", "formdata":
			return 0
		}
		return 1
	case "internal":
		if rest == "platform" {
			return 0
		}
		return 1
	case "modules":
		if rest == "gateway" || strings.HasPrefix(rest, "gateway/") || rest == "providers" || strings.HasPrefix(rest, "providers/") {
			return 2
		}
		return 3
	case "caddyfile":
		return 4
	}
	return 5 // the root and cmd
}

// problem says what is wrong with an import, or nothing.
func problem(from, to string) string {
	switch high, low := layer(from), layer(to); {
	case low > high:
		return "imports go downwards only"
	case strings.HasPrefix(from, "llm") && strings.HasPrefix(to, "internal/"):
		return "dialects are public and know nothing internal"
	case high == 3 && low == 3 && family(from) != family(to):
		return "modules do not import each other"
	case high == 1 && low == 1 && strings.HasPrefix(from, "llm/") && family(from) != family(to):
		return "dialects do not import each other"
	}
	return ""
}

// family is a package with everything below it: modules/x, llm/x.
func family(p string) string {
	parts := strings.SplitN(p, "/", 3)
	return path.Join(parts[:min(2, len(parts))]...)
}

func TestImportsGoDownwards(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "./...") {
		from := within(p.ImportPath)
		for _, imported := range p.Imports {
			if !ours(imported) {
				continue
			}
			if why := problem(from, within(imported)); why != "" {
				t.Errorf("%s imports %s: %s", from, within(imported), why)
			}
		}
	}
}

// TestContractsStandAlone holds that what third parties build on brings nothing
// with it, and that Caddy stays out of what is below the modules.
func TestContractsStandAlone(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "-deps", "./llm") {
		if !p.Standard && !ours(p.ImportPath) {
			t.Errorf("llm depends on %s, which is not the standard library", p.ImportPath)
		}
	}
	for _, p := range list(t, "-deps", "./llm/...", "./internal/...") {
		if p.Module != nil && strings.HasPrefix(p.Module.Path, "github.com/caddyserver/caddy/") {
			t.Errorf("llm or internal depends on %s: Caddy belongs into modules", p.ImportPath)
		}
	}
}

// TestProblem shows what the rules say, so that a change of them is seen.
func TestProblem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		wrong    bool
	}{
		{"llm/openai", "llm", false},
		{"llm/openai", "llm/sse", false},
		{"llm", "llm/openai", true},
		{"llm/openai", "llm/gemini", true},
		{"llm/openai", "internal/ledger", true},
		{"internal/store", "internal/platform", false},
		{"internal/platform", "internal/store", true},
		{"internal/catalog", "internal/ledger", false},
		{"internal/ledger", "modules/gateway", true},
		{"modules/gateway", "internal/store", false},
		{"modules/gateway", "modules/aigateway", true},
		{"modules/aigateway", "modules/gateway", false},
		{"modules/aigateway", "modules/subscription", true},
		{"modules/aigateway", "modules/aigateway/body", false},
		{"modules/health", "caddyfile", true},
		{"caddyfile", "modules/aigateway", false},
		{"caddyfile", "", true},
		{"", "caddyfile", false},
		{"cmd/fairway", "", false},
	} {
		if got := problem(c.from, c.to); (got != "") != c.wrong {
			t.Errorf("%q imports %q: %q, want a problem: %t", c.from, c.to, got, c.wrong)
		}
	}
}

func ours(p string) bool { return p == module || strings.HasPrefix(p, module+"/") }

func within(p string) string { return strings.TrimPrefix(strings.TrimPrefix(p, module), "/") }

func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	root, err := fairwaytest.Root()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", append([]string{"list", "-e", "-json=ImportPath,Imports,Standard,Module"}, args...)...)
	cmd.Dir = root
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var packages []pkg
	for d := json.NewDecoder(out); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("go list: %v", err)
	}
	if len(packages) == 0 {
		t.Fatal("go list found no packages")
	}
	return packages
}
