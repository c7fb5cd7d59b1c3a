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
)

const (
	tenantPrefix      = "ten_"
	applicationPrefix = "app_"
	keyPrefix         = "key_"
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
