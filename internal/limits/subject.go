package limits

import (
	"hash/maphash"
	"sync"
	"time"
)

// Subject is one key, application, subscription or tenant, and what it has
// used.
type Subject struct {
	level Level
	id    string

	mu       sync.Mutex
	counters [kinds]*counter
	leases   [kinds]*lease // with other nodes
	// past is what was used before this process began, for counters that are
	// made later.
	past []Past
	// held is how many reservations are open.
	held int
	// gone is set once the book has forgotten the subject.
	gone bool
}

// Past is what was used in a stretch of time that is over.
type Past struct {
	// From is when it began, and For how long it is.
	From time.Time
	For  time.Duration

	Requests, Tokens, Cost int64
}

func (p *Past) amount(u Unit) int64 {
	switch u {
	case Requests:
		return p.Requests
	case Tokens:
		return p.Tokens
	case Cost:
		return p.Cost
	}
	return 0
}

// counter is the one of a kind, up to date. The lock is held.
func (s *Subject) counter(r *Rule, now int64) *counter {
	c := s.counters[r.Kind]
	if c == nil {
		c = newCounter(r.Kind, r.Window, now)
		s.counters[r.Kind] = c
		for i := range s.past {
			c.recall(&s.past[i], now)
		}
		return c
	}
	c.advance(now)
	if w := r.Window.of(r.Kind); c.slots != nil && w != c.window {
		c.shape(w, now)
	}
	return c
}

// recall counts what was used before.
func (c *counter) recall(p *Past, now int64) {
	n := p.amount(table[c.kind].unit)
	if n <= 0 || c.slots == nil {
		return
	}
	at := p.From.UnixNano()
	if c.window == Fixed {
		// A stretch that reaches into the window counts as a whole.
		if at+int64(p.For) > c.head && at < end(c.kind, c.head) {
			c.add(n)
		}
		return
	}
	slots := int64(len(c.slots))
	k := min(at+int64(p.For)-1, now) / c.width
	if k <= c.head-slots || k > c.head {
		return
	}
	c.slots[k%slots] += n
	c.sum += n
}

const shards = 64

// Book has all subjects. It is safe for concurrent use.
type Book struct {
	clock  func() int64
	share  *share // nil for a node of its own
	seed   maphash.Seed
	shards [levels][shards]shard
}

type shard struct {
	sync.RWMutex
	byID map[string]*Subject
}

// New makes an empty book. A nil clock is the system's, read once and carried
// on by the monotonic one, so that a system clock that is set brings nobody
// fresh limits.
func New(clock func() time.Time) *Book {
	b := &Book{seed: maphash.MakeSeed()}
	if clock != nil {
		b.clock = func() int64 { return clock().UnixNano() }
	} else {
		start := time.Now()
		from := start.UnixNano()
		b.clock = func() int64 { return from + int64(time.Since(start)) }
	}
	return b
}

// Subject finds a subject, and makes it where there is none.
func (b *Book) Subject(l Level, id string) *Subject {
	sh := &b.shards[l][maphash.String(b.seed, id)%shards]
	sh.RLock()
	s := sh.byID[id]
	sh.RUnlock()
	if s != nil {
		return s
	}
	sh.Lock()
	defer sh.Unlock()
	if s := sh.byID[id]; s != nil {
		return s
	}
	if sh.byID == nil {
		sh.byID = map[string]*Subject{}
	}
	s = &Subject{level: l, id: id}
	sh.byID[id] = s
	return s
}

// Restore tells what a subject used before this process began.
func (b *Book) Restore(l Level, id string, p Past) {
	s := b.Subject(l, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.past = append(s.past, p)
	now := b.clock()
	for _, c := range s.counters {
		if c != nil {
			c.advance(now)
			c.recall(&p, now)
		}
	}
}

// Sweep forgets subjects of which nothing is counted any more.
func (b *Book) Sweep() {
	now := b.clock()
	for l := range b.shards {
		for i := range b.shards[l] {
			sh := &b.shards[l][i]
			sh.Lock()
			for id, s := range sh.byID {
				if s.forget(now) {
					delete(sh.byID, id)
				}
			}
			sh.Unlock()
		}
	}
}

// forget reports whether the subject holds nothing, and then marks it as gone:
// who still has it looks it up again.
func (s *Subject) forget(now int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held > 0 {
		return false
	}
	for _, l := range s.leases {
		if l != nil && (l.free != 0 || l.add != 0 || l.want != 0) {
			return false
		}
	}
	for _, c := range s.counters {
		if c == nil {
			continue
		}
		if c.advance(now); c.sum != 0 {
			return false
		}
	}
	for i := range s.past {
		// A month has at most 31 days.
		if s.past[i].From.UnixNano()+int64(s.past[i].For+31*day) > now {
			return false
		}
	}
	s.gone = true
	return true
}
