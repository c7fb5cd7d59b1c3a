package manage

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/catalog/live"
	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
)

// stub is a catalog whose changes end as a test wants.
type stub struct {
	status live.Status
	err    error
	forced bool
}

func (s *stub) Catalog() *catalog.Catalog { return catalog.Builtin() }
func (s *stub) Status() live.Status       { return s.status }
func (s *stub) Rollback() (live.Status, error) {
	return s.status, s.err
}

func (s *stub) Refresh(_ context.Context, force bool) (live.Status, error) {
	s.forced = force
	return s.status, s.err
}

func (s *stub) Target(name string) *api.CatalogTarget {
	if name != "p/gpt-5-mini-2025-08-07" {
		return nil
	}
	return &api.CatalogTarget{Target: name, Vendor: "openai", Model: "gpt-5-mini-2025-08-07"}
}

func withCatalog(t *testing.T, s *stub, by platform.Actor) *world {
	t.Helper()
	w := newWorld(t)
	w.options.Catalog = s
	return w.as(by)
}

func TestCatalogIsTheOperators(t *testing.T) {
	t.Parallel()
	w := withCatalog(t, &stub{}, memberOfTenant("ten_x", platform.Roles...))
	for path, method := range map[string]string{
		"/fairway/v1/model-catalog": http.MethodGet, "/fairway/v1/model-catalog/models": http.MethodGet, "/fairway/v1/model-catalog/models/openai/gpt-5": http.MethodGet,
		"/fairway/v1/model-catalog/refresh": http.MethodPost, "/fairway/v1/model-catalog/rollback": http.MethodPost,
	} {
		w.refused(w.send(method, path, ""), http.StatusForbidden, api.CodeForbidden)
	}
}

func TestCatalogProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err     error
		outcome live.Outcome
		status  int
		code    string
	}{
		{nil, live.Changed, http.StatusOK, ""},
		{live.ErrNoSource, "", http.StatusConflict, api.CodeNoCatalog},
		{live.ErrNoPrevious, "", http.StatusConflict, api.CodeNoPrevious},
		{live.ErrRejected, live.Rejected, http.StatusConflict, api.CodeRefused},
		{&live.RefusedError{Reason: "it is no catalog"}, live.Refused, http.StatusConflict, api.CodeRefused},
		{errors.New("reading x: the answer is 404"), live.Unreachable, http.StatusBadGateway, api.CodeSource},
		{errors.New("keeping the catalog: open /var/x"), live.Failed, http.StatusInternalServerError, api.CodeInternal},
	} {
		s := &stub{status: live.Status{Outcome: c.outcome}, err: c.err}
		w := withCatalog(t, s, platform.Operator(""))
		for _, path := range []string{"/fairway/v1/model-catalog/refresh", "/fairway/v1/model-catalog/rollback"} {
			body := ""
			if strings.HasSuffix(path, "refresh") {
				body = `{"force":true}`
			}
			resp := w.send(http.MethodPost, path, body)
			if c.err == nil {
				if got := get[api.CatalogStatus](w, resp, c.status); got.Outcome != c.outcome {
					t.Errorf("%s: %+v", path, got)
				}
				continue
			}
			if p := get[api.Problem](w, resp, c.status); p.Code != c.code || c.code == api.CodeInternal && strings.Contains(p.Detail, "/var") {
				t.Errorf("%s: %v: %+v", path, c.err, p)
			}
		}
		if !s.forced {
			t.Error("force does not get there")
		}
	}
	w := withCatalog(t, &stub{}, platform.Operator(""))
	for path, body := range map[string]string{"refresh": `{"forced":true}`, "rollback": `{"to":"1"}`} {
		get[api.Problem](w, w.send(http.MethodPost, "/fairway/v1/model-catalog/"+path, body), http.StatusBadRequest)
	}
	get[api.Problem](w, w.send(http.MethodGet, "/fairway/v1/model-catalog?x=1", ""), http.StatusBadRequest)
}

func TestCatalogModels(t *testing.T) {
	t.Parallel()
	w := withCatalog(t, &stub{}, platform.Operator(""))
	const path = "/fairway/v1/model-catalog/models"
	// Page by page it is the same list as the vendors'.
	var names []string
	for cursor := ""; ; {
		l := get[api.List[api.CatalogModel]](w, w.send(http.MethodGet, path+"?vendor=openai&limit=7&cursor="+cursor, ""), http.StatusOK)
		for _, m := range l.Items {
			names = append(names, m.ID)
		}
		if cursor = l.Next; cursor == "" {
			break
		}
	}
	v, _ := catalog.Builtin().Fresh().Vendor("openai")
	if len(names) != len(v.Models) || len(names) < 14 {
		t.Fatalf("%d models, the vendor has %d", len(names), len(v.Models))
	}
	for i, m := range v.Models {
		if names[i] != m.ID {
			t.Errorf("place %d has %s, want %s", i, names[i], m.ID)
		}
	}
	l := get[api.List[api.CatalogModel]](w, w.send(http.MethodGet, path+"?search=OPENAI/+mini", ""), http.StatusOK)
	if len(l.Items) == 0 {
		t.Error("the search finds nothing")
	}
	for _, m := range l.Items {
		if name := m.Vendor + "/" + m.ID; !strings.Contains(name, "openai/") || !strings.Contains(name, "mini") {
			t.Errorf("the search finds %s", name)
		}
	}
	get[api.Problem](w, w.send(http.MethodGet, path+"?vendor=nobody", ""), http.StatusNotFound)

	x := get[api.CatalogExplanation](w, w.send(http.MethodGet, path+"/p/gpt-5-mini-2025-08-07", ""), http.StatusOK)
	if x.Target == nil || x.Model == nil || x.Model.ID != "gpt-5-mini" || x.Model.Version == "" || x.Builtin == nil {
		t.Errorf("the target is explained as %+v", x)
	}
	x = get[api.CatalogExplanation](w, w.send(http.MethodGet, path+"/openrouter/openai/gpt-5-mini", ""), http.StatusOK)
	if x.Target != nil || x.Model == nil || x.Model.Vendor != "openrouter" {
		t.Errorf("a name of three parts is explained as %+v", x)
	}
	for _, name := range []string{"openai", "openai/nothing", "nobody/gpt-5"} {
		get[api.Problem](w, w.send(http.MethodGet, path+"/"+name, ""), http.StatusNotFound)
	}
}
