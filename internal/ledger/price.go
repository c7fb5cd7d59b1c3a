package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// Unit is a price for one token, or for one search, in pico-dollars (10⁻¹² US
// dollars): a dollar for a million tokens is 1,000,000. The zero value is an
// unknown price, which is not the same as a price of 0.
type Unit struct {
	pico  int64
	known bool
}

// Pico is a known unit price in pico-dollars.
func Pico(n int64) Unit { return Unit{pico: n, known: true} }

// Pico is the price in pico-dollars; known is false when nobody told it.
func (u Unit) Pico() (n int64, known bool) { return u.pico, u.known }

// PerMillion writes a unit price as [Rates] do: dollars for a million tokens.
func PerMillion(pico int64) string {
	whole, part := pico/1_000_000, pico%1_000_000
	if part == 0 {
		return strconv.FormatInt(whole, 10)
	}
	return strings.TrimRight(fmt.Sprintf("%d.%06d", whole, part), "0")
}

// or is u, or another price where u is unknown.
func (u Unit) or(other Unit) Unit {
	if u.known {
		return u
	}
	return other
}

// Units are the unit prices of all that a call can use, named as in
// llm.Usage.
type Units struct {
	Input, CacheRead, CacheWrite5m, CacheWrite1h Unit
	AudioInput, ImageInput, ToolPrompt           Unit
	Output, Reasoning, AudioOutput, ImageOutput  Unit
	WebSearch                                    Unit
	AudioSecond                                  Unit
}

// Price is what a target's calls cost. It does not change once made.
type Price struct {
	// Version says where the price is from and of which date, so that a record
	// can be explained later.
	Version string
	// Base holds for prompts up to the first tier.
	Base Units
	// Tiers replace Base for all of a call whose prompt is larger than Above,
	// by rising Above.
	Tiers []Tier
}

// Tier is the price of calls with a large prompt.
type Tier struct {
	// Above is the size of the prompt in tokens, cached ones included, that
	// the call must exceed.
	Above int64
	Units Units
}

// Rates are prices as people write them: US dollars for a million tokens, as
// decimal strings such as "0.25", with at most six decimals. What is left out
// is unknown, except where another price stands in, as told at the field;
// [Unknown] is unknown even there.
type Rates struct {
	// Input is for the prompt.
	Input string `json:"input,omitempty"`
	// Output is for the answer.
	Output string `json:"output,omitempty"`
	// CacheRead is for the part of the prompt that a cache served. Default:
	// Input.
	CacheRead string `json:"cache_read,omitempty"`
	// CacheWrite is for the part of the prompt that was stored in a cache.
	// Default: Input.
	CacheWrite string `json:"cache_write,omitempty"`
	// CacheWrite1h is for what was stored for an hour. Default: CacheWrite.
	CacheWrite1h string `json:"cache_write_1h,omitempty"`
	// Reasoning is for hidden thoughts. Default: Output.
	Reasoning string `json:"reasoning,omitempty"`
	// AudioInput and AudioOutput are for sound.
	AudioInput  string `json:"audio_input,omitempty"`
	AudioOutput string `json:"audio_output,omitempty"`
	// ImageInput is for pictures in the prompt. Default: Input.
	ImageInput string `json:"image_input,omitempty"`
	// ImageOutput is for pictures in the answer.
	ImageOutput string `json:"image_output,omitempty"`
	// WebSearch is for a thousand searches of the vendor.
	WebSearch string `json:"web_search,omitempty"`
	// AudioMinute is for a minute of sound, where the vendor counts it so.
	AudioMinute string `json:"audio_minute,omitempty"`
}

// TierRates are [Rates] for calls with a large prompt. They stand for
// themselves: nothing is taken from the rates of smaller calls but WebSearch.
type TierRates struct {
	// Above is the size of the prompt in tokens that the call must exceed.
	Above int64 `json:"above"`
	Rates
}

// Unknown is a rate that nobody knows, where leaving it out would let another
// stand in.
const Unknown = "?"

