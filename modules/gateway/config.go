package gateway

import (
	"encoding/json"

	"github.com/caddyserver/caddy/v2"
)

// Config is what the operator says exists here: the store, providers, models
// and policies kept as code. Who may call what is in the store.
type Config struct {
	// Store is where applications, keys and call records live. The default is
	// SQLite in Caddy's data directory.
	Store *StoreConfig `json:"store,omitempty"`

	// Shared is where several nodes count limits together. Without it each node
	// counts for itself.
	Shared *SharedConfig `json:"shared,omitempty"`

	// ProvidersRaw are the accounts at vendors, by name. The module is named
	// by "type".
	ProvidersRaw map[string]json.RawMessage `json:"providers,omitempty" caddy:"namespace=fairway.providers inline_key=type"`

	// Models are the names that callers use, and what stands behind each.
	Models map[string]*ModelConfig `json:"models,omitempty"`

	// Expose lists targets, as "provider/model", that are also callable by that
	// name. A trailing * stands for any rest.
	Expose []string `json:"expose,omitempty"`

	// Breaker sets the circuit breaker that stands before every target.
	Breaker *BreakerConfig `json:"circuit_breaker,omitempty"`

	// Prices override or add to the price catalog, by target
	// ("provider/model").
	Prices map[string]*PriceConfig `json:"prices,omitempty"`

	// Catalog says where newer facts about models, their prices among them, are
	// read from while the gateway runs. Default: nowhere; those that came with
	// the build hold.
	Catalog *CatalogConfig `json:"catalog,omitempty"`

	// CallRetention is how long call records are kept. Default 30d; 0 keeps
	// the default, a negative value keeps them for ever.
	CallRetention caddy.Duration `json:"call_retention,omitempty"`

	// ResponseRetention is how long answers of the Responses API are kept after
	// their last use, so that callers can go on from them: at least 1m. Default
	// 30d; 0 keeps the default, a negative value keeps none.
	ResponseRetention caddy.Duration `json:"response_retention,omitempty"`
}

// StoreConfig names the store.
type StoreConfig struct {
	// Driver is "sqlite".
	Driver string `json:"driver"`
	// Path is the database file. Placeholders are resolved when the
	// configuration is provisioned. Default: fairway/fairway.db in Caddy's
	// data directory.
	Path string `json:"path,omitempty"`
}

// ModelConfig is a public model name.
type ModelConfig struct {
	// Targets are what answers, as "provider/model".
	Targets []TargetConfig `json:"targets"`
	// Fallbacks are tried in order when the targets fail: targets, or names
	// of other models.
	Fallbacks []string `json:"fallbacks,omitempty"`
	// OnContextOverflow are tried in order when a prompt is too long for the
	// targets and fallbacks: targets, or names of other models.
	OnContextOverflow []string `json:"on_context_overflow,omitempty"`
	// OnContentPolicy are tried in order when a provider's filter refuses a
	// prompt: targets, or names of other models.
	OnContentPolicy []string `json:"on_content_policy,omitempty"`
	// Strategy picks among the targets: "weighted" (the default) by weight,
	// "first" in the order written, "least_latency" the one that answered
	// fastest of late, "least_cost" the one where the call is expected to cost
	// least, "least_busy" the one with the fewest calls under way for its
	// weight.
	Strategy string `json:"strategy,omitempty"`
	// Sticky keeps the calls of a session, or else of an end user, at one
	// target while that is ready. Which session a call belongs to, clients say
	// in the body or in a header such as x-session-id.
	Sticky bool `json:"sticky,omitempty"`
	// Retry bounds the attempts of one call.
	Retry *RetryConfig `json:"retry,omitempty"`
	// Timeout bounds the parts of an attempt.
	Timeout *TimeoutConfig `json:"timeout,omitempty"`
	// Strict refuses requests that use what the target's dialect lacks,
	// instead of dropping it and saying so.
	Strict bool `json:"strict,omitempty"`
}

// TargetConfig is one target of a model.
type TargetConfig struct {
	// Target is "provider/model".
	Target string `json:"target"`
	// Weight is its share under the strategy "weighted". Default 1; 0 takes
	// the target out.
	Weight *int `json:"weight,omitempty"`
}

// RetryConfig bounds the attempts of one call.
type RetryConfig struct {
	// Retries is how many attempts may follow the first, over all targets and
	// fallbacks: 0 to 10. Default 2.
	Retries *int `json:"retries,omitempty"`
	// Within is the time after the start of the call in which an attempt may
	// begin. Default 30s.
	Within caddy.Duration `json:"within,omitempty"`
}

