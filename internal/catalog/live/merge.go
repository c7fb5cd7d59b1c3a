package live

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/catalog/source"
	"github.com/fairwaygw/fairway/internal/ledger"
)

// proposal is what a source would put in force.
type proposal struct {
	files []catalog.File
	// held are facts that are not believed, so that those before stand.
	held []source.Note
	// known and lost are models, priced, repriced and unpriced such whose price
	// is known, changes beyond belief, or is gone.
	known, lost, priced, repriced, unpriced int
}

// judge compares what a source has with what is in force.
type judge struct {
	base, current *catalog.Catalog
	// from are the vendors that the source before had.
	from      []string
	maxFactor int64
	force     bool
	origin    string
	now       time.Time
	proposal
}

// minModels is from how many known models on a vendor that loses more than half
// of them is not believed.
const minModels = 10

// propose makes the files of a new generation.
func (j *judge) propose(c *source.Content) error {
	for i := range c.Vendors {
		f := c.Vendors[i]
		before, _ := j.base.Vendor(f.Vendor)
		switch {
		case before == nil:
		case c.Partial:
			f.Models, f.Notice = overlay(before, f.Models), before.Notice
		default:
			if f.Notice == "" {
				f.Notice = before.Notice
			}
			endings(before, f.Models)
		}
		if err := j.vendor(&f, c.Shape); err != nil {
			return err
		}
	}
	for _, name := range j.from {
		if v, ok := j.current.Vendor(name); ok && !slices.ContainsFunc(c.Vendors, func(f catalog.File) bool { return f.Vendor == name }) {
			n := len(alive(v))
			j.known += n
			j.lost += n
		}
	}
	return nil
}

// vendor takes what a source has of a vendor, as far as it can be believed.
func (j *judge) vendor(f *catalog.File, shape source.Shape) error {
	named := f.Version != ""
	if !named {
		f.Version = "-"
	}
	v, err := catalog.New(f)
	if err != nil {
		return err
	}
	current, _ := j.current.Vendor(f.Vendor)
	if current != nil {
		known := alive(current)
		lost := 0
		for _, m := range known {
			if _, ok := v.Exact(m.ID); !ok {
				lost++
			}
		}
		j.known += len(known)
		j.lost += lost
		if !j.force && len(known) >= minModels && lost*2 > len(known) {
			j.hold(f.Vendor, "it has lost %d of %d models, so what was known before stands", lost, len(known))
			j.files = append(j.files, fileOf(current))
			return nil
		}
		for i := range f.Models {
			j.price(f, i, v, current)
		}
	}
	if !named {
		j.version(f, shape, current)
	}
	j.files = append(j.files, *f)
	return nil
}

// price looks at how a model's price changes.
func (j *judge) price(f *catalog.File, i int, v, current *catalog.Vendor) {
	e := &f.Models[i]
	old, ok := current.Exact(e.ID)
	if !ok || old.Price() == nil {
		return
	}
	j.priced++
	m, _ := v.Exact(e.ID) // it was made of the entry
	if m.Price() == nil {
		j.unpriced++
		return
	}
	what := change(&old.Price().Base, &m.Price().Base, j.maxFactor)
	if what == "" {
		return
	}
	j.repriced++
	if j.force {
		return
	}
	j.hold(f.Vendor+".models."+e.ID+".price", "%s, so the price before stands", what)
	e.Price, e.Modes = old.Entry.Price, old.Modes
}

func (j *judge) hold(path, format string, args ...any) {
	j.held = append(j.held, source.Note{Path: path, Text: fmt.Sprintf(format, args...)})
}

// change tells what is hard to believe of a change of prices; empty is nothing.
// That something is free of a sudden is.
func change(old, now *ledger.Units, factor int64) string {
	for _, u := range [...]struct {
		name     string
		old, now ledger.Unit
	}{
		{"input", old.Input, now.Input},
		{"output", old.Output, now.Output},
		{"cache_read", old.CacheRead, now.CacheRead},
		{"cache_write", old.CacheWrite5m, now.CacheWrite5m},
		{"reasoning", old.Reasoning, now.Reasoning},
		{"audio_input", old.AudioInput, now.AudioInput},
		{"audio_output", old.AudioOutput, now.AudioOutput},
		{"image_input", old.ImageInput, now.ImageInput},
		{"image_output", old.ImageOutput, now.ImageOutput},
		{"audio_minute", old.AudioSecond, now.AudioSecond},
	} {
		a, knownA := u.old.Pico()
		b, knownB := u.now.Pico()
		// Units are at most 10¹² and factors at most 10³.
		if knownA && knownB && a > 0 && (b > a*factor || b*factor < a) {
			return fmt.Sprintf("%s goes from %s to %s dollars", u.name, ledger.PerMillion(a), ledger.PerMillion(b))
		}
	}
	return ""
}

