package simulator

import (
	"context"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
)

// errReset is what a reader sees of a connection that was reset.
var errReset error = &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}

// inBand is the error that comes in the place of an answer.
func inBand() *fault {
	return &fault{status: http.StatusInternalServerError, kind: "server_error", message: "a simulated failure in the middle of the answer"}
}

// broken is a body that ends with an error, or not at all.
type broken struct {
	hangs
	rest []byte
	err  error
}

// newBroken makes a body that ends with err; without one it hangs.
func newBroken(ctx context.Context, body []byte, err error) *broken {
	return &broken{hangs: newHangs(ctx), rest: body, err: err}
}

func (b *broken) Read(p []byte) (int, error) {
	if len(b.rest) > 0 {
		n := copy(p, b.rest)
		b.rest = b.rest[n:]
		return n, nil
	}
	if b.err == nil {
		return 0, b.hang()
	}
	return 0, b.err
}

// hangs is what a body needs that can wait.
type hangs struct {
	ctx    context.Context
	closed chan struct{}
	once   *sync.Once
}

func newHangs(ctx context.Context) hangs {
	return hangs{ctx: ctx, closed: make(chan struct{}), once: new(sync.Once)}
}

// hang waits for the end of the call.
func (h *hangs) hang() error {
	select {
	case <-h.ctx.Done():
		return h.ctx.Err()
	case <-h.closed:
		return http.ErrBodyReadAfterClose
	}
}

// Close ends a Read that waits.
func (h *hangs) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}
