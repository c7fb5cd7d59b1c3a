package snapshot

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/fairwaygw/fairway/internal/platform"
)

// Source is the store as it is seen from here.
type Source interface {
	// Version counts the changes. It is asked often.
	Version(ctx context.Context) (int64, error)
	// Changes tells what has changed after a version, 0 for all there is, and
	// the version that this leads to.
	Changes(ctx context.Context, since int64, to platform.Changes) (version int64, err error)
}

// Options set what keeps the snapshot up to date.
type Options struct {
	// Every is how often the store is asked for changes by other processes.
	// Default 250ms.
	Every time.Duration
	// OnError gets each failure to read the store. The last snapshot stays.
	OnError func(error)
	// OnChange gets each new snapshot, after it is in force.
	OnChange func(*Snapshot)
}

// Live holds the snapshot that is in force.
type Live struct {
	source  Source
	o       Options
	current atomic.Pointer[Snapshot]
	// reading is held by who reads the store; terms are its.
	reading chan struct{}
	terms   *termBook
}

// New makes a Live with an empty snapshot. Load it before use.
func New(source Source, o Options) *Live {
	if o.Every <= 0 {
		o.Every = 250 * time.Millisecond
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	if o.OnChange == nil {
		o.OnChange = func(*Snapshot) {}
	}
	l := &Live{source: source, o: o, reading: make(chan struct{}, 1)}
	l.current.Store(empty)
	return l
}

// Snapshot is the snapshot that is in force.
func (l *Live) Snapshot() *Snapshot { return l.current.Load() }

// Find finds a key in the snapshot that is in force: see [Snapshot.Find].
func (l *Live) Find(hash [sha256.Size]byte) (*Entry, bool) { return l.current.Load().Find(hash) }

// Load reads all of the store for the first time.
func (l *Live) Load(ctx context.Context) error {
	if err := l.update(ctx); err != nil {
		return fmt.Errorf("loading snapshot: %w", err)
	}
	return nil
}

// Refresh puts all changes in force that were committed before the call. After
// an error the last snapshot stays, and Run tries again.
func (l *Live) Refresh(ctx context.Context) error {
	if err := l.update(ctx); err != nil {
		l.o.OnError(err)
		return fmt.Errorf("refreshing snapshot: %w", err)
	}
	return nil
}

// Run looks for changes until the context ends, and returns its error.
func (l *Live) Run(ctx context.Context) error {
	tick := time.NewTicker(l.o.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if err := l.update(ctx); err != nil && ctx.Err() == nil {
			l.o.OnError(err)
		}
	}
}

// update reads what has changed and puts it in force.
func (l *Live) update(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case l.reading <- struct{}{}:
	}
	defer func() { <-l.reading }()

	version, err := l.source.Version(ctx)
	if err != nil {
		return err
	}
	from := l.current.Load()
	switch {
	case version == from.version && from != empty:
		return nil
	case version < from.version:
		// The store has gone back, to a backup: what came after is void.
		from = empty
	}
	if from == empty {
		l.terms = newTermBook()
	}
	d := from.draft(l.terms)
	version, err = l.source.Changes(ctx, from.version, d.changes())
	if err != nil {
		return err
	}
	next := d.done(version)
	l.current.Store(next)
	l.o.OnChange(next)
	return nil
}
