package platform

import (
	"encoding/json"
	"slices"
	"time"
)

// SubscriptionState is what a subscription is good for.
type SubscriptionState string

// The states of a subscription.
const (
	SubScheduled SubscriptionState = "scheduled"
	SubActive    SubscriptionState = "active"
	SubSuspended SubscriptionState = "suspended"
	SubExpired   SubscriptionState = "expired"
	SubRevoked   SubscriptionState = "revoked"
	SubCancelled SubscriptionState = "cancelled"
	SubEnded     SubscriptionState = "ended"
)

// Live reports whether the subscription is the one that an application has to an
// API: there is never more than one.
func (s SubscriptionState) Live() bool {
	return s == SubScheduled || s == SubActive || s == SubSuspended
}

// SubscriptionEvent is what happens to a subscription.
type SubscriptionEvent string

// The events of a subscription.
const (
	SubStart   SubscriptionEvent = "start"
	SubSuspend SubscriptionEvent = "suspend"
	SubResume  SubscriptionEvent = "resume"
	SubPause   SubscriptionEvent = "pause"
	SubUnpause SubscriptionEvent = "unpause"
	SubExpire  SubscriptionEvent = "expire"
	SubRenew   SubscriptionEvent = "renew"
	SubRevoke  SubscriptionEvent = "revoke"
	SubCancel  SubscriptionEvent = "cancel"
	SubEnd     SubscriptionEvent = "end"
)

// side is who may cause an event.
type side uint8

const (
	bySystem   side = 1 << iota // timers, and what happens to the API or plan
	byProvider                  // who publishes the API
	byConsumer                  // who owns the application
)

// subscriptionMoves is the state machine: from which states an event comes,
// where it leads (empty: nowhere), and who may cause it.
var subscriptionMoves = map[SubscriptionEvent]struct {
	from []SubscriptionState
	to   SubscriptionState
	by   side
}{
	SubStart:   {[]SubscriptionState{SubScheduled}, SubActive, bySystem},
	SubSuspend: {[]SubscriptionState{SubActive}, SubSuspended, bySystem | byProvider},
	SubResume:  {[]SubscriptionState{SubSuspended}, SubActive, bySystem | byProvider},
	SubPause:   {[]SubscriptionState{SubActive, SubSuspended}, "", byConsumer},
	SubUnpause: {[]SubscriptionState{SubActive, SubSuspended}, "", byConsumer},
	SubExpire:  {[]SubscriptionState{SubActive, SubSuspended}, SubExpired, bySystem},
	SubRenew:   {[]SubscriptionState{SubActive, SubSuspended, SubExpired}, "", bySystem | byProvider},
	SubRevoke:  {[]SubscriptionState{SubScheduled, SubActive, SubSuspended}, SubRevoked, byProvider},
	SubCancel:  {[]SubscriptionState{SubScheduled, SubActive, SubSuspended}, SubCancelled, byConsumer},
	SubEnd:     {[]SubscriptionState{SubScheduled, SubActive, SubSuspended}, SubEnded, bySystem},
}

// Subscription is an application's grant to an API under a plan.
type Subscription struct {
	ID SubscriptionID `json:"id"`
	// Tenant is the application's, APITenant the API's.
	Tenant      TenantID      `json:"tenant"`
	Application ApplicationID `json:"application"`
	API         APIID         `json:"api"`
	APITenant   TenantID      `json:"api_tenant"`
	Plan        PlanID        `json:"plan"`
	PlanVersion int           `json:"plan_version"`
	// Request is the one that was approved last.
	Request RequestID         `json:"request,omitempty"`
	State   SubscriptionState `json:"state"`
	// Paused is set by the consumer, who alone can take it back.
	Paused bool      `json:"paused_by_consumer"`
	Starts time.Time `json:"starts_at"`
	Ends   time.Time `json:"ends_at,omitzero"`
	// SuspendedUntil is when a suspension ends by itself.
	SuspendedUntil time.Time `json:"suspended_until,omitzero"`
	Reason         string    `json:"reason,omitempty"`
	// Limits are those in force: the plan's with the Overrides.
	Limits    Limits `json:"limits,omitzero"`
	Overrides Limits `json:"overrides,omitzero"`
	// Models narrows what an API of kind model gives; empty: all of it.
	Models  []string  `json:"models,omitempty"`
	Created time.Time `json:"created"`
	// Changed is when its state changed last.
	Changed time.Time `json:"changed"`
	// Told is how many of the notices before the end were given.
	Told     int   `json:"told,omitempty"`
	Revision int64 `json:"-"`
}

