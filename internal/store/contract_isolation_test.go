package store

import (
	"reflect"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/platform"
)

// unscoped are the methods that are not about one tenant's things: those that
// the program itself uses, for all tenants.
var unscoped = map[string]bool{
	"Version": true, "Changes": true, "Ingest": true, "Checkpoint": true, "CallsEnd": true, "PurgeCalls": true,
	"PutObjects": true, "PurgeObjects": true,
	"Read": true, "Change": true, // see testReadsAreScoped
	"PepperFingerprint": true, "SetPepperFingerprint": true, "Close": true,
}

// testIsolation asks every method for another tenant's things. A method that is
// in no list fails the test.
func testIsolation(t *testing.T, s Store) {
	ctx := t.Context()
	a := newApplication(t, s, platform.DefaultTenant, "theirs")
	k, _ := newKey(t, s, a, 1)
	rec := record(1, a)
	// A call without a caller belongs to no tenant.
	public := record(2, platform.Application{})
	ingest(t, s, ledger.Checkpoint{}, rec, public)

	file := object(a, ObjectFile, "file_1")
	putObjects(t, s, file)

	other := platform.NewTenantID(start)
	many := func(n int, err error) (bool, error) { return n > 0, err }
	found := func(err error) (bool, error) { return err == nil, err }
	scoped := map[string]func(in platform.Scope) (bool, error){
		"Tenants": func(in platform.Scope) (bool, error) {
			items, _, err := s.Tenants(ctx, in, Page{})
			return many(len(items), err)
		},
		"Tenant": func(in platform.Scope) (bool, error) {
			_, err := s.Tenant(ctx, in, platform.DefaultTenantName)
			return found(err)
		},
		"Application": func(in platform.Scope) (bool, error) {
			_, err := s.Application(ctx, in, a.ID)
			return found(err)
		},
		"Applications": func(in platform.Scope) (bool, error) {
			items, _, err := s.Applications(ctx, in, Page{})
			return many(len(items), err)
		},
		"ApplicationNamed": func(in platform.Scope) (bool, error) {
			tenant, all := in.Tenant()
			if all {
				tenant = a.Tenant
			}
			_, err := s.ApplicationNamed(ctx, tenant, a.Name)
			return found(err)
		},
		"CreateApplication": func(in platform.Scope) (bool, error) {
			tenant, all := in.Tenant()
			if all {
				tenant = a.Tenant
			}
			id := platform.NewApplicationID(start)
			return found(s.CreateApplication(ctx, platform.Application{ID: id, Tenant: tenant, Name: string(id), Created: start}))
		},
		"CreateKey": func(in platform.Scope) (bool, error) {
			tenant, all := in.Tenant()
			if all {
				tenant = a.Tenant
			}
			id := platform.NewKeyID(start)
			var hash [32]byte
			copy(hash[:], id)
			return found(s.CreateKey(ctx, platform.Key{ID: id, Tenant: tenant, Application: a.ID, Name: "x", Created: start}, hash))
		},
		"Key": func(in platform.Scope) (bool, error) {
			_, err := s.Key(ctx, in, k.ID)
			return found(err)
		},
		"Keys": func(in platform.Scope) (bool, error) {
			items, _, err := s.Keys(ctx, in, a.ID, Page{})
			return many(len(items), err)
		},
		"RevokeKey": func(in platform.Scope) (bool, error) {
			_, err := s.RevokeKey(ctx, in, k.ID, start)
			return found(err)
		},
		"Call": func(in platform.Scope) (bool, error) {
			_, err := s.Call(ctx, in, rec.ID)
			return found(err)
		},
		"Calls": func(in platform.Scope) (bool, error) {
			items, _, err := s.Calls(ctx, in, CallFilter{}, Page{})
			return many(len(items), err)
		},
		"Object": func(in platform.Scope) (bool, error) {
			_, err := s.Object(ctx, in, file.Kind, file.ID, start)
			return found(err)
		},
		"Objects": func(in platform.Scope) (bool, error) {
			items, _, err := s.Objects(ctx, in, file.Kind, start, Page{})
			return many(len(items), err)
		},
		"DeleteObject": func(in platform.Scope) (bool, error) {
			err := s.DeleteObject(ctx, in, file.Kind, file.ID)
			if err == nil {
				putObjects(t, s, file) // for those who ask after this one
			}
			return found(err)
		},
		"CallsSince": func(in platform.Scope) (bool, error) {
			items, _, err := s.CallsSince(ctx, in, CallFilter{}, Page{})
			return many(len(items), err)
		},
	}
	methods := reflect.TypeFor[Store]()
	for i := range methods.NumMethod() {
		name := methods.Method(i).Name
		if scoped[name] == nil && !unscoped[name] {
			t.Errorf("%s: is it scoped by tenant? Put it in one of the lists here", name)
		}
	}
	for name, ask := range scoped {
		for what, in := range map[string]platform.Scope{"another tenant": platform.In(other), "no scope": {}} {
			switch ok, err := ask(in); {
			case ok:
				t.Errorf("%s: %s gets there", name, what)
			case err != nil:
				wantErr(t, err, platform.ErrNotFound)
			}
		}
	}
	if recs, _, err := s.Calls(ctx, defaultScope, CallFilter{}, Page{}); err != nil || len(recs) != 1 {
		t.Error("the tenant sees calls without a caller:", ids(recs), err)
	}
	if got, err := s.Key(ctx, defaultScope, k.ID); err != nil || !got.Revoked.Equal(time.Time{}) {
		t.Error("another tenant revoked the key:", got, err)
	}
	for name, ask := range scoped {
		for what, in := range map[string]platform.Scope{"the tenant": defaultScope, "the operator": platform.Everywhere()} {
			if ok, err := ask(in); !ok || err != nil {
				t.Errorf("%s: %s does not get there: %v", name, what, err)
			}
		}
	}
}
