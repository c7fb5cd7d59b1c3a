package fairwaytest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Gateway is a running gateway with a data directory of its own.
type Gateway struct {
	// URL is where the site answers, without a closing slash.
	URL string
	// Admin is the admin endpoint as the command line takes it.
	Admin string
	// Key is a key of the application "shop".
	Key string

	dir    string
	port   int
	config Config
	binary string
	cmd    *exec.Cmd
	exited <-chan struct{}
	client *http.Client
}

// startTime bounds how long a start may take on a busy machine.
const startTime = 30 * time.Second

// Start runs a gateway until the test ends. The test fails when the gateway
// panicked.
func Start(t testing.TB, config Config) *Gateway {
	t.Helper()
	g := Prepare(t, config)
	if err := g.Launch(); err != nil {
		t.Fatalf("%v\n%s", err, g.Log())
	}
	if !config.NoKey {
		g.Key = g.NewKey(t, "shop")
	}
	return g
}

// Prepare makes all that a gateway needs to start but starts nothing.
func Prepare(t testing.TB, config Config) *Gateway {
	t.Helper()
	// Short, because the path of a socket has a limit of 107 bytes.
	dir, err := os.MkdirTemp("", "fw")
	if err != nil {
		t.Fatal(err)
	}
	binary := config.Binary
	if binary == "" {
		binary = Binary(t)
	}
	g := &Gateway{dir: dir, config: config, binary: binary, Admin: "unix/" + filepath.Join(dir, "a.sock")}
	g.client = &http.Client{
		Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
		// A redirect is an answer to look at, not to follow.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(func() {
		g.client.CloseIdleConnections()
		g.Stop(t)
		log := g.Log()
		if strings.Contains(log, "panic") {
			t.Error("the gateway's log has a panic")
		}
		if t.Failed() && g.cmd != nil {
			t.Logf("configuration:\n%s", g.Caddyfile())
			t.Logf("end of the gateway's log:\n%s", tail(log))
		}
		_ = os.RemoveAll(dir)
	})
	if err := g.takePort(); err != nil {
		t.Fatal(err)
	}
	return g
}

// takePort finds a free port. Nothing holds it until the gateway listens.
func (g *Gateway) takePort() error {
	l, err := listen()
	if err != nil {
		return fmt.Errorf("finding a free port: %w", err)
	}
	defer l.Close()
	g.port = l.Addr().(*net.TCPAddr).Port
	g.URL = fmt.Sprintf("http://127.0.0.1:%d", g.port)
	return nil
}

// listen opens a free port of loopback.
func listen() (net.Listener, error) {
	return new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
}

// Caddyfile is the gateway's configuration.
func (g *Gateway) Caddyfile() string { return g.config.caddyfile(g.Admin, g.port) }

// Address is "host:port" of the site.
func (g *Gateway) Address() string { return strings.TrimPrefix(g.URL, "http://") }

// Dir is the folder that holds everything of this gateway: "data" and "config"
// are Caddy's.
func (g *Gateway) Dir() string { return g.dir }

// Launch starts the process and waits until it answers. It may follow Stop or
// Kill, and then finds the data of before.
func (g *Gateway) Launch() error {
	for attempt := 0; ; attempt++ {
		err := g.launch()
		// Somebody else may take the port between finding and using it.
		if err == nil || attempt == 3 || !strings.Contains(g.Log(), "address already in use") || g.Key != "" {
			return err
		}
		if err := g.takePort(); err != nil {
			return err
		}
		_ = os.Remove(g.logPath())
	}
}

