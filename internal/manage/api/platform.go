package api

import (
	"encoding/json"
	"time"

	"github.com/fairwaygw/fairway/internal/platform"
)

// NewTenant is what is said to create a tenant.
type NewTenant struct {
	// Name is a slug: a-z, 0-9 and hyphens.
	Name   string          `json:"name"`
	Limits platform.Limits `json:"limits,omitzero"`
	Review bool            `json:"review,omitempty"`
}

// TenantEdit is what can be changed of a tenant.
type TenantEdit struct {
	Limits platform.Limits `json:"limits"`
	// Review puts a review between draft and published.
	Review bool `json:"review"`
}

// ApplicationEdit is what can be changed of an application.
type ApplicationEdit struct {
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Limits      platform.Limits `json:"limits"`
	Subjects    []string        `json:"subjects"`
}

// KeyEdit is what can be changed of a key.
type KeyEdit struct {
	Name      string          `json:"name"`
	ExpiresAt *time.Time      `json:"expires_at"`
	Limits    platform.Limits `json:"limits"`
	Models    []string        `json:"models"`
	Addresses []string        `json:"addresses"`
}

// Rotation is what is said to rotate a key.
type Rotation struct {
	// Overlap is for how long the old key still works, such as "24h". Default:
	// not at all.
	Overlap string `json:"overlap,omitempty"`
}

// NewMember is what is said to invite a member.
type NewMember struct {
	Email string          `json:"email"`
	Name  string          `json:"name,omitempty"`
	Roles []platform.Role `json:"roles"`
}

// MemberEdit is what can be changed of a member.
type MemberEdit struct {
	Name     string          `json:"name"`
	Roles    []platform.Role `json:"roles"`
	Disabled bool            `json:"disabled"`
}

// Member is a person in a tenant.
type Member struct {
	ID     string          `json:"id"`
	Tenant string          `json:"tenant"`
	Email  string          `json:"email"`
	Name   string          `json:"name,omitempty"`
	Roles  []platform.Role `json:"roles"`
	// State is "invited", "active" or "disabled".
	State     string    `json:"state"`
	CreatedAt time.Time `json:"created_at"`
	// Invitation is the secret of the one-time link by which the member sets a
	// password. It is in the answer that makes it, and nowhere else.
	Invitation string `json:"invitation,omitempty"`
}

// NewToken is what is said to create a management token.
type NewToken struct {
	Name      string     `json:"name"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
}

// Token is a management token, which may do what its member may.
type Token struct {
	ID        string     `json:"id"`
	Tenant    string     `json:"tenant"`
	Member    string     `json:"member"`
	Name      string     `json:"name"`
	Hint      string     `json:"hint"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
	// Secret is "fwm_…", in the answer that creates the token and nowhere else.
	Secret string `json:"secret,omitempty"`
}

// SignIn is who signs in, and with what.
type SignIn struct {
	Email    string `json:"email,omitempty"`
	Password string `json:"password"`
	// Invitation is the secret of a one-time link, by which the password is set.
	Invitation string `json:"invitation,omitempty"`
}

// NewAPI is what is said to create an API: a draft.
type NewAPI struct {
	// Name is a slug, unique in the tenant.
	Name string           `json:"name"`
	Kind platform.APIKind `json:"kind"`
	APIEdit
}

// APIEdit is what can be changed of an API: what callers see of it, and the draft
// of its newest version.
type APIEdit struct {
	Title       string              `json:"title"`
	Description string              `json:"description"`
	Visibility  platform.Visibility `json:"visibility"`
	// SharedWith are tenants, by id or name.
	SharedWith []string `json:"shared_with"`
	// Models are what an API of kind model contains; a trailing * stands for
	// any rest.
	Models []string `json:"models"`
	// Upstreams, Hosts, Health, Balance and OpenAPI are of an API of kind rest.
	Upstreams []string        `json:"upstreams"`
	Hosts     []string        `json:"hosts"`
	Health    string          `json:"health"`
	Balance   string          `json:"balance"`
	OpenAPI   json.RawMessage `json:"openapi"`
	// Prompt is of an API of kind prompt.
	Prompt json.RawMessage `json:"prompt"`
}

// API is what a tenant publishes.
type API struct {
	ID     string           `json:"id"`
	Tenant string           `json:"tenant"`
	Name   string           `json:"name"`
	Kind   platform.APIKind `json:"kind"`
	APIEdit
	// State and Version are of the version by which the API is judged.
	State     platform.APIState `json:"state"`
	Version   int               `json:"version"`
	Versions  []Version         `json:"versions"`
	CreatedAt time.Time         `json:"created_at"`
	Revision  int64             `json:"revision"`
}

