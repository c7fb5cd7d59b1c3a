package providers

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
)

// at is the URL of what is called at a model whose name stands in the path:
// the base URL, what comes before the name, the name, and what follows it.
func (a *Account) at(before, model, after string) (*url.URL, error) {
	segment, err := pathSegment(model)
	if err != nil {
		return nil, err
	}
	u := *a.base
	u.Path = a.base.Path + before + model + after
	if u.RawPath != "" || segment != model {
		u.RawPath = a.base.EscapedPath() + before + segment + after
	}
	return &u, nil
}

// pathSegment escapes a model's name so that it stays one segment of a path,
// whatever reads it on the way.
func pathSegment(name string) (string, error) {
	if name == "" || strings.Contains(name, "..") || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", llm.Invalid("model", "invalid_model", "the name of the model is empty or has characters that no model's name has")
	}
	if !strings.ContainsFunc(name, reserved) {
		return name, nil
	}
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if reserved(rune(c)) {
			b.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

// reserved reports whether a character means something in a URL, or nothing
// that is agreed upon (RFC 3986, 2.3).
func reserved(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_' && r != '~'
}
