package ledger

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// crashDir is the variable that makes the test binary a process to be killed.
const crashDir = "FAIRWAY_LEDGER_CRASH_DIR"

// ledgerFile is a store that survives a kill: each transaction is a line with
// the ids and the checkpoint, and a line without its end did not happen.
type ledgerFile struct {
	f    *os.File
	next Checkpoint
	ids  []string
}

type transaction struct {
	IDs  []string
	Next Checkpoint
}

func openLedgerFile(path string) (*ledgerFile, error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	l := &ledgerFile{}
	for line := range bytes.Lines(text) {
		var t transaction
		if err := json.Unmarshal(line, &t); err != nil {
			return nil, err
		}
		l.ids = append(l.ids, t.IDs...)
		l.next = t.Next
	}
	if l.f, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, err
	}
	if err := l.f.Truncate(int64(len(text))); err != nil {
		return nil, err
	}
	_, err = l.f.Seek(0, io.SeekEnd)
	return l, err
}

func (l *ledgerFile) sink(_ context.Context, recs []Record, next Checkpoint) error {
	t := transaction{Next: next}
	for i := range recs {
		t.IDs = append(t.IDs, recs[i].ID)
	}
	line, err := json.Marshal(t)
	if err != nil {
		return err
	}
	_, err = l.f.Write(append(line, '\n'))
	return err
}

// crashChild appends and ingests as fast as it can, and prints the id of every
// record that Append has taken, until it is killed.
func crashChild(dir string) int {
	l, err := openLedgerFile(filepath.Join(dir, "store"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	j, err := Open(filepath.Join(dir, "journal"), Options{SegmentBytes: 10_000, BatchDelay: time.Millisecond, BatchRecords: 50})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	failed := make(chan error)
	go func() { failed <- j.Run(context.Background(), l.next, l.sink) }()
	var n atomic.Int64
	for range 8 {
		go func() {
			for {
				id := fmt.Sprintf("%d-%d", os.Getpid(), n.Add(1))
				if err := j.Append(&Record{ID: id}); err != nil {
					failed <- err
				}
				// One write for one line, so that lines do not mix.
				if _, err := os.Stdout.WriteString(id + "\n"); err != nil {
					failed <- err
				}
			}
		}()
	}
	fmt.Fprintln(os.Stderr, <-failed)
	return 1
}

func TestKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	rounds := 30
	if testing.Short() {
		rounds = 5
	}
	dir := t.TempDir()
	var acknowledged []string
	for round := range rounds {
		acknowledged = append(acknowledged, killAfter(t, binary, dir, 100+round*37)...)
	}

	l, err := openLedgerFile(filepath.Join(dir, "store"))
	if err != nil {
		t.Fatal(err)
	}
	j := openJournal(t, filepath.Join(dir, "journal"), Options{})
	run(t, j, l.next, l.sink)
	drain(t, j)
	if err := l.f.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err = openLedgerFile(filepath.Join(dir, "store")); err != nil {
		t.Fatal(err)
	}
	defer l.f.Close()
	stored := make(map[string]bool, len(l.ids))
	for _, id := range l.ids {
		if stored[id] {
			t.Errorf("%s is stored twice", id)
		}
		stored[id] = true
	}
	for _, id := range acknowledged {
		if !stored[id] {
			t.Errorf("%s was acknowledged and is not stored", id)
		}
	}
	t.Logf("%d records acknowledged, %d stored, %d kills", len(acknowledged), len(l.ids), rounds)
}

// killAfter starts the child, kills it after it has acknowledged so many
// records, and returns all that it has acknowledged.
func killAfter(t *testing.T, binary, dir string, n int) []string {
	t.Helper()
	child := exec.Command(binary, "-test.run=^$")
	child.Env = append(os.Environ(), crashDir+"="+dir)
	var stderr bytes.Buffer
	child.Stderr = &stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var ids []string
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // a line without its end was not acknowledged to anybody
		}
		if ids = append(ids, strings.TrimSpace(line)); len(ids) == n {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	err = child.Wait()
	if len(ids) < n || err == nil {
		t.Fatalf("the child ended by itself after %d records: %v: %s", len(ids), err, &stderr)
	}
	return ids
}
