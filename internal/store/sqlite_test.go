package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSQLite(t *testing.T) {
	t.Parallel()
	testContract(t, func(t *testing.T) Store { return openAt(t, filepath.Join(t.TempDir(), "fairway.db")) })
}

func openAt(t testing.TB, path string) *SQLite { return openWith(t, Options{Path: path}) }

func openWith(t testing.TB, o Options) *SQLite {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestFilesArePrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "b?c#d%41", "fairway.db")
	s := openAt(t, path)
	newApplication(t, s, platform.DefaultTenant, "a")
	for file, want := range map[string]os.FileMode{
		filepath.Dir(filepath.Dir(path)): 0o700, filepath.Dir(path): 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600,
	} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", file, info.Mode().Perm(), want)
		}
	}
}

// TestTwoHandles has two processes on one database, as far as SQLite can tell.
func TestTwoHandles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fairway.db")
	var handles [4]*SQLite
	var group sync.WaitGroup
	for i := range handles {
		group.Go(func() {
			s, err := Open(t.Context(), Options{Path: path, Journal: string(rune('a' + i))})
			if err != nil {
				t.Error(err)
			}
			handles[i] = s
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
	a := newApplication(t, handles[0], platform.DefaultTenant, "a")
	for i, s := range handles {
		defer s.Close()
		group.Go(func() {
			for n := range 20 {
				at := ledger.Checkpoint{Segment: uint64(i), Offset: int64(n)}
				if err := s.Ingest(t.Context(), []ledger.Record{record(n, a)}, at); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for i, s := range handles {
		if c, err := s.Checkpoint(t.Context()); err != nil || c != (ledger.Checkpoint{Segment: uint64(i), Offset: 19}) {
			t.Errorf("journal %d: %v, %v", i, c, err)
		}
		recs, _, err := s.Calls(t.Context(), defaultScope, CallFilter{}, Page{})
		if err != nil || len(recs) != 20 {
			t.Errorf("%d records instead of 20 (%v)", len(recs), err)
		}
	}
}

func TestReopen(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fairway.db")
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	a := newApplication(t, s, platform.DefaultTenant, "a")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := openAt(t, path).Application(t.Context(), defaultScope, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, a)
}

// openFails opens a store that cannot be opened.
func openFails(t *testing.T, o Options, want error, texts ...string) {
	t.Helper()
	began := time.Now()
	s, err := Open(t.Context(), o)
	if err == nil {
		s.Close()
		t.Fatal("the store opens")
	}
	if want != nil && !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
	for _, text := range append(texts, o.Path) {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q does not say %q", err, text)
		}
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s to fail", took)
	}
}

func TestUnwritable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("below a file", func(t *testing.T) {
		openFails(t, Options{Path: filepath.Join(file, "fairway.db")}, nil, "not a directory")
	})
	t.Run("a folder", func(t *testing.T) { openFails(t, Options{Path: dir}, nil, "is a folder") })
	t.Run("no such place", func(t *testing.T) { openFails(t, Options{Path: "/proc/fairway/fairway.db"}, nil) })
	t.Run("a device", func(t *testing.T) { openFails(t, Options{Path: "/dev/null"}, nil) })
	t.Run("read-only", testReadOnly)
}

// testReadOnly opens a file that this user may only read. Root may write
// anything, so as root it runs again as nobody.
func testReadOnly(t *testing.T) {
	const nobody, variable = 65534, "FAIRWAY_TEST_READ_ONLY"
	if path := os.Getenv(variable); path != "" {
		openFails(t, Options{Path: path}, ErrUnwritable)
		return
	}
	dir, err := os.MkdirTemp("", "fairway-store")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "fairway.db")
	if err := openAt(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		openFails(t, Options{Path: path}, ErrUnwritable)
		return
	}
	binary := filepath.Join(dir, "test")
	program, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = os.WriteFile(binary, program, 0o700)
	}
	for _, name := range []string{dir, path, binary} {
		err = errors.Join(err, os.Chown(name, nobody, nobody))
	}
	if err != nil {
		t.Fatal(err)
	}
	again := exec.CommandContext(t.Context(), binary, "-test.run=^TestUnwritable$/^read-only$", "-test.v")
	again.Dir, again.Env = dir, append(os.Environ(), variable+"="+path, "HOME="+dir)
	again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestUnwritable/read-only") {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}

func TestDamaged(t *testing.T) {
	t.Parallel()
	t.Run("no database", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "fairway.db")
		text := strings.Repeat("this is no database\n", 1000)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		openFails(t, Options{Path: path}, ErrDamaged, "restore a backup")
		if left, err := os.ReadFile(path); err != nil || string(left) != text {
			t.Error("the file was changed", err)
		}
	})
	t.Run("overwritten", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "fairway.db")
		s, err := Open(t.Context(), Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.WriteAt([]byte(strings.Repeat("garbage!", 4096/8*6)), 100)
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		openFails(t, Options{Path: path}, ErrDamaged)
	})
}

