package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/fairwaygw/fairway/internal/platform"
)

// Platform is the part of a [Store] that keeps who publishes what, and who may
// call it.
type Platform interface {
	// Read reads what is stored.
	Read() Reads
	// Change runs a function in one transaction, of which all or nothing is
	// stored. What the function reads there nobody else changes meanwhile.
	Change(ctx context.Context, doing string, do func(*Tx) error) error
}

// Reads finds and lists things. Each method sees what its scope sees; what is
// another tenant's is a [platform.ErrNotFound], as is what is not there.
type Reads struct{ q querier }

// Tx is a transaction under way.
type Tx struct {
	Reads
	tx *sql.Tx
}

// Read reads what is stored.
func (s *SQLite) Read() Reads { return Reads{s.reader} }

// Change runs a function in one transaction.
func (s *SQLite) Change(ctx context.Context, doing string, do func(*Tx) error) error {
	return s.write(ctx, doing, func(tx *sql.Tx) error { return do(&Tx{Reads{tx}, tx}) })
}

// told adds what was done to an error.
func told(doing string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, explain(err))
	}
	return nil
}

func found[T any, ID typedID](ctx context.Context, r Reads, d *document[T, ID], w *where) (T, error) {
	item, err := d.find(ctx, r.q, w)
	return item, told("finding in "+d.table, err)
}

func listed[T any, ID typedID](ctx context.Context, r Reads, d *document[T, ID], w *where, p Page, newestFirst bool) ([]T, string, error) {
	items, next, err := d.page(ctx, r.q, w, p, newestFirst)
	return items, next, told("listing "+d.table, err)
}

// API finds an API by its id.
func (r Reads) API(ctx context.Context, in platform.Scope, id platform.APIID) (platform.API, error) {
	return found(ctx, r, &apis, apis.in(in).and("id = ?", string(id)))
}

// APINamed finds a tenant's API by its name.
func (r Reads) APINamed(ctx context.Context, in platform.Scope, tenant platform.TenantID, name string) (platform.API, error) {
	return found(ctx, r, &apis, apis.in(in).and("tenant = ? AND name = ?", string(tenant), name))
}

// APIs lists the APIs of the scope.
func (r Reads) APIs(ctx context.Context, in platform.Scope, p Page) ([]platform.API, string, error) {
	return listed(ctx, r, &apis, apis.in(in), p, false)
}

// visible chooses the APIs that a scope can find and ask for.
func visible(in platform.Scope) *where {
	t, all := in.Tenant()
	switch {
	case all:
		return new(where).and("public = 1")
	case t == "":
		return scoped(in, "tenant")
	}
	return new(where).and("public = 1").and(
		"(tenant = ? OR visibility = ? OR visibility = ? AND shared LIKE ?)",
		string(t), string(platform.VisiblePublic), string(platform.VisibleShared), "% "+string(t)+" %")
}

// Offered finds an API that has been published and is visible to the scope,
// whoever's it is.
func (r Reads) Offered(ctx context.Context, in platform.Scope, id platform.APIID) (platform.API, error) {
	return found(ctx, r, &apis, visible(in).and("id = ?", string(id)))
}

// Catalog lists the APIs that have been published and are visible to the scope.
func (r Reads) Catalog(ctx context.Context, in platform.Scope, p Page) ([]platform.API, string, error) {
	return listed(ctx, r, &apis, visible(in), p, false)
}

// Plan finds a plan by its id.
func (r Reads) Plan(ctx context.Context, in platform.Scope, id platform.PlanID) (platform.Plan, error) {
	return found(ctx, r, &plans, plans.in(in).and("id = ?", string(id)))
}

// Plans lists the plans of an API.
func (r Reads) Plans(ctx context.Context, in platform.Scope, of platform.APIID, p Page) ([]platform.Plan, string, error) {
	return listed(ctx, r, &plans, plans.in(in).and("api = ?", string(of)), p, false)
}

// Grants chooses among requests and subscriptions. A zero field chooses all.
type Grants struct {
	Application platform.ApplicationID
	API         platform.APIID
	Plan        platform.PlanID // of subscriptions only
	State       string
	Kind        platform.RequestKind // of requests only
}

func (g *Grants) where(w *where) *where {
	for _, c := range []struct{ column, value string }{
		{"application", string(g.Application)}, {"api", string(g.API)}, {"plan", string(g.Plan)}, {"state", g.State}, {"kind", string(g.Kind)},
	} {
		if c.value != "" {
			w.and(c.column+" = ?", c.value)
		}
	}
	return w
}

// Request finds a request by its id.
func (r Reads) Request(ctx context.Context, in platform.Scope, id platform.RequestID) (platform.Request, error) {
	return found(ctx, r, &requests, requests.in(in).and("id = ?", string(id)))
}

// Requests lists requests, the newest first.
func (r Reads) Requests(ctx context.Context, in platform.Scope, g Grants, p Page) ([]platform.Request, string, error) {
	return listed(ctx, r, &requests, g.where(requests.in(in)), p, true)
}

// Subscription finds a subscription by its id.
func (r Reads) Subscription(ctx context.Context, in platform.Scope, id platform.SubscriptionID) (platform.Subscription, error) {
	return found(ctx, r, &subscriptions, subscriptions.in(in).and("id = ?", string(id)))
}

// Subscriptions lists subscriptions, the newest first.
func (r Reads) Subscriptions(ctx context.Context, in platform.Scope, g Grants, p Page) ([]platform.Subscription, string, error) {
	return listed(ctx, r, &subscriptions, g.where(subscriptions.in(in)), p, true)
}

// Member finds a member by its id.
func (r Reads) Member(ctx context.Context, in platform.Scope, id platform.MemberID) (platform.Member, error) {
	return found(ctx, r, &members, members.in(in).and("id = ?", string(id)))
}

