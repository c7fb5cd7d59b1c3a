//go:build unix && !linux

package fairwaytest

import "os/exec"

// spawn starts a command and closes exited when it is over.
func spawn(cmd *exec.Cmd) (exited <-chan struct{}, err error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // what it ended with is in cmd.ProcessState
		close(done)
	}()
	return done, nil
}
