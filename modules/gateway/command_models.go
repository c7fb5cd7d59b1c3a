package gateway

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/catalog/live"
	"github.com/fairwaygw/fairway/internal/manage/api"
)

const modelsLong = `Lists the models of the catalog whose "vendor/model" has all of the words.
Prices are US dollars for a million tokens; "?" is unknown. It is the catalog
of the running server, else the one kept beside the store that --config names,
else the one that came with the program. Prices in the configuration win over it.`

var modelsCommand = &command{
	name: "models", usage: "[<search>]", short: "Searches the catalog of models, refreshes it, and explains it",
	long: modelsLong, args: -1, storeless: true, flags: modelsFlags, run: searchModels,
	sub: []*command{
		{
			name: "list", usage: "[<search>]", short: "Searches the catalog of models: what they can do and what they cost",
			long: modelsLong, args: -1, storeless: true, flags: modelsFlags, run: searchModels,
		},
		{
			name: "status", short: "Shows which catalog is in force, and how the last refresh went",
			long:      "Shows where the facts about models are from, how old they are, what of the source was not taken, and what there is to go back to.",
			storeless: true, run: showCatalog,
		},
		{
			name: "refresh", short: "Reads the source of the catalog now",
			long: `Reads the source that the configuration names under "catalog", and puts what
it has in force if it can be believed. With --force also what is hard to
believe, and what was rolled back; what cannot be true is refused all the same.`,
			flags: func(cmd *cobra.Command) {
				cmd.Flags().Bool("force", false, "take what is hard to believe")
			},
			run: refreshCatalog,
		},
		{
			name: "rollback", short: "Puts the catalog before in force",
			long: "Goes back to the catalog before. What the source has now is not taken again until it changes, or by force.",
			run: func(s *session) error {
				status, err := s.client.RollbackCatalog(s.ctx)
				if err != nil {
					return err
				}
				return s.showStatus(&status)
			},
		},
		{
			name: "explain", usage: "<vendor>/<model> | <provider>/<model>", short: "Tells what is known of a model, where that is from, and which price holds",
			args: 1, storeless: true, run: explainModel,
		},
	},
}

func modelsFlags(cmd *cobra.Command) {
	cmd.Flags().String("vendor", "", "only one vendor's models, by its name in the catalog")
}

func searchModels(s *session) error {
	found, err := s.client.CatalogModels(s.ctx, s.flag("vendor"), strings.Join(s.args, " "))
	var problem *api.Problem
	if errors.As(err, &problem) && problem.Code == api.CodeNotFound {
		return usageError(problem.Detail)
	}
	if err != nil {
		return err
	}
	if s.json() {
		return s.print(listOf(found, ""))
	}
	if len(found) == 0 {
		return errors.New("the catalog has no such model")
	}
	return s.table("MODEL\tCONTEXT\tOUTPUT\tINPUT $\tOUTPUT $\tCACHED $\tCAN\tPRICES", func(w io.Writer) {
		for i := range found {
			m := &found[i]
			fmt.Fprintf(w, "%s/%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", m.Vendor, m.ID, tokens(m.Context), tokens(m.MaxOutput),
				dollars(m.Price, func(r *catalog.Rates) string { return r.Input }),
				dollars(m.Price, answers), dollars(m.Price, func(r *catalog.Rates) string { return r.CacheRead }), abilities(m), m.Version)
		}
	})
}

// answers is the price of what a model makes, whatever that is.
func answers(r *catalog.Rates) string {
	for _, rate := range [...]string{r.Output, r.ImageOutput, r.AudioOutput} {
		if rate != "" {
			return rate
		}
	}
	return ""
}

func showCatalog(s *session) error {
	status, err := s.client.CatalogStatus(s.ctx)
	if err != nil {
		return err
	}
	return s.showStatus(&status)
}

func refreshCatalog(s *session) error {
	status, err := s.client.RefreshCatalog(s.ctx, s.flag("force") == "true")
	if err != nil {
		return err
	}
	return s.showStatus(&status)
}

// showStatus prints the state of the catalog.
func (s *session) showStatus(c *api.CatalogStatus) error {
	if s.json() {
		return s.print(c)
	}
	return s.table("", func(w io.Writer) {
		line := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
		if c.Source == "" {
			line("source", "none; the catalog is the one that came with the program")
		} else {
			every := "only when asked to"
			if c.Refresh > 0 {
				every = "every " + span(time.Duration(c.Refresh)*time.Second)
			}
			line("source", "%s, looked at %s", c.Source, every)
		}
		line("in force", "%s", generation(c.Current))
		line("seen", "%s", when(&c.Since))
		if c.Tried != nil {
			line("last look", "%s: %s", when(c.Tried), c.Outcome)
		}
		if c.Failure != "" {
			line("failure", "%s", c.Failure)
		}
		if c.RolledBack {
			line("rolled back", "what the source has now is taken only with --force")
		}
		for _, g := range c.Previous {
			line("before", "%s", generation(g))
		}
		if g := c.Current; g != nil {
			for _, n := range g.Held {
				line("not believed", "%s", n)
			}
			for _, n := range g.Refused {
				line("refused", "%s", n)
			}
			if more := g.HeldCount + g.RefusedCount - len(g.Held) - len(g.Refused); more > 0 {
				line("", "and %d more", more)
			}
		}
	})
}

