package platform

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var (
	provider = TenantID("ten_00000000000000000000000001")
	consumer = TenantID("ten_00000000000000000000000002")
)

func member(t TenantID, roles ...Role) Actor {
	return Actor{Kind: ActorMember, Member: NewMemberID(now), Name: "m", Tenant: t, Roles: roles}
}

// offer makes a published API with a plan.
func offer(t *testing.T, terms PlanVersion) (API, Plan) {
	t.Helper()
	a := API{
		ID: NewAPIID(now), Tenant: provider, Name: "chat", Kind: KindModel, Visibility: VisiblePublic,
		Versions: []Version{{Number: 1, State: StateDraft, Draft: Spec{Models: []string{"fast", "openai/*"}}}},
	}
	if err := a.Move(1, EventPublish, Operator(""), now, APIChange{}); err != nil {
		t.Fatal(err)
	}
	p := Plan{ID: NewPlanID(now), Tenant: provider, API: a.ID, Name: "team"}
	p.Edit(terms, Operator(""), now)
	return a, p
}

func code(err error) string {
	var c *ConflictError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &c):
		return c.Code
	case errors.Is(err, ErrForbidden):
		return "forbidden"
	case errors.Is(err, ErrNotFound):
		return "not-found"
	case errors.Is(err, ErrInvalid):
		return "invalid"
	}
	return err.Error()
}

func TestSubscriptionMoves(t *testing.T) {
	t.Parallel()
	states := []SubscriptionState{SubScheduled, SubActive, SubSuspended, SubExpired, SubRevoked, SubCancelled, SubEnded}
	// From the table of the design: which events each state takes, and where
	// they lead.
	want := map[SubscriptionEvent]map[SubscriptionState]SubscriptionState{
		SubStart:   {SubScheduled: SubActive},
		SubSuspend: {SubActive: SubSuspended},
		SubResume:  {SubSuspended: SubActive},
		SubPause:   {SubActive: SubActive, SubSuspended: SubSuspended},
		SubUnpause: {SubActive: SubActive, SubSuspended: SubSuspended},
		SubExpire:  {SubActive: SubExpired, SubSuspended: SubExpired},
		SubRenew:   {SubActive: SubActive, SubSuspended: SubSuspended, SubExpired: SubActive},
		SubRevoke:  {SubScheduled: SubRevoked, SubActive: SubRevoked, SubSuspended: SubRevoked},
		SubCancel:  {SubScheduled: SubCancelled, SubActive: SubCancelled, SubSuspended: SubCancelled},
		SubEnd:     {SubScheduled: SubEnded, SubActive: SubEnded, SubSuspended: SubEnded},
	}
	who := map[string]Actor{
		"the gateway": System(), "an operator": Operator("::1"),
		"a publisher": member(provider, RolePublisher), "an approver": member(provider, RoleApprover), "an owner there": member(provider, RoleOwner),
		"a viewer there": member(provider, RoleViewer), "a developer": member(consumer, RoleDeveloper), "a viewer": member(consumer, RoleViewer),
		"a stranger": member("ten_00000000000000000000000003", RoleOwner),
	}
	may := func(name string, e SubscriptionEvent) bool {
		switch e {
		case SubStart, SubExpire, SubEnd:
			return name == "the gateway"
		case SubPause, SubUnpause, SubCancel:
			return name == "an operator" || name == "a developer"
		case SubRevoke:
			return slices.Contains([]string{"an operator", "a publisher", "an approver", "an owner there"}, name)
		default:
			return slices.Contains([]string{"the gateway", "an operator", "a publisher", "an approver", "an owner there"}, name)
		}
	}
	for event, to := range want {
		for _, from := range states {
			for name, by := range who {
				s := Subscription{Tenant: consumer, APITenant: provider, State: from, Paused: event == SubUnpause}
				before := s
				err := s.Move(event, by, now, "because", time.Time{})
				wantCode := ""
				if to[from] == "" {
					wantCode = "illegal-transition"
				}
				if !may(name, event) {
					wantCode = "forbidden"
				}
				if code(err) != wantCode {
					t.Errorf("%s of one that is %s by %s: %v, want %q", event, from, name, err, wantCode)
				}
				if err != nil && !equalSub(s, before) {
					t.Errorf("%s of one that is %s by %s failed and has changed it", event, from, name)
				}
				if err == nil && s.State != to[from] {
					t.Errorf("%s leads from %s to %s", event, from, s.State)
				}
			}
		}
	}
	if len(want) != len(subscriptionMoves) {
		t.Error("an event is not tested")
	}
}

