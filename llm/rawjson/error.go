package rawjson

import (
	"fmt"
	"strconv"
)

// Code sorts the reasons to refuse a text.
type Code uint8

// The reasons to refuse a text.
const (
	// CodeSyntax: it is not JSON.
	CodeSyntax Code = iota + 1
	// CodeDepth: it nests too deep.
	CodeDepth
	// CodeText: a string is not UTF-8 or has half of a surrogate pair.
	CodeText
	// CodeDuplicate: two keys of an object are equal, or alike but for case.
	CodeDuplicate
	// CodeKeys: an object has more keys than can be compared.
	CodeKeys
)

// Error says why a text was refused.
type Error struct {
	Code Code
	// Offset is where, in bytes from the start.
	Offset int
	// Path is the place in the document, as in "messages[0].role"; set by Scan.
	Path string
	// What says what is wrong, in a phrase.
	What string
}

func (e *Error) Error() string {
	s := e.What + " at byte " + strconv.Itoa(e.Offset)
	if e.Path != "" {
		s += " (" + e.Path + ")"
	}
	return s
}

// unexpected describes what stands at i where something else should.
func unexpected(b []byte, i int, want string) *Error {
	e := &Error{Code: CodeSyntax, Offset: i}
	switch {
	case i >= len(b):
		e.Offset = len(b)
		e.What = "unexpected end, want " + want
	case i == 0 && len(b) >= 3 && string(b[:3]) == "\xef\xbb\xbf":
		e.What = "unexpected byte order mark"
	case b[i] < 0x20 || b[i] >= 0x7f:
		e.What = fmt.Sprintf("unexpected byte 0x%02x, want %s", b[i], want)
	default:
		e.What = fmt.Sprintf("unexpected character %q, want %s", rune(b[i]), want)
	}
	return e
}

// badString describes what is wrong with a string, from what lexString returned.
func badString(b []byte, i int, f stringFlags) *Error {
	e := &Error{Code: CodeSyntax, Offset: i}
	switch {
	case f&stringOpen != 0:
		e.Offset = len(b)
		e.What = "unexpected end of a string"
	case f&stringControl != 0:
		e.What = fmt.Sprintf("unescaped control character 0x%02x in a string", b[i])
	default:
		e.What = "invalid escape in a string"
	}
	return e
}
