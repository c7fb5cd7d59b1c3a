package platform

import (
	"slices"
	"time"
)

// RequestState is what became of a request.
type RequestState string

// The states of a request. Only one that is pending can be decided; all others
// are for good.
const (
	ReqPending   RequestState = "pending"
	ReqApproved  RequestState = "approved"
	ReqRejected  RequestState = "rejected"
	ReqWithdrawn RequestState = "withdrawn"
	ReqLapsed    RequestState = "lapsed"
)

// RequestKind is what is asked for.
type RequestKind string

// The kinds of requests.
const (
	AskNew        RequestKind = "new"
	AskPlanChange RequestKind = "plan_change"
	AskRenew      RequestKind = "renew"
	AskLimitRaise RequestKind = "limit_raise"
)

// RequestKinds lists them.
var RequestKinds = []RequestKind{AskNew, AskPlanChange, AskRenew, AskLimitRaise}

// Request is what an application asks for, and how that was decided.
type Request struct {
	ID RequestID `json:"id"`
	// Tenant is the application's, APITenant the API's.
	Tenant      TenantID      `json:"tenant"`
	Application ApplicationID `json:"application"`
	API         APIID         `json:"api"`
	APITenant   TenantID      `json:"api_tenant"`
	Plan        PlanID        `json:"plan"`
	PlanVersion int           `json:"plan_version"`
	Kind        RequestKind   `json:"kind"`
	State       RequestState  `json:"state"`
	Reason      string        `json:"reason,omitempty"`
	// Limits are what a raise asks for.
	Limits Limits `json:"limits,omitzero"`
	// Cost is what the applicant thinks it will come to in a month, in
	// billionths of a dollar; 0: not said.
	Cost    int64     `json:"estimated_monthly_cost,omitempty"`
	Created time.Time `json:"created"`
	By      Actor     `json:"by"`
	// Decided, Decider and Note are how it ended.
	Decided time.Time `json:"decided,omitzero"`
	Decider *Actor    `json:"decider,omitempty"`
	Note    string    `json:"note,omitempty"`
	// Granted are the limits that the decider set in place of the plan's.
	Granted      Limits         `json:"granted,omitzero"`
	Subscription SubscriptionID `json:"subscription,omitempty"`
	// Reminded is how many reminders were given, and Due when the next timer
	// runs out.
	Reminded int       `json:"reminded,omitempty"`
	Due      time.Time `json:"due,omitzero"`
	Revision int64     `json:"-"`
}

// Standing is how things stand between an application and an API when it asks.
type Standing struct {
	// Live is the live subscription, or else the one that has expired, if any.
	Live *Subscription
	// Pending is a request of the same kind that waits.
	Pending *Request
	// Refused is when a request was rejected, or a subscription revoked, last.
	Refused time.Time
	Why     string
	// Open is how many requests of the application wait.
	Open int
}

// maxOpen is how many requests of an application may wait at a time.
const maxOpen = 20

// Ask checks a request that is new and sets what follows from it.
func (r *Request) Ask(a *API, p *Plan, by Actor, now time.Time, st Standing) error {
	if by.Kind == ActorMember && !by.May(WriteApplications, r.Tenant) {
		return Forbidden("asking for a subscription needs the role developer or admin")
	}
	switch state := a.State(); {
	case !a.VisibleTo(r.Tenant), !state.Public() || state == StateRetired:
		return ErrNotFound
	case p.API != a.ID:
		return Invalid("plan", "is of another API")
	case state == StateBlocked && r.Kind == AskNew:
		return Conflict("not-offered", "the API %s is blocked", a.Name)
	case state == StateDeprecated && r.Kind == AskNew && by.Kind != ActorOperator && !by.Is(RoleAdmin, a.Tenant) && !by.Is(RoleOwner, a.Tenant):
		return Conflict("not-offered", "the API %s is deprecated and takes no new subscribers", a.Name)
	case !p.Closed.IsZero() && (r.Kind == AskNew || r.Kind == AskPlanChange):
		return Conflict("not-offered", "the plan %s is closed", p.Name)
	case st.Pending != nil:
		return Conflict("request-pending", "the request %s has been waiting since %s", st.Pending.ID, st.Pending.Created.UTC().Format(time.RFC3339))
	case st.Open >= maxOpen && by.Kind != ActorOperator:
		return Conflict("too-many-requests", "%d requests of this application wait already", st.Open)
	}
	if err := r.askKind(st.Live, p); err != nil {
		return err
	}
	if r.Cost < 0 {
		return Invalid("estimated_monthly_cost", "is negative")
	}
	again := st.Refused.Add(p.Now().CoolDown())
	if r.Kind == AskNew && !st.Refused.IsZero() && now.Before(again) && by.Kind != ActorOperator {
		why := ""
		if st.Why != "" {
			why = " (" + st.Why + ")"
		}
		return Conflict("cooling-down", "the last answer was no%s; ask again after %s", why, again.UTC().Format(time.RFC3339))
	}
	r.API, r.APITenant, r.Plan, r.PlanVersion = a.ID, a.Tenant, p.ID, p.Now().Number
	r.State, r.Created, r.By = ReqPending, now, by
	r.Due = r.nextDue(p.Now())
	return nil
}

