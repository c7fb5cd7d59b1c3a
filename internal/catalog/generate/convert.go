package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/ledger"
)

// source is api.json: vendors by name.
type source map[string]struct {
	Models map[string]model `json:"models"`
}

// model is a model of the source. Pointers tell "no" from "not said".
type model struct {
	ID         string `json:"id"`
	Family     string `json:"family"`
	Reasoning  bool   `json:"reasoning"`
	Tools      bool   `json:"tool_call"`
	Structured *bool  `json:"structured_output"`
	Sampling   *bool  `json:"temperature"`
	Status     string `json:"status"`
	Limit      struct {
		Context, Input, Output int64
	} `json:"limit"`
	Modalities struct {
		Input, Output []string
	} `json:"modalities"`
	Options []struct {
		Type   string    `json:"type"`
		Values []*string `json:"values"`
	} `json:"reasoning_options"`
	Cost         *cost `json:"cost"`
	Experimental struct {
		Modes map[string]struct {
			Cost     *cost `json:"cost"`
			Provider struct {
				Body map[string]json.RawMessage `json:"body"`
			} `json:"provider"`
		} `json:"modes"`
	} `json:"experimental"`
}

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

// converter makes the entries of one vendor.
type converter struct {
	source source
	vendor string
	notes  io.Writer
}

func (c *converter) note(id, format string, args ...any) {
	fmt.Fprintf(c.notes, "%s/%s: %s\n", c.vendor, id, fmt.Sprintf(format, args...))
}

