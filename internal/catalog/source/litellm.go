package source

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/internal/catalog"
	"github.com/fairwaygw/fairway/internal/ledger"
)

// liteRow is a model of LiteLLM's file. Limits are sometimes words.
type liteRow struct {
	Provider  string          `json:"litellm_provider"`
	Mode      string          `json:"mode"`
	MaxTokens json.RawMessage `json:"max_tokens"`
	MaxInput  json.RawMessage `json:"max_input_tokens"`
	MaxOutput json.RawMessage `json:"max_output_tokens"`
	Tools     bool            `json:"supports_function_calling"`
	Schema    bool            `json:"supports_response_schema"`
	Reasoning bool            `json:"supports_reasoning"`
	Vision    bool            `json:"supports_vision"`
	PDF       bool            `json:"supports_pdf_input"`
	Audio     bool            `json:"supports_audio_input"`
	Speaks    bool            `json:"supports_audio_output"`
	Video     bool            `json:"supports_video_input"`
	// RetiresAt is called a deprecation, and is the day of the end.
	RetiresAt string `json:"deprecation_date"`
}

// liteVendors are LiteLLM's names for vendors that have another here. Their
// models are often written with a prefix, which is no part of the name.
var liteVendors = map[string]string{
	"azure_ai":                      "azure",
	"azure_text":                    "azure",
	"bedrock":                       "amazon-bedrock",
	"bedrock_converse":              "amazon-bedrock",
	"bedrock_mantle":                "amazon-bedrock",
	"cloudflare":                    "cloudflare-workers-ai",
	"codestral":                     "mistral",
	"cohere_chat":                   "cohere",
	"dashscope":                     "alibaba",
	"featherless_ai":                "featherless",
	"fireworks_ai":                  "fireworks-ai",
	"fireworks_ai-embedding-models": "fireworks-ai",
	"friendliai":                    "friendli",
	"gemini":                        "google",
	"gradient_ai":                   "digitalocean",
	"hosted_vllm":                   "vllm",
	"jina_ai":                       "jina",
	"lambda_ai":                     "lambda",
	"moonshot":                      "moonshotai",
	"novita":                        "novita-ai",
	"nvidia_nim":                    "nvidia",
	"ollama":                        "ollama-cloud",
	"snowflake":                     "snowflake-cortex",
	"text-completion-codestral":     "mistral",
	"text-completion-openai":        "openai",
	"together_ai":                   "togetherai",
	"vercel_ai_gateway":             "vercel",
	"vertex_ai":                     "google-vertex",
	"vertex_ai-ai21_models":         "google-vertex",
	"vertex_ai-anthropic_models":    "google-vertex",
	"vertex_ai-chat-models":         "google-vertex",
	"vertex_ai-code-chat-models":    "google-vertex",
	"vertex_ai-code-text-models":    "google-vertex",
	"vertex_ai-deepseek_models":     "google-vertex",
	"vertex_ai-embedding-models":    "google-vertex",
	"vertex_ai-image-models":        "google-vertex",
	"vertex_ai-language-models":     "google-vertex",
	"vertex_ai-llama_models":        "google-vertex",
	"vertex_ai-minimax_models":      "google-vertex",
	"vertex_ai-mistral_models":      "google-vertex",
	"vertex_ai-moonshot_models":     "google-vertex",
	"vertex_ai-openai_models":       "google-vertex",
	"vertex_ai-qwen_models":         "google-vertex",
	"vertex_ai-speech-models":       "google-vertex",
	"vertex_ai-text-models":         "google-vertex",
	"vertex_ai-video-models":        "google-vertex",
	"vertex_ai-vision-models":       "google-vertex",
	"vertex_ai-zai_models":          "google-vertex",
}

// liteKinds are the kinds by LiteLLM's modes; the others are conversations.
var liteKinds = map[string]catalog.Kind{
	"embedding": catalog.Embedding, "image_generation": catalog.Image, "image_edit": catalog.Image, "audio_speech": catalog.Speech,
	"audio_transcription": catalog.Transcription, "video_generation": catalog.Video, "rerank": catalog.Rerank, "moderation": catalog.Moderation,
}

// liteChats are the modes of models that converse.
var liteChats = []string{"chat", "completion", "responses"}