// askKind checks what each kind needs.
func (r *Request) askKind(live *Subscription, p *Plan) error {
	has := live != nil && live.State.Live()
	switch r.Kind {
	case AskNew:
		if has {
			return Conflict("already-subscribed", "the application has the subscription %s, which is %s", live.ID, live.State)
		}
	case AskPlanChange:
		if !has {
			return Conflict("not-subscribed", "there is no subscription whose plan could change")
		}
		if live.Plan == p.ID && live.PlanVersion == p.Now().Number {
			return Conflict("no-change", "the subscription has this plan already")
		}
	case AskRenew:
		if live == nil || !has && live.State != SubExpired {
			return Conflict("not-subscribed", "there is no subscription to renew")
		}
	case AskLimitRaise:
		if !has {
			return Conflict("not-subscribed", "there is no subscription whose limits could be raised")
		}
		if r.Limits.Empty() {
			return Invalid("limits", "is missing: say what is needed")
		}
	default:
		return Invalid("kind", "is %q; kinds are %s", r.Kind, listed(RequestKinds))
	}
	if r.Kind != AskLimitRaise && !r.Limits.Empty() {
		return Invalid("limits", "belongs to a request of kind %s", AskLimitRaise)
	}
	return nil
}

// MayDecide tells why an actor may not decide the request, if so: the plan's
// approvers may, or where it names none, those with the role; and always an
// admin of the API's tenant, and the operator.
func (r *Request) MayDecide(by Actor, terms *PlanVersion) error {
	if by.Kind != ActorMember {
		return nil
	}
	admin := by.Is(RoleAdmin, r.APITenant) || by.Is(RoleOwner, r.APITenant)
	named := slices.Contains(terms.Approvers, by.Member) && by.Tenant == r.APITenant
	role := len(terms.Approvers) == 0 && by.Is(RoleApprover, r.APITenant)
	switch {
	case by.Tenant != r.APITenant:
		return ErrNotFound
	case !admin && !named && !role:
		return Forbidden("this request is decided by the plan's approvers or an admin")
	case r.By.Member == by.Member && !terms.SelfApproval:
		return Forbidden("nobody decides their own request")
	}
	return nil
}

// Decision is what comes with an approval.
type Decision struct {
	Note string
	// Starts and Ends bound the subscription; zero: now, and as the plan says.
	Starts, Ends time.Time
	// Limits are set in place of the plan's.
	Limits Limits
}

// decide closes the request.
func (r *Request) decide(to RequestState, by Actor, now time.Time, note string) error {
	if r.State != ReqPending {
		who := "the gateway"
		if r.Decider != nil && r.Decider.Name != "" {
			who = r.Decider.Name
		}
		return Conflict("already-decided", "the request was %s by %s at %s", r.State, who, r.Decided.UTC().Format(time.RFC3339))
	}
	r.State, r.Decided, r.Decider, r.Note, r.Due = to, now, &by, note, time.Time{}
	return nil
}

