package manage

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
)

func (s *server) listAPIs(w http.ResponseWriter, r *http.Request) error {
	_, p, err := paged(r)
	if err != nil {
		return err
	}
	t, err := s.tenant(r)
	if err != nil {
		return err
	}
	items, next, err := s.Store.Read().APIs(r.Context(), platform.In(t.ID), p)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, listOf(items, next, published))
}

// createAPI makes a draft.
func (s *server) createAPI(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	in := api.NewAPI{APIEdit: api.APIEdit{Visibility: platform.VisiblePrivate}}
	if err := read(w, r, &in); err != nil {
		return err
	}
	t, err := s.tenant(r)
	if err != nil {
		return err
	}
	var a platform.API
	err = s.act(r, "API created", func(d *deed) error {
		a = platform.API{
			ID: platform.NewAPIID(d.now), Tenant: t.ID, Name: in.Name, Kind: in.Kind, Created: d.now,
			Versions: []platform.Version{{Number: 1, State: platform.StateDraft}},
		}
		if err := s.apply(d, &a, &in.APIEdit); err != nil {
			return err
		}
		if err := d.PutAPI(d.ctx, &a); err != nil {
			return about(err, "API", a.Name)
		}
		return d.audit("api.create", string(a.ID), "", nil, published(&a), a.Tenant)
	})
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(a.Revision))
	return s.created(w, "/apis/"+string(a.ID), published(&a))
}

// apply takes over what was said of an API.
func (s *server) apply(d *deed, a *platform.API, in *api.APIEdit) error {
	a.Title, a.Description, a.Visibility, a.SharedWith = in.Title, in.Description, in.Visibility, nil
	for _, name := range in.SharedWith {
		// That there is a tenant of that name one learns here. To share with
		// another is to know its name.
		t, err := d.Tenant(d.ctx, platform.Everywhere(), name)
		if err != nil {
			return platform.Invalid("shared_with", "has %q, and there is no such tenant", name)
		}
		if !slices.Contains(a.SharedWith, t.ID) {
			a.SharedWith = append(a.SharedWith, t.ID)
		}
	}
	v := &a.Versions[len(a.Versions)-1]
	v.Draft = platform.Spec{
		Models: in.Models, Upstreams: in.Upstreams, Hosts: in.Hosts, Health: in.Health, Balance: in.Balance, OpenAPI: in.OpenAPI, Prompt: in.Prompt,
	}
	if err := platform.CheckAPI(a); err != nil {
		return err
	}
	if s.CheckSpec != nil {
		return s.CheckSpec(a.Kind, &v.Draft)
	}
	return nil
}

// apiOf finds the API in the path, as the sender knows it.
func (s *server) apiOf(d *deed, r *http.Request) (platform.API, error) {
	a, err := d.API(d.ctx, d.by.Scope(), platform.APIID(r.PathValue("id")))
	if err != nil {
		return a, about(err, "API", r.PathValue("id"))
	}
	return a, match(r, a.Revision)
}

func (s *server) getAPI(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	a, err := s.Store.Read().API(r.Context(), s.Scope(r), platform.APIID(r.PathValue("id")))
	if err != nil {
		return about(err, "API", r.PathValue("id"))
	}
	return show(w, http.StatusOK, a.Revision, published(&a))
}

func (s *server) editAPI(w http.ResponseWriter, r *http.Request) error {
	return s.changeAPI(w, r, "API changed", "api.change", func(d *deed, a *platform.API) (string, error) {
		in := published(a).APIEdit
		if err := edit(w, r, &in); err != nil {
			return "", err
		}
		return "", s.apply(d, a, &in)
	})
}

// changeAPI changes an API and answers with it.
func (s *server) changeAPI(w http.ResponseWriter, r *http.Request, doing, action string, do func(*deed, *platform.API) (reason string, err error)) error {
	if _, err := query(r); err != nil {
		return err
	}
	var a platform.API
	err := s.act(r, doing, func(d *deed) (err error) {
		if a, err = s.apiOf(d, r); err != nil {
			return err
		}
		before := published(&a)
		reason, err := do(d, &a)
		if err != nil {
			return err
		}
		if err := d.PutAPI(d.ctx, &a); err != nil {
			return err
		}
		return d.audit(action, string(a.ID), reason, before, published(&a), a.Tenant)
	})
	if err != nil {
		return err
	}
	return show(w, http.StatusOK, a.Revision, published(&a))
}

// move makes the handler of an event of a version.
func (s *server) move(event platform.APIEvent) handle {
	return func(w http.ResponseWriter, r *http.Request) error {
		var in api.Move
		if err := read(w, r, &in); err != nil {
			return err
		}
		return s.changeAPI(w, r, "API: "+string(event), "api."+string(event), func(d *deed, a *platform.API) (string, error) {
			return in.Reason, s.moveAPI(d, a, event, &in)
		})
	}
}

