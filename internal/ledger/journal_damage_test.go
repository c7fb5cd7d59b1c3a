package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// leave writes a segment as an earlier process might have left it.
func leave(t testing.TB, dir string, id uint64, content []byte) {
	t.Helper()
	if err := os.WriteFile(segmentPath(dir, id), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// framesOf are the frames of records with these ids, and where each ends.
func framesOf(ids ...string) (content []byte, ends []int) {
	for _, id := range ids {
		content = appendFrame(content, &Record{ID: id})
		ends = append(ends, len(content))
	}
	return content, ends
}

// ingest opens the journal, appends one more record and ingests all.
func ingest(t testing.TB, dir string) (ids string, lag Lag) {
	t.Helper()
	j, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, j, "new")
	var m memory
	stop := run(t, j, Checkpoint{}, m.sink)
	drain(t, j)
	stop()
	lag = j.Lag()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return m.text(), lag
}

func TestTornAtEveryByte(t *testing.T) {
	t.Parallel()
	content, ends := framesOf("a", "b", "c")
	dir := t.TempDir()
	for n := range len(content) + 1 {
		leave(t, dir, 1, content[:n])
		whole := 0
		var want []string
		for i, end := range ends {
			if n >= end {
				whole = end
				want = append(want, string(rune('a'+i)))
			}
		}
		got, lag := ingest(t, dir)
		if got != strings.Join(append(want, "new"), " ") || lag.Bytes != 0 || lag.Damaged != int64(n-whole) {
			t.Fatalf("cut at %d: ingested %q, lag %+v", n, got, lag)
		}
		for _, f := range files(t, dir) {
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestZerosAtTheEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	content, _ := framesOf("a")
	leave(t, dir, 1, append(content, make([]byte, 100_000)...))
	if got, lag := ingest(t, dir); got != "a new" || lag.Damaged != 100_000 {
		t.Errorf("ingested %q, lag %+v", got, lag)
	}
}

func TestAnyDamagedByteCostsOneRecord(t *testing.T) {
	t.Parallel()
	content, ends := framesOf("a", "b", "c")
	dir := t.TempDir()
	for at := ends[0]; at < ends[1]; at++ {
		damaged := slices.Clone(content)
		damaged[at] ^= 0x41
		leave(t, dir, 1, damaged)
		got, lag := ingest(t, dir)
		if got != "a c new" || lag.Damaged != int64(ends[1]-ends[0]) {
			t.Fatalf("damaged at %d: ingested %q, lag %+v", at, got, lag)
		}
		kept := segmentPath(dir, 1) + ".damaged"
		if text, err := os.ReadFile(kept); err != nil || !bytes.Equal(text, damaged) {
			t.Fatalf("damaged at %d: the segment is not kept: %v", at, err)
		}
		for _, f := range files(t, dir) {
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestDamageOfManyRecords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ids := numbered(2000)
	content, ends := framesOf(ids...)
	for i := ends[99]; i < ends[1899]; i++ {
		content[i] = byte(i * 7)
	}
	leave(t, dir, 1, content)
	want := strings.Join(slices.Concat(ids[:100], ids[1900:], []string{"new"}), " ")
	if got, lag := ingest(t, dir); got != want || lag.Damaged != int64(ends[1899]-ends[99]) {
		t.Errorf("lag %+v; ingested %s", lag, got)
	}
}

func TestASoundFrameThatIsNoRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, _ := framesOf("a")
	b, _ := framesOf("b")
	payload := []byte(`{"id":12}`)
	odd := binary.LittleEndian.AppendUint32(nil, uint32(len(payload)))
	odd = binary.LittleEndian.AppendUint32(odd, crc32.Checksum(payload, castagnoli))
	leave(t, dir, 1, slices.Concat(a, odd, payload, b))
	if got, lag := ingest(t, dir); got != "a b new" || lag.Damaged != int64(len(payload)) {
		t.Errorf("ingested %q, lag %+v", got, lag)
	}
}

func TestMissingAndForeignFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for id := range uint64(3) {
		content, _ := framesOf(fmt.Sprint(id))
		leave(t, dir, id+1, content)
	}
	for _, name := range []string{"/readme", "/5.journal", "/x.journal", "/00000000000000000001.journal.damaged"} {
		if err := os.WriteFile(dir+name, []byte("not ours"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	j := openJournal(t, dir, Options{})
	if err := os.Remove(segmentPath(dir, 2)); err != nil {
		t.Fatal(err)
	}
	var m memory
	run(t, j, Checkpoint{}, m.sink)
	drain(t, j)
	if got := m.text(); got != "0 2" {
		t.Errorf("ingested %q", got)
	}
}

func TestASegmentThatWasCutWhileOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	content, ends := framesOf("a", "b")
	leave(t, dir, 1, content)
	j := openJournal(t, dir, Options{})
	if err := os.Truncate(segmentPath(dir, 1), int64(ends[0]+9)); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, j, "new")
	var m memory
	run(t, j, Checkpoint{}, m.sink)
	drain(t, j)
	if got := m.text(); got != "a new" || j.Lag().Bytes != 0 {
		t.Errorf("ingested %q, lag %+v", got, j.Lag())
	}
}

// flaky fails every second read, as a disk in trouble does.
type flaky struct {
	io.ReaderAt
	reads int
}

func (f *flaky) ReadAt(p []byte, off int64) (int, error) {
	if f.reads++; f.reads%2 == 1 {
		return 0, io.ErrClosedPipe
	}
	return f.ReaderAt.ReadAt(p, off)
}

func TestReadingGoesOnAfterAnError(t *testing.T) {
	t.Parallel()
	content, _ := framesOf(numbered(2000)...)
	r := frameReader{f: &flaky{ReaderAt: bytes.NewReader(content)}, end: int64(len(content))}
	n := 0
	for {
		payload, skipped, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			if want := fmt.Sprintf(`{"id":"call_%04d"`, n); !strings.HasPrefix(string(payload), want) || skipped != 0 {
				t.Fatalf("record %d: %s, %d skipped", n, payload, skipped)
			}
			n++
		}
	}
	if n != 2000 {
		t.Errorf("%d records", n)
	}
}

// Whatever a segment holds, reading it ends, every byte is either in a frame
// or counted as damage, and sound frames behind the damage are found.
func FuzzFrames(f *testing.F) {
	content, ends := framesOf("a", "b")
	f.Add(content)
	f.Add(content[:ends[0]+5])
	f.Add(make([]byte, 40))
	f.Add(append([]byte{3, 0, 0, 0, 0, 0, 0, 0, '{'}, content...))
	last, _ := framesOf("last")
	f.Fuzz(func(t *testing.T, b []byte) {
		all := append(slices.Clone(b), last...)
		r := frameReader{f: bytes.NewReader(all), end: int64(len(all))}
		var seen int64
		found := ""
		for {
			payload, skipped, err := r.next()
			seen += skipped
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			seen += frameHeader + int64(len(payload))
			found = string(payload)
		}
		if seen != int64(len(all)) || found != string(last[frameHeader:]) {
			t.Fatalf("%d of %d bytes, the last frame is %q", seen, len(all), found)
		}
	})
}