// liteLLM reads models by name. It lists some models of a vendor, and leaves out
// what is the same as usual, so what was known before is kept.
func (r *reader) liteLLM(top map[string]json.RawMessage) {
	r.Shape, r.Partial = LiteLLM, true
	files := map[string]*catalog.File{}
	for _, name := range slices.Sorted(maps.Keys(top)) {
		if name == "sample_spec" {
			continue
		}
		r.liteRow(files, name, top[name])
	}
	for _, vendor := range slices.Sorted(maps.Keys(files)) {
		f := files[vendor]
		r.once(f, vendor)
		if len(f.Models) > 0 {
			r.Vendors = append(r.Vendors, *f)
		}
	}
}

func (r *reader) liteRow(files map[string]*catalog.File, name string, raw json.RawMessage) {
	path := fmt.Sprintf("%.256s", name)
	var row liteRow
	if err := json.Unmarshal(raw, &row); err != nil {
		r.refuse(path, "%s", mismatch(err))
		return
	}
	vendor := liteVendors[row.Provider]
	if vendor == "" {
		vendor = strings.ReplaceAll(row.Provider, "_", "-")
	}
	if !catalog.ValidVendor(vendor) {
		r.refuse(path+".litellm_provider", "%.80q is no vendor's name", row.Provider)
		return
	}
	kind, other := liteKinds[row.Mode]
	if !other && !slices.Contains(liteChats, row.Mode) {
		return // a search, a store: no model
	}
	e := catalog.Entry{
		ID: liteName(name, row.Provider), Kind: kind, Tools: row.Tools, StructuredOutput: row.Schema, Reasoning: row.Reasoning,
		RetiresAt: row.RetiresAt, Deprecated: row.RetiresAt != "",
	}
	for _, m := range [...]struct {
		can bool
		as  string
		to  *[]string
	}{{row.Audio, "audio", &e.Input}, {row.Vision, "image", &e.Input}, {row.PDF, "pdf", &e.Input}, {row.Video, "video", &e.Input}, {row.Speaks, "audio", &e.Output}} {
		if m.can {
			*m.to = append(*m.to, m.as)
		}
	}
	e.Context, e.MaxOutput = liteLimit(row.MaxInput), liteLimit(row.MaxOutput)
	if e.Context == 0 {
		e.Context = liteLimit(row.MaxTokens)
	}
	if e.Context > 0 && e.MaxOutput > e.Context {
		r.mend(path, "max_output_tokens %d cut to the context of %d", e.MaxOutput, e.Context)
		e.MaxOutput = e.Context
	}
	if err := r.litePrices(path, raw, &e); err != nil {
		r.refuse(path+"."+err.path, "%s", err.text)
		return
	}
	f := files[vendor]
	if f == nil {
		f = &catalog.File{Vendor: vendor}
		files[vendor] = f
	}
	r.add(f, path, &e)
}

// liteName is the vendor's own name for a model: LiteLLM's has that of the
// provider before it.
func liteName(name, provider string) string {
	for _, prefix := range [...]string{provider, strings.TrimSuffix(provider, "_converse"), strings.TrimSuffix(provider, "_chat"), strings.SplitN(provider, "-", 2)[0]} {
		if rest, ok := strings.CutPrefix(name, prefix+"/"); ok && rest != "" {
			return rest
		}
	}
	return name
}

// liteLimit is a number of tokens; what is none is unknown.
func liteLimit(raw json.RawMessage) int64 {
	n, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64) // some are written as 1e6 or 4096.0
	if err != nil || n < 0 || n > 1e9 {
		return 0
	}
	return int64(n)
}

// million is how many tens more a million tokens are than one.
const million = 6

// badPrice is a price that cannot be read, and its field.
type badPrice struct{ path, text string }

