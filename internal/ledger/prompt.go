package ledger

import (
	"unicode"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
)

// A picture of 1024 by 1024 dots is 765 tokens at OpenAI, 1400 at Anthropic and
// 258 at Google. What it shows is not looked at, nor are films, sounds and
// documents.
const (
	tokensImage    = 800
	tokensDocument = 2000
	tokensAudio    = 500
	tokensVideo    = 5000
	// tokensCall is what stands around a tool's call, or its result.
	tokensCall = 4
)

// style is what a vendor puts around a prompt's text, in tokens. Vendors do not
// tell; these fit what their answers say.
type style struct {
	request, message, tool int64
	// tools is what the model is told about tools at all, once.
	tools int64
	// schema is how much of a schema's JSON the model gets to see, and text how
	// much finer the vendor's tokens are than those of others.
	schema, text float64
}

var (
	usualStyle = style{3, 4, 10, 60, 1.4, 1}
	styles     = map[string]style{
		"openai":        {3, 4, 6, 4, 0.5, 1},
		"azure":         {3, 4, 6, 4, 0.5, 1},
		"google":        {0, 1, 5, 0, 0.65, 1},
		"google-vertex": {0, 1, 5, 0, 0.65, 1},
		"anthropic":     {4, 4, 20, 300, 1.7, 1.15},
	}
)

// EstimatePrompt guesses how many tokens a request has for a vendor, from its
// text and without the vocabulary of any model (docs/decisions/token-counts.md).
func EstimatePrompt(r *llm.Request, vendor string) int64 {
	s, ok := styles[vendor]
	if !ok {
		s = usualStyle
	}
	var text, schema int64
	n := s.request
	for i := range r.Messages {
		m := &r.Messages[i]
		n += s.message
		text += CountTokens(m.Name) + partsTokens(m.Parts)
	}
	for i := range r.Tools {
		t := &r.Tools[i]
		n += s.tool
		text += CountTokens(t.Name) + CountTokens(t.Description)
		schema += CountTokens(string(t.Parameters)) + CountTokens(string(t.Hosted))
	}
	if len(r.Tools) > 0 {
		n += s.tools
	}
	if r.Output != nil {
		schema += CountTokens(string(r.Output.Schema))
	}
	return n + int64(float64(text)*s.text+float64(schema)*s.schema)
}

func partsTokens(parts []llm.Part) int64 {
	var n int64
	for i := range parts {
		p := &parts[i]
		switch p.Kind {
		case llm.PartImage:
			n += tokensImage
		case llm.PartDocument:
			n += tokensDocument
		case llm.PartAudio:
			n += tokensAudio
		case llm.PartVideo:
			n += tokensVideo
		case llm.PartToolCall:
			n += tokensCall + CountTokens(p.Call.Name) + CountTokens(p.Call.Arguments)
		case llm.PartToolResult:
			n += tokensCall + partsTokens(p.Result.Parts)
		case llm.PartRedacted, llm.PartOpaque:
			n += EstimateTokens(int64(len(p.Data)))
		default:
			n += CountTokens(p.Text)
		}
	}
	return n
}

// CountTokens guesses how many tokens a text has, the way in which byte-pair
// tokenizers cut it: words with the space before them, numbers by three digits,
// runs of marks, and scripts without spaces by the character.
func CountTokens(text string) int64 {
	var (
		n    float64
		last kind
		run  int
	)
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		i += size
		k := kindOf(r)
		// A word may go on with a capital: camelCase is two.
		if k != last || k == word && run > 1 && r >= 'A' && r <= 'Z' {
			n += runTokens(last, run)
			last, run = k, 0
		}
		run++
	}
	return int64(n + runTokens(last, run) + 0.5)
}

// kind sorts characters by how tokenizers treat them.
type kind uint8

const (
	none kind = iota
	word
	digit
	blank
	line
	mark
	// letter is of an alphabet other than Latin's first 26, ideograph of a
	// script that has a word in one or two characters.
	letter
	ideograph
	symbol
)

func kindOf(r rune) kind {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z':
		return word
	case r >= '0' && r <= '9':
		return digit
	case r == ' ', r == '\t':
		return blank
	case r == '\n', r == '\r':
		return line
	case r < utf8.RuneSelf:
		return mark
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai):
		return ideograph
	case unicode.IsLetter(r), unicode.IsMark(r):
		return letter
	}
	return symbol
}

// runTokens is how many tokens a run of one kind has.
func runTokens(k kind, run int) float64 {
	n := float64(run)
	switch k {
	case word:
		// Most words up to eight letters are one; longer ones are cut.
		if run <= 8 {
			return 1 + max(0, n-5)*0.1
		}
		return n / 6
	case digit:
		return float64((run + 2) / 3)
	case blank:
		if run == 1 { // it belongs to the word behind it
			return 0
		}
		return 1 + n/32
	case line:
		return 1
	case mark:
		// What stands between words of JSON, such as ":{", is mostly one.
		return 1 + max(0, n-3)/3
	case letter:
		return max(1, n/3)
	case ideograph:
		return n * 0.9
	case symbol:
		return n * 1.25
	}
	return 0
}
