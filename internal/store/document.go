package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/fairwaygw/fairway/internal/platform"
)

// document is how a kind of thing is stored: all of it as JSON, and beside it
// the columns by which rows are found and for which rules hold.
type document[T any, ID typedID] struct {
	table string
	// scope has the columns of which one must be the tenant.
	scope []string
	// columns are written beside id, doc and revision.
	columns []string
	values  func(*T) []any
	id      func(*T) ID
	// revision is where the thing has its revision, nil for what never changes.
	revision func(*T) *int64
	// versioned is set where the data plane must learn of changes.
	versioned bool
}

// in begins a query by what a scope may see.
func (d *document[T, ID]) in(s platform.Scope) *where {
	if t, all := s.Tenant(); len(d.scope) > 1 && !all && t != "" {
		w := new(where)
		conditions := make([]string, len(d.scope))
		args := make([]any, len(d.scope))
		for i, column := range d.scope {
			conditions[i], args[i] = column+" = ?", string(t)
		}
		return w.and("("+strings.Join(conditions, " OR ")+")", args...)
	}
	return scoped(s, d.scope[0])
}

func (d *document[T, ID]) selection() string {
	if d.revision == nil {
		return "SELECT doc, 0 FROM " + d.table
	}
	return "SELECT doc, revision FROM " + d.table
}

func (d *document[T, ID]) scan(r row) (item T, err error) {
	var text []byte
	var revision int64
	if err := r.Scan(&text, &revision); err != nil {
		return item, err
	}
	if err := json.Unmarshal(text, &item); err != nil {
		return item, fmt.Errorf("reading a row of %s: %w", d.table, err)
	}
	if d.revision != nil {
		*d.revision(&item) = revision
	}
	return item, nil
}

// find finds the one row that there can be.
func (d *document[T, ID]) find(ctx context.Context, q querier, w *where) (T, error) {
	item, err := d.scan(q.QueryRowContext(ctx, d.selection()+w.String(), w.args...))
	if errors.Is(err, sql.ErrNoRows) {
		err = platform.ErrNotFound
	}
	return item, err
}

// all lists all rows, in the order of creation.
func (d *document[T, ID]) all(ctx context.Context, q querier, w *where, order string, limit int) ([]T, error) {
	return list(ctx, q, d.scan, d.selection()+w.String()+" ORDER BY "+order+" LIMIT ?", append(w.args, limit)...)
}

// page lists a part, the newest last, or first.
func (d *document[T, ID]) page(ctx context.Context, q querier, w *where, p Page, newestFirst bool) (items []T, next string, err error) {
	limit, err := p.limit()
	if err == nil && p.Cursor != "" && !ID(p.Cursor).Valid() {
		err = errCursor
	}
	if err != nil {
		return nil, "", err
	}
	order := "id"
	switch {
	case newestFirst:
		order = "id DESC"
		if p.Cursor != "" {
			w.and("id < ?", p.Cursor)
		}
	case p.Cursor != "":
		w.and("id > ?", p.Cursor)
	}
	// One more than is wanted tells if there is a part after this one.
	if items, err = d.all(ctx, q, w, order, limit+1); err != nil {
		return nil, "", err
	}
	if len(items) > limit {
		items = items[:limit]
		next = string(d.id(&items[limit-1]))
	}
	return items, next, nil
}

// put stores something new, whose revision is 0, or a change of what was read
// with its revision. One that somebody else has changed since is a
// [platform.ErrStale].
func (d *document[T, ID]) put(ctx context.Context, tx *sql.Tx, item *T) error {
	text, err := json.Marshal(item)
	if err != nil {
		return err
	}
	columns, values := d.columns, d.values(item)
	columns, values = append(columns[:len(columns):len(columns)], "doc"), append(values, string(text))
	if d.versioned {
		version, err := count(ctx, tx, counterChanges, 1)
		if err != nil {
			return err
		}
		columns, values = append(columns, "version"), append(values, version)
	}
	if d.revision == nil {
		return ruled(d.insert(ctx, tx, item, columns, values))
	}
	before := d.revision(item)
	columns, values = append(columns, "revision"), append(values, *before+1)
	if *before == 0 {
		err = d.insert(ctx, tx, item, columns, values)
	} else {
		err = d.update(ctx, tx, item, columns, values, *before)
	}
	if err != nil {
		return ruled(err)
	}
	*before++
	return nil
}

func (d *document[T, ID]) insert(ctx context.Context, tx *sql.Tx, item *T, columns []string, values []any) error {
	query := "INSERT INTO " + d.table + " (id, " + strings.Join(columns, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(columns)) + ")"
	_, err := tx.ExecContext(ctx, query, append([]any{string(d.id(item))}, values...)...)
	return err
}

func (d *document[T, ID]) update(ctx context.Context, tx *sql.Tx, item *T, columns []string, values []any, revision int64) error {
	query := "UPDATE " + d.table + " SET " + strings.Join(columns, " = ?, ") + " = ? WHERE id = ? AND revision = ?"
	r, err := tx.ExecContext(ctx, query, append(values, string(d.id(item)), revision)...)
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	if err == nil && n == 0 {
		err = platform.ErrStale
	}
	return err
}

// ruled turns the violation of a table's rule into what it means.
func ruled(err error) error {
	switch {
	case violates(err, ruleUnique), violates(err, rulePrimary):
		return platform.ErrExists
	case violates(err, ruleForeign):
		return platform.ErrNotFound
	}
	return err
}
