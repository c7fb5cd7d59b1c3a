package platform

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"
)

// APIKind is what an API is.
type APIKind string

// The kinds of APIs.
const (
	KindModel  APIKind = "model"  // a set of models
	KindPrompt APIKind = "prompt" // a prompt as a REST endpoint
	KindREST   APIKind = "rest"   // a routed service
)

// Visibility is who can find an API and ask for a subscription.
type Visibility string

// The visibilities.
const (
	VisiblePrivate Visibility = "private" // to its own tenant
	VisibleShared  Visibility = "shared"  // and to named ones
	VisiblePublic  Visibility = "public"  // to every tenant of this gateway
)

// API is what a tenant publishes.
type API struct {
	ID     APIID    `json:"id"`
	Tenant TenantID `json:"tenant"`
	// Name is a slug, unique in the tenant.
	Name        string     `json:"name"`
	Title       string     `json:"title,omitempty"`
	Description string     `json:"description,omitempty"`
	Kind        APIKind    `json:"kind"`
	Visibility  Visibility `json:"visibility"`
	// SharedWith are the tenants that a shared API is visible to.
	SharedWith []TenantID `json:"shared_with,omitempty"`
	// Versions are in the order of their numbers, of which 1 is the first.
	Versions []Version `json:"versions"`
	Created  time.Time `json:"created"`
	Revision int64     `json:"-"`
}

// Version is one version of an API, which is at a path of its own.
type Version struct {
	Number int      `json:"number"`
	State  APIState `json:"state"`
	// Draft is what the next release will be.
	Draft Spec `json:"draft"`
	// Releases never change; Current is the digest of the one that is served.
	Releases []Release `json:"releases,omitempty"`
	Current  string    `json:"current,omitempty"`
	// Resumes is the state to which a blocked version returns.
	Resumes APIState `json:"resumes,omitempty"`
	// Reason is why it is blocked, or was refused.
	Reason string `json:"reason,omitempty"`
	// Deprecated and Sunset are when it was given up, and when it will end.
	Deprecated time.Time `json:"deprecated,omitzero"`
	Sunset     time.Time `json:"sunset,omitzero"`
	// Successor is the path or address of what to use in its place, and Link of
	// a page that tells about it.
	Successor string    `json:"successor,omitempty"`
	Link      string    `json:"link,omitempty"`
	Retired   time.Time `json:"retired,omitzero"`
}

// Spec is what a release fixes.
type Spec struct {
	// Models are the names that an API of kind model contains; a trailing *
	// stands for any rest.
	Models []string `json:"models,omitempty"`
	// Upstreams are the addresses of a REST service.
	Upstreams []string `json:"upstreams,omitempty"`
	// Hosts are names under which a REST service is served beside its path.
	Hosts []string `json:"hosts,omitempty"`
	// Health is the path by which upstreams are probed; empty: not probed.
	Health string `json:"health,omitempty"`
	// Balance is how calls are spread: "random", "round_robin", "least_conn",
	// "first", "ip_hash". Default "random".
	Balance string `json:"balance,omitempty"`
	// OpenAPI is the service's document.
	OpenAPI json.RawMessage `json:"openapi,omitempty"`
	// Prompt is the prompt of an API of kind prompt.
	Prompt json.RawMessage `json:"prompt,omitempty"`
}

// Release is a fixed set, named by the digest of what it holds.
type Release struct {
	Digest  string    `json:"digest"`
	Spec    Spec      `json:"spec"`
	Created time.Time `json:"created"`
	By      Actor     `json:"by"`
}

const digestPrefix = "sha256:"

// Digest names what a spec holds: "sha256:…".
func (s *Spec) Digest() (string, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return digestPrefix + hex.EncodeToString(sum[:]), nil
}

// Release finds the release that is served, nil before the first.
func (v *Version) Release() *Release {
	i := slices.IndexFunc(v.Releases, func(r Release) bool { return r.Digest == v.Current })
	if i < 0 {
		return nil
	}
	return &v.Releases[i]
}

// Version finds a version by its number; 0 is the newest.
func (a *API) Version(number int) (*Version, error) {
	if number == 0 && len(a.Versions) > 0 {
		return &a.Versions[len(a.Versions)-1], nil
	}
	for i := range a.Versions {
		if a.Versions[i].Number == number {
			return &a.Versions[i], nil
		}
	}
	return nil, ErrNotFound
}

