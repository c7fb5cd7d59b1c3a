package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/llm"
)

// testContract is what every kind of store must do. open makes an empty one.
func testContract(t *testing.T, open func(t *testing.T) Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"tenants":      testTenants,
		"applications": testApplications,
		"keys":         testKeys,
		"revocation":   testRevocation,
		"changes":      testChanges,
		"concurrency":  testConcurrency,
		"ingest":       testIngest,
		"journal":      testIngestJournal,
		"calls":        testCalls,
		"follow":       testFollow,
		"purge":        testPurge,
		"objects":      testObjects,
		"expiry":       testObjectExpiry,
		"fingerprint":  testFingerprint,
		"isolation":    testIsolation,
		"platform":     testPlatform,
		"uniqueness":   testOneLiveSubscription,
		"seclusion":    testReadsAreScoped,
		"timers":       testTimers,
		"hostile":      testHostile,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// start is when the tests' things were made. Ids and times go on from there.
var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

var defaultScope = platform.In(platform.DefaultTenant)

func newApplication(t *testing.T, s Store, tenant platform.TenantID, name string) platform.Application {
	t.Helper()
	a := platform.Application{ID: platform.NewApplicationID(start), Tenant: tenant, Name: name, Created: start}
	if err := s.CreateApplication(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	a.Revision = 1
	return a
}

// newKey makes the n-th key.
func newKey(t *testing.T, s Store, a platform.Application, n int) (platform.Key, [32]byte) {
	t.Helper()
	at := start.Add(time.Duration(n) * time.Second)
	k := platform.Key{
		ID: platform.NewKeyID(at), Tenant: a.Tenant, Application: a.ID,
		Name: fmt.Sprint("key ", n), Hint: "fwk_abcd…", Created: at,
	}
	hash := hashOf(n)
	if err := s.CreateKey(t.Context(), k, hash); err != nil {
		t.Fatal(err)
	}
	k.Revision = 1
	return k, hash
}

func hashOf(n int) (hash [32]byte) {
	copy(hash[:], fmt.Sprintf("hash %d", n))
	return hash
}

func wantErr(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got error %v, want %v", err, want)
	}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unexpected (-want +got):\n%s", diff)
	}
}

func testTenants(t *testing.T, s Store) {
	ctx := t.Context()
	items, next, err := s.Tenants(ctx, platform.Everywhere(), Page{})
	if err != nil || len(items) != 1 || next != "" {
		t.Fatal(items, next, err)
	}
	def := items[0]
	if def.ID != platform.DefaultTenant || def.Name != platform.DefaultTenantName || time.Since(def.Created) > time.Hour {
		t.Error("not the default tenant:", def)
	}
	for _, name := range []string{string(platform.DefaultTenant), "default"} {
		got, err := s.Tenant(ctx, defaultScope, name)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, got, def)
	}
	_, err = s.Tenant(ctx, platform.Everywhere(), "acme")
	wantErr(t, err, platform.ErrNotFound)
}

