package gateway

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
	"github.com/fairwaygw/fairway/llm"
)

const simple = `{"providers":{"sim":{"type":"simulator"}},"models":{"m":{"targets":[{"target":"sim/echo"}]}}}`

// isOpen reports whether the engine of a store is open.
func isOpen(path string) bool {
	engines.Lock()
	defer engines.Unlock()
	return engines.byPath[path] != nil
}

// TestProvisioningOpensNothing holds that a configuration can be checked beside
// a server that runs.
func TestProvisioningOpensNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none", "fairway.db")
	a := provisioned(t, simple, path)
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, os.ErrNotExist) || isOpen(path) {
		t.Errorf("something was opened: %v", err)
	}
	if err := a.Cleanup(); err != nil {
		t.Error(err)
	}
}

// TestCleanupOfWhatNeverWas holds that Caddy may throw away what it could not
// provision.
func TestCleanupOfWhatNeverWas(t *testing.T) {
	t.Parallel()
	if err := new(App).Cleanup(); err != nil {
		t.Error(err)
	}
}

func TestOneEngineForAStore(t *testing.T) {
	t.Parallel()
	path := newStorePath(t)
	apps := make([]*App, 8)
	for i := range apps {
		apps[i] = provisioned(t, simple, path)
	}
	var group sync.WaitGroup
	for _, a := range apps {
		group.Go(func() {
			if err := a.Start(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, a := range apps {
		if a.engine.Load() != apps[0].engine.Load() {
			t.Error("there are two engines")
		}
	}
	other := startedApp(t, simple)
	if other.engine.Load() == apps[0].engine.Load() {
		t.Error("two stores have one engine")
	}
	for _, a := range apps {
		if !isOpen(path) {
			t.Error("it is closed while somebody has it")
		}
		cleanup(t, a)
	}
	if isOpen(path) {
		t.Error("it stays open when nobody has it")
	}
}

// TestCallsHoldTheEngine holds that a call is served to its end after its
// configuration has gone, and that the engine ends with the last one.
func TestCallsHoldTheEngine(t *testing.T) {
	t.Parallel()
	path := newStorePath(t)
	a := startedApp(t, simple, path)
	engine := a.engine.Load()
	first, route := opened(t, a, "m")
	second, _ := opened(t, a, "m")
	id := first.ID
	if err := a.Cleanup(); err != nil {
		t.Fatal(err)
	}
	first.Attempt(route.Target(0), 0)
	first.Attempted(llm.ClassNone)
	first.Settle(200, llm.ClassNone, "")
	first.End()
	if !isOpen(path) {
		t.Fatal("it is closed while a call has it")
	}
	// A configuration that comes back finds it as it is.
	back := provisioned(t, simple, path)
	if err := back.Start(); err != nil {
		t.Fatal(err)
	}
	if back.engine.Load() != engine {
		t.Error("there is a second engine")
	}
	if r := stored(t, back, id); r.Status != 200 {
		t.Errorf("the record is %+v", r)
	}
	cleanup(t, back)
	if !isOpen(path) {
		t.Fatal("it is closed while a call has it")
	}
	second.End()
	eventually(t, "the engine's end", func() bool { return !isOpen(path) })
	a.engine.Store(nil)
	// And then it can be opened again.
	startedApp(t, simple, path)
}

// TestOpeningWhileTheLastOneCloses holds that a configuration that comes in the
// very moment in which the last call ends waits for it and no longer.
func TestOpeningWhileTheLastOneCloses(t *testing.T) {
	t.Parallel()
	path := newStorePath(t)
	old, err := takeEngine(path, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if old.users.Add(-1) != 0 {
		t.Fatal("somebody else has it")
	}
	// The last one is gone, and its end has not begun.
	taken := make(chan *Engine)
	go func() {
		e, err := takeEngine(path, zap.NewNop())
		if err != nil {
			t.Error(err)
		}
		taken <- e
	}()
	eventually(t, "the lock to be taken", func() bool {
		if !engines.TryLock() {
			return true
		}
		engines.Unlock()
		return false
	})
	old.end()
	if e := <-taken; e != nil {
		if e == old || !isOpen(path) {
			t.Error("the engine that is taken is the one that was closed")
		}
		e.releaseNow()
	}
	if isOpen(path) {
		t.Error("it stays open when nobody has it")
	}
}

// TestStoreOfAnotherProcess holds that a store that another process serves is
// waited for as long as a restart takes, and then refused.
func TestStoreOfAnotherProcess(t *testing.T) {
	t.Parallel()
	path := newStorePath(t)
	other, err := ledger.Open(filepath.Join(filepath.Dir(path), "journal"), ledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	a := provisioned(t, simple, path)
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		err := a.Start()
		if !errors.Is(err, ledger.ErrJournalInUse) || !strings.Contains(err.Error(), "another process serves this store") {
			t.Errorf("got %v", err)
		}
		if took := time.Since(begun); took > openTimeout+time.Second {
			t.Errorf("it took %s", took)
		}
	})
	if isOpen(path) {
		t.Error("a store that could not be opened is open")
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Start(); err != nil {
		t.Errorf("after the other has gone: %v", err)
	}
	cleanup(t, a)
}

// TestStoreThatCannotBeOpened holds that calls are answered and not made.
func TestStoreThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	a := provisioned(t, simple, filepath.Join(dir, "fairway.db"))
	if err := a.Start(); err == nil || !strings.Contains(err.Error(), "opening the store: ") {
		t.Errorf("got %v", err)
	}
	c, w, _ := begin(t, a)
	if w.Header().Get("X-Request-Id") != c.ID || c.ID == "" {
		t.Error("the answer names no call")
	}
	for _, err := range []*llm.Error{c.Admit(), c.Authenticate("fwk_x")} {
		if err == nil || err.Status != 503 || err.Code != "gateway_unavailable" || strings.Contains(err.Message, dir) {
			t.Errorf("got %+v", err)
		}
	}
	if h := a.Health(); h.Ready || h.Parts["store"] != "cannot be opened" {
		t.Errorf("the health is %+v", h)
	}
	c.End()
	if err := a.Cleanup(); err != nil {
		t.Error(err)
	}
}

func TestPurge(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	a := startedApp(t, simple)
	e := a.engine.Load()
	old := make([]ledger.Record, purgeBatch+5)
	for i := range old {
		old[i] = ledger.Record{ID: newCallID(time.Now()), Time: time.Now().AddDate(0, 0, -31), Tenant: string(platform.DefaultTenant), Status: 200}
	}
	kept := ledger.Record{ID: newCallID(time.Now()), Time: time.Now().AddDate(0, 0, -29), Tenant: string(platform.DefaultTenant), Status: 200}
	from, err := e.store.Checkpoint(ctx)
	if err == nil {
		err = e.store.Ingest(ctx, append(old, kept), from)
	}
	if err != nil {
		t.Fatal(err)
	}
	count := func() int {
		calls, _, err := e.store.Calls(ctx, platform.Everywhere(), store.CallFilter{}, store.Page{Limit: store.MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		return len(calls)
	}
	e.retention.Store(0)
	if e.purge(ctx); count() != store.MaxLimit {
		t.Error("records are gone that were to be kept for ever")
	}
	e.retention.Store(int64(a.retention()))
	if e.purge(ctx); count() != 1 {
		t.Errorf("%d records are left", count())
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	e.purge(ended) // as at the end of the engine
}

func TestRetention(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{`0`: 30 * 24 * time.Hour, `"1h"`: time.Hour, `-1`: 0} {
		a := startedApp(t, `{"call_retention":`+text+`}`)
		if got := time.Duration(a.engine.Load().retention.Load()); got != want {
			t.Errorf("%s: got %s", text, got)
		}
	}
}

// TestFailingStore holds that a store that cannot be read is told of once, and
// leaves calls alone.
func TestFailingStore(t *testing.T) {
	t.Parallel()
	a := startedApp(t, simple)
	e := a.engine.Load()
	e.snapshotFailed(errors.New("a failure"))
	e.snapshotFailed(errors.New("a failure"))
	if h := a.Health(); !h.Ready || h.Parts["store"] != "cannot be read" || h.Parts["journal"] != "ok" {
		t.Errorf("the health is %+v", h)
	}
	e.gauge(t.Context()) // finds it well again
	if h := a.Health(); h.Parts["store"] != "ok" {
		t.Errorf("the health is %+v", h)
	}
}
