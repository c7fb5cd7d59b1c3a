package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// Errors that tell what to do.
var (
	// ErrJournalFull: nobody has ingested for so long that the bound on unread
	// records is reached.
	ErrJournalFull = errors.New("journal is full")
	// ErrJournalClosed: the journal takes no more records.
	ErrJournalClosed = errors.New("journal is closed")
	// ErrJournalInUse: another process has the journal.
	ErrJournalInUse = errors.New("journal is in use by another process")
)

// Options set a journal. The zero value has the defaults.
type Options struct {
	// SegmentBytes is the size at which a new file is begun. Default 64 MiB.
	SegmentBytes int64
	// MaxBytes bounds what nobody has ingested yet. From there on Err tells
	// ErrJournalFull, and from there plus SegmentBytes, which is room for the
	// calls in flight, Append refuses. Default 4 GiB.
	MaxBytes int64
	// Sync makes Append wait until the record is on the disk, so that it also
	// survives a loss of power.
	Sync bool
	// SyncEvery is how often a changed file is written to the disk without
	// Sync. Default 10ms.
	SyncEvery time.Duration
	// BatchRecords is how many records a sink gets at most at a time, and
	// BatchDelay how long the first of them waits for others. Defaults: 500,
	// 100ms.
	BatchRecords int
	BatchDelay   time.Duration
	// RetryEvery is how often a fault of the disk is looked at again, and the
	// first pause after a sink has failed. Default 250ms.
	RetryEvery time.Duration
	// Logger gets faults and repairs. Default: none.
	Logger *zap.Logger

	// create makes a segment; tests put a faulty disk here.
	create func(path string) (file, error)
}

func (o *Options) setDefaults() {
	setDefault(&o.SegmentBytes, 64<<20)
	setDefault(&o.MaxBytes, 4<<30)
	setDefault(&o.SyncEvery, 10*time.Millisecond)
	setDefault(&o.BatchRecords, 500)
	setDefault(&o.BatchDelay, 100*time.Millisecond)
	setDefault(&o.RetryEvery, 250*time.Millisecond)
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.create == nil {
		o.create = createSegment
	}
}

func setDefault[T int | int64 | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

// Journal keeps records in files until somebody has ingested them, through a
// crash of the process. All methods are safe for concurrent use.
//
// One writer at a time, the lead, writes to the disk. Whoever appends
// meanwhile queues, and the next lead writes all of the queue at once.
type Journal struct {
	dir  string
	o    Options
	lock *os.File
	// opened is the id of the first segment that this journal wrote.
	opened uint64

	// Of the lead alone.
	active   file
	reserved int64
	held     []byte
	heldRecs int64

	mu      sync.Mutex
	leading bool
	closed  bool
	queue   batch
	spare   batch
	// sealed are the finished segments, oldest first; id and off tell where
	// the next frame goes. The lead changes them under mu, so it can read them
	// without.
	sealed []segment
	id     uint64
	off    int64
	// retired are finished segments that must be synced and closed.
	retired []file
	// committed is what the sink has stored; progress is closed when it moves.
	committed Checkpoint
	progress  chan struct{}

	writeFault fault
	syncFault  fault
	dirty      atomic.Bool
	// appended and ingested count records of this journal's own segments.
	appended atomic.Int64
	ingested atomic.Int64
	unread   atomic.Int64
	damaged  atomic.Int64
	running  atomic.Bool
	drains   atomic.Int64

	kick  chan struct{} // the keeper has something to sync
	wake  chan struct{} // the reader has something to read
	hurry chan struct{} // the reader should not wait for more
	quit  chan struct{} // closed by Close
	done  chan struct{} // closed by the keeper
	idle  chan struct{} // closed by the last lead
}

// Open opens the journal in a directory, which it makes when there is none.
// Records that were appended before, by a process that may have crashed, are
// still there for [Journal.Run].
func Open(dir string, o Options) (*Journal, error) {
	o.setDefaults()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening journal: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening journal: %w", err)
	}
	j := &Journal{
		dir: dir, o: o, lock: lock,
		kick: make(chan struct{}, 1), wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1),
		quit: make(chan struct{}), done: make(chan struct{}), idle: make(chan struct{}),
	}
	if err := j.open(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	go j.keep()
	return j, nil
}

