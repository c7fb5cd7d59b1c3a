package fairwaytest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Result is what a command left behind.
type Result struct {
	Stdout, Stderr string
	// Code is the exit status.
	Code int
}

// Run runs a command of the binary in the gateway's environment.
func (g *Gateway) Run(t testing.TB, args ...string) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, g.binary, args...)
	cmd.Env, cmd.Dir = g.environ(), g.dir
	return run(t, cmd)
}

// Manage runs a management command against this gateway.
func (g *Gateway) Manage(t testing.TB, args ...string) Result {
	t.Helper()
	return g.Run(t, slices.Concat(g.config.Manage, args, []string{"--address", g.Admin})...)
}

// Must runs a management command that has to succeed, and returns its output.
func (g *Gateway) Must(t testing.TB, args ...string) string {
	t.Helper()
	r := g.Manage(t, args...)
	if r.Code != 0 {
		t.Fatalf("fairway %s: exit status %d\n%s%s", strings.Join(args, " "), r.Code, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

func run(t testing.TB, cmd *exec.Cmd) Result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return Result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// NewKey creates an application and a key of it, and returns the key.
func (g *Gateway) NewKey(t testing.TB, application string, flags ...string) string {
	t.Helper()
	g.Must(t, "app", "create", application)
	_, secret := g.AddKey(t, application, flags...)
	return secret
}

// AddKey creates one more key of an application.
func (g *Gateway) AddKey(t testing.TB, application string, flags ...string) (id, secret string) {
	t.Helper()
	out := g.Must(t, append([]string{"key", "create", "--application", application, "--json"}, flags...)...)
	var key struct{ ID, Secret string }
	if err := json.Unmarshal([]byte(out), &key); err != nil || key.Secret == "" {
		t.Fatalf("the new key is not in the output (%v): %s", err, out)
	}
	return key.ID, key.Secret
}
