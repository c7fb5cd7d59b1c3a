// Package store keeps what must survive: who may do what, and what was done.
//
// Every query is scoped by tenant: it takes a [platform.Scope], or the tenant
// is part of what is stored. What is not found and what is another tenant's
// are the same error, [platform.ErrNotFound].
package store

import (
	"context"
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/platform"
)

// Store is what every kind of store does; [SQLite] is one. All methods are
// safe for concurrent use.
//
// Lists are in the order of creation. They return a cursor, which is empty at
// the end. A cursor or limit that is not one is a [platform.ErrInvalid].
type Store interface {
	// Tenants lists the tenants in the scope.
	Tenants(ctx context.Context, in platform.Scope, p Page) ([]platform.Tenant, string, error)
	// Tenant finds a tenant by its id or name.
	Tenant(ctx context.Context, in platform.Scope, idOrName string) (platform.Tenant, error)

	// CreateApplication stores an application. It is a [platform.ErrExists]
	// when the tenant has one of that name, and a [platform.ErrNotFound] when
	// there is no such tenant.
	CreateApplication(ctx context.Context, a platform.Application) error
	// Application finds an application by its id.
	Application(ctx context.Context, in platform.Scope, id platform.ApplicationID) (platform.Application, error)
	// ApplicationNamed finds a tenant's application by its name.
	ApplicationNamed(ctx context.Context, t platform.TenantID, name string) (platform.Application, error)
	// Applications lists the applications in the scope.
	Applications(ctx context.Context, in platform.Scope, p Page) ([]platform.Application, string, error)

	// CreateKey stores a key with the keyed hash of its secret. It is a
	// [platform.ErrNotFound] when the key's tenant has no such application.
	CreateKey(ctx context.Context, k platform.Key, hash [32]byte) error
	// Key finds a key by its id.
	Key(ctx context.Context, in platform.Scope, id platform.KeyID) (platform.Key, error)
	// Keys lists the keys in the scope, of one application unless that is
	// empty.
	Keys(ctx context.Context, in platform.Scope, of platform.ApplicationID, p Page) ([]platform.Key, string, error)
	// RevokeKey revokes a key at a time, once: a key that is revoked already
	// stays as it is. It returns the key.
	RevokeKey(ctx context.Context, in platform.Scope, id platform.KeyID, at time.Time) (platform.Key, error)

	// Version counts the changes of what the data plane must know. It is cheap.
	Version(ctx context.Context) (int64, error)
	// Changes tells what has changed after a version, 0 for all there is, and
	// the version that this leads to.
	Changes(ctx context.Context, since int64, to platform.Changes) (version int64, err error)

	// Ingest stores call records and the checkpoint behind them in one
	// transaction. A record that is there already stays as it is. It is a
	// [ledger.Sink].
	Ingest(ctx context.Context, recs []ledger.Record, next ledger.Checkpoint) error
	// Checkpoint is what this store's journal was ingested up to.
	Checkpoint(ctx context.Context) (ledger.Checkpoint, error)
	// Call finds a call record by its id.
	Call(ctx context.Context, in platform.Scope, id string) (ledger.Record, error)
	// Calls lists call records, the newest calls first.
	Calls(ctx context.Context, in platform.Scope, f CallFilter, p Page) ([]ledger.Record, string, error)
	// CallsSince lists call records in the order in which they were stored,
	// after a cursor from this method or CallsEnd. It always returns a cursor,
	// to follow what comes later. The empty cursor is the beginning.
	CallsSince(ctx context.Context, in platform.Scope, f CallFilter, p Page) ([]ledger.Record, string, error)
	// CallsEnd is the cursor for CallsSince behind all that is stored now.
	CallsEnd(ctx context.Context) (string, error)
	// PurgeCalls deletes at most so many records of calls before a time, the
	// oldest first, and returns how many it did.
	PurgeCalls(ctx context.Context, before time.Time, limit int) (int, error)

	Objects
	Platform

	// PepperFingerprint and SetPepperFingerprint remember which pepper the
	// keys are hashed with, for the package secret.
	PepperFingerprint(ctx context.Context) ([]byte, error)
	SetPepperFingerprint(ctx context.Context, fingerprint []byte) error

	// Close gives the store back. Calls that are under way fail.
	Close() error
}

// Page is which part of a list is wanted.
type Page struct {
	// Cursor is what the part before returned; empty for the first.
	Cursor string
	// Limit is how many items are wanted: 1 to MaxLimit, 0 for DefaultLimit.
	Limit int
}

// The bounds of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 1000
)

// limit checks and completes the limit.
func (p Page) limit() (int, error) {
	switch {
	case p.Limit == 0:
		return DefaultLimit, nil
	case p.Limit < 0 || p.Limit > MaxLimit:
		return 0, platform.Invalid("limit", "is %d; allowed: 1 to %d", p.Limit, MaxLimit)
	}
	return p.Limit, nil
}

// CallFilter chooses among call records. A zero field chooses all.
type CallFilter struct {
	Application platform.ApplicationID
	Key         platform.KeyID
	Model       string
	// MinStatus and MaxStatus bound the status that the caller got, both
	// included.
	MinStatus, MaxStatus int
	// From and Until bound the time at which calls began: From included,
	// Until not.
	From, Until time.Time
}
