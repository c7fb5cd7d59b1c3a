// Package catalog knows the models of the vendors: what they can do, how much
// they take and what they cost.
//
// The facts are data, a file for each vendor under data, one model a line,
// with their source and date in the file's head. They are refreshed by
//
//	go run ./internal/catalog/generate -commit f3fc6922 -date 2026-07-02 api.json
//
// from the api.json of models.dev. A catalog does not change once made; one
// with other facts is made from it by [Catalog.With].
package catalog

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed data/*.json
var data embed.FS

// Catalog has the models of some vendors. It is safe for concurrent use.
type Catalog struct {
	vendors map[string]*lazy
}

// lazy is a vendor that is read when somebody asks for it first.
type lazy struct {
	read func() *Vendor
	once func() *Vendor
}

func newLazy(read func() *Vendor) *lazy { return &lazy{read, sync.OnceValue(read)} }

// Vendor has the models of one vendor.
type Vendor struct {
	// Name is the vendor's, as models.dev writes it: "openai", "google", …
	Name string
	// Version is of the prices, such as "models.dev/2026-07-02".
	Version string
	// Source says where the facts are from.
	Source string
	// Notice is the page on which the vendor announces the end of models; empty
	// is unknown.
	Notice string
	// Models are all models, by id in order.
	Models []*Model

	facts time.Time // the day that they are of, if the version tells
	byID  map[string]*Model
	// bySeries has the newest snapshot of a series that has no id of its own:
	// "claude-3-7-sonnet" for "claude-3-7-sonnet-20250219".
	bySeries map[string]*Model
}

// aliases are other names for vendors.
var aliases = map[string]string{"gemini": "google"}

// Builtin is the catalog that came with this build.
func Builtin() *Catalog { return builtin() }

var builtin = sync.OnceValue(func() *Catalog {
	files, err := fs.Sub(data, "data")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		panic(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".json"))
	}
	return Over(nil, files, names, func(_ string, err error) { panic(err) }) // a test reads every file
})

// Over is a catalog whose vendors are files of a folder, each read when
// somebody asks for it first. The vendors of another catalog, if any, stand in
// for those that the folder does not have, and for one whose file turns out to
// be unreadable, which failed is told of.
func Over(base *Catalog, files fs.FS, vendors []string, failed func(vendor string, err error)) *Catalog {
	c := &Catalog{vendors: make(map[string]*lazy)}
	if base != nil {
		maps.Copy(c.vendors, base.vendors)
	}
	for _, name := range vendors {
		instead := c.vendors[name]
		c.vendors[name] = newLazy(func() *Vendor {
			text, err := fs.ReadFile(files, name+".json")
			if err == nil {
				var v *Vendor
				if v, err = Read(text); err == nil {
					return v
				}
			}
			failed(name, err)
			if instead != nil {
				return instead.once()
			}
			return &Vendor{Name: name}
		})
	}
	return c
}

// Lookup finds a model in the built-in catalog, as [Catalog.Lookup] does.
func Lookup(vendor, model string) (*Model, bool) { return Builtin().Lookup(vendor, model) }

// Lookup finds a vendor's model by the name that a request would use for it.
// That may also be a dated snapshot or another alias of a model that the
// catalog has under one name alone.
func (c *Catalog) Lookup(vendor, model string) (*Model, bool) {
	v, ok := c.Vendor(vendor)
	if !ok {
		return nil, false
	}
	return v.Lookup(model)
}

// Vendor is all that is known of a vendor.
func (c *Catalog) Vendor(name string) (*Vendor, bool) {
	if other, ok := aliases[name]; ok {
		name = other
	}
	v, ok := c.vendors[name]
	if !ok {
		return nil, false
	}
	return v.once(), true
}

// Vendors are the vendors' names, in order.
func (c *Catalog) Vendors() []string { return slices.Sorted(maps.Keys(c.vendors)) }

// With is the same catalog with newer facts about one vendor, or with one
// more vendor.
func (c *Catalog) With(v *Vendor) *Catalog {
	vendors := maps.Clone(c.vendors)
	if vendors == nil {
		vendors = make(map[string]*lazy)
	}
	vendors[v.Name] = newLazy(func() *Vendor { return v })
	return &Catalog{vendors: vendors}
}

// Fresh is the same catalog with nothing read yet: what somebody looks through
// once is then not kept in memory.
func (c *Catalog) Fresh() *Catalog {
	fresh := &Catalog{vendors: make(map[string]*lazy, len(c.vendors))}
	for name, v := range c.vendors {
		fresh.vendors[name] = newLazy(v.read)
	}
	return fresh
}

// BuiltinID tells the built-in data of this build from that of others.
func BuiltinID() string { return builtinID() }

var builtinID = sync.OnceValue(func() string {
	sum := sha256.New()
	_ = fs.WalkDir(data, "data", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := data.ReadFile(path)
		_, _ = sum.Write(text)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:8])
})

// BuiltinDate is the day that the built-in facts are of.
func BuiltinDate() time.Time { return builtinDate() }

var builtinDate = sync.OnceValue(func() time.Time {
	v, _ := Builtin().Fresh().Vendor("openai")
	_, day, _ := strings.Cut(v.Version, "/")
	date, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err) // a test reads it
	}
	return date
})
