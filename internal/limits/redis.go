package limits

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// Redis has the counters that several nodes share. Keys begin with a prefix and
// have the name of the limit and of whom it is for; a counter is a hash of its
// slots, and calls under way are a hash of nodes.
type Redis struct {
	client redis.UniversalClient
	prefix string
	node   string

	nodes atomic.Int64
	// ahead is how far Redis's clock is ahead of this one.
	ahead atomic.Int64
	start time.Time
	seen  atomic.Int64 // when this node said last that it is there
}

// dead is after how long without a sign of life a node is taken to be gone, with
// the calls that it had.
const dead = 5 * time.Second

var (
	//go:embed draw.lua
	drawText string
	//go:embed permit.lua
	permitText string
	//go:embed beat.lua
	beatText string

	drawScript   = redis.NewScript(drawText)
	permitScript = redis.NewScript(permitText)
	beatScript   = redis.NewScript(beatText)
)

// NewRedis counts in a Redis server (7 or later). node is this process's name,
// which no other has or had. Keys begin with prefix.
func NewRedis(client redis.UniversalClient, prefix, node string) *Redis {
	r := &Redis{client: client, prefix: prefix, node: node, start: time.Now()}
	r.nodes.Store(1)
	return r
}

// Nodes is how many nodes were there at the last exchange.
func (r *Redis) Nodes() int { return int(r.nodes.Load()) }

// Now is Redis's time as far as it is known: this process's clock, which is
// never set back, and how far Redis was ahead of it.
func (r *Redis) Now() time.Time {
	return r.start.Add(time.Since(r.start) + time.Duration(r.ahead.Load()))
}

// Open loads what is needed and asks who else is there. It fails when Redis
// cannot be reached or lets nobody in.
func (r *Redis) Open(ctx context.Context) error {
	for _, s := range []*redis.Script{drawScript, permitScript, beatScript} {
		if err := s.Load(ctx, r.client).Err(); err != nil {
			return fmt.Errorf("loading scripts into Redis: %w", err)
		}
	}
	return r.heartbeat(ctx)
}

// heartbeat says that this node is there, and learns the time and who else is.
func (r *Redis) heartbeat(ctx context.Context) error {
	asked := time.Now()
	v, err := beatScript.Run(ctx, r.client, []string{r.prefix + "nodes"}, r.node, dead.Milliseconds()).Int64Slice()
	if err != nil {
		return fmt.Errorf("asking Redis for its time: %w", err)
	}
	if len(v) != 2 {
		return errors.New("asking Redis for its time: the answer has another form")
	}
	took := time.Since(asked)
	there := time.UnixMicro(v[1]).Add(took / 2)
	r.ahead.Store(int64(there.Sub(r.start.Add(time.Since(r.start)))))
	r.nodes.Store(max(v[0], 1))
	r.seen.Store(time.Now().UnixNano())
	return nil
}

// Exchange makes the changes in one round trip.
func (r *Redis) Exchange(ctx context.Context, changes []Change) ([]Standing, error) {
	if time.Now().UnixNano()-r.seen.Load() > int64(beat) || len(changes) == 0 {
		if err := r.heartbeat(ctx); err != nil {
			return nil, err
		}
	}
	if len(changes) == 0 {
		return nil, nil
	}
	standings, err := r.exchange(ctx, changes)
	if err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") { // Redis was started anew
		if err = r.Open(ctx); err == nil {
			standings, err = r.exchange(ctx, changes)
		}
	}
	return standings, err
}

func (r *Redis) exchange(ctx context.Context, changes []Change) ([]Standing, error) {
	pipe := r.client.Pipeline()
	replies := make([]*redis.Cmd, len(changes))
	for i := range changes {
		ch := &changes[i]
		key := r.prefix + ch.Level.String() + ":" + ch.ID + ":" + ch.Kind.String()
		if ch.Slots == 0 {
			replies[i] = permitScript.EvalSha(ctx, pipe, []string{key, r.prefix + "nodes"},
				r.node, ch.Max, ch.Want, ch.Add, dead.Milliseconds(), ch.Keep.Milliseconds())
			continue
		}
		if ch.Slots == 1 {
			key += ":fixed"
		}
		replies[i] = drawScript.EvalSha(ctx, pipe, []string{key},
			ch.Max, ch.Slots, ch.Slot, ch.Keep.Milliseconds(), ch.Floor, ch.Add, ch.AddSlot, ch.Want, ch.Need, Part*r.nodes.Load())
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("counting in Redis: %w", err)
	}
	standings := make([]Standing, len(changes))
	for i, reply := range replies {
		v, err := reply.Slice()
		if err != nil {
			return nil, fmt.Errorf("counting in Redis: %w", err)
		}
		if len(v) != 3 {
			return nil, errors.New("counting in Redis: the answer has another form")
		}
		st := &standings[i]
		for j, to := range []*int64{&st.Granted, &st.Left, &st.Frees} {
			// Numbers come as text, for Redis would cut those of Lua to 53 bits.
			s, _ := v[j].(string)
			if *to, err = strconv.ParseInt(s, 10, 64); err != nil {
				return nil, fmt.Errorf("counting in Redis: %w", err)
			}
		}
	}
	return standings, nil
}
