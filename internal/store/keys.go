package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/fairwaygw/fairway/internal/platform"
)

const selectKeys = "SELECT id, tenant, application, name, hint, created, expires, revoked FROM keys"

// CreateKey stores a key with the keyed hash of its secret.
func (s *SQLite) CreateKey(ctx context.Context, k platform.Key, hash [32]byte) error {
	return s.write(ctx, "creating key", func(tx *sql.Tx) error {
		version, err := count(ctx, tx, counterChanges, 1)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO keys (id, tenant, application, name, hint, hash, created, expires, revoked, version)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			string(k.ID), string(k.Tenant), string(k.Application), k.Name, k.Hint, hash[:],
			k.Created.UnixNano(), toNull(k.Expires), toNull(k.Revoked), version)
		switch {
		case violates(err, ruleUnique), violates(err, rulePrimary):
			return platform.ErrExists
		case violates(err, ruleForeign):
			return platform.ErrNotFound
		}
		return err
	})
}

// Key finds a key by its id.
func (s *SQLite) Key(ctx context.Context, in platform.Scope, id platform.KeyID) (platform.Key, error) {
	return one(ctx, s, "finding key", selectKeys, scoped(in, "tenant").and("id = ?", string(id)), scanKey)
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
func (s *SQLite) RevokeKey(ctx context.Context, in platform.Scope, id platform.KeyID, at time.Time) (platform.Key, error) {
	err := s.write(ctx, "revoking key", func(tx *sql.Tx) error {
		w := scoped(in, "tenant").and("id = ?", string(id)).and("revoked IS NULL")
		r, err := tx.ExecContext(ctx, "UPDATE keys SET revoked = ?"+w.String(), append([]any{at.UnixNano()}, w.args...)...)
		if err != nil {
			return err
		}
		if n, err := r.RowsAffected(); err != nil || n == 0 {
			return err // there is none, or it is revoked already: Key tells
		}
		version, err := count(ctx, tx, counterChanges, 1)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE keys SET version = ? WHERE id = ?", version, string(id))
		return err
	})
	if err != nil {
		return platform.Key{}, err
	}
	return s.Key(ctx, in, id)
}

func scanKey(r row) (k platform.Key, err error) {
	var created int64
	var expires, revoked sql.NullInt64
	err = r.Scan(&k.ID, &k.Tenant, &k.Application, &k.Name, &k.Hint, &created, &expires, &revoked)
	k.Created, k.Expires, k.Revoked = fromNanos(created), fromNull(expires), fromNull(revoked)
	return k, err
}
