//go:build unix

package live

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Opening a pipe waits for whoever writes into it, and so does not heed a bound.
func TestPipeIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	l := open(t, t.TempDir(), &Config{File: path, Timeout: time.Minute, MaxSize: 1 << 20, MaxLoss: 20, MaxPriceChange: 10})
	if _, err := l.Refresh(t.Context(), false); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("error %v", err)
	}
}
