package egress

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// plain is the way to servers without TLS, which are those of the house: models
// on machines beside the gateway. net/http's transport has two goroutines for
// each connection, and hands every request and every read from one to another;
// here a call writes and reads by itself, which costs a third less. What comes
// back is read by net/http's own parser.
//
// A request is written as a whole before the answer is read, so only bodies
// that a connection takes without waiting for the server go this way.
type plain struct {
	dialer *dialer

	mu     sync.Mutex
	idle   map[string][]*plainConn // by address, the last used last
	closed bool
	sweeps bool
}

const (
	// maxPlainBody is the largest body that goes the plain way.
	maxPlainBody = 1 << 20
	// gathered is the size up to which head and body are copied together.
	gathered = 32 << 10
	// readBuffer holds what has arrived; a stream's many small events then
	// come with few system calls.
	readBuffer = 16 << 10
	// maxInterim is how many 1xx answers may come before the real one.
	maxInterim = 5
)

// plainConn is a connection. It belongs to one call at a time.
type plainConn struct {
	net.Conn
	r    *bufio.Reader
	pool *plain
	addr string
	// allowed is how much may still be read; it bounds an answer's header.
	allowed int64
	since   time.Time // when it became idle
	// interrupt is what a canceled call does, made once.
	interrupt func()
	peek      func() bool
}

// Read implements io.Reader within what is allowed.
func (c *plainConn) Read(p []byte) (int, error) {
	if c.allowed <= 0 {
		return 0, errHeaderTooLarge
	}
	n, err := c.Conn.Read(p)
	c.allowed -= int64(n)
	return n, err
}

var errHeaderTooLarge = errors.New("the answer's header is too large")

// send makes a call. The answer's body gives the connection back.
func (p *plain) send(ctx context.Context, t *Template, r Request) (*http.Response, error) {
	if err := ctx.Err(); err != nil {
		return nil, err // the interruption would come after the request was sent
	}
	u := t.prepared.URL
	if r.URL != nil {
		u = r.URL
	}
	c, err := p.take(ctx, u)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, c.interrupt)
	response, err := c.exchange(t, r)
	if err != nil {
		stop()
		_ = c.Close() // it is of no more use
		return nil, err
	}
	b := &plainBody{conn: c, body: response.Body, stop: stop, reuse: !response.Close}
	response.Body = b
	return response, nil
}

// exchange writes the request and reads the head of the answer.
func (c *plainConn) exchange(t *Template, r Request) (*http.Response, error) {
	head := headBuffers.Get().(*[]byte)
	defer headBuffers.Put(head)
	*head = t.appendHead((*head)[:0], r)
	wrote := c.write(head, r.Body)
	c.allowed = maxResponseHeader
	for range maxInterim + 1 {
		response, err := http.ReadResponse(c.r, t.prepared)
		if err != nil {
			if wrote != nil {
				err = wrote // the answer might have told why
			}
			return nil, err
		}
		switch {
		case response.StatusCode == http.StatusSwitchingProtocols:
			return nil, fmt.Errorf("the server switched to protocol %q", response.Header.Get("Upgrade"))
		case response.StatusCode >= 200:
			c.allowed = math.MaxInt64
			response.Close = response.Close || wrote != nil
			return response, nil
		}
	}
	return nil, errors.New("too many interim answers")
}

var headBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

func (c *plainConn) write(head *[]byte, body []byte) error {
	if len(body) <= gathered {
		*head = append(*head, body...)
		_, err := c.Write(*head)
		return err
	}
	buffers := net.Buffers{*head, body}
	_, err := buffers.WriteTo(c.Conn)
	return err
}

