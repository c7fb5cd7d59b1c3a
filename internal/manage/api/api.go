// Package api has the shapes of the management API's bodies, for the handlers
// and for clients.
package api

import (
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/internal/platform"
)

// Prefix is where the API is on the operator's endpoint.
const Prefix = "/fairway/v1"

// List is a part of a list.
type List[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the part after this one; empty at the end.
	Next string `json:"next,omitempty"`
}

// Tenant is a tenant.
type Tenant struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
	TenantEdit
	Revision int64 `json:"revision"`
}

// NewApplication is what is said to create an application.
type NewApplication struct {
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	Limits      platform.Limits `json:"limits,omitzero"`
}

// Application is an application.
type Application struct {
	ID        string    `json:"id"`
	Tenant    string    `json:"tenant"`
	CreatedAt time.Time `json:"created_at"`
	ApplicationEdit
	Revision int64 `json:"revision"`
}

// NewKey is what is said to create a key.
type NewKey struct {
	Name string `json:"name"`
	// ExpiresAt is nil for a key that does not expire.
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	// Limits, Models and Addresses narrow what the application may.
	Limits    platform.Limits `json:"limits,omitzero"`
	Models    []string        `json:"models,omitempty"`
	Addresses []string        `json:"addresses,omitempty"`
}

// Key is a key.
type Key struct {
	ID          string `json:"id"`
	Tenant      string `json:"tenant"`
	Application string `json:"application"`
	Name        string `json:"name"`
	// Limits, Models and Addresses narrow what the application may.
	Limits    platform.Limits `json:"limits,omitzero"`
	Models    []string        `json:"models,omitempty"`
	Addresses []string        `json:"addresses,omitempty"`
	// Rotated is the key that takes this one's place.
	Rotated string `json:"rotated,omitempty"`
	// Hint is the beginning of the secret.
	Hint string `json:"hint"`
	// State is "live", "expired" or "revoked".
	State     string     `json:"state"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
	Revision  int64      `json:"revision"`
	// Secret is what callers send. It is in the answer that creates the key
	// and nowhere else.
	Secret string `json:"secret,omitempty"`
}

// Call is a call record.
type Call = ledger.Record
