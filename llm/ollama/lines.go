package ollama

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/sse"
)

// lineReader cuts a stream into lines. It is an [llm.Splitter].
type lineReader struct {
	r   io.Reader
	max int
	buf []byte
	// buf[start:end] has been read and not been handed out; there is no line end
	// in buf[start:scan].
	start, scan, end int
	err              error
}

const (
	// initialLines is enough for several lines of a stream.
	initialLines = 4 << 10
	// maxPooled is the largest buffer that outlives its stream.
	maxPooled = 64 << 10
	// maxEmptyReads is how often in a row a source may return nothing.
	maxEmptyReads = 100
)

var lineReaders = sync.Pool{New: func() any { return new(lineReader) }}

// NewSplitter cuts a stream into its lines, for a relay. A last line that
// nothing closes counts; blank lines do not.
func (Dialect) NewSplitter(body io.Reader, maxEvent int) llm.Splitter {
	return newLineReader(body, maxEvent)
}

func newLineReader(body io.Reader, maxLine int) *lineReader {
	l := lineReaders.Get().(*lineReader)
	if maxLine <= 0 {
		maxLine = sse.DefaultMaxEvent
	}
	*l = lineReader{r: body, max: maxLine, buf: l.buf}
	return l
}

// Release gives the buffer to later streams.
func (l *lineReader) Release() {
	if cap(l.buf) > maxPooled {
		l.buf = nil
	}
	*l = lineReader{buf: l.buf}
	lineReaders.Put(l)
}

// Next returns the next line, its end included.
func (l *lineReader) Next() ([]byte, error) {
	for {
		line, err := l.line()
		if err != nil || len(bytes.TrimSpace(line)) > 0 {
			return line, err
		}
	}
}

func (l *lineReader) line() ([]byte, error) {
	for {
		if i := bytes.IndexByte(l.buf[l.scan:l.end], '\n'); i >= 0 {
			return l.take(l.scan + i + 1)
		}
		l.scan = l.end
		switch {
		case l.end-l.start > l.max:
			return nil, sse.ErrTooLarge
		case errors.Is(l.err, io.EOF) && l.end > l.start:
			return l.take(l.end)
		case l.err != nil:
			return nil, l.err
		}
		l.fill()
	}
}

// take hands out what goes up to an offset.
func (l *lineReader) take(end int) ([]byte, error) {
	line := l.buf[l.start:end]
	if len(line) > l.max {
		l.scan = l.start // so that the next call finds it again
		return nil, sse.ErrTooLarge
	}
	l.start, l.scan = end, end
	return line, nil
}

// Buffered reports whether another line is at hand.
func (l *lineReader) Buffered() bool {
	return bytes.IndexByte(l.buf[l.scan:l.end], '\n') >= 0
}

// fill reads once from the source, making room first.
func (l *lineReader) fill() {
	if l.start > 0 && (l.start == l.end || l.end == len(l.buf)) {
		copy(l.buf, l.buf[l.start:l.end])
		l.scan, l.end = l.scan-l.start, l.end-l.start
		l.start = 0
	}
	if l.end == len(l.buf) {
		// One byte beyond the bound is enough to know that it is exceeded.
		grown := make([]byte, max(initialLines, min(2*len(l.buf), l.max+1)))
		copy(grown, l.buf[:l.end])
		l.buf = grown
	}
	for range maxEmptyReads {
		n, err := l.r.Read(l.buf[l.end:])
		l.end += n
		l.err = err
		if n > 0 || err != nil {
			return
		}
	}
	l.err = io.ErrNoProgress
}

// Interface guard.
var _ llm.Splitter = (*lineReader)(nil)
