package manage

import (
	"net/http"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
)

// route is one operation of the API: who may use it, what it does, and what the
// OpenAPI document says of it.
type route struct {
	method, path string
	may          platform.Permission
	do           handle
	summary      string
	// query are its parameters beside those of the path.
	query []string
	// in and out are what the bodies are made of; nil for none.
	in, out any
	// status is that of success, 200 unless set.
	status int
}

var pages = []string{"cursor", "limit"}

func with(names ...string) []string { return append(append([]string{}, pages...), names...) }

// routes are all operations. One without a permission is refused to everybody.
func (s *server) routes() []route {
	type (
		tenants       = api.List[api.Tenant]
		applications  = api.List[api.Application]
		keys          = api.List[api.Key]
		members       = api.List[api.Member]
		tokens        = api.List[api.Token]
		apis          = api.List[api.API]
		releases      = api.List[api.Release]
		plans         = api.List[api.Plan]
		offers        = api.List[api.Offer]
		requests      = api.List[api.Request]
		subscriptions = api.List[api.Subscription]
		notices       = api.List[api.Notice]
		audits        = api.List[api.Audit]
		calls         = api.List[api.Call]
	)
	reason := struct {
		Reason string `json:"reason,omitempty"`
	}{}
	all := []route{
		{method: http.MethodGet, path: "/tenants", may: platform.ReadTenant, do: s.listTenants, summary: "Lists tenants", query: pages, out: tenants{}},
		{method: http.MethodPost, path: "/tenants", may: platform.Operate, do: s.createTenant, summary: "Creates a tenant", in: api.NewTenant{}, out: api.Tenant{}, status: 201},
		{method: http.MethodGet, path: "/tenants/{t}", may: platform.ReadTenant, do: s.getTenant, summary: "Finds a tenant, by id or name", out: api.Tenant{}},
		{method: http.MethodPatch, path: "/tenants/{t}", may: platform.WriteTenant, do: s.editTenant, summary: "Changes a tenant", in: api.TenantEdit{}, out: api.Tenant{}},
		{method: http.MethodDelete, path: "/tenants/{t}", may: platform.DeleteTenant, do: s.deleteTenant, summary: "Deletes a tenant; what it did is kept", status: 204},

		{method: http.MethodGet, path: "/tenants/{t}/members", may: platform.ReadMembers, do: s.listMembers, summary: "Lists members", query: pages, out: members{}},
		{method: http.MethodPost, path: "/tenants/{t}/members", may: platform.WriteMembers, do: s.createMember, summary: "Invites a member by a one-time link", in: api.NewMember{}, out: api.Member{}, status: 201},
		{method: http.MethodGet, path: "/members/{id}", may: platform.ReadMembers, do: s.getMember, summary: "Finds a member", out: api.Member{}},
		{method: http.MethodPatch, path: "/members/{id}", may: platform.WriteMembers, do: s.editMember, summary: "Changes a member", in: api.MemberEdit{}, out: api.Member{}},
		{method: http.MethodDelete, path: "/members/{id}", may: platform.WriteMembers, do: s.deleteMember, summary: "Deletes a member and its tokens", status: 204},
		{method: http.MethodPost, path: "/members/{id}/invite", may: platform.WriteMembers, do: s.reinvite, summary: "Makes a new one-time link", out: api.Member{}},

		{method: http.MethodGet, path: "/tenants/{t}/applications", may: platform.ReadApplications, do: s.listApplications, summary: "Lists applications", query: with("name"), out: applications{}},
		{method: http.MethodPost, path: "/tenants/{t}/applications", may: platform.WriteApplications, do: s.createApplication, summary: "Creates an application", in: api.NewApplication{}, out: api.Application{}, status: 201},
		{method: http.MethodGet, path: "/applications/{id}", may: platform.ReadApplications, do: s.getApplication, summary: "Finds an application", out: api.Application{}},
		{method: http.MethodPatch, path: "/applications/{id}", may: platform.WriteApplications, do: s.editApplication, summary: "Changes an application", in: api.ApplicationEdit{}, out: api.Application{}},
		{method: http.MethodDelete, path: "/applications/{id}", may: platform.WriteApplications, do: s.deleteApplication, summary: "Deletes an application; what it did is kept", status: 204},

		{method: http.MethodGet, path: "/applications/{id}/keys", may: platform.ReadApplications, do: s.listKeys, summary: "Lists keys", query: pages, out: keys{}},
		{method: http.MethodPost, path: "/applications/{id}/keys", may: platform.WriteApplications, do: s.createKey, summary: "Creates a key and shows its secret, once", in: api.NewKey{}, out: api.Key{}, status: 201},
		{method: http.MethodGet, path: "/keys/{id}", may: platform.ReadApplications, do: s.getKey, summary: "Finds a key", out: api.Key{}},
		{method: http.MethodPatch, path: "/keys/{id}", may: platform.WriteApplications, do: s.editKey, summary: "Changes a key", in: api.KeyEdit{}, out: api.Key{}},
		{method: http.MethodPost, path: "/keys/{id}/rotate", may: platform.WriteApplications, do: s.rotateKey, summary: "Makes a key in place of another", in: api.Rotation{}, out: api.Key{}, status: 201},
		{method: http.MethodPost, path: "/keys/{id}/revoke", may: platform.WriteApplications, do: s.revokeKey, summary: "Revokes a key, for good", in: reason, out: api.Key{}},

		{method: http.MethodGet, path: "/tenants/{t}/apis", may: platform.ReadAPIs, do: s.listAPIs, summary: "Lists a tenant's APIs", query: pages, out: apis{}},
		{method: http.MethodPost, path: "/tenants/{t}/apis", may: platform.WriteAPIs, do: s.createAPI, summary: "Creates an API: a draft", in: api.NewAPI{}, out: api.API{}, status: 201},
		{method: http.MethodGet, path: "/apis/{id}", may: platform.ReadAPIs, do: s.getAPI, summary: "Finds an API", out: api.API{}},
		{method: http.MethodPatch, path: "/apis/{id}", may: platform.WriteAPIs, do: s.editAPI, summary: "Changes an API and the draft of its newest version", in: api.APIEdit{}, out: api.API{}},
		{method: http.MethodPost, path: "/apis/{id}/versions", may: platform.WriteAPIs, do: s.newVersion, summary: "Begins a version", in: api.NewVersion{}, out: api.API{}},
		{method: http.MethodGet, path: "/apis/{id}/releases", may: platform.ReadAPIs, do: s.listReleases, summary: "Lists releases, the newest first", out: releases{}},
		{method: http.MethodGet, path: "/apis/{id}/plans", may: platform.ReadAPIs, do: s.listPlans, summary: "Lists plans", query: pages, out: plans{}},
		{method: http.MethodPost, path: "/apis/{id}/plans", may: platform.WriteAPIs, do: s.createPlan, summary: "Creates a plan", in: api.NewPlan{}, out: api.Plan{}, status: 201},
		{method: http.MethodGet, path: "/plans/{id}", may: platform.ReadAPIs, do: s.getPlan, summary: "Finds a plan", out: api.Plan{}},
		{method: http.MethodPatch, path: "/plans/{id}", may: platform.WriteAPIs, do: s.editPlan, summary: "Makes a version of a plan; subscribers keep theirs", in: api.Terms{}, out: api.Plan{}},
		{method: http.MethodPost, path: "/plans/{id}/move", may: platform.WriteAPIs, do: s.movePlan, summary: "Gives the subscribers the newest version, or tells who they are", in: api.PlanMove{}, out: api.PlanMoved{}},

		{method: http.MethodGet, path: "/catalog", may: platform.ReadAPIs, do: s.listCatalog, summary: "Lists the APIs that can be asked for", query: with("tenant"), out: offers{}},
		{method: http.MethodGet, path: "/catalog/{id}", may: platform.ReadAPIs, do: s.getOffer, summary: "Finds an API that can be asked for", out: api.Offer{}},

		{method: http.MethodGet, path: "/requests", may: platform.ReadApplications, do: s.listRequests, summary: "Lists requests, the newest first", query: with("application", "api", "state", "kind"), out: requests{}},
		{method: http.MethodPost, path: "/requests", may: platform.WriteApplications, do: s.createRequest, summary: "Asks for a subscription, or a change of one", in: api.NewRequest{}, out: api.Request{}, status: 201},
		{method: http.MethodGet, path: "/requests/{id}", may: platform.ReadApplications, do: s.getRequest, summary: "Finds a request", out: api.Request{}},
		// Who decides is for the plan to say; see Request.MayDecide.
		{method: http.MethodPost, path: "/requests/{id}/approve", may: platform.ReadApplications, do: s.decide("request approved", "approve", approveRequest), summary: "Approves a request", in: api.Decision{}, out: api.Request{}},
		{method: http.MethodPost, path: "/requests/{id}/reject", may: platform.ReadApplications, do: s.decide("request rejected", "reject", rejectRequest), summary: "Rejects a request", in: api.Decision{}, out: api.Request{}},
		{method: http.MethodPost, path: "/requests/{id}/withdraw", may: platform.WriteApplications, do: s.decide("request withdrawn", "withdraw", withdrawRequest), summary: "Takes a request back", in: api.Decision{}, out: api.Request{}},

		{method: http.MethodGet, path: "/subscriptions", may: platform.ReadApplications, do: s.listSubscriptions, summary: "Lists subscriptions, the newest first", query: with("application", "api", "plan", "state"), out: subscriptions{}},
		{method: http.MethodGet, path: "/subscriptions/{id}", may: platform.ReadApplications, do: s.getSubscription, summary: "Finds a subscription", out: api.Subscription{}},
		{method: http.MethodPatch, path: "/subscriptions/{id}", may: platform.Govern, do: s.editSubscription, summary: "Sets what of the plan's terms is different", in: api.SubscriptionEdit{}, out: api.Subscription{}},

		{method: http.MethodGet, path: "/calls", may: platform.ReadCalls, do: s.listCalls, summary: "Lists call records", query: with("since", "tenant", "application", "key", "model", "status", "from", "until"), out: calls{}},
		{method: http.MethodGet, path: "/calls/{id}", may: platform.ReadCalls, do: s.getCall, summary: "Finds a call record", out: api.Call{}},
		{method: http.MethodGet, path: "/audit", may: platform.ReadAudit, do: s.listAudit, summary: "Lists who changed what, the newest first", query: with("object", "tenant"), out: audits{}},
		{method: http.MethodGet, path: "/notices", may: platform.OwnTokens, do: s.listNotices, summary: "Lists what concerns you", query: pages, out: notices{}},
		{method: http.MethodPost, path: "/notices/{id}/read", may: platform.OwnTokens, do: s.readNotice, summary: "Marks a notice as seen", out: api.Notice{}},
		{method: http.MethodGet, path: "/tokens", may: platform.OwnTokens, do: s.listTokens, summary: "Lists your management tokens", query: pages, out: tokens{}},
		{method: http.MethodPost, path: "/tokens", may: platform.OwnTokens, do: s.createToken, summary: "Creates a management token and shows its secret, once", in: api.NewToken{}, out: api.Token{}, status: 201},
		{method: http.MethodPost, path: "/tokens/{id}/revoke", may: platform.OwnTokens, do: s.revokeToken, summary: "Revokes a token", out: api.Token{}},
		{method: http.MethodGet, path: "/snapshot", may: platform.Operate, do: s.getSnapshot, summary: "Tells what the data plane of this node knows", out: api.Snapshot{}},

		{method: http.MethodGet, path: "/model-catalog", may: platform.Operate, do: s.catalogStatus, summary: "Tells where the catalog of models comes from", out: api.CatalogStatus{}},
		{method: http.MethodPost, path: "/model-catalog/refresh", may: platform.Operate, do: s.refreshCatalog, summary: "Reads the catalog's source now", in: api.RefreshCatalog{}, out: api.CatalogStatus{}},
		{method: http.MethodPost, path: "/model-catalog/rollback", may: platform.Operate, do: s.rollbackCatalog, summary: "Goes back to the catalog before", out: api.CatalogStatus{}},
		{method: http.MethodGet, path: "/model-catalog/models", may: platform.Operate, do: s.listModels, summary: "Lists the models of the catalog", query: with("vendor", "search"), out: api.List[api.CatalogModel]{}},
		{method: http.MethodGet, path: "/model-catalog/models/{name...}", may: platform.Operate, do: s.explainModel, summary: "Explains a model and its price", out: api.CatalogExplanation{}},

		{method: http.MethodGet, path: "/me", may: platform.ManageSelf, do: s.me, summary: "Tells who you are", out: api.Member{}},
		{method: http.MethodPost, path: "/sessions", may: open, do: s.signIn, summary: "Signs in, by a password or by a one-time link that sets it", in: api.SignIn{}, out: api.Member{}, status: 201},
		{method: http.MethodDelete, path: "/sessions", may: open, do: s.signOut, summary: "Signs out", status: 204},
		{method: http.MethodGet, path: "/openapi.json", may: open, do: s.getOpenAPI, summary: "Describes this API"},
	}
	for _, e := range []platform.APIEvent{
		platform.EventSubmit, platform.EventRefuse, platform.EventPublish, platform.EventDeprecate, platform.EventBlock,
		platform.EventUnblock, platform.EventRetire, platform.EventRollback,
	} {
		all = append(all, route{method: http.MethodPost, path: "/apis/{id}/" + string(e), may: platform.WriteAPIs, do: s.move(e), summary: "Version of an API: " + string(e), in: api.Move{}, out: api.API{}})
	}
	// Whose move it is, the state machine says.
	for _, e := range []platform.SubscriptionEvent{
		platform.SubSuspend, platform.SubResume, platform.SubPause, platform.SubUnpause, platform.SubRevoke, platform.SubCancel,
	} {
		all = append(all, route{method: http.MethodPost, path: "/subscriptions/{id}/" + string(e), may: platform.ReadApplications, do: s.moveSubscription(e), summary: "Subscription: " + string(e), in: api.SubscriptionMove{}, out: api.Subscription{}})
	}
	return all
}
