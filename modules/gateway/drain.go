package gateway

import (
	"context"
	"fmt"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
)

// drainTime is how long a configuration goes on serving after the next one has
// taken over. net/http drops a request that it has read just before it is told
// to stop, so by then every busy connection must have had an answer that asks
// it to come back anew: to the next configuration.
const drainTime = 200 * time.Millisecond

// drainer hears that the app's configuration is about to be stopped.
type drainer struct{ app *App }

// watchStop lets the app know when its configuration is about to be stopped.
func (a *App) watchStop(ctx caddy.Context) error {
	events, err := ctx.App("events")
	if err != nil {
		return fmt.Errorf("loading the events app: %w", err)
	}
	return events.(*caddyevents.App).On("stopping", drainer{a})
}

// Handle implements [caddyevents.Handler]. Caddy waits for it.
func (d drainer) Handle(context.Context, caddy.Event) error {
	d.app.draining.Store(true)
	time.Sleep(drainTime)
	return nil
}

// Draining reports whether another configuration has taken over.
func (a *App) Draining() bool { return a.draining.Load() }

var _ caddyevents.Handler = drainer{}
