package anthropic

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// standardBase64 returns s without line breaks and with its padding, which
// some encoders put in or leave out and not all vendors forgive. It is false
// for what is not base64, or is empty.
func standardBase64(s string) (string, bool) {
	if strings.ContainsAny(s, "\r\n") {
		s = strings.NewReplacer("\r", "", "\n", "").Replace(s)
	}
	bare := strings.TrimRight(s, "=")
	padding := (4 - len(bare)%4) % 4
	if bare == "" || padding == 3 || len(s) != len(bare) && len(s)-len(bare) != padding {
		return "", false
	}
	for i := 0; i < len(bare); i++ {
		if !base64Alphabet[bare[i]] {
			return "", false
		}
	}
	if len(s) == len(bare) {
		s += "=="[:padding]
	}
	return s, true
}

var base64Alphabet = func() (t [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		t[c] = true
	}
	return t
}()

// checkURL checks the address of media. What is behind it is never fetched here,
// but a provider will, so that addresses which only mean something inside a
// network are refused.
func checkURL(text string) *llm.Error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return llm.Invalid("", "invalid_value", "not a valid URL")
	}
	switch strings.ToLower(u.Scheme) {
	case "gs", "s3":
		return nil
	case "http", "https":
		if !publicHost(u.Hostname()) {
			return llm.Invalid("", "invalid_value", "the URL's host is not a public address")
		}
		return nil
	}
	return llm.Invalid("", "invalid_value", "URLs must be http, https, gs or s3")
}

// checkData checks media that the request itself holds, and returns it in
// standard form.
func checkData(mime, data string) (string, *llm.Error) {
	if mime == "image/svg+xml" {
		return "", llm.Invalid("", "invalid_value", "SVG images are not supported")
	}
	if data == "" {
		return "", llm.Invalid("", "invalid_value", "the data is empty")
	}
	data, ok := standardBase64(data)
	if !ok {
		return "", llm.Invalid("", "invalid_value", "the data is not valid base64")
	}
	return data, nil
}

// nat64 is the prefix under which IPv6-only networks reach IPv4 (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// publicHost reports whether a host may be a public one. Names are taken at
// their word, for only who resolves them can know.
func publicHost(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if addr, err := netip.ParseAddr(host); err == nil {
		addr = addr.Unmap().WithZone("")
		return addr.IsGlobalUnicast() && !addr.IsPrivate() && !nat64.Contains(addr)
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".internal") {
		return false
	}
	// What ends in a number would be read as an IPv4 address in one of its
	// odd forms, such as 2130706433 or 0x7f.1 (https://url.spec.whatwg.org/#ends-in-a-number-checker).
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last != "" && (last[0] < '0' || last[0] > '9')
}

// imageTypes are the types of images that Anthropic's models see.
var imageTypes = map[string]bool{"image/jpeg": true, "image/png": true, "image/gif": true, "image/webp": true}

// imageStarts are how the base64 of these types begins.
var imageStarts = []struct{ start, mime string }{
	{"/9j/", "image/jpeg"}, {"iVBORw0KGg", "image/png"}, {"R0lGOD", "image/gif"}, {"UklGR", "image/webp"},
}

// imageType is the type of an image in base64. What it begins with counts more
// than what it is said to be, for Anthropic refuses where the two differ.
func imageType(m *llm.Media) string {
	for _, t := range imageStarts {
		if strings.HasPrefix(m.Data, t.start) {
			return t.mime
		}
	}
	mime, _, _ := strings.Cut(strings.ToLower(m.MIMEType), ";")
	if mime == "image/jpg" {
		return "image/jpeg"
	}
	return mime
}
