package egress

import "sync"

// clients are those that somebody holds, by identity. They outlive the
// configurations that use them.
var clients = struct {
	sync.Mutex
	by map[string]*Client
}{by: map[string]*Client{}}

// Acquire returns the client of a provider, by an identity that is the same
// only for the same account at the same address. Each call must be followed by
// one of Release.
func Acquire(identity string) *Client {
	clients.Lock()
	defer clients.Unlock()
	c := clients.by[identity]
	if c == nil {
		c = newClient(identity, newDialer())
		clients.by[identity] = c
	}
	c.refs++
	return c
}

// Release gives a client back. When nobody holds it any more its connections
// are closed as the calls that use them end; it can still be used by those who
// began a call before.
func (c *Client) Release() {
	clients.Lock()
	c.refs--
	last := c.refs == 0
	if last && clients.by[c.identity] == c {
		delete(clients.by, c.identity)
	}
	clients.Unlock()
	if !last {
		return
	}
	c.released.Store(true)
	if c.active.Load() == 0 {
		c.closeIdle()
	}
}
