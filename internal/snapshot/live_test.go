package snapshot

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a store whose keys are the n first ones.
type memory struct {
	mu       sync.Mutex
	keys     []platform.Credential
	versions []int64
	version  int64
	err      error
	reads    atomic.Int64
}

func (m *memory) put(c platform.Credential) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.version++
	for i := range m.keys {
		if m.keys[i].Hash == c.Hash {
			m.keys[i], m.versions[i] = c, m.version
			return
		}
	}
	m.keys, m.versions = append(m.keys, c), append(m.versions, m.version)
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

func (m *memory) Version(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.version, m.err
}

func (m *memory) Changes(_ context.Context, since int64, to platform.Changes) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads.Add(1)
	for i := range m.keys {
		if m.versions[i] > since {
			to.Credential(&m.keys[i])
		}
	}
	return m.version, m.err
}

// run keeps a snapshot up to date until the test ends.
func run(t *testing.T, l *Live) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := l.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
}

// within waits until something holds.
func within(t *testing.T, d time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(d); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, d)
		}
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	m := new(memory)
	var failures atomic.Int64
	var seen []int64
	l := New(m, Options{
		OnError:  func(error) { failures.Add(1) },
		OnChange: func(s *Snapshot) { seen = append(seen, s.Version()) },
	})
	if _, ok := l.Find(credential(1).Hash); ok {
		t.Error("something is found before Load")
	}
	if err := l.Load(ctx); err != nil {
		t.Fatal(err)
	}
	one := credential(1)
	m.put(one)
	if err := l.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	hasAll(t, l.Snapshot(), []platform.Credential{one})
	reads := m.reads.Load()
	if err := l.Refresh(ctx); err != nil || m.reads.Load() != reads {
		t.Error("a refresh without a change reads all the same", err)
	}

	// A store that cannot be read leaves the last snapshot in force.
	down := errors.New("down")
	m.put(credential(2))
	m.fail(down)
	if err := l.Refresh(ctx); !errors.Is(err, down) || failures.Load() != 1 {
		t.Error(err, failures.Load())
	}
	hasAll(t, l.Snapshot(), []platform.Credential{one})
	m.fail(nil)
	if err := l.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	hasAll(t, l.Snapshot(), m.keys)

	// A store that went back, to a backup, takes the snapshot with it.
	m.mu.Lock()
	m.keys, m.versions, m.version = m.keys[:1], m.versions[:1], 1
	m.mu.Unlock()
	if err := l.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	hasAll(t, l.Snapshot(), []platform.Credential{one})
	if fmt.Sprint(seen) != "[0 1 2 1]" {
		t.Error("snapshots seen:", seen)
	}

	ended, cancel := context.WithCancel(ctx)
	cancel()
	l.reading <- struct{}{}
	if err := l.Refresh(ended); !errors.Is(err, context.Canceled) {
		t.Error("a refresh waits longer than its context:", err)
	}
	<-l.reading
}

func TestRunGoesOnAfterErrors(t *testing.T) {
	t.Parallel()
	m := new(memory)
	var failures atomic.Int64
	l := New(m, Options{Every: time.Millisecond, OnError: func(error) { failures.Add(1) }})
	m.fail(errors.New("down"))
	if err := l.Load(t.Context()); err == nil {
		t.Error("Load hides that the store is down")
	}
	run(t, l)
	within(t, 5*time.Second, "errors are told", func() bool { return failures.Load() > 2 })
	m.put(credential(1))
	m.fail(nil)
	within(t, 5*time.Second, "the key is found", func() bool { _, ok := l.Find(credential(1).Hash); return ok })
}

// TestOtherProcess changes the store through another connection.
func TestOtherProcess(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "fairway.db")
	open := func() *store.SQLite {
		s, err := store.Open(ctx, store.Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	here, there := open(), open()
	l := New(here, Options{OnError: func(err error) { t.Error(err) }})
	if err := l.Load(ctx); err != nil {
		t.Fatal(err)
	}
	run(t, l)

	now := time.Now()
	a := platform.Application{ID: platform.NewApplicationID(now), Tenant: platform.DefaultTenant, Name: "a", Created: now}
	k := platform.Key{ID: platform.NewKeyID(now), Tenant: a.Tenant, Application: a.ID, Name: "k", Created: now}
	hash := credential(1).Hash
	if err := errors.Join(there.CreateApplication(ctx, a), there.CreateKey(ctx, k, hash)); err != nil {
		t.Fatal(err)
	}
	within(t, time.Second, "the new key is found", func() bool { _, ok := l.Find(hash); return ok })
	if _, err := there.RevokeKey(ctx, platform.In(k.Tenant), k.ID, now); err != nil {
		t.Fatal(err)
	}
	within(t, time.Second, "the key is revoked", func() bool {
		e, ok := l.Find(hash)
		return ok && e.State(now) == platform.KeyRevoked
	})
}

// TestSwaps looks keys up while snapshots change.
func TestSwaps(t *testing.T) {
	t.Parallel()
	m := new(memory)
	for n := range 100 {
		m.put(credential(n))
	}
	l := New(m, Options{Every: time.Millisecond})
	if err := l.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	run(t, l)
	stop := make(chan struct{})
	var group sync.WaitGroup
	for w := range 4 {
		group.Go(func() {
			for n := w; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				c := credential(n % 100)
				if e, ok := l.Find(c.Hash); !ok || e.Key() != string(c.Key) {
					t.Error("a key that is there is not found")
					return
				}
			}
		})
	}
	for n := range 500 {
		c := credential(n % 120)
		c.Revoked = n%2 == 0
		m.put(c)
		if err := l.Refresh(t.Context()); err != nil {
			t.Error(err)
		}
		if e, ok := l.Find(c.Hash); !ok || e.revoked != c.Revoked {
			t.Error("a refresh has not put a change in force")
		}
	}
	close(stop)
	group.Wait()
}
