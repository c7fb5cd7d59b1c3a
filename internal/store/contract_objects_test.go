package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/platform"
)

func object(a platform.Application, kind ObjectKind, id string) Object {
	return Object{
		Tenant: a.Tenant, Kind: kind, ID: id, Application: a.ID, Provider: "openai", Account: "https://example.com 1234", Credential: 2,
		Model: "fast", Created: start, Body: []byte("body of " + id),
	}
}

func putObjects(t *testing.T, s Store, objects ...Object) {
	t.Helper()
	if err := s.PutObjects(t.Context(), objects); err != nil {
		t.Fatal(err)
	}
}

func objectIDs(objects []Object) []string {
	var ids []string
	for i := range objects {
		ids = append(ids, objects[i].ID)
	}
	return ids
}

func testObjects(t *testing.T, s Store) {
	ctx := t.Context()
	ours := platform.Application{ID: "app_1", Tenant: platform.DefaultTenant}
	theirs := platform.Application{ID: "app_2", Tenant: platform.NewTenantID(start)}
	get := func(a platform.Application, kind ObjectKind, id string) (Object, error) {
		return s.Object(ctx, platform.In(a.Tenant), kind, id, start)
	}
	// One id is another thing for each tenant and of each kind.
	same := []Object{object(ours, ObjectResponse, "x"), object(theirs, ObjectResponse, "x"), object(ours, ObjectFile, "x")}
	same[1].Provider, same[1].Account, same[1].Credential, same[1].Body = "", "", 0, nil
	same[2].Expires = start.Add(time.Hour)
	putObjects(t, s, same...)
	for _, want := range same {
		got, err := get(platform.Application{Tenant: want.Tenant}, want.Kind, want.ID)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, got, want)
	}

	// What is stored again takes the place of what was.
	again := same[0]
	again.Model, again.Body, again.Created = "other", []byte{0, 0xff}, start.Add(time.Minute)
	putObjects(t, s, again)
	got, err := get(ours, ObjectResponse, "x")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, again)

	var want []string
	for n := range 5 {
		id := fmt.Sprint(9 - n) // in the order of creation, whatever the ids
		putObjects(t, s, object(ours, ObjectBatch, id), object(theirs, ObjectBatch, id+"t"))
		want = append(want, id)
	}
	var all []string
	for p := (Page{Limit: 2}); ; {
		items, next, err := s.Objects(ctx, defaultScope, ObjectBatch, start, p)
		if err != nil {
			t.Fatal(err)
		}
		for i := range items {
			if items[i].Body != nil {
				t.Error("a list has a body:", items[i].ID)
			}
		}
		all = append(all, objectIDs(items)...)
		if p.Cursor = next; next == "" {
			break
		}
	}
	equal(t, all, want)
	_, _, err = s.Objects(ctx, defaultScope, ObjectBatch, start, Page{Cursor: "?"})
	wantErr(t, err, platform.ErrInvalid)

	if err := s.DeleteObject(ctx, defaultScope, ObjectResponse, "x"); err != nil {
		t.Fatal(err)
	}
	_, err = get(ours, ObjectResponse, "x")
	wantErr(t, err, platform.ErrNotFound)
	wantErr(t, s.DeleteObject(ctx, defaultScope, ObjectResponse, "x"), platform.ErrNotFound)
	for _, left := range same[1:] {
		if _, err := get(platform.Application{Tenant: left.Tenant}, left.Kind, left.ID); err != nil {
			t.Error("deleted with another one:", left.Tenant, left.Kind, err)
		}
	}

	for _, broken := range []Object{{Kind: ObjectFile, ID: "y"}, {Tenant: ours.Tenant, ID: "y"}, {Tenant: ours.Tenant, Kind: ObjectFile}} {
		wantErr(t, s.PutObjects(ctx, []Object{object(ours, ObjectFile, "beside"), broken}), platform.ErrInvalid)
	}
	_, err = get(ours, ObjectFile, "beside")
	wantErr(t, err, platform.ErrNotFound)
}

func testObjectExpiry(t *testing.T, s Store) {
	ctx := t.Context()
	a := platform.Application{ID: "app_1", Tenant: platform.DefaultTenant}
	for n := range 6 {
		o := object(a, ObjectResponse, fmt.Sprint(n))
		if n > 0 { // the first one stays for ever
			o.Expires = start.Add(time.Duration(n) * time.Hour)
		}
		putObjects(t, s, o)
	}
	// What expires at an instant is gone from that instant on.
	at := start.Add(3 * time.Hour)
	list := func(at time.Time) []string {
		t.Helper()
		items, _, err := s.Objects(ctx, defaultScope, ObjectResponse, at, Page{})
		if err != nil {
			t.Fatal(err)
		}
		return objectIDs(items)
	}
	equal(t, list(at), []string{"0", "4", "5"})
	equal(t, list(at.Add(-1)), []string{"0", "3", "4", "5"})
	if _, err := s.Object(ctx, defaultScope, ObjectResponse, "3", at.Add(-1)); err != nil {
		t.Error(err)
	}
	_, err := s.Object(ctx, defaultScope, ObjectResponse, "3", at)
	wantErr(t, err, platform.ErrNotFound)

	for _, want := range []int{2, 1, 0} {
		if n, err := s.PurgeObjects(ctx, at, 2); err != nil || n != want {
			t.Fatalf("deleted %d, want %d (%v)", n, want, err)
		}
	}
	equal(t, list(start), []string{"0", "4", "5"})
}