// Shown is the version by which the API is judged as a whole: the newest that
// was ever published, else the newest.
func (a *API) Shown() *Version {
	for i := range slices.Backward(a.Versions) {
		if a.Versions[i].State.Public() {
			return &a.Versions[i]
		}
	}
	return &a.Versions[len(a.Versions)-1]
}

// State is that of the version by which the API is judged.
func (a *API) State() APIState { return a.Shown().State }

// VisibleTo reports whether a tenant can find the API once it is published.
func (a *API) VisibleTo(t TenantID) bool {
	switch {
	case a.Tenant == t:
		return true
	case a.Visibility == VisiblePublic:
		return true
	case a.Visibility == VisibleShared:
		return slices.Contains(a.SharedWith, t)
	}
	return false
}

// ContainsModel reports whether one of a list of names and patterns stands for a
// model.
func ContainsModel(models []string, name string) bool {
	for _, m := range models {
		if prefix, open := strings.CutSuffix(m, "*"); m == name || open && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// Balances lists the ways in which calls are spread over upstreams.
var Balances = []string{"random", "round_robin", "least_conn", "first", "ip_hash"}

// Check checks what the spec of a kind needs, found at a place such as "" or
// "spec.".
func (s *Spec) Check(kind APIKind) error {
	type part struct {
		name string
		set  bool
		of   APIKind
	}
	for _, p := range []part{
		{"models", len(s.Models) > 0, KindModel},
		{"upstreams", len(s.Upstreams) > 0, KindREST},
		{"hosts", len(s.Hosts) > 0, KindREST},
		{"health", s.Health != "", KindREST},
		{"balance", s.Balance != "", KindREST},
		{"openapi", s.OpenAPI != nil, KindREST},
		{"prompt", s.Prompt != nil, KindPrompt},
	} {
		if p.set && kind != p.of {
			return Invalid(p.name, "belongs to an API of kind %s, and this one is of kind %s", p.of, kind)
		}
	}
	for _, m := range s.Models {
		if m == "" || strings.Contains(strings.TrimSuffix(m, "*"), "*") || strings.ContainsAny(m, " \t\r\n") {
			return Invalid("models", "has %q, which is neither a model nor a prefix followed by *", m)
		}
	}
	for _, u := range s.Upstreams {
		at, err := url.Parse(u)
		if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" || at.User != nil || at.RawQuery != "" || at.Fragment != "" || at.Path != "" && at.Path != "/" {
			return Invalid("upstreams", "has %q; write http://host:port or https://host:port, without a path", u)
		}
	}
	for _, h := range s.Hosts {
		if h == "" || h != strings.ToLower(h) || strings.ContainsAny(h, "/:*?#@ ") {
			return Invalid("hosts", "has %q, which is no host name in lower case", h)
		}
	}
	if s.Health != "" && !strings.HasPrefix(s.Health, "/") {
		return Invalid("health", "must be a path, such as /healthz")
	}
	if s.Balance != "" && !slices.Contains(Balances, s.Balance) {
		return Invalid("balance", "must be one of %s", strings.Join(Balances, ", "))
	}
	return nil
}

// Complete refuses a spec that cannot be served.
func (s *Spec) Complete(kind APIKind) error {
	switch {
	case kind == KindModel && len(s.Models) == 0:
		return Invalid("models", "is missing: name at least one model, or * for all")
	case kind == KindREST && len(s.Upstreams) == 0:
		return Invalid("upstreams", "is missing: name at least one")
	case kind == KindPrompt && s.Prompt == nil:
		return Invalid("prompt", "is missing")
	}
	return nil
}

// CheckAPI checks an API that is new or was edited.
func CheckAPI(a *API) error {
	if err := CheckSlug("name", a.Name); err != nil {
		return err
	}
	switch a.Kind {
	case KindModel, KindPrompt, KindREST:
	case "":
		return Invalid("kind", "is missing; kinds are model, prompt, rest")
	default:
		return Invalid("kind", "is %q; kinds are model, prompt, rest", a.Kind)
	}
	switch a.Visibility {
	case VisiblePrivate, VisibleShared, VisiblePublic:
	default:
		return Invalid("visibility", "is %q; it can be private, shared, public", a.Visibility)
	}
	if len(a.SharedWith) > 0 && a.Visibility != VisibleShared {
		return Invalid("shared_with", "needs visibility shared")
	}
	for _, v := range a.Versions {
		if err := v.Draft.Check(a.Kind); err != nil {
			return err
		}
	}
	return nil
}