// models are the vendor's models that make text, by id in order.
func (c *converter) models() ([]catalog.Entry, error) {
	all := c.source[c.vendor].Models
	if len(all) == 0 {
		return nil, fmt.Errorf("the source has no such vendor")
	}
	var list []catalog.Entry
	for _, id := range slices.Sorted(maps.Keys(all)) {
		m := all[id]
		if !slices.Contains(m.Modalities.Output, "text") || m.Limit.Context == 0 {
			c.note(id, "left out, as it makes no text or has no context")
			continue
		}
		e, err := c.entry(&m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		list = append(list, e)
	}
	return list, nil
}

func (c *converter) entry(m *model) (catalog.Entry, error) {
	notText := func(kind string) bool { return kind == "text" }
	e := catalog.Entry{
		ID:               m.ID,
		Context:          m.Limit.Context,
		MaxInput:         m.Limit.Input,
		MaxOutput:        m.Limit.Output,
		Input:            slices.DeleteFunc(slices.Sorted(slices.Values(m.Modalities.Input)), notText),
		Output:           slices.DeleteFunc(slices.Sorted(slices.Values(m.Modalities.Output)), notText),
		Tools:            m.Tools,
		StructuredOutput: c.structured(m),
		Reasoning:        m.Reasoning,
		// Of a model that does not think, such as one for embeddings, it
		// means that there is nothing to sample.
		NoSampling: m.Reasoning && m.Sampling != nil && !*m.Sampling,
		Deprecated: m.Status == "deprecated",
	}
	for _, o := range m.Options {
		if o.Type != "effort" {
			continue
		}
		for _, v := range o.Values {
			if v != nil {
				e.Efforts = append(e.Efforts, *v)
			}
		}
	}
	if e.MaxOutput > e.Context {
		c.note(m.ID, "max_output %d cut to the context of %d", e.MaxOutput, e.Context)
		e.MaxOutput = e.Context
	}
	if e.MaxInput > e.Context {
		c.note(m.ID, "max_input %d left out, as it is more than the context", e.MaxInput)
		e.MaxInput = 0
	}
	if !e.Reasoning {
		e.Efforts = nil
	}
	var err error
	if e.Price, err = c.rates(m, m.Cost); err != nil {
		return e, err
	}
	for _, name := range slices.Sorted(maps.Keys(m.Experimental.Modes)) {
		mode := m.Experimental.Modes[name]
		value, ok := onlyValue(mode.Provider.Body)
		if !ok || mode.Cost == nil {
			c.note(m.ID, "mode %s left out, as no single field asks for it", name)
			continue
		}
		r, err := c.rates(m, mode.Cost)
		if err != nil {
			return e, fmt.Errorf("mode %s: %w", name, err)
		}
		if e.Modes == nil {
			e.Modes = make(map[string]*catalog.Rates)
		}
		e.Modes[value] = r
	}
	return e, nil
}

// structured tells if answers can be held to a schema. The source does not say
// so of Anthropic's own models, but of the same ones at OpenRouter.
func (c *converter) structured(m *model) bool {
	if m.Structured != nil {
		return *m.Structured
	}
	if c.vendor != "anthropic" {
		return false
	}
	series := trimDate(m.ID)
	for id, other := range c.source["openrouter"].Models {
		if strings.ReplaceAll(strings.TrimPrefix(id, "anthropic/"), ".", "-") == series {
			return other.Structured != nil && *other.Structured
		}
	}
	return false
}

// trimDate cuts a date such as -20250929 off.
func trimDate(id string) string {
	if at := len(id) - len("-20250929"); at > 0 && id[at] == '-' && strings.Trim(id[at+1:], "0123456789") == "" {
		return id[:at]
	}
	return id
}

// onlyValue is the string in a body of one field.
func onlyValue(body map[string]json.RawMessage) (string, bool) {
	if len(body) != 1 {
		return "", false
	}
	var s string
	for _, raw := range body {
		if json.Unmarshal(raw, &s) != nil {
			return "", false
		}
	}
	return s, s != ""
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
	for _, t := range from.Tiers {
		if t.Tier.Type != "" && t.Tier.Type != "context" {
			return nil, fmt.Errorf("tier of unknown type %q", t.Tier.Type)
		}
		flat, err := c.flat(m, &t.cost)
		if err != nil {
			return nil, fmt.Errorf("tier above %d: %w", t.Tier.Size, err)
		}
		r.Tiers = append(r.Tiers, ledger.TierRates{Above: t.Tier.Size, Rates: flat})
	}
	return r, nil
}

func (c *converter) flat(m *model, from *cost) (ledger.Rates, error) {
	var r ledger.Rates
	for _, f := range []struct {
		from json.Number
		to   *string
	}{
		{from.Input, &r.Input},
		{from.Output, &r.Output},
		{from.CacheRead, &r.CacheRead},
		{from.CacheWrite, &r.CacheWrite},
		{from.Reasoning, &r.Reasoning},
		{from.InputAudio, &r.AudioInput},
		{from.OutputAudio, &r.AudioOutput},
	} {
		if f.from == "" {
			continue
		}
		text, exact, err := decimal(f.from)
		if err != nil {
			return r, err
		}
		if !exact {
			c.note(m.ID, "price %s rounded to %s", f.from, text)
		}
		*f.to = text
	}
	if r.CacheRead == "0" && r.Input != "0" {
		c.note(m.ID, "cache_read of 0 left out: so the source says that there is none")
		r.CacheRead = ""
	}
	if r.AudioInput == "" && slices.Contains(m.Modalities.Input, "audio") {
		r.AudioInput = r.Input
	}
	if strings.HasPrefix(m.Family, "claude") {
		c.claudeCache(m, &r)
	}
	if slices.Contains(m.Modalities.Output, "image") {
		// The source has one price for the answer, and of models that paint it
		// is that of pictures. What their text costs is not told.
		r.ImageOutput, r.Output = r.Output, ""
	}
	return r, nil
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

// decimals are as many as the ledger takes.
const decimals = 6

// decimal writes a JSON number as a plain decimal.
func decimal(n json.Number) (text string, exact bool, err error) {
	r, ok := new(big.Rat).SetString(n.String())
	if !ok || r.Sign() < 0 {
		return "", false, fmt.Errorf("%q is no price", n)
	}
	text = r.FloatString(decimals)
	back, _ := new(big.Rat).SetString(text)
	return trimZeros(text), back.Cmp(r) == 0, nil
}

func trimZeros(s string) string {
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
