package instance

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode"
)

// matching makes a text that matches a pattern, and fits if one can be found.
// It returns false where the pattern is beyond Go's regular expressions.
func (m *maker) matching(pattern string, variant, least int, fits func(string) bool) (string, bool) {
	tree, err := syntax.Parse(ported(pattern), syntax.Perl)
	if err != nil {
		return "", false
	}
	re, err := regexp.Compile(ported(pattern))
	if err != nil {
		return "", false
	}
	// More repetitions make a longer text.
	const longest = 512
	for repeat := 0; repeat <= min(least+2, longest); repeat++ {
		p := printer{repeat: repeat, variant: variant}
		if !p.print(tree) || m.spend(1, p.steps) != nil {
			return "", false
		}
		if s := p.text.String(); fits(s) && re.MatchString(s) {
			return s, true
		}
	}
	return "", false
}

// ported rewrites what ECMAScript's patterns write differently.
func ported(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '\\' || i+1 == len(pattern) {
			b.WriteByte(pattern[i])
			continue
		}
		i++
		if pattern[i] == 'u' && i+4 < len(pattern) {
			b.WriteString(`\x{` + pattern[i+1:i+5] + "}")
			i += 4
			continue
		}
		b.WriteByte('\\')
		b.WriteByte(pattern[i])
	}
	return b.String()
}

// printer writes a text that a pattern's tree describes.
type printer struct {
	// repeat is how often what may repeat does.
	repeat  int
	variant int
	text    strings.Builder
	// steps counts the parts that were printed, empty ones included.
	steps int
}

// print reports whether the text is still of a reasonable length.
func (p *printer) print(re *syntax.Regexp) bool {
	if p.steps++; p.steps > maxText || p.text.Len() > maxText {
		return false
	}
	switch re.Op {
	case syntax.OpLiteral:
		p.text.WriteString(string(re.Rune))
		p.steps += len(re.Rune)
	case syntax.OpCharClass:
		p.text.WriteRune(anyOf(re.Rune, p.variant))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		p.text.WriteRune('a' + rune(p.variant%26))
	case syntax.OpStar:
		return p.times(re.Sub[0], 0, -1)
	case syntax.OpPlus:
		return p.times(re.Sub[0], 1, -1)
	case syntax.OpQuest:
		return p.times(re.Sub[0], 0, 1)
	case syntax.OpRepeat:
		return p.times(re.Sub[0], re.Min, re.Max)
	case syntax.OpAlternate:
		return p.print(re.Sub[p.variant%len(re.Sub)])
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			if !p.print(sub) {
				return false
			}
		}
	}
	return true
}

func (p *printer) times(re *syntax.Regexp, least, most int) bool {
	n := max(least, p.repeat)
	if most >= 0 {
		n = min(n, most)
	}
	for range n {
		if !p.print(re) {
			return false
		}
	}
	return true
}

// anyOf picks a character out of ranges; letters, digits and other visible
// ones are preferred.
func anyOf(ranges []rune, variant int) rune {
	for _, like := range []func(rune) bool{
		func(r rune) bool { return r >= 'a' && r <= 'z' },
		func(r rune) bool { return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) },
		func(r rune) bool { return r > ' ' && r < unicode.MaxASCII },
	} {
		var fit []rune
		for i := 0; i+1 < len(ranges); i += 2 {
			for r := ranges[i]; r <= ranges[i+1] && r < unicode.MaxASCII; r++ {
				if like(r) {
					fit = append(fit, r)
				}
			}
		}
		if len(fit) > 0 {
			return fit[variant%len(fit)]
		}
	}
	if len(ranges) == 0 {
		return unicode.ReplacementChar
	}
	return ranges[0]
}
