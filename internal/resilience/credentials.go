package resilience

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/fairwaygw/fairway/llm"
)

const (
	// quarantineMin and quarantineMax bound how long a key rests that is not
	// accepted or has no money: doubled each time in a row.
	quarantineMin = 5 * time.Minute
	quarantineMax = time.Hour
	// restMin and restMax bound how long a key rests for a model when a provider
	// wants fewer calls and does not say for how long.
	restMin = time.Second
	restMax = 30 * time.Second
	// maxRests bounds the rests kept by model, as callers may choose models.
	maxRests = 4096
	// MaxCredentials is how many keys one provider may have.
	MaxCredentials = 64
)

// Credentials are the keys of one provider, by index: whose turn it is and
// which ones rest. A provider without keys has one, which may rest too.
type Credentials struct {
	n uint64
	// turn counts the picks. Its top bit is set while any key has failed and
	// not yet shown that it works; only then is there more to look at.
	turn atomic.Uint64

	mu   sync.Mutex
	keys []rest
	// models are the rests of a key for one model.
	models map[keyModel]rest
}

const troubled = 1 << 63

type keyModel struct {
	key   int
	model string
}

// rest is a time in which a key is left alone.
type rest struct {
	until time.Time
	// row is how many rests came one after another without a success.
	row int
	// class is the failure that the rest is for.
	class llm.Class
}

// NewCredentials makes n keys that are ready: at least 1, at most
// [MaxCredentials].
func NewCredentials(n int) *Credentials {
	n = min(max(n, 1), MaxCredentials)
	return &Credentials{n: uint64(n), keys: make([]rest, n), models: map[keyModel]rest{}}
}

// Len is how many keys there are.
func (c *Credentials) Len() int { return int(c.n) }

// Tried is a set of keys, by index.
type Tried uint64

// Add puts a key into the set.
func (t *Tried) Add(key int) { *t |= 1 << key }

// Has reports whether a key is in the set.
func (t Tried) Has(key int) bool { return t>>key&1 == 1 }

// Turn is the answer to whose turn it is.
type Turn struct {
	// Key is the key to use, -1 when every key was tried.
	Key int
	// Wait is how long that key still rests, and Class what for.
	Wait  time.Duration
	Class llm.Class
}

// Next says whose turn it is: the next ready key for the model that was not
// tried, else the one that is ready first.
func (c *Credentials) Next(now time.Time, model string, tried Tried) Turn {
	if c.n == 1 && tried == 0 && c.turn.Load() < troubled {
		return Turn{}
	}
	turn := c.turn.Add(1) - 1
	if turn&troubled == 0 && tried == 0 {
		return Turn{Key: int(turn % c.n)}
	}
	start := int((turn &^ troubled) % c.n)
	c.mu.Lock()
	defer c.mu.Unlock()
	best := Turn{Key: -1}
	for i := range c.keys {
		key := (start + i) % len(c.keys)
		if tried.Has(key) {
			continue
		}
		wait, class := c.rests(now, key, model)
		if wait <= 0 {
			return Turn{Key: key}
		}
		if best.Key < 0 || wait < best.Wait {
			best = Turn{key, wait, class}
		}
	}
	return best
}

// rests is how long a key will not be used for a model.
func (c *Credentials) rests(now time.Time, key int, model string) (time.Duration, llm.Class) {
	wait, class := c.keys[key].until.Sub(now), c.keys[key].class
	if r, ok := c.models[keyModel{key, model}]; ok {
		if d := r.until.Sub(now); d > wait {
			wait, class = d, r.class
		}
	}
	return wait, class
}

// Failed lets a key rest as the failure's class demands it. wait is what the
// provider asks for, 0 when it does not.
func (c *Credentials) Failed(now time.Time, key int, model string, class llm.Class, wait time.Duration) {
	if key < 0 || key >= len(c.keys) {
		return
	}
	policy := Policy(class)
	switch policy.Cooldown {
	case CooldownKey:
		c.mu.Lock()
		defer c.mu.Unlock()
		c.keys[key] = c.keys[key].next(now, class, wait, quarantineMin, quarantineMax)
	case CooldownKeyModel, CooldownTarget:
		c.mu.Lock()
		defer c.mu.Unlock()
		least, most := policy.Rest, policy.Rest
		if policy.Rest == 0 {
			least, most = restMin, restMax
			if wait > 0 {
				least = 0 // the provider knows better
			}
		}
		at := keyModel{key, model}
		old, known := c.models[at]
		if !known && !c.room(now) {
			return
		}
		c.models[at] = old.next(now, class, wait, least, most)
	default:
		return
	}
	c.turn.Or(troubled)
}

// next is the rest after another failure. Calls that were under way when a rest
// began fail as well; they neither count nor make it longer, but for what the
// provider asks for.
func (r rest) next(now time.Time, class llm.Class, wait, least, most time.Duration) rest {
	if now.Before(r.until) {
		if until := now.Add(wait); until.After(r.until) {
			r.until = until
		}
		return r
	}
	d := least
	for range r.row {
		if d >= most {
			break
		}
		d *= 2
	}
	return rest{until: now.Add(max(wait, min(d, most))), row: min(r.row+1, 32), class: class}
}

// room makes room for another rest by model, and reports whether there is some.
func (c *Credentials) room(now time.Time) bool {
	if len(c.models) < maxRests {
		return true
	}
	for at, r := range c.models {
		if !now.Before(r.until) {
			delete(c.models, at)
		}
	}
	return len(c.models) < maxRests
}

// Succeeded tells that a key worked for a model, which ends its row of
// failures. While the key rests, the call began before the rest did, and says
// nothing.
func (c *Credentials) Succeeded(now time.Time, key int, model string) {
	if c.turn.Load()&troubled == 0 || key < 0 || key >= len(c.keys) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !now.Before(c.keys[key].until) {
		c.keys[key] = rest{}
	}
	at := keyModel{key, model}
	if r, ok := c.models[at]; ok && !now.Before(r.until) {
		delete(c.models, at)
	}
	c.settle(now)
}

// settle clears the top bit once there is nothing left to look at.
func (c *Credentials) settle(now time.Time) {
	for i := range c.keys {
		if c.keys[i].row > 0 {
			return
		}
	}
	// Rests by model that are long over belong to models that are not used.
	for at, r := range c.models {
		if now.Sub(r.until) < restMax {
			return
		}
		delete(c.models, at)
	}
	c.turn.And(^uint64(troubled))
}

// Reset makes a key ready at once, for every model.
func (c *Credentials) Reset(now time.Time, key int) {
	if key < 0 || key >= len(c.keys) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys[key] = rest{}
	for at := range c.models {
		if at.key == key {
			delete(c.models, at)
		}
	}
	c.settle(now)
}

// Rest is a key that is left alone, for pages and metrics.
type Rest struct {
	Key int
	// Model is empty when the key rests for every model.
	Model string
	Wait  time.Duration
	Class llm.Class
}

// Resting lists what rests now, in no order.
func (c *Credentials) Resting(now time.Time) []Rest {
	if c.turn.Load()&troubled == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []Rest
	for key, r := range c.keys {
		if d := r.until.Sub(now); d > 0 {
			list = append(list, Rest{Key: key, Wait: d, Class: r.class})
		}
	}
	for at, r := range c.models {
		if d := r.until.Sub(now); d > 0 {
			list = append(list, Rest{Key: at.key, Model: at.model, Wait: d, Class: r.class})
		}
	}
	return list
}
