// Package source reads the forms in which catalogs of models are published:
// ours, the api.json of models.dev, and LiteLLM's
// model_prices_and_context_window.json.
//
// What it reads is from outside. A row that cannot be true is refused by
// itself, with its place; the rest stands. Prices never become floats.
package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/fairwaygw/fairway/internal/catalog"
)

// Shape is a form in which a catalog is published.
type Shape string

// The shapes.
const (
	Fairway   Shape = "fairway"
	ModelsDev Shape = "models.dev"
	LiteLLM   Shape = "litellm"
)

// Content is what a source has.
type Content struct {
	Shape Shape
	// Vendors are in order of their names. Only our own shape has versions.
	Vendors []catalog.File
	// Partial is set when the source lists only some of a vendor's models, and
	// says only some of what can be known of each.
	Partial bool
	// Refused are the rows that cannot be true, Mended what was put right or
	// left out of others.
	Refused, Mended []Note
}

// Note is a remark on a place in a source, such as
// "openai.models.gpt-5.cost.input".
type Note struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

func (n Note) String() string { return n.Path + ": " + n.Text }

// maxRows bounds the models of a source: several times more than there are.
const maxRows = 100_000

// Read reads a source whose shape is told by what it has. The error is for a
// source of which nothing can be used.
func Read(text []byte) (*Content, error) {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(text, &top); err != nil {
		return nil, fmt.Errorf("reading the catalog: %w", err)
	}
	r := &reader{Content: &Content{}}
	switch shape(top) {
	case Fairway:
		r.fairway(text, top)
	case ModelsDev:
		r.modelsDev(top)
	case LiteLLM:
		r.liteLLM(top)
	default:
		return nil, errors.New("reading the catalog: it is neither in our own form nor in that of models.dev or LiteLLM")
	}
	models := 0
	for i := range r.Vendors {
		models += len(r.Vendors[i].Models)
	}
	switch {
	case models == 0 && len(r.Refused) > 0:
		return nil, fmt.Errorf("reading the catalog: it has no model that can be used; the first: %s", r.Refused[0])
	case models == 0:
		return nil, errors.New("reading the catalog: it has no model")
	case models > maxRows:
		return nil, fmt.Errorf("reading the catalog: it has %d models; at most %d are possible", models, maxRows)
	}
	slices.SortFunc(r.Vendors, func(a, b catalog.File) int { return strings.Compare(a.Vendor, b.Vendor) })
	return r.Content, nil
}

// shape recognizes a source by its fields. The first row that has one tells:
// LiteLLM's file begins with a sample of a row.
func shape(top map[string]json.RawMessage) Shape {
	if kind(top["vendors"]) == '[' || kind(top["models"]) == '[' && kind(top["vendor"]) == '"' {
		return Fairway
	}
	for _, name := range slices.Sorted(maps.Keys(top)) {
		if kind(top[name]) != '{' {
			continue
		}
		var row struct {
			Models   json.RawMessage `json:"models"`
			Provider json.RawMessage `json:"litellm_provider"`
		}
		if json.Unmarshal(top[name], &row) != nil {
			continue
		}
		switch {
		case kind(row.Models) == '{':
			return ModelsDev
		case kind(row.Provider) == '"':
			return LiteLLM
		}
	}
	return ""
}

// kind is the first byte of a value: { [ " t f n or of a number; 0 for none.
func kind(raw json.RawMessage) byte {
	raw = bytes.TrimLeft(raw, " \t\r\n")
	if len(raw) == 0 {
		return 0
	}
	return raw[0]
}

// reader gathers what a source has.
type reader struct {
	*Content
}

func (r *reader) refuse(path, format string, args ...any) {
	r.Refused = append(r.Refused, note(path, format, args...))
}

func (r *reader) mend(path, format string, args ...any) {
	r.Mended = append(r.Mended, note(path, format, args...))
}

// note makes a remark that can be shown: names in a source are anybody's, and a
// terminal obeys some of what they can hold.
func note(path, format string, args ...any) Note {
	return Note{visible(path), visible(fmt.Sprintf(format, args...))}
}

// visible is a text without what cannot be seen, and of a bearable length.
func visible(s string) string {
	const most = 400
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, s)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// add takes a row, unless it cannot be true.
func (r *reader) add(f *catalog.File, path string, e *catalog.Entry) {
	if err := e.Validate(); err != nil {
		r.refuse(path, "%v", err)
		return
	}
	f.Models = append(f.Models, *e)
}

// once refuses the second of two rows with one id, and puts the rows in order.
func (r *reader) once(f *catalog.File, path string) {
	slices.SortStableFunc(f.Models, func(a, b catalog.Entry) int { return strings.Compare(a.ID, b.ID) })
	f.Models = slices.CompactFunc(f.Models, func(a, b catalog.Entry) bool {
		if a.ID == b.ID {
			r.refuse(path+"."+b.ID, "is there twice")
		}
		return a.ID == b.ID
	})
}

// mismatch says of a row that could not be decoded which field is of which
// kind, without Go's words.
func mismatch(err error) string {
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) && t.Field != "" {
		return strings.ReplaceAll(t.Field, "Rates.", "") + ": must not be of kind " + t.Value
	}
	return "is not well-formed"
}
