// Package quickstart tests the first minute with the gateway.
package quickstart

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/tests/fairwaytest"
)

var (
	curlLine = regexp.MustCompile(`(?m)^curl .*$`)
	keyWord  = regexp.MustCompile(`fwk_[0-9A-Za-z_]+`)
	bodyPart = regexp.MustCompile(`'(\{[^']*)'`)
)

// TestQuickstart does what a person does: starts it, copies the line that is
// printed, and runs it.
func TestQuickstart(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	dir := t.TempDir()
	address := freeAddress(t)
	begun := time.Now()
	first := start(t, dir, address)
	line := curlLine.FindString(first)
	// What curl tells of its progress goes to standard error.
	answer, err := exec.Command("sh", "-c", line).Output()
	if err != nil {
		t.Fatalf("%s\n%v: %s", line, err, answer)
	}
	t.Logf("note: from the start to the first answer: %s", time.Since(begun).Round(time.Millisecond))
	var said struct {
		Choices []struct{ Message struct{ Content string } }
	}
	if err := json.Unmarshal(answer, &said); err != nil || len(said.Choices) != 1 || said.Choices[0].Message.Content == "" {
		t.Errorf("(%v) the line printed %s", err, answer)
	}
	body := bodyPart.FindStringSubmatch(line)
	if body == nil {
		t.Fatalf("the line has no body in single quotes: %s", line)
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(body[1]), &fields); err != nil {
		t.Errorf("the body is no JSON: %v", err)
	}
	if _, ok := fields["stream"]; ok {
		t.Errorf("the body asks for a stream: %s", body[1])
	}
	checkSocket(t, filepath.Join(dir, "data", "caddy", "fairway", "admin.sock"))
	if !strings.Contains(first, "http://"+address) {
		t.Errorf("the address is not printed: %s", first)
	}
}

// checkSocket holds that only the owner can reach the admin endpoint, which has
// no password.
func checkSocket(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Error(err)
		return
	}
	if info.Mode()&os.ModeSocket == 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("the admin socket has mode %s", info.Mode())
	}
}

// TestQuickstartAgain holds that a second start on the same data makes a fresh
// key and keeps the old one.
func TestQuickstartAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var keys []string
	for range 2 {
		t.Run("start", func(t *testing.T) {
			address := freeAddress(t)
			key := keyWord.FindString(start(t, dir, address))
			if key == "" {
				t.Fatal("no key is printed")
			}
			keys = append(keys, key)
			for _, k := range keys {
				line := "curl -s -o /dev/null -w '%{http_code}' http://" + address + "/v1/models -H 'Authorization: Bearer " + k + "'"
				if out, err := exec.Command("sh", "-c", line).Output(); err != nil || string(out) != "200" {
					t.Errorf("a key of start %d: %s (%v)", len(keys), out, err)
				}
			}
		})
	}
	if len(keys) == 2 && keys[0] == keys[1] {
		t.Error("the second start printed the first key")
	}
}

func TestQuickstartOnATakenAddress(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cmd := command(t, t.TempDir(), l.Addr().String())
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "address already in use") {
		t.Errorf("exit status %d: %s", cmd.ProcessState.ExitCode(), out)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func command(t *testing.T, dir, address string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(fairwaytest.Binary(t), "quickstart", "--listen", address)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "XDG_DATA_HOME=" + filepath.Join(dir, "data"), "XDG_CONFIG_HOME=" + filepath.Join(dir, "config")}
	return cmd
}

// start runs quickstart until the test ends, and returns what it printed once
// the line to try is there.
func start(t *testing.T, dir, address string) string {
	t.Helper()
	path := filepath.Join(dir, "out")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd := command(t, dir, address)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is looked at below
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
			if code := cmd.ProcessState.ExitCode(); code != 0 {
				t.Errorf("exit status %d", code)
			}
		case <-time.After(20 * time.Second):
			t.Error("it did not end within 20s of SIGTERM")
			_ = cmd.Process.Kill()
			<-ended
		}
	})
	text := ""
	fairwaytest.Eventually(t, 30*time.Second, "the line to try", func() bool {
		b, err := os.ReadFile(path)
		text = string(b)
		return err == nil && curlLine.MatchString(text) && strings.HasSuffix(text, "\n")
	})
	return text
}
