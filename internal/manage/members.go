package manage

import (
	"net/http"
	"time"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/secret"
)

// inviteFor is how long a one-time link can be used.
const inviteFor = 7 * 24 * time.Hour

func (s *server) listMembers(w http.ResponseWriter, r *http.Request) error {
	_, p, err := paged(r)
	if err != nil {
		return err
	}
	t, err := s.tenant(r)
	if err != nil {
		return err
	}
	items, next, err := s.Store.Read().Members(r.Context(), platform.In(t.ID), p)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, listOf(items, next, member))
}

// createMember invites somebody: the answer has the secret of a one-time link.
func (s *server) createMember(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var in api.NewMember
	if err := read(w, r, &in); err != nil {
		return err
	}
	email, err := platform.CheckEmail("email", in.Email)
	if err != nil {
		return err
	}
	if err := platform.CheckRoles("roles", in.Roles); err != nil {
		return err
	}
	t, err := s.tenant(r)
	if err != nil {
		return err
	}
	var m platform.Member
	invitation := secret.NewInvitation()
	err = s.act(r, "member invited", func(d *deed) error {
		m = platform.Member{
			ID: platform.NewMemberID(d.now), Tenant: t.ID, Email: email, Name: in.Name, Roles: in.Roles, Created: d.now,
			Invite: s.Hasher.Text(invitation), InviteEnds: d.now.Add(inviteFor),
		}
		if err := grantable(d.by, t.ID, nil, m.Roles); err != nil {
			return err
		}
		if err := d.PutMember(d.ctx, &m); err != nil {
			return about(err, "member", m.Email)
		}
		return d.audit("member.invite", string(m.ID), "", nil, member(&m), t.ID)
	})
	if err != nil {
		return err
	}
	shown := member(&m)
	shown.Invitation = invitation
	w.Header().Set("ETag", etag(m.Revision))
	return s.created(w, "/members/"+string(m.ID), shown)
}

// grantable refuses roles that the actor has no say in: an owner is made and
// unmade by owners only.
func grantable(by platform.Actor, t platform.TenantID, before, after []platform.Role) error {
	if by.Kind == platform.ActorOperator || by.Is(platform.RoleOwner, t) {
		return nil
	}
	for _, roles := range [][]platform.Role{before, after} {
		for _, role := range roles {
			if role == platform.RoleOwner {
				return platform.Forbidden("only an owner may say who is one")
			}
		}
	}
	return nil
}

// memberOf finds the member in the path, as the sender knows it.
func memberOf(d *deed, r *http.Request) (platform.Member, error) {
	m, err := d.Member(d.ctx, d.by.Scope(), platform.MemberID(r.PathValue("id")))
	if err != nil {
		return m, about(err, "member", r.PathValue("id"))
	}
	return m, match(r, m.Revision)
}

func (s *server) getMember(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	m, err := s.Store.Read().Member(r.Context(), s.Scope(r), platform.MemberID(r.PathValue("id")))
	if err != nil {
		return about(err, "member", r.PathValue("id"))
	}
	return show(w, http.StatusOK, m.Revision, member(&m))
}

func (s *server) editMember(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var m platform.Member
	err := s.act(r, "member changed", func(d *deed) (err error) {
		if m, err = memberOf(d, r); err != nil {
			return err
		}
		before := member(&m)
		in := api.MemberEdit{Name: m.Name, Roles: m.Roles, Disabled: !m.Disabled.IsZero()}
		if err := edit(w, r, &in); err != nil {
			return err
		}
		if err := platform.CheckRoles("roles", in.Roles); err != nil {
			return err
		}
		if err := grantable(d.by, m.Tenant, m.Roles, in.Roles); err != nil {
			return err
		}
		m.Name, m.Roles = in.Name, in.Roles
		switch {
		case !in.Disabled:
			m.Disabled = time.Time{}
		case m.Disabled.IsZero():
			m.Disabled = d.now
		}
		if err := d.PutMember(d.ctx, &m); err != nil {
			return err
		}
		return d.audit("member.change", string(m.ID), "", before, member(&m), m.Tenant)
	})
	if err != nil {
		return err
	}
	return show(w, http.StatusOK, m.Revision, member(&m))
}

// reinvite makes a new one-time link, by which the member sets another password.
func (s *server) reinvite(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	if err := read(w, r, &struct{}{}); err != nil {
		return err
	}
	var m platform.Member
	invitation := secret.NewInvitation()
	err := s.act(r, "member invited", func(d *deed) (err error) {
		if m, err = memberOf(d, r); err != nil {
			return err
		}
		if err := grantable(d.by, m.Tenant, m.Roles, nil); err != nil {
			return err
		}
		m.Invite, m.InviteEnds = s.Hasher.Text(invitation), d.now.Add(inviteFor)
		if err := d.PutMember(d.ctx, &m); err != nil {
			return err
		}
		return d.audit("member.invite", string(m.ID), "", nil, member(&m), m.Tenant)
	})
	if err != nil {
		return err
	}
	shown := member(&m)
	shown.Invitation = invitation
	return show(w, http.StatusOK, m.Revision, shown)
}

func (s *server) deleteMember(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	err := s.act(r, "member deleted", func(d *deed) error {
		m, err := memberOf(d, r)
		if err != nil {
			return err
		}
		if err := grantable(d.by, m.Tenant, m.Roles, nil); err != nil {
			return err
		}
		if err := d.DeleteMember(d.ctx, platform.In(m.Tenant), m.ID); err != nil {
			return err
		}
		return d.audit("member.delete", string(m.ID), "", member(&m), nil, m.Tenant)
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func member(m *platform.Member) api.Member {
	state := "active"
	switch {
	case !m.Disabled.IsZero():
		state = "disabled"
	case m.Password == "" && m.Subject == "":
		state = "invited"
	}
	return api.Member{ID: string(m.ID), Tenant: string(m.Tenant), Email: m.Email, Name: m.Name, Roles: m.Roles, State: state, CreatedAt: m.Created}
}
