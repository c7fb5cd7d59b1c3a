package platform

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxName = 100 // characters
	maxSlug = 63  // as in a host name's label
)

// CheckName checks the name of an application or a key, found at a place such
// as "name": 1 to 100 printable characters, no blanks at the ends, and not of
// the form of an id, so that either can be written where one is asked for.
func CheckName(place, name string) error {
	switch n := utf8.RuneCountInString(name); {
	case name == "":
		return Invalid(place, "is missing")
	case !utf8.ValidString(name):
		return Invalid(place, "is not UTF-8")
	case n > maxName:
		return Invalid(place, "is longer than %d characters", maxName)
	case strings.TrimSpace(name) != name:
		return Invalid(place, "begins or ends with white space")
	}
	for _, r := range name {
		// Format characters are invisible or turn the text's direction, so
		// that two names could look the same.
		if r != ' ' && !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return Invalid(place, "contains the character %U, which is not printable", r)
		}
	}
	if len(name) == idLen && name[prefixLen-1] == '_' && validID(name[:prefixLen], name) {
		return Invalid(place, "has the form of an id")
	}
	return nil
}

// FoldName is the form in which names are compared: two names that fold to the
// same are the same name.
func FoldName(name string) string { return strings.ToLower(name) }

// CheckSlug checks the name of a tenant: 1 to 63 of a-z, 0-9 and hyphens, which
// stand only in between.
func CheckSlug(place, name string) error {
	switch {
	case name == "":
		return Invalid(place, "is missing")
	case len(name) > maxSlug:
		return Invalid(place, "is longer than %d characters", maxSlug)
	case name[0] == '-' || name[len(name)-1] == '-':
		return Invalid(place, "begins or ends with a hyphen")
	}
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return Invalid(place, "contains %q; allowed: a-z, 0-9 and -", r)
		}
	}
	return nil
}
