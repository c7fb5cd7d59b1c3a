package fairwaytest

import (
	"sync/atomic"
	"testing"
)

// Canary is a listener that nobody should ever connect to.
type Canary struct {
	// Address is "host:port".
	Address     string
	connections atomic.Int64
}

// NewCanary opens a listener on a free port until the test ends.
func NewCanary(t testing.TB) *Canary {
	t.Helper()
	l, err := listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	c := &Canary{Address: l.Addr().String()}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.connections.Add(1)
			_ = conn.Close()
		}
	}()
	return c
}

// Connections is how many there were.
func (c *Canary) Connections() int64 { return c.connections.Load() }