// Version is one version of an API.
type Version struct {
	Number       int               `json:"number"`
	State        platform.APIState `json:"state"`
	Release      string            `json:"release,omitempty"`
	Reason       string            `json:"reason,omitempty"`
	DeprecatedAt *time.Time        `json:"deprecated_at,omitempty"`
	SunsetAt     *time.Time        `json:"sunset_at,omitempty"`
	Successor    string            `json:"successor,omitempty"`
	Link         string            `json:"link,omitempty"`
	RetiredAt    *time.Time        `json:"retired_at,omitempty"`
}

// Release is a fixed set, named by the digest of what it holds.
type Release struct {
	Digest    string         `json:"digest"`
	Version   int            `json:"version"`
	Current   bool           `json:"current"`
	CreatedAt time.Time      `json:"created_at"`
	By        platform.Actor `json:"by"`
	Spec      platform.Spec  `json:"spec"`
}

// NewVersion is what is said to begin a version: by default of what the newest
// one has.
type NewVersion struct {
	From int `json:"from,omitempty"`
}

// Move is what comes with an event of a version.
type Move struct {
	// Version is which one; the newest, if left out.
	Version int    `json:"version,omitempty"`
	Reason  string `json:"reason,omitempty"`
	// SunsetAt, Successor and Link are for who deprecates.
	SunsetAt  *time.Time `json:"sunset_at,omitempty"`
	Successor string     `json:"successor,omitempty"`
	Link      string     `json:"link,omitempty"`
	// Release is the digest, or at least its first eight digits, to roll back
	// to; the one before, if left out.
	Release string `json:"release,omitempty"`
	// Force retires a version that is still called.
	Force bool `json:"force,omitempty"`
}

// Terms are what can be changed of a plan, which makes a version of it.
type Terms struct {
	Approval      platform.Approval `json:"approval"`
	Rule          string            `json:"rule"`
	Limits        platform.Limits   `json:"limits"`
	Approvers     []string          `json:"approvers"`
	SelfApproval  bool              `json:"self_approval"`
	CoolDownHours int               `json:"cool_down_hours"`
	ValidDays     int               `json:"valid_days"`
	LapseDays     int               `json:"lapse_days"`
	// Closed takes no new subscribers and ends the subscriptions that there are.
	Closed bool `json:"closed"`
}

// NewPlan is what is said to create a plan.
type NewPlan struct {
	// Name is a slug, unique for the API.
	Name string `json:"name"`
	Terms
}

