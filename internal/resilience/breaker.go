package resilience

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// State is what a breaker lets through.
type State uint8

// The states.
const (
	// Closed: everything.
	Closed State = iota
	// HalfOpen: a few calls, which decide.
	HalfOpen
	// Open: nothing.
	Open
)

func (s State) String() string {
	return [...]string{"closed", "half_open", "open"}[min(s, Open)]
}

// Outcome is the verdict on a call.
type Outcome uint8

// The outcomes.
const (
	// Neutral says nothing about the target: the caller left or was at fault.
	Neutral Outcome = iota
	// Success is a call that went well.
	Success
	// Slow is one that went well but took too long. It counts where SlowRate is
	// set, and is a success elsewhere.
	Slow
	// Failure is a call that the target is to blame for.
	Failure
)

const (
	// maxOpen bounds how long a breaker stays open before it tries again.
	maxOpen = 5 * time.Minute
	// openJitter is by how much that time differs either way, so that gateways
	// do not probe together.
	openJitter = 0.2
	// probeLease is how long a probe may be without a verdict. The deadlines of
	// attempts are shorter; it mends what a caller forgot.
	probeLease = 15 * time.Minute
	// probeWait is what RetryIn says while probes are out.
	probeWait = time.Second
)

// Breaker keeps calls from a target that fails. Closed, it counts over a
// sliding time; open, it refuses; after a while it lets a few probes through,
// whose success closes it and whose failure opens it for twice as long.
type Breaker struct {
	// state is written under mu and read without it.
	state atomic.Uint32

	mu       sync.Mutex
	settings Settings
	window   window
	// row is how many failures came one after another.
	row int
	// generation counts changes of state: verdicts of earlier ones do not count.
	generation uint32
	since      time.Time
	// retryAt ends the time of an open breaker; openFor, before jitter, is
	// doubled trips times.
	retryAt time.Time
	jitter  float64
	trips   int
	// probes are the calls of a half-open breaker that have no verdict yet.
	probes    []probe
	lastProbe uint32
	successes int
	// held is set when an operator decided the state.
	held bool

	onChange func(from, to State)
	rnd      func() float64
}

// probe is a call that is to decide.
type probe struct {
	id      uint32
	started time.Time
}

// NewBreaker makes a closed breaker. onChange, which may be nil, is called
// after each change of state, outside of locks.
func NewBreaker(s Settings, onChange func(from, to State)) *Breaker {
	b := &Breaker{onChange: onChange, rnd: rand.Float64}
	b.settings = s.withDefaults()
	b.window.resize(b.settings.Window)
	return b
}

// Permit is the leave for one call. Its zero value is valid and does nothing.
type Permit struct {
	breaker    *Breaker
	generation uint32
	// probe is the id of a probe, 0 for none.
	probe uint32
	// passed is set once the call counted as a success.
	passed bool
}

// Probe reports whether the call is to decide over a half-open breaker.
func (p *Permit) Probe() bool { return p.probe != 0 }

// Allow asks for leave. The caller must end the permit with Done; a deferred
// Done(now, Neutral) makes sure of it.
func (b *Breaker) Allow(now time.Time) (Permit, bool) {
	state := b.state.Load()
	if State(state&stateMask) == Closed {
		return Permit{breaker: b, generation: state >> generationShift}, true
	}
	return b.allowProbe(now)
}

// The state word has the generation above the state, so that a permit of a
// closed breaker takes one load.
const (
	stateMask       = 3
	generationShift = 2
	generationMask  = 1<<30 - 1
)

func (b *Breaker) allowProbe(now time.Time) (p Permit, ok bool) {
	b.mu.Lock()
	from := b.current()
	switch from {
	case Closed: // closed meanwhile
		p, ok = Permit{breaker: b, generation: b.generation}, true
	case Open:
		if b.held || now.Before(b.retryAt) {
			break
		}
		b.enter(now, HalfOpen)
		fallthrough
	default:
		p, ok = b.admit(now)
	}
	to := b.current()
	b.mu.Unlock()
	b.changed(from, to)
	return p, ok
}

// admit gives a probe its slot. As many go out as successes are missing.
func (b *Breaker) admit(now time.Time) (Permit, bool) {
	kept := b.probes[:0]
	for _, p := range b.probes {
		if now.Sub(p.started) < probeLease {
			kept = append(kept, p)
		}
	}
	b.probes = kept
	if len(b.probes)+b.successes >= b.settings.Probes {
		return Permit{}, false
	}
	b.lastProbe = max(b.lastProbe+1, 1)
	b.probes = append(b.probes, probe{b.lastProbe, now})
	return Permit{breaker: b, generation: b.generation, probe: b.lastProbe}, true
}

