package snapshot

import (
	"slices"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/internal/limits"
	"github.com/fairwaygw/fairway/internal/platform"
)

// API is what is published. It never changes.
type API struct {
	ID     string
	Tenant string
	Name   string
	Kind   platform.APIKind
	// State is that of the version by which the API is judged.
	State platform.APIState
	// Versions are those that were ever published, the newest first.
	Versions []Served

	visibility platform.Visibility
	sharedWith []platform.TenantID
}

// Served is a version as it is served.
type Served struct {
	Number int
	State  platform.APIState
	Spec   *platform.Spec
	// Digest is that of the release.
	Digest string
	// Reason is why it is blocked.
	Reason             string
	Deprecated, Sunset time.Time
	Successor, Link    string
	Retired            time.Time
}

func newAPI(a *platform.API) *API {
	api := &API{
		ID: string(a.ID), Tenant: string(a.Tenant), Name: a.Name, Kind: a.Kind, State: a.State(),
		visibility: a.Visibility, sharedWith: a.SharedWith,
	}
	for i := range slices.Backward(a.Versions) {
		v := &a.Versions[i]
		release := v.Release()
		if !v.State.Public() || release == nil {
			continue
		}
		api.Versions = append(api.Versions, Served{
			Number: v.Number, State: v.State, Spec: &release.Spec, Digest: release.Digest, Reason: v.Reason,
			Deprecated: v.Deprecated, Sunset: v.Sunset, Successor: v.Successor, Link: v.Link, Retired: v.Retired,
		})
	}
	return api
}

// contains finds the version that contains a model, and how specific it names
// it: -1 where none does. One that is served comes before one that is not.
func (a *API) contains(model string) (found *Served, specific int) {
	specific = -1
	for i := range a.Versions {
		v := &a.Versions[i]
		for _, m := range v.Spec.Models {
			n := -1
			if prefix, open := strings.CutSuffix(m, "*"); m == model {
				n = 1 << 20
			} else if open && strings.HasPrefix(model, prefix) {
				n = len(prefix)
			}
			if n < 0 || found != nil && (found.State.Served() && !v.State.Served() || found.State.Served() == v.State.Served() && n <= specific) {
				continue
			}
			found, specific = v, n
		}
	}
	return found, specific
}

// VisibleTo reports whether a tenant can find the API.
func (a *API) VisibleTo(tenant string) bool {
	of := platform.API{Tenant: platform.TenantID(a.Tenant), Visibility: a.visibility, SharedWith: a.sharedWith}
	return len(a.Versions) > 0 && of.VisibleTo(platform.TenantID(tenant))
}

// Tenant is the boundary of isolation. It never changes.
type Tenant struct {
	ID      string
	Name    string
	Deleted bool
	// Rules bound all that its applications use together.
	Rules []limits.Rule
}
