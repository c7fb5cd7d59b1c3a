package listener

import (
	"errors"
	"net"
	"strconv"
	"testing"
	"time"
)

// open listens as one configuration.
func open(t *testing.T, port string) net.Listener {
	t.Helper()
	l, err := listen(t.Context(), "fairway", "127.0.0.1", port, 0, net.ListenConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return l.(net.Listener)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func dial(t *testing.T, port string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestConnectionsGoToTheNewest(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	old := open(t, port)
	dial(t, port)
	if _, err := old.Accept(); err != nil {
		t.Fatal(err)
	}
	// This one is accepted by nobody yet when the next configuration comes.
	dial(t, port)
	next := open(t, port)
	if _, err := next.Accept(); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := old.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a closed listener accepts: %v", err)
	}
	dial(t, port)
	if _, err := next.Accept(); err != nil {
		t.Error(err)
	}
	if err := next.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
		_ = c.Close()
		t.Error("the socket is open although nobody listens")
	}
}

// A configuration that fails after it began to listen gives way to the one that
// goes on serving.
func TestNewestGivesUp(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	old := open(t, port)
	next := open(t, port)
	dial(t, port) // it is offered to the newest
	accepted := make(chan error, 1)
	go func() {
		_, err := old.Accept()
		accepted <- err
	}()
	if err := next.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-accepted:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("the connection is lost")
	}
	_ = old.Close()
}

func TestTakenPort(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	if _, err := listen(t.Context(), "fairway", "127.0.0.1", port, 0, net.ListenConfig{}); err == nil {
		t.Error("a port that is taken is listened to")
	}
	if _, err := listen(t.Context(), "fairway", "127.0.0.1", "many", 0, net.ListenConfig{}); err == nil {
		t.Error("a port that is none is listened to")
	}
}
