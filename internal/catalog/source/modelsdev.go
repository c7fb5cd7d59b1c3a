package source

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/internal/catalog"
)

// model is a model of models.dev's api.json. Pointers tell "no" from "not
// said".
type model struct {
	ID         string `json:"id"`
	Family     string `json:"family"`
	Reasoning  bool   `json:"reasoning"`
	Tools      bool   `json:"tool_call"`
	Structured *bool  `json:"structured_output"`
	Sampling   *bool  `json:"temperature"`
	Status     string `json:"status"`
	Limit      struct {
		Context int64 `json:"context"`
		Input   int64 `json:"input"`
		Output  int64 `json:"output"`
	} `json:"limit"`
	Modalities struct {
		Input  []string `json:"input"`
		Output []string `json:"output"`
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

func (m *model) takes(kind string) bool { return slices.Contains(m.Modalities.Input, kind) }
func (m *model) makes(kind string) bool { return slices.Contains(m.Modalities.Output, kind) }

// modelsDev reads vendors by name.
func (r *reader) modelsDev(top map[string]json.RawMessage) {
	r.Shape = ModelsDev
	c := converter{reader: r, schemas: schemas(top["openrouter"])}
	for _, name := range slices.Sorted(maps.Keys(top)) {
		if !catalog.ValidVendor(name) {
			r.refuse(fmt.Sprintf("%.80q", name), "is no vendor's name")
			continue
		}
		var v struct {
			Models map[string]json.RawMessage `json:"models"`
		}
		if err := json.Unmarshal(top[name], &v); err != nil {
			r.refuse(name, "%s", mismatch(err))
			continue
		}
		c.file = catalog.File{Vendor: name}
		for _, id := range slices.Sorted(maps.Keys(v.Models)) {
			c.row(id, v.Models[id])
		}
		r.once(&c.file, name+".models")
		if len(c.file.Models) > 0 {
			r.Vendors = append(r.Vendors, c.file)
		}
	}
}

// schemas tells which of Anthropic's models at OpenRouter can be held to a
// schema, by the series as Anthropic writes it.
func schemas(vendor json.RawMessage) map[string]bool {
	var v struct {
		Models map[string]struct {
			Structured bool `json:"structured_output"`
		} `json:"models"`
	}
	_ = json.Unmarshal(vendor, &v) // its rows are looked at in their turn
	can := map[string]bool{}
	for id, m := range v.Models {
		if series, ok := strings.CutPrefix(id, "anthropic/"); ok {
			can[strings.ReplaceAll(series, ".", "-")] = m.Structured
		}
	}
	return can
}

// converter makes the entries of one vendor after the other.
type converter struct {
	*reader
	schemas map[string]bool
	file    catalog.File
}

func (c *converter) path(id string) string { return c.file.Vendor + ".models." + id }

func (c *converter) note(id, format string, args ...any) { c.mend(c.path(id), format, args...) }

func (c *converter) row(key string, raw json.RawMessage) {
	var m model
	if err := json.Unmarshal(raw, &m); err != nil {
		c.refuse(c.path(key), "%s", mismatch(err))
		return
	}
	if m.ID == "" {
		m.ID = key
	}
	e, err := c.entry(&m)
	if err != nil {
		c.refuse(c.path(key), "%v", err)
		return
	}
	c.add(&c.file, c.path(key), &e)
}

func (c *converter) entry(m *model) (catalog.Entry, error) {
	notText := func(kind string) bool { return kind == "text" }
	e := catalog.Entry{
		ID:               m.ID,
		Kind:             m.kind(),
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
		if o.Type != "effort" || !m.Reasoning {
			continue
		}
		for _, v := range o.Values {
			if v != nil {
				e.Efforts = append(e.Efforts, *v)
			}
		}
	}
	if e.Context > 0 && e.MaxOutput > e.Context {
		c.note(m.ID, "max_output %d cut to the context of %d", e.MaxOutput, e.Context)
		e.MaxOutput = e.Context
	}
	if e.MaxInput > e.Context {
		c.note(m.ID, "max_input %d left out, as it is more than the context", e.MaxInput)
		e.MaxInput = 0
	}
	if e.Kind != "" && !m.countsTokens() {
		if m.Cost != nil {
			c.note(m.ID, "price left out, as it may be for something other than tokens")
		}
		return e, nil
	}
	return e, c.prices(m, &e)
}

// prices puts in the model's price, and those of its other modes.
func (c *converter) prices(m *model, e *catalog.Entry) (err error) {
	if e.Price, err = c.rates(m, m.Cost); err != nil {
		return fmt.Errorf("cost: %w", err)
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
			return fmt.Errorf("mode %s: %w", name, err)
		}
		if e.Modes == nil {
			e.Modes = make(map[string]*catalog.Rates)
		}
		e.Modes[value] = r
	}
	return nil
}

// kind is what the model is for, which the source shows only by what goes in
// and comes out, and by the family of those for embeddings.
func (m *model) kind() catalog.Kind {
	switch {
	case strings.Contains(m.Family, "embed") || strings.Contains(strings.ToLower(m.ID), "embed"):
		return catalog.Embedding
	case m.makes("text") && (strings.HasPrefix(m.Family, "gpt-image") || strings.Contains(m.ID, "gpt-image")):
		return catalog.Image // its text is what it understood
	case m.makes("text") && len(m.Modalities.Input) == 1 && m.takes("audio"):
		return catalog.Transcription
	case m.makes("text"):
		return ""
	case m.makes("video"):
		return catalog.Video
	case m.makes("image"):
		return catalog.Image
	case m.makes("audio"):
		return catalog.Speech
	}
	return ""
}

// countsTokens reports whether a price that is no conversation's is for tokens.
// The source has one field for that and for prices by the picture, the
// character or the minute; of these families the vendor's own answers count
// tokens.
func (m *model) countsTokens() bool {
	switch m.kind() {
	case catalog.Embedding:
		return true
	case catalog.Image, catalog.Speech:
		return strings.HasPrefix(m.Family, "gpt-image") || strings.Contains(m.ID, "gpt-image") || strings.HasPrefix(m.Family, "gemini")
	}
	return false
}

// structured tells if answers can be held to a schema. The source does not say
// so of Anthropic's own models, but of the same ones at OpenRouter.
func (c *converter) structured(m *model) bool {
	if m.Structured != nil {
		return *m.Structured
	}
	return c.file.Vendor == "anthropic" && c.schemas[trimDate(m.ID)]
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
