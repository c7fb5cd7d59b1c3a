package manage

import (
	"net/http"
	"reflect"
	"time"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
)

func (s *server) listPlans(w http.ResponseWriter, r *http.Request) error {
	_, p, err := paged(r)
	if err != nil {
		return err
	}
	a, err := s.Store.Read().API(r.Context(), s.Scope(r), platform.APIID(r.PathValue("id")))
	if err != nil {
		return about(err, "API", r.PathValue("id"))
	}
	items, next, err := s.Store.Read().Plans(r.Context(), platform.In(a.Tenant), a.ID, p)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, listOf(items, next, plan))
}

func (s *server) createPlan(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	in := api.NewPlan{Terms: api.Terms{Approval: platform.ApproveManual}}
	if err := read(w, r, &in); err != nil {
		return err
	}
	if err := platform.CheckSlug("name", in.Name); err != nil {
		return err
	}
	var p platform.Plan
	err := s.act(r, "plan created", func(d *deed) error {
		a, err := d.API(d.ctx, d.by.Scope(), platform.APIID(r.PathValue("id")))
		if err != nil {
			return about(err, "API", r.PathValue("id"))
		}
		p = platform.Plan{ID: platform.NewPlanID(d.now), Tenant: a.Tenant, API: a.ID, Name: in.Name, Created: d.now}
		if err := s.terms(d, &p, &in.Terms); err != nil {
			return err
		}
		if err := d.PutPlan(d.ctx, &p); err != nil {
			return about(err, "plan", p.Name)
		}
		return d.audit("plan.create", string(p.ID), "", nil, plan(&p), p.Tenant)
	})
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(p.Revision))
	return s.created(w, "/plans/"+string(p.ID), plan(&p))
}

// terms makes a version of a plan of what was said.
func (s *server) terms(d *deed, p *platform.Plan, in *api.Terms) error {
	v := platform.PlanVersion{
		Approval: in.Approval, Rule: in.Rule, Limits: in.Limits, SelfApproval: in.SelfApproval,
		CoolDownHours: in.CoolDownHours, ValidDays: in.ValidDays, LapseDays: in.LapseDays,
	}
	for _, id := range in.Approvers {
		if _, err := d.Member(d.ctx, platform.In(p.Tenant), platform.MemberID(id)); err != nil {
			return platform.Invalid("approvers", "has %q, who is no member of this tenant", id)
		}
		v.Approvers = append(v.Approvers, platform.MemberID(id))
	}
	if err := platform.CheckTerms(&v); err != nil {
		return err
	}
	if v.Rule != "" {
		if err := checkRule(v.Rule); err != nil {
			return err
		}
	}
	p.Edit(v, d.by, d.now)
	return nil
}

func (s *server) getPlan(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	p, err := s.Store.Read().Plan(r.Context(), s.Scope(r), platform.PlanID(r.PathValue("id")))
	if err != nil {
		return about(err, "plan", r.PathValue("id"))
	}
	return show(w, http.StatusOK, p.Revision, plan(&p))
}

// editPlan makes a version of a plan. Subscribers keep theirs.
func (s *server) editPlan(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var p platform.Plan
	err := s.act(r, "plan changed", func(d *deed) (err error) {
		if p, err = planOf(d, r); err != nil {
			return err
		}
		before := plan(&p)
		in := before.Terms
		if err := edit(w, r, &in); err != nil {
			return err
		}
		switch {
		case !in.Closed:
			p.Closed = time.Time{}
		case !before.Closed:
			p.Closed = d.now
			if err := d.leaveAll(store.Grants{API: p.API, Plan: p.ID}, platform.SubEnd, "the plan "+p.Name+" was closed"); err != nil {
				return err
			}
		}
		terms := in
		terms.Closed = before.Closed
		if !reflect.DeepEqual(terms, before.Terms) {
			if err := s.terms(d, &p, &in); err != nil {
				return err
			}
		}
		if err := d.PutPlan(d.ctx, &p); err != nil {
			return err
		}
		return d.audit("plan.change", string(p.ID), "", before, plan(&p), p.Tenant)
	})
	if err != nil {
		return err
	}
	return show(w, http.StatusOK, p.Revision, plan(&p))
}

func planOf(d *deed, r *http.Request) (platform.Plan, error) {
	p, err := d.Plan(d.ctx, d.by.Scope(), platform.PlanID(r.PathValue("id")))
	if err != nil {
		return p, about(err, "plan", r.PathValue("id"))
	}
	return p, match(r, p.Revision)
}

// movePlan gives the subscribers of a plan its newest version, or tells who they
// are.
func (s *server) movePlan(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var in api.PlanMove
	if err := read(w, r, &in); err != nil {
		return err
	}
	out := api.PlanMoved{Subscriptions: []string{}}
	err := s.act(r, "plan: subscribers moved", func(d *deed) error {
		out.Subscriptions = []string{}
		p, err := planOf(d, r)
		if err != nil {
			return err
		}
		now := p.Now()
		out.Version = now.Number
		return d.each(platform.In(p.Tenant), store.Grants{API: p.API, Plan: p.ID}, func(sub *platform.Subscription) error {
			if !sub.State.Live() || sub.PlanVersion == now.Number {
				return nil
			}
			out.Subscriptions = append(out.Subscriptions, string(sub.ID))
			if in.DryRun {
				return nil
			}
			before := subscription(sub)
			sub.PlanVersion, sub.Limits, sub.Changed = now.Number, now.Limits.With(sub.Overrides), d.now
			if err := d.PutSubscription(d.ctx, sub); err != nil {
				return err
			}
			return d.audit("subscription.move", string(sub.ID), "", before, subscription(sub), sub.APITenant, sub.Tenant)
		})
	})
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, out)
}

func plan(p *platform.Plan) api.Plan {
	v := p.Now()
	return api.Plan{
		ID: string(p.ID), Tenant: string(p.Tenant), API: string(p.API), Name: p.Name, Version: v.Number, CreatedAt: p.Created, Revision: p.Revision,
		Terms: api.Terms{
			Approval: v.Approval, Rule: v.Rule, Limits: v.Limits, Approvers: texts(v.Approvers), SelfApproval: v.SelfApproval,
			CoolDownHours: v.CoolDownHours, ValidDays: v.ValidDays, LapseDays: v.LapseDays, Closed: !p.Closed.IsZero(),
		},
	}
}
