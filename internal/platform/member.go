package platform

import (
	"net/mail"
	"strings"
	"time"
)

// Member is a person in a tenant.
type Member struct {
	ID     MemberID `json:"id"`
	Tenant TenantID `json:"tenant"`
	// Email is unique over the gateway, whatever its case.
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
	Roles []Role `json:"roles"`
	// Password is an argon2id hash in PHC form, empty for who has none: invited,
	// or signed in by OIDC.
	Password string `json:"password,omitempty"`
	// Invite is the hash of the one-time link by which a password is set, until
	// InviteEnds.
	Invite     string    `json:"invite,omitempty"`
	InviteEnds time.Time `json:"invite_ends,omitzero"`
	// Subject is who the member is at the OIDC issuer.
	Subject string    `json:"subject,omitempty"`
	Created time.Time `json:"created"`
	// Disabled is since when the member may not sign in.
	Disabled time.Time `json:"disabled,omitzero"`
	Revision int64     `json:"-"`
}

// Actor is the member as one who does something.
func (m *Member) Actor(address string) Actor {
	return Actor{Kind: ActorMember, Member: m.ID, Name: m.Email, Tenant: m.Tenant, Roles: m.Roles, Address: address}
}

// Token lets a member's tools use the management API.
type Token struct {
	ID     TokenID  `json:"id"`
	Tenant TenantID `json:"tenant"`
	Member MemberID `json:"member"`
	Name   string   `json:"name"`
	Hint   string   `json:"hint"`
	// Hash is the hash of the secret.
	Hash    string    `json:"hash"`
	Created time.Time `json:"created"`
	// Expires and Revoked are zero when it does not and is not.
	Expires  time.Time `json:"expires,omitzero"`
	Revoked  time.Time `json:"revoked,omitzero"`
	Revision int64     `json:"-"`
}

// Live reports whether the token is good at a time.
func (t *Token) Live(now time.Time) bool {
	return t.Revoked.IsZero() && (t.Expires.IsZero() || now.Before(t.Expires))
}

// CheckEmail checks an address and returns the form in which it is kept.
func CheckEmail(place, email string) (string, error) {
	a, err := mail.ParseAddress(email)
	if err != nil || a.Name != "" || a.Address != email || len(email) > 254 || strings.ContainsAny(email, "\r\n<>") {
		return "", Invalid(place, "is no e-mail address")
	}
	return strings.ToLower(email), nil
}
