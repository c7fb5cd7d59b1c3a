package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAdminAddress(t *testing.T) {
	t.Parallel()
	short, long := t.TempDir(), filepath.Join(t.TempDir(), strings.Repeat("x", maxSocketPath))
	usual := filepath.Join(short, "fairway", "admin.sock")
	if got, err := adminAddress(short, []string{"run"}); err != nil || got != "unix/"+usual+"|0600" {
		t.Errorf("of a server: got %s, %v", got, err)
	}
	if got, err := adminAddress(short, []string{"app", "list"}); err != nil || got != "unix/"+usual {
		t.Errorf("of a client: got %s, %v", got, err)
	}
	of := func(dir string) string {
		t.Helper()
		got, err := adminAddress(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		path := strings.TrimPrefix(got, "unix/")
		if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the folder of %s: %v, %v", path, info, err)
		}
		return path
	}
	first, second := of(long), of(long+"y")
	for _, path := range []string{first, second} {
		t.Cleanup(func() { _ = os.Remove(filepath.Dir(path)) })
		if len(path) > maxSocketPath || strings.HasPrefix(path, long) {
			t.Errorf("of a long path: got %s", path)
		}
	}
	if first == second || first != of(long) {
		t.Errorf("long paths have %s and %s", first, second)
	}
	l, err := net.Listen("unix", first)
	if err != nil {
		t.Fatalf("nothing can listen there: %v", err)
	}
	_ = l.Close()
}

// TestAdminAddressAtTheEdge holds that the longest path that fits is used.
func TestAdminAddressAtTheEdge(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	room := maxSocketPath - len(filepath.Join(root, "x", "fairway", "admin.sock")) + 1
	if room < 2 {
		t.Skip("the folder for temporary files has a long path itself")
	}
	for _, c := range []struct {
		more int
		fits bool
	}{{0, true}, {1, false}} {
		dir := filepath.Join(root, strings.Repeat("x", room+c.more))
		got, err := adminAddress(dir, nil)
		path := strings.TrimPrefix(got, "unix/")
		if fits := strings.HasPrefix(path, dir); err != nil || fits != c.fits || len(path) > maxSocketPath {
			t.Errorf("got %s (%d), %v", path, len(path), err)
		}
		if !c.fits {
			_ = os.Remove(filepath.Dir(path))
		}
	}
}

func TestAdminAddressThatCannotBe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := adminAddress(file, nil); err == nil {
		t.Errorf("got %s", got)
	}
}

func TestServes(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		"run": true, "start --config Caddyfile": true, "quickstart --listen :1": true,
		"": false, "stop": false, "reload": false, "app create run": false, "validate": false, "--config run": false,
	} {
		if got := serves(strings.Fields(line)); got != want {
			t.Errorf("%q: got %v", line, got)
		}
	}
}
