package limits

import "time"

// reserveShared is [Book.Reserve] with other nodes: a call is let through when
// this node's leases allow it, and waits for new ones when they do not.
func (b *Book) reserveShared(r *Reservation, claims []Claim, a *Amount) *Refusal {
	var deadline *time.Timer
	alone := false
	for {
		r.lockAll(b, claims)
		now := b.share.with.Now().UnixNano()
		cut := alone || b.share.down.Load()
		refusal, wait := r.checkLeases(b, claims, a, now, cut)
		if refusal == nil && wait == nil {
			r.take(claims, a, b.clock())
			r.drawLeases(claims, cut, now)
		}
		r.unlockAll()
		switch {
		case refusal != nil:
			r.n = 0
			return refusal
		case wait == nil:
			return nil
		}
		b.share.signal()
		if deadline == nil {
			deadline = time.NewTimer(b.share.patience)
			defer deadline.Stop()
		}
		select {
		case <-wait:
		case <-deadline.C:
			// Nobody answers in time: the call is decided on here.
			alone = true
		}
	}
}

func (sh *share) signal() {
	select {
	case sh.wake <- struct{}{}:
	default:
	}
}

// checkLeases looks if the leases allow the amount. If they do not, it is
// refused, or has to wait for the channel.
func (r *Reservation) checkLeases(b *Book, claims []Claim, a *Amount, now int64, cut bool) (refusal *Refusal, wait chan struct{}) {
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
			c := s.counter(rule, b.clock())
			l := s.lease(rule)
			need := max(a.least(table[rule.Kind].unit), 1)
			var no *Refusal
			switch {
			case l.free >= need && l.valid(now):
				continue
			case cut:
				if no = s.allowAlone(b, claim, rule, l, c, need); no == nil {
					continue
				}
			case need > rule.Max, now < l.deniedUntil:
				no = &Refusal{Level: claim.Level, ID: claim.ID, Rule: *rule, Wait: l.until(now)}
			default:
				wait = s.ask(b.share, l, a.most(table[rule.Kind].unit), need)
				continue
			}
			if refusal == nil || no.Wait > refusal.Wait {
				refusal = no
			}
		}
	}
	return refusal, wait
}

// lease is the one of a rule. The lock is held.
func (s *Subject) lease(rule *Rule) *lease {
	l := s.leases[rule.Kind]
	if l == nil {
		l = new(lease)
		s.leases[rule.Kind] = l
	}
	l.rule = *rule
	return l
}

// valid reports whether what is free was drawn in the present slot of a fixed
// window, or lately enough of a sliding one.
func (l *lease) valid(now int64) bool {
	slots, slot := cut(&l.rule, now)
	return slots == 0 || slot == l.slot || slots > 1 && slot-l.slot <= 1
}

// ask waits for more. The lock is held.
func (s *Subject) ask(sh *share, l *lease, most, need int64) chan struct{} {
	if l.answer == nil {
		l.answer = make(chan struct{})
		l.need = need
	}
	l.want += max(most-l.free, need)
	l.need = min(l.need, need)
	sh.mu.Lock()
	sh.queue[s], sh.active[s] = struct{}{}, struct{}{}
	sh.mu.Unlock()
	return l.answer
}

// allowAlone decides without the others: of a rate, this node gives its part;
// of a budget, a tenth of what was left divided by the number of nodes, and
// then nothing until they can be asked again. The lock is held.
func (s *Subject) allowAlone(b *Book, claim *Claim, rule *Rule, l *lease, c *counter, need int64) *Refusal {
	nodes := int64(max(b.share.with.Nodes(), 1))
	limit := max(rule.Max/nodes, min(rule.Max, 1))
	if !rule.Kind.Quota() {
		if need <= limit-c.sum {
			return nil
		}
		return &Refusal{Level: claim.Level, ID: claim.ID, Rule: *rule, Wait: c.wait(b.clock(), need, limit)}
	}
	if l.aloneMax == 0 {
		left := rule.Max - c.sum
		if l.known {
			left = min(left, l.left)
		}
		l.aloneMax = max(left, 0)/(Part*nodes) + 1
	}
	if l.alone+need <= l.aloneMax {
		return nil
	}
	return &Refusal{Level: claim.Level, ID: claim.ID, Rule: *rule, Wait: time.Second, Cut: true}
}

// drawLeases takes what was reserved out of the leases, or, while cut off, notes
// it to be told later. The locks are held.
func (r *Reservation) drawLeases(claims []Claim, cut bool, now int64) {
	n := 0
	for i := range claims {
		if len(claims[i].Rules) == 0 {
			continue
		}
		h := &r.holds[n]
		n++
		for j := range claims[i].Rules {
			k := claims[i].Rules[j].Kind
			l := h.subject.leases[k]
			amount := h.amounts[k]
			if !cut || l.free >= amount {
				// A call without a bound takes no more than there is.
				if over := amount - l.free; over > 0 {
					h.amounts[k] -= over
					h.subject.counters[k].adjust(h.slots[k], -over)
					amount = l.free
				}
				l.free -= amount
			} else {
				l.note(amount, now)
				l.alone += amount
			}
			l.used = now
			r.left(k, l)
		}
	}
}

// left corrects the status of a limit: others draw from it too.
func (r *Reservation) left(k Kind, l *lease) {
	if l.known && r.has>>k&1 == 1 {
		r.status[k].Left = min(r.status[k].Left, max(l.left+l.free, 0))
	}
}

// note adds to what is to be told the others.
func (l *lease) note(n, now int64) {
	_, slot := cut(&l.rule, now)
	l.add += n
	l.addSlot = slot
}

// settleLease corrects a lease by what a call came to. The lock is held.
func (l *lease) settle(delta, now int64, sh *share, s *Subject) {
	if l == nil || delta == 0 {
		return
	}
	if delta < 0 {
		l.free -= delta
		l.used = now
	} else if take := min(delta, max(l.free, 0)); take > 0 {
		l.free -= take
		delta -= take
	}
	if delta > 0 {
		l.note(delta, now)
	}
	sh.mu.Lock()
	sh.active[s] = struct{}{}
	sh.mu.Unlock()
}