func testApplications(t *testing.T, s Store) {
	ctx := t.Context()
	var all []platform.Application
	for i := range 5 {
		all = append(all, newApplication(t, s, platform.DefaultTenant, fmt.Sprint("Shop ", i)))
	}
	sortByID(all, func(a platform.Application) string { return string(a.ID) })

	got, err := s.Application(ctx, defaultScope, all[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, all[0])
	if got, err = s.ApplicationNamed(ctx, platform.DefaultTenant, "sHOP 3"); err != nil || got.Name != "Shop 3" {
		t.Error(got, err)
	}
	_, err = s.ApplicationNamed(ctx, platform.DefaultTenant, "Shop")
	wantErr(t, err, platform.ErrNotFound)
	_, err = s.Application(ctx, defaultScope, platform.NewApplicationID(start))
	wantErr(t, err, platform.ErrNotFound)

	// A name is taken whatever its case.
	again := platform.Application{ID: platform.NewApplicationID(start), Tenant: platform.DefaultTenant, Name: "SHOP 1", Created: start}
	wantErr(t, s.CreateApplication(ctx, again), platform.ErrExists)
	again.Tenant, again.Name = platform.NewTenantID(start), "x"
	wantErr(t, s.CreateApplication(ctx, again), platform.ErrNotFound)

	var listed []platform.Application
	p := Page{Limit: 2}
	for n := 0; ; n++ {
		items, next, err := s.Applications(ctx, defaultScope, p)
		if err != nil || n > 3 {
			t.Fatal(n, err)
		}
		listed = append(listed, items...)
		if p.Cursor = next; next == "" {
			break
		}
	}
	equal(t, listed, all)
	for _, p := range []Page{{Limit: -1}, {Limit: MaxLimit + 1}, {Cursor: "' OR 1=1--"}, {Cursor: string(platform.NewKeyID(start))}} {
		_, _, err := s.Applications(ctx, defaultScope, p)
		wantErr(t, err, platform.ErrInvalid)
	}
}

func testKeys(t *testing.T, s Store) {
	ctx := t.Context()
	a, b := newApplication(t, s, platform.DefaultTenant, "a"), newApplication(t, s, platform.DefaultTenant, "b")
	one, hash := newKey(t, s, a, 1)
	two, _ := newKey(t, s, b, 2)
	three := platform.Key{
		ID: platform.NewKeyID(start.Add(time.Minute)), Tenant: platform.DefaultTenant, Application: a.ID, Name: "three", Hint: "fwk_wxyz…",
		Created: start, Expires: start.Add(time.Hour + time.Nanosecond),
	}
	if err := s.CreateKey(ctx, three, hashOf(3)); err != nil {
		t.Fatal(err)
	}
	three.Revision = 1
	for _, want := range []platform.Key{one, two, three} {
		got, err := s.Key(ctx, defaultScope, want.ID)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, got, want)
	}
	_, err := s.Key(ctx, defaultScope, platform.NewKeyID(start))
	wantErr(t, err, platform.ErrNotFound)

	for _, c := range []struct {
		of   platform.ApplicationID
		want []platform.Key
	}{{"", []platform.Key{one, two, three}}, {a.ID, []platform.Key{one, three}}, {platform.NewApplicationID(start), nil}} {
		got, next, err := s.Keys(ctx, defaultScope, c.of, Page{})
		if err != nil || next != "" {
			t.Fatal(next, err)
		}
		equal(t, got, c.want)
	}

	// Neither the same secret nor the same id can be there twice.
	again := one
	again.ID = platform.NewKeyID(start)
	wantErr(t, s.CreateKey(ctx, again, hash), platform.ErrExists)
	wantErr(t, s.CreateKey(ctx, one, hashOf(4)), platform.ErrExists)
	again.Application = platform.NewApplicationID(start)
	wantErr(t, s.CreateKey(ctx, again, hashOf(4)), platform.ErrNotFound)
}

func testRevocation(t *testing.T, s Store) {
	ctx := t.Context()
	k, _ := newKey(t, s, newApplication(t, s, platform.DefaultTenant, "a"), 1)
	first := start.Add(time.Hour)
	got, err := s.RevokeKey(ctx, defaultScope, k.ID, first)
	if err != nil {
		t.Fatal(err)
	}
	k.Revoked, k.Revision = first, 2
	equal(t, got, k)
	before, err := s.Version(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got, err = s.RevokeKey(ctx, defaultScope, k.ID, first.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, k)
	if after, err := s.Version(ctx); err != nil || after != before {
		t.Errorf("revoking again made version %d of %d (%v)", after, before, err)
	}
	_, err = s.RevokeKey(ctx, defaultScope, platform.NewKeyID(start), first)
	wantErr(t, err, platform.ErrNotFound)
}

// changesSince collects what has changed.
func changesSince(t *testing.T, s Store, since int64) (map[platform.KeyID]platform.Credential, int64) {
	t.Helper()
	got := map[platform.KeyID]platform.Credential{}
	version, err := s.Changes(t.Context(), since, platform.Changes{
		Credential: func(c *platform.Credential) { got[c.Key] = *c },
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, version
}

func testChanges(t *testing.T, s Store) {
	ctx := t.Context()
	a := newApplication(t, s, platform.DefaultTenant, "a")
	got, v0 := changesSince(t, s, 0)
	equal(t, len(got), 0)

	one, hash := newKey(t, s, a, 1)
	want := platform.Credential{Hash: hash, Tenant: a.Tenant, Application: a.ID, Key: one.ID}
	got, v1 := changesSince(t, s, v0)
	equal(t, got, map[platform.KeyID]platform.Credential{one.ID: want})
	if v, err := s.Version(ctx); err != nil || v != v1 || v1 <= v0 {
		t.Errorf("version is %d after %d, changes say %d (%v)", v, v0, v1, err)
	}
	got, _ = changesSince(t, s, v1)
	equal(t, len(got), 0)

	two := platform.Key{ID: platform.NewKeyID(start), Tenant: a.Tenant, Application: a.ID, Name: "x", Created: start, Expires: start.Add(time.Hour)}
	if err := s.CreateKey(ctx, two, hashOf(2)); err != nil {
		t.Fatal(err)
	}
	wantTwo := platform.Credential{Hash: hashOf(2), Tenant: a.Tenant, Application: a.ID, Key: two.ID, Expires: two.Expires.UnixNano()}
	if _, err := s.RevokeKey(ctx, defaultScope, one.ID, start); err != nil {
		t.Fatal(err)
	}
	want.Revoked = true
	got, v2 := changesSince(t, s, v1)
	equal(t, got, map[platform.KeyID]platform.Credential{one.ID: want, two.ID: wantTwo})
	all, v := changesSince(t, s, 0)
	equal(t, all, got)
	equal(t, v, v2)

	// What fails changes nothing.
	wantErr(t, s.CreateKey(ctx, two, hashOf(3)), platform.ErrExists)
	if v, err := s.Version(ctx); err != nil || v != v2 {
		t.Error(v, err)
	}
}

// testConcurrency makes keys from many sides while changes are read: nothing
// may be missed.
func testConcurrency(t *testing.T, s Store) {
	const writers, each = 4, 10
	a := newApplication(t, s, platform.DefaultTenant, "a")
	before, err := s.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				newKey(t, s, a, w*each+i)
			}
		})
	}
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	seen := map[platform.KeyID]bool{}
	version := int64(0)
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		var got map[platform.KeyID]platform.Credential
		got, version = changesSince(t, s, version)
		for id := range got {
			seen[id] = true
		}
	}
	equal(t, len(seen), writers*each)
	if after, err := s.Version(t.Context()); err != nil || version != after || after-before != int64(writers*each) {
		t.Errorf("version %d, of %d before, and %d seen: %v", after, before, version, err)
	}
}

