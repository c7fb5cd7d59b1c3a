package bedrock

import (
	"errors"
	"io"
	"sync"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/sse"
)

// frameReader cuts a stream into frames. It is an [llm.Splitter].
type frameReader struct {
	r   io.Reader
	max int
	buf []byte
	// buf[start:end] has been read and not been handed out.
	start, end int
	err        error
}

const (
	// initialFrames is enough for several frames of a stream.
	initialFrames = 4 << 10
	// maxPooled is the largest buffer that outlives its stream.
	maxPooled = 64 << 10
	// maxEmptyReads is how often in a row a source may return nothing.
	maxEmptyReads = 100
)

var frameReaders = sync.Pool{New: func() any { return new(frameReader) }}

// NewSplitter cuts a stream into its frames, for a relay. A body that begins
// with text instead is one event.
func (Dialect) NewSplitter(body io.Reader, maxEvent int) llm.Splitter {
	return newFrameReader(body, maxEvent)
}

func newFrameReader(body io.Reader, maxFrame int) *frameReader {
	f := frameReaders.Get().(*frameReader)
	if maxFrame <= 0 {
		maxFrame = sse.DefaultMaxEvent
	}
	*f = frameReader{r: body, max: maxFrame, buf: f.buf}
	return f
}

// Release gives the buffer to later streams.
func (f *frameReader) Release() {
	if cap(f.buf) > maxPooled {
		f.buf = nil
	}
	*f = frameReader{buf: f.buf}
	frameReaders.Put(f)
}

// Next returns the next frame. What is not a whole frame, and all behind it, is
// returned as it is, for the frame's own check to find.
func (f *frameReader) Next() ([]byte, error) {
	for {
		n, broken := f.length()
		have := f.end - f.start
		switch {
		case broken:
			f.err = io.EOF
			return f.take(have)
		case n > f.max || have > f.max && n == 0:
			return nil, sse.ErrTooLarge
		case n > 0 && n <= have:
			return f.take(n)
		case errors.Is(f.err, io.EOF) && have > 0:
			return f.take(have)
		case f.err != nil:
			return nil, f.err
		}
		f.fill(n)
	}
}

func (f *frameReader) take(n int) ([]byte, error) {
	f.start += n
	return f.buf[f.start-n : f.start], nil
}

// length is the length of the frame at start, or 0 while that is not known,
// which it never is where text begins. It is broken where neither begins.
func (f *frameReader) length() (n int, broken bool) {
	if f.end-f.start < preludeSize || f.buf[f.start] >= ' ' {
		return 0, false
	}
	n, err := frameLength(f.buf[f.start:])
	return n, err != nil
}

// Buffered reports whether another frame is at hand.
func (f *frameReader) Buffered() bool {
	n, broken := f.length()
	return broken || n > 0 && n <= f.end-f.start
}

// fill reads once from the source, making room for a frame of n bytes first.
func (f *frameReader) fill(n int) {
	if f.start > 0 && (f.start == f.end || f.end == len(f.buf) || f.start+n > len(f.buf)) {
		copy(f.buf, f.buf[f.start:f.end])
		f.start, f.end = 0, f.end-f.start
	}
	if f.end == len(f.buf) {
		grown := make([]byte, max(initialFrames, min(2*len(f.buf), f.max+1)))
		copy(grown, f.buf[:f.end])
		f.buf = grown
	}
	for range maxEmptyReads {
		n, err := f.r.Read(f.buf[f.end:])
		f.end += n
		f.err = err
		if n > 0 || err != nil {
			return
		}
	}
	f.err = io.ErrNoProgress
}

// Interface guard.
var _ llm.Splitter = (*frameReader)(nil)
