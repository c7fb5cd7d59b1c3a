package simulator

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// splitter returns the length of the first piece of a text, which is not
// empty.
type splitter func(text string) int

// word splits a text before the white space in front of each word. What
// follows the last word belongs to it.
func word(text string) int {
	i := skip(text, 0, true)
	i = skip(text, i, false)
	if skip(text, i, true) == len(text) {
		return len(text)
	}
	return i
}

// skip moves over white space, or over what is none.
func skip(text string, i int, space bool) int {
	for i < len(text) {
		if c := text[i]; c < utf8.RuneSelf {
			if (c == ' ' || c-'\t' < 5) != space {
				break
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		if unicode.IsSpace(r) != space {
			break
		}
		i += n
	}
	return i
}

// morsel splits JSON, which has few words, into pieces of a few bytes.
func morsel(text string) int {
	const size = 12
	if len(text) <= size {
		return len(text)
	}
	i := size
	for i > 1 && !utf8.RuneStart(text[i]) {
		i--
	}
	return i
}

// measure counts the pieces of a text, but at most as many as allowed, and
// returns the part that they make up.
func measure(text string, split splitter, most int64) (part string, count int64) {
	at := 0
	for at < len(text) && count < most {
		at += split(text[at:])
		count++
	}
	return text[:at], count
}

// stopped cuts a text before the first of the stop sequences.
func stopped(text string, stop []string) string {
	for _, s := range stop {
		if i := strings.Index(text, s); i >= 0 {
			text = text[:i]
		}
	}
	return text
}

// repeated makes a text of n words out of another.
func repeated(text string, n int) string {
	words := strings.Fields(text)
	if len(words) == 0 {
		words = []string{"word"}
	}
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(words[i%len(words)])
	}
	return b.String()
}