// liteRates are the fields of a price by ours: dollars for one token.
var liteRates = [...]struct {
	field string
	to    func(*ledger.Rates) *string
}{
	{"input_cost_per_token", func(r *ledger.Rates) *string { return &r.Input }},
	{"output_cost_per_token", func(r *ledger.Rates) *string { return &r.Output }},
	{"cache_read_input_token_cost", func(r *ledger.Rates) *string { return &r.CacheRead }},
	{"cache_creation_input_token_cost", func(r *ledger.Rates) *string { return &r.CacheWrite }},
	{"cache_creation_input_token_cost_above_1hr", func(r *ledger.Rates) *string { return &r.CacheWrite1h }},
	{"output_cost_per_reasoning_token", func(r *ledger.Rates) *string { return &r.Reasoning }},
	{"input_cost_per_audio_token", func(r *ledger.Rates) *string { return &r.AudioInput }},
	{"output_cost_per_audio_token", func(r *ledger.Rates) *string { return &r.AudioOutput }},
	{"input_cost_per_image_token", func(r *ledger.Rates) *string { return &r.ImageInput }},
	{"output_cost_per_image_token", func(r *ledger.Rates) *string { return &r.ImageOutput }},
}

// liteTiers are the sizes above which other prices hold, by the field's end.
var liteTiers = []struct {
	end   string
	above int64
}{{"_above_128k_tokens", 128_000}, {"_above_200k_tokens", 200_000}, {"_above_256k_tokens", 256_000}, {"_above_272k_tokens", 272_000}, {"_above_512k_tokens", 512_000}}

// liteModes are other ways to be served, by the field's end.
var liteModes = [...]string{"priority", "flex"}

// litePrices puts in a row's prices.
func (r *reader) litePrices(path string, raw json.RawMessage, e *catalog.Entry) *badPrice {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return &badPrice{"", mismatch(err)}
	}
	base, bad := r.liteRates(path, fields, "")
	if bad != nil {
		return bad
	}
	if e.Kind == catalog.Transcription {
		if bad := liteMinute(fields, &base); bad != nil {
			return bad
		}
	}
	if e.Kind == catalog.Image && base.ImageInput == "" && base.Input != "" {
		base.ImageInput = ledger.Unknown
	}
	if base == (ledger.Rates{}) {
		return nil
	}
	e.Price = &catalog.Rates{Rates: base}
	for _, t := range liteTiers {
		rates, bad := r.liteRates(path, fields, t.end)
		if bad != nil {
			return bad
		}
		if rates.Input != "" && rates.Output != "" {
			e.Price.Tiers = append(e.Price.Tiers, ledger.TierRates{Above: t.above, Rates: rates})
		}
	}
	for _, mode := range liteModes {
		rates, bad := r.liteRates(path, fields, "_"+mode)
		if bad != nil {
			return bad
		}
		if rates.Input == "" || rates.Output == "" {
			continue
		}
		if e.Modes == nil {
			e.Modes = map[string]*catalog.Rates{}
		}
		e.Modes[mode] = &catalog.Rates{Rates: rates}
	}
	return nil
}

// liteRates reads the fields of a price that have an end.
func (r *reader) liteRates(path string, fields map[string]json.RawMessage, end string) (ledger.Rates, *badPrice) {
	var rates ledger.Rates
	for _, f := range &liteRates {
		text, bad := r.liteRate(path, fields, f.field+end)
		if bad != nil {
			return rates, bad
		}
		*f.to(&rates) = text
	}
	return rates, nil
}

func (r *reader) liteRate(path string, fields map[string]json.RawMessage, field string) (string, *badPrice) {
	raw, ok := fields[field]
	if !ok || kind(raw) == 'n' {
		return "", nil
	}
	var n json.Number
	if err := json.Unmarshal(raw, &n); err != nil {
		return "", &badPrice{field, "is no number"}
	}
	text, err := r.rate(path+"."+field, n, million)
	if err != nil {
		return "", &badPrice{field, err.Error()}
	}
	return text, nil
}

// liteMinute is the price of a minute of sound, which is told for a second.
func liteMinute(fields map[string]json.RawMessage, rates *ledger.Rates) *badPrice {
	const field = "input_cost_per_second"
	raw, ok := fields[field]
	if !ok || kind(raw) == 'n' {
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(raw, &n); err != nil {
		return &badPrice{field, "is no number"}
	}
	text, err := times(n, 60)
	if err != nil {
		return &badPrice{field, err.Error()}
	}
	rates.AudioMinute = text
	// Some say it twice, by the token of nothing.
	if rates.Input == "0" && rates.Output == "0" {
		rates.Input, rates.Output = "", ""
	}
	return nil
}
