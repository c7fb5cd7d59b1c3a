package gemini

import (
	"encoding/base64"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"strings"

	"github.com/fairwaygw/fairway/llm"
)

// filesURL is where files lie that were uploaded to the Gemini API.
const filesURL = "https://generativelanguage.googleapis.com/v1beta/"

// media writes a part that is an image, a document, a sound or a film. at is
// its place, for errors.
func (e *requestEncoder) media(p *llm.Part, at string) {
	m := p.Media
	if m.Data != "" {
		e.item()
		e.raw(`{"inlineData":{"mimeType":`)
		e.str(mimeType(m, p.Kind))
		e.raw(`,"data":`)
		e.str(m.Data)
		e.raw("}")
		e.stringField("thoughtSignature", signatureOf(p))
		e.raw("}")
		return
	}
	uri := m.URL
	if uri == "" && strings.HasPrefix(m.FileID, "files/") {
		uri = filesURL + m.FileID
	}
	switch scheme, _, _ := strings.Cut(uri, ":"); strings.ToLower(scheme) {
	case "http", "https", "gs":
	case "":
		e.refuse(at, "invalid_value", "the target cannot read a file of another vendor")
		return
	default:
		e.refuse(at, "invalid_value", "the target reads http, https and gs URLs only")
		return
	}
	e.item()
	e.raw(`{"fileData":{"mimeType":`)
	e.str(mimeType(m, p.Kind))
	e.raw(`,"fileUri":`)
	e.str(uri)
	e.raw("}}")
}

// mimeTypes are the types of files by the ends of their names. The operating
// system's table is not asked, for equal requests must give equal bytes.
var mimeTypes = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
	".heic": "image/heic", ".heif": "image/heif", ".avif": "image/avif", ".bmp": "image/bmp",
	".pdf": "application/pdf", ".txt": "text/plain", ".md": "text/markdown", ".csv": "text/csv", ".html": "text/html",
	".htm": "text/html", ".xml": "text/xml", ".css": "text/css", ".rtf": "text/rtf", ".json": "application/json",
	".wav": "audio/wav", ".mp3": "audio/mp3", ".aiff": "audio/aiff", ".aac": "audio/aac", ".ogg": "audio/ogg",
	".flac": "audio/flac", ".m4a": "audio/m4a",
	".mp4": "video/mp4", ".mpeg": "video/mpeg", ".mpg": "video/mpg", ".mov": "video/mov", ".avi": "video/avi",
	".flv": "video/x-flv", ".webm": "video/webm", ".wmv": "video/wmv", ".3gp": "video/3gpp",
}

// usualTypes are what media of a kind is taken for where nothing tells.
var usualTypes = map[llm.PartKind]string{
	llm.PartImage: "image/jpeg", llm.PartDocument: "application/pdf", llm.PartAudio: "audio/wav", llm.PartVideo: "video/mp4",
}

// spellings are types under names that Google does not know.
var spellings = map[string]string{
	"image/jpg": "image/jpeg", "audio/wave": "audio/wav", "audio/x-wav": "audio/wav", "audio/x-m4a": "audio/m4a",
}

// mimeType is the type of media, which Google always wants to be told: the
// caller's, or what the name or the content suggests.
func mimeType(m *llm.Media, kind llm.PartKind) string {
	if m.MIMEType != "" {
		if own, ok := spellings[m.MIMEType]; ok {
			return own
		}
		return m.MIMEType
	}
	if t := contentType(m.Data); t != "" {
		return t
	}
	name := m.Name
	if u, err := url.Parse(m.URL); err == nil && m.URL != "" {
		if host := strings.TrimPrefix(u.Hostname(), "www."); host == "youtube.com" || host == "youtu.be" {
			return "video/mp4"
		}
		name = u.Path
	}
	if t, ok := mimeTypes[strings.ToLower(path.Ext(name))]; ok {
		return t
	}
	return usualTypes[kind]
}

// contentType tells what base64 holds from how it begins; empty when it is
// nothing known.
func contentType(data string) string {
	head, err := base64.StdEncoding.DecodeString(data[:min(len(data)&^3, 64)])
	if err != nil || len(head) == 0 {
		return ""
	}
	t := http.DetectContentType(head)
	switch group, _, _ := strings.Cut(t, "/"); {
	case spellings[t] != "":
		return spellings[t]
	case group == "image" || group == "audio" || group == "video" || t == "application/pdf":
		return t
	}
	return ""
}

// checkURL checks the address of a file. What is behind it is never fetched
// here, but Google will, so that addresses which only mean something inside a
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
	// What ends in a number would be read as an IPv4 address in one of its odd
	// forms (https://url.spec.whatwg.org/#ends-in-a-number-checker).
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last != "" && (last[0] < '0' || last[0] > '9')
}

// kindOf tells what media is from its type.
func kindOf(mime string) llm.PartKind {
	switch group, _, _ := strings.Cut(mime, "/"); strings.ToLower(group) {
	case "image":
		return llm.PartImage
	case "audio":
		return llm.PartAudio
	case "video":
		return llm.PartVideo
	}
	return llm.PartDocument
}
