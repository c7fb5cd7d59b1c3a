package manage

import (
	"net/http"
	"slices"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
)

// listNotices lists what concerns the sender.
func (s *server) listNotices(w http.ResponseWriter, r *http.Request) error {
	_, p, err := paged(r)
	if err != nil {
		return err
	}
	items, next, err := s.Store.Read().Notices(r.Context(), s.Scope(r), p)
	if err != nil {
		return err
	}
	by := actor(r)
	items = slices.DeleteFunc(items, func(n platform.Notice) bool { return !concerns(&n, &by) })
	return reply(w, http.StatusOK, listOf(items, next, func(n *platform.Notice) api.Notice { return notice(n, &by) }))
}

func concerns(n *platform.Notice, by *platform.Actor) bool {
	return by.Kind != platform.ActorMember || slices.Contains(n.Members, by.Member) || slices.ContainsFunc(n.To, func(role platform.Role) bool { return by.Is(role, n.Tenant) })
}

// readNotice marks a notice as seen by the sender.
func (s *server) readNotice(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	if err := read(w, r, &struct{}{}); err != nil {
		return err
	}
	var n platform.Notice
	var by platform.Actor
	err := s.act(r, "notice read", func(d *deed) (err error) {
		by = d.by
		n, err = d.Notice(d.ctx, d.by.Scope(), platform.NoticeID(r.PathValue("id")))
		if err != nil || !concerns(&n, &d.by) {
			return about(platform.ErrNotFound, "notice", r.PathValue("id"))
		}
		if slices.Contains(n.Read, d.by.Member) {
			return nil
		}
		n.Read = append(n.Read, d.by.Member)
		return d.PutNotice(d.ctx, &n)
	})
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, notice(&n, &by))
}

func notice(n *platform.Notice, by *platform.Actor) api.Notice {
	return api.Notice{ID: string(n.ID), Tenant: string(n.Tenant), Time: n.Time, Kind: n.Kind, Object: n.Object, Text: n.Text, Read: slices.Contains(n.Read, by.Member)}
}

// listAudit lists who changed what.
func (s *server) listAudit(w http.ResponseWriter, r *http.Request) error {
	values, p, err := paged(r, "object", "tenant")
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
	items, next, err := s.Store.Read().Audit(r.Context(), in, values.Get("object"), p)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, listOf(items, next, func(a *platform.Audit) api.Audit { return *a }))
}

// getSnapshot tells what the data plane of this node knows.
func (s *server) getSnapshot(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	if s.Snapshot == nil {
		return api.NewProblem(http.StatusServiceUnavailable, api.CodeStore, "no data plane runs here")
	}
	snap := s.Snapshot.Snapshot()
	return reply(w, http.StatusOK, api.Snapshot{Version: snap.Version(), Keys: snap.Keys(), APIs: snap.APIs()})
}