// StateAt is the state at a time: the clock is looked at, whatever a timer has
// done yet.
func (s *Subscription) StateAt(now time.Time) SubscriptionState {
	g := s.Grant()
	return g.StateAt(now.UnixNano())
}

// sides are those on which an actor stands.
func (s *Subscription) sides(by Actor) side {
	switch by.Kind {
	case ActorOperator:
		return byProvider | byConsumer
	case ActorSystem:
		return bySystem
	}
	var on side
	if by.May(Govern, s.APITenant) {
		on |= byProvider
	}
	if by.May(WriteApplications, s.Tenant) {
		on |= byConsumer
	}
	return on
}

// Move moves the subscription by an event. until is for suspensions and
// renewals; zero is for good. On an error nothing has changed.
func (s *Subscription) Move(event SubscriptionEvent, by Actor, now time.Time, reason string, until time.Time) error {
	move, ok := subscriptionMoves[event]
	if !ok {
		return Invalid("event", "is %q", event)
	}
	if s.sides(by)&move.by == 0 {
		return Forbidden("only %s may %s this subscription", map[side]string{
			bySystem: "the gateway itself", bySystem | byProvider: "who publishes the API", byProvider: "who publishes the API", byConsumer: "who owns the application",
		}[move.by], event)
	}
	if !slices.Contains(move.from, s.State) {
		return Conflict("illegal-transition", "the subscription is %s, and only one that is %s can take %s", s.State, listed(move.from), event)
	}
	next := *s
	switch event {
	case SubPause, SubUnpause:
		if pause := event == SubPause; next.Paused == pause {
			return Conflict("illegal-transition", "the subscription is paused: %t", pause)
		}
		next.Paused = event == SubPause
	case SubSuspend:
		if !until.IsZero() && !until.After(now) {
			return Invalid("until", "is in the past")
		}
		next.SuspendedUntil = until
	case SubResume:
		next.SuspendedUntil = time.Time{}
	case SubRenew:
		if !until.IsZero() && !until.After(now) {
			return Invalid("ends_at", "is in the past")
		}
		next.Ends, next.Told = until, 0
		if next.State == SubExpired {
			next.State = SubActive
		}
	}
	if move.to != "" {
		next.State = move.to
	}
	if next.State != s.State || event == SubSuspend {
		next.Reason = reason
	}
	next.Changed = now
	*s = next
	return nil
}

// Grant is what the data plane must know of the subscription.
func (s *Subscription) Grant() Grant {
	g := Grant{
		Subscription: s.ID, Application: s.Application, API: s.API, Plan: s.Plan, State: s.State, Paused: s.Paused,
		Starts: nanos(s.Starts), Ends: nanos(s.Ends), Until: nanos(s.SuspendedUntil), Changed: nanos(s.Changed), Reason: s.Reason,
	}
	if !s.Limits.Empty() {
		text, _ := s.Limits.MarshalJSON() // it never fails
		g.Limits = string(text)
	}
	if len(s.Models) > 0 {
		text, _ := json.Marshal(s.Models) // nor do texts
		g.Models = string(text)
	}
	return g
}

// StateAt is [Subscription.StateAt], with times in nanoseconds since 1970.
func (g *Grant) StateAt(now int64) SubscriptionState {
	state := g.State
	if state == SubSuspended && g.Until != 0 && now >= g.Until {
		state = SubActive
	}
	if state == SubScheduled && now >= g.Starts {
		state = SubActive
	}
	if (state == SubActive || state == SubSuspended) && g.Ends != 0 && now >= g.Ends {
		state = SubExpired
	}
	return state
}
