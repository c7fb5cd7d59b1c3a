package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.uber.org/zap"
)

// tail reads the journal from a place on. It is the state of one Run.
type tail struct {
	j   *Journal
	pos Checkpoint
	// f is the segment at pos, nil when it is not open.
	f  *os.File
	fr frameReader
	// recs are what was read and not yet stored; own of them were appended
	// since the journal was opened.
	recs []Record
	own  int64
	// damaged are the segments that had damage in the middle.
	damaged map[uint64]bool
	pause   *time.Timer
}

// maxBatchBytes bounds a batch of unusually large records.
const maxBatchBytes = 4 << 20

// read appends the next batch to recs and moves pos behind it. It may give no
// records and have moved all the same, over damage or empty segments.
func (t *tail) read() error {
	bytes := 0
	for len(t.recs) < t.j.o.BatchRecords && bytes < maxBatchBytes {
		seg, sealed := t.segment()
		payload, err := t.frame(seg)
		if err != nil && !errors.Is(err, io.EOF) {
			if len(t.recs) > 0 {
				return nil
			}
			return err
		}
		if err == nil {
			bytes += len(payload)
			t.decode(payload)
			continue
		}
		if !sealed {
			return nil
		}
		t.closeFile()
		t.pos = Checkpoint{Segment: t.after(seg.id)}
	}
	return nil
}

// segment is the one that holds pos, or the first one after it.
func (t *tail) segment() (s segment, sealed bool) {
	j := t.j
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.sealed {
		if s.id >= t.pos.Segment {
			return s, true
		}
	}
	return segment{j.id, j.off}, false
}

// after is the id of the segment that follows a sealed one.
func (t *tail) after(id uint64) uint64 {
	j := t.j
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.sealed {
		if s.id > id {
			return s.id
		}
	}
	return j.id
}

// frame reads the next payload of the segment and moves pos behind it. At the
// end of the segment it returns io.EOF.
func (t *tail) frame(s segment) ([]byte, error) {
	if t.pos.Segment != s.id {
		t.closeFile()
		t.pos = Checkpoint{Segment: s.id}
	}
	if t.pos.Offset >= s.size {
		return nil, io.EOF
	}
	if t.f == nil {
		f, err := os.Open(segmentPath(t.j.dir, s.id))
		if errors.Is(err, os.ErrNotExist) {
			t.torn(s, s.size-t.pos.Offset, "journal segment is missing")
			return nil, io.EOF
		}
		if err != nil {
			return nil, fmt.Errorf("reading journal: %w", err)
		}
		t.f = f
		t.fr = frameReader{f: f, off: t.pos.Offset, buf: t.fr.buf}
	}
	t.fr.end = s.size
	payload, skipped, err := t.fr.next()
	switch {
	case errors.Is(err, io.EOF):
		if lost := s.size - t.pos.Offset; lost > 0 {
			t.torn(s, lost, "journal segment ends in a record that was not finished")
		}
		return nil, io.EOF
	case err != nil:
		return nil, fmt.Errorf("reading journal segment %d: %w", s.id, err)
	case skipped > 0:
		t.skip(skipped, "journal segment is damaged", nil)
	}
	t.pos.Offset = t.fr.off
	return payload, nil
}

// torn gives the rest of a segment up.
func (t *tail) torn(s segment, lost int64, what string) {
	t.j.damaged.Add(lost)
	t.j.o.Logger.Warn(what, zap.Uint64("segment", s.id), zap.Int64("offset", t.pos.Offset), zap.Int64("bytes", lost))
	t.closeFile()
	t.pos.Offset = s.size
}

// skip reports damage between sound records.
func (t *tail) skip(n int64, what string, err error) {
	t.j.damaged.Add(n)
	if t.damaged == nil {
		t.damaged = make(map[uint64]bool)
	}
	t.damaged[t.pos.Segment] = true
	t.j.o.Logger.Error(what, zap.Uint64("segment", t.pos.Segment), zap.Int64("offset", t.pos.Offset),
		zap.Int64("bytes", n), zap.Error(err))
}

// decode appends the record in a payload that has just been read.
func (t *tail) decode(payload []byte) {
	n := len(t.recs)
	t.recs = append(t.recs, Record{})
	if err := skimJSON(payload, &t.recs[n]); err != nil {
		t.recs = t.recs[:n]
		t.skip(int64(len(payload)), "journal has a record that cannot be read", err)
		return
	}
	if t.pos.Segment >= t.j.opened {
		t.own++
	}
}

func (t *tail) closeFile() {
	if t.f != nil {
		_ = t.f.Close() // nothing was written
		t.f = nil
	}
}

func (t *tail) close() {
	t.closeFile()
	t.pause.Stop()
}
