package cohere

import (
	"encoding/base64"
	"net/netip"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
)

// cutDataURL splits a data URL that holds base64. The type comes without
// parameters, in lower case.
func cutDataURL(u string) (mime, data string, ok bool) {
	const scheme = "data:"
	if len(u) < len(scheme) || !strings.EqualFold(u[:len(scheme)], scheme) {
		return "", "", false
	}
	head, data, ok := strings.Cut(u[len(scheme):], ",")
	if !ok {
		return "", "", false
	}
	mime, params, _ := strings.Cut(strings.ToLower(head), ";")
	if params != "base64" && !strings.HasSuffix(params, ";base64") {
		return "", "", false
	}
	mime = strings.TrimSpace(mime)
	if mime == "image/jpg" {
		mime = "image/jpeg"
	}
	return mime, data, true
}

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

// readImageURL reads the address of an image. What is behind it is never
// fetched here, but a provider will, so that addresses which only mean
// something inside a network are refused.
func readImageURL(text string) (*llm.Media, *llm.Error) {
	if len(text) >= 5 && strings.EqualFold(text[:5], "data:") {
		mime, data, ok := cutDataURL(text)
		if !ok {
			return nil, llm.Invalid("", codeValue, "data URLs must hold base64, as in data:image/png;base64,…")
		}
		if mime == "image/svg+xml" {
			return nil, llm.Invalid("", codeValue, "SVG images are not supported")
		}
		if data, ok = standardBase64(data); !ok {
			return nil, llm.Invalid("", codeValue, "the data is not valid base64")
		}
		return &llm.Media{MIMEType: mime, Data: data}, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return nil, llm.Invalid("", codeValue, "not a valid URL")
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
	default:
		return nil, llm.Invalid("", codeValue, "URLs must be http, https or data")
	}
	if !publicHost(u.Hostname()) {
		return nil, llm.Invalid("", codeValue, "the URL's host is not a public address")
	}
	return &llm.Media{URL: text}, nil
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
	// odd forms (https://url.spec.whatwg.org/#ends-in-a-number-checker).
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last != "" && (last[0] < '0' || last[0] > '9')
}

// textDocument reads a document that is plain text, which the dialect carries
// as text only.
func textDocument(m *llm.Media) (string, bool) {
	if m.Data == "" || !strings.HasPrefix(m.MIMEType, "text/") {
		return "", false
	}
	text, err := base64.StdEncoding.DecodeString(m.Data)
	return string(text), err == nil && utf8.Valid(text)
}
