package gemini

import (
	"strconv"
	"strings"
)

// family is what a model's name tells of what its API takes.
type family struct {
	// generation is 15 for 1.5, 20 for 2.0, 30 for 3; 0 when the name does not say.
	generation int
	// newest is set for a name that says Gemini but no version, such as
	// gemini-flash-latest.
	newest    bool
	pro, lite bool
}

func familyOf(model string) family {
	name := model[strings.LastIndexByte(model, '/')+1:]
	rest, ok := strings.CutPrefix(name, "gemini-")
	if !ok {
		return family{}
	}
	var f family
	for i, word := range strings.Split(rest, "-") {
		switch word {
		case "pro":
			f.pro = true
		case "lite":
			f.lite = true
		default:
			if i == 0 {
				f.generation = generation(word)
			}
		}
	}
	f.newest = f.generation == 0
	return f
}

// generation reads "2.5" as 25 and "3" as 30; anything else is 0.
func generation(version string) int {
	major, minor, _ := strings.Cut(version, ".")
	m, err := strconv.ParseUint(major, 10, 8)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseUint(minor, 10, 8)
	if err != nil && minor != "" || n > 9 {
		return 0
	}
	return int(m*10 + n)
}

// before reports whether the model is known to be older than a generation.
func (f family) before(generation int) bool {
	return f.generation != 0 && f.generation < generation
}

// thinks reports whether the model can be told how much to think.
func (f family) thinks() bool { return !f.before(25) }

// levels reports whether thinking is asked for by level. Budgets are what every
// thinking model understands, so they are for models of unknown generation too.
func (f family) levels() bool { return f.generation >= 30 }

// jsonSchema reports whether schemas may be JSON Schema; before, they must be
// in Google's subset of OpenAPI's.
func (f family) jsonSchema() bool { return !f.before(25) }

// schemaBesideTools reports whether structured output and tools go together.
func (f family) schemaBesideTools() bool { return !f.before(30) }

// wantsSignatures reports whether the model refuses history whose tool calls
// have lost their thought signatures
// (https://ai.google.dev/gemini-api/docs/thought-signatures).
func (f family) wantsSignatures() bool { return f.generation >= 30 || f.newest }

// resultMedia reports whether a tool's result may hold media.
func (f family) resultMedia() bool { return f.generation >= 30 }

// budgets are the bounds of a thinking budget, in tokens; least is for budgets
// other than 0, which turns thinking off where that can be done
// (https://ai.google.dev/gemini-api/docs/thinking).
func (f family) budgets() (least, most int64, off bool) {
	switch {
	case f.pro:
		return 128, 32768, false
	case f.lite:
		return 512, 24576, true
	}
	return 1, 24576, true
}
