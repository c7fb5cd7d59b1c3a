// Package listener is the network "fairway": TCP whose sockets stay open while
// configurations come and go.
//
// At a reload Caddy opens a second socket for the same address and closes the
// first, and with it the connections that the kernel had queued there. Here one
// kernel socket serves an address for as long as any configuration listens to
// it, and what it accepts goes to the newest of them.
//
//	{
//		default_bind fairway/
//	}
package listener

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
)

func init() {
	caddy.RegisterNetwork("fairway", listen)
	// HTTP/3 has packets and no queue of connections; Caddy's own sockets for
	// it already outlive reloads.
	caddyhttp.RegisterNetworkHTTP3("fairway", "udp")
}

// sockets are the open ones, by address.
var sockets = struct {
	sync.Mutex
	by map[string]*socket
}{by: map[string]*socket{}}

// socket is a kernel socket and the configurations that listen to it.
type socket struct {
	net.Listener
	address string
	// generations are the listeners that are not closed, the newest last; the
	// lock of sockets guards them.
	generations []*generation
	// changed is closed when the newest one is another.
	changed chan struct{}
}

// generation is one configuration's listener.
type generation struct {
	socket *socket
	conns  chan net.Conn
	done   chan struct{}
	once   sync.Once
}

// listen implements [caddy.ListenerFunc].
func listen(ctx context.Context, _, host, portRange string, offset uint, config net.ListenConfig) (any, error) {
	first, _, _ := strings.Cut(portRange, "-")
	port, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("listening on network fairway: port %q: %w", portRange, err)
	}
	address := net.JoinHostPort(host, strconv.FormatUint(port+uint64(offset), 10))
	sockets.Lock()
	defer sockets.Unlock()
	s := sockets.by[address]
	if s == nil {
		l, err := config.Listen(ctx, "tcp", address)
		if err != nil {
			return nil, err
		}
		s = &socket{Listener: l, address: address, changed: make(chan struct{})}
		sockets.by[address] = s
		go s.accept()
	}
	g := &generation{socket: s, conns: make(chan net.Conn), done: make(chan struct{})}
	s.generations = append(s.generations, g)
	s.change()
	return g, nil
}

// change wakes whoever waits for the newest generation. It needs the lock.
func (s *socket) change() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// accept gives connections to the newest generation until the socket is closed.
func (s *socket) accept() {
	pause := time.Duration(0)
	for {
		conn, err := s.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Most likely too many files are open. It passes as calls end.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			caddy.Log().Named("fairway.listener").Error("accepting a connection", zap.String("address", s.address), zap.Error(err), zap.Duration("pause", pause))
			time.Sleep(pause)
			continue
		}
		pause = 0
		s.deliver(conn)
	}
}

// deliver hands a connection to the newest generation that takes it.
func (s *socket) deliver(conn net.Conn) {
	for {
		sockets.Lock()
		changed := s.changed
		n := len(s.generations)
		if n == 0 {
			sockets.Unlock()
			_ = conn.Close() // nobody listens any more
			return
		}
		newest := s.generations[n-1]
		sockets.Unlock()
		select {
		case newest.conns <- conn:
			return
		case <-changed:
		}
	}
}

// Accept implements [net.Listener].
func (g *generation) Accept() (net.Conn, error) {
	select {
	case conn := <-g.conns:
		return conn, nil
	case <-g.done:
		return nil, &net.OpError{Op: "accept", Net: "fairway", Addr: g.Addr(), Err: net.ErrClosed}
	}
}

// Addr is the socket's address.
func (g *generation) Addr() net.Addr { return g.socket.Addr() }

// Close ends the listening of this configuration, and the socket when it is
// the last.
func (g *generation) Close() error {
	var err error
	g.once.Do(func() {
		close(g.done)
		s := g.socket
		sockets.Lock()
		defer sockets.Unlock()
		for i, other := range s.generations {
			if other == g {
				s.generations = append(s.generations[:i], s.generations[i+1:]...)
				break
			}
		}
		s.change()
		if len(s.generations) == 0 {
			delete(sockets.by, s.address)
			err = s.Close()
		}
	})
	return err
}
