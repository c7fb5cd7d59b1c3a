package catalog

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/internal/ledger"
)

// File is the content of a data file.
type File struct {
	Vendor  string `json:"vendor"`
	Version string `json:"version"`
	Source  string `json:"source"`
	// Notice is the page on which the vendor announces the end of models.
	Notice string  `json:"notice,omitempty"`
	Models []Entry `json:"models"`
}

// Text writes the file with one model a line.
func (f *File) Text() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("{\n")
	for _, h := range [...]struct{ name, value string }{{"vendor", f.Vendor}, {"version", f.Version}, {"source", f.Source}, {"notice", f.Notice}} {
		if h.value == "" && h.name == "notice" {
			continue
		}
		value, err := json.Marshal(h.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q: %s,\n", h.name, value)
	}
	b.WriteString("\"models\": [\n")
	for i := range f.Models {
		line, err := json.Marshal(&f.Models[i])
		if err != nil {
			return nil, err
		}
		b.Write(line)
		if i < len(f.Models)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("]\n}\n")
	return b.Bytes(), nil
}

// Read reads a vendor's data file. Fields that it does not know, as a newer
// version may write, are passed over. The error names the model and the field.
func Read(text []byte) (*Vendor, error) {
	var f File
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("reading catalog: %w", err)
	}
	return New(&f)
}

// New makes a vendor of what a data file has.
func New(f *File) (*Vendor, error) {
	if f.Vendor == "" || f.Version == "" {
		return nil, fmt.Errorf("reading catalog: vendor and version must be given")
	}
	v := &Vendor{
		Name: f.Vendor, Version: f.Version, Source: f.Source, Notice: f.Notice, facts: factsOf(f.Version),
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
	if err := e.validate(); err != nil {
		return err
	}
	m := &Model{Vendor: v.Name, Entry: e, notice: v.Notice, facts: v.facts}
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
	version := v.Version
	if mode != "" {
		version += "/" + mode
	}
	return r.compile(version)
}
