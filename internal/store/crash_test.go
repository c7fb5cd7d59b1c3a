package store

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/secret"
)

// victimPath names the database of a process that is to be killed.
const victimPath = "FAIRWAY_STORE_VICTIM"

// victim starts as a gateway does and stores records until it is killed. A
// line tells what is stored.
func victim(path string) error {
	ctx := context.Background()
	fmt.Println("begun")
	s, err := Open(ctx, Options{Path: path})
	if err != nil {
		return err
	}
	if _, err := secret.Open(ctx, secret.PepperPath(path), s); err != nil {
		return err
	}
	at, err := s.Checkpoint(ctx)
	if err != nil {
		return err
	}
	for n := int(at.Offset); ; n++ {
		if err := s.Ingest(ctx, []ledger.Record{record(n, platform.Application{ID: "app_1", Tenant: platform.DefaultTenant})}, ledger.Checkpoint{Offset: int64(n + 1)}); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

// TestKilled kills processes at any moment, from the making of the database on.
// Each next one must be able to go on, and nothing that was said to be stored
// may be missing or there twice.
func TestKilled(t *testing.T) {
	if path := os.Getenv(victimPath); path != "" {
		t.Fatal(victim(path))
	}
	t.Parallel()
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	for first := range 4 {
		path := filepath.Join(t.TempDir(), fmt.Sprint("fairway", first, ".db"))
		stored := -1
		for range rounds / 3 {
			stored = max(stored, killOne(t, path, time.Duration(rand.Int64N(int64(60*time.Millisecond)))))
		}
		s := openAt(t, path)
		if _, err := secret.Open(t.Context(), secret.PepperPath(path), s); err != nil {
			t.Fatal(err)
		}
		at, err := s.Checkpoint(t.Context())
		if err != nil || at.Offset <= int64(stored) {
			t.Fatalf("checkpoint %v, but %d was stored (%v)", at, stored, err)
		}
		var n int64
		if err := s.reader.QueryRow("SELECT count(*) FROM calls").Scan(&n); err != nil || n != at.Offset {
			t.Errorf("%d records, checkpoint %v (%v)", n, at, err)
		}
	}
}

// killOne runs a victim for a while and returns the last record that it said
// to have stored.
func killOne(t *testing.T, path string, after time.Duration) (stored int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestKilled$")
	cmd.Env = append(os.Environ(), victimPath+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "begun" {
		t.Errorf("the victim did not begin: %s", lines.Text())
	}
	kill := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	stored = -1
	for lines.Scan() {
		if _, err := fmt.Sscan(lines.Text(), &stored); err != nil {
			t.Errorf("the victim failed: %s", lines.Text())
		}
	}
	_ = cmd.Wait() // it was killed
	return stored
}
