package providers

import (
	"encoding/json"
	"fmt"
	"slices"
)

// PresetInfo is a vendor, or a server that people run themselves, whose
// address and ways are known. Adding one is adding a row to a table.
type PresetInfo struct {
	// Name is the provider's, unless it has another.
	Name string
	// Title is what the vendor calls itself.
	Title string
	// Type is the module in the namespace fairway.providers.
	Type string
	// KeyVariable is the environment variable that usually has the vendor's
	// key; empty where no key is needed, or where the type finds it.
	KeyVariable string
	// BaseURL is the usual address; empty where there is none, or where the
	// type knows it. It may hold placeholders.
	BaseURL string
	// Vendor is the name that the catalog and the dialect know.
	Vendor string
	// NoStreamOptions is set where stream_options is refused.
	NoStreamOptions bool
	// Finds is where the type itself looks for credentials, for people.
	Finds string
	// Needs is the option that a configuration must set; empty where none.
	Needs string
	// Explicit is set where the key alone does not tell that the vendor is
	// meant, or is not enough: its variable is another's too, an address is
	// needed, or a server must run.
	Explicit bool
}

// compatible is the type of most rows.
const compatible = "openai_compatible"

const googleFinds = "`GOOGLE_APPLICATION_CREDENTIALS` and the like; `GOOGLE_CLOUD_PROJECT`, `GOOGLE_CLOUD_LOCATION`"

// natives have a type of their own.
var natives = []PresetInfo{
	{Name: "openai", Title: "OpenAI", Type: compatible, KeyVariable: "OPENAI_API_KEY", BaseURL: "https://api.openai.com/v1", Vendor: "openai"},
	{Name: "anthropic", Title: "Anthropic", Type: "anthropic", KeyVariable: "ANTHROPIC_API_KEY", BaseURL: "https://api.anthropic.com"},
	{Name: "gemini", Title: "Google Gemini", Type: "gemini", KeyVariable: "GEMINI_API_KEY", BaseURL: "https://generativelanguage.googleapis.com"},
	{Name: "cohere", Title: "Cohere", Type: "cohere", KeyVariable: "COHERE_API_KEY", BaseURL: "https://api.cohere.com"},
	{Name: "azure_openai", Title: "Azure OpenAI", Type: "azure_openai", KeyVariable: "AZURE_OPENAI_API_KEY", Needs: "base_url", Explicit: true},
	{
		Name: "bedrock", Title: "Amazon Bedrock", Type: "bedrock", Explicit: true,
		Finds: "`AWS_BEARER_TOKEN_BEDROCK`, or `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; `AWS_REGION`",
	},
	{Name: "vertex", Title: "Google Vertex AI", Type: "vertex", Explicit: true, Finds: googleFinds},
	{Name: "vertex_anthropic", Title: "Anthropic at Google Vertex AI", Type: "vertex_anthropic", Explicit: true, Finds: googleFinds},
	{Name: "simulator", Title: "Simulator", Type: "simulator"},
}

var presets = slices.Concat(natives, vendorsAToM, vendorsNToZ, ownServers)

// Presets lists those that work with the key in their variable alone, or with
// nothing at all, in a stable order.
func Presets() []PresetInfo {
	return slices.DeleteFunc(AllPresets(), func(p PresetInfo) bool { return p.Explicit })
}

// AllPresets lists all presets, in a stable order.
func AllPresets() []PresetInfo { return slices.Clone(presets) }

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
	complete := func(name string, value any) {
		if _, given := fields[name]; !given {
			fields[name], _ = json.Marshal(value) // a string, a list of them or a flag
		}
	}
	if p.BaseURL != "" {
		complete("base_url", p.BaseURL)
	}
	if p.Type == compatible && p.Vendor != "" {
		complete("vendor", p.Vendor)
	}
	if p.NoStreamOptions {
		complete("no_stream_options", true)
	}
	if p.KeyVariable != "" {
		complete("api_keys", []string{"{env." + p.KeyVariable + "}"})
	}
	return json.Marshal(fields)
}
