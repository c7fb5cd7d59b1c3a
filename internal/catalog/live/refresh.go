package live

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/catalog/source"
)

// Outcome is how a look at the source ended.
type Outcome string

// The outcomes.
const (
	// Changed: newer facts are in force.
	Changed Outcome = "changed"
	// Unchanged: the source has what is in force.
	Unchanged Outcome = "unchanged"
	// Rejected: the source has what somebody went back from.
	Rejected Outcome = "rejected"
	// Unreachable: the source could not be read.
	Unreachable Outcome = "unreachable"
	// Refused: what the source has cannot be believed.
	Refused Outcome = "refused"
	// Failed: what was read could not be kept.
	Failed Outcome = "failed"
)

// Outcomes are all of them.
func Outcomes() []Outcome {
	return []Outcome{Changed, Unchanged, Rejected, Unreachable, Refused, Failed}
}

// ErrRejected is for content that somebody went back from.
var ErrRejected = errors.New("the source still has what was rolled back; only force takes it")

// RefusedError says why a source was not believed.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return "refusing the source: " + e.Reason }

// Refresh reads the source now. force takes what is hard to believe, and what
// was rolled back; what cannot be true is refused all the same.
func (l *Live) Refresh(ctx context.Context, force bool) (Status, error) {
	return l.refresh(ctx, force, false)
}

