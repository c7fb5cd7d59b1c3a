package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/platform"
)

func sortByID[T any](items []T, id func(T) string) {
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(id(a), id(b)) })
}

func ids(recs []ledger.Record) (ids []string) {
	for _, r := range recs {
		ids = append(ids, r.ID)
	}
	return ids
}

func ingest(t *testing.T, s Store, next ledger.Checkpoint, recs ...ledger.Record) {
	t.Helper()
	if err := s.Ingest(t.Context(), recs, next); err != nil {
		t.Fatal(err)
	}
}

func testIngest(t *testing.T, s Store) {
	ctx := t.Context()
	if c, err := s.Checkpoint(ctx); err != nil || c != (ledger.Checkpoint{}) {
		t.Fatal(c, err)
	}
	a := platform.Application{ID: "app_1", Tenant: platform.DefaultTenant}
	one, two, three := record(1, a), record(2, a), record(3, a)
	two.Cost, two.Class, two.Status, two.Attempts = nil, "rate_limit", 429, nil
	two.Reason = "a \"quote\", a \x00 and \xff that is not UTF-8"
	at := ledger.Checkpoint{Segment: 1 << 63, Offset: 1 << 40}
	ingest(t, s, ledger.Checkpoint{Segment: 1, Offset: 2}, one, two)
	// The same again, as after a crash, and something new with it.
	changed := one
	changed.Status = 500
	ingest(t, s, at, changed, two, three)
	if c, err := s.Checkpoint(ctx); err != nil || c != at {
		t.Error(c, err)
	}
	two.Reason = "a \"quote\", a \x00 and \ufffd that is not UTF-8"
	recs, next, err := s.Calls(ctx, defaultScope, CallFilter{}, Page{})
	if err != nil || next != "" {
		t.Fatal(next, err)
	}
	equal(t, recs, []ledger.Record{three, two, one})
	got, err := s.Call(ctx, defaultScope, one.ID)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, one)
	// An id of another form is found too.
	other := record(4, a)
	other.ID = "call_x"
	_, err = s.Call(ctx, defaultScope, other.ID)
	wantErr(t, err, platform.ErrNotFound)
	ingest(t, s, at, other)
	if got, err = s.Call(ctx, defaultScope, other.ID); err != nil {
		t.Fatal(err)
	}
	equal(t, got, other)
}

// testIngestJournal has records come out of a journal, more than are stored by
// one statement, and some of them once more.
func testIngestJournal(t *testing.T, s Store) {
	ctx := t.Context()
	dir := t.TempDir()
	var want []ledger.Record
	for n := range 130 {
		want = append(want, record(n, platform.Application{ID: "app_1", Tenant: platform.DefaultTenant}))
	}
	ingest(t, s, ledger.Checkpoint{}, want[3], want[77])
	j, err := ledger.Open(dir, ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if err := j.Append(&want[i]); err != nil {
			t.Fatal(err)
		}
	}
	running, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- j.Run(running, ledger.Checkpoint{}, s.Ingest) }()
	err = j.Drain(ctx)
	cancel()
	<-ended //nolint:errcheck // it ends with the context
	if err := errors.Join(err, j.Close()); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(want)
	got, _, err := s.Calls(ctx, defaultScope, CallFilter{}, Page{Limit: MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, want)
}

