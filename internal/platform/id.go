package platform

import (
	"math/rand/v2"
	"strings"
	"time"
)

// Ids are a prefix that tells the kind, 48 bits of milliseconds and 80 random
// bits in Crockford's base 32: 26 letters and digits. They sort by the time at
// which they were made, and two never meet.
type (
	// TenantID is "ten_…".
	TenantID string
	// ApplicationID is "app_…".
	ApplicationID string
	// KeyID is "key_…".
	KeyID string
	// MemberID is "mem_…".
	MemberID string
	// TokenID is "tok_…".
	TokenID string
	// APIID is "api_…".
	APIID string
	// PlanID is "pln_…".
	PlanID string
	// RequestID is "req_…".
	RequestID string
	// SubscriptionID is "sub_…".
	SubscriptionID string
	// NoticeID is "ntc_…".
	NoticeID string
	// AuditID is "aud_…".
	AuditID string
)

const (
	tenantPrefix      = "ten_"
	applicationPrefix = "app_"
	keyPrefix         = "key_"

	memberPrefix       = "mem_"
	tokenPrefix        = "tok_"
	apiPrefix          = "api_"
	planPrefix         = "pln_"
	requestPrefix      = "req_"
	subscriptionPrefix = "sub_"
	noticePrefix       = "ntc_"
	auditPrefix        = "aud_"
)

// NewTenantID makes an id.
func NewTenantID(now time.Time) TenantID { return TenantID(newID(tenantPrefix, now)) }

// NewApplicationID makes an id.
func NewApplicationID(now time.Time) ApplicationID {
	return ApplicationID(newID(applicationPrefix, now))
}

// NewKeyID makes an id.
func NewKeyID(now time.Time) KeyID { return KeyID(newID(keyPrefix, now)) }

// Valid tells if the id has the form of one.
func (id TenantID) Valid() bool { return validID(tenantPrefix, string(id)) }

// Valid tells if the id has the form of one.
func (id ApplicationID) Valid() bool { return validID(applicationPrefix, string(id)) }

// Valid tells if the id has the form of one.
func (id KeyID) Valid() bool { return validID(keyPrefix, string(id)) }

// NewMemberID makes an id.
func NewMemberID(now time.Time) MemberID { return MemberID(newID(memberPrefix, now)) }

// Valid tells if the id has the form of one.
func (id MemberID) Valid() bool { return validID(memberPrefix, string(id)) }

// NewTokenID makes an id.
func NewTokenID(now time.Time) TokenID { return TokenID(newID(tokenPrefix, now)) }

// Valid tells if the id has the form of one.
func (id TokenID) Valid() bool { return validID(tokenPrefix, string(id)) }

// NewAPIID makes an id.
func NewAPIID(now time.Time) APIID { return APIID(newID(apiPrefix, now)) }

// Valid tells if the id has the form of one.
func (id APIID) Valid() bool { return validID(apiPrefix, string(id)) }

// NewPlanID makes an id.
func NewPlanID(now time.Time) PlanID { return PlanID(newID(planPrefix, now)) }

// Valid tells if the id has the form of one.
func (id PlanID) Valid() bool { return validID(planPrefix, string(id)) }

// NewRequestID makes an id.
func NewRequestID(now time.Time) RequestID { return RequestID(newID(requestPrefix, now)) }

// Valid tells if the id has the form of one.
func (id RequestID) Valid() bool { return validID(requestPrefix, string(id)) }

// NewSubscriptionID makes an id.
func NewSubscriptionID(now time.Time) SubscriptionID {
	return SubscriptionID(newID(subscriptionPrefix, now))
}

// Valid tells if the id has the form of one.
func (id SubscriptionID) Valid() bool { return validID(subscriptionPrefix, string(id)) }

// NewNoticeID makes an id.
func NewNoticeID(now time.Time) NoticeID { return NoticeID(newID(noticePrefix, now)) }

// Valid tells if the id has the form of one.
func (id NoticeID) Valid() bool { return validID(noticePrefix, string(id)) }

// NewAuditID makes an id.
func NewAuditID(now time.Time) AuditID { return AuditID(newID(auditPrefix, now)) }

// Valid tells if the id has the form of one.
func (id AuditID) Valid() bool { return validID(auditPrefix, string(id)) }

// crockford is base 32 in lower case without i, l, o and u, so that an id can
// be read out.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

const (
	prefixLen = 4
	timeLen   = 10
	idLen     = prefixLen + timeLen + 16
)

func newID(prefix string, now time.Time) string {
	var b [idLen]byte
	copy(b[:], prefix)
	put := func(from, to int, v uint64) {
		for i := to - 1; i >= from; i-- {
			b[i] = crockford[v&31]
			v >>= 5
		}
	}
	put(prefixLen, prefixLen+timeLen, uint64(now.UnixMilli()))
	put(prefixLen+timeLen, idLen-4, rand.Uint64())
	put(idLen-4, idLen, rand.Uint64())
	return string(b[:])
}

func validID(prefix, id string) bool {
	if len(id) != idLen || id[:prefixLen] != prefix {
		return false
	}
	for i := prefixLen; i < idLen; i++ {
		if strings.IndexByte(crockford, id[i]) < 0 {
			return false
		}
	}
	return true
}
