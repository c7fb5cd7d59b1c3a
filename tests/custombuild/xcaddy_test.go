// Package custombuild tests that the modules work in a Caddy that xcaddy makes.
package custombuild

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// modules are what a custom build must have of ours.
var modules = []string{
	"admin.api.fairway",
	"caddy.logging.encoders.fairway",
	"fairway",
	"fairway.providers.anthropic",
	"fairway.providers.gemini",
	"fairway.providers.openai_compatible",
	"fairway.providers.simulator",
	"http.handlers.ai_gateway",
	"http.handlers.fairway_health",
	"http.handlers.subscription",
}

func TestXcaddy(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("building Caddy takes minutes when nothing of it is cached")
	}
	root, err := fairwaytest.Root()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("make", "xcaddy")
	cmd.Dir = root
	cmd.Env = os.Environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make xcaddy: %v\n%s", err, out)
	}
	binary := filepath.Join(root, "bin", "caddy")
	out, err := exec.Command(binary, "list-modules").Output()
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		has[strings.TrimSpace(line)] = true
	}
	for _, m := range modules {
		if !has[m] {
			t.Errorf("the build has no module %s", m)
		}
	}
	// What is not ours has to be there too: it is a whole Caddy.
	for _, m := range []string{"http.handlers.reverse_proxy", "http.handlers.file_server", "tls.issuance.acme"} {
		if !has[m] {
			t.Errorf("the build has no module %s", m)
		}
	}
	g := fairwaytest.Start(t, fairwaytest.Config{
		Binary: binary, Manage: []string{"fairway"}, Fairway: "provider simulator\nmodel fast {\n\ttarget simulator/echo\n}",
	})
	a := g.Chat(t, fairwaytest.Ask("fast"))
	if a.Status != 200 || !strings.Contains(string(a.Body), "hello") {
		t.Errorf("status %d: %s", a.Status, a.Body)
	}
	if r := g.Record(t, a.ID()); r.Model != "fast" || r.Application == "" {
		t.Errorf("the record is %+v", r)
	}
}
