package source

import (
	"encoding/json"
	"fmt"

	"github.com/fairwaygw/fairway/internal/catalog"
)

// fairway reads our own shape: {"vendors": [file, …]}, or one file alone.
// Fields that it does not know, as a newer version may write, are passed over.
func (r *reader) fairway(text []byte, top map[string]json.RawMessage) {
	r.Shape = Fairway
	files := []json.RawMessage{text}
	_, many := top["vendors"]
	if many {
		files = nil
		_ = json.Unmarshal(top["vendors"], &files) // it is a list
	}
	seen := map[string]bool{}
	for i, raw := range files {
		path := "vendors"
		if many {
			path = fmt.Sprintf("vendors[%d]", i)
		}
		f, ok := r.file(path, raw)
		switch {
		case !ok:
		case seen[f.Vendor]:
			r.refuse(path, "vendor %q is there twice", f.Vendor)
		default:
			seen[f.Vendor] = true
			r.Vendors = append(r.Vendors, f)
		}
	}
}

// file reads what we have of a vendor, row by row.
func (r *reader) file(path string, raw json.RawMessage) (catalog.File, bool) {
	var head struct {
		Vendor, Version, Source, Notice string
		Models                          []json.RawMessage
	}
	var f catalog.File
	if err := json.Unmarshal(raw, &head); err != nil {
		r.refuse(path, "%s", mismatch(err))
		return f, false
	}
	if !catalog.ValidVendor(head.Vendor) {
		r.refuse(path+".vendor", "%.80q is no vendor's name", head.Vendor)
		return f, false
	}
	path = head.Vendor
	if head.Version == "" || len(head.Version) > 128 || visible(head.Version) != head.Version {
		r.refuse(path+".version", "must be given, in at most 128 bytes that can be seen")
		return f, false
	}
	f = catalog.File{Vendor: head.Vendor, Version: head.Version, Source: visible(head.Source), Notice: visible(head.Notice)}
	for i, raw := range head.Models {
		var e catalog.Entry
		if err := json.Unmarshal(raw, &e); err != nil {
			r.refuse(fmt.Sprintf("%s.models[%d]", path, i), "%s", mismatch(err))
			continue
		}
		r.add(&f, fmt.Sprintf("%s.models[%d]", path, i), &e)
	}
	r.once(&f, path+".models")
	return f, len(f.Models) > 0
}
