package manage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/manage/api"
	"github.com/fairwaygw/fairway/internal/platform"
	"github.com/fairwaygw/fairway/internal/store"
)

var problemInternal = api.NewProblem(http.StatusInternalServerError, api.CodeInternal, "something failed here; the log has the details")

// outcomes are the errors that a sender is told about. All others are an
// internal error, so that no text of the store and no path gets out.
var outcomes = []struct {
	err     error
	problem *api.Problem
}{
	{platform.ErrNotFound, api.NewProblem(http.StatusNotFound, api.CodeNotFound, "there is none with this id or name")},
	{platform.ErrExists, api.NewProblem(http.StatusConflict, api.CodeExists, "there is one with this name already")},
	{platform.ErrStale, api.NewProblem(http.StatusPreconditionFailed, api.CodeStale, "it has changed since it was read; read it again")},
	{store.ErrBusy, api.NewProblem(http.StatusServiceUnavailable, api.CodeStore, "the store is locked by another process; try again")},
	{store.ErrFull, api.NewProblem(http.StatusServiceUnavailable, api.CodeStore, "the store's disk is full")},
	{store.ErrUnwritable, api.NewProblem(http.StatusServiceUnavailable, api.CodeStore, "the store cannot be written")},
	{store.ErrDamaged, api.NewProblem(http.StatusServiceUnavailable, api.CodeStore, "the store is damaged")},
	{store.ErrReplaced, api.NewProblem(http.StatusServiceUnavailable, api.CodeStore, "the store's file was deleted or replaced")},
	{context.DeadlineExceeded, api.NewProblem(http.StatusServiceUnavailable, api.CodeStore, "the store took too long; try again")},
}

// about names what an error is about, where its sender can mend it.
func about(err error, kind, name string) error {
	switch {
	case errors.Is(err, platform.ErrNotFound):
		return api.NewProblem(http.StatusNotFound, api.CodeNotFound, fmt.Sprintf("there is no %s %q", kind, name))
	case errors.Is(err, platform.ErrExists):
		return api.NewProblem(http.StatusConflict, api.CodeExists, fmt.Sprintf("the %s %q exists already", kind, name))
	}
	return err
}

// problemOf is what the sender is told about an error.
func problemOf(err error) api.Problem {
	var p *api.Problem
	if errors.As(err, &p) {
		return *p
	}
	var invalid *platform.InvalidError
	if errors.As(err, &invalid) {
		p := *api.NewProblem(http.StatusBadRequest, api.CodeInvalid, invalid.Error())
		p.Field = invalid.Place
		return p
	}
	var conflict *platform.ConflictError
	if errors.As(err, &conflict) {
		return *api.NewProblem(http.StatusConflict, conflict.Code, conflict.Reason)
	}
	var forbidden *platform.ForbiddenError
	if errors.As(err, &forbidden) {
		return *api.NewProblem(http.StatusForbidden, api.CodeForbidden, forbidden.Reason)
	}
	for _, o := range outcomes {
		if errors.Is(err, o.err) {
			return *o.problem
		}
	}
	return *problemInternal
}

// fail answers with an error.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	if r.Context().Err() != nil {
		return // the sender is gone
	}
	if p.Status >= http.StatusInternalServerError {
		s.Logger.Error("a request to the management API failed", zap.String("method", r.Method), zap.String("path", r.URL.Path), zap.Error(err))
	}
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	p.RequestID = w.Header().Get("X-Request-Id")
	body, err := json.Marshal(&p)
	if err != nil {
		s.Logger.Error("writing a problem failed", zap.Error(err))
	}
	write(w, p.Status, "application/problem+json", body)
}

// reply answers with JSON.
func reply(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	write(w, status, "application/json", body)
	return nil
}

// created answers a POST that made something at a path below the prefix.
func (s *server) created(w http.ResponseWriter, path string, v any) error {
	w.Header().Set("Location", s.Prefix+path)
	return reply(w, http.StatusCreated, v)
}

func write(w http.ResponseWriter, status int, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a sender that is gone needs no answer
}

// listOf makes a list of what a store returned.
func listOf[T, U any](items []T, next string, convert func(*T) U) api.List[U] {
	l := api.List[U]{Items: make([]U, len(items)), Next: next}
	for i := range items {
		l.Items[i] = convert(&items[i])
	}
	return l
}
