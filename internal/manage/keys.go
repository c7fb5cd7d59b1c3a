package manage

import (
	"net/http"
	"time"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/secret"
)

func (s *server) listKeys(w http.ResponseWriter, r *http.Request) error {
	_, p, err := paged(r)
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
	var k platform.Key
	var text string
	err := s.act(r, "key created", func(d *deed) error {
		a, err := d.Application(d.ctx, d.by.Scope(), platform.ApplicationID(r.PathValue("id")))
		if err != nil {
			return about(err, "application", r.PathValue("id"))
		}
		k = platform.Key{
			Name: in.Name, Tenant: a.Tenant, Application: a.ID,
			KeySettings: platform.KeySettings{Limits: in.Limits, Models: in.Models, Addresses: in.Addresses},
		}
		if k.Expires, err = expires(in.ExpiresAt, d.now); err != nil {
			return err
		}
		if text, err = s.issue(d, &k); err != nil {
			return err
		}
		return d.audit("key.create", string(k.ID), "", nil, s.key(&k), k.Tenant)
	})
	if err != nil {
		return err
	}
	shown := s.key(&k)
	shown.Secret = text
	w.Header().Set("ETag", etag(k.Revision))
	return s.created(w, "/keys/"+string(k.ID), shown)
}

// expires reads when a key ends.
func expires(at *time.Time, now time.Time) (time.Time, error) {
	if at == nil {
		return time.Time{}, nil
	}
	t := at.UTC()
	if t.IsZero() {
		return t, platform.Invalid("expires_at", "is in the past") // and not "never"
	}
	return t, platform.CheckExpiry(t, now)
}

// issue gives a key an id and a secret, and stores it.
func (s *server) issue(d *deed, k *platform.Key) (text string, err error) {
	if err := platform.CheckKeySettings(&k.KeySettings); err != nil {
		return "", err
	}
	text = secret.NewKey()
	k.ID, k.Created, k.Hint = platform.NewKeyID(d.now), d.now, secret.Hint(text)
	return text, d.CreateKey(d.ctx, k, s.Hasher.Hash(text))
}

func (s *server) getKey(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	k, err := s.Store.Key(r.Context(), s.Scope(r), platform.KeyID(r.PathValue("id")))
	if err != nil {
		return about(err, "key", r.PathValue("id"))
	}
	return show(w, http.StatusOK, k.Revision, s.key(&k))
}

func (s *server) editKey(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var k platform.Key
	err := s.act(r, "key changed", func(d *deed) (err error) {
		if k, err = s.keyOf(d, r); err != nil {
			return err
		}
		before := s.key(&k)
		in := api.KeyEdit{Name: k.Name, ExpiresAt: before.ExpiresAt, Limits: k.Limits, Models: k.Models, Addresses: k.Addresses}
		if err := edit(w, r, &in); err != nil {
			return err
		}
		if err := platform.CheckName("name", in.Name); err != nil {
			return err
		}
		if k.Expires.IsZero() && in.ExpiresAt == nil || in.ExpiresAt != nil && in.ExpiresAt.Equal(k.Expires) {
			in.ExpiresAt = before.ExpiresAt // one that is over already may stay so
		} else if k.Expires, err = expires(in.ExpiresAt, d.now); err != nil {
			return err
		}
		k.Name, k.Limits, k.Models, k.Addresses = in.Name, in.Limits, in.Models, in.Addresses
		if err := platform.CheckKeySettings(&k.KeySettings); err != nil {
			return err
		}
		if err := d.PutKey(d.ctx, &k); err != nil {
			return err
		}
		return d.audit("key.change", string(k.ID), "", before, s.key(&k), k.Tenant)
	})
	if err != nil {
		return err
	}
	return show(w, http.StatusOK, k.Revision, s.key(&k))
}

// keyOf finds the key in the path, as the sender knows it.
func (s *server) keyOf(d *deed, r *http.Request) (platform.Key, error) {
	k, err := d.Key(d.ctx, d.by.Scope(), platform.KeyID(r.PathValue("id")))
	if err != nil {
		return k, about(err, "key", r.PathValue("id"))
	}
	return k, match(r, k.Revision)
}

// rotateKey makes a key that takes another one's place, which works on for a
// while.
func (s *server) rotateKey(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var in api.Rotation
	if err := read(w, r, &in); err != nil {
		return err
	}
	var overlap time.Duration
	if in.Overlap != "" {
		var err error
		if overlap, err = time.ParseDuration(in.Overlap); err != nil || overlap < 0 || overlap > maxOverlap {
			return platform.Invalid("overlap", `is no duration from 0 to 90 days, such as "24h"`)
		}
	}
	var k platform.Key
	var text string
	err := s.act(r, "key rotated", func(d *deed) error {
		old, err := s.keyOf(d, r)
		if err != nil {
			return err
		}
		if state := old.State(d.now); state != platform.KeyLive {
			return platform.Conflict("illegal-transition", "the key is %s; create another one", state)
		}
		before := s.key(&old)
		k = platform.Key{Name: old.Name, Tenant: old.Tenant, Application: old.Application, Expires: old.Expires, KeySettings: old.KeySettings}
		if text, err = s.issue(d, &k); err != nil {
			return err
		}
		if end := d.now.Add(overlap); old.Expires.IsZero() || end.Before(old.Expires) {
			old.Expires = end
		}
		old.Rotated = k.ID
		if err := d.PutKey(d.ctx, &old); err != nil {
			return err
		}
		return d.audit("key.rotate", string(old.ID), "", before, s.key(&k), k.Tenant)
	})
	if err != nil {
		return err
	}
	shown := s.key(&k)
	shown.Secret = text
	return s.created(w, "/keys/"+string(k.ID), shown)
}

// maxOverlap is more than anybody needs to put a new key everywhere.
const maxOverlap = 90 * 24 * time.Hour

// revokeKey revokes a key. One that is revoked already stays as it is, so that
// the request can be repeated.
func (s *server) revokeKey(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var in struct {
		Reason string `json:"reason"`
	}
	if err := read(w, r, &in); err != nil {
		return err
	}
	var k platform.Key
	err := s.act(r, "key revoked", func(d *deed) (err error) {
		if k, err = s.keyOf(d, r); err != nil || !k.Revoked.IsZero() {
			d.object = string(k.ID)
			return err
		}
		before := s.key(&k)
		k.Revoked = d.now
		if err := d.PutKey(d.ctx, &k); err != nil {
			return err
		}
		return d.audit("key.revoke", string(k.ID), in.Reason, before, s.key(&k), k.Tenant)
	})
	if err != nil {
		return err
	}
	return show(w, http.StatusOK, k.Revision, s.key(&k))
}

func (s *server) key(k *platform.Key) api.Key {
	return api.Key{
		ID: string(k.ID), Tenant: string(k.Tenant), Application: string(k.Application), Name: k.Name, Hint: k.Hint,
		Limits: k.Limits, Models: k.Models, Addresses: k.Addresses, Rotated: string(k.Rotated), Revision: k.Revision,
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

// given is the zero time for nil.
func given(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
