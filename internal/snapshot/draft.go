package snapshot

import (
	"encoding/json"
	"unique"

	"github.com/fairwaygw/fairway/internal/limits"
	"github.com/fairwaygw/fairway/internal/platform"
)

// draft is a snapshot in the making: what a version of the store changes in the
// one before.
type draft struct {
	from *Snapshot

	keys         []Entry
	tenants      *editing[*Tenant]
	names        *editing[*Tenant]
	applications *editing[*Application]
	apis         *editing[*API]
	paths        *editing[*API]
	// mine are the applications that are copies already.
	mine map[string]*Application

	terms *termBook
}

// termBook has each set of terms once.
type termBook struct {
	byText map[[2]string]*terms
}

func newTermBook() *termBook { return &termBook{byText: map[[2]string]*terms{}} }

func (b *termBook) get(limitText, modelText string) *terms {
	if limitText == "" && modelText == "" {
		return noTerms
	}
	key := [2]string{limitText, modelText}
	t := b.byText[key]
	if t != nil {
		return t
	}
	t = new(terms)
	var l platform.Limits
	if limitText != "" && json.Unmarshal([]byte(limitText), &l) == nil {
		t.rules = limits.Rules(l)
	}
	if modelText != "" {
		_ = json.Unmarshal([]byte(modelText), &t.models) // it was written by us
	}
	b.byText[key] = t
	return t
}

func (s *Snapshot) draft(terms *termBook) *draft {
	return &draft{
		from: s, terms: terms, mine: map[string]*Application{},
		tenants: s.tenants.edit(), names: s.names.edit(), applications: s.applications.edit(), apis: s.apis.edit(), paths: s.paths.edit(),
	}
}

// changes is what the draft wants to know of the store.
func (d *draft) changes() platform.Changes {
	return platform.Changes{
		Credential:  func(c *platform.Credential) { d.keys = append(d.keys, newEntry(c)) },
		Tenant:      d.tenant,
		Application: d.application,
		API:         d.api,
		Grant:       d.grant,
		Request:     d.request,
	}
}

func (d *draft) tenant(t *platform.Tenant) {
	n := &Tenant{ID: string(t.ID), Name: t.Name, Deleted: !t.Deleted.IsZero(), Rules: limits.Rules(t.Limits)}
	d.tenants.put(n.ID, n)
	d.names.put(n.Name, n)
}

// own is an application as it will be.
func (d *draft) own(id string) *Application {
	if a := d.mine[id]; a != nil {
		return a
	}
	a := &Application{id: id}
	if old, ok := d.from.applications.get(id); ok {
		*a = *old
		a.grants = append([]grant(nil), old.grants...)
	}
	d.mine[id] = a
	d.applications.put(id, a)
	return a
}

func (d *draft) application(p *platform.Application) {
	a := d.own(string(p.ID))
	a.tenant, a.deleted, a.Rules = string(p.Tenant), !p.Deleted.IsZero(), limits.Rules(p.Limits)
}

func (d *draft) api(p *platform.API) {
	a := newAPI(p)
	d.apis.put(a.ID, a)
	d.paths.put(path(a.Tenant, a.Name), a)
}

func (d *draft) grant(g *platform.Grant) {
	state, ok := states[g.State]
	if !ok {
		return
	}
	d.own(string(g.Application)).put(grant{
		api: unique.Make(string(g.API)), id: string(g.Subscription), plan: unique.Make(string(g.Plan)),
		standing: standing{state: state, paused: g.Paused, starts: g.Starts, ends: g.Ends, until: g.Until, changed: g.Changed},
		terms:    d.terms.get(g.Limits, g.Models), reason: g.Reason,
	})
}

func (d *draft) request(r *platform.Request) {
	if r.Kind != platform.AskNew {
		return // the subscription that is there says how things stand
	}
	g := grant{api: unique.Make(string(r.API)), id: string(r.ID), plan: unique.Make(string(r.Plan)), terms: noTerms, reason: r.Note}
	switch r.State {
	case platform.ReqPending:
		g.state, g.changed = Pending, r.Created.UnixNano()
	case platform.ReqRejected:
		g.state, g.changed = Rejected, r.Decided.UnixNano()
	default:
		// Withdrawn and lapsed is as if nobody had asked; what was approved has a
		// subscription.
		g.state, g.changed, g.reason = None, r.Decided.UnixNano(), ""
	}
	a := d.own(string(r.Application))
	if g.state == None {
		a.forget(g)
		return
	}
	a.put(g)
}

// forget takes away that a request waits.
func (a *Application) forget(g grant) {
	kept := a.grants[:0]
	for _, o := range a.grants {
		if o.id != g.id {
			kept = append(kept, o)
		}
	}
	a.grants = kept
}

// done is the snapshot of a version.
func (d *draft) done(version int64) *Snapshot {
	keys, added := d.from.keys.with(sorted(d.keys), 0)
	return &Snapshot{
		version: version, keys: keys, count: d.from.count + added,
		tenants: d.tenants.table, names: d.names.table, applications: d.applications.table, apis: d.apis.table, paths: d.paths.table,
	}
}
