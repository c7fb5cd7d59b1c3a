package store

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/platform"
)

// published is a tenant that publishes an API, another one's application that
// uses it, and all that belongs to them.
type published struct {
	provider, consumer platform.Tenant
	api                platform.API
	plan               platform.Plan
	application        platform.Application
	request            platform.Request
	subscription       platform.Subscription
	member             platform.Member
	token              platform.Token
	notice             platform.Notice
}

func change(t *testing.T, s Store, do func(*Tx) error) {
	t.Helper()
	if err := s.Change(t.Context(), "testing", do); err != nil {
		t.Fatal(err)
	}
}

// publish makes it, the API visible to all tenants.
func publish(t *testing.T, s Store) *published {
	t.Helper()
	ctx := t.Context()
	p := &published{
		provider: platform.Tenant{ID: platform.NewTenantID(start), Name: "provider", Created: start},
		consumer: platform.Tenant{ID: platform.NewTenantID(start), Name: "consumer", Created: start},
	}
	p.api = platform.API{
		ID: platform.NewAPIID(start), Tenant: p.provider.ID, Name: "chat", Kind: platform.KindModel, Visibility: platform.VisibleShared,
		SharedWith: []platform.TenantID{p.consumer.ID},
		Versions:   []platform.Version{{Number: 1, State: platform.StateDraft, Draft: platform.Spec{Models: []string{"fast"}}}}, Created: start,
	}
	operator := platform.Operator("")
	if err := p.api.Move(1, platform.EventPublish, operator, start, platform.APIChange{}); err != nil {
		t.Fatal(err)
	}
	p.plan = platform.Plan{ID: platform.NewPlanID(start), Tenant: p.provider.ID, API: p.api.ID, Name: "team", Created: start}
	p.plan.Edit(platform.PlanVersion{Approval: platform.ApproveManual, Limits: platform.Limits{Max: map[string]int64{"requests_per_minute": 60}}}, operator, start)
	p.application = platform.Application{ID: platform.NewApplicationID(start), Tenant: p.consumer.ID, Name: "shop", Created: start}
	p.request = platform.Request{ID: platform.NewRequestID(start), Tenant: p.consumer.ID, Application: p.application.ID, Kind: platform.AskNew}
	if err := p.request.Ask(&p.api, &p.plan, operator, start, platform.Standing{}); err != nil {
		t.Fatal(err)
	}
	sub, err := p.request.Approve(operator, &p.plan, nil, start, platform.Decision{})
	if err != nil {
		t.Fatal(err)
	}
	p.subscription = *sub
	p.member = platform.Member{ID: platform.NewMemberID(start), Tenant: p.provider.ID, Email: "ada@example.com", Roles: []platform.Role{platform.RoleOwner}, Invite: "hash", Created: start}
	p.token = platform.Token{ID: platform.NewTokenID(start), Tenant: p.provider.ID, Member: p.member.ID, Name: "ci", Hash: "abc", Created: start}
	p.notice = platform.Notice{ID: platform.NewNoticeID(start), Tenant: p.provider.ID, Kind: "request.created", Object: string(p.request.ID), Time: start, Key: "once"}
	audit, err := platform.NewAudit(start, operator, p.provider.ID, "api.publish", string(p.api.ID), "", nil, &p.api)
	if err != nil {
		t.Fatal(err)
	}
	change(t, s, func(tx *Tx) error {
		return errors.Join(
			tx.PutTenant(ctx, &p.provider), tx.PutTenant(ctx, &p.consumer), tx.PutApplication(ctx, &p.application),
			tx.PutAPI(ctx, &p.api), tx.PutPlan(ctx, &p.plan), tx.PutRequest(ctx, &p.request), tx.PutSubscription(ctx, &p.subscription),
			tx.PutMember(ctx, &p.member), tx.PutToken(ctx, &p.token), tx.PutNotice(ctx, &p.notice), tx.PutAudit(ctx, &audit),
		)
	})
	return p
}

