package manage

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
)

// as is the API as an actor sees it.
func (w *world) as(by platform.Actor) *world {
	o := w.options
	o.Actor = func(*http.Request) (platform.Actor, error) {
		if by.Kind == "" {
			return by, platform.ErrNotFound
		}
		return by, nil
	}
	other := *w
	other.handler = New(o)
	return &other
}

func memberOfTenant(t string, roles ...platform.Role) platform.Actor {
	return platform.Actor{Kind: platform.ActorMember, Member: platform.NewMemberID(time.Now()), Name: "m", Tenant: platform.TenantID(t), Roles: roles}
}

// acme is a tenant with one of everything.
type acme struct {
	tenant       api.Tenant
	member       api.Member
	application  api.Application
	key          api.Key
	api          api.API
	plan         api.Plan
	request      api.Request
	subscription string
	notice       string
	token        string
}

func newAcme(w *world, name string) *acme {
	w.t.Helper()
	a := new(acme)
	a.tenant = get[api.Tenant](w, w.send("POST", "/fairway/v1/tenants", fmt.Sprintf(`{"name":%q}`, name)), 201)
	in := "/fairway/v1/tenants/" + name
	a.member = get[api.Member](w, w.send("POST", in+"/members", fmt.Sprintf(`{"email":"ada@%s.example","roles":["owner"]}`, name)), 201)
	a.application = get[api.Application](w, w.send("POST", in+"/applications", `{"name":"shop"}`), 201)
	a.key = get[api.Key](w, w.send("POST", "/fairway/v1/applications/"+a.application.ID+"/keys", `{"name":"prod"}`), 201)
	a.api = get[api.API](w, w.send("POST", in+"/apis", `{"name":"chat","kind":"model","models":["fast"]}`), 201)
	a.plan = get[api.Plan](w, w.send("POST", "/fairway/v1/apis/"+a.api.ID+"/plans", `{"name":"team","approval":"manual","limits":{"requests_per_minute":60}}`), 201)
	a.api = get[api.API](w, w.send("POST", "/fairway/v1/apis/"+a.api.ID+"/publish", ""), 200)
	a.request = get[api.Request](w, w.send("POST", "/fairway/v1/requests", fmt.Sprintf(`{"application":%q,"api":%q,"plan":%q}`, a.application.ID, a.api.ID, a.plan.ID)), 201)
	approved := get[api.Request](w, w.send("POST", "/fairway/v1/requests/"+a.request.ID+"/approve", `{"note":"ok"}`), 200)
	a.subscription = approved.Subscription
	notices := get[api.List[api.Notice]](w, w.send("GET", "/fairway/v1/notices", ""), 200)
	a.notice = notices.Items[0].ID
	token := get[api.Token](w.as(platform.Actor{Kind: platform.ActorMember, Member: platform.MemberID(a.member.ID), Name: "ada", Tenant: platform.TenantID(a.tenant.ID), Roles: platform.Roles}),
		w.as(platform.Actor{Kind: platform.ActorMember, Member: platform.MemberID(a.member.ID), Name: "ada", Tenant: platform.TenantID(a.tenant.ID), Roles: platform.Roles}).send("POST", "/fairway/v1/tokens", `{"name":"ci"}`), 201)
	a.token = token.ID
	rec := ledger.Record{ID: "call_" + name, Time: time.Now(), Tenant: a.tenant.ID, Application: a.application.ID, Key: a.key.ID, API: a.api.ID, Status: 200}
	if err := w.store.Ingest(w.t.Context(), []ledger.Record{rec}, ledger.Checkpoint{}); err != nil {
		w.t.Fatal(err)
	}
	return a
}

// path fills a route's path with ids of the tenant.
func (a *acme) path(of string) string {
	return strings.NewReplacer(
		"{t}", a.tenant.Name, "/members/{id}", "/members/"+a.member.ID, "/applications/{id}", "/applications/"+a.application.ID,
		"/keys/{id}", "/keys/"+a.key.ID, "/apis/{id}", "/apis/"+a.api.ID, "/catalog/{id}", "/catalog/"+a.api.ID, "/plans/{id}", "/plans/"+a.plan.ID,
		"/requests/{id}", "/requests/"+a.request.ID, "/subscriptions/{id}", "/subscriptions/"+a.subscription,
		"/calls/{id}", "/calls/call_"+a.tenant.Name, "/notices/{id}", "/notices/"+a.notice, "/tokens/{id}", "/tokens/"+a.token,
	).Replace("/fairway/v1" + of)
}

// bodies are what routes need to get as far as to look for something.
var bodies = map[string]string{
	"POST /tenants/{t}/members": `{"email":"eve@example.com","roles":["viewer"]}`, "POST /tenants/{t}/applications": `{"name":"x"}`,
	"POST /applications/{id}/keys": `{"name":"x"}`, "POST /tenants/{t}/apis": `{"name":"x","kind":"model"}`, "POST /apis/{id}/plans": `{"name":"x"}`,
	"POST /tenants": `{"name":"x"}`, "POST /tokens": `{"name":"x"}`,
}