// Reject says no.
func (r *Request) Reject(by Actor, terms *PlanVersion, now time.Time, note string) error {
	if err := r.MayDecide(by, terms); err != nil {
		return err
	}
	return r.decide(ReqRejected, by, now, note)
}

// Withdraw takes the request back.
func (r *Request) Withdraw(by Actor, now time.Time, note string) error {
	if by.Kind == ActorMember && !by.May(WriteApplications, r.Tenant) {
		return Forbidden("only who owns the application may withdraw its request")
	}
	return r.decide(ReqWithdrawn, by, now, note)
}

// Approve says yes: the subscription that comes of it is new, or present as it
// is now.
func (r *Request) Approve(by Actor, p *Plan, present *Subscription, now time.Time, d Decision) (*Subscription, error) {
	terms, err := p.Version(r.PlanVersion)
	if err != nil {
		return nil, err
	}
	if by.Kind == ActorSystem && terms.Approval == ApproveManual {
		return nil, Forbidden("this plan leaves it to a person")
	}
	if err := r.MayDecide(by, terms); err != nil {
		return nil, err
	}
	if !d.Ends.IsZero() && (!d.Ends.After(now) || !d.Starts.IsZero() && !d.Ends.After(d.Starts)) {
		return nil, Invalid("ends_at", "is not after the start")
	}
	decided := *r
	if err := decided.decide(ReqApproved, by, now, d.Note); err != nil {
		return nil, err
	}
	starts := now
	if d.Starts.After(now) {
		starts = d.Starts
	}
	ends := d.Ends
	if ends.IsZero() && terms.ValidDays > 0 {
		ends = starts.AddDate(0, 0, terms.ValidDays)
	}
	var s Subscription
	if r.Kind == AskNew {
		if present != nil && present.State.Live() {
			return nil, Conflict("already-subscribed", "the application has the subscription %s, which is %s", present.ID, present.State)
		}
		s = Subscription{
			ID: NewSubscriptionID(now), Tenant: r.Tenant, Application: r.Application, API: r.API, APITenant: r.APITenant,
			Plan: r.Plan, PlanVersion: r.PlanVersion, State: SubActive, Starts: starts, Ends: ends,
			Overrides: d.Limits, Created: now, Changed: now,
		}
		if starts.After(now) {
			s.State = SubScheduled
		}
	} else {
		if present == nil {
			return nil, Conflict("not-subscribed", "the subscription that this is about is gone")
		}
		s = *present
		if err := s.amend(r, by, now, ends, d); err != nil {
			return nil, err
		}
	}
	s.Limits = terms.Limits.With(s.Overrides)
	s.Request = r.ID
	decided.Granted, decided.Subscription = d.Limits, s.ID
	*r = decided
	return &s, nil
}

// amend changes a subscription that is there as a request asks.
func (s *Subscription) amend(r *Request, by Actor, now time.Time, ends time.Time, d Decision) error {
	switch {
	case r.Kind == AskRenew:
		provider := by
		if provider.Kind == ActorMember {
			provider = System() // the decision was theirs to make
		}
		if err := s.Move(SubRenew, provider, now, "", ends); err != nil {
			return err
		}
		s.Overrides = s.Overrides.With(d.Limits)
	case !s.State.Live():
		return Conflict("not-subscribed", "the subscription %s is %s", s.ID, s.State)
	case r.Kind == AskPlanChange:
		s.Plan, s.PlanVersion, s.Overrides = r.Plan, r.PlanVersion, d.Limits
		if !d.Ends.IsZero() || s.Ends.IsZero() {
			s.Ends = ends
		}
	case r.Kind == AskLimitRaise:
		raised := r.Limits
		if !d.Limits.Empty() {
			raised = d.Limits
		}
		s.Overrides = s.Overrides.With(raised)
		if !d.Ends.IsZero() {
			s.Ends = d.Ends
		}
	}
	s.Changed = now
	return nil
}

// End rejects the request because what it asks for is no longer to be had.
func (r *Request) End(now time.Time, why string) error {
	return r.decide(ReqRejected, System(), now, why)
}
