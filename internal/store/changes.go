package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fairwaygw/fairway/internal/platform"
)

const counterChanges = "changes"

// count moves a counter in a transaction, and with it whoever moves it next
// until that is committed.
func count(ctx context.Context, tx *sql.Tx, counter string, by int64) (value int64, err error) {
	err = tx.QueryRowContext(ctx, "UPDATE counters SET value = value + ? WHERE name = ? RETURNING value", by, counter).Scan(&value)
	return value, err
}

func counted(ctx context.Context, q querier, counter string) (value int64, err error) {
	err = q.QueryRowContext(ctx, "SELECT value FROM counters WHERE name = ?", counter).Scan(&value)
	return value, err
}

// Version counts the changes of what the data plane must know.
func (s *SQLite) Version(ctx context.Context) (int64, error) {
	err := s.present()
	var version int64
	if err == nil {
		version, err = counted(ctx, s.reader, counterChanges)
	}
	if err != nil {
		return 0, fmt.Errorf("reading the version: %w", explain(err))
	}
	return version, nil
}

// Changes tells what has changed after a version.
func (s *SQLite) Changes(ctx context.Context, since int64, to platform.Changes) (version int64, err error) {
	err = s.present()
	if err == nil {
		version, err = s.changes(ctx, since, to)
	}
	if err != nil {
		return 0, fmt.Errorf("reading changes: %w", explain(err))
	}
	return version, nil
}

// changes reads in one transaction, so that all of it is of one moment.
func (s *SQLite) changes(ctx context.Context, since int64, to platform.Changes) (version int64, err error) {
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return 0, err
	}
	defer rollback(tx)
	if version, err = counted(ctx, tx, counterChanges); err != nil {
		return 0, err
	}
	// Whom others belong to comes first.
	for _, read := range []func() error{
		func() error { return changed(ctx, tx, to.Tenant, since, "tenants", selectTenants, scanTenant) },
		func() error {
			return changed(ctx, tx, to.Application, since, "applications", selectApplications, scanApplication)
		},
		func() error { return changed(ctx, tx, to.API, since, apis.table, apis.selection(), apis.scan) },
		func() error { return grants(ctx, tx, since, to.Grant) },
		func() error {
			query := requests.selection()
			if since == 0 {
				query += " WHERE state IN ('pending', 'rejected')" // of others there is nothing to be known
			}
			return changed(ctx, tx, to.Request, since, requests.table, query, requests.scan)
		},
	} {
		if err := read(); err != nil {
			return 0, err
		}
	}
	if to.Credential != nil {
		err = credentials(ctx, tx, since, to.Credential)
	}
	return version, err
}

// changed reads the rows of a table that have changed after a version.
func changed[T any](ctx context.Context, tx *sql.Tx, to func(*T), since int64, table, query string, scan func(row) (T, error)) error {
	if to == nil {
		return nil
	}
	var args []any
	if since > 0 {
		query, args = query+" WHERE version > ? ORDER BY version", []any{since}
	}
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
		to(&item)
	}
	return rows.Err()
}

func grants(ctx context.Context, tx *sql.Tx, since int64, to func(*platform.Grant)) error {
	if to == nil {
		return nil
	}
	query, args := "SELECT id, application, api, plan, state, paused, starts, ends, until, changed, reason, limits, models FROM subscriptions", []any(nil)
	if since > 0 {
		query, args = query+" WHERE version > ? ORDER BY version", []any{since}
	}
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var g platform.Grant
	for rows.Next() {
		if err := rows.Scan(&g.Subscription, &g.Application, &g.API, &g.Plan, &g.State, &g.Paused, &g.Starts, &g.Ends, &g.Until, &g.Changed,
			&g.Reason, &g.Limits, &g.Models); err != nil {
			return err
		}
		to(&g)
	}
	return rows.Err()
}

func credentials(ctx context.Context, tx *sql.Tx, since int64, to func(*platform.Credential)) error {
	query, args := "SELECT hash, tenant, application, id, expires, revoked IS NOT NULL, extra FROM keys", []any(nil)
	if since > 0 {
		// All of them are read faster without an index.
		query, args = query+" WHERE version > ? ORDER BY version", []any{since}
	}
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var hash, extra sql.RawBytes
	for rows.Next() {
		var c platform.Credential
		var expires sql.NullInt64
		if err := rows.Scan(&hash, &c.Tenant, &c.Application, &c.Key, &expires, &c.Revoked, &extra); err != nil {
			return err
		}
		if len(extra) > len("{}") {
			if err := json.Unmarshal(extra, &c.KeySettings); err != nil {
				return err
			}
		}
		if copy(c.Hash[:], hash) != len(c.Hash) {
			return errors.New("a key's hash has the wrong length")
		}
		c.Expires = expires.Int64
		to(&c)
	}
	return rows.Err()
}
