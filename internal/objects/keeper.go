// Package objects keeps what callers refer to by an id later: in memory for the
// next call, in a file until the store has it, and in the store.
package objects

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
)

// ErrFull is why nothing more is kept: the store has not taken what there is.
var ErrFull = errors.New("too much waits for the store")

// Options set a keeper. The zero value has the defaults.
type Options struct {
	// Memory bounds what is held in memory of what the store has, in bytes.
	// Default 64 MiB.
	Memory int64
	// Waiting bounds what the store has not taken yet, in bytes. Default 64 MiB.
	Waiting int64
	Logger  *zap.Logger
}

// Keeper keeps objects. Whoever opens it must be the only one to use its
// folder. All methods are safe for concurrent use.
//
// An object that Put has taken survives the death of the process: it is in a
// file until a transaction of the store has it.
type Keeper struct {
	dir   string
	store store.Objects
	o     Options

	// writing is held while the store takes objects, and while it deletes them.
	writing sync.RWMutex

	mu     sync.Mutex
	recent recent
	// waiting are the objects that the store has not taken, newest last, and
	// latest the newest of each id among them.
	waiting []parcel
	latest  map[key]store.Object
	size    int64
	files   uint64
	more    chan struct{}
	failing bool
}

// key is what an object is known by.
type key struct {
	tenant platform.TenantID
	kind   store.ObjectKind
	id     string
}

func keyOf(o *store.Object) key { return key{o.Tenant, o.Kind, o.ID} }

// parcel is what came together, and the file that it is in, if any.
type parcel struct {
	objects []store.Object
	file    string
	size    int64
}

// Open opens a keeper in a folder, which it makes when there is none. What a
// process before could not give to the store is there, and waits for Run.
func Open(dir string, s store.Objects, o Options) (*Keeper, error) {
	if o.Memory == 0 {
		o.Memory = 64 << 20
	}
	if o.Waiting == 0 {
		o.Waiting = 64 << 20
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	k := &Keeper{dir: dir, store: s, o: o, latest: map[key]store.Object{}, more: make(chan struct{}, 1)}
	k.recent.most = o.Memory
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening kept objects: %w", err)
	}
	if err := k.readFiles(); err != nil {
		return nil, fmt.Errorf("opening kept objects: %w", err)
	}
	return k, nil
}

// Put takes objects, all or none. When it returns nil they can be found, and
// outlive the process.
func (k *Keeper) Put(objects ...store.Object) error {
	p := parcel{objects: objects}
	for i := range objects {
		p.size += sizeOf(&objects[i])
	}
	k.mu.Lock()
	if k.size+p.size > k.o.Waiting && len(k.waiting) > 0 {
		k.mu.Unlock()
		return fmt.Errorf("keeping objects: %w", ErrFull)
	}
	k.files++
	k.size += p.size // claimed while the file is written
	p.file = filepath.Join(k.dir, fmt.Sprintf("%x-%x%s", time.Now().UnixNano(), k.files, extension))
	k.mu.Unlock()
	err := writeFile(p.file, objects)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		k.size -= p.size
		return fmt.Errorf("keeping objects: %w", err)
	}
	k.wait(p)
	return nil
}

// wait lets a parcel wait for the store; its size is claimed. It needs mu.
func (k *Keeper) wait(p parcel) {
	k.waiting = append(k.waiting, p)
	for i := range p.objects {
		k.latest[keyOf(&p.objects[i])] = p.objects[i]
	}
	select {
	case k.more <- struct{}{}:
	default:
	}
}

