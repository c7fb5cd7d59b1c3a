package providers

import (
	"encoding/json"
	"fmt"
	"slices"
)

// PresetInfo is a vendor that needs no more than a key. Adding a vendor is
// adding a row to presets.
type PresetInfo struct {
	// Name is the provider's, unless it has another.
	Name string
	// Type is the module in the namespace fairway.providers.
	Type string
	// KeyVariable is the environment variable that usually has the vendor's
	// key; empty where no key is needed.
	KeyVariable string
	// defaults are the fields of the module, as JSON.
	defaults map[string]string
}

var presets = []PresetInfo{
	{"openai", "openai_compatible", "OPENAI_API_KEY", map[string]string{"base_url": `"https://api.openai.com/v1"`, "vendor": `"openai"`}},
	{"anthropic", "anthropic", "ANTHROPIC_API_KEY", map[string]string{"base_url": `"https://api.anthropic.com"`}},
	{"gemini", "gemini", "GEMINI_API_KEY", map[string]string{"base_url": `"https://generativelanguage.googleapis.com"`}},
	{"simulator", "simulator", "", nil},
}

// Presets lists the presets, in a stable order.
func Presets() []PresetInfo { return slices.Clone(presets) }

// Preset finds a preset by name.
func Preset(name string) (PresetInfo, bool) {
	i := slices.IndexFunc(presets, func(p PresetInfo) bool { return p.Name == name })
	if i < 0 {
		return PresetInfo{}, false
	}
	return presets[i], true
}

// Complete adds what a provider's configuration leaves out, so that it says
// all that holds. The key stays a placeholder.
func (p PresetInfo) Complete(raw json.RawMessage) (json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, fmt.Errorf("reading the configuration of provider %s: %w", p.Name, err)
	}
	if fields == nil {
		fields = map[string]json.RawMessage{}
	}
	complete := func(name, value string) {
		if _, given := fields[name]; !given {
			fields[name] = json.RawMessage(value)
		}
	}
	for name, value := range p.defaults {
		complete(name, value)
	}
	if p.KeyVariable != "" {
		complete("api_keys", `["{env.`+p.KeyVariable+`}"]`)
	}
	return json.Marshal(fields)
}