// moveAPI moves a version, and does what follows from it.
func (s *server) moveAPI(d *deed, a *platform.API, event platform.APIEvent, in *api.Move) error {
	change := platform.APIChange{Reason: in.Reason, Sunset: given(in.SunsetAt), Successor: in.Successor, Link: in.Link, Release: in.Release, Force: in.Force}
	switch event {
	case platform.EventPublish:
		t, err := d.Tenant(d.ctx, platform.Everywhere(), string(a.Tenant))
		if err != nil {
			return err
		}
		change.Review = t.Review
		v, err := a.Version(in.Version)
		if err == nil && s.CheckSpec != nil {
			err = s.CheckSpec(a.Kind, &v.Draft)
		}
		if err != nil {
			return err
		}
	case platform.EventRetire:
		callers, err := d.Callers(d.ctx, a.ID, d.now.AddDate(0, 0, -7))
		if err != nil {
			return err
		}
		names := ""
		for _, c := range callers {
			change.Callers += c.Calls
			names += " " + string(c.Application) + " (" + strconv.FormatInt(c.Calls, 10) + ")"
		}
		if change.Callers > 0 && !in.Force {
			return platform.Conflict("in-use", "in the last seven days it was called by%s; retire it with force if these may fail", names)
		}
	}
	if err := a.Move(in.Version, event, d.by, d.now, change); err != nil {
		return err
	}
	switch {
	case event == platform.EventDeprecate:
		return d.tellSubscribers(a, "api.deprecated", a.Name+" is deprecated"+until(change.Sunset))
	case a.State() == platform.StateRetired:
		if err := d.tellSubscribers(a, "api.retired", a.Name+" has been retired"); err != nil {
			return err
		}
		return d.leaveAll(store.Grants{API: a.ID}, platform.SubEnd, "the API "+a.Name+" has been retired")
	}
	return nil
}

// newVersion begins a version.
func (s *server) newVersion(w http.ResponseWriter, r *http.Request) error {
	var in api.NewVersion
	if err := read(w, r, &in); err != nil {
		return err
	}
	return s.changeAPI(w, r, "API: new version", "api.version", func(_ *deed, a *platform.API) (string, error) {
		from, err := a.Version(in.From)
		if err != nil {
			return "", platform.Invalid("from", "is no version of this API")
		}
		newest := a.Versions[len(a.Versions)-1]
		if !newest.State.Public() {
			return "", platform.Conflict("illegal-transition", "v%d is still a %s", newest.Number, newest.State)
		}
		a.Versions = append(slices.Clone(a.Versions), platform.Version{Number: newest.Number + 1, State: platform.StateDraft, Draft: from.Draft})
		return "", nil
	})
}

func (s *server) listReleases(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	a, err := s.Store.Read().API(r.Context(), s.Scope(r), platform.APIID(r.PathValue("id")))
	if err != nil {
		return about(err, "API", r.PathValue("id"))
	}
	list := api.List[api.Release]{Items: []api.Release{}}
	for _, v := range slices.Backward(a.Versions) {
		for _, rel := range slices.Backward(v.Releases) {
			list.Items = append(list.Items, api.Release{
				Digest: rel.Digest, Version: v.Number, Current: rel.Digest == v.Current, CreatedAt: rel.Created, By: rel.By, Spec: rel.Spec,
			})
		}
	}
	return reply(w, http.StatusOK, list)
}

func published(a *platform.API) api.API {
	draft := a.Versions[len(a.Versions)-1].Draft
	shown := a.Shown()
	out := api.API{
		ID: string(a.ID), Tenant: string(a.Tenant), Name: a.Name, Kind: a.Kind, State: shown.State, Version: shown.Number,
		Versions: make([]api.Version, len(a.Versions)), CreatedAt: a.Created, Revision: a.Revision,
		APIEdit: api.APIEdit{
			Title: a.Title, Description: a.Description, Visibility: a.Visibility, SharedWith: texts(a.SharedWith),
			Models: draft.Models, Upstreams: draft.Upstreams, Hosts: draft.Hosts, Health: draft.Health, Balance: draft.Balance,
			OpenAPI: draft.OpenAPI, Prompt: draft.Prompt,
		},
	}
	for i := range a.Versions {
		v := &a.Versions[i]
		out.Versions[i] = api.Version{
			Number: v.Number, State: v.State, Release: v.Current, Reason: v.Reason, DeprecatedAt: optional(v.Deprecated), SunsetAt: optional(v.Sunset),
			Successor: v.Successor, Link: v.Link, RetiredAt: optional(v.Retired),
		}
	}
	return out
}

func texts[T ~string](all []T) []string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = string(v)
	}
	return out
}