// take finds an idle connection or makes one.
func (p *plain) take(ctx context.Context, u *url.URL) (*plainConn, error) {
	addr := u.Host
	if u.Port() == "" {
		addr = net.JoinHostPort(u.Hostname(), "80")
	}
	for {
		c := p.pop(addr)
		if c == nil {
			break
		}
		if time.Since(c.since) < idleTimeout && c.peek() {
			return c, nil
		}
		_ = c.Close() // the server closed it, or is about to
	}
	conn, err := p.dialer.dial(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	c := &plainConn{Conn: conn, pool: p, addr: addr, peek: quiet(conn)}
	c.r = bufio.NewReaderSize(c, readBuffer)
	c.interrupt = func() { _ = conn.SetDeadline(time.Unix(1, 0)) } // whoever reads or writes finds out
	return c, nil
}

func (p *plain) pop(addr string) *plainConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.idle[addr]
	if len(list) == 0 {
		return nil
	}
	c := list[len(list)-1]
	list[len(list)-1] = nil
	p.idle[addr] = list[:len(list)-1]
	return c
}

// put keeps a connection for the next call.
func (p *plain) put(c *plainConn) {
	c.since = time.Now()
	p.mu.Lock()
	list := p.idle[c.addr]
	if p.closed || len(list) >= maxIdle {
		p.mu.Unlock()
		_ = c.Close()
		return
	}
	if p.idle == nil {
		p.idle = map[string][]*plainConn{}
	}
	p.idle[c.addr] = append(list, c)
	if !p.sweeps {
		p.sweeps = true
		time.AfterFunc(idleTimeout, p.sweep)
	}
	p.mu.Unlock()
}

// sweep closes what has been idle for too long, and comes back while there is
// something left.
func (p *plain) sweep() {
	var old []*plainConn
	p.mu.Lock()
	for addr, list := range p.idle {
		n := 0
		for n < len(list) && time.Since(list[n].since) >= idleTimeout {
			n++
		}
		old = append(old, list[:n]...)
		if n == len(list) {
			delete(p.idle, addr)
		} else {
			p.idle[addr] = append([]*plainConn(nil), list[n:]...)
		}
	}
	p.sweeps = len(p.idle) > 0
	if p.sweeps {
		time.AfterFunc(idleTimeout/4, p.sweep)
	}
	p.mu.Unlock()
	for _, c := range old {
		_ = c.Close()
	}
}

// close closes the idle connections, and those in use as their calls end.
func (p *plain) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, list := range idle {
		for _, c := range list {
			_ = c.Close()
		}
	}
}

// plainBody is an answer's body.
type plainBody struct {
	conn  *plainConn
	body  io.ReadCloser
	stop  func() bool
	reuse bool
	over  bool
}

func (b *plainBody) Read(p []byte) (int, error) {
	if b.over {
		return 0, io.EOF
	}
	n, err := b.body.Read(p)
	if err != nil {
		b.end(err == io.EOF)
	}
	return n, err
}

// frame is more than what stands between two chunks: behind it are contents.
const frame = 16

// ready reports whether a read would not wait: there is more at hand than the
// frame of the next chunk, or the end.
func (b *plainBody) ready() bool {
	if b.over {
		return true
	}
	n := b.conn.r.Buffered()
	if n == 0 || n >= frame {
		return n > 0
	}
	rest, _ := b.conn.r.Peek(n) // it is there
	return bytes.HasSuffix(rest, lastChunk)
}

var lastChunk = []byte("0\r\n\r\n")

// Close gives the connection up when the answer was not read to its end: the
// rest may be long in coming. Whoever knows the end of a stream by its last
// event does not read on, so what is at hand of the frame is read here.
func (b *plainBody) Close() error {
	for !b.over && b.conn.r.Buffered() < frame && b.ready() {
		var rest [1]byte
		if n, _ := b.Read(rest[:]); n > 0 {
			break
		}
	}
	if !b.over {
		b.end(false)
	}
	return nil
}

func (b *plainBody) end(whole bool) {
	b.over = true
	// An interruption that has begun may yet reach the connection. And what
	// follows an answer that nobody asked for would be taken for the next one.
	if b.stop() && whole && b.reuse && b.conn.r.Buffered() == 0 {
		b.conn.pool.put(b.conn)
		return
	}
	_ = b.conn.Close()
}