func equalSub(a, b Subscription) bool {
	return a.State == b.State && a.Paused == b.Paused && a.Changed.Equal(b.Changed) && a.Reason == b.Reason && a.Ends.Equal(b.Ends)
}

func TestThePauseIsTheConsumers(t *testing.T) {
	t.Parallel()
	s := Subscription{Tenant: consumer, APITenant: provider, State: SubActive}
	steps := []error{
		s.Move(SubPause, member(consumer, RoleDeveloper), now, "", time.Time{}),
		s.Move(SubSuspend, member(provider, RolePublisher), now, "abuse", time.Time{}),
		s.Move(SubResume, member(provider, RolePublisher), now, "", time.Time{}),
	}
	if err := errors.Join(steps...); err != nil || !s.Paused || s.State != SubActive {
		t.Errorf("paused %t, %s: %v", s.Paused, s.State, err)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	at := func(h int) time.Time { return now.Add(time.Duration(h) * time.Hour) }
	for name, c := range map[string]struct {
		s    Subscription
		at   time.Time
		want SubscriptionState
	}{
		"not yet":             {Subscription{State: SubScheduled, Starts: at(1)}, at(0), SubScheduled},
		"begins":              {Subscription{State: SubScheduled, Starts: at(1)}, at(1), SubActive},
		"began and over":      {Subscription{State: SubScheduled, Starts: at(1), Ends: at(2)}, at(2), SubExpired},
		"good":                {Subscription{State: SubActive, Ends: at(2)}, at(2).Add(-1), SubActive},
		"over":                {Subscription{State: SubActive, Ends: at(2)}, at(2), SubExpired},
		"suspended for good":  {Subscription{State: SubSuspended}, at(99), SubSuspended},
		"suspended till then": {Subscription{State: SubSuspended, SuspendedUntil: at(1)}, at(1), SubActive},
		"suspended and over":  {Subscription{State: SubSuspended, Ends: at(1)}, at(1), SubExpired},
		"revoked":             {Subscription{State: SubRevoked, Ends: at(9)}, at(1), SubRevoked},
	} {
		if got := c.s.StateAt(c.at); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		// Timers lead to where the clock says.
		s := c.s
		for range 3 {
			s.Tick(c.at)
		}
		if s.State != c.want {
			t.Errorf("%s: timers lead to %s, want %s", name, s.State, c.want)
		}
		if next := s.NextDue(); !next.IsZero() && !next.After(c.at) {
			t.Errorf("%s: a timer that ran out is left", name)
		}
	}
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	states := []APIState{StateDraft, StateInReview, StatePublished, StateDeprecated, StateBlocked, StateRetired}
	want := map[APIEvent]map[APIState]APIState{
		EventSubmit:    {StateDraft: StateInReview},
		EventRefuse:    {StateInReview: StateDraft},
		EventPublish:   {StateDraft: StatePublished, StateInReview: StatePublished, StatePublished: StatePublished, StateDeprecated: StateDeprecated},
		EventDeprecate: {StatePublished: StateDeprecated, StateDeprecated: StateDeprecated},
		EventBlock:     {StatePublished: StateBlocked, StateDeprecated: StateBlocked},
		EventUnblock:   {StateBlocked: StateDeprecated}, // where it came from
		EventRetire:    {StatePublished: StateRetired, StateDeprecated: StateRetired, StateBlocked: StateRetired},
		EventRollback:  {StatePublished: StatePublished, StateDeprecated: StateDeprecated, StateBlocked: StateBlocked},
	}
	for event, to := range want {
		for _, from := range states {
			a := API{Name: "chat", Kind: KindModel, Versions: []Version{{Number: 1, State: StateDraft, Draft: Spec{Models: []string{"a"}}}}}
			_ = a.Move(1, EventPublish, Operator(""), now, APIChange{})
			a.Versions[0].Draft = Spec{Models: []string{"b"}}
			_ = a.Move(1, EventPublish, Operator(""), now, APIChange{})
			a.Versions[0].State, a.Versions[0].Resumes = from, StateDeprecated
			err := a.Move(1, event, Operator(""), now, APIChange{})
			if wantCode := map[bool]string{true: "illegal-transition"}[to[from] == ""]; code(err) != wantCode {
				t.Errorf("%s of one that is %s: %v", event, from, err)
			}
			if err == nil && a.Versions[0].State != to[from] {
				t.Errorf("%s leads from %s to %s", event, from, a.Versions[0].State)
			}
		}
	}
	if len(want) != len(lifecycle) {
		t.Error("an event is not tested")
	}
}

func TestReleases(t *testing.T) {
	t.Parallel()
	a := API{Name: "chat", Kind: KindModel, Versions: []Version{{Number: 1, State: StateDraft}}}
	by := Operator("")
	if err := a.Move(1, EventPublish, by, now, APIChange{}); code(err) != "invalid" {
		t.Error("an API without models is published:", err)
	}
	v := &a.Versions[0]
	var digests []string
	for _, m := range []string{"a", "b", "a"} {
		v.Draft = Spec{Models: []string{m}}
		if err := a.Move(1, EventPublish, by, now, APIChange{}); err != nil {
			t.Fatal(err)
		}
		digests = append(digests, v.Current)
	}
	if len(v.Releases) != 2 || digests[0] != digests[2] || digests[0] == digests[1] {
		t.Error("releases are not named by what they hold:", digests, len(v.Releases))
	}
	if err := a.Move(1, EventRollback, by, now, APIChange{Release: digests[1][:16]}); err != nil || v.Release().Spec.Models[0] != "b" {
		t.Error("rolled back to", v.Release().Spec, err)
	}
	if err := a.Move(1, EventRollback, by, now, APIChange{}); err != nil || v.Release().Spec.Models[0] != "a" {
		t.Error("rolled back to", v.Release().Spec, err)
	}
	for _, to := range []string{"", "sha256:ffffffffffff", "a"} {
		if err := a.Move(1, EventRollback, by, now, APIChange{Release: to}); code(err) != "no-release" {
			t.Errorf("rolled back to %q: %v", to, err)
		}
	}
	if err := a.Move(1, EventRetire, by, now, APIChange{Callers: 3}); code(err) != "in-use" {
		t.Error("one in use is retired:", err)
	}
	if err := a.Move(1, EventDeprecate, by, now, APIChange{Sunset: now.Add(-1)}); code(err) != "invalid" {
		t.Error("a sunset in the past:", err)
	}
	b := API{Name: "chat", Kind: KindModel, Versions: []Version{{Number: 1, State: StateDraft, Draft: Spec{Models: []string{"a"}}}}}
	if err := b.Move(1, EventPublish, by, now, APIChange{Review: true}); code(err) != "review-needed" {
		t.Error("published without a review:", err)
	}
}

func TestAsking(t *testing.T) {
	t.Parallel()
	a, p := offer(t, PlanVersion{Approval: ApproveManual})
	developer := member(consumer, RoleDeveloper)
	live := &Subscription{ID: "sub_1", State: SubActive, Plan: "pln_other", Tenant: consumer, APITenant: provider}
	limits := Limits{Max: map[string]int64{"requests_per_minute": 9}}
	private, retired, blocked, old, closed := a, a, a, a, p
	private.Visibility = VisiblePrivate
	for to, at := range map[*API]APIState{&retired: StateRetired, &blocked: StateBlocked, &old: StateDeprecated} {
		to.Versions = slices.Clone(a.Versions)
		to.Versions[0].State = at
	}
	closed.Closed = now
	for name, c := range map[string]struct {
		r    Request
		a    API
		p    Plan
		by   Actor
		st   Standing
		want string
	}{
		"new":                   {Request{Kind: AskNew}, a, p, developer, Standing{}, ""},
		"no kind":               {Request{}, a, p, developer, Standing{}, "invalid"},
		"a viewer":              {Request{Kind: AskNew}, a, p, member(consumer, RoleViewer), Standing{}, "forbidden"},
		"another's application": {Request{Kind: AskNew}, a, p, member(provider, RoleOwner), Standing{}, "forbidden"},
		"private":               {Request{Kind: AskNew}, private, p, developer, Standing{}, "not-found"},
		"retired":               {Request{Kind: AskNew}, retired, p, developer, Standing{}, "not-found"},
		"blocked":               {Request{Kind: AskNew}, blocked, p, developer, Standing{}, "not-offered"},
		"deprecated":            {Request{Kind: AskNew}, old, p, developer, Standing{}, "not-offered"},
		"deprecated, operator":  {Request{Kind: AskNew}, old, p, Operator(""), Standing{}, ""},
		"closed":                {Request{Kind: AskNew}, a, closed, developer, Standing{}, "not-offered"},
		"waits already":         {Request{Kind: AskNew}, a, p, developer, Standing{Pending: &Request{}}, "request-pending"},
		"has one":               {Request{Kind: AskNew}, a, p, developer, Standing{Live: live}, "already-subscribed"},
		"too soon":              {Request{Kind: AskNew}, a, p, developer, Standing{Refused: now.Add(-23 * time.Hour)}, "cooling-down"},
		"late enough":           {Request{Kind: AskNew}, a, p, developer, Standing{Refused: now.Add(-24 * time.Hour)}, ""},
		"too many":              {Request{Kind: AskNew}, a, p, developer, Standing{Open: maxOpen}, "too-many-requests"},
		"change":                {Request{Kind: AskPlanChange}, a, p, developer, Standing{Live: live}, ""},
		"change of nothing":     {Request{Kind: AskPlanChange}, a, p, developer, Standing{}, "not-subscribed"},
		"renew":                 {Request{Kind: AskRenew}, a, p, developer, Standing{Live: &Subscription{State: SubExpired}}, ""},
		"renew a revoked one":   {Request{Kind: AskRenew}, a, p, developer, Standing{Live: &Subscription{State: SubRevoked}}, "not-subscribed"},
		"raise":                 {Request{Kind: AskLimitRaise, Limits: limits}, a, p, developer, Standing{Live: live}, ""},
		"raise to nothing":      {Request{Kind: AskLimitRaise}, a, p, developer, Standing{Live: live}, "invalid"},
		"new with limits":       {Request{Kind: AskNew, Limits: limits}, a, p, developer, Standing{}, "invalid"},
	} {
		r := c.r
		r.Tenant = consumer
		err := r.Ask(&c.a, &c.p, c.by, now, c.st)
		if code(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if (err == nil) != (r.State == ReqPending) {
			t.Errorf("%s: %v, and the request is %q", name, err, r.State)
		}
	}
}

func TestDeciding(t *testing.T) {
	t.Parallel()
	named, asker := member(provider, RoleViewer), member(provider, RoleAdmin, RoleDeveloper)
	for name, c := range map[string]struct {
		terms PlanVersion
		by    Actor
		want  string
	}{
		"an approver":                     {PlanVersion{}, member(provider, RoleApprover), ""},
		"an admin":                        {PlanVersion{}, member(provider, RoleAdmin), ""},
		"a publisher":                     {PlanVersion{}, member(provider, RolePublisher), "forbidden"},
		"the consumer's owner":            {PlanVersion{}, member(consumer, RoleOwner), "not-found"},
		"the operator":                    {PlanVersion{}, Operator(""), ""},
		"who is named":                    {PlanVersion{Approvers: []MemberID{named.Member}}, named, ""},
		"an approver who is not":          {PlanVersion{Approvers: []MemberID{named.Member}}, member(provider, RoleApprover), "forbidden"},
		"an admin who is not":             {PlanVersion{Approvers: []MemberID{named.Member}}, member(provider, RoleAdmin), ""},
		"who asked":                       {PlanVersion{}, asker, "forbidden"},
		"who asked, and may":              {PlanVersion{SelfApproval: true}, asker, ""},
		"the gateway where a person must": {PlanVersion{}, System(), "forbidden"},
	} {
		c.terms.Approval = ApproveManual
		a, p := offer(t, c.terms)
		r := Request{ID: NewRequestID(now), Tenant: provider, Application: "app_1", Kind: AskNew}
		if err := r.Ask(&a, &p, asker, now, Standing{}); err != nil {
			t.Fatal(name, err)
		}
		r.Tenant = consumer
		sub, err := r.Approve(c.by, &p, nil, now, Decision{Limits: Limits{Max: map[string]int64{"requests_per_day": 5}}})
		if code(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if err != nil {
			if r.State != ReqPending {
				t.Errorf("%s: what failed has decided", name)
			}
			continue
		}
		if sub.State != SubActive || sub.Limits.Max["requests_per_day"] != 5 || r.Subscription != sub.ID || r.Granted.Empty() {
			t.Errorf("%s: %+v", name, sub)
		}
		if _, err := r.Approve(c.by, &p, sub, now, Decision{}); code(err) != "already-decided" {
			t.Errorf("%s: decided twice: %v", name, err)
		}
		if err := r.Withdraw(Operator(""), now, ""); code(err) != "already-decided" {
			t.Errorf("%s: withdrawn after that: %v", name, err)
		}
	}
}

func TestReminders(t *testing.T) {
	t.Parallel()
	a, p := offer(t, PlanVersion{Approval: ApproveManual})
	r := Request{Tenant: consumer, Kind: AskNew}
	if err := r.Ask(&a, &p, Operator(""), now, Standing{}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		hours                 int
		lapsed, remind, admin bool
		next                  int
	}{{23, false, false, false, 24}, {24, false, true, false, 72}, {25, false, false, false, 72}, {72, false, true, true, 720}, {719, false, false, false, 720}, {720, true, false, false, 0}} {
		lapsed, remind, admin := r.Tick(p.Now(), now.Add(time.Duration(c.hours)*time.Hour))
		if lapsed != c.lapsed || remind != c.remind || admin != c.admin {
			t.Errorf("after %d h: lapsed %t, remind %t, admin %t", c.hours, lapsed, remind, admin)
		}
		if next := r.Due; c.next > 0 && !next.Equal(now.Add(time.Duration(c.next)*time.Hour)) || c.next == 0 && !next.IsZero() {
			t.Errorf("after %d h: next at %s", c.hours, next)
		}
	}
	if r.State != ReqLapsed {
		t.Error(r.State)
	}
}

// TestAnyWalk does anything in any order: no request and no subscription is ever
// in a state that does not exist, what is decided stays so, what is over stays
// over, and an application never has two live subscriptions to an API.
func TestAnyWalk(t *testing.T) {
	t.Parallel()
	over := map[SubscriptionState]bool{SubRevoked: true, SubCancelled: true, SubEnded: true}
	// Only a request that is approved renews.
	events := []SubscriptionEvent{SubStart, SubSuspend, SubResume, SubPause, SubUnpause, SubExpire, SubRevoke, SubCancel, SubEnd}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		a, p := offer(t, PlanVersion{Approval: ApproveAuto, ValidDays: int(seed % 3), CoolDownHours: -1})
		actors := []Actor{Operator(""), System(), member(provider, RoleAdmin), member(consumer, RoleDeveloper)}
		clock := now
		var subs []Subscription
		var asked []Request
		for range 60 {
			clock = clock.Add(time.Duration(r.IntN(48)) * time.Hour)
			by := actors[r.IntN(len(actors))]
			st := Standing{}
			for i := range subs {
				if subs[i].State.Live() || st.Live == nil && subs[i].State == SubExpired {
					st.Live = &subs[i]
				}
			}
			for i := range asked {
				if asked[i].State == ReqPending {
					st.Pending = &asked[i]
				}
			}
			switch r.IntN(4) {
			case 0:
				req := Request{ID: NewRequestID(clock), Tenant: consumer, Application: "app_1", Kind: RequestKinds[r.IntN(len(RequestKinds))]}
				if req.Kind == AskLimitRaise {
					req.Limits = Limits{Max: map[string]int64{"requests_per_day": 7}}
				}
				if req.Ask(&a, &p, by, clock, st) == nil {
					asked = append(asked, req)
				}
			case 1:
				if st.Pending == nil {
					continue
				}
				was := st.Pending.State
				sub, err := st.Pending.Approve(by, &p, st.Live, clock, Decision{})
				if err != nil {
					if st.Pending.State != was {
						t.Fatal("what failed has decided")
					}
					if r.IntN(2) == 0 {
						_ = st.Pending.Reject(by, p.Now(), clock, "no")
					}
					continue
				}
				i := slices.IndexFunc(subs, func(s Subscription) bool { return s.ID == sub.ID })
				if i < 0 {
					subs = append(subs, *sub)
				} else {
					subs[i] = *sub
				}
			case 2:
				if len(subs) > 0 {
					s := &subs[r.IntN(len(subs))]
					was := s.State
					err := s.Move(events[r.IntN(len(events))], by, clock, "why", time.Time{})
					if over[was] && s.State != was {
						t.Fatalf("seed %d: %s became %s (%v)", seed, was, s.State, err)
					}
				}
			default:
				for i := range subs {
					subs[i].Tick(clock)
				}
			}
			live := 0
			for i := range subs {
				switch subs[i].State {
				case SubScheduled, SubActive, SubSuspended:
					live++
				case SubExpired, SubRevoked, SubCancelled, SubEnded:
				default:
					t.Fatalf("seed %d: state %q", seed, subs[i].State)
				}
			}
			if live > 1 {
				t.Fatalf("seed %d: %d live subscriptions", seed, live)
			}
		}
	}
}
