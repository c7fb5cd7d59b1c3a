package rawjson

import (
	"bytes"
	"unicode/utf8"
)

// Kind is the kind of a value.
type Kind uint8

// The kinds of values. None is what stands where no value begins.
const (
	None Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

var kinds = [256]Kind{
	'n': Null, 't': Bool, 'f': Bool, '"': String, '[': Array, '{': Object, '-': Number,
	'0': Number, '1': Number, '2': Number, '3': Number, '4': Number,
	'5': Number, '6': Number, '7': Number, '8': Number, '9': Number,
}

// KindOf returns the kind of a value, which must begin at once.
func KindOf(v []byte) Kind {
	if len(v) == 0 {
		return None
	}
	return kinds[v[0]]
}

// Int reads a number that is written as an integer of at most 18 digits; "-0",
// a fraction and an exponent are not.
func Int(v []byte) (n int64, ok bool) {
	digits := v
	if len(v) > 0 && v[0] == '-' {
		digits = v[1:]
	}
	if len(digits) == 0 || len(digits) > 18 || (digits[0] == '0' && len(v) > 1) {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(v) {
		n = -n
	}
	return n, true
}

// True reports whether a value is the literal true.
func True(v []byte) bool { return string(v) == "true" }

// Unquote returns the text between the quotes of a string, without its escapes.
// It aliases text where there are none, and otherwise scratch, which may be nil.
// Half of a surrogate pair becomes U+FFFD.
func Unquote(text, scratch []byte) []byte {
	i := bytes.IndexByte(text, '\\')
	if i < 0 {
		return text
	}
	dst := scratch[:0]
	for i >= 0 {
		dst = append(dst, text[:i]...)
		r, n := escape(text[i:])
		dst = utf8.AppendRune(dst, r)
		text = text[i+n:]
		i = bytes.IndexByte(text, '\\')
	}
	return append(dst, text...)
}

// escape decodes the escape that text begins with and returns its length.
func escape(text []byte) (rune, int) {
	if len(text) < 2 {
		return utf8.RuneError, len(text)
	}
	switch c := text[1]; c {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
	default:
		return rune(c), 2
	}
	n, f := lexEscape(text)
	switch {
	case f&stringBad != 0:
		return utf8.RuneError, len(text)
	case f&stringLone != 0:
		return utf8.RuneError, n
	case n == 12:
		return 0x10000 + (hex4(text[2:6])-0xd800)<<10 + (hex4(text[8:12]) - 0xdc00), n
	}
	return hex4(text[2:6]), n
}

// TextLen returns how long the text between the quotes of a string is without
// its escapes, in bytes.
func TextLen(text []byte) int {
	n := 0
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return n + len(text)
		}
		r, size := escape(text[i:])
		n += i + utf8.RuneLen(r)
		text = text[i+size:]
	}
}

// Is reports whether the text between the quotes of a string, escapes and all,
// stands for s.
func Is(text []byte, s string) bool {
	if len(text) == len(s) {
		return string(text) == s && bytes.IndexByte(text, '\\') < 0
	}
	if len(text) < len(s) {
		return false
	}
	for len(text) > 0 {
		if text[0] != '\\' {
			if s == "" || s[0] != text[0] {
				return false
			}
			text, s = text[1:], s[1:]
			continue
		}
		r, n := escape(text)
		t, m := utf8.DecodeRuneInString(s)
		if m == 0 || r != t {
			return false
		}
		text, s = text[n:], s[m:]
	}
	return s == ""
}

// AppendQuote appends s as a string. What is not UTF-8 becomes U+FFFD.
func AppendQuote(dst []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= ' ' && c != '"' && c != '\\' {
				i++
				continue
			}
			dst = append(dst, s[from:i]...)
			if c >= ' ' {
				dst = append(dst, '\\', c)
			} else {
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			from = i
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			dst = append(dst, s[from:i]...)
			dst = append(dst, "\ufffd"...)
			from = i + 1
		}
		i += n
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}

// TrimSpace takes off the white space that may stand around a value: blanks,
// tabs and line ends, and no other (RFC 8259, 2).
func TrimSpace(b []byte) []byte { return bytes.Trim(b, " \t\r\n") }
