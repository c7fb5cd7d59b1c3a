package egress

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// connections counts a server's.
type connections struct {
	mu           sync.Mutex
	opened, open int
}

func (c *connections) count(_ net.Conn, s http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s {
	case http.StateNew:
		c.opened++
		c.open++
	case http.StateClosed:
		c.open--
	}
}

func (c *connections) become(t *testing.T, opened, open int) {
	t.Helper()
	var o, n int
	for deadline := time.Now().Add(3 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		c.mu.Lock()
		o, n = c.opened, c.open
		c.mu.Unlock()
		if o == opened && n == open {
			return
		}
	}
	t.Fatalf("%d connections were opened and %d are open; want %d and %d", o, n, opened, open)
}

func counted(t *testing.T, h http.HandlerFunc) (*httptest.Server, *connections) {
	t.Helper()
	n := new(connections)
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = n.count
	s.Start()
	t.Cleanup(s.Close)
	return s, n
}

func TestConnectionsOutliveTheirHolder(t *testing.T) {
	s, n := counted(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") })
	template := NewTemplate(address(t, s.URL), nil)
	call := func(c *Client) {
		t.Helper()
		a, err := c.Send(t.Context(), template, Request{Body: []byte("{}")})
		_ = text(t, a, err)
	}
	// A reload: the new configuration is there before the old one leaves.
	before := Acquire(t.Name())
	call(before)
	after := Acquire(t.Name())
	before.Release()
	call(after)
	n.become(t, 1, 1)
	// An old handler can still call.
	call(before)
	n.become(t, 1, 1)

	other := Acquire(t.Name() + " with another key")
	call(other)
	n.become(t, 2, 2)
	other.Release()
	n.become(t, 2, 1)

	after.Release()
	n.become(t, 2, 0)
	clients.Lock()
	left := len(clients.by)
	clients.Unlock()
	if left != 0 {
		t.Errorf("%d clients are left", left)
	}
	// Even now a call that was about to begin is served, and leaves nothing.
	call(before)
	n.become(t, 3, 0)

	again := Acquire(t.Name())
	if again == before {
		t.Error("a client was used that had been given up")
	}
	again.Release()
}

func TestCallInFlightOutlivesItsClient(t *testing.T) {
	finish := make(chan struct{})
	s, n := counted(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "first ")
		_ = http.NewResponseController(w).Flush()
		<-finish
		_, _ = io.WriteString(w, "second")
	})
	c := Acquire(t.Name())
	a, err := c.Send(t.Context(), NewTemplate(address(t, s.URL), nil), Request{Body: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	c.Release()
	close(finish)
	if got := text(t, a, err); got != "first second" {
		t.Errorf("got %q", got)
	}
	n.become(t, 1, 0)
}

func TestHTTP2ConnectionIsClosedAtTheEnd(t *testing.T) {
	n := new(connections)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.EnableHTTP2 = true
	s.Config.ConnState = n.count
	s.StartTLS()
	defer s.Close()
	c, template := open(t, s, nil)
	c.refs = 1
	for range 3 {
		a, err := c.Send(t.Context(), template, Request{Body: []byte("{}")})
		_ = text(t, a, err)
	}
	n.become(t, 1, 1)
	c.Release()
	n.become(t, 1, 0)
}

func TestManyHolders(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				Acquire("shared").Release()
			}
		})
	}
	wg.Wait()
	clients.Lock()
	defer clients.Unlock()
	if c := clients.by["shared"]; c != nil {
		t.Errorf("%d references are left", c.refs)
	}
}