// span writes a duration without the parts that are nothing: 24h, 90m, 1h30m.
func span(d time.Duration) string {
	text := strings.TrimSuffix(d.String(), "m0s")
	if text != d.String() {
		text += "m"
	}
	if hours, ok := strings.CutSuffix(text, "h0m"); ok {
		return hours + "h"
	}
	return text
}

// generation describes a catalog in a line.
func generation(g *live.Generation) string {
	if g == nil {
		return "built in"
	}
	text := fmt.Sprintf("%s (%s) of %s: %d models of %d vendors", g.Source, g.Shape, when(&g.ReadAt), g.Models, len(g.Vendors))
	if g.Forced {
		text += ", by force"
	}
	return text
}

func explainModel(s *session) error {
	x, err := s.client.ExplainModel(s.ctx, s.args[0])
	if err != nil {
		return err
	}
	if s.json() {
		return s.print(&x)
	}
	return s.table("", func(w io.Writer) {
		line := func(name, text string) {
			if text != "" {
				fmt.Fprintf(w, "%s\t%s\n", name, text)
			}
		}
		price := "unknown"
		if t := x.Target; t != nil {
			line("target", t.Target)
			line("called as", strings.Join(t.Models, ", "))
			if t.Override != nil {
				price = rates(&catalog.Rates{Rates: *t.Override}) + ", set by the configuration (" + t.Version + ")"
			}
		}
		m := x.Model
		if m == nil {
			line("model", "the catalog does not know it")
			line("price", price)
			return
		}
		line("model", m.Vendor+"/"+m.ID)
		line("from", m.Source)
		if m.Context > 0 || m.MaxOutput > 0 {
			line("context", tokens(m.Context)+", of which "+tokens(m.MaxOutput)+" may be answer")
		}
		line("can", abilities(m))
		line("efforts", strings.Join(m.Efforts, ", "))
		if x.Target == nil || x.Target.Override == nil {
			if m.Price != nil {
				price = rates(m.Price) + " (" + m.Version + ")"
			}
		}
		line("price", price)
		if b := x.Builtin; b != nil && rates(b.Price) != rates(m.Price) {
			line("built-in price", rates(b.Price)+" ("+b.Version+")")
		}
		line("end", ending(m))
		for _, n := range x.Held {
			line("not believed", n.String())
		}
	})
}

// ending tells when a model ends.
func ending(m *api.CatalogModel) string {
	var parts []string
	if m.Deprecated {
		parts = append(parts, strings.TrimSpace("deprecated "+m.DeprecatedAt))
	}
	if m.RetiresAt != "" {
		parts = append(parts, ends(m.RetiresAt, time.Now()))
	}
	if m.Successor != "" {
		parts = append(parts, "successor "+m.Successor)
	}
	if m.Notice != "" {
		parts = append(parts, "see "+m.Notice)
	}
	return strings.Join(parts, ", ")
}

// ends says of a day whether it has come.
func ends(day string, now time.Time) string {
	if day <= now.UTC().Format(time.DateOnly) {
		return "ended " + day
	}
	return "ends " + day
}

// rates are all rates of a price that are told.
func rates(r *catalog.Rates) string {
	if r == nil {
		return "unknown"
	}
	var parts []string
	for _, f := range [...]struct{ name, value string }{
		{"input", r.Input},
		{"output", r.Output},
		{"cache_read", r.CacheRead},
		{"cache_write", r.CacheWrite},
		{"cache_write_1h", r.CacheWrite1h},
		{"reasoning", r.Reasoning},
		{"audio_input", r.AudioInput},
		{"audio_output", r.AudioOutput},
		{"image_input", r.ImageInput},
		{"image_output", r.ImageOutput},
		{"audio_minute", r.AudioMinute},
	} {
		if f.value != "" {
			parts = append(parts, f.name+" "+f.value)
		}
	}
	for i := range r.Tiers {
		t := &r.Tiers[i]
		parts = append(parts, fmt.Sprintf("above %s: input %s output %s", tokens(t.Above), t.Input, t.Output))
	}
	return strings.Join(parts, ", ")
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

// abilities are what a model is for, what it can do beyond text, and whether it
// ends.
func abilities(m *api.CatalogModel) string {
	var list []string
	if m.Kind != "" {
		list = append(list, string(m.Kind))
	}
	list = append(list, m.Input...)
	for _, a := range [...]struct {
		can  bool
		name string
	}{
		{m.Tools, "tools"},
		{m.Reasoning, "reasoning"},
		{m.StructuredOutput, "schema"},
		{m.Deprecated && m.RetiresAt == "", "deprecated"},
		{m.RetiresAt != "", ends(m.RetiresAt, time.Now())},
	} {
		if a.can {
			list = append(list, a.name)
		}
	}
	return strings.Join(slices.Compact(list), ",")
}

// keptCatalog is the catalog beside a store that no server has open.
type keptCatalog struct{ *live.Live }

// Target is for a server: without one, nothing is configured.
func (keptCatalog) Target(string) *api.CatalogTarget { return nil }

// openKept opens the catalog beside a store. What nobody refreshes is shown all
// the same.
func openKept(store string, source *live.Config) *live.Live {
	l := live.Open(live.Options{Dir: catalogDir(store)})
	l.Configure(source)
	return l
}