// FirstToken tells that the target began to answer. That is the verdict on a
// probe; how the call ends then still counts as that of any other call.
func (p *Permit) FirstToken(now time.Time) {
	if p.breaker == nil || p.probe == 0 {
		return
	}
	p.generation = p.breaker.probed(now, p.generation, p.probe, Success)
	p.probe, p.passed = 0, true
}

// Done ends a call with its verdict. Only the first Done of a permit counts,
// and so does only the first of a probe's copies.
func (p *Permit) Done(now time.Time, o Outcome) {
	b := p.breaker
	if b == nil {
		return
	}
	p.breaker = nil
	switch {
	case p.probe != 0:
		b.probed(now, p.generation, p.probe, o)
	case o == Neutral, p.passed && o != Failure:
	default:
		b.count(now, p.generation, o)
	}
}

// probed takes the verdict on a probe, and returns the generation it led to.
func (b *Breaker) probed(now time.Time, generation, id uint32, o Outcome) uint32 {
	b.mu.Lock()
	from := b.current()
	if generation == b.generation && b.release(id) {
		switch {
		case o == Neutral:
		case o == Failure, o == Slow && b.settings.SlowRate > 0:
			b.trips++
			b.enter(now, Open)
		default:
			b.successes++
			b.closeIfProven(now)
		}
	}
	to, generation := b.current(), b.generation
	b.mu.Unlock()
	b.changed(from, to)
	return generation
}

// release frees a probe's slot, and reports whether it held one.
func (b *Breaker) release(id uint32) bool {
	for i := range b.probes {
		if b.probes[i].id == id {
			b.probes[i] = b.probes[len(b.probes)-1]
			b.probes = b.probes[:len(b.probes)-1]
			return true
		}
	}
	return false
}

func (b *Breaker) closeIfProven(now time.Time) {
	if b.current() == HalfOpen && b.successes >= b.settings.Probes {
		b.trips = 0
		b.enter(now, Closed)
	}
}

// count takes the verdict on a call of a closed breaker.
func (b *Breaker) count(now time.Time, generation uint32, o Outcome) {
	b.mu.Lock()
	from := b.current()
	if generation != b.generation {
		b.mu.Unlock()
		return
	}
	if from == HalfOpen { // a probe that began to answer and broke
		if o == Failure {
			b.trips++
			b.enter(now, Open)
		}
		to := b.current()
		b.mu.Unlock()
		b.changed(from, to)
		return
	}
	w := b.window.at(now)
	w.calls++
	switch o {
	case Failure:
		w.failures++
		b.row++
	case Slow:
		w.slow++
		b.row = 0
	default:
		b.row = 0
	}
	if o != Success {
		b.openIfTripped(now)
	}
	to := b.current()
	b.mu.Unlock()
	b.changed(from, to)
}

func (b *Breaker) openIfTripped(now time.Time) {
	if !b.held && b.current() == Closed && b.settings.tripped(b.window.sum(now), b.row) {
		b.enter(now, Open)
	}
}

// enter changes the state, under the lock.
func (b *Breaker) enter(now time.Time, s State) {
	b.generation = (b.generation + 1) & generationMask
	b.state.Store(b.generation<<generationShift | uint32(s))
	b.since = now
	b.probes, b.successes = b.probes[:0], 0
	switch s {
	case Open:
		b.jitter = 1 - openJitter + 2*openJitter*b.rnd()
		b.retryAt = now.Add(b.openTime())
	case Closed:
		b.window.clear()
		b.row = 0
	}
}

// openTime is how long the breaker stays open this time.
func (b *Breaker) openTime() time.Duration {
	d := b.settings.OpenFor
	for range b.trips {
		if d >= maxOpen {
			break
		}
		d *= 2
	}
	return time.Duration(min(float64(d)*b.jitter, float64(max(maxOpen, b.settings.OpenFor))))
}

// current is the state, under the lock.
func (b *Breaker) current() State { return State(b.state.Load() & stateMask) }

func (b *Breaker) changed(from, to State) {
	if from != to && b.onChange != nil {
		b.onChange(from, to)
	}
}
