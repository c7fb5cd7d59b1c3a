package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/fairwaygw/fairway/internal/platform"
)

// seed makes what is there from the first start: in the tenant default an API
// of all models, under a plan that anybody gets, and subscriptions for the
// applications that there are. So what could call before there were
// subscriptions still can.
func (s *SQLite) seed(ctx context.Context) error {
	// The file may be locked by another process, which then has done it.
	if _, err := s.Read().API(ctx, platform.Everywhere(), platform.DefaultAPI); err == nil || !errors.Is(err, platform.ErrNotFound) {
		return err
	}
	return s.transact(ctx, func(raw *sql.Tx) error {
		tx := &Tx{Reads{raw}, raw}
		now := time.Now().UTC().Truncate(time.Millisecond)
		api, plan, err := platform.Default(now)
		if err != nil {
			return err
		}
		switch err := tx.PutAPI(ctx, &api); {
		case errors.Is(err, platform.ErrExists):
			return nil // another process was quicker
		case err != nil:
			return err
		}
		if err := tx.PutPlan(ctx, &plan); err != nil {
			return err
		}
		applications, err := list(ctx, raw, scanApplication, selectApplications+" WHERE tenant = ?", string(platform.DefaultTenant))
		if err != nil {
			return err
		}
		for i := range applications {
			sub := platform.DefaultSubscription(&applications[i], &plan, now)
			if err := tx.PutSubscription(ctx, &sub); err != nil {
				return err
			}
		}
		return nil
	})
}
