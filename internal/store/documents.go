package store

import (
	"time"

	"github.com/fairwaygw/fairway/internal/platform"
)

// due is a time for a column that timers are found by.
func due(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixNano()
}

// optionalText is null for an empty text, of which there may be many in a column
// whose values are unique.
func optionalText(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

var (
	apis = document[platform.API, platform.APIID]{
		table: "apis", scope: []string{"tenant"}, versioned: true,
		columns: []string{"tenant", "name", "visibility", "shared", "public"},
		values: func(a *platform.API) []any {
			// Each id stands between blanks.
			shared := " "
			for _, t := range a.SharedWith {
				shared += string(t) + " "
			}
			return []any{string(a.Tenant), a.Name, string(a.Visibility), shared, flag(a.State().Public())}
		},
		id:       func(a *platform.API) platform.APIID { return a.ID },
		revision: func(a *platform.API) *int64 { return &a.Revision },
	}
	plans = document[platform.Plan, platform.PlanID]{
		table: "plans", scope: []string{"tenant"},
		columns:  []string{"tenant", "api", "name"},
		values:   func(p *platform.Plan) []any { return []any{string(p.Tenant), string(p.API), p.Name} },
		id:       func(p *platform.Plan) platform.PlanID { return p.ID },
		revision: func(p *platform.Plan) *int64 { return &p.Revision },
	}
	subscriptions = document[platform.Subscription, platform.SubscriptionID]{
		table: "subscriptions", scope: []string{"tenant", "api_tenant"}, versioned: true,
		columns: []string{
			"tenant", "api_tenant", "application", "api", "plan", "state", "paused", "starts", "ends", "until", "changed", "reason",
			"limits", "models", "due",
		},
		values: func(s *platform.Subscription) []any {
			g := s.Grant()
			return []any{
				string(s.Tenant), string(s.APITenant), string(s.Application), string(s.API), string(s.Plan), string(s.State), flag(g.Paused),
				g.Starts, g.Ends, g.Until, g.Changed, g.Reason, g.Limits, g.Models, due(s.NextDue()),
			}
		},
		id:       func(s *platform.Subscription) platform.SubscriptionID { return s.ID },
		revision: func(s *platform.Subscription) *int64 { return &s.Revision },
	}
	members = document[platform.Member, platform.MemberID]{
		table: "members", scope: []string{"tenant"},
		columns:  []string{"tenant", "email", "invite"},
		values:   func(m *platform.Member) []any { return []any{string(m.Tenant), m.Email, optionalText(m.Invite)} },
		id:       func(m *platform.Member) platform.MemberID { return m.ID },
		revision: func(m *platform.Member) *int64 { return &m.Revision },
	}
	tokens = document[platform.Token, platform.TokenID]{
		table: "tokens", scope: []string{"tenant"},
		columns:  []string{"tenant", "member", "hash"},
		values:   func(t *platform.Token) []any { return []any{string(t.Tenant), string(t.Member), t.Hash} },
		id:       func(t *platform.Token) platform.TokenID { return t.ID },
		revision: func(t *platform.Token) *int64 { return &t.Revision },
	}
	notices = document[platform.Notice, platform.NoticeID]{
		table: "notices", scope: []string{"tenant"},
		columns:  []string{"tenant", "once"},
		values:   func(n *platform.Notice) []any { return []any{string(n.Tenant), optionalText(n.Key)} },
		id:       func(n *platform.Notice) platform.NoticeID { return n.ID },
		revision: func(n *platform.Notice) *int64 { return &n.Revision },
	}
	audits = document[platform.Audit, platform.AuditID]{
		table: "audit", scope: []string{"tenant"},
		columns: []string{"tenant", "object"},
		values:  func(a *platform.Audit) []any { return []any{string(a.Tenant), a.Object} },
		id:      func(a *platform.Audit) platform.AuditID { return a.ID },
	}
	requests = document[platform.Request, platform.RequestID]{
		table: "requests", scope: []string{"tenant", "api_tenant"}, versioned: true,
		columns: []string{"tenant", "api_tenant", "application", "api", "kind", "state", "due"},
		values: func(r *platform.Request) []any {
			return []any{string(r.Tenant), string(r.APITenant), string(r.Application), string(r.API), string(r.Kind), string(r.State), due(r.Due)}
		},
		id:       func(r *platform.Request) platform.RequestID { return r.ID },
		revision: func(r *platform.Request) *int64 { return &r.Revision },
	}
)
