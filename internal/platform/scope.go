package platform

// Scope is which tenants a query may see. The zero value sees none, so that a
// scope that somebody forgot shows nothing.
type Scope struct {
	tenant TenantID
	all    bool
}

// In sees one tenant.
func In(t TenantID) Scope { return Scope{tenant: t} }

// Everywhere sees all tenants. It is for the operator and for nobody else.
func Everywhere() Scope { return Scope{all: true} }

// Tenant is the one tenant that is seen; all tells that every tenant is.
func (s Scope) Tenant() (t TenantID, all bool) { return s.tenant, s.all }
