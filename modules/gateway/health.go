package gateway

import (
	"errors"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/ledger"
)

// Health is the state of the gateway's parts.
type Health struct {
	// Ready is set while calls can be served.
	Ready bool `json:"ready"`
	// Parts are the parts by name: "ok", or what is wrong.
	Parts map[string]string `json:"parts"`
}

// Health tells how the gateway is. Anybody may ask, so it names no path and no
// address; the causes are in the log.
func (a *App) Health() Health {
	e, err := a.open()
	if err != nil {
		a.logger.Warn("opening the store for a health probe", zap.Error(err))
		return Health{Parts: map[string]string{"store": "cannot be opened"}}
	}
	h := Health{Ready: true, Parts: map[string]string{"journal": "ok", "store": "ok"}}
	switch err := e.journal.Err(); {
	case errors.Is(err, ledger.ErrJournalFull):
		h.Ready, h.Parts["journal"] = false, "full"
	case err != nil:
		h.Ready, h.Parts["journal"] = false, "cannot be written"
	}
	// While the store is away the last snapshot serves and the journal keeps
	// the records, so calls go on.
	if e.storeFailing.Load() {
		h.Parts["store"] = "cannot be read"
	}
	if a.draining.Load() && caddy.Exiting() {
		h.Ready = false // whoever sends calls here should stop doing so
	}
	return h
}
