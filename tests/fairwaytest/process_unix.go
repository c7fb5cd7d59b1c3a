//go:build unix

package fairwaytest

import (
	"fmt"
	"os"
	"syscall"
)

// lock waits for an exclusive lock on a file.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, fmt.Errorf("locking: %w", err)
	}
	return func() { _ = f.Close() }, nil
}
