package ledger

import (
	"errors"
	"io"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// disk is where faults can be switched on.
type disk struct {
	mu sync.Mutex
	// write, room, sync and create fail with these when they are set; part is
	// how many bytes a failing write gets out.
	write, room, sync, create error
	part                      int
	syncs                     int
}

func (d *disk) set(change func(d *disk)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

func (d *disk) get(pick func(d *disk) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return pick(d)
}

func (d *disk) open(path string) (file, error) {
	if err := d.get(func(d *disk) error { return d.create }); err != nil {
		return nil, err
	}
	f, err := createSegment(path)
	return &diskFile{f, d}, err
}

type diskFile struct {
	file
	d *disk
}

func (f *diskFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.d.get(func(d *disk) error { return d.write }); err != nil {
		n, _ := f.file.WriteAt(p[:min(f.d.part, len(p))], off)
		return n, err
	}
	return f.file.WriteAt(p, off)
}

func (f *diskFile) Reserve(off, n int64) error {
	if err := f.d.get(func(d *disk) error { return d.room }); err != nil {
		return err
	}
	return f.file.Reserve(off, n)
}

func (f *diskFile) Sync() error {
	return f.d.get(func(d *disk) error { d.syncs++; return d.sync })
}

// logged is a logger, and a function that waits for a message with the text.
func logged(t *testing.T) (*zap.Logger, func(text string)) {
	messages := make(chan string, 1000)
	log := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(io.Discard), zap.InfoLevel),
		zap.Hooks(func(e zapcore.Entry) error { messages <- e.Message; return nil }))
	return log, func(text string) {
		t.Helper()
		for {
			select {
			case m := <-messages:
				if strings.Contains(m, text) {
					return
				}
			case <-time.After(time.Minute):
				t.Fatalf("never logged %q", text)
			}
		}
	}
}

func faultOptions(d *disk, log *zap.Logger) Options {
	return Options{create: d.open, Logger: log, SyncEvery: time.Millisecond, RetryEvery: time.Millisecond}
}

func TestAFullDisk(t *testing.T) {
	t.Parallel()
	for _, part := range []int{0, 1, 8, 200} {
		d := disk{part: part}
		log, await := logged(t)
		j := openJournal(t, t.TempDir(), faultOptions(&d, log))
		mustAppend(t, j, "a")
		d.set(func(d *disk) { d.write, d.room = syscall.ENOSPC, syscall.ENOSPC })
		for _, id := range []string{"b", "c"} {
			if err := j.Append(&Record{ID: id}); !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("append to a full disk: %v", err)
			}
		}
		if err := j.Err(); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("err on a full disk: %v", err)
		}
		d.set(func(d *disk) { d.write, d.room = nil, nil })
		await("can be written again") // though nobody appends
		if err := j.Err(); err != nil {
			t.Fatal(err)
		}
		mustAppend(t, j, "d")
		var m memory
		run(t, j, Checkpoint{}, m.sink)
		drain(t, j)
		if m.text() != "a b c d" || j.Lag() != (Lag{}) {
			t.Errorf("ingested %q, lag %+v", m.text(), j.Lag())
		}
	}
}

func TestTheReserveIsForCallsInFlight(t *testing.T) {
	t.Parallel()
	var d disk
	log, await := logged(t)
	j := openJournal(t, t.TempDir(), faultOptions(&d, log))
	mustAppend(t, j, "first")
	d.set(func(d *disk) { d.room = syscall.ENOSPC })
	n := 0
	for ; j.Err() == nil; n++ {
		mustAppend(t, j, "call")
	}
	if !errors.Is(j.Err(), syscall.ENOSPC) {
		t.Errorf("err: %v", j.Err())
	}
	if written := j.Lag().Bytes; written < reserveAhead/2-1000 || written > reserveAhead/2+1000 {
		t.Errorf("the fault was seen after %d bytes", written)
	}
	mustAppend(t, j, "in flight")
	d.set(func(d *disk) { d.room = nil })
	await("can be written again")
	if err := j.Err(); err != nil {
		t.Error(err)
	}
	var m memory
	run(t, j, Checkpoint{}, m.sink)
	drain(t, j)
	if len(m.ids) != n+2 {
		t.Errorf("%d records, want %d", len(m.ids), n+2)
	}
}

func TestWhatIsHeldIsBounded(t *testing.T) {
	t.Parallel()
	d := disk{write: syscall.EIO}
	o := faultOptions(&d, zap.NewNop())
	o.RetryEvery = time.Hour
	j := openJournal(t, t.TempDir(), o)
	big := &Record{ID: "big", User: strings.Repeat("x", maxPayload/2)}
	for n := 0; ; n++ {
		err := j.Append(big)
		if !errors.Is(err, syscall.EIO) {
			t.Fatal(err)
		}
		if strings.Contains(err.Error(), "lost") {
			if n < maxHeld/maxPayload {
				t.Errorf("record %d is lost", n)
			}
			break
		}
		if n > 4*maxHeld/maxPayload {
			t.Fatal("no bound")
		}
	}
	d.set(func(d *disk) { d.write = nil }) // Close writes what is held
}

func TestCloseOnABrokenDiskCountsWhatIsLost(t *testing.T) {
	t.Parallel()
	d := disk{write: syscall.EIO}
	j, err := Open(t.TempDir(), faultOptions(&d, nil))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := j.Append(&Record{ID: "a"}); err == nil {
			t.Fatal("no error")
		}
	}
	if err := j.Close(); err == nil || !strings.Contains(err.Error(), "2 records could not be written") {
		t.Errorf("closed with %v", err)
	}
}

func TestNoNewSegment(t *testing.T) {
	t.Parallel()
	var d disk
	o := faultOptions(&d, nil)
	o.SegmentBytes = 300
	j := openJournal(t, t.TempDir(), o)
	d.set(func(d *disk) { d.create = syscall.ENOSPC })
	ids := numbered(20)
	mustAppend(t, j, ids[:10]...)
	d.set(func(d *disk) { d.create = nil })
	mustAppend(t, j, ids[10:]...)
	var m memory
	run(t, j, Checkpoint{}, m.sink)
	drain(t, j)
	if m.text() != strings.Join(ids, " ") {
		t.Errorf("ingested %q", m.text())
	}
}

func TestFailingSync(t *testing.T) {
	t.Parallel()
	d := disk{sync: syscall.EIO}
	log, await := logged(t)
	j := openJournal(t, t.TempDir(), faultOptions(&d, log))
	mustAppend(t, j, "a") // it is written, and the sync is beside the call
	await("cannot be synced")
	if err := j.Err(); !errors.Is(err, syscall.EIO) {
		t.Errorf("err: %v", err)
	}
	d.set(func(d *disk) { d.sync = nil })
	await("can be synced again")
	if err := j.Err(); err != nil {
		t.Error(err)
	}
}

func TestSyncIsWaitedFor(t *testing.T) {
	t.Parallel()
	var d disk
	o := faultOptions(&d, nil)
	o.Sync = true
	j := openJournal(t, t.TempDir(), o)
	mustAppend(t, j, "a")
	d.set(func(d *disk) {
		if d.syncs == 0 {
			t.Error("returned before the sync")
		}
		d.sync = syscall.EIO
	})
	if err := j.Append(&Record{ID: "b"}); !errors.Is(err, syscall.EIO) {
		t.Errorf("append: %v", err)
	}
	d.set(func(d *disk) { d.sync = nil })
	mustAppend(t, j, "c")
	var m memory
	run(t, j, Checkpoint{}, m.sink)
	drain(t, j)
	if m.text() != "a b c" {
		t.Errorf("ingested %q", m.text())
	}
}