func TestLost(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fairway.db")
	s := openAt(t, path)
	if _, err := secret.Open(t.Context(), secret.PepperPath(path), s); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	t.Run("deleted", func(t *testing.T) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		openFails(t, Options{Path: path}, ErrLost, secret.PepperPath(path), "restore")
		if _, err := os.Stat(path); err == nil {
			t.Error("the database was made anew")
		}
	})
	t.Run("emptied", func(t *testing.T) {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		openFails(t, Options{Path: path}, ErrLost)
	})
	t.Run("begun anew", func(t *testing.T) {
		if err := os.Rename(secret.PepperPath(path), path+".old"); err != nil {
			t.Fatal(err)
		}
		openAt(t, path)
	})
}

func TestReplaced(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]func(path string) error{
		"deleted": os.Remove,
		"replaced": func(path string) error {
			if err := os.Rename(path, path+".old"); err != nil {
				return err
			}
			return os.WriteFile(path, nil, 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "fairway.db")
			s := openAt(t, path)
			if err := replace(path); err != nil {
				t.Fatal(err)
			}
			_, err := s.Version(t.Context())
			wantErr(t, err, ErrReplaced)
			_, err = s.Changes(t.Context(), 0, platform.Changes{})
			wantErr(t, err, ErrReplaced)
			wantErr(t, s.Ingest(t.Context(), nil, ledger.Checkpoint{}), ErrReplaced)
		})
	}
}

func TestNewerSchema(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fairway.db")
	newer := fstest.MapFS{}
	first, err := migrations.ReadFile("migrations/sqlite/00001_first.sql")
	if err != nil {
		t.Fatal(err)
	}
	newer["00001_first.sql"] = &fstest.MapFile{Data: first}
	newer["00099_later.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE later (x);\n")}
	if err := openWith(t, Options{Path: path, schema: newer}).Close(); err != nil {
		t.Fatal(err)
	}
	openFails(t, Options{Path: path}, ErrNewer, "version 99", "newer version")
}

// TestInterruptedMigration stops in the middle of a migration and goes on.
func TestInterruptedMigration(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fairway.db")
	first, err := migrations.ReadFile("migrations/sqlite/00001_first.sql")
	if err != nil {
		t.Fatal(err)
	}
	older := fstest.MapFS{"00001_first.sql": {Data: first}}
	openWith(t, Options{Path: path, schema: older}).Close()
	with := func(second string) fstest.MapFS {
		return fstest.MapFS{
			"00001_first.sql":  {Data: first},
			"00002_second.sql": {Data: []byte("-- +goose Up\n" + second)},
		}
	}
	const table = "CREATE TABLE second (x);\n"
	openFails(t, Options{Path: path, schema: with(table + "INSERT INTO nowhere VALUES (1);\n")}, nil, "nowhere")
	openWith(t, Options{Path: path, schema: older}).Close() // the build that knows the first alone still opens it
	s := openWith(t, Options{Path: path, schema: with(table + "INSERT INTO second VALUES (1);\n")})
	var n int
	if err := s.reader.QueryRow("SELECT count(*) FROM second").Scan(&n); err != nil || n != 1 {
		t.Error(n, err)
	}
}

// TestLocked has another process hold the lock.
func TestLocked(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fairway.db")
	s := openWith(t, Options{Path: path, busy: 50 * time.Millisecond})
	a := newApplication(t, s, platform.DefaultTenant, "a")
	other := openAt(t, path)
	lock, err := other.writer.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer rollback(lock)

	sink := func(ctx context.Context) error {
		return s.Ingest(ctx, []ledger.Record{record(1, a)}, ledger.Checkpoint{Segment: 1})
	}
	wantErr(t, sink(t.Context()), ErrBusy)
	if _, err := s.Version(t.Context()); err != nil {
		t.Error("reads do not go on:", err)
	}
	if _, err := s.Application(t.Context(), defaultScope, a.ID); err != nil {
		t.Error("reads do not go on:", err)
	}
	openWith(t, Options{Path: path, busy: 50 * time.Millisecond}) // a start is possible too

	// Who waits longer than the lock is held gets through.
	patient := openAt(t, path)
	done := make(chan error, 1)
	go func() { done <- patient.Ingest(t.Context(), []ledger.Record{record(2, a)}, ledger.Checkpoint{}) }()
	// A wait ends with its context.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := other.Ingest(ctx, nil, ledger.Checkpoint{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := sink(t.Context()); err != nil {
		t.Error("writes do not go on:", err)
	}
}

// TestFull has no room for a while.
func TestFull(t *testing.T) {
	t.Parallel()
	s := openAt(t, filepath.Join(t.TempDir(), "fairway.db"))
	a := newApplication(t, s, platform.DefaultTenant, "a")
	limit := func(pages int) {
		t.Helper()
		if _, err := s.writer.Exec(fmt.Sprintf("PRAGMA max_page_count(%d)", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // as many as there are
	var recs []ledger.Record
	for n := range 500 {
		recs = append(recs, record(n, a))
	}
	wantErr(t, s.Ingest(t.Context(), recs, ledger.Checkpoint{Segment: 1}), ErrFull)
	if c, err := s.Checkpoint(t.Context()); err != nil || c != (ledger.Checkpoint{}) {
		t.Error("the checkpoint is stored without the records:", c, err)
	}
	limit(1 << 30)
	ingest(t, s, ledger.Checkpoint{Segment: 1}, recs...)
}
