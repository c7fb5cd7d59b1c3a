package rawjson

import (
	"encoding/binary"
	"math/bits"
)

// stringFlags say what was met in a string.
type stringFlags uint8

const (
	// stringEscaped: there is an escape.
	stringEscaped stringFlags = 1 << iota
	// stringHigh: there may be bytes beyond ASCII.
	stringHigh
	// stringLone: an escape stands for half of a surrogate pair.
	stringLone
	// The rest are errors: a raw control character, an escape that is none,
	// no closing quote.
	stringControl
	stringBadEscape
	stringOpen

	stringBad = stringControl | stringBadEscape | stringOpen
)

// Eight bytes are looked at together, each in its own lane of a word.
const (
	lanes  = 0x0101010101010101
	highs  = 0x80 * lanes
	slants = '\\' * lanes
	// flip swaps a quote and a space, so that quotes and control characters are
	// all that lies below low.
	flip = ('"' ^ ' ') * lanes
	low  = (' ' + 1) * lanes
)

// stops sets the high bit of each byte that ends or interrupts a string: a
// quote, a backslash or a control character. The other bits mean nothing, and
// bits above the first one may be false, for a match borrows from the byte
// after it.
func stops(w uint64) uint64 {
	return (((w ^ flip) - low) | ((w ^ slants) - lanes)) &^ w
}

// lexString goes through a string from the byte after its opening quote, and
// returns the offset after its closing quote. In case of an error it returns
// the offset of that.
func lexString(b []byte, i int) (int, stringFlags) {
	var f stringFlags
	var seen uint64
	for {
		var had uint64
		i, had = plainText(b, i)
		seen |= had
		if i == len(b) {
			return i, f | stringOpen
		}
		switch b[i] {
		case '"':
			if seen&highs != 0 {
				f |= stringHigh
			}
			return i + 1, f
		case '\\':
			if i+1 < len(b) && simpleEscapes[b[i+1]] {
				f |= stringEscaped
				i += 2
				continue
			}
			n, g := lexEscape(b[i:])
			f |= g
			if f&stringBad != 0 {
				return i, f
			}
			i += n
		default:
			return i, f | stringControl
		}
	}
}

// plainText returns the offset of the first byte at or after i that ends or
// interrupts a string, or the length of b, and all the bytes that it came by,
// and perhaps some after them, in one word. Most strings end within the first eight
// bytes or are long, so there are those two speeds before the usual one.
func plainText(b []byte, i int) (_ int, had uint64) {
	if i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		had |= w
		if m := stops(w) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3, had
		}
		i += 8
	}
	for i+32 <= len(b) {
		v := b[i : i+32]
		w0, w1 := binary.LittleEndian.Uint64(v), binary.LittleEndian.Uint64(v[8:])
		w2, w3 := binary.LittleEndian.Uint64(v[16:]), binary.LittleEndian.Uint64(v[24:])
		if (stops(w0)|stops(w1)|stops(w2)|stops(w3))&highs != 0 {
			break
		}
		had |= w0 | w1 | w2 | w3
		i += 32
	}
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		had |= w
		if m := stops(w) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3, had
		}
		i += 8
	}
	for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' {
		had |= uint64(b[i])
		i++
	}
	return i, had
}

// simpleEscapes are what may follow a backslash and stands for itself or for one
// control character.
var simpleEscapes = [256]bool{'"': true, '\\': true, '/': true, 'b': true, 'f': true, 'n': true, 'r': true, 't': true}

// lexEscape returns the length of the escape that b begins with; two halves of
// a surrogate pair are one.
func lexEscape(b []byte) (int, stringFlags) {
	if len(b) < 2 {
		return 0, stringOpen
	}
	switch {
	case simpleEscapes[b[1]]:
		return 2, stringEscaped
	case b[1] != 'u':
		return 0, stringBadEscape
	}
	if len(b) < 6 {
		return 0, stringOpen
	}
	r := hex4(b[2:6])
	switch {
	case r < 0:
		return 0, stringBadEscape
	case r < 0xd800 || r > 0xdfff:
		return 6, stringEscaped
	case r <= 0xdbff && len(b) >= 12 && b[6] == '\\' && b[7] == 'u':
		if low := hex4(b[8:12]); low >= 0xdc00 && low <= 0xdfff {
			return 12, stringEscaped
		}
	}
	return 6, stringEscaped | stringLone
}

// hex4 reads four hexadecimal digits, or returns -1.
func hex4(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// lexNumber returns the offset after the number at i, or that of the byte that
// spoils it and false.
func lexNumber(b []byte, i int) (int, bool) {
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i < len(b) && b[i] == '0':
		i++
	case i < len(b) && b[i] >= '1' && b[i] <= '9':
		i = digits(b, i)
	default:
		return i, false
	}
	if i < len(b) && b[i] == '.' {
		j := digits(b, i+1)
		if j == i+1 {
			return j, false
		}
		i = j
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		j := digits(b, i)
		if j == i {
			return j, false
		}
		i = j
	}
	return i, true
}

func digits(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

// lexScalar goes through the number or literal at i; it returns the offset
// after it, or that of the byte that spoils it and false.
func lexScalar(b []byte, i int) (int, bool) {
	switch b[i] {
	case 't':
		return lexWord(b, i, "true")
	case 'f':
		return lexWord(b, i, "false")
	case 'n':
		return lexWord(b, i, "null")
	}
	return lexNumber(b, i)
}

func lexWord(b []byte, i int, word string) (int, bool) {
	if len(b)-i >= len(word) && string(b[i:i+len(word)]) == word {
		return i + len(word), true
	}
	for j := range len(word) {
		if i+j >= len(b) || b[i+j] != word[j] {
			return i + j, false
		}
	}
	return i, false
}

// skipSpace returns the offset of the first byte at or after i that is not
// white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// TextEnd goes through the rest of a string from offset i, which lies behind
// its opening quote or further on, and returns the offset of its closing quote.
// Wide is set when there may be bytes beyond ASCII. It is not ok when what
// stands there is not the rest of a string.
func TextEnd(b []byte, i int) (end int, wide, ok bool) {
	end, f := lexString(b, i)
	return end - 1, f&stringHigh != 0, f&stringBad == 0
}
