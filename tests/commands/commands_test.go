// Package commands tests the command line.
package commands

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

func start(t *testing.T) *fairwaytest.Gateway {
	t.Helper()
	return fairwaytest.Start(t, fairwaytest.Config{Fairway: "provider simulator\nexpose simulator/*", NoKey: true})
}

func TestApplicationsAndKeys(t *testing.T) {
	t.Parallel()
	g := start(t)
	var app struct{ ID, Name string }
	decode(t, g.Must(t, "app", "create", "shop", "--json"), &app)
	if !strings.HasPrefix(app.ID, "app_") || app.Name != "shop" {
		t.Errorf("the application is %+v", app)
	}
	var key struct{ ID, Secret string }
	decode(t, g.Must(t, "key", "create", "--application", "shop", "--json"), &key)
	if !strings.HasPrefix(key.ID, "key_") || !strings.HasPrefix(key.Secret, "fwk_") {
		t.Errorf("the key is %+v", key)
	}
	g.Key = key.Secret
	if a := g.Chat(t, fairwaytest.Ask("simulator/echo")); a.Status != 200 {
		t.Errorf("status %d: %s", a.Status, a.Body)
	}
	// By the application's id, and in words.
	words := g.Must(t, "key", "create", "--application", app.ID, "--name", "second")
	if !strings.HasPrefix(words, "fwk_") {
		t.Errorf("the key is printed as %q", words)
	}
	for _, list := range []string{g.Must(t, "key", "list", "--application", "shop"), g.Must(t, "key", "list", "--application", "shop", "--json")} {
		if !strings.Contains(list, key.ID) || !strings.Contains(list, "second") {
			t.Errorf("the list is %s", list)
		}
		if strings.Contains(list, key.Secret) || strings.Contains(list, strings.TrimSpace(words)) {
			t.Errorf("the list shows a key: %s", list)
		}
	}
	if list := g.Must(t, "app", "list"); !strings.Contains(list, app.ID) || !strings.Contains(list, "shop") {
		t.Errorf("the list is %s", list)
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	g := start(t)
	g.Key = g.NewKey(t, "shop")
	a := g.Chat(t, fairwaytest.Ask("simulator/echo"))
	g.Record(t, a.ID())
	list := g.Records(t)
	if len(list) != 1 || list[0].ID != a.ID() || list[0].Status != 200 {
		t.Errorf("the records are %+v", list)
	}
	if words := g.Must(t, "calls"); !strings.Contains(words, a.ID()) || !strings.Contains(words, "simulator/echo") {
		t.Errorf("the table is %s", words)
	}
	if words := g.Must(t, "calls", "--status", "5xx"); strings.Contains(words, a.ID()) {
		t.Errorf("the table of failures is %s", words)
	}
}

func TestExitStatuses(t *testing.T) {
	t.Parallel()
	g := start(t)
	g.Must(t, "app", "create", "shop")
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"the name is taken", []string{"app", "create", "shop"}, 1, "already"},
		{"no such application", []string{"key", "create", "--application", "nobody"}, 1, "nobody"},
		{"no such key", []string{"key", "revoke", "key_nothing"}, 1, "key_nothing"},
		{"no application", []string{"key", "create"}, 2, "--application"},
		{"an end that is no time", []string{"key", "create", "--application", "shop", "--expires", "soon"}, 2, "soon"},
		{"a limit that is no number", []string{"calls", "--limit", "many"}, 2, "many"},
		{"a limit out of range", []string{"calls", "--limit", "0"}, 2, "1 to 1000"},
		{"an unknown flag", []string{"calls", "--sort"}, 2, "--sort"},
		{"an argument too many", []string{"app", "create", "a", "b"}, 2, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := g.Manage(t, c.args...)
			if r.Code != c.code || !strings.Contains(r.Stderr, c.says) {
				t.Errorf("exit status %d, want %d: %s%s", r.Code, c.code, r.Stdout, r.Stderr)
			}
			if strings.Contains(r.Stderr, "caddy ") {
				t.Errorf("the message names another program: %s", r.Stderr)
			}
		})
	}
}

// TestWithoutAServer holds that the commands work on the store of a
// configuration when nothing runs.
func TestWithoutAServer(t *testing.T) {
	t.Parallel()
	g := start(t)
	g.Stop(t)
	config := filepath.Join(g.Dir(), "Caddyfile")
	if r := g.Run(t, "app", "create", "shop", "--config", config); r.Code != 0 {
		t.Fatalf("exit status %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
	r := g.Run(t, "key", "create", "--application", "shop", "--json", "--config", config)
	var key struct{ Secret string }
	decode(t, r.Stdout, &key)
	if err := g.Launch(); err != nil {
		t.Fatal(err)
	}
	g.Key = key.Secret
	if a := g.Chat(t, fairwaytest.Ask("simulator/echo")); a.Status != 200 {
		t.Errorf("status %d: %s", a.Status, a.Body)
	}
}

// TestHelp holds that the binary speaks of itself, and that Caddy's version is
// told beside its own.
func TestHelp(t *testing.T) {
	t.Parallel()
	g := start(t)
	if r := g.Run(t, "version"); r.Code != 0 || !strings.HasPrefix(r.Stdout, "fairway ") || !strings.Contains(r.Stdout, ", caddy v2.") {
		t.Errorf("exit status %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
	for _, args := range [][]string{{"--help"}, {"calls", "--help"}, {"help", "key", "create"}} {
		if r := g.Run(t, args...); r.Code != 0 || !strings.Contains(r.Stdout, "  fairway ") || strings.Contains(r.Stdout, "  caddy ") {
			t.Errorf("%v: exit status %d: %s%s", args, r.Code, r.Stdout, r.Stderr)
		}
	}
}

// TestNobodyThere holds that a command that reaches no server says which.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	g := start(t)
	g.Stop(t)
	r := g.Manage(t, "app", "list")
	if r.Code != 1 || !strings.Contains(r.Stderr, "a.sock") {
		t.Errorf("exit status %d: %s", r.Code, r.Stderr)
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}
