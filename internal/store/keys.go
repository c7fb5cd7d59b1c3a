package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/fairwaygw/fairway/internal/platform"
)

const selectKeys = "SELECT id, tenant, application, name, hint, created, expires, revoked, extra, revision FROM keys"

// CreateKey stores a key with the keyed hash of its secret.
func (s *SQLite) CreateKey(ctx context.Context, k platform.Key, hash [32]byte) error {
	return s.Change(ctx, "creating key", func(tx *Tx) error { return tx.CreateKey(ctx, &k, hash) })
}

// CreateKey stores a key with the keyed hash of its secret.
func (t *Tx) CreateKey(ctx context.Context, k *platform.Key, hash [32]byte) error {
	k.Revision = 0
	return t.putKey(ctx, k, []string{"hash"}, []any{hash[:]})
}

// PutKey stores a change of a key.
func (t *Tx) PutKey(ctx context.Context, k *platform.Key) error { return t.putKey(ctx, k, nil, nil) }

func (t *Tx) putKey(ctx context.Context, k *platform.Key, columns []string, values []any) error {
	extra, err := json.Marshal(&k.KeySettings)
	if err != nil {
		return err
	}
	return t.putRow(ctx, &k.Revision, "keys", string(k.ID),
		append(columns, "tenant", "application", "name", "hint", "created", "expires", "revoked", "extra"),
		append(values, string(k.Tenant), string(k.Application), k.Name, k.Hint, k.Created.UnixNano(), toNull(k.Expires), toNull(k.Revoked), string(extra)))
}

// Key finds a key by its id.
func (s *SQLite) Key(ctx context.Context, in platform.Scope, id platform.KeyID) (platform.Key, error) {
	return s.Read().Key(ctx, in, id)
}

// Key finds a key by its id.
func (r Reads) Key(ctx context.Context, in platform.Scope, id platform.KeyID) (platform.Key, error) {
	return one(ctx, r.q, "finding key", selectKeys, scoped(in, "tenant").and("id = ?", string(id)), scanKey)
}

// Keys lists the keys in the scope, of one application unless that is empty.
func (s *SQLite) Keys(ctx context.Context, in platform.Scope, of platform.ApplicationID, p Page) ([]platform.Key, string, error) {
	w := scoped(in, "tenant")
	if of != "" {
		w.and("application = ?", string(of))
	}
	return page(ctx, s, "listing keys", p, selectKeys, w, scanKey, func(k *platform.Key) platform.KeyID { return k.ID })
}

// RevokeKey revokes a key at a time, once.
func (s *SQLite) RevokeKey(ctx context.Context, in platform.Scope, id platform.KeyID, at time.Time) (k platform.Key, err error) {
	err = s.Change(ctx, "revoking key", func(tx *Tx) error {
		if k, err = tx.Key(ctx, in, id); err != nil || !k.Revoked.IsZero() {
			return err
		}
		k.Revoked = at
		return tx.PutKey(ctx, &k)
	})
	return k, err
}

func scanKey(r row) (k platform.Key, err error) {
	var created int64
	var expires, revoked sql.NullInt64
	var extra []byte
	if err := r.Scan(&k.ID, &k.Tenant, &k.Application, &k.Name, &k.Hint, &created, &expires, &revoked, &extra, &k.Revision); err != nil {
		return k, err
	}
	k.Created, k.Expires, k.Revoked = fromNanos(created), fromNull(expires), fromNull(revoked)
	return k, json.Unmarshal(extra, &k.KeySettings)
}