func testPlatform(t *testing.T, s Store) {
	ctx := t.Context()
	p := publish(t, s)
	all := platform.Everywhere()
	got, err := s.Read().Subscription(ctx, all, p.subscription.ID)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, p.subscription)
	api, err := s.Read().APINamed(ctx, all, p.provider.ID, "chat")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, api, p.api)

	// What somebody else has changed meanwhile is not written over.
	mine, theirs := api, api
	theirs.Title = "Theirs"
	change(t, s, func(tx *Tx) error { return tx.PutAPI(ctx, &theirs) })
	mine.Title = "Mine"
	wantErr(t, s.Change(ctx, "testing", func(tx *Tx) error { return tx.PutAPI(ctx, &mine) }), platform.ErrStale)
	if api, err = s.Read().API(ctx, all, p.api.ID); err != nil || api.Title != "Theirs" || api.Revision != 2 {
		t.Error(api.Title, api.Revision, err)
	}

	// Half of a change is none.
	wantErr(t, s.Change(ctx, "testing", func(tx *Tx) error {
		half := theirs
		half.Title = "Half"
		if err := tx.PutAPI(ctx, &half); err != nil {
			return err
		}
		twin := p.api
		twin.ID, twin.Revision = platform.NewAPIID(start), 0
		return tx.PutAPI(ctx, &twin)
	}), platform.ErrExists)
	if api, err = s.Read().API(ctx, all, p.api.ID); err != nil || api.Title != "Theirs" {
		t.Error(api.Title, err)
	}

	// A notice that is given once is not given again.
	again := p.notice
	again.ID, again.Revision = platform.NewNoticeID(start), 0
	change(t, s, func(tx *Tx) error { return tx.PutNotice(ctx, &again) })
	if items, _, err := s.Read().Notices(ctx, all, Page{}); err != nil || len(items) != 1 {
		t.Error(len(items), err)
	}

	// The data plane learns of all that it must know, and only of what is new.
	var seen []string
	to := platform.Changes{
		Tenant:      func(t *platform.Tenant) { seen = append(seen, "tenant") },
		Application: func(*platform.Application) { seen = append(seen, "application") },
		API:         func(a *platform.API) { seen = append(seen, "api") },
		Grant:       func(*platform.Grant) { seen = append(seen, "subscription") },
		Request:     func(*platform.Request) { seen = append(seen, "request") },
	}
	v, err := s.Changes(ctx, 0, to)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, seen, []string{"tenant", "tenant", "tenant", "application", "api", "api", "subscription"})
	seen = nil
	change(t, s, func(tx *Tx) error {
		sub := p.subscription
		if err := sub.Move(platform.SubRevoke, platform.Operator(""), start, "misuse", time.Time{}); err != nil {
			return err
		}
		return tx.PutSubscription(ctx, &sub)
	})
	if _, err := s.Changes(ctx, v, to); err != nil {
		t.Fatal(err)
	}
	equal(t, seen, []string{"subscription"})
}

// testOneLiveSubscription: the tables themselves refuse a second one, whatever
// the code does.
func testOneLiveSubscription(t *testing.T, s Store) {
	ctx := t.Context()
	p := publish(t, s)
	second := p.subscription
	second.ID, second.Revision = platform.NewSubscriptionID(start), 0
	wantErr(t, s.Change(ctx, "testing", func(tx *Tx) error { return tx.PutSubscription(ctx, &second) }), platform.ErrExists)
	for _, state := range []platform.SubscriptionState{platform.SubRevoked, platform.SubExpired, platform.SubCancelled, platform.SubEnded} {
		over := second
		over.ID, over.State = platform.NewSubscriptionID(start), state
		change(t, s, func(tx *Tx) error { return tx.PutSubscription(ctx, &over) })
	}
	ask := func(state platform.RequestState) error {
		r := p.request
		r.ID, r.Revision, r.State = platform.NewRequestID(start), 0, state
		return s.Change(ctx, "testing", func(tx *Tx) error { return tx.PutRequest(ctx, &r) })
	}
	if err := errors.Join(ask(platform.ReqRejected), ask(platform.ReqRejected), ask(platform.ReqPending)); err != nil {
		t.Fatal(err)
	}
	wantErr(t, ask(platform.ReqPending), platform.ErrExists)
}

func testTimers(t *testing.T, s Store) {
	ctx := t.Context()
	p := publish(t, s)
	change(t, s, func(tx *Tx) error {
		sub := p.subscription
		sub.Ends = start.Add(time.Hour)
		sub.Told = 3
		return tx.PutSubscription(ctx, &sub)
	})
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{time.Hour - 1, 0}, {time.Hour, 1}} {
		_, subs, err := s.Read().Due(ctx, start.Add(c.after), 10)
		if err != nil || len(subs) != c.want {
			t.Errorf("after %s: %d, want %d (%v)", c.after, len(subs), c.want, err)
		}
	}
}

