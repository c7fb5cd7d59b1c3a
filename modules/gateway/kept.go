package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
	"github.com/fairwaygw/fairway/llm"
)

// ResponseRetention is how long an answer of this call is kept, 0 when it must
// not be: a call without a caller has nobody to keep it for.
func (c *Call) ResponseRetention() time.Duration {
	if !c.Known || c.Caller.Tenant == "" || c.engine == nil {
		return 0
	}
	return c.app.responseRetention()
}

// Kept finds an object of the caller's tenant. found is false when there is
// none, or it is another tenant's, which is the same.
func (c *Call) Kept(ctx context.Context, kind store.ObjectKind, id string) (o store.Object, found bool, failed *llm.Error) {
	if c.ResponseRetention() == 0 {
		return o, false, nil
	}
	o, err := c.engine.objects.Get(ctx, platform.TenantID(c.Caller.Tenant), kind, id, c.Start)
	switch {
	case err == nil:
		return o, true, nil
	case errors.Is(err, platform.ErrNotFound):
		return o, false, nil
	}
	c.app.logger.Error("reading what is kept", zap.String("call", c.ID), zap.Error(err))
	return o, false, unavailable("what was said before cannot be read at the moment")
}

// Keep keeps objects for the caller's tenant and application. It writes a local
// file and no more; one that fails costs a later call its past, not this one its
// answer.
func (c *Call) Keep(objects ...store.Object) {
	for i := range objects {
		objects[i].Tenant, objects[i].Application = platform.TenantID(c.Caller.Tenant), platform.ApplicationID(c.Caller.Application)
	}
	if err := c.engine.objects.Put(objects...); err != nil {
		c.app.logger.Error("an answer cannot be gone on from", zap.String("call", c.ID), zap.Error(err))
	}
}

// Forget deletes an object of the caller's tenant, and others with it.
func (c *Call) Forget(ctx context.Context, kind store.ObjectKind, id string, others ...store.Object) *llm.Error {
	err := c.engine.objects.Delete(ctx, platform.TenantID(c.Caller.Tenant), kind, id, others...)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, platform.ErrNotFound):
		return KeptNotFound(id)
	}
	c.app.logger.Error("deleting what is kept", zap.String("call", c.ID), zap.Error(err))
	return unavailable("what is kept cannot be deleted at the moment")
}

// KeptNotFound is the error for an id in a path that is not there, or is
// another tenant's.
func KeptNotFound(id string) *llm.Error {
	const longest = 80
	if len(id) > longest {
		id = id[:longest] + "…"
	}
	return &llm.Error{
		Status: http.StatusNotFound, Class: llm.ClassCallerFault, Type: "invalid_request_error",
		Message: "Response with id '" + id + "' not found.",
	}
}
