package manage

import (
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/secret"
)

// A session is a cookie that says who signed in, and when, with a keyed hash over
// both and over the member's password: a new password ends all sessions.
const (
	sessionCookie = "fairway_session"
	sessionFor    = 12 * time.Hour
)

var errSignIn = api.NewProblem(http.StatusUnauthorized, api.CodeUnauthorized, "the address or the password is wrong")

// signIn begins a session, by a password or by a one-time link, which sets it.
func (s *server) signIn(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	var in api.SignIn
	if err := read(w, r, &in); err != nil {
		return err
	}
	if !s.tries.allow(address(r)) {
		p := *api.NewProblem(http.StatusTooManyRequests, "rate-limited", "too many attempts to sign in; wait a minute")
		w.Header().Set("Retry-After", "60")
		return &p
	}
	m, err := s.checkPassword(r, &in)
	if err != nil {
		return err
	}
	s.setSession(w, r, &m)
	return show(w, http.StatusCreated, m.Revision, member(&m))
}

func (s *server) checkPassword(r *http.Request, in *api.SignIn) (platform.Member, error) {
	if in.Invitation != "" {
		return s.acceptInvitation(r, in)
	}
	m, err := s.Store.Read().SignIn(r.Context(), strings.ToLower(in.Email), "")
	if err != nil && !errors.Is(err, platform.ErrNotFound) {
		return m, err
	}
	// Somebody who does not exist takes as long as somebody who does.
	ok := secret.CheckPassword(m.Password, in.Password)
	if err != nil || !ok || !m.Disabled.IsZero() {
		return m, errSignIn
	}
	return m, nil
}

func (s *server) acceptInvitation(r *http.Request, in *api.SignIn) (m platform.Member, err error) {
	if n := len(in.Password); n < secret.LeastPassword || n > secret.MostPassword {
		return m, platform.Invalid("password", "must have %d to %d bytes", secret.LeastPassword, secret.MostPassword)
	}
	hash, err := secret.HashPassword(in.Password)
	if err != nil {
		return m, err
	}
	err = s.act(r, "password set", func(d *deed) error {
		m, err = d.SignIn(d.ctx, "", s.Hasher.Text(in.Invitation))
		if errors.Is(err, platform.ErrNotFound) || err == nil && (!d.now.Before(m.InviteEnds) || !m.Disabled.IsZero()) {
			return api.NewProblem(http.StatusUnauthorized, api.CodeUnauthorized, "the link was used already, or is too old; ask for another")
		}
		if err != nil {
			return err
		}
		m.Password, m.Invite, m.InviteEnds = hash, "", time.Time{}
		d.by = m.Actor(address(r))
		if err := d.PutMember(d.ctx, &m); err != nil {
			return err
		}
		return d.audit("member.password", string(m.ID), "", nil, nil, m.Tenant)
	})
	return m, err
}

func (s *server) setSession(w http.ResponseWriter, r *http.Request, m *platform.Member) {
	ends := s.now().Add(sessionFor)
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie, Value: s.session(m, ends), Path: "/", Expires: ends,
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	})
}

// session is the cookie's value.
func (s *server) session(m *platform.Member, ends time.Time) string {
	body := string(m.ID) + "." + strconv.FormatInt(ends.Unix(), 10)
	sum := s.Hasher.Hash("session\x00" + body + "\x00" + m.Password + m.Subject)
	return body + "." + base64.RawURLEncoding.EncodeToString(sum[:])
}

func (s *server) signOut(w http.ResponseWriter, r *http.Request) error {
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode})
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) me(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	by := actor(r)
	if by.Kind != platform.ActorMember {
		return errNoMember
	}
	m, err := s.Store.Read().Member(r.Context(), platform.In(by.Tenant), by.Member)
	if err != nil {
		return err
	}
	return show(w, http.StatusOK, m.Revision, member(&m))
}

// signedIn finds the member of a request's token or session.
func (s *server) signedIn(r *http.Request) (platform.Member, error) {
	nobody := platform.Member{}
	if text, ok := bearer(r); ok {
		if !secret.CheckToken(text) {
			return nobody, platform.ErrNotFound
		}
		k, err := s.Store.Read().TokenOf(r.Context(), s.Hasher.Text(text))
		if err != nil || !k.Live(s.now()) {
			return nobody, errors.Join(err, platform.ErrNotFound)
		}
		return s.Store.Read().Member(r.Context(), platform.In(k.Tenant), k.Member)
	}
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return nobody, platform.ErrNotFound
	}
	id, rest, _ := strings.Cut(c.Value, ".")
	unix, _, _ := strings.Cut(rest, ".")
	seconds, err := strconv.ParseInt(unix, 10, 64)
	if err != nil || !platform.MemberID(id).Valid() || !s.now().Before(time.Unix(seconds, 0)) {
		return nobody, platform.ErrNotFound
	}
	m, err := s.Store.Read().Member(r.Context(), platform.Everywhere(), platform.MemberID(id))
	if err != nil || !hmac.Equal([]byte(c.Value), []byte(s.session(&m, time.Unix(seconds, 0)))) {
		return nobody, errors.Join(err, platform.ErrNotFound)
	}
	// A page of another site cannot send the cookie (SameSite), and must not be
	// able to change anything even where a browser lets it.
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
			return nobody, platform.ErrNotFound
		}
	}
	return m, nil
}

func bearer(r *http.Request) (string, bool) {
	v := r.Header.Get("Authorization")
	if len(v) > 7 && strings.EqualFold(v[:7], "Bearer ") {
		return v[7:], true
	}
	return "", false
}
