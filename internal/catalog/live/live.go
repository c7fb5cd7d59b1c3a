// Package live keeps the catalog that is in force: the one that came with the
// build, or one that was read from a source of the operator's.
//
// What was read is judged before it takes effect, and kept beside the store, so
// that it is there after a restart; so is what it replaced, to go back to.
package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/catalog"
)

// Config says where newer facts are from.
type Config struct {
	// File or URL is the source.
	File, URL string
	// Refresh is how often the source is looked at; 0 is only when asked to.
	Refresh time.Duration
	// Timeout and MaxSize, in bytes, bound one reading.
	Timeout time.Duration
	MaxSize int64
	// MaxLoss is how many in a hundred of the known models a source may lack,
	// or price beyond belief, before it is refused.
	MaxLoss int
	// MaxPriceChange is by which factor a price may change at once.
	MaxPriceChange int64
}

// Defaults of a [Config].
const (
	DefaultRefresh        = 24 * time.Hour
	DefaultTimeout        = time.Minute
	DefaultMaxSize        = 32 << 20
	DefaultMaxLoss        = 20
	DefaultMaxPriceChange = 10
)

// Options say how a [Live] is kept.
type Options struct {
	// Dir is where generations are kept.
	Dir string
	// Base is what holds where there is no newer fact. Default: the built-in
	// catalog.
	Base   *catalog.Catalog
	Logger *zap.Logger
	// Changed is told of each catalog that comes into force after the first.
	Changed func(*catalog.Catalog)
	// Refreshed is told how each look at the source ended.
	Refreshed func(Outcome)
	// now is the clock; tests put another one here.
	now func() time.Time
}

// Live is the catalog in force. It is safe for concurrent use.
type Live struct {
	o       Options
	current atomic.Pointer[catalog.Catalog]
	config  atomic.Pointer[Config]
	kick    chan struct{}

	// mu is held while the state changes; a reading of the source holds reading.
	mu      sync.Mutex
	reading sync.Mutex
	state   state
	// opened is the generation that current was made of; made tells that it was.
	opened string
	made   bool
	next   time.Time
	// damaged is set when a kept file turned out to be unreadable: what the
	// source has is then to be read again, whether it changed or not.
	damaged atomic.Bool
}

// Errors that a caller can act on.
var (
	// ErrNoSource is for a gateway without a source.
	ErrNoSource = errors.New("the configuration names no source for the catalog")
	// ErrNoPrevious is for going back where nothing is left.
	ErrNoPrevious = errors.New("there is no catalog to go back to")
)

// Open reads what was kept. A folder that is damaged is no reason not to start:
// the built-in catalog holds until the source is read again.
func Open(o Options) *Live {
	if o.Base == nil {
		o.Base = catalog.Builtin()
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.now == nil {
		o.now = time.Now
	}
	l := &Live{o: o, kick: make(chan struct{}, 1)}
	if err := l.state.read(o.Dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		o.Logger.Warn("the kept catalog cannot be read; the built-in one is in force", zap.Error(err))
	}
	if gone := l.state.check(o.Dir); len(gone) > 0 {
		l.damaged.Store(true)
		o.Logger.Error("kept catalogs are not whole; those before stand in", zap.Strings("generations", gone))
	}
	l.current.Store(o.Base)
	return l
}

// Catalog is the one in force.
func (l *Live) Catalog() *catalog.Catalog { return l.current.Load() }

// Configure says where newer facts are from; nil is nowhere, and the built-in
// catalog is in force. What was read from another source before stays in force
// until this one was read.
func (l *Live) Configure(c *Config) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.config.Store(c)
	l.publish()
	l.wake()
}

// wake makes Run look when it is time anew.
func (l *Live) wake() {
	select {
	case l.kick <- struct{}{}:
	default:
	}
}

// publish puts in force what the state says. It needs mu.
func (l *Live) publish() {
	want := l.state.Current
	if l.config.Load() == nil {
		want = ""
	}
	if l.made && l.opened == want {
		return
	}
	c := l.o.Base
	if g := l.state.Generations[want]; g != nil {
		c = catalog.Over(l.o.Base, os.DirFS(filepath.Join(l.o.Dir, g.ID)), g.Vendors, func(vendor string, err error) {
			l.o.Logger.Error("a kept file of the catalog cannot be read; the built-in facts stand in", zap.String("vendor", vendor), zap.Error(err))
			l.damaged.Store(true)
			l.wake()
		})
	}
	first := !l.made
	l.opened, l.made = want, true
	if l.current.Swap(c) != c && !first && l.o.Changed != nil {
		l.o.Changed(c)
	}
}

// Run looks at the source when it is time, until the context ends.
func (l *Live) Run(ctx context.Context) {
	failures := 0
	for {
		wait := l.due(failures)
		var timer <-chan time.Time
		if wait >= 0 {
			timer = time.After(wait)
		}
		select {
		case <-ctx.Done():
			return
		case <-l.kick:
			failures = 0
			continue
		case <-timer:
		}
		if _, err := l.refresh(ctx, false, true); err != nil && ctx.Err() == nil {
			failures++
			l.o.Logger.Warn("refreshing the catalog failed; the one before stays in force", zap.Error(err))
		} else {
			failures = 0
		}
	}
}

// due is how long to wait for the next look at the source; negative is until
// something changes.
func (l *Live) due(failures int) time.Duration {
	c := l.config.Load()
	if c == nil || c.Refresh <= 0 {
		return -1
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.o.now()
	switch {
	case failures > 0:
		l.next = now.Add(min(c.Refresh, time.Minute<<min(failures-1, 10)))
	case l.state.Checked.IsZero() || l.state.Of != c.key() || l.damaged.Load():
		l.next = now
	default:
		l.next = l.state.Checked.Add(c.Refresh)
	}
	return max(0, l.next.Sub(now))
}

// Rollback puts the catalog before in force, for as long as the source does not
// change: what it has now is taken only by force.
func (l *Live) Rollback() (Status, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.config.Load() == nil {
		return l.status(), ErrNoSource
	}
	g := l.state.Generations[l.state.Current]
	if g == nil {
		return l.status(), ErrNoPrevious
	}
	next := l.state.clone()
	next.Current, next.Rejected = "", g.SHA256
	if len(next.History) > 0 {
		next.Current, next.History = next.History[0], next.History[1:]
	}
	if err := next.write(l.o.Dir); err != nil {
		return l.status(), fmt.Errorf("keeping the catalog: %w", err)
	}
	l.state = next
	l.publish()
	l.state.sweep(l.o.Dir)
	return l.status(), nil
}
