package egress

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

// upload lends a caller's bytes to net/http for as long as a call lasts.
//
// A transport may go on reading a request's body after it has returned, from
// goroutines of its own: when an answer came before all was sent, or when a
// call was canceled. The caller's buffer is another call's by then. So large
// bodies are read under a lock that is closed at the end of the call, and
// small ones are copied.
type upload struct {
	mu   sync.Mutex
	data []byte
	over bool
	// copied is set for small bodies, which small then reads.
	copied bool
	small  bytes.Reader
}

// maxCopied is the size up to which a body and its headers fill no more than
// one buffer of a connection. net/http then sends both with one system call,
// if the body is a bytes.Reader.
const maxCopied = 3584

func (u *upload) lend(body []byte) {
	u.data = body
	if len(body) <= maxCopied {
		u.data = append([]byte(nil), body...)
		u.copied = true
	}
}

// open begins to read the body for the first time.
func (u *upload) open() io.ReadCloser {
	if u.copied {
		u.small.Reset(u.data)
		return io.NopCloser(&u.small)
	}
	return &uploadReader{upload: u}
}

// again begins to read the body once more, for a connection that turned out to
// be dead.
func (u *upload) again() (io.ReadCloser, error) {
	if u.copied {
		return io.NopCloser(bytes.NewReader(u.data)), nil
	}
	return &uploadReader{upload: u}, nil
}

// end takes the bytes back. Once it has returned, nothing reads them.
func (u *upload) end() {
	if u.copied {
		return
	}
	u.mu.Lock()
	u.over, u.data = true, nil
	u.mu.Unlock()
}

var errOver = errors.New("the call is over")

// uploadReader deliberately has no WriteTo: each Read is a copy in memory, so
// that end never waits for the network.
type uploadReader struct {
	upload *upload
	at     int
}

func (r *uploadReader) Read(p []byte) (int, error) {
	u := r.upload
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.over {
		return 0, errOver
	}
	if r.at >= len(u.data) {
		return 0, io.EOF
	}
	n := copy(p, u.data[r.at:])
	r.at += n
	return n, nil
}

func (r *uploadReader) Close() error { return nil }
