package limits

import "time"

// Claim is what applies to a call at one level. Rules are each of another kind.
type Claim struct {
	Level Level
	ID    string
	Rules []Rule
}

// Amount is what a call may come to.
type Amount struct {
	// Tokens and Cost are the most that it may use, if that is known.
	Tokens, Cost int64
	// LeastTokens and LeastCost are what it will use at least, such as its
	// prompt. A call that has no bound of its own is let through when so much is
	// left, and then holds what is left up to Tokens and Cost. They equal Tokens
	// and Cost for a call that has a bound.
	LeastTokens, LeastCost int64
}

// most and least are what the amount is in a unit.
func (a *Amount) most(u Unit) int64 {
	switch u {
	case Tokens:
		return max(a.Tokens, a.LeastTokens)
	case Cost:
		return max(a.Cost, a.LeastCost)
	}
	return 1
}

func (a *Amount) least(u Unit) int64 {
	switch u {
	case Tokens:
		return a.LeastTokens
	case Cost:
		return a.LeastCost
	}
	return 1
}

// Used is what a call has come to.
type Used struct {
	Tokens, Cost int64
	// Void is set for a call that was never made: its request does not count.
	Void bool
}

// Status is how a limit stands after a call was let through.
type Status struct {
	Kind  Kind
	Level Level
	Max   int64
	// Left is what other calls may still use.
	Left int64
	// Reset is when all of it is to be had again.
	Reset time.Duration
}

// Refusal is why a call may not be made.
type Refusal struct {
	Level Level
	// ID is whose limit it is.
	ID   string
	Rule Rule
	// Wait is when it may be worth to try again.
	Wait time.Duration
	// Cut is set when the limit is not known to be used up, but the other nodes
	// cannot be asked.
	Cut bool
}

// Reservation is what a call holds. The zero value holds nothing. It is used
// by one goroutine at a time.
type Reservation struct {
	book  *Book
	holds [levels]hold
	n     int

	status [kinds]Status
	has    uint16
}

// hold is what is held at one level.
type hold struct {
	subject *Subject
	kinds   uint16
	amounts [kinds]int64
	slots   [kinds]int64
}

// Reserve lets a call through all its limits, or refuses it and counts
// nothing. Claims are in the order of their levels, each at most once. What is
// reserved must be settled.
func (b *Book) Reserve(r *Reservation, claims []Claim, a Amount) *Refusal {
	*r = Reservation{book: b}
	if !limited(claims) {
		return nil
	}
	if b.share != nil {
		return b.reserveShared(r, claims, &a)
	}
	r.lockAll(b, claims)
	now := b.clock()
	refusal := r.check(claims, &a, now)
	if refusal == nil {
		r.take(claims, &a, now)
	}
	r.unlockAll()
	if refusal != nil {
		r.n = 0
	}
	return refusal
}

func limited(claims []Claim) bool {
	for i := range claims {
		if len(claims[i].Rules) > 0 {
			return true
		}
	}
	return false
}

// lockAll locks the subjects in the order of their levels, so that two calls
// never wait for each other.
func (r *Reservation) lockAll(b *Book, claims []Claim) {
	r.n = 0
	for i := range claims {
		if len(claims[i].Rules) > 0 {
			r.holds[r.n].subject = b.lock(claims[i].Level, claims[i].ID)
			r.n++
		}
	}
}

func (r *Reservation) unlockAll() {
	for i := range r.n {
		r.holds[i].subject.mu.Unlock()
	}
}

// lock finds a subject and locks it.
func (b *Book) lock(l Level, id string) *Subject {
	for {
		s := b.Subject(l, id)
		s.mu.Lock()
		if !s.gone {
			return s
		}
		s.mu.Unlock()
	}
}

// check looks if all limits allow the amount. Of several that do not, the one
// that takes longest is told.
func (r *Reservation) check(claims []Claim, a *Amount, now int64) *Refusal {
	var refusal *Refusal
	n := 0
	for i := range claims {
		claim := &claims[i]
		if len(claim.Rules) == 0 {
			continue
		}
		s := r.holds[n].subject
		n++
		for j := range claim.Rules {
			rule := &claim.Rules[j]
			c := s.counter(rule, now)
			need := max(a.least(table[rule.Kind].unit), 1)
			if need <= rule.Max-c.sum {
				continue
			}
			wait := c.wait(now, need, rule.Max)
			if refusal == nil || wait > refusal.Wait {
				refusal = &Refusal{Level: claim.Level, ID: claim.ID, Rule: *rule, Wait: wait}
			}
		}
	}
	return refusal
}

func (r *Reservation) take(claims []Claim, a *Amount, now int64) {
	n := 0
	for i := range claims {
		claim := &claims[i]
		if len(claim.Rules) == 0 {
			continue
		}
		h := &r.holds[n]
		n++
		h.subject.held++
		for j := range claim.Rules {
			rule := &claim.Rules[j]
			c := h.subject.counters[rule.Kind]
			unit := table[rule.Kind].unit
			amount := max(min(a.most(unit), rule.Max-c.sum), a.least(unit))
			h.kinds |= 1 << rule.Kind
			h.amounts[rule.Kind] = amount
			h.slots[rule.Kind] = c.add(amount)
			r.note(Status{Kind: rule.Kind, Level: claim.Level, Max: rule.Max, Left: rule.Max - c.sum, Reset: c.reset(now)})
		}
	}
}

// note keeps the status of the limit that leaves least.
func (r *Reservation) note(s Status) {
	if r.has>>s.Kind&1 == 1 && r.status[s.Kind].Left <= s.Left {
		return
	}
	r.has |= 1 << s.Kind
	r.status[s.Kind] = s
}

// Status tells how the limits stood when the call was let through, the tightest
// of each kind.
func (r *Reservation) Status(tell func(Status)) {
	for k := range kinds {
		if r.has>>k&1 == 1 {
			tell(r.status[k])
		}
	}
}

// Limited reports whether any limit applied.
func (r *Reservation) Limited() bool { return r.has != 0 }

// Settle counts what the call came to in place of what it held, and lets go of
// the rest. Only the first call of it does anything.
func (r *Reservation) Settle(u Used) {
	if r.n == 0 {
		return
	}
	now := r.book.clock()
	sh := r.book.share
	for i := range r.n {
		h := &r.holds[i]
		s := h.subject
		s.mu.Lock()
		s.held--
		for k := range kinds {
			if h.kinds>>k&1 == 0 {
				continue
			}
			c := s.counters[k]
			c.advance(now)
			delta := u.amount(table[k].unit) - h.amounts[k]
			c.adjust(h.slots[k], delta)
			if sh != nil {
				s.leases[k].settle(delta, sh.with.Now().UnixNano(), sh, s)
			}
		}
		s.mu.Unlock()
	}
	r.n = 0
}

func (u *Used) amount(unit Unit) int64 {
	switch unit {
	case Requests:
		if u.Void {
			return 0
		}
		return 1
	case Tokens:
		return max(u.Tokens, 0)
	case Cost:
		return max(u.Cost, 0)
	}
	return 0 // no longer under way
}
