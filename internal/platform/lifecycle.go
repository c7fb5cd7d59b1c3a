package platform

import (
	"slices"
	"strings"
	"time"
)

// APIState is where a version is in its life.
type APIState string

// The states of a version.
const (
	StateDraft      APIState = "draft"
	StateInReview   APIState = "in_review"
	StatePublished  APIState = "published"
	StateDeprecated APIState = "deprecated"
	StateBlocked    APIState = "blocked"
	StateRetired    APIState = "retired"
)

// Public reports whether the version has been published, whatever became of it.
func (s APIState) Public() bool { return s != StateDraft && s != StateInReview }

// Served reports whether calls are answered.
func (s APIState) Served() bool { return s == StatePublished || s == StateDeprecated }

// APIEvent is what happens to a version.
type APIEvent string

// The events of a version.
const (
	EventSubmit    APIEvent = "submit"
	EventRefuse    APIEvent = "refuse"
	EventPublish   APIEvent = "publish"
	EventDeprecate APIEvent = "deprecate"
	EventBlock     APIEvent = "block"
	EventUnblock   APIEvent = "unblock"
	EventRetire    APIEvent = "retire"
	EventRollback  APIEvent = "rollback"
)

// lifecycle is from which states an event may come.
var lifecycle = map[APIEvent][]APIState{
	EventSubmit: {StateDraft},
	EventRefuse: {StateInReview},
	// One that is published gets its draft as a new release.
	EventPublish:   {StateDraft, StateInReview, StatePublished, StateDeprecated},
	EventDeprecate: {StatePublished, StateDeprecated},
	EventBlock:     {StatePublished, StateDeprecated},
	EventUnblock:   {StateBlocked},
	EventRetire:    {StatePublished, StateDeprecated, StateBlocked},
	EventRollback:  {StatePublished, StateDeprecated, StateBlocked},
}

// APIChange is what comes with an event.
type APIChange struct {
	// Reason is why a version is blocked, refused or retired.
	Reason string
	// Sunset, Successor and Link are for who deprecates.
	Sunset    time.Time
	Successor string
	Link      string
	// Release is the digest, or a beginning of it, of the release to go back
	// to; empty is the one before.
	Release string
	// Review is set where the tenant wants to see what is published.
	Review bool
	// Callers is how many calls the version had in the last seven days; Force
	// retires it all the same.
	Callers int64
	Force   bool
}

// Move moves a version by an event. On an error nothing has changed.
func (a *API) Move(number int, event APIEvent, by Actor, now time.Time, c APIChange) error {
	at, err := a.Version(number)
	if err != nil {
		return err
	}
	from, ok := lifecycle[event]
	if !ok {
		return Invalid("event", "is %q", event)
	}
	if !slices.Contains(from, at.State) {
		return Conflict("illegal-transition", "%s v%d is %s, and only %s can be %s", a.Name, at.Number, at.State, listed(from), past[event])
	}
	v := *at
	switch event {
	case EventSubmit:
		if err := v.Draft.Complete(a.Kind); err != nil {
			return err
		}
		v.State, v.Reason = StateInReview, ""
	case EventRefuse:
		v.State, v.Reason = StateDraft, c.Reason
	case EventPublish:
		err = v.publish(a.Kind, by, now, c)
	case EventDeprecate:
		err = v.deprecate(now, c)
	case EventBlock:
		v.Resumes, v.State, v.Reason = v.State, StateBlocked, c.Reason
	case EventUnblock:
		v.State, v.Resumes, v.Reason = v.Resumes, "", ""
	case EventRetire:
		if c.Callers > 0 && !c.Force {
			return Conflict("in-use", "%s v%d had %d calls in the last seven days; retire it with force if they may fail", a.Name, v.Number, c.Callers)
		}
		v.State, v.Retired, v.Reason, v.Resumes = StateRetired, now, c.Reason, ""
		if c.Successor != "" {
			v.Successor = c.Successor
		}
	case EventRollback:
		err = v.rollback(c.Release)
	}
	if err != nil {
		return err
	}
	*at = v
	return nil
}

// past is how an event reads of what it was done to.
var past = map[APIEvent]string{
	EventSubmit: "submitted", EventRefuse: "refused", EventPublish: "published", EventDeprecate: "deprecated", EventBlock: "blocked",
	EventUnblock: "unblocked", EventRetire: "retired", EventRollback: "rolled back",
}

func (v *Version) publish(kind APIKind, by Actor, now time.Time, c APIChange) error {
	if c.Review && v.State == StateDraft {
		return Conflict("review-needed", "this tenant reviews what is published: submit it first")
	}
	if err := v.Draft.Complete(kind); err != nil {
		return err
	}
	digest, err := v.Draft.Digest()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(v.Releases, func(r Release) bool { return r.Digest == digest }) {
		v.Releases = append(slices.Clone(v.Releases), Release{Digest: digest, Spec: v.Draft, Created: now, By: by})
	}
	v.Current = digest
	if !v.State.Public() {
		v.State = StatePublished
	}
	v.Reason = ""
	return nil
}

func (v *Version) deprecate(now time.Time, c APIChange) error {
	if !c.Sunset.IsZero() && c.Sunset.Before(now) {
		return Invalid("sunset", "is in the past; it may not be before the deprecation (RFC 8594)")
	}
	if v.State != StateDeprecated {
		v.Deprecated = now
	}
	v.State, v.Sunset, v.Successor, v.Link = StateDeprecated, c.Sunset, c.Successor, c.Link
	return nil
}

// leastDigest is how many letters of a digest tell releases apart.
const leastDigest = 8

func (v *Version) rollback(to string) error {
	i := -1
	if to == "" {
		i = slices.IndexFunc(v.Releases, func(r Release) bool { return r.Digest == v.Current }) - 1
	} else if to = strings.TrimPrefix(to, digestPrefix); len(to) >= leastDigest {
		i = slices.IndexFunc(v.Releases, func(r Release) bool { return strings.HasPrefix(r.Digest[len(digestPrefix):], to) })
	}
	if i < 0 {
		return Conflict("no-release", "there is no such release to go back to")
	}
	v.Current = v.Releases[i].Digest
	return nil
}
