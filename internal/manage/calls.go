package manage

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
)

// What "since" can be beside a cursor.
const (
	sinceStart = "start" // all that is stored
	sinceNow   = "now"   // nothing but the cursor, to follow what comes
)

// listCalls lists call records: the newest calls first, or, with "since", in
// the order in which they were stored, with a cursor to go on from later.
func (s *server) listCalls(w http.ResponseWriter, r *http.Request) error {
	values, err := query(r, "cursor", "limit", "since", "tenant", "application", "key", "model", "status", "from", "until")
	if err != nil {
		return err
	}
	p, err := pageOf(values)
	if err != nil {
		return err
	}
	f, err := callFilter(values)
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
	if f.Key != "" && f.Application == "" {
		// An application's calls are found by an index, a key's among them.
		if k, err := s.Store.Key(r.Context(), in, f.Key); err == nil {
			f.Application = k.Application
		}
	}
	if values.Has("since") {
		return s.followCalls(w, r, in, f, p, values)
	}
	recs, next, err := s.Store.Calls(r.Context(), in, f, p)
	if err != nil {
		return err
	}
	return replyCalls(w, recs, next)
}

func (s *server) followCalls(w http.ResponseWriter, r *http.Request, in platform.Scope, f store.CallFilter, p store.Page, values url.Values) error {
	if values.Has("cursor") {
		return platform.Invalid("cursor", "cannot stand beside since, which takes the cursor itself")
	}
	switch p.Cursor = values.Get("since"); p.Cursor {
	case sinceNow:
		next, err := s.Store.CallsEnd(r.Context())
		if err != nil {
			return err
		}
		return replyCalls(w, nil, next)
	case sinceStart:
		p.Cursor = ""
	case "":
		return platform.Invalid("since", "is neither a cursor nor %q nor %q", sinceStart, sinceNow)
	}
	recs, next, err := s.Store.CallsSince(r.Context(), in, f, p)
	var invalid *platform.InvalidError
	if errors.As(err, &invalid) && invalid.Place == "cursor" {
		return platform.Invalid("since", "%s", invalid.Reason)
	}
	if err != nil {
		return err
	}
	return replyCalls(w, recs, next)
}

func callFilter(values url.Values) (f store.CallFilter, err error) {
	f.Application = platform.ApplicationID(values.Get("application"))
	f.Key = platform.KeyID(values.Get("key"))
	f.Model = values.Get("model")
	if f.MinStatus, f.MaxStatus, err = statuses(values.Get("status")); err != nil {
		return f, err
	}
	if f.From, err = timeOf(values, "from"); err != nil {
		return f, err
	}
	f.Until, err = timeOf(values, "until")
	return f, err
}

func replyCalls(w http.ResponseWriter, recs []ledger.Record, next string) error {
	return reply(w, http.StatusOK, listOf(recs, next, func(r *ledger.Record) *api.Call { return r }))
}

func (s *server) getCall(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	rec, err := s.Store.Call(r.Context(), s.Scope(r), r.PathValue("id"))
	if err != nil {
		return about(err, "call", r.PathValue("id"))
	}
	return reply(w, http.StatusOK, &rec)
}
