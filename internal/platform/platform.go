// Package platform has the words of the platform and their rules: who exists,
// what they are called, and what state they are in. It does no input or output.
package platform

import (
	"net/netip"
	"time"
)

// Tenant is the boundary of isolation: applications, keys and calls belong to
// one tenant and are invisible to every other.
type Tenant struct {
	ID TenantID
	// Name is a slug, unique over the gateway.
	Name    string
	Created time.Time
	TenantSettings
	// Deleted is zero for one that is there.
	Deleted  time.Time
	Revision int64
}

// TenantSettings are what can be set for a tenant.
type TenantSettings struct {
	// Limits bound all that the tenant's applications use together.
	Limits Limits `json:"limits,omitzero"`
	// Review puts a review between draft and published.
	Review bool `json:"review,omitempty"`
}

// DefaultTenant is there from the first start.
const DefaultTenant TenantID = "ten_00000000000000000000000000"

// DefaultTenantName is its name.
const DefaultTenantName = "default"

// Application is a consumer: it owns keys.
type Application struct {
	ID     ApplicationID
	Tenant TenantID
	// Name is unique in the tenant, whatever its case.
	Name    string
	Created time.Time
	ApplicationSettings
	// Deleted is zero for one that is there.
	Deleted  time.Time
	Revision int64
}

// ApplicationSettings are what can be set for an application.
type ApplicationSettings struct {
	Description string `json:"description,omitempty"`
	// Limits bound all that its keys use together.
	Limits Limits `json:"limits,omitzero"`
	// Subjects are the claims of JWTs that stand for the application in place
	// of a key.
	Subjects []string `json:"subjects,omitempty"`
}

// Key lets an application call. The secret itself is nowhere: the store has a
// keyed hash of it.
type Key struct {
	ID          KeyID
	Tenant      TenantID
	Application ApplicationID
	Name        string
	// Hint is the beginning of the secret, by which people tell keys apart.
	Hint    string
	Created time.Time
	// Expires and Revoked are zero when the key does not and is not.
	Expires time.Time
	Revoked time.Time
	KeySettings
	Revision int64
}

// KeySettings are what can be set for a key.
type KeySettings struct {
	// Limits bound what this key uses.
	Limits Limits `json:"limits,omitzero"`
	// Models narrows what the key may call to these names; a trailing * stands
	// for any rest. Empty: everything that the application may.
	Models []string `json:"models,omitempty"`
	// Addresses are the networks (CIDR) that calls may come from; empty: all.
	Addresses []string `json:"addresses,omitempty"`
	// Rotated is the key that takes this one's place.
	Rotated KeyID `json:"rotated,omitempty"`
}

// Empty reports whether nothing is set that calls have to be checked against.
func (k *KeySettings) Empty() bool {
	return k.Limits.Empty() && len(k.Models) == 0 && len(k.Addresses) == 0
}

// CheckKeySettings checks the settings of a key.
func CheckKeySettings(k *KeySettings) error {
	for _, a := range k.Addresses {
		if _, err := netip.ParsePrefix(a); err != nil {
			if _, err := netip.ParseAddr(a); err != nil {
				return Invalid("addresses", "has %q; write an address or a network such as 10.0.0.0/8", a)
			}
		}
	}
	return (&Spec{Models: k.Models}).Check(KindModel)
}

// State is the key's state at a time.
func (k *Key) State(now time.Time) KeyState {
	return StateAt(now.UnixNano(), nanos(k.Expires), !k.Revoked.IsZero())
}

// nanos are nanoseconds since 1970, 0 for the zero time.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// KeyState is what a key is good for.
type KeyState uint8

// The states of a key. A revoked key that has also expired is revoked.
const (
	KeyLive KeyState = iota
	KeyExpired
	KeyRevoked
)

func (s KeyState) String() string {
	switch s {
	case KeyLive:
		return "live"
	case KeyExpired:
		return "expired"
	case KeyRevoked:
		return "revoked"
	}
	return "unknown"
}

// StateAt is the state of a key from its parts, for those who hold no [Key].
// Times are nanoseconds since 1970; expires 0 means never. A key has expired
// from the very instant on.
func StateAt(now, expires int64, revoked bool) KeyState {
	switch {
	case revoked:
		return KeyRevoked
	case expires != 0 && now >= expires:
		return KeyExpired
	}
	return KeyLive
}

// maxExpiry keeps expiries within what nanoseconds in 64 bits can say, with
// room to spare.
var maxExpiry = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

// CheckExpiry refuses expiries that are over already and ones so far away that
// no expiry is meant. The zero time, which is never, is fine.
func CheckExpiry(expires, now time.Time) error {
	switch {
	case expires.IsZero():
		return nil
	case !expires.After(now):
		return Invalid("expires_at", "is in the past")
	case expires.After(maxExpiry):
		return Invalid("expires_at", "is after the year 2199; leave it out for a key that does not expire")
	}
	return nil
}
