package openai

import (
	"crypto/sha256"
	"math/big"
	"slices"
	"strings"
)

// vendor is how one vendor's chat completions differ from the rest's.
type vendor struct {
	// own is set for OpenAI's models: hosted tools, allowed_tools, metadata and
	// the like exist there only.
	own bool
	// reasoning is the field of an assistant message that takes earlier
	// thoughts back; without one they are left out.
	reasoning string
	// topK and video are extensions. cache takes Anthropic's cache hints.
	topK, video, cache bool
	// google takes Google's thought signatures.
	google bool
	// mistral stands for that vendor's ways: other names, strict about ids and
	// about fields that it does not know.
	mistral bool
	// noStreamOptions refuses stream_options, and tells usage all the same.
	noStreamOptions bool
}

// vendors are the known ones, by the catalogue's names for them and by those of
// servers that people run themselves. Others are taken for a plain server that
// knows the core of the dialect.
var vendors = map[string]vendor{
	"openai":                {own: true},
	"azure":                 {own: true},
	"mistral":               {mistral: true, noStreamOptions: true},
	"databricks":            {noStreamOptions: true},
	"deepseek":              {reasoning: "reasoning_content"},
	"moonshotai":            {reasoning: "reasoning_content"},
	"moonshotai-cn":         {reasoning: "reasoning_content"},
	"xai":                   {reasoning: "reasoning_content"},
	"xiaomi":                {reasoning: "reasoning_content"},
	"zai":                   {reasoning: "reasoning_content", video: true},
	"zhipuai":               {reasoning: "reasoning_content", video: true},
	"alibaba":               {reasoning: "reasoning_content", topK: true, video: true},
	"alibaba-cn":            {reasoning: "reasoning_content", topK: true, video: true},
	"groq":                  {reasoning: "reasoning"},
	"cerebras":              {reasoning: "reasoning"},
	"openrouter":            {reasoning: "reasoning", topK: true, video: true, cache: true},
	"vercel":                {reasoning: "reasoning", topK: true, cache: true},
	"togetherai":            {topK: true},
	"fireworks-ai":          {reasoning: "reasoning_content", topK: true},
	"perplexity":            {topK: true},
	"aihubmix":              {reasoning: "reasoning_content"},
	"baseten":               {reasoning: "reasoning_content"},
	"chutes":                {reasoning: "reasoning_content"},
	"cloudflare-workers-ai": {reasoning: "reasoning_content"},
	"cortecs":               {reasoning: "reasoning_content"},
	"deepinfra":             {reasoning: "reasoning_content"},
	"digitalocean":          {reasoning: "reasoning_content"},
	"friendli":              {reasoning: "reasoning_content"},
	"gmicloud":              {reasoning: "reasoning_content"},
	"huggingface":           {reasoning: "reasoning_content"},
	"llmgateway":            {reasoning: "reasoning_content"},
	"nebius":                {reasoning: "reasoning_content"},
	"novita-ai":             {reasoning: "reasoning_content"},
	"nvidia":                {reasoning: "reasoning_content"},
	"opencode":              {reasoning: "reasoning_content"},
	"poolside":              {reasoning: "reasoning_content"},
	"sarvam":                {reasoning: "reasoning_content"},
	"siliconflow":           {reasoning: "reasoning_content"},
	"siliconflow-cn":        {reasoning: "reasoning_content"},
	"synthetic":             {reasoning: "reasoning_content"},
	"venice":                {reasoning: "reasoning_content"},
	"wandb":                 {reasoning: "reasoning_content"},
	"zenmux":                {reasoning: "reasoning_content"},
	"google":                {google: true},
	"google-vertex":         {google: true},
	"vertex":                {google: true},
	"vllm":                  {reasoning: "reasoning_content", topK: true, video: true},
	"sglang":                {reasoning: "reasoning_content", topK: true},
	"llamacpp":              {reasoning: "reasoning_content", topK: true},
	"ollama":                {reasoning: "reasoning"},
	"ollama-cloud":          {reasoning: "reasoning"},
}

// family is what the name of one of OpenAI's models tells about it.
type family struct {
	// reasons: the model thinks before it answers, so it takes
	// max_completion_tokens instead of max_tokens, and no sampling parameters.
	reasons bool
}

// familyOf reads a model's name, with or without the vendor before a slash.
func familyOf(model string) family {
	name := strings.ToLower(model[strings.LastIndexByte(model, '/')+1:])
	o := len(name) > 1 && name[0] == 'o' && name[1] >= '1' && name[1] <= '9'
	five := strings.HasPrefix(name, "gpt-5") && !strings.Contains(name, "-chat")
	return family{reasons: o || five}
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

// mistralID is a tool call's id in the only form that Mistral takes: nine
// letters and digits. Equal ids stay equal.
func mistralID(id string) string {
	const size = 9
	if len(id) == size && strings.IndexFunc(id, func(r rune) bool { return !alphanumeric(r) }) < 0 {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	const base62 = 62
	text := new(big.Int).SetBytes(sum[:]).Text(base62)
	return text[len(text)-size:]
}

func alphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// carriedExtra are the fields without a neutral meaning that belong to this
// dialect, in the order in which they are written.
var carriedExtra = []string{
	"audio", "moderation", "prediction", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention",
	"safety_identifier", "store", "web_search_options",
}

// serviceTiers are those of this dialect; what other vendors have under the
// same name means something else.
var serviceTiers = []string{"auto", "default", "flex", "priority", "scale"}

// toolName is a tool's name as the dialect allows it, at most 64 letters,
// digits, underscores and dashes. A name that has to change keeps apart from
// all others by a hash of what it was.
func toolName(name string) string {
	const longest, hashed = 64, 8
	valid := func(r rune) bool { return alphanumeric(r) || r == '_' || r == '-' }
	if name != "" && len(name) <= longest && strings.IndexFunc(name, func(r rune) bool { return !valid(r) }) < 0 {
		return name
	}
	clean := strings.Map(func(r rune) rune {
		if valid(r) {
			return r
		}
		return '_'
	}, name)
	sum := sha256.Sum256([]byte(name))
	const base36 = 36
	hash := new(big.Int).SetBytes(sum[:]).Text(base36)
	return clean[:min(len(clean), longest-hashed-1)] + "_" + hash[len(hash)-hashed:]
}
