package manage

import (
	"net/http"
	"time"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
)

func (s *server) listSubscriptions(w http.ResponseWriter, r *http.Request) error {
	values, p, err := paged(r, "application", "api", "plan", "state")
	if err != nil {
		return err
	}
	g := store.Grants{
		Application: platform.ApplicationID(values.Get("application")), API: platform.APIID(values.Get("api")),
		Plan: platform.PlanID(values.Get("plan")), State: values.Get("state"),
	}
	items, next, err := s.Store.Read().Subscriptions(r.Context(), s.Scope(r), g, p)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, listOf(items, next, subscription))
}

func (s *server) getSubscription(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	sub, err := s.Store.Read().Subscription(r.Context(), s.Scope(r), platform.SubscriptionID(r.PathValue("id")))
	if err != nil {
		return about(err, "subscription", r.PathValue("id"))
	}
	return show(w, http.StatusOK, sub.Revision, subscription(&sub))
}

// changeSubscription changes a subscription and answers with it.
func (s *server) changeSubscription(w http.ResponseWriter, r *http.Request, action string, do func(*deed, *platform.Subscription) (reason string, err error)) error {
	if _, err := query(r); err != nil {
		return err
	}
	var sub platform.Subscription
	err := s.act(r, action, func(d *deed) (err error) {
		if sub, err = d.Subscription(d.ctx, d.by.Scope(), platform.SubscriptionID(r.PathValue("id"))); err != nil {
			return about(err, "subscription", r.PathValue("id"))
		}
		if err := match(r, sub.Revision); err != nil {
			return err
		}
		before := subscription(&sub)
		reason, err := do(d, &sub)
		if err != nil {
			return err
		}
		if err := d.PutSubscription(d.ctx, &sub); err != nil {
			return err
		}
		return d.audit(action, string(sub.ID), reason, before, subscription(&sub), sub.APITenant, sub.Tenant)
	})
	if err != nil {
		return err
	}
	return show(w, http.StatusOK, sub.Revision, subscription(&sub))
}

// moveSubscription makes the handler of an event of a subscription.
func (s *server) moveSubscription(event platform.SubscriptionEvent) handle {
	return func(w http.ResponseWriter, r *http.Request) error {
		var in api.SubscriptionMove
		if err := read(w, r, &in); err != nil {
			return err
		}
		if in.Until != nil && event != platform.SubSuspend {
			return platform.Invalid("until", "belongs to a suspension")
		}
		return s.changeSubscription(w, r, "subscription."+string(event), func(d *deed, sub *platform.Subscription) (string, error) {
			if err := sub.Move(event, d.by, d.now, in.Reason, given(in.Until)); err != nil {
				return "", err
			}
			return in.Reason, d.tellOther(sub, event, in.Reason)
		})
	}
}

// tellOther tells the side that did not do it.
func (d *deed) tellOther(sub *platform.Subscription, event platform.SubscriptionEvent, reason string) error {
	switch event {
	case platform.SubPause, platform.SubUnpause, platform.SubCancel:
		return d.notify(sub.APITenant, "subscription."+string(event), string(sub.ID), "a subscriber: "+string(event)+noted(reason), deciders)
	}
	return d.notify(sub.Tenant, "subscription."+string(event), string(sub.ID), "the subscription is "+string(sub.State)+noted(reason), owners)
}

