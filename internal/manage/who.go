package manage

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
)

// Operator is the actor at an endpoint that only the operator reaches.
func Operator(r *http.Request) (platform.Actor, error) {
	return platform.Operator(address(r)), nil
}

// address is where a request comes from.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr // a unix socket
	}
	return host
}

type actorKey struct{}

// actor is who sends a request.
func actor(r *http.Request) platform.Actor {
	a, _ := r.Context().Value(actorKey{}).(platform.Actor)
	return a
}

// Scope is what the sender of a request may see.
func (s *server) Scope(r *http.Request) platform.Scope {
	a := actor(r)
	return a.Scope()
}

var errNobody = api.NewProblem(http.StatusUnauthorized, api.CodeUnauthorized, "sign in, or send a management token (fwm_…) as Authorization: Bearer")

// admit lets a request through to what needs a permission. What is open to
// anybody says so.
func (s *server) admit(may platform.Permission, do handle) handle {
	if may == open {
		return do
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		by, err := s.Actor(r)
		if errors.Is(err, platform.ErrNotFound) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="fairway"`)
			return errNobody
		}
		if err != nil {
			return err
		}
		if !by.May(may, by.Tenant) {
			return platform.Forbidden("this needs the permission %s, which your roles do not have", may)
		}
		return do(w, r.WithContext(context.WithValue(r.Context(), actorKey{}, by)))
	}
}

// open marks what needs no sender that is known.
const open platform.Permission = "open"

// act changes something in one transaction, with the rows that say so.
func (s *server) act(r *http.Request, doing string, do func(*deed) error) error {
	d := &deed{ctx: r.Context(), by: actor(r), now: s.instant()}
	err := s.Store.Change(r.Context(), doing, func(tx *store.Tx) error {
		*d = deed{ctx: d.ctx, by: d.by, now: d.now, Tx: tx}
		return do(d)
	})
	if err != nil {
		return err
	}
	s.changed(r, doing, zap.String("actor", d.by.Name), zap.String("object", d.object))
	return nil
}

// deed is a change under way.
type deed struct {
	*store.Tx
	ctx    context.Context
	by     platform.Actor
	now    time.Time
	object string
}

// audit says what was changed, to each tenant that it concerns.
func (d *deed) audit(action, object, reason string, before, after any, tenants ...platform.TenantID) error {
	d.object = object
	for i, t := range tenants {
		if i > 0 && t == tenants[0] {
			continue
		}
		row, err := platform.NewAudit(d.now, d.by, t, action, object, reason, before, after)
		if err != nil {
			return fmt.Errorf("writing the audit: %w", err)
		}
		if err := d.PutAudit(d.ctx, &row); err != nil {
			return err
		}
	}
	return nil
}

// notify tells those of a tenant whom it concerns.
func (d *deed) notify(t platform.TenantID, kind, object, text string, to []platform.Role, members ...platform.MemberID) error {
	n := platform.Notice{ID: platform.NewNoticeID(d.now), Tenant: t, Time: d.now, Kind: kind, To: to, Members: members, Object: object, Text: text}
	return d.PutNotice(d.ctx, &n)
}