func (g *Gateway) launch() error {
	path := filepath.Join(g.dir, "Caddyfile")
	if err := os.WriteFile(path, []byte(g.Caddyfile()), 0o600); err != nil {
		return fmt.Errorf("writing the Caddyfile: %w", err)
	}
	log, err := os.OpenFile(g.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("opening the log: %w", err)
	}
	defer log.Close()
	// It ends by Stop or Kill, or with the test process.
	g.cmd = exec.CommandContext(context.Background(), g.binary, "run", "--config", path)
	g.cmd.Env = g.environ()
	g.cmd.Dir = g.dir
	g.cmd.Stdout, g.cmd.Stderr = log, log
	if g.exited, err = spawn(g.cmd); err != nil {
		return fmt.Errorf("starting the gateway: %w", err)
	}
	if !Until(startTime, func() bool { return g.over() || g.answers() }) {
		return errors.New("the gateway did not answer in time")
	}
	if g.over() {
		return fmt.Errorf("the gateway ended at its start: %s", g.cmd.ProcessState)
	}
	return nil
}

// environ is all of the process's environment: what the developer has set, such
// as provider keys and proxies, must not change a test.
func (g *Gateway) environ() []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + g.dir,
		"TMPDIR=" + os.TempDir(),
		"XDG_DATA_HOME=" + filepath.Join(g.dir, "data"),
		"XDG_CONFIG_HOME=" + filepath.Join(g.dir, "config"),
	}, g.config.Env...)
}

// answers reports whether the site answers anything but that it is not ready.
func (g *Gateway) answers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.URL+"/readyz", http.NoBody)
	if err != nil {
		return false
	}
	answer, err := g.client.Do(r)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode != http.StatusServiceUnavailable
}

func (g *Gateway) over() bool {
	select {
	case <-g.exited:
		return true
	default:
		return false
	}
}

// Stop asks the process to end, and waits until it has.
func (g *Gateway) Stop(t testing.TB) {
	t.Helper()
	if g.cmd == nil || g.cmd.Process == nil || g.over() {
		return
	}
	_ = g.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-g.exited:
	case <-time.After(20 * time.Second):
		t.Error("the gateway did not end within 20s of SIGTERM")
		g.Kill()
	}
}

// Kill ends the process as kill -9 does, and waits until it is gone.
func (g *Gateway) Kill() {
	_ = g.cmd.Process.Kill()
	<-g.exited
}

// Process is the running process.
func (g *Gateway) Process() *os.Process { return g.cmd.Process }

// ExitCode is what the process ended with, -1 while it runs.
func (g *Gateway) ExitCode() int {
	if !g.over() {
		return -1
	}
	return g.cmd.ProcessState.ExitCode()
}

func (g *Gateway) logPath() string { return filepath.Join(g.dir, "log") }

// Log is everything that the process has logged.
func (g *Gateway) Log() string {
	b, _ := os.ReadFile(g.logPath())
	return string(b)
}

// tail is the end of a log, without the test's own requests to the admin
// endpoint.
func tail(log string) string {
	const lines = 40
	var kept []string
	for line := range strings.Lines(log) {
		if !strings.Contains(line, `"logger":"admin.api"`) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept[max(0, len(kept)-lines):], "")
}

// Reload puts a new configuration in force by the admin endpoint, as
// `fairway reload` does, and returns the endpoint's answer.
func (g *Gateway) Reload(config Config) (status int, body string, err error) {
	before := g.config
	g.config = config
	status, body, err = g.AdminRequest(http.MethodPost, "/load", "text/caddyfile", g.Caddyfile())
	if err != nil || status != http.StatusOK {
		g.config = before
	}
	// The server closes connections that are idle at that moment. A request
	// that crosses with it cannot be told from one that was taken (RFC 9112,
	// 9.5), and a POST is then not sent again.
	g.client.CloseIdleConnections()
	return status, body, err
}

// AdminRequest calls the admin endpoint.
func (g *Gateway) AdminRequest(method, path, contentType, body string) (status int, answer string, err error) {
	socket := strings.TrimPrefix(g.Admin, "unix/")
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
		// Caddy makes a new admin server at each reload.
		DisableKeepAlives: true,
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://127.0.0.1"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, "", err
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	got, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		return 0, "", fmt.Errorf("calling the admin endpoint: %w", err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	return got.StatusCode, string(text), err
}
