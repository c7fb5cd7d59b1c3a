package sdk

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// TestNode runs the official Node SDK. tests/run installs it.
func TestNode(t *testing.T) {
	t.Parallel()
	root, err := fairwaytest.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "tests", "node")
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "openai")); err != nil {
		t.Skip("the Node SDK is not installed: run npm ci in tests/node")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed")
	}
	g, _ := start(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "openai.mjs")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "OPENAI_BASE_URL=" + g.URL + "/v1", "OPENAI_API_KEY=" + g.Key}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
