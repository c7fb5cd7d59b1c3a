package platform

import (
	"errors"
	"fmt"
)

var (
	// ErrConflict: what is asked for does not go with how things stand. A
	// [ConflictError] tells why.
	ErrConflict = errors.New("conflict")
	// ErrForbidden: the actor may not do that. A [ForbiddenError] tells what is
	// missing.
	ErrForbidden = errors.New("forbidden")
	// ErrStale: the object has changed since it was read.
	ErrStale = errors.New("has changed meanwhile")
)

// ConflictError is a move that is not possible now.
type ConflictError struct {
	// Code is for programs: "illegal-transition", "already-decided",
	// "already-subscribed", "request-pending", "cooling-down",
	// "too-many-requests", "in-use", "not-offered".
	Code string
	// Reason is for people.
	Reason string
}

// Conflict makes an error of a move that is not possible now.
func Conflict(code, format string, args ...any) error {
	return &ConflictError{Code: code, Reason: fmt.Sprintf(format, args...)}
}

func (e *ConflictError) Error() string { return e.Reason }

// Is makes the error an [ErrConflict].
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// ForbiddenError is something that the actor may not do.
type ForbiddenError struct{ Reason string }

// Forbidden makes an error of what an actor may not do.
func Forbidden(format string, args ...any) error {
	return &ForbiddenError{Reason: fmt.Sprintf(format, args...)}
}

func (e *ForbiddenError) Error() string { return e.Reason }

// Is makes the error an [ErrForbidden].
func (e *ForbiddenError) Is(target error) bool { return target == ErrForbidden }
