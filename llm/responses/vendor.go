package responses

import (
	"slices"
	"strings"
)

// vendor is how one vendor's Responses API differs from the rest's.
type vendor struct {
	// own is set for OpenAI's models: custom tools, allowed_tools, metadata and
	// the like exist there only.
	own bool
	// encrypts is set where reasoning can be had in encrypted form.
	encrypts bool
	// thoughts takes reasoning back in full, as text; elsewhere it is left out
	// unless it is encrypted.
	thoughts bool
	// tiers takes service_tier, verbosity takes text.verbosity.
	tiers, verbosity bool
}

// vendors are the known ones, by the catalogue's names for them and by those of
// servers that people run themselves. Others are taken for a plain server that
// knows the core of the dialect.
var vendors = map[string]vendor{
	"openai":         {own: true, encrypts: true, tiers: true, verbosity: true},
	"azure":          {own: true, encrypts: true, tiers: true, verbosity: true},
	"github-copilot": {own: true, encrypts: true, verbosity: true},
	"amazon-bedrock": {encrypts: true},
	"xai":            {encrypts: true},
	"openrouter":     {encrypts: true, thoughts: true, tiers: true, verbosity: true},
	"vercel":         {encrypts: true, thoughts: true},
	"groq":           {thoughts: true, tiers: true},
	"deepseek":       {thoughts: true},
	"alibaba":        {thoughts: true},
	"huggingface":    {thoughts: true},
	"fireworks-ai":   {thoughts: true},
	"vllm":           {thoughts: true},
	"llamacpp":       {thoughts: true},
	"lmstudio":       {thoughts: true},
	"ollama":         {thoughts: true},
	"ollama-cloud":   {thoughts: true},
}

// reasons reports whether a model thinks before it answers, by its name, with or
// without the vendor in front. Such models refuse sampling parameters.
func reasons(model string) bool {
	name := strings.ToLower(model[strings.LastIndexByte(model, '/')+1:])
	name = strings.TrimPrefix(name, "openai.") // Bedrock
	o := len(name) > 1 && name[0] == 'o' && name[1] >= '1' && name[1] <= '9'
	five := strings.HasPrefix(name, "gpt-5") && !strings.Contains(name, "-chat")
	return o || five || strings.HasPrefix(name, "codex-")
}

// efforts are the reasoning efforts in order.
var efforts = []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}

// nearestEffort is the effort that comes closest to the one asked for among
// those that a model takes; less rather than more.
func nearestEffort(want string, takes []string) string {
	if len(takes) == 0 || slices.Contains(takes, want) {
		return want
	}
	at := slices.Index(efforts, want)
	if at < 0 {
		return want
	}
	for d := 1; d < len(efforts); d++ {
		for _, i := range [2]int{at - d, at + d} {
			// Thinking cannot be switched off by asking for less of it.
			if i >= 0 && i < len(efforts) && (i > 0 || at == 0) && slices.Contains(takes, efforts[i]) {
				return efforts[i]
			}
		}
	}
	return want
}

// budgetEffort is the effort for a budget of tokens.
func budgetEffort(tokens int64) string {
	switch {
	case tokens == 0:
		return "none"
	case tokens <= 1024:
		return "low"
	case tokens <= 4096:
		return "medium"
	}
	return "high"
}

// carriedExtra are the fields without a neutral meaning that belong to this
// dialect, in the order in which they are written.
var carriedExtra = []string{
	"previous_response_id", "conversation", "context_management", "max_tool_calls", "moderation", "prompt_cache_key",
	"prompt_cache_options", "prompt_cache_retention", "safety_identifier", "stream_options", "truncation",
}

// serviceTiers are those of this dialect; what other vendors have under the
// same name means something else.
var serviceTiers = []string{"auto", "default", "flex", "priority", "scale"}
