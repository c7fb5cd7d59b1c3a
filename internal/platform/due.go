package platform

import "time"

// reminders are after how long a request that waits is brought to mind; after
// the last, to the tenant's admins.
var reminders = []time.Duration{24 * time.Hour, 72 * time.Hour}

// farewells are how long before its end a subscription's owners are told.
var farewells = []time.Duration{30 * 24 * time.Hour, 7 * 24 * time.Hour, 24 * time.Hour}

// NextDue is when a timer of the subscription runs out; zero: never.
func (s *Subscription) NextDue() time.Time {
	var at []time.Time
	switch s.State {
	case SubScheduled:
		at = append(at, s.Starts)
	case SubSuspended:
		at = append(at, s.SuspendedUntil, s.Ends)
	case SubActive:
		at = append(at, s.Ends)
	default:
		return time.Time{}
	}
	if !s.Ends.IsZero() && s.Told < len(farewells) && s.State != SubScheduled {
		at = append(at, s.Ends.Add(-farewells[s.Told]))
	}
	return earliest(at)
}

func earliest(all []time.Time) (first time.Time) {
	for _, t := range all {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// Tick does what the subscription's timers ask for at a time, and tells what it
// did: an event, or that its end is near.
func (s *Subscription) Tick(now time.Time) (event SubscriptionEvent, farewell bool) {
	by := System()
	move := func(e SubscriptionEvent, reason string) (SubscriptionEvent, bool) {
		if s.Move(e, by, now, reason, time.Time{}) != nil {
			return "", false
		}
		return e, false
	}
	past := func(t time.Time) bool { return !t.IsZero() && !now.Before(t) }
	switch {
	case s.State == SubScheduled && past(s.Starts):
		return move(SubStart, "")
	case s.State.Live() && s.State != SubScheduled && past(s.Ends):
		return move(SubExpire, "its time is over")
	case s.State == SubSuspended && past(s.SuspendedUntil):
		return move(SubResume, "")
	}
	if s.State.Live() && s.State != SubScheduled && !s.Ends.IsZero() {
		for s.Told < len(farewells) && past(s.Ends.Add(-farewells[s.Told])) {
			s.Told++ // of several that are late one is enough
			farewell = true
		}
	}
	return "", farewell
}

// nextDue is when a timer of the request runs out; zero: never.
func (r *Request) nextDue(terms *PlanVersion) time.Time {
	if r.State != ReqPending {
		return time.Time{}
	}
	at := []time.Time{r.Created.Add(terms.LapseAfter())}
	if r.Reminded < len(reminders) {
		at = append(at, r.Created.Add(reminders[r.Reminded]))
	}
	return earliest(at)
}

// Tick does what the request's timers ask for at a time. remind is set when
// those who decide are to be reminded, and admin when it is the admins' turn.
func (r *Request) Tick(terms *PlanVersion, now time.Time) (lapsed, remind, admin bool) {
	if r.State != ReqPending {
		return false, false, false
	}
	if !now.Before(r.Created.Add(terms.LapseAfter())) {
		return r.decide(ReqLapsed, System(), now, "nobody decided it in time") == nil, false, false
	}
	for r.Reminded < len(reminders) && !now.Before(r.Created.Add(reminders[r.Reminded])) {
		r.Reminded++
		remind = true
	}
	r.Due = r.nextDue(terms)
	return false, remind, remind && r.Reminded == len(reminders)
}
