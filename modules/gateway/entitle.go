package gateway

import (
	"net/http"
	"strconv"
	"time"

	"github.com/fairwaygw/fairway/internal/limits"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/snapshot"
	"github.com/fairwaygw/fairway/llm"
)

// EntitleModel lets the call go to a model if its application holds a live
// subscription to an API that contains it, and finds the limits that apply. A
// call whose caller is not known passes: where that is allowed, the handler is
// public. known is whether there is such a model: of one that the caller may
// not know of, it learns as little as of one that does not exist.
func (c *Call) EntitleModel(r *http.Request, model string, known bool) *llm.Error {
	if !c.Known {
		if !known {
			return ModelNotFound(model)
		}
		return nil
	}
	if b := c.bounds; b != nil && len(b.Models) > 0 && !platform.ContainsModel(b.Models, model) {
		return forbidden("model-not-allowed", "this key may not call "+model)
	}
	if c.api != nil {
		// The site has named the API.
		if c.api.Kind == platform.KindModel && !contains(c.api, model) {
			return ModelNotFound(model)
		}
		if !known {
			return ModelNotFound(model)
		}
		return nil
	}
	granted, refusal := c.snapshot.Model(c.application, model, c.Start)
	switch {
	case granted.API != nil && known:
		c.grant(granted)
		return nil
	case granted.API == nil && refusal.API != nil:
		return refusedBy(r, c.snapshot, &refusal, model)
	}
	return ModelNotFound(model)
}

func contains(a *snapshot.API, model string) bool {
	for i := range a.Versions {
		if platform.ContainsModel(a.Versions[i].Spec.Models, model) {
			return true
		}
	}
	return false
}

// MayCall reports whether the caller may call a model, for lists of them.
func (c *Call) MayCall(model string) bool {
	switch b := c.bounds; {
	case !c.Known:
		return true
	case b != nil && len(b.Models) > 0 && !platform.ContainsModel(b.Models, model):
		return false
	case c.api != nil:
		return c.api.Kind != platform.KindModel || contains(c.api, model)
	}
	return c.snapshot.Callable(c.application, model, c.Start)
}

// EntitleAPI lets the call go to an API, named by its tenant's name and its own,
// if its application holds a live subscription to it. Without a tenant it is the
// tenant default's.
func (c *Call) EntitleAPI(r *http.Request, tenant, name string) *llm.Error {
	if !c.Known {
		return NoCaller()
	}
	api := c.findAPI(tenant, name)
	if api == nil {
		return apiNotFound()
	}
	granted, refusal := c.snapshot.Use(c.application, api, c.Start)
	if granted.API == nil {
		if refusal.State == snapshot.None && !api.VisibleTo(c.Caller.Tenant) {
			return apiNotFound()
		}
		return refusedBy(r, c.snapshot, &refusal, "")
	}
	if !api.State.Served() {
		return refusedBy(r, c.snapshot, &snapshot.Refusal{State: snapshot.Active, API: api}, "")
	}
	c.grant(granted)
	return nil
}

// Use makes the call one to the API that it is entitled to, within its limits,
// and tells in the answer's header what becomes of the API. Calls to models are
// counted where it is known what they come to.
func (c *Call) Use(h http.Header) *llm.Error {
	if c.api == nil || c.api.Kind == platform.KindModel {
		return nil
	}
	if err := c.Reserve(h, "", limits.Amount{}); err != nil {
		return err
	}
	if len(c.api.Versions) > 0 {
		Announce(h, &c.api.Versions[0])
	}
	return nil
}

// Used ends a call that Use has begun: it counts as one request.
func (c *Call) Used() { c.allowance.settle(&llm.Usage{}, 0, 1) }

// Announce sets the headers of a version that is given up: RFC 9745, RFC 8594
// and RFC 8288.
func Announce(h http.Header, v *snapshot.Served) {
	if v.Deprecated.IsZero() {
		return
	}
	h["Deprecation"] = []string{"@" + strconv.FormatInt(v.Deprecated.Unix(), 10)}
	if !v.Sunset.IsZero() {
		h["Sunset"] = []string{v.Sunset.UTC().Format(http.TimeFormat)}
	}
	for rel, to := range map[string]string{"successor-version": v.Successor, "deprecation": v.Link} {
		if to != "" {
			h["Link"] = append(h["Link"], "<"+to+`>; rel="`+rel+`"`)
		}
	}
}

// findAPI finds an API by names.
func (c *Call) findAPI(tenant, name string) *snapshot.API {
	if tenant == "" {
		tenant = platform.DefaultTenantName
	}
	t := c.snapshot.TenantNamed(tenant)
	if t == nil || t.Deleted {
		return nil
	}
	return c.snapshot.API(t.ID, name)
}

