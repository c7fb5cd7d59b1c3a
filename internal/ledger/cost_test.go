package ledger

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fairwaygw/fairway/llm"
)

func price(t testing.TB, r Rates, tiers ...TierRates) *Price {
	t.Helper()
	p, err := NewPrice("test/2026-01-01", r, tiers...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCost(t *testing.T) {
	t.Parallel()
	sonnet := price(t, Rates{Input: "3", Output: "15", CacheRead: "0.3", CacheWrite: "3.75", CacheWrite1h: "6"})
	pro := price(t, Rates{Input: "1.25", Output: "10", CacheRead: "0.125"},
		TierRates{Above: 200_000, Rates: Rates{Input: "2.5", Output: "15", CacheRead: "0.25"}},
		TierRates{Above: 500_000, Rates: Rates{Input: "5", Output: "30", CacheRead: "0.5"}})
	plain := price(t, Rates{Input: "1", Output: "2"})
	for name, c := range map[string]struct {
		usage *llm.Usage
		price *Price
		want  string
	}{
		"input and output":                {&llm.Usage{Input: 1000, Output: 100}, sonnet, "0.0045"},
		"cache read":                      {&llm.Usage{Input: 10, CacheRead: 1000}, sonnet, "0.00033"},
		"cache written for five minutes":  {&llm.Usage{CacheWrite5m: 1000}, sonnet, "0.00375"},
		"cache written for an hour":       {&llm.Usage{CacheWrite1h: 1000}, sonnet, "0.006"},
		"cache read without a price":      {&llm.Usage{CacheRead: 1000}, plain, "0.001"},
		"cache written without a price":   {&llm.Usage{CacheWrite5m: 500, CacheWrite1h: 500}, plain, "0.001"},
		"reasoning as output":             {&llm.Usage{Output: 10, Reasoning: 90}, sonnet, "0.0015"},
		"reasoning with its own price":    {&llm.Usage{Output: 10, Reasoning: 90}, price(t, Rates{Output: "1", Reasoning: "3"}), "0.00028"},
		"prompt at the edge of the tier":  {&llm.Usage{Input: 200_000, Output: 10}, pro, "0.2501"},
		"prompt beyond the edge":          {&llm.Usage{Input: 200_001, Output: 10}, pro, "0.5001525"},
		"cached tokens count to the tier": {&llm.Usage{Input: 100_001, CacheRead: 100_000}, pro, "0.2750025"},
		"answer does not count to a tier": {&llm.Usage{Input: 100_000, Output: 200_000}, pro, "2.125"},
		"second tier":                     {&llm.Usage{Input: 600_000}, pro, "3"},
		"prompts of the vendor's tools":   {&llm.Usage{ToolPrompt: 1000}, plain, "0.001"},
		"picture in the prompt":           {&llm.Usage{ImageInput: 1000}, plain, "0.001"},
		"picture with its own price":      {&llm.Usage{ImageInput: 1000}, price(t, Rates{ImageInput: "10"}), "0.01"},
		"picture whose price is unknown":  {&llm.Usage{ImageInput: 1000}, price(t, Rates{Input: "1", ImageInput: Unknown}), "unknown"},
		"searches":                        {&llm.Usage{WebSearches: 3}, price(t, Rates{WebSearch: "10"}), "0.03"},
		"searches beyond a tier": {&llm.Usage{WebSearches: 1, Input: 2}, price(t, Rates{Input: "1", WebSearch: "10"},
			TierRates{Above: 1, Rates: Rates{Input: "2"}}), "0.010004"},
		"audio":                       {&llm.Usage{AudioInput: 10, AudioOutput: 10}, price(t, Rates{AudioInput: "1", AudioOutput: "2"}), "0.00003"},
		"free":                        {&llm.Usage{Input: 1000}, price(t, Rates{Input: "0"}), "0"},
		"nothing used":                {&llm.Usage{}, plain, "0"},
		"nothing used, no price":      {&llm.Usage{}, nil, "0"},
		"half a nano-dollar":          {&llm.Usage{Input: 1}, price(t, Rates{Input: "0.0005"}), "0.000000001"},
		"less than half":              {&llm.Usage{Input: 1}, price(t, Rates{Input: "0.000499"}), "0"},
		"parts are rounded together":  {&llm.Usage{Input: 1, Output: 1}, price(t, Rates{Input: "0.0004", Output: "0.0004"}), "0.000000001"},
		"largest that fits":           {&llm.Usage{Input: 9_223_372_036_854}, price(t, Rates{Input: "1000"}), "9223372036.854"},
		"does not fit":                {&llm.Usage{Input: 9_223_372_036_855}, price(t, Rates{Input: "1000"}), "unknown"},
		"does not fit by far":         {&llm.Usage{Input: math.MaxInt64 / 16, Output: math.MaxInt64 / 16}, price(t, Rates{Input: "1000000", Output: "1000000"}), "unknown"},
		"more than can be counted":    {&llm.Usage{Input: math.MaxInt64}, plain, "unknown"},
		"no usage":                    {nil, plain, "unknown"},
		"no price":                    {&llm.Usage{Output: 1}, nil, "unknown"},
		"no price for input":          {&llm.Usage{Input: 1, Output: 1}, price(t, Rates{Output: "1"}), "unknown"},
		"no price for output":         {&llm.Usage{Input: 1, Output: 1}, price(t, Rates{Input: "1"}), "unknown"},
		"no price for what is unused": {&llm.Usage{Output: 1000}, price(t, Rates{Output: "1"}), "0.001"},
		"no price for audio":          {&llm.Usage{AudioInput: 1}, plain, "unknown"},
		"no price for audio answers":  {&llm.Usage{AudioOutput: 1}, plain, "unknown"},
		"no price for pictures made":  {&llm.Usage{ImageOutput: 1}, plain, "unknown"},
		"no price for searches":       {&llm.Usage{WebSearches: 1}, plain, "unknown"},
		"negative count":              {&llm.Usage{Input: 10, Output: -1}, plain, "unknown"},
	} {
		n, known := Cost(c.usage, c.price)
		got := n.String()
		if !known {
			if n != 0 {
				t.Errorf("%s: an unknown cost is %v", name, n)
			}
			got = "unknown"
		}
		if got != c.want {
			t.Errorf("%s: costs %s, want %s", name, got, c.want)
		}
		if p := CostOf(c.usage, c.price); (p != nil) != known || p != nil && *p != n {
			t.Errorf("%s: as a record holds it: %v", name, p)
		}
	}
}

// The sum must be that of arithmetic without bounds.
func TestCostAgainstBigIntegers(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var u llm.Usage
		var p Price
		sum := new(big.Int)
		for _, f := range []struct {
			count *int64
			unit  *Unit
		}{
			{&u.Input, &p.Base.Input},
			{&u.CacheRead, &p.Base.CacheRead},
			{&u.CacheWrite5m, &p.Base.CacheWrite5m},
			{&u.CacheWrite1h, &p.Base.CacheWrite1h},
			{&u.AudioInput, &p.Base.AudioInput},
			{&u.ImageInput, &p.Base.ImageInput},
			{&u.ToolPrompt, &p.Base.ToolPrompt},
			{&u.Output, &p.Base.Output},
			{&u.Reasoning, &p.Base.Reasoning},
			{&u.AudioOutput, &p.Base.AudioOutput},
			{&u.ImageOutput, &p.Base.ImageOutput},
			{&u.WebSearches, &p.Base.WebSearch},
		} {
			*f.count = rnd.Int64N(1 << rnd.IntN(58))
			*f.unit = Pico(rnd.Int64N(1 << rnd.IntN(41)))
			sum.Add(sum, new(big.Int).Mul(big.NewInt(*f.count), big.NewInt(f.unit.pico)))
		}
		want := sum.Add(sum, big.NewInt(500))
		want.Div(want, big.NewInt(1000))
		n, known := Cost(&u, &p)
		if known != want.IsInt64() || known && int64(n) != want.Int64() {
			t.Fatalf("%+v at %+v costs %d, %t; want %v", u, p, int64(n), known, want)
		}
	}
}

func TestPriceErrorsNameTheRate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rates Rates
		tiers []TierRates
		want  string
	}{
		{Rates{Input: "-1"}, nil, `price input "-1"`},
		{Rates{Output: "1e-6"}, nil, `price output "1e-6"`},
		{Rates{CacheRead: "0.0000001"}, nil, `price cache_read "0.0000001": more than 6 decimals`},
		{Rates{CacheWrite: "1,5"}, nil, `price cache_write "1,5"`},
		{Rates{CacheWrite1h: " 1"}, nil, `price cache_write_1h " 1"`},
		{Rates{Reasoning: "$1"}, nil, `price reasoning "$1"`},
		{Rates{AudioInput: "."}, nil, `price audio_input "."`},
		{Rates{AudioOutput: "1."}, nil, `price audio_output "1."`},
		{Rates{ImageInput: "+1"}, nil, `price image_input "+1"`},
		{Rates{ImageOutput: "NaN"}, nil, `price image_output "NaN"`},
		{Rates{WebSearch: "1000000.000001"}, nil, `price web_search "1000000.000001": too large`},
		{Rates{}, []TierRates{{Above: 5, Rates: Rates{Input: "x"}}}, `tier above 5 tokens: reading price input "x"`},
		{Rates{}, []TierRates{{Above: 0}}, `tier 0: above`},
		{Rates{}, []TierRates{{Above: 5}, {Above: 5}}, `two are above 5 tokens`},
	} {
		if _, err := NewPrice("v", c.rates, c.tiers...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %s", c.rates, err, c.want)
		}
	}
}

