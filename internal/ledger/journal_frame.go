package ledger

import (
	"encoding/binary"
	"hash/crc32"
	"io"
)

// A frame is a record in a segment: the payload's length and its CRC-32C, both
// as little-endian 32-bit numbers, then the payload, a JSON object.
//
// No payload can contain what looks like a frame: a plausible length has a
// zero byte, which JSON escapes. So the frames after a damaged one can be
// found again by looking at every byte.
const (
	frameHeader = 8
	maxPayload  = 1 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendFrame appends the record as a frame.
func appendFrame(dst []byte, r *Record) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, frameHeader)...)
	dst = AppendJSON(dst, r)
	payload := dst[start+frameHeader:]
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(dst[start+4:], crc32.Checksum(payload, castagnoli))
	return dst
}

// framePayload is the length that a frame's header tells; 0 when no payload
// has that length, as in the zeros that a crash can leave behind.
func framePayload(header []byte) int {
	n := binary.LittleEndian.Uint32(header)
	if n < 2 || n > maxPayload {
		return 0
	}
	return int(n)
}

// frameValid tells if a whole frame is sound.
func frameValid(frame []byte) bool {
	payload := frame[frameHeader:]
	return payload[0] == '{' && payload[len(payload)-1] == '}' &&
		binary.LittleEndian.Uint32(frame[4:]) == crc32.Checksum(payload, castagnoli)
}

// frameReader reads the frames of one segment.
type frameReader struct {
	f io.ReaderAt
	// off is where the next frame begins, end where the last one ends.
	off, end int64
	// buf[r:w] is what has been read ahead from off.
	buf  []byte
	r, w int
}

// next returns the payload of the next sound frame, which is valid until it is
// called again, and how many damaged bytes it skipped to find that. At the end
// it returns io.EOF, perhaps after skipping the rest. Other errors are those of
// reading; the place is then unchanged, and next can be called again.
func (f *frameReader) next() (payload []byte, skipped int64, err error) {
	for f.off < f.end {
		frame, err := f.frame()
		if err != nil {
			f.off -= skipped
			f.r, f.w = 0, 0
			return nil, 0, err
		}
		if frame != nil {
			f.advance(len(frame))
			return frame[frameHeader:], skipped, nil
		}
		f.advance(1)
		skipped++
	}
	return nil, skipped, io.EOF
}

func (f *frameReader) advance(n int) {
	f.off += int64(n)
	f.r += n
}

// frame returns the frame at off; nil when there is no sound one.
func (f *frameReader) frame() ([]byte, error) {
	if ok, err := f.fill(frameHeader + 1); !ok {
		return nil, err
	}
	n := framePayload(f.buf[f.r:])
	if n == 0 || f.buf[f.r+frameHeader] != '{' {
		return nil, nil
	}
	if ok, err := f.fill(frameHeader + n); !ok {
		return nil, err
	}
	frame := f.buf[f.r : f.r+frameHeader+n]
	if !frameValid(frame) {
		return nil, nil
	}
	return frame, nil
}

const readAhead = 64 << 10

// fill makes n bytes from off available; it tells false when the segment ends
// before.
func (f *frameReader) fill(n int) (bool, error) {
	if f.w-f.r >= n {
		return true, nil
	}
	if f.end-f.off < int64(n) {
		return false, nil
	}
	if len(f.buf) < n+readAhead {
		buf := make([]byte, n+readAhead)
		f.w = copy(buf, f.buf[f.r:f.w])
		f.buf = buf
	} else {
		f.w = copy(f.buf, f.buf[f.r:f.w])
	}
	f.r = 0
	at := f.off + int64(f.w)
	want := f.buf[f.w:]
	if rest := f.end - at; int64(len(want)) > rest {
		want = want[:rest]
	}
	got, err := f.f.ReadAt(want, at)
	f.w += got
	if f.w >= n {
		return true, nil
	}
	if err == io.EOF {
		// Somebody cut the segment short: what is missing does not come back.
		f.end = at + int64(got)
		return false, nil
	}
	return false, err
}
