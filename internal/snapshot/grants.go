package snapshot

import (
	"slices"
	"time"
	"unique"

	"github.com/fairwaygw/fairway/internal/limits"
	"github.com/fairwaygw/fairway/internal/platform"
)

// Application is a consumer, and what it has been granted. It never changes.
type Application struct {
	id      string
	tenant  string
	deleted bool
	// Rules bound all that its keys use together.
	Rules []limits.Rule
	// grants are one for each API that it has to do with.
	grants []grant
}

// grant is how things stand between an application and an API: its live
// subscription, else what came of the last one, or of a request.
type grant struct {
	api  unique.Handle[string]
	id   string
	plan unique.Handle[string]
	standing
	terms  *terms
	reason string
}

// standing are the parts of a grant that the clock is looked at for, in
// nanoseconds since 1970.
type standing struct {
	state                        State
	paused                       bool
	starts, ends, until, changed int64
}

// terms are shared by all subscriptions that have the same.
type terms struct {
	rules  []limits.Rule
	models []string
}

var noTerms = new(terms)

// State is how things stand between an application and an API. The words are
// the ends of the codes that callers get.
type State uint8

// The states. Of two with the same API, the one that comes first here counts.
const (
	Active State = iota
	Paused
	Suspended
	Scheduled
	Pending
	Expired
	Revoked
	Cancelled
	Ended
	Rejected
	None
)

var stateNames = [...]string{"active", "paused", "suspended", "scheduled", "pending", "expired", "revoked", "cancelled", "ended", "rejected", "none"}

func (s State) String() string { return stateNames[s] }

var states = map[platform.SubscriptionState]State{
	platform.SubScheduled: Scheduled, platform.SubActive: Active, platform.SubSuspended: Suspended, platform.SubExpired: Expired,
	platform.SubRevoked: Revoked, platform.SubCancelled: Cancelled, platform.SubEnded: Ended,
}

// at is the state at a time: the clock is looked at here, whatever a timer has
// done yet.
func (s *standing) at(now int64) State {
	state := s.state
	if state == Suspended && s.until != 0 && now >= s.until {
		state = Active
	}
	if state == Scheduled && now >= s.starts {
		state = Active
	}
	if (state == Active || state == Suspended) && s.ends != 0 && now >= s.ends {
		return Expired
	}
	if state == Active && s.paused {
		return Paused
	}
	return state
}

// live reports whether the subscription is the one of the application.
func (s *standing) live() bool { return s.state <= Scheduled }

// Granted is a subscription that lets a call through.
type Granted struct {
	Subscription, Plan string
	API                *API
	Version            *Served
	Rules              []limits.Rule
}

// Refusal is why an application may not call.
type Refusal struct {
	// State is None where it has nothing to do with any API that it could call.
	State State
	API   *API
	// Since is when the state began, and Until when it ends; zero: not known.
	Since, Until time.Time
	Reason       string
}

// put sets how things stand with an API, unless what is there counts more.
func (a *Application) put(g grant) {
	i := slices.IndexFunc(a.grants, func(o grant) bool { return o.api == g.api })
	if i < 0 {
		a.grants = append(a.grants, g)
		return
	}
	old := &a.grants[i]
	if old.id == g.id || g.counts() > old.counts() || g.counts() == old.counts() && g.changed >= old.changed {
		*old = g
	}
}

// counts is how much a grant counts before others of the same API: what lives
// before what waits, and what waits before what is over, of which the last one
// counts.
func (g *grant) counts() int {
	switch {
	case g.live():
		return 2
	case g.state == Pending:
		return 1
	}
	return 0
}

// ID is the application's id.
func (a *Application) ID() string { return a.id }

// model finds the subscription by which the application may call a model: the
// most specific one. Without one it tells what comes nearest.
func (s *Snapshot) model(a *Application, name string, now int64) (Granted, Refusal) {
	var granted Granted
	refusal := Refusal{State: None}
	best := -1
	for i := range a.grants {
		g := &a.grants[i]
		api, ok := s.apis.get(g.api.Value())
		if !ok || api.Kind != platform.KindModel {
			continue
		}
		version, specific := api.contains(name)
		if specific < 0 || len(g.terms.models) > 0 && !platform.ContainsModel(g.terms.models, name) {
			continue
		}
		state := g.at(now)
		if state == Active && version.State.Served() && specific > best {
			best = specific
			granted = Granted{Subscription: g.id, Plan: g.plan.Value(), API: api, Version: version, Rules: g.terms.rules}
		}
		if best < 0 && (refusal.API == nil || state < refusal.State) {
			refusal = g.refusal(api, state)
		}
	}
	if best >= 0 {
		return granted, Refusal{}
	}
	return Granted{}, refusal
}

func (g *grant) refusal(api *API, state State) Refusal {
	r := Refusal{State: state, API: api, Since: instant(g.changed), Reason: g.reason}
	switch state {
	case Suspended:
		r.Until = instant(g.until)
	case Scheduled:
		r.Until = instant(g.starts)
	case Expired:
		r.Since = instant(g.ends)
	}
	return r
}

func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// api finds the subscription by which the application may call an API.
func (s *Snapshot) api(a *Application, api *API, now int64) (Granted, Refusal) {
	for i := range a.grants {
		g := &a.grants[i]
		if g.api.Value() != api.ID {
			continue
		}
		if state := g.at(now); state != Active {
			return Granted{}, g.refusal(api, state)
		}
		return Granted{Subscription: g.id, Plan: g.plan.Value(), API: api, Rules: g.terms.rules}, Refusal{}
	}
	return Granted{}, Refusal{State: None, API: api}
}
