package store

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/platform"
)

// TestPlans holds that no list sorts or reads a whole table, but for calls that
// began at the same instant and those of a tenant among several.
func TestPlans(t *testing.T) {
	t.Parallel()
	s := openAt(t, filepath.Join(t.TempDir(), "fairway.db"))
	newest := " ORDER BY time DESC, seq DESC LIMIT 10"
	calls := func(in platform.Scope, f CallFilter) *where { return f.where(in) }
	one := platform.In(platform.DefaultTenant)
	for name, c := range map[string]struct {
		query string
		w     *where
		want  string
	}{
		"all calls":        {newestCalls + "%" + newest, calls(platform.Everywhere(), CallFilter{}), "calls_time"},
		"tenant's calls":   {newestCalls + "%" + newest, calls(one, CallFilter{}), "calls_time"},
		"next part":        {newestCalls + "%" + newest, calls(one, CallFilter{}).and("(time, seq) < (?, ?)", 1, 1), "calls_time (time<?)"},
		"application's":    {selectCalls + "%" + newest, calls(one, CallFilter{Application: "app_1"}), "calls_application (application=?)"},
		"all applications": {selectCalls + "%" + newest, calls(platform.Everywhere(), CallFilter{Application: "app_1"}), "calls_application (application=?)"},
		"time":             {newestCalls + "%" + newest, calls(one, CallFilter{From: time.Unix(1, 0)}), "calls_time (time>?)"},
		"follow":           {followCalls + "% ORDER BY seq LIMIT 10", calls(one, CallFilter{Application: "app_1"}).and("seq > ?", 1), "INTEGER PRIMARY KEY (rowid>?)"},
		"call":             {newestCalls + "%", callWhere(one, record(1, platform.Application{}).ID), "calls_time (time>? AND time<?)"},
		"object":           {selectObject + "%", objectWhere(one, ObjectFile, start).and("id = ?", "x"), "(tenant=? AND kind=? AND id=?)"},
		"objects":          {listObjects + "% ORDER BY seq LIMIT 10", objectWhere(one, ObjectFile, start).and("seq > ?", 1), "objects_kind (tenant=? AND kind=? AND seq>?)"},
		"keys":             {selectKeys + "% ORDER BY id LIMIT 10", scoped(one, "tenant").and("application = ?", "x").and("id > ?", ""), "(application=? AND id>?)"},
	} {
		plan, err := list(t.Context(), s.reader, func(r row) (detail string, err error) {
			var id, parent, unused int
			err = r.Scan(&id, &parent, &unused, &detail)
			return detail, err
		}, "EXPLAIN QUERY PLAN "+strings.Replace(c.query, "%", c.w.String(), 1), c.w.args...)
		if err != nil {
			t.Fatal(name, err)
		}
		got := strings.ReplaceAll(strings.Join(plan, "; "), "USE TEMP B-TREE FOR LAST TERM OF ORDER BY", "")
		if !strings.Contains(got, c.want) || strings.Contains(got, "TEMP B-TREE") {
			t.Errorf("%s: %s", name, got)
		}
	}
}
