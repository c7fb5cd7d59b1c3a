package manage

import (
	"errors"
	"net/http"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
)

func (s *server) listRequests(w http.ResponseWriter, r *http.Request) error {
	values, p, err := paged(r, "application", "api", "state", "kind")
	if err != nil {
		return err
	}
	g := store.Grants{
		Application: platform.ApplicationID(values.Get("application")), API: platform.APIID(values.Get("api")),
		State: values.Get("state"), Kind: platform.RequestKind(values.Get("kind")),
	}
	items, next, err := s.Store.Read().Requests(r.Context(), s.Scope(r), g, p)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, listOf(items, next, request))
}

func (s *server) getRequest(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	req, err := s.Store.Read().Request(r.Context(), s.Scope(r), platform.RequestID(r.PathValue("id")))
	if err != nil {
		return about(err, "request", r.PathValue("id"))
	}
	return show(w, http.StatusOK, req.Revision, request(&req))
}

// createRequest asks for something. Where the plan leaves it to nobody, it is
// decided at once.
func (s *server) createRequest(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var in api.NewRequest
	if err := read(w, r, &in); err != nil {
		return err
	}
	if in.Kind == "" {
		in.Kind = platform.AskNew
	}
	cost := int64(0)
	if in.EstimatedMonthlyCost != "" {
		var err error
		if cost, err = platform.ParseDollars(in.EstimatedMonthlyCost); err != nil {
			return platform.Invalid("estimated_monthly_cost", "%s", err)
		}
	}
	var req platform.Request
	err := s.act(r, "request created", func(d *deed) error {
		req = platform.Request{ID: platform.NewRequestID(d.now), Kind: in.Kind, Reason: in.Reason, Limits: in.Limits, Cost: cost}
		return s.ask(d, &req, &in)
	})
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(req.Revision))
	return s.created(w, "/requests/"+string(req.ID), request(&req))
}

func (s *server) ask(d *deed, req *platform.Request, in *api.NewRequest) error {
	for _, f := range []struct{ name, value string }{{"application", in.Application}, {"api", in.API}, {"plan", in.Plan}} {
		if f.value == "" {
			return platform.Invalid(f.name, "is missing")
		}
	}
	application, err := d.Application(d.ctx, d.by.Scope(), platform.ApplicationID(in.Application))
	if err != nil {
		return about(err, "application", in.Application)
	}
	req.Tenant, req.Application = application.Tenant, application.ID
	// What the application's tenant can see counts, whoever asks for it.
	offered, err := d.Offered(d.ctx, platform.In(application.Tenant), platform.APIID(in.API))
	if err != nil {
		return about(err, "API", in.API)
	}
	p, err := d.Plan(d.ctx, platform.In(offered.Tenant), platform.PlanID(in.Plan))
	if err != nil || p.API != offered.ID {
		return about(errors.Join(err, platform.ErrNotFound), "plan", in.Plan)
	}
	st, err := d.standing(req, offered.ID)
	if err != nil {
		return err
	}
	if err := req.Ask(&offered, &p, d.by, d.now, st); err != nil {
		return about(err, "API", in.API)
	}
	if err := d.PutRequest(d.ctx, req); err != nil {
		return about(err, "request", string(req.ID))
	}
	if err := d.audit("request.create", string(req.ID), req.Reason, nil, request(req), req.Tenant, req.APITenant); err != nil {
		return err
	}
	approved := p.Now().Approval == platform.ApproveAuto
	if p.Now().Approval == platform.ApproveRule {
		t, err := d.Tenant(d.ctx, platform.Everywhere(), string(application.Tenant))
		if err != nil {
			return err
		}
		approved = approves(d.ctx, p.Now().Rule, req, &application, &t, &p)
	}
	if approved {
		return d.approve(req, &p, platform.System(), platform.Decision{})
	}
	return d.notify(req.APITenant, "request.created", string(req.ID),
		application.Name+" asks for "+offered.Name+" under the plan "+p.Name, deciders, p.Now().Approvers...)
}

// deciders are those whom a request concerns.
var deciders = []platform.Role{platform.RoleApprover, platform.RoleAdmin, platform.RoleOwner}

// owners are those whom a decision concerns.
var owners = []platform.Role{platform.RoleDeveloper, platform.RoleAdmin, platform.RoleOwner}

// standing is how things stand between an application and an API.
func (d *deed) standing(req *platform.Request, of platform.APIID) (st platform.Standing, err error) {
	in := platform.Everywhere() // both are known to the sender
	subs, _, err := d.Subscriptions(d.ctx, in, store.Grants{Application: req.Application, API: of}, store.Page{Limit: store.MaxLimit})
	if err != nil {
		return st, err
	}
	for i := range subs {
		sub := &subs[i]
		if sub.State.Live() || st.Live == nil && sub.State == platform.SubExpired {
			st.Live = sub
		}
		if sub.State == platform.SubRevoked && sub.Changed.After(st.Refused) {
			st.Refused, st.Why = sub.Changed, sub.Reason
		}
	}
	reqs, _, err := d.Requests(d.ctx, in, store.Grants{Application: req.Application, API: of}, store.Page{Limit: store.MaxLimit})
	if err != nil {
		return st, err
	}
	for i := range reqs {
		other := &reqs[i]
		if other.State == platform.ReqPending && other.Kind == req.Kind {
			st.Pending = other
		}
		if other.State == platform.ReqRejected && other.Kind == platform.AskNew && other.Decided.After(st.Refused) {
			st.Refused, st.Why = other.Decided, other.Note
		}
	}
	waiting, _, err := d.Requests(d.ctx, in, store.Grants{Application: req.Application, State: string(platform.ReqPending)}, store.Page{Limit: store.MaxLimit})
	st.Open = len(waiting)
	return st, err
}