// TestOtherTenant sends every request with ids of another tenant, as somebody who
// may do everything in their own: nothing is found, and nothing is changed.
func TestOtherTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	theirs, mine := newAcme(w, "acme"), newAcme(w, "mine")
	before := w.dump(theirs)
	eve := w.as(memberOfTenant(mine.tenant.ID, platform.Roles...))
	for _, r := range new(server).routes() {
		name := r.method + " " + r.path
		if r.may == open || r.may == platform.Operate {
			continue
		}
		resp := eve.send(r.method, theirs.path(r.path), bodies[name])
		if strings.Contains(r.path, "{") {
			if resp.Code != http.StatusNotFound {
				t.Errorf("%s answers %d %s", name, resp.Code, resp.Body)
			}
			continue
		}
		for _, secret := range []string{theirs.tenant.ID, theirs.application.ID, theirs.key.ID, theirs.api.ID, theirs.plan.ID, theirs.request.ID, theirs.subscription, theirs.member.ID, "call_acme"} {
			if strings.Contains(resp.Body.String(), secret) {
				t.Errorf("%s shows %s: %s", name, secret, resp.Body)
			}
		}
	}
	for _, q := range []string{
		"/calls?application=" + theirs.application.ID, "/calls?key=" + theirs.key.ID, "/calls?since=start", "/requests?api=" + theirs.api.ID,
		"/requests?application=" + theirs.application.ID, "/subscriptions?api=" + theirs.api.ID, "/audit?object=" + theirs.api.ID,
	} {
		if text := eve.send("GET", "/fairway/v1"+q, "").Body.String(); strings.Contains(text, "acme") || strings.Contains(text, theirs.application.ID) {
			t.Errorf("%s shows %s", q, text)
		}
	}
	ask := fmt.Sprintf(`{"application":%q,"api":%q,"plan":%q}`, mine.application.ID, theirs.api.ID, theirs.plan.ID)
	eve.refused(eve.send("POST", "/fairway/v1/requests", ask), 404, "not-found")
	if after := w.dump(theirs); after != before {
		t.Errorf("something of the other tenant has changed:\n%s\n%s", before, after)
	}
}

// dump is all of a tenant as the operator sees it.
func (w *world) dump(a *acme) string {
	var b strings.Builder
	for _, path := range []string{
		"/tenants/{t}", "/members/{id}", "/applications/{id}", "/keys/{id}", "/apis/{id}", "/plans/{id}", "/requests/{id}", "/subscriptions/{id}",
		"/tenants/{t}/members", "/tenants/{t}/applications", "/tenants/{t}/apis", "/applications/{id}/keys", "/apis/{id}/plans",
	} {
		b.WriteString(w.send("GET", a.path(path), "").Body.String() + "\n")
	}
	return b.String()
}

// TestPermissions: what a route needs, exactly the roles have that the table
// gives it to; whoever is not known has nothing.
func TestPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := newAcme(w, "acme")
	// Who gets further than the door, by route; what is not here is for all
	// roles.
	only := map[platform.Permission][]platform.Role{
		platform.Operate:           {},
		platform.WriteTenant:       {platform.RoleOwner, platform.RoleAdmin},
		platform.DeleteTenant:      {platform.RoleOwner},
		platform.WriteMembers:      {platform.RoleOwner, platform.RoleAdmin},
		platform.WriteApplications: {platform.RoleOwner, platform.RoleAdmin, platform.RoleDeveloper},
		platform.WriteAPIs:         {platform.RoleOwner, platform.RoleAdmin, platform.RolePublisher},
		platform.Govern:            {platform.RoleOwner, platform.RoleAdmin, platform.RolePublisher, platform.RoleApprover},
		platform.ReadAudit:         {platform.RoleOwner, platform.RoleAdmin},
	}
	for _, r := range new(server).routes() {
		name := r.method + " " + r.path
		if r.may == "" {
			t.Errorf("%s: nobody has said who may use it", name)
		}
		if r.may == open {
			if !slices.Contains([]string{"POST /sessions", "DELETE /sessions", "GET /openapi.json"}, name) {
				t.Errorf("%s is open to anybody", name)
			}
			continue
		}
		nobody := w.as(platform.Actor{})
		nobody.refused(nobody.send(r.method, a.path(r.path), `{}`), 401, "invalid-credential")
		for _, role := range platform.Roles {
			may, listed := only[r.may]
			if !listed {
				may = platform.Roles
			}
			who := w.as(memberOfTenant(a.tenant.ID, role))
			// A body that no route takes gets as far as the door and no further.
			resp := who.send(r.method, a.path(r.path)+"?nonsense=1", `{`)
			if in := resp.Code == http.StatusBadRequest; in != slices.Contains(may, role) && !(slices.Contains(may, role) && resp.Code != http.StatusForbidden) {
				t.Errorf("%s as %s: %d %s", name, role, resp.Code, resp.Body)
			}
			if !slices.Contains(may, role) && resp.Code != http.StatusForbidden {
				t.Errorf("%s as %s: %d", name, role, resp.Code)
			}
		}
	}
}

func TestWhoDecides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := newAcme(w, "acme")
	ask := func(application string) api.Request {
		body := fmt.Sprintf(`{"application":%q,"api":%q,"plan":%q}`, application, a.api.ID, a.plan.ID)
		return get[api.Request](w, w.send("POST", "/fairway/v1/requests", body), 201)
	}
	for role, status := range map[platform.Role]int{
		platform.RoleOwner: 200, platform.RoleAdmin: 200, platform.RoleApprover: 200, platform.RolePublisher: 403, platform.RoleDeveloper: 403, platform.RoleViewer: 403,
	} {
		app := get[api.Application](w, w.send("POST", "/fairway/v1/tenants/acme/applications", fmt.Sprintf(`{"name":"app of %s"}`, role)), 201)
		who := w.as(memberOfTenant(a.tenant.ID, role))
		resp := who.send("POST", "/fairway/v1/requests/"+ask(app.ID).ID+"/approve", "")
		if resp.Code != status {
			t.Errorf("%s: %d %s", role, resp.Code, resp.Body)
		}
	}
}
