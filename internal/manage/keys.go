package manage

import (
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/secret"
)

func (s *server) listKeys(w http.ResponseWriter, r *http.Request) error {
	values, err := query(r, "cursor", "limit")
	if err != nil {
		return err
	}
	p, err := pageOf(values)
	if err != nil {
		return err
	}
	a, err := s.Store.Application(r.Context(), s.Scope(r), platform.ApplicationID(r.PathValue("id")))
	if err != nil {
		return about(err, "application", r.PathValue("id"))
	}
	items, next, err := s.Store.Keys(r.Context(), platform.In(a.Tenant), a.ID, p)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, listOf(items, next, s.key))
}

// createKey makes a key and shows its secret, this once.
func (s *server) createKey(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var in api.NewKey
	if err := read(w, r, &in); err != nil {
		return err
	}
	if err := platform.CheckName("name", in.Name); err != nil {
		return err
	}
	now := s.instant()
	k := platform.Key{ID: platform.NewKeyID(now), Name: in.Name, Created: now}
	if in.ExpiresAt != nil {
		k.Expires = in.ExpiresAt.UTC()
		if k.Expires.IsZero() {
			return platform.Invalid("expires_at", "is in the past") // and not "never"
		}
	}
	if err := platform.CheckExpiry(k.Expires, now); err != nil {
		return err
	}
	a, err := s.Store.Application(r.Context(), s.Scope(r), platform.ApplicationID(r.PathValue("id")))
	if err != nil {
		return about(err, "application", r.PathValue("id"))
	}
	k.Tenant, k.Application = a.Tenant, a.ID
	key := secret.NewKey()
	k.Hint = secret.Hint(key)
	if err := s.Store.CreateKey(r.Context(), k, s.Hasher.Hash(key)); err != nil {
		return err
	}
	s.changed(r, "key created", zap.String("key", string(k.ID)), zap.String("application", string(a.ID)))
	shown := s.key(&k)
	shown.Secret = key
	return s.created(w, "/keys/"+string(k.ID), shown)
}

func (s *server) getKey(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	k, err := s.Store.Key(r.Context(), s.Scope(r), platform.KeyID(r.PathValue("id")))
	if err != nil {
		return about(err, "key", r.PathValue("id"))
	}
	return reply(w, http.StatusOK, s.key(&k))
}

// revokeKey revokes a key. One that is revoked already stays as it is, so that
// the request can be repeated.
func (s *server) revokeKey(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	if err := read(w, r, &struct{}{}); err != nil {
		return err
	}
	k, err := s.Store.RevokeKey(r.Context(), s.Scope(r), platform.KeyID(r.PathValue("id")), s.instant())
	if err != nil {
		return about(err, "key", r.PathValue("id"))
	}
	s.changed(r, "key revoked", zap.String("key", string(k.ID)))
	return reply(w, http.StatusOK, s.key(&k))
}

func (s *server) key(k *platform.Key) api.Key {
	return api.Key{
		ID: string(k.ID), Tenant: string(k.Tenant), Application: string(k.Application), Name: k.Name, Hint: k.Hint,
		State: k.State(s.now()).String(), CreatedAt: k.Created, ExpiresAt: optional(k.Expires), RevokedAt: optional(k.Revoked),
	}
}

// optional is nil for the zero time.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
