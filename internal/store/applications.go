package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/fairwaygw/fairway/internal/platform"
)

const selectApplications = "SELECT id, tenant, name, created, extra, deleted, revision FROM applications"

// CreateApplication stores an application.
func (s *SQLite) CreateApplication(ctx context.Context, a platform.Application) error {
	a.Revision = 0
	return s.Change(ctx, "creating application", func(tx *Tx) error { return tx.PutApplication(ctx, &a) })
}

// PutApplication stores an application. One that is deleted gives its name free.
func (t *Tx) PutApplication(ctx context.Context, a *platform.Application) error {
	extra, err := json.Marshal(&a.ApplicationSettings)
	if err != nil {
		return err
	}
	folded := platform.FoldName(a.Name)
	if !a.Deleted.IsZero() {
		folded = string(a.ID)
	}
	return t.putRow(ctx, &a.Revision, "applications", string(a.ID), []string{"tenant", "name", "folded", "created", "extra", "deleted"},
		[]any{string(a.Tenant), a.Name, folded, a.Created.UnixNano(), string(extra), toNull(a.Deleted)})
}

// putRow stores a row of a table that has its columns one by one.
func (t *Tx) putRow(ctx context.Context, revision *int64, table, id string, columns []string, values []any) error {
	version, err := count(ctx, t.tx, counterChanges, 1)
	if err != nil {
		return err
	}
	columns, values = append(columns, "version", "revision"), append(values, version, *revision+1)
	d := document[row, platform.TenantID]{table: table, id: func(*row) platform.TenantID { return platform.TenantID(id) }}
	if *revision == 0 {
		err = d.insert(ctx, t.tx, nil, columns, values)
	} else {
		err = d.update(ctx, t.tx, nil, columns, values, *revision)
	}
	if err != nil {
		return ruled(err)
	}
	*revision++
	return nil
}

// Application finds an application by its id.
func (s *SQLite) Application(ctx context.Context, in platform.Scope, id platform.ApplicationID) (platform.Application, error) {
	w := scoped(in, "tenant").and("id = ?", string(id)).and("deleted IS NULL")
	return one(ctx, s.reader, "finding application", selectApplications, w, scanApplication)
}

// Application finds an application by its id.
func (r Reads) Application(ctx context.Context, in platform.Scope, id platform.ApplicationID) (platform.Application, error) {
	w := scoped(in, "tenant").and("id = ?", string(id)).and("deleted IS NULL")
	return one(ctx, r.q, "finding application", selectApplications, w, scanApplication)
}

// ApplicationNamed finds a tenant's application by its name.
func (s *SQLite) ApplicationNamed(ctx context.Context, t platform.TenantID, name string) (platform.Application, error) {
	w := scoped(platform.In(t), "tenant").and("folded = ?", platform.FoldName(name))
	return one(ctx, s.reader, "finding application", selectApplications, w, scanApplication)
}

// Applications lists the applications in the scope.
func (s *SQLite) Applications(ctx context.Context, in platform.Scope, p Page) ([]platform.Application, string, error) {
	return page(ctx, s, "listing applications", p, selectApplications, scoped(in, "tenant").and("deleted IS NULL"), scanApplication,
		func(a *platform.Application) platform.ApplicationID { return a.ID })
}

func scanApplication(r row) (a platform.Application, err error) {
	var created int64
	var extra []byte
	var deleted sql.NullInt64
	if err := r.Scan(&a.ID, &a.Tenant, &a.Name, &created, &extra, &deleted, &a.Revision); err != nil {
		return a, err
	}
	a.Created, a.Deleted = fromNanos(created), fromNull(deleted)
	return a, json.Unmarshal(extra, &a.ApplicationSettings)
}
