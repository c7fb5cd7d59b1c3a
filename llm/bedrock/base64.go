package bedrock

import "encoding/binary"

// validBase64 reports whether the text of a JSON string, escapes and all, is
// standard base64 and not empty. Padding may be left out, slashes may be
// escaped and line breaks, which are escapes too, are skipped. Images are large,
// so it looks at eight bytes at once and copies nothing.
func validBase64(text []byte) bool {
	n := 0 // characters of the alphabet
	for {
		for len(text) >= 8 && base64Word(binary.LittleEndian.Uint64(text)) {
			text = text[8:]
			n += 8
		}
		if len(text) == 0 {
			return n > 0 && n&3 != 1
		}
		switch c := text[0]; {
		case base64Alphabet[c]:
			text = text[1:]
			n++
		case c == '\\' && len(text) > 1 && text[1] == '/':
			text = text[2:]
			n++
		case c == '\\' && len(text) > 1 && (text[1] == 'n' || text[1] == 'r'):
			text = text[2:]
		default:
			return n > 0 && validPadding(text, n)
		}
	}
}

// validPadding reports whether text is what fills n characters up to four.
func validPadding(text []byte, n int) bool {
	for len(text) > 2 && text[0] == '=' && text[len(text)-2] == '\\' && (text[len(text)-1] == 'n' || text[len(text)-1] == 'r') {
		text = text[:len(text)-2]
	}
	switch n & 3 {
	case 2:
		return string(text) == "=="
	case 3:
		return string(text) == "="
	}
	return false
}

// base64Word reports whether all eight bytes of w are of the alphabet. In each
// byte, adding 0x80 minus the low end of a range sets the high bit if the byte
// is not below it, and adding 0x7f minus the high end, if it is beyond.
func base64Word(w uint64) bool {
	const (
		lanes = 0x0101010101010101
		highs = 0x80 * lanes
	)
	lower := w | 0x20*lanes
	letters := (lower + (0x80-'a')*lanes) &^ (lower + (0x7f-'z')*lanes)
	digits := (w + (0x80-'/')*lanes) &^ (w + (0x7f-'9')*lanes) // '/' stands before '0'
	plus := (w + (0x80-'+')*lanes) &^ (w + (0x7f-'+')*lanes)
	return (letters|digits|plus)&^w&highs == highs
}