func TestTiersAreSorted(t *testing.T) {
	t.Parallel()
	p := price(t, Rates{Input: "1"}, TierRates{Above: 20, Rates: Rates{Input: "3"}}, TierRates{Above: 10, Rates: Rates{Input: "2"}})
	for size, want := range map[int64]string{10: "0.00001", 11: "0.000022", 21: "0.000063"} {
		if n, _ := Cost(&llm.Usage{Input: size}, p); n.String() != want {
			t.Errorf("%d tokens cost %v, want %s", size, n, want)
		}
	}
}

func TestOverrideVersions(t *testing.T) {
	t.Parallel()
	version := func(r Rates) string {
		p, err := NewOverride(r)
		if err != nil {
			t.Fatal(err)
		}
		return p.Version
	}
	a := version(Rates{Input: "1", Output: "2"})
	if !strings.HasPrefix(a, "override/") || a != version(Rates{Input: "1", Output: "2"}) {
		t.Errorf("equal rates have versions %q and %q", a, version(Rates{Input: "1", Output: "2"}))
	}
	if a == version(Rates{Input: "2", Output: "1"}) {
		t.Error("other rates have the same version")
	}
	if _, err := NewOverride(Rates{Input: "x"}); err == nil {
		t.Error("a rate that is no number is accepted")
	}
}

func TestUnknownUnitIsNotFree(t *testing.T) {
	t.Parallel()
	if _, known := (Unit{}).Pico(); known {
		t.Error("the zero unit is known")
	}
	if n, known := Pico(0).Pico(); n != 0 || !known {
		t.Error("a price of nought is not known")
	}
}

func BenchmarkCost(b *testing.B) {
	p := price(b, Rates{Input: "1.25", Output: "10", CacheRead: "0.125"},
		TierRates{Above: 200_000, Rates: Rates{Input: "2.5", Output: "15", CacheRead: "0.25"}})
	u := llm.Usage{Input: 1234, CacheRead: 4096, Output: 321, Reasoning: 512}
	b.ReportAllocs()
	for b.Loop() {
		if _, known := Cost(&u, p); !known {
			b.Fatal("unknown")
		}
	}
}
