package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		os.Exit(crashChild(dir))
	}
	goleak.VerifyTestMain(m)
}

// memory is a store: it keeps which records it was given, and the checkpoint.
type memory struct {
	mu   sync.Mutex
	ids  []string
	next Checkpoint
	// fail is how many calls fail before one works.
	fail int
	// sizes are those of the batches.
	sizes []int
}

func (m *memory) sink(_ context.Context, recs []Record, next Checkpoint) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail > 0 {
		m.fail--
		return errors.New("store is locked")
	}
	for i := range recs {
		m.ids = append(m.ids, recs[i].ID)
	}
	m.sizes = append(m.sizes, len(recs))
	m.next = next
	return nil
}

func (m *memory) text() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Join(m.ids, " ")
}

func openJournal(t testing.TB, dir string, o Options) *Journal {
	t.Helper()
	j, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

// run ingests in the background until the function it returns is called.
func run(t testing.TB, j *Journal, from Checkpoint, sink Sink) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- j.Run(ctx, from, sink) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("running the journal ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func drain(t testing.TB, j *Journal) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := j.Drain(ctx); err != nil {
		t.Fatal(err)
	}
}

func mustAppend(t testing.TB, j *Journal, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := j.Append(&Record{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
}

func numbered(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("call_%04d", i)
	}
	return ids
}

// files are the journal's files but for the lock.
func files(t testing.TB, dir string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*"+segmentSuffix+"*"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestRecordsArriveOnceAndInOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openJournal(t, dir, Options{SegmentBytes: 1000, BatchRecords: 7})
	ids := numbered(100)
	mustAppend(t, j, ids[:50]...)
	if n := len(files(t, dir)); n < 5 {
		t.Errorf("%d segments, want several", n)
	}
	if lag := j.Lag(); lag.Records != 50 || lag.Bytes < 50*100 || lag.Damaged != 0 {
		t.Errorf("lag %+v", lag)
	}
	var m memory
	run(t, j, Checkpoint{}, m.sink)
	mustAppend(t, j, ids[50:]...)
	drain(t, j)
	if got := m.text(); got != strings.Join(ids, " ") {
		t.Errorf("ingested %s", got)
	}
	for _, n := range m.sizes {
		if n > 7 {
			t.Errorf("a batch has %d records", n)
		}
	}
	if lag := j.Lag(); lag != (Lag{}) {
		t.Errorf("lag %+v when all is ingested", lag)
	}
	// The last batch may end before the place where the next segment begins.
	if n := len(files(t, dir)); n > 2 {
		t.Errorf("%d segments are left", n)
	}
}

func TestRecordsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir(), Options{})
	want := sampleRecord()
	if err := j.Append(want); err != nil {
		t.Fatal(err)
	}
	var got string
	run(t, j, Checkpoint{}, func(_ context.Context, recs []Record, _ Checkpoint) error {
		got = recs[0].JSON
		return nil
	})
	drain(t, j)
	if got != string(AppendJSON(nil, want)) {
		t.Errorf("came back as %s", got)
	}
}

func TestAReopenedJournalGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var m memory
	ids := numbered(30)
	for round := range 3 {
		j, err := Open(dir, Options{SegmentBytes: 500})
		if err != nil {
			t.Fatal(err)
		}
		mustAppend(t, j, ids[round*10:round*10+5]...)
		stop := run(t, j, m.next, m.sink)
		drain(t, j)
		stop()
		// These wait for the next round.
		mustAppend(t, j, ids[round*10+5:round*10+10]...)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	j := openJournal(t, dir, Options{})
	if lag := j.Lag(); lag.Bytes == 0 || lag.Records != 0 {
		t.Errorf("lag %+v after opening", lag)
	}
	run(t, j, m.next, m.sink)
	drain(t, j)
	if got := m.text(); got != strings.Join(ids, " ") {
		t.Errorf("ingested %s", got)
	}
}

func TestOpeningOftenLeavesNoFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 3 {
		j, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestConcurrentAppends(t *testing.T) {
	t.Parallel()
	for _, sync := range []bool{false, true} {
		t.Run(fmt.Sprintf("sync=%t", sync), func(t *testing.T) {
			t.Parallel()
			writers, each := 64, 100
			if sync {
				each = 5
			}
			j := openJournal(t, t.TempDir(), Options{SegmentBytes: 20_000, Sync: sync})
			var m memory
			run(t, j, Checkpoint{}, m.sink)
			appendAll(t, j, writers, each)
			drain(t, j)
			seen := make(map[string]bool)
			last := make([]int, writers)
			for _, id := range m.ids {
				var w, n int
				if _, err := fmt.Sscanf(id, "%d-%d", &w, &n); err != nil || seen[id] {
					t.Fatalf("%s: seen %t, error %v", id, seen[id], err)
				}
				if seen[id] = true; n != last[w]+1 {
					t.Fatalf("%s follows %d-%d", id, w, last[w])
				}
				last[w] = n
			}
			if len(seen) != writers*each {
				t.Errorf("%d records of %d", len(seen), writers*each)
			}
		})
	}
}

func appendAll(t *testing.T, j *Journal, writers, each int) {
	t.Helper()
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for n := range each {
				if err := j.Append(&Record{ID: fmt.Sprintf("%d-%d", w, n+1)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}

func TestAFailingSinkGetsTheSameRecordsAgain(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir(), Options{RetryEvery: time.Millisecond})
	m := memory{fail: 4}
	mustAppend(t, j, "a", "b")
	run(t, j, Checkpoint{}, m.sink)
	mustAppend(t, j, "c")
	drain(t, j)
	if got := m.text(); got != "a b c" || m.fail != 0 {
		t.Errorf("ingested %s with %d failures to come", got, m.fail)
	}
}

func TestRunEndsWhileTheSinkFails(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir(), Options{RetryEvery: time.Hour})
	mustAppend(t, j, "a")
	ctx, cancel := context.WithCancel(context.Background())
	err := j.Run(ctx, Checkpoint{}, func(context.Context, []Record, Checkpoint) error {
		cancel()
		return errors.New("store is away")
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v", err)
	}
	var m memory
	run(t, j, Checkpoint{}, m.sink)
	drain(t, j)
	if m.text() != "a" {
		t.Errorf("ingested %q after the store came back", m.text())
	}
}

func TestOneRunAtATime(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir(), Options{})
	mustAppend(t, j, "a")
	in := make(chan struct{})
	run(t, j, Checkpoint{}, func(context.Context, []Record, Checkpoint) error { close(in); return nil })
	<-in
	if err := j.Run(context.Background(), Checkpoint{}, nil); err == nil {
		t.Error("a second run is not refused")
	}
}

func TestCheckpointOfAnotherJournal(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]Checkpoint{
		"later segment": {Segment: 1 << 63},
		"zero":          {},
		"older segment": {Segment: 1, Offset: 5000},
	} {
		j := openJournal(t, t.TempDir(), Options{})
		mustAppend(t, j, "a", "b")
		var m memory
		run(t, j, from, m.sink)
		drain(t, j)
		if m.text() != "a b" {
			t.Errorf("%s: ingested %q", name, m.text())
		}
	}
}

func TestSegmentsBehindTheCheckpointGoAtTheStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, err := Open(dir, Options{SegmentBytes: 1})
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, j, "a", "b", "c")
	behind := j.end()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = openJournal(t, dir, Options{})
	mustAppend(t, j, "d")
	var m memory
	run(t, j, behind, m.sink)
	drain(t, j)
	if left := files(t, dir); m.text() != "d" || len(left) > 2 {
		t.Errorf("ingested %q, left %v", m.text(), left)
	}
}

func TestAFullJournalSaysSo(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir(), Options{MaxBytes: 1000, SegmentBytes: 500})
	if err := j.Err(); err != nil {
		t.Fatal(err)
	}
	appended := 0
	for ; ; appended++ {
		if err := j.Append(&Record{ID: "a"}); err != nil {
			if !errors.Is(err, ErrJournalFull) {
				t.Fatal(err)
			}
			break
		}
		if got, want := j.Err() != nil, j.Lag().Bytes >= 1000; got != want {
			t.Fatalf("with %d bytes: %v", j.Lag().Bytes, j.Err())
		}
	}
	if lag := j.Lag(); lag.Bytes < 1500 || lag.Bytes > 2000 {
		t.Errorf("refused with a lag of %d bytes", lag.Bytes)
	}
	var m memory
	run(t, j, Checkpoint{}, m.sink)
	drain(t, j)
	if err := j.Err(); err != nil {
		t.Errorf("after ingesting: %v", err)
	}
	mustAppend(t, j, "b")
	drain(t, j)
	if len(m.ids) != appended+1 {
		t.Errorf("%d records ingested, want %d", len(m.ids), appended+1)
	}
}

func TestAHugeRecordIsTrimmed(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir(), Options{})
	r := sampleRecord()
	r.User = strings.Repeat("é", 2_000_000)
	r.Dropped = strings.Split(strings.Repeat("x", 100), "")
	if err := j.Append(r); err != nil {
		t.Fatal(err)
	}
	var got Record
	run(t, j, Checkpoint{}, func(_ context.Context, recs []Record, _ Checkpoint) error {
		return DecodeJSON([]byte(recs[0].JSON), &got)
	})
	drain(t, j)
	if got.ID != r.ID || *got.Cost != *r.Cost || got.User != strings.Repeat("é", 512) || len(got.Dropped) != 64 || len(got.Attempts) != 2 {
		t.Errorf("came back as %+v", got)
	}
	if len(r.Dropped) != 100 {
		t.Error("the caller's record was changed")
	}
}

func TestOneProcessHasTheJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	openJournal(t, dir, Options{})
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrJournalInUse) {
		t.Errorf("opened twice: %v", err)
	}
}

func TestClosedJournal(t *testing.T) {
	t.Parallel()
	j, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- j.Run(context.Background(), Checkpoint{}, func(context.Context, []Record, Checkpoint) error { return nil })
	}()
	mustAppend(t, j, "a")
	drain(t, j)
	for range 2 {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := <-ended; !errors.Is(err, ErrJournalClosed) {
		t.Errorf("run ended with %v", err)
	}
	if err := j.Append(&Record{}); !errors.Is(err, ErrJournalClosed) {
		t.Errorf("append: %v", err)
	}
}

func TestDrainGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	j := openJournal(t, t.TempDir(), Options{})
	drain(t, j) // nothing to wait for, and nobody who runs
	mustAppend(t, j, "a")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := j.Drain(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("drained without a run: %v", err)
	}
}

func TestOpenSaysWhereItFails(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
}