// approve says yes, and stores what comes of it.
func (d *deed) approve(req *platform.Request, p *platform.Plan, by platform.Actor, decision platform.Decision) error {
	st, err := d.standing(req, req.API)
	if err != nil {
		return err
	}
	before := request(req)
	var subBefore any
	if st.Live != nil {
		subBefore = subscription(st.Live)
	}
	sub, err := req.Approve(by, p, st.Live, d.now, decision)
	if err != nil {
		return err
	}
	if req.Kind == platform.AskNew {
		subBefore = nil
	}
	if err := d.PutSubscription(d.ctx, sub); err != nil {
		return about(err, "subscription", string(sub.ID))
	}
	if err := d.PutRequest(d.ctx, req); err != nil {
		return err
	}
	actor := d.by
	d.by = by
	err = errors.Join(
		d.audit("subscription."+string(req.Kind), string(sub.ID), decision.Note, subBefore, subscription(sub), sub.APITenant, sub.Tenant),
		d.audit("request.approve", string(req.ID), decision.Note, before, request(req), req.APITenant, req.Tenant),
	)
	d.by = actor
	if err != nil {
		return err
	}
	return d.notify(req.Tenant, "request.approved", string(req.ID), "the request was approved"+noted(decision.Note), owners)
}

func noted(note string) string {
	if note == "" {
		return ""
	}
	return ": " + note
}

// decide makes the handler of a decision.
func (s *server) decide(action, event string, do func(d *deed, req *platform.Request, p *platform.Plan, in *api.Decision) error) handle {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := query(r); err != nil {
			return err
		}
		var in api.Decision
		if err := read(w, r, &in); err != nil {
			return err
		}
		if event != "approve" && (in.StartsAt != nil || in.EndsAt != nil || !in.Limits.Empty()) {
			return platform.Invalid("limits", "and times belong to an approval")
		}
		var req platform.Request
		err := s.act(r, action, func(d *deed) (err error) {
			if req, err = d.Request(d.ctx, d.by.Scope(), platform.RequestID(r.PathValue("id"))); err != nil {
				return about(err, "request", r.PathValue("id"))
			}
			if err := match(r, req.Revision); err != nil {
				return err
			}
			p, err := d.Plan(d.ctx, platform.In(req.APITenant), req.Plan)
			if err != nil {
				return err
			}
			return do(d, &req, &p, &in)
		})
		if err != nil {
			return err
		}
		return show(w, http.StatusOK, req.Revision, request(&req))
	}
}

func approveRequest(d *deed, req *platform.Request, p *platform.Plan, in *api.Decision) error {
	return d.approve(req, p, d.by, platform.Decision{Note: in.Note, Starts: given(in.StartsAt), Ends: given(in.EndsAt), Limits: in.Limits})
}

func rejectRequest(d *deed, req *platform.Request, p *platform.Plan, in *api.Decision) error {
	terms, err := p.Version(req.PlanVersion)
	if err != nil {
		return err
	}
	return d.close(req, "request.reject", in.Note, "the request was rejected"+noted(in.Note), func() error { return req.Reject(d.by, terms, d.now, in.Note) })
}

func withdrawRequest(d *deed, req *platform.Request, _ *platform.Plan, in *api.Decision) error {
	return d.close(req, "request.withdraw", in.Note, "", func() error { return req.Withdraw(d.by, d.now, in.Note) })
}

// close ends a request without a subscription.
func (d *deed) close(req *platform.Request, action, note, text string, do func() error) error {
	before := request(req)
	if err := do(); err != nil {
		return err
	}
	if err := d.PutRequest(d.ctx, req); err != nil {
		return err
	}
	if text != "" {
		if err := d.notify(req.Tenant, "request."+string(req.State), string(req.ID), text, owners); err != nil {
			return err
		}
	}
	return d.audit(action, string(req.ID), note, before, request(req), req.APITenant, req.Tenant)
}

func request(r *platform.Request) api.Request {
	out := api.Request{
		ID: string(r.ID), Tenant: string(r.Tenant), Application: string(r.Application), API: string(r.API), APITenant: string(r.APITenant),
		Plan: string(r.Plan), PlanVersion: r.PlanVersion, Kind: r.Kind, State: r.State, Reason: r.Reason, Limits: r.Limits,
		CreatedAt: r.Created, By: r.By, DecidedAt: optional(r.Decided), DecidedBy: r.Decider, Note: r.Note, Granted: r.Granted,
		Subscription: string(r.Subscription), Revision: r.Revision,
	}
	if r.Cost > 0 {
		out.EstimatedMonthlyCost = platform.Dollars(r.Cost)
	}
	return out
}
