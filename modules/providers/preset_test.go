package providers

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/llm"
)

var update = flag.Bool("update", false, "write the list of vendors")

// own reports whether a preset's address is this machine's.
func own(p PresetInfo) bool { return strings.HasPrefix(p.BaseURL, "http://localhost:") }

var (
	placeholder = regexp.MustCompile(`\{env\.[A-Z][A-Z0-9_]*\}`)
	finds       = regexp.MustCompile("`[A-Z][A-Z0-9_]*`")
)

func TestTableOfPresets(t *testing.T) {
	var (
		name     = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
		variable = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
		urls     = map[string]string{}
		keys     = map[string]string{}
		names    = map[string]bool{}
	)
	unique := func(of map[string]string, what, by string) {
		if other := of[what]; what != "" && other != "" {
			t.Errorf("%s and %s have the same %s", other, by, what)
		}
		of[what] = by
	}
	for _, p := range AllPresets() {
		if !name.MatchString(p.Name) || names[p.Name] {
			t.Errorf("%q is not a name, or stands twice", p.Name)
		}
		names[p.Name] = true
		if _, err := caddy.GetModule("fairway.providers." + p.Type); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		if p.Title == "" || strings.ContainsAny(p.Title, "|\n") {
			t.Errorf("%s has no title", p.Name)
		}
		if p.KeyVariable != "" && !variable.MatchString(p.KeyVariable) {
			t.Errorf("%s: %q is no variable", p.Name, p.KeyVariable)
		}
		if !p.Explicit {
			unique(keys, p.KeyVariable, p.Name)
		}
		if !own(p) {
			unique(urls, p.BaseURL, p.Name)
		}
		if p.BaseURL != "" {
			_, err := parseBaseURL(placeholder.ReplaceAllString(p.BaseURL, "x"), nil)
			if err != nil || strings.HasSuffix(p.BaseURL, "/") || !own(p) && !strings.HasPrefix(p.BaseURL, "https://") {
				t.Errorf("%s: %s: %v", p.Name, p.BaseURL, err)
			}
		}
		if err := checkVendor(p.Vendor); err != nil || p.Type == compatible && p.Vendor == "" {
			t.Errorf("%s: %q, %v", p.Name, p.Vendor, err)
		}
		if p.Type == compatible && (p.BaseURL == "") != (p.Needs == "base_url") {
			t.Errorf("%s has no address and does not need one, or the other way round", p.Name)
		}
		if (p.Needs != "" || own(p) || placeholder.MatchString(p.BaseURL)) && !p.Explicit {
			t.Errorf("%s is taken to work with a key alone", p.Name)
		}
		if p.Type != compatible && p.NoStreamOptions {
			t.Errorf("%s has a field that its type lacks", p.Name)
		}
	}
	for list, rows := range map[string][]PresetInfo{"a to m": vendorsAToM, "n to z": vendorsNToZ, "own": ownServers} {
		if !slices.IsSortedFunc(rows, func(a, b PresetInfo) int { return strings.Compare(a.Name, b.Name) }) {
			t.Errorf("the list %s is out of order", list)
		}
	}
}

// Every row makes a provider, once its variables are set.
func TestEveryPresetCanBeProvisioned(t *testing.T) {
	for _, p := range AllPresets() {
		raw, err := p.Complete(json.RawMessage(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(raw, &fields); err != nil {
			t.Fatal(err)
		}
		for _, v := range append(placeholder.FindAllString(string(raw), -1), finds.FindAllString(p.Finds, -1)...) {
			t.Setenv(strings.TrimPrefix(strings.Trim(v, "{}`"), "env."), "set")
		}
		if p.Needs != "" {
			fields[p.Needs] = map[string]string{"base_url": "https://example.com", "region": "us-east-1"}[p.Needs]
		}
		t.Setenv("AWS_REGION", "us-east-1") // which is more than a word
		raw, _ = json.Marshal(fields)
		if _, err := load(t, p.Type, string(raw)); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

func TestPresetsThatAKeyIsEnoughFor(t *testing.T) {
	var names []string
	for _, p := range Presets() {
		names = append(names, p.Name)
		if p.KeyVariable == "" && p.Name != "simulator" {
			t.Errorf("%s needs more than nothing", p.Name)
		}
	}
	for name, want := range map[string]bool{
		"openai": true, "groq": true, "mistral": true, "simulator": true,
		"databricks": false, "vllm": false, "github-models": false, "moonshot-cn": false, "cloudflare": false,
	} {
		if slices.Contains(names, name) != want {
			t.Errorf("%s: want %v", name, want)
		}
	}
	if n := len(AllPresets()); n < 80 {
		t.Errorf("there are %d presets", n)
	}
}

// The list in the documentation is made of the table.
func TestListOfVendors(t *testing.T) {
	const file = "../../docs/vendors.md"
	var b strings.Builder
	b.WriteString(vendorsHead)
	for _, p := range slices.Concat(natives, vendorsAToM, vendorsNToZ) {
		b.WriteString(row(p))
	}
	b.WriteString(ownHead)
	for _, p := range ownServers {
		b.WriteString(row(p))
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), b.String()); diff != "" {
		t.Errorf("docs/vendors.md is stale; run go test ./modules/providers -run TestListOfVendors -update\n%s", diff)
	}
}

const (
	vendorsHead = `# Vendors

What a preset knows. ` + "`provider groq`" + ` is enough where the variable is set; ` + "`provider fast groq { … }`" + ` gives it another name. Every option of the type can be set in the block and wins. A vendor that is not here works too, as ` + "`openai_compatible`" + ` with a base URL. The table is made of the one in ` + "`modules/providers`" + `. "Known" are the models that the [program](catalog.md) has, and how many of them with a price; of the others, prices can be set or read from another source.

| preset | vendor | type | key from | base URL | known | priced |
|---|---|---|---|---|---|---|
`
	ownHead = `
## Servers of your own

At the address that they listen on unless told otherwise; set ` + "`base_url`" + ` where yours is elsewhere, and ` + "`api_key`" + ` where it wants one.

| preset | server | type | key from | base URL | known | priced |
|---|---|---|---|---|---|---|
`
)

func row(p PresetInfo) string {
	code := func(s string) string {
		if s == "" {
			return "–"
		}
		return "`" + s + "`"
	}
	base := code(p.BaseURL)
	if p.Needs != "" {
		base = "needs " + code(p.Needs)
	}
	key := code(p.KeyVariable)
	if p.Finds != "" {
		key = p.Finds
	}
	known, priced := known(p)
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |\n", code(p.Name), p.Title, code(p.Type), key, base, known, priced)
}

// known are how many models of a preset's vendor the catalog has, and how many
// of them with a price.
func known(p PresetInfo) (models, priced string) {
	name := p.Vendor
	if p.Type != compatible {
		m, err := caddy.GetModule("fairway.providers." + p.Type)
		if err != nil {
			return err.Error(), ""
		}
		name = m.New().(llm.Describer).Vendor()
	}
	v, ok := catalog.Builtin().Vendor(name)
	if !ok {
		return "–", "–"
	}
	n := 0
	for _, m := range v.Models {
		if m.Price() != nil {
			n++
		}
	}
	return strconv.Itoa(len(v.Models)), strconv.Itoa(n)
}