func testCalls(t *testing.T, s Store) {
	ctx := t.Context()
	a, b := platform.Application{ID: "app_1", Tenant: platform.DefaultTenant}, platform.Application{ID: "app_2", Tenant: platform.DefaultTenant}
	var recs []ledger.Record
	for n := range 20 {
		r := record(n, a)
		if n%2 == 1 {
			r.Application = string(b.ID)
		}
		if n%5 == 0 {
			r.Status, r.Model, r.Key = 400+n, `"slow"/é`, "key_2"
		}
		// Several calls begin at the same instant.
		r.Time = start.Add(time.Duration(n/3) * time.Second)
		recs = append(recs, r)
	}
	// They end in another order than they began.
	for _, n := range []int{3, 0, 1, 2, 4, 5, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6} {
		ingest(t, s, ledger.Checkpoint{}, recs[n])
	}
	match := func(want func(n int) bool) (ids []string) {
		for n := range recs {
			if want(n) {
				ids = append(ids, recs[n].ID)
			}
		}
		slices.Sort(ids)
		return ids
	}
	for name, c := range map[string]struct {
		f    CallFilter
		want func(n int) bool
	}{
		"all":         {CallFilter{}, func(int) bool { return true }},
		"application": {CallFilter{Application: b.ID}, func(n int) bool { return n%2 == 1 }},
		"key":         {CallFilter{Key: "key_2"}, func(n int) bool { return n%5 == 0 }},
		"model":       {CallFilter{Model: `"slow"/é`}, func(n int) bool { return n%5 == 0 }},
		"status":      {CallFilter{MinStatus: 400, MaxStatus: 405}, func(n int) bool { return n == 0 || n == 5 }},
		"errors":      {CallFilter{MinStatus: 400}, func(n int) bool { return n%5 == 0 }},
		"time":        {CallFilter{From: start.Add(time.Second), Until: start.Add(2 * time.Second)}, func(n int) bool { return n/3 == 1 }},
		"several":     {CallFilter{Application: a.ID, Model: `"slow"/é`}, func(n int) bool { return n%10 == 0 }},
		"nothing":     {CallFilter{Model: "other"}, func(int) bool { return false }},
	} {
		for _, limit := range []int{1, 4, 1000} {
			var got []ledger.Record
			p := Page{Limit: limit}
			for {
				part, next, err := s.Calls(ctx, defaultScope, c.f, p)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, part...)
				if p.Cursor = next; next == "" {
					break
				}
			}
			if !slices.IsSortedFunc(got, func(a, b ledger.Record) int { return b.Time.Compare(a.Time) }) {
				t.Errorf("%s by %d: not the newest first: %v", name, limit, ids(got))
			}
			found := ids(got)
			slices.Sort(found)
			t.Run(fmt.Sprint(name, " by ", limit), func(t *testing.T) { equal(t, found, match(c.want)) })
		}
	}
	for _, p := range []Page{{Limit: -1}, {Limit: MaxLimit + 1}, {Cursor: "1"}, {Cursor: "1.2.3"}} {
		_, _, err := s.Calls(ctx, defaultScope, CallFilter{}, p)
		wantErr(t, err, platform.ErrInvalid)
	}
}

func testFollow(t *testing.T, s Store) {
	ctx := t.Context()
	a := platform.Application{ID: "app_1", Tenant: platform.DefaultTenant}
	ingest(t, s, ledger.Checkpoint{}, record(9, a), record(1, a))
	cursor, err := s.CallsEnd(ctx)
	if err != nil {
		t.Fatal(err)
	}
	follow := func(f CallFilter, limit int, want ...string) {
		t.Helper()
		recs, next, err := s.CallsSince(ctx, defaultScope, f, Page{Cursor: cursor, Limit: limit})
		if err != nil || next == "" {
			t.Fatal(next, err)
		}
		equal(t, ids(recs), want)
		cursor = next
	}
	follow(CallFilter{}, 0)
	// A call that began before and ends now comes now.
	slow := record(3, a)
	slow.Model = "slow"
	ingest(t, s, ledger.Checkpoint{}, record(5, a), slow, record(9, a), record(4, a))
	follow(CallFilter{}, 1, record(5, a).ID)
	begin := cursor
	follow(CallFilter{}, 1, slow.ID)
	follow(CallFilter{}, 5, record(4, a).ID)
	follow(CallFilter{}, 5)
	cursor = begin
	follow(CallFilter{Model: "slow"}, 5, slow.ID)
	follow(CallFilter{}, 5) // the cursor went past what was not chosen

	// What is deleted does not bring the cursor back.
	if _, err := s.PurgeCalls(ctx, start.Add(time.Hour), 100); err != nil {
		t.Fatal(err)
	}
	ingest(t, s, ledger.Checkpoint{}, record(6, a))
	follow(CallFilter{}, 5, record(6, a).ID)
	cursor = ""
	follow(CallFilter{}, 5, record(6, a).ID)
	_, _, err = s.CallsSince(ctx, defaultScope, CallFilter{}, Page{Cursor: "1.2"})
	wantErr(t, err, platform.ErrInvalid)
}

func testPurge(t *testing.T, s Store) {
	ctx := t.Context()
	a := platform.Application{ID: "app_1", Tenant: platform.DefaultTenant}
	var recs []ledger.Record
	for n := range 10 {
		recs = append(recs, record(n, a))
	}
	ingest(t, s, ledger.Checkpoint{}, recs...)
	before := recs[7].Time
	for _, want := range []int{3, 3, 1, 0} {
		if n, err := s.PurgeCalls(ctx, before, 3); err != nil || n != want {
			t.Fatalf("deleted %d, want %d (%v)", n, want, err)
		}
	}
	got, _, err := s.Calls(ctx, defaultScope, CallFilter{}, Page{})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, ids(got), []string{recs[9].ID, recs[8].ID, recs[7].ID})
}
