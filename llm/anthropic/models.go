package anthropic

import (
	"slices"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// family is what a model's name tells of what its API takes
// (https://platform.claude.com/docs/en/about-claude/models/overview).
type family struct {
	// kind is the word after claude: opus, sonnet, haiku and so on.
	kind string
	// version is 35 for 3.5, 50 for 5; 0 when it is not one of Anthropic's
	// models, and newest when the name does not say.
	version int
}

// newest is the version of a model whose name says Claude but no version.
const newest = 99

// familyOf reads a model's name, as Anthropic and the clouds spell it:
// claude-3-5-haiku-20241022, claude-opus-4-6, anthropic.claude-opus-4-6-v1,
// anthropic/claude-sonnet-4.5, claude-3-7-sonnet@20250219.
func familyOf(model string) family {
	_, rest, ok := strings.Cut(strings.ToLower(model), "claude-")
	if !ok {
		return family{}
	}
	var f family
	numbers := 0
	for word := range strings.FieldsFuncSeq(rest, func(r rune) bool { return strings.ContainsRune("-.@:_", r) }) {
		n, numeric := shortNumber(word)
		switch {
		case numeric && numbers == 0:
			f.version = 10 * n
			numbers++
		case numeric && numbers == 1 && n < 10:
			f.version += n
			numbers++
		case f.kind == "" && !numeric && (word[0] < '0' || word[0] > '9'):
			f.kind = word
			if numbers > 0 { // claude-3-opus: what follows the kind is no version
				numbers = 2
			}
		default:
			numbers = 2
		}
	}
	if f.version == 0 {
		f.version = newest
	}
	return f
}

// shortNumber reads a number of one or two digits; dates are longer.
func shortNumber(word string) (n int, ok bool) {
	if len(word) == 0 || len(word) > 2 {
		return 0, false
	}
	for i := range len(word) {
		if word[i] < '0' || word[i] > '9' {
			return 0, false
		}
		n = 10*n + int(word[i]-'0')
	}
	return n, n > 0
}

// thinks reports whether the model can think before it answers. Other vendors'
// models are taken to.
func (f family) thinks() bool { return f.version == 0 || f.version >= 37 }

// adaptive reports whether the model decides itself how much to think, within
// an effort; budgets reports whether it still takes a number of tokens.
func (f family) adaptive() bool { return f.version >= 46 }
func (f family) budgets() bool  { return f.version < 47 }

// thinksUnasked reports whether the model thinks where nothing is said.
func (f family) thinksUnasked() bool { return f.version >= 50 }

// thinkingOff is the type of thinking that turns it off. It is empty where that
// is the default, and where there is no way, for which ok is false.
func (f family) thinkingOff() (kind string, ok bool) {
	switch {
	case !f.thinks(), f.version == 47, f.version == 48:
		return "", true
	case f.version == newest, f.kind == "fable", f.kind == "mythos", f.kind == "opus" && f.version > 50:
		return "", false
	case f.kind == "sonnet" && f.version > 50:
		return "between_tools", true
	}
	return "disabled", true
}

// noSampling reports whether the model refuses temperature and its like, and
// oneSampling whether it refuses temperature and top_p together.
func (f family) noSampling() bool  { return f.version >= 47 }
func (f family) oneSampling() bool { return f.version >= 41 }

// refusesForced reports whether the model never lets a tool be forced on it.
func (f family) refusesForced() bool { return f.version > 50 }

// systemInside reports whether the system may speak in mid-conversation.
func (f family) systemInside() bool { return f.version >= 48 }

// structured reports whether the model answers in the form of a schema; strict
// tools came with that.
func (f family) structured() bool { return f.version >= 45 || f.version == 41 }

// efforts are the efforts that the model takes.
func (f family) efforts() []string {
	if f.version == 46 {
		return []string{"low", "medium", "high", "max"}
	}
	return []string{"low", "medium", "high", "xhigh", "max"}
}

// defaultMaxTokens is the bound on an answer where neither the caller nor the
// catalog gives one: what the oldest model of the generation can do.
func (f family) defaultMaxTokens() int64 {
	switch {
	case f.version == 0, f.version == 35:
		return 8192
	case f.version < 35:
		return 4096
	}
	return 32_000
}

// efforts are the reasoning efforts in order.
var efforts = []string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}

// nearestEffort is the effort that comes closest to the one asked for among
// those that a model takes; less rather than more.
func nearestEffort(want string, takes []string) string {
	at := slices.Index(efforts, want)
	if at < 0 || slices.Contains(takes, want) {
		return want
	}
	for d := 1; d < len(efforts); d++ {
		for _, i := range [2]int{at - d, at + d} {
			if i > 0 && i < len(efforts) && slices.Contains(takes, efforts[i]) {
				return efforts[i]
			}
		}
	}
	return want
}

// budgetEffort is the effort for a budget of tokens.
func budgetEffort(tokens int64) string {
	switch {
	case tokens <= 1024:
		return "low"
	case tokens <= 4096:
		return "medium"
	}
	return "high"
}

// minBudget is the least that a model can be told to think, in tokens.
const minBudget = 1024

// effortBudgets are budgets of tokens for efforts, where models take no effort.
var effortBudgets = map[string]int64{
	"minimal": minBudget, "low": minBudget, "medium": 2048, "high": 4096, "xhigh": 8192, "max": 16384,
}

// noSampling reports whether a target refuses temperature and its like.
func noSampling(t *llm.Target, f family) bool { return t.Facts.NoSampling || f.noSampling() }