// open begins a segment of its own after those that are there: what a crash
// did to the end of the last one is then the reader's business alone.
func (j *Journal) open() error {
	if err := lockFile(j.lock); err != nil {
		return fmt.Errorf("opening journal %s: %w: %w", j.dir, ErrJournalInUse, err)
	}
	var err error
	if j.sealed, err = listSegments(j.dir); err != nil {
		return err
	}
	if n := len(j.sealed); n > 0 {
		j.id = j.sealed[n-1].id
	}
	j.id = nextSegment(j.id)
	if j.active, err = j.o.create(segmentPath(j.dir, j.id)); err != nil {
		return fmt.Errorf("opening journal: %w", err)
	}
	if err := syncDir(j.dir); err != nil {
		return errors.Join(fmt.Errorf("opening journal: %w", err), j.active.Close())
	}
	j.opened = j.id
	j.unread.Store(j.distance(Checkpoint{}, j.end()))
	if n := j.unread.Load(); n > 0 {
		j.o.Logger.Info("journal has records to ingest", zap.String("dir", j.dir), zap.Int64("bytes", n))
	}
	return nil
}

// Close writes what is left to write and gives the journal back. Records that
// nobody has ingested stay for the next Open. End Run before: it fails from
// then on.
func (j *Journal) Close() error {
	j.mu.Lock()
	if j.closed {
		j.mu.Unlock()
		return nil
	}
	j.closed = true
	busy := j.leading
	j.mu.Unlock()
	close(j.quit)
	<-j.done
	if busy {
		<-j.idle
	}

	// Nobody can take the lead any more, so it is ours.
	if len(j.held) > 0 {
		if err := j.write(nil, 0); err != nil {
			j.o.Logger.Error("closing a journal that cannot be written", zap.Error(err))
		}
	}
	err := j.syncRetired()
	err = errors.Join(err, j.active.Truncate(j.off), j.active.Sync())
	if len(j.held) > 0 {
		err = errors.Join(err, fmt.Errorf("%d records could not be written", j.heldRecs))
	}
	err = errors.Join(err, j.active.Close())
	if j.off == 0 {
		err = errors.Join(err, removeSegment(j.dir, j.id, false))
	}
	if err = errors.Join(err, unlockFile(j.lock), j.lock.Close()); err != nil {
		return fmt.Errorf("closing journal: %w", err)
	}
	return nil
}

// Err tells why calls that must be recorded should not be admitted now: the
// disk is full or broken, or the bound on unread records is reached. It is nil
// again once that has passed. It costs two atomic loads.
func (j *Journal) Err() error {
	if err := j.writeFault.get(); err != nil {
		return err
	}
	if err := j.syncFault.get(); err != nil {
		return err
	}
	if j.unread.Load() >= j.o.MaxBytes {
		return ErrJournalFull
	}
	return nil
}

// Lag is what is in the journal and not yet ingested.
type Lag struct {
	Bytes int64
	// Records counts those appended since Open; what an earlier process left
	// behind is in Bytes alone until it has been read.
	Records int64
	// Damaged are the bytes that were skipped since Open because they held no
	// sound record.
	Damaged int64
}

// Lag tells how far behind the sink is.
func (j *Journal) Lag() Lag {
	return Lag{
		Bytes:   j.unread.Load(),
		Records: max(j.appended.Load()-j.ingested.Load(), 0),
		Damaged: j.damaged.Load(),
	}
}

// end is the place behind the last record. It needs mu.
func (j *Journal) end() Checkpoint { return Checkpoint{Segment: j.id, Offset: j.off} }

// distance is the bytes between two places. It needs mu.
func (j *Journal) distance(from, to Checkpoint) int64 {
	n := between(from, to, j.id, j.off)
	for _, s := range j.sealed {
		n += between(from, to, s.id, s.size)
	}
	return n
}

// fault is an error that stands until it is cleared.
type fault struct{ p atomic.Pointer[error] }

func (f *fault) get() error {
	if p := f.p.Load(); p != nil {
		return *p
	}
	return nil
}

// set keeps the error, and tells if there was none before. A nil error clears.
func (f *fault) set(err error) (changed bool) {
	if err == nil {
		return f.p.Load() != nil && f.p.Swap(nil) != nil
	}
	stands := err // the parameter must not escape when it is nil
	return f.p.Swap(&stands) == nil
}
