package store

import (
	"strings"

	"github.com/fairwaygw/fairway/internal/platform"
)

// where collects the conditions of a query.
type where struct {
	conditions []string
	args       []any
}

// scoped begins with what the scope lets see; column has the tenant.
func scoped(in platform.Scope, column string) *where {
	w := new(where)
	switch t, all := in.Tenant(); {
	case all:
	case t == "":
		w.and("1 = 0") // a call that needs no caller has no tenant either
	default:
		w.and(column+" = ?", string(t))
	}
	return w
}

// and adds a condition, which is part of the program and never of a request.
func (w *where) and(condition string, args ...any) *where {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
	return w
}

// String is the WHERE clause.
func (w *where) String() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}
