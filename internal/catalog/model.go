package catalog

import (
	"slices"
	"time"

	"github.com/fairwaygw/fairway/internal/ledger"
	"github.com/fairwaygw/fairway/llm"
)

// Model is what is known of a model. Nobody may change it.
type Model struct {
	// Vendor is the name of the vendor whose model it is.
	Vendor string
	Entry

	price *ledger.Price
	modes map[string]*ledger.Price
	// notice is the vendor's page about the end of models, facts the day that
	// the vendor's facts are of.
	notice string
	facts  time.Time
}

// Entry is a model's line in a data file. What is left out is unknown, or no.
type Entry struct {
	// ID is the vendor's name for the model.
	ID string `json:"id"`
	// Kind is what the model is for; empty is a conversation.
	Kind Kind `json:"kind,omitempty"`
	// Context is the size of the window, MaxInput and MaxOutput are the bounds
	// of its parts, in tokens. 0 is unknown.
	Context   int64 `json:"context,omitempty"`
	MaxInput  int64 `json:"max_input,omitempty"`
	MaxOutput int64 `json:"max_output,omitempty"`
	// Input and Output are what the model takes and makes beside text: "image",
	// "pdf", "audio", "video".
	Input  []string `json:"input,omitempty"`
	Output []string `json:"output,omitempty"`
	Tools  bool     `json:"tools,omitempty"`
	// StructuredOutput: answers can be held to a JSON schema.
	StructuredOutput bool `json:"structured_output,omitempty"`
	Reasoning        bool `json:"reasoning,omitempty"`
	// Efforts are the reasoning efforts that can be asked for.
	Efforts []string `json:"efforts,omitempty"`
	// NoSampling: temperature and its like are refused.
	NoSampling bool `json:"no_sampling,omitempty"`
	// Deprecated is set when the vendor has announced the model's end.
	Deprecated bool `json:"deprecated,omitempty"`
	// DeprecatedAt is the day of the announcement, RetiresAt that from which
	// the vendor serves the model no more, as 2026-07-02. Empty is unknown.
	DeprecatedAt string `json:"deprecated_at,omitempty"`
	RetiresAt    string `json:"retires_at,omitempty"`
	// Successor is the model that the vendor advises instead.
	Successor string `json:"successor,omitempty"`
	// Price is nil when it is unknown.
	Price *Rates `json:"price,omitempty"`
	// Modes are the prices of other ways to be served, by the value that asks
	// for them, such as "priority" for OpenAI's service_tier.
	Modes map[string]*Rates `json:"modes,omitempty"`
}

// Kind is what a model is for.
type Kind string

// The kinds beside a conversation.
const (
	Embedding     Kind = "embedding"
	Image         Kind = "image"
	Speech        Kind = "speech"
	Transcription Kind = "transcription"
	Video         Kind = "video"
	Rerank        Kind = "rerank"
	Moderation    Kind = "moderation"
)

// Rates are prices in US dollars for a million tokens.
type Rates struct {
	ledger.Rates
	// Tiers are the prices of calls with a large prompt.
	Tiers []ledger.TierRates `json:"tiers,omitempty"`
}

// Facts are what a dialect must know of the model.
func (m *Model) Facts() llm.ModelFacts {
	return llm.ModelFacts{
		Known:            true,
		ContextWindow:    m.Context,
		MaxOutput:        m.MaxOutput,
		Reasoning:        m.Reasoning,
		Efforts:          m.Efforts,
		NoSampling:       m.NoSampling,
		StructuredOutput: m.StructuredOutput,
		Tools:            m.Tools,
		ImageInput:       slices.Contains(m.Input, "image"),
		DocumentInput:    slices.Contains(m.Input, "pdf"),
		AudioInput:       slices.Contains(m.Input, "audio"),
	}
}

// Price is the price of a call; nil when it is unknown.
func (m *Model) Price() *ledger.Price { return m.price }

// PriceIn is the price of a call that the vendor served in a mode, such as
// OpenAI's service_tier "priority" or Anthropic's speed "fast"; nil when it is
// unknown. The usual mode is empty, "default" or "standard".
func (m *Model) PriceIn(mode string) *ledger.Price {
	switch mode {
	case "", "default", "standard":
		return m.price
	}
	return m.modes[mode]
}