// NewPrice makes a price. The error names the rate that cannot be read.
func NewPrice(version string, base Rates, tiers ...TierRates) (*Price, error) {
	p := &Price{Version: version}
	var err error
	if p.Base, err = base.units(); err != nil {
		return nil, err
	}
	for i, t := range tiers {
		if t.Above <= 0 {
			return nil, fmt.Errorf("reading tier %d: above: must be larger than 0", i)
		}
		u, err := t.units()
		if err != nil {
			return nil, fmt.Errorf("reading tier above %d tokens: %w", t.Above, err)
		}
		u.WebSearch = u.WebSearch.or(p.Base.WebSearch)
		p.Tiers = append(p.Tiers, Tier{Above: t.Above, Units: u})
	}
	sort.Slice(p.Tiers, func(i, k int) bool { return p.Tiers[i].Above < p.Tiers[k].Above })
	for i := 1; i < len(p.Tiers); i++ {
		if p.Tiers[i].Above == p.Tiers[i-1].Above {
			return nil, fmt.Errorf("reading tiers: two are above %d tokens", p.Tiers[i].Above)
		}
	}
	return p, nil
}

// NewOverride makes the price that an operator gave. Its version is
// "override/" and a hash of the rates: equal rates have equal versions.
func NewOverride(r Rates) (*Price, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("hashing rates: %w", err)
	}
	sum := sha256.Sum256(text)
	return NewPrice("override/"+hex.EncodeToString(sum[:6]), r)
}

// rateDecimals are as many as a unit price can hold: a dollar for a million
// tokens is 10⁶ pico-dollars a token.
const rateDecimals = 6

// units reads the rates and puts in what stands for those left out.
func (r *Rates) units() (Units, error) {
	var u Units
	for _, f := range [...]struct {
		name string
		text string
		unit *Unit
		// scale is how many pico-dollars the last decimal is worth, for as many
		// units as per says.
		scale, per int64
	}{
		{"input", r.Input, &u.Input, 1, 1},
		{"output", r.Output, &u.Output, 1, 1},
		{"cache_read", r.CacheRead, &u.CacheRead, 1, 1},
		{"cache_write", r.CacheWrite, &u.CacheWrite5m, 1, 1},
		{"cache_write_1h", r.CacheWrite1h, &u.CacheWrite1h, 1, 1},
		{"reasoning", r.Reasoning, &u.Reasoning, 1, 1},
		{"audio_input", r.AudioInput, &u.AudioInput, 1, 1},
		{"audio_output", r.AudioOutput, &u.AudioOutput, 1, 1},
		{"image_input", r.ImageInput, &u.ImageInput, 1, 1},
		{"image_output", r.ImageOutput, &u.ImageOutput, 1, 1},
		{"web_search", r.WebSearch, &u.WebSearch, 1000, 1},
		{"audio_minute", r.AudioMinute, &u.AudioSecond, 1_000_000, 60},
	} {
		if f.text == "" || f.text == Unknown {
			continue
		}
		n, err := parseDecimal(f.text, rateDecimals)
		if err == nil && n > maxRate {
			err = errTooLarge
		}
		if err != nil {
			return Units{}, fmt.Errorf("reading price %s %q: %w", f.name, f.text, err)
		}
		*f.unit = Pico((n*f.scale + f.per/2) / f.per)
	}
	for _, f := range [...]struct {
		text    string
		unit    *Unit
		instead *Unit
	}{
		{r.CacheRead, &u.CacheRead, &u.Input},
		{r.CacheWrite, &u.CacheWrite5m, &u.Input},
		{r.CacheWrite1h, &u.CacheWrite1h, &u.CacheWrite5m},
		{r.ImageInput, &u.ImageInput, &u.Input},
		{r.Reasoning, &u.Reasoning, &u.Output},
	} {
		if f.text == "" {
			*f.unit = *f.instead
		}
	}
	u.ToolPrompt = u.Input
	return u, nil
}

// maxRate is a million dollars for a million tokens: more is a slip of the
// pen, and no product with a plausible count overflows below it.
const maxRate = 1_000_000_000_000
