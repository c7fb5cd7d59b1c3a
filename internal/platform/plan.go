package platform

import (
	"slices"
	"time"
)

// Approval is who says yes to a request.
type Approval string

// The modes of approval.
const (
	ApproveAuto   Approval = "auto"
	ApproveManual Approval = "manual"
	// ApproveRule lets a rule say yes; what it does not is left to a person.
	ApproveRule Approval = "rule"
)

// Plan is under which terms an API can be used.
type Plan struct {
	ID     PlanID   `json:"id"`
	Tenant TenantID `json:"tenant"`
	API    APIID    `json:"api"`
	// Name is a slug, unique for the API.
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	// Closed is since when nobody can subscribe.
	Closed time.Time `json:"closed,omitzero"`
	// Versions never change; the last one is what new subscribers get.
	Versions []PlanVersion `json:"versions"`
	Revision int64         `json:"-"`
}

// PlanVersion is the terms of a plan.
type PlanVersion struct {
	Number   int      `json:"number"`
	Approval Approval `json:"approval"`
	// Rule is a CEL expression over application, tenant, plan and
	// estimated_monthly_cost.
	Rule   string `json:"rule,omitempty"`
	Limits Limits `json:"limits,omitzero"`
	// Approvers are the members who decide; empty: whoever has the role.
	Approvers []MemberID `json:"approvers,omitempty"`
	// SelfApproval lets members decide their own requests.
	SelfApproval bool `json:"self_approval,omitempty"`
	// CoolDownHours is how long one waits after a rejection or a revocation
	// before asking again. Negative: not at all.
	CoolDownHours int `json:"cool_down_hours,omitempty"`
	// ValidDays is how long a subscription lasts; 0: until it is ended.
	ValidDays int `json:"valid_days,omitempty"`
	// LapseDays is after how many days a request that nobody decides lapses.
	LapseDays int       `json:"lapse_days,omitempty"`
	Created   time.Time `json:"created"`
	By        Actor     `json:"by"`
}

// What a plan has that says nothing.
const (
	defaultCoolDown  = 24 * time.Hour
	defaultLapseDays = 30
)

// Now is the version that new subscribers get.
func (p *Plan) Now() *PlanVersion { return &p.Versions[len(p.Versions)-1] }

// Version finds a version.
func (p *Plan) Version(number int) (*PlanVersion, error) {
	if number < 1 || number > len(p.Versions) {
		return nil, ErrNotFound
	}
	return &p.Versions[number-1], nil
}

// CoolDown is how long one waits after a no.
func (v *PlanVersion) CoolDown() time.Duration {
	switch {
	case v.CoolDownHours < 0:
		return 0
	case v.CoolDownHours == 0:
		return defaultCoolDown
	}
	return time.Duration(v.CoolDownHours) * time.Hour
}

// LapseAfter is how long a request waits for a decision.
func (v *PlanVersion) LapseAfter() time.Duration {
	days := v.LapseDays
	if days == 0 {
		days = defaultLapseDays
	}
	return time.Duration(days) * 24 * time.Hour
}

// Edit makes a version of new terms. The ones before stay for those who have
// them.
func (p *Plan) Edit(terms PlanVersion, by Actor, now time.Time) {
	terms.Number, terms.By, terms.Created = len(p.Versions)+1, by, now
	p.Versions = append(slices.Clone(p.Versions), terms)
}

// CheckTerms checks the terms of a plan.
func CheckTerms(v *PlanVersion) error {
	switch v.Approval {
	case ApproveAuto, ApproveManual:
		if v.Rule != "" {
			return Invalid("rule", "needs approval rule")
		}
	case ApproveRule:
		if v.Rule == "" {
			return Invalid("rule", "is missing")
		}
	default:
		return Invalid("approval", "is %q; it can be auto, manual, rule", v.Approval)
	}
	const year = 366
	for _, n := range []struct {
		name     string
		value    int
		from, to int
	}{
		{"cool_down_hours", v.CoolDownHours, -1, 24 * year},
		{"valid_days", v.ValidDays, 0, 100 * year},
		{"lapse_days", v.LapseDays, 0, year},
	} {
		if n.value < n.from || n.value > n.to {
			return Invalid(n.name, "must be a number from %d to %d", n.from, n.to)
		}
	}
	for _, id := range v.Approvers {
		if !id.Valid() {
			return Invalid("approvers", "has %q, which is no id of a member", id)
		}
	}
	return nil
}
