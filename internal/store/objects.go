package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/fairwaygw/fairway/internal/platform"
)

// ObjectKind is what an object is.
type ObjectKind string

// The kinds of objects.
const (
	ObjectResponse ObjectKind = "response"
	ObjectFile     ObjectKind = "file"
	ObjectBatch    ObjectKind = "batch"
	// ObjectItem is an item of an answer; its body is the answer's id.
	ObjectItem ObjectKind = "item"
)

// Object is something that a tenant's callers refer to by an id: an answer, a
// file or a batch. Two tenants can have the same id and never meet.
type Object struct {
	Tenant      platform.TenantID
	Kind        ObjectKind
	ID          string
	Application platform.ApplicationID
	// Provider is the name of the provider that has it, empty when it is kept
	// here alone. Account is the provider's identity at that time, for another
	// account may come under the same name, and Credential is the number of
	// the account's key.
	Provider   string
	Account    string
	Credential int
	// Model is the name that the caller used.
	Model   string
	Created time.Time
	// Expires is zero when it does not.
	Expires time.Time
	// Body is what is kept of it, nil for nothing. The store does not look into
	// it.
	Body []byte
}

// Objects is the part of a [Store] that keeps objects.
type Objects interface {
	// PutObjects stores objects in one transaction, each in place of the
	// tenant's one of that kind and id.
	PutObjects(ctx context.Context, objects []Object) error
	// Object finds an object that has not expired at a time.
	Object(ctx context.Context, in platform.Scope, kind ObjectKind, id string, at time.Time) (Object, error)
	// Objects lists those of a kind that have not expired at a time, without
	// their bodies.
	Objects(ctx context.Context, in platform.Scope, kind ObjectKind, at time.Time, p Page) ([]Object, string, error)
	// DeleteObject deletes an object.
	DeleteObject(ctx context.Context, in platform.Scope, kind ObjectKind, id string) error
	// PurgeObjects deletes at most so many objects that have expired at a time,
	// and returns how many it did.
	PurgeObjects(ctx context.Context, at time.Time, limit int) (int, error)
}

const (
	objectColumns = "seq, tenant, kind, id, application, provider, account, credential, model, created, expires"
	selectObject  = "SELECT " + objectColumns + ", body FROM objects"
	listObjects   = "SELECT " + objectColumns + ", NULL FROM objects"
)

// PutObjects stores objects.
func (s *SQLite) PutObjects(ctx context.Context, objects []Object) error {
	for i := range objects {
		if o := &objects[i]; o.Tenant == "" || o.Kind == "" || o.ID == "" {
			return platform.Invalid("object", "needs a tenant, a kind and an id")
		}
	}
	return s.write(ctx, "storing objects", func(tx *sql.Tx) error {
		put, err := tx.PrepareContext(ctx, `INSERT INTO objects
			(tenant, kind, id, application, provider, account, credential, model, created, expires, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (tenant, kind, id) DO UPDATE SET
			application = excluded.application, provider = excluded.provider, account = excluded.account,
			credential = excluded.credential, model = excluded.model, created = excluded.created,
			expires = excluded.expires, body = excluded.body`)
		if err != nil {
			return err
		}
		defer put.Close()
		for i := range objects {
			o := &objects[i]
			if _, err := put.ExecContext(ctx, string(o.Tenant), string(o.Kind), o.ID, string(o.Application), o.Provider, o.Account,
				o.Credential, o.Model, o.Created.UnixNano(), toNull(o.Expires), o.Body); err != nil {
				return err
			}
		}
		return nil
	})
}

// Object finds an object that has not expired.
func (s *SQLite) Object(ctx context.Context, in platform.Scope, kind ObjectKind, id string, at time.Time) (Object, error) {
	o, err := one(ctx, s.reader, "finding object", selectObject, objectWhere(in, kind, at).and("id = ?", id), scanObject)
	return o.object, err
}

// objectWhere chooses those of a kind that have not expired at a time.
func objectWhere(in platform.Scope, kind ObjectKind, at time.Time) *where {
	return scoped(in, "tenant").and("kind = ?", string(kind)).and("(expires IS NULL OR expires > ?)", at.UnixNano())
}

// Objects lists objects.
func (s *SQLite) Objects(ctx context.Context, in platform.Scope, kind ObjectKind, at time.Time, p Page) ([]Object, string, error) {
	objects, next, err := s.objects(ctx, in, kind, at, p)
	if err != nil {
		return nil, "", fmt.Errorf("listing objects: %w", explain(err))
	}
	return objects, next, nil
}

func (s *SQLite) objects(ctx context.Context, in platform.Scope, kind ObjectKind, at time.Time, p Page) ([]Object, string, error) {
	limit, err := p.limit()
	if err != nil {
		return nil, "", err
	}
	w := objectWhere(in, kind, at)
	if p.Cursor != "" {
		after, err := parseCursor(p.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		w.and("seq > ?", after[0])
	}
	// One more than is wanted tells if there is a part after this one.
	items, err := list(ctx, s.reader, scanObject, listObjects+w.String()+" ORDER BY seq LIMIT ?", append(w.args, limit+1)...)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(items) > limit {
		items = items[:limit]
		next = cursor(items[limit-1].seq)
	}
	objects := make([]Object, len(items))
	for i := range items {
		objects[i] = items[i].object
	}
	return objects, next, nil
}

// DeleteObject deletes an object.
func (s *SQLite) DeleteObject(ctx context.Context, in platform.Scope, kind ObjectKind, id string) error {
	w := scoped(in, "tenant").and("kind = ?", string(kind)).and("id = ?", id)
	deleted, err := s.deleteObjects(ctx, "deleting object", "DELETE FROM objects"+w.String(), w.args...)
	if err == nil && deleted == 0 {
		err = fmt.Errorf("deleting object: %w", platform.ErrNotFound)
	}
	return err
}

// PurgeObjects deletes at most so many objects that have expired.
func (s *SQLite) PurgeObjects(ctx context.Context, at time.Time, limit int) (int, error) {
	return s.deleteObjects(ctx, "deleting expired objects",
		"DELETE FROM objects WHERE seq IN (SELECT seq FROM objects WHERE expires <= ? ORDER BY expires LIMIT ?)", at.UnixNano(), limit)
}

func (s *SQLite) deleteObjects(ctx context.Context, doing, statement string, args ...any) (deleted int, err error) {
	err = s.write(ctx, doing, func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		n, err := r.RowsAffected()
		deleted = int(n)
		return err
	})
	if err != nil {
		return 0, err
	}
	return deleted, nil
}

// storedObject is an object and its place.
type storedObject struct {
	seq    int64
	object Object
}

func scanObject(r row) (s storedObject, err error) {
	var created int64
	var expires sql.NullInt64
	o := &s.object
	err = r.Scan(&s.seq, &o.Tenant, &o.Kind, &o.ID, &o.Application, &o.Provider, &o.Account, &o.Credential, &o.Model, &created, &expires, &o.Body)
	o.Created, o.Expires = fromNanos(created), fromNull(expires)
	return s, err
}
