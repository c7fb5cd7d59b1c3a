package platform

import "slices"

// Role is what a member is in a tenant. A member may have several.
type Role string

// The roles. What each may do is in a table below.
const (
	RoleOwner     Role = "owner"
	RoleAdmin     Role = "admin"
	RolePublisher Role = "publisher"
	RoleApprover  Role = "approver"
	RoleDeveloper Role = "developer"
	RoleViewer    Role = "viewer"
)

// Roles lists all roles, the mightiest first.
var Roles = []Role{RoleOwner, RoleAdmin, RolePublisher, RoleApprover, RoleDeveloper, RoleViewer}

// Permission is something that one may be allowed to do in a tenant.
type Permission string

// The permissions. Reading is one of its own for each kind of thing, so that a
// route that only shows something needs no right to change it.
const (
	ReadTenant       Permission = "tenant.read"
	WriteTenant      Permission = "tenant.write"
	DeleteTenant     Permission = "tenant.delete"
	ReadMembers      Permission = "member.read"
	WriteMembers     Permission = "member.write"
	ReadApplications Permission = "application.read"
	// WriteApplications makes applications and keys, and asks for, pauses and
	// leaves subscriptions.
	WriteApplications Permission = "application.write"
	// SetLimits bounds what applications and keys may use.
	SetLimits  Permission = "limits.write"
	ReadAPIs   Permission = "api.read"
	WriteAPIs  Permission = "api.write"
	Decide     Permission = "request.decide"
	Govern     Permission = "subscription.govern" // suspend and revoke
	ReadCalls  Permission = "call.read"
	ReadAudit  Permission = "audit.read"
	OwnTokens  Permission = "token.own" // one's own management tokens and notices
	ManageSelf Permission = "self.write"
	// Operate is for what belongs to no tenant: only the operator may.
	Operate Permission = "operate"
)

var reading = []Permission{ReadTenant, ReadMembers, ReadApplications, ReadAPIs, ReadCalls, OwnTokens, ManageSelf}

// granted is what each role may do. What is not here nobody may.
var granted = map[Role][]Permission{
	RoleViewer:    reading,
	RoleDeveloper: append(slices.Clone(reading), WriteApplications),
	RoleApprover:  append(slices.Clone(reading), Decide, Govern),
	RolePublisher: append(slices.Clone(reading), WriteAPIs, Govern),
	RoleAdmin:     append(slices.Clone(reading), WriteTenant, WriteMembers, WriteApplications, SetLimits, WriteAPIs, Decide, Govern, ReadAudit),
	RoleOwner: append(slices.Clone(reading), WriteTenant, DeleteTenant, WriteMembers, WriteApplications, SetLimits, WriteAPIs, Decide, Govern,
		ReadAudit),
}

// ActorKind is what sort of actor one is.
type ActorKind string

// The kinds of actors.
const (
	// ActorOperator has the admin endpoint or the command line. It may do
	// anything, and acts for the owner of an application too.
	ActorOperator ActorKind = "operator"
	ActorMember   ActorKind = "member"
	// ActorSystem is the gateway itself: timers and rules.
	ActorSystem ActorKind = "system"
)

// Actor is who does something, as the audit names it.
type Actor struct {
	Kind   ActorKind `json:"kind"`
	Member MemberID  `json:"member,omitempty"`
	// Name is what people know the actor by.
	Name string `json:"name,omitempty"`
	// Tenant and Roles are a member's.
	Tenant TenantID `json:"tenant,omitempty"`
	Roles  []Role   `json:"-"`
	// Address is where the request came from.
	Address string `json:"address,omitempty"`
}

// Operator is whoever runs the gateway, at an address.
func Operator(address string) Actor {
	return Actor{Kind: ActorOperator, Name: "operator", Address: address}
}

// System is the gateway itself.
func System() Actor { return Actor{Kind: ActorSystem, Name: "system"} }

// May reports whether the actor has a permission in a tenant.
func (a *Actor) May(p Permission, t TenantID) bool {
	switch a.Kind {
	case ActorOperator:
		return true
	case ActorMember:
		return p != Operate && t != "" && t == a.Tenant && slices.ContainsFunc(a.Roles, func(r Role) bool { return slices.Contains(granted[r], p) })
	}
	return false
}

// Is reports whether the actor is a member with a role in a tenant.
func (a *Actor) Is(r Role, t TenantID) bool {
	return a.Kind == ActorMember && a.Tenant == t && t != "" && slices.Contains(a.Roles, r)
}

// Scope is what the actor may see.
func (a *Actor) Scope() Scope {
	switch a.Kind {
	case ActorOperator, ActorSystem:
		return Everywhere()
	case ActorMember:
		return In(a.Tenant)
	}
	return Scope{}
}

// CheckRoles refuses what is no role, none at all, and one twice.
func CheckRoles(place string, roles []Role) error {
	if len(roles) == 0 {
		return Invalid(place, "is missing; roles are %s", listed(Roles))
	}
	for i, r := range roles {
		switch {
		case !slices.Contains(Roles, r):
			return Invalid(place, "has %q; roles are %s", r, listed(Roles))
		case slices.Contains(roles[:i], r):
			return Invalid(place, "has %q twice", r)
		}
	}
	return nil
}

// listed writes alternatives.
func listed[T ~string](all []T) string {
	s := ""
	for i, v := range all {
		if i > 0 {
			s += ", "
		}
		s += string(v)
	}
	return s
}