// TimeoutConfig bounds the parts of an attempt.
type TimeoutConfig struct {
	// Connect is for the connection, TLS included. Default 5s.
	Connect caddy.Duration `json:"connect,omitempty"`
	// FirstEvent is for the first content of a stream. Default 60s.
	FirstEvent caddy.Duration `json:"first_event,omitempty"`
	// Idle is between two events of a stream. Default 120s.
	Idle caddy.Duration `json:"idle,omitempty"`
	// Total is for all of the attempt. Default 10m; 30m for a stream.
	Total caddy.Duration `json:"total,omitempty"`
}

// BreakerConfig sets a circuit breaker.
type BreakerConfig struct {
	// Window is the sliding time over which failures are counted: 1s to 1h.
	// Default 30s.
	Window caddy.Duration `json:"window,omitempty"`
	// MinCalls is how many calls a window must have before the rate counts.
	// Default 20.
	MinCalls int `json:"min_calls,omitempty"`
	// FailureRate opens the breaker, in percent: 1 to 100. Default 50.
	FailureRate int `json:"failure_rate,omitempty"`
	// Consecutive failures open the breaker whatever the rate. Default 5; -1
	// switches it off.
	Consecutive int `json:"consecutive,omitempty"`
	// OpenFor is how long an open breaker lets nothing through, doubled each
	// time that a probe fails, at most 5m. Default 15s.
	OpenFor caddy.Duration `json:"open_for,omitempty"`
	// Probes is how many calls must succeed to close it again. Default 3.
	Probes int `json:"probes,omitempty"`
}

// PriceConfig is a price in US dollars for a million tokens, as decimal
// strings such as "0.25". What is left out is unknown, but for CacheRead,
// CacheWrite and Reasoning: a cached prompt costs as much as an uncached one,
// and reasoning as much as output, unless said otherwise.
type PriceConfig struct {
	// Input is for the prompt.
	Input string `json:"input,omitempty"`
	// Output is for the answer.
	Output string `json:"output,omitempty"`
	// CacheRead is for the part of the prompt that a cache served.
	CacheRead string `json:"cache_read,omitempty"`
	// CacheWrite is for the part of the prompt that was stored in a cache.
	CacheWrite string `json:"cache_write,omitempty"`
	// Reasoning is for hidden thoughts.
	Reasoning string `json:"reasoning,omitempty"`
	// AudioInput and AudioOutput are for sound, as far as it is counted in
	// tokens. Left out, they are unknown.
	AudioInput  string `json:"audio_input,omitempty"`
	AudioOutput string `json:"audio_output,omitempty"`
	// ImageInput is for pictures in the prompt. Default: Input.
	ImageInput string `json:"image_input,omitempty"`
	// ImageOutput is for pictures in the answer. Left out, it is unknown.
	ImageOutput string `json:"image_output,omitempty"`
	// AudioMinute is for a minute of sound, where the vendor counts it so.
	AudioMinute string `json:"audio_minute,omitempty"`
}

// CatalogConfig says where newer facts about models are from. A source is in
// our own form, or the api.json of models.dev, or LiteLLM's
// model_prices_and_context_window.json.
type CatalogConfig struct {
	// File is a file to read. Placeholders are resolved when the configuration
	// is provisioned. Either File or URL is given.
	File string `json:"file,omitempty"`
	// URL is an address to read, http or https. Placeholders are resolved
	// likewise.
	URL string `json:"url,omitempty"`
	// Refresh is how often the source is looked at: 1m to 8760h. Default 24h; 0
	// keeps the default, a negative value looks only when asked to.
	Refresh caddy.Duration `json:"refresh,omitempty"`
	// Timeout bounds one reading: 1s to 10m. Default 1m.
	Timeout caddy.Duration `json:"timeout,omitempty"`
	// MaxSize bounds the source in bytes: 1 KiB to 256 MiB. Default 32 MiB.
	MaxSize int64 `json:"max_size,omitempty"`
	// MaxLoss is how many in a hundred of the known models a source may lack, or
	// price beyond belief, before all of it is refused: 1 to 100. Default 20.
	MaxLoss int `json:"max_loss,omitempty"`
	// MaxPriceChange is by which factor a model's price may change at once; a
	// price that changes more stays as it is: 2 to 1000. Default 10.
	MaxPriceChange int `json:"max_price_change,omitempty"`
}
