package ollama

import (
	"encoding/base64"
	"net/http"
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

// readImages reads a message's images, which come without a type.
func readImages(v []byte) ([]llm.Part, *llm.Error) {
	const at = "images"
	list, err := stringList(v, at)
	if err != nil {
		return nil, err
	}
	var parts []llm.Part
	for i, s := range list {
		data, ok := standardBase64(s)
		if !ok {
			return nil, within(at, i, llm.Invalid("", codeImage, "invalid base64"))
		}
		parts = append(parts, llm.Part{Kind: llm.PartImage, Media: &llm.Media{MIMEType: imageType(data), Data: data}})
	}
	return parts, nil
}

// imageType tells what an image is from how it begins.
func imageType(data string) string {
	head, err := base64.StdEncoding.DecodeString(data[:min(len(data)&^3, 64)])
	if err == nil {
		if t := http.DetectContentType(head); strings.HasPrefix(t, "image/") {
			return t
		}
	}
	return "image/jpeg"
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
