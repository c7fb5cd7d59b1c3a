package manage

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/catalog/live"
	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/store"
)

// Catalog is what is known of models. A change is in force when it returns.
type Catalog interface {
	Catalog() *catalog.Catalog
	Status() live.Status
	Refresh(ctx context.Context, force bool) (live.Status, error)
	Rollback() (live.Status, error)
	// Target is what is configured under a name such as "provider/model"; nil
	// for nothing.
	Target(name string) *api.CatalogTarget
}

// hasCatalog refuses where there is none.
func (s *server) hasCatalog() error {
	if s.Catalog == nil {
		return errNoPath
	}
	return nil
}

func (s *server) catalogStatus(w http.ResponseWriter, r *http.Request) error {
	if err := s.hasCatalog(); err != nil {
		return err
	}
	if _, err := query(r); err != nil {
		return err
	}
	return reply(w, http.StatusOK, s.Catalog.Status())
}

func (s *server) refreshCatalog(w http.ResponseWriter, r *http.Request) error {
	if err := s.hasCatalog(); err != nil {
		return err
	}
	var body api.RefreshCatalog
	if err := read(w, r, &body); err != nil {
		return err
	}
	status, err := s.Catalog.Refresh(r.Context(), body.Force)
	if err != nil {
		return ofCatalog(err, status)
	}
	s.Logger.Info("the catalog was refreshed", zap.Bool("force", body.Force), zap.String("outcome", string(status.Outcome)), zap.String("remote", r.RemoteAddr))
	return reply(w, http.StatusOK, status)
}

func (s *server) rollbackCatalog(w http.ResponseWriter, r *http.Request) error {
	if err := s.hasCatalog(); err != nil {
		return err
	}
	var body struct{}
	if err := read(w, r, &body); err != nil {
		return err
	}
	status, err := s.Catalog.Rollback()
	if err != nil {
		return ofCatalog(err, status)
	}
	s.Logger.Info("the catalog was rolled back", zap.String("remote", r.RemoteAddr))
	return reply(w, http.StatusOK, status)
}

// ofCatalog is what the operator is told of a catalog that stays as it is.
func ofCatalog(err error, s live.Status) error {
	var refused *live.RefusedError
	switch {
	case errors.Is(err, live.ErrNoSource):
		return api.NewProblem(http.StatusConflict, api.CodeNoCatalog, err.Error())
	case errors.Is(err, live.ErrNoPrevious):
		return api.NewProblem(http.StatusConflict, api.CodeNoPrevious, err.Error())
	case errors.Is(err, live.ErrRejected):
		return api.NewProblem(http.StatusConflict, api.CodeRefused, err.Error())
	case errors.As(err, &refused):
		return api.NewProblem(http.StatusConflict, api.CodeRefused, err.Error()+"; the catalog before stays in force")
	case s.Outcome == live.Unreachable:
		return api.NewProblem(http.StatusBadGateway, api.CodeSource, err.Error())
	}
	return err
}

// listModels lists the models of the catalog in force, in order of vendor and
// id; the cursor is the last one's name.
func (s *server) listModels(w http.ResponseWriter, r *http.Request) error {
	if err := s.hasCatalog(); err != nil {
		return err
	}
	values, err := query(r, "cursor", "limit", "vendor", "search")
	if err != nil {
		return err
	}
	p, err := pageOf(values)
	if err != nil {
		return err
	}
	if p.Limit == 0 {
		p.Limit = store.MaxLimit
	}
	// Fresh: what is looked through once is not kept in memory.
	c := s.Catalog.Catalog().Fresh()
	vendors := c.Vendors()
	if name := values.Get("vendor"); name != "" {
		v, ok := c.Vendor(name)
		if !ok {
			return api.NewProblem(http.StatusNotFound, api.CodeNotFound, "the catalog has no such vendor; it has: "+strings.Join(vendors, ", "))
		}
		vendors = []string{v.Name}
	}
	words := strings.Fields(strings.ToLower(values.Get("search")))
	after, afterID, _ := strings.Cut(p.Cursor, "/")
	var found []api.CatalogModel
	for _, name := range vendors {
		if name < after {
			continue
		}
		v, _ := c.Vendor(name) // it is listed
		for _, m := range v.Models {
			if name == after && m.ID <= afterID || !hasAll(strings.ToLower(name+"/"+m.ID), words) {
				continue
			}
			if len(found) == p.Limit {
				last := &found[len(found)-1]
				return reply(w, http.StatusOK, api.List[api.CatalogModel]{Items: found, Next: last.Vendor + "/" + last.ID})
			}
			found = append(found, modelOf(v, m))
		}
	}
	if found == nil {
		found = []api.CatalogModel{}
	}
	return reply(w, http.StatusOK, api.List[api.CatalogModel]{Items: found})
}

func hasAll(name string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(name, word) {
			return false
		}
	}
	return true
}

func modelOf(v *catalog.Vendor, m *catalog.Model) api.CatalogModel {
	o := api.CatalogModel{Vendor: v.Name, Entry: m.Entry, Source: v.Source}
	if m.Price() != nil {
		o.Version = m.Price().Version
	}
	if m.Deprecated || m.RetiresAt != "" {
		o.Notice = v.Notice
	}
	return o
}

// explainModel tells what is known of a model and why: of the vendor's, or of
// that of a target that is configured under the name.
func (s *server) explainModel(w http.ResponseWriter, r *http.Request) error {
	if err := s.hasCatalog(); err != nil {
		return err
	}
	if _, err := query(r); err != nil {
		return err
	}
	name := r.PathValue("name")
	vendor, model, ok := strings.Cut(name, "/")
	if !ok {
		return api.NewProblem(http.StatusNotFound, api.CodeNotFound, "write the model as <vendor>/<model> or <provider>/<model>")
	}
	x := api.CatalogExplanation{Asked: name, Target: s.Catalog.Target(name)}
	if x.Target != nil {
		vendor, model = x.Target.Vendor, x.Target.Model
	}
	x.Model = find(s.Catalog.Catalog().Fresh(), vendor, model)
	x.Builtin = find(catalog.Builtin().Fresh(), vendor, model)
	if x.Target == nil && x.Model == nil && x.Builtin == nil {
		return api.NewProblem(http.StatusNotFound, api.CodeNotFound, "the catalog has no such model, and the configuration no such target")
	}
	if g := s.Catalog.Status().Current; g != nil && x.Model != nil {
		for _, n := range g.Held {
			if n.Path == x.Model.Vendor || strings.HasPrefix(n.Path, x.Model.Vendor+".models."+x.Model.ID+".") {
				x.Held = append(x.Held, n)
			}
		}
	}
	return reply(w, http.StatusOK, &x)
}

func find(c *catalog.Catalog, vendor, model string) *api.CatalogModel {
	v, ok := c.Vendor(vendor)
	if !ok {
		return nil
	}
	m, ok := v.Lookup(model)
	if !ok {
		return nil
	}
	found := modelOf(v, m)
	return &found
}