// Get finds a tenant's object that has not expired at a time. Only one that is
// not in memory costs a query.
func (k *Keeper) Get(ctx context.Context, t platform.TenantID, kind store.ObjectKind, id string, at time.Time) (store.Object, error) {
	name := key{t, kind, id}
	k.mu.Lock()
	o, ok := k.latest[name]
	if !ok {
		o, ok = k.recent.get(name)
	}
	k.mu.Unlock()
	if ok {
		if !o.Expires.IsZero() && !o.Expires.After(at) {
			return store.Object{}, fmt.Errorf("finding object: %w", platform.ErrNotFound)
		}
		return o, nil
	}
	// A deletion must not be undone by what was read before it.
	k.writing.RLock()
	defer k.writing.RUnlock()
	o, err := k.store.Object(ctx, platform.In(t), kind, id, at)
	if err != nil {
		return o, err
	}
	k.mu.Lock()
	k.recent.put(o)
	k.mu.Unlock()
	return o, nil
}

// Delete deletes a tenant's objects, and those that are not there are no error
// but the first.
func (k *Keeper) Delete(ctx context.Context, t platform.TenantID, first store.ObjectKind, id string, others ...store.Object) error {
	if err := k.flush(ctx); err != nil {
		return err
	}
	k.writing.Lock()
	defer k.writing.Unlock()
	for i := range others {
		o := &others[i]
		if err := k.store.DeleteObject(ctx, platform.In(t), o.Kind, o.ID); err != nil && !errors.Is(err, platform.ErrNotFound) {
			return err
		}
		k.forget(key{t, o.Kind, o.ID})
	}
	err := k.store.DeleteObject(ctx, platform.In(t), first, id)
	if err == nil {
		k.forget(key{t, first, id})
	}
	return err
}

func (k *Keeper) forget(name key) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.recent.delete(name)
}

// retryAfter is how long a store that failed is left alone.
const retryAfter = time.Second

// Run gives the store what waits for it, until the context ends.
func (k *Keeper) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.more:
		}
		for k.flush(ctx) != nil {
			timer := time.NewTimer(retryAfter)
			select {
			case <-ctx.Done():
				timer.Stop()
				return
			case <-timer.C:
			}
		}
	}
}

// Drain gives the store what waits for it now. What it does not take stays in
// files for the next start.
func (k *Keeper) Drain(ctx context.Context) error { return k.flush(ctx) }

// atOnce bounds the parcels of one transaction.
const atOnce = 128

// flush gives the store what waits.
func (k *Keeper) flush(ctx context.Context) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	for {
		k.mu.Lock()
		batch := k.waiting[:min(len(k.waiting), atOnce):min(len(k.waiting), atOnce)]
		k.mu.Unlock()
		if len(batch) == 0 {
			return nil
		}
		var objects []store.Object
		for i := range batch {
			objects = append(objects, batch[i].objects...)
		}
		err := k.store.PutObjects(ctx, objects)
		k.report(ctx, err)
		if err != nil {
			return err
		}
		for i := range batch {
			if err := os.Remove(batch[i].file); err != nil {
				k.o.Logger.Warn("deleting a file of kept objects", zap.Error(err))
			}
		}
		k.mu.Lock()
		k.waiting = append([]parcel(nil), k.waiting[len(batch):]...)
		k.taken(batch)
		k.mu.Unlock()
	}
}

// taken moves objects that the store has to the recent ones. It needs mu.
func (k *Keeper) taken(batch []parcel) {
	for i := range batch {
		k.size -= batch[i].size
		for j := range batch[i].objects {
			k.recent.put(batch[i].objects[j])
		}
	}
	clear(k.latest)
	for i := range k.waiting {
		for j := range k.waiting[i].objects {
			o := &k.waiting[i].objects[j]
			k.latest[keyOf(o)] = *o
		}
	}
}

// report logs the first of a row of failures, and its end.
func (k *Keeper) report(ctx context.Context, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case err == nil && k.failing:
		k.failing = false
		k.o.Logger.Info("the store takes kept objects again")
	case err != nil && !k.failing && ctx.Err() == nil:
		k.failing = true
		k.o.Logger.Error("storing kept objects; they stay in files until it works", zap.Error(err))
	}
}
