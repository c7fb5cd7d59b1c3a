package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fairwaygw/fairway/tests/bench/upstream"
)

// process is a child of this program, and dies with it.
type process struct {
	name  string
	cmd   *exec.Cmd
	log   string
	ended chan struct{} // closed when it has ended
}

// start must be called on the main thread, which never ends: the kernel ends
// a child with the thread that made it (PR_SET_PDEATHSIG, prctl(2)).
func start(name, logFile string, cmd *exec.Cmd) (*process, error) {
	out, err := os.Create(logFile)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p := &process{name: name, cmd: cmd, log: logFile, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // how it ended shows in the log
	}()
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop asks first and then insists.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// waitFor dials until the process answers.
func (p *process) waitFor(ctx context.Context, network, addr string) error {
	d := net.Dialer{Timeout: time.Second}
	for range 300 {
		c, err := d.DialContext(ctx, network, addr)
		if err == nil {
			return c.Close()
		}
		select {
		case <-p.ended:
			return p.failed("it has ended")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return p.failed("nothing answers at " + addr)
}

// failed is an error with the end of the process's log.
func (p *process) failed(what string) error {
	b, _ := os.ReadFile(p.log)
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return fmt.Errorf("%s: %s; its log ends:\n%s", p.name, what, strings.Join(lines[max(0, len(lines)-15):], "\n"))
}

// environment reads variables as the process has got them.
func (p *process) environment(names ...string) string {
	b, err := os.ReadFile(proc(p.pid(), "environ"))
	if err != nil {
		return "unknown"
	}
	var found []string
	for v := range bytes.SplitSeq(b, []byte{0}) {
		name, value, _ := strings.Cut(string(v), "=")
		for _, n := range names {
			if n == name {
				found = append(found, name+"="+value)
			}
		}
	}
	if len(found) == 0 {
		return "none"
	}
	return strings.Join(found, " ")
}

// startUpstream runs this program again as the upstream. It inherits a
// listener, so no port can be lost on the way.
func startUpstream(ctx context.Context, dir string) (*process, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	ln, err := listenAnywhere(ctx)
	if err != nil {
		return nil, "", err
	}
	defer ln.Close()
	file, err := ln.(*net.TCPListener).File()
	if err != nil {
		return nil, "", err
	}
	defer file.Close()
	cmd := exec.CommandContext(ctx, self, "upstream")
	cmd.ExtraFiles = []*os.File{file}
	p, err := start("upstream", filepath.Join(dir, "upstream.log"), cmd)
	return p, ln.Addr().String(), err
}

// runUpstream is what the child does.
func runUpstream() error {
	ln, err := net.FileListener(os.NewFile(3, "listener"))
	if err != nil {
		return errors.New("the upstream is started by the benchmark, with a listener")
	}
	return upstream.Serve(ln)
}

func listenAnywhere(ctx context.Context) (net.Listener, error) {
	var c net.ListenConfig
	return c.Listen(ctx, "tcp", "127.0.0.1:0")
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	ln, err := listenAnywhere(ctx)
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}
