package limits

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Shared is where several nodes count together. It is safe for concurrent use.
type Shared interface {
	// Nodes is how many nodes are there, this one included.
	Nodes() int
	// Now is the time there, by which all nodes cut their windows.
	Now() time.Time
	// Exchange makes changes and tells how each counter stands then, in one
	// round trip.
	Exchange(ctx context.Context, changes []Change) ([]Standing, error)
}

// Change is what a node wants of one shared counter.
type Change struct {
	Level Level
	ID    string
	Kind  Kind
	Max   int64
	// Slots is how many slots the window has, and Slot is the present one.
	Slots, Slot int64
	// Keep is how long the counter must be kept after its last change.
	Keep time.Duration
	// Floor is what has been counted at least: a counter that was lost begins
	// with it.
	Floor int64
	// Add is counted in a slot whatever the limit says: what calls came to
	// beyond what they held, or, below 0, what is given back.
	Add, AddSlot int64
	// Want is drawn as far as there is, but nothing unless Need is there.
	Want, Need int64
}

// Standing is how a shared counter stands.
type Standing struct {
	// Granted of what was wanted is this node's to give.
	Granted int64
	// Left is what any node may still draw.
	Left int64
	// Frees is the slot that has to pass before what was needed is there.
	Frees int64
}

// How a node deals with leases.
const (
	// defaultPatience is how long a call waits for an answer before the node
	// decides alone.
	defaultPatience = 50 * time.Millisecond
	// beat is how often the others hear of this node at least.
	beat = time.Second
	// tick is how often leases are looked after.
	tick = 50 * time.Millisecond
	// idle is after how long a lease that nobody draws from goes back.
	idle = 250 * time.Millisecond
	// denied is for how long an answer that nothing is left is believed.
	denied = 100 * time.Millisecond
	// Part is the share of what is left, divided by the number of nodes, that a
	// node draws at a time or, while it is cut off, may still give: a tenth.
	Part = 10
)

// lease is what a node has drawn from a shared counter and may give to calls
// without asking.
type lease struct {
	rule Rule
	// free was drawn in slot, and is not used.
	free, slot int64
	// add and addSlot are to be counted at the next exchange.
	add, addSlot int64
	// want and need are what calls wait for, answer is closed when it came.
	want, need int64
	answer     chan struct{}
	// left is what there was at the last answer, frees when there is more.
	left, frees int64
	known       bool
	// deniedUntil is set after an answer that there is nothing.
	deniedUntil int64
	used        int64
	// alone is what was given while cut off, of what may be.
	alone, aloneMax int64
}

// share is a book's connection to other nodes.
type share struct {
	with Shared
	// down is set while nobody answers.
	down     atomic.Bool
	patience time.Duration
	last     time.Time // of the last exchange; of Run

	mu     sync.Mutex
	queue  map[*Subject]struct{} // with something to exchange now
	active map[*Subject]struct{} // with a lease
	wake   chan struct{}
}

// Share makes the book count together with other nodes. It must be called
// before the first call is let through; [Book.Run] must run.
func (b *Book) Share(s Shared) {
	b.share = &share{with: s, patience: defaultPatience, queue: map[*Subject]struct{}{}, active: map[*Subject]struct{}{}, wake: make(chan struct{}, 1)}
}

// Cut reports whether the other nodes cannot be reached, so that this one
// counts alone.
func (b *Book) Cut() bool { return b.share != nil && b.share.down.Load() }

// Run exchanges leases until the context ends, and then gives back what is not
// used. Without [Book.Share] it only waits.
func (b *Book) Run(ctx context.Context) {
	if b.share == nil {
		<-ctx.Done()
		return
	}
	timer := time.NewTicker(tick)
	defer timer.Stop()
	for {
		all := false
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			b.exchange(last, true, true)
			cancel()
			return
		case <-b.share.wake:
		case <-timer.C:
			all = true
		}
		b.exchange(ctx, all, false)
	}
}

// drawn is one lease in an exchange.
type drawn struct {
	subject *Subject
	kind    Kind
	answer  chan struct{}
	add     int64
}

