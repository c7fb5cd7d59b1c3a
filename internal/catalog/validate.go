package catalog

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/internal/ledger"
)

// Bounds of what can be true of a model. More is a slip of whoever wrote it.
const (
	maxName   = 256           // bytes of a model's id
	maxTokens = 1_000_000_000 // of a context window
	maxWords  = 16            // of a list
	maxWord   = 32            // bytes of a word in it
	maxModes  = 16
	maxTiers  = 16
)

// Validate reports what cannot be true of an entry, with the place in it.
// A [Vendor] takes only entries that it finds nothing in.
func (e *Entry) Validate() error {
	if err := e.validate(); err != nil {
		return err
	}
	if _, err := e.Price.compile("-"); err != nil {
		return fmt.Errorf("price: %w", err)
	}
	for _, mode := range slices.Sorted(maps.Keys(e.Modes)) {
		if _, err := e.Modes[mode].compile("-"); err != nil {
			return fmt.Errorf("modes.%s: %w", mode, err)
		}
	}
	return nil
}

// validate is Validate but for the prices.
func (e *Entry) validate() error {
	if err := validName(e.ID); err != nil {
		return fmt.Errorf("id: %w", err)
	}
	if e.Successor != "" {
		if err := validName(e.Successor); err != nil {
			return fmt.Errorf("successor: %w", err)
		}
	}
	for _, n := range [...]struct {
		name  string
		value int64
	}{{"context", e.Context}, {"max_input", e.MaxInput}, {"max_output", e.MaxOutput}} {
		if n.value < 0 || n.value > maxTokens {
			return fmt.Errorf("%s: %d is not a number of tokens from 0 to %d", n.name, n.value, maxTokens)
		}
	}
	if e.Kind != "" && !slices.Contains([]Kind{Embedding, Image, Speech, Transcription, Video, Rerank, Moderation}, e.Kind) {
		return fmt.Errorf("kind: %q is unknown", e.Kind)
	}
	for _, l := range [...]struct {
		name  string
		words []string
	}{{"input", e.Input}, {"output", e.Output}, {"efforts", e.Efforts}} {
		if err := validWords(l.words); err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
	}
	if len(e.Modes) > maxModes {
		return fmt.Errorf("modes: there are %d; at most %d are possible", len(e.Modes), maxModes)
	}
	return e.validateEnd()
}

// validateEnd looks at the days of a model's end.
func (e *Entry) validateEnd() error {
	var days [2]time.Time
	for i, d := range [...]struct{ name, text string }{{"deprecated_at", e.DeprecatedAt}, {"retires_at", e.RetiresAt}} {
		if d.text == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, d.text)
		if err != nil || t.Year() < 2000 || t.Year() > 2200 {
			return fmt.Errorf("%s: %q is not a day such as 2026-07-02", d.name, d.text)
		}
		days[i] = t
	}
	if !days[0].IsZero() && !days[1].IsZero() && days[1].Before(days[0]) {
		return errors.New("retires_at: is before deprecated_at")
	}
	return nil
}

func validName(s string) error {
	switch {
	case s == "":
		return errors.New("must be given")
	case len(s) > maxName:
		return fmt.Errorf("has more than %d bytes", maxName)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }):
		return fmt.Errorf("%q has what no name has", s)
	}
	return nil
}

func validWords(words []string) error {
	if len(words) > maxWords {
		return fmt.Errorf("has %d entries; at most %d are possible", len(words), maxWords)
	}
	for _, w := range words {
		if w == "" || len(w) > maxWord || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
			return fmt.Errorf("%.40q is no word", w)
		}
	}
	return nil
}

// ValidVendor reports whether a vendor can have a name: it is also that of a
// file.
func ValidVendor(name string) bool {
	return name != "" && len(name) <= 64 && name[0] != '.' && name[0] != '-' &&
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.") == ""
}

// compile makes the price that rates say; nil is unknown.
func (r *Rates) compile(version string) (*ledger.Price, error) {
	if r == nil {
		return nil, nil
	}
	if len(r.Tiers) > maxTiers {
		return nil, fmt.Errorf("there are %d tiers; at most %d are possible", len(r.Tiers), maxTiers)
	}
	return ledger.NewPrice(version, r.Rates, r.Tiers...)
}