// refresh is Refresh; unasked is set when it was time.
func (l *Live) refresh(ctx context.Context, force, unasked bool) (Status, error) {
	l.reading.Lock()
	defer l.reading.Unlock()
	c := l.config.Load()
	if c == nil {
		return l.Status(), ErrNoSource
	}
	outcome, err := l.read(ctx, c, force)
	if unasked && errors.Is(err, ErrRejected) {
		err = nil // so it was wanted
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state.tried, l.state.outcome, l.state.failure = l.o.now(), outcome, ""
	if err != nil {
		l.state.failure = err.Error()
	}
	if l.o.Refreshed != nil {
		l.o.Refreshed(outcome)
	}
	return l.status(), err
}

// read reads the source, and puts it in force if it is to be.
func (l *Live) read(ctx context.Context, c *Config, force bool) (Outcome, error) {
	l.mu.Lock()
	before := l.state.clone()
	l.mu.Unlock()
	base := catalog.BuiltinID()
	g := before.Generations[before.Current]
	damaged := l.damaged.Load()
	etag, modified := before.ETag, before.Modified
	// Equal bytes over other facts are not the same catalog.
	if force || damaged || before.Of != c.key() || g != nil && g.Base != base {
		etag, modified = "", ""
	}
	now, err := c.fetch(ctx, etag, modified)
	if err != nil {
		return Unreachable, fmt.Errorf("reading %s: %w", c.Name(), err)
	}
	next := before
	next.Of, next.Checked, next.ETag, next.Modified = c.key(), l.o.now(), now.etag, now.modified
	if now.unchanged {
		return l.seen(&next, Unchanged)
	}
	bytes := sha256.Sum256(now.text)
	sum := hex.EncodeToString(bytes[:])
	switch {
	case force:
	case sum == before.Rejected:
		return l.seen(&next, Rejected)
	case !damaged && g != nil && g.SHA256 == sum && g.Base == base && g.Source == c.Name():
		return l.seen(&next, Unchanged)
	}
	made, files, err := l.make(c, now.text, before.from(), force)
	if err != nil {
		return Refused, err
	}
	made.SHA256, made.Base = sum, base
	made.ID = made.ReadAt.UTC().Format("20060102T150405.000") + "-" + sum[:8]
	if err := l.take(&next, made, files); err != nil {
		return Failed, fmt.Errorf("keeping the catalog: %w", err)
	}
	l.o.Logger.Info("a newer catalog is in force", zap.String("source", made.Source), zap.String("shape", string(made.Shape)),
		zap.Int("vendors", len(made.Vendors)), zap.Int("models", made.Models), zap.Int("refused", made.RefusedCount), zap.Int("held", made.HeldCount))
	return Changed, nil
}

// seen keeps that the source was looked at.
func (l *Live) seen(next *state, outcome Outcome) (Outcome, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := next.write(l.o.Dir); err != nil {
		return Failed, fmt.Errorf("keeping the catalog: %w", err)
	}
	l.state = *next
	if outcome == Rejected {
		return outcome, ErrRejected
	}
	return outcome, nil
}

// from are the vendors that the source has in the catalog in force.
func (s *state) from() []string {
	if g := s.Generations[s.Current]; g != nil {
		return g.Vendors
	}
	return nil
}

// make makes a generation of what a source has.
func (l *Live) make(c *Config, text []byte, from []string, force bool) (*Generation, []catalog.File, error) {
	read, err := source.Read(text)
	if err != nil {
		return nil, nil, &RefusedError{err.Error()}
	}
	now := l.o.now()
	// Fresh, so that what is only compared is not kept in memory.
	j := judge{
		base: l.o.Base.Fresh(), current: l.Catalog().Fresh(), from: from, maxFactor: c.MaxPriceChange, force: force,
		origin: c.Name(), now: now,
	}
	if err := j.propose(read); err != nil {
		return nil, nil, &RefusedError{err.Error()}
	}
	if reason := j.refusal(c.MaxLoss); reason != "" && !force {
		return nil, nil, &RefusedError{reason}
	}
	g := &Generation{
		Source: c.Name(), Shape: read.Shape, ReadAt: now, Forced: force,
		Refused: first(read.Refused), Held: first(j.held), RefusedCount: len(read.Refused), HeldCount: len(j.held),
	}
	for i := range j.files {
		g.Vendors = append(g.Vendors, j.files[i].Vendor)
		g.Models += len(j.files[i].Models)
	}
	return g, j.files, nil
}

// first are as many notes as are kept.
func first(notes []source.Note) []source.Note {
	const most = 50
	return notes[:min(len(notes), most)]
}

// take puts a generation in force. Its files are there before the state names
// it, so that no crash leaves a name without files.
func (l *Live) take(next *state, g *Generation, files []catalog.File) error {
	if err := g.keep(l.o.Dir, files); err != nil {
		return err
	}
	if next.Generations == nil {
		next.Generations = map[string]*Generation{}
	}
	if next.Current != "" {
		next.History = append([]string{next.Current}, next.History...)
	}
	next.Current, next.Rejected = g.ID, ""
	next.Generations[g.ID] = g
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := next.write(l.o.Dir); err != nil {
		return err
	}
	l.state = *next
	l.damaged.Store(false)
	l.publish()
	l.state.sweep(l.o.Dir)
	return nil
}

// Status is what there is to know of the catalog in force.
type Status struct {
	// Source is where newer facts are from; empty is nowhere.
	Source string `json:"source,omitempty"`
	// Refresh is how often the source is looked at, in seconds; 0 is only when
	// asked to.
	Refresh int64 `json:"refresh_seconds,omitempty"`
	// Current is the generation in force, nil for the built-in catalog; Previous
	// are those to go back to, the newest first, before the built-in one.
	Current  *Generation   `json:"current,omitempty"`
	Previous []*Generation `json:"previous,omitempty"`
	// Since is when the facts in force were last seen to be those of their
	// source.
	Since time.Time `json:"since"`
	// Tried is the last look at the source since the start, and how it ended.
	Tried   *time.Time `json:"tried_at,omitempty"`
	Outcome Outcome    `json:"outcome,omitempty"`
	Failure string     `json:"failure,omitempty"`
	// RolledBack is set while the source has what somebody went back from.
	RolledBack bool `json:"rolled_back,omitempty"`
}

// Status tells what is in force, and how the last refresh went.
func (l *Live) Status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status()
}

// status needs mu.
func (l *Live) status() Status {
	s := Status{Since: catalog.BuiltinDate(), Outcome: l.state.outcome, Failure: l.state.failure}
	if !l.state.tried.IsZero() {
		tried := l.state.tried
		s.Tried = &tried
	}
	c := l.config.Load()
	if c == nil {
		return s
	}
	s.Source, s.Refresh, s.RolledBack = c.Name(), int64(c.Refresh/time.Second), l.state.Rejected != ""
	if g := l.state.Generations[l.state.Current]; g != nil {
		s.Current, s.Since = g, g.ReadAt
		if l.state.Of == c.key() && l.state.Rejected == "" && l.state.Checked.After(s.Since) {
			s.Since = l.state.Checked
		}
	}
	for _, id := range l.state.History {
		if g := l.state.Generations[id]; g != nil {
			s.Previous = append(s.Previous, g)
		}
	}
	return s
}
