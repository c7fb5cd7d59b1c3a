// Package policy is the table of what becomes of each field of a request before
// each upstream dialect: whether it is carried, dropped and reported in
// Fairway-Dropped-Params, or refused. Between equal dialects nothing is
// translated, and a request passes as it is.
//
// It is data. A test encodes a request with each field set, for several models
// and vendors of each dialect, and holds that the table tells the truth; the
// page docs/dialects.md is made of it.
package policy

import "github.com/fairwaygw/fairway/llm"

// Fate is what becomes of a field.
type Fate byte

// The fates.
const (
	// Carried: the target is told.
	Carried Fate = 'c'
	// Varies: some models or vendors of the dialect are told, for others it is
	// dropped and reported, or bent to what they have and reported.
	Varies Fate = 'v'
	// Bent: what comes nearest is told, and the field is reported.
	Bent Fate = 'b'
	// Dropped: it is left out and reported; a strict request is refused.
	Dropped Fate = 'd'
	// Refused: the request is refused with 400.
	Refused Fate = 'r'
	// Passes: front and upstream are the same dialect.
	Passes Fate = 'p'
	// Implied: nothing need be said in the body, as the address or the dialect
	// says so, or the gateway does it itself.
	Implied Fate = 'i'
)

// Upstreams are the dialects that fates are listed for, in their order.
var Upstreams = []string{"openai", "responses", "anthropic", "gemini", "bedrock", "cohere", "ollama"}

// Fates has one letter for each of [Upstreams].
type Fates string

// Of is the fate before an upstream dialect; 0 for one that is not listed.
func (f Fates) Of(upstream string) Fate {
	for i, name := range Upstreams {
		if name == upstream && i < len(f) {
			return Fate(f[i])
		}
	}
	return 0
}

// Neutral is a part of the neutral request.
type Neutral struct {
	Field llm.Field
	// With makes the request that the field is set in, if it needs more than a
	// message; Set sets it.
	With, Set func(*llm.Request)
	Fates     Fates
}

// Front is a dialect that callers speak, with the fields of its request.
type Front struct {
	Name string
	// Body is the smallest request, as a JSON object.
	Body   string
	Fields []Field
}

// Field is a field of a front's request.
type Field struct {
	// Name is its path.
	Name string
	// With are members of the body that the field needs beside it, Set those by
	// which it is set; both are JSON objects.
	With, Set string
	Fates     Fates
}

// Fronts are all fronts.
func Fronts() []Front { return []Front{openAI, responses, anthropic, gemini, cohere, ollama} }
