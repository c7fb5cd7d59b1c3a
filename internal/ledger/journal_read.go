package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"go.uber.org/zap"
)

// Checkpoint is a place in a journal: all records before it have been
// ingested. The zero value is the beginning.
type Checkpoint struct {
	Segment uint64 `json:"segment"`
	Offset  int64  `json:"offset"`
}

// between is how many bytes of a segment lie between two places.
func between(from, to Checkpoint, id uint64, size int64) int64 {
	if id < from.Segment || id > to.Segment {
		return 0
	}
	begin, end := int64(0), size
	if id == from.Segment {
		begin = from.Offset
	}
	if id == to.Segment {
		end = to.Offset
	}
	return max(end-begin, 0)
}

// Sink stores records, and in the same transaction the checkpoint behind them,
// which is what Run must be given at the next start: then every record is
// stored once, whenever the process dies. Of the records, JSON has all, and the
// other fields at least what is in front of the usage. They are the sink's until
// it returns. After an error it is called again with the same records.
type Sink func(ctx context.Context, recs []Record, next Checkpoint) error

// maxRetryPause bounds the pause after a sink has failed.
const maxRetryPause = 5 * time.Second

// Run gives the sink all records from a checkpoint on, as they are appended,
// and deletes the segments that are behind. It returns when the context or the
// journal ends, with the reason. Only one Run can be under way.
func (j *Journal) Run(ctx context.Context, from Checkpoint, sink Sink) error {
	if !j.running.CompareAndSwap(false, true) {
		return errors.New("running journal: it runs already")
	}
	defer j.running.Store(false)
	t := &tail{j: j, pos: j.begin(from), pause: time.NewTimer(time.Hour)}
	defer t.close()
	j.advance(t)
	for {
		if err := t.await(ctx); err != nil {
			return err
		}
		if err := t.read(); err != nil {
			if err := t.backOff(ctx, 0, "reading the journal failed", err); err != nil {
				return err
			}
			continue
		}
		for n := 0; len(t.recs) > 0; n++ {
			err := sink(ctx, t.recs, t.pos)
			if err == nil {
				break
			}
			if err := t.backOff(ctx, n, "ingesting call records failed", err); err != nil {
				return err
			}
		}
		j.advance(t)
	}
}

// Drain waits until Run has ingested all that was appended before, without the
// pauses in which Run otherwise waits for more. It fails when the context ends
// or the journal is closed before.
func (j *Journal) Drain(ctx context.Context) error {
	j.drains.Add(1)
	defer j.drains.Add(-1)
	signal(j.hurry)
	j.mu.Lock()
	target := j.end()
	for j.distance(j.committed, target) > 0 {
		if j.progress == nil {
			j.progress = make(chan struct{})
		}
		progress := j.progress
		j.mu.Unlock()
		select {
		case <-ctx.Done():
			return fmt.Errorf("draining journal: %w", ctx.Err())
		case <-j.quit:
			return fmt.Errorf("draining journal: %w", ErrJournalClosed)
		case <-progress:
		}
		j.mu.Lock()
	}
	j.mu.Unlock()
	return nil
}

// begin is where to read from, given the store's checkpoint.
func (j *Journal) begin(from Checkpoint) Checkpoint {
	j.mu.Lock()
	defer j.mu.Unlock()
	if end := j.end(); from.Segment > end.Segment || from.Segment == end.Segment && from.Offset > end.Offset {
		// This journal has never been there: the checkpoint is of another one.
		j.o.Logger.Warn("checkpoint is not of this journal, reading it from the beginning",
			zap.String("dir", j.dir), zap.Uint64("segment", from.Segment), zap.Int64("offset", from.Offset))
		return Checkpoint{}
	}
	return from
}

// advance notes that everything before the tail's place is ingested, and
// deletes the segments that are wholly behind it.
func (j *Journal) advance(t *tail) {
	j.mu.Lock()
	j.committed = t.pos
	j.ingested.Add(t.own)
	behind := 0
	for behind < len(j.sealed) && j.sealed[behind].id < t.pos.Segment {
		behind++
	}
	old := j.sealed[:behind]
	j.sealed = j.sealed[behind:]
	j.unread.Store(j.distance(j.committed, j.end()))
	if j.progress != nil {
		close(j.progress)
		j.progress = nil
	}
	j.mu.Unlock()
	t.own = 0
	clear(t.recs)
	t.recs = t.recs[:0]
	for _, s := range old {
		// What cannot be deleted now is behind the checkpoint at the next start
		// too, and is deleted then.
		if err := removeSegment(j.dir, s.id, t.damaged[s.id]); err != nil {
			j.o.Logger.Warn("deleting a journal segment failed", zap.Error(err))
		}
		delete(t.damaged, s.id)
	}
}

// await waits until there is something to read, and then a little for more.
func (t *tail) await(ctx context.Context) error {
	j := t.j
	for {
		j.mu.Lock()
		unread, active := j.distance(t.pos, j.end()), j.id
		j.mu.Unlock()
		if unread > 0 {
			if t.pos.Segment != active || j.drains.Load() > 0 || j.appended.Load()-j.ingested.Load() >= int64(j.o.BatchRecords) {
				return t.ended(ctx)
			}
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-j.quit:
			return ErrJournalClosed
		case <-j.wake:
		}
	}
	t.pause.Reset(j.o.BatchDelay)
	select {
	case <-ctx.Done():
	case <-j.quit:
	case <-j.hurry:
	case <-t.pause.C:
	}
	return t.ended(ctx)
}

func (t *tail) ended(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.j.quit:
		return ErrJournalClosed
	default:
		return nil
	}
}

// backOff reports a failure and waits, longer after each of n before it.
func (t *tail) backOff(ctx context.Context, n int, what string, err error) error {
	if err := t.ended(ctx); err != nil {
		return err
	}
	pause := min(t.j.o.RetryEvery<<min(n, 10), maxRetryPause)
	pause = pause/2 + rand.N(pause/2+1)
	t.j.o.Logger.Warn(what, zap.Error(err), zap.Int("failures", n+1), zap.Duration("pause", pause))
	t.pause.Reset(pause)
	select {
	case <-ctx.Done():
	case <-t.j.quit:
	case <-t.pause.C:
	}
	return t.ended(ctx)
}
