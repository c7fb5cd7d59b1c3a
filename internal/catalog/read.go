package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/internal/ledger"
)

// File is the content of a data file.
type File struct {
	Vendor  string  `json:"vendor"`
	Version string  `json:"version"`
	Source  string  `json:"source"`
	Models  []Entry `json:"models"`
}

// Read reads a vendor's data file. Fields that it does not know, as a newer
// version may write, are passed over. The error names the model and the field.
func Read(text []byte) (*Vendor, error) {
	var f File
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("reading catalog: %w", err)
	}
	if f.Vendor == "" || f.Version == "" {
		return nil, fmt.Errorf("reading catalog: vendor and version must be given")
	}
	v := &Vendor{
		Name: f.Vendor, Version: f.Version, Source: f.Source,
		Models: make([]*Model, 0, len(f.Models)),
		byID:   make(map[string]*Model, len(f.Models)), bySeries: make(map[string]*Model),
	}
	for _, e := range f.Models {
		if err := v.add(e); err != nil {
			return nil, fmt.Errorf("reading catalog: %s/%s: %w", f.Vendor, e.ID, err)
		}
	}
	slices.SortFunc(v.Models, func(a, b *Model) int { return strings.Compare(a.ID, b.ID) })
	// In order of their ids, the newest snapshot of a series comes last.
	for _, m := range v.Models {
		if s, dated := snapshot(m.ID); dated {
			v.bySeries[s] = m
		}
	}
	return v, nil
}

func (v *Vendor) add(e Entry) error {
	if e.ID == "" || v.byID[e.ID] != nil {
		return fmt.Errorf("the id must be given, and once")
	}
	for _, n := range [...]int64{e.Context, e.MaxInput, e.MaxOutput} {
		if n < 0 {
			return fmt.Errorf("a limit is negative")
		}
	}
	m := &Model{Vendor: v.Name, Entry: e}
	var err error
	if m.price, err = v.price(e.Price, ""); err != nil {
		return err
	}
	for mode, rates := range e.Modes {
		p, err := v.price(rates, mode)
		if err != nil {
			return fmt.Errorf("mode %s: %w", mode, err)
		}
		if m.modes == nil {
			m.modes = make(map[string]*ledger.Price, len(e.Modes))
		}
		m.modes[mode] = p
	}
	v.Models = append(v.Models, m)
	v.byID[e.ID] = m
	return nil
}

func (v *Vendor) price(r *Rates, mode string) (*ledger.Price, error) {
	if r == nil {
		return nil, nil
	}
	version := v.Version
	if mode != "" {
		version += "/" + mode
	}
	return ledger.NewPrice(version, r.Rates, r.Tiers...)
}