// testReadsAreScoped asks each method of Reads for what two tenants have, as
// both of them, as a third, and as nobody.
func testReadsAreScoped(t *testing.T, s Store) {
	ctx := t.Context()
	p := publish(t, s)
	k := platform.Key{ID: platform.NewKeyID(start), Tenant: p.consumer.ID, Application: p.application.ID, Name: "k", Created: start}
	if err := s.CreateKey(ctx, k, hashOf(77)); err != nil {
		t.Fatal(err)
	}
	r := s.Read()
	one := func(_ any, err error) (int, error) {
		if err != nil {
			return 0, err
		}
		return 1, nil
	}
	const provider, consumer = 1, 2
	cases := map[string]struct {
		who int
		ask func(in platform.Scope) (int, error)
	}{
		"Tenant":      {consumer, func(in platform.Scope) (int, error) { return one(r.Tenant(ctx, in, "consumer")) }},
		"Application": {consumer, func(in platform.Scope) (int, error) { return one(r.Application(ctx, in, p.application.ID)) }},
		"Key":         {consumer, func(in platform.Scope) (int, error) { return one(r.Key(ctx, in, k.ID)) }},
		"API":         {provider, func(in platform.Scope) (int, error) { return one(r.API(ctx, in, p.api.ID)) }},
		"APINamed":    {provider, func(in platform.Scope) (int, error) { return one(r.APINamed(ctx, in, p.provider.ID, "chat")) }},
		"APIs": {provider, func(in platform.Scope) (int, error) {
			items, _, err := r.APIs(ctx, in, Page{})
			return len(items), err
		}},
		"Offered": {provider | consumer, func(in platform.Scope) (int, error) { return one(r.Offered(ctx, in, p.api.ID)) }},
		"Catalog": {provider | consumer, func(in platform.Scope) (int, error) {
			items, _, err := r.Catalog(ctx, in, Page{})
			return len(items), err
		}},
		"Plan": {provider, func(in platform.Scope) (int, error) { return one(r.Plan(ctx, in, p.plan.ID)) }},
		"Plans": {provider, func(in platform.Scope) (int, error) {
			items, _, err := r.Plans(ctx, in, p.api.ID, Page{})
			return len(items), err
		}},
		"Request": {provider | consumer, func(in platform.Scope) (int, error) { return one(r.Request(ctx, in, p.request.ID)) }},
		"Requests": {provider | consumer, func(in platform.Scope) (int, error) {
			items, _, err := r.Requests(ctx, in, Grants{}, Page{})
			return len(items), err
		}},
		"Subscription": {provider | consumer, func(in platform.Scope) (int, error) { return one(r.Subscription(ctx, in, p.subscription.ID)) }},
		"Subscriptions": {provider | consumer, func(in platform.Scope) (int, error) {
			items, _, err := r.Subscriptions(ctx, in, Grants{API: p.api.ID}, Page{})
			return len(items), err
		}},
		"Member": {provider, func(in platform.Scope) (int, error) { return one(r.Member(ctx, in, p.member.ID)) }},
		"Members": {provider, func(in platform.Scope) (int, error) {
			items, _, err := r.Members(ctx, in, Page{})
			return len(items), err
		}},
		"Token": {provider, func(in platform.Scope) (int, error) { return one(r.Token(ctx, in, p.token.ID)) }},
		"Tokens": {provider, func(in platform.Scope) (int, error) {
			items, _, err := r.Tokens(ctx, in, p.member.ID, Page{})
			return len(items), err
		}},
		"Notice": {provider, func(in platform.Scope) (int, error) { return one(r.Notice(ctx, in, p.notice.ID)) }},
		"Notices": {provider, func(in platform.Scope) (int, error) {
			items, _, err := r.Notices(ctx, in, Page{})
			return len(items), err
		}},
		"Audit": {provider, func(in platform.Scope) (int, error) {
			items, _, err := r.Audit(ctx, in, string(p.api.ID), Page{})
			return len(items), err
		}},
		// Before somebody has signed in, nobody knows the tenant.
		"SignIn": {}, "TokenOf": {},
		// The gateway's own timers are of all tenants, and who may retire an API
		// may know who calls it.
		"Due": {}, "Callers": {},
	}
	for _, name := range methodsOf[Reads]() {
		if _, ok := cases[name]; !ok {
			t.Errorf("%s: who sees what it finds? Put it into the list here", name)
		}
	}
	for name, c := range cases {
		if c.ask == nil {
			continue
		}
		for who, in := range map[int]platform.Scope{provider: platform.In(p.provider.ID), consumer: platform.In(p.consumer.ID), 4: platform.In(platform.NewTenantID(start)), 8: {}} {
			n, err := c.ask(in)
			if sees := n > 0; sees != (c.who&who != 0) {
				t.Errorf("%s as %d: %d", name, who, n)
			}
			if err != nil && !errors.Is(err, platform.ErrNotFound) {
				t.Errorf("%s as %d: %v", name, who, err)
			}
		}
		if n, err := c.ask(platform.Everywhere()); n == 0 || err != nil {
			t.Errorf("%s: the operator does not get there: %v", name, err)
		}
	}
	wantErr(t, s.Change(ctx, "testing", func(tx *Tx) error { return tx.DeleteMember(ctx, platform.In(p.consumer.ID), p.member.ID) }), platform.ErrNotFound)
	if got, err := r.SignIn(ctx, p.member.Email, ""); err != nil || got.ID != p.member.ID {
		t.Error(got, err)
	}
	if got, err := r.TokenOf(ctx, "abc"); err != nil || got.ID != p.token.ID {
		t.Error(got, err)
	}
	change(t, s, func(tx *Tx) error { return tx.DeleteMember(ctx, platform.In(p.provider.ID), p.member.ID) })
	_, err := r.TokenOf(ctx, "abc")
	wantErr(t, err, platform.ErrNotFound)
}

func methodsOf[T any]() (names []string) {
	of := reflect.TypeFor[T]()
	for i := range of.NumMethod() {
		names = append(names, of.Method(i).Name)
	}
	return names
}
