package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

// TestSpellingsOfFiles holds that files from other systems and editors work.
func TestSpellingsOfFiles(t *testing.T) {
	t.Parallel()
	plain := within("\t\tprovider simulator\n\t\tmodel m {\n\t\t\ttarget simulator/x\n\t\t}")
	for name, text := range map[string]string{
		"tabs":                   plain,
		"CRLF":                   strings.ReplaceAll(plain, "\n", "\r\n"),
		"byte order mark":        "\ufeff" + plain,
		"byte order mark, CRLF":  "\ufeff" + strings.ReplaceAll(plain, "\n", "\r\n"),
		"names beyond ASCII":     within("provider söckel simulator\nmodel schnell-💨 {\n target söckel/x\n}"),
		"no newline at its end":  strings.TrimRight(plain, "\n"),
		"spaces instead of tabs": strings.ReplaceAll(plain, "\t", "    "),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if r := validate(t, text); r.Code != 0 {
				t.Errorf("exit status %d: %s", r.Code, r.Stderr)
			}
		})
	}
}

// TestSecretsThatAreMissing holds that nothing starts without its keys, and
// that the message names what is missing.
func TestSecretsThatAreMissing(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	provider := func(key string) string {
		return within("provider up openai_compatible {\n base_url http://127.0.0.1:1/v1\n api_key " + key + "\n}")
	}
	for name, c := range map[string]struct{ text, says string }{
		"unset variable":             {provider("{env.NO_SUCH_KEY}"), "NO_SUCH_KEY"},
		"unset variable of a preset": {within("provider openai"), "OPENAI_API_KEY"},
		"missing file":               {provider("{file./no/such/key}"), "/no/such/key"},
		"empty file":                 {provider("{file." + empty + "}"), empty},
		"nothing":                    {provider(`""`), "api_key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := validate(t, c.text)
			if r.Code != 1 {
				t.Errorf("exit status %d, want 1", r.Code)
			}
			if !strings.Contains(r.Stderr, c.says) {
				t.Errorf("the message does not say %q: %s", c.says, r.Stderr)
			}
		})
	}
}

// TestSecretsThatOthersCanRead holds that a key file with a careless mode works
// but is complained about.
func TestSecretsThatOthersCanRead(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("sk-from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := within("provider up openai_compatible {\n base_url http://127.0.0.1:1/v1\n api_key {file." + file + "}\n}")
	if r := validate(t, text); r.Code != 0 || strings.Contains(r.Stderr, `"level":"warn"`) && strings.Contains(r.Stderr, file) {
		t.Errorf("mode 0600: exit status %d: %s", r.Code, r.Stderr)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	r := validate(t, text)
	if r.Code != 0 {
		t.Errorf("mode 0644: exit status %d: %s", r.Code, r.Stderr)
	}
	if !strings.Contains(r.Stderr, file) {
		t.Errorf("mode 0644: no warning names the file: %s", r.Stderr)
	}
}

// TestLargeConfiguration holds that thousands of models load at once.
func TestLargeConfiguration(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("provider simulator\n")
	const models = 5000
	for i := range models {
		fmt.Fprintf(&b, "model m%d {\n target simulator/x weight 2\n target simulator/y\n retry 1 within 5s\n}\n", i)
	}
	start := time.Now()
	r := validate(t, within(b.String()))
	if r.Code != 0 {
		t.Fatalf("exit status %d: %.1000s", r.Code, r.Stderr)
	}
	t.Logf("%d models validated in %s", models, time.Since(start).Round(time.Millisecond))
}

// TestStoreThatCannotBeWritten holds that a start without a usable store fails
// at once, with the cause.
func TestStoreThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	blocked := filepath.Join(t.TempDir(), "a-file")
	if err := os.WriteFile(blocked, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	// Even root cannot make a folder below a file.
	g := fairwaytest.Prepare(t, fairwaytest.Config{Fairway: "store sqlite " + filepath.Join(blocked, "fairway.db") + "\nprovider simulator"})
	start := time.Now()
	err := g.Launch()
	if err == nil {
		t.Fatal("it started")
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %s to fail", took)
	}
	if g.ExitCode() != 1 {
		t.Errorf("exit status %d, want 1", g.ExitCode())
	}
	if !strings.Contains(g.Log(), blocked) {
		t.Errorf("the log does not name the path: %s", g.Log())
	}
}

// TestAccountsThatCannotBeOpened holds what is found when providers are there.
func TestAccountsThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	for option, says := range map[string][]string{
		"passthrough smulator":  {"passthrough[0]", "smulator", `did you mean "simulator"`},
		"passthrough simulator": {"passthrough[0]", "simulator"},
	} {
		r := validate(t, site("fairway {\n "+option+"\n}"))
		said := strings.ReplaceAll(r.Stderr, `\"`, `"`)
		for _, part := range says {
			if r.Code != 1 || !strings.Contains(said, part) {
				t.Errorf("%s: exit status %d; the message does not say %q: %s", option, r.Code, part, said)
			}
		}
	}
}

func validate(t *testing.T, text string) fairwaytest.Result {
	t.Helper()
	g := fairwaytest.Prepare(t, fairwaytest.Config{})
	file := filepath.Join(g.Dir(), "Caddyfile.test")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return g.Run(t, "validate", "--config", file, "--adapter", "caddyfile")
}

// TestExamples holds that the setups that come with the project are right.
func TestExamples(t *testing.T) {
	t.Parallel()
	root, err := fairwaytest.Root()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "examples", "*", "Caddyfile"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples (%v)", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			t.Parallel()
			g := fairwaytest.Prepare(t, fairwaytest.Config{Env: []string{
				"OPENAI_API_KEY=sk-test", "ANTHROPIC_API_KEY=sk-test", "GEMINI_API_KEY=sk-test",
			}})
			if r := g.Run(t, "validate", "--config", file); r.Code != 0 {
				t.Errorf("exit status %d: %s", r.Code, r.Stderr)
			}
			if r := g.Run(t, "fmt", "--diff", file); r.Code != 0 {
				t.Errorf("it is not formatted: %s", r.Stdout)
			}
		})
	}
}
