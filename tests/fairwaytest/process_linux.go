package fairwaytest

import (
	"os/exec"
	"runtime"
	"syscall"
)

// spawn starts a command that dies with the test process, however that ends,
// and closes exited when the command is over.
func spawn(cmd *exec.Cmd) (exited <-chan struct{}, err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	done := make(chan struct{})
	go func() {
		// The signal is sent when the thread that made the child ends
		// (prctl(2), PR_SET_PDEATHSIG), so this one waits for the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // what it ended with is in cmd.ProcessState
			close(done)
		}
	}()
	return done, <-started
}
