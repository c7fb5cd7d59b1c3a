package manage

import (
	"context"
	"errors"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
)

func (s *server) listTenants(w http.ResponseWriter, r *http.Request) error {
	values, err := query(r, "cursor", "limit")
	if err != nil {
		return err
	}
	p, err := pageOf(values)
	if err != nil {
		return err
	}
	items, next, err := s.Store.Tenants(r.Context(), s.Scope(r), p)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, listOf(items, next, func(t *platform.Tenant) api.Tenant {
		return api.Tenant{ID: string(t.ID), Name: t.Name, CreatedAt: t.Created}
	}))
}

// listApplications lists a tenant's applications, or finds the one with a name.
func (s *server) listApplications(w http.ResponseWriter, r *http.Request) error {
	values, err := query(r, "cursor", "limit", "name")
	if err != nil {
		return err
	}
	p, err := pageOf(values)
	if err != nil {
		return err
	}
	t, err := s.tenant(r)
	if err != nil {
		return err
	}
	if values.Has("name") {
		a, err := s.Store.ApplicationNamed(r.Context(), t.ID, values.Get("name"))
		items := []platform.Application{a}
		if errors.Is(err, platform.ErrNotFound) {
			items, err = nil, nil
		}
		if err != nil {
			return err
		}
		return reply(w, http.StatusOK, listOf(items, "", application))
	}
	items, next, err := s.Store.Applications(r.Context(), platform.In(t.ID), p)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, listOf(items, next, application))
}

func (s *server) createApplication(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var in api.NewApplication
	if err := read(w, r, &in); err != nil {
		return err
	}
	if err := platform.CheckName("name", in.Name); err != nil {
		return err
	}
	t, err := s.tenant(r)
	if err != nil {
		return err
	}
	now := s.instant()
	a := platform.Application{ID: platform.NewApplicationID(now), Tenant: t.ID, Name: in.Name, Created: now}
	if err := s.Store.Change(r.Context(), "creating application", func(tx *store.Tx) error { return createApplication(r.Context(), tx, &a, now) }); err != nil {
		return about(err, "application", a.Name)
	}
	s.changed(r, "application created", zap.String("application", string(a.ID)), zap.String("tenant", string(t.ID)))
	return s.created(w, "/applications/"+string(a.ID), application(&a))
}

func (s *server) getApplication(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	a, err := s.Store.Application(r.Context(), s.Scope(r), platform.ApplicationID(r.PathValue("id")))
	if err != nil {
		return about(err, "application", r.PathValue("id"))
	}
	return reply(w, http.StatusOK, application(&a))
}

func application(a *platform.Application) api.Application {
	return api.Application{ID: string(a.ID), Tenant: string(a.Tenant), Name: a.Name, CreatedAt: a.Created}
}

// instant is now, in whole milliseconds, which is what people can read.
func (s *server) instant() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

// createApplication makes an application. One of the tenant default gets its
// API, as those had it that were there before there were subscriptions, for as
// long as anybody gets it for the asking.
func createApplication(ctx context.Context, tx *store.Tx, a *platform.Application, now time.Time) error {
	if err := tx.PutApplication(ctx, a); err != nil || a.Tenant != platform.DefaultTenant {
		return err
	}
	api, err := tx.API(ctx, platform.In(a.Tenant), platform.DefaultAPI)
	if err != nil {
		return err
	}
	plan, err := tx.Plan(ctx, platform.In(a.Tenant), platform.DefaultPlan)
	if err != nil || !platform.Given(&api, &plan) {
		return err
	}
	s := platform.DefaultSubscription(a, &plan, now)
	return tx.PutSubscription(ctx, &s)
}
