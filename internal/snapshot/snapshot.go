// Package snapshot is the immutable picture, in memory, of all that the data
// plane must know. A call takes one pointer and looks everything up without
// locks and queries; a change makes a new picture that shares all that has not
// changed with the old one.
package snapshot

import (
	"crypto/sha256"
	"time"
	"unique"

	"github.com/fairwaygw/fairway/internal/platform"
)

// Snapshot is the picture at one version of the store. It never changes.
type Snapshot struct {
	version int64
	keys    *node
	count   int
}

var empty = new(Snapshot)

// Version is the store's version that this is the picture of.
func (s *Snapshot) Version() int64 { return s.version }

// Keys is how many keys there are, revoked and expired ones included.
func (s *Snapshot) Keys() int { return s.count }

// Find finds a key by the keyed hash of its secret. Keys that are revoked or
// have expired are found too, so that they can be told from unknown ones: see
// [Entry.State]. It takes no lock and allocates nothing.
func (s *Snapshot) Find(hash [sha256.Size]byte) (*Entry, bool) {
	e := s.keys.find(&hash)
	return e, e != nil
}

// with is the picture after changes, which are sorted here.
func (s *Snapshot) with(version int64, changed []Entry) *Snapshot {
	keys, added := s.keys.with(sorted(changed), 0)
	return &Snapshot{version: version, keys: keys, count: s.count + added}
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
}

func newEntry(c *platform.Credential) Entry {
	return Entry{
		hash:        c.Hash,
		tenant:      unique.Make(string(c.Tenant)),
		application: unique.Make(string(c.Application)),
		key:         string(c.Key),
		expires:     c.Expires,
		revoked:     c.Revoked,
	}
}

// Tenant is the id of the key's tenant.
func (e *Entry) Tenant() string { return e.tenant.Value() }

// Application is the id of the application that owns the key.
func (e *Entry) Application() string { return e.application.Value() }

// Key is the key's id.
func (e *Entry) Key() string { return e.key }

// State is what the key is good for at a time.
func (e *Entry) State(now time.Time) platform.KeyState {
	return platform.StateAt(now.UnixNano(), e.expires, e.revoked)
}