// exchange asks for what calls wait for. With all, leases that lie idle go back
// too; at the end, every one.
func (b *Book) exchange(ctx context.Context, all, end bool) {
	sh := b.share
	sh.mu.Lock()
	subjects := make([]*Subject, 0, len(sh.queue))
	if all {
		for s := range sh.active {
			subjects = append(subjects, s)
		}
	} else {
		for s := range sh.queue {
			subjects = append(subjects, s)
		}
	}
	clear(sh.queue)
	sh.mu.Unlock()

	var changes []Change
	var draws []drawn
	now := sh.with.Now().UnixNano()
	for _, s := range subjects {
		s.mu.Lock()
		rest := false
		for k, l := range s.leases {
			if l == nil {
				continue
			}
			rest = rest || l.free != 0 || l.add != 0 || l.want != 0 || s.held > 0
			if all && l.want == 0 && l.free > 0 && (end || now-l.used > int64(idleFor(Kind(k)))) {
				l.giveBack()
			}
			if l.want == 0 && l.add == 0 {
				continue
			}
			changes = append(changes, s.change(Kind(k), l, now))
			draws = append(draws, drawn{s, Kind(k), l.answer, l.add})
			l.want, l.need, l.answer, l.add = 0, 0, nil, 0
		}
		if !rest {
			sh.mu.Lock()
			delete(sh.active, s)
			sh.mu.Unlock()
		}
		s.mu.Unlock()
	}
	if len(changes) == 0 && !sh.down.Load() && time.Since(sh.last) < beat {
		return
	}
	sh.last = time.Now()
	ctx, cancel := context.WithTimeout(ctx, sh.patience)
	standings, err := sh.with.Exchange(ctx, changes)
	cancel()
	sh.down.Store(err != nil)
	for i := range draws {
		d := &draws[i]
		d.subject.mu.Lock()
		l := d.subject.leases[d.kind]
		if err != nil {
			l.add += d.add
		} else {
			l.apply(&changes[i], standings[i], now)
		}
		d.subject.mu.Unlock()
		if d.answer != nil {
			close(d.answer)
		}
	}
}

func idleFor(k Kind) time.Duration {
	if table[k].unit == Concurrency {
		return tick
	}
	return idle
}

// giveBack puts what is free among what is to be told.
func (l *lease) giveBack() {
	if l.add != 0 && l.addSlot != l.slot {
		return // that goes first
	}
	l.add, l.addSlot = l.add-l.free, l.slot
	l.free = 0
}

// change is what an exchange says of a lease. The lock is held.
func (s *Subject) change(k Kind, l *lease, now int64) Change {
	slots, slot := cut(&l.rule, now)
	ch := Change{
		Level: s.level, ID: s.id, Kind: k, Max: l.rule.Max, Slots: slots, Slot: slot, Keep: keep(&l.rule),
		Add: l.add, AddSlot: l.addSlot, Want: l.want, Need: max(l.need, 1),
	}
	if c := s.counters[k]; c != nil && c.slots != nil {
		// Leases are counted there, and what is added is counted beside.
		ch.Floor = max(c.sum+l.free-l.add, 0)
	}
	return ch
}

// apply takes over an answer. The lock is held.
func (l *lease) apply(ch *Change, st Standing, now int64) {
	if l.slot != ch.Slot {
		// A lease of a slot that is over would be forgotten there sooner than
		// here: what is left of it goes back.
		if l.free > 0 {
			l.giveBack()
		}
		l.slot = ch.Slot
	}
	l.free += st.Granted
	l.left, l.frees, l.known = st.Left, st.Frees, true
	l.alone, l.aloneMax = 0, 0
	l.deniedUntil = 0
	if ch.Want > 0 && st.Granted == 0 {
		l.deniedUntil = now + int64(denied)
	}
}

// cut is how many slots the shared window of a rule has, and the present one.
// Slots of fixed windows are counted in seconds, so that their numbers stay
// small.
func cut(r *Rule, now int64) (slots, slot int64) {
	f := &table[r.Kind]
	switch {
	case f.unit == Concurrency:
		return 0, 0
	case r.Window.of(r.Kind) == Fixed:
		return 1, begin(r.Kind, now) / int64(time.Second)
	}
	return f.slots + 1, now / (int64(f.period) / f.slots)
}

// keep is how long a shared counter must live after its last change.
func keep(r *Rule) time.Duration {
	if r.Kind.Unit() == Concurrency {
		return time.Hour
	}
	return r.Kind.Period() + r.Kind.Period()/10 + time.Minute
}

// until is how long it takes until a shared counter has what was needed.
func (l *lease) until(now int64) time.Duration {
	f := &table[l.rule.Kind]
	switch {
	case f.unit == Concurrency:
		return time.Second
	case l.rule.Window.of(l.rule.Kind) == Fixed:
		return time.Duration(end(l.rule.Kind, begin(l.rule.Kind, now)) - now)
	}
	width := int64(f.period) / f.slots
	return time.Duration(max((l.frees+f.slots+1)*width-now, width))
}
