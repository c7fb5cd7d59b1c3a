package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/fairwaygw/fairway/internal/platform"
)

const selectTenants = "SELECT id, name, created, extra, deleted, revision FROM tenants"

// Tenants lists the tenants in the scope.
func (s *SQLite) Tenants(ctx context.Context, in platform.Scope, p Page) ([]platform.Tenant, string, error) {
	return page(ctx, s, "listing tenants", p, selectTenants, scoped(in, "id").and("deleted IS NULL"), scanTenant,
		func(t *platform.Tenant) platform.TenantID { return t.ID })
}

// Tenant finds a tenant by its id or name.
func (s *SQLite) Tenant(ctx context.Context, in platform.Scope, idOrName string) (platform.Tenant, error) {
	return s.Read().Tenant(ctx, in, idOrName)
}

// Tenant finds a tenant by its id or name.
func (r Reads) Tenant(ctx context.Context, in platform.Scope, idOrName string) (platform.Tenant, error) {
	w := scoped(in, "id").and("(id = ? OR name = ?)", idOrName, idOrName).and("deleted IS NULL")
	return one(ctx, r.q, "finding tenant", selectTenants, w, scanTenant)
}

func scanTenant(r row) (t platform.Tenant, err error) {
	var created int64
	var extra []byte
	var deleted sql.NullInt64
	if err := r.Scan(&t.ID, &t.Name, &created, &extra, &deleted, &t.Revision); err != nil {
		return t, err
	}
	t.Created, t.Deleted = fromNanos(created), fromNull(deleted)
	return t, json.Unmarshal(extra, &t.TenantSettings)
}

// PutTenant stores a tenant. One that is deleted keeps its name: what callers
// know by it must not become somebody else's.
func (t *Tx) PutTenant(ctx context.Context, of *platform.Tenant) error {
	extra, err := json.Marshal(&of.TenantSettings)
	if err != nil {
		return err
	}
	return t.putRow(ctx, &of.Revision, "tenants", string(of.ID), []string{"name", "created", "extra", "deleted"},
		[]any{of.Name, of.Created.UnixNano(), string(extra), toNull(of.Deleted)})
}

// one finds the one row that there can be.
func one[T any](ctx context.Context, q querier, doing, query string, w *where, scan func(row) (T, error)) (T, error) {
	item, err := scan(q.QueryRowContext(ctx, query+w.String(), w.args...))
	if errors.Is(err, sql.ErrNoRows) {
		err = platform.ErrNotFound
	}
	if err != nil {
		return item, fmt.Errorf("%s: %w", doing, explain(err))
	}
	return item, nil
}

// page lists a part of a table in the order of its ids, which is that of
// creation. The cursor is the last id.
func page[T any, ID typedID](
	ctx context.Context, s *SQLite, doing string, p Page, query string, w *where, scan func(row) (T, error), id func(*T) ID,
) (items []T, next string, err error) {
	limit, err := p.limit()
	if err == nil && p.Cursor != "" && !ID(p.Cursor).Valid() {
		err = errCursor
	}
	if err == nil {
		// One more than is wanted tells if there is a part after this one.
		w.and("id > ?", p.Cursor)
		items, err = list(ctx, s.reader, scan, query+w.String()+" ORDER BY id LIMIT ?", append(w.args, limit+1)...)
	}
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", doing, explain(err))
	}
	if len(items) > limit {
		items = items[:limit]
		next = string(id(&items[limit-1]))
	}
	return items, next, nil
}

// typedID is the id of something that is listed.
type typedID interface {
	~string
	Valid() bool
}

// errCursor is about a cursor that no list returned.
var errCursor = platform.Invalid("cursor", "is not one that was returned here")

// fromNanos is a time from nanoseconds since 1970.
func fromNanos(n int64) time.Time { return time.Unix(0, n).UTC() }

// fromNull is a time that may be null, which is the zero time.
func fromNull(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return fromNanos(n.Int64)
}

// toNull is the other way round.
func toNull(t time.Time) sql.NullInt64 {
	if t.IsZero() {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: t.UnixNano(), Valid: true}
}
