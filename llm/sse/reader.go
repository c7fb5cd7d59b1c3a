package sse

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

// DefaultMaxEvent bounds one event, in bytes, where nothing else is said.
const DefaultMaxEvent = 16 << 20

// ErrTooLarge is returned for an event that is longer than the bound.
var ErrTooLarge = errors.New("reading event: too large")

const (
	// initialBuffer is enough for several events of a model's stream, and all
	// that most streams ever use.
	initialBuffer = 4 << 10
	// maxPooled is the largest buffer that outlives its stream.
	maxPooled = 64 << 10
	// maxEmptyReads is how often in a row a source may return nothing.
	maxEmptyReads = 100
)

// Reader reads events from a stream. It is not safe for concurrent use.
type Reader struct {
	r   io.Reader
	max int
	buf []byte
	// buf[start:end] is what has been read and not been handed out.
	start, end int
	// found is the length of the event at start, or 0 while it is not complete.
	found int
	// line is the start of the line that is being looked at. There is no CR in
	// buf[line:scan] and no LF in buf[line:lf].
	line, scan, lf int
	// crlf is set when the last line before line ended in CRLF.
	crlf bool
	// begun is set once a byte order mark has been looked for.
	begun bool
	// joined holds the data of an event of several data lines.
	joined []byte
	// err is what the source ended with.
	err error
}

var readers = sync.Pool{New: func() any { return new(Reader) }}

// NewReader returns a reader of r whose events are at most maxEvent bytes long,
// or [DefaultMaxEvent] when it is 0. Release gives it back.
func NewReader(r io.Reader, maxEvent int) *Reader {
	d := readers.Get().(*Reader)
	d.max = maxEvent
	if maxEvent <= 0 {
		d.max = DefaultMaxEvent
	}
	d.Reset(r)
	return d
}

// Reset makes the reader read from r as if it were new, with the same bound.
func (d *Reader) Reset(r io.Reader) {
	*d = Reader{r: r, max: d.max, buf: d.buf, joined: d.joined[:0]}
	if d.max == 0 {
		d.max = DefaultMaxEvent
	}
}

// Release gives the reader's buffers to later streams. Neither the reader nor
// its events may be used afterwards.
func (d *Reader) Release() {
	if cap(d.buf) > maxPooled {
		d.buf = nil
	}
	if cap(d.joined) > maxPooled {
		d.joined = nil
	}
	d.Reset(nil)
	readers.Put(d)
}

// Next returns the next event, whose slices are valid until Next is called
// again. Events without data, such as comments, are returned too. At the end of
// the stream it returns io.EOF; a last event that no blank line closes counts.
// Any other error of the source is returned after the complete events before
// it, and [ErrTooLarge] is final.
func (d *Reader) Next() (Event, error) {
	d.consume()
	for !d.find() {
		if d.end-d.start > d.max {
			return Event{}, ErrTooLarge
		}
		if d.err != nil {
			return d.last()
		}
		d.fill()
	}
	if d.found > d.max {
		d.found = 0 // so that the next call finds it again
		return Event{}, ErrTooLarge
	}
	return d.event(), nil
}

// Buffered reports whether Next can return without reading from the source. It
// leaves the last event valid.
func (d *Reader) Buffered() bool {
	if d.found == 0 {
		return d.find()
	}
	// The last event is still held; look behind it without giving it up.
	ahead := *d
	ahead.consume()
	return ahead.find()
}

// consume drops the event that was handed out last.
func (d *Reader) consume() {
	if d.found > 0 {
		d.start += d.found
		d.found = 0
		d.newEvent()
	}
}

// newEvent begins to look for an event at start.
func (d *Reader) newEvent() {
	d.line, d.scan, d.crlf = d.start, d.start, false
	d.lf = max(d.lf, d.start)
}

// event returns the event that was found.
func (d *Reader) event() (e Event) {
	e, d.joined = Parse(d.buf[d.start:d.start+d.found], d.joined)
	return e
}

// last ends the stream: with the open event when the source ended well.
func (d *Reader) last() (Event, error) {
	if errors.Is(d.err, io.EOF) && d.end > d.start {
		d.found = d.end - d.start
		return d.event(), nil
	}
	return Event{}, d.err
}

// find looks for the end of the event at start in what has been read, and
// remembers how far it came.
func (d *Reader) find() bool {
	if !d.begun && !d.skipMark() {
		return false
	}
	// Blank lines before an event say nothing. This also takes the LF of a
	// CRLF whose CR has closed an event whose other lines end in CR.
	if d.line == d.start && d.scan == d.start {
		for d.start < d.end && (d.buf[d.start] == '\n' || d.buf[d.start] == '\r') {
			d.start++
		}
		d.newEvent()
	}
	for {
		if i := bytes.IndexByte(d.buf[d.lf:d.end], '\n'); i >= 0 {
			d.lf += i
		} else {
			d.lf = d.end
		}
		stop, width := d.lf, 1
		if i := bytes.IndexByte(d.buf[d.scan:d.lf], '\r'); i >= 0 {
			stop = d.scan + i
			if stop+1 < d.end {
				if d.buf[stop+1] == '\n' {
					width = 2
				}
			} else if stop != d.line || d.crlf {
				// The LF may be still to come. Not waiting for it is right
				// only where the lines before ended in CR alone.
				d.scan = stop
				return false
			}
			if stop == d.line && !d.crlf {
				width = 1
			}
		} else if d.lf == d.end {
			d.scan = d.end
			return false
		}
		if stop == d.line {
			d.found = stop + width - d.start
			return true
		}
		d.line = stop + width
		d.scan = d.line
		d.lf = max(d.lf, d.line)
		d.crlf = width == 2
	}
}

// skipMark skips a byte order mark at the start of the stream. It is false
// while more must be read to know.
func (d *Reader) skipMark() bool {
	const mark = "\xef\xbb\xbf"
	have := min(d.end-d.start, len(mark))
	if string(d.buf[d.start:d.start+have]) == mark[:have] {
		if have < len(mark) && d.err == nil {
			return false
		}
		if have == len(mark) {
			d.start += len(mark)
		}
	}
	d.begun = true
	d.newEvent()
	return true
}

// fill reads once from the source, making room first.
func (d *Reader) fill() {
	if d.start > 0 && (d.start == d.end || d.end == len(d.buf)) {
		copy(d.buf, d.buf[d.start:d.end])
		d.line -= d.start
		d.scan -= d.start
		d.lf -= d.start
		d.end -= d.start
		d.start = 0
	}
	if d.end == len(d.buf) {
		// One byte beyond the bound is enough to know that it is exceeded.
		grown := make([]byte, max(initialBuffer, min(2*len(d.buf), d.max+1)))
		copy(grown, d.buf[:d.end])
		d.buf = grown
	}
	for range maxEmptyReads {
		n, err := d.r.Read(d.buf[d.end:])
		d.end += n
		d.err = err
		if n > 0 || err != nil {
			return
		}
	}
	d.err = io.ErrNoProgress
}
