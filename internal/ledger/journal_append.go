package ledger

import (
	"errors"
	"fmt"
	"sync"

	"go.uber.org/zap"
)

// Append puts the record into the journal. When it returns nil, the record
// survives the death of the process, and with [Options.Sync] that of the
// machine.
//
// When the disk cannot take it, the error says so, Err tells the same from
// then on, and the record is kept in memory, in bounds, and written once the
// disk has room again: do not append it twice.
func (j *Journal) Append(r *Record) error {
	f := frames.Get().(*frame)
	defer frames.Put(f)
	f.b = appendFrame(f.b[:0], r)
	if len(f.b) > frameHeader+maxPayload {
		// A caller can make its record large, but not so as to get off free.
		f.b = appendFrame(f.b[:0], r.trimmed())
		if len(f.b) > frameHeader+maxPayload {
			return fmt.Errorf("appending record %s: %d bytes, at most %d", r.ID, len(f.b)-frameHeader, maxPayload)
		}
	}
	err := j.commit(f)
	if cap(f.b) > 64<<10 {
		f.b = nil
	}
	return err
}

// frame is a record on its way into the journal.
type frame struct {
	b []byte
	// turn tells an appender in the queue how it went on.
	turn chan turn
}

// turn is either that the frame was written, or failed, or that its appender
// is now the lead and has to write it, with the rest of the queue.
type turn struct {
	lead bool
	err  error
}

var frames = sync.Pool{New: func() any { return &frame{turn: make(chan turn, 1)} }}

// batch is frames that are written together, and who waits for them.
type batch struct {
	b       []byte
	waiting []*frame
}

func (j *Journal) commit(f *frame) error {
	j.mu.Lock()
	switch {
	case j.closed:
		j.mu.Unlock()
		return ErrJournalClosed
	case j.unread.Load() >= j.o.MaxBytes+j.o.SegmentBytes:
		j.mu.Unlock()
		return ErrJournalFull
	case !j.leading:
		j.leading = true
		j.mu.Unlock()
		err := j.write(f.b, 1)
		j.handOver()
		return err
	}
	j.queue.b = append(j.queue.b, f.b...)
	j.queue.waiting = append(j.queue.waiting, f)
	j.mu.Unlock()

	t := <-f.turn
	if !t.lead {
		return t.err
	}
	j.mu.Lock()
	b := j.queue
	j.queue, j.spare = j.spare, batch{}
	j.mu.Unlock()
	err := j.write(b.b, int64(len(b.waiting)))
	for _, w := range b.waiting {
		if w != f {
			w.turn <- turn{err: err}
		}
	}
	clear(b.waiting)
	if cap(b.b) > 1<<20 {
		b.b = nil
	}
	j.mu.Lock()
	j.spare = batch{b.b[:0], b.waiting[:0]}
	j.mu.Unlock()
	j.handOver()
	return err
}

// handOver makes the first in the queue the lead, if there is one.
func (j *Journal) handOver() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.queue.waiting) == 0 {
		j.leading = false
		if j.closed {
			close(j.idle)
		}
		return
	}
	j.queue.waiting[0].turn <- turn{lead: true}
}

const (
	// reserveAhead is the room set aside on the disk beyond what is written.
	// When the disk fills up, the reservation fails first: then Err tells, and
	// the calls in flight still have room for their records.
	reserveAhead = 1 << 20
	// maxHeld bounds what is kept in memory while the disk takes nothing.
	maxHeld = 8 << 20
)

// write puts frames at the end of the active segment. It is the lead's.
func (j *Journal) write(b []byte, records int64) error {
	held := len(j.held) > 0
	if held {
		if len(j.held)+len(b) > maxHeld {
			return fmt.Errorf("appending to journal: %d records lost: %w", records, j.writeFault.get())
		}
		j.held = append(j.held, b...)
		j.heldRecs += records
		b, records = j.held, j.heldRecs
	}
	if j.off > 0 && j.off+int64(len(b)) > j.o.SegmentBytes {
		// When no segment can be begun, the old one grows.
		if err := j.rotate(); err != nil {
			j.o.Logger.Error("beginning a journal segment failed", zap.Error(err))
		}
	}
	noRoom := j.makeRoom(int64(len(b)))
	if _, err := j.active.WriteAt(b, j.off); err != nil {
		// off stays, so the next write covers what this one left behind.
		return j.fail(b, records, held, err)
	}
	if j.o.Sync {
		if err := j.active.Sync(); err != nil {
			return j.fail(b, records, held, err)
		}
	}
	j.mu.Lock()
	j.off += int64(len(b))
	j.unread.Add(int64(len(b)))
	j.mu.Unlock()
	j.appended.Add(records)
	j.held, j.heldRecs = nil, 0
	if noRoom != nil {
		j.setWriteFault(noRoom)
	} else {
		j.clearWriteFault()
	}
	if !j.o.Sync && !j.dirty.Load() {
		j.dirty.Store(true)
		signal(j.kick)
	}
	signal(j.wake)
	if j.appended.Load()-j.ingested.Load() >= int64(j.o.BatchRecords) {
		signal(j.hurry)
	}
	return nil
}

// fail keeps frames that could not be written.
func (j *Journal) fail(b []byte, records int64, held bool, err error) error {
	err = fmt.Errorf("writing journal: %w", err)
	j.setWriteFault(err)
	if !held {
		j.held = append([]byte(nil), b...)
		j.heldRecs = records
	}
	return err
}

func (j *Journal) setWriteFault(err error) {
	if j.writeFault.set(err) {
		j.o.Logger.Error("journal cannot be written", zap.String("dir", j.dir), zap.Error(err))
		signal(j.kick)
	}
}

func (j *Journal) clearWriteFault() {
	if j.writeFault.set(nil) {
		j.o.Logger.Info("journal can be written again", zap.String("dir", j.dir))
	}
}

// makeRoom sees to it that there is room for n bytes and more.
func (j *Journal) makeRoom(n int64) error {
	if j.reserved-j.off-n >= reserveAhead/2 {
		return nil
	}
	if err := j.active.Reserve(j.off, n+reserveAhead); err != nil {
		return fmt.Errorf("reserving room for the journal: %w", err)
	}
	j.reserved = j.off + n + reserveAhead
	return nil
}

// rotate begins a new segment. It is the lead's.
func (j *Journal) rotate() error {
	id := nextSegment(j.id)
	next, err := j.o.create(segmentPath(j.dir, id))
	if err != nil {
		return err
	}
	if err := syncDir(j.dir); err != nil {
		return errors.Join(err, next.Close(), removeSegment(j.dir, id, false))
	}
	// This gives the reserved room back, and what a failed write left behind.
	if err := j.active.Truncate(j.off); err != nil {
		j.o.Logger.Warn("trimming a journal segment failed", zap.Error(err))
	}
	j.mu.Lock()
	j.sealed = append(j.sealed, segment{j.id, j.off})
	j.retired = append(j.retired, j.active)
	j.id, j.off = id, 0
	j.active = next
	j.mu.Unlock()
	j.reserved = 0
	signal(j.kick)
	return nil
}

// signal wakes whoever waits for the channel, now or later.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
