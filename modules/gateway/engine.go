package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/catalog/live"
	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/objects"
	"github.com/fairwaygw/fairway/internal/secret"
	"github.com/fairwaygw/fairway/internal/snapshot"
	"github.com/fairwaygw/fairway/internal/store"
)

// Engine is everything that outlives a reload: the store, the snapshot of who
// may call, the journal, and the state of targets and providers. There is one
// for each store. Configurations hold it, and so does each call, because
// Caddy cleans an old configuration up while its calls still run.
type Engine struct {
	path    string
	logger  *zap.Logger
	store   *store.SQLite
	live    *snapshot.Live
	hasher  *secret.Hasher
	journal *ledger.Journal
	states  states
	// space is the store's name where several nodes count together.
	space string
	// counting is what callers use against what they may.
	counting counting
	// thoughts are what models thought before they called tools.
	thoughts thoughtMemory
	// objects are what callers refer to later.
	objects *objects.Keeper
	// catalog is what is known of models, apps those who must know.
	catalog *live.Live
	apps    apps
	// management is the operator's API on the store.
	management http.Handler

	// retention is how long records are kept, in nanoseconds; 0 is for ever.
	retention atomic.Int64
	// storeFailing is set while the store cannot be read.
	storeFailing atomic.Bool

	cancel context.CancelFunc
	tasks  sync.WaitGroup

	// users are the configurations and the calls in flight.
	users atomic.Int64
}

// engines are the open ones by the path of their store. Caddy's UsagePool would
// forget an engine with its last configuration, while calls may still hold it:
// a configuration that comes back to the store meanwhile must find it here.
var engines = struct {
	sync.Mutex
	byPath map[string]*Engine
}{byPath: map[string]*Engine{}}

// takeEngine opens the engine of a store, or takes the one that is open.
func takeEngine(path string, logger *zap.Logger) (*Engine, error) {
	engines.Lock()
	defer engines.Unlock()
	if e := engines.byPath[path]; e != nil && e.revive() {
		return e, nil
	}
	e, err := openEngine(path, logger)
	if err == nil {
		engines.byPath[path] = e
	}
	return e, err
}

