package store

import (
	"context"
	"database/sql"

	"github.com/fairwaygw/fairway/internal/platform"
)

const selectApplications = "SELECT id, tenant, name, created FROM applications"

// CreateApplication stores an application.
func (s *SQLite) CreateApplication(ctx context.Context, a platform.Application) error {
	return s.write(ctx, "creating application", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO applications (id, tenant, name, folded, created) VALUES (?, ?, ?, ?, ?)",
			string(a.ID), string(a.Tenant), a.Name, platform.FoldName(a.Name), a.Created.UnixNano())
		switch {
		case violates(err, ruleUnique):
			return platform.ErrExists
		case violates(err, ruleForeign):
			return platform.ErrNotFound
		}
		return err
	})
}

// Application finds an application by its id.
func (s *SQLite) Application(ctx context.Context, in platform.Scope, id platform.ApplicationID) (platform.Application, error) {
	w := scoped(in, "tenant").and("id = ?", string(id))
	return one(ctx, s, "finding application", selectApplications, w, scanApplication)
}

// ApplicationNamed finds a tenant's application by its name.
func (s *SQLite) ApplicationNamed(ctx context.Context, t platform.TenantID, name string) (platform.Application, error) {
	w := scoped(platform.In(t), "tenant").and("folded = ?", platform.FoldName(name))
	return one(ctx, s, "finding application", selectApplications, w, scanApplication)
}

// Applications lists the applications in the scope.
func (s *SQLite) Applications(ctx context.Context, in platform.Scope, p Page) ([]platform.Application, string, error) {
	return page(ctx, s, "listing applications", p, selectApplications, scoped(in, "tenant"), scanApplication,
		func(a *platform.Application) platform.ApplicationID { return a.ID })
}

func scanApplication(r row) (a platform.Application, err error) {
	var created int64
	err = r.Scan(&a.ID, &a.Tenant, &a.Name, &created)
	a.Created = fromNanos(created)
	return a, err
}
