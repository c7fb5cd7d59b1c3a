package gemini

import (
	"errors"
	"io"
)

var errTooLarge = errors.New("reading list element: too large")

// listReader reads a stream that is one JSON array, element by element as they
// come, which is how Google streams when it is not asked for events.
type listReader struct {
	r   io.Reader
	max int
	buf []byte
	// buf[start:end] has been read and not been handed out.
	start, end int
	// begun is set after the opening bracket.
	begun bool
	err   error
}

// initialList is enough for several chunks of a stream.
const initialList = 4 << 10

// next returns the next element, an object, valid until next is called again.
// It returns io.EOF after the closing bracket, and io.ErrUnexpectedEOF when the
// stream ends before that.
func (l *listReader) next() ([]byte, error) {
	at := l.start
	depth, text, escaped := 0, false, false
	for {
		for ; at < l.end; at++ {
			c := l.buf[at]
			switch {
			case escaped:
				escaped = false
			case text:
				escaped = c == '\\'
				text = c != '"'
			case c == '"' && depth > 0:
				text = true
			case c == '{' || c == '[' && depth > 0:
				if depth == 0 {
					l.start = at
				}
				depth++
			case (c == '}' || c == ']') && depth > 0:
				if depth--; depth == 0 {
					element := l.buf[l.start : at+1]
					if len(element) > l.max {
						return nil, errTooLarge
					}
					l.start = at + 1
					return element, nil
				}
			case c == '[' && !l.begun:
				l.begun = true
			case c == ']':
				return nil, io.EOF
			case depth == 0 && c != ',' && c > ' ':
				return nil, errMalformed
			}
		}
		if depth == 0 {
			l.start = at
		}
		if l.end-l.start > l.max {
			return nil, errTooLarge
		}
		if l.err != nil {
			if errors.Is(l.err, io.EOF) {
				return nil, io.ErrUnexpectedEOF
			}
			return nil, l.err
		}
		at -= l.fill()
	}
}

// fill reads once, and returns by how much it moved what is at hand to make
// room.
func (l *listReader) fill() (moved int) {
	if l.start > 0 && l.end == len(l.buf) {
		moved = l.start
		copy(l.buf, l.buf[l.start:l.end])
		l.start, l.end = 0, l.end-moved
	}
	if l.end == len(l.buf) {
		grown := make([]byte, max(initialList, 2*len(l.buf)))
		copy(grown, l.buf[:l.end])
		l.buf = grown
	}
	n, err := io.ReadAtLeast(l.r, l.buf[l.end:], 1)
	l.end += n
	l.err = err
	return moved
}
