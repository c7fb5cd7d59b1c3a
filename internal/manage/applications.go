package manage

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
)

// listApplications lists a tenant's applications, or finds the one with a name.
func (s *server) listApplications(w http.ResponseWriter, r *http.Request) error {
	values, p, err := paged(r, "name")
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
	var a platform.Application
	err = s.act(r, "application created", func(d *deed) error {
		if !in.Limits.Empty() && !d.by.May(platform.SetLimits, t.ID) {
			return platform.Forbidden("setting limits needs the role admin")
		}
		a = platform.Application{
			ID: platform.NewApplicationID(d.now), Tenant: t.ID, Name: in.Name, Created: d.now,
			ApplicationSettings: platform.ApplicationSettings{Description: in.Description, Limits: in.Limits},
		}
		if err := createApplication(d.ctx, d.Tx, &a, d.now); err != nil {
			return about(err, "application", a.Name)
		}
		return d.audit("application.create", string(a.ID), "", nil, application(&a), t.ID)
	})
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(a.Revision))
	return s.created(w, "/applications/"+string(a.ID), application(&a))
}

// createApplication makes an application. One of the tenant default gets its
// API, as those had it that were there before there were subscriptions, for as
// long as anybody gets it for the asking.
func createApplication(ctx context.Context, tx *store.Tx, a *platform.Application, now time.Time) error {
	if err := tx.PutApplication(ctx, a); err != nil || a.Tenant != platform.DefaultTenant {
		return err
	}
	offered, err := tx.API(ctx, platform.In(a.Tenant), platform.DefaultAPI)
	if err != nil {
		return err
	}
	plan, err := tx.Plan(ctx, platform.In(a.Tenant), platform.DefaultPlan)
	if err != nil || !platform.Given(&offered, &plan) {
		return err
	}
	sub := platform.DefaultSubscription(a, &plan, now)
	return tx.PutSubscription(ctx, &sub)
}

func (s *server) getApplication(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	a, err := s.Store.Application(r.Context(), s.Scope(r), platform.ApplicationID(r.PathValue("id")))
	if err != nil {
		return about(err, "application", r.PathValue("id"))
	}
	return show(w, http.StatusOK, a.Revision, application(&a))
}

func (s *server) editApplication(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var a platform.Application
	err := s.act(r, "application changed", func(d *deed) (err error) {
		if a, err = d.Application(d.ctx, d.by.Scope(), platform.ApplicationID(r.PathValue("id"))); err != nil {
			return about(err, "application", r.PathValue("id"))
		}
		if err := match(r, a.Revision); err != nil {
			return err
		}
		before := application(&a)
		in := before.ApplicationEdit
		if err := edit(w, r, &in); err != nil {
			return err
		}
		if err := platform.CheckName("name", in.Name); err != nil {
			return err
		}
		if !in.Limits.Equal(a.Limits) && !d.by.May(platform.SetLimits, a.Tenant) {
			return platform.Forbidden("setting limits needs the role admin")
		}
		a.Name, a.Description, a.Limits, a.Subjects = in.Name, in.Description, in.Limits, in.Subjects
		if err := d.PutApplication(d.ctx, &a); err != nil {
			return about(err, "application", a.Name)
		}
		return d.audit("application.change", string(a.ID), "", before, application(&a), a.Tenant)
	})
	if err != nil {
		return err
	}
	return show(w, http.StatusOK, a.Revision, application(&a))
}

// deleteApplication takes an application away: its keys no longer work, and its
// subscriptions are cancelled. What it did is kept.
func (s *server) deleteApplication(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	err := s.act(r, "application deleted", func(d *deed) error {
		a, err := d.Application(d.ctx, d.by.Scope(), platform.ApplicationID(r.PathValue("id")))
		if err != nil {
			return about(err, "application", r.PathValue("id"))
		}
		if err := match(r, a.Revision); err != nil {
			return err
		}
		before := application(&a)
		if err := d.leaveAll(store.Grants{Application: a.ID}, platform.SubCancel, "the application was deleted"); err != nil {
			return err
		}
		a.Deleted = d.now
		if err := d.PutApplication(d.ctx, &a); err != nil {
			return err
		}
		return d.audit("application.delete", string(a.ID), "", before, nil, a.Tenant)
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func application(a *platform.Application) api.Application {
	return api.Application{
		ID: string(a.ID), Tenant: string(a.Tenant), CreatedAt: a.Created, Revision: a.Revision,
		ApplicationEdit: api.ApplicationEdit{Name: a.Name, Description: a.Description, Limits: a.Limits, Subjects: a.Subjects},
	}
}

// instant is now, in whole milliseconds, which is what people can read.
func (s *server) instant() time.Time { return s.now().UTC().Truncate(time.Millisecond) }
