package gateway

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/manage/api"
)

var modelsCommand = &command{
	name: "models", usage: "[<search>]", short: "Searches the catalog of models: what they can do and what they cost",
	long: `Lists the models of the catalog whose "vendor/model" has all of the words.
Prices are US dollars for a million tokens; "?" is unknown. The catalog is
part of the program; prices in the configuration win over it.`,
	local: true, args: -1,
	flags: func(cmd *cobra.Command) {
		cmd.Flags().String("vendor", "", "only one vendor's models, by its name in the catalog")
		cmd.Flags().Bool("json", false, "print JSON")
	},
	run: searchModels,
}

// catalogModel is a model as --json shows it.
type catalogModel struct {
	Vendor string `json:"vendor"`
	catalog.Entry
	// Prices says where the price is from, and of which date.
	Prices string `json:"prices,omitempty"`
}

func searchModels(s *session) error {
	c := catalog.Builtin()
	vendors := c.Vendors()
	if name := s.flag("vendor"); name != "" {
		if _, ok := c.Vendor(name); !ok {
			return usageError(fmt.Sprintf("the catalog has no vendor %q; it has: %s", name, strings.Join(vendors, ", ")))
		}
		vendors = []string{name}
	}
	var found []catalogModel
	for _, name := range vendors {
		v, _ := c.Vendor(name) // it is listed
		for _, m := range v.Models {
			if matchesAll(v.Name+"/"+m.ID, s.args) {
				found = append(found, catalogModel{Vendor: v.Name, Entry: m.Entry, Prices: v.Version})
			}
		}
	}
	if s.json() {
		return s.print(api.List[catalogModel]{Items: found})
	}
	if len(found) == 0 {
		return fmt.Errorf("the catalog has no such model")
	}
	return s.table("MODEL\tCONTEXT\tOUTPUT\tINPUT $\tOUTPUT $\tCACHED $\tCAN\tPRICES", func(w io.Writer) {
		for i := range found {
			m := &found[i]
			fmt.Fprintf(w, "%s/%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", m.Vendor, m.ID, tokens(m.Context), tokens(m.MaxOutput),
				dollars(m.Price, func(r *catalog.Rates) string { return r.Input }),
				dollars(m.Price, func(r *catalog.Rates) string { return r.Output }),
				dollars(m.Price, func(r *catalog.Rates) string { return r.CacheRead }), abilities(m), m.Prices)
		}
	})
}

func matchesAll(name string, words []string) bool {
	name = strings.ToLower(name)
	for _, word := range words {
		if !strings.Contains(name, strings.ToLower(word)) {
			return false
		}
	}
	return true
}

// tokens writes a number of tokens for people.
func tokens(n int64) string {
	switch {
	case n == 0:
		return "?"
	case n >= 1_000_000 && n%1_000_000 == 0:
		return strconv.FormatInt(n/1_000_000, 10) + "M"
	case n >= 1000:
		return strconv.FormatInt(n/1000, 10) + "k"
	}
	return strconv.FormatInt(n, 10)
}

func dollars(r *catalog.Rates, of func(*catalog.Rates) string) string {
	if r == nil || of(r) == "" {
		return "?"
	}
	return of(r)
}

// abilities are what a model can do beyond text.
func abilities(m *catalogModel) string {
	list := slices.Clone(m.Input)
	for _, a := range [...]struct {
		can  bool
		name string
	}{{m.Tools, "tools"}, {m.Reasoning, "reasoning"}, {m.StructuredOutput, "schema"}, {m.Deprecated, "deprecated"}} {
		if a.can {
			list = append(list, a.name)
		}
	}
	return strings.Join(list, ",")
}
