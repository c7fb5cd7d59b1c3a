package platform

import (
	"errors"
	"fmt"
)

// Errors that a caller may be told. They are matched with [errors.Is].
var (
	// ErrNotFound: there is none, or it is another tenant's, which is the same.
	ErrNotFound = errors.New("not found")
	// ErrExists: another has that name.
	ErrExists = errors.New("exists already")
	// ErrInvalid: a value breaks a rule. An [InvalidError] tells where.
	ErrInvalid = errors.New("invalid")
)

// InvalidError is a value that breaks a rule.
type InvalidError struct {
	// Place is the field or parameter, such as "name".
	Place string
	// Reason follows the place in a sentence: "is missing".
	Reason string
}

// Invalid makes an error about the value at a place.
func Invalid(place, format string, args ...any) error {
	return &InvalidError{Place: place, Reason: fmt.Sprintf(format, args...)}
}

func (e *InvalidError) Error() string { return e.Place + " " + e.Reason }

// Is makes the error an [ErrInvalid].
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }
