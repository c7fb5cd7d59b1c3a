package catalog

import (
	"strings"
	"time"
)

// Ending is what is known of the end of a model.
type Ending struct {
	// Deprecated is when the vendor announced it, or the day of the facts that
	// tell so, by which it had; zero is unknown.
	Deprecated time.Time
	// Retires is from when the vendor serves the model no more; zero is unknown.
	Retires time.Time
	// Notice is the vendor's page about it; empty is unknown.
	Notice string
	// Successor is the model that the vendor advises instead; empty is none.
	Successor string
}

// Ending tells of the model's end, if that is announced.
func (m *Model) Ending() (Ending, bool) {
	if !m.Deprecated && m.DeprecatedAt == "" && m.RetiresAt == "" {
		return Ending{}, false
	}
	e := Ending{Deprecated: day(m.DeprecatedAt), Retires: day(m.RetiresAt), Notice: m.notice, Successor: m.Successor}
	if e.Deprecated.IsZero() {
		e.Deprecated = m.facts
	}
	// Facts that were written down later say that it was before.
	if !e.Retires.IsZero() && e.Deprecated.After(e.Retires) {
		e.Deprecated = e.Retires
	}
	return e, true
}

// Over reports whether the vendor serves the model no more.
func (e *Ending) Over(now time.Time) bool { return !e.Retires.IsZero() && !now.Before(e.Retires) }

// day reads a day that was validated; an empty one is zero.
func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// factsOf is the day in a version such as "models.dev/2026-07-02-1f2e3d4c"; zero
// where there is none.
func factsOf(version string) time.Time {
	_, rest, _ := strings.Cut(version, "/")
	return day(rest[:min(len(rest), len(time.DateOnly))])
}
