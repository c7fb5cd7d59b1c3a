package bedrock

import (
	"strconv"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// family is what a model's id tells of what it takes. The id of an inference
// profile of one's own tells nothing.
type family struct {
	maker maker
	// version is 37 for Claude 3.7, 40 for 4, and 20 for Nova 2; 0 when unknown.
	version int
}

type maker uint8

const (
	makerUnknown maker = iota
	makerClaude
	makerNova
	makerMistral
	makerGPT
	makerOther
)

// makers are parts of the ids of models.
var makers = []struct {
	part  string
	maker maker
}{
	{"anthropic.", makerClaude},
	{"claude", makerClaude},
	{"amazon.nova", makerNova},
	{"mistral.", makerMistral},
	{"openai.gpt-oss", makerGPT},
	{"amazon.titan", makerOther},
	{"meta.", makerOther},
	{"cohere.", makerOther},
	{"ai21.", makerOther},
	{"deepseek.", makerOther},
	{"qwen.", makerOther},
	{"writer.", makerOther},
	{"google.", makerOther},
	{"minimax.", makerOther},
	{"moonshot.", makerOther},
	{"nvidia.", makerOther},
	{"zai.", makerOther},
}

func familyOf(model string) family {
	id := strings.ToLower(model)
	for _, m := range makers {
		_, rest, ok := strings.Cut(id, m.part)
		if !ok {
			continue
		}
		f := family{maker: m.maker}
		if m.maker == makerClaude || m.maker == makerNova {
			f.version = versionIn(rest)
		}
		if m.maker == makerNova && f.version == 0 {
			f.version = 10 // whose ids name none
		}
		return f
	}
	return family{}
}

// versionIn finds the version in the rest of an id, as in "claude-opus-4-1-2025…"
// or "claude-3-7-sonnet-2025…".
func versionIn(rest string) int {
	words := strings.FieldsFunc(rest, func(r rune) bool { return r == '-' || r == ':' || r == '.' })
	for i, w := range words {
		major, ok := versionNumber(w)
		if !ok {
			continue
		}
		if i+1 < len(words) {
			if minor, ok := versionNumber(words[i+1]); ok {
				return major*10 + minor
			}
		}
		return major * 10
	}
	return 0
}

// versionNumber reads a number of one digit; longer ones are dates.
func versionNumber(word string) (int, bool) {
	n, err := strconv.Atoi(word)
	return n, err == nil && len(word) == 1
}

func (f family) claude() bool { return f.maker == makerClaude }
func (f family) nova() bool   { return f.maker == makerNova }

// since reports whether the model is known to be of a version or a later one.
func (f family) since(version int) bool { return f.version >= version }

// caches reports whether a prompt may hold cache points, and tools whether the
// list of tools may.
func (f family) caches() bool      { return f.claude() || f.nova() }
func (f family) cachesTools() bool { return f.claude() }

// chooses reports whether the model can be told to call some tool, and names
// whether it can be told which
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html).
func (f family) chooses() bool {
	return f.claude() || f.nova() || f.maker == makerMistral || f.maker == makerUnknown
}
func (f family) names() bool { return f.claude() || f.nova() || f.maker == makerUnknown }

// schemas reports whether the model can be held to a schema by itself.
func (f family) schemas(facts *llm.ModelFacts) bool {
	if facts.Known {
		return facts.StructuredOutput
	}
	return f.claude() && f.since(45)
}

// oneSampling reports whether the model takes temperature or topP, not both.
func (f family) oneSampling() bool { return f.claude() && f.since(41) }

// adaptive reports whether the model is told how much to think by effort rather
// than by a budget.
func (f family) adaptive() bool { return f.claude() && f.since(46) }
