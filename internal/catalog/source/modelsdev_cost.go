package source

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/ledger"
)

// cost is in dollars for a million tokens. Input has all of the prompt and
// Output all of the answer that has no price of its own here.
type cost struct {
	Input       json.Number `json:"input"`
	Output      json.Number `json:"output"`
	CacheRead   json.Number `json:"cache_read"`
	CacheWrite  json.Number `json:"cache_write"`
	Reasoning   json.Number `json:"reasoning"`
	InputAudio  json.Number `json:"input_audio"`
	OutputAudio json.Number `json:"output_audio"`
	Tiers       []struct {
		cost
		Tier struct {
			Size int64  `json:"size"`
			Type string `json:"type"`
		} `json:"tier"`
	} `json:"tiers"`
}

// rates converts a price. What is billed as text although it is not is written
// out, since the ledger does not assume so.
func (c *converter) rates(m *model, from *cost) (*catalog.Rates, error) {
	if from == nil || from.Input == "" || from.Output == "" {
		return nil, nil
	}
	base, err := c.flat(m, from)
	if err != nil {
		return nil, err
	}
	r := &catalog.Rates{Rates: base}
	for i, t := range from.Tiers {
		if t.Tier.Type != "" && t.Tier.Type != "context" {
			return nil, fmt.Errorf("tiers[%d]: type %.40q is unknown", i, t.Tier.Type)
		}
		flat, err := c.flat(m, &t.cost)
		if err != nil {
			return nil, fmt.Errorf("tiers[%d]: %w", i, err)
		}
		r.Tiers = append(r.Tiers, ledger.TierRates{Above: t.Tier.Size, Rates: flat})
	}
	return r, nil
}

func (c *converter) flat(m *model, from *cost) (ledger.Rates, error) {
	var r ledger.Rates
	for _, f := range [...]struct {
		name string
		from json.Number
		to   *string
	}{
		{"input", from.Input, &r.Input},
		{"output", from.Output, &r.Output},
		{"cache_read", from.CacheRead, &r.CacheRead},
		{"cache_write", from.CacheWrite, &r.CacheWrite},
		{"reasoning", from.Reasoning, &r.Reasoning},
		{"input_audio", from.InputAudio, &r.AudioInput},
		{"output_audio", from.OutputAudio, &r.AudioOutput},
	} {
		text, err := c.rate(c.path(m.ID), f.from, 0)
		if err != nil {
			return r, fmt.Errorf("%s: %w", f.name, err)
		}
		*f.to = text
	}
	if r.CacheRead == "0" && r.Input != "0" {
		c.note(m.ID, "cache_read of 0 left out: so the source says that there is none")
		r.CacheRead = ""
	}
	if r.AudioInput == "" && m.takes("audio") {
		r.AudioInput = r.Input
	}
	if strings.HasPrefix(m.Family, "claude") {
		c.claudeCache(m, &r)
	}
	// The source has one price for the answer, and of models that paint or
	// speak it is that of pictures or sound. What their text costs is not told.
	switch {
	case m.makes("image"):
		r.ImageOutput, r.Output = r.Output, ""
	case m.kind() == catalog.Speech && r.AudioOutput == "":
		r.AudioOutput, r.Output = r.Output, ""
	}
	if m.kind() == catalog.Image && m.takes("image") {
		// A picture in the prompt costs more than text does, and is not told.
		r.ImageInput = ledger.Unknown
	}
	return r, nil
}

// rate writes a price that may be missing. One so small that it would become
// nothing is left out: it is not free.
func (r *reader) rate(path string, n json.Number, shift int64) (string, error) {
	if n == "" {
		return "", nil
	}
	text, exact, err := decimal(n, shift)
	if err != nil || exact {
		return text, err
	}
	if text == "0" {
		r.mend(path, "price %s left out, as it is too small to be told from nothing", n)
		return "", nil
	}
	r.mend(path, "price %s rounded to %s", n, text)
	return text, nil
}

// claudeCache puts in what the source has no field for: a prompt stored for an
// hour costs twice the input (platform.claude.com/docs, Prompt caching).
func (c *converter) claudeCache(m *model, r *ledger.Rates) {
	input, ok := new(big.Rat).SetString(r.Input)
	if !ok {
		return
	}
	if write, ok := new(big.Rat).SetString(r.CacheWrite); ok && write.Cmp(input) < 0 {
		c.note(m.ID, "cache_write %s left out: it is always more than the input", r.CacheWrite)
		r.CacheWrite = ""
	}
	r.CacheWrite1h = trimZeros(input.Add(input, input).FloatString(decimals))
}
