package platform

import (
	"encoding/json"
	"time"
)

// Audit is one row of who changed what.
type Audit struct {
	ID AuditID `json:"id"`
	// Tenant is whose thing it was; others that have to do with it see it too.
	Tenant TenantID  `json:"tenant"`
	Time   time.Time `json:"time"`
	Actor  Actor     `json:"actor"`
	// Action is kind and event, such as "subscription.revoke".
	Action string `json:"action"`
	// Object is the id of what was changed.
	Object string `json:"object"`
	Reason string `json:"reason,omitempty"`
	// Before and After are the object as the API shows it; null where there was
	// or is none.
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// NewAudit makes a row. before and after may be nil.
func NewAudit(now time.Time, by Actor, tenant TenantID, action, object, reason string, before, after any) (Audit, error) {
	a := Audit{ID: NewAuditID(now), Tenant: tenant, Time: now, Actor: by, Action: action, Object: object, Reason: reason}
	for _, side := range []struct {
		to   *json.RawMessage
		from any
	}{{&a.Before, before}, {&a.After, after}} {
		if side.from == nil {
			continue
		}
		text, err := json.Marshal(side.from)
		if err != nil {
			return a, err
		}
		*side.to = text
	}
	return a, nil
}

// Notice is something that members of a tenant should know.
type Notice struct {
	ID     NoticeID  `json:"id"`
	Tenant TenantID  `json:"tenant"`
	Time   time.Time `json:"time"`
	// Kind is what it is about, such as "request.created"; it is the type of the
	// event that webhooks get.
	Kind string `json:"kind"`
	// To are the roles of those whom it concerns; Members are single ones.
	To      []Role     `json:"to,omitempty"`
	Members []MemberID `json:"members,omitempty"`
	// Object is the id of what it is about.
	Object string `json:"object"`
	// Text is for people.
	Text string `json:"text"`
	// Key is set where the notice must be given once only.
	Key string `json:"key,omitempty"`
	// Read lists those who have seen it.
	Read     []MemberID `json:"read,omitempty"`
	Revision int64      `json:"-"`
}