// editSubscription sets what of the plan's terms is different for one subscriber.
// That is for who publishes the API.
func (s *server) editSubscription(w http.ResponseWriter, r *http.Request) error {
	return s.changeSubscription(w, r, "subscription.change", func(d *deed, sub *platform.Subscription) (string, error) {
		if !d.by.May(platform.Govern, sub.APITenant) {
			return "", platform.Forbidden("only who publishes the API may change its subscriptions")
		}
		if !sub.State.Live() {
			return "", platform.Conflict("illegal-transition", "the subscription is %s", sub.State)
		}
		in := api.SubscriptionEdit{Models: sub.Models, Overrides: sub.Overrides, EndsAt: optional(sub.Ends)}
		if err := edit(w, r, &in); err != nil {
			return "", err
		}
		if in.EndsAt != nil && !in.EndsAt.Equal(sub.Ends) && !in.EndsAt.After(d.now) {
			return "", platform.Invalid("ends_at", "is in the past; revoke the subscription to end it now")
		}
		p, err := d.Plan(d.ctx, platform.In(sub.APITenant), sub.Plan)
		if err != nil {
			return "", err
		}
		terms, err := p.Version(sub.PlanVersion)
		if err != nil {
			return "", err
		}
		sub.Models, sub.Overrides, sub.Limits, sub.Changed = in.Models, in.Overrides, terms.Limits.With(in.Overrides), d.now
		if ends := given(in.EndsAt); !ends.Equal(sub.Ends) {
			sub.Ends, sub.Told = ends, 0
		}
		return "", nil
	})
}

// each does something with each subscription.
func (d *deed) each(in platform.Scope, g store.Grants, do func(*platform.Subscription) error) error {
	page := store.Page{Limit: store.MaxLimit}
	for {
		subs, next, err := d.Subscriptions(d.ctx, in, g, page)
		if err != nil {
			return err
		}
		for i := range subs {
			if err := do(&subs[i]); err != nil {
				return err
			}
		}
		if page.Cursor = next; next == "" {
			return nil
		}
	}
}

// leaveAll ends all live subscriptions, and rejects the requests that wait.
func (d *deed) leaveAll(g store.Grants, event platform.SubscriptionEvent, reason string) error {
	return d.leaveAllIn(platform.Everywhere(), g, event, reason)
}

func (d *deed) leaveAllIn(in platform.Scope, g store.Grants, event platform.SubscriptionEvent, reason string) error {
	by := platform.System()
	if event == platform.SubCancel {
		by = d.by
	}
	err := d.each(in, g, func(sub *platform.Subscription) error {
		if !sub.State.Live() {
			return nil
		}
		before := subscription(sub)
		if err := sub.Move(event, by, d.now, reason, time.Time{}); err != nil {
			return err
		}
		if err := d.PutSubscription(d.ctx, sub); err != nil {
			return err
		}
		return d.audit("subscription."+string(event), string(sub.ID), reason, before, subscription(sub), sub.APITenant, sub.Tenant)
	})
	if err != nil {
		return err
	}
	pending := g
	pending.Plan, pending.State = "", string(platform.ReqPending)
	reqs, _, err := d.Requests(d.ctx, in, pending, store.Page{Limit: store.MaxLimit})
	if err != nil {
		return err
	}
	for i := range reqs {
		req := &reqs[i]
		if g.Plan != "" && req.Plan != g.Plan {
			continue
		}
		if err := d.close(req, "request.reject", reason, "the request was rejected: "+reason, func() error { return req.End(d.now, reason) }); err != nil {
			return err
		}
	}
	return nil
}

// tellSubscribers tells everybody who has a live subscription to an API.
func (d *deed) tellSubscribers(a *platform.API, kind, text string) error {
	told := map[platform.TenantID]bool{}
	return d.each(platform.Everywhere(), store.Grants{API: a.ID}, func(sub *platform.Subscription) error {
		if !sub.State.Live() || told[sub.Tenant] {
			return nil
		}
		told[sub.Tenant] = true
		return d.notify(sub.Tenant, kind, string(a.ID), text, owners)
	})
}

func until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ", and ends at " + t.UTC().Format(time.RFC3339)
}

func subscription(s *platform.Subscription) api.Subscription {
	return api.Subscription{
		ID: string(s.ID), Tenant: string(s.Tenant), Application: string(s.Application), API: string(s.API), APITenant: string(s.APITenant),
		Plan: string(s.Plan), PlanVersion: s.PlanVersion, Request: string(s.Request), State: s.State, PausedByConsumer: s.Paused,
		StartsAt: s.Starts, EndsAt: optional(s.Ends), SuspendedUntil: optional(s.SuspendedUntil), Reason: s.Reason,
		Limits: s.Limits, Overrides: s.Overrides, Models: s.Models, CreatedAt: s.Created, ChangedAt: s.Changed, Revision: s.Revision,
	}
}
