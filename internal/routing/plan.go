package routing

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/fairwaygw/fairway/internal/resilience"
)

// Strategy orders the targets of a model.
type Strategy uint8

// The strategies.
const (
	// Weighted picks a target at random, by weight.
	Weighted Strategy = iota
	// First takes the targets in the order written.
	First
	// LeastLatency picks the target that answered fastest of late.
	LeastLatency
	// LeastCost picks the target where the call is expected to cost least; one
	// without a price comes last.
	LeastCost
	// LeastBusy picks the target with the fewest calls under way for its weight.
	LeastBusy
)

const (
	// DefaultRetries is how many attempts may follow the first.
	DefaultRetries = 2
	// DefaultWithin is the time in which an attempt may begin.
	DefaultWithin = 30 * time.Second
	// MaxTargets is how many targets a plan may have, all lists together.
	MaxTargets = 64
)

// Target is a place that a call can be tried at.
type Target struct {
	// Index is the caller's own name for the target; a Pick has it.
	Index int
	// Weight is its share under Weighted. 0 takes it out of the model's
	// targets; fallbacks need none.
	Weight int
	// Model is the provider's name for the model. Keys rest by it.
	Model string
	// Breaker and Credentials are shared by all plans that have the target;
	// nil is always closed and one key that never rests.
	Breaker     *resilience.Breaker
	Credentials *resilience.Credentials
	// Load is shared likewise, and Account that of the target's provider, of
	// which only the drain is looked at; nil is not measured.
	Load, Account *Load
	// Known is set when the abilities are known; nothing is missed in a target
	// of which they are not. Context is the model's context window in tokens, 0
	// for unknown.
	Known     bool
	Abilities Abilities
	Context   int64
	// Cost is what so many tokens are expected to cost; nil is unknown.
	Cost func(input, output int64) (cost int64, known bool)
	// Hash is the target's own, and the same in every configuration.
	Hash uint64
}

// Config is what a plan is made of.
type Config struct {
	Targets  []Target
	Strategy Strategy
	// Sticky keeps the calls of a session at one target, while it is ready.
	Sticky bool
	// Fallbacks are tried in order when the targets fail.
	Fallbacks []Target
	// OnContext takes over when a prompt is too long for a model, OnPolicy when
	// a provider's filter stops it. Both are tried in order.
	OnContext, OnPolicy []Target
	// Retries is how many attempts may follow the first; negative is
	// DefaultRetries.
	Retries int
	// Within is the time after the start of the call in which an attempt may
	// begin. 0 is DefaultWithin.
	Within time.Duration
	// Budget, if any, is shared by all calls of the gateway.
	Budget *resilience.Budget
}

// Plan is how calls to a model find a target. It does not change.
type Plan struct {
	// targets are those of all lists, one list after the other.
	targets []Target
	// sums are the cumulative weights of the model's targets.
	sums     []uint64
	strategy Strategy
	keep     bool // sessions at their targets
	// smallest is the smallest context window that is known.
	smallest int64
	lists    [numLists]span
	retries  int
	within   time.Duration
	budget   *resilience.Budget
}

// The lists of a plan.
const (
	listTargets = iota
	listFallbacks
	listContext
	listPolicy
	numLists
)

// span is a part of a plan's targets.
type span struct{ from, to int }

// NewPlan makes a plan. It fails when there is no target, a negative weight,
// or more than [MaxTargets] targets.
func NewPlan(c Config) (*Plan, error) {
	p := &Plan{strategy: c.Strategy, keep: c.Sticky, smallest: math.MaxInt64, retries: c.Retries, within: c.Within, budget: c.Budget}
	if p.retries < 0 {
		p.retries = DefaultRetries
	}
	if p.within <= 0 {
		p.within = DefaultWithin
	}
	sum := uint64(0)
	for _, t := range c.Targets {
		if t.Weight < 0 || t.Weight > math.MaxInt32 {
			return nil, fmt.Errorf("weight %d of a target is not between 0 and %d", t.Weight, math.MaxInt32)
		}
		if t.Weight == 0 {
			continue
		}
		sum += uint64(t.Weight)
		p.sums = append(p.sums, sum)
		p.targets = append(p.targets, t)
	}
	p.lists[listTargets] = span{0, len(p.targets)}
	for i, list := range [...][]Target{listFallbacks: c.Fallbacks, listContext: c.OnContext, listPolicy: c.OnPolicy} {
		if i == listTargets {
			continue
		}
		from := len(p.targets)
		p.targets = append(p.targets, list...)
		p.lists[i] = span{from, len(p.targets)}
	}
	for i := range p.targets {
		if n := p.targets[i].Context; n > 0 {
			p.smallest = min(p.smallest, n)
		}
	}
	switch {
	case p.lists[listTargets].to == 0 && len(c.Fallbacks) == 0:
		return nil, errors.New("a model needs a target with a weight above 0")
	case len(p.targets) > MaxTargets:
		return nil, fmt.Errorf("a model has %d targets and fallbacks; at most %d are possible", len(p.targets), MaxTargets)
	}
	return p, nil
}

// Start begins a call that needs something. rnd gives numbers in [0, 1); nil is
// the usual source. The call must be ended with [Run.End].
func (p *Plan) Start(now time.Time, need Need, rnd func() float64) Run {
	if rnd == nil {
		rnd = rand.Float64
	}
	if p.budget != nil {
		p.budget.Begin()
	}
	return Run{plan: p, need: need, rnd: rnd, deadline: now.Add(p.within), current: -1}
}

// choose picks one of the model's targets that are not in the set, -1 when
// there is none.
func (p *Plan) choose(without set, need *Need, rnd func() float64) int {
	pool := p.lists[listTargets]
	switch {
	case pool.to <= 1:
		return p.inOrder(pool, without)
	case p.keep && need.Session != 0:
		return p.sticky(without, need.Session)
	case p.strategy == First:
		return p.inOrder(pool, without)
	case p.strategy != Weighted:
		return p.best(without, need, rnd)
	}
	return p.weighted(without, rnd)
}

func (p *Plan) weighted(without set, rnd func() float64) int {
	pool := p.lists[listTargets]
	if without == 0 {
		return p.byWeight(rnd)
	}
	// Some were passed over: the weights of the others are added up anew.
	total := uint64(0)
	for i := range pool.to {
		if !without.has(i) {
			total += uint64(p.targets[i].Weight)
		}
	}
	if total == 0 {
		return -1
	}
	x := scale(rnd(), total)
	last := -1
	for i := range pool.to {
		if without.has(i) {
			continue
		}
		w := uint64(p.targets[i].Weight)
		if x < w {
			return i
		}
		x -= w
		last = i
	}
	return last
}

func (p *Plan) byWeight(rnd func() float64) int {
	x := scale(rnd(), p.sums[len(p.sums)-1])
	lo, hi := 0, len(p.sums)-1
	for lo < hi {
		mid := (lo + hi) / 2
		if x < p.sums[mid] {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// scale makes a number below total of one in [0, 1).
func scale(x float64, total uint64) uint64 { return uint64(x * float64(total)) }

// inOrder is the first target of a list that is not in the set, -1 for none.
func (p *Plan) inOrder(list span, without set) int {
	for i := list.from; i < list.to; i++ {
		if !without.has(i) {
			return i
		}
	}
	return -1
}

// set is a set of a plan's targets.
type set uint64

func (s *set) add(i int)     { *s |= 1 << i }
func (s set) has(i int) bool { return s>>i&1 == 1 }