// Plan is under which terms an API can be used.
type Plan struct {
	ID     string `json:"id"`
	Tenant string `json:"tenant"`
	API    string `json:"api"`
	Name   string `json:"name"`
	Terms
	Version   int       `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	Revision  int64     `json:"revision"`
}

// PlanMove moves the subscribers of a plan to its newest version.
type PlanMove struct {
	// DryRun only tells who would be moved.
	DryRun bool `json:"dry_run,omitempty"`
}

// PlanMoved is who was moved, or would be.
type PlanMoved struct {
	Version       int      `json:"version"`
	Subscriptions []string `json:"subscriptions"`
}

// Offer is an API in the catalog, with its plans.
type Offer struct {
	ID          string              `json:"id"`
	Tenant      string              `json:"tenant"`
	Name        string              `json:"name"`
	Title       string              `json:"title,omitempty"`
	Description string              `json:"description,omitempty"`
	Kind        platform.APIKind    `json:"kind"`
	State       platform.APIState   `json:"state"`
	Visibility  platform.Visibility `json:"visibility"`
	Models      []string            `json:"models,omitempty"`
	SunsetAt    *time.Time          `json:"sunset_at,omitempty"`
	Successor   string              `json:"successor,omitempty"`
	Plans       []OfferedPlan       `json:"plans"`
}

// OfferedPlan is a plan as those see it who may ask for it.
type OfferedPlan struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Version   int               `json:"version"`
	Approval  platform.Approval `json:"approval"`
	Limits    platform.Limits   `json:"limits,omitzero"`
	ValidDays int               `json:"valid_days,omitempty"`
}

// NewRequest is what is said to ask for something.
type NewRequest struct {
	Application string `json:"application"`
	API         string `json:"api"`
	Plan        string `json:"plan"`
	// Kind is new, if left out.
	Kind   platform.RequestKind `json:"kind,omitempty"`
	Reason string               `json:"reason,omitempty"`
	// Limits are what a raise asks for.
	Limits platform.Limits `json:"limits,omitzero"`
	// EstimatedMonthlyCost is dollars, such as "50.00".
	EstimatedMonthlyCost string `json:"estimated_monthly_cost,omitempty"`
}

// Request is what an application asks for, and how that was decided.
type Request struct {
	ID                   string                `json:"id"`
	Tenant               string                `json:"tenant"`
	Application          string                `json:"application"`
	API                  string                `json:"api"`
	APITenant            string                `json:"api_tenant"`
	Plan                 string                `json:"plan"`
	PlanVersion          int                   `json:"plan_version"`
	Kind                 platform.RequestKind  `json:"kind"`
	State                platform.RequestState `json:"state"`
	Reason               string                `json:"reason,omitempty"`
	Limits               platform.Limits       `json:"limits,omitzero"`
	EstimatedMonthlyCost string                `json:"estimated_monthly_cost,omitempty"`
	CreatedAt            time.Time             `json:"created_at"`
	By                   platform.Actor        `json:"by"`
	DecidedAt            *time.Time            `json:"decided_at,omitempty"`
	DecidedBy            *platform.Actor       `json:"decided_by,omitempty"`
	Note                 string                `json:"note,omitempty"`
	// Granted are the limits that the decider set in place of the plan's.
	Granted      platform.Limits `json:"granted,omitzero"`
	Subscription string          `json:"subscription,omitempty"`
	Revision     int64           `json:"revision"`
}

// Decision is what comes with an approval or a rejection.
type Decision struct {
	Note string `json:"note,omitempty"`
	// StartsAt, EndsAt and Limits are of an approval.
	StartsAt *time.Time      `json:"starts_at,omitempty"`
	EndsAt   *time.Time      `json:"ends_at,omitempty"`
	Limits   platform.Limits `json:"limits,omitzero"`
}

// Subscription is an application's grant to an API under a plan.
type Subscription struct {
	ID               string                     `json:"id"`
	Tenant           string                     `json:"tenant"`
	Application      string                     `json:"application"`
	API              string                     `json:"api"`
	APITenant        string                     `json:"api_tenant"`
	Plan             string                     `json:"plan"`
	PlanVersion      int                        `json:"plan_version"`
	Request          string                     `json:"request,omitempty"`
	State            platform.SubscriptionState `json:"state"`
	PausedByConsumer bool                       `json:"paused_by_consumer"`
	StartsAt         time.Time                  `json:"starts_at"`
	EndsAt           *time.Time                 `json:"ends_at,omitempty"`
	SuspendedUntil   *time.Time                 `json:"suspended_until,omitempty"`
	Reason           string                     `json:"reason,omitempty"`
	// Limits are those in force, Overrides what of them is not the plan's.
	Limits    platform.Limits `json:"limits,omitzero"`
	Overrides platform.Limits `json:"overrides,omitzero"`
	Models    []string        `json:"models,omitempty"`
	CreatedAt time.Time       `json:"created_at"`
	ChangedAt time.Time       `json:"changed_at"`
	Revision  int64           `json:"revision"`
}

// SubscriptionEdit is what can be changed of a subscription.
type SubscriptionEdit struct {
	// Models narrows what an API of kind model gives.
	Models []string `json:"models"`
	// Overrides are limits in place of the plan's.
	Overrides platform.Limits `json:"overrides"`
	EndsAt    *time.Time      `json:"ends_at"`
}

// SubscriptionMove is what comes with an event of a subscription.
type SubscriptionMove struct {
	Reason string `json:"reason,omitempty"`
	// Until is when a suspension ends by itself.
	Until *time.Time `json:"until,omitempty"`
}

// Notice is something that one should know.
type Notice struct {
	ID     string    `json:"id"`
	Tenant string    `json:"tenant"`
	Time   time.Time `json:"time"`
	Kind   string    `json:"kind"`
	Object string    `json:"object"`
	Text   string    `json:"text"`
	Read   bool      `json:"read"`
}

// Audit is one row of who changed what.
type Audit = platform.Audit

// Snapshot is what the data plane knows.
type Snapshot struct {
	Version int64 `json:"version"`
	Keys    int   `json:"keys"`
	APIs    int   `json:"apis"`
}
