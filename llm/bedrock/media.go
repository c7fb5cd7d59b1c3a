package bedrock

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/fairwaygw/fairway/llm"
)

var base64Alphabet = func() (t [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		t[c] = true
	}
	return t
}()

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

// medium is a kind of media as the dialect has it.
type medium struct {
	// member is its name in a block.
	member string
	kind   llm.PartKind
	field  llm.Field
	// formats are its formats, with their types.
	formats []format
	// usual is the format of what nobody tells the type of; empty for none.
	usual string
}

// format is a format under Bedrock's name for it.
type format struct{ name, mime string }

// media are the kinds of media; where formats share a type, the first is
// written.
var media = []medium{
	{"image", llm.PartImage, llm.FieldImage, []format{
		{"png", "image/png"}, {"jpeg", "image/jpeg"}, {"gif", "image/gif"}, {"webp", "image/webp"}, {"jpeg", "image/jpg"},
	}, ""},
	{"document", llm.PartDocument, llm.FieldDocument, []format{
		{"pdf", "application/pdf"},
		{"txt", "text/plain"},
		{"md", "text/markdown"},
		{"csv", "text/csv"},
		{"html", "text/html"},
		{"doc", "application/msword"},
		{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"xls", "application/vnd.ms-excel"},
		{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		{"txt", "application/json"},
	}, "pdf"},
	{"video", llm.PartVideo, llm.FieldVideo, []format{
		{"mp4", "video/mp4"},
		{"mov", "video/quicktime"},
		{"mkv", "video/x-matroska"},
		{"webm", "video/webm"},
		{"flv", "video/x-flv"},
		{"mpeg", "video/mpeg"},
		{"mpg", "video/mpg"},
		{"wmv", "video/x-ms-wmv"},
		{"wmv", "video/wmv"},
		{"three_gp", "video/3gpp"},
	}, "mp4"},
	{"audio", llm.PartAudio, llm.FieldAudio, []format{
		{"mp3", "audio/mpeg"},
		{"mp3", "audio/mp3"},
		{"wav", "audio/wav"},
		{"wav", "audio/x-wav"},
		{"opus", "audio/opus"},
		{"aac", "audio/aac"},
		{"flac", "audio/flac"},
		{"mp4", "audio/mp4"},
		{"ogg", "audio/ogg"},
		{"m4a", "audio/m4a"},
		{"m4a", "audio/x-m4a"},
		{"webm", "audio/webm"},
		{"mkv", "audio/x-matroska"},
		{"pcm", "audio/pcm"},
	}, ""},
}

// mediumOf is the kind of media that a part is, or nil.
func mediumOf(k llm.PartKind) *medium {
	for i := range media {
		if media[i].kind == k {
			return &media[i]
		}
	}
	return nil
}

// mediumNamed is the kind of media that a block's member holds, or nil.
func mediumNamed(member string) *medium {
	for i := range media {
		if media[i].member == member {
			return &media[i]
		}
	}
	return nil
}

// mime is the type of a format; one that is not known is taken at its word.
func (m *medium) mime(name string) string {
	for _, f := range m.formats {
		if f.name == name {
			return f.mime
		}
	}
	group := m.member
	if m.kind == llm.PartDocument {
		group = "application"
	}
	return group + "/" + name
}

// formatOf is Bedrock's name for the format of media, or empty.
func (m *medium) formatOf(md *llm.Media) string {
	mime := md.MIMEType
	if m.kind == llm.PartImage && mime == "" {
		mime = imageType(md.Data)
	}
	for _, f := range m.formats {
		if f.mime == mime {
			return f.name
		}
	}
	switch {
	case m.kind == llm.PartDocument && strings.HasPrefix(mime, "text/"):
		return "txt"
	case mime == "":
		return m.usual
	}
	return ""
}

// imageTypes are the types of images by how their base64 begins.
var imageTypes = []struct{ prefix, mime string }{
	{"iVBORw", "image/png"}, {"/9j/", "image/jpeg"}, {"R0lGOD", "image/gif"}, {"UklGR", "image/webp"},
}

func imageType(data string) string {
	for _, t := range imageTypes {
		if strings.HasPrefix(data, t.prefix) {
			return t.mime
		}
	}
	return ""
}

// inStore reports whether media lies where Bedrock can read it.
func inStore(m *llm.Media) bool { return strings.HasPrefix(m.URL, "s3://") }

// plainText is the text of a document that is nothing else, for results of
// models that take none.
func plainText(m *llm.Media) (string, bool) {
	if m.Data == "" || !strings.HasPrefix(m.MIMEType, "text/") {
		return "", false
	}
	text, err := base64.StdEncoding.DecodeString(m.Data)
	return string(text), err == nil && utf8.Valid(text)
}

// documentName is a name as Bedrock takes it: letters, digits, single spaces,
// dashes, parentheses and brackets.
func documentName(name string) string {
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		name = name[:dot]
	}
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" -()[]", r):
			return r
		case r == '_' || r == '.' || r == '\t':
			return ' '
		}
		return -1
	}, name)
	const longest = 190
	clean = strings.Join(strings.Fields(clean), " ")
	if clean = clean[:min(len(clean), longest)]; clean == "" {
		return "document"
	}
	return strings.TrimSpace(clean)
}
