// Package snapshot is the immutable picture, in memory, of all that the data
// plane must know. A call takes one pointer and looks everything up without
// locks and queries; a change makes a new picture that shares all that has not
// changed with the old one.
package snapshot

import (
	"crypto/sha256"
	"net/netip"
	"time"
	"unique"

	"github.com/fairwaygw/fairway/internal/limits"
	"github.com/fairwaygw/fairway/internal/platform"
)

// Snapshot is the picture at one version of the store. It never changes.
type Snapshot struct {
	version int64
	keys    *node
	count   int

	tenants      table[*Tenant]
	names        table[*Tenant] // by name
	applications table[*Application]
	apis         table[*API]
	paths        table[*API] // by tenant's id and name
}

var empty = new(Snapshot)

// Version is the store's version that this is the picture of.
func (s *Snapshot) Version() int64 { return s.version }

// Keys is how many keys there are, revoked and expired ones included.
func (s *Snapshot) Keys() int { return s.count }

// APIs is how many APIs there are.
func (s *Snapshot) APIs() int { return s.apis.count }

// Find finds a key by the keyed hash of its secret. Keys that are revoked or
// have expired are found too, so that they can be told from unknown ones: see
// [Entry.State]. It takes no lock and allocates nothing.
func (s *Snapshot) Find(hash [sha256.Size]byte) (*Entry, bool) {
	e := s.keys.find(&hash)
	return e, e != nil
}

// Tenant finds a tenant by its id.
func (s *Snapshot) Tenant(id string) *Tenant {
	t, _ := s.tenants.get(id)
	return t
}

// TenantNamed finds a tenant by its name.
func (s *Snapshot) TenantNamed(name string) *Tenant {
	t, _ := s.names.get(name)
	return t
}

// Application finds an application by its id, nil for one that is deleted or
// whose tenant is.
func (s *Snapshot) Application(id string) *Application {
	a, ok := s.applications.get(id)
	if !ok || a.deleted {
		return nil
	}
	if t := s.Tenant(a.tenant); t != nil && t.Deleted {
		return nil
	}
	return a
}

// API finds an API by its tenant's id and its name.
func (s *Snapshot) API(tenant, name string) *API {
	a, _ := s.paths.get(path(tenant, name))
	return a
}

func path(tenant, name string) string { return tenant + "/" + name }

// Model finds the subscription by which an application may call a model at a
// time, or why it may not. A refusal without an API is one of a model that the
// application can know nothing of.
func (s *Snapshot) Model(a *Application, name string, now time.Time) (Granted, Refusal) {
	granted, refusal := s.model(a, name, now.UnixNano())
	if granted.API != nil || refusal.API != nil {
		return granted, refusal
	}
	// What it could ask for. This is the way of a call that fails.
	s.apis.all(func(api *API) bool {
		if api.Kind == platform.KindModel && api.VisibleTo(a.tenant) && api.State != platform.StateRetired {
			if _, specific := api.contains(name); specific >= 0 && (refusal.API == nil || api.ID < refusal.API.ID) {
				refusal.API = api
			}
		}
		return true
	})
	return granted, refusal
}

// Callable reports whether an application may call a model at a time.
func (s *Snapshot) Callable(a *Application, name string, now time.Time) bool {
	granted, _ := s.model(a, name, now.UnixNano())
	return granted.API != nil
}

// Use finds the subscription by which an application may call an API at a time,
// or why it may not.
func (s *Snapshot) Use(a *Application, api *API, now time.Time) (Granted, Refusal) {
	return s.api(a, api, now.UnixNano())
}

// Entry is a key. It never changes, and may be kept as long as anyone likes.
type Entry struct {
	hash [sha256.Size]byte
	// Few tenants and applications have many keys, so each is kept once.
	tenant      unique.Handle[string]
	application unique.Handle[string]
	key         string
	expires     int64
	revoked     bool
	bounds      *Bounds
}

// Bounds are what a key may do less than its application.
type Bounds struct {
	Rules  []limits.Rule
	Models []string
	// Networks are where calls may come from; none: everywhere.
	Networks []netip.Prefix
}

func newEntry(c *platform.Credential) Entry {
	e := Entry{
		hash:        c.Hash,
		tenant:      unique.Make(string(c.Tenant)),
		application: unique.Make(string(c.Application)),
		key:         string(c.Key),
		expires:     c.Expires,
		revoked:     c.Revoked,
	}
	if !c.KeySettings.Empty() {
		e.bounds = &Bounds{Rules: limits.Rules(c.Limits), Models: c.Models, Networks: networks(c.Addresses)}
	}
	return e
}

// networks reads addresses, of which one that cannot be read matches nothing.
func networks(addresses []string) []netip.Prefix {
	var all []netip.Prefix
	for _, a := range addresses {
		p, err := netip.ParsePrefix(a)
		if ip, e := netip.ParseAddr(a); err != nil && e == nil {
			p = netip.PrefixFrom(ip, ip.BitLen())
		}
		all = append(all, p.Masked())
	}
	return all
}

// From reports whether a call may come from an address.
func (b *Bounds) From(ip netip.Addr) bool {
	if b == nil || len(b.Networks) == 0 {
		return true
	}
	ip = ip.Unmap()
	for _, n := range b.Networks {
		if n.Contains(ip) {
			return true
		}
	}
	return false
}

// Tenant is the id of the key's tenant.
func (e *Entry) Tenant() string { return e.tenant.Value() }

// Application is the id of the application that owns the key.
func (e *Entry) Application() string { return e.application.Value() }

// Key is the key's id.
func (e *Entry) Key() string { return e.key }

// Bounds are what the key may do less than its application, nil for nothing.
func (e *Entry) Bounds() *Bounds { return e.bounds }

// State is what the key is good for at a time.
func (e *Entry) State(now time.Time) platform.KeyState {
	return platform.StateAt(now.UnixNano(), e.expires, e.revoked)
}
