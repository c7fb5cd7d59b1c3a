package objects

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

const tenant = platform.DefaultTenant

// away is a store that can be out of reach, and counts what it is asked.
type away struct {
	*store.SQLite
	broken bool
	asked  int
}

var errAway = errors.New("away")

func (a *away) PutObjects(ctx context.Context, o []store.Object) error {
	if a.broken {
		return errAway
	}
	return a.SQLite.PutObjects(ctx, o)
}

func (a *away) Object(ctx context.Context, in platform.Scope, kind store.ObjectKind, id string, at time.Time) (store.Object, error) {
	a.asked++
	return a.SQLite.Object(ctx, in, kind, id, at)
}

func newStore(t *testing.T) *away {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "fairway.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &away{SQLite: s}
}

func open(t *testing.T, dir string, s store.Objects, o Options) *Keeper {
	t.Helper()
	k, err := Open(dir, s, o)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func object(id, body string) store.Object {
	return store.Object{Tenant: tenant, Kind: store.ObjectResponse, ID: id, Created: start, Expires: start.Add(time.Hour), Body: []byte(body)}
}

func put(t *testing.T, k *Keeper, objects ...store.Object) {
	t.Helper()
	if err := k.Put(objects...); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, k *Keeper, id string) (store.Object, bool) {
	t.Helper()
	o, err := k.Get(t.Context(), tenant, store.ObjectResponse, id, start)
	if err != nil && !errors.Is(err, platform.ErrNotFound) {
		t.Fatal(err)
	}
	return o, err == nil
}

func files(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestKept(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), newStore(t)
	k := open(t, dir, s, Options{})
	want := object("a", "first")
	put(t, k, want, object("b", "second"))
	// At once, and without a query.
	if got, ok := get(t, k, "a"); !ok || cmp.Diff(want, got) != "" || s.asked != 0 {
		t.Errorf("got %v %v after %d queries", got, ok, s.asked)
	}
	if files(t, dir) != 1 {
		t.Error("what is not in the store is in no file")
	}
	if err := k.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if files(t, dir) != 0 {
		t.Error("what is in the store is in a file still")
	}
	if _, ok := get(t, k, "a"); !ok || s.asked != 0 {
		t.Error("what was stored is not in memory any more")
	}
	// A newer one takes its place, in memory and in the store.
	put(t, k, object("a", "newer"))
	if got, _ := get(t, k, "a"); string(got.Body) != "newer" {
		t.Errorf("got %s", got.Body)
	}
	if err := k.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := open(t, dir, s, Options{})
	if got, ok := get(t, other, "a"); !ok || string(got.Body) != "newer" || s.asked != 1 {
		t.Errorf("got %s after %d queries", got.Body, s.asked)
	}
	if _, ok := get(t, other, "a"); !ok || s.asked != 1 {
		t.Error("what was read is asked for again")
	}
}

func TestTenantsNeverMeet(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	k := open(t, t.TempDir(), s, Options{})
	put(t, k, object("a", "ours"))
	for _, when := range []string{"waiting", "stored"} {
		_, err := k.Get(t.Context(), "ten_other", store.ObjectResponse, "a", start)
		if !errors.Is(err, platform.ErrNotFound) {
			t.Errorf("%s: another tenant got %v", when, err)
		}
		if err := k.Delete(t.Context(), "ten_other", store.ObjectResponse, "a"); !errors.Is(err, platform.ErrNotFound) {
			t.Errorf("%s: another tenant deleted it: %v", when, err)
		}
		if _, ok := get(t, k, "a"); !ok {
			t.Errorf("%s: it is gone", when)
		}
	}
}

func TestExpired(t *testing.T) {
	t.Parallel()
	k := open(t, t.TempDir(), newStore(t), Options{})
	put(t, k, object("a", "x"))
	for _, when := range []string{"waiting", "recent"} {
		if _, err := k.Get(t.Context(), tenant, store.ObjectResponse, "a", start.Add(time.Hour)); !errors.Is(err, platform.ErrNotFound) {
			t.Errorf("%s: %v", when, err)
		}
		if err := k.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCrash leaves a keeper without giving the store anything.
func TestCrash(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), newStore(t)
	k := open(t, dir, s, Options{})
	put(t, k, object("a", "older"))
	put(t, k, object("a", "newer"), object("b", "x"))
	// A file that was being written is not whole.
	if err := os.WriteFile(filepath.Join(dir, "zz"+extension), []byte(`[{"Tenant":"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "other"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	k = open(t, dir, s, Options{})
	if got, ok := get(t, k, "a"); !ok || string(got.Body) != "newer" {
		t.Errorf("got %s %v", got.Body, ok)
	}
	if err := k.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := files(t, dir); n != 1 {
		t.Errorf("%d files are left", n)
	}
	stored, err := s.Object(t.Context(), platform.In(tenant), store.ObjectResponse, "a", start)
	if err != nil || string(stored.Body) != "newer" {
		t.Errorf("stored %s (%v)", stored.Body, err)
	}
}

// TestStoreAway holds that a store that is away costs nothing, up to a bound.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), newStore(t)
	k := open(t, dir, s, Options{Waiting: 3000})
	s.broken = true
	put(t, k, object("a", strings.Repeat("x", 1000)))
	if err := k.Drain(t.Context()); !errors.Is(err, errAway) {
		t.Fatal(err)
	}
	if _, ok := get(t, k, "a"); !ok {
		t.Error("it is gone")
	}
	if err := k.Delete(t.Context(), tenant, store.ObjectResponse, "a"); !errors.Is(err, errAway) {
		t.Error("a deletion that may be undone succeeds:", err)
	}
	if err := k.Put(object("b", strings.Repeat("x", 2000))); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	s.broken = false
	if err := k.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, k, object("b", strings.Repeat("x", 2000)))
}

func TestDelete(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), newStore(t)
	k := open(t, dir, s, Options{})
	put(t, k, object("a", "x"), object("item", "y"), object("b", "z"))
	if err := k.Delete(t.Context(), tenant, store.ObjectResponse, "a", object("item", ""), object("none", "")); err != nil {
		t.Fatal(err)
	}
	for _, k := range []*Keeper{k, open(t, dir, s, Options{})} {
		for id, want := range map[string]bool{"a": false, "item": false, "b": true} {
			if _, ok := get(t, k, id); ok != want {
				t.Errorf("%s: there %v, want %v", id, ok, want)
			}
		}
	}
	if err := k.Delete(t.Context(), tenant, store.ObjectResponse, "a"); !errors.Is(err, platform.ErrNotFound) {
		t.Error(err)
	}
}

// TestMemory holds that memory is bounded by what was not used for longest.
func TestMemory(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	k := open(t, t.TempDir(), s, Options{Memory: 16 * (overhead + 1001)})
	for n := range 20 {
		put(t, k, object(string(rune('a'+n)), strings.Repeat("x", 1000)))
		if err := k.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		get(t, k, "a")
	}
	put(t, k, object("large", strings.Repeat("x", 4000)))
	if err := k.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if k.recent.size > k.o.Memory || len(k.recent.byKey) != 16 || k.recent.order.Len() != 16 {
		t.Errorf("%d bytes, %d and %d objects", k.recent.size, len(k.recent.byKey), k.recent.order.Len())
	}
	s.asked = 0
	get(t, k, "a")
	get(t, k, "t")
	if s.asked != 0 {
		t.Error("what was just used is not in memory")
	}
	for _, id := range []string{"b", "large"} {
		if _, ok := get(t, k, id); !ok {
			t.Error("not found:", id)
		}
	}
	if s.asked != 2 {
		t.Errorf("%d queries", s.asked)
	}
}

// TestRun gives the store what it has not taken, again and again.
func TestRun(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	k := open(t, t.TempDir(), s, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.Run(ctx)
	}()
	put(t, k, object("a", "x"))
	for {
		if _, err := s.SQLite.Object(t.Context(), platform.In(tenant), store.ObjectResponse, "a", start); err == nil {
			break
		}
	}
	cancel()
	<-ended
}
