package manage

import (
	"sync"
	"time"
)

// tries bounds how often an address may try to sign in.
type tries struct {
	mu     sync.Mutex
	since  time.Time
	counts map[string]int
}

// triesPerMinute is more than people mistype, and less than guessing needs.
const triesPerMinute = 20

func (t *tries) allow(address string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now(); t.counts == nil || now.Sub(t.since) > time.Minute {
		t.since, t.counts = now, map[string]int{}
	}
	t.counts[address]++
	return t.counts[address] <= triesPerMinute
}
