package catalog

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/llm"
)

func TestBuiltinFiles(t *testing.T) {
	t.Parallel()
	names := Builtin().Vendors()
	for _, want := range []string{"anthropic", "google", "openai"} {
		if !slices.Contains(names, want) {
			t.Errorf("no vendor %s", want)
		}
	}
	if d := BuiltinDate(); d.Year() < 2026 {
		t.Errorf("the facts are of %v", d)
	}
	models := 0
	for _, name := range names {
		v, _ := Builtin().Vendor(name)
		models += len(v.Models)
	}
	if len(names) < 70 || models < 3500 {
		t.Errorf("%d models of %d vendors", models, len(names))
	}
	for _, name := range names {
		text, err := data.ReadFile("data/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&File{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		v, ok := Builtin().Vendor(name)
		if !ok || v.Name != name || len(v.Models) == 0 || v.Version == "" || !strings.Contains(v.Source, "commit") {
			t.Fatalf("%s: found %t: %+v", name, ok, v)
		}
		for _, m := range v.Models {
			checkModel(t, m)
			if found, ok := Lookup(name, m.ID); !ok || found != m {
				t.Errorf("%s/%s is found as %v", name, m.ID, found)
			}
		}
	}
}

// checkModel looks for what cannot be true.
func checkModel(t *testing.T, m *Model) {
	t.Helper()
	f := m.Facts()
	if !f.Known || f.ContextWindow < 0 || f.MaxOutput < 0 || f.ContextWindow > 0 && f.MaxOutput > f.ContextWindow || m.MaxInput > m.Context {
		t.Errorf("%s/%s: %+v", m.Vendor, m.ID, f)
	}
	if len(f.Efforts) > 0 && !f.Reasoning {
		t.Errorf("%s/%s has efforts but does not reason", m.Vendor, m.ID)
	}
	p := m.Price()
	if p == nil {
		return
	}
	in, known := p.Base.Input.Pico()
	read, _ := p.Base.CacheRead.Pico()
	write, _ := p.Base.CacheWrite5m.Pico()
	hour, _ := p.Base.CacheWrite1h.Pico()
	// Some who serve others' models store prompts for nothing, or sell guards
	// whose verdicts cost less than what they look at.
	maker := slices.Contains([]string{"anthropic", "google", "openai"}, m.Vendor)
	if !known || maker && (read > in || write < in) || hour < write {
		t.Errorf("%s/%s: a prompt costs %d, cached %d, stored %d and %d", m.Vendor, m.ID, in, read, write, hour)
	}
	if out, known := p.Base.Output.Pico(); maker && known && out != 0 && out < in {
		t.Errorf("%s/%s: an answer costs %d, a prompt %d", m.Vendor, m.ID, out, in)
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ vendor, name, want string }{
		{"openai", "gpt-5-mini", "gpt-5-mini"},
		{"openai", "gpt-5-mini-2025-08-07", "gpt-5-mini"},
		{"openai", "GPT-5-Mini", "gpt-5-mini"},
		{"openai", "gpt-4o-2024-05-13", "gpt-4o-2024-05-13"},
		{"openai", "gpt-4o-2024-08-07", "gpt-4o"},
		{"openai", "gpt-5-chat-latest", "gpt-5-chat-latest"},
		{"openai", "gpt-5-mini-latest", "gpt-5-mini"},
		{"openai", "gpt-4-turbo-preview", "gpt-4-turbo"},
		{"openai", "gpt-4-1106-preview", ""},
		{"openai", "ft:gpt-4o-mini-2024-07-18:org::id", ""},
		{"openai", "gpt-5-mini-", ""},
		{"openai", "gpt-5-min", ""},
		{"openai", "-2025-08-07", ""},
		{"openai", "-latest", ""},
		{"openai", "models/", ""},
		{"openai", "", ""},
		{"anthropic", "claude-haiku-4-5-20251001", "claude-haiku-4-5-20251001"},
		{"anthropic", "claude-haiku-4-5-20991231", "claude-haiku-4-5"},
		{"anthropic", "claude-haiku-4-5@20251001", "claude-haiku-4-5"},
		{"anthropic", "claude-3-7-sonnet-latest", "claude-3-7-sonnet-20250219"},
		{"anthropic", "claude-3-5-sonnet", "claude-3-5-sonnet-20241022"},
		{"anthropic", "gpt-5-mini", ""},
		{"google", "models/gemini-2.5-pro", "gemini-2.5-pro"},
		{"gemini", "gemini-2.5-flash-preview-09-2025", "gemini-2.5-flash"},
		{"gemini", "gemini-2.5-pro-preview-05-06", "gemini-2.5-pro"},
		{"gemini", "models/gemini-2.0-flash-001", "gemini-2.0-flash"},
		{"gemini", "gemini-embedding-001", "gemini-embedding-001"},
		{"gemini", "gemini-flash-latest", "gemini-flash-latest"},
		{"gemini", "gemini-2.5-flash-preview-tts", "gemini-2.5-flash-preview-tts"},
		{"gemini", "gemini-2.5-flash-preview-video", ""},
		{"nobody", "gpt-5-mini", ""},
		{"", "gpt-5-mini", ""},
	} {
		m, ok := Lookup(c.vendor, c.name)
		got := ""
		if ok {
			got = m.ID
		}
		if got != c.want {
			t.Errorf("%s/%s is %q, want %q", c.vendor, c.name, got, c.want)
		}
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	m, _ := Lookup("openai", "gpt-5-mini")
	f := m.Facts()
	if f.ContextWindow != 400_000 || f.MaxOutput != 128_000 || !f.Reasoning || !f.NoSampling || !f.StructuredOutput || !f.Tools ||
		!f.ImageInput || f.DocumentInput || f.AudioInput || !slices.Equal(f.Efforts, []string{"minimal", "low", "medium", "high"}) {
		t.Errorf("gpt-5-mini: %+v", f)
	}
	m, _ = Lookup("google", "gemini-2.5-pro")
	if f := m.Facts(); f.NoSampling || !f.DocumentInput || !f.AudioInput || len(f.Efforts) != 0 {
		t.Errorf("gemini-2.5-pro: %+v", f)
	}
	m, _ = Lookup("openai", "text-embedding-3-small")
	if f := m.Facts(); f.NoSampling || f.Tools || f.Reasoning {
		t.Errorf("text-embedding-3-small: %+v", f)
	}
}

func TestPrices(t *testing.T) {
	t.Parallel()
	const million = 1_000_000
	for _, c := range []struct {
		vendor, model, mode string
		usage               llm.Usage
		// version is a + for the vendor's.
		want, version string
	}{
		{
			"openai", "gpt-5-mini", "",
			llm.Usage{Input: million / 10, CacheRead: million / 10, Output: million / 10, Reasoning: million / 10},
			"0.4275", "+",
		},
		{"openai", "gpt-5.4", "", llm.Usage{Input: 272_001}, "1.360005", "+"},
		{"openai", "gpt-5.4", "default", llm.Usage{Input: 272_000}, "0.68", "+"},
		{"openai", "gpt-5.4", "priority", llm.Usage{Output: 1000}, "0.03", "+/priority"},
		{"openai", "gpt-5.4", "flex", llm.Usage{Output: 1000}, "unknown", ""},
		{"openai", "gpt-3.5-turbo", "", llm.Usage{CacheRead: 1000}, "0.0005", "+"},
		{"openai", "gpt-5-mini", "", llm.Usage{AudioInput: 1}, "unknown", "+"},
		{"anthropic", "claude-sonnet-4-5", "", llm.Usage{CacheWrite5m: million}, "3.75", "+"},
		{"anthropic", "claude-sonnet-4-5", "standard", llm.Usage{CacheWrite1h: million}, "6", "+"},
		{"anthropic", "claude-opus-4-8", "fast", llm.Usage{CacheWrite1h: million}, "20", "+/fast"},
		{"google", "gemini-2.5-flash", "", llm.Usage{Input: 1000, AudioInput: 1000, ImageInput: 1000}, "0.0016", "+"},
		{"google", "gemini-2.5-pro", "", llm.Usage{AudioInput: 200_001}, "0.5000025", "+"},
		{"google", "gemini-2.5-flash-image", "", llm.Usage{ImageOutput: 1290}, "0.0387", "+"},
		{"google", "gemini-2.5-flash-image", "", llm.Usage{Output: 1}, "unknown", "+"},
		{"google", "gemma-4-31b-it", "", llm.Usage{Output: 1}, "unknown", ""},
	} {
		m, ok := Lookup(c.vendor, c.model)
		if !ok {
			t.Fatalf("no %s/%s", c.vendor, c.model)
		}
		p, got, version := m.PriceIn(c.mode), "unknown", ""
		if p != nil {
			version = p.Version
		}
		v, _ := Builtin().Vendor(c.vendor)
		c.version = strings.Replace(c.version, "+", v.Version, 1)
		if n, known := ledger.Cost(&c.usage, p); known {
			got = n.String()
		}
		if got != c.want || version != c.version {
			t.Errorf("%s/%s %s: %+v costs %s by %q, want %s by %q", c.vendor, c.model, c.mode, c.usage, got, version, c.want, c.version)
		}
	}
}

func TestWithNewerFacts(t *testing.T) {
	t.Parallel()
	read := func(text string) *Vendor {
		v, err := Read([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	newer := Builtin().With(read(`{"vendor":"openai","version":"v2","new_field":1,"models":[{"id":"gpt-9","context":5}]}`))
	if m, ok := newer.Lookup("openai", "gpt-9-2030-01-01"); !ok || m.Context != 5 {
		t.Errorf("the new model is %v", m)
	}
	if _, ok := newer.Lookup("openai", "gpt-5-mini"); ok {
		t.Error("the old facts are still there")
	}
	if _, ok := newer.Lookup("google", "gemini-2.5-pro"); !ok {
		t.Error("another vendor is gone")
	}
	if _, ok := Lookup("openai", "gpt-9"); ok {
		t.Error("the built-in catalog changed")
	}
	if m, ok := (&Catalog{}).With(read(`{"vendor":"x","version":"v","models":[{"id":"m"}]}`)).Lookup("x", "m"); !ok || m.Vendor != "x" {
		t.Error("an empty catalog takes no vendor")
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                "reading catalog",
		`{"version":"v"}`: "vendor and version",
		`{"vendor":"x"}`:  "vendor and version",
		`{"vendor":"x","version":"v","models":[{}]}`:                                           "x/: the id",
		`{"vendor":"x","version":"v","models":[{"id":"m"},{"id":"m"}]}`:                        "x/m: the id",
		`{"vendor":"x","version":"v","models":[{"id":"m","context":-1}]}`:                      "x/m: context: -1 is not",
		`{"vendor":"x","version":"v","models":[{"id":"m","price":{"input":"1e3"}}]}`:           `x/m: reading price input "1e3"`,
		`{"vendor":"x","version":"v","models":[{"id":"m","price":{"input":0.5}}]}`:             "reading catalog",
		`{"vendor":"x","version":"v","models":[{"id":"m","price":{"tiers":[{"input":"1"}]}}]}`: "x/m: reading tier 0",
		`{"vendor":"x","version":"v","models":[{"id":"m","modes":{"fast":{"output":"-1"}}}]}`:  "x/m: mode fast: reading price output",
	} {
		if _, err := Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
}

func TestEnding(t *testing.T) {
	t.Parallel()
	v, err := Read([]byte(`{"vendor":"x","version":"list/2030-05-01-1f2e","notice":"https://x.example","models":[
		{"id":"alive"},
		{"id":"flag","deprecated":true},
		{"id":"days","deprecated":true,"deprecated_at":"2029-01-01","retires_at":"2031-01-01","successor":"alive"},
		{"id":"end","retires_at":"2030-06-01"},
		{"id":"late","retires_at":"2030-01-01"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{
		"alive": "none",
		"flag":  "2030-05-01 0001-01-01 ",
		"days":  "2029-01-01 2031-01-01 alive",
		"end":   "2030-05-01 2030-06-01 ",
		"late":  "2030-01-01 2030-01-01 ", // the facts are of after its end
	} {
		m, _ := v.Exact(id)
		got := "none"
		if e, ok := m.Ending(); ok {
			got = e.Deprecated.Format(time.DateOnly) + " " + e.Retires.Format(time.DateOnly) + " " + e.Successor
			if e.Notice != "https://x.example" {
				t.Errorf("%s: notice %q", id, e.Notice)
			}
		}
		if got != want {
			t.Errorf("%s ends %s, want %s", id, got, want)
		}
	}
	m, _ := v.Exact("days")
	e, _ := m.Ending()
	for at, want := range map[string]bool{"2030-12-31T23:59:59Z": false, "2031-01-01T00:00:00Z": true} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil || e.Over(now) != want {
			t.Errorf("over at %s: %t %v", at, e.Over(now), err)
		}
	}
	if e := (Ending{}); e.Over(time.Now()) {
		t.Error("an end of no day is over")
	}
	if !factsOf("own/1").IsZero() || !factsOf("").IsZero() {
		t.Error("a version without a day has one")
	}
	if m, ok := Lookup("anthropic", "claude-opus-4-1"); !ok || m.RetiresAt != "2026-08-05" || m.notice == "" {
		t.Errorf("claude-opus-4-1 is %+v", m)
	}
}

func FuzzLookup(f *testing.F) {
	for _, name := range []string{"gpt-5-mini-2025-08-07", "models/x-latest-preview-001", "-000", "@00000000"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if m, ok := Lookup("openai", name); ok && !strings.HasPrefix(strings.ToLower(strings.TrimPrefix(name, "models/")), strings.TrimSuffix(m.ID, "-latest")[:2]) {
			t.Errorf("%q is %s", name, m.ID)
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	for _, name := range []string{"gpt-5-mini", "gpt-5-mini-2025-08-07", "unheard-of"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Lookup("openai", name)
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	text, err := data.ReadFile("data/openai.json")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Read(text); err != nil {
			b.Fatal(err)
		}
	}
}