func testFingerprint(t *testing.T, s Store) {
	ctx := t.Context()
	if got, err := s.PepperFingerprint(ctx); err != nil || got != nil {
		t.Fatal(got, err)
	}
	for _, f := range []string{"first", "second"} {
		if err := s.SetPepperFingerprint(ctx, []byte(f)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.PepperFingerprint(ctx); err != nil || string(got) != "first" {
			t.Fatal(string(got), err)
		}
	}
}

// testHostile puts what looks like SQL everywhere: it is text and finds nothing.
func testHostile(t *testing.T, s Store) {
	ctx := t.Context()
	a := newApplication(t, s, platform.DefaultTenant, "a")
	newKey(t, s, a, 1)
	if err := s.Ingest(ctx, []ledger.Record{record(1, a)}, ledger.Checkpoint{}); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"' OR 1=1--", `" OR ""="`, "x'); DROP TABLE keys;--", "%", "_", "\x00", "\xff", "*"} {
		_, err := s.Tenant(ctx, platform.Everywhere(), text)
		wantErr(t, err, platform.ErrNotFound)
		_, err = s.Application(ctx, defaultScope, platform.ApplicationID(text))
		wantErr(t, err, platform.ErrNotFound)
		_, err = s.ApplicationNamed(ctx, platform.DefaultTenant, text)
		wantErr(t, err, platform.ErrNotFound)
		_, err = s.Key(ctx, defaultScope, platform.KeyID(text))
		wantErr(t, err, platform.ErrNotFound)
		_, err = s.Call(ctx, defaultScope, text)
		wantErr(t, err, platform.ErrNotFound)
		for _, f := range []CallFilter{{Model: text}, {Key: platform.KeyID(text)}, {Application: platform.ApplicationID(text)}} {
			recs, _, err := s.Calls(ctx, defaultScope, f, Page{})
			if err != nil || len(recs) != 0 {
				t.Errorf("%q found %d calls (%v)", text, len(recs), err)
			}
		}
		_, _, err = s.Calls(ctx, defaultScope, CallFilter{}, Page{Cursor: text})
		wantErr(t, err, platform.ErrInvalid)
		_, _, err = s.CallsSince(ctx, defaultScope, CallFilter{}, Page{Cursor: text})
		wantErr(t, err, platform.ErrInvalid)
	}
}

func record(n int, a platform.Application) ledger.Record {
	cost := ledger.Nano(n * 1000)
	usage := llm.Usage{Input: int64(n), Output: 7}
	at := start.Add(time.Duration(n) * time.Second)
	return ledger.Record{
		ID: fmt.Sprintf("call_%s%016d", platform.NewKeyID(at)[4:14], n), Time: at,
		Tenant: string(a.Tenant), Application: string(a.ID), Key: "key_1",
		Front: "openai", Operation: "chat", Model: "fast", Status: 200, Finish: "stop",
		Usage: usage, Cost: &cost, Duration: time.Second, FirstContent: time.Millisecond,
		Attempts: []ledger.Attempt{{Target: "openai/gpt-5-mini", Status: 200, Duration: time.Second, Usage: usage, Cost: &cost, Price: "p1"}},
	}
}
