package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/fairwaygw/fairway/internal/catalog"
)

// endingsText is what vendors have announced of the end of their models, written
// down by hand from the page that is named as notice; models.dev tells only that
// some models are deprecated.
//
//go:embed endings.json
var endingsText []byte

// ending is what a vendor has announced.
type ending struct {
	Vendor string `json:"vendor"`
	Notice string `json:"notice"`
	// AsOf is the day that the page was seen to say so.
	AsOf   string `json:"as_of"`
	Models []struct {
		IDs          []string `json:"ids"`
		DeprecatedAt string   `json:"deprecated_at"`
		RetiresAt    string   `json:"retires_at"`
		Successor    string   `json:"successor"`
	} `json:"models"`
}

// end puts what is announced into a vendor's file. An id that the file has not
// is an error: it has a slip, or its model is gone from the source.
func end(f *catalog.File, text []byte) error {
	var all []ending
	if err := json.Unmarshal(text, &all); err != nil {
		return fmt.Errorf("reading endings.json: %w", err)
	}
	for _, e := range all {
		if e.Vendor != f.Vendor {
			continue
		}
		f.Notice = e.Notice
		for _, m := range e.Models {
			for _, id := range m.IDs {
				i := slices.IndexFunc(f.Models, func(e catalog.Entry) bool { return e.ID == id })
				if i < 0 {
					return fmt.Errorf("endings.json has %s/%s, which the source has not", e.Vendor, id)
				}
				entry := &f.Models[i]
				entry.Deprecated, entry.DeprecatedAt, entry.RetiresAt, entry.Successor = true, m.DeprecatedAt, m.RetiresAt, m.Successor
			}
		}
		if len(e.Models) > 0 {
			f.Source += "; ends of models as announced at " + e.Notice + ", seen " + e.AsOf
		}
	}
	return nil
}