// Members lists members.
func (r Reads) Members(ctx context.Context, in platform.Scope, p Page) ([]platform.Member, string, error) {
	return listed(ctx, r, &members, members.in(in), p, false)
}

// SignIn finds a member by the address, or the hash of an invitation, that
// somebody signs in with: before that, nobody knows the tenant.
func (r Reads) SignIn(ctx context.Context, email, invite string) (platform.Member, error) {
	w := new(where).and("email = ?", email)
	if invite != "" {
		w = new(where).and("invite = ?", invite)
	}
	return found(ctx, r, &members, w)
}

// Token finds a token by its id.
func (r Reads) Token(ctx context.Context, in platform.Scope, id platform.TokenID) (platform.Token, error) {
	return found(ctx, r, &tokens, tokens.in(in).and("id = ?", string(id)))
}

// Tokens lists the tokens of a member.
func (r Reads) Tokens(ctx context.Context, in platform.Scope, of platform.MemberID, p Page) ([]platform.Token, string, error) {
	return listed(ctx, r, &tokens, tokens.in(in).and("member = ?", string(of)), p, false)
}

// TokenOf finds a token by the hash of its secret: before that, nobody knows the
// tenant.
func (r Reads) TokenOf(ctx context.Context, hash string) (platform.Token, error) {
	return found(ctx, r, &tokens, new(where).and("hash = ?", hash))
}

// Notice finds a notice by its id.
func (r Reads) Notice(ctx context.Context, in platform.Scope, id platform.NoticeID) (platform.Notice, error) {
	return found(ctx, r, &notices, notices.in(in).and("id = ?", string(id)))
}

// Notices lists notices, the newest first.
func (r Reads) Notices(ctx context.Context, in platform.Scope, p Page) ([]platform.Notice, string, error) {
	return listed(ctx, r, &notices, notices.in(in), p, true)
}

// Audit lists who changed what, the newest first; of one object unless that is
// empty.
func (r Reads) Audit(ctx context.Context, in platform.Scope, object string, p Page) ([]platform.Audit, string, error) {
	w := audits.in(in)
	if object != "" {
		w.and("object = ?", object)
	}
	return listed(ctx, r, &audits, w, p, true)
}

// Due lists requests and subscriptions whose timers have run out, of all
// tenants, at most so many of each.
func (r Reads) Due(ctx context.Context, now time.Time, limit int) ([]platform.Request, []platform.Subscription, error) {
	reqs, err := requests.all(ctx, r.q, new(where).and("due <= ?", now.UnixNano()), "due", limit)
	if err != nil {
		return nil, nil, told("finding timers", err)
	}
	subs, err := subscriptions.all(ctx, r.q, new(where).and("due <= ?", now.UnixNano()), "due", limit)
	return reqs, subs, told("finding timers", err)
}

// The Put methods store something new, whose revision is 0, or a change of what
// was read before with its revision: see [platform.ErrStale] and
// [platform.ErrExists].

// PutAPI stores an API.
func (t *Tx) PutAPI(ctx context.Context, a *platform.API) error { return apis.put(ctx, t.tx, a) }

// PutPlan stores a plan.
func (t *Tx) PutPlan(ctx context.Context, p *platform.Plan) error { return plans.put(ctx, t.tx, p) }

// PutRequest stores a request.
func (t *Tx) PutRequest(ctx context.Context, r *platform.Request) error {
	return requests.put(ctx, t.tx, r)
}

// PutSubscription stores a subscription.
func (t *Tx) PutSubscription(ctx context.Context, s *platform.Subscription) error {
	return subscriptions.put(ctx, t.tx, s)
}

// PutMember stores a member.
func (t *Tx) PutMember(ctx context.Context, m *platform.Member) error {
	return members.put(ctx, t.tx, m)
}

// DeleteMember deletes a member, and with it its tokens.
func (t *Tx) DeleteMember(ctx context.Context, in platform.Scope, id platform.MemberID) error {
	w := members.in(in).and("id = ?", string(id))
	r, err := t.tx.ExecContext(ctx, "DELETE FROM members"+w.String(), w.args...)
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	if err == nil && n == 0 {
		err = platform.ErrNotFound
	}
	return err
}

// PutToken stores a token.
func (t *Tx) PutToken(ctx context.Context, k *platform.Token) error { return tokens.put(ctx, t.tx, k) }

// PutNotice stores a notice. One that is to be given once and was given already
// is left out.
func (t *Tx) PutNotice(ctx context.Context, n *platform.Notice) error {
	if n.Key != "" && n.Revision == 0 {
		var given int
		if err := t.tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM notices WHERE once = ?", n.Key).Scan(&given); err != nil || given > 0 {
			return err
		}
	}
	return notices.put(ctx, t.tx, n)
}

// PutAudit stores who changed what.
func (t *Tx) PutAudit(ctx context.Context, a *platform.Audit) error { return audits.put(ctx, t.tx, a) }

// CallerCount is how often an application called an API.
type CallerCount struct {
	Application platform.ApplicationID
	Calls       int64
}

// Callers lists who has called an API since a time, and how often. It reads the
// records of that time, so it is for decisions that are rare.
func (r Reads) Callers(ctx context.Context, of platform.APIID, since time.Time) ([]CallerCount, error) {
	const query = `SELECT application, COUNT(*) FROM calls WHERE time >= ? AND record LIKE ? GROUP BY application ORDER BY application`
	items, err := list(ctx, r.q, func(r row) (c CallerCount, err error) {
		err = r.Scan(&c.Application, &c.Calls)
		return c, err
	}, query, since.UnixNano(), `%"api":"`+string(of)+`"%`)
	return items, told("counting callers", err)
}