// revive takes hold of an engine that somebody else still holds.
func (e *Engine) revive() bool {
	for {
		n := e.users.Load()
		if n == 0 {
			return false
		}
		if e.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// release lets the engine go; when nobody else holds it, it is closed, beside
// the caller.
func (e *Engine) release() {
	if e.users.Add(-1) == 0 {
		go e.end()
	}
}

// releaseNow is release, but waits: at the end of the process nobody else does.
func (e *Engine) releaseNow() {
	if e.users.Add(-1) == 0 {
		e.end()
	}
}

// end closes the engine. It takes the lock last: who opens the store anew
// meanwhile holds it, and waits for the journal.
func (e *Engine) end() {
	if err := e.close(); err != nil {
		e.logger.Error("closing the store", zap.Error(err))
	}
	engines.Lock()
	defer engines.Unlock()
	if engines.byPath[e.path] == e {
		delete(engines.byPath, e.path)
	}
}

// openTimeout bounds the opening of a store, and the wait for another process
// to let go of it.
const openTimeout = 8 * time.Second

func openEngine(path string, logger *zap.Logger) (*Engine, error) {
	ctx, cancel := context.WithTimeout(context.Background(), openTimeout)
	defer cancel()
	s, err := store.Open(ctx, store.Options{Path: path})
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	e := &Engine{path: path, logger: logger, store: s}
	e.users.Store(1)
	if err := e.start(ctx); err != nil {
		return nil, errors.Join(err, e.close()) //nolint:contextcheck // closing has a bound of its own
	}
	return e, nil
}

func (e *Engine) start(ctx context.Context) error { //nolint:contextcheck // its tasks outlive the opening
	var err error
	if e.hasher, err = secret.Open(ctx, secret.PepperPath(e.path), e.store); err != nil {
		return fmt.Errorf("opening the store's pepper: %w", err)
	}
	fingerprint, err := e.store.PepperFingerprint(ctx)
	if err != nil {
		return fmt.Errorf("reading the store's fingerprint: %w", err)
	}
	e.space = space(fingerprint)
	e.live = snapshot.New(e.store, snapshot.Options{OnError: e.snapshotFailed})
	if err := e.live.Load(ctx); err != nil {
		return fmt.Errorf("loading the snapshot: %w", err)
	}
	if e.journal, err = openJournal(ctx, filepath.Join(filepath.Dir(e.path), "journal"), e.logger); err != nil {
		return err
	}
	// The journal's lock keeps other processes away from this folder as well.
	if e.objects, err = objects.Open(filepath.Join(filepath.Dir(e.path), "objects"), e.store, objects.Options{Logger: e.logger.Named("objects")}); err != nil {
		return err
	}
	e.openCatalog()
	from, err := e.store.Checkpoint(ctx)
	if err != nil {
		return fmt.Errorf("reading the journal's checkpoint: %w", err)
	}
	e.management = e.newManagement(e.logger)
	running, cancel := context.WithCancel(context.Background())
	e.cancel = cancel
	e.run(func() { _ = e.live.Run(running) }) // it ends with the context, and reports all else
	e.run(func() {
		if err := e.journal.Run(running, from, e.store.Ingest); err != nil && running.Err() == nil {
			e.logger.Error("ingesting call records ended", zap.Error(err))
		}
	})
	e.run(func() { e.objects.Run(running) })
	e.run(func() { e.catalog.Run(running) })
	e.run(func() { e.apps.run(running, e) })
	e.run(func() { e.keep(running) })
	return nil
}

func (e *Engine) run(task func()) {
	e.tasks.Add(1)
	go func() {
		defer e.tasks.Done()
		task()
	}()
}

// openJournal opens the journal, and waits for a process that is on its way
// out, as at a restart.
func openJournal(ctx context.Context, dir string, logger *zap.Logger) (*ledger.Journal, error) {
	for {
		j, err := ledger.Open(dir, ledger.Options{Logger: logger.Named("journal")})
		if !errors.Is(err, ledger.ErrJournalInUse) {
			return j, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("another process serves this store: %w", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// keep watches over the engine's parts, and deletes old records.
func (e *Engine) keep(ctx context.Context) {
	gauges := time.NewTicker(time.Second)
	defer gauges.Stop()
	purge := time.NewTicker(10 * time.Minute)
	defer purge.Stop()
	for {
		e.gauge(ctx)
		select {
		case <-ctx.Done():
			return
		case <-gauges.C:
		case <-purge.C:
			e.purge(ctx)
			if book := e.counting.book.Load(); book != nil {
				book.Sweep()
			}
		}
	}
}

func (e *Engine) gauge(ctx context.Context) {
	journalLag.Set(float64(e.journal.Lag().Bytes))
	up := 1.0
	if e.journal.Err() != nil {
		up = 0
	}
	journalUp.Set(up)
	snapshotKeys.Set(float64(e.live.Snapshot().Keys()))
	e.gaugeCatalog()
	if !e.storeFailing.Load() {
		return
	}
	if _, err := e.store.Version(ctx); err == nil {
		e.storeFailing.Store(false)
		e.logger.Info("the store can be read again")
	}
}

// purgeBatch is how many records go at once, so that no other write waits long.
const purgeBatch = 2000

func (e *Engine) purge(ctx context.Context) {
	now := time.Now()
	e.purgeAll(ctx, "deleting expired objects", func(limit int) (int, error) { return e.store.PurgeObjects(ctx, now, limit) })
	if retention := time.Duration(e.retention.Load()); retention > 0 {
		e.purgeAll(ctx, "deleting old call records", func(limit int) (int, error) { return e.store.PurgeCalls(ctx, now.Add(-retention), limit) })
	}
}

// purgeAll deletes batch by batch.
func (e *Engine) purgeAll(ctx context.Context, doing string, some func(limit int) (int, error)) {
	for {
		n, err := some(purgeBatch)
		if err != nil && ctx.Err() == nil {
			e.logger.Warn(doing, zap.Error(err))
		}
		if err != nil || n < purgeBatch {
			return
		}
	}
}

// snapshotFailed notes that the store could not be read.
func (e *Engine) snapshotFailed(err error) {
	snapshotErrors.Inc()
	if !e.storeFailing.Swap(true) {
		e.logger.Error("reading the store failed; the last snapshot stays in force", zap.Error(err))
	}
}

// drainTimeout bounds how long closing waits for the store to take the
// journal's records. What it has not taken stays for the next start.
const drainTimeout = 3 * time.Second

func (e *Engine) close() error {
	var err error
	if e.cancel != nil {
		ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
		if err := e.journal.Drain(ctx); err != nil {
			e.logger.Warn("closing with call records that the store has not taken yet", zap.Error(err))
		}
		if err := e.objects.Drain(ctx); err != nil {
			e.logger.Warn("closing with kept objects that the store has not taken yet", zap.Error(err))
		}
		cancel()
		e.cancel()
		e.tasks.Wait()
	}
	e.counting.close()
	if e.journal != nil {
		err = e.journal.Close()
	}
	return errors.Join(err, e.store.Close())
}
