package platform

import "time"

// What is there from the first start: in the tenant default an API of all models
// with a plan that approves at once. Applications of that tenant are subscribed
// to it when they are made, for as long as it is offered.
const (
	DefaultAPI  APIID  = "api_00000000000000000000000000"
	DefaultPlan PlanID = "pln_00000000000000000000000000"
)

// Default makes the API and the plan.
func Default(now time.Time) (API, Plan, error) {
	a := API{
		ID: DefaultAPI, Tenant: DefaultTenant, Name: "default", Title: "All models", Kind: KindModel, Visibility: VisiblePrivate,
		Versions: []Version{{Number: 1, State: StateDraft, Draft: Spec{Models: []string{"*"}}}}, Created: now,
	}
	if err := a.Move(1, EventPublish, System(), now, APIChange{}); err != nil {
		return API{}, Plan{}, err
	}
	p := Plan{ID: DefaultPlan, Tenant: DefaultTenant, API: DefaultAPI, Name: "open", Created: now}
	p.Edit(PlanVersion{Approval: ApproveAuto}, System(), now)
	return a, p, nil
}

// DefaultSubscription is an application's subscription to the API.
func DefaultSubscription(a *Application, p *Plan, now time.Time) Subscription {
	return Subscription{
		ID: NewSubscriptionID(now), Tenant: a.Tenant, Application: a.ID, API: p.API, APITenant: p.Tenant,
		Plan: p.ID, PlanVersion: p.Now().Number, State: SubActive, Starts: now, Limits: p.Now().Limits, Created: now, Changed: now,
	}
}

// Given reports whether applications of the tenant default get the plan without
// asking.
func Given(a *API, p *Plan) bool {
	return a.State() == StatePublished && p.Closed.IsZero() && p.Now().Approval == ApproveAuto
}
