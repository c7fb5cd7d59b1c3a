package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// segment is a file of the journal that is no longer written to.
type segment struct {
	id   uint64
	size int64
}

const segmentSuffix = ".journal"

// file is what the journal needs of the segment that it writes.
type file interface {
	io.WriterAt
	Sync() error
	Truncate(size int64) error
	Close() error
	// Reserve sets room aside on the disk, beyond the end of the file, for
	// the bytes from off. It does nothing where the system cannot.
	Reserve(off, n int64) error
}

// segmentFile is a file of the operating system.
type segmentFile struct{ *os.File }

func (s segmentFile) Reserve(off, n int64) error { return reserve(s.File, off, n) }

// createSegment makes a segment that did not exist.
func createSegment(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return segmentFile{f}, nil
}

// segmentPath names a segment so that the order of names is that of time.
func segmentPath(dir string, id uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%020d%s", id, segmentSuffix))
}

// nextSegment is an id after another. It is the time in nanoseconds, so that a
// journal which was thrown away and begun anew does not use an id twice: the
// store's checkpoint would hide its records.
func nextSegment(last uint64) uint64 {
	return max(last+1, uint64(max(time.Now().UnixNano(), 1)))
}

// listSegments finds the segments of a directory, oldest first.
func listSegments(dir string) ([]segment, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("listing journal: %w", err)
	}
	var list []segment
	for _, e := range entries {
		digits, ok := strings.CutSuffix(e.Name(), segmentSuffix)
		if !ok || !e.Type().IsRegular() {
			continue
		}
		id, err := strconv.ParseUint(digits, 10, 64)
		if err != nil || segmentPath(dir, id) != filepath.Join(dir, e.Name()) {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("listing journal: %w", err)
		}
		list = append(list, segment{id, info.Size()})
	}
	slices.SortFunc(list, func(a, b segment) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
	return list, nil
}

// removeSegment deletes a segment that is wholly ingested. One that had damage
// in the middle is kept under another name for whoever wants to look.
func removeSegment(dir string, id uint64, damaged bool) error {
	path := segmentPath(dir, id)
	var err error
	if damaged {
		err = os.Rename(path, path+".damaged")
	} else {
		err = os.Remove(path)
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// syncDir makes names of new files last through a power failure.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	return errors.Join(err, d.Close())
}