func apiNotFound() *llm.Error {
	return &llm.Error{Status: http.StatusNotFound, Class: llm.ClassGateway, Type: "invalid_request_error", Code: "not-found", Message: "there is no such API"}
}

// grant notes by which subscription the call is made, and what limits apply.
func (c *Call) grant(g snapshot.Granted) {
	c.Caller.Subscription, c.Caller.API, c.api = g.Subscription, g.API.ID, g.API
	a := &c.allowance
	if c.bounds != nil {
		a.claim(limits.Key, c.Caller.Key, c.bounds.Rules)
	}
	a.claim(limits.Application, c.Caller.Application, c.application.Rules)
	a.claim(limits.Subscription, g.Subscription, g.Rules)
	if t := c.snapshot.Tenant(c.Caller.Tenant); t != nil {
		a.claim(limits.Tenant, t.ID, t.Rules)
	}
}

// blockedFor is when it is worth to ask again for an API that is blocked.
const blockedFor = time.Minute

// refusedBy is the answer to a call that no live subscription lets through.
func refusedBy(r *http.Request, s *snapshot.Snapshot, refusal *snapshot.Refusal, model string) *llm.Error {
	api := refusal.API
	what := "the API " + api.Name
	if model != "" {
		what = model
	}
	switch {
	case refusal.State == snapshot.Active && api.State == platform.StateBlocked:
		return &llm.Error{
			Status: http.StatusServiceUnavailable, Class: llm.ClassGateway, Type: "api_error", Code: "api-blocked", RetryAfter: blockedFor,
			Message: because(what+" is blocked for the time being", reasonOf(api)),
		}
	case api.State == platform.StateRetired:
		message := what + " has been retired"
		if v := successor(api); v != "" {
			message += "; use " + v + " in its place"
		}
		return &llm.Error{Status: http.StatusGone, Class: llm.ClassGateway, Type: "invalid_request_error", Code: "api-retired", Message: message}
	}
	link := applyLink(r, s, api)
	since, until := date(refusal.Since), date(refusal.Until)
	switch refusal.State {
	case snapshot.Pending:
		return forbidden("subscription-pending", "the request to use "+what+" has been waiting for approval since "+since+": "+link)
	case snapshot.Rejected:
		return forbidden("subscription-rejected", because("the request to use "+what+" was rejected", refusal.Reason)+"; ask again: "+link)
	case snapshot.Scheduled:
		return forbidden("subscription-scheduled", "the subscription to "+what+" begins at "+until)
	case snapshot.Suspended:
		message := because("the subscription to "+what+" is suspended", refusal.Reason)
		if !refusal.Until.IsZero() {
			message += ", until " + until
		}
		return forbidden("subscription-suspended", message)
	case snapshot.Paused:
		return forbidden("subscription-paused", "the application's owner has paused its subscription to "+what)
	case snapshot.Expired:
		return forbidden("subscription-expired", "the subscription to "+what+" ended at "+since+"; renew it: "+link)
	case snapshot.Revoked, snapshot.Cancelled, snapshot.Ended:
		return forbidden("subscription-"+refusal.State.String(), because("the subscription to "+what+" was "+refusal.State.String(), refusal.Reason)+"; ask for another: "+link)
	}
	return forbidden("not-subscribed", "this application has no subscription to "+what+"; ask for one: "+link)
}

func reasonOf(a *snapshot.API) string {
	for i := range a.Versions {
		if r := a.Versions[i].Reason; r != "" {
			return r
		}
	}
	return ""
}

func successor(a *snapshot.API) string {
	for i := range a.Versions {
		if s := a.Versions[i].Successor; s != "" {
			return s
		}
	}
	return ""
}

// because adds a reason that somebody gave.
func because(what, reason string) string {
	if reason == "" {
		return what
	}
	return what + " (" + reason + ")"
}

func date(t time.Time) string {
	if t.IsZero() {
		return "some time"
	}
	return t.UTC().Format(time.RFC3339)
}

// applyLink is the page where a subscription can be asked for.
func applyLink(r *http.Request, s *snapshot.Snapshot, a *snapshot.API) string {
	tenant := a.Tenant
	if t := s.Tenant(tenant); t != nil {
		tenant = t.Name
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + "/console/catalog/" + tenant + "/" + a.Name
}

func forbidden(code, message string) *llm.Error {
	return &llm.Error{Status: http.StatusForbidden, Class: llm.ClassGateway, Type: "permission_error", Code: code, Message: message}
}
