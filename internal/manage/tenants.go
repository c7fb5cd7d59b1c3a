package manage

import (
	"net/http"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
)

func (s *server) listTenants(w http.ResponseWriter, r *http.Request) error {
	_, p, err := paged(r)
	if err != nil {
		return err
	}
	items, next, err := s.Store.Tenants(r.Context(), s.Scope(r), p)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, listOf(items, next, tenant))
}

func (s *server) createTenant(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var in api.NewTenant
	if err := read(w, r, &in); err != nil {
		return err
	}
	if err := platform.CheckSlug("name", in.Name); err != nil {
		return err
	}
	var t platform.Tenant
	err := s.act(r, "tenant created", func(d *deed) error {
		t = platform.Tenant{
			ID: platform.NewTenantID(d.now), Name: in.Name, Created: d.now,
			TenantSettings: platform.TenantSettings{Limits: in.Limits, Review: in.Review},
		}
		if err := d.PutTenant(d.ctx, &t); err != nil {
			return about(err, "tenant", t.Name)
		}
		return d.audit("tenant.create", string(t.ID), "", nil, tenant(&t), t.ID)
	})
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(t.Revision))
	return s.created(w, "/tenants/"+string(t.ID), tenant(&t))
}

func (s *server) getTenant(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	t, err := s.tenant(r)
	if err != nil {
		return err
	}
	return show(w, http.StatusOK, t.Revision, tenant(&t))
}

func (s *server) editTenant(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var t platform.Tenant
	err := s.act(r, "tenant changed", func(d *deed) (err error) {
		if t, err = d.Tenant(d.ctx, d.by.Scope(), r.PathValue("t")); err != nil {
			return about(err, "tenant", r.PathValue("t"))
		}
		if err := match(r, t.Revision); err != nil {
			return err
		}
		before := tenant(&t)
		in := before.TenantEdit
		if err := edit(w, r, &in); err != nil {
			return err
		}
		if !in.Limits.Equal(t.Limits) && d.by.Kind != platform.ActorOperator {
			return platform.Forbidden("only the operator sets the limits of a tenant")
		}
		t.Limits, t.Review = in.Limits, in.Review
		if err := d.PutTenant(d.ctx, &t); err != nil {
			return err
		}
		return d.audit("tenant.change", string(t.ID), "", before, tenant(&t), t.ID)
	})
	if err != nil {
		return err
	}
	return show(w, http.StatusOK, t.Revision, tenant(&t))
}

// deleteTenant takes a tenant away: nothing of it can call or be called any
// more. What it did is kept.
func (s *server) deleteTenant(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	err := s.act(r, "tenant deleted", func(d *deed) error {
		t, err := d.Tenant(d.ctx, d.by.Scope(), r.PathValue("t"))
		if err != nil {
			return about(err, "tenant", r.PathValue("t"))
		}
		if t.ID == platform.DefaultTenant {
			return platform.Conflict("in-use", "the tenant default is always there")
		}
		if err := match(r, t.Revision); err != nil {
			return err
		}
		before := tenant(&t)
		if err := d.leaveAllIn(platform.In(t.ID), store.Grants{}, platform.SubEnd, "the tenant was deleted"); err != nil {
			return err
		}
		t.Deleted = d.now
		if err := d.PutTenant(d.ctx, &t); err != nil {
			return err
		}
		return d.audit("tenant.delete", string(t.ID), "", before, nil, t.ID)
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func tenant(t *platform.Tenant) api.Tenant {
	return api.Tenant{ID: string(t.ID), Name: t.Name, CreatedAt: t.Created, Revision: t.Revision, TenantEdit: api.TenantEdit{Limits: t.Limits, Review: t.Review}}
}
