package llm

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxMessage bounds a message, in bytes.
	maxMessage = 2 << 10
	// maxRawMessage bounds what of a message is looked at.
	maxRawMessage = 4 * maxMessage
	// maxWord bounds a type, a code, a place and an id.
	maxWord = 128
	// Redacted stands in a message for what looked like a secret.
	Redacted = "[redacted]"
)

// CleanMessage makes text from outside fit for a caller's eyes and for
// records: one line of at most 2 KiB, in UTF-8, without markup, control
// characters, and anything that looks like a key. An HTML document leaves
// nothing of itself behind.
func CleanMessage(s string) string {
	s = head(s, maxRawMessage)
	s = mask(withoutMarkup(oneLine(withoutMarkup(s))))
	if len(s) > maxMessage {
		const more = " …"
		s = strings.TrimSpace(cut(s, maxMessage-len(more))) + more
	}
	return strings.TrimSpace(s)
}

// withoutMarkup takes tags out, and what follows the beginning of a page. Tags
// can stand in tags, so it goes on until there is none.
func withoutMarkup(s string) string {
	for {
		if at := document.FindStringIndex(s); at != nil {
			s = s[:at[0]]
		}
		t := tag.ReplaceAllString(s, "")
		if len(t) == len(s) {
			return t
		}
		s = t
	}
}

// cleanWord makes a short text from outside fit for records. Its ids are no
// secrets, so only keys are masked that say that they are.
func cleanWord(s string) string {
	s = oneLine(cut(s, 2*maxWord))
	return strings.TrimSpace(cut(known.ReplaceAllString(s, Redacted), maxWord))
}

// head takes the first n bytes of a text without the word that the cut goes
// through: half a key does not look like one any more.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = cut(s, n)
	if at := strings.LastIndexAny(s, " \t\r\n"); at > n/2 {
		return s[:at]
	}
	return s
}

// cut takes the first n bytes of a text, or fewer where a rune goes across.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// oneLine makes one space of every run of white space, takes out control and
// format characters (which can turn the direction of text around), and makes
// U+FFFD of what is not UTF-8.
func oneLine(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

var (
	// document is where a page begins within a text.
	document = regexp.MustCompile(`(?i)<(?:!doctype|\?xml|html|head|body|title|script|style|iframe|svg)\b`)
	// tag is markup that stands alone. Angle brackets around other words are
	// left: errors write <string> and <eos>.
	tag = regexp.MustCompile(`(?i)</?(?:a|abbr|b|br|button|center|code|div|em|font|form|h[1-6]|hr|i|img|input|li|link|meta|object|ol|p|pre|small|span|strong|table|tbody|td|th|tr|tt|u|ul)(?:[\s/][^<>]*)?>`)

	// known are keys by the prefixes of their vendors: OpenAI, Anthropic and
	// their like, our own, Google, AWS, Groq, xAI, Hugging Face, Perplexity,
	// Replicate, NVIDIA, Fireworks, GitHub, and JSON web tokens.
	known = regexp.MustCompile(`\b(?:sk[-_]|pk[-_]|rk[-_]|fw[a-z]_|gsk_|xai-|hf_|pplx-|r8_|nvapi-|csk-|tgp_|gh[a-z]_|github_pat_|ya29\.|ABSK)[\w*.+/=~-]{6,}|\b(?:AIza|AKIA|ASIA|AQ\.)[\w*-]{8,}|\beyJ[\w-]{8,}[\w.+/=-]*`)
	// named are values that stand behind a word that says that they are secret.
	named = regexp.MustCompile(`(?i)(\b(?:bearer|basic)\s+|\b(?:x-)?(?:goog-)?(?:api|access|secret|subscription|client)[-_ ]?(?:key|token|secret)["']?\s*[:=]\s*["']?|\b(?:password|passwd|secret|signature)["']?\s*[:=]\s*["']?|[?&](?:key|token|sig)=)([^\s"'&,;<>()]+)`)
	// userinfo is what stands before the host of a URL.
	userinfo = regexp.MustCompile(`(://)[^\s/@]+@`)
	// long are tokens too long for a word: of 28 letters and digits, or 32 of
	// base64. The ids of calls, answers and files are as long, and needed to
	// understand a message.
	long = regexp.MustCompile(`\b(?:resp|msg|fc|rs|ws|call|toolu|req|file|batch|chatcmpl|cmpl|run|vs|item)[-_]\w+|[A-Za-z0-9+/]{32,}={0,2}|[A-Za-z0-9]{28,}`)
	// id is what long leaves alone.
	id = regexp.MustCompile(`^[a-z]+[-_]`)
)

func mask(s string) string {
	s = userinfo.ReplaceAllString(s, "${1}"+Redacted+"@")
	s = known.ReplaceAllString(s, Redacted)
	s = named.ReplaceAllStringFunc(s, func(m string) string {
		part := named.FindStringSubmatch(m)
		if part[2] == Redacted || isProse(part[2]) {
			return m
		}
		return part[1] + Redacted
	})
	return long.ReplaceAllStringFunc(s, func(m string) string {
		if id.MatchString(m) || !isRandom(m) {
			return m
		}
		return Redacted
	})
}

// isRandom tells a long token from a path of words. The parts of base64 between
// its slashes mix cases and digits.
func isRandom(s string) bool {
	if !strings.Contains(s, "/") {
		return strings.ContainsAny(s, digits) && strings.ContainsFunc(s, unicode.IsLetter)
	}
	for part := range strings.SplitSeq(s, "/") {
		if len(part) >= 12 && strings.ContainsAny(part, digits) &&
			strings.ContainsFunc(part, unicode.IsUpper) && strings.ContainsFunc(part, unicode.IsLower) {
			return true
		}
	}
	return false
}

const digits = "0123456789"

// isProse reports whether what follows "api key:" is a word of a sentence.
func isProse(s string) bool {
	s = strings.TrimRight(s, ".:!?")
	return s == "" || strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLower(r) }) < 0
}
