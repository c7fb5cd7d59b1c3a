package manage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/zap/zapcore"

	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/snapshot"
	"github.com/fairwaygw/fairway/internal/store"
)

// broken is a store that fails.
type broken struct {
	store.Store
	err error
}

func (b broken) Tenant(context.Context, platform.Scope, string) (platform.Tenant, error) {
	if b.err == nil {
		panic("secret text")
	}
	return platform.Tenant{}, fmt.Errorf("finding tenant: %w (SQLITE: no such table /var/lib/x.db)", b.err)
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"panic":    {nil, 500, "internal-error"},
		"unknown":  {errors.New("SQL logic error"), 500, "internal-error"},
		"busy":     {store.ErrBusy, 503, "store-unavailable"},
		"full":     {store.ErrFull, 503, "store-unavailable"},
		"damaged":  {store.ErrDamaged, 503, "store-unavailable"},
		"replaced": {store.ErrReplaced, 503, "store-unavailable"},
		"slow":     {context.DeadlineExceeded, 503, "store-unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := w.options
			o.Store = broken{w.store, c.err}
			w.handler = New(o)
			resp := w.send("GET", "/fairway/v1/tenants/default/applications", "")
			p := w.refused(resp, c.status, c.code)
			for _, leak := range []string{"SQL", "/var", "secret text", "table"} {
				if strings.Contains(p.Detail, leak) {
					t.Error("the sender learns too much:", p.Detail)
				}
			}
			if got := resp.Header().Get("Retry-After"); (got != "") != (c.status == 503) {
				t.Error("Retry-After:", got)
			}
			if n := w.log.FilterLevelExact(zapcore.ErrorLevel).Len(); n != 1 {
				t.Errorf("%d lines in the log", n)
			}
		})
	}
}

// stuck is a snapshot that cannot be refreshed.
type stuck struct{}

func (stuck) Snapshot() *snapshot.Snapshot { return nil }

func (stuck) Refresh(context.Context) error { return errors.New("down") }

func TestStoredButNotYetInForce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.options
	o.Snapshot = stuck{}
	w.handler = New(o)
	w.newApplication("a")
	if w.log.FilterLevelExact(zapcore.WarnLevel).Len() != 1 {
		t.Error("nothing in the log")
	}
	o.Snapshot = nil
	w.handler = New(o)
	w.newApplication("b")
}
