package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/limits"
)

// SharedConfig is where several nodes count together.
type SharedConfig struct {
	// Driver is "redis".
	Driver string `json:"driver"`
	// URL is the server (version 7 or later), as in
	// "redis://:password@10.0.0.5:6379/0" or "rediss://…" for TLS. Placeholders
	// are resolved when the configuration is provisioned.
	URL string `json:"url"`
}

// options reads the configured address. Its errors name no part of it: it may
// hold a password.
func (c *SharedConfig) options() (string, error) {
	if c == nil {
		return "", nil
	}
	url, err := caddy.NewReplacer().ReplaceOrErr(c.URL, true, true)
	if err != nil {
		return "", errors.New("shared.url: a placeholder in it is empty or unknown")
	}
	if _, err := redis.ParseURL(url); err != nil {
		return "", errors.New("shared.url: is no address of a Redis server; write redis://[user:password@]host:port[/database]")
	}
	return url, nil
}

// counting is where an engine counts what callers use. Which node counts with
// which others is part of the configuration, so a reload may change it; calls
// under way settle where they began.
type counting struct {
	book atomic.Pointer[limits.Book]

	mu     sync.Mutex
	url    string
	cancel context.CancelFunc
	done   chan struct{}
}

// sharePatience bounds how long a configuration waits for Redis before it
// begins without it.
const sharePatience = 2 * time.Second

// count lets the book count by itself, or together with the nodes at a Redis
// server. A server that cannot be reached does not keep the gateway from
// starting: until it can, limits are kept as when it goes away later.
func (c *counting) count(url, space string, logger *zap.Logger) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.book.Load() != nil && c.url == url {
		return
	}
	before := c.book.Load()
	c.end()
	book := limits.New(nil)
	if before != nil {
		before.Hand(book)
	}
	c.url = url
	running, cancel := context.WithCancel(context.Background())
	c.cancel, c.done = cancel, make(chan struct{})
	var client *redis.Client
	if o, err := redis.ParseURL(url); url != "" && err == nil {
		o.ClientName = "fairway"
		client = redis.NewClient(o)
		shared := limits.NewRedis(client, "fairway:"+space+":", uuid.NewString())
		opening, stop := context.WithTimeout(running, sharePatience)
		err := shared.Open(opening)
		stop()
		if err != nil {
			logger.Warn("limits are kept by this node alone until the shared Redis can be reached", zap.Error(err))
		}
		book.Share(shared)
	}
	c.book.Store(book)
	go func(done chan struct{}) {
		defer close(done)
		book.Run(running)
		if client != nil {
			_ = client.Close() // nothing is lost with it
		}
	}(c.done)
}

// end stops counting together and gives back what is left of what this node
// has drawn.
func (c *counting) end() {
	if c.cancel == nil {
		return
	}
	c.cancel()
	<-c.done
	c.cancel = nil
}

func (c *counting) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end()
}

// space tells the counters of one store from those of others at the same Redis.
func space(fingerprint []byte) string {
	sum := sha256.Sum256(fingerprint)
	return hex.EncodeToString(sum[:8])
}
