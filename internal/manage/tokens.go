package manage

import (
	"errors"
	"net/http"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/secret"
)

var errNoMember = api.NewProblem(http.StatusBadRequest, api.CodeInvalid, "tokens are members' own; the operator needs none here")

func (s *server) listTokens(w http.ResponseWriter, r *http.Request) error {
	_, p, err := paged(r)
	if err != nil {
		return err
	}
	by := actor(r)
	if by.Kind != platform.ActorMember {
		return errNoMember
	}
	items, next, err := s.Store.Read().Tokens(r.Context(), platform.In(by.Tenant), by.Member, p)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, listOf(items, next, token))
}

// createToken makes a token of the sender's and shows its secret, this once.
func (s *server) createToken(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var in api.NewToken
	if err := read(w, r, &in); err != nil {
		return err
	}
	if err := platform.CheckName("name", in.Name); err != nil {
		return err
	}
	var k platform.Token
	text := secret.NewToken()
	err := s.act(r, "token created", func(d *deed) (err error) {
		if d.by.Kind != platform.ActorMember {
			return errNoMember
		}
		k = platform.Token{
			ID: platform.NewTokenID(d.now), Tenant: d.by.Tenant, Member: d.by.Member, Name: in.Name, Created: d.now,
			Hint: secret.Hint(text), Hash: s.Hasher.Text(text),
		}
		if k.Expires, err = expires(in.ExpiresAt, d.now); err != nil {
			return err
		}
		if err := d.PutToken(d.ctx, &k); err != nil {
			return err
		}
		return d.audit("token.create", string(k.ID), "", nil, token(&k), k.Tenant)
	})
	if err != nil {
		return err
	}
	shown := token(&k)
	shown.Secret = text
	return s.created(w, "/tokens/"+string(k.ID), shown)
}

func (s *server) revokeToken(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	if err := read(w, r, &struct{}{}); err != nil {
		return err
	}
	var k platform.Token
	err := s.act(r, "token revoked", func(d *deed) (err error) {
		k, err = d.Token(d.ctx, d.by.Scope(), platform.TokenID(r.PathValue("id")))
		if err == nil && d.by.Kind == platform.ActorMember && k.Member != d.by.Member && !d.by.May(platform.WriteMembers, k.Tenant) {
			err = platform.ErrNotFound
		}
		if err != nil {
			return about(err, "token", r.PathValue("id"))
		}
		d.object = string(k.ID)
		if !k.Revoked.IsZero() {
			return nil
		}
		before := token(&k)
		k.Revoked = d.now
		if err := d.PutToken(d.ctx, &k); err != nil {
			return err
		}
		return d.audit("token.revoke", string(k.ID), "", before, token(&k), k.Tenant)
	})
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, token(&k))
}

func token(k *platform.Token) api.Token {
	return api.Token{
		ID: string(k.ID), Tenant: string(k.Tenant), Member: string(k.Member), Name: k.Name, Hint: k.Hint,
		CreatedAt: k.Created, ExpiresAt: optional(k.Expires), RevokedAt: optional(k.Revoked),
	}
}

// Members finds out who sends a request to the site: by a management token, or
// by the cookie of a session.
func (s *server) member(r *http.Request) (platform.Actor, error) {
	m, err := s.signedIn(r)
	if err != nil {
		return platform.Actor{}, err
	}
	if !m.Disabled.IsZero() {
		return platform.Actor{}, platform.ErrNotFound
	}
	t, err := s.Store.Tenant(r.Context(), platform.In(m.Tenant), string(m.Tenant))
	if err != nil || !t.Deleted.IsZero() {
		return platform.Actor{}, errors.Join(err, platform.ErrNotFound)
	}
	return m.Actor(address(r)), nil
}