// version names the prices of a vendor by the day on which they were first seen,
// and by what they are: equal facts have equal versions.
func (j *judge) version(f *catalog.File, shape source.Shape, current *catalog.Vendor) {
	f.Version, f.Source = "", ""
	text, _ := f.Text() // it was read from JSON
	sum := sha256.Sum256(text)
	end := "-" + hex.EncodeToString(sum[:4])
	if current != nil && strings.HasPrefix(current.Version, string(shape)+"/") && strings.HasSuffix(current.Version, end) {
		f.Version, f.Source = current.Version, current.Source
		return
	}
	day := j.now.UTC().Format(time.DateOnly)
	f.Version = string(shape) + "/" + day + end
	f.Source = fmt.Sprintf("%s, read on %s from %s", shape, day, j.origin)
}

// refusal says why a source is not to be believed at all; empty when it is.
func (p *proposal) refusal(maxLoss int) string {
	switch {
	case p.lost*100 > p.known*maxLoss:
		return fmt.Sprintf("it lacks %d of %d known models", p.lost, p.known)
	case p.repriced*100 > p.priced*maxLoss:
		return fmt.Sprintf("it changes %d of %d known prices beyond belief%s", p.repriced, p.priced, p.example())
	case p.unpriced*100 > p.priced*maxLoss:
		return fmt.Sprintf("it lacks %d of %d known prices", p.unpriced, p.priced)
	}
	return ""
}

// example is the first price that is not believed.
func (p *proposal) example() string {
	for _, n := range p.held {
		if strings.HasSuffix(n.Path, ".price") {
			return "; the first: " + strings.TrimSuffix(n.String(), ", so the price before stands")
		}
	}
	return ""
}

// alive are a vendor's models whose end is not announced: it is no surprise when
// the others go.
func alive(v *catalog.Vendor) []*catalog.Model {
	return slices.DeleteFunc(slices.Clone(v.Models), func(m *catalog.Model) bool { return m.Deprecated || m.RetiresAt != "" })
}

func fileOf(v *catalog.Vendor) catalog.File {
	f := catalog.File{Vendor: v.Name, Version: v.Version, Source: v.Source, Notice: v.Notice}
	for _, m := range v.Models {
		f.Models = append(f.Models, m.Entry)
	}
	return f
}

// endings puts in what is known of the end of models, which most sources do not
// tell.
func endings(before *catalog.Vendor, models []catalog.Entry) {
	for i := range models {
		e := &models[i]
		old, ok := before.Exact(e.ID)
		if !ok || e.DeprecatedAt != "" || e.RetiresAt != "" {
			continue
		}
		e.DeprecatedAt, e.RetiresAt = old.DeprecatedAt, old.RetiresAt
		e.Deprecated = e.Deprecated || old.RetiresAt != ""
		if e.Successor == "" {
			e.Successor = old.Successor
		}
	}
}

// overlay puts what a source says over all that is known, model by model.
func overlay(before *catalog.Vendor, said []catalog.Entry) []catalog.Entry {
	models := fileOf(before).Models
	for i := range said {
		s := &said[i]
		at := slices.IndexFunc(models, func(e catalog.Entry) bool { return e.ID == s.ID })
		if at < 0 {
			models = append(models, *s)
			continue
		}
		models[at] = over(models[at], s)
	}
	slices.SortFunc(models, func(a, b catalog.Entry) int { return strings.Compare(a.ID, b.ID) })
	return models
}

// over is an entry with what a source says of it. What the source leaves out
// stays.
func over(e catalog.Entry, s *catalog.Entry) catalog.Entry {
	if s.Kind != "" {
		e.Kind = s.Kind
	}
	if s.Context > 0 {
		e.Context = s.Context
		if e.MaxInput > e.Context {
			e.MaxInput = 0
		}
	}
	if s.MaxOutput > 0 {
		e.MaxOutput = s.MaxOutput
	}
	if e.Context > 0 {
		e.MaxOutput = min(e.MaxOutput, e.Context)
	}
	e.Input, e.Output = union(e.Input, s.Input), union(e.Output, s.Output)
	e.Tools = e.Tools || s.Tools
	e.StructuredOutput = e.StructuredOutput || s.StructuredOutput
	e.Reasoning = e.Reasoning || s.Reasoning
	e.Deprecated = e.Deprecated || s.Deprecated
	if s.RetiresAt != "" {
		e.RetiresAt = s.RetiresAt
		if e.DeprecatedAt > e.RetiresAt {
			e.DeprecatedAt = ""
		}
	}
	if s.Price != nil {
		e.Price = s.Price
	}
	if len(s.Modes) > 0 {
		e.Modes = maps.Clone(e.Modes)
		if e.Modes == nil {
			e.Modes = s.Modes
		} else {
			maps.Copy(e.Modes, s.Modes)
		}
	}
	return e
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
