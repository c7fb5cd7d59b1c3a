package manage

import (
	"net/http"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
)

// listCatalog lists what the sender's tenant, or the one that the operator names,
// can subscribe to.
func (s *server) listCatalog(w http.ResponseWriter, r *http.Request) error {
	values, p, err := paged(r, "tenant")
	if err != nil {
		return err
	}
	in := s.Scope(r)
	if values.Has("tenant") {
		t, err := s.Store.Tenant(r.Context(), in, values.Get("tenant"))
		if err != nil {
			return about(err, "tenant", values.Get("tenant"))
		}
		in = platform.In(t.ID)
	}
	items, next, err := s.Store.Read().Catalog(r.Context(), in, p)
	if err != nil {
		return err
	}
	list := api.List[api.Offer]{Items: []api.Offer{}, Next: next}
	for i := range items {
		if items[i].State() == platform.StateRetired {
			continue
		}
		o, err := s.offer(r, &items[i])
		if err != nil {
			return err
		}
		list.Items = append(list.Items, o)
	}
	return reply(w, http.StatusOK, list)
}

func (s *server) getOffer(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	a, err := s.Store.Read().Offered(r.Context(), s.Scope(r), platform.APIID(r.PathValue("id")))
	if err != nil {
		return about(err, "API", r.PathValue("id"))
	}
	o, err := s.offer(r, &a)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, o)
}

func (s *server) offer(r *http.Request, a *platform.API) (api.Offer, error) {
	shown := a.Shown()
	o := api.Offer{
		ID: string(a.ID), Tenant: string(a.Tenant), Name: a.Name, Title: a.Title, Description: a.Description, Kind: a.Kind, State: shown.State,
		Visibility: a.Visibility, SunsetAt: optional(shown.Sunset), Successor: shown.Successor, Plans: []api.OfferedPlan{},
	}
	if release := shown.Release(); release != nil {
		o.Models = release.Spec.Models
	}
	plans, _, err := s.Store.Read().Plans(r.Context(), platform.In(a.Tenant), a.ID, store.Page{Limit: store.MaxLimit})
	if err != nil {
		return o, err
	}
	for i := range plans {
		p := &plans[i]
		if p.Closed.IsZero() {
			now := p.Now()
			o.Plans = append(o.Plans, api.OfferedPlan{ID: string(p.ID), Name: p.Name, Version: now.Number, Approval: now.Approval, Limits: now.Limits, ValidDays: now.ValidDays})
		}
	}
	return o, nil
}
